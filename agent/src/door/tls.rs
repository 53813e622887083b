//! TLS both ways: rustls on ring, nothing taken from the machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection};
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

/// The files of a door's certificate.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    /// The chain that is shown.
    pub chain: &'a Path,
    pub key: &'a Path,
    /// The authority whose certificates clients have to show; none are asked for without it.
    pub clients: Option<&'a Path>,
}

impl<'a> Certificate<'a> {
    /// For whom no certificate is asked, if both files are named.
    pub fn configured(chain: Option<&'a Path>, key: Option<&'a Path>) -> Option<Self> {
        Some(Self {
            chain: chain?,
            key: key?,
            clients: None,
        })
    }
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

/// When the first certificate of a chain ends, the last moment included.
pub fn ends(chain: &Path) -> Result<Timestamp, TlsError> {
    let mut first: Option<Timestamp> = None;
    for certificate in certificates(chain)? {
        let (_, read) =
            x509_parser::parse_x509_certificate(&certificate).map_err(|_| unreadable(chain))?;
        let seconds = read.validity().not_after.timestamp();
        let ends = Timestamp::from_second(seconds).map_err(|_| unreadable(chain))?;
        first = Some(first.map_or(ends, |first| first.min(ends)));
    }
    first.ok_or_else(|| unreadable(chain))
}

fn roots(authority: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authority)? {
        roots.add(certificate).map_err(|_| unreadable(authority))?;
    }
    Ok(roots)
}

/// Towards a server. Where an authority is named, it alone is believed; else the public ones.
pub(crate) fn client(authority: Option<&Path>) -> Result<TlsConnector, TlsError> {
    let roots = match authority {
        Some(path) => roots(path)?,
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Towards whoever calls us.
pub(super) fn server(certificate: &Certificate<'_>) -> Result<TlsAcceptor, TlsError> {
    let chain = certificates(certificate.chain)?;
    // What is wrong with a key is not told further: the error could repeat it.
    let secret = PrivateKeyDer::from_pem_file(certificate.key);
    let secret = secret.map_err(|_| unreadable(certificate.key))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?;
    let config = match certificate.clients {
        Some(authority) => config.with_client_cert_verifier(verifier(authority)?),
        None => config.with_no_client_auth(),
    };
    let config = config
        .with_single_cert(chain, secret)
        .map_err(TlsError::Setup)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Demands certificates of this authority.
fn verifier(authority: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let roots = Arc::new(roots(authority)?);
    WebPkiClientVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|_| unreadable(authority))
}

/// Who a client is by the certificate that it proved to hold: its bytes. Among the extensions of every
/// request on a connection whose door demands one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity(Arc<[u8]>);

impl Identity {
    /// The certificate, as it was shown.
    pub fn certificate(&self) -> &[u8] {
        &self.0
    }

    /// Of the other end of a connection.
    pub(super) fn of(connection: &ServerConnection) -> Option<Self> {
        let chain = connection.peer_certificates()?;
        chain
            .first()
            .map(|certificate| Self(certificate.as_ref().into()))
    }
}
