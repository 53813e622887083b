//! The counter: what people do at the page, and what it shows them.

pub(crate) mod act;
pub(crate) mod action;
pub(crate) mod board;
mod close;
pub(crate) mod correct;
mod photo;
pub(crate) mod remedy;
pub(crate) mod scan;
