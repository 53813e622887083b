//! A board as the page shows it: in one language, with every light as a word, a shape and a colour.
//!
//! In scope: choosing texts, and keeping what is personal off the page even if it came here unmasked.
//! Out of scope: HTML and its escaping (the templates).

use pharmacy_protocol::person::{mask_name, mask_number};

use super::language::Language;
use crate::desk::{Board, BoardLine, BoardReason, BoardSale, DoubtView, Light};

/// A light: its class in the style sheet, which is the name of its shape, and its word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sign {
    pub class: &'static str,
    pub word: &'static str,
}

/// A board, ready for the templates.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub till: &'a str,
    pub sign: Sign,
    /// What to do first, beside the light.
    pub lead: &'a str,
    pub alarms: Vec<&'static str>,
    pub scan_problem: Option<&'static str>,
    pub waiting_scans: usize,
    pub sale: Option<SaleItem<'a>>,
    pub doubts: Vec<DoubtItem<'a>>,
}

#[derive(Debug)]
pub(super) struct SaleItem<'a> {
    pub id: String,
    pub holder: Option<String>,
    pub total: String,
    /// Seconds left, and what to do within them.
    pub lapse: Option<(u32, &'static str)>,
    pub reasons: Vec<ReasonItem<'a>>,
    pub lines: Vec<LineItem<'a>>,
}

#[derive(Debug)]
pub(super) struct ReasonItem<'a> {
    pub sign: Sign,
    pub line: Option<u32>,
    pub rule: &'a str,
    pub message: &'a str,
    pub remedy: &'a str,
}

#[derive(Debug)]
pub(super) struct LineItem<'a> {
    pub number: u32,
    pub name: &'a str,
    pub sign: Sign,
    /// `1/2`, or `1` where nobody knows how many are needed.
    pub packs: String,
}

#[derive(Debug)]
pub(super) struct DoubtItem<'a> {
    pub sale: String,
    pub msgid: &'a str,
    pub what: &'static str,
    pub till: &'a str,
    pub since: String,
    pub holder: Option<String>,
    pub total: String,
}

impl<'a> View<'a> {
    /// Puts a board into a language.
    pub(super) fn of(board: &'a Board, lang: Language) -> Self {
        let sale = board
            .sale
            .as_ref()
            .map(|sale| sale_item(sale, board.light, lang));
        let first = sale.as_ref().and_then(|sale| sale.reasons.first());
        // A note beside a green light asks for nothing.
        let lead = match board.light {
            Light::Amber | Light::Red => first.map_or("", |reason| reason.remedy),
            Light::Green | Light::Idle => "",
        };
        Self {
            till: &board.till,
            sign: sale_sign(board.light, lang),
            lead,
            alarms: board.alarms.iter().map(|code| lang.say(code)).collect(),
            scan_problem: board.scan_problem.as_deref().map(|code| lang.say(code)),
            waiting_scans: board.waiting_scans,
            sale,
            doubts: board
                .in_doubt
                .iter()
                .map(|doubt| doubt_item(doubt, lang))
                .collect(),
        }
    }
}

fn sale_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.light-amber"),
        Light::Green => ("green", "counter.light-green"),
        Light::Idle => ("idle", "counter.light-idle"),
        Light::Red => ("red", "counter.light-red"),
    };
    let word = lang.say(code);
    Sign { class, word }
}

fn line_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.line-amber"),
        Light::Green => ("green", "counter.line-green"),
        Light::Idle => ("idle", "counter.line-idle"),
        Light::Red => ("red", "counter.line-red"),
    };
    let word = lang.say(code);
    Sign { class, word }
}

fn reason_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.reason-amber"),
        Light::Green | Light::Idle => ("green", "counter.reason-green"),
        Light::Red => ("red", "counter.reason-red"),
    };
    let word = lang.say(code);
    Sign { class, word }
}

fn sale_item(sale: &BoardSale, light: Light, lang: Language) -> SaleItem<'_> {
    let within = match light {
        Light::Amber | Light::Red => lang.say("counter.lapse-complete"),
        Light::Green | Light::Idle => lang.say("counter.lapse-settle"),
    };
    SaleItem {
        id: sale.sale.to_string(),
        holder: sale.holder.as_deref().map(masked),
        total: sale.total.to_string(),
        lapse: (sale.lapses_s > 0).then_some((sale.lapses_s, within)),
        reasons: sale
            .reasons
            .iter()
            .map(|reason| reason_item(reason, lang))
            .collect(),
        lines: sale
            .lines
            .iter()
            .map(|line| line_item(line, lang))
            .collect(),
    }
}

fn reason_item(reason: &BoardReason, lang: Language) -> ReasonItem<'_> {
    ReasonItem {
        sign: reason_sign(reason.light, lang),
        line: reason.line,
        rule: &reason.rule,
        message: lang.choose(&reason.message, &reason.message_en),
        remedy: lang.choose(&reason.remedy, &reason.remedy_en),
    }
}

fn line_item(line: &BoardLine, lang: Language) -> LineItem<'_> {
    LineItem {
        number: line.number,
        name: &line.name,
        sign: line_sign(line.light, lang),
        packs: match line.packs_needed {
            Some(needed) => format!("{}/{needed}", line.packs),
            None => line.packs.to_string(),
        },
    }
}

fn doubt_item(doubt: &DoubtView, lang: Language) -> DoubtItem<'_> {
    let what = match doubt.direction.as_str() {
        "reversal" => "counter.doubt-reversal",
        _ => "counter.doubt-settlement",
    };
    DoubtItem {
        sale: doubt.sale.to_string(),
        msgid: &doubt.msgid,
        what: lang.say(what),
        till: &doubt.till,
        since: shop_time(doubt.since_ms),
        holder: doubt.holder.as_deref().map(masked),
        total: doubt.total.to_string(),
    }
}

/// Time as the shop's clock shows it: China has one.
fn shop_time(ms: i64) -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    jiff::Timestamp::from_millisecond(ms)
        .map(|at| at.to_zoned(zone).strftime("%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

/// The masked text of a person, word by word. The desk masks; a word that came without a star is
/// masked here, because customers read this screen over the counter.
fn masked(person: &str) -> String {
    let words = person.split_whitespace().map(|word| {
        if word.contains('*') {
            word.to_owned()
        } else if word.is_ascii() && word.bytes().any(|byte| byte.is_ascii_digit()) {
            mask_number(word)
        } else {
            mask_name(word)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_masked_even_if_the_desk_forgot() {
        let cases = [
            ("测** 1***************2X", "测** 1***************2X"),
            ("测试女 11010519491231002X", "测** 1***************2X"),
            ("测试女", "测**"),
            ("Test", "T***"),
            ("", ""),
        ];
        for (given, expected) in cases {
            assert_eq!(masked(given), expected);
        }
    }

    #[test]
    fn the_shops_clock_is_eight_hours_ahead() {
        assert_eq!(shop_time(0), "01-01 08:00");
    }
}
