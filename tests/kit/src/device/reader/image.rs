//! Cards that nobody holds: typed text, laid out as on a chip.
//!
//! Fields are plain text on purpose. A card with a wrong check digit, or one that has expired, can be
//! laid out as well as a good one; only what does not fit its place is refused.

use pharmacy_device::reader::problem::Field;
use pharmacy_device::reader::{Fingerprint, TEXT_LENGTH};

use super::layout::{self, Place};

/// What a resident identity card says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ResidentText {
    /// Name.
    pub name: String,
    /// Sex: 1 male, 2 female.
    pub sex: String,
    /// Nation, two digits.
    pub nation: String,
    /// YYYYMMDD.
    pub birth: String,
    /// Address.
    pub address: String,
    /// Number, 18 characters.
    pub number: String,
    /// Issuing authority.
    pub issuer: String,
    /// YYYYMMDD.
    pub valid_from: String,
    /// YYYYMMDD or 长期.
    pub valid_to: String,
}

/// What a residence permit says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PermitText {
    /// What it shares with a resident's card; the nation stays blank.
    pub shared: ResidentText,
    /// Number of the pass.
    pub pass_number: String,
    /// How often issued, two digits.
    pub issue_count: String,
}

/// What a foreigner's card of 2017 says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Foreigner2017Text {
    /// English name.
    pub english_name: String,
    /// Sex: 1 male, 2 female.
    pub sex: String,
    /// Number, 15 characters.
    pub number: String,
    /// Nationality, three letters.
    pub nationality: String,
    /// Chinese name.
    pub chinese_name: String,
    /// YYYYMMDD.
    pub valid_from: String,
    /// YYYYMMDD.
    pub valid_to: String,
    /// YYYYMMDD.
    pub birth: String,
    /// Version of the card.
    pub card_version: String,
    /// Code of the accepting authority.
    pub authority: String,
}

/// What a foreigner's card of 2023 says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Foreigner2023Text {
    /// Chinese name.
    pub chinese_name: String,
    /// Sex: 1 male, 2 female.
    pub sex: String,
    /// How often renewed, two digits.
    pub renewal_count: String,
    /// YYYYMMDD.
    pub birth: String,
    /// English name, up to 46 characters.
    pub english_name: String,
    /// Number, 18 characters.
    pub number: String,
    /// YYYYMMDD.
    pub valid_from: String,
    /// YYYYMMDD.
    pub valid_to: String,
    /// Country or region, three characters.
    pub country: String,
    /// What ties the number to that of 2017.
    pub earlier_number: String,
}

/// How many fingerprints a card holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Prints {
    /// None, as on cards from before 2013.
    None,
    /// One.
    One,
    /// Two.
    #[default]
    Two,
}

/// Text that does not fit its place on the chip.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("text for `{0:?}` is too long for the card")]
pub struct ImageError(pub Field);

/// A whole card: text, photo, prints, and the address added later, if any.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardImage {
    text: [u8; TEXT_LENGTH],
    photo: Vec<u8>,
    prints: Prints,
    added_address: Option<String>,
}

/// Bytes of a photo on a chip.
const PHOTO_LENGTH: u16 = 1024;

/// Head of a photo in the format of the chip: "WLf", 126 by 50, as every capture begins.
const PHOTO_HEAD: [u8; 8] = [0x57, 0x4C, 0x66, 0x00, 0x7E, 0x00, 0x32, 0x00];

/// Letters that tell the layouts.
const PERMIT: &str = "J";
const FOREIGNER_2017: &str = "I";
const FOREIGNER_2023: &str = "Y";

impl CardImage {
    /// A resident identity card.
    pub fn resident(card: &ResidentText) -> Result<Self, ImageError> {
        let mut sheet = Sheet::blank();
        sheet.shared(card)?;
        sheet.write(layout::NATION, &card.nation, Field::Nation)?;
        Ok(sheet.into_image())
    }

    /// A residence permit.
    pub fn permit(card: &PermitText) -> Result<Self, ImageError> {
        let mut sheet = Sheet::blank();
        sheet.shared(&card.shared)?;
        sheet.write(
            layout::PERMIT_PASS_NUMBER,
            &card.pass_number,
            Field::PassNumber,
        )?;
        sheet.write(layout::PERMIT_ISSUES, &card.issue_count, Field::IssueCount)?;
        sheet.write(layout::KIND, PERMIT, Field::Kind)?;
        Ok(sheet.into_image())
    }

    /// A foreigner's card of 2017.
    pub fn foreigner_2017(card: &Foreigner2017Text) -> Result<Self, ImageError> {
        let mut sheet = Sheet::blank();
        sheet.write(
            layout::F2017_ENGLISH_NAME,
            &card.english_name,
            Field::EnglishName,
        )?;
        sheet.write(layout::F2017_SEX, &card.sex, Field::Sex)?;
        sheet.write(layout::F2017_NUMBER, &card.number, Field::Number)?;
        sheet.write(layout::F2017_NATIONALITY, &card.nationality, Field::Country)?;
        sheet.write(
            layout::F2017_CHINESE_NAME,
            &card.chinese_name,
            Field::ChineseName,
        )?;
        sheet.write(layout::VALID_FROM, &card.valid_from, Field::ValidFrom)?;
        sheet.write(layout::VALID_TO, &card.valid_to, Field::ValidTo)?;
        sheet.write(layout::F2017_BIRTH, &card.birth, Field::Birth)?;
        sheet.write(
            layout::F2017_VERSION,
            &card.card_version,
            Field::CardVersion,
        )?;
        sheet.write(layout::F2017_AUTHORITY, &card.authority, Field::Authority)?;
        sheet.write(layout::KIND, FOREIGNER_2017, Field::Kind)?;
        Ok(sheet.into_image())
    }

