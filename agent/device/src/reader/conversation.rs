//! The conversation with a reader: one request, one reply, never later than its deadline.
//!
//! ```text
//! init    11 FF status ─► 12 FF module number ─► 61 FF radio bytes, if asked for
//! read    20 01 find, every 300 ms ─► 20 02 select ─► 30 01 or 30 10 read ─► 30 03 added address
//!         ▲      41, 31, 81: card moved      │
//!         └──────────────────────────────────┘  at most `restarts` times; 24, 47: reset first, once
//! ```
//! In scope: deadlines, the one resend on a damaged wire, which status leads where, and that a card is
//! read once per presentation. Out of scope: who asks for a card ([`super::driver`]), bytes
//! ([`super::frame`]), fields ([`super::card`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pharmacy_base::timer::{SystemTimer, Timer};
use pharmacy_decision::facts::Transport;
use pharmacy_protocol::Secret;
use zeroize::Zeroizing;

use super::card::{Card, Fingerprint, text_of};
use super::error::{LinkFault, ReadError};
use super::frame::{Command, Event, Parser, Reply};
use super::layout::decode_utf16;
use super::sam::SamId;
use super::status::{Class, Status};
use super::timing::Timing;
use crate::port::{Port, PortError};

/// How long a stop request may go unnoticed while a reply is awaited.
const SLICE: Duration = Duration::from_millis(100);

/// Waits between two looks for a card, and may be called away.
pub trait Patience {
    /// Waits this long by the timer, or says earlier that nobody wants the card any more.
    fn pause(&mut self, timer: &dyn Timer, duration: Duration) -> Pause;
}

/// How a pause ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pause {
    /// Nobody wants the card any more.
    Cancelled,
    /// The time is over.
    Over,
}

/// Patience that nothing interrupts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Undisturbed;

impl Patience for Undisturbed {
    fn pause(&mut self, timer: &dyn Timer, duration: Duration) -> Pause {
        timer.sleep(duration);
        Pause::Over
    }
}

/// Why one attempt at a card ended.
enum Setback {
    Final(ReadError),
    /// The module wants a reset.
    Reset(Status),
    Restart(Status),
}

impl From<ReadError> for Setback {
    fn from(error: ReadError) -> Self {
        Self::Final(error)
    }
}

/// Whether the last card was lifted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Plate {
    Cleared,
    Occupied,
}

/// Speaks with one reader over one port.
pub struct Conversation {
    port: Box<dyn Port>,
    timing: Timing,
    timer: Arc<dyn Timer>,
    stop: Arc<AtomicBool>,
    /// A reply may still be under way; the wire must fall silent before the next request.
    is_suspect: bool,
    last: Option<Status>,
    sam: Option<SamId>,
    plate: Plate,
    has_fingerprint_command: bool,
    has_address_command: bool,
}

