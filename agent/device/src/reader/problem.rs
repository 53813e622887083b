//! Why a card shows nobody.

use super::message::Message;

/// A field of a card.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Field {
    Address,
    /// Code of the accepting authority.
    Authority,
    Birth,
    /// Version of the card.
    CardVersion,
    ChineseName,
    /// Country, region or nationality.
    Country,
    /// What ties a number to the one before.
    EarlierNumber,
    EnglishName,
    IssueCount,
    Issuer,
    /// The letter that tells the layout.
    Kind,
    /// The lengths before the text.
    Lengths,
    Name,
    Nation,
    /// The address added after issue.
    NewestAddress,
    Number,
    /// Number of the pass.
    PassNumber,
    RenewalCount,
    Sex,
    /// First day of validity.
    ValidFrom,
    /// Last day of validity.
    ValidTo,
}

/// Why a card shows nobody. Carries no part of the card.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum CardProblem {
    /// The birth lies in the future.
    #[error("card gives a birth date in the future")]
    BirthInFuture,
    /// The birth date is another one than the number's.
    #[error("card's birth date contradicts its number")]
    BirthMismatch,
    /// The number's last character does not fit the others.
    #[error("card's number fails its check digit")]
    CheckDigit,
    /// The last day of validity is past.
    #[error("card has expired")]
    Expired,
    /// A field is not what the layout says.
    #[error("card's field `{0:?}` cannot be read")]
    Malformed(Field),
    /// The first day of validity is still to come.
    #[error("card is not valid yet")]
    NotYetValid,
    /// The number belongs to another kind of card.
    #[error("card's number belongs to another kind of card")]
    NumberKind,
    /// The sex is another one than the number's.
    #[error("card's sex contradicts its number")]
    SexMismatch,
    /// A layout that nobody published.
    #[error("card has an unknown layout")]
    UnknownLayout,
    /// The validity ends before it begins.
    #[error("card's validity ends before it begins")]
    ValidityReversed,
}

impl CardProblem {
    /// What the till hears.
    pub fn message(self) -> Message {
        match self {
            Self::BirthInFuture => Message::of("card.birth-in-future"),
            Self::BirthMismatch => Message::of("card.birth-mismatch"),
            Self::CheckDigit => Message::of("card.check-digit"),
            Self::Expired => Message::of("card.expired"),
            Self::Malformed(_) => Message::of("card.malformed"),
            Self::NotYetValid => Message::of("card.not-yet-valid"),
            Self::NumberKind => Message::of("card.number-kind"),
            Self::SexMismatch => Message::of("card.sex-mismatch"),
            Self::UnknownLayout => Message::of("card.unknown-layout"),
            Self::ValidityReversed => Message::of("card.validity-reversed"),
        }
    }
}
