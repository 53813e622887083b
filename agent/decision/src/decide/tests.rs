//! What follows from rules that do not hold.

use jiff::civil::date;
use pharmacy_protocol::term::Quantity;
use proptest::prelude::*;

use super::*;
use crate::fact::{Fact, Why};
use crate::facts::{
    Agreement, Dispensing, Fund, PackState, Patient, Person, Relation, Stage, SupplyException,
};
use crate::rule::Missing;
use crate::rule::testing::{
    answered, article, code_scanned, facts, pack, payable, person, prescribed, scanned,
};
use crate::verdict::{EligibilityAnswer, Stance};

fn decided(facts: &Facts) -> Decision {
    decide_weighed(facts, &pack(), &|_| payable())
}

/// The rule ids of a verdict: refusals, questions, notes.
fn rules(decision: &Decision) -> [Vec<&str>; 3] {
    fn ids(reasons: &[Reason]) -> Vec<&str> {
        reasons.iter().map(|reason| reason.rule.as_str()).collect()
    }
    match &decision.verdict {
        Verdict::Allow { notes } => [vec![], vec![], ids(notes)],
        Verdict::Ask { questions, notes } => [vec![], ids(questions), ids(notes)],
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        } => [ids(reasons), ids(questions), ids(notes)],
    }
}

#[test]
fn a_plain_sale_passes_without_a_word() {
    let decision = decided(&facts());
    assert_eq!(decision.verdict, Verdict::Allow { notes: vec![] });
    assert_eq!(
        (decision.insurance, decision.cash),
        (Fen::new(1_250), Fen::ZERO)
    );
    assert_eq!(decision.semantics, SEMANTICS);
    assert_eq!(decision.pack, *pack().version());
}

#[test]
fn a_line_that_is_not_payable_moves_to_cash_and_the_rest_stays() {
    let mut facts = facts();
    let mut second = facts.lines[0].clone();
    second.number = 2;
    second.offered.name = Some("珍珠美白牙膏".to_owned());
    second.packs = vec![scanned("81234560000000000002")];
    facts.lines.push(second);
    let decision = decide_weighed(&facts, &pack(), &|item| {
        answered(if item.name.contains("牙膏") {
            EligibilityAnswer::NotPayable
        } else {
            EligibilityAnswer::Payable
        })
    });
    let Verdict::Refuse { reasons, .. } = &decision.verdict else {
        panic!("toothpaste is refused");
    };
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0].message.zh, "珍珠美白牙膏不在医保支付范围");
    assert_eq!(reasons[0].remedy.zh, "请此行改付现金，其余可用医保");
    assert_eq!(
        (reasons[0].line, reasons[0].outcome),
        (Some(2), Outcome::Refuse)
    );
    assert_eq!(
        (decision.insurance, decision.cash),
        (Fen::new(1_250), Fen::new(1_250))
    );
    let answers: Vec<_> = decision.lines.iter().map(|line| line.answer).collect();
    assert_eq!(answers, [LineVerdict::Allow, LineVerdict::Refuse]);
}

#[test]
fn a_suspended_store_takes_cash_only() {
    let mut facts = facts();
    facts.store.agreement = Fact::Known(Agreement::Suspended);
    let decision = decided(&facts);
    assert_eq!(rules(&decision), [vec!["store.agreement"], vec![], vec![]]);
    assert_eq!(
        (decision.insurance, decision.cash),
        (Fen::ZERO, Fen::new(1_250))
    );
    facts.lines[0].tender = Tender::Cash;
    assert_eq!(rules(&decided(&facts)), [const { Vec::<&str>::new() }; 3]);
}

#[test]
fn a_line_that_cash_cannot_buy_either_is_not_offered_for_cash() {
    let mut facts = facts();
    article(&mut facts).dispensing = Fact::Known(Dispensing::Prescription);
    let decision = decided(&facts);
    assert_eq!(rules(&decision)[0], ["prescription.required"]);
    assert_eq!((decision.insurance, decision.cash), (Fen::ZERO, Fen::ZERO));
    facts.lines[0].tender = Tender::Cash;
    assert_eq!(rules(&decided(&facts))[0], ["prescription.required"]);
}

