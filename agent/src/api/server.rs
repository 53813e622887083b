//! The listener of the local API. The caller owns socket and stop signal, so tests do too.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use super::{Api, route};
use crate::door::accept;
use crate::door::bind::{BindError, Bound, DoorName};
use crate::door::policy::Names;
use crate::door::room::Shares;

/// A till needs one or two connections.
const SHARES: Shares = Shares {
    strangers: 128,
    known: 128,
};
/// A client that does not send its next request's head within this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A bound listener.
pub struct Server(Bound);

impl Server {
    /// Binds the address without serving yet.
    pub async fn bind(address: SocketAddr) -> Result<Self, BindError> {
        Bound::open(DoorName::Api, address, None).await.map(Self)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// The names under which it is called.
    pub(crate) fn names(&self) -> Names {
        self.0.names(&[])
    }

    /// Serves the API, and beside it what other paths a router knows, until `stop` turns true, then
    /// lets open requests end.
    pub async fn serve(self, api: Api, beside: Router, stop: watch::Receiver<bool>) {
        let router = TowerToHyperService::new(route::router(api).merge(beside));
        let protocol = accept::protocol(HEADER_TIMEOUT);
        let open = self.0.serve(SHARES, protocol, router, stop);
        open.await.end().await;
    }
}
