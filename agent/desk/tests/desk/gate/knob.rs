//! Knobs: stances and stage once the store operates.

use pharmacy_decision::verdict::Stance;
use pharmacy_desk::setup::StageConfig;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::{Value, json};

use crate::kit::{Options, Shop};
use crate::message::{LI, cup};

const DAY_MS: i64 = 24 * 60 * 60_000;
const RULE: &str = "item.not-payable";
const REASON: &str = "新目录误拦，已报医保办";

impl Shop {
    /// What stands in the newest configuration.
    fn effective(&self) -> Value {
        let mut all = self.parts(EntryKind::Configuration, PartClass::Store);
        all.pop().unwrap()["effective"].take()
    }

    /// A milder rule of the shipped pack, which the store may set stricter.
    fn mild_rule() -> String {
        let pack = pharmacy_desk::pack::shipped().unwrap();
        let mut rules = pack.rules().iter();
        let is_mild = |rule: &&pharmacy_decision::pack::Rule| {
            let at = pharmacy_decision::facts::Stage::Operating;
            rule.stance_at(at, None) < Stance::Enforce
        };
        rules.find(is_mild).unwrap().id().to_owned()
    }

    fn stance(&self, rule: &str) -> Value {
        self.effective()["stances"][rule].clone()
    }

    fn state(&self) -> Value {
        self.effective()["lowered"][0]["state"].clone()
    }

    /// Is a cup refused?
    fn refuses(&self, msgid: &str) -> bool {
        self.reads("01", LI, "01");
        let body = self.druginfo("2101", msgid, (LI, &[cup("R1000000-1")]));
        match self.try_gate("01", "2101", &body).unwrap() {
            pharmacy_desk::Gated::Answer(_) => true,
            pharmacy_desk::Gated::Send(_) | pharmacy_desk::Gated::Pass => false,
        }
    }
}

// Point 8: a stage that goes back without a reason is not followed; with one it ends by itself after seven days.
#[test]
fn the_stage_goes_back_only_with_a_reason_and_for_seven_days() {
    let mut shop = Shop::new();
    assert!(shop.refuses("C1"));
    shop.restart_with(|setup| setup.store.stage = StageConfig::Commissioning);
    assert!(shop.refuses("C2"));
    assert_eq!(shop.state(), "no-reason");
    let alarm = |shop: &Shop, code: &str| shop.board("01").alarms.contains(&code.to_owned());
    assert!(alarm(&shop, "rules.lowered-ignored"));
    shop.restart_with(|setup| setup.store.lowered_because = Some(REASON.to_owned()));
    assert!(!shop.refuses("C3"));
    let lowered = shop.effective()["lowered"][0].clone();
    assert_eq!(
        (&lowered["knob"], &lowered["state"]),
        (&json!("stage"), &json!("followed"))
    );
    assert_eq!(lowered["reason"], REASON);
    assert!(alarm(&shop, "rules.lowered") && !alarm(&shop, "rules.lowered-ignored"));
    // Edited forth and back, started anew, with a clock that was set back: the same seven days.
    shop.clock.advance(3 * DAY_MS);
    shop.restart_with(|setup| setup.store.stage = StageConfig::Operating);
    assert!(shop.refuses("C4"));
    shop.restart_with(|setup| setup.store.stage = StageConfig::Commissioning);
    assert!(!shop.refuses("C5"));
    shop.clock.set(crate::kit::NOON_MS - 30 * DAY_MS);
    shop.restart();
    assert!(!shop.refuses("C6"));
    shop.clock.advance(4 * DAY_MS);
    shop.wait(shop.handle().publish()).unwrap();
    assert!(shop.refuses("C7"));
    assert_eq!(shop.state(), "over");
    shop.restart_with(|setup| setup.store.lowered_because = Some("再来一次，请放行".to_owned()));
    assert!(shop.refuses("C8"));
}

// Point 8: a stance below what was in force needs a reason; raising is free.
#[test]
fn a_stance_is_raised_freely_and_lowered_with_a_reason() {
    let mut shop = Shop::new();
    let rule = Shop::mild_rule();
    let before = shop.stance(&rule);
    let name = rule.clone();
    shop.restart_with(|setup| setup.rules.extend([(name, Stance::Enforce)]));
    assert_eq!(shop.stance(&rule), "enforce");
    assert!(shop.effective()["lowered"].is_null());
    shop.restart_with(|setup| setup.rules.clear());
    assert_eq!(shop.stance(&rule), "enforce");
    assert_eq!(shop.state(), "no-reason");
    shop.restart_with(|setup| setup.store.lowered_because = Some(REASON.to_owned()));
    assert_eq!(shop.stance(&rule), before);
    shop.clock.advance(8 * DAY_MS);
    shop.wait(shop.handle().publish()).unwrap();
    assert_eq!(shop.stance(&rule), "enforce");
    // A reason that is left there lowers nothing of it again; after some months it may.
    shop.clock.advance(90 * DAY_MS);
    shop.restart();
    assert_eq!(shop.stance(&rule), before);
}

// Point 8: while commissioning a rule is tried on and off.
#[test]
fn a_rule_is_tried_on_and_off_while_commissioning() {
    let mut shop = Shop::of(Options {
        stage: StageConfig::Commissioning,
        ..Options::default()
    });
    for _ in 0..2 {
        assert!(!shop.refuses("C1"));
        shop.restart_with(|setup| setup.rules.extend([(RULE.to_owned(), Stance::Enforce)]));
        assert!(shop.refuses("C2"));
        shop.restart_with(|setup| setup.rules.clear());
        assert!(!shop.refuses("C3"));
    }
    assert!(shop.effective()["lowered"].is_null());
    // Its period over, a clock that is set back does not begin it anew.
    shop.clock.advance(31 * DAY_MS);
    shop.wait(shop.handle().publish()).unwrap();
    assert_eq!(shop.effective()["stage"], "operating");
    shop.clock.advance(-20 * DAY_MS);
    shop.restart();
    assert!(shop.refuses("C4"));
}
