//! Where a reason is answered: a panel beside it, opened by its number, with the forms it needs.
//!
//! In scope: which panels the board's reasons have, and what their forms ask. Out of scope: reading
//! what comes back (`form`), HTML (the templates).
//!
//! What goes for the whole sale (who is here, who buys, who is ill, the prescription) has one panel,
//! at the first reason that asks for it; what goes for a line has one at each reason.

mod body;
mod field;
mod line;
mod person;
mod prescription;
mod scene;
mod staff;

use std::collections::BTreeSet;

use self::body::Body;
pub(super) use self::body::Panel;
pub(super) use self::field::{Control, Field, Form, Typed};
pub(super) use self::scene::Scene;
use pharmacy_desk::{BoardReason, BoardSale, Remedy};

/// The key that closes the sale.
const CLOSE_KEY: usize = 9;

/// Gives every panel of a page its number.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    last: usize,
    /// Panels of the whole sale that stand already.
    given: BTreeSet<Remedy>,
}

/// The panels of a reason, in the order of its remedies, and at last the one that says it is wrong.
pub(super) fn panels(
    reason: &BoardReason,
    sale: &BoardSale,
    scene: &Scene<'_>,
    numbering: &mut Numbering,
) -> Vec<Panel> {
    let mut panels = Vec::new();
    for remedy in &reason.remedies {
        if is_of_whole_sale(*remedy) && !numbering.given.insert(*remedy) {
            continue;
        }
        let body = body(*remedy, reason, sale, scene);
        panels.push((remedy_word(*remedy), body));
    }
    if reason.light == pharmacy_desk::Light::Red {
        panels.push(("wrong", line::mark_wrong(scene.lang)));
    }
    let finish = |(word, body): (&str, Body)| {
        numbering.last = match numbering.last.saturating_add(1) {
            // The key that closes the sale.
            CLOSE_KEY => CLOSE_KEY + 1,
            next => next,
        };
        let id = format!(
            "{}-{word}-{}-{}",
            sale.sale,
            reason.line.unwrap_or_default(),
            reason.rule
        );
        body.of_reason(id, numbering.last, sale, reason, scene)
    };
    panels.into_iter().map(finish).collect()
}

/// The panels beside the head of the page and the settled light, which belong to no reason.
pub(super) fn sign_in(scene: &Scene<'_>) -> Panel {
    let name = |_, form: &Form| form.kind.word().to_owned();
    staff::sign_in(scene).finish("staff".to_owned(), 0, scene, name)
}

/// Every remedy has its place here: without one the page would ask what it does not take.
fn body(remedy: Remedy, reason: &BoardReason, sale: &BoardSale, scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    match remedy {
        Remedy::Buyer => person::buyer(lang),
        Remedy::Class => line::class(scene),
        Remedy::Days => line::days(lang),
        Remedy::Exception => line::exception(lang),
        Remedy::Family => person::family(sale, lang),
        Remedy::Holder => person::holder(lang),
        Remedy::NoCode => line::no_code(scene),
        Remedy::Photo => line::photo(scene),
        Remedy::Prefix => line::prefix(scene),
        Remedy::Prescription => prescription::take_in(sale, scene),
        Remedy::Presence => person::presence(sale, lang),
        Remedy::Proxy => person::proxy(sale, lang),
        Remedy::Reader => person::reader(scene),
        Remedy::Registration => person::registration(lang),
        Remedy::Release => line::release(reason, scene),
        Remedy::Review => prescription::review(sale, scene),
        Remedy::Scan => line::scan(reason, scene),
        Remedy::Standing => Body::of(lang.say("panel.standing"), Vec::new())
            .noting(lang.say("panel.standing-note"))
            .linking("/counter/standing", lang.say("counter.standing")),
        Remedy::Till => {
            Body::of(lang.say("panel.till"), Vec::new()).noting(lang.say("panel.till-note"))
        }
    }
}

fn remedy_word(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Buyer => "buyer",
        Remedy::Class => "class",
        Remedy::Days => "days",
        Remedy::Exception => "exception",
        Remedy::Family => "family",
        Remedy::Holder => "holder",
        Remedy::NoCode => "no-code",
        Remedy::Photo => "photo",
        Remedy::Prefix => "prefix",
        Remedy::Prescription => "prescription",
        Remedy::Presence => "presence",
        Remedy::Proxy => "proxy",
        Remedy::Reader => "reader",
        Remedy::Registration => "registration",
        Remedy::Release => "release",
        Remedy::Review => "review",
        Remedy::Scan => "scan",
        Remedy::Standing => "standing",
        Remedy::Till => "till",
    }
}

fn is_of_whole_sale(remedy: Remedy) -> bool {
    match remedy {
        Remedy::Buyer
        | Remedy::Family
        | Remedy::Holder
        | Remedy::Prescription
        | Remedy::Presence
        | Remedy::Proxy
        | Remedy::Reader
        | Remedy::Review
        | Remedy::Standing => true,
        Remedy::Class
        | Remedy::Days
        | Remedy::Exception
        | Remedy::NoCode
        | Remedy::Photo
        | Remedy::Prefix
        | Remedy::Registration
        | Remedy::Release
        | Remedy::Scan
        | Remedy::Till => false,
    }
}
