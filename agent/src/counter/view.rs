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

/// The words beside the light: what it is about, and what to do.
#[derive(Debug, Default)]
pub(super) struct Lead<'a> {
    /// The article; empty where the whole sale is meant.
    pub item: &'a str,
    pub remedy: &'a str,
    /// How to go on where this page cannot take the answer.
    pub elsewhere: &'static str,
}

impl Lead<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.remedy.is_empty()
    }
}

/// A board, ready for the templates.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub till: &'a str,
    pub sign: Sign,
    /// What to do first, beside the light.
    pub lead: Lead<'a>,
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
    /// How to go on where this page cannot take the answer; else empty.
    pub elsewhere: &'static str,
    /// Does a weightier reason for the same line stand above?
    pub is_further: bool,
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
        let sale = board.sale.as_ref().map(|sale| sale_item(sale, board, lang));
        let is_met = sale.as_ref().is_some_and(|sale| sale.lines.is_empty());
        let sign = match board.light {
            // Nothing was judged yet but the person.
            Light::Green if is_met => sign("green", "counter.light-met", lang),
            light => sale_sign(light, lang),
        };
        Self {
            till: &board.till,
            sign,
            lead: lead(board, lang),
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

/// What to do first. A note beside a green light asks for nothing.
fn lead(board: &Board, lang: Language) -> Lead<'_> {
    if let Some(code) = &board.told {
        let remedy = lang.say(told(code));
        return Lead {
            remedy,
            ..Lead::default()
        };
    }
    let code = match board.light {
        Light::Amber | Light::Red => {
            let sale = board.sale.as_ref();
            let first = sale.and_then(|sale| Some((sale, sale.reasons.first()?)));
            return first.map_or_else(Lead::default, |(sale, reason)| Lead {
                item: item_of(sale, reason),
                remedy: lang.choose(&reason.remedy, &reason.remedy_en),
                elsewhere: elsewhere(reason, lang),
            });
        }
        Light::Doubt => "counter.doubt-lead",
        Light::Sent => "counter.sent-lead",
        Light::Green | Light::Idle => return Lead::default(),
    };
    Lead {
        remedy: lang.say(code),
        ..Lead::default()
    }
}

/// A code that turned a till away, as this page words it: what the till's own message names at its
/// end stands elsewhere here.
fn told(code: &str) -> &str {
    match code {
        "gateway.duplicate" => "counter.duplicate",
        code => code,
    }
}

/// The article of a reason, unless the remedy goes for the whole sale.
fn item_of<'a>(sale: &'a BoardSale, reason: &BoardReason) -> &'a str {
    let mut lines = sale.lines.iter();
    let line = lines.find(|line| Some(line.number) == reason.line);
    line.map_or("", |line| &line.name)
}

/// What this page takes, so far, are trace codes. Questions and what has to be registered are
/// answered through the till's software.
fn elsewhere(reason: &BoardReason, lang: Language) -> &'static str {
    const REGISTERED: [&str; 4] = ["ephedrine.", "patient.", "prescription.", "proxy."];
    let rule = reason.rule.as_str();
    let is_registered = REGISTERED.iter().any(|prefix| rule.starts_with(prefix));
    let is_scanned = rule.starts_with("trace.");
    match reason.light {
        Light::Amber if !is_scanned => lang.say("counter.elsewhere"),
        Light::Red if is_registered => lang.say("counter.elsewhere"),
        _ => "",
    }
}

fn sign(class: &'static str, code: &str, lang: Language) -> Sign {
    let word = lang.say(code);
    Sign { class, word }
}

fn sale_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.light-amber"),
        Light::Doubt => ("doubt", "counter.light-doubt"),
        Light::Green => ("green", "counter.light-green"),
        Light::Idle => ("idle", "counter.light-idle"),
        Light::Red => ("red", "counter.light-red"),
        Light::Sent => ("sent", "counter.light-sent"),
    };
    sign(class, code, lang)
}

fn line_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.line-amber"),
        Light::Green => ("green", "counter.line-green"),
        Light::Doubt | Light::Idle | Light::Sent => ("idle", "counter.line-idle"),
        Light::Red => ("red", "counter.line-red"),
    };
    sign(class, code, lang)
}

fn reason_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.reason-amber"),
        Light::Doubt | Light::Green | Light::Idle | Light::Sent => {
            ("green", "counter.reason-green")
        }
        Light::Red => ("red", "counter.reason-red"),
    };
    sign(class, code, lang)
}

