//! What a form of the page says, read and checked: fields in, an action of the desk out.
//!
//! In scope: which fields an action needs and what may stand in them. Out of scope: HTML (`panel`),
//! what the action means (the desk). What was typed goes back to the page beside the mistake; a PIN
//! never does.

mod line;
mod person;
mod prescription;
mod staff;
mod upload;

use std::str::FromStr;

use jiff::civil::Date;
use pharmacy_protocol::Secret;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};

pub(super) use self::upload::{MAX_FILES, MAX_UPLOAD, Upload};
use pharmacy_desk::Action;

/// Longest name of a person, place or drug.
const MAX_NAME: usize = 60;
/// Longest reason.
const MAX_REASON: usize = 200;
/// Shortest reason for a release or a rejection: one that says nothing explains nothing.
const MIN_REASON: usize = 4;
/// Longest PIN that is taken to the desk.
const MAX_PIN: usize = 64;

/// The forms of the page; the word is the last part of the path that takes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FormKind {
    AddPrescription,
    AttachPrescription,
    ClearPatient,
    ClearProxy,
    Except,
    LearnPrefix,
    MarkWrong,
    NameHolder,
    PrintSlip,
    ReadCard,
    Register,
    Release,
    Review,
    SeeDocument,
    SetClass,
    SetDays,
    SetPatient,
    SetProxy,
    SignIn,
    SignOut,
}

impl FormKind {
    /// All of them.
    pub(super) const ALL: [Self; 20] = [
        Self::AddPrescription,
        Self::AttachPrescription,
        Self::ClearPatient,
        Self::ClearProxy,
        Self::Except,
        Self::LearnPrefix,
        Self::MarkWrong,
        Self::NameHolder,
        Self::PrintSlip,
        Self::ReadCard,
        Self::Register,
        Self::Release,
        Self::Review,
        Self::SeeDocument,
        Self::SetClass,
        Self::SetDays,
        Self::SetPatient,
        Self::SetProxy,
        Self::SignIn,
        Self::SignOut,
    ];

    /// Its word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::AddPrescription => "add-prescription",
            Self::AttachPrescription => "attach-prescription",
            Self::ClearPatient => "clear-patient",
            Self::ClearProxy => "clear-proxy",
            Self::Except => "except",
            Self::LearnPrefix => "learn-prefix",
            Self::MarkWrong => "mark-wrong",
            Self::NameHolder => "name-holder",
            Self::PrintSlip => "print-slip",
            Self::ReadCard => "read-card",
            Self::Register => "register",
            Self::Release => "release",
            Self::Review => "review",
            Self::SeeDocument => "see-document",
            Self::SetClass => "set-class",
            Self::SetDays => "set-days",
            Self::SetPatient => "set-patient",
            Self::SetProxy => "set-proxy",
            Self::SignIn => "sign-in",
            Self::SignOut => "sign-out",
        }
    }

    /// Reads what [`Self::word`] writes.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Is it about the sale in front of the cashier? Then another sale that has begun meanwhile must
    /// not get what was meant for this one.
    pub(super) fn is_of_sale(self) -> bool {
        !matches!(self, Self::PrintSlip | Self::SignIn | Self::SignOut)
    }

    /// The action that the fields ask for; the images of a prescription are read beside it.
    pub(super) fn action(self, fields: &Fields) -> Result<Action, FieldError> {
        match self {
            Self::AddPrescription => prescription::add(fields),
            Self::AttachPrescription => prescription::attach(fields),
            Self::ClearPatient => Ok(Action::ClearPatient),
            Self::ClearProxy => Ok(Action::ClearProxy),
            Self::Except => line::except(fields),
            Self::LearnPrefix => line::learn_prefix(fields),
            Self::MarkWrong => line::mark_wrong(fields),
            Self::NameHolder => person::name_holder(fields),
            Self::PrintSlip => line::print_slip(fields),
            Self::ReadCard => person::read_card(fields),
            Self::Register => person::register(fields),
            Self::Release => line::release(fields),
            Self::Review => prescription::review(fields),
            Self::SeeDocument => person::see_document(fields),
            Self::SetClass => line::set_class(fields),
            Self::SetDays => line::set_days(fields),
            Self::SetPatient => person::set_patient(fields),
            Self::SetProxy => person::set_proxy(fields),
            Self::SignIn => staff::sign_in(fields),
            Self::SignOut => staff::sign_out(fields),
        }
    }
}

