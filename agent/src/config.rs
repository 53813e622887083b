//! `agent.toml`: what an operator may set. Unknown keys are refused, so that a typing error never
//! passes for a setting.
//!
//! Out of scope: what the bureau sets (the rule pack) and what the store learns (the database).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pharmacy_decision::facts::{Agreement, Arrival, Premises};
use pharmacy_decision::verdict::Stance;
use pharmacy_protocol::term::{Infno, RegionCode, StoreCode, TillNumber};
use serde::Deserialize;

use crate::calendar::{Calendar, CalendarError};
use crate::catalogue::ImportOptions;
use crate::core::standing::reminder::Leads;
use crate::device::scanner::Mode;
use crate::digest::{hex, sha256};

/// Largest configuration file read.
pub const MAX_CONFIG: u64 = 1 << 20;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Where the log, the records and the keys lie.
    pub data_dir: PathBuf,
    /// The store.
    pub store: StoreConfig,
    /// The till, or the tills that this agent serves.
    pub till: TillConfig,
    /// The local API.
    #[serde(default)]
    pub api: ApiConfig,
    /// The ID-card reader.
    #[serde(default)]
    pub reader: ReaderConfig,
    /// The barcode scanner.
    #[serde(default)]
    pub scanner: ScannerConfig,
    /// Stances of single rules: tried early while commissioning, or stricter than the pack.
    #[serde(default)]
    pub rules: BTreeMap<String, Stance>,
    /// Where trace codes arrive.
    #[serde(default)]
    pub trace: TraceConfig,
    /// The gateway; none unless the section is there.
    #[serde(default)]
    pub gateway: Option<GatewayConfig>,
    /// How catalogue files are read.
    #[serde(default)]
    pub catalogue: ImportOptions,
}

/// `[store]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoreConfig {
    /// National code, `P` and 11 digits.
    pub code: StoreCode,
    /// Name as on the licence.
    pub name: String,
    /// Administrative division, 6 digits.
    pub region: RegionCode,
    /// Commissioning or operating.
    #[serde(default)]
    pub stage: StageConfig,
    /// Hours after which a shift ends by itself, 1 to 24.
    #[serde(default = "default_longest_shift_hours")]
    pub longest_shift_hours: u8,
    /// The store's standing with the bureau.
    #[serde(default)]
    pub standing: StandingConfig,
    /// When somebody is reminded of a last day.
    #[serde(default)]
    pub reminders: RemindersConfig,
    /// Working days.
    #[serde(default)]
    pub calendar: CalendarConfig,
}

/// `[store.reminders]`: how long before a last day somebody is reminded (R33).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RemindersConfig {
    /// Months before an agreement ends.
    pub agreement_months: u8,
    /// Working days before a drug-trading licence ends.
    pub licence_days: u16,
    /// Working days before a business licence ends.
    pub business_licence_days: u16,
    /// Working days before a contract that counts for the staffing ends.
    pub contract_days: u16,
}

impl Default for RemindersConfig {
    fn default() -> Self {
        let Leads {
            agreement_months,
            licence_days,
            business_licence_days,
            contract_days,
        } = Leads::default();
        Self {
            agreement_months,
            licence_days,
            business_licence_days,
            contract_days,
        }
    }
}

/// `[store.calendar]`: years that the shipped calendar does not know yet.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CalendarConfig {
    /// A table of the same form as the shipped one.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// The shipped years, with those of the file.
    #[serde(skip, default = "Calendar::shipped")]
    pub days: Calendar,
}

impl Default for CalendarConfig {
    fn default() -> Self {
        Self {
            file: None,
            days: Calendar::shipped(),
        }
    }
}

impl CalendarConfig {
    /// Reads the file, which lies beside the configuration.
    fn settle(&mut self, folder: &Path) -> Result<(), ConfigError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        *file = folder.join(&*file);
        let path = || file.clone();
        let unreadable = |source| ConfigError::CalendarUnreadable {
            path: path(),
            source,
        };
        let size = std::fs::metadata(&file).map_err(unreadable)?.len();
        if size > MAX_CONFIG {
            return Err(ConfigError::TooLarge(path()));
        }
        let text = std::fs::read_to_string(&file).map_err(unreadable)?;
        let added = Calendar::parse(&text).map_err(|source| ConfigError::Calendar {
            path: path(),
            source,
        })?;
        self.days = std::mem::take(&mut self.days).with(added);
        Ok(())
    }
}

impl StoreConfig {
    /// How long a shift lasts at most, in milliseconds.
    pub fn longest_shift_ms(&self) -> i64 {
        const HOUR_MS: i64 = 60 * 60 * 1000;
        i64::from(self.longest_shift_hours) * HOUR_MS
    }
}

/// Longest shift that can be set, in hours.
pub const MAX_SHIFT_HOURS: u8 = 24;

