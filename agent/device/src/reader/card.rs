//! What a card's chip says, and whether it can show that somebody is here.
//!
//! ```text
//! reply of 30 01   text length, 2 | photo length, 2 |                       text | photo
//! reply of 30 10   text length, 2 | photo length, 2 | fingerprint length, 2 | text | photo | prints
//! ```
//! In scope: the four layouts (`layout`), the contradictions that a card can carry.
//! Out of scope: photo and fingerprints, which are never looked at and never kept; whether the person
//! at the counter is the person on the card.

use std::fmt;

use jiff::civil::Date;
use pharmacy_decision::facts::Transport;
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{CertificateKind, IdentityNumber, IdentityNumberError, Sex};

use super::layout::{self, Place, TEXT_LENGTH};
use super::nation::Nation;
use super::problem::{CardProblem, Field};

/// A card as its chip describes it. Every field could be read; none has been weighed yet.
#[derive(Clone, Eq, PartialEq)]
pub struct Card {
    /// The holder's name: the Chinese one where a foreigner has both.
    pub name: Secret<String>,
    pub sex: Sex,
    pub birth: Date,
    /// The number, its check digit right.
    pub number: IdentityNumber,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity.
    pub valid_to: Until,
    /// The address added after issue (30 03), where the card holds one.
    pub newest_address: Option<Secret<String>>,
    /// What only this kind of card says.
    pub details: Details,
}

/// What only one kind of card says.
#[derive(Clone, Eq, PartialEq)]
pub enum Details {
    /// Foreigner's permanent residence card of 2017 (I).
    Foreigner2017 {
        english_name: Secret<String>,
        /// Chinese name, where there is one.
        chinese_name: Option<Secret<String>>,
        nationality: Secret<String>,
        /// Version of the card.
        card_version: String,
        /// Code of the accepting authority.
        authority: String,
    },
    /// Foreigner's permanent residence card of 2023 (Y).
    Foreigner2023 {
        english_name: Secret<String>,
        /// Chinese name, where there is one.
        chinese_name: Option<Secret<String>>,
        /// Country or region, three characters.
        country: Secret<String>,
        /// How often the card was renewed.
        renewal_count: String,
        /// What ties the number to that of 2017: city code and sequence digit.
        earlier_number: Option<Secret<String>>,
    },
    /// Residence permit of Hong Kong, Macau and Taiwan residents (J).
    Permit {
        address: Secret<String>,
        issuer: Secret<String>,
        /// Number of the pass (通行证).
        pass_number: Secret<String>,
        /// How often it was issued.
        issue_count: String,
    },
    Resident {
        /// Nation (民族), where the chip gives one.
        nation: Option<Nation>,
        address: Secret<String>,
        issuer: Secret<String>,
    },
}

/// Last day on which a card is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Until {
    Date(Date),
    /// 长期: for life.
    LongTerm,
}

/// Whether a reply carries a length for fingerprints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fingerprint {
    /// 30 10: it does. The prints are skipped.
    Include,
    /// 30 01: it does not.
    Skip,
}

/// The text of a read reply, if its lengths add up.
///
/// The lengths decide: a card without photo or prints says so there.
pub fn text_of(data: &[u8], form: Fingerprint) -> Result<&[u8; TEXT_LENGTH], CardProblem> {
    let lengths = match form {
        Fingerprint::Include => 3,
        Fingerprint::Skip => 2,
    };
    let malformed = CardProblem::Malformed(Field::Lengths);
    let (head, body) = data.split_at_checked(lengths * 2).ok_or(malformed)?;
    let (pairs, _) = head.as_chunks();
    let mut claimed = pairs
        .iter()
        .map(|pair| usize::from(u16::from_be_bytes(*pair)));
    let text_length = claimed.next().unwrap_or(0);
    let rest: usize = claimed.sum();
    let text = body.first_chunk::<TEXT_LENGTH>().ok_or(malformed)?;
    if text_length == TEXT_LENGTH && body.len() == TEXT_LENGTH + rest {
        Ok(text)
    } else {
        Err(malformed)
    }
}

impl Card {
    /// Reads a card's text in whichever layout its letter tells.
    pub fn parse(text: &[u8; TEXT_LENGTH]) -> Result<Self, CardProblem> {
        let kind = read(text, layout::KIND, Field::Kind)?;
        match kind.expose().as_str() {
            "" => parse_resident(text),
            "I" => parse_foreigner_2017(text),
            "J" => parse_permit(text),
            "Y" => parse_foreigner_2023(text),
            _ => Err(CardProblem::UnknownLayout),
        }
    }