fn sale_item<'a>(sale: &'a BoardSale, board: &Board, lang: Language) -> SaleItem<'a> {
    let within = match board.light {
        // Turned away for what nobody completes at the counter.
        _ if board.told.is_some() => None,
        Light::Amber | Light::Red => Some("counter.lapse-complete"),
        // Before there are lines, and once it was sent, nobody has to hurry.
        Light::Green if !sale.lines.is_empty() => Some("counter.lapse-settle"),
        Light::Doubt | Light::Green | Light::Idle | Light::Sent => None,
    };
    let within = within.filter(|_| sale.lapses_s > 0);
    SaleItem {
        id: sale.sale.to_string(),
        holder: sale.holder.as_deref().map(masked),
        total: sale.total.to_string(),
        lapse: within.map(|code| (sale.lapses_s, lang.say(code))),
        reasons: sale
            .reasons
            .iter()
            .enumerate()
            .map(|(place, reason)| {
                let mut above = sale.reasons.iter().take(place);
                let is_further =
                    reason.line.is_some() && above.any(|other| other.line == reason.line);
                reason_item(reason, is_further, lang)
            })
            .collect(),
        lines: sale
            .lines
            .iter()
            .map(|line| line_item(line, lang))
            .collect(),
    }
}

fn reason_item(reason: &BoardReason, is_further: bool, lang: Language) -> ReasonItem<'_> {
    ReasonItem {
        sign: reason_sign(reason.light, lang),
        line: reason.line,
        rule: &reason.rule,
        message: lang.choose(&reason.message, &reason.message_en),
        remedy: lang.choose(&reason.remedy, &reason.remedy_en),
        elsewhere: elsewhere(reason, lang),
        is_further,
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
pub(super) fn masked(person: &str) -> String {
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

    fn refused(rule: &str, light: Light) -> BoardReason {
        BoardReason {
            rule: rule.into(),
            line: Some(1),
            light,
            message: "缺".into(),
            remedy: "请补".into(),
            message_en: "missing".into(),
            remedy_en: "complete".into(),
            remedies: Vec::new(),
        }
    }

    #[test]
    fn what_this_page_cannot_take_says_where_to_go() {
        let cases = [
            ("trace.missing", Light::Red, false),
            ("trace.missing", Light::Amber, false),
            ("item.not-payable", Light::Red, false),
            ("prescription.required", Light::Red, true),
            ("prescription.required", Light::Green, false),
            ("proxy.documents", Light::Red, true),
            ("limit.sex", Light::Red, false),
            ("limit.sex", Light::Amber, true),
        ];
        for (rule, light, is_elsewhere) in cases {
            let told = elsewhere(&refused(rule, light), Language::Chinese);
            assert_eq!(!told.is_empty(), is_elsewhere, "{rule} {light:?}");
        }
    }

    #[test]
    fn what_was_turned_away_or_sent_has_words_beside_its_light() {
        let sale = BoardSale {
            sale: "0123456789abcdef-1".parse().unwrap(),
            holder: None,
            patient: None,
            buyer: None,
            prescriptions: Vec::new(),
            lines: Vec::new(),
            reasons: Vec::new(),
            total: pharmacy_protocol::term::Fen::ZERO,
            lapses_s: 600,
        };
        let cases = [
            (Light::Red, Some("gateway.duplicate"), "counter.duplicate"),
            (
                Light::Red,
                Some("gateway.other-store"),
                "gateway.other-store",
            ),
            (Light::Doubt, None, "counter.doubt-lead"),
            (Light::Sent, None, "counter.sent-lead"),
        ];
        for (light, told, expected) in cases {
            let board = Board {
                till: "01".into(),
                light,
                sale: Some(sale.clone()),
                waiting_scans: 0,
                in_doubt: Vec::new(),
                scan_problem: None,
                told: told.map(str::to_owned),
                alarms: Vec::new(),
                signed_in: None,
                on_duty: Vec::new(),
                reviews: 0,
                unsigned: 0,
            };
            for lang in [Language::Chinese, Language::English] {
                let view = View::of(&board, lang);
                assert_eq!(view.lead.remedy, lang.say(expected));
                let lapse = view.sale.and_then(|sale| sale.lapse);
                assert!(lapse.is_none(), "{expected}: nobody has to hurry");
            }
        }
    }

    #[test]
    fn the_shops_clock_is_eight_hours_ahead() {
        assert_eq!(shop_time(0), "01-01 08:00");
    }
}
