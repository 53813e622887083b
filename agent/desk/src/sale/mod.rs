//! The sale: facts gathered, judged, and what its goods and persons leave behind.

pub(crate) mod cash;
mod gather;
pub(crate) mod goods;
mod hold;
mod judge;
mod likely;
mod no_code;
pub(crate) mod preview;
mod proven;
mod repeat;
pub(crate) mod report;
pub(crate) mod visit;
pub(crate) mod witnessed;
