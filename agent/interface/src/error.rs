//! Why a message cannot be read.

/// Why a message has no view. Says where, never what stood there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ViewError {
    /// A member has two values. Which one the platform reads is not known here.
    #[error("member `{0}` has two different values")]
    Ambiguous(&'static str),
    /// Nested deeper, or longer, than any message of the interface.
    #[error("the message is larger or deeper than any of the interface")]
    Limit,
    /// A line cannot be read; counted from 1.
    #[error("line {0} of the message cannot be read")]
    Line(u32),
    /// A member that the call cannot do without.
    #[error("member `{0}` is missing or has another form")]
    Member(&'static str),
    /// Not JSON, or not an object.
    #[error("the message is not a JSON object")]
    NotAnObject,
}

impl ViewError {
    /// The error of a member's own text: of the member, unless it went over a limit.
    pub(super) fn of_member(self, name: &'static str) -> Self {
        match self {
            Self::Ambiguous(_) | Self::Line(_) | Self::Member(_) | Self::NotAnObject => {
                Self::Member(name)
            }
            Self::Limit => Self::Limit,
        }
    }
}