    /// Which certificate it is.
    pub fn kind(&self) -> CertificateKind {
        match self.details {
            Details::Foreigner2017 { .. } | Details::Foreigner2023 { .. } => {
                CertificateKind::Foreigner
            }
            Details::Permit { .. } => CertificateKind::Permit,
            Details::Resident { .. } => CertificateKind::Resident,
        }
    }

    /// Weighs the card on a day. Only what passes can become evidence.
    pub fn check(self, today: Date) -> Result<CheckedCard, CardProblem> {
        self.check_number()?;
        if self.birth > today {
            return Err(CardProblem::BirthInFuture);
        }
        let last = match self.valid_to {
            Until::Date(last) => last,
            Until::LongTerm => Date::MAX,
        };
        if self.valid_from > last {
            return Err(CardProblem::ValidityReversed);
        }
        if today < self.valid_from {
            return Err(CardProblem::NotYetValid);
        }
        if today > last {
            return Err(CardProblem::Expired);
        }
        Ok(CheckedCard(self))
    }

    fn check_number(&self) -> Result<(), CardProblem> {
        let length = self.number.expose().len();
        let expected = match self.details {
            Details::Foreigner2017 { .. } => 15,
            Details::Foreigner2023 { .. } | Details::Permit { .. } | Details::Resident { .. } => 18,
        };
        if self.number.kind() != self.kind() || length != expected {
            return Err(CardProblem::NumberKind);
        }
        // The number of 2017 has no century.
        let comparable = |birth: Date| match self.details {
            Details::Foreigner2017 { .. } => {
                (birth.year().rem_euclid(100), birth.month(), birth.day())
            }
            _ => (birth.year(), birth.month(), birth.day()),
        };
        if comparable(self.birth) != comparable(self.number.birth()) {
            return Err(CardProblem::BirthMismatch);
        }
        match (self.sex, self.number.sex()) {
            (Sex::Female, Sex::Male) | (Sex::Male, Sex::Female) => Err(CardProblem::SexMismatch),
            // A card may leave the sex open; that contradicts nothing.
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Card({:?}, [secret])", self.kind())
    }
}

/// A card that contradicts itself nowhere and is valid on the day it was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckedCard(Card);

impl CheckedCard {
    /// What the chip says.
    pub fn card(&self) -> &Card {
        &self.0
    }
}

/// Which reader read a card, as far as anybody can tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReaderIdentity {
    /// Number of its security module, as it reports itself.
    pub sam: Option<String>,
    /// How it is attached.
    pub transport: Transport,
}

fn parse_resident(text: &[u8; TEXT_LENGTH]) -> Result<Card, CardProblem> {
    let nation = read(text, layout::NATION, Field::Nation)?;
    let details = Details::Resident {
        nation: present(nation).map(|code| Nation::new(code.expose())),
        address: read(text, layout::ADDRESS, Field::Address)?,
        issuer: read(text, layout::ISSUER, Field::Issuer)?,
    };
    let name = required(text, layout::NAME, Field::Name)?;
    assemble(text, name, details)
}

fn parse_permit(text: &[u8; TEXT_LENGTH]) -> Result<Card, CardProblem> {
    let details = Details::Permit {
        address: read(text, layout::ADDRESS, Field::Address)?,
        issuer: read(text, layout::ISSUER, Field::Issuer)?,
        pass_number: read(text, layout::PERMIT_PASS_NUMBER, Field::PassNumber)?,
        issue_count: read_plain(text, layout::PERMIT_ISSUES, Field::IssueCount)?,
    };
    let name = required(text, layout::NAME, Field::Name)?;
    assemble(text, name, details)
}

fn parse_foreigner_2017(text: &[u8; TEXT_LENGTH]) -> Result<Card, CardProblem> {
    let english_name = required(text, layout::F2017_ENGLISH_NAME, Field::EnglishName)?;
    let chinese_name = present(read(text, layout::F2017_CHINESE_NAME, Field::ChineseName)?);
    let name = chinese_name.as_ref().unwrap_or(&english_name).clone();
    let details = Details::Foreigner2017 {
        english_name,
        chinese_name,
        nationality: read(text, layout::F2017_NATIONALITY, Field::Country)?,
        card_version: read_plain(text, layout::F2017_VERSION, Field::CardVersion)?,
        authority: read_plain(text, layout::F2017_AUTHORITY, Field::Authority)?,
    };
    assemble(text, name, details)
}

