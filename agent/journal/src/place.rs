//! Where the journal lies.

/// The journal's directory within the data directory.
pub(crate) const JOURNAL_DIRECTORY: &str = "journal";

/// The journal's directory while it is being made.
pub(crate) const UNFINISHED_DIRECTORY: &str = "journal.new";

/// The database's file.
pub(crate) const DATABASE_FILE: &str = "log.db";