#[test]
fn commissioning_warns_and_says_so() {
    let mut facts = facts();
    facts.store.stage = Stage::Commissioning;
    facts.evidence.clear();
    facts.lines[0].packs[0].state = Fact::Known(PackState::Sold);
    let decision = decided(&facts);
    let Verdict::Allow { notes } = &decision.verdict else {
        panic!("nothing is refused while commissioning");
    };
    let seen: Vec<_> = notes
        .iter()
        .map(|n| (n.rule.as_str(), n.stance, n.outcome))
        .collect();
    let warned = |rule| (rule, Stance::Advise, Outcome::Warn);
    assert_eq!(seen, [warned("presence.none"), warned("trace.sold")]);
    assert_eq!(decision.insurance, Fen::new(1_250));
}

#[test]
fn a_store_tries_one_rule_while_commissioning_and_is_never_milder_than_the_pack() {
    let mut facts = facts();
    facts.store.stage = Stage::Commissioning;
    facts.evidence.clear();
    facts.lines[0].packs[0].state = Fact::Known(PackState::Sold);
    let stances = &mut facts.store.stances;
    stances.insert("presence.none".into(), Stance::Enforce);
    stances.insert("trace.sold".into(), Stance::Observe);
    let Verdict::Refuse { reasons, notes, .. } = decided(&facts).verdict else {
        panic!("the rule that is tried refuses");
    };
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0].rule, "presence.none");
    assert_eq!(
        (notes[0].rule.as_str(), notes[0].outcome),
        ("trace.sold", Outcome::Note)
    );
    facts.store.stage = Stage::Operating;
    let Verdict::Refuse { reasons, .. } = decided(&facts).verdict else {
        panic!("the pack's stance is the least");
    };
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    facts.store.stage = Stage::Degraded;
    assert!(matches!(decided(&facts).verdict, Verdict::Allow { .. }));
}

#[test]
fn an_unknown_fund_asks_where_the_funds_differ() {
    let mut facts = facts();
    facts.lines[0].days = Fact::Known(60);
    assert_eq!(
        rules(&decided(&facts)),
        [vec![], vec![], vec!["quantity.exceeds-days"]]
    );
    facts.fund = Fact::Known(Fund::DualChannel);
    assert_eq!(
        rules(&decided(&facts)),
        [vec!["quantity.exceeds-days"], vec![], vec![]]
    );
    facts.fund = Fact::Missing(Why::NotAsked);
    assert_eq!(
        rules(&decided(&facts)),
        [vec![], vec!["quantity.exceeds-days"], vec![]]
    );
}

#[test]
fn not_knowing_is_never_graver_than_the_breach() {
    let mut facts = facts();
    facts.history = Fact::Missing(Why::NotAsked);
    let Verdict::Allow { notes } = decided(&facts).verdict else {
        panic!("account money is not refused for an unknown history");
    };
    assert_eq!(notes.len(), 1);
    assert_eq!(
        (notes[0].outcome, notes[0].truth),
        (Outcome::Note, TruthKind::Undetermined)
    );
    assert_eq!(notes[0].message.zh, "测试药片不知此前用药情况");
}

#[test]
fn reasons_come_in_the_pack_s_order_then_by_line_and_once_each() {
    let mut facts = facts();
    facts.evidence.clear();
    article(&mut facts).dispensing = Fact::Known(Dispensing::Prescription);
    for number in [2, 3] {
        let mut line = facts.lines[0].clone();
        line.number = number;
        line.packs = vec![scanned(&format!("8123456000000000000{number}"))];
        line.packs[0].state = Fact::Known(PackState::Sold);
        facts.lines.push(line);
    }
    let decision = decided(&facts);
    let Verdict::Refuse { reasons, .. } = &decision.verdict else {
        panic!("refused");
    };
    let order: Vec<_> = reasons.iter().map(|r| (r.rule.as_str(), r.line)).collect();
    assert_eq!(
        order,
        [
            ("presence.none", None),
            ("prescription.required", Some(1)),
            ("prescription.required", Some(2)),
            ("prescription.required", Some(3)),
            ("trace.sold", Some(2)),
            ("trace.sold", Some(3)),
        ]
    );
}

#[test]
fn nothing_of_a_person_stands_in_a_reason() {
    let mut facts = facts();
    facts.evidence.push(code_scanned('b'));
    let decision = decided(&facts);
    let text = serde_json::to_string(&decision).unwrap();
    assert!(text.contains("presence.other-person"));
    for letter in ['a', 'b'] {
        assert!(!text.contains(person(letter).as_str()));
    }
}

