//! The listener of the local API. The caller owns socket and stop signal, so tests do too.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Api, route};
use crate::door::accept::{self, Door};

/// Most connections at once; a till needs one or two.
const MAX_CONNECTIONS: usize = 128;
/// A client that does not send its request's head within this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// An API that cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl ApiError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
                "api.port-in-use"
            }
            Self::Listen { .. } => "api.listen",
        }
    }
}

/// A bound listener.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds the address without serving yet.
    pub async fn bind(address: SocketAddr) -> Result<Self, ApiError> {
        let failed = |source| ApiError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the API, and beside it what other paths a router knows, until `stop` turns true, then
    /// lets open requests end.
    pub async fn serve(self, api: Api, beside: Router, stop: watch::Receiver<bool>) {
        let door = Door {
            listener: self.listener,
            acceptor: None,
            connections: MAX_CONNECTIONS,
            protocol: accept::protocol(HEADER_TIMEOUT),
        };
        let router = TowerToHyperService::new(route::router(api).merge(beside));
        accept::serve(door, router, stop).await.end().await;
    }
}
