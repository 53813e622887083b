//! The one way in: accepts connections, gives each its place, serves HTTP/1.1 on it, and stops on
//! request.
//!
//! In scope: order at the door. Out of scope: who is displaced ([`super::room`]), how long a stranger
//! may take ([`super::stay`]), what is served (a hyper service), and how long open requests may take
//! to end (whoever called).

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::room::{Room, Shares};
use super::stay::{Stay, Turn};
use super::stop;
use super::tls::Identity;

/// How long open requests may take to end when the agent stops.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// How long nobody is accepted where the system has no descriptor and nobody may go.
const BREATH: Duration = Duration::from_millis(50);
/// How often at most the log hears that connections cannot be accepted.
const COMPLAINT: Duration = Duration::from_secs(60);

/// How HTTP is spoken with a client that, once known, has this long to send its next request's head.
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

/// Where connections come from.
pub(super) trait Entrance: Send {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next one, and from where it is.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, IpAddr)>> + Send;
}

impl Entrance for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, IpAddr)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // Small answers must not wait for a full segment.
        let _ = stream.set_nodelay(true);
        Ok((stream, peer.ip()))
    }
}

/// The sockets of one door: both loopback addresses of a machine are the same place, and `localhost` may
/// mean either.
pub(super) struct Sockets {
    pub(super) first: TcpListener,
    pub(super) second: Option<TcpListener>,
}

impl Entrance for Sockets {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, IpAddr)> {
        match &mut self.second {
            None => Entrance::accept(&mut self.first).await,
            Some(second) => tokio::select! {
                accepted = Entrance::accept(&mut self.first) => accepted,
                accepted = Entrance::accept(second) => accepted,
            },
        }
    }
}

/// How whoever comes in is received.
#[derive(Clone)]
pub(super) struct Reception<S> {
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) protocol: http1::Builder,
    pub(super) service: S,
    pub(super) stop: watch::Receiver<bool>,
}

impl<S, B> Reception<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Receives until told to stop.
    pub(super) async fn serve(self, mut entrance: impl Entrance, shares: Shares) -> Open {
        let room = Arc::new(Room::new(shares));
        let mut connections = JoinSet::new();
        let mut stop = self.stop.clone();
        let mut complained = None;
        loop {
            let accepted = tokio::select! {
                () = stop::told(&mut stop) => break,
                accepted = entrance.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let stay = Stay::begin(&room, peer);
                    connections.spawn(self.clone().welcome(stream, stay));
                }
                Err(error) if is_of_one(&error) => {}
                Err(error) => {
                    complain(&mut complained, &error);
                    if !room.relieve() {
                        tokio::time::sleep(BREATH).await;
                    }
                }
            }
            while connections.try_join_next().is_some() {}
            // Whoever was let in has a turn, with what they sent until now, before anybody can
            // displace them; whoever was displaced gives their descriptor back.
            tokio::task::yield_now().await;
        }
        Open(connections)
    }

    async fn welcome<IO>(self, stream: IO, stay: Arc<Stay>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tokio::select! {
            () = stay.over() => {}
            () = self.meet(stream, &stay) => {}
        }
    }

    async fn meet<IO>(self, stream: IO, stay: &Arc<Stay>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some(acceptor) = self.acceptor.clone() else {
            return self.converse(stream, stay, None).await;
        };
        match acceptor.accept(stream).await {
            Ok(stream) => {
                let identity = Identity::of(stream.get_ref().1);
                self.converse(stream, stay, identity).await;
            }
            Err(_) => tracing::info!("a client's TLS handshake failed"),
        }
    }

    async fn converse<IO>(self, stream: IO, stay: &Arc<Stay>, identity: Option<Identity>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self {
            protocol,
            service,
            mut stop,
            ..
        } = self;
        let service = service_fn(move |mut request: Request<Incoming>| {
            let turn = stay.turn(request.extensions_mut());
            if let Some(identity) = &identity {
                request.extensions_mut().insert(identity.clone());
            }
            let answering = service.call(request);
            async move {
                let response = answering.await?;
                turn.answered();
                Ok::<_, S::Error>(response.map(|body| Answer { body, _turn: turn }))
            }
        });
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => {}
            () = stop::told(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
}

/// Does an error concern one connection, which ended before it was accepted?
fn is_of_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Says that connections cannot be accepted: most often there are no descriptors left.
fn complain(complained: &mut Option<Instant>, error: &io::Error) {
    let now = Instant::now();
    if complained.is_none_or(|last| now - last >= COMPLAINT) {
        *complained = Some(now);
        tracing::warn!("cannot accept connections, others are ended for them: {error}");
    }
}

/// An answer on its way; its turn is over when the last of it was taken.
struct Answer<B> {
    body: B,
    _turn: Turn,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
