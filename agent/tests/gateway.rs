//! The gateway between a till and a platform that show every byte: what passes, how, and what does
//! not. The desk is scripted; what it decides is shown elsewhere.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "an integration test may"
)]

#[path = "gateway/gated.rs"]
mod gated;
#[path = "gateway/kit.rs"]
mod kit;
#[path = "gateway/manner.rs"]
mod manner;
#[path = "gateway/opaque.rs"]
mod opaque;
#[path = "gateway/own_port.rs"]
mod own_port;
#[path = "gateway/packed.rs"]
mod packed;
#[path = "gateway/passing.rs"]
mod passing;
#[path = "gateway/refusing.rs"]
mod refusing;
#[path = "gateway/secure.rs"]
mod secure;
#[path = "gateway/stream.rs"]
mod stream;
