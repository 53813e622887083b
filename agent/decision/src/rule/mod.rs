//! Rule kinds: a closed set of questions to the facts, one pure file each.
//!
//! ```text
//! facts + parameters ─► Truth ─┬─ Holds
//!                              ├─ Broken(Breach { found, allowed })
//!                              ├─ Excused(Breach, Word)
//!                              └─ Undetermined(Missing)
//! ```
//! In scope: whether a rule holds. Out of scope: which rules there are and what they say
//! ([`crate::pack`]), what a broken rule leads to ([`mod@crate::decide`]).

mod amount;
pub(crate) mod cover;
mod electronic;
mod ephedrine;
mod family;
mod gift;
mod kind;
mod limit;
mod paper;
mod parameter;
mod payable;
mod pieces;
mod prescription;
mod presence;
mod price;
mod proxy;
mod repeat;
mod seen;
mod standing;
mod substitution;
mod sum;
mod supply;
#[cfg(test)]
pub(crate) mod testing;
mod trace;

pub use cover::{Likeness, likeness};
pub use kind::{Kind, LineKind, SaleKind};
pub use parameter::ParameterError;
pub use seen::{Missing, Seen, Word};

/// What a rule finds. Never dropped: not knowing is an answer of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub enum Truth {
    /// The rule is broken.
    Broken(Breach),
    /// It would be broken, but for a recorded reason that the law accepts; the word says which.
    Excused(Breach, Word),
    /// The rule holds, or has nothing to say of these facts.
    Holds,
    /// A fact is missing.
    Undetermined(Missing),
}

/// What a broken rule found, and what it would have allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Breach {
    /// What was found.
    pub found: Seen,
    /// What is allowed.
    pub allowed: Seen,
}

impl Truth {
    pub(crate) fn broken(found: impl Into<Seen>, allowed: impl Into<Seen>) -> Self {
        Self::Broken(Breach {
            found: found.into(),
            allowed: allowed.into(),
        })
    }

    /// The graver of two findings: broken before undetermined before excused before holds.
    pub(crate) fn or_worse(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Broken(_) => self,
            Self::Holds => other(),
            Self::Undetermined(_) => match other() {
                worse @ Self::Broken(_) => worse,
                Self::Excused(..) | Self::Holds | Self::Undetermined(_) => self,
            },
            Self::Excused(..) => match other() {
                worse @ (Self::Broken(_) | Self::Undetermined(_)) => worse,
                Self::Excused(..) | Self::Holds => self,
            },
        }
    }
}
