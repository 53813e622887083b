//! Panels about prescriptions: taking one in, picking one, having it reviewed.

use super::body::Body;
use super::field::{Choice, Control, Field, Form};
use super::scene::Scene;
use super::staff::{self, Duty};
use crate::counter::form::FormKind;
use crate::counter::language::Language;
use pharmacy_desk::{BoardSale, Light, PrescriptionItem, Remedy};

/// Most prescriptions to pick from.
const MAX_SHELF: usize = 20;
/// Most files of the scanner to pick from.
const MAX_FILES: usize = 8;
/// Empty rows for drugs that no line names.
const SPARE_ROWS: usize = 1;

const FORMS: [(&str, &str); 2] = [
    ("paper", "form.prescription-paper"),
    ("electronic", "form.prescription-electronic"),
];

const PATIENTS: [(&str, &str); 3] = [
    ("same", "form.patient-same"),
    ("other", "form.patient-other"),
    ("unknown", "form.patient-unknown"),
];

const STANDINGS: [(&str, &str); 3] = [
    ("designated", "form.institution-designated"),
    ("not-designated", "form.institution-not-designated"),
    ("blacklisted", "form.institution-blacklisted"),
];

const LEVELS: [(&str, &str); 3] = [
    ("first", "form.level-first"),
    ("second", "form.level-second"),
    ("third", "form.level-third"),
];

const SETTINGS: [(&str, &str); 2] = [
    ("outpatient", "form.setting-outpatient"),
    ("inpatient", "form.setting-inpatient"),
];

/// One that is here is picked; else one is taken in.
pub(super) fn take_in(sale: &BoardSale, scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let is_attached = |item: &PrescriptionItem| {
        let mut attached = sale.prescriptions.iter();
        attached.any(|one| one.prescription == item.prescription)
    };
    let is_usable = |item: &&PrescriptionItem| {
        matches!(item.status, "received" | "reviewed" | "dispensed") && !is_attached(item)
    };
    let shelf = scene.shelf.iter().filter(is_usable).take(MAX_SHELF);
    let choices: Vec<_> = shelf.map(choice).collect();
    let mut forms = vec![add(sale, scene)];
    if let Some(first) = choices.first().map(|first| first.value.clone()) {
        let label = lang.say("form.label-kept");
        let kept = Field::new("prescription", label, Control::Select(choices)).with(first);
        let attach = lang.say("form.attach-prescription");
        forms.push(Form::new(
            FormKind::AttachPrescription,
            vec![kept.needed()],
            attach,
        ));
    }
    Body::of(lang.say("panel.prescription"), forms)
}

/// A kept prescription in one line.
fn choice(item: &PrescriptionItem) -> Choice {
    let number = item.number.as_deref().map(str::to_owned);
    let number = number.unwrap_or_else(|| format!("#{}", item.prescription));
    let drugs: Vec<_> = item.drugs.iter().map(|drug| drug.name.as_str()).collect();
    let patient = item.patient.as_deref().map(crate::counter::mask::masked);
    let told = [Some(number), patient, item.institution.clone()];
    let told = told.into_iter().flatten().chain([drugs.join("、")]);
    Choice::new(
        item.prescription.to_string(),
        told.collect::<Vec<_>>().join(" · "),
    )
}

/// Files of the scanner's folder, each to be ticked.
pub(super) fn folder(scene: &Scene<'_>) -> Vec<Field> {
    let from = scene.lang.say("form.from-scanner");
    let files = scene.files.iter().take(MAX_FILES).map(|file| {
        let label = format!("{from} {} ({} KB)", file.name, file.bytes / 1024);
        Field::new("file", label, Control::Tick(false)).with(&file.name)
    });
    files.collect()
}

/// The form for one that is new: photo, then what stands on it, as far as the sale knows it already.
fn add(sale: &BoardSale, scene: &Scene<'_>) -> Form {
    let lang = scene.lang;
    let text = |name, label| Field::new(name, lang.say(label), Control::Text(Vec::new()));
    let mut fields = vec![Field::new(
        "image",
        lang.say("form.label-image"),
        Control::Files,
    )];
    fields.extend(folder(scene));
    let number = lang.say("form.label-prescription-number");
    fields.push(Field::new("prescription-number", number, Control::Latin));
    fields.push(text("institution", "form.label-institution"));
    fields.push(text("physician", "form.label-physician"));
    let issued = Field::new("issued", lang.say("form.label-issued"), Control::Date);
    fields.push(issued.with(scene.today.to_string()));
    let until = lang.say("form.label-valid-until");
    fields.push(Field::new("valid-until", until, Control::Date));
    fields.extend(drugs(sale, lang));
    fields.push(Field::radio(
        "patient",
        "form.label-patient",
        &PATIENTS,
        lang,
    ));
    let mut form = Form::new(
        FormKind::AddPrescription,
        fields,
        lang.say("form.add-prescription"),
    );
    let time = Field::new("issued-time", lang.say("form.label-time"), Control::Latin);
    let repeats = Field::new("repeats", lang.say("form.label-repeats"), Control::Whole);
    form.more = vec![
        Field::radio("form-of", "form.label-form", &FORMS, lang),
        Field::person("patient-name", lang),
        Field::number("patient-number", lang),
        Field::select("standing", "form.label-standing", &STANDINGS, lang),
        Field::select("level", "form.label-level", &LEVELS, lang),
        Field::select("setting", "form.label-setting", &SETTINGS, lang),
        text("diagnosis", "form.label-diagnosis"),
        time,
        repeats,
    ];
    form
}

