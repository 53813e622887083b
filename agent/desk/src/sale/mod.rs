//! The sale: facts gathered, judged, and what its goods and persons leave behind.

mod gather;
pub(crate) mod goods;
mod judge;
pub(crate) mod preview;
pub(crate) mod report;