fn default_longest_shift_hours() -> u8 {
    16
}

/// `[store] stage`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum StageConfig {
    /// Rules warn at most, until the pack's commissioning period ends.
    #[default]
    Commissioning,
    /// Rules act as the pack says.
    Operating,
}

/// `[store.standing]`: R30 to R32 as facts. What is not set is not known, never assumed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StandingConfig {
    /// State of the service agreement.
    pub agreement: Option<Agreement>,
    /// Its last day.
    pub agreement_until: Option<Date>,
    /// Last day of the drug-trading licence.
    pub licence_until: Option<Date>,
    /// Last day of the business licence.
    pub business_licence_until: Option<Date>,
    /// Is the drug sales area the one that was approved?
    pub premises: Option<Premises>,
    /// Working days since the oldest unfiled important change; 0 when all are filed.
    pub unfiled_change_days: Option<u32>,
    /// Insurance managers under contract.
    pub insurance_managers: Option<u32>,
    /// Pharmacists under contract.
    pub pharmacists: Option<u32>,
}

/// `[till]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TillConfig {
    /// The till on which the agent runs.
    pub number: TillNumber,
    /// Further tills enrolled at this place and served by this agent.
    #[serde(default)]
    pub enrolled: Vec<TillNumber>,
}

impl TillConfig {
    /// Is this till enrolled here?
    pub fn is_enrolled(&self, till: &TillNumber) -> bool {
        self.number == *till || self.enrolled.contains(till)
    }
}

/// `[api]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ApiConfig {
    /// Loopback address and port; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Browser origins that may call, such as `http://127.0.0.1:3000`. None by default.
    pub origins: Vec<String>,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], DEFAULT_API_PORT)),
            origins: Vec::new(),
        }
    }
}

/// Port of the local API unless the file says otherwise.
pub const DEFAULT_API_PORT: u16 = 7480;

/// `[reader]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReaderConfig {
    /// `serial:COM3`, `serial:/dev/ttyUSB0`, `tcp:host:port`; no reader when absent.
    pub device: Option<String>,
}

/// `[scanner]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ScannerConfig {
    /// `serial:COM4`, `serial:/dev/ttyACM0`, `tcp:host:port`; no scanner when absent.
    pub device: Option<String>,
    /// The till at which it is used; the agent's own when absent.
    pub till: Option<TillNumber>,
    /// Held in the hand, or standing and always reading.
    pub mode: Mode,
    /// How long the line is quiet after a code without terminator, milliseconds.
    pub idle_gap_ms: u64,
}

impl Default for ScannerConfig {
    fn default() -> Self {
        Self {
            device: None,
            till: None,
            mode: Mode::default(),
            idle_gap_ms: 80,
        }
    }
}

/// Idle gaps that can be set, milliseconds: shorter ones cut codes in two, longer ones glue two
/// scans of a quick hand together.
pub const IDLE_GAPS_MS: RangeInclusive<u64> = 20..=1000;

/// `[trace]`: how trace codes (追溯码) reach the agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TraceConfig {
    /// Where they arrive, if not as the rule pack says of the region.
    pub arrives: Option<Arrival>,
    /// How many minutes after a settlement they may come at the latest, 1 to 1440.
    pub minutes: u16,
}

impl Default for TraceConfig {
    fn default() -> Self {
        Self {
            arrives: None,
            minutes: 30,
        }
    }
}

/// Longest time that trace codes may take, in minutes: a day.
pub const MAX_TRACE_MINUTES: u16 = 1440;

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
    /// Most connections of tills at once.
    #[serde(default = "default_max_connections")]
    pub max_connections: NonZeroU16,
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
    fn settle(&mut self, folder: &Path) -> Result<(), ConfigError> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err(ConfigError::GatewayHalfCertificate);
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

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The API would be reachable from other machines.
    #[error("`[api] listen` must be a loopback address, not `{0}`")]
    ApiNotLocal(SocketAddr),
    /// The calendar's file is not one.
    #[error("calendar `{path}` is wrong")]
    Calendar {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CalendarError,
    },
    /// The calendar's file cannot be read.
    #[error("cannot read calendar `{path}`")]
    CalendarUnreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Shifts would end at once, or never.
    #[error("`[store] longest-shift-hours` must be 1 to {MAX_SHIFT_HOURS}, not `{0}`")]
    LongestShift(u8),
    /// Trace codes are expected at once, or in days.
    #[error("`[trace] minutes` must be 1 to {MAX_TRACE_MINUTES}, not `{0}`")]
    TraceMinutes(u16),
    /// A certificate without its key, or the other way round.
    #[error("`[gateway] certificate` and `key` go together")]
    GatewayHalfCertificate,
    /// Calls would pass through the shop's network for everybody to read.
    #[error("`[gateway] listen` on `{0}` needs `certificate` and `key`")]
    GatewayNotPrivate(SocketAddr),
    /// The file is larger than any configuration.
    #[error("configuration `{0}` is larger than {MAX_CONFIG} bytes")]
    TooLarge(PathBuf),
    /// The file cannot be read.
    #[error("cannot read configuration `{path}`")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The text is not this product's configuration.
    #[error("configuration `{path}` is wrong: {message}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Where and why, from the parser.
        message: String,
    },
}

