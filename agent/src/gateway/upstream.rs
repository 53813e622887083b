//! The way to the platform: one address, a pool for what may share a connection, and connections of
//! their own for what moves money.
//!
//! Out of scope: what is sent, and what its fate means (`departure`, `relay`). No proxy is taken from
//! the environment: a till's user could set one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::legacy::{Client, Error as PoolError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::background::Background;
use super::body::CallBody;
use super::error::GatewayError;
use crate::config::GatewayConfig;
use crate::door::tls;

/// An idle connection of the pool is given up after this: shorter than the servers in the field
/// keep theirs (Tomcat: 20 s), so that none is used as it closes.
const IDLE: Duration = Duration::from_secs(15);

/// Dead peers behind a firewall are noticed after about this.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// The address did not answer, or the proxy would not pass on.
    #[error("cannot connect to the platform")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection was closed before anything was sent.
    #[error("the platform closed the connection before the call began")]
    Closed(#[source] hyper::Error),
    /// Its certificate is not believed, or it speaks no TLS.
    #[error("no secure connection with the platform")]
    Tls(#[source] std::io::Error),
    /// It took too long.
    #[error("the platform did not take the connection in time")]
    TimedOut,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// It may have arrived.
    #[error("the connection was cut after the call began")]
    Cut(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the call did not leave")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The platform.
pub(super) struct Upstream {
    authority: HeaderValue,
    base: String,
    dial: Uri,
    connector: Connector,
    pool: Client<Connector, CallBody>,
}

impl Upstream {
    /// Reads where the platform is and how to reach it.
    pub(super) fn new(config: &GatewayConfig) -> Result<Self, GatewayError> {
        let upstream: Uri = parse_address(&config.upstream).ok_or(GatewayError::Upstream)?;
        let authority = upstream.authority().ok_or(GatewayError::Upstream)?;
        let is_tls = upstream.scheme() == Some(&Scheme::HTTPS);
        let dial = with_port(&upstream, if is_tls { 443 } else { 80 });
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        let route = match &config.proxy {
            None => Route::Direct(tcp),
            Some(proxy) => {
                let proxy = parse_address(proxy)
                    .filter(|proxy| proxy.scheme() == Some(&Scheme::HTTP))
                    .ok_or(GatewayError::Proxy)?;
                let proxy = with_port(&proxy, 80).ok_or(GatewayError::Proxy)?;
                Route::Tunnelled(Tunnel::new(proxy, tcp))
            }
        };
        let tls = match is_tls {
            true => {
                let host = authority.host().trim_matches(['[', ']']).to_owned();
                let name = ServerName::try_from(host).map_err(|_| GatewayError::Upstream)?;
                Some((tls::client(config.certificate_authority.as_deref())?, name))
            }
            false => None,
        };
        let connector = Connector {
            route,
            tls,
            limit: Duration::from_secs(config.connect_seconds.get().into()),
        };
        Ok(Self {
            authority: HeaderValue::from_str(authority.as_str())
                .map_err(|_| GatewayError::Upstream)?,
            base: upstream.path().to_owned(),
            dial: dial.ok_or(GatewayError::Upstream)?,
            pool: pool(connector.clone()),
            connector,
        })
    }

    /// What stands in `Host`.
    pub(super) fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// Where a call goes: the base, and what followed the secret, byte for byte.
    pub(super) fn target(&self, rest: &str) -> Option<PathAndQuery> {
        let whole = if rest.starts_with('/') {
            format!("{}{rest}", self.base.trim_end_matches('/'))
        } else {
            format!("{}{rest}", self.base)
        };
        PathAndQuery::try_from(whole).ok()
    }

    /// Sends over a connection of the pool.
    pub(super) async fn send_pooled(
        &self,
        mut request: Request<CallBody>,
    ) -> Result<Response<Incoming>, SendError> {
        let mut parts = self.dial.clone().into_parts();
        parts.path_and_query = request.uri().path_and_query().cloned();
        *request.uri_mut() =
            Uri::from_parts(parts).map_err(|error| SendError::NotSent(error.into()))?;
        self.pool.request(request).await.map_err(pool_error)
    }

    /// Sends over a connection that was never used and never will be again. Nothing is repeated.
    pub(super) async fn send_alone(
        &self,
        request: Request<CallBody>,
        background: &Background,
    ) -> Result<Response<Incoming>, SendError> {
        let not_sent = |error: ConnectError| SendError::NotSent(error.into());
        let wire = self
            .connector
            .connect(self.dial.clone())
            .await
            .map_err(not_sent)?;
        let mut builder = http1::Builder::new();
        builder.preserve_header_case(true).title_case_headers(true);
        let (mut sender, connection) = builder
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|error| not_sent(ConnectError::Closed(error)))?;
        background.spawn(async move {
            // Its error reaches whoever waits for the answer.
            let _ = connection.await;
        });
        sender
            .ready()
            .await
            .map_err(|error| not_sent(ConnectError::Closed(error)))?;
        match sender.try_send_request(request).await {
            Ok(response) => Ok(response),
            Err(mut error) => Err(match error.take_message() {
                // The request is handed back only when not a byte of it was written.
                Some(_) => not_sent(ConnectError::Closed(error.into_error())),
                None => SendError::Cut(error.into_error().into()),
            }),
        }
    }
}

fn pool(connector: Connector) -> Client<Connector, CallBody> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .http1_preserve_header_case(true)
        .http1_title_case_headers(true)
        .set_host(false)
        .build(connector)
}

fn pool_error(error: PoolError) -> SendError {
    if error.is_connect() {
        SendError::NotSent(error.into())
    } else {
        SendError::Cut(error.into())
    }
}

/// `http://host:port/base` without anything that would not be understood here.
fn parse_address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_user = uri.authority()?.as_str().contains('@');
    let is_plain = uri.query().is_none() && !text.contains('#');
    (is_http && !has_user && is_plain && uri.host().is_some_and(|host| !host.is_empty()))
        .then_some(uri)
}

