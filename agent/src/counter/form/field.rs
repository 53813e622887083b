//! The fields of a form, and what can be wrong with them.

use std::str::FromStr;

use jiff::civil::Date;
use pharmacy_protocol::Secret;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};

/// Longest name of a person, place or drug.
pub(super) const MAX_NAME: usize = 60;
/// Longest reason.
pub(super) const MAX_REASON: usize = 200;
/// Shortest reason for a release or a rejection: one that says nothing explains nothing.
const MIN_REASON: usize = 4;
/// Longest PIN that is taken to the desk.
const MAX_PIN: usize = 64;

/// A mistake in a form, and the field that it is in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("field `{field}`: {mistake}")]
pub(in crate::counter) struct FieldError {
    pub field: &'static str,
    /// What is wrong with it.
    pub mistake: FormError,
}

/// What can be wrong with a form. None of it repeats what was typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(in crate::counter) enum FormError {
    /// None of the choices.
    #[error("none of the choices was chosen")]
    Choice,
    #[error("not a day")]
    Date,
    /// Not between 1 and 366.
    #[error("days are 1 to 366")]
    Days,
    /// Neither JPEG nor PNG nor PDF.
    #[error("a file is neither JPEG nor PNG nor PDF")]
    FileKind,
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
    pub(in crate::counter) fn code(self) -> &'static str {
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

    pub(in crate::counter) fn at(self, field: &'static str) -> FieldError {
        FieldError {
            field,
            mistake: self,
        }
    }
}

/// The name of every field that holds a PIN.
pub(in crate::counter) const PIN: &str = "pin";

/// The fields of a form as they came, in their order. It has no Debug: it knows persons.
#[derive(Clone, Default)]
pub(in crate::counter) struct Fields {
    texts: Vec<(String, String)>,
    pin: Option<Secret<String>>,
}

impl Fields {
    /// Takes fields in; the PIN is put apart.
    pub(in crate::counter) fn new(all: Vec<(String, String)>) -> Self {
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
    pub(super) fn pin(&self) -> Result<Secret<String>, FieldError> {
        let pin = self.pin.clone().unwrap_or_default();
        match (1..=MAX_PIN).contains(&pin.expose().len()) {
            true => Ok(pin),
            false => Err(FormError::Pin.at(PIN)),
        }
    }

    /// A field without the blanks around it; nothing where it is empty.
    pub(in crate::counter) fn text<'f>(&'f self, name: &'f str) -> Option<&'f str> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// Every field of a name, without the blanks around it.
    pub(in crate::counter) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.texts.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.trim())
    }

    /// A field in the form of its type, if it is there.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        mistake: FormError,
    ) -> Result<Option<T>, FieldError> {
        let read = |text: &str| text.parse().map_err(|_| mistake.at(name));
        self.text(name).map(read).transpose()
    }

    /// One of the words of a closed list, if one was chosen.
    pub(super) fn chosen<T: DeserializeOwned>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, FieldError> {
        let read = |word: &str| {
            let word: StrDeserializer<'_, serde::de::value::Error> = word.into_deserializer();
            T::deserialize(word).map_err(|_| FormError::Choice.at(name))
        };
        self.text(name).map(read).transpose()
    }

    /// The same where one has to be chosen.
    pub(super) fn choice<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, FieldError> {
        self.chosen(name)?.ok_or(FormError::Choice.at(name))
    }

    /// A name of a person, place or drug.
    pub(super) fn name(&self, name: &'static str) -> Result<Option<&str>, FieldError> {
        let told = self.text(name);
        match told.is_none_or(|told| is_line(told, MAX_NAME)) {
            true => Ok(told),
            false => Err(FormError::Name.at(name)),
        }
    }

    /// A day as a date field sends it.
    pub(super) fn date(&self, name: &'static str) -> Result<Option<Date>, FieldError> {
        self.parsed(name, FormError::Date)
    }

    /// The line that a form is about.
    pub(super) fn line(&self) -> Result<u32, FieldError> {
        let line = self.parsed("line", FormError::Unreadable)?;
        line.ok_or(FormError::Unreadable.at("line"))
    }

    /// A reason that says something.
    pub(super) fn reason(&self) -> Result<String, FieldError> {
        let reason = self.text("reason").unwrap_or_default();
        let is_long_enough = reason.chars().count() >= MIN_REASON;
        match is_long_enough && is_line(reason, MAX_REASON) {
            true => Ok(reason.to_owned()),
            false => Err(FormError::Reason.at("reason")),
        }
    }
}

/// One line of text, at most that long.
pub(super) fn is_line(text: &str, longest: usize) -> bool {
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
