//! A wrong box scanned, put right after the settlement: what was recorded of which pack.
//!
//! Out of scope: rows of packs (the journal), who signs (the staff).

use jiff::ToSpan as _;
use jiff::civil::Date;
use pharmacy_protocol::term::{EntryIndex, StaffId, TraceCode};
use serde::{Deserialize, Serialize};

/// A box that was handed over instead of the one that was scanned.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Correction {
    /// The line of the sale.
    pub line: u32,
    /// What was scanned.
    pub wrong: TraceCode,
    /// What was handed over.
    pub right: TraceCode,
    /// Who says so.
    pub by: StaffId,
    /// The entry that records it.
    pub entry: EntryIndex,
}

/// A box that cannot be put right so.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CorrectionError {
    /// The sale has no such code, or has both.
    #[error("the sale was not settled with that code in place of the other")]
    NoSuchCode,
    /// The other box is not, or not surely, of that article.
    #[error("the box is not known to be of the line's article")]
    OtherArticle,
    /// The other box is sold, or another sale holds it.
    #[error("the box is sold or held by another sale")]
    Sold,
    /// Nothing of it stands.
    #[error("the settlement does not stand")]
    TakenBack,
    /// The other box has not that many pieces left.
    #[error("the box has not enough pieces left")]
    TooFewPieces,
    /// The pack's days are over.
    #[error("the days in which a wrong box can be put right are over")]
    TooLate,
}

impl CorrectionError {
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchCode => "correction.no-such-code",
            Self::OtherArticle => "correction.other-article",
            Self::Sold => "correction.sold",
            Self::TakenBack => "correction.taken-back",
            Self::TooFewPieces => "correction.too-few-pieces",
            Self::TooLate => "correction.too-late",
        }
    }
}

/// May a settlement of a day still be put right?
pub fn check_day(settled: Date, days: u32, today: Date) -> Result<(), CorrectionError> {
    let span = i64::from(days).days();
    let last = settled.checked_add(span).unwrap_or(settled);
    match days > 0 && today <= last {
        true => Ok(()),
        false => Err(CorrectionError::TooLate),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_last_day_is_included_and_none_means_never() {
        let settled = date(2025, 11, 22);
        assert_eq!(check_day(settled, 7, date(2025, 11, 29)), Ok(()));
        let late = Err(CorrectionError::TooLate);
        assert_eq!(check_day(settled, 7, date(2025, 11, 30)), late);
        assert_eq!(check_day(settled, 0, settled), late);
    }
}
