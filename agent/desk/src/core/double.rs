//! Doubles: what a settlement for the same goods would settle again.

use super::attempt::{AttemptState, Direction};
use super::sale::Sale;

/// The sale that an attempt would double.
pub struct Double {
    /// A key of the text catalogue.
    pub code: &'static str,
    /// The settlement that stands, if one does.
    pub settlement: String,
}

impl Sale {
    /// What a settlement for the same goods would double: a settlement of this sale that is under way,
    /// in doubt, or stands.
    pub fn double(&self) -> Option<Double> {
        if let Some(settled) = self.settlement() {
            let code = "gateway.duplicate";
            let settlement = settled.settlement.clone();
            return Some(Double { code, settlement });
        }
        let is_open = self.attempts.iter().any(|attempt| {
            attempt.direction == Direction::Settlement
                && matches!(
                    attempt.state,
                    AttemptState::InDoubt | AttemptState::Intended
                )
        });
        is_open.then(|| Double {
            code: "gateway.duplicate-in-doubt",
            settlement: String::new(),
        })
    }
}
