//! The pharmacy agent: a daemon at the till of a designated pharmacy.

pub mod catalogue;
pub mod classify;
pub mod clock;
pub mod device;
pub mod journal;
pub mod store;
