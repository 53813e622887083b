//! Steps that cannot be taken with a prescription.

use crate::core::image::ImageError;

/// A step that cannot be taken with a prescription. Names members and places, never what stands there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PrescriptionError {
    /// Somebody changed it meanwhile.
    #[error("the prescription changed meanwhile")]
    Changed,
    /// It says nothing and shows nothing.
    #[error("a prescription has a number, a drug or an image at least")]
    Empty,
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
    /// Too long, too many, or with control characters in it.
    #[error("member `{member}` of the prescription is beyond its limits")]
    OutOfBounds { member: &'static str },
    /// There is no such prescription, or no such image of it.
    #[error("no such prescription")]
    Unknown,
}

impl PrescriptionError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Changed => "prescription.changed",
            Self::Empty => "prescription.empty",
            Self::Image(error) => error.code(),
            Self::NoSale => "prescription.no-sale",
            Self::NoSuchPlace => "prescription.no-such-place",
            Self::NotNow { .. } => "prescription.not-now",
            Self::OutOfBounds { .. } => "prescription.out-of-bounds",
            Self::Unknown => "prescription.unknown",
        }
    }
}

impl From<ImageError> for PrescriptionError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}
