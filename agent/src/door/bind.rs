//! Opening a door: its port, and how whoever comes is told who we are.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::accept::{Open, Reception};
use super::policy::{Names, Scheme};
use super::room::Shares;
use super::tls::{self, Certificate, TlsError};

/// Which door.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DoorName {
    /// The local API's, and the counter page's.
    Api,
    /// That of tills that speak the national interface.
    Gateway,
    /// That of reviewers at other PCs.
    Review,
}

/// A door that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}`")]
    Listen {
        door: DoorName,
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("cannot prove who the agent is")]
    Tls {
        door: DoorName,
        #[source]
        source: TlsError,
    },
}

impl BindError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen { door, source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                match door {
                    DoorName::Api => "api.port-in-use",
                    DoorName::Gateway => "gateway.port-in-use",
                    DoorName::Review => "review.port-in-use",
                }
            }
            Self::Listen { door, .. } => match door {
                DoorName::Api => "api.listen",
                DoorName::Gateway => "gateway.listen",
                DoorName::Review => "review.listen",
            },
            Self::Tls { door, .. } => match door {
                DoorName::Api => "api.certificate",
                DoorName::Gateway => "gateway.certificate",
                DoorName::Review => "review.certificate",
            },
        }
    }
}

/// A bound listener.
pub(crate) struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
}

impl Bound {
    /// Binds the address without serving yet.
    pub(crate) async fn open(
        door: DoorName,
        address: SocketAddr,
        certificate: Option<Certificate<'_>>,
    ) -> Result<Self, BindError> {
        let acceptor = certificate.map(|certificate| tls::server(&certificate));
        let acceptor = acceptor.transpose();
        let acceptor = acceptor.map_err(|source| BindError::Tls { door, source })?;
        let failed = |source| BindError::Listen {
            door,
            address,
            source,
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            acceptor,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The names under which it is called, with those that an operator gave it.
    pub(crate) fn names(&self, more: &[String]) -> Names {
        let scheme = match self.acceptor {
            Some(_) => Scheme::Https,
            None => Scheme::Http,
        };
        Names::new(self.address, scheme, more)
    }

    /// Serves until `stop` turns true; what is open then goes on until its caller ends it.
    pub(crate) async fn serve<S, B>(
        self,
        shares: Shares,
        protocol: http1::Builder,
        service: S,
        stop: watch::Receiver<bool>,
    ) -> Open
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + Unpin + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let reception = Reception {
            acceptor: self.acceptor,
            protocol,
            service,
            stop,
        };
        reception.serve(self.listener, shares).await
    }
}
