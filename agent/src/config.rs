//! `agent.toml`: what an operator may set. Unknown keys are refused, so that a typing error never
//! passes for a setting.
//!
//! Out of scope: what the bureau sets (the rule pack) and what the store learns (the database).

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pharmacy_decision::facts::Agreement;
use pharmacy_protocol::term::{RegionCode, StoreCode, TillNumber};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::catalogue::ImportOptions;
use crate::device::scanner::Mode;

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
    /// The store's standing with the bureau.
    #[serde(default)]
    pub standing: StandingConfig,
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

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The API would be reachable from other machines.
    #[error("`[api] listen` must be a loopback address, not `{0}`")]
    ApiNotLocal(SocketAddr),
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
    /// Reads and checks a file. Relative `data-dir`s are taken from the file's folder.
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
        if config.data_dir.is_relative() {
            let folder = path.parent().unwrap_or(Path::new("."));
            config.data_dir = folder.join(&config.data_dir);
        }
        let hash = digest(&SHA256, &bytes);
        let digest = hash
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
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
                Some(rest) if rest.contains(" = ") => format!("{rest}\n"),
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
    fn refuses_codes_without_their_form() {
        let error = read(&GOOD.replace("P44030000001", "440300")).unwrap_err();
        assert!(error.to_string().contains("store code"), "{error}");
    }
}
