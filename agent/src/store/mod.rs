//! The database: the only module that names rusqlite.

pub mod catalogue;
