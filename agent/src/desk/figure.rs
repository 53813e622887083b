//! A day's figures: sales, refusals, releases, refusals that were wrong (R07, R66).

use super::{DeskError, DeskHandle, Figures};

impl DeskHandle {
    /// Today's figures.
    pub async fn figures(&self) -> Result<Figures, DeskError> {
        todo!()
    }
}
