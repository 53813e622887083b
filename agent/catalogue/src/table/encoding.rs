//! Which encoding a text file is in, and reading it without losing a byte unnoticed.
//!
//! A byte order mark decides. Without one, a file is UTF-8 when at least half of its lines that go
//! beyond ASCII are UTF-8: Chinese text in GB18030 practically never is, while one damaged line
//! must not turn a UTF-8 file into another encoding, where it would be read as wrong characters.

use std::fs::File;
use std::io::{self, Read};

use encoding_rs::GB18030;
use serde::Deserialize;

use super::MAX_ROW_BYTES;

/// The encoding of a text file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// The Chinese national encoding, which includes GBK and GB2312.
    Gb18030,
    /// UTF-16, high byte first.
    Utf16be,
    /// UTF-16, low byte first; what Excel calls "Unicode text".
    Utf16le,
    /// UTF-8.
    Utf8,
}

impl Encoding {
    /// Decodes one cell's bytes; `None` when they are no text in this encoding.
    pub(super) fn decode<'a>(self, bytes: &'a [u8], room: &'a mut String) -> Option<&'a str> {
        match self {
            Self::Gb18030 if !bytes.is_ascii() => {
                let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
                room.clear();
                room.push_str(&text);
                Some(room)
            }
            // UTF-16 arrives here as UTF-8, see `Input`.
            _ => std::str::from_utf8(bytes).ok(),
        }
    }
}

/// Looks at a whole file once to tell its encoding.
#[derive(Debug, Default)]
pub struct Survey {
    start: Vec<u8>,
    line: Vec<u8>,
    beyond_ascii: u64,
    not_utf8: u64,
}

impl Survey {
    /// Takes the next bytes of the file.
    pub fn look(&mut self, bytes: &[u8]) {
        let missing = 3_usize.saturating_sub(self.start.len());
        self.start.extend(bytes.iter().take(missing));
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            // A longer line is refused later; until then it must not fill the memory.
            if part.ends_with(b"\n") || self.line.len() > MAX_ROW_BYTES {
                self.end_line();
            }
        }
    }

    /// The encoding of what was looked at.
    pub fn conclude(mut self) -> Encoding {
        self.end_line();
        match self.start.as_slice() {
            [0xEF, 0xBB, 0xBF] => Encoding::Utf8,
            [0xFF, 0xFE, ..] => Encoding::Utf16le,
            [0xFE, 0xFF, ..] => Encoding::Utf16be,
            _ if self.not_utf8.saturating_mul(2) <= self.beyond_ascii => Encoding::Utf8,
            _ => Encoding::Gb18030,
        }
    }

    fn end_line(&mut self) {
        if !self.line.is_ascii() {
            self.beyond_ascii += 1;
            self.not_utf8 += u64::from(std::str::from_utf8(&self.line).is_err());
        }
        self.line.clear();
    }
}

/// A text file's bytes, those of UTF-16 turned into UTF-8.
#[derive(Debug)]
pub(super) enum Input {
    Plain { file: File, read: u64 },
    Wide(Wide),
}

impl Input {
    pub(super) fn new(file: File, encoding: Encoding) -> Self {
        let order = match encoding {
            Encoding::Gb18030 | Encoding::Utf8 => return Self::Plain { file, read: 0 },
            Encoding::Utf16be => u16::from_be_bytes,
            Encoding::Utf16le => u16::from_le_bytes,
        };
        Self::Wide(Wide {
            file,
            order,
            read: 0,
            state: Units::default(),
            ready: Vec::new(),
            given: 0,
        })
    }

    /// How many bytes of the file were read.
    pub(super) fn bytes_read(&self) -> u64 {
        match self {
            Self::Plain { read, .. } => *read,
            Self::Wide(wide) => wide.read,
        }
    }
}

impl Read for Input {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain { file, read } => {
                let length = file.read(room)?;
                *read += u64::try_from(length).unwrap_or(0);
                Ok(length)
            }
            Self::Wide(wide) => wide.read(room),
        }
    }
}

