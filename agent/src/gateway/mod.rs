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

mod admit;
mod background;
mod body;
mod call;
mod cors;
mod departure;
mod error;
mod gate;
mod guard;
mod header;
mod listener;
mod local;
mod manner;
mod opaque;
mod path;
mod relay;
mod till;
mod upstream;
mod way;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pharmacy_protocol::term::TillNumber;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use call::MAX_CALL;
pub use error::GatewayError;
pub use gate::{Gate, Ruling};
pub use relay::MAX_SEARCHED;
pub use till::KEPT;

use crate::config::{GatewayConfig, GatewayTill};
use crate::door::bind::{Bound, DoorName};
use crate::door::policy::Policy;
use crate::door::slow::Slow;
use crate::door::tls::Certificate;
use path::Paths;
use relay::Relay;
use till::Tills;
use upstream::Upstream;
use way::Way;

/// Bound listeners, ready to relay.
pub struct Gateway {
    shared: Entrance,
    own: Vec<Entrance>,
    upstream: Upstream,
    paths: Paths,
    fetch_tills: Vec<TillNumber>,
    answer: Duration,
    connections: usize,
}

/// Where calls come in.
struct Entrance {
    bound: Bound,
    policy: Policy,
    /// Whose it is; else the secret in a path says so.
    till: Option<TillNumber>,
}

impl Entrance {
    /// Binds a till's own port, on this machine only and without TLS: who needs it can speak neither.
    async fn of_till(till: GatewayTill) -> Result<Self, GatewayError> {
        let bound = Bound::open(DoorName::Gateway, till.listen, None).await?;
        Ok(Self {
            policy: guard::own_policy(bound.names(&[])),
            bound,
            till: Some(till.number),
        })
    }
}

impl Gateway {
    /// Binds the address without serving yet.
    pub async fn bind(config: GatewayConfig) -> Result<Self, GatewayError> {
        let upstream = Upstream::new(&config)?;
        let certificate =
            Certificate::configured(config.certificate.as_deref(), config.key.as_deref());
        let bound = Bound::open(DoorName::Gateway, config.listen, certificate).await?;
        let mut own = Vec::new();
        for till in config.till {
            own.push(Entrance::of_till(till).await?);
        }
        Ok(Self {
            shared: Entrance {
                policy: guard::policy(bound.names(&config.hosts), config.origins),
                bound,
                till: None,
            },
            own,
            paths: Paths::new(&config.path_calls),
            fetch_tills: config.fetch_tills,
            answer: Duration::from_secs(config.answer_seconds.get().into()),
            connections: usize::from(config.max_connections.get()),
            upstream,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.shared.bound.address()
    }

    /// The tills that have a port of their own, and where it listens.
    pub fn own_addresses(&self) -> Vec<(TillNumber, SocketAddr)> {
        let own = self.own.iter();
        own.filter_map(|door| Some((door.till.clone()?, door.bound.address())))
            .collect()
    }

    /// Relays until `stop` turns true, then lets open calls end.
    pub async fn serve<G: Gate>(self, gate: G, stop: watch::Receiver<bool>) {
        let way = Arc::new(Way::new(gate, self.upstream, self.answer));
        let paths = Arc::new(self.paths);
        let mut doors = JoinSet::new();
        for door in std::iter::once(self.shared).chain(self.own) {
            let relay = Relay {
                way: Arc::clone(&way),
                policy: door.policy,
                paths: Arc::clone(&paths),
                fetch_tills: self.fetch_tills.clone(),
                slow: Slow::default(),
                tills: door.till.map_or_else(Tills::by_secret, Tills::one),
            };
            let stop = stop.clone();
            let serving = listener::serve(door.bound, self.connections, Arc::new(relay), stop);
            doors.spawn(serving);
        }
        drop(way);
        while doors.join_next().await.is_some() {}
    }
}
