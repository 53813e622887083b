//! Accepts tills, bounds them, and stops on request.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::gate::Gate;
use super::relay::Relay;

/// A till that does not send its next call's head within this time is cut off; so long is an idle
/// connection kept (the usual 75 s of the servers it would meet without us).
const HEADER_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a till may take for the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long open calls may take to end when the agent stops.
const GRACE: Duration = Duration::from_secs(5);

/// Where tills come in.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) connections: usize,
}

/// Serves until `stop` turns true, then lets open calls end.
pub(super) async fn serve<G: Gate>(
    door: Door,
    relay: Arc<Relay<G>>,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(door.connections));
    let mut connections = JoinSet::new();
    loop {
        let permit = tokio::select! {
            () = crate::stop::told(&mut stop) => break,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            () = crate::stop::told(&mut stop) => break,
            accepted = door.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let acceptor = door.acceptor.clone();
                let relay = Arc::clone(&relay);
                let stop = stop.clone();
                connections.spawn(async move {
                    welcome(stream, acceptor, relay, stop).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of descriptors or a connection that was reset before it was accepted.
                tracing::warn!("cannot accept a till's connection: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    let background = relay.background.clone();
    let drained = async {
        while connections.join_next().await.is_some() {}
        background.drain().await;
    };
    if tokio::time::timeout(GRACE, drained).await.is_err() {
        tracing::warn!("calls still open after the grace period were cut off");
        connections.shutdown().await;
        background.shut_down().await;
    }
}

async fn welcome<G: Gate>(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    relay: Arc<Relay<G>>,
    stop: watch::Receiver<bool>,
) {
    // Small answers must not wait for a full segment.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else {
        return converse(stream, relay, stop).await;
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, relay, stop).await,
        Ok(Err(_)) | Err(_) => tracing::info!("a till's TLS handshake failed"),
    }
}

async fn converse<G: Gate>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    relay: Arc<Relay<G>>,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let relay = Arc::clone(&relay);
        async move { relay.take(request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .preserve_header_case(true)
        .title_case_headers(true)
        .auto_date_header(false)
        // Old clients close their half once the call is written, and read the answer then.
        .half_close(true)
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