/// A mistake in a form, and the field that it is in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("field `{field}`: {mistake}")]
pub(super) struct FieldError {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong with it.
    pub mistake: FormError,
}

/// What can be wrong with a form. None of it repeats what was typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum FormError {
    /// None of the choices.
    #[error("none of the choices was chosen")]
    Choice,
    /// No such day.
    #[error("not a day")]
    Date,
    /// Not between 1 and 366.
    #[error("days are 1 to 366")]
    Days,
    /// Neither JPEG nor PNG nor PDF.
    #[error("a file is neither JPEG nor PNG nor PDF")]
    FileKind,
    /// Nothing is there.
    #[error("nothing was entered")]
    Missing,
    /// A name with a control character, or one that is too long.
    #[error("not a name")]
    Name,
    /// No certificate bears the number.
    #[error("not a certificate number")]
    Number,
    /// No such member of staff can be.
    #[error("not a staff number")]
    Staff,
    /// The sale has changed meanwhile.
    #[error("the form belongs to another sale")]
    OtherSale,
    /// The PIN is missing or too long.
    #[error("no pin")]
    Pin,
    /// Not a quantity above zero.
    #[error("not a quantity")]
    Quantity,
    /// Too short or too long.
    #[error("a reason has 4 to 200 characters")]
    Reason,
    /// A file or the whole is too large, or there are too many files.
    #[error("too many or too large files")]
    TooLarge,
    /// Not a trace code.
    #[error("not a trace code")]
    TraceCode,
    /// The form is not one of ours.
    #[error("the form cannot be read")]
    Unreadable,
}

impl FormError {
    /// The key of the text catalogue.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Choice => "form.choice",
            Self::Date => "form.date",
            Self::Days => "form.days",
            Self::FileKind => "form.file-kind",
            Self::Missing => "form.missing",
            Self::Name => "form.name",
            Self::Number => "form.number",
            Self::OtherSale => "form.other-sale",
            Self::Pin => "form.pin",
            Self::Quantity => "form.quantity",
            Self::Reason => "form.reason",
            Self::Staff => "form.staff",
            Self::TooLarge => "form.too-large",
            Self::TraceCode => "form.trace-code",
            Self::Unreadable => "counter.form",
        }
    }

    /// In which field.
    pub(super) fn at(self, field: &'static str) -> FieldError {
        FieldError {
            field,
            mistake: self,
        }
    }
}

/// The name of every field that holds a PIN.
pub(super) const PIN: &str = "pin";

/// The fields of a form as they came, in their order. It has no Debug: it knows persons.
#[derive(Clone, Default)]
pub(super) struct Fields {
    texts: Vec<(String, String)>,
    pin: Option<Secret<String>>,
}

impl Fields {
    /// Takes fields in; the PIN is put apart.
    pub(super) fn new(all: Vec<(String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in all {
            if name == PIN {
                fields.pin = Some(Secret::new(value));
            } else {
                fields.texts.push((name, value));
            }
        }
        fields
    }

    /// The PIN, as typed.
    fn pin(&self) -> Result<Secret<String>, FieldError> {
        let pin = self.pin.clone().unwrap_or_default();
        match (1..=MAX_PIN).contains(&pin.expose().len()) {
            true => Ok(pin),
            false => Err(FormError::Pin.at(PIN)),
        }
    }

    /// A field without the blanks around it; nothing where it is empty.
    pub(super) fn text<'f>(&'f self, name: &'f str) -> Option<&'f str> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// Every field of a name, without the blanks around it.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.texts.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.trim())
    }

