//! A board as the page shows it: in one language, with every light as a word, a shape and a colour.
//!
//! In scope: choosing texts, and keeping what is personal off the page even if it came here unmasked.
//! Out of scope: HTML and its escaping (the templates).

mod sale;
mod sign;

use self::sale::{SaleItem, sale_item};
use self::sign::{Sign, sign};
use super::language::Language;
use super::mask::masked;
use super::panel::{self, Panel, Scene};
use pharmacy_desk::{Board, BoardReason, BoardSale, DoubtView, Light, OnDuty};

/// The words beside the light: what it is about, and what to do.
#[derive(Debug, Default)]
pub(super) struct Lead<'a> {
    /// The article; empty where the whole sale is meant.
    pub item: &'a str,
    pub remedy: &'a str,
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
    /// The sale that was settled, while nothing else is in front of the cashier.
    pub settled: Option<String>,
    /// The sale that looks like one of minutes ago, while somebody may say that it is another.
    pub likely: Option<String>,
    pub doubts: Vec<DoubtItem<'a>>,
    /// What other tills wait for.
    pub queue: Vec<QueueLine<'a>>,
    /// Who would resolve a doubt: the first of those in charge; empty where nobody is on duty.
    pub resolver: &'a str,
    pub head: HeadItem,
}

/// The head of the page: who is here, and where else to go.
#[derive(Debug)]
pub(super) struct HeadItem {
    /// Who is signed in at this till.
    pub here: Option<String>,
    /// Who is in charge of the store.
    pub in_charge: String,
    /// Signing in and out.
    pub panel: Panel,
    /// Other pages: address, words, and how much waits there.
    pub links: Vec<(&'static str, &'static str, u64)>,
}

/// A sale at another till that waits for an answer.
#[derive(Debug)]
pub(super) struct QueueLine<'a> {
    pub till: &'a str,
    pub sign: Sign,
    pub message: &'a str,
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
    pub(super) fn of(scene: &Scene<'a>) -> Self {
        let (board, lang) = (scene.board, scene.lang);
        let sale = board.sale.as_ref().map(|sale| sale_item(sale, scene));
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
            settled: sale
                .as_ref()
                .filter(|_| board.light == Light::Settled)
                .map(|sale| sale.id.clone()),
            likely: sale
                .as_ref()
                .filter(|_| board.told.as_deref().is_some_and(is_likely_double))
                .map(|sale| sale.id.clone()),
            sale,
            head: head(scene),
            resolver: board
                .on_duty
                .iter()
                .find(|duty| duty.is_in_charge)
                .map_or("", |duty| duty.staff.as_str()),
            doubts: board
                .in_doubt
                .iter()
                .map(|doubt| doubt_item(doubt, lang))
                .collect(),
            queue: board
                .queue
                .iter()
                .map(|item| QueueLine {
                    till: &item.till,
                    sign: sale_sign(item.light, lang),
                    message: lang.choose(&item.reason.message, &item.reason.message_en),
                })
                .collect(),
        }
    }
}

fn head(scene: &Scene<'_>) -> HeadItem {
    let (board, lang) = (scene.board, scene.lang);
    let name = |duty: &OnDuty| format!("{} {}", duty.staff, duty.name);
    let in_charge = board.on_duty.iter().filter(|duty| duty.is_in_charge);
    let link = |address, code, waiting| (address, lang.say(code), waiting);
    HeadItem {
        here: board.signed_in.as_ref().map(name),
        in_charge: in_charge.map(name).collect::<Vec<_>>().join("、"),
        panel: panel::sign_in(scene),
        links: vec![
            link("/counter/stock", "counter.stock", 0),
            link("/counter/reviews", "counter.reviews", board.reviews),
            link("/counter/lists", "counter.lists", board.unsigned),
            link("/counter/figures", "counter.figures", 0),
            link("/counter/find", "counter.find", 0),
            link("/counter/staff", "counter.staff", 0),
            link("/counter/standing", "counter.standing", 0),
        ],
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
            });
        }
        Light::Doubt => "counter.doubt-lead",
        Light::Sent => "counter.sent-lead",
        Light::Green | Light::Idle | Light::Settled => return Lead::default(),
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
        "gateway.pack-sold" => "counter.pack-sold",
        code if is_likely_double(code) => "counter.likely-double",
        code => code,
    }
}

/// Was the till turned away until somebody says that it is another purchase?
fn is_likely_double(code: &str) -> bool {
    matches!(code, "gateway.likely-double" | "gateway.likely-double-here")
}

/// The article of a reason, unless the remedy goes for the whole sale.
fn item_of<'a>(sale: &'a BoardSale, reason: &BoardReason) -> &'a str {
    let mut lines = sale.lines.iter();
    let line = lines.find(|line| Some(line.number) == reason.line);
    line.map_or("", |line| &line.name)
}

fn sale_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.light-amber"),
        Light::Doubt => ("doubt", "counter.light-doubt"),
        Light::Green => ("green", "counter.light-green"),
        Light::Idle => ("idle", "counter.light-idle"),
        Light::Red => ("red", "counter.light-red"),
        Light::Sent => ("sent", "counter.light-sent"),
        Light::Settled => ("settled", "counter.light-settled"),
    };
    sign(class, code, lang)
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

#[cfg(test)]
mod tests;
