//! A card reader whose port is open: one read at a time, and a look now and then whether it is there.
//!
//! In scope: who gets the card, what calls a read away, which error costs the port. Out of scope: opening
//! it again and again ([`crate::owner`]), what is asked over it ([`super::conversation`]).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pharmacy_base::machine::Machine;
use pharmacy_base::timer::Timer;
use tokio::sync::oneshot;

use super::card::{Card, Fingerprint, ReaderIdentity};
use super::conversation::{Conversation, Patience, Pause};
use super::error::ReadError;
use super::sam::SamId;
use super::status::Status;
use super::timing::Timing;
use crate::back_off;
use crate::owner::{self, Call, Driver, Fault, Handle, Opening, Owner, Post, Refusal, Want};
use crate::port::{Opener, Port};

/// A reader's owner.
pub type Reader = Owner<ReaderDriver>;

/// Asks a reader's owner.
pub type ReaderHandle = Handle<ReaderDriver>;

/// What is known of a reader at a moment.
pub type Snapshot = owner::Snapshot<Seen>;

/// What only a reader has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Seen {
    /// The last status that the reader gave.
    pub last_status: Option<Status>,
    /// Number of its security module.
    pub sam: Option<SamId>,
}

/// How a reader is used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Waiting times of the conversation.
    pub timing: Timing,
    /// Waits between attempts to open; the last one repeats.
    pub back_off: Vec<Duration>,
    /// How often an idle reader is asked whether it is still there.
    pub ping: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timing: Timing::default(),
            back_off: back_off::WAITS.to_vec(),
            ping: Duration::from_secs(10),
        }
    }
}

/// A card, and how it came.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The card, still to be checked on the day.
    pub card: Card,
    /// The reader that read it.
    pub reader: ReaderIdentity,
    /// In which opening of the port.
    pub generation: u64,
    pub at: Instant,
}

/// The answer to a read, to be awaited, or received blocking. Closed without an answer: stopped.
pub type PendingRead = oneshot::Receiver<Result<Reading, ReadError>>;

/// One read.
pub struct ReadRequest {
    fingerprint: Fingerprint,
    deadline: Instant,
    reply: oneshot::Sender<Result<Reading, ReadError>>,
}

impl ReadRequest {
    fn answer(self, outcome: Result<Reading, ReadError>) {
        if self.reply.send(outcome).is_err() {
            tracing::debug!("nobody waits for this read any more");
        }
    }
}

impl Reader {
    /// Starts the thread and begins to open the port.
    pub fn start(
        opener: Box<dyn Opener>,
        settings: Settings,
        machine: &Machine,
    ) -> io::Result<Self> {
        let opening = Opening {
            limit: settings.timing.open,
            back_off: settings.back_off,
        };
        let driver = ReaderDriver {
            timing: settings.timing,
            ping: settings.ping,
            asked: None,
        };
        Self::own(driver, opener, opening, machine)
    }
}

impl ReaderHandle {
    /// Asks for one card, to be presented within the time given.
    ///
    /// Dropping the answer cancels the read at the next look for a card.
    pub fn read(&self, fingerprint: Fingerprint, within: Duration) -> PendingRead {
        let (reply, pending) = oneshot::channel();
        let request = ReadRequest {
            fingerprint,
            deadline: self.now() + within,
            reply,
        };
        let Err(refusal) = self.ask(request) else {
            return pending;
        };
        owner::answered(Err(match refusal {
            Refusal::Full => ReadError::Busy,
            Refusal::Stopped => ReadError::Stopped,
        }))
    }
}

/// Drives a reader.
pub struct ReaderDriver {
    timing: Timing,
    ping: Duration,
    /// A read that is under way, or for which the port is opened.
    asked: Option<ReadRequest>,
}

impl Driver for ReaderDriver {
    const NAME: &'static str = "id-reader";
    const LENT: Option<&'static str> = Some("reader.yielded");
    /// A till has one cashier.
    const QUEUE: usize = 4;
    const FIRST: Want = Want::Now;

    type Request = ReadRequest;
    type Error = ReadError;
    type Session = Conversation;
    type Seen = Seen;

