//! Why a gateway cannot start.

use std::net::SocketAddr;

use crate::door::tls::TlsError;

/// A gateway that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not the address of an HTTP proxy.
    #[error("`[gateway] proxy` must look like `http://host:port`")]
    Proxy,
    /// Certificates or keys.
    #[error("cannot prove who the gateway is, or who the platform is")]
    Tls(#[from] TlsError),
    /// Not the address of a platform.
    #[error("`[gateway] upstream` must look like `http://host:port/path`")]
    Upstream,
}

impl GatewayError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "gateway.certificate",
            Self::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
                "gateway.port-in-use"
            }
            Self::Listen { .. } => "gateway.listen",
            Self::Proxy => "gateway.proxy",
            Self::Upstream => "gateway.upstream",
        }
    }
}
