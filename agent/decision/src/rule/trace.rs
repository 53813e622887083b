//! Trace codes (追溯码): every pack of a drug carries one, belongs to the article, and is sold once.
//!
//! In scope: the codes scanned for the lines of this basket. Out of scope: what became of a pack
//! (the store's own log knows) and learning prefixes.

use pharmacy_protocol::term::Quantity;

use crate::fact::{Fact, Why};
use crate::facts::{Arrival, Article, Line, Pack, PackProduct, PackState, Split, content_of};
use crate::pack::TraceDuty;
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};

/// As many codes as packs, where the duty applies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceMissing {}

/// No code twice in one basket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceRepeated {}

/// No pack that was sold before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceSold {}

/// No pack that another sale holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TracePending {}

/// No pack of another article.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceProduct {}

impl TraceMissing {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let Some(class) = line.class() else {
            // Goods without any insurance code are no drugs as far as the insurance is concerned;
            // a drug by its approval number whose code is missing is a question.
            return if line.is_drug() {
                Truth::Undetermined(Missing::InsuranceCode)
            } else {
                Truth::Holds
            };
        };
        let store = &scene.facts.store;
        let terms = scene
            .knowledge
            .trace_terms(class, &store.region, scene.facts.today);
        let duty = terms.map(|terms| terms.duty);
        // The region says whether codes are due; the store may only say how they reach the agent.
        let duty = match (duty, store.trace_arrives) {
            (Some(TraceDuty::Code(_)), Some(arrival)) => Some(TraceDuty::Code(arrival)),
            (duty, _) => duty,
        };
        match duty {
            // LAW: pieces and granules are exempt, devices carry a UDI instead.
            None | Some(TraceDuty::Exempt) => return Truth::Holds,
            // LAW: where the codes follow in 3505A within minutes, none is missing yet.
            Some(TraceDuty::Code(Arrival::After)) => return Truth::Holds,
            Some(TraceDuty::Code(Arrival::Before | Arrival::Within)) => {}
        }
        let article = line.line.catalogue.known();
        // What a catalogue said before there was a list by lot: facts of then are judged as then.
        if article.is_some_and(|article| article.no_code_stock) {
            return Truth::Holds;
        }
        let scanned = u32::try_from(line.line.coded()).unwrap_or(u32::MAX);
        let needed = match line.line.split {
            Some(true) => packs_begun(line.line.quantity, article),
            Some(false) => codes_needed(line.line.quantity, Some(Split::Whole)),
            None => codes_needed(line.line.quantity, article.map(|article| article.split)),
        };
        if scanned >= needed || is_covered(line.line) {
            Truth::Holds
        } else if article.is_none() {
            Truth::Undetermined(Missing::TraceCodes)
        } else {
            Truth::broken(Seen::Number(scanned), Seen::Number(needed))
        }
    }
}

/// Is everything without a code from before the duty, by the list of lots?
fn is_covered(line: &Line) -> bool {
    let mut taken = line.no_code.iter().map(|lot| lot.quantity);
    let sum = taken.try_fold(Quantity::default(), Quantity::checked_add);
    let short = line.uncoded();
    short.is_positive() && sum.is_some_and(|sum| sum >= short)
}

/// How many packs a number of pieces begins: one where nobody knows how many a pack holds.
fn packs_begun(pieces: Quantity, article: Option<&Article>) -> u32 {
    let content = article.and_then(|article| content_of(&article.spec));
    let Some(content) = content.filter(|_| pieces.is_positive()) else {
        return u32::from(pieces.is_positive());
    };
    let begun = pieces
        .units()
        .saturating_add(content.units())
        .saturating_sub(1);
    let begun = begun.checked_div(content.units()).unwrap_or_default();
    u32::try_from(begun).unwrap_or(u32::MAX)
}

/// How many codes a quantity needs: one per pack, also for a pack begun; one at all when split.
fn codes_needed(quantity: Quantity, split: Option<Split>) -> u32 {
    /// Smallest units of [`Quantity`] in one unit of sale.
    const WHOLE: i64 = 10_000;
    if !quantity.is_positive() {
        return 0;
    }
    match split {
        // LAW: a split pack's code serves until its content is used up.
        Some(Split::Allowed) => 1,
        Some(Split::Whole) | None => {
            let begun = quantity.units().saturating_add(WHOLE.saturating_sub(1));
            u32::try_from(begun.checked_div(WHOLE).unwrap_or_default()).unwrap_or(u32::MAX)
        }
    }
}

