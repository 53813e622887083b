//! Where the fields lie in a card's 256 bytes of text. Written down apart from the agent's own table.

use pharmacy_device::reader::TEXT_LENGTH;

/// What fields are padded with.
pub(super) const PADDING: u16 = 0x0020;

/// Where a field lies, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    at: usize,
    length: usize,
}

const fn place(at: usize, length: usize) -> Place {
    Place { at, length }
}

pub(super) const KIND: Place = place(248, 2);

// Shared by residents, permits and the 2023 card.
pub(super) const NAME: Place = place(0, 30);
pub(super) const SEX: Place = place(30, 2);
pub(super) const NATION: Place = place(32, 4);
pub(super) const BIRTH: Place = place(36, 16);
pub(super) const ADDRESS: Place = place(52, 70);
pub(super) const NUMBER: Place = place(122, 36);
pub(super) const ISSUER: Place = place(158, 30);

// Shared by all four.
pub(super) const VALID_FROM: Place = place(188, 16);
pub(super) const VALID_TO: Place = place(204, 16);

pub(super) const PERMIT_PASS_NUMBER: Place = place(220, 18);
pub(super) const PERMIT_ISSUES: Place = place(238, 4);

pub(super) const F2017_ENGLISH_NAME: Place = place(0, 120);
pub(super) const F2017_SEX: Place = place(120, 2);
pub(super) const F2017_NUMBER: Place = place(122, 30);
pub(super) const F2017_NATIONALITY: Place = place(152, 6);
pub(super) const F2017_CHINESE_NAME: Place = place(158, 30);
pub(super) const F2017_BIRTH: Place = place(220, 16);
pub(super) const F2017_VERSION: Place = place(236, 4);
pub(super) const F2017_AUTHORITY: Place = place(240, 8);

pub(super) const F2023_RENEWALS: Place = place(32, 4);
pub(super) const F2023_ENGLISH_NAME: Place = place(52, 70);
pub(super) const F2023_ENGLISH_NAME_REST: Place = place(220, 22);
pub(super) const F2023_COUNTRY: Place = place(242, 6);
pub(super) const F2023_EARLIER_NUMBER: Place = place(250, 6);

impl Place {
    /// How many UTF-16 units fit.
    pub(super) fn units(self) -> usize {
        self.length / 2
    }

    /// Writes a text here, padded; nothing where it does not fit.
    pub(super) fn encode(self, text: &mut [u8; TEXT_LENGTH], value: &str) -> Option<()> {
        if value.encode_utf16().count() > self.units() {
            return None;
        }
        let units = value.encode_utf16().chain(std::iter::repeat(PADDING));
        let place = &mut text[self.at..self.at + self.length];
        for (bytes, unit) in place.chunks_exact_mut(2).zip(units) {
            bytes.copy_from_slice(&unit.to_le_bytes());
        }
        Some(())
    }
}
