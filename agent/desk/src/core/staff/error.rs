//! What the register of staff does not take, and who may not.

use pharmacy_protocol::act::ActError;
use pharmacy_protocol::record::staff::Duty;

/// A member of staff who cannot be registered, or who may not do what they ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StaffError {
    /// What was to be signed has not the form of an act.
    #[error("the act cannot be signed")]
    Act(#[source] ActError),
    /// A certificate number that is none.
    #[error("certificate number must have 1 to {MAX_CERTIFICATE} characters")]
    Certificate,
    /// The contract is not in force today.
    #[error("the contract is not in force")]
    Contract,
    /// The contract would end before it begins.
    #[error("the contract ends before it begins")]
    ContractOrder,
    /// Without the duty that it needs.
    #[error("the duty `{}` is needed", .0.name())]
    Duty(Duty),
    /// Nobody is registered without a duty.
    #[error("a member of staff has at least one duty")]
    Dutiless,
    /// The id is taken.
    #[error("the id is registered already")]
    Exists,
    /// Too many wrong PINs.
    #[error("too many wrong pins; locked until {}", pharmacy_base::clock::shown(*.until_ms))]
    Locked {
        /// Until when, milliseconds since 1970.
        until_ms: i64,
    },
    /// A name that is none.
    #[error("name must have 1 to {MAX_NAME} characters")]
    Name,
    /// Only the person in charge may, and nobody said who they are.
    #[error("the person in charge has to sign")]
    NoCredentials,
    /// Nobody is signed in at the till.
    #[error("nobody is signed in at this till")]
    NotSignedIn,
    #[error("not on duty")]
    OffDuty,
    /// Signed for something else, elsewhere or long ago.
    #[error("what was signed is not what is to be recorded")]
    OtherAct,
    /// A PIN that has not the form.
    #[error("pin must have 6 to 12 digits")]
    PinForm,
    /// A PIN that is guessed first.
    #[error("pin is one digit, a run of digits or the member's own id")]
    PinTrivial,
    /// The PIN does not open the key.
    #[error("wrong pin")]
    PinWrong,
    #[error("this cannot be done from there")]
    Place,
    /// A pharmacist without qualification.
    #[error("a pharmacist needs a qualification")]
    Qualification,
    /// Registered as a pharmacist in another city.
    #[error("registered as a pharmacist elsewhere")]
    ReviewElsewhere,
    /// A pharmacist who is not signed in, or whose shift has ended.
    #[error("the pharmacist is not on duty")]
    ReviewOffDuty,
    /// No pharmacist, or one without qualification or contract.
    #[error("not a pharmacist in force")]
    ReviewUnqualified,
    /// A reason that is too long.
    #[error("reason must have at most {MAX_REASON} characters")]
    Reason,
    /// Works here no longer.
    #[error("retired")]
    Retired,
    /// Somebody in charge has to answer for it, and did not.
    #[error("somebody in charge has to answer for this")]
    Unvouched,
    /// Not in the register.
    #[error("no such member of staff")]
    Unknown,
}

impl StaffError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Act(_) => "staff.act",
            Self::Certificate => "staff.certificate",
            Self::Contract => "staff.contract",
            Self::ContractOrder => "staff.contract-order",
            Self::Duty(_) => "staff.duty",
            Self::Dutiless => "staff.dutiless",
            Self::Exists => "staff.exists",
            Self::Locked { .. } => "staff.locked",
            Self::Name => "staff.name",
            Self::NoCredentials => "staff.no-credentials",
            Self::NotSignedIn => "staff.not-signed-in",
            Self::OffDuty => "staff.off-duty",
            Self::OtherAct => "staff.other-act",
            Self::PinForm => "staff.pin-form",
            Self::PinTrivial => "staff.pin-trivial",
            Self::PinWrong => "staff.pin-wrong",
            Self::Place => "staff.place",
            Self::Qualification => "staff.qualification",
            Self::Reason => "staff.reason",
            Self::Retired => "staff.retired",
            Self::Unvouched => "staff.unvouched",
            Self::ReviewElsewhere => "staff.review-elsewhere",
            Self::ReviewOffDuty => "staff.review-off-duty",
            Self::ReviewUnqualified => "staff.review-unqualified",
            Self::Unknown => "staff.unknown",
        }
    }
}

/// The longest name, in characters.
pub const MAX_NAME: usize = 64;

/// The longest certificate number, in characters.
pub const MAX_CERTIFICATE: usize = 64;

/// The longest reason, in characters.
pub const MAX_REASON: usize = 500;
