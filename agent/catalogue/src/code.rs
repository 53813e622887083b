//! Stable codes of what can go wrong with a catalogue; their texts are in the text catalogue.

use super::ImportError;
use super::column::HeadingError;
use crate::file::CatalogueError;

impl ImportError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRunning => "catalogue.import-running",
            Self::BadRows(_) => "catalogue.bad-rows",
            Self::Cancelled => "catalogue.cancelled",
            Self::Directory(_) => "catalogue.directory",
            Self::Heading(HeadingError::Ambiguous { .. }) => "catalogue.heading-ambiguous",
            Self::Heading(_) => "catalogue.heading",
            Self::NoArticle => "catalogue.no-article",
            Self::Source(_) => "catalogue.source",
            Self::SourceChanged => "catalogue.source-changed",
            Self::Store(error) => error.code(),
            Self::Table(_) => "catalogue.table",
            Self::TooLarge { .. } => "catalogue.too-large",
        }
    }
}

impl CatalogueError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "catalogue.damaged",
            Self::Form { .. } => "catalogue.form",
            Self::Missing => "catalogue.missing",
            Self::NotACatalogue => "catalogue.foreign",
            Self::Create(_) | Self::Publish(_) | Self::Write(_) => "catalogue.write",
            Self::Read(_) | Self::Stat(_) | Self::UnreadablePath => "catalogue.read",
        }
    }
}
