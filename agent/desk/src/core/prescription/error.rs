//! Steps that cannot be taken with a prescription.

use jiff::civil::Date;

use crate::core::image::ImageError;

/// A step that cannot be taken with a prescription. Names members and places, never what stands there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PrescriptionError {
    /// Somebody changed it meanwhile.
    #[error("the prescription changed meanwhile")]
    Changed,
    /// What is added contradicts what stands on it.
    #[error("member `{member}` of the prescription is known otherwise")]
    Contradicts { member: &'static str },
    /// Somebody said that something is wrong with it, and nobody has looked into that yet.
    #[error("the prescription is in doubt")]
    Doubted,
    /// It says nothing and shows nothing.
    #[error("a prescription has a number or an image at least")]
    Empty,
    /// Its last day is over.
    #[error("the prescription was good until {until}")]
    Expired { until: Date },
    /// Written after the day on which it is to serve.
    #[error("the prescription is dated {issued}, which is still to come")]
    Future { issued: Date },
    /// Its picture is that of another prescription.
    #[error("the picture is that of another prescription")]
    ImageKnown,
    /// An image cannot be taken.
    #[error("an image of the prescription cannot be taken")]
    Image(#[source] ImageError),
    /// The till has no open sale.
    #[error("no sale is open at this till")]
    NoSale,
    /// A match names a drug or a line that is not there.
    #[error("the prescription has no such drug, or the sale no such line")]
    NoSuchPlace,
    /// The step does not follow from where it is.
    #[error("the step does not follow from where the prescription is: it is {status}")]
    NotNow { status: &'static str },
    /// Institution, number and day of issue are those of somebody else's.
    #[error("a prescription of this number and day is another person's")]
    OtherPerson,
    /// Too long, too many, or with control characters in it.
    #[error("member `{member}` of the prescription is beyond its limits")]
    OutOfBounds { member: &'static str },
    /// There is no such prescription, or no such image of it.
    #[error("no such prescription")]
    Unknown,
    /// It was taken in before, and all of it was dispensed.
    #[error("all of the prescription was dispensed")]
    UsedUp,
}

impl PrescriptionError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Changed => "prescription.changed",
            Self::Contradicts { .. } => "prescription.contradicts",
            Self::Doubted => "prescription.doubted",
            Self::Empty => "prescription.empty",
            Self::Expired { .. } => "prescription.over",
            Self::Future { .. } => "prescription.future",
            Self::Image(error) => error.code(),
            Self::ImageKnown => "prescription.image-known",
            Self::NoSale => "prescription.no-sale",
            Self::NoSuchPlace => "prescription.no-such-place",
            Self::NotNow { .. } => "prescription.not-now",
            Self::OtherPerson => "prescription.other-person",
            Self::OutOfBounds { .. } => "prescription.out-of-bounds",
            Self::Unknown => "prescription.unknown",
            Self::UsedUp => "prescription.used-up",
        }
    }
}

impl From<ImageError> for PrescriptionError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}
