//! A code that cannot be read: the photo that stands for it.
//!
//! A photo is known again by its bytes alone. How prescriptions are compared (`paper::look`) was measured on drawn
//! boxes, and tells nothing here:
//!
//! ```text
//! the face of a box        the same photo, stored anew      0.90 to 1.00
//!                          the same box, photographed again 0.76 to 0.90, a third not comparable
//!                          another box of the article       0.79 to 0.96
//! its label, close by      the same photo, stored anew      0.84 to 1.00
//!                          the same box, photographed again 0.00 to 0.88, a sixth not comparable
//!                          another box of the article       0.00 to 0.78
//! ```
//! On a face the print is the article's, and the code that tells two boxes apart is a few cells of it: any
//! threshold that finds a box again turns other customers' boxes away (R07). What holds instead: few photos
//! count a day, each is attested, and all are kept.
//!
//! Out of scope: what an image is (`image`), recording it (`counter::photo`).

/// A photo that stands for no pack.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PhotoError {
    /// It stood for a pack before.
    #[error("the photo stood for a pack before")]
    Again,
    /// The line has a code or photo for each of its packs.
    #[error("the line lacks no code")]
    NotLacking,
    /// None, or more than one at a time.
    #[error("one photo stands for one pack")]
    NotOne,
    /// The region's limit for a store and day is reached.
    #[error("no more photos count today")]
    TooMany,
}

impl PhotoError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Again => "photo.again",
            Self::NotLacking => "photo.not-lacking",
            Self::NotOne => "photo.not-one",
            Self::TooMany => "photo.too-many",
        }
    }
}