fn parse_foreigner_2023(text: &[u8; TEXT_LENGTH]) -> Result<Card, CardProblem> {
    // One name in two places: a space at the seam is part of it.
    let malformed = CardProblem::Malformed(Field::EnglishName);
    let first = layout::F2023_ENGLISH_NAME.decode(text).ok_or(malformed)?;
    let rest = layout::F2023_ENGLISH_NAME_REST
        .decode(text)
        .ok_or(malformed)?;
    let mut whole = String::with_capacity(first.expose().len() + rest.expose().len());
    whole.push_str(first.expose());
    whole.push_str(rest.expose());
    let english_name = present(trimmed(&Secret::new(whole))).ok_or(malformed)?;
    let chinese_name = present(read(text, layout::NAME, Field::ChineseName)?);
    let name = chinese_name.as_ref().unwrap_or(&english_name).clone();
    let earlier = read(text, layout::F2023_EARLIER_NUMBER, Field::EarlierNumber)?;
    let details = Details::Foreigner2023 {
        english_name,
        chinese_name,
        country: read(text, layout::F2023_COUNTRY, Field::Country)?,
        renewal_count: read_plain(text, layout::F2023_RENEWALS, Field::RenewalCount)?,
        earlier_number: present(earlier),
    };
    assemble(text, name, details)
}

/// Adds what all layouts have, each in its place.
fn assemble(
    text: &[u8; TEXT_LENGTH],
    name: Secret<String>,
    details: Details,
) -> Result<Card, CardProblem> {
    let (sex, birth, number) = match details {
        Details::Foreigner2017 { .. } => {
            (layout::F2017_SEX, layout::F2017_BIRTH, layout::F2017_NUMBER)
        }
        Details::Foreigner2023 { .. } | Details::Permit { .. } | Details::Resident { .. } => {
            (layout::SEX, layout::BIRTH, layout::NUMBER)
        }
    };
    let number = read(text, number, Field::Number)?;
    let valid_to = read(text, layout::VALID_TO, Field::ValidTo)?;
    Ok(Card {
        name,
        sex: sex_of(read(text, sex, Field::Sex)?.expose()),
        birth: date(text, birth, Field::Birth)?,
        number: number.expose().parse().map_err(number_problem)?,
        valid_from: date(text, layout::VALID_FROM, Field::ValidFrom)?,
        valid_to: match valid_to.expose().as_str() {
            "长期" => Until::LongTerm,
            _ => Until::Date(date(text, layout::VALID_TO, Field::ValidTo)?),
        },
        newest_address: None,
        details,
    })
}

fn number_problem(error: IdentityNumberError) -> CardProblem {
    match error {
        IdentityNumberError::CheckDigit => CardProblem::CheckDigit,
        IdentityNumberError::ImpossibleBirth | IdentityNumberError::Malformed => {
            CardProblem::Malformed(Field::Number)
        }
    }
}

/// SPEC: GB/T 2261.1. A code that it does not list says nothing.
fn sex_of(code: &str) -> Sex {
    match code {
        "1" => Sex::Male,
        "2" => Sex::Female,
        "9" => Sex::NotStated,
        _ => Sex::Unknown,
    }
}

fn trimmed(text: &Secret<String>) -> Secret<String> {
    Secret::new(text.expose().trim_end_matches(' ').to_owned())
}

fn present(text: Secret<String>) -> Option<Secret<String>> {
    (!text.expose().trim().is_empty()).then_some(text)
}

fn read(
    text: &[u8; TEXT_LENGTH],
    place: Place,
    field: Field,
) -> Result<Secret<String>, CardProblem> {
    let padded = place.decode(text).ok_or(CardProblem::Malformed(field))?;
    Ok(trimmed(&padded))
}

fn read_plain(text: &[u8; TEXT_LENGTH], place: Place, field: Field) -> Result<String, CardProblem> {
    Ok(read(text, place, field)?.expose().trim().to_owned())
}

fn required(
    text: &[u8; TEXT_LENGTH],
    place: Place,
    field: Field,
) -> Result<Secret<String>, CardProblem> {
    present(read(text, place, field)?).ok_or(CardProblem::Malformed(field))
}

fn date(text: &[u8; TEXT_LENGTH], place: Place, field: Field) -> Result<Date, CardProblem> {
    let digits = read(text, place, field)?;
    parse_date(digits.expose()).ok_or(CardProblem::Malformed(field))
}

fn parse_date(digits: &str) -> Option<Date> {
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year = digits.get(..4)?.parse().ok()?;
    let month = digits.get(4..6)?.parse().ok()?;
    Date::new(year, month, digits.get(6..)?.parse().ok()?).ok()
}
