//! A panel, and what is in it before it has its place on the page.

use super::field::Form;
use super::scene::Scene;
use pharmacy_desk::{BoardReason, BoardSale};

#[derive(Debug)]
pub(in crate::counter) struct Panel {
    /// Names it within the page.
    pub id: String,
    /// The key that opens it.
    pub key: usize,
    /// What it is for.
    pub title: &'static str,
    /// What to do, where that is not said by a form.
    pub note: &'static str,
    /// Where else to go: address and words.
    pub link: Option<(&'static str, &'static str)>,
    /// Its forms, the likeliest first.
    pub forms: Vec<Form>,
    /// Is it open from the start, because a mistake has to be mended in it?
    pub is_open: bool,
}

/// What is in a panel.
pub(super) struct Body {
    pub(super) title: &'static str,
    pub(super) note: &'static str,
    pub(super) link: Option<(&'static str, &'static str)>,
    pub(super) forms: Vec<Form>,
}

impl Body {
    pub(super) fn of(title: &'static str, forms: Vec<Form>) -> Self {
        Self {
            title,
            note: "",
            link: None,
            forms,
        }
    }

    pub(super) fn noting(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    pub(super) fn linking(mut self, address: &'static str, words: &'static str) -> Self {
        self.link = Some((address, words));
        self
    }

    /// The panel of a reason; each of its forms says which sale and reason it is about.
    pub(super) fn of_reason(
        self,
        id: String,
        key: usize,
        sale: &BoardSale,
        reason: &BoardReason,
        scene: &Scene<'_>,
    ) -> Panel {
        let mut panel = self.finish(id, key, scene, |place, _| place.to_string());
        for form in &mut panel.forms {
            form.hidden.push(("sale", sale.sale.to_string()));
            form.hidden.push(("rule", reason.rule.clone()));
            let line = reason.line.map(|line| line.to_string());
            form.hidden.push(("line", line.unwrap_or_default()));
        }
        panel
    }

    /// Names the panel and, within it, its forms, and puts back what was typed.
    pub(super) fn finish(
        mut self,
        id: String,
        key: usize,
        scene: &Scene<'_>,
        name: impl Fn(usize, &Form) -> String,
    ) -> Panel {
        for (place, form) in self.forms.iter_mut().enumerate() {
            form.id = format!("{id}.{}", name(place, form));
            form.hidden.push(("form", form.id.clone()));
            if let Some(typed) = scene.typed {
                form.recall(typed, scene.lang);
            }
        }
        let is_open = self.forms.iter().any(|form| form.problem.is_some());
        Panel {
            id,
            key,
            title: self.title,
            note: self.note,
            link: self.link,
            forms: self.forms,
            is_open,
        }
    }
}
