//! What can go wrong at the desk, whose fault it is, and what the till hears.

use crate::core::basket::BasketError;
use crate::core::correction::CorrectionError;
use crate::core::invoice::InvoiceError;
use crate::core::no_code::NoCodeError;
use crate::core::photo::PhotoError;
use crate::core::prescription::PrescriptionError;
use crate::core::sale::SaleError;
use crate::core::staff::StaffError;
use crate::core::standing::StandingError;
use pharmacy_device::paper::ScanError;
use pharmacy_journal::JournalError;
use pharmacy_journal::store::StoreError;

/// Whose fault an error is, as far as the edge must know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The caller asked for something that cannot be.
    CallerMistake(Mistake),
    /// Disk, device, load: it may go away.
    Environment,
    Invariant,
}

/// Kinds of callers' mistakes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mistake {
    /// It does not follow from where the sale is.
    Conflict,
    /// It names something that is not there.
    NoSuchThing,
    /// It is understood and cannot be.
    Unprocessable,
}

/// A request that the desk did not carry out. Nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The basket does not add up.
    #[error("the basket does not add up")]
    Basket(#[source] BasketError),
    /// The queue is full, or the desk has stopped.
    #[error("the desk takes no more requests")]
    Busy,
    /// The catalogue cannot be read.
    #[error("cannot read the catalogue")]
    Catalogue(#[source] pharmacy_catalogue::file::CatalogueError),
    /// A confirmation of a purchase list is none.
    #[error("the purchase list is not confirmed")]
    Confirm(#[source] ConfirmError),
    /// A wrong box cannot be put right so.
    #[error("the box cannot be put right so")]
    Correction(#[source] CorrectionError),
    /// An invoice does not agree with its purchase list.
    #[error("the invoice does not agree with the purchase list")]
    Invoice(#[source] InvoiceError),
    /// The idempotency key belongs to another request.
    #[error("the idempotency key was used with another request")]
    KeyConflict,
    /// The journal cannot record.
    #[error("cannot record")]
    Journal(#[source] JournalError),
    /// No card was read, or one that cannot be evidence.
    #[error("no card was read: `{0}`")]
    NoCard(&'static str),
    /// The scanner's folder has no such file.
    #[error("no such file in the scanner's folder")]
    NoFile,
    /// No line of the basket matches a scanned pack.
    #[error("no line of the basket matches the scanned code")]
    NoLine,
    /// The sale is not settled.
    #[error("the sale is not settled")]
    NoList,
    /// This till has no card reader.
    #[error("no card reader is configured")]
    NoReader,
    /// Goods without codes are not entered, or not lowered so.
    #[error("the list of goods without codes does not take it")]
    NoCode(#[source] NoCodeError),
    /// A photo stands for no pack.
    #[error("the photo stands for no pack")]
    Photo(#[source] PhotoError),
    /// A remedy does not fit the open sale.
    #[error("the remedy does not fit the open sale")]
    Remedy(#[source] RemedyError),
    /// A step with a prescription cannot be taken.
    #[error("cannot do that with the prescription")]
    Prescription(#[source] PrescriptionError),
    /// The step does not follow.
    #[error("the step does not follow from where the sale is")]
    Sale(#[source] SaleError),
    /// A member of staff may not, or the register cannot take them.
    #[error("not for this member of staff")]
    Staff(#[source] StaffError),
    /// The store's register does not take a change.
    #[error("the register does not take the change")]
    Standing(#[source] StandingError),
    /// A slip cannot be printed, or scanned slips cannot be read.
    #[error("cannot take care of a slip")]
    Slip(#[source] SlipError),
    /// Rows cannot be read.
    #[error("cannot read the store")]
    Store(#[source] StoreError),
    /// A record cannot be written or read back. Only the place is kept: the parser's own words can
    /// repeat a value, and a value can be a name.
    #[error("a stored record cannot be read back at line {line} column {column}")]
    Stored {
        /// Line in the record.
        line: usize,
        /// Column in the record.
        column: usize,
    },
    /// There is no such sale for this caller.
    #[error("no such sale")]
    UnknownSale,
}

impl DeskError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Basket(error) => error.code(),
            Self::Busy => "busy",
            Self::Catalogue(error) => error.code(),
            Self::Confirm(error) => error.code(),
            Self::Correction(error) => error.code(),
            Self::Invoice(error) => error.code(),
            Self::Journal(error) => error.code(),
            Self::KeyConflict => "idempotency.conflict",
            Self::NoCard(code) => code,
            Self::NoCode(error) => error.code(),
            Self::NoFile => "form.no-file",
            Self::NoLine => "scan.no-line",
            Self::NoList => "list.none",
            Self::NoReader => "reader.none",
            Self::Photo(error) => error.code(),
            Self::Remedy(error) => error.code(),
            Self::Prescription(error) => error.code(),
            Self::Sale(error) => error.code(),
            Self::Staff(error) => error.code(),
            Self::Standing(error) => error.code(),
            Self::Slip(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Stored { .. } => "store.row",
            Self::UnknownSale => "sale.unknown",
        }
    }

    pub fn fault(&self) -> Fault {
        match self {
            Self::Basket(_) | Self::NoLine | Self::Standing(_) => {
                Fault::CallerMistake(Mistake::Unprocessable)
            }
            Self::Busy | Self::Catalogue(_) => Fault::Environment,
            Self::Prescription(error) => Fault::CallerMistake(mistake_of_prescription(*error)),
            Self::Correction(_) | Self::Photo(_) => Fault::CallerMistake(Mistake::Conflict),
            Self::Confirm(ConfirmError::TakenBack) => Fault::CallerMistake(Mistake::Conflict),
            Self::Confirm(_) => Fault::CallerMistake(Mistake::Unprocessable),
            Self::Invoice(error) => match error {
                InvoiceError::Amount
                | InvoiceError::OtherSale
                | InvoiceError::Repeated
                | InvoiceError::TakenBack => Fault::CallerMistake(Mistake::Conflict),
                InvoiceError::Date
                | InvoiceError::Item(_)
                | InvoiceError::ItemAmount(_)
                | InvoiceError::Sum => Fault::CallerMistake(Mistake::Unprocessable),
            },
            Self::Journal(error) => inner(error.fault()),
            Self::Slip(error) => error.fault(),
            Self::Store(error) => inner(error.fault()),
            Self::Remedy(error) if error.is_conflict() => Fault::CallerMistake(Mistake::Conflict),
            Self::Remedy(_) => Fault::CallerMistake(Mistake::Unprocessable),
            Self::NoCode(error) if error.is_conflict() => Fault::CallerMistake(Mistake::Conflict),
            Self::NoCode(_) => Fault::CallerMistake(Mistake::Unprocessable),
            Self::Staff(error) => Fault::CallerMistake(mistake_of_staff(error)),
            Self::KeyConflict | Self::NoCard(_) | Self::NoReader | Self::Sale(_) => {
                Fault::CallerMistake(Mistake::Conflict)
            }
            Self::NoFile | Self::NoList | Self::UnknownSale => {
                Fault::CallerMistake(Mistake::NoSuchThing)
            }
            Self::Stored { .. } => Fault::Invariant,
        }
    }

    /// The basket line concerned.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Basket(error) => error.line(),
            _ => None,
        }
    }
}

fn mistake_of_prescription(error: PrescriptionError) -> Mistake {
    match error {
        PrescriptionError::Changed
        | PrescriptionError::Doubted
        | PrescriptionError::ImageKnown
        | PrescriptionError::NoSale
        | PrescriptionError::NotNow { .. }
        | PrescriptionError::OtherPerson
        | PrescriptionError::UsedUp => Mistake::Conflict,
        PrescriptionError::Unknown => Mistake::NoSuchThing,
        PrescriptionError::Contradicts { .. }
        | PrescriptionError::Empty
        | PrescriptionError::Expired { .. }
        | PrescriptionError::Future { .. }
        | PrescriptionError::Image(_)
        | PrescriptionError::NoSuchPlace
        | PrescriptionError::OutOfBounds { .. } => Mistake::Unprocessable,
    }
}

fn mistake_of_staff(error: &StaffError) -> Mistake {
    match error {
        StaffError::Exists
        | StaffError::Locked { .. }
        | StaffError::NotSignedIn
        | StaffError::OffDuty
        | StaffError::ReviewOffDuty
        | StaffError::Unvouched => Mistake::Conflict,
        StaffError::Unknown => Mistake::NoSuchThing,
        StaffError::Act(_)
        | StaffError::Certificate
        | StaffError::Contract
        | StaffError::ContractOrder
        | StaffError::Duty(_)
        | StaffError::Dutiless
        | StaffError::Name
        | StaffError::NoCredentials
        | StaffError::OtherAct
        | StaffError::PinForm
        | StaffError::PinTrivial
        | StaffError::PinWrong
        | StaffError::Place
        | StaffError::Qualification
        | StaffError::Reason
        | StaffError::Retired
        | StaffError::ReviewElsewhere
        | StaffError::ReviewUnqualified => Mistake::Unprocessable,
    }
}

/// Nothing that a caller says reaches journal or store unchecked: a mistake there is ours.
fn inner(fault: pharmacy_journal::store::Fault) -> Fault {
    match fault {
        pharmacy_journal::store::Fault::Environment => Fault::Environment,
        pharmacy_journal::store::Fault::CallerMistake
        | pharmacy_journal::store::Fault::Invariant => Fault::Invariant,
    }
}

macro_rules! wraps {
    ($($source:ty => $variant:ident),* $(,)?) => {
        $(impl From<$source> for DeskError {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

wraps! {
    BasketError => Basket,
    ConfirmError => Confirm,
    CorrectionError => Correction,
    InvoiceError => Invoice,
    JournalError => Journal,
    NoCodeError => NoCode,
    PhotoError => Photo,
    RemedyError => Remedy,
    PrescriptionError => Prescription,
    SaleError => Sale,
    StaffError => Staff,
    StandingError => Standing,
    SlipError => Slip,
    StoreError => Store,
    pharmacy_catalogue::file::CatalogueError => Catalogue,
}

impl From<serde_json::Error> for DeskError {
    fn from(error: serde_json::Error) -> Self {
        Self::Stored {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// A confirmation that is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfirmError {
    /// Nothing was drawn, or more than a signature is.
    #[error("the drawing is empty or beyond its limits")]
    Drawing,
    /// The drawing's image is no PNG, or too large.
    #[error("the drawing's image is no PNG within the limits")]
    DrawingImage,
    /// A proxy signs where none bought.
    #[error("the sale has no proxy who could sign")]
    NoProxy,
    /// The page is no image or document.
    #[error("the page is no JPEG, PNG or PDF within the limits")]
    Page,
    /// The sale was taken back.
    #[error("the sale was taken back and needs no confirmation")]
    TakenBack,
}

impl ConfirmError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Drawing => "list.drawing",
            Self::DrawingImage => "list.drawing-image",
            Self::NoProxy => "list.no-proxy",
            Self::Page => "list.page",
            Self::TakenBack => "list.taken-back",
        }
    }
}

/// A slip that cannot be printed, or pages that cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SlipError {
    /// No printer is configured.
    #[error("no slip printer is configured")]
    NoPrinter,
    /// None, or more than [`MAX_PAGES`].
    #[error("a scan has 1 to {MAX_PAGES} pages")]
    Pages,
    /// Too many slips wait for the printer.
    #[error("too many slips wait for the printer")]
    QueueFull,
    /// A page cannot be looked at.
    #[error("a scanned page cannot be looked at")]
    Scan(#[source] ScanError),
}

impl SlipError {
    pub fn code(self) -> &'static str {
        match self {
            Self::NoPrinter => "printer.none",
            Self::Pages => "slips.pages",
            Self::QueueFull => "printer.queue-full",
            Self::Scan(error) => error.code(),
        }
    }

    pub fn fault(self) -> Fault {
        match self {
            Self::NoPrinter => Fault::CallerMistake(Mistake::Conflict),
            Self::Pages | Self::Scan(_) => Fault::CallerMistake(Mistake::Unprocessable),
            Self::QueueFull => Fault::Environment,
        }
    }
}

/// A remedy that does not fit the open sale. Nothing was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RemedyError {
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
    /// No such receipt of a sale for cash has these packs.
    #[error("the packs were not sold for cash on this receipt")]
    NotPaidInCash,
    /// The prefix belongs to another article, or the line's article is not known.
    #[error("the prefix cannot be learnt for this line")]
    NotLearnable,
    #[error("nobody may release this reason")]
    NeverReleased,
    /// No settlement of this shape was refused because it cannot be read.
    #[error("nothing of this shape was refused")]
    NothingShut,
    /// Somebody opened one alone a while ago.
    #[error("a shape was opened alone already")]
    OpenedAlone,
    /// Only the person in charge opens it, by day or where one is on duty.
    #[error("the person in charge opens it")]
    OpensInCharge,
    /// A reason of a few characters or none.
    #[error("a reason of at least {MIN_REASON} characters is needed")]
    ReasonTooShort,
    /// A reason longer than anybody reads.
    #[error("a reason has at most {MAX_REASON} characters")]
    ReasonTooLong,
    /// No number of days, or more than a year.
    #[error("a line lasts 1 to {MAX_DAYS} days")]
    Days,
    /// What left may still be on its way.
    #[error("the call left too short a time ago to be missing")]
    DoubtTooFresh,
}

impl RemedyError {
    pub fn code(self) -> &'static str {
        match self {
            Self::HolderDiffers => "remedy.holder-differs",
            Self::ProxyIsHolder => "remedy.proxy-is-holder",
            Self::PatientIsHolder => "remedy.patient-is-holder",
            Self::NoNumber => "remedy.no-number",
            Self::NobodySignedIn => "staff.nobody-signed-in",
            Self::NoOpenSale => "remedy.no-open-sale",
            Self::NoReason => "release.no-such-reason",
            Self::NotPaidInCash => "remedy.cash-receipt",
            Self::NotLearnable => "remedy.prefix",
            Self::NeverReleased => "release.never",
            Self::NothingShut => "reopen.nothing-shut",
            Self::OpenedAlone => "reopen.alone-already",
            Self::OpensInCharge => "reopen.in-charge",
            Self::ReasonTooShort => "release.reason-too-short",
            Self::ReasonTooLong => "release.reason-too-long",
            Self::Days => "remedy.days",
            Self::DoubtTooFresh => "remedy.doubt-too-fresh",
        }
    }

    /// Does it not follow from where the sale is, rather than from what was typed?
    pub(crate) fn is_conflict(self) -> bool {
        match self {
            Self::DoubtTooFresh
            | Self::HolderDiffers
            | Self::NeverReleased
            | Self::NobodySignedIn
            | Self::NoOpenSale
            | Self::NoReason
            | Self::NotLearnable
            | Self::NothingShut
            | Self::OpenedAlone
            | Self::OpensInCharge => true,
            Self::Days
            | Self::NotPaidInCash
            | Self::NoNumber
            | Self::PatientIsHolder
            | Self::ProxyIsHolder
            | Self::ReasonTooLong
            | Self::ReasonTooShort => false,
        }
    }
}

/// Shortest reason, in characters: `出差` says nothing without where and until when.
pub(crate) const MIN_REASON: usize = 4;

/// Longest reason, in characters.
pub(crate) const MAX_REASON: usize = 200;

/// Longest supply of a line, in days.
pub(crate) const MAX_DAYS: u32 = 366;

/// Most pages in one scan.
pub const MAX_PAGES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_does_not_read_back_repeats_no_value() {
        let error = serde_json::from_str::<u32>("\"张三 13800000000\"").unwrap_err();
        assert!(
            error.to_string().contains("13800000000"),
            "the parser repeats values"
        );
        let chain = pharmacy_base::text::chain(&DeskError::from(error));
        assert!(
            !chain.contains("13800000000") && chain.contains("column"),
            "{chain}"
        );
    }
}
