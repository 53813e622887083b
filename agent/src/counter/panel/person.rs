//! Panels about who is who.

use super::body::Body;
use super::field::{Field, Form};
use super::scene::Scene;
use super::staff::{self, Duty};
use crate::counter::form::FormKind;
use crate::counter::language::Language;
use pharmacy_desk::BoardSale;

/// Whose presence.
const ROLES: [(&str, &str); 2] = [("holder", "form.role-holder"), ("proxy", "form.role-proxy")];

/// How a document was shown.
const DOCUMENTS: [(&str, &str); 2] = [
    ("seen", "form.document-seen"),
    ("read", "form.document-read"),
];

/// For how long what was shown of a proxy counts.
const LASTING: [(&str, &str); 2] = [
    ("this-sale", "form.lasts-sale"),
    ("a-year", "form.lasts-year"),
];

const PROXY_REASONS: [(&str, &str); 6] = [
    ("illness", "form.proxy-illness"),
    ("age", "form.proxy-age"),
    ("disability", "form.proxy-disability"),
    ("minor", "form.proxy-minor"),
    ("family-account", "form.proxy-family-account"),
    ("other", "form.proxy-other"),
];

const RELATIONS: [(&str, &str); 7] = [
    ("spouse", "form.relation-spouse"),
    ("child", "form.relation-child"),
    ("parent", "form.relation-parent"),
    ("grandparent", "form.relation-grandparent"),
    ("grandchild", "form.relation-grandchild"),
    ("sibling", "form.relation-sibling"),
    ("other", "form.relation-other"),
];

const BUYERS: [(&str, &str); 3] = [
    ("same", "form.buyer-same"),
    ("other", "form.buyer-other"),
    ("refused", "form.buyer-refused"),
];

/// A button that reads a card.
fn read_card(role: &str, button: &'static str, lang: Language) -> Form {
    let mut form = Form::new(FormKind::ReadCard, Vec::new(), button).carrying("role", role);
    form.waiting = lang.say("form.put-card");
    form
}

/// The card first, then the document that was seen.
pub(super) fn presence(sale: &BoardSale, lang: Language) -> Body {
    let mut forms = vec![read_card("holder", lang.say("form.read-holder"), lang)];
    let mut roles = Field::radio("role", "form.label-role", &ROLES, lang);
    if sale.buyer.is_some() {
        forms.insert(0, read_card("proxy", lang.say("form.read-proxy"), lang));
        roles = roles.with("proxy");
    }
    let fields = vec![
        Field::number("number", lang).needed(),
        Field::person("name", lang).needed(),
        roles,
    ];
    let seen = lang.say("form.see-document");
    forms.push(Form::new(FormKind::SeeDocument, fields, seen));
    Body::of(lang.say("panel.presence"), forms).noting(lang.say("panel.presence-note"))
}

/// One touch: who stands here.
pub(super) fn buyer(lang: Language) -> Body {
    let touch = |kind, word| Form::new(kind, Vec::new(), lang.say(word));
    let forms = vec![
        touch(FormKind::ConfirmHolder, "form.confirm-holder"),
        touch(FormKind::ConfirmProxy, "form.confirm-proxy"),
    ];
    Body::of(lang.say("panel.buyer"), forms).noting(lang.say("panel.buyer-note"))
}

/// The person in charge answers for the reader that read the card.
pub(super) fn reader(scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let fields = staff::credentials(Duty::InCharge, scene)
        .into_iter()
        .collect();
    let enrol = Form::new(FormKind::EnrolReader, fields, lang.say("form.enrol-reader"));
    Body::of(lang.say("panel.reader"), vec![enrol]).noting(lang.say("panel.reader-note"))
}

pub(super) fn proxy(sale: &BoardSale, lang: Language) -> Body {
    let fields = vec![
        Field::number("number", lang).needed(),
        Field::person("name", lang).needed(),
        Field::radio("why", "form.label-why", &PROXY_REASONS, lang),
        Field::radio(
            "holder-document",
            "form.label-holder-document",
            &DOCUMENTS,
            lang,
        ),
        Field::radio(
            "proxy-document",
            "form.label-proxy-document",
            &DOCUMENTS,
            lang,
        ),
        Field::radio("lasts", "form.label-lasts", &LASTING, lang),
    ];
    let set = Form::new(FormKind::SetProxy, fields, lang.say("form.set-proxy"));
    let mut forms = vec![set, read_card("proxy", lang.say("form.read-proxy"), lang)];
    if sale.buyer.is_some() {
        let clear = lang.say("form.clear-proxy");
        forms.push(Form::new(FormKind::ClearProxy, Vec::new(), clear));
        let end = lang.say("form.end-standing-proxy");
        forms.push(Form::new(FormKind::EndStandingProxy, Vec::new(), end));
    }
    Body::of(lang.say("panel.proxy"), forms)
}

pub(super) fn family(sale: &BoardSale, lang: Language) -> Body {
    let fields = vec![
        Field::radio("relation", "form.label-relation", &RELATIONS, lang),
        Field::person("name", lang).needed(),
        Field::number("number", lang),
    ];
    let set = Form::new(FormKind::SetPatient, fields, lang.say("form.set-patient"));
    let mut forms = vec![set];
    if sale.patient.is_some() {
        let clear = lang.say("form.clear-patient");
        forms.push(Form::new(FormKind::ClearPatient, Vec::new(), clear));
    }
    Body::of(lang.say("panel.family"), forms)
}

pub(super) fn holder(lang: Language) -> Body {
    let fields = vec![
        Field::number("number", lang).needed(),
        Field::person("name", lang).needed(),
    ];
    let name = Form::new(FormKind::NameHolder, fields, lang.say("form.name-holder"));
    let read = read_card("holder", lang.say("form.read-holder"), lang);
    Body::of(lang.say("panel.holder"), vec![name, read])
}

pub(super) fn registration(lang: Language) -> Body {
    let fields = vec![
        Field::radio("who", "form.label-buyer", &BUYERS, lang),
        Field::number("number", lang),
        Field::person("name", lang),
    ];
    let register = Form::new(FormKind::Register, fields, lang.say("form.register"));
    Body::of(lang.say("panel.registration"), vec![register])
}
