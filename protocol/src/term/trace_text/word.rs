//! Words of a text: digits in groups, makers' own codes, and what is neither.

use zeroize::Zeroizing;

use super::super::digit::{MAX_TRACE_CODE, is_digits};
use super::super::insurance_code::InsuranceCode;
use super::super::trace_code::{Barcode, TraceCode};
use super::code::{NoCode, Read, TraceForm, TracePack, Wallet};

/// SPEC: content of the insured's QR code: 424 and 25 more; the open platform's has `opc` instead.
const INSURED_LENGTH: usize = 28;

/// Digits of a platform's trace code (NMPAB/T 1002).
const PLATFORM_LENGTH: usize = 20;

/// Shortest code of a maker's own: anything shorter is a number of a lot, a till or an article.
const SHORTEST_OWN: usize = 8;

/// What tills write where there is no code.
const PLACEHOLDERS: [&str; 17] = [
    "-",
    "--",
    "/",
    "n/a",
    "na",
    "nan",
    "nil",
    "none",
    "null",
    "undefined",
    "无",
    "无码",
    "无追溯码",
    "暂无",
    "没有",
    "空",
    "免扫码",
];

/// Words of approval numbers.
const APPROVALS: [&str; 6] = ["国药准字", "国药试字", "国食健", "卫食健", "械注", "械备"];

/// A platform's twenty digits, which begin with 8.
pub(super) fn platform(text: &str) -> Option<TraceCode> {
    let is_platform = text.len() == PLATFORM_LENGTH && text.starts_with('8') && is_digits(text);
    (is_platform && !is_one_digit(text))
        .then(|| text.parse().ok())
        .flatten()
}

/// What lets somebody pay or act for a person.
pub(super) fn credential(text: &str) -> Option<NoCode> {
    let is_begun = |mark: &str| {
        text.get(..mark.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(mark))
    };
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if text.len() == INSURED_LENGTH && is_word && (is_begun("424") || is_begun("opc")) {
        return Some(NoCode::Insured);
    }
    if !is_digits(text) {
        return None;
    }
    if text.len() == PLATFORM_LENGTH && is_begun("424") {
        return Some(NoCode::Insured);
    }
    let first: u8 = text.get(..2)?.parse().ok()?;
    match (text.len(), first) {
        (18, 10..=15) => Some(NoCode::Payment(Wallet::WeChat)),
        (16..=24, 25..=30) => Some(NoCode::Payment(Wallet::Alipay)),
        _ => None,
    }
}

/// A product's code with a smaller one beside it.
pub(super) fn with_add_on(text: &str) -> Read {
    let main = text.get(..13).and_then(|main| main.parse().ok());
    Err(credential(text)
        .or(main.map(NoCode::Product))
        .unwrap_or(NoCode::Unknown))
}

/// Codes of twenty digits from 8 that stand in a text of other characters.
pub(super) fn wrapped(text: &str) -> Vec<TracePack> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter_map(platform)
        .map(|code| TracePack::bare(code, TraceForm::Wrapped))
        .collect()
}

/// Reads a piece that is no symbol.
pub(super) fn read(piece: &str, mut take: impl FnMut(Read)) {
    let whole = piece.trim();
    if is_placeholder(whole) {
        return take(Err(NoCode::Placeholder));
    }
    if is_number(whole) {
        return take(Err(NoCode::Rounded));
    }
    if APPROVALS.iter().any(|word| whole.contains(word)) {
        return take(Err(NoCode::Approval));
    }
    let is_text = |c: char| !(c.is_ascii_digit() || c == ' ' || c == '-');
    let is_glued = whole.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_glued && whole.contains(is_text) {
        let codes = wrapped(whole);
        if !codes.is_empty() {
            return codes.into_iter().for_each(|pack| take(Ok(pack)));
        }
    }
    // A label before the code: 追溯码：8123 4567 …
    let bare = match whole.is_ascii() {
        true => whole,
        false => whole.trim_start_matches(|c: char| !c.is_ascii() || c == ':' || c == ' '),
    };
    if bare.is_empty() {
        return take(Err(NoCode::Unknown));
    }
    Groups::default().read(bare, take);
}

/// Digits that stand in several groups.
#[derive(Default)]
struct Groups {
    digits: Zeroizing<String>,
    /// How long the first group was, and whether the following ones are as long.
    first: usize,
    is_uneven: bool,
}