/// The address with its port written out, and no path.
fn with_port(uri: &Uri, default: u16) -> Option<Uri> {
    let port = uri.port_u16().unwrap_or(default);
    let authority: Authority = format!("{}:{port}", uri.host()?).parse().ok()?;
    Uri::builder()
        .scheme(uri.scheme_str()?)
        .authority(authority)
        .path_and_query("/")
        .build()
        .ok()
}

/// Bytes both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection with the platform.
pub(super) type Wire = Box<dyn Stream>;

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Makes connections: TCP, the proxy's tunnel if there is one, TLS if the address asks for it.
#[derive(Clone)]
pub(super) struct Connector {
    route: Route,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    limit: Duration,
}

#[derive(Clone)]
enum Route {
    Direct(HttpConnector),
    Tunnelled(Tunnel<HttpConnector>),
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    async fn connect(&self, dial: Uri) -> Result<Wire, ConnectError> {
        tokio::time::timeout(self.limit, self.open(dial))
            .await
            .unwrap_or(Err(ConnectError::TimedOut))
    }

    async fn open(&self, dial: Uri) -> Result<Wire, ConnectError> {
        let tcp = match self.route.clone() {
            Route::Direct(mut connector) => connector
                .call(dial)
                .await
                .map_err(|error| ConnectError::Connect(error.into()))?,
            Route::Tunnelled(mut tunnel) => tunnel
                .call(dial)
                .await
                .map_err(|error| ConnectError::Connect(Box::new(error)))?,
        };
        Ok(match &self.tls {
            None => Box::new(tcp.into_inner()),
            Some((connector, name)) => {
                let secured = connector.connect(name.clone(), tcp.into_inner()).await;
                Box::new(secured.map_err(ConnectError::Tls)?)
            }
        })
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Wire>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Wire>, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, dial: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(dial).await.map(TokioIo::new) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_used_are_refused() {
        let good = [
            "http://10.1.2.3:8086/CSB",
            "https://platform.example/ebus/x/",
            "http://[fd00::1]:80",
        ];
        for text in good {
            assert!(parse_address(text).is_some(), "{text}");
        }
        let bad = [
            "",
            "10.1.2.3:8086",
            "ftp://10.1.2.3/",
            "http://user:word@10.1.2.3/",
            "http://10.1.2.3/?x=1",
            "http://10.1.2.3/#x",
            "/CSB",
        ];
        for text in bad {
            assert!(parse_address(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_port_is_written_out() {
        let uri: Uri = "https://[fd00::1]/x".parse().unwrap();
        assert_eq!(
            with_port(&uri, 443).unwrap().to_string(),
            "https://[fd00::1]:443/"
        );
    }
}
