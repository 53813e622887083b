//! Settlements that cannot be read: no message lowers a rule for another, and once a till's number is known
//! to be readable, what cannot be read of it is refused.

use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::setup::StageConfig;
use pharmacy_desk::{Action, Fate, Opaque, Place, ShiftAction, Sign};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::{Value, json};

use crate::kit::{Options, Shop, caller, credentials, platform, shipped_but};
use crate::message::{LI, Line, cup, granules};

/// Settlements after which a number is known.
const READS: u64 = 50;

fn line(number: u64) -> Line {
    granules(&format!("R{number:07}-1"), &[number])
}

impl Shop {
    /// Settles and is answered so many times, from this number on.
    fn settles(&self, till: &str, (infno, from, count): (&str, u64, u64)) {
        self.reads(till, LI, "01");
        for number in from..from + count {
            // Evidence is fresh, and every sale its own.
            self.reads(till, LI, "01");
            let body = self.druginfo(infno, &format!("M{till}{number}"), (LI, &[line(number)]));
            let departure = self.sent(till, infno, &body);
            let answer = self.settled(&format!("S{till}{number}"), (LI, 1910));
            self.answered(departure, &answer);
            let back = self.reversal(&format!("B{till}{number}"), &format!("S{till}{number}"), LI);
            let departure = self.sent(till, "2103", &back);
            let answer = self.reversed(&format!("T{till}{number}"), (LI, 1910));
            self.answered(departure, &answer);
        }
    }

    fn junk(&self, msgid: &str) -> String {
        self.body("2102", msgid, json!("U2FsdGVkX1"))
    }

    fn unread_findings(&self) -> Vec<Value> {
        let mut findings = self.parts(EntryKind::Finding, PartClass::Answer);
        findings.retain(|finding| finding["about"] == "unread");
        findings
    }
}

// Point 1: no message, junk or honest, lowers a rule for another.
#[test]
fn junk_changes_nothing_for_the_next_basket() {
    let mut shop = Shop::new();
    shop.reads("01", LI, "01");
    for (number, junk) in ["no json", "", "{", "\u{0}"].into_iter().enumerate() {
        shop.passes("01", "2102", junk);
        shop.passes("01", "2102", &shop.junk(&format!("X{number}")));
        let body = shop.settlement(&format!("C{number}"), LI, &[cup("R1000000-1")]);
        assert!(shop.refused("01", "2102", &body).contains("茶饮杯"));
        assert_eq!(shop.facts()["store"]["stage"], "operating");
    }
    // Nor do accepted ones, nor does a restart.
    shop.observe(
        "01",
        "2102",
        &shop.junk("X1"),
        &shop.settled("S1", (LI, 500)),
    );
    shop.restart();
    shop.reads("01", LI, "01");
    let body = shop.settlement("C9", LI, &[cup("R1000000-1")]);
    assert!(shop.refused("01", "2102", &body).contains("茶饮杯"));
}

// What a killed agent leaves of calls that nobody could read: those that it still waited for, once.
#[test]
fn what_passed_unread_when_the_agent_was_killed_is_a_finding() {
    let mut shop = Shop::new();
    let answers = |shop: &Shop| {
        let found = shop.unread_findings();
        let said = found.iter().map(|finding| finding["answer"].clone());
        said.collect::<Vec<_>>()
    };
    shop.passes("01", "2102", &shop.junk("X1"));
    shop.observe("01", "2102", &shop.junk("X1"), &shop.no("解密失败"));
    shop.passes("01", "2102", &shop.junk("X2"));
    let settled = shop.settled("S2", (LI, 500));
    shop.observe("01", "2102", &shop.junk("X2"), &settled);
    assert_eq!(shop.try_opaque("01", "/CSB", 7), Opaque::Pass);
    shop.observe_opaque("01", ("/CSB", 7), &shop.no("解密失败"));
    shop.restart();
    assert_eq!(answers(&shop), ["accepted"]);
    shop.passes("01", "2102", &shop.junk("X3"));
    assert_eq!(shop.try_opaque("01", "/CSB", 8), Opaque::Pass);
    shop.restart();
    assert_eq!(answers(&shop), ["accepted", "unknown", "unknown"]);
    let found = shop.unread_findings();
    assert_eq!(found[1]["shape"]["infno"], "2102");
    assert_eq!(found[2]["shape"]["infno"], Value::Null);
    shop.restart();
    assert_eq!(answers(&shop).len(), 3);
    // What cannot be kept does not leave.
    shop.break_disk();
    let body = shop.settlement("M1", LI, &[line(1)]);
    assert!(shop.try_gate("01", "2102", &body).is_err());
    assert!(shop.try_gate("01", "2102", &shop.junk("X4")).is_err());
}

