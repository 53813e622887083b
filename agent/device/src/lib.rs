//! Devices at the counter.
//!
//! In scope: where a device is attached ([`address`]), the wire to it ([`port`], [`back_off`]), the
//! slip printer ([`printer`]), the identity card reader ([`reader`]) and the barcode scanner ([`scanner`]).
//! Out of scope: what a card or a code means for a sale (the desk and the decision), storing what was read.

pub mod address;
pub mod back_off;
pub mod paper;
pub mod port;
pub mod printer;
pub mod reader;
pub mod scan;
pub mod scanner;
