//! The identity card reader: from bytes on a wire to a card that can be evidence.
//!
//! ```text
//! address ─► port ─► frame ─► conversation ─► card ─► CheckedCard ─► facts::Evidence
//!            bytes   replies  find, select, read      weighed
//!                             └ driver: what the port's owner does with it, for whoever asks
//! ```
//! In scope: the four kinds of card that GA/T 467 readers read over a serial port or TCP, and the command
//! that reads one card ([`read_id`]). Out of scope: USB bulk and vendor prefixes, decoding photos, comparing
//! faces or fingerprints, deciding which evidence suffices.
//!
//! Personal data live in wiped buffers and never reach a log line, an error or `Debug`; the log
//! names commands, statuses and lengths.

pub mod card;
pub mod conversation;
pub mod driver;
pub mod error;
pub mod frame;
mod layout;
pub mod message;
pub mod nation;
pub mod problem;
pub mod read_id;
pub mod sam;
pub mod status;
pub mod timing;

pub use card::{Card, CheckedCard, Fingerprint};
pub use conversation::Conversation;
pub use driver::{Reader, ReaderHandle, Reading, Settings, Snapshot};
pub use error::{LinkFault, ReadError};
pub use layout::TEXT_LENGTH;
pub use message::Message;
pub use problem::CardProblem;
pub use sam::SamId;
pub use timing::Timing;
