//! Knobs: the store's own stances and its stage, which are lowered freely only until the store operates.
//!
//! ```text
//! commissioning     whatever the file says
//! operating         raised: at once, and from then on it is what was in force
//!                   lowered without a reason: not followed
//!                   lowered with a reason: followed for seven days, then not, and for a while not again
//! ```
//! What was in force, and when a lowering began, is a setting that entries tell of: neither editing back and
//! forth nor another start begins it anew. Out of scope: notices signed by the bureau, which will lower for good.

use std::collections::{BTreeMap, BTreeSet};

use pharmacy_decision::facts::Stage;
use pharmacy_decision::pack::{Lowering, Pack};
use pharmacy_decision::verdict::Stance;
use pharmacy_protocol::record::store::{LoweredKnob, LoweredState};
use serde::{Deserialize, Serialize};

use crate::DeskError;
use crate::core::moment::Moment;
use crate::elapsed::Elapsed;
use crate::setup::{Setup, StageConfig};
use pharmacy_journal::LogView;

/// The setting that holds them.
pub(crate) const KNOBS_SETTING: &str = "knobs";

/// The stage among the knobs; no rule has such a name.
const STAGE: &str = "stage";

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What was in force since the store operates, and what was lowered of it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Knobs {
    has_operated: bool,
    /// The store's own stances, as strict as they were.
    stances: BTreeMap<String, Stance>,
    /// Since when something is lowered, by rule.
    lowered: BTreeMap<String, Elapsed>,
    /// What became of what the file lowers; for whoever asks beside the agent.
    told: Vec<LoweredKnob>,
}

/// What is followed of a file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct InForce {
    pub(crate) is_commissioning: bool,
    pub(crate) stances: BTreeMap<String, Stance>,
}

/// Where the knobs are turned.
pub(crate) struct Panel<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) pack: &'a Pack,
    pub(crate) at: Moment,
    /// Is the pack's commissioning period over? Then the store operates whatever the file says.
    pub(crate) is_over: bool,
}

impl Panel<'_> {
    fn limits(&self) -> &Lowering {
        self.pack.lowering()
    }

    fn reason(&self) -> Option<&str> {
        let reason = self.setup.store.lowered_because.as_deref();
        reason.map(str::trim).filter(|reason| !reason.is_empty())
    }

    fn is_set_to_commission(&self) -> bool {
        self.setup.store.stage == StageConfig::Commissioning && !self.is_over
    }

    /// The stance of a rule while operating, where the store has set this one.
    fn effect(&self, rule: &str, own: Option<Stance>) -> Option<Stance> {
        let mut rules = self.pack.rules().iter();
        let rule = rules.find(|known| known.id() == rule)?;
        Some(rule.stance_at(Stage::Operating, own))
    }

    /// Every rule that the store has, or had, a stance of its own for.
    fn rules<'a>(&'a self, knobs: &'a Knobs) -> BTreeSet<&'a String> {
        self.setup
            .rules
            .keys()
            .chain(knobs.stances.keys())
            .collect()
    }
}

/// What is set lower than it was in force, and what the last run of the agent, or the running one, makes of it.
pub fn lowered(view: &LogView) -> Result<Vec<LoweredKnob>, DeskError> {
    let kept = view.reader().setting(KNOBS_SETTING)?;
    let knobs = kept.as_deref().map(Knobs::parse).transpose()?;
    Ok(knobs.map(|knobs| knobs.told).unwrap_or_default())
}

impl Knobs {
    pub(crate) fn parse(kept: &str) -> Result<Self, DeskError> {
        Ok(serde_json::from_str(kept)?)
    }

    pub(crate) fn serialize(&self) -> Result<String, DeskError> {
        Ok(serde_json::to_string(self)?)
    }

    /// What became of what the file lowers.
    pub(crate) fn told(&self) -> &[LoweredKnob] {
        &self.told
    }

    /// Counts the time of what is lowered. Is there anything to count?
    pub(crate) fn pass(&mut self, at: Moment) -> bool {
        for elapsed in self.lowered.values_mut() {
            *elapsed = elapsed.until(at);
        }
        !self.lowered.is_empty()
    }

    /// Follows the file as far as it may be followed now.
    pub(crate) fn follow(&mut self, panel: &Panel<'_>) -> InForce {
        self.pass(panel.at);
        self.told.clear();
        let rest_ms = u64::from(panel.limits().rest_days) * DAY_MS;
        self.lowered
            .retain(|_, elapsed| elapsed.spent_ms() < rest_ms);
        let mut in_force = InForce {
            is_commissioning: panel.is_set_to_commission(),
            stances: panel.setup.rules.clone(),
        };
        if !self.has_operated && in_force.is_commissioning {
            // A rule that was never enforced is tried on and off.
            return in_force;
        }
        self.has_operated = true;
        if in_force.is_commissioning {
            let (from, to) = ("operating", "commissioning");
            in_force.is_commissioning = self.lower(panel, STAGE, (from, to));
        }
        for rule in panel.rules(self).into_iter().cloned().collect::<Vec<_>>() {
            let asked = panel.setup.rules.get(&rule).copied();
            let was = self.stances.get(&rule).copied();
            let (to, from) = (panel.effect(&rule, asked), panel.effect(&rule, was));
            let (Some(to), Some(from)) = (to, from) else {
                continue;
            };
            if to >= from {
                self.stances.extend(asked.max(was).map(|own| (rule, own)));
            } else if !self.lower(panel, &rule, (from.as_str(), to.as_str())) {
                in_force.stances.extend(was.map(|own| (rule, own)));
            }
        }
        in_force
    }

    /// Something is set lower than it was. May it be followed?
    fn lower(&mut self, panel: &Panel<'_>, knob: &str, (from, to): (&str, &str)) -> bool {
        let reason = panel.reason();
        let limit_ms = u64::from(panel.limits().days) * DAY_MS;
        let state = match reason {
            None => LoweredState::NoReason,
            Some(_) => {
                let begun = self.lowered.entry(knob.to_owned());
                let elapsed = begun.or_insert_with(|| Elapsed::since(panel.at));
                match elapsed.spent_ms() < limit_ms {
                    true => LoweredState::Followed,
                    false => LoweredState::Over,
                }
            }
        };
        let spent_ms = self.lowered.get(knob).map_or(0, Elapsed::spent_ms);
        self.told.push(LoweredKnob {
            knob: knob.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            state,
            reason: reason.map(str::to_owned),
            hours_left: limit_ms.saturating_sub(spent_ms).div_ceil(DAY_MS / 24),
        });
        state == LoweredState::Followed
    }
}
