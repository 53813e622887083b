//! What every page has around its content: title, ways to the other pages, language, the answer.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::visit::Visit;
use crate::counter::language::Language;
use pharmacy_base::clock::STORE_OFFSET;
use pharmacy_desk::Done;

/// What came of the last request.
pub(super) struct Answer {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// A page's frame.
pub(super) struct Shell {
    lang: Language,
    title: &'static str,
    path: String,
    is_elsewhere: bool,
    who: String,
    answer: Option<Answer>,
}

/// The ways to the pages: address and the text's key.
const WAYS: [(&str, &str); 7] = [
    ("/counter/", "office.counter"),
    ("/counter/reviews", "office.reviews"),
    ("/counter/lists", "office.lists"),
    ("/counter/figures", "office.figures"),
    ("/counter/find", "office.find"),
    ("/counter/staff", "office.staff"),
    ("/counter/standing", "office.standing"),
];

impl Shell {
    /// The frame of a page with this title and address, in the visitor's language.
    pub(super) fn new(visit: &Visit, title: &'static str, path: impl Into<String>) -> Self {
        let reviewer = visit.visitor.reviewer.as_ref();
        let who = reviewer.map(ToString::to_string);
        Self {
            lang: Language::of(&visit.headers),
            title,
            path: path.into(),
            is_elsewhere: reviewer.is_some(),
            who: who.unwrap_or_default(),
            answer: None,
        }
    }

    /// The frame of a page for somebody who did not sign in yet.
    pub(super) fn for_stranger(headers: &HeaderMap, title: &'static str, path: &str) -> Self {
        Self {
            lang: Language::of(headers),
            title,
            path: path.into(),
            is_elsewhere: true,
            who: String::new(),
            answer: None,
        }
    }

    /// The same with what came of an action.
    pub(super) fn after(mut self, done: Option<&Done>) -> Self {
        self.answer = done.map(|done| Answer {
            class: "good",
            text: self.fill(done.code, done.number),
        });
        self
    }

    /// The same with why something was not done.
    pub(super) fn refused(mut self, code: Option<&str>) -> Self {
        self.answer = code.map(|code| Answer {
            class: "bad",
            text: self.say(code).to_owned(),
        });
        self
    }

    /// The text of a code.
    pub(super) fn say(&self, code: &str) -> &'static str {
        self.lang.say(code)
    }

    /// One of two texts.
    pub(super) fn choose<T>(&self, chinese: T, english: T) -> T {
        self.lang.choose(chinese, english)
    }

    /// The text of a code with a number in its place.
    pub(super) fn fill(&self, code: &str, number: Option<u64>) -> String {
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        self.say(code).replace("{}", &number)
    }

    pub(super) fn html(&self) -> &'static str {
        self.lang.html()
    }

    pub(super) fn other(&self) -> Language {
        self.lang.other()
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn who(&self) -> &str {
        &self.who
    }

    pub(super) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    pub(super) fn title(&self) -> &'static str {
        self.say(self.title)
    }

    /// Address, words, and whether it is this page.
    pub(super) fn ways(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> + '_ {
        let mine = WAYS
            .into_iter()
            .filter(|(_, code)| !self.is_elsewhere || *code == "office.reviews");
        let mine = mine.filter(|_| !self.is_elsewhere || !self.who.is_empty());
        mine.map(|(path, code)| (path, self.say(code), path == self.path))
    }

    /// Renders a page. Rendering into a string fails only if a Display does, and none of ours do.
    pub(super) fn page(template: &impl Template) -> Response {
        Html(template.render().unwrap_or_default()).into_response()
    }
}

/// A moment as the shop's clock shows it: China has one.
pub(super) fn moment(ms: &i64) -> String {
    Timestamp::from_millisecond(*ms)
        .map(|at| {
            let at = at.to_zoned(TimeZone::fixed(STORE_OFFSET));
            at.strftime("%Y-%m-%d %H:%M").to_string()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shops_clock_is_eight_hours_ahead() {
        assert_eq!(moment(&0), "1970-01-01 08:00");
    }
}
