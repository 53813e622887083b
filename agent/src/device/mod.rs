//! Devices at the counter.
//!
//! In scope: where a device is attached ([`address`]), the wire to it ([`port`]) and the identity card
//! reader ([`reader`]).
//! Out of scope: what a card means for a sale (the desk and the decision), storing what was read.

pub mod address;
pub mod port;
pub mod reader;