#[test]
fn an_empty_basket_and_absurd_amounts_have_an_answer() {
    let mut facts = facts();
    facts.lines[0].amount = Fen::new(i64::MAX);
    facts.lines[0].quantity = Quantity::new(i64::MAX);
    facts.lines[0].days = Fact::Known(u32::MAX);
    facts.lines.push(facts.lines[0].clone());
    assert_eq!(decided(&facts).cash, Fen::new(i64::MAX));
    facts.lines.clear();
    assert_eq!(decided(&facts).verdict, Verdict::Allow { notes: vec![] });
}

fn release(rule: &str, line: Option<u32>) -> Released {
    Released {
        rule: rule.to_owned(),
        line,
        by: "in-charge".parse().unwrap(),
    }
}

/// Every reason of a verdict: refusals, questions, notes.
fn reasons(decision: &Decision) -> Vec<&Reason> {
    match &decision.verdict {
        Verdict::Allow { notes } => notes.iter().collect(),
        Verdict::Ask { questions, notes } => questions.iter().chain(notes).collect(),
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        } => reasons.iter().chain(questions).chain(notes).collect(),
    }
}

#[test]
fn a_released_breach_is_a_note_with_a_name_and_its_line_pays_again() {
    let mut facts = facts();
    article(&mut facts).dispensing = Fact::Known(Dispensing::Prescription);
    facts.lines.push(facts.lines[0].clone());
    facts.lines[1].number = 2;
    facts.lines[1].packs = vec![scanned("81234560000000000002")];
    facts.releases = vec![release("prescription.required", Some(1))];
    let decision = decided(&facts);
    assert_eq!(
        rules(&decision),
        [
            vec!["prescription.required"],
            vec![],
            vec!["prescription.required"]
        ]
    );
    let note = reasons(&decision)[1];
    assert_eq!((note.line, note.outcome), (Some(1), Outcome::Note));
    assert_eq!(note.released_by, Some("in-charge".parse().unwrap()));
    assert_eq!((note.missing, note.is_releasable()), (None, true));
    let answers: Vec<_> = decision.lines.iter().map(|line| line.answer).collect();
    assert_eq!(answers, [LineVerdict::Allow, LineVerdict::Refuse]);
    assert_eq!(
        (decision.insurance, decision.cash),
        (Fen::new(1_250), Fen::ZERO)
    );
    facts.releases.push(release("prescription.required", None));
    assert_eq!(decided(&facts), decision, "of the sale is not of the line");
}

#[test]
fn a_hard_rule_is_never_released_but_its_question_is() {
    let mut facts = facts();
    facts.store.agreement = Fact::Known(Agreement::Suspended);
    facts.lines[0].packs[0].state = Fact::Known(PackState::Sold);
    facts.releases = vec![
        release("store.agreement", None),
        release("trace.sold", Some(1)),
    ];
    let decision = decided(&facts);
    assert_eq!(rules(&decision)[0], ["store.agreement", "trace.sold"]);
    for reason in reasons(&decision) {
        assert!(reason.released_by.is_none() && !reason.is_releasable());
    }
    facts.store.agreement = Fact::Missing(Why::NotAsked);
    facts.lines[0].packs[0].state = Fact::Known(PackState::Available);
    let decision = decided(&facts);
    assert_eq!(
        rules(&decision),
        [vec![], vec![], vec!["store.agreement"]],
        "the person in charge answers for what nobody knows"
    );
    let note = reasons(&decision)[0];
    assert!(note.released_by.is_some() && note.is_releasable());
    assert_eq!(note.missing, Some(Missing::Agreement));
    assert_eq!(decision.insurance, Fen::new(1_250));
}

