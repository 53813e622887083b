//! A reader that is none: the same bytes, cards that nobody holds, faults by script.
//!
//! In scope: what a real reader answers to right and wrong requests, cards laid on and lifted,
//! everything that can go wrong on the wire ([`Fault`]). It can be reached over TCP and, on Unix, a
//! pseudo-terminal, or in this process ([`SimulatedPort`]).
//! Out of scope: being evidence. Whatever it is attached to, it counts as simulated or loopback.

mod image;
mod layout;
mod port;

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use image::{
    CardImage, Foreigner2017Text, Foreigner2023Text, ImageError, PermitText, Prints, ResidentText,
};
pub use port::SimulatedPort;

use pharmacy_device::reader::Fingerprint;
use pharmacy_device::reader::frame::{self, Command, PREAMBLE};
use pharmacy_device::reader::status::Status;

use super::served::{Simulated, is_silence};

/// What goes wrong with one reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Another status, without data.
    Answer(Status),
    /// A wrong check byte.
    BadChecksum,
    /// The connection ends after so many bytes of the reply.
    CloseAfter(usize),
    /// A broken beginning of a frame, then the whole frame.
    DamagedPreamble,
    /// The reply twice.
    Double,
    /// So many more AA before the frame.
    ExtraPreamble(usize),
    /// These bytes before the frame.
    Garbage(Vec<u8>),
    /// The reply is held back until the next request, and comes before that one's.
    Late,
    /// Another length in the frame.
    Length(u16),
    /// The right reply, but the card is lifted at once.
    LiftAfter,
    /// Bytes as they look at the wrong speed: as many, and no frame among them.
    Noise,
    /// Other data behind the right status.
    Payload(Vec<u8>),
    /// No reply.
    Silence,
    /// The reply in two pieces, cut after so many bytes.
    Split(usize),
    /// The reply byte by byte.
    SplitEverywhere,
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Times {
    /// Every time.
    Always,
    /// The next so many times.
    Next(u32),
}

/// How a reader answers find once its card was read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Refind {
    /// The card is found again and again.
    Always,
    /// Not before the card was lifted, as most readers do.
    #[default]
    AfterLift,
}

/// Whether a simulated reader knows 30 10.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PrintReading {
    /// It does.
    #[default]
    Known,
    /// It answers 21.
    Unknown,
}

/// One piece of what a reader sends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// Bytes that are written at once.
    Bytes(Vec<u8>),
    /// The end of the connection.
    Close,
}

/// How far reading a card has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Session {
    Idle,
    Found,
    Selected,
}

#[derive(Debug)]
struct Rule {
    on: Command,
    times: Times,
    fault: Fault,
}

#[derive(Debug)]
struct Core {
    card: Option<CardImage>,
    was_read: bool,
    session: Session,
    refind: Refind,
    print_reading: PrintReading,
    rules: Vec<Rule>,
    held: Vec<u8>,
    requests: Vec<[u8; 2]>,
}

/// A simulated reader. Clones are the same reader.
#[derive(Clone, Debug)]
pub struct Simulator(Arc<Mutex<Core>>);

/// Number of the simulated security module, as 12 FF gives it: 05.00-20000101-0000000001-0000000001.
const SAM_ID: [u8; 16] = [
    0x05, 0x00, 0x00, 0x00, 0x65, 0x2D, 0x31, 0x01, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
];

