//! `[gateway]` and `[review]`: doors that open beyond this machine only with a certificate.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};

use pharmacy_desk::setup::{Early, TillConfig};
use pharmacy_protocol::term::{Infno, TillNumber};
use serde::Deserialize;

use super::error::ConfigError;

/// `[gateway]`: where tills that speak the national interface come in, and where their calls go.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewayConfig {
    /// Address and port; port 0 picks a free one. Beyond loopback only with a certificate.
    #[serde(default = "default_gateway_listen")]
    pub listen: SocketAddr,
    /// The platform as tills had it, `http://host:port`. A path here is put before that of every call.
    pub upstream: String,
    /// How long a connection with the platform may take to be made.
    #[serde(default = "default_connect_seconds")]
    pub connect_seconds: NonZeroU32,
    /// How long the platform may take to answer (180 s is the longest that tills wait).
    #[serde(default = "default_answer_seconds")]
    pub answer_seconds: NonZeroU32,
    /// PEM file of the authority that the platform's certificate comes from; it alone is believed.
    pub certificate_authority: Option<PathBuf>,
    /// PEM file of the certificate shown to tills.
    pub certificate: Option<PathBuf>,
    /// PEM file of its key.
    pub key: Option<PathBuf>,
    /// HTTP proxy on the way to the platform, `http://host:port`.
    pub proxy: Option<String>,
    /// Browser origins that may call. None by default.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Further names under which tills reach the gateway, with or without port.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Endings of paths and the calls behind them, beside those that are known.
    #[serde(default)]
    pub path_calls: BTreeMap<String, Infno>,
    /// What a calculation hears of what its settlement would be refused for.
    #[serde(default)]
    pub early: Early,
    /// Tills whose software calls with the `fetch` of Node, which says `sec-fetch-mode` as browsers do.
    #[serde(default)]
    pub fetch_tills: Vec<TillNumber>,
    /// Most connections of tills at once.
    #[serde(default = "default_max_connections")]
    pub max_connections: NonZeroU16,
    /// Ports of single tills that take an address and a port, and no path.
    #[serde(default)]
    pub till: Vec<GatewayTill>,
}

/// `[[gateway.till]]`: the port of one till. Whatever calls there is taken for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewayTill {
    pub number: TillNumber,
    /// Loopback address and port; port 0 picks a free one.
    pub listen: SocketAddr,
}

/// Port of the gateway unless the file says otherwise.
pub const DEFAULT_GATEWAY_PORT: u16 = 7481;

fn default_gateway_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], DEFAULT_GATEWAY_PORT))
}

fn default_connect_seconds() -> NonZeroU32 {
    const { NonZeroU32::new(10).unwrap() }
}

fn default_answer_seconds() -> NonZeroU32 {
    const { NonZeroU32::new(180).unwrap() }
}

fn default_max_connections() -> NonZeroU16 {
    const { NonZeroU16::new(256).unwrap() }
}

impl GatewayConfig {
    /// Refuses what would show calls to the shop's network, and takes files from beside `folder`.
    pub(super) fn settle(&mut self, folder: &Path, tills: &TillConfig) -> Result<(), ConfigError> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err(ConfigError::GatewayHalfCertificate);
        }
        for (at, till) in self.till.iter().enumerate() {
            if !till.listen.ip().is_loopback() {
                return Err(ConfigError::TillPortNotLocal(till.listen));
            }
            let others = self.till.iter().take(at);
            if !tills.is_enrolled(&till.number)
                || others
                    .map(|other| &other.number)
                    .any(|it| *it == till.number)
            {
                return Err(ConfigError::TillPortOwner(till.number.clone()));
            }
        }
        if !self.listen.ip().is_loopback() && self.certificate.is_none() {
            return Err(ConfigError::GatewayNotPrivate(self.listen));
        }
        let files = [
            &mut self.certificate_authority,
            &mut self.certificate,
            &mut self.key,
        ];
        for file in files.into_iter().flatten() {
            *file = folder.join(&*file);
        }
        Ok(())
    }
}

/// `[review]`: where pharmacists at other PCs, in the shop or for the chain, come in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ReviewConfig {
    /// Address and port; port 0 picks a free one. Beyond loopback only with a certificate.
    pub listen: SocketAddr,
    /// PEM file of the certificate shown to browsers.
    pub certificate: Option<PathBuf>,
    /// PEM file of its key.
    pub key: Option<PathBuf>,
    /// Names under which browsers reach the listener, with or without port.
    pub hosts: Vec<String>,
}

/// Port of the listener for reviewers unless the file says otherwise.
pub const DEFAULT_REVIEW_PORT: u16 = 7482;

impl Default for ReviewConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], DEFAULT_REVIEW_PORT)),
            certificate: None,
            key: None,
            hosts: Vec::new(),
        }
    }
}

impl ReviewConfig {
    /// Refuses what would show prescriptions to the network, and takes files from beside `folder`.
    pub(super) fn settle(&mut self, folder: &Path) -> Result<(), ConfigError> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err(ConfigError::ReviewHalfCertificate);
        }
        if !self.listen.ip().is_loopback() && self.certificate.is_none() {
            return Err(ConfigError::ReviewNotPrivate(self.listen));
        }
        for file in [&mut self.certificate, &mut self.key].into_iter().flatten() {
            *file = folder.join(&*file);
        }
        Ok(())
    }
}