/// A row for every line that asks for a prescription, as the till names and counts it, and a spare one.
fn drugs(sale: &BoardSale, lang: Language) -> Vec<Field> {
    let asks = |number: u32| {
        let mut reasons = sale.reasons.iter();
        reasons.any(|reason| {
            reason.line == Some(number)
                && reason.light != Light::Green
                && reason.remedies.contains(&Remedy::Prescription)
        })
    };
    let asking = sale.lines.iter().filter(|line| asks(line.number));
    let known = asking.map(|line| (line.name.clone(), line.quantity.to_string()));
    let spare = std::iter::repeat_n((String::new(), String::new()), SPARE_ROWS);
    let rows = known.chain(spare).flat_map(|(name, quantity)| {
        let drug = Control::Text(Vec::new());
        [
            Field::new("drug", lang.say("form.label-drug"), drug).with(name),
            Field::new("quantity", lang.say("form.label-quantity"), Control::Latin).with(quantity),
            Field::new("days", lang.say("form.label-drug-days"), Control::Whole),
        ]
    });
    rows.collect()
}

/// A form for every attached prescription that waits; where none is attached, the way to the others.
pub(super) fn review(sale: &BoardSale, scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let waiting = sale.prescriptions.iter();
    let waiting = waiting.filter(|item| item.status == "received");
    let forms: Vec<_> = waiting
        .flat_map(|item| [judge(item, sale, scene), doubt(item, lang)])
        .collect();
    let body = Body::of(lang.say("panel.review"), forms);
    let body = body.linking("/counter/reviews", lang.say("counter.reviews"));
    match body.forms.is_empty() {
        true => body.noting(lang.say("panel.review-none")),
        false => body,
    }
}

/// One key for whoever hesitates: nothing rests on it until it is looked into.
fn doubt(item: &PrescriptionItem, lang: Language) -> Form {
    let words = lang.say("office.doubt");
    let form = Form::new(FormKind::DoubtPrescription, Vec::new(), words);
    form.carrying("prescription", item.prescription)
}

fn judge(item: &PrescriptionItem, sale: &BoardSale, scene: &Scene<'_>) -> Form {
    let lang = scene.lang;
    let images = (0..item.images).map(|place| {
        let address = format!("/counter/reviews/{}/images/{place}", item.prescription);
        let words = format!("{} {}", lang.say("form.image"), place.saturating_add(1));
        (address, words)
    });
    let told = [
        item.physician.clone(),
        item.issued.map(|day| day.to_string()),
        item.valid_until
            .map(|day| format!("{} {day}", lang.say("form.label-valid-until"))),
    ];
    let told = told.into_iter().flatten();
    let shown = std::iter::once(choice(item).label).chain(told);
    let shown = shown.collect::<Vec<_>>().join(" · ");
    let mut fields = vec![Field::new(
        "shown",
        shown,
        Control::Images(images.collect()),
    )];
    for drug in &item.drugs {
        let same = Choice::new("", lang.say("form.match-name"));
        let lines = sale.lines.iter().map(|line| {
            let label = format!("{} {}", line.number, line.name);
            Choice::new(line.number.to_string(), label)
        });
        let lines = std::iter::once(same).chain(lines).collect();
        let days = drug.days.map(|days| format!(" {days}"));
        let days = days.map(|days| days + lang.say("office.days"));
        let days = days.unwrap_or_default();
        let label = format!("{} {}{days}", drug.name, drug.quantity);
        fields.push(Field::new("match", label, Control::Select(lines)));
    }
    fields.extend(staff::credentials(Duty::Pharmacist, scene));
    let why = Control::Text(vec![
        lang.say("form.reject-dose"),
        lang.say("form.reject-unreadable"),
        lang.say("form.reject-person"),
    ]);
    fields.push(Field::new("reason", lang.say("form.label-reject"), why));
    let approve = lang.say("form.approve");
    let form = Form::new(FormKind::Review, fields, approve);
    let mut form = form.carrying("prescription", item.prescription);
    form.buttons = vec![("approve", approve), ("reject", lang.say("form.reject"))];
    form
}