impl Conversation {
    /// Takes a port that was just opened. Follow with [`Self::init`].
    pub fn new(port: Box<dyn Port>, timing: Timing) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        Self::stoppable(port, timing, Arc::new(SystemTimer), stop)
    }

    /// The same by another timer, and gives up with [`ReadError::Stopped`] once the flag is set.
    pub fn stoppable(
        port: Box<dyn Port>,
        timing: Timing,
        timer: Arc<dyn Timer>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            port,
            timing,
            timer,
            stop,
            is_suspect: false,
            last: None,
            sam: None,
            plate: Plate::Cleared,
            has_fingerprint_command: true,
            has_address_command: true,
        }
    }

    /// Number of the security module, once [`Self::init`] has read it.
    pub fn sam(&self) -> Option<&SamId> {
        self.sam.as_ref()
    }

    /// The last status that the reader gave.
    pub fn last_status(&self) -> Option<Status> {
        self.last
    }

    /// How the reader is attached.
    pub fn transport(&self) -> Transport {
        self.port.transport()
    }

    /// Asks for state and number of the security module.
    pub fn init(&mut self) -> Result<(), ReadError> {
        match self.ping() {
            Err(ReadError::Unexpected(status)) if status.class() == Class::Reset => {
                self.exchange(Command::ResetSam, Resend::Once)?;
                self.ping()?;
            }
            outcome => outcome?,
        }
        let reply = self.exchange(Command::ReadSamId, Resend::Once)?;
        self.sam = reply.data().first_chunk().map(SamId::parse);
        if let Some(most) = self.timing.radio_bytes {
            // Not every module knows it, and none needs it to work.
            let set = self.exchange(Command::SetRadioBytes(most), Resend::Never);
            if let Err(error @ (ReadError::Gone(_) | ReadError::Stopped)) = set {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Asks whether the security module is well.
    pub fn ping(&mut self) -> Result<(), ReadError> {
        let reply = self.exchange(Command::SamStatus, Resend::Once)?;
        match reply.status() {
            Status::Success => Ok(()),
            status if status.class() == Class::DeviceFault => Err(ReadError::DeviceFault(status)),
            status => Err(ReadError::Unexpected(status)),
        }
    }

    /// Waits for a card until the deadline and reads it.
    ///
    /// A transaction that began before the deadline is finished. The card must be lifted before it,
    /// or another one, is read again.
    pub fn read_card(
        &mut self,
        fingerprint: Fingerprint,
        deadline: Instant,
        patience: &mut dyn Patience,
    ) -> Result<Card, ReadError> {
        let (mut restarts, mut resets) = (self.timing.restarts, 1_u32);
        let mut moved = None;
        loop {
            match self.attempt(fingerprint, deadline, patience) {
                Ok(card) => return Ok(card),
                Err(Setback::Restart(status)) if restarts > 0 => {
                    restarts -= 1;
                    moved = Some(status);
                    if self.timer.now() >= deadline {
                        return Err(ReadError::CardMoved(status));
                    }
                    if patience.pause(&*self.timer, self.timing.poll) == Pause::Cancelled {
                        return Err(ReadError::Cancelled);
                    }
                }
                Err(Setback::Reset(status)) if resets > 0 => {
                    resets -= 1;
                    moved = Some(status);
                    self.exchange(Command::ResetSam, Resend::Once)?;
                }
                Err(Setback::Restart(status)) => return Err(ReadError::CardMoved(status)),
                Err(Setback::Reset(status)) => return Err(ReadError::Unexpected(status)),
                // The card that moved did not come back: that it moved is the better news.
                Err(Setback::Final(ReadError::NoCard)) => {
                    return Err(moved.map_or(ReadError::NoCard, ReadError::CardMoved));
                }
                Err(Setback::Final(error)) => return Err(error),
            }
        }
    }

    fn attempt(
        &mut self,
        fingerprint: Fingerprint,
        deadline: Instant,
        patience: &mut dyn Patience,
    ) -> Result<Card, Setback> {
        self.await_card(deadline, patience)?;
        let selected = self.exchange(Command::Select, Resend::Once)?;
        succeeded(selected.status())?;
        let (reply, form) = self.read_block(fingerprint)?;
        self.plate = Plate::Occupied;
        let text = text_of(reply.data(), form).map_err(ReadError::Card)?;
        let mut card = Card::parse(text).map_err(ReadError::Card)?;
        card.newest_address = self.added_address();
        Ok(card)
    }

    fn await_card(
        &mut self,
        deadline: Instant,
        patience: &mut dyn Patience,
    ) -> Result<(), Setback> {
        loop {
            let status = self.exchange(Command::Find, Resend::Once)?.status();
            match (status, self.plate) {
                (Status::CardFound, Plate::Cleared) => return Ok(()),
                (Status::CardFound, Plate::Occupied) => {}
                (Status::NoCard, _) => self.plate = Plate::Cleared,
                // A card on its way out answers like this; the next look will tell.
                (status, _) if status.class() == Class::RetryCard => {}
                (status, _) => return Err(setback(status)),
            }
            if self.timer.now() >= deadline {
                return Err(Setback::Final(match self.plate {
                    Plate::Cleared => ReadError::NoCard,
                    Plate::Occupied => ReadError::CardNotLifted,
                }));
            }
            let left = deadline.saturating_duration_since(self.timer.now());
            let pause = self.timing.poll.min(left);
            if patience.pause(&*self.timer, pause) == Pause::Cancelled {
                return Err(Setback::Final(ReadError::Cancelled));
            }
        }
    }

    fn read_block(&mut self, fingerprint: Fingerprint) -> Result<(Reply, Fingerprint), Setback> {
        if fingerprint == Fingerprint::Include && self.has_fingerprint_command {
            let reply = self.exchange(Command::ReadCardWithFingerprint, Resend::Once)?;
            if reply.status() != Status::UnknownCommand {
                succeeded(reply.status())?;
                return Ok((reply, Fingerprint::Include));
            }
            self.has_fingerprint_command = false;
        }
        let reply = self.exchange(Command::ReadCard, Resend::Once)?;
        succeeded(reply.status())?;
        Ok((reply, Fingerprint::Skip))
    }

    /// The address added after issue, if card and reader give one. Never fails a read.
    fn added_address(&mut self) -> Option<Secret<String>> {
        if !self.has_address_command {
            return None;
        }
        match self.exchange(Command::ReadAddress, Resend::Never) {
            Ok(reply) if reply.status() == Status::Success => {
                let text = decode_utf16(reply.data())?;
                let address = text.expose().trim().to_owned();
                (!address.is_empty()).then(|| Secret::new(address))
            }
            Ok(reply) => {
                self.has_address_command = reply.status() != Status::UnknownCommand;
                None
            }
            Err(_) => {
                // A reader that keeps silent once would keep every customer waiting.
                self.has_address_command = false;
                None
            }
        }
    }

    /// One request and its reply; at most one resend when the wire was at fault.
    fn exchange(&mut self, command: Command, resend: Resend) -> Result<Reply, ReadError> {
        let attempts = match resend {
            Resend::Never => 1,
            Resend::Once => 2,
        };
        let mut fault = LinkFault::Silence;
        for _ in 0..attempts {
            fault = match self.send_and_receive(command)? {
                Ok(reply) if reply.status().class() == Class::Link => {
                    LinkFault::RequestDamaged(reply.status())
                }
                Ok(reply) => return Ok(reply),
                Err(fault) => fault,
            };
            tracing::debug!(?command, %fault, "no usable reply");
        }
        Err(ReadError::Link(fault))
    }

    fn send_and_receive(
        &mut self,
        command: Command,
    ) -> Result<Result<Reply, LinkFault>, ReadError> {
        self.clear_line()?;
        let deadline = self.timer.now() + self.timing.limit(command, self.port.as_ref());
        match self.port.write_all(&command.request(), deadline) {
            Ok(()) => {}
            Err(PortError::Late) => return Ok(Err(LinkFault::Silence)),
            Err(error) => return Err(ReadError::Gone(error)),
        }
        let outcome = self.receive(command, deadline)?;
        match &outcome {
            Ok(reply) => {
                self.last = Some(reply.status());
                tracing::trace!(?command, sw = %reply.status(), length = reply.data().len());
            }
            Err(_) => self.is_suspect = true,
        }
        Ok(outcome)
    }

    /// Throws away what an earlier request left. After damage the wire must first fall silent: a
    /// reply that comes late must never be taken for the next one's.
    fn clear_line(&mut self) -> Result<(), ReadError> {
        self.port.discard_input().map_err(ReadError::Gone)?;
        if !self.is_suspect {
            return Ok(());
        }
        let limit = self.timer.now() + self.timing.settle * 4;
        let mut chunk = Zeroizing::new([0; 512]);
        while self.timer.now() < limit {
            match self
                .port
                .read(chunk.as_mut_slice(), self.timer.now() + self.timing.settle)
            {
                Ok(_) => {}
                Err(PortError::Late) => break,
                Err(error) => return Err(ReadError::Gone(error)),
            }
        }
        self.is_suspect = false;
        Ok(())
    }

    fn receive(
        &mut self,
        command: Command,
        deadline: Instant,
    ) -> Result<Result<Reply, LinkFault>, ReadError> {
        let mut parser = Parser::new();
        let mut chunk = Zeroizing::new([0; 512]);
        let mut fault = LinkFault::Silence;
        let mut until = deadline;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(ReadError::Stopped);
            }
            let slice = until.min(self.timer.now() + SLICE);
            match self.port.read(chunk.as_mut_slice(), slice) {
                Ok(length) => {
                    fault = noticed(fault, LinkFault::Noise);
                    for byte in chunk.iter().take(length) {
                        parser.push(*byte);
                        while let Some(event) = parser.next_event() {
                            match event {
                                Event::Reply(reply) if command.fits(&reply) => {
                                    return Ok(Ok(reply));
                                }
                                Event::Reply(_) => fault = LinkFault::Mispaired,
                                Event::Damaged(damage) => fault = LinkFault::Damaged(damage),
                            }
                        }
                    }
                    // A damaged reply is not sent again by itself: wait no longer than for its rest.
                    if matches!(fault, LinkFault::Damaged(_)) {
                        until = deadline.min(self.timer.now() + self.timing.settle);
                    }
                }
                Err(PortError::Late) => {}
                Err(error) => return Err(ReadError::Gone(error)),
            }
            if self.timer.now() >= until {
                return Ok(Err(fault));
            }
        }
    }
}

/// Whether a request may be sent a second time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Resend {
    Never,
    Once,
}

/// Silence becomes noise with the first byte; better knowledge stays.
fn noticed(known: LinkFault, now: LinkFault) -> LinkFault {
    if known == LinkFault::Silence {
        now
    } else {
        known
    }
}

fn succeeded(status: Status) -> Result<(), Setback> {
    if status == Status::Success {
        Ok(())
    } else {
        Err(setback(status))
    }
}

/// Where a status leads that is no success.
fn setback(status: Status) -> Setback {
    match status.class() {
        Class::RetryCard => Setback::Restart(status),
        Class::Reset => Setback::Reset(status),
        Class::DeviceFault => Setback::Final(ReadError::DeviceFault(status)),
        Class::RefuseCard if status == Status::NotAnIdCard => {
            Setback::Final(ReadError::NotAnIdCard)
        }
        Class::RefuseCard => Setback::Final(ReadError::CardRefused(status)),
        Class::Empty
        | Class::Idle
        | Class::Link
        | Class::Ok
        | Class::ProgramError
        | Class::Unknown => Setback::Final(ReadError::Unexpected(status)),
    }
}
