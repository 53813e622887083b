//! Who acts: staff number and PIN, and who is signed in at this till.

use super::body::Body;
use super::field::{Choice, Control, Field, Form};
use super::scene::Scene;
use crate::counter::form::{FormKind, PIN};
use pharmacy_desk::OnDuty;
use pharmacy_protocol::record::finding::UnreadShape;
use pharmacy_protocol::term::Infno;

/// What somebody must be to act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Duty {
    /// In charge of the store on this shift.
    InCharge,
    Pharmacist,
}

impl Duty {
    fn is_of(self, duty: &OnDuty) -> bool {
        match self {
            Self::InCharge => duty.is_in_charge,
            Self::Pharmacist => duty.is_pharmacist,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::InCharge => "form.label-in-charge",
            Self::Pharmacist => "form.label-pharmacist",
        }
    }
}

/// Who acts, of those on duty; typed where none of them may. And the PIN.
pub(super) fn credentials(duty: Duty, scene: &Scene<'_>) -> [Field; 2] {
    let lang = scene.lang;
    let on_duty = scene.board.on_duty.iter().filter(|one| duty.is_of(one));
    let choices: Vec<_> = on_duty
        .map(|one| Choice::new(one.staff.as_str(), format!("{} {}", one.staff, one.name)))
        .collect();
    let label = lang.say(duty.label());
    let staff = match choices.first().map(|first| first.value.clone()) {
        Some(first) => Field::new("staff", label, Control::Select(choices)).with(first),
        None => Field::new("staff", label, Control::Latin),
    };
    [staff.needed(), pin(scene)]
}

fn pin(scene: &Scene<'_>) -> Field {
    Field::new(PIN, scene.lang.say("form.label-pin"), Control::Pin).needed()
}

/// Signing in at this till, and out where somebody is signed in.
pub(super) fn sign_in(scene: &Scene<'_>) -> Body {
    let lang = scene.lang;
    let staff = Field::new("staff", lang.say("form.label-staff"), Control::Latin).needed();
    let fields = vec![staff, pin(scene)];
    let mut forms = vec![Form::new(
        FormKind::SignIn,
        fields,
        lang.say("form.sign-in"),
    )];
    if let Some(here) = &scene.board.signed_in {
        let out = Form::new(FormKind::SignOut, Vec::new(), lang.say("form.sign-out"));
        forms.push(out.carrying("staff", here.staff.as_str()));
    }
    if let Some(shape) = &scene.board.shut {
        forms.insert(0, reopen(shape, scene));
    }
    Body::of(lang.say("form.sign-in"), forms)
}

/// Opening a shape again that is refused because it cannot be read.
fn reopen(shape: &UnreadShape, scene: &Scene<'_>) -> Form {
    let lang = scene.lang;
    let infno = shape.infno.as_ref().map_or("", Infno::as_str);
    let label = format!("{} {infno} {}", lang.say("form.label-reopen"), shape.path);
    let why = Control::Text(vec![lang.say("form.reopen-upgrade")]);
    let fields = vec![
        Field::new("reason", label, why).needed(),
        Field::new("staff", lang.say("form.label-staff"), Control::Latin).needed(),
        pin(scene),
    ];
    Form::new(FormKind::Reopen, fields, lang.say("form.reopen")).carrying("shape", shape.digest())
}