impl TraceRepeated {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let earlier = scene
            .lines
            .iter()
            .filter(|other| other.line.number < line.line.number)
            .flat_map(|other| &other.line.packs);
        let mut seen: Vec<&Pack> = earlier.collect();
        for pack in &line.line.packs {
            if seen.iter().any(|other| other.code == pack.code) {
                return match split_of(line) {
                    Some(Split::Allowed) => Truth::Holds,
                    Some(Split::Whole) => Truth::broken(Word::PackRepeated, Word::PackAvailable),
                    None => Truth::Undetermined(Missing::PackSplit),
                };
            }
            seen.push(pack);
        }
        Truth::Holds
    }
}

fn split_of(line: &LineView<'_>) -> Option<Split> {
    line.line.catalogue.known().map(|article| article.split)
}

/// The worst finding over all packs of a line.
fn worst(line: &LineView<'_>, judge: impl Fn(&Pack) -> Truth) -> Truth {
    line.line
        .packs
        .iter()
        .fold(Truth::Holds, |truth, pack| truth.or_worse(|| judge(pack)))
}

impl TraceSold {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let is_split = line.line.split;
        worst(line, |pack| match (&pack.state, split_of(line)) {
            // The till counts pieces: they are there until the pack's content is used up.
            (Fact::Known(PackState::PartSold), _) if is_split == Some(true) => rest_of(line, pack),
            // A whole pack is not one of which pieces are gone.
            (Fact::Known(PackState::PartSold), _) if is_split == Some(false) => {
                Truth::broken(Word::PackPartSold, Word::PackAvailable)
            }
            (Fact::Known(PackState::Available), _) if is_split == Some(true) => rest_of(line, pack),
            // Held by another sale is another rule's matter.
            (Fact::Known(PackState::Available | PackState::Pending), _)
            | (Fact::Known(PackState::PartSold), Some(Split::Allowed)) => Truth::Holds,
            (Fact::Known(PackState::Sold), _) => Truth::broken(Word::PackSold, Word::PackAvailable),
            (Fact::Known(PackState::PartSold), Some(Split::Whole)) => {
                Truth::broken(Word::PackPartSold, Word::PackAvailable)
            }
            (Fact::Known(PackState::PartSold), None) => Truth::Undetermined(Missing::PackSplit),
            (Fact::Missing(_), _) => Truth::Undetermined(Missing::PackState),
        })
    }
}

/// Whether what is left of a split pack is enough for the line.
fn rest_of(line: &LineView<'_>, pack: &Pack) -> Truth {
    let article = line.line.catalogue.known();
    let Some(content) = article.and_then(|article| content_of(&article.spec)) else {
        return match (pack.state.known(), split_of(line)) {
            (Some(PackState::PartSold), Some(Split::Whole) | None) => {
                Truth::Undetermined(Missing::PackSplit)
            }
            _ => Truth::Holds,
        };
    };
    let packs = i64::try_from(line.line.packs.len()).unwrap_or(i64::MAX);
    let all = content.units().saturating_mul(packs);
    let sold = line.line.packs.iter().filter_map(|pack| pack.sold);
    let sold = sold.fold(0_i64, |sum, sold| sum.saturating_add(sold.units()));
    if sold.saturating_add(line.line.quantity.units()) <= all {
        Truth::Holds
    } else {
        Truth::broken(Word::PackPartSold, Word::PackAvailable)
    }
}

impl TracePending {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        worst(line, |pack| match &pack.state {
            Fact::Known(PackState::Pending) => {
                Truth::broken(Word::PackPending, Word::PackAvailable)
            }
            Fact::Known(PackState::Available | PackState::PartSold | PackState::Sold) => {
                Truth::Holds
            }
            Fact::Missing(_) => Truth::Undetermined(Missing::PackState),
        })
    }
}

