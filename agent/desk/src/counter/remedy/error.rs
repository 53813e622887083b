//! What can be wrong with a remedy.

/// A remedy that does not fit the open sale. Nothing was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RemedyError {
    /// The action belongs to another part of the desk.
    #[error("this is not done for the open sale")]
    Elsewhere,
    /// The number typed is not the one that the credential or the platform told.
    #[error("the insured is known by another certificate number")]
    HolderDiffers,
    /// Proxy and insured are one person.
    #[error("the proxy is the insured")]
    ProxyIsHolder,
    /// Family member and insured are one person.
    #[error("the family member is the insured")]
    PatientIsHolder,
    /// A certificate number is missing.
    #[error("the certificate number is missing")]
    NoNumber,
    /// Nobody is signed in at the till who could attest what was seen.
    #[error("nobody is signed in at this till")]
    NobodySignedIn,
    /// There is no sale that could be completed.
    #[error("this till has no open sale")]
    NoOpenSale,
    /// The rule said nothing of that line.
    #[error("there is no such reason to release")]
    NoReason,
    /// The prefix belongs to another article, or the line's article is not known.
    #[error("the prefix cannot be learnt for this line")]
    NotLearnable,
    /// A hard rule.
    #[error("nobody may release this reason")]
    NeverReleased,
    /// A reason of a few characters or none.
    #[error("a reason of at least {MIN_REASON} characters is needed")]
    ReasonTooShort,
    /// A reason longer than anybody reads.
    #[error("a reason has at most {MAX_REASON} characters")]
    ReasonTooLong,
    /// No number of days, or more than a year.
    #[error("a line lasts 1 to {MAX_DAYS} days")]
    Days,
}

/// Shortest reason, in characters: `出差` says nothing without where and until when.
pub(crate) const MIN_REASON: usize = 4;

/// Longest reason, in characters.
pub(crate) const MAX_REASON: usize = 200;

/// Longest supply of a line, in days.
pub(crate) const MAX_DAYS: u32 = 366;

impl RemedyError {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Elsewhere => "remedy.elsewhere",
            Self::HolderDiffers => "remedy.holder-differs",
            Self::ProxyIsHolder => "remedy.proxy-is-holder",
            Self::PatientIsHolder => "remedy.patient-is-holder",
            Self::NoNumber => "remedy.no-number",
            Self::NobodySignedIn => "staff.nobody-signed-in",
            Self::NoOpenSale => "remedy.no-open-sale",
            Self::NoReason => "release.no-such-reason",
            Self::NotLearnable => "remedy.prefix",
            Self::NeverReleased => "release.never",
            Self::ReasonTooShort => "release.reason-too-short",
            Self::ReasonTooLong => "release.reason-too-long",
            Self::Days => "remedy.days",
        }
    }

    /// Does it not follow from where the sale is, rather than from what was typed?
    pub(crate) fn is_conflict(self) -> bool {
        match self {
            Self::HolderDiffers
            | Self::NeverReleased
            | Self::NobodySignedIn
            | Self::NoOpenSale
            | Self::NoReason
            | Self::NotLearnable => true,
            Self::Days
            | Self::Elsewhere
            | Self::NoNumber
            | Self::PatientIsHolder
            | Self::ProxyIsHolder
            | Self::ReasonTooLong
            | Self::ReasonTooShort => false,
        }
    }
}

/// A reason as typed, if it is one.
pub(crate) fn checked_reason(reason: &str) -> Result<String, RemedyError> {
    let reason = reason.trim();
    let length = reason.chars().count();
    if length < MIN_REASON {
        return Err(RemedyError::ReasonTooShort);
    }
    if length > MAX_REASON {
        return Err(RemedyError::ReasonTooLong);
    }
    Ok(reason.to_owned())
}
