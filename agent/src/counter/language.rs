//! The language of the page: Chinese unless somebody at the counter switched it.

use axum::http::HeaderMap;

use super::cookie::LANGUAGE;
use pharmacy_base::text;

/// A language that the page speaks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Language {
    #[default]
    Chinese,
    English,
}

impl Language {
    /// The language of a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        LANGUAGE
            .of(headers)
            .and_then(Self::parse)
            .unwrap_or_default()
    }

    /// Reads what [`Self::tag`] writes.
    pub(super) fn parse(tag: &str) -> Option<Self> {
        match tag {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Its short name in cookies and links.
    pub(super) fn tag(&self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// The page's `lang`.
    pub(super) fn html(&self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language that the switch leads to.
    pub(super) fn other(&self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    /// The text of a code.
    pub(super) fn say(&self, code: &str) -> &'static str {
        self.choose(text::message(code).zh, text::message(code).en)
    }

    /// One of two texts.
    pub(super) fn choose<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}