// Point 1: calls that the platform declined count for nothing; those it accepted are findings with a shape.
#[test]
fn an_unread_settlement_is_a_finding_once_it_was_accepted_and_none_when_declined() {
    let shop = Shop::new();
    let before = shop.log().size().unwrap();
    for msgid in ["X1", "X2"] {
        shop.passes("01", "2102", &shop.junk(msgid));
        shop.observe("01", "2102", &shop.junk(msgid), &shop.no("解密失败"));
    }
    assert_eq!(shop.log().size().unwrap(), before);
    assert_eq!(shop.status()["gateway"], json!([]));
    shop.passes("01", "2102", &shop.junk("X3"));
    shop.observe(
        "01",
        "2102",
        &shop.junk("X3"),
        &shop.settled("S3", (LI, 500)),
    );
    shop.passes("01", "2102", &shop.junk("X4"));
    shop.observe_silence("01", "2102", &shop.junk("X4"));
    let found = shop.unread_findings();
    let said: Vec<_> = found.iter().map(|finding| &finding["answer"]).collect();
    assert_eq!(said, ["accepted", "unknown"]);
    assert_eq!(found[0]["shape"]["path"], "/csb");
    assert!(!found[0].to_string().contains("U2FsdGVkX1"));
    let tally = &shop.status()["gateway"][0];
    assert_eq!(
        (&tally["readable"], &tally["unreadable"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(tally["shapes"][0]["count"], 2);
    let alarm = "gateway.unread-passed".to_owned();
    assert!(shop.board("01").alarms.contains(&alarm));
    assert!(!shop.board("02").alarms.contains(&alarm));
}

// Point 1: refused once this till's same number was read fifty times; a latch that nothing un-sets.
#[test]
fn a_number_that_was_read_fifty_times_must_be_read() {
    let mut shop = Shop::new();
    shop.settles("01", ("2102", 0, READS - 1));
    shop.passes("01", "2102", &shop.junk("X1"));
    shop.settles("01", ("2102", READS, 1));
    let said = shop.refused("01", "2102", &shop.junk("X2"));
    assert!(
        said.contains("无法读取") && said.contains("负责人"),
        "{said}"
    );
    assert!(shop.refused("01", "2102", "no json").contains("无法读取"));
    let alarm = "gateway.unread-shut".to_owned();
    assert!(shop.board("01").alarms.contains(&alarm));
    // Another number of this till, another till, and what takes back: as before.
    shop.passes("01", "2207", &shop.body("2207", "X3", json!("U2FsdGVkX1")));
    shop.passes("01", "2103", &shop.body("2103", "X4", json!("U2FsdGVkX1")));
    shop.passes("02", "2102", &shop.junk("X5"));
    // Junk does not lift it, nor does a restart; the honest customer is served and the alarm ends.
    shop.restart();
    for number in 0..3 {
        shop.observe(
            "01",
            "2102",
            &shop.junk("Y"),
            &shop.settled(&format!("Y{number}"), (LI, 1)),
        );
        assert!(
            shop.refused("01", "2102", &shop.junk(&format!("Z{number}")))
                .contains("无法读取")
        );
    }
    shop.settles("01", ("2102", 100, 1));
    assert!(!shop.board("01").alarms.contains(&alarm));
    assert_eq!(shop.status()["gateway"][0]["must_be_read"], json!(["2102"]));
    // However often the till tries, the log tells of it once a day.
    assert!(shop.count("gateway.unread") <= 2);
}

// Point 1: what was declined, unread, in doubt or repeated raises no count.
#[test]
fn only_accepted_settlements_that_were_read_count() {
    let shop = Shop::new();
    shop.settles("01", ("2102", 0, READS - 1));
    for number in 200..205 {
        shop.reads("01", LI, "01");
        let body = shop.settlement(&format!("D{number}"), LI, &[line(number)]);
        let departure = shop.sent("01", "2102", &body);
        shop.answered(departure, &shop.no("余额不足"));
        let doubtful = shop.settlement(&format!("E{number}"), LI, &[line(number + 50)]);
        if number == 204 {
            let departure = shop.sent("01", "2102", &doubtful);
            shop.conclude(departure, Fate::Answered(platform(502, "")));
        }
    }
    // The same message again is answered from the store.
    let again = shop.settlement("M0148", LI, &[line(48)]);
    let _ = shop.held("01", "2102", &again);
    shop.passes("01", "2102", &shop.junk("X1"));
}

// Point 1: counted while commissioning, refused only while operating.
#[test]
fn commissioning_lets_pass_and_counts() {
    let mut shop = Shop::of(Options {
        stage: StageConfig::Commissioning,
        ..Options::default()
    });
    shop.settles("01", ("2102", 0, READS));
    shop.passes("01", "2102", &shop.junk("X1"));
    shop.restart_with(|setup| setup.store.stage = StageConfig::Operating);
    assert!(
        shop.refused("01", "2102", &shop.junk("X2"))
            .contains("无法读取")
    );
}

// Point 1: not for numbers whose tables nobody has.
#[test]
fn a_number_whose_tables_nobody_has_is_never_held_to_be_read() {
    let shop = Shop::new();
    shop.settles("01", ("2161", 0, READS + 1));
    shop.passes("01", "2161", "U2FsdGVkX1");
    shop.observe("01", "2161", "U2FsdGVkX1", &shop.settled("S1", (LI, 1)));
    assert_eq!(shop.unread_findings().len(), 1);
    // One that carries no lines is no settlement, and none that could not be read.
    let query = shop.body("2161", "Q1", json!({"data": {"psn_no": LI.psn_no}}));
    shop.passes("01", "2161", &query);
    shop.observe("01", "2161", &query, &shop.yes(json!({"result": []})));
    assert_eq!(shop.unread_findings().len(), 1);
}

// Point 1: or from a day that the pack sets.
#[test]
fn from_the_packs_day_on_nothing_unread_passes() {
    let shop = Shop::of(Options {
        pack: Some(shipped_but(
            "# refused-from = \"2027-01-01\"",
            "refused-from = \"2025-11-23\"",
        )),
        ..Options::default()
    });
    shop.passes("01", "2102", &shop.junk("X1"));
    shop.clock.advance(13 * 60 * 60_000);
    assert!(
        shop.refused("01", "2102", &shop.junk("X2"))
            .contains("无法读取")
    );
    shop.passes("01", "2161", "U2FsdGVkX1");
    shop.settles("01", ("2102", 0, 1));
}

/// Noon to ten in the evening.
const TO_NIGHT_MS: i64 = 10 * 60 * 60_000;
const HOUR_MS: i64 = 60 * 60_000;

impl Shop {
    /// A shop whose till 01 must be read, with a person in charge and a cashier.
    fn of_a_known_till() -> Self {
        let shop = Self::new();
        shop.enrol("S01", &[Duty::InCharge], "246801");
        shop.enrol("S02", &[Duty::Cashier], "135791");
        shop.settles("01", ("2102", 0, READS));
        let _ = shop.refused("01", "2102", &shop.junk("X1"));
        shop
    }

    fn signs_in(&self, staff: &str, pin: &str) {
        let by = credentials(staff, pin);
        let action = Action::Shift(ShiftAction::SignIn { by });
        self.wait(self.handle().act(caller("01"), Place::Till, action, None))
            .unwrap();
    }

    fn reopens(&self, (staff, pin): (&str, &str)) -> Result<&'static str, &'static str> {
        let shape = self.board("01").shut.map(|shape| shape.digest());
        let action = Action::Sign(Sign::Reopen {
            shape: shape.unwrap_or_else(|| "0123456789abcdef".to_owned()),
            reason: "软件商昨夜升级".to_owned(),
            by: credentials(staff, pin),
        });
        let done = self.wait(self.handle().act(caller("01"), Place::Till, action, None));
        done.map(|done| done.code).map_err(|error| error.code())
    }
}

const IN_CHARGE: (&str, &str) = ("S01", "246801");
const CASHIER: (&str, &str) = ("S02", "135791");

// Point 1: the person in charge opens that shape for the store for a day; signed, recorded, ended by itself.
#[test]
fn the_person_in_charge_opens_a_shape_for_a_day() {
    let mut shop = Shop::of_a_known_till();
    assert_eq!(shop.reopens(IN_CHARGE), Err("reopen.in-charge"));
    shop.signs_in("S01", "246801");
    assert_eq!(shop.reopens(("S01", "000000")), Err("staff.pin-wrong"));
    assert_eq!(shop.reopens(IN_CHARGE), Ok("counter.reopened"));
    shop.passes("01", "2102", &shop.junk("X2"));
    shop.observe(
        "01",
        "2102",
        &shop.junk("X2"),
        &shop.settled("Y2", (LI, 500)),
    );
    let found = shop.unread_findings().pop().unwrap();
    let (opened, signed) = (
        shop.parts(EntryKind::Release, PartClass::Store),
        shop.parts(EntryKind::Release, PartClass::Staff),
    );
    assert_eq!((opened.len(), signed.len()), (1, 1));
    assert_eq!(opened[0]["shape"], found["shape"]);
    assert_eq!(
        (&opened[0]["is-alone"], &opened[0]["hours"]),
        (&json!(false), &json!(24))
    );
    assert!(found["reopened"].is_u64() && signed[0]["act"].as_str().unwrap().contains("软件商"));
    // Another shape stays shut.
    assert!(shop.refused("01", "2102", "no json").contains("无法读取"));
    // Neither a restart nor a clock that is set back makes the day longer.
    shop.restart();
    shop.clock.set(crate::kit::NOON_MS - 100 * HOUR_MS);
    shop.passes("01", "2102", &shop.junk("X3"));
    shop.clock.advance(23 * HOUR_MS);
    shop.passes("01", "2102", &shop.junk("X4"));
    shop.clock.advance(HOUR_MS);
    assert!(
        shop.refused("01", "2102", &shop.junk("X5"))
            .contains("无法读取")
    );
}

// Point 1: alone at night whoever is on duty may for two hours and a capped sum.
#[test]
fn whoever_is_on_duty_alone_at_night_opens_it_for_two_hours_and_a_sum() {
    let shop = Shop::of_a_known_till();
    shop.signs_in("S02", "135791");
    assert_eq!(shop.reopens(CASHIER), Err("reopen.in-charge"), "by day");
    shop.clock.advance(TO_NIGHT_MS);
    assert_eq!(shop.reopens(CASHIER), Ok("counter.reopened"));
    shop.passes("01", "2102", &shop.junk("X2"));
    shop.observe("01", "2102", &shop.junk("X2"), &shop.no("解密失败"));
    shop.passes("01", "2102", &shop.junk("X3"));
    shop.observe(
        "01",
        "2102",
        &shop.junk("X3"),
        &shop.settled("Y3", (LI, 199_999)),
    );
    shop.passes("01", "2102", &shop.junk("X4"));
    shop.observe("01", "2102", &shop.junk("X4"), &shop.settled("Y4", (LI, 1)));
    assert!(
        shop.refused("01", "2102", &shop.junk("X5"))
            .contains("无法读取")
    );
    // Once a night.
    assert_eq!(shop.reopens(CASHIER), Err("reopen.alone-already"));
    // Who is not signed in does not, and nobody does while somebody in charge is there.
    shop.clock.advance(24 * HOUR_MS);
    let _ = shop.refused("01", "2102", &shop.junk("X6"));
    assert_eq!(
        shop.reopens(CASHIER),
        Err("reopen.in-charge"),
        "the shift lapsed"
    );
    shop.signs_in("S02", "135791");
    shop.signs_in("S01", "246801");
    assert_eq!(shop.reopens(CASHIER), Err("reopen.in-charge"));
}

// Point 1: two hours, and no more than so many at once.
#[test]
fn what_is_opened_alone_ends_with_its_hours_and_its_number() {
    let shop = Shop::of_a_known_till();
    shop.clock.advance(TO_NIGHT_MS);
    shop.signs_in("S02", "135791");
    assert_eq!(shop.reopens(CASHIER), Ok("counter.reopened"));
    for number in 0..10 {
        shop.passes("01", "2102", &shop.junk(&format!("A{number}")));
    }
    // None of them was answered yet.
    assert!(
        shop.refused("01", "2102", &shop.junk("A10"))
            .contains("无法读取")
    );
    for number in 0..10 {
        shop.observe(
            "01",
            "2102",
            &shop.junk(&format!("A{number}")),
            &shop.no("解密失败"),
        );
    }
    shop.passes("01", "2102", &shop.junk("B1"));
    shop.clock.advance(2 * HOUR_MS);
    assert!(
        shop.refused("01", "2102", &shop.junk("B2"))
            .contains("无法读取")
    );
}

// Point 1: an opaque call on a path that has settled is an unread settlement, by the path's own latch.
#[test]
fn an_opaque_call_on_a_path_that_settles_is_an_unread_settlement() {
    let mut shop = Shop::new();
    // Elsewhere it is nothing.
    assert_eq!(shop.try_opaque("01", "/CSB", 1), Opaque::Foreign);
    shop.observe_opaque("01", ("/CSB", 1), "U2FsdGVkX1");
    assert_eq!(shop.unread_findings().len(), 0);
    shop.settles("01", ("2102", 0, READS - 1));
    assert_eq!(shop.try_opaque("01", "/CSB", 2), Opaque::Pass);
    shop.observe_opaque("01", ("/CSB", 2), "U2FsdGVkX1");
    assert_eq!(shop.try_opaque("01", "/CSB", 3), Opaque::Pass);
    shop.observe_opaque("01", ("/CSB", 3), &shop.no("解密失败"));
    // An answer that names no settlement was to no settlement.
    assert_eq!(shop.try_opaque("01", "/CSB", 4), Opaque::Pass);
    shop.observe_opaque("01", ("/CSB", 4), &shop.yes(json!({"result": []})));
    let found = shop.unread_findings();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["answer"], &found[0]["shape"]["infno"]),
        (&json!("unknown"), &Value::Null)
    );
    shop.settles("01", ("2102", READS, 1));
    for path in ["/CSB", "/csb/", "//csb", "/CSB?x=1", "/%43SB", "/a/../csb"] {
        assert_eq!(
            shop.try_opaque("01", path, 5),
            Opaque::Refuse("gateway.unread"),
            "{path}"
        );
    }
    assert_eq!(shop.try_opaque("02", "/CSB", 6), Opaque::Pass, "per till");
    assert_eq!(shop.try_opaque("01", "/token", 7), Opaque::Foreign);
    shop.restart();
    assert_eq!(
        shop.try_opaque("01", "/CSB", 8),
        Opaque::Refuse("gateway.unread")
    );
}

// Point 1: or whose answer brought a new settlement number.
#[test]
fn an_opaque_call_whose_answer_brings_a_new_settlement_makes_its_path_one_that_settles() {
    let shop = Shop::new();
    assert_eq!(shop.try_opaque("01", "/gw", 1), Opaque::Foreign);
    shop.observe_opaque("01", ("/gw", 1), &shop.settled("S1", (LI, 500)));
    assert_eq!(shop.count("gateway.ungated-settlement"), 1);
    assert_eq!(shop.unread_findings()[0]["answer"], "accepted");
    assert_eq!(shop.try_opaque("01", "/gw", 2), Opaque::Pass);
    shop.observe_opaque("01", ("/gw", 2), "U2FsdGVkX1");
    assert_eq!(shop.unread_findings().len(), 2);
}
