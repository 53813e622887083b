//! TLS both ways: rustls on ring, nothing taken from the machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Certificates and keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate or key file.
    #[error("cannot use certificate or key `{0}`")]
    Certificate(PathBuf),
    /// Certificate and key do not fit, or no protocol is left.
    #[error("cannot set up TLS")]
    Setup(#[source] rustls::Error),
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn unreadable(path: &Path) -> TlsError {
    TlsError::Certificate(path.to_owned())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|_| unreadable(path))?;
    if found.is_empty() {
        return Err(unreadable(path));
    }
    Ok(found)
}

/// Towards a server. Where an authority is named, it alone is believed; else the public ones.
pub(crate) fn client(authority: Option<&Path>) -> Result<TlsConnector, TlsError> {
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
        .map_err(TlsError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Towards whoever calls us.
pub(crate) fn server(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let chain = certificates(certificate)?;
    // What is wrong with a key is not told further: the error could repeat it.
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|_| unreadable(key))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(TlsError::Setup)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Towards whoever calls us, if both files are named.
pub(crate) fn configured_server(
    certificate: Option<&Path>,
    key: Option<&Path>,
) -> Result<Option<TlsAcceptor>, TlsError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => server(certificate, key).map(Some),
        _ => Ok(None),
    }
}
