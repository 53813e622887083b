//! TLS both ways: rustls on ring, nothing taken from the machine.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::GatewayError;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn unreadable(path: &Path) -> GatewayError {
    GatewayError::Certificate(path.to_owned())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, GatewayError> {
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|_| unreadable(path))?;
    if found.is_empty() {
        return Err(unreadable(path));
    }
    Ok(found)
}

/// Towards the platform. Where an authority is named, it alone is believed; else the public ones.
pub(super) fn client(authority: Option<&Path>) -> Result<TlsConnector, GatewayError> {
    let mut roots = RootCertStore::empty();
    match authority {
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|_| unreadable(path))?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(GatewayError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Towards the tills.
pub(super) fn server(certificate: &Path, key: &Path) -> Result<TlsAcceptor, GatewayError> {
    let chain = certificates(certificate)?;
    // What is wrong with a key is not told further: the error could repeat it.
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|_| unreadable(key))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(GatewayError::Tls)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(GatewayError::Tls)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
