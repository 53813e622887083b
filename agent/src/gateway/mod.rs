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

mod body;
mod call;
mod departure;
mod gate;
mod guard;
mod header;
mod listener;
mod local;
mod path;
mod relay;
mod upstream;
mod wire;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

pub use gate::{Gate, Ruling};

use crate::config::GatewayConfig;
use crate::door::bind::{BindError, Bound, DoorName};
use crate::door::policy::Policy;
use crate::door::tls::{Certificate, TlsError};
use path::Paths;
use relay::Relay;
use upstream::Upstream;

/// Longest call that is read before it passes, and longest answer that is kept. No message of the
/// interface is near it (`input` and `output` have 40,000 characters).
pub const MAX_CALL: usize = 4 * 1024 * 1024;

/// How much of an unknown call's answer is searched for a settlement.
pub const MAX_SEARCHED: usize = 256 * 1024;

/// A gateway that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Its door.
    #[error(transparent)]
    Door(#[from] BindError),
    /// Not the address of an HTTP proxy.
    #[error("`[gateway] proxy` must look like `http://host:port`")]
    Proxy,
    /// The authority of the platform's certificate.
    #[error("cannot tell who the platform is")]
    Tls(#[from] TlsError),
    /// Not the address of a platform.
    #[error("`[gateway] upstream` must look like `http://host:port/path`")]
    Upstream,
}

impl GatewayError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "gateway.certificate",
            Self::Door(error) => error.code(),
            Self::Proxy => "gateway.proxy",
            Self::Upstream => "gateway.upstream",
        }
    }
}

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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Relays until `stop` turns true, then lets open calls end.
    pub async fn serve<G: Gate>(self, gate: G, stop: watch::Receiver<bool>) {
        let relay = Relay {
            gate: Arc::new(gate),
            upstream: self.upstream,
            policy: self.policy,
            paths: self.paths,
            answer: self.answer,
            background: Background::default(),
            serial: std::sync::atomic::AtomicU64::new(0),
        };
        listener::serve(self.bound, self.connections, Arc::new(relay), stop).await;
    }
}

/// Work that goes on when the till has hung up. Clones share it.
#[derive(Clone, Default)]
struct Background(Arc<Mutex<JoinSet<()>>>);

impl Background {
    fn works(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut works = self.works();
        while works.try_join_next().is_some() {}
        works.spawn(work);
    }

    /// Ends what is under way. It holds on to the desk, which could not end otherwise.
    async fn shut_down(&self) {
        let mut works = std::mem::take(&mut *self.works());
        works.shutdown().await;
    }

    /// Waits for what is under way, and for what that starts in turn.
    async fn drain(&self) {
        while std::future::poll_fn(|cx| self.works().poll_join_next(cx))
            .await
            .is_some()
        {}
    }
}
