//! Why a card shows nobody.

use super::message::Message;

/// A field of a card.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Field {
    /// Address.
    Address,
    /// Code of the accepting authority.
    Authority,
    /// Date of birth.
    Birth,
    /// Version of the card.
    CardVersion,
    /// Chinese name.
    ChineseName,
    /// Country, region or nationality.
    Country,
    /// What ties a number to the one before.
    EarlierNumber,
    /// English name.
    EnglishName,
    /// How often issued.
    IssueCount,
    /// Issuing authority.
    Issuer,
    /// The letter that tells the layout.
    Kind,
    /// The lengths before the text.
    Lengths,
    /// Name.
    Name,
    /// Nation.
    Nation,
    /// The address added after issue.
    NewestAddress,
    /// The card's number.
    Number,
    /// Number of the pass.
    PassNumber,
    /// How often renewed.
    RenewalCount,
    /// Sex.
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
            Self::BirthInFuture => Message::new(
                "card.birth-in-future",
                "证件出生日期晚于今天，请核对证件和本机日期",
                "the birth date lies in the future; check the card and this machine's date",
            ),
            Self::BirthMismatch => Message::new(
                "card.birth-mismatch",
                "证件出生日期与证件号码不一致，不能作为凭证",
                "the birth date contradicts the card's number; the card cannot be accepted",
            ),
            Self::CheckDigit => Message::new(
                "card.check-digit",
                "证件号码校验码错误，不能作为凭证",
                "the number fails its check digit; the card cannot be accepted",
            ),
            Self::Expired => Message::new(
                "card.expired",
                "证件已过有效期，请使用其他有效凭证",
                "the card has expired; use another valid document",
            ),
            Self::Malformed(_) => Message::new(
                "card.malformed",
                "证件内容无法识别，请重新放卡",
                "the card's content cannot be read; present the card again",
            ),
            Self::NotYetValid => Message::new(
                "card.not-yet-valid",
                "证件尚未生效，请核对证件和本机日期",
                "the card is not valid yet; check the card and this machine's date",
            ),
            Self::NumberKind => Message::new(
                "card.number-kind",
                "证件号码与证件类型不符，不能作为凭证",
                "the number belongs to another kind of card; the card cannot be accepted",
            ),
            Self::SexMismatch => Message::new(
                "card.sex-mismatch",
                "证件性别与证件号码不一致，不能作为凭证",
                "the sex contradicts the card's number; the card cannot be accepted",
            ),
            Self::UnknownLayout => Message::new(
                "card.unknown-layout",
                "不支持的证件版式，请使用其他有效凭证",
                "the card's layout is unknown; use another valid document",
            ),
            Self::ValidityReversed => Message::new(
                "card.validity-reversed",
                "证件有效期限错误，不能作为凭证",
                "the card's validity ends before it begins; the card cannot be accepted",
            ),
        }
    }
}