impl Groups {
    fn read(mut self, text: &str, mut take: impl FnMut(Read)) {
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            let bare = Zeroizing::new(token.replace('-', ""));
            if !is_digits(&bare) {
                self.end().into_iter().for_each(&mut take);
                take(word(token));
                continue;
            }
            if bare.len() >= PLATFORM_LENGTH {
                self.end().into_iter().for_each(&mut take);
                take(digits(&bare));
                continue;
            }
            self.add(&bare);
            if self.digits.len() >= PLATFORM_LENGTH {
                self.end().into_iter().for_each(&mut take);
            }
        }
        self.end().into_iter().for_each(&mut take);
    }

    fn add(&mut self, group: &str) {
        match self.digits.is_empty() {
            true => self.first = group.len(),
            false => self.is_uneven |= group.len() != self.first,
        }
        self.digits.push_str(group);
    }

    fn end(&mut self) -> Option<Read> {
        let Self {
            digits: all,
            first,
            is_uneven,
        } = std::mem::take(self);
        if all.is_empty() {
            return None;
        }
        let is_grouped = first < all.len();
        Some(match all.len() {
            // A product's number and something else may make twenty together.
            PLATFORM_LENGTH if is_grouped && is_uneven && !all.starts_with('8') => {
                Err(NoCode::Ambiguous)
            }
            _ => digits(&all),
        })
    }
}

fn is_placeholder(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
        || PLACEHOLDERS
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

fn is_one_digit(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    bytes.all(|byte| Some(byte) == first)
}

/// What a run of digits is.
fn digits(text: &str) -> Read {
    if let Some(code) = platform(text) {
        return Ok(TracePack::bare(code, TraceForm::Platform));
    }
    if is_placeholder(text) {
        return Err(NoCode::Placeholder);
    }
    if let Some(credential) = credential(text) {
        return Err(credential);
    }
    let own = |form| match text.parse::<TraceCode>() {
        Ok(code) => Ok(TracePack::bare(code, form)),
        Err(_) => Err(NoCode::Length),
    };
    match text.len() {
        PLATFORM_LENGTH if is_one_digit(text) => Err(NoCode::SameDigits),
        PLATFORM_LENGTH => own(TraceForm::Unusual),
        18 if is_birth(text.get(6..14)) => Err(NoCode::IdNumber),
        length if length > MAX_TRACE_CODE => Err(NoCode::TooLong),
        // Several codes that ran together.
        length if length.is_multiple_of(PLATFORM_LENGTH) => Err(NoCode::Ambiguous),
        // About twenty digits are a code that was cut or typed wrong.
        16 | 24.. => own(TraceForm::Own),
        _ => Err(text
            .parse::<Barcode>()
            .map_or(NoCode::Length, NoCode::Product)),
    }
}

/// Eight digits that can be a day of birth.
fn is_birth(text: Option<&str>) -> bool {
    let number = |from, to| {
        let text = text?.get(from..to)?;
        text.parse::<u32>().ok()
    };
    number(0, 4).is_some_and(|year| (1900..=2100).contains(&year))
        && number(4, 6).is_some_and(|month| (1..=12).contains(&month))
        && number(6, 8).is_some_and(|day| (1..=31).contains(&day))
}

/// What a word is that is not all digits.
fn word(text: &str) -> Read {
    if is_placeholder(text) {
        return Err(NoCode::Placeholder);
    }
    if let Some(credential) = credential(text) {
        return Err(credential);
    }
    if text.len() > MAX_TRACE_CODE {
        return Err(NoCode::TooLong);
    }
    if is_number(text) {
        return Err(NoCode::Rounded);
    }
    let begins_as_birth = text.len() == 18 && is_birth(text.get(6..14));
    if begins_as_birth && text.ends_with(['x', 'X']) && text.get(..17).is_some_and(is_digits) {
        return Err(NoCode::IdNumber);
    }
    if is_approval(text) {
        return Err(NoCode::Approval);
    }
    if text.parse::<InsuranceCode>().is_ok() {
        return Err(NoCode::InsuranceCode);
    }
    match text.parse::<TraceCode>() {
        Ok(code @ TraceCode::Enterprise(_)) if is_own(text) => {
            Ok(TracePack::bare(code, TraceForm::Own))
        }
        _ => Err(NoCode::Unknown),
    }
}

/// A decimal number, as a table's program writes one that was too long for it.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok() && text.contains(['.', 'e', 'E', '+'])
}

/// A letter or two and eight digits, as approval numbers end.
fn is_approval(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = text.len().saturating_sub(digits.len());
    digits.len() == 8 && is_digits(digits) && (1..=2).contains(&letters)
}

/// Whether a text can be a code of a maker's own: only an article's confirmed form says that it is one.
fn is_own(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() >= SHORTEST_OWN
        && text.chars().all(is_inner)
        && ends(text.chars().next())
        && ends(text.chars().next_back())
        && text.bytes().filter(u8::is_ascii_digit).count() >= 4
}