impl ConfigError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ApiNotLocal(_) => "config.api-not-local",
            Self::Calendar { .. } => "config.calendar",
            Self::CalendarUnreadable { .. } => "config.calendar-unreadable",
            Self::LongestShift(_) => "config.longest-shift",
            Self::TraceMinutes(_) => "config.trace-minutes",
            Self::GatewayHalfCertificate => "config.gateway-half-certificate",
            Self::GatewayNotPrivate(_) => "config.gateway-not-private",
            Self::TooLarge(_) => "config.too-large",
            Self::Unreadable { .. } => "config.unreadable",
            Self::Wrong { .. } => "config.wrong",
        }
    }
}

/// A configuration and the digest of the bytes it was read from.
#[derive(Clone, Debug)]
pub struct LoadedConfig {
    /// The settings.
    pub config: Config,
    /// SHA-256 of the file, hexadecimal; recorded at every start.
    pub digest: String,
}

impl LoadedConfig {
    /// Reads and checks a file. Relative paths are taken from the file's folder.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_CONFIG {
            return Err(ConfigError::TooLarge(path.to_owned()));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let wrong = |message| ConfigError::Wrong {
            path: path.to_owned(),
            message,
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("not UTF-8".to_owned()))?;
        let mut config: Config =
            toml::from_str(text).map_err(|error| wrong(one_line(&error.to_string())))?;
        if !config.api.listen.ip().is_loopback() {
            return Err(ConfigError::ApiNotLocal(config.api.listen));
        }
        check_scanner(&config).map_err(|message| wrong(message.to_owned()))?;
        let longest_shift = config.store.longest_shift_hours;
        if !(1..=MAX_SHIFT_HOURS).contains(&longest_shift) {
            return Err(ConfigError::LongestShift(longest_shift));
        }
        if !(1..=MAX_TRACE_MINUTES).contains(&config.trace.minutes) {
            return Err(ConfigError::TraceMinutes(config.trace.minutes));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        config.data_dir = folder.join(&config.data_dir);
        config.store.calendar.settle(folder)?;
        if let Some(gateway) = &mut config.gateway {
            gateway.settle(folder)?;
        }
        let digest = hex(&sha256(&bytes));
        Ok(Self { config, digest })
    }
}

fn check_scanner(config: &Config) -> Result<(), &'static str> {
    let ScannerConfig {
        till, idle_gap_ms, ..
    } = &config.scanner;
    if !IDLE_GAPS_MS.contains(idle_gap_ms) {
        return Err("`[scanner] idle-gap-ms` must be from 20 to 1000");
    }
    match till {
        Some(till) if !config.till.is_enrolled(till) => {
            Err("`[scanner] till` must be a till that `[till]` names")
        }
        _ => Ok(()),
    }
}

/// The parser draws its messages over several lines; a log line has one.
fn one_line(message: &str) -> String {
    message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['|', '^']))
        .collect::<Vec<_>>()
        .join("; ")
}

