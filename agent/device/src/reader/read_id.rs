//! Reads one card and prints it: what an installer tries first at a new till.
//!
//! ```text
//! resident 测*** 1***************2X valid to long-term                    without options
//! {"type":"resident","name":"测***",…}                                    --json, masked
//! {"type":"resident","name":"测试样本",…}                                 --json --show-personal-data
//! ```
//! In scope: one read, its check, its print. Out of scope: options of the command line, standard
//! output and error, exit codes (the caller), recording anything.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{CertificateKind, Sex, mask_name, mask_number};
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::card::{Card, Details, Fingerprint, Until};
use super::conversation::{Conversation, Undisturbed};
use super::error::ReadError;
use super::message::Message;
use super::problem::CardProblem;
use super::timing::Timing;
use crate::address::Address;
use crate::port::Opener;

/// How long a card is waited for if nobody says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How a card is printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// One JSON object on one line.
    Json,
    /// One line for a human.
    #[default]
    Line,
}

/// Whether personal data are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Disclosure {
    #[default]
    Masked,
    /// In full, because somebody asked for it by name.
    PersonalData,
}

/// What to read from, and how to print it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadIdOptions {
    /// Where the reader is attached.
    pub device: Address,
    /// How the card is printed.
    pub format: Format,
    /// Whether personal data are printed.
    pub disclosure: Disclosure,
    /// How long a card is waited for.
    pub timeout: Duration,
    /// Waiting times of the conversation.
    pub timing: Timing,
}

impl ReadIdOptions {
    /// One masked line, and half a minute to present the card.
    pub fn new(device: Address) -> Self {
        Self {
            device,
            format: Format::default(),
            disclosure: Disclosure::default(),
            timeout: DEFAULT_TIMEOUT,
            timing: Timing::default(),
        }
    }
}

