//! The gateway: tills that speak the national interface point their one URL here, and every call
//! passes unchanged; what settles passes the desk first.
//!
//! ```text
//! till ─► listener ─► guard ─► call ─┬─► departure ─► desk ─► a connection of its own ─► platform
//!                                    └─► relay ───────────► a connection of the pool ──►
//! ```
//! In scope: sockets, headers, bodies, time-outs, and that nothing gated leaves without a
//! [`Gate::Proof`]. Out of scope: what a call means and whether it may leave (the desk), how messages
//! are read and worded (`interface`).
//!
//! INVARIANT: bytes of bodies pass as they are, both ways. INVARIANT: what moves money is sent once.
//! What stands in a path, a header or a body reaches no log line.
//!
//! On the stop signal open calls have five seconds. A settlement that has no answer by then has left
//! without outcome, and is in doubt when the agent starts again.

mod background;
mod body;
mod call;
mod departure;
mod error;
mod gate;
mod guard;
mod header;
mod listener;
mod local;
mod opaque;
mod path;
mod relay;
mod till;
mod upstream;
mod way;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use call::MAX_CALL;
pub use error::GatewayError;
pub use gate::{Gate, Ruling};
pub use relay::MAX_SEARCHED;
pub use till::KEPT;

use crate::config::GatewayConfig;
use crate::door::bind::{Bound, DoorName};
use crate::door::policy::Policy;
use crate::door::tls::Certificate;
use path::Paths;
use relay::Relay;
use till::Tills;
use upstream::Upstream;
use way::Way;

/// A bound listener, ready to relay.
pub struct Gateway {
    bound: Bound,
    upstream: Upstream,
    policy: Policy,
    paths: Paths,
    answer: Duration,
    connections: usize,
}

impl Gateway {
    /// Binds the address without serving yet.
    pub async fn bind(config: GatewayConfig) -> Result<Self, GatewayError> {
        let upstream = Upstream::new(&config)?;
        let certificate =
            Certificate::configured(config.certificate.as_deref(), config.key.as_deref());
        let bound = Bound::open(DoorName::Gateway, config.listen, certificate).await?;
        Ok(Self {
            policy: guard::policy(bound.names(&config.hosts), config.origins),
            paths: Paths::new(&config.path_calls),
            answer: Duration::from_secs(config.answer_seconds.get().into()),
            connections: usize::from(config.max_connections.get()),
            bound,
            upstream,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Relays until `stop` turns true, then lets open calls end.
    pub async fn serve<G: Gate>(self, gate: G, stop: watch::Receiver<bool>) {
        let relay = Relay {
            way: Arc::new(Way::new(gate, self.upstream, self.answer)),
            policy: self.policy,
            paths: self.paths,
            tills: Tills::default(),
        };
        listener::serve(self.bound, self.connections, Arc::new(relay), stop).await;
    }
}
