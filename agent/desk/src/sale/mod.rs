//! The sale: facts gathered, judged, and what its goods and persons leave behind.

pub(crate) mod gather;
pub(crate) mod goods;
mod judge;
pub(crate) mod people;
