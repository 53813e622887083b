//! The listener: accepts connections, bounds them, and stops on request.
//!
//! The caller owns socket and stop signal, so tests do too.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{Api, route};

/// Most connections at once; a till needs one or two.
const MAX_CONNECTIONS: usize = 128;
/// A client that does not send its request's head within this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long open requests may take to end when the agent stops.
const GRACE: Duration = Duration::from_secs(5);

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
    pub async fn serve(self, api: Api, beside: Router, mut stop: watch::Receiver<bool>) {
        let router = route::router(api).merge(beside);
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let permit = tokio::select! {
                () = crate::stop::told(&mut stop) => break,
                permit = Arc::clone(&room).acquire_owned() => permit,
            };
            let accepted = tokio::select! {
                () = crate::stop::told(&mut stop) => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    // Small answers must not wait for a full segment.
                    let _ = stream.set_nodelay(true);
                    let router = router.clone();
                    let stop = stop.clone();
                    connections.spawn(async move {
                        serve_connection(stream, router, stop).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    // Out of descriptors or a connection that was reset before it was accepted.
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, drained).await.is_err() {
            tracing::warn!("requests still open after the grace period were cut off");
        }
    }
}

async fn serve_connection(
    stream: tokio::net::TcpStream,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = crate::stop::told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
