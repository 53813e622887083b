//! How far the reading of a table is, and who is told.

use std::ops::ControlFlow;

use super::row::Row;

/// How far the reading is, in thousandths of the file.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Permille(u16);

impl Permille {
    pub const ALL: Self = Self(1000);

    /// `done` of `whole`, never more than all.
    pub fn of(done: u64, whole: u64) -> Self {
        let share = done.saturating_mul(1000).checked_div(whole).unwrap_or(1000);
        Self(u16::try_from(share.min(1000)).unwrap_or(1000))
    }

    /// The number of thousandths.
    pub const fn value(self) -> u16 {
        self.0
    }
}

/// Takes one row after the other; a break ends the reading.
pub type Visitor<'a> = dyn FnMut(&Row, Permille) -> ControlFlow<()> + 'a;