#[test]
fn a_recorded_exception_lifts_the_rule_and_leaves_a_note_that_nobody_need_release() {
    let mut facts = facts();
    facts.fund = Fact::Known(Fund::Pooled);
    facts.lines[0].days = Fact::Known(60);
    assert_eq!(rules(&decided(&facts))[0], ["quantity.exceeds-days"]);
    facts.lines[0].exception = Some(SupplyException::Age);
    facts.releases = vec![release("quantity.exceeds-days", Some(1))];
    let decision = decided(&facts);
    assert_eq!(
        rules(&decision),
        [vec![], vec![], vec!["quantity.exceeds-days"]]
    );
    let note = reasons(&decision)[0];
    assert_eq!(
        (note.truth, note.outcome, note.released_by.as_ref()),
        (TruthKind::Excused, Outcome::Note, None)
    );
    assert!(!note.is_releasable());
    assert_eq!(note.message.zh, "测试药片超量：60天，限30天");
    assert_eq!(note.remedy.zh, "已登记原因：高龄");
    assert_eq!(decision.insurance, Fen::new(1_250));
}

/// A verdict of semantics 1 with the facts that it was recorded with.
#[derive(serde::Deserialize)]
struct Recorded {
    case: String,
    facts: Facts,
    decision: Decision,
}

/// Frozen bytes of an earlier version: written once by semantics 1 under pack `national` 2.
#[test]
fn facts_recorded_under_semantics_1_are_read_and_decided_the_same() {
    let text = include_str!("../../testdata/semantics-1.json");
    let recorded: Vec<Recorded> = serde_json::from_str(text).unwrap();
    assert_eq!(recorded.len(), 13);
    for Recorded {
        case,
        facts,
        decision: then,
    } in recorded
    {
        assert_eq!((then.semantics, then.pack.version), (1, 2), "{case}");
        let now = decide(&facts, &pack());
        assert_eq!(now.lines, then.lines, "{case}");
        assert_eq!((now.insurance, now.cash), (then.insurance, then.cash));
        let essence = |reason: &&Reason| {
            let seen = (reason.found.clone(), reason.allowed.clone());
            (
                reason.rule.clone(),
                reason.line,
                reason.outcome,
                reason.truth,
                seen,
            )
        };
        // What the later pack does not know of such facts it may note, and no more.
        let since = [
            "prescription.details",
            "prescription.physician",
            "prescription.reviewer",
        ];
        let since = [&since[..], &["store.business-licence", "store.premises"]].concat();
        let since = [&since[..], &["price.above-posted", "sum.line-differs"]].concat();
        let is_since = |reason: &&Reason| {
            since.contains(&reason.rule.as_str()) || reason.truth == TruthKind::Excused
        };
        let now_reasons = reasons(&now);
        let (added, kept): (Vec<_>, Vec<_>) = now_reasons.into_iter().partition(is_since);
        assert!(added.iter().all(|r| r.outcome == Outcome::Note), "{case}");
        let kept: Vec<_> = kept.iter().map(essence).collect();
        let before: Vec<_> = reasons(&then).iter().map(essence).collect();
        assert_eq!(kept, before, "{case}");
        assert_eq!(
            std::mem::discriminant(&now.verdict),
            std::mem::discriminant(&then.verdict)
        );
    }
}

/// Facts that differ in what the rules look at.
fn any_facts() -> impl Strategy<Value = Facts> {
    let fund = prop::option::of(prop::sample::select(vec![Fund::Account, Fund::Pooled]));
    let who = prop::sample::select(vec!['a', 'b']);
    let flags = (any::<[bool; 8]>(), 0_u32..5, 0_u32..120, 2000_i16..2027);
    (fund, who, flags).prop_map(|(fund, who, (flags, packs, days, year))| {
        let [
            no_evidence,
            prescription,
            relative,
            sold,
            rx,
            history,
            exception,
            no_catalogue,
        ] = flags;
        let mut facts = facts();
        facts.fund = Fact::from_option(fund);
        facts.people.holder.birth = Fact::Known(date(year, 1, 1));
        facts.evidence = if no_evidence {
            vec![]
        } else {
            vec![code_scanned(who)]
        };
        if prescription {
            facts.prescriptions.push(prescribed("测试药片", packs));
        }
        if relative {
            let (relation, person) = (Relation::Sibling, Person::default());
            facts.people.patient = Patient::Family { relation, person };
        }
        if history {
            facts.history = Fact::Missing(Why::Unreadable);
        }
        let state = if sold {
            PackState::Sold
        } else {
            PackState::Available
        };
        facts.lines[0].packs[0].state = Fact::Known(state);
        facts.lines[0].quantity = Quantity::whole(packs);
        facts.lines[0].days = Fact::Known(days);
        facts.lines[0].exception = exception.then_some(SupplyException::Travel);
        let class = if rx {
            Dispensing::Prescription
        } else {
            Dispensing::Dual
        };
        article(&mut facts).dispensing = Fact::Known(class);
        if no_catalogue {
            facts.lines[0].catalogue = Fact::Missing(Why::NotKnown);
        }
        facts
    })
}

