//! Why a pack cannot be used.

use crate::eligibility::LexiconError;
use crate::pack::source::ArchiveError;
use crate::rule::ParameterError;

/// A pack that cannot be used: which file, row and column, and what was expected there.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file that no pack has.
    #[error("`{file}` is not a file of a rule pack")]
    UnknownFile {
        /// The file.
        file: String,
    },
    /// A file that every pack has.
    #[error("file `{file}` is missing")]
    MissingFile {
        /// The file.
        file: &'static str,
    },
    /// A file that is not UTF-8.
    #[error("`{file}` is not UTF-8")]
    Encoding {
        /// The file.
        file: &'static str,
    },
    /// A table that is not CSV.
    #[error("`{file}` is not a table")]
    Csv {
        /// The file.
        file: &'static str,
        /// Why.
        #[source]
        source: csv::Error,
    },
    /// A heading that the table does not have.
    #[error("`{file}` has no column `{column}` in its format")]
    UnknownColumn {
        /// The file.
        file: &'static str,
        /// The heading.
        column: String,
    },
    /// A heading that is missing, or there twice.
    #[error("`{file}` must have the column `{column}` once")]
    MissingColumn {
        /// The file.
        file: &'static str,
        /// The heading.
        column: &'static str,
    },
    /// A cell that cannot be read.
    #[error("`{file}` row {row}, column `{column}`: expected {expected}")]
    Cell {
        /// The file.
        file: &'static str,
        /// The row as a spreadsheet counts, the heading being 1.
        row: usize,
        /// The heading.
        column: &'static str,
        /// What the cell may hold.
        expected: &'static str,
    },
    /// Parameters that do not fit the kind.
    #[error("`{file}` row {row}: kind and parameters do not fit")]
    Parameters {
        /// The file.
        file: &'static str,
        /// The row.
        row: usize,
        /// Why.
        #[source]
        source: ParameterError,
    },
    /// An id or key that stands there twice.
    #[error("`{file}` row {row}: `{key}` stands there already")]
    Duplicate {
        /// The file.
        file: &'static str,
        /// The row.
        row: usize,
        /// The id or key.
        key: String,
    },
    /// A range of dates whose end lies before its beginning.
    #[error("`{file}` row {row}: the last day lies before the first")]
    InvertedDates {
        /// The file.
        file: &'static str,
        /// The row; 0 for the pack itself.
        row: usize,
    },
    /// A text that the decision needs and the pack does not have.
    #[error("`{file}` has no text for `{key}`")]
    MissingText {
        /// The file.
        file: &'static str,
        /// The key.
        key: &'static str,
    },
    /// The head of the pack cannot be read.
    #[error("`pack.toml` cannot be read")]
    Head(#[source] toml::de::Error),
    /// The lexicon cannot be used.
    #[error("the lexicon cannot be used")]
    Lexicon(#[source] LexiconError),
    /// A set of words that no search can be built of.
    #[error("the words of `{file}` cannot be searched for")]
    Words {
        /// The file.
        file: &'static str,
    },
    /// The pack that was built in is not the one whose digest was pinned.
    #[error("the built-in pack does not have its pinned digest")]
    Digest(#[source] pharmacy_protocol::verified::DigestMismatch),
    /// The archive of a pack cannot be read.
    #[error("the archive of the pack cannot be read")]
    Archive(#[source] ArchiveError),
}
