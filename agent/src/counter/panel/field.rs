//! Forms as the template draws them: fields, choices and buttons in one language.

use crate::counter::form::{FieldError, Fields, FormKind, PIN};
use crate::counter::language::Language;

/// A form of a panel.
#[derive(Debug)]
pub(in crate::counter) struct Form {
    pub kind: FormKind,
    /// Tells it from the others of the page, so that a mistake comes back beside it.
    pub id: String,
    /// What it carries unseen.
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<Field>,
    /// Further fields that are seldom needed.
    pub more: Vec<Field>,
    /// Its buttons: value of `decision`, if any, and word.
    pub buttons: Vec<(&'static str, &'static str)>,
    /// What to say while it is on its way; empty where it takes no time.
    pub waiting: &'static str,
    /// What was wrong with it: the field and the text.
    pub problem: Option<(String, &'static str)>,
}

#[derive(Debug)]
pub(in crate::counter) struct Field {
    pub name: &'static str,
    pub label: String,
    pub value: String,
    pub control: Control,
    pub is_needed: bool,
}

/// What a field is made of.
#[derive(Debug)]
pub(in crate::counter) enum Control {
    Date,
    /// Files, or pictures of the camera.
    Files,
    /// Images that are shown: address and words.
    Images(Vec<(String, String)>),
    /// A text of digits and Latin letters, which needs no input method.
    Latin,
    Pin,
    /// One of a few words.
    Radio(Vec<Choice>),
    /// One of many words.
    Select(Vec<Choice>),
    /// A text, with suggestions.
    Text(Vec<&'static str>),
    /// A tick at a value of its own: is it set?
    Tick(bool),
    Whole,
}

/// A word to choose.
#[derive(Debug)]
pub(in crate::counter) struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub(super) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

impl Field {
    pub(super) fn new(name: &'static str, label: impl Into<String>, control: Control) -> Self {
        Self {
            name,
            label: label.into(),
            value: String::new(),
            control,
            is_needed: false,
        }
    }

    pub(super) fn needed(mut self) -> Self {
        self.is_needed = true;
        self
    }

    pub(super) fn with(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// The number of a certificate.
    pub(super) fn number(name: &'static str, lang: Language) -> Self {
        Self::new(name, lang.say("form.label-number"), Control::Latin)
    }

    pub(super) fn person(name: &'static str, lang: Language) -> Self {
        Self::new(name, lang.say("form.label-name"), Control::Text(Vec::new()))
    }

    /// One of a few words of the text catalogue, each with its key; the first is chosen.
    pub(super) fn radio(
        name: &'static str,
        label: &'static str,
        words: &[(&str, &str)],
        lang: Language,
    ) -> Self {
        let first = words.first().map_or("", |(value, _)| value);
        let words = words
            .iter()
            .map(|(value, key)| Choice::new(*value, lang.say(key)));
        Self::new(name, lang.say(label), Control::Radio(words.collect())).with(first)
    }

    /// The same where nobody has to choose.
    pub(super) fn select(
        name: &'static str,
        label: &'static str,
        words: &[(&str, &str)],
        lang: Language,
    ) -> Self {
        let none = std::iter::once(Choice::new("", lang.say("form.not-told")));
        let words = words
            .iter()
            .map(|(value, key)| Choice::new(*value, lang.say(key)));
        let words = none.chain(words).collect();
        Self::new(name, lang.say(label), Control::Select(words))
    }

    /// Is this value the chosen one?
    pub(in crate::counter) fn is_chosen(&self, choice: &Choice) -> bool {
        self.value == choice.value
    }
}

impl Form {
    pub(super) fn new(kind: FormKind, fields: Vec<Field>, button: &'static str) -> Self {
        Self {
            kind,
            id: String::new(),
            hidden: Vec::new(),
            fields,
            more: Vec::new(),
            buttons: vec![("", button)],
            waiting: "",
            problem: None,
        }
    }

    pub(super) fn carrying(mut self, name: &'static str, value: impl ToString) -> Self {
        self.hidden.push((name, value.to_string()));
        self
    }

    /// Where it is sent.
    pub(in crate::counter) fn path(&self) -> String {
        match self.kind {
            FormKind::AddPrescription => "/counter/prescriptions".to_owned(),
            FormKind::PhotographCode => "/counter/photos".to_owned(),
            kind => format!("/counter/actions/{}", kind.word()),
        }
    }

    /// Does it carry files?
    pub(in crate::counter) fn is_upload(&self) -> bool {
        self.kind.is_upload()
    }

    /// Puts back what was typed, a PIN apart, and says what is wrong with it.
    pub(super) fn recall(&mut self, typed: &Typed, lang: Language) {
        if typed.fields.text("form") != Some(&self.id) {
            return;
        }
        self.problem = Some((typed.field.to_owned(), lang.say(typed.code)));
        let mut seen = Vec::new();
        for field in self.fields.iter_mut().chain(&mut self.more) {
            if field.name == PIN {
                continue;
            }
            let before = seen.iter().filter(|name| **name == field.name).count();
            seen.push(field.name);
            let mut told = typed.fields.all(field.name);
            if let Control::Tick(is_set) = &mut field.control {
                *is_set = told.any(|told| told == field.value);
            } else if let Some(told) = told.nth(before) {
                field.value = told.to_owned();
            }
        }
    }
}

/// A form that was not carried out.
pub(in crate::counter) struct Typed {
    pub fields: Fields,
    /// The field that is wrong; empty where none is.
    pub field: &'static str,
    /// Why, as a key of the text catalogue.
    pub code: &'static str,
}

impl Typed {
    /// A mistake in a field.
    pub(in crate::counter) fn wrong(fields: Fields, error: FieldError) -> Self {
        Self {
            fields,
            field: error.field,
            code: error.mistake.code(),
        }
    }
}