/// Most bytes a request may claim behind its length; the longest known has four.
const LONGEST_REQUEST: usize = 64;

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulator {
    /// A reader without a card that works as it should.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Core {
            card: None,
            was_read: false,
            session: Session::Idle,
            refind: Refind::default(),
            print_reading: PrintReading::default(),
            rules: Vec::new(),
            held: Vec::new(),
            requests: Vec::new(),
        })))
    }

    /// Lays a card on the reader, in place of another one.
    pub fn present(&self, card: CardImage) {
        let mut core = self.core();
        core.lift();
        core.card = Some(card);
    }

    /// Takes the card away.
    pub fn lift(&self) {
        self.core().lift();
    }

    /// Adds a fault to the script. Of several for the same command the first one strikes until it is
    /// used up.
    pub fn script(&self, on: Command, times: Times, fault: Fault) {
        self.core().rules.push(Rule { on, times, fault });
    }

    /// Chooses how a read card is found again.
    pub fn set_refind(&self, refind: Refind) {
        self.core().refind = refind;
    }

    /// Chooses whether 30 10 is known.
    pub fn set_print_reading(&self, print_reading: PrintReading) {
        self.core().print_reading = print_reading;
    }

    /// How often a command came so far.
    pub fn count(&self, command: Command) -> usize {
        let codes = command.codes();
        self.core()
            .requests
            .iter()
            .filter(|seen| **seen == codes)
            .count()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection to a simulated reader: bytes in, pieces out.
#[derive(Debug)]
pub struct Connection {
    simulator: Simulator,
    received: Vec<u8>,
}

impl Connection {
    /// A connection over which nothing came yet.
    pub fn new(simulator: &Simulator) -> Self {
        Self {
            simulator: simulator.clone(),
            received: Vec::new(),
        }
    }

    /// Takes what came and tells what to send.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Output> {
        let mut outputs = Vec::new();
        for byte in bytes {
            self.received.push(*byte);
            outputs.extend(self.step());
        }
        outputs
    }

    fn step(&mut self) -> Vec<Output> {
        let is_preamble = |bytes: &[u8]| bytes.iter().zip(PREAMBLE).all(|(a, b)| *a == b);
        while !is_preamble(&self.received) {
            self.received.drain(..1);
        }
        let length = self.received.get(PREAMBLE.len()..frame::HEAD);
        let Some(length) = length.and_then(<[u8]>::first_chunk) else {
            return Vec::new();
        };
        let length = usize::from(u16::from_be_bytes(*length));
        if !(3..=LONGEST_REQUEST).contains(&length) {
            self.received.clear();
            return vec![Output::Bytes(reply(Status::RequestLength, &[]))];
        }
        let Some(body) = self.received.get(frame::HEAD..frame::HEAD + length) else {
            return Vec::new();
        };
        let body = body.get(..length - 1).unwrap_or_default().to_vec();
        let is_whole = frame::seal(&body) == self.received;
        self.received.clear();
        if is_whole {
            self.simulator.core().answer(&body)
        } else {
            vec![Output::Bytes(reply(Status::RequestChecksum, &[]))]
        }
    }
}

impl Simulated for Simulator {
    const NAME: &'static str = "simulated-reader";
    const SLICE: Duration = Duration::from_millis(10);

    fn serve(&self, mut wire: impl Read + Write, stop: &AtomicBool) -> io::Result<()> {
        let mut connection = Connection::new(self);
        let mut chunk = [0; 256];
        while !stop.load(Ordering::Relaxed) {
            let length = match wire.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(length) => length,
                Err(error) if is_silence(&error) => continue,
                Err(error) => return Err(error),
            };
            for output in connection.receive(&chunk[..length]) {
                match output {
                    Output::Bytes(bytes) => {
                        wire.write_all(&bytes)?;
                        wire.flush()?;
                    }
                    Output::Close => return Ok(()),
                }
            }
        }
        Ok(())
    }
}

/// A reply frame; SW1 and SW2 are zero.
fn reply(status: Status, data: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, status.byte()];
    body.extend(data);
    frame::seal(&body)
}

impl Core {
    fn lift(&mut self) {
        self.card = None;
        self.was_read = false;
        self.session = Session::Idle;
    }

    fn answer(&mut self, body: &[u8]) -> Vec<Output> {
        let mut outputs = Vec::new();
        if !self.held.is_empty() {
            outputs.push(Output::Bytes(std::mem::take(&mut self.held)));
        }
        let Some(command) = command_of(body) else {
            outputs.push(Output::Bytes(reply(Status::UnknownCommand, &[])));
            return outputs;
        };
        self.requests.push(command.codes());
        match self.fault_for(command) {
            // Nothing was done: a card whose reading failed was not read.
            Some(Fault::Answer(status)) => outputs.extend(whole(reply(status, &[]))),
            Some(fault) => {
                let right = self.obey(command);
                outputs.extend(self.spoil(right, fault));
            }
            None => outputs.extend(whole(self.obey(command))),
        }
        outputs
    }

