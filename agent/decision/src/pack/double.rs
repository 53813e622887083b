//! What keeps one purchase from being paid twice: how long, which answers say that nothing was done.
//!
//! In scope: reading `doubles.csv`. Out of scope: what follows from it (the agent's gate).
//!
//! Item by item the closest region counts. What the table does not say is not assumed: without a row
//! nothing is likely a double, and no answer ends a doubt.

use jiff::civil::Date;
use pharmacy_protocol::term::RegionCode;

use crate::pack::error::PackError;
use crate::pack::file;
use crate::pack::scope::Regional;
use crate::pack::source::PackSource;
use crate::pack::table::{FROM, REGION, Row, Table, UNTIL};

/// What holds here and today.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Doubles {
    /// How long after a settlement the same goods for the same person are likely the same purchase,
    /// milliseconds; none where they never are.
    pub likely_ms: Option<i64>,
    /// How long after a departure the platform's "no such transaction" may end a doubt, milliseconds;
    /// none where it never does.
    pub unknown_ms: Option<i64>,
    /// Statuses of HTTP that say that the platform did not take the call.
    pub not_taken: Vec<u16>,
    /// Words by which the platform says that it knows no such transaction.
    pub unknown_words: Vec<String>,
}

impl Doubles {
    /// Does a refusal of the platform say that it knows no such transaction?
    pub fn says_unknown(&self, message: &str) -> bool {
        let mut words = self.unknown_words.iter();
        words.any(|word| message.contains(word.as_str()))
    }
}

/// One row.
#[derive(Clone, Debug)]
pub(super) enum Setting {
    Likely(i64),
    NotTaken(Vec<u16>),
    Unknown(i64),
    UnknownWords(Vec<String>),
}

const COLUMNS: &[&str] = &[REGION, FROM, UNTIL, "项目", "值", "依据"];

/// Reads `doubles.csv`.
pub(super) fn compile(source: &PackSource) -> Result<Regional<Setting>, PackError> {
    let table = Table::read(source, file::DOUBLES, COLUMNS)?;
    table.regional(|row| Ok((row.scope()?, setting(&row)?)))
}

fn setting(row: &Row<'_>) -> Result<Setting, PackError> {
    match row.cell("项目") {
        "疑似重复分钟" => minutes(row).map(Setting::Likely),
        "查无间隔分钟" => minutes(row).map(Setting::Unknown),
        "未受理状态" => row
            .parse("值", "HTTP statuses of 300 to 599 with spaces", statuses)
            .map(Setting::NotTaken),
        "查无用语" => row
            .parse("值", "words of at least two characters with spaces", words)
            .map(Setting::UnknownWords),
        _ => row.parse(
            "项目",
            "one of the items of `protocol/spec/rule-pack.md`",
            |_| None,
        ),
    }
}

/// Most minutes: a day.
const MAX_MINUTES: i64 = 24 * 60;

fn minutes(row: &Row<'_>) -> Result<i64, PackError> {
    row.parse("值", "minutes, 1 to 1440", |text| {
        let minutes: i64 = text.parse().ok()?;
        let is_in = (1..=MAX_MINUTES).contains(&minutes);
        is_in.then(|| minutes.saturating_mul(60_000))
    })
}

fn statuses(text: &str) -> Option<Vec<u16>> {
    // A success is none of these, whatever a table says.
    let status = |text: &str| {
        text.parse()
            .ok()
            .filter(|status| (300..600).contains(status))
    };
    text.split_whitespace().map(status).collect()
}

fn words(text: &str) -> Option<Vec<String>> {
    let word = |text: &str| (text.chars().count() >= 2).then(|| text.to_owned());
    text.split_whitespace().map(word).collect()
}

/// What holds for a store of a region on a day.
pub(super) fn in_force(settings: &Regional<Setting>, region: &RegionCode, today: Date) -> Doubles {
    let mut doubles = Doubles::default();
    let all = |is: fn(&Setting) -> bool| settings.in_force(region, today, is);
    for setting in all(|setting| matches!(setting, Setting::Likely(_))) {
        if let Setting::Likely(ms) = setting {
            doubles.likely_ms = doubles.likely_ms.max(Some(*ms));
        }
    }
    for setting in all(|setting| matches!(setting, Setting::Unknown(_))) {
        if let Setting::Unknown(ms) = setting {
            doubles.unknown_ms = doubles.unknown_ms.max(Some(*ms));
        }
    }
    for setting in all(|setting| matches!(setting, Setting::NotTaken(_))) {
        if let Setting::NotTaken(statuses) = setting {
            doubles.not_taken.extend_from_slice(statuses);
        }
    }
    for setting in all(|setting| matches!(setting, Setting::UnknownWords(_))) {
        if let Setting::UnknownWords(words) = setting {
            doubles.unknown_words.extend_from_slice(words);
        }
    }
    doubles
}
