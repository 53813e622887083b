//! `agent.toml`: what an operator may set. Unknown keys are refused, so that a typing error never
//! passes for a setting.
//!
//! Out of scope: what the bureau sets (the rule pack) and what the store learns (the database).

mod calendar;
mod door;
mod error;
mod printer;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use pharmacy_decision::verdict::Stance;
use pharmacy_protocol::record::store::{Device, Door};
use pharmacy_protocol::term::TillNumber;
use serde::Deserialize;

use crate::door::Shown;
use pharmacy_catalogue::ImportOptions;
use pharmacy_desk::setup::{
    Configured, MAX_SHIFT_HOURS, MAX_TRACE_MINUTES, StoreConfig, TillConfig, TraceConfig,
};
use pharmacy_device::scanner::Mode;
use pharmacy_protocol::digest::{hex, sha256};

pub use door::{
    DEFAULT_GATEWAY_PORT, DEFAULT_REVIEW_PORT, GatewayConfig, GatewayTill, ReviewConfig,
};
pub use error::{ConfigError, MAX_CONFIG};
pub use printer::{MAX_COPIES, PrinterConfig, PrinterEncoding};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Where the log, the records and the keys lie.
    pub data_dir: PathBuf,
    pub store: StoreConfig,
    /// The till, or the tills that this agent serves.
    pub till: TillConfig,
    #[serde(default)]
    pub api: ApiConfig,
    #[serde(default)]
    pub reader: ReaderConfig,
    #[serde(default)]
    pub scanner: ScannerConfig,
    #[serde(default)]
    pub printer: PrinterConfig,
    /// Stances of single rules: tried early while commissioning, or stricter than the pack.
    #[serde(default)]
    pub rules: BTreeMap<String, Stance>,
    /// Where trace codes arrive.
    #[serde(default)]
    pub trace: TraceConfig,
    /// The gateway; none unless the section is there.
    #[serde(default)]
    pub gateway: Option<GatewayConfig>,
    /// The listener for reviewers at other PCs; none unless the section is there.
    #[serde(default)]
    pub review: Option<ReviewConfig>,
    /// How catalogue files are read.
    #[serde(default)]
    pub catalogue: ImportOptions,
    #[serde(default)]
    pub prescription: PrescriptionConfig,
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

/// `[prescription]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrescriptionConfig {
    /// The folder into which a scanner puts images; none when absent.
    pub folder: Option<PathBuf>,
}

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

