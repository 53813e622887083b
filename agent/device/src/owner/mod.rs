//! The one thread that owns a device's port, whatever the device.
//!
//! ```text
//!                 cannot be opened, breaks
//!               ┌──────────────────────────► Absent, Faulted ── back-off, or asked for ──┐
//!  start ─► Opening ─► Ready ── nothing left to do ──► Closed ───────────── asked for ───┤
//!               ▲        └───── lend ────────────────► Lent ────── time over, resume ────┤
//!               └────────────────────────────────────────────────────────────────────────┘
//!                        any ── stop ──► Stopped
//! ```
//! In scope: opening again and again, lending the port to another program (the insurer's own library
//! opens the devices that this agent uses, and a settlement fails if it finds them taken), stopping.
//! Out of scope: what is done with an open port, which its [`Driver`] says; bytes on it ([`crate::port`]).
//!
//! A port is dropped before it is opened anew: a held handle keeps a replugged device's name taken.
//! Each opening has a new generation, and nothing crosses from one to the next.

mod driver;
mod handle;
mod keeper;
mod snapshot;
mod told;

pub use driver::{Call, Driver, Fault, Post, Want};
pub use handle::Handle;
pub(crate) use handle::answered;
pub use keeper::{Opening, Owner};
pub use snapshot::{Snapshot, State};
pub use told::{LONGEST_LOAN, PendingLoan, Refusal};