/// Where the configuration lies when no `--config` is given.
pub fn default_path() -> PathBuf {
    #[cfg(windows)]
    {
        let base = std::env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into());
        PathBuf::from(base).join("PharmacyAgent").join("agent.toml")
    }
    #[cfg(not(windows))]
    {
        PathBuf::from("/etc/pharmacy-agent/agent.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
data-dir = "state"
[store]
code = "P44030000001"
name = "某某大药房"
region = "440300"
[till]
number = "01"
"#;

    fn read(text: &str) -> Result<LoadedConfig, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        std::fs::write(&path, text).unwrap();
        let calendar = folder.path().join("calendar.csv");
        std::fs::write(calendar, "year,off,work\n").unwrap();
        LoadedConfig::read(&path)
    }

    #[test]
    fn takes_the_data_folder_from_beside_the_file() {
        let loaded = read(GOOD).unwrap();
        assert!(loaded.config.data_dir.is_absolute());
        assert_eq!(loaded.config.api.listen.port(), DEFAULT_API_PORT);
    }

    #[test]
    fn the_sample_that_ships_is_a_configuration() {
        let sample = include_str!("../../config/agent.toml");
        assert_eq!(
            read(sample).unwrap().config.store.stage,
            StageConfig::Commissioning
        );
        // What is commented out must be right as well: an operator only removes the mark.
        let shown: String = sample
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.contains(" = ") || rest.starts_with('[') => {
                    format!("{rest}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect();
        let config = read(&shown).unwrap().config;
        assert_eq!(config.store.standing.agreement, Some(Agreement::InForce));
        assert_eq!(config.reader.device.as_deref(), Some("serial:COM3"));
        let scanner = config.scanner;
        assert_eq!(scanner.device.as_deref(), Some("serial:COM4"));
        assert_eq!(scanner.till, Some("01".parse().unwrap()));
        assert_eq!((scanner.mode, scanner.idle_gap_ms), (Mode::Hand, 80));
        let gateway = config.gateway.unwrap();
        assert_eq!(gateway.listen.port(), DEFAULT_GATEWAY_PORT);
        assert_eq!(gateway.answer_seconds, default_answer_seconds());
        assert_eq!(gateway.path_calls.len(), 1);
    }

    #[test]
    fn a_scanner_needs_a_till_of_this_place_and_a_sensible_gap() {
        for (section, part) in [
            ("till = \"02\"", "[scanner] till"),
            ("idle-gap-ms = 19", "idle-gap-ms"),
            ("idle-gap-ms = 1001", "idle-gap-ms"),
            ("mode = \"standing\"", "standing"),
            ("baud = 9600", "baud"),
        ] {
            let error = read(&format!("{GOOD}[scanner]\n{section}\n")).unwrap_err();
            assert_eq!(error.code(), "config.wrong", "{section}");
            assert!(error.to_string().contains(part), "{error}");
        }
        let scanner = "[scanner]\ntill = \"01\"\nmode = \"presentation\"\nidle-gap-ms = 20\n";
        let scanner = read(&format!("{GOOD}{scanner}")).unwrap().config.scanner;
        assert_eq!(
            (scanner.mode, scanner.idle_gap_ms),
            (Mode::Presentation, 20)
        );
        assert_eq!(read(GOOD).unwrap().config.scanner.idle_gap_ms, 80);
    }

    #[test]
    fn refuses_an_unknown_key_and_names_it() {
        let error = read(&format!("{GOOD}colour = 1\n")).unwrap_err();
        assert_eq!(error.code(), "config.wrong");
        assert!(error.to_string().contains("colour"), "{error}");
        assert!(!error.to_string().contains('\n'));
    }

    #[test]
    fn refuses_to_listen_to_other_machines() {
        let error = read(&format!("{GOOD}[api]\nlisten = \"0.0.0.0:7480\"\n")).unwrap_err();
        assert_eq!(error.code(), "config.api-not-local");
    }

    #[test]
    fn the_gateway_shows_itself_to_other_machines_only_with_a_certificate() {
        let section = "[gateway]\nupstream = \"http://10.1.2.3/x\"\n";
        let gateway = read(&format!("{GOOD}{section}")).unwrap().config.gateway;
        assert!(gateway.unwrap().listen.ip().is_loopback());
        let open = format!("{GOOD}{section}listen = \"0.0.0.0:7481\"\n");
        assert_eq!(
            read(&open).unwrap_err().code(),
            "config.gateway-not-private"
        );
        let half = format!("{open}certificate = \"till.pem\"\n");
        assert_eq!(
            read(&half).unwrap_err().code(),
            "config.gateway-half-certificate"
        );
        let whole = read(&format!("{half}key = \"till.key\"\n")).unwrap().config;
        assert!(whole.gateway.unwrap().key.unwrap().is_absolute());
        assert!(read(GOOD).unwrap().config.gateway.is_none());
    }

    /// R33: an operator adds the year that was just announced.
    #[test]
    fn a_calendar_beside_the_configuration_adds_its_years() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        std::fs::write(
            &path,
            format!("{GOOD}[store.calendar]\nfile = \"2027.csv\"\n"),
        )
        .unwrap();
        let missing = LoadedConfig::read(&path).unwrap_err();
        assert_eq!(missing.code(), "config.calendar-unreadable");
        let table = folder.path().join("2027.csv");
        std::fs::write(&table, "year,off,work\n2027,02-30,\n").unwrap();
        assert_eq!(
            LoadedConfig::read(&path).unwrap_err().code(),
            "config.calendar"
        );
        std::fs::write(&table, "year,off,work\n2027,01-01..01-03,\n").unwrap();
        let days = LoadedConfig::read(&path)
            .unwrap()
            .config
            .store
            .calendar
            .days;
        assert_eq!(days.known_years(), Some((2004, 2027)));
        let plain = read(GOOD).unwrap().config.store.calendar.days;
        assert_eq!(plain.known_years(), Some((2004, 2026)));
    }

    #[test]
    fn refuses_codes_without_their_form() {
        let error = read(&GOOD.replace("P44030000001", "440300")).unwrap_err();
        assert!(error.to_string().contains("store code"), "{error}");
    }
}
