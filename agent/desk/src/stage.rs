//! Whether the store is still being commissioned.

use pharmacy_decision::facts::Stage;

use crate::Desk;

/// A stage's word.
pub(crate) fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Commissioning => "commissioning",
        Stage::Degraded => "degraded",
        Stage::Operating => "operating",
    }
}

impl Desk {
    /// A store leaves commissioning when its operator says so, and at the latest when the pack's
    /// commissioning period ends; it does not come back by editing a file or setting a clock.
    pub(crate) fn stage(&self, now_ms: i64) -> Stage {
        let is_over = self.commissioned_until_ms <= now_ms;
        match self.in_force.is_commissioning && !is_over {
            true => Stage::Commissioning,
            false => Stage::Operating,
        }
    }
}