/// UTF-16 on its way to UTF-8.
#[derive(Debug)]
pub(super) struct Wide {
    file: File,
    order: fn([u8; 2]) -> u16,
    read: u64,
    state: Units,
    ready: Vec<u8>,
    given: usize,
}

impl Wide {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.ready.len() {
            self.ready.clear();
            self.given = 0;
            let mut chunk = [0; 8192];
            let length = self.file.read(&mut chunk)?;
            self.read += u64::try_from(length).unwrap_or(0);
            let bytes = chunk.get(..length).unwrap_or_default();
            self.state.push(bytes, self.order, &mut self.ready);
            if length == 0 {
                self.state.finish(&mut self.ready);
                if self.ready.is_empty() {
                    return Ok(0);
                }
            }
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let length = rest.len().min(room.len());
        if let (Some(to), Some(from)) = (room.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.given += length;
        Ok(length)
    }
}

/// What is left over between two chunks of UTF-16.
#[derive(Debug, Default)]
struct Units {
    odd: Option<u8>,
    high: Option<u16>,
    has_begun: bool,
}

/// Stands for a lone surrogate. It is no UTF-8, so the cell that holds it is found undecodable.
const LONE: u8 = 0xFF;

impl Units {
    fn push(&mut self, bytes: &[u8], order: fn([u8; 2]) -> u16, out: &mut Vec<u8>) {
        for byte in bytes {
            match self.odd.take() {
                None => self.odd = Some(*byte),
                Some(first) => self.push_unit(order([first, *byte]), out),
            }
        }
    }

    fn push_unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        let is_mark = !self.has_begun && unit == 0xFEFF;
        self.has_begun = true;
        if is_mark {
            return;
        }
        match self.high.take() {
            Some(high) => decode_units([high, unit], out),
            None if (0xD800..0xDC00).contains(&unit) => self.high = Some(unit),
            None => decode_units([unit], out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.odd.take().is_some() || self.high.take().is_some() {
            out.push(LONE);
        }
    }
}

fn decode_units<const N: usize>(units: [u16; N], out: &mut Vec<u8>) {
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(_) => out.push(LONE),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn survey(bytes: &[u8]) -> Encoding {
        let mut survey = Survey::default();
        for chunk in bytes.chunks(7) {
            survey.look(chunk);
        }
        survey.conclude()
    }

    #[test]
    fn tells_encodings_apart() {
        let text = "商品编码,商品名称\n1,板蓝根颗粒\n2,阿奇霉素片\n";
        let (gb, _, _) = GB18030.encode(text);
        assert_eq!(survey(text.as_bytes()), Encoding::Utf8);
        assert_eq!(survey(&gb), Encoding::Gb18030);
        assert_eq!(survey(b"sku,name\n1,a\n"), Encoding::Utf8);
        assert_eq!(survey(b"\xff\xfea\0"), Encoding::Utf16le);
        assert_eq!(survey(b"\xfe\xff\0a"), Encoding::Utf16be);
        assert_eq!(survey(b""), Encoding::Utf8);
    }

    #[test]
    fn one_damaged_line_does_not_make_another_encoding() {
        let mut bytes = "商品编码,商品名称\n1,板蓝根\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"2,\xe9\x98\n");
        assert_eq!(survey(&bytes), Encoding::Utf8);
    }

    #[test]
    fn a_lone_surrogate_is_no_text() {
        let mut out = Vec::new();
        let mut units = Units::default();
        units.push(b"\x00\xd8a\x00\x00\xdc", u16::from_le_bytes, &mut out);
        units.finish(&mut out);
        assert_eq!(out, [LONE, b'a', LONE]);
    }

    proptest! {
        #[test]
        fn utf16_turns_into_the_same_text(text in "\\PC{0,40}") {
            let mut out = Vec::new();
            let mut units = Units { has_begun: true, ..Units::default() };
            for unit in text.encode_utf16() {
                units.push(&unit.to_be_bytes(), u16::from_be_bytes, &mut out);
            }
            units.finish(&mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
