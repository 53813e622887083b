//! Reviewers at other PCs: a listener of their own, in the shop and for the chain (R15).
//!
//! In scope: signing in by number and PIN, and after it prescriptions, their images and both
//! decisions, as the counter page shows them. Out of scope: everything else. Nothing of a sale or a
//! person is served before somebody signed in, and no page for tills is served at all.
//!
//! ```text
//! GET  /counter/sign-ins                    who are you? POST answers it with a session's cookie
//! POST /counter/sign-outs                   ends shift and session
//! GET  /counter/reviews…                    as at a till
//! GET  /counter/events                      says that something may have changed
//! ```
//!
//! Whoever is registered for the chain acts from outside the store, whoever is registered as the
//! store's pharmacist from another PC of it: the register decides, not the browser. Each decision
//! asks for the PIN again; a screen that was left open approves nothing.

mod guard;
mod route;
mod session;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::service::TowerToHyperService;
use pharmacy_protocol::term::TillNumber;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::Office;
use crate::config::ReviewConfig;
use crate::counter::Counter;
use crate::door::accept::{self, Door};
use crate::door::tls::{self, TlsError};
use guard::Names;
use pharmacy_base::clock::Clock;
use pharmacy_desk::{Place, StaffItem};
use session::Sessions;

/// Most connections at once: a chain has some pharmacists at work, each with a page or two.
const MAX_CONNECTIONS: usize = 64;
/// A browser that does not send its request's head within this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A listener for reviewers that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Certificate or key.
    #[error("cannot prove to reviewers who the agent is")]
    Tls(#[from] TlsError),
}

impl ReviewError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
                "review.port-in-use"
            }
            Self::Listen { .. } => "review.listen",
            Self::Tls(_) => "review.certificate",
        }
    }
}

/// A bound listener for reviewers.
pub struct ReviewServer {
    listener: TcpListener,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    names: Names,
}

/// Everything that reviewers' requests need.
#[derive(Clone)]
struct Site {
    office: Office,
    sessions: Arc<Sessions>,
    names: Arc<Names>,
    /// The till in whose name the desk is asked: the agent's own.
    till: TillNumber,
    stop: watch::Receiver<bool>,
}

impl ReviewServer {
    /// Binds the address without serving yet.
    pub async fn bind(config: ReviewConfig) -> Result<Self, ReviewError> {
        let acceptor =
            tls::configured_server(config.certificate.as_deref(), config.key.as_deref())?;
        let failed = |source| ReviewError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let names = Names::new(address, acceptor.is_some(), &config.hosts);
        Ok(Self {
            listener,
            address,
            acceptor,
            names,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` turns true, then lets open requests end. `till` is the agent's own.
    pub async fn serve(
        self,
        counter: Arc<dyn Counter>,
        clock: Arc<dyn Clock>,
        till: TillNumber,
        stop: watch::Receiver<bool>,
    ) {
        let site = Site {
            office: Office { counter },
            sessions: Arc::new(Sessions::new(clock)),
            names: Arc::new(self.names),
            till,
            stop: stop.clone(),
        };
        let door = Door {
            listener: self.listener,
            acceptor: self.acceptor,
            connections: MAX_CONNECTIONS,
            protocol: accept::protocol(HEADER_TIMEOUT),
        };
        let service = TowerToHyperService::new(route::router(site));
        accept::serve(door, service, stop).await.end().await;
    }
}

/// May somebody review prescriptions?
pub(super) fn may_review(staff: &StaffItem) -> bool {
    let mut duties = staff.duties.iter();
    duties.any(|duty| matches!(*duty, "pharmacist" | "remote-pharmacist"))
}

/// Where somebody acts who signed in at another PC.
fn place_of(staff: &StaffItem) -> Place {
    // Who is registered for both counts as outside: the stricter of the two.
    match staff.duties.contains(&"remote-pharmacist") {
        true => Place::Remote,
        false => Place::Store,
    }
}
