//! Where others come in: listening, TLS, order, stopping; whom a browser speaks for, and its sessions.
//!
//! ```text
//! Bound ─► accept ─► a place in the room ─► TLS ─► head ─► Policy (name, origin) ─► the edge's own check
//!                     strangers │ known ◄──────────────────────────── vouch: a valid secret ──┘
//! ```
//! API with counter page, gateway and reviewers are policies on it. In scope: who gets in, for how long, and
//! who goes when it is full. Out of scope: what a secret is, what is answered.

pub(crate) mod accept;
pub(crate) mod bind;
pub(crate) mod expiry;
pub(crate) mod pass;
pub(crate) mod policy;
pub(crate) mod room;
pub(crate) mod session;
pub(crate) mod slow;
pub(crate) mod stay;
pub(crate) mod stop;
pub(crate) mod tls;

#[cfg(test)]
mod tests;

pub use bind::{BindError, DoorName};
pub use expiry::{NOTICE_DAYS, Shown};
pub use tls::{Certificate, Identity, TlsError};
