//! Steps that do not follow from where a sale is.

/// A step that does not follow from where the sale is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SaleError {
    /// The message id is known with another outcome.
    #[error("this message id was reported with another outcome")]
    Contradiction,
    /// An attempt has no outcome yet.
    #[error("an attempt of this sale has no outcome yet")]
    InDoubt,
    /// The sale is over.
    #[error("the sale is closed or abandoned")]
    Over,
    #[error("this sale has no settlement that could be reversed")]
    NothingToReverse,
    #[error("another sale was settled under this number")]
    NumberTaken,
    /// Account or fund money would go back as cash.
    #[error("only what was paid in cash goes back as cash; the rest needs a reversal")]
    RefundOfAccount,
    /// The verdict does not allow a settlement.
    #[error("the sale has no standing verdict that allows its settlement")]
    NotAllowed,
}

impl SaleError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Contradiction => "attempt.contradiction",
            Self::InDoubt => "sale.in-doubt",
            Self::Over => "sale.over",
            Self::NothingToReverse => "sale.nothing-to-reverse",
            Self::NumberTaken => "attempt.number-taken",
            Self::RefundOfAccount => "refund.account-in-cash",
            Self::NotAllowed => "sale.not-allowed",
        }
    }
}