impl TraceProduct {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        worst(line, |pack| match &pack.product {
            Fact::Known(PackProduct::Same) => Truth::Holds,
            Fact::Known(PackProduct::Other) => Truth::broken(Word::PackOther, Word::PackSame),
            // What was learnt may have been learnt from a mistake.
            Fact::Known(PackProduct::OtherLearnt) => Truth::Undetermined(Missing::ProductPrefix),
            // LAW: makers' own codes are legal and name no product. Any text looks like one, so the
            // article's form is confirmed once.
            Fact::Missing(_) if pack.code.prefix().is_none() => {
                Truth::Undetermined(Missing::OwnForm)
            }
            // Nobody's yet: the sale teaches whose.
            Fact::Missing(Why::NotAsked | Why::NotKnown | Why::Unreadable) => Truth::Holds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Facts;
    use crate::facts::NoCodeLot;
    use crate::rule::testing::{article, coded, facts, on_each_line, on_line, scanned};
    use pharmacy_protocol::history::NoCodeGoods;

    fn missing(facts: &Facts) -> Truth {
        on_line(facts, |scene, line| TraceMissing {}.judge(scene, line))
    }

    #[test]
    fn a_drug_needs_as_many_codes_as_packs() {
        let mut facts = facts();
        assert_eq!(missing(&facts), Truth::Holds);
        facts.lines[0].quantity = Quantity::whole(2);
        assert_eq!(
            missing(&facts),
            Truth::broken(Seen::Number(1), Seen::Number(2))
        );
        article(&mut facts).no_code_stock = true;
        assert_eq!(missing(&facts), Truth::Holds, "as it was judged then");
    }

    #[test]
    fn a_photo_stands_for_one_pack() {
        let mut facts = facts();
        facts.lines[0].quantity = Quantity::whole(2);
        facts.lines[0].photos = 1;
        assert_eq!(missing(&facts), Truth::Holds);
        facts.lines[0].quantity = Quantity::whole(3);
        let broken = Truth::broken(Seen::Number(2), Seen::Number(3));
        assert_eq!(missing(&facts), broken);
    }

    #[test]
    fn what_has_no_code_is_covered_by_lots_or_missing() {
        let mut facts = facts();
        let lot = |quantity: &str| NoCodeLot {
            goods: NoCodeGoods {
                sku: "A1".parse().unwrap(),
                lot: "B1".parse().unwrap(),
                paper: "D1".parse().unwrap(),
            },
            last_day: jiff::civil::date(2026, 12, 31),
            quantity: quantity.parse().unwrap(),
        };
        facts.lines[0].quantity = Quantity::whole(3);
        facts.lines[0].no_code = vec![lot("1")];
        assert!(matches!(missing(&facts), Truth::Broken(_)));
        facts.lines[0].no_code = vec![lot("1"), lot("1")];
        assert_eq!(missing(&facts), Truth::Holds);
        facts.lines[0].quantity = "0.5".parse().unwrap();
        facts.lines[0].packs.clear();
        facts.lines[0].no_code = vec![lot("0.4999")];
        assert!(matches!(missing(&facts), Truth::Broken(_)));
        facts.lines[0].no_code = vec![lot("0.5")];
        assert_eq!(missing(&facts), Truth::Holds);
        // The list is the store's own: it needs no catalogue.
        facts.lines[0].catalogue = Fact::Missing(Why::NotKnown);
        assert_eq!(missing(&facts), Truth::Holds);
    }

    #[test]
    fn pieces_and_devices_need_no_code() {
        for code in ["T001700368", "C1701022160400012087"] {
            let mut facts = coded(code);
            facts.lines[0].packs.clear();
            assert_eq!(missing(&facts), Truth::Holds, "{code}");
        }
    }

    #[test]
    fn a_split_pack_needs_one_code_for_any_part() {
        let mut facts = facts();
        facts.lines[0].quantity = "0.5".parse().unwrap();
        assert_eq!(missing(&facts), Truth::Holds);
        facts.lines[0].quantity = "12".parse().unwrap();
        assert!(matches!(missing(&facts), Truth::Broken(_)));
        article(&mut facts).split = Split::Allowed;
        assert_eq!(missing(&facts), Truth::Holds);
        facts.lines[0].packs.clear();
        assert_eq!(
            missing(&facts),
            Truth::broken(Seen::Number(0), Seen::Number(1))
        );
    }

    #[test]
    fn without_catalogue_no_code_stock_cannot_be_ruled_out() {
        let mut facts = facts();
        facts.lines[0].packs.clear();
        facts.lines[0].catalogue = Fact::Missing(Why::NotKnown);
        assert_eq!(missing(&facts), Truth::Undetermined(Missing::TraceCodes));
    }

    #[test]
    fn before_the_duty_began_nothing_was_missing() {
        let mut facts = facts();
        facts.lines[0].packs.clear();
        facts.today = jiff::civil::date(2025, 6, 30);
        assert_eq!(missing(&facts), Truth::Holds);
        facts.today = jiff::civil::date(2025, 7, 1);
        assert!(matches!(missing(&facts), Truth::Broken(_)));
    }

    #[test]
    fn one_code_counts_once_in_a_basket() {
        let mut facts = facts();
        let mut second = facts.lines[0].clone();
        second.number = 2;
        facts.lines.push(second);
        let judged =
            |facts: &Facts| on_each_line(facts, |scene, line| TraceRepeated {}.judge(scene, line));
        let repeated = Truth::broken(Word::PackRepeated, Word::PackAvailable);
        assert_eq!(judged(&facts), [Truth::Holds, repeated]);
        facts.lines[1].catalogue = Fact::Missing(Why::NotKnown);
        assert_eq!(judged(&facts)[1], Truth::Undetermined(Missing::PackSplit));
        facts.lines[1].packs = vec![scanned("81234560000000000099")];
        assert_eq!(judged(&facts), [Truth::Holds, Truth::Holds]);
    }

    #[test]
    fn sold_held_and_foreign_packs_are_three_findings() {
        let mut facts = facts();
        let mut judged = |state, split| {
            facts.lines[0].packs[0].state = state;
            article(&mut facts).split = split;
            on_line(&facts, |scene, line| {
                (
                    TraceSold {}.judge(scene, line),
                    TracePending {}.judge(scene, line),
                )
            })
        };
        let sold = Truth::broken(Word::PackSold, Word::PackAvailable);
        let pending = Truth::broken(Word::PackPending, Word::PackAvailable);
        let part = Truth::broken(Word::PackPartSold, Word::PackAvailable);
        let unknown = Truth::Undetermined(Missing::PackState);
        let known = Fact::Known;
        assert_eq!(
            judged(known(PackState::Sold), Split::Whole),
            (sold, Truth::Holds)
        );
        assert_eq!(
            judged(known(PackState::Pending), Split::Whole),
            (Truth::Holds, pending)
        );
        assert_eq!(
            judged(known(PackState::PartSold), Split::Whole),
            (part, Truth::Holds)
        );
        let split = judged(known(PackState::PartSold), Split::Allowed);
        assert_eq!(split, (Truth::Holds, Truth::Holds));
        assert_eq!(
            judged(Fact::default(), Split::Whole),
            (unknown.clone(), unknown)
        );
    }

    #[test]
    fn pieces_are_served_until_a_pack_is_used_up() {
        let mut facts = facts();
        article(&mut facts).spec = "0.25g*24片".to_owned();
        facts.lines[0].packs[0].state = Fact::Known(PackState::PartSold);
        let mut judged = |split, quantity: u32, sold: Option<u32>| {
            facts.lines[0].split = split;
            facts.lines[0].quantity = Quantity::whole(quantity);
            facts.lines[0].packs[0].sold = sold.map(Quantity::whole);
            on_line(&facts, |scene, line| TraceSold {}.judge(scene, line))
        };
        let part = Truth::broken(Word::PackPartSold, Word::PackAvailable);
        assert_eq!(judged(Some(true), 12, Some(12)), Truth::Holds);
        assert_eq!(judged(Some(true), 13, Some(12)), part);
        // A whole pack after pieces of it were sold.
        assert_eq!(judged(Some(false), 1, Some(12)), part);
        facts.lines[0].packs[0].state = Fact::Known(PackState::Available);
        let mut fresh = |quantity: u32| {
            facts.lines[0].split = Some(true);
            facts.lines[0].quantity = Quantity::whole(quantity);
            facts.lines[0].packs[0].sold = None;
            let sold = on_line(&facts, |scene, line| TraceSold {}.judge(scene, line));
            (sold, missing(&facts))
        };
        assert_eq!(fresh(24), (Truth::Holds, Truth::Holds));
        // More than a pack holds takes two codes.
        let two = Truth::broken(Seen::Number(1), Seen::Number(2));
        assert_eq!(fresh(25), (part, two));
    }

    #[test]
    fn a_prefix_of_another_article_and_an_own_code_are_asked_and_a_new_prefix_is_not() {
        let mut facts = facts();
        let judged =
            |facts: &Facts| on_line(facts, |scene, line| TraceProduct {}.judge(scene, line));
        facts.lines[0].packs[0].product = Fact::Known(PackProduct::Other);
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::PackOther, Word::PackSame)
        );
        facts.lines[0].packs[0].product = Fact::Known(PackProduct::OtherLearnt);
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::ProductPrefix));
        facts.lines[0].packs[0].product = Fact::default();
        assert_eq!(judged(&facts), Truth::Holds);
        facts.lines[0].packs[0].code = "ZYF-2026-000017".parse().unwrap();
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::OwnForm));
        facts.lines[0].packs[0].product = Fact::Known(PackProduct::Same);
        assert_eq!(judged(&facts), Truth::Holds);
    }
}