    /// A foreigner's card of 2023.
    pub fn foreigner_2023(card: &Foreigner2023Text) -> Result<Self, ImageError> {
        let seam = layout::F2023_ENGLISH_NAME.units();
        let first: String = card.english_name.chars().take(seam).collect();
        let rest: String = card.english_name.chars().skip(seam).collect();
        let mut sheet = Sheet::blank();
        sheet.write(layout::NAME, &card.chinese_name, Field::ChineseName)?;
        sheet.write(layout::SEX, &card.sex, Field::Sex)?;
        sheet.write(
            layout::F2023_RENEWALS,
            &card.renewal_count,
            Field::RenewalCount,
        )?;
        sheet.write(layout::BIRTH, &card.birth, Field::Birth)?;
        sheet.write(layout::F2023_ENGLISH_NAME, &first, Field::EnglishName)?;
        sheet.write(layout::F2023_ENGLISH_NAME_REST, &rest, Field::EnglishName)?;
        sheet.write(layout::NUMBER, &card.number, Field::Number)?;
        sheet.write(layout::VALID_FROM, &card.valid_from, Field::ValidFrom)?;
        sheet.write(layout::VALID_TO, &card.valid_to, Field::ValidTo)?;
        sheet.write(layout::F2023_COUNTRY, &card.country, Field::Country)?;
        sheet.write(
            layout::F2023_EARLIER_NUMBER,
            &card.earlier_number,
            Field::EarlierNumber,
        )?;
        sheet.write(layout::KIND, FOREIGNER_2023, Field::Kind)?;
        Ok(sheet.into_image())
    }

    /// A card with this text, whatever it says.
    pub fn from_text(text: [u8; TEXT_LENGTH]) -> Self {
        let pattern = (0..PHOTO_LENGTH)
            .take(usize::from(PHOTO_LENGTH) - PHOTO_HEAD.len())
            .map(|at| low_byte(at.wrapping_mul(7).wrapping_add(3)));
        Self {
            text,
            photo: PHOTO_HEAD.into_iter().chain(pattern).collect(),
            prints: Prints::default(),
            added_address: None,
        }
    }

    /// The same card with other prints.
    pub fn with_prints(mut self, prints: Prints) -> Self {
        self.prints = prints;
        self
    }

    /// The same card without a photo.
    pub fn without_photo(mut self) -> Self {
        self.photo.clear();
        self
    }

    /// The same card with an address added after issue.
    pub fn with_added_address(mut self, address: &str) -> Self {
        self.added_address = Some(address.to_owned());
        self
    }

    /// The text as it lies on the chip.
    pub fn text(&self) -> &[u8; TEXT_LENGTH] {
        &self.text
    }

    /// What a reader gives for 30 01 or 30 10, behind the status.
    pub fn block(&self, fingerprint: Fingerprint) -> Vec<u8> {
        let prints = match (fingerprint, self.prints) {
            (Fingerprint::Skip, _) => None,
            (Fingerprint::Include, Prints::None) => Some(0),
            (Fingerprint::Include, Prints::One) => Some(512),
            (Fingerprint::Include, Prints::Two) => Some(1024_u16),
        };
        let photo = u16::try_from(self.photo.len()).unwrap_or_default();
        let mut block = Vec::from([0x01, 0x00]);
        block.extend(photo.to_be_bytes());
        block.extend(prints.map(u16::to_be_bytes).into_iter().flatten());
        block.extend(self.text);
        block.extend(&self.photo);
        let pattern = |at: u16| low_byte(at.wrapping_mul(13).wrapping_add(5));
        block.extend((0..prints.unwrap_or_default()).map(pattern));
        block
    }

    /// What a reader gives for 30 03, behind the status; nothing where the card holds none.
    pub fn added_block(&self) -> Option<Vec<u8>> {
        let address = self.added_address.as_ref()?;
        let units = layout::ADDRESS.units();
        let padded = address
            .encode_utf16()
            .chain(std::iter::repeat(layout::PADDING));
        Some(padded.take(units).flat_map(u16::to_le_bytes).collect())
    }
}

fn low_byte(value: u16) -> u8 {
    let [_, low] = value.to_be_bytes();
    low
}

/// A card's text while it is written.
struct Sheet([u8; TEXT_LENGTH]);

impl Sheet {
    fn blank() -> Self {
        let mut text = [0; TEXT_LENGTH];
        text.iter_mut().step_by(2).for_each(|byte| *byte = 0x20);
        Self(text)
    }

    fn write(&mut self, place: Place, value: &str, field: Field) -> Result<(), ImageError> {
        place.encode(&mut self.0, value).ok_or(ImageError(field))
    }

    fn shared(&mut self, card: &ResidentText) -> Result<(), ImageError> {
        self.write(layout::NAME, &card.name, Field::Name)?;
        self.write(layout::SEX, &card.sex, Field::Sex)?;
        self.write(layout::BIRTH, &card.birth, Field::Birth)?;
        self.write(layout::ADDRESS, &card.address, Field::Address)?;
        self.write(layout::NUMBER, &card.number, Field::Number)?;
        self.write(layout::ISSUER, &card.issuer, Field::Issuer)?;
        self.write(layout::VALID_FROM, &card.valid_from, Field::ValidFrom)?;
        self.write(layout::VALID_TO, &card.valid_to, Field::ValidTo)
    }

    fn into_image(self) -> CardImage {
        CardImage::from_text(self.0)
    }
}
