//! Opening a door: its port, and how whoever comes is told who we are.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::accept::{Open, Reception, Sockets};
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
    sockets: Sockets,
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
        let sockets = listen(address).await.map_err(failed)?;
        let address = sockets.first.local_addr().map_err(failed)?;
        Ok(Self {
            sockets,
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
        reception.serve(self.sockets, shares).await
    }
}

/// How often a free port is drawn whose other loopback address turns out to be taken.
const DRAWS: usize = 16;

/// Listens at an address, and where that is this machine's 127.0.0.1 at `[::1]` as well: what a till calls
/// `localhost` is either. A program that holds the other address would be sent the till's calls.
async fn listen(address: SocketAddr) -> io::Result<Sockets> {
    let mut draws = 0;
    loop {
        draws += 1;
        let first = TcpListener::bind(address).await?;
        if address.ip() != Ipv4Addr::LOCALHOST {
            let second = None;
            return Ok(Sockets { first, second });
        }
        let twin = SocketAddr::from((Ipv6Addr::LOCALHOST, first.local_addr()?.port()));
        let second = match TcpListener::bind(twin).await {
            Ok(second) => Some(second),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if address.port() == 0 && draws < DRAWS {
                    continue;
                }
                return Err(error);
            }
            // A machine without IPv6.
            Err(_) => None,
        };
        return Ok(Sockets { first, second });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A port whose two loopback addresses are free, as far as anybody can tell.
    async fn twins() -> Option<(TcpListener, TcpListener)> {
        let sockets = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
        let Sockets { first, second } = sockets.unwrap();
        Some((first, second?))
    }

    #[tokio::test]
    async fn both_loopback_addresses_are_one_door() {
        let Some((first, second)) = twins().await else {
            eprintln!("this machine has no IPv6");
            return;
        };
        let port = first.local_addr().unwrap().port();
        assert_eq!(second.local_addr().unwrap().port(), port);
        assert!(second.local_addr().unwrap().ip().is_loopback());
    }

    #[tokio::test]
    async fn a_stranger_at_the_other_loopback_address_is_said() {
        let Some((first, second)) = twins().await else {
            eprintln!("this machine has no IPv6");
            return;
        };
        let address = first.local_addr().unwrap();
        drop(first);
        let opened = Bound::open(DoorName::Gateway, address, None).await;
        let code = opened.err().map(|error| error.code());
        assert_eq!(code, Some("gateway.port-in-use"));
        drop(second);
    }

    #[tokio::test]
    async fn an_address_in_the_network_has_no_twin() {
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
        if let Ok(sockets) = listen(address).await {
            assert!(sockets.second.is_none());
        }
    }
}
