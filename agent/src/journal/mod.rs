//! The log of record: seals, appends, commits.
