//! Frames between this machine and the reader's security module.
//!
//! ```text
//! request   AA AA AA 96 69 | length, 2 | CMD PARA    | data | check
//! reply     AA AA AA 96 69 | length, 2 | SW1 SW2 SW3 | data | check
//!                            big-endian: bytes that follow, check included
//!                            check: XOR of everything between preamble and check
//! ```
//! In scope: building requests, finding replies in a stream that may be damaged. Pure: no port, no
//! clock. Out of scope: what a reply's data mean ([`super::card`]), time-outs and resending
//! ([`super::conversation`]).
//!
//! SPEC: GA/T 467, business-terminal interface.

use pharmacy_protocol::Secret;
use zeroize::Zeroizing;

use super::status::Status;

/// What every frame begins with.
pub const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];

/// Least length a reply can claim: three status bytes and the check.
pub const LEAST_LENGTH: usize = 4;

/// Most length a reply can claim: the longest real one has 2314 (30 10 with two fingerprints).
pub const MOST_LENGTH: usize = 2400;

/// Preamble and length.
pub const HEAD: usize = PREAMBLE.len() + 2;

/// What the reader can be asked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Command {
    /// 20 01: is a card in the field?
    Find,
    /// 30 03: the address added after the card was issued.
    ReadAddress,
    /// 30 01: text and photo.
    ReadCard,
    /// 30 10: text, photo and fingerprints.
    ReadCardWithFingerprint,
    /// 12 FF: number of the security module.
    ReadSamId,
    /// 10 FF: reset the security module.
    ResetSam,
    /// 11 FF: state of the security module.
    SamStatus,
    /// 20 02: choose the card that was found.
    Select,
    /// 61 FF: most bytes in one radio frame.
    SetRadioBytes(u8),
}

impl Command {
    pub fn codes(self) -> [u8; 2] {
        match self {
            Self::Find => [0x20, 0x01],
            Self::ReadAddress => [0x30, 0x03],
            Self::ReadCard => [0x30, 0x01],
            Self::ReadCardWithFingerprint => [0x30, 0x10],
            Self::ReadSamId => [0x12, 0xFF],
            Self::ResetSam => [0x10, 0xFF],
            Self::SamStatus => [0x11, 0xFF],
            Self::Select => [0x20, 0x02],
            Self::SetRadioBytes(_) => [0x61, 0xFF],
        }
    }

    /// The whole request as it goes over the wire.
    pub fn request(self) -> Vec<u8> {
        let mut body = self.codes().to_vec();
        if let Self::SetRadioBytes(most) = self {
            body.push(most);
        }
        seal(&body)
    }

    /// Whether a reply can belong to this command.
    ///
    /// A reply carries no word on what it answers. A late or doubled one shows by a status or a size
    /// that this command never has, and is then left aside.
    pub fn fits(self, reply: &Reply) -> bool {
        let length = reply.data().len();
        match reply.status() {
            Status::CardFound | Status::NoCard => self == Self::Find,
            Status::SelectFailed => self == Self::Select,
            Status::Success => match self {
                Self::Find => false,
                Self::ReadAddress => (2..=MOST_ADDRESS).contains(&length),
                Self::ReadCard | Self::ReadCardWithFingerprint => length > MOST_ADDRESS,
                Self::ReadSamId => length == SAM_ID_LENGTH,
                Self::Select => length < SAM_ID_LENGTH,
                Self::ResetSam | Self::SamStatus | Self::SetRadioBytes(_) => length == 0,
            },
            // Failures: judged by their status alone, some readers add the card's words.
            _ => true,
        }
    }
}

/// Bytes of a security module's number.
pub const SAM_ID_LENGTH: usize = 16;

/// Most bytes of an added address; published programs name 70, unverified.
const MOST_ADDRESS: usize = 256;

/// Puts preamble, length and check around a body.
pub fn seal(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len().saturating_add(1)).unwrap_or(u16::MAX);
    let mut frame = PREAMBLE.to_vec();
    frame.extend(length.to_be_bytes());
    frame.extend(body);
    let check = xor(frame.iter().skip(PREAMBLE.len()));
    frame.push(check);
    frame
}

fn xor<'a>(bytes: impl Iterator<Item = &'a u8>) -> u8 {
    bytes.fold(0, |sum, byte| sum ^ byte)
}

/// A reply whose check was right.
#[derive(Debug)]
pub struct Reply {
    status: Status,
    data: Secret<Vec<u8>>,
}

impl Reply {
    /// SW3.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What follows the status.
    pub fn data(&self) -> &[u8] {
        self.data.expose()
    }
}

/// What a stream of bytes held.
#[derive(Debug)]
pub enum Event {
    /// A frame began and was not good.
    Damaged(Damage),
    Reply(Reply),
}

