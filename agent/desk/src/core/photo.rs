//! A code that cannot be read: the photo that stands for it.
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
