//! The open sale on the page: its reasons with their panels, its lines.

use super::sign::{Sign, sign};
use crate::counter::language::Language;
use crate::counter::mask::masked;
use crate::counter::panel::{self, Numbering, Panel, Scene};
use pharmacy_desk::{Board, BoardLine, BoardReason, BoardSale, Light};

#[derive(Debug)]
pub(in crate::counter) struct SaleItem<'a> {
    pub id: String,
    pub holder: Option<String>,
    pub patient: Option<String>,
    pub buyer: Option<String>,
    pub total: String,
    /// May it be closed here?
    pub is_closable: bool,
    /// Seconds left, and what to do within them.
    pub lapse: Option<(u32, &'static str)>,
    pub reasons: Vec<ReasonItem<'a>>,
    pub lines: Vec<LineItem<'a>>,
}

/// A reason, and where it is answered.
#[derive(Debug)]
pub(in crate::counter) struct ReasonItem<'a> {
    pub sign: Sign,
    pub line: Option<u32>,
    pub rule: &'a str,
    pub message: &'a str,
    pub remedy: &'a str,
    /// Where it is answered.
    pub panels: Vec<Panel>,
    /// Does a weightier reason for the same line stand above?
    pub is_further: bool,
}

#[derive(Debug)]
pub(in crate::counter) struct LineItem<'a> {
    pub number: u32,
    pub name: &'a str,
    pub sign: Sign,
    /// `1/2`, or `1` where nobody knows how many are needed.
    pub packs: String,
}

fn line_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.line-amber"),
        Light::Green => ("green", "counter.line-green"),
        Light::Doubt | Light::Idle | Light::Sent => ("idle", "counter.line-idle"),
        Light::Red => ("red", "counter.line-red"),
        Light::Settled => ("settled", "counter.light-settled"),
    };
    sign(class, code, lang)
}

fn reason_sign(light: Light, lang: Language) -> Sign {
    let (class, code) = match light {
        Light::Amber => ("amber", "counter.reason-amber"),
        Light::Doubt | Light::Green | Light::Idle | Light::Sent | Light::Settled => {
            ("green", "counter.reason-green")
        }
        Light::Red => ("red", "counter.reason-red"),
    };
    sign(class, code, lang)
}

pub(super) fn sale_item<'a>(sale: &'a BoardSale, scene: &Scene<'a>) -> SaleItem<'a> {
    let lang = scene.lang;
    let mut numbering = Numbering::default();
    let reasons = sale.reasons.iter().enumerate().map(|(place, reason)| {
        let mut above = sale.reasons.iter().take(place);
        let is_further = reason.line.is_some() && above.any(|other| other.line == reason.line);
        let panels = panel::panels(reason, sale, scene, &mut numbering);
        reason_item(reason, is_further, panels, lang)
    });
    SaleItem {
        id: sale.sale.to_string(),
        holder: sale.holder.as_deref().map(masked),
        patient: sale.patient.as_deref().map(masked),
        buyer: sale.buyer.as_deref().map(masked),
        total: sale.total.to_string(),
        is_closable: sale.is_closable,
        lapse: lapse(sale, scene.board, lang),
        reasons: reasons.collect(),
        lines: sale
            .lines
            .iter()
            .map(|line| line_item(line, lang))
            .collect(),
    }
}

/// Seconds left, and what to do within them.
fn lapse(sale: &BoardSale, board: &Board, lang: Language) -> Option<(u32, &'static str)> {
    let within = match board.light {
        // Turned away for what nobody completes at the counter.
        _ if board.told.is_some() => None,
        Light::Amber | Light::Red => Some("counter.lapse-complete"),
        // Before there are lines, and once it was sent, nobody has to hurry.
        Light::Green if !sale.lines.is_empty() => Some("counter.lapse-settle"),
        Light::Doubt | Light::Green | Light::Idle | Light::Sent | Light::Settled => None,
    };
    let within = within.filter(|_| sale.lapses_s > 0)?;
    Some((sale.lapses_s, lang.say(within)))
}

fn reason_item(
    reason: &BoardReason,
    is_further: bool,
    panels: Vec<Panel>,
    lang: Language,
) -> ReasonItem<'_> {
    ReasonItem {
        sign: reason_sign(reason.light, lang),
        line: reason.line,
        rule: &reason.rule,
        message: lang.choose(&reason.message, &reason.message_en),
        remedy: lang.choose(&reason.remedy, &reason.remedy_en),
        panels,
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