    /// A field in the form of its type, if it is there.
    fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        mistake: FormError,
    ) -> Result<Option<T>, FieldError> {
        let read = |text: &str| text.parse().map_err(|_| mistake.at(name));
        self.text(name).map(read).transpose()
    }

    /// One of the words of a closed list, if one was chosen.
    fn chosen<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, FieldError> {
        let read = |word: &str| {
            let word: StrDeserializer<'_, serde::de::value::Error> = word.into_deserializer();
            T::deserialize(word).map_err(|_| FormError::Choice.at(name))
        };
        self.text(name).map(read).transpose()
    }

    /// The same where one has to be chosen.
    fn choice<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, FieldError> {
        self.chosen(name)?.ok_or(FormError::Choice.at(name))
    }

    /// A name of a person, place or drug.
    fn name(&self, name: &'static str) -> Result<Option<&str>, FieldError> {
        let told = self.text(name);
        match told.is_none_or(|told| is_line(told, MAX_NAME)) {
            true => Ok(told),
            false => Err(FormError::Name.at(name)),
        }
    }

    /// A day as a date field sends it.
    fn date(&self, name: &'static str) -> Result<Option<Date>, FieldError> {
        self.parsed(name, FormError::Date)
    }

    /// The line that a form is about.
    fn line(&self) -> Result<u32, FieldError> {
        let line = self.parsed("line", FormError::Unreadable)?;
        line.ok_or(FormError::Unreadable.at("line"))
    }

    /// A reason that says something.
    fn reason(&self) -> Result<String, FieldError> {
        let reason = self.text("reason").unwrap_or_default();
        let is_long_enough = reason.chars().count() >= MIN_REASON;
        match is_long_enough && is_line(reason, MAX_REASON) {
            true => Ok(reason.to_owned()),
            false => Err(FormError::Reason.at("reason")),
        }
    }
}

/// One line of text, at most that long.
fn is_line(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(texts: &[(&str, &str)]) -> Fields {
        let owned = texts
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Fields::new(owned.collect())
    }

    #[test]
    fn every_form_has_a_word_of_its_own() {
        for kind in FormKind::ALL {
            assert_eq!(FormKind::parse(kind.word()), Some(kind));
        }
        let words: std::collections::BTreeSet<_> =
            FormKind::ALL.iter().map(|kind| kind.word()).collect();
        assert_eq!(words.len(), FormKind::ALL.len());
        assert_eq!(FormKind::parse("resolve"), None);
    }

    #[test]
    fn a_pin_is_never_among_what_was_typed() {
        let typed = fields(&[("staff", "S1"), ("pin", "123456"), ("pin", "654321")]);
        assert_eq!((typed.texts.len(), typed.text(PIN)), (1, None));
        assert_eq!(typed.pin().unwrap().expose(), "654321");
        let none = fields(&[("pin", "")]).pin().unwrap_err();
        assert_eq!(none, FormError::Pin.at("pin"));
    }

    #[test]
    fn what_cannot_stand_in_a_field_is_named() {
        let long = "长".repeat(MAX_NAME + 1);
        let wrong = fields(&[
            ("name", &long),
            ("control", "a\u{7}b"),
            ("on", "2026-02-30"),
            ("reason", "没有"),
            ("word", "spouses"),
        ]);
        assert_eq!(wrong.name("name"), Err(FormError::Name.at("name")));
        assert_eq!(wrong.name("control"), Err(FormError::Name.at("control")));
        assert_eq!(wrong.date("on"), Err(FormError::Date.at("on")));
        assert_eq!(wrong.reason(), Err(FormError::Reason.at("reason")));
        let word = wrong.chosen::<pharmacy_decision::facts::Relation>("word");
        assert_eq!(word, Err(FormError::Choice.at("word")));
        assert_eq!(wrong.line(), Err(FormError::Unreadable.at("line")));
    }

    #[test]
    fn an_error_repeats_nothing_that_was_typed() {
        let wrong = fields(&[("number", "11010519491231002Y")]);
        let read = wrong.parsed::<u32>("number", FormError::Number);
        let text = format!("{0} {0:?}", read.unwrap_err());
        assert!(!text.contains("110105"), "{text}");
    }
}
