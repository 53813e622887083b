//! Devices at the counter.
//!
//! In scope: where a device is attached ([`address`]), the wire to it ([`port`]) and the thread that owns
//! it ([`owner`]); the slip printer ([`printer`]) with what it prints ([`paper`]), the identity card
//! reader ([`reader`]), the barcode scanner ([`scanner`]) with what it reads ([`scan`], [`badge`]).
//! Out of scope: what a card or a code means for a sale (the desk and the decision), storing what was read.

pub mod address;
mod back_off;
pub mod badge;
pub mod owner;
pub mod paper;
pub mod port;
pub mod printer;
pub mod reader;
pub mod scan;
pub mod scanner;
