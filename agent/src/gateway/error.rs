//! Why a gateway cannot start.

use crate::door::bind::BindError;
use crate::door::tls::TlsError;

/// A gateway that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error(transparent)]
    Door(#[from] BindError),
    /// Not the address of an HTTP proxy.
    #[error("`[gateway] proxy` must look like `http://host:port`")]
    Proxy,
    /// The authority of the platform's certificate.
    #[error("cannot tell who the platform is")]
    Tls(#[from] TlsError),
    /// Not the address of a platform.
    #[error("`[gateway] upstream` must look like `http://host:port/path`")]
    Upstream,
}

impl GatewayError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "gateway.certificate",
            Self::Door(error) => error.code(),
            Self::Proxy => "gateway.proxy",
            Self::Upstream => "gateway.upstream",
        }
    }
}
