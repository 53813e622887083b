//! Panels about one line or one reason.

use super::body::Body;
use super::field::{Control, Field, Form};
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

pub(super) fn prefix(lang: Language) -> Body {
    let code = Field::new("code", lang.say("form.label-code"), Control::Latin).needed();
    let learn = Form::new(
        FormKind::LearnPrefix,
        vec![code],
        lang.say("form.learn-prefix"),
    );
    Body::of(lang.say("panel.prefix"), vec![learn]).noting(lang.say("panel.prefix-note"))
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