/// A configuration and the digest of the bytes it was read from.
#[derive(Clone, Debug)]
pub struct LoadedConfig {
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
        let printer = config.printer.check();
        printer.map_err(|message| wrong(message.to_owned()))?;
        let trace = &config.trace;
        let mut minutes = [trace.minutes, trace.hold_minutes].into_iter();
        if let Some(wrong) = minutes.find(|set| !(1..=MAX_TRACE_MINUTES).contains(set)) {
            return Err(ConfigError::TraceMinutes(wrong));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        config.data_dir = folder.join(&config.data_dir);
        calendar::settle(&mut config.store.calendar, folder)?;
        let scans = config.prescription.folder.take();
        config.prescription.folder = scans.map(|scans| folder.join(scans));
        if let Some(gateway) = &mut config.gateway {
            gateway.settle(folder, &config.till)?;
        }
        if let Some(review) = &mut config.review {
            review.settle(folder)?;
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

impl Config {
    /// The certificates that doors show.
    pub fn certificates(&self) -> Vec<Shown> {
        let gateway = self.gateway.as_ref();
        let gateway = gateway.and_then(|gateway| gateway.certificate.as_ref());
        let review = self.review.as_ref();
        let review = review.and_then(|review| review.certificate.as_ref());
        let shown = [("gateway", gateway), ("review", review)].into_iter();
        let shown = shown.filter_map(|(door, chain)| {
            let chain = chain?.clone();
            Some(Shown { door, chain })
        });
        shown.collect()
    }

    /// What is recorded of doors and devices, in clear words.
    pub fn described(&self, digest: String) -> Configured {
        let door = |name: &str, listens: SocketAddr, leads_to| Door {
            name: name.to_owned(),
            listens: listens.to_string(),
            leads_to,
        };
        let gateway = self.gateway.as_ref();
        let review = self.review.as_ref();
        let devices = [
            ("printer", &self.printer.device),
            ("reader", &self.reader.device),
            ("scanner", &self.scanner.device),
        ];
        Configured {
            digest,
            doors: std::iter::once(door("api", self.api.listen, None))
                .chain(gateway.map(|it| door("gateway", it.listen, origin_of(&it.upstream))))
                .chain(gateway.into_iter().flat_map(|it| {
                    let leads_to = origin_of(&it.upstream);
                    it.till.iter().map(move |till| {
                        let name = format!("gateway-{}", till.number);
                        door(&name, till.listen, leads_to.clone())
                    })
                }))
                .chain(review.map(|it| door("review", it.listen, None)))
                .collect(),
            devices: devices
                .into_iter()
                .filter_map(|(name, port)| {
                    Some(Device {
                        name: name.to_owned(),
                        port: port.clone()?,
                    })
                })
                .collect(),
        }
    }
}

/// Scheme, host and port of a URL; nothing of a path, name or password.
fn origin_of(url: &str) -> Option<String> {
    let url: hyper::Uri = url.parse().ok()?;
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    Some(format!("{}://{}{port}", url.scheme_str()?, url.host()?))
}

#[cfg(test)]
mod tests {
    use pharmacy_decision::facts::Agreement;

    use pharmacy_desk::setup::{PrintOn, StageConfig};

    use super::*;
    use pharmacy_device::paper::{Charset, Paper};

    #[test]
    fn a_port_is_of_one_enrolled_till_on_this_machine() {
        let ports = |ports: &str| {
            let gateway = "[gateway]\nupstream = \"http://10.1.2.3:8086\"\n";
            read(&format!("{GOOD}enrolled = [\"02\"]\n{gateway}{ports}"))
        };
        let port = |number: &str, listen: &str| {
            format!("[[gateway.till]]\nnumber = \"{number}\"\nlisten = \"{listen}\"\n")
        };
        let good = ports(&(port("01", "127.0.0.1:7491") + &port("02", "[::1]:7492")));
        let doors = good.unwrap();
        let doors = doors.config.described(doors.digest.clone()).doors;
        let doors: Vec<_> = doors.iter().map(|door| &*door.name).collect();
        assert_eq!(doors, ["api", "gateway", "gateway-01", "gateway-02"]);
        let code = |text: String| ports(&text).unwrap_err().code();
        assert_eq!(
            code(port("02", "192.168.1.10:7491")),
            "config.till-port-not-local"
        );
        assert_eq!(code(port("03", "127.0.0.1:7491")), "config.till-port-owner");
        let twice = port("02", "127.0.0.1:7491") + &port("02", "127.0.0.1:7492");
        assert_eq!(code(twice), "config.till-port-owner");
    }

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
        let folder = config.prescription.folder.unwrap();
        assert!(folder.is_absolute() && folder.ends_with("prescriptions"));
        assert_eq!(config.reader.device.as_deref(), Some("serial:COM3"));
        let scanner = config.scanner;
        assert_eq!(scanner.device.as_deref(), Some("serial:COM4"));
        assert_eq!(scanner.till, Some("01".parse().unwrap()));
        assert_eq!((scanner.mode, scanner.idle_gap_ms), (Mode::Hand, 80));
        let printer = config.printer;
        assert_eq!(printer.device.as_deref(), Some("tcp:192.168.1.50:9100"));
        assert_eq!((printer.width, printer.copies, printer.cut), (80, 2, false));
        assert_eq!(
            (printer.print, printer.charset()),
            (PrintOn::Asked, Charset::Gbk)
        );
        let gateway = config.gateway.unwrap();
        assert_eq!(gateway.listen.port(), DEFAULT_GATEWAY_PORT);
        assert_eq!(gateway.answer_seconds.get(), 180);
        assert_eq!(gateway.path_calls.len(), 1);
        let review = config.review.unwrap();
        assert_eq!(review.listen.port(), DEFAULT_REVIEW_PORT);
        assert!(review.key.is_some() && review.hosts.len() == 1);
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
    fn a_printer_has_paper_of_two_widths_and_few_copies() {
        for (section, part) in [
            ("width = 76", "width"),
            ("copies = 0", "copies"),
            ("copies = 6", "copies"),
            ("encoding = \"utf-8\"", "utf-8"),
            ("print = \"never\"", "never"),
        ] {
            let error = read(&format!("{GOOD}[printer]\n{section}\n")).unwrap_err();
            assert_eq!(error.code(), "config.wrong", "{section}");
            assert!(error.to_string().contains(part), "{error}");
        }
        let printer = read(GOOD).unwrap().config.printer;
        assert_eq!(
            (printer.paper(), printer.print),
            (Some(Paper::Narrow), PrintOn::Settled)
        );
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
    fn reviewers_come_in_from_other_machines_only_over_tls() {
        let section = format!("{GOOD}[review]\n");
        let review = read(&section).unwrap().config.review.unwrap();
        assert_eq!(review.listen, "127.0.0.1:7482".parse().unwrap());
        let open = format!("{section}listen = \"0.0.0.0:7482\"\n");
        assert_eq!(read(&open).unwrap_err().code(), "config.review-not-private");
        let half = format!("{section}key = \"review.key\"\n");
        assert_eq!(
            read(&half).unwrap_err().code(),
            "config.review-half-certificate"
        );
        let whole = format!("{open}certificate = \"a.pem\"\nkey = \"a.key\"\n");
        let review = read(&whole).unwrap().config.review.unwrap();
        assert!(review.certificate.unwrap().is_absolute());
        assert!(read(GOOD).unwrap().config.review.is_none());
    }

    #[test]
    fn refuses_codes_without_their_form() {
        let error = read(&GOOD.replace("P44030000001", "440300")).unwrap_err();
        assert!(error.to_string().contains("store code"), "{error}");
    }
}
