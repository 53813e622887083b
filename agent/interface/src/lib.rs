//! The national interface (`infno` JSON over HTTP) as the agent reads it: a parsed copy of what
//! passes, and the few messages that the agent writes itself.
//!
//! ```text
//! request  {"infno":"2102","msgid":…,"fixmedins_code":…,"input":{<head>:{…},<lines>:[…]}}
//! answer   {"infcode":0,"inf_refmsgid":…,"err_msg":null,"output":{"setlinfo":{…},…}}
//! ```
//! In scope: every spelling met in the field: charsets, forms, `input` and `output` as object or as
//! JSON string, a node as object, array or JSON string, member names in any case, numbers as numbers or
//! strings, unknown members ignored. Out of scope: the bytes on the wire, which nobody here changes (the gateway), and what a message means for a
//! sale (the desk).
//!
//! Limits, all checked before or while decoding: [`body::MAX_BODY`], [`json::MAX_DEPTH`],
//! [`json::MAX_VALUES`], [`settlement::MAX_LINES`], [`settlement::MAX_CODES`],
//! [`inventory::MAX_RECORDS`], [`node::MAX_TEXT`], [`node::MAX_UNWRAPS`].
//!
//! A view may fail; the relay does not. No error and no `Debug` here repeats a value: any of them
//! can be a person's.

mod amount;
pub mod answer;
pub mod body;
pub mod charset;
pub mod coding;
mod decimal;
mod dictionary;
pub mod electronic;
mod error;
pub mod inventory;
pub mod json;
mod manner;
pub mod mapping;
pub mod node;
pub mod person;
pub mod refusal;
pub mod request;
pub mod reversal;
mod scan;
pub mod settlement;
pub mod sign;
pub mod statement;
#[cfg(test)]
mod testing;
mod trace;
mod warning;
mod wording;

pub use answer::{Answer, Settled};
pub use charset::Charset;
pub use dictionary::AccountUse;
pub use error::ViewError;
pub use inventory::{StockKind, StockRecord, StockReport};
pub use mapping::Mapped;
pub use node::Node;
pub use person::{Insured, InsuredQuery};
pub use refusal::{Envelope, Manner, Shape, Written, with_warning, words};
pub use request::{Operator, Request, infno_of, infnos_of, is_same_call};
pub use reversal::{Reversal, Undo};
pub use settlement::{FeeLine, LoosePacks, Settlement, UnreadLine, Visit};
pub use sign::SignIn;
pub use statement::StatementRow;
