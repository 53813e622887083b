//! A card reader, as the desk and the edges see it: something that may hand over a checked card.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::civil::Date;
use pharmacy_decision::facts::Transport;
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{IdentityNumber, Sex};

/// What a checked card says of its holder, and which reader read it.
#[derive(Clone, Debug)]
pub struct ReadCard {
    pub number: IdentityNumber,
    pub name: Secret<String>,
    /// The holder's sex, where the card tells.
    pub sex: Option<Sex>,
    pub birth: Date,
    /// The reader's security module, as it reports itself.
    pub sam: Option<String>,
    /// How the reader is attached.
    pub transport: Transport,
}

/// Why there is no card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoCard {
    /// None was read; the code says why.
    NotRead(&'static str),
    /// One was read and cannot be evidence; the code says why.
    Refused(&'static str),
}

/// A card that is on its way.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<ReadCard, NoCard>> + Send + 'a>>;

/// A card reader.
pub trait CardReader: Send + Sync {
    /// Waits for a card, reads it and checks it against itself and the day.
    fn read(&self, wait: Duration, today: Date) -> Reading<'_>;

    /// Where it stands, in one word.
    fn state(&self) -> &'static str;
}