    fn begin(
        &mut self,
        port: Box<dyn Port>,
        post: &mut Post<Self>,
    ) -> Result<Conversation, ReadError> {
        let timer = Arc::clone(post.timer());
        let stop = Arc::clone(post.stop_flag());
        let mut conversation = Conversation::stoppable(port, self.timing, timer, stop);
        conversation.init()?;
        post.show(|snapshot| snapshot.problem = None);
        show(&conversation, post);
        Ok(conversation)
    }

    fn serve(
        &mut self,
        conversation: &mut Conversation,
        post: &mut Post<Self>,
    ) -> Result<Want, ReadError> {
        if let Some(request) = self.asked.take() {
            return self.read(conversation, request, post);
        }
        match post.next(post.now() + self.ping) {
            Call::Asked(request) => self.read(conversation, request, post),
            Call::LetGo => Ok(Want::Now),
            Call::Silence => conversation.ping().map(|()| Want::Now),
        }
    }

    fn ask(&mut self, request: ReadRequest, post: &mut Post<Self>) -> Want {
        if post.is_lent() {
            request.answer(Err(ReadError::Lent));
            return Want::InTime;
        }
        self.asked = Some(request);
        Want::Now
    }

    fn failed(&mut self, error: ReadError, _: Instant, _: &mut Post<Self>) -> Want {
        if let Some(request) = self.asked.take() {
            request.answer(Err(error));
        }
        Want::InTime
    }
}

impl ReaderDriver {
    /// Reads a card. An error that costs the port is answered once it is closed.
    fn read(
        &mut self,
        conversation: &mut Conversation,
        request: ReadRequest,
        post: &mut Post<Self>,
    ) -> Result<Want, ReadError> {
        if request.reply.is_closed() {
            return Ok(Want::Now);
        }
        let mut interruptions = Interruptions {
            post,
            reply: &request.reply,
        };
        let outcome =
            conversation.read_card(request.fingerprint, request.deadline, &mut interruptions);
        show(conversation, post);
        match outcome {
            Ok(card) => request.answer(Ok(reading(card, conversation, post))),
            Err(error) if is_port_lost(&error) => {
                self.asked = Some(request);
                return Err(error);
            }
            Err(error) => request.answer(Err(error)),
        }
        Ok(Want::Now)
    }
}

fn reading(card: Card, conversation: &Conversation, post: &Post<ReaderDriver>) -> Reading {
    Reading {
        card,
        reader: ReaderIdentity {
            sam: conversation.sam().map(ToString::to_string),
            transport: conversation.transport(),
        },
        generation: post.generation(),
        at: post.now(),
    }
}

fn show(conversation: &Conversation, post: &Post<ReaderDriver>) {
    post.show(|snapshot| {
        snapshot.device.last_status = conversation.last_status();
        snapshot.device.sam = conversation.sam().cloned();
    });
}

impl Fault for ReadError {
    fn code(&self) -> &'static str {
        self.message().code
    }
}

/// Whether the port must be opened anew after this.
fn is_port_lost(error: &ReadError) -> bool {
    match error {
        ReadError::Absent(_)
        | ReadError::DeviceFault(_)
        | ReadError::Gone(_)
        | ReadError::Link(_)
        | ReadError::Stopped => true,
        ReadError::Busy
        | ReadError::Cancelled
        | ReadError::Card(_)
        | ReadError::CardMoved(_)
        | ReadError::CardNotLifted
        | ReadError::CardRefused(_)
        | ReadError::Lent
        | ReadError::NoCard
        | ReadError::NotAnIdCard
        | ReadError::Unexpected(_) => false,
    }
}

/// What can call a read away while it waits for a card.
struct Interruptions<'a> {
    post: &'a mut Post<ReaderDriver>,
    reply: &'a oneshot::Sender<Result<Reading, ReadError>>,
}

impl Patience for Interruptions<'_> {
    fn pause(&mut self, timer: &dyn Timer, duration: Duration) -> Pause {
        let until = timer.now() + duration;
        loop {
            if self.reply.is_closed() {
                return Pause::Cancelled;
            }
            match self.post.next(until) {
                Call::Asked(other) => other.answer(Err(ReadError::Busy)),
                Call::LetGo => return Pause::Cancelled,
                Call::Silence => return Pause::Over,
            }
        }
    }
}
