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
    /// commissioning period ends.
    pub(crate) fn stage(&self, now_ms: i64) -> Stage {
        let is_over = self.commissioned_until_ms <= now_ms;
        match self.setup.store.stage {
            crate::setup::StageConfig::Commissioning if !is_over => Stage::Commissioning,
            _ => Stage::Operating,
        }
    }
}