proptest! {
    #[test]
    fn the_same_facts_give_the_same_bytes(facts in any_facts()) {
        let first = serde_json::to_vec(&decided(&facts)).unwrap();
        let again: Facts = serde_json::from_slice(&serde_json::to_vec(&facts).unwrap()).unwrap();
        prop_assert_eq!(&again, &facts);
        prop_assert_eq!(first, serde_json::to_vec(&decided(&again)).unwrap());
    }

    #[test]
    fn facts_and_decisions_are_read_back_byte_for_byte(facts in any_facts()) {
        let decision = decided(&facts);
        let bytes = serde_json::to_vec(&decision).unwrap();
        let read: Decision = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(&read, &decision);
        prop_assert_eq!(serde_json::to_vec(&read).unwrap(), bytes);
    }

    #[test]
    fn the_money_of_a_basket_is_split_and_never_grows(facts in any_facts()) {
        let decision = decided(&facts);
        let paid = decision.insurance.checked_add(decision.cash).unwrap();
        prop_assert!(paid <= facts.lines[0].amount);
        let is_refused = matches!(decision.verdict, Verdict::Refuse { .. });
        prop_assert_eq!(is_refused, decision.insurance == Fen::ZERO);
    }

    #[test]
    fn every_reason_names_message_remedy_and_law(facts in any_facts()) {
        let (refusals, questions, notes) = match decided(&facts).verdict {
            Verdict::Allow { notes } => (vec![], vec![], notes),
            Verdict::Ask { questions, notes } => (vec![], questions, notes),
            Verdict::Refuse { reasons, questions, notes } => (reasons, questions, notes),
        };
        for reason in refusals.iter().chain(&questions).chain(&notes) {
            prop_assert!(!reason.message.zh.is_empty() && !reason.remedy.zh.is_empty());
            let is_filled = !reason.message.zh.contains('{');
            prop_assert!(is_filled && !reason.basis.is_empty());
        }
    }

    /// Fresh evidence of the holder never turns a sale that passes into one that does not.
    #[test]
    fn evidence_of_the_holder_never_harms(facts in any_facts()) {
        let before = decided(&facts);
        let mut more = facts;
        more.evidence.push(code_scanned('a'));
        let after = decided(&more);
        let graver = |decision: &Decision| match decision.verdict {
            Verdict::Allow { .. } => 0,
            Verdict::Ask { .. } => 1,
            Verdict::Refuse { .. } => 2,
        };
        prop_assert!(graver(&after) <= graver(&before));
    }

    /// A release takes nothing away but its own reason's weight, and brings no other to light.
    #[test]
    fn a_release_never_makes_another_reason_appear(
        facts in any_facts(), which in any::<prop::sample::Index>(), hard in any::<bool>(),
    ) {
        let mut facts = facts;
        if hard {
            facts.store.agreement = Fact::Known(Agreement::Ended);
        }
        let before = decided(&facts);
        let all: Vec<Reason> = reasons(&before).into_iter().cloned().collect();
        if all.is_empty() {
            return Ok(());
        }
        let chosen = which.get(&all).clone();
        facts.releases = vec![release(&chosen.rule, chosen.line)];
        let after = decided(&facts);
        for reason in reasons(&after) {
            let same = |other: &&Reason| (&other.rule, other.line) == (&reason.rule, reason.line);
            let was = all.iter().find(same);
            prop_assert!(was.is_some(), "{} appeared", reason.rule);
            let is_chosen = (&chosen.rule, chosen.line) == (&reason.rule, reason.line);
            if is_chosen && chosen.is_releasable() {
                prop_assert_eq!(reason.outcome, Outcome::Note);
                prop_assert!(reason.released_by.is_some());
            } else {
                prop_assert_eq!(Some(reason), was);
            }
        }
        prop_assert_eq!(reasons(&after).len(), all.len());
        prop_assert!(after.insurance >= before.insurance);
    }
}
