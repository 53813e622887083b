//! One history: the rows beside the log as a pure fold over what its entries say of them.
//!
//! ```text
//! entry ──commits to──► part `rows` (Rows)  ──Fold::apply──►  rows, table by table, key by key
//!                       part `state` (Carried) ─Fold::carry──►  the same, taken up at a later start
//! ```
//! Whoever writes a row says so in the entry of the same commit: what was claimed, sold, supplied, named,
//! counted. The agent writes its rows by these changes, its verifier makes the rows anew from them and
//! compares each, the bureau makes them without the agent. A row that no entry explains is a finding.
//!
//! In scope: what a change says ([`Rows`]), what follows from it ([`Fold`]), what a row is compared by
//! ([`Row`]), state that is carried past erased parts ([`Carried`]). Out of scope: keys (digests and
//! sealed columns come as digests and opened texts), files, what a sale or a prescription means.

mod carried;
mod cell;
mod change;
mod fold;
mod no_code;
mod pack;
mod state;
mod table;
pub mod word;

#[cfg(test)]
mod tests;

pub use carried::{Carried, CarriedRow, CarryReason};
pub use cell::{Cell, Digest, Key, Row};
pub use change::{
    CallChange, Counted, DueChange, InsuredChange, ListChange, MappingChange, Marked, MarksGone,
    Named, PackChange, PrefixLearnt, PrescriptionChange, RegisterKept, RequestChange, Rows,
    SaleChange, SaleGone, SaleKept, SaleMade, SettingKept, SupplyChange, TokenChange,
};
pub use fold::{Check, Fold, Impossible, Keep, Missing, Scope};
pub use no_code::{NoCodeChange, NoCodeGoods, NoCodeRow, NoCodeStock};
pub use pack::{PackRow, Refused};
pub use state::{Changed, StateError, changed_members};
pub use table::Table;
