//! The security module in a reader, by its number.

use std::fmt;

use super::frame::SAM_ID_LENGTH;

/// Number of a reader's security module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SamId(String);

impl SamId {
    /// Reads the 16 bytes of 12 FF: two short and three long numbers, little-endian.
    pub fn parse(bytes: &[u8; SAM_ID_LENGTH]) -> Self {
        let short = |at: usize| {
            let pair = bytes.get(at..at + 2).and_then(|s| s.first_chunk());
            u16::from_le_bytes(pair.copied().unwrap_or_default())
        };
        let long = |at: usize| {
            let four = bytes.get(at..at + 4).and_then(|s| s.first_chunk());
            u32::from_le_bytes(four.copied().unwrap_or_default())
        };
        Self(format!(
            "{:02}.{:02}-{:08}-{:010}-{:010}",
            short(0),
            short(2),
            long(4),
            long(8),
            long(12)
        ))
    }
}

impl fmt::Display for SamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_on_the_label() {
        let mut bytes = [0; SAM_ID_LENGTH];
        bytes[..4].copy_from_slice(&[0x05, 0x00, 0x01, 0x00]);
        bytes[4..8].copy_from_slice(&20_250_131_u32.to_le_bytes());
        bytes[8..12].copy_from_slice(&7_u32.to_le_bytes());
        bytes[12..].copy_from_slice(&u32::MAX.to_le_bytes());
        let text = SamId::parse(&bytes).to_string();
        assert_eq!(text, "05.01-20250131-0000000007-4294967295");
    }
}
