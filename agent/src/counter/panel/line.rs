//! Panels about one line or one reason.

use super::body::Body;
use super::field::{Control, Field, Form};
use super::prescription;
use super::scene::Scene;
use super::staff::{self, Duty};
use crate::counter::form::FormKind;
use crate::counter::language::Language;
use pharmacy_desk::BoardReason;

const CLASSES: [(&str, &str); 2] = [
    ("over-the-counter", "form.class-otc"),
    ("prescription", "form.class-prescription"),
];

// LAW: R17 — more than usual for the old, the disabled, travellers, and on a long prescription.
const EXCEPTIONS: [(&str, &str); 4] = [
    ("age", "form.exception-age"),
    ("disability", "form.exception-disability"),
    ("travel", "form.exception-travel"),
    ("long-prescription", "form.exception-long"),
];

/// The rule about packs that were sold.
const SOLD: &str = "trace.sold";

pub(super) fn class(scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let mut fields = vec![Field::radio("class", "form.label-class", &CLASSES, lang)];
    fields.extend(staff::credentials(Duty::Pharmacist, scene));
    let set = Form::new(FormKind::SetClass, fields, lang.say("form.set-class"));
    Body::of(lang.say("panel.class"), vec![set])
}

pub(super) fn days(lang: Language) -> Body {
    let days = Field::new("days", lang.say("form.label-days"), Control::Whole).needed();
    let set = Form::new(FormKind::SetDays, vec![days], lang.say("form.set-days"));
    Body::of(lang.say("panel.days"), vec![set])
}

pub(super) fn exception(lang: Language) -> Body {
    let why = Field::radio("exception", "form.label-why", &EXCEPTIONS, lang);
    let except = Form::new(FormKind::Except, vec![why], lang.say("form.except"));
    Body::of(lang.say("panel.exception"), vec![except])
}

/// A photo of a code that cannot be read.
pub(super) fn photo(scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let photo = Field::new("image", lang.say("form.label-code-photo"), Control::Files);
    let mut fields = vec![photo];
    fields.extend(prescription::folder(scene));
    let take = Form::new(
        FormKind::PhotographCode,
        fields,
        lang.say("form.photograph"),
    );
    Body::of(lang.say("panel.photo"), vec![take]).noting(lang.say("panel.photo-note"))
}

/// A lot from before the duty to scan, entered once.
pub(super) fn no_code(scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let field = |name, label, control| Field::new(name, lang.say(label), control).needed();
    let mut fields = vec![
        field("lot", "form.label-lot", Control::Latin),
        field("last-day", "form.label-last-day", Control::Date),
        field("quantity", "form.label-stock-quantity", Control::Latin),
        field("paper", "form.label-paper", Control::Latin),
        field("bought", "form.label-bought", Control::Date),
    ];
    fields.extend(staff::credentials(Duty::InCharge, scene));
    let enter = Form::new(
        FormKind::EnterNoCode,
        fields,
        lang.say("form.enter-no-code"),
    );
    Body::of(lang.say("panel.no-code"), vec![enter])
        .noting(lang.say("panel.no-code-note"))
        .linking("/counter/stock", lang.say("counter.stock"))
}

pub(super) fn prefix(scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let code = Field::new("code", lang.say("form.label-code"), Control::Latin).needed();
    let learn = Form::new(
        FormKind::LearnPrefix,
        vec![code],
        lang.say("form.learn-prefix"),
    );
    let code = Field::new("code", lang.say("form.label-own-code"), Control::Latin).needed();
    let mut fields = vec![code];
    fields.extend(staff::credentials(Duty::InCharge, scene));
    let confirm = Form::new(FormKind::ConfirmForm, fields, lang.say("form.confirm-form"));
    Body::of(lang.say("panel.prefix"), vec![learn, confirm]).noting(lang.say("panel.prefix-note"))
}

/// Another pack is scanned above; one that was paid in cash is given free here.
pub(super) fn scan(reason: &BoardReason, scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let mut forms = Vec::new();
    if reason.rule == SOLD {
        let receipt = Field::new("receipt", lang.say("form.label-receipt"), Control::Latin);
        let mut fields = vec![receipt.needed()];
        fields.extend(staff::credentials(Duty::InCharge, scene));
        let label = lang.say("form.return-cash");
        forms.push(Form::new(FormKind::ReturnCash, fields, label));
    }
    Body::of(lang.say("panel.scan"), forms).noting(lang.say("panel.scan-note"))
}

pub(super) fn release(reason: &BoardReason, scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let mut suggestions = vec![
        lang.say("form.release-seen"),
        lang.say("form.release-urgent"),
        lang.say("form.release-record"),
    ];
    if reason.line.is_none() {
        suggestions.push(lang.say("form.release-device"));
    }
    let why = Control::Text(suggestions);
    let mut fields = vec![Field::new("reason", lang.say("form.label-reason"), why).needed()];
    fields.extend(staff::credentials(Duty::InCharge, scene));
    let release = Form::new(FormKind::Release, fields, lang.say("form.release"));
    Body::of(lang.say("panel.release"), vec![release]).noting(lang.say("panel.release-note"))
}

pub(super) fn mark_wrong(lang: Language) -> Body {
    let why = Control::Text(vec![
        lang.say("form.wrong-item"),
        lang.say("form.wrong-person"),
        lang.say("form.wrong-done"),
    ]);
    let why = Field::new("reason", lang.say("form.label-wrong"), why).needed();
    let mark = Form::new(FormKind::MarkWrong, vec![why], lang.say("form.mark-wrong"));
    Body::of(lang.say("panel.wrong"), vec![mark])
}
