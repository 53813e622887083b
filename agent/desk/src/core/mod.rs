//! Plain functions and enums: no async, no clock, no log, no SQL.

pub mod attempt;
pub mod basket;
pub mod correction;
pub mod cover;
pub mod double;
pub mod image;
pub mod invoice;
pub mod moment;
pub mod no_code;
pub mod photo;
pub mod prescription;
pub mod presence;
pub mod release;
pub mod roles;
pub mod sale;
pub mod staff;
pub mod standing;