/// What was wrong with a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Damage {
    /// The XOR was wrong.
    #[error("check byte is wrong")]
    Checksum,
    /// The length was out of bounds.
    #[error("length is out of bounds")]
    Length,
}

/// Finds replies in a stream of bytes, given one at a time.
///
/// Holds at most one frame of [`MOST_LENGTH`], wiped when dropped. After a bad frame the search goes
/// on right behind its first byte, so a good frame that a damaged one seemed to swallow is found.
#[derive(Debug)]
pub struct Parser {
    bytes: Zeroizing<Vec<u8>>,
    /// Nothing can be decided before this many bytes are there.
    wanted: usize,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser that has seen nothing.
    pub fn new() -> Self {
        // The room is taken at once: growing would leave copies of a card behind, unwiped.
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(HEAD + MOST_LENGTH)),
            wanted: 0,
        }
    }

    /// Takes the next byte. Follow with [`Self::next_event`] until it has no more to tell.
    pub fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// How many bytes wait for the rest of their frame.
    pub fn held(&self) -> usize {
        self.bytes.len()
    }

    /// What the bytes so far hold, or nothing until more come.
    pub fn next_event(&mut self) -> Option<Event> {
        if self.bytes.len() < self.wanted {
            return None;
        }
        self.seek_preamble();
        let Some(length) = self.length() else {
            self.wanted = self.bytes.len() + 1;
            return None;
        };
        if !(LEAST_LENGTH..=MOST_LENGTH).contains(&length) {
            return Some(self.give_up(Damage::Length));
        }
        let total = HEAD + length;
        if self.bytes.len() < total {
            self.wanted = total;
            return None;
        }
        // The check byte is the XOR of the others, so all of them together give zero.
        if xor(self.bytes.iter().take(total).skip(PREAMBLE.len())) != 0 {
            return Some(self.give_up(Damage::Checksum));
        }
        self.wanted = 0;
        Some(Event::Reply(self.take(total)))
    }

    fn seek_preamble(&mut self) {
        let start = (0..self.bytes.len())
            .find(|&at| {
                self.bytes
                    .iter()
                    .skip(at)
                    .zip(PREAMBLE)
                    .all(|(a, b)| *a == b)
            })
            .unwrap_or(self.bytes.len());
        self.bytes.drain(..start);
    }

    fn length(&self) -> Option<usize> {
        let high = self.bytes.get(PREAMBLE.len())?;
        let low = self.bytes.get(PREAMBLE.len() + 1)?;
        Some(usize::from(u16::from_be_bytes([*high, *low])))
    }

    fn give_up(&mut self, damage: Damage) -> Event {
        self.bytes.drain(..1);
        self.wanted = 0;
        Event::Damaged(damage)
    }

    fn take(&mut self, total: usize) -> Reply {
        let status = self.bytes.get(HEAD + 2).copied().unwrap_or_default();
        let data = self
            .bytes
            .get(HEAD + 3..total - 1)
            .unwrap_or_default()
            .to_vec();
        self.bytes.drain(..total);
        Reply {
            status: Status::from_byte(status),
            data: Secret::new(data),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(stream: &[u8]) -> Vec<Event> {
        let mut parser = Parser::new();
        let mut seen = Vec::new();
        for byte in stream {
            parser.push(*byte);
            while let Some(event) = parser.next_event() {
                seen.push(event);
            }
            assert!(parser.held() < HEAD + MOST_LENGTH);
            assert!(parser.bytes.capacity() <= HEAD + MOST_LENGTH);
        }
        seen
    }

    fn replies(stream: &[u8]) -> Vec<(u8, Vec<u8>)> {
        events(stream)
            .into_iter()
            .filter_map(|event| match event {
                Event::Reply(reply) => Some((reply.status().byte(), reply.data().to_vec())),
                Event::Damaged(_) => None,
            })
            .collect()
    }

    fn reply(status: u8, data: &[u8]) -> Vec<u8> {
        seal(&[&[0, 0, status], data].concat())
    }

    #[test]
    fn requests_are_those_of_the_interface() {
        for (command, tail) in [
            (Command::ResetSam, "00 03 10 FF EC"),
            (Command::SamStatus, "00 03 11 FF ED"),
            (Command::ReadSamId, "00 03 12 FF EE"),
            (Command::Find, "00 03 20 01 22"),
            (Command::Select, "00 03 20 02 21"),
            (Command::ReadCard, "00 03 30 01 32"),
            (Command::ReadCardWithFingerprint, "00 03 30 10 23"),
            (Command::ReadAddress, "00 03 30 03 30"),
            (Command::SetRadioBytes(0x50), "00 04 61 FF 50 CA"),
        ] {
            let hex: Vec<String> = command
                .request()
                .iter()
                .map(|b| format!("{b:02X}"))
                .collect();
            assert_eq!(hex.join(" "), format!("AA AA AA 96 69 {tail}"));
        }
    }

    #[test]
    fn published_replies_are_read() {
        for (tail, status, length) in [
            (&[0, 4, 0, 0, 0x90, 0x94][..], 0x90, 0),
            (&[0, 8, 0, 0, 0x9F, 0, 0, 0, 0, 0x97], 0x9F, 4),
            (&[0, 4, 0, 0, 0x80, 0x84], 0x80, 0),
            (&[0, 0xC, 0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0x9C], 0x90, 8),
        ] {
            let stream = [&PREAMBLE[..], tail].concat();
            assert_eq!(replies(&stream), [(status, vec![0; length])]);
        }
    }

    #[test]
    fn finds_a_frame_behind_damage() {
        let good = reply(0x90, &[1, 2, 3]);
        for before in [
            &[0xAA][..],
            &[0xAA, 0xAA, 0xAA, 0xAA],
            &[0xAA, 0x00, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x0C],
            &[0xAA, 0xAA, 0xAA, 0x96],
            // A whole head with a length that swallows the good frame.
            &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x06],
            // Lengths out of bounds.
            &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0xFF, 0xFF],
            &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03],
        ] {
            let stream = [before, &good].concat();
            assert_eq!(replies(&stream), [(0x90, vec![1, 2, 3])], "{before:02X?}");
        }
    }

    #[test]
    fn a_wrong_check_or_length_is_told() {
        let mut bad = reply(0x90, &[7]);
        *bad.last_mut().unwrap() ^= 1;
        assert!(matches!(
            events(&bad)[..],
            [Event::Damaged(Damage::Checksum)]
        ));
        let long = [&PREAMBLE[..], &[0x09, 0x61]].concat();
        assert!(matches!(
            events(&long)[..],
            [Event::Damaged(Damage::Length)]
        ));
        let short = [&PREAMBLE[..], &[0x00, 0x03]].concat();
        assert!(matches!(
            events(&short)[..],
            [Event::Damaged(Damage::Length)]
        ));
    }

    #[test]
    fn a_reply_of_another_command_does_not_fit() {
        let read = |stream: &[u8]| match events(stream).pop() {
            Some(Event::Reply(reply)) => reply,
            _ => panic!("no reply"),
        };
        let found = read(&reply(0x9F, &[0; 4]));
        let selected = read(&reply(0x90, &[0; 8]));
        let sam = read(&reply(0x90, &[0; 16]));
        let done = read(&reply(0x90, &[]));
        let card = read(&reply(0x90, &[0; 1284]));
        let address = read(&reply(0x90, &[0; 70]));
        let failed = read(&reply(0x41, &[]));
        for (command, fitting) in [
            (Command::Find, &found),
            (Command::Select, &selected),
            (Command::ReadSamId, &sam),
            (Command::SamStatus, &done),
            (Command::ReadCard, &card),
            (Command::ReadAddress, &address),
        ] {
            for other in [&found, &selected, &sam, &done, &card, &address] {
                // Short replies could be an added address or a selection without number.
                let is_told_apart = match command {
                    Command::ReadAddress => std::ptr::eq(other, &card),
                    Command::Select => !std::ptr::eq(other, &done),
                    _ => true,
                };
                if std::ptr::eq(other, fitting) {
                    assert!(command.fits(other), "{command:?}");
                } else if is_told_apart {
                    assert!(!command.fits(other), "{command:?} {other:?}");
                }
            }
            assert!(command.fits(&failed));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(stream in prop::collection::vec(any::<u8>(), 0..6000)) {
            events(&stream);
        }

        #[test]
        fn bytes_of_the_preamble_are_survived(
            stream in prop::collection::vec(
                prop::sample::select(vec![0xAA_u8, 0x96, 0x69, 0x00, 0x04, 0x09]), 0..3000),
        ) {
            events(&stream);
        }

        #[test]
        fn frames_are_found_between_garbage(
            frames in prop::collection::vec(
                (any::<u8>(), prop::collection::vec(any::<u8>(), 0..300),
                 prop::collection::vec(0_u8..0xAA, 0..50), 0_usize..5), 1..5),
        ) {
            let mut stream = Vec::new();
            let mut expected = Vec::new();
            for (status, data, garbage, extra) in frames {
                stream.extend(garbage);
                stream.extend(vec![0xAA; extra]);
                stream.extend(reply(status, &data));
                expected.push((status, data));
            }
            prop_assert_eq!(replies(&stream), expected);
        }
    }
}
