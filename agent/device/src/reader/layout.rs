//! Where the fields lie in a card's 256 bytes of text, for each of the four layouts.
//!
//! ```text
//! at    resident        permit J        foreigner 2023 Y     foreigner 2017 I
//!   0   name 30         name 30         Chinese name 30      English name 120
//!  30   sex 2           sex 2           sex 2
//!  32   nation 4        (blank) 4       renewals 4
//!  36   birth 16        birth 16        birth 16
//!  52   address 70      address 70      English name 70
//! 120                                                        sex 2
//! 122   number 36       number 36       number 36            number 30, nationality 6 (152)
//! 158   issuer 30       issuer 30       (reserved) 30        Chinese name 30
//! 188   valid from 16   valid from 16   valid from 16        valid from 16
//! 204   valid to 16     valid to 16     valid to 16          valid to 16
//! 220   (reserved) 28   pass number 18  English name 22      birth 16, version 4 (236)
//! 238                   issues 4        country 6 (242)      authority 8 (240)
//! 248   U+0020          U+004A J        U+0059 Y             U+0049 I
//! 250   (reserved)      (reserved)      earlier number 6     (reserved)
//! ```
//! Text is UTF-16, little-endian, each field padded on the right with U+0020. The letter at 248 is
//! read first: the 2017 layout read as a resident's gives a name, a sex and a nation that nobody has.

use pharmacy_protocol::Secret;
use zeroize::Zeroizing;

/// Bytes of a card's text.
pub const TEXT_LENGTH: usize = 256;

/// Where a field lies, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    at: usize,
    length: usize,
}

const fn place(at: usize, length: usize) -> Place {
    Place { at, length }
}

pub const KIND: Place = place(248, 2);

// Shared by residents, permits and the 2023 card.
pub const NAME: Place = place(0, 30);
pub const SEX: Place = place(30, 2);
pub const NATION: Place = place(32, 4);
pub const BIRTH: Place = place(36, 16);
pub const ADDRESS: Place = place(52, 70);
pub const NUMBER: Place = place(122, 36);
pub const ISSUER: Place = place(158, 30);

// Shared by all four.
pub const VALID_FROM: Place = place(188, 16);
pub const VALID_TO: Place = place(204, 16);

pub const PERMIT_PASS_NUMBER: Place = place(220, 18);
pub const PERMIT_ISSUES: Place = place(238, 4);

pub const F2017_ENGLISH_NAME: Place = place(0, 120);
pub const F2017_SEX: Place = place(120, 2);
pub const F2017_NUMBER: Place = place(122, 30);
pub const F2017_NATIONALITY: Place = place(152, 6);
pub const F2017_CHINESE_NAME: Place = place(158, 30);
pub const F2017_BIRTH: Place = place(220, 16);
pub const F2017_VERSION: Place = place(236, 4);
pub const F2017_AUTHORITY: Place = place(240, 8);

pub const F2023_RENEWALS: Place = place(32, 4);
pub const F2023_ENGLISH_NAME: Place = place(52, 70);
pub const F2023_ENGLISH_NAME_REST: Place = place(220, 22);
pub const F2023_COUNTRY: Place = place(242, 6);
pub const F2023_EARLIER_NUMBER: Place = place(250, 6);

impl Place {
    /// The text here, padding included, or nothing where it is no UTF-16 text.
    pub fn decode(self, text: &[u8; TEXT_LENGTH]) -> Option<Secret<String>> {
        decode_utf16(text.get(self.at..self.at + self.length)?)
    }
}

/// Decodes without loss; nothing for a lone surrogate, a control character or half a unit.
pub fn decode_utf16(bytes: &[u8]) -> Option<Secret<String>> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let units = bytes
        .iter()
        .step_by(2)
        .zip(bytes.iter().skip(1).step_by(2))
        .map(|(low, high)| u16::from_le_bytes([*low, *high]));
    // Room for the longest outcome at once: growing would leave parts of a person behind, unwiped.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for c in char::decode_utf16(units) {
        match c {
            Ok(c) if !c.is_control() => text.push(c),
            _ => return None,
        }
    }
    Some(Secret::new(std::mem::take(&mut *text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_layout_fills_the_text_without_overlap() {
        let resident = [
            NAME, SEX, NATION, BIRTH, ADDRESS, NUMBER, ISSUER, VALID_FROM, VALID_TO,
        ];
        let shared = [NAME, SEX, BIRTH, NUMBER, VALID_FROM, VALID_TO, KIND];
        let permit = [&resident[..], &[PERMIT_PASS_NUMBER, PERMIT_ISSUES, KIND]].concat();
        let f2017 = vec![
            F2017_ENGLISH_NAME,
            F2017_SEX,
            F2017_NUMBER,
            F2017_NATIONALITY,
            F2017_CHINESE_NAME,
            VALID_FROM,
            VALID_TO,
            F2017_BIRTH,
            F2017_VERSION,
            F2017_AUTHORITY,
            KIND,
        ];
        let f2023 = [
            &shared[..],
            &[
                F2023_RENEWALS,
                F2023_ENGLISH_NAME,
                F2023_ENGLISH_NAME_REST,
                F2023_COUNTRY,
                F2023_EARLIER_NUMBER,
            ],
        ]
        .concat();
        // What is left is what the tables call reserved.
        for (layout, reserved) in [
            ([&resident[..], &[KIND]].concat(), 28 + 6),
            (permit, 6 + 6),
            (f2017, 6),
            (f2023, 30),
        ] {
            let mut used = [0_u8; TEXT_LENGTH];
            for place in layout {
                used[place.at..place.at + place.length]
                    .iter_mut()
                    .for_each(|u| *u += 1);
            }
            assert!(used.iter().all(|u| *u <= 1));
            assert_eq!(used.iter().filter(|u| **u == 0).count(), reserved);
        }
    }

    #[test]
    fn refuses_what_is_no_text() {
        assert!(decode_utf16(&[0x00, 0xD8]).is_none());
        assert!(decode_utf16(&[0x0A, 0x00]).is_none());
        assert!(decode_utf16(&[0x00, 0x00]).is_none());
        assert!(decode_utf16(&[0x41]).is_none());
    }

    proptest! {
        #[test]
        fn text_that_fits_is_read_back(value in "\\PC{0,35}") {
            let mut text = [0; TEXT_LENGTH];
            let units = value.encode_utf16().chain(std::iter::repeat(0x20));
            let place = &mut text[ADDRESS.at..ADDRESS.at + ADDRESS.length];
            for (bytes, unit) in place.chunks_exact_mut(2).zip(units) {
                bytes.copy_from_slice(&unit.to_le_bytes());
            }
            if value.encode_utf16().count() <= ADDRESS.length / 2 {
                let read = ADDRESS.decode(&text).unwrap();
                prop_assert_eq!(read.expose().trim_end_matches(' '), value.trim_end_matches(' '));
            }
        }

        #[test]
        fn any_bytes_are_text_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(text) = decode_utf16(&bytes) {
                let again: Vec<u8> = text.expose().encode_utf16().flat_map(u16::to_le_bytes).collect();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
