//! Why no card was read, for the log and for the till.

use super::frame::Damage;
use super::message::Message;
use super::problem::CardProblem;
use super::status::Status;
use crate::port::{OpenError, PortError};

/// Why no card was read. Carries no part of a card.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The reader is not there.
    #[error("reader is absent")]
    Absent(#[from] OpenError),
    /// Another read is under way.
    #[error("reader is busy with another read")]
    Busy,
    /// Whoever asked took it back.
    #[error("read was cancelled")]
    Cancelled,
    /// The card was read and can be no evidence.
    #[error("card cannot be accepted")]
    Card(#[source] CardProblem),
    /// The card moved too often.
    #[error("card was moved while it was read (`{0}`)")]
    CardMoved(Status),
    /// The card that was read last still lies there.
    #[error("card has not been lifted since it was read")]
    CardNotLifted,
    /// Card and security module do not accept each other, or the text's signature is wrong.
    #[error("reader refuses the card (`{0}`)")]
    CardRefused(Status),
    /// The reader is broken or not authorised.
    #[error("reader reports a fault (`{0}`)")]
    DeviceFault(Status),
    #[error("reader was disconnected")]
    Gone(#[source] PortError),
    /// The port is lent to another program.
    #[error("reader is lent to another program")]
    Lent,
    /// The wire is there and carries no good reply.
    #[error("no usable reply from the reader")]
    Link(#[source] LinkFault),
    /// Nobody presented a card in time.
    #[error("no card was presented in time")]
    NoCard,
    /// The card is of another kind.
    #[error("card is no identity card")]
    NotAnIdCard,
    /// The reader was stopped.
    #[error("reader has stopped")]
    Stopped,
    /// A status that has no place here.
    #[error("reader answers `{0}`, which has no place here")]
    Unexpected(Status),
}

/// Why a wire carries no good reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LinkFault {
    #[error("replies arrive damaged")]
    Damaged(#[source] Damage),
    /// Good frames came that answer something else.
    #[error("replies belong to other requests")]
    Mispaired,
    /// Bytes came that are no frames: the speed is wrong, or another device is there.
    #[error("bytes arrive that are no frames; check the speed")]
    Noise,
    /// The reader says that requests arrive damaged.
    #[error("requests arrive damaged (`{0}`)")]
    RequestDamaged(Status),
    #[error("nothing arrives")]
    Silence,
}

impl ReadError {
    /// What the till hears.
    pub fn message(&self) -> Message {
        Message::of(match self {
            Self::Absent(_) => "reader.absent",
            Self::Busy => "reader.busy",
            Self::Cancelled => "reader.cancelled",
            Self::Card(problem) => return problem.message(),
            Self::CardMoved(_) => "reader.card-moved",
            Self::CardNotLifted => "reader.card-not-lifted",
            Self::CardRefused(_) => "reader.card-refused",
            Self::DeviceFault(_) => "reader.fault",
            Self::Gone(_) => "reader.gone",
            Self::Lent => "reader.yielded",
            Self::Link(_) => "reader.link",
            Self::NoCard => "reader.no-card",
            Self::NotAnIdCard => "reader.not-an-id-card",
            Self::Stopped => "reader.stopped",
            Self::Unexpected(_) => "reader.unexpected",
        })
    }
}
