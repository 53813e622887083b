//! Addresses that a two-dimensional symbol holds, and the one code in them.
//!
//! ```text
//! https://id.gs1.org/01/06901234567892/21/S1?17=261231      GS1 Digital Link
//! https://example.cn/trace?c=81234567890123456789           a platform's page
//! ```
//! Out of scope: opening one. Two different codes in one address are ambiguous.

use zeroize::Zeroizing;

use super::super::digit::is_digits;
use super::super::gs1::Gs1;
use super::code::{NoCode, Read, TraceForm, TracePack};
use super::{symbol, word};

/// Whether a text is one address.
pub(super) fn is_one(text: &str) -> bool {
    let is_begun = |mark: &str| {
        text.get(..mark.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(mark))
    };
    let begins = is_begun("http://") || is_begun("https://") || is_begun("www.");
    begins && !text.contains([' ', '\n', '\r', '\t']) && text.matches("://").count() < 2
}

/// Reads the one code of an address.
pub(super) fn read(address: &str) -> Read {
    let behind = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = behind.find(['/', '?', '#']).and_then(|at| behind.get(at..));
    let parts: Vec<Zeroizing<String>> = path
        .unwrap_or_default()
        .split(['/', '?', '#', '&', '='])
        .map(decoded)
        .collect();
    if let Some(read) = digital_link(&parts) {
        return read;
    }
    let mut codes: Vec<TracePack> = Vec::new();
    for part in &parts {
        let symbols = symbol::read(part, None).into_iter();
        codes.extend(symbols.flat_map(|symbols| symbols.found).flatten());
    }
    codes.extend(parts.iter().flat_map(|part| word::wrapped(part)));
    codes.dedup_by(|one, other| one.code == other.code);
    let Some(first) = codes.pop() else {
        return Err(NoCode::Address);
    };
    match codes.iter().all(|other| other.code == first.code) {
        true => Ok(first),
        false => Err(NoCode::Ambiguous),
    }
}

/// SPEC: GS1 Digital Link URI syntax: identifiers and values by turns in the path, further ones in the
/// query; a product's number may be shorter than fourteen digits.
fn digital_link(parts: &[Zeroizing<String>]) -> Option<Read> {
    let value = |identifier: &str| {
        let mut at = parts.iter().skip_while(|part| part.as_str() != identifier);
        at.nth(1).map(|value| value.as_str())
    };
    let product =
        value("01").filter(|product| matches!(product.len(), 8 | 12..=14) && is_digits(product))?;
    let elements = ["17", "10", "21"].iter();
    let elements = elements.filter_map(|name| Some((name, value(name)?)));
    let elements = elements.map(|(name, value)| format!("({name}){value}"));
    let text = Zeroizing::new(format!(
        "(01){product:0>14}{}",
        elements.collect::<String>()
    ));
    Some(match symbol::pack_of(Gs1::parse_bracketed(&text)) {
        Ok(pack) => Ok(TracePack {
            form: TraceForm::Gs1,
            ..pack
        }),
        other => other,
    })
}

/// A part of an address without its percent signs.
fn decoded(part: &str) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(part.len()));
    let mut rest = part.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let coded = behind.first_chunk::<2>().filter(|_| *first == b'%');
        let coded = coded.and_then(|digits| {
            let digits = str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        match coded {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}
