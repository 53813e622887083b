//! What can be wrong with a configuration.

use std::net::SocketAddr;
use std::path::PathBuf;

use pharmacy_base::calendar::CalendarError;
use pharmacy_desk::setup::{MAX_SHIFT_HOURS, MAX_TRACE_MINUTES};
use pharmacy_protocol::term::TillNumber;

/// Largest configuration file read.
pub const MAX_CONFIG: u64 = 1 << 20;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The API would be reachable from other machines.
    #[error("`[api] listen` must be a loopback address, not `{0}`")]
    ApiNotLocal(SocketAddr),
    /// The calendar's file is not one.
    #[error("calendar `{path}` is wrong")]
    Calendar {
        path: PathBuf,
        #[source]
        source: CalendarError,
    },
    /// The calendar's file cannot be read.
    #[error("cannot read calendar `{path}`")]
    CalendarUnreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Shifts would end at once, or never.
    #[error("`[store] longest-shift-hours` must be 1 to {MAX_SHIFT_HOURS}, not `{0}`")]
    LongestShift(u8),
    /// Trace codes are expected, or held, for no time at all or for days.
    #[error("`[trace] minutes` and `hold-minutes` must be 1 to {MAX_TRACE_MINUTES}, not `{0}`")]
    TraceMinutes(u16),
    /// A certificate without its key, or the other way round.
    #[error("`[gateway] certificate` and `key` go together")]
    GatewayHalfCertificate,
    /// Calls would pass through the shop's network for everybody to read.
    #[error("`[gateway] listen` on `{0}` needs `certificate` and `key`")]
    GatewayNotPrivate(SocketAddr),
    /// A till's own port could be called from other machines.
    #[error("`[[gateway.till]] listen` must be a loopback address, not `{0}`")]
    TillPortNotLocal(SocketAddr),
    /// A port for a till that is not enrolled, or a second one.
    #[error("`[[gateway.till]]` names `{0}`, which `[till]` does not, or names it twice")]
    TillPortOwner(TillNumber),
    /// A certificate without its key, or the other way round.
    #[error("`[review] certificate` and `key` go together")]
    ReviewHalfCertificate,
    /// Prescriptions would pass through the network for everybody to read.
    #[error("`[review] listen` on `{0}` needs `certificate` and `key`")]
    ReviewNotPrivate(SocketAddr),
    /// The file is larger than any configuration.
    #[error("configuration `{0}` is larger than {MAX_CONFIG} bytes")]
    TooLarge(PathBuf),
    /// The file cannot be read.
    #[error("cannot read configuration `{path}`")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The text is not this product's configuration.
    #[error("configuration `{path}` is wrong: {message}")]
    Wrong {
        path: PathBuf,
        /// Where and why, from the parser.
        message: String,
    },
}

impl ConfigError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::ApiNotLocal(_) => "config.api-not-local",
            Self::Calendar { .. } => "config.calendar",
            Self::CalendarUnreadable { .. } => "config.calendar-unreadable",
            Self::LongestShift(_) => "config.longest-shift",
            Self::TraceMinutes(_) => "config.trace-minutes",
            Self::GatewayHalfCertificate => "config.gateway-half-certificate",
            Self::GatewayNotPrivate(_) => "config.gateway-not-private",
            Self::TillPortNotLocal(_) => "config.till-port-not-local",
            Self::TillPortOwner(_) => "config.till-port-owner",
            Self::ReviewHalfCertificate => "config.review-half-certificate",
            Self::ReviewNotPrivate(_) => "config.review-not-private",
            Self::TooLarge(_) => "config.too-large",
            Self::Unreadable { .. } => "config.unreadable",
            Self::Wrong { .. } => "config.wrong",
        }
    }
}