/// Why no card was printed. Carries no part of a card.
#[derive(Debug, thiserror::Error)]
pub enum ReadIdError {
    /// The card was read and can be no evidence.
    #[error("card cannot be accepted")]
    Card(#[source] CardProblem),
    /// The card could not be printed.
    #[error("cannot write the card's line")]
    Output(#[source] io::Error),
    /// No card was read.
    #[error("cannot read a card")]
    Read(#[source] ReadError),
}

impl ReadIdError {
    /// What the person at the screen reads: code, Chinese, English.
    pub fn message(&self) -> Message {
        match self {
            Self::Card(problem) => problem.message(),
            Self::Output(_) => Message::of("read-id.output"),
            Self::Read(error) => error.message(),
        }
    }
}

/// Reads one card and prints it, if it could serve as evidence today.
pub fn run(options: &ReadIdOptions, today: Date, out: &mut dyn Write) -> Result<(), ReadIdError> {
    let card = read(options).map_err(|error| match error {
        ReadError::Card(problem) => ReadIdError::Card(problem),
        other => ReadIdError::Read(other),
    })?;
    let checked = card.check(today).map_err(ReadIdError::Card)?;
    let text = match options.format {
        Format::Json => json_of(checked.card(), options.disclosure)?,
        Format::Line => line_of(checked.card(), options.disclosure),
    };
    writeln!(out, "{}", *text)
        .and_then(|()| out.flush())
        .map_err(ReadIdError::Output)
}

fn read(options: &ReadIdOptions) -> Result<Card, ReadError> {
    let deadline = Instant::now() + options.timeout;
    let port = options
        .device
        .clone()
        .open(options.timing.open.min(options.timeout))
        .map_err(ReadError::Absent)?;
    let mut conversation = Conversation::new(port, options.timing);
    conversation.init()?;
    conversation.read_card(Fingerprint::Skip, deadline, &mut Undisturbed)
}

fn kind_of(card: &Card) -> &'static str {
    match card.kind() {
        CertificateKind::Foreigner => "foreigner",
        CertificateKind::Permit => "permit",
        CertificateKind::Resident => "resident",
    }
}

fn until_text(until: Until) -> String {
    match until {
        Until::Date(date) => date.to_string(),
        Until::LongTerm => "long-term".to_owned(),
    }
}

fn line_of(card: &Card, disclosure: Disclosure) -> Zeroizing<String> {
    let (kind, until) = (kind_of(card), until_text(card.valid_to));
    let (name, number) = match disclosure {
        Disclosure::Masked => (mask_name(card.name.expose()), card.number.masked()),
        Disclosure::PersonalData => (card.name.expose().clone(), card.number.expose().to_owned()),
    };
    let (name, number) = (Zeroizing::new(name), Zeroizing::new(number));
    Zeroizing::new(format!("{kind} {} {} valid to {until}", *name, *number))
}

/// What is printed of a card. The first ten are always there; the others where the layout has them.
#[derive(Serialize)]
struct Printed {
    #[serde(rename = "type")]
    kind: &'static str,
    name: Option<String>,
    sex: &'static str,
    nation: Option<String>,
    birth: Option<String>,
    address: Option<String>,
    number: Option<String>,
    issuer: Option<String>,
    valid_from: String,
    valid_to: String,
    #[serde(flatten)]
    more: More,
}

/// What only some cards say: each has its own members.
struct More(Vec<(&'static str, Option<String>)>);

impl Serialize for More {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn json_of(card: &Card, disclosure: Disclosure) -> Result<Zeroizing<String>, ReadIdError> {
    let printed = Printed::of(card, Veil(disclosure));
    let text = serde_json::to_string(&printed);
    text.map(Zeroizing::new)
        .map_err(|error| ReadIdError::Output(error.into()))
}

/// Covers what names or describes a person, unless somebody asked to see it.
#[derive(Clone, Copy)]
struct Veil(Disclosure);

impl Veil {
    fn cover(self, text: &str, mask: impl Fn(&str) -> String) -> Option<String> {
        if text.trim().is_empty() {
            return None;
        }
        Some(match self.0 {
            Disclosure::Masked => mask(text),
            Disclosure::PersonalData => text.to_owned(),
        })
    }

    fn name(self, name: &Secret<String>) -> Option<String> {
        self.cover(name.expose(), mask_name)
    }

    fn number(self, number: &str) -> Option<String> {
        self.cover(number, mask_number)
    }

    fn whole(self, text: &str) -> Option<String> {
        self.cover(text, |_| "***".to_owned())
    }
}

impl Printed {
    fn of(card: &Card, veil: Veil) -> Self {
        let (nation, address, issuer) = match &card.details {
            Details::Resident {
                nation,
                address,
                issuer,
            } => (nation.as_ref(), Some(address), Some(issuer)),
            Details::Permit {
                address, issuer, ..
            } => (None, Some(address), Some(issuer)),
            Details::Foreigner2017 { .. } | Details::Foreigner2023 { .. } => (None, None, None),
        };
        let nation = nation.map(|nation| nation.name().unwrap_or("unknown"));
        Self {
            kind: kind_of(card),
            name: veil.name(&card.name),
            sex: match (veil.0, card.sex) {
                (Disclosure::Masked, _) => "***",
                (_, Sex::Female) => "female",
                (_, Sex::Male) => "male",
                (_, Sex::NotStated | Sex::Unknown) => "unknown",
            },
            nation: nation.and_then(|nation| veil.whole(nation)),
            birth: veil.cover(&card.birth.to_string(), |_| "****-**-**".to_owned()),
            address: address.and_then(|address| veil.whole(address.expose())),
            number: veil.number(card.number.expose()),
            issuer: issuer.and_then(|issuer| veil.whole(issuer.expose())),
            valid_from: card.valid_from.to_string(),
            valid_to: until_text(card.valid_to),
            more: More::of(card, veil),
        }
    }
}

impl More {
    fn of(card: &Card, veil: Veil) -> Self {
        let plain = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let newest = card.newest_address.as_ref();
        let newest = newest.and_then(|address| veil.whole(address.expose()));
        let mut more = Vec::from_iter(newest.map(|address| ("newest_address", Some(address))));
        match &card.details {
            Details::Resident { nation, .. } => {
                let code = nation.as_ref().and_then(|nation| veil.whole(nation.code()));
                more.extend(code.map(|code| ("nation_code", Some(code))));
            }
            Details::Permit {
                pass_number,
                issue_count,
                ..
            } => more.extend([
                ("pass_number", veil.number(pass_number.expose())),
                ("issue_count", plain(issue_count)),
            ]),
            Details::Foreigner2017 {
                english_name,
                chinese_name,
                nationality,
                card_version,
                authority,
            } => more.extend([
                ("english_name", veil.name(english_name)),
                (
                    "chinese_name",
                    chinese_name.as_ref().and_then(|name| veil.name(name)),
                ),
                ("country", veil.whole(nationality.expose())),
                ("card_version", plain(card_version)),
                ("authority", plain(authority)),
            ]),
            Details::Foreigner2023 {
                english_name,
                chinese_name,
                country,
                renewal_count,
                earlier_number,
            } => {
                let earlier = earlier_number.as_ref();
                more.extend([
                    ("english_name", veil.name(english_name)),
                    (
                        "chinese_name",
                        chinese_name.as_ref().and_then(|name| veil.name(name)),
                    ),
                    ("country", veil.whole(country.expose())),
                    ("renewal_count", plain(renewal_count)),
                    (
                        "previous_number",
                        earlier.and_then(|text| veil.whole(text.expose())),
                    ),
                ]);
            }
        }
        Self(more)
    }
}
