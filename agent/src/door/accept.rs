//! The one way in for every listener: accepts connections, bounds them, serves HTTP/1.1 on each, and
//! stops on request.
//!
//! In scope: how many at once, TLS, and the end. Out of scope: what is served (a hyper service), how
//! the protocol is spoken and how long a head may take (the builder), and how long open requests may
//! take to end (whoever called).

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How long a client may take for the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long open requests may take to end when the agent stops.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Where clients come in.
pub(crate) struct Door {
    /// The bound socket.
    pub(crate) listener: TcpListener,
    /// TLS; none where the door is for this machine alone.
    pub(crate) acceptor: Option<TlsAcceptor>,
    /// Most connections at once; who comes later waits.
    pub(crate) connections: usize,
    /// How HTTP is spoken.
    pub(crate) protocol: http1::Builder,
}

/// How HTTP is spoken with a client that has this long to send its next request's head.
pub(crate) fn protocol(header_timeout: Duration) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout);
    protocol
}

/// Connections that were open when the door was closed.
pub(crate) struct Open(JoinSet<()>);

impl Open {
    /// Waits until each has ended.
    pub(crate) async fn drain(&mut self) {
        while self.0.join_next().await.is_some() {}
    }

    /// Cuts off what is left.
    pub(crate) async fn shut_down(mut self) {
        self.0.shutdown().await;
    }

    /// Gives open requests their time to end, and cuts off the rest.
    pub(crate) async fn end(mut self) {
        if tokio::time::timeout(GRACE, self.drain()).await.is_err() {
            tracing::warn!("requests still open after the grace period were cut off");
            self.shut_down().await;
        }
    }
}

/// Serves until `stop` turns true; what is open then goes on until its caller ends it.
pub(crate) async fn serve<S, B>(door: Door, service: S, mut stop: watch::Receiver<bool>) -> Open
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let room = Arc::new(Semaphore::new(door.connections));
    let mut connections = JoinSet::new();
    loop {
        let permit = tokio::select! {
            () = crate::door::stop::told(&mut stop) => break,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            () = crate::door::stop::told(&mut stop) => break,
            accepted = door.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (acceptor, protocol) = (door.acceptor.clone(), door.protocol.clone());
                let (service, stop) = (service.clone(), stop.clone());
                connections.spawn(async move {
                    welcome((stream, acceptor), protocol, service, stop).await;
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
    Open(connections)
}

async fn welcome<S, B>(
    (stream, acceptor): (TcpStream, Option<TlsAcceptor>),
    protocol: http1::Builder,
    service: S,
    stop: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Send,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Small answers must not wait for a full segment.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else {
        return converse(stream, protocol, service, stop).await;
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, protocol, service, stop).await,
        Ok(Err(_)) | Err(_) => tracing::info!("a client's TLS handshake failed"),
    }
}

async fn converse<S, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    protocol: http1::Builder,
    service: S,
    mut stop: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Send,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let connection = protocol.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = crate::door::stop::told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