    fn obey(&mut self, command: Command) -> Vec<u8> {
        match command {
            Command::ResetSam => {
                self.session = Session::Idle;
                reply(Status::Success, &[])
            }
            Command::SamStatus | Command::SetRadioBytes(_) => reply(Status::Success, &[]),
            Command::ReadSamId => reply(Status::Success, &SAM_ID),
            Command::Find => self.find(),
            Command::Select if self.session == Session::Found => {
                self.session = Session::Selected;
                reply(Status::Success, &[0; 8])
            }
            Command::Select => reply(Status::SelectFailed, &[]),
            Command::ReadCard => self.read(Fingerprint::Skip),
            Command::ReadCardWithFingerprint if self.print_reading == PrintReading::Unknown => {
                reply(Status::UnknownCommand, &[])
            }
            Command::ReadCardWithFingerprint => self.read(Fingerprint::Include),
            Command::ReadAddress => self.read_address(),
        }
    }

    fn find(&mut self) -> Vec<u8> {
        self.session = Session::Idle;
        let is_hidden = self.was_read && self.refind == Refind::AfterLift;
        if self.card.is_none() || is_hidden {
            return reply(Status::NoCard, &[]);
        }
        self.session = Session::Found;
        reply(Status::CardFound, &[0; 4])
    }

    fn read(&mut self, fingerprint: Fingerprint) -> Vec<u8> {
        match &self.card {
            Some(card) if self.session == Session::Selected => {
                self.was_read = true;
                reply(Status::Success, &card.block(fingerprint))
            }
            _ => reply(Status::ReadFailed, &[]),
        }
    }

    fn read_address(&self) -> Vec<u8> {
        match self.card.as_ref().map(CardImage::added_block) {
            Some(Some(block)) if self.session == Session::Selected => {
                reply(Status::Success, &block)
            }
            Some(None) if self.session == Session::Selected => reply(Status::Empty, &[]),
            _ => reply(Status::ReadFailed, &[]),
        }
    }

    fn fault_for(&mut self, command: Command) -> Option<Fault> {
        self.rules.retain(|rule| rule.times != Times::Next(0));
        let rule = self.rules.iter_mut().find(|rule| rule.on == command)?;
        if let Times::Next(left) = &mut rule.times {
            *left -= 1;
        }
        Some(rule.fault.clone())
    }

    fn spoil(&mut self, mut right: Vec<u8>, fault: Fault) -> Vec<Output> {
        let status = right.get(frame::HEAD + 2).copied().unwrap_or_default();
        match fault {
            Fault::Answer(status) => whole(reply(status, &[])),
            Fault::BadChecksum => {
                right
                    .last_mut()
                    .into_iter()
                    .for_each(|check| *check ^= 0x01);
                whole(right)
            }
            Fault::CloseAfter(length) => {
                right.truncate(length);
                vec![Output::Bytes(right), Output::Close]
            }
            Fault::DamagedPreamble => whole(
                [
                    &[0xAA, 0x00, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x0C],
                    &right[..],
                ]
                .concat(),
            ),
            Fault::Double => vec![Output::Bytes(right.clone()), Output::Bytes(right)],
            Fault::ExtraPreamble(more) => whole([vec![0xAA; more], right].concat()),
            Fault::Garbage(bytes) => whole([bytes, right].concat()),
            Fault::Late => {
                self.held.extend(right);
                Vec::new()
            }
            Fault::Length(length) => {
                let place = right.iter_mut().skip(PREAMBLE.len());
                place
                    .zip(length.to_be_bytes())
                    .for_each(|(at, byte)| *at = byte);
                whole(right)
            }
            Fault::LiftAfter => {
                self.lift();
                whole(right)
            }
            Fault::Noise => whole(right.iter().map(|byte| byte & 0x55).collect()),
            Fault::Payload(data) => whole(reply(Status::from_byte(status), &data)),
            Fault::Silence => Vec::new(),
            Fault::Split(at) => {
                let rest = right.split_off(at.min(right.len()));
                vec![Output::Bytes(right), Output::Bytes(rest)]
            }
            Fault::SplitEverywhere => right
                .into_iter()
                .map(|byte| Output::Bytes(vec![byte]))
                .collect(),
        }
    }
}

fn whole(bytes: Vec<u8>) -> Vec<Output> {
    vec![Output::Bytes(bytes)]
}

fn command_of(body: &[u8]) -> Option<Command> {
    [
        Command::Find,
        Command::ReadAddress,
        Command::ReadCard,
        Command::ReadCardWithFingerprint,
        Command::ReadSamId,
        Command::ResetSam,
        Command::SamStatus,
        Command::Select,
        Command::SetRadioBytes(body.get(2).copied().unwrap_or_default()),
    ]
    .into_iter()
    .find(|command| body.starts_with(&command.codes()))
}
