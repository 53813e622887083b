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
mod site;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::service::TowerToHyperService;
use pharmacy_protocol::term::TillNumber;
use tokio::sync::watch;

use self::site::Site;
use super::cookie::REVIEW;
use super::desk::Counter;
use super::guard::policy;
use super::office::visit::Office;
use crate::config::ReviewConfig;
use crate::door::accept;
use crate::door::bind::{BindError, Bound, DoorName};
use crate::door::policy::Policy;
use crate::door::room::Shares;
use crate::door::session::{Longest, Sessions};
use crate::door::tls::Certificate;
use pharmacy_base::clock::Clock;

/// A chain has some pharmacists at work, each with a page or two.
const SHARES: Shares = Shares {
    strangers: 64,
    known: 64,
};
/// A browser that does not send its next request's head within this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A bound listener for reviewers.
pub struct ReviewServer {
    bound: Bound,
    policy: Policy,
}

impl ReviewServer {
    /// Binds the address without serving yet.
    pub async fn bind(config: ReviewConfig) -> Result<Self, BindError> {
        let certificate =
            Certificate::configured(config.certificate.as_deref(), config.key.as_deref());
        let bound = Bound::open(DoorName::Review, config.listen, certificate).await?;
        let policy = policy(bound.names(&config.hosts));
        Ok(Self { bound, policy })
    }

    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Serves until `stop` turns true, then lets open requests end. `till` is the agent's own.
    pub async fn serve(
        self,
        counter: Arc<dyn Counter>,
        clock: Arc<dyn Clock>,
        till: TillNumber,
        stop: watch::Receiver<bool>,
    ) {
        let ms = route::LONGEST_S * 1000;
        let sessions = Sessions::new(REVIEW, Some(Longest { clock, ms }));
        let site = Site {
            office: Office { counter },
            sessions: Arc::new(sessions),
            policy: Arc::new(self.policy),
            till,
            stop: stop.clone(),
        };
        let service = TowerToHyperService::new(route::router(site));
        let protocol = accept::protocol(HEADER_TIMEOUT);
        let open = self.bound.serve(SHARES, protocol, service, stop);
        open.await.end().await;
    }
}
