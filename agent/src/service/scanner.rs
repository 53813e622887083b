//! Carries scans from the scanner's owner to the desk.
//!
//! In scope: packs' and products' codes, for the till that the scanner belongs to. Of credentials and
//! codes that nobody recognised goes on what they are and nothing more; the cashier hears of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::config::ScannerConfig;
use crate::failure::Failure;
use pharmacy_base::machine::Machine;
use pharmacy_base::pace::Pace;
use pharmacy_base::text;
use pharmacy_desk::setup::TillConfig;
use pharmacy_desk::{Caller, DeskError, DeskHandle, Lending, ScanKind, Scanned, ScannerPort};
use pharmacy_device::scanner::{Line, Scan, Scanner, ScannerHandle, Settings};

/// Under which name the desk hears of scans.
const CLIENT: &str = "scanner";

/// A scanner, what comes from it, and for whom.
pub(super) struct TillScanner {
    scanner: Scanner,
    scans: mpsc::Receiver<Scan>,
    caller: Caller,
}

/// Starts the scanner's owner; a scanner that is not there yet is waited for in the background.
pub(super) fn open(
    config: &ScannerConfig,
    tills: &TillConfig,
    machine: &Machine,
) -> Result<Option<TillScanner>, Failure> {
    let Some(device) = config.device.as_deref().filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let line = Line::parse(device).map_err(|error| Failure::of("scanner.address", &error))?;
    let settings = Settings {
        idle_gap: Duration::from_millis(config.idle_gap_ms),
        mode: config.mode,
        ..Settings::default()
    };
    let (scanner, scans) = Scanner::start(Box::new(line), settings, machine)
        .map_err(|error| Failure::of("agent.runtime", &error))?;
    let caller = Caller {
        client: CLIENT.to_owned(),
        till: config.till.clone().unwrap_or_else(|| tills.number.clone()),
    };
    Ok(Some(TillScanner {
        scanner,
        scans,
        caller,
    }))
}

/// A scanner's owner as the desk knows it.
struct Lent(ScannerHandle);

impl ScannerPort for Lent {
    fn lend(&self, duration: Duration) -> Lending<'_> {
        let pending = self.0.lend(duration);
        Box::pin(async move {
            // Closed without an answer: the owner has stopped, and the port with it.
            let _ = pending.await;
        })
    }

    fn resume(&self) {
        self.0.resume();
    }

    fn state(&self) -> &'static str {
        self.0.snapshot().state.word()
    }
}

impl TillScanner {
    /// The port, for whoever asks to have it.
    pub(super) fn port(&self) -> Arc<dyn ScannerPort> {
        Arc::new(Lent(self.scanner.handle()))
    }

    /// Begins to carry.
    pub(super) fn serve(
        self,
        desk: DeskHandle,
        tasks: &mut JoinSet<()>,
        stopped: watch::Receiver<bool>,
    ) {
        tasks.spawn(forward_scans(self, desk, stopped));
    }
}

async fn forward_scans(till: TillScanner, desk: DeskHandle, stopped: watch::Receiver<bool>) {
    let TillScanner {
        scanner,
        scans,
        caller,
    } = till;
    let take = |scan| desk.take_scan(caller.clone(), scan);
    carry(scans, stopped, take).await;
    drop(scanner);
}

async fn carry<Taking>(
    mut scans: mpsc::Receiver<Scan>,
    mut stopped: watch::Receiver<bool>,
    take: impl Fn(ScanKind) -> Taking,
) where
    Taking: Future<Output = Result<Scanned, DeskError>>,
{
    let (mut refused, mut failed) = (Pace::default(), Pace::default());
    loop {
        let scan = tokio::select! {
            () = crate::door::stop::told(&mut stopped) => return,
            scan = scans.recv() => scan,
        };
        let Some(scan) = scan else { return };
        match take(scan.kind.forgetting_unread()).await {
            Ok(Scanned::Refused { code }) => {
                if let Some(times) = refused.happened(Instant::now()) {
                    tracing::info!(code, times, "scan was not taken");
                }
            }
            Ok(Scanned::Badge { .. } | Scanned::Line { .. } | Scanned::Waiting) => {}
            Err(error) => {
                if let Some(times) = failed.happened(Instant::now()) {
                    tracing::error!(code = error.code(), times, "{}", text::chain(&error));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use pharmacy_kit::device::TcpServer;
    use pharmacy_kit::device::scanner::{Ending, Simulator};

    /// Codes in the order in which they are scanned, and what the desk hears of each.
    const SCANS: [(&str, Option<&str>); 9] = [
        ("81234567890123456789", Some("81234567890123456789")),
        ("4241234567890123456799330000", None),
        ("134567890123456789", None),
        ("280123456789012345", None),
        ("member 0001", None),
        ("010690123456789210A1B221S0001", None),
        ("6901234567892", Some("6901234567892")),
        (
            "010690123456789217261231211S\u{1d}10L",
            Some("(01)06901234567892(21)1S"),
        ),
        ("91234567890123456789", Some("91234567890123456789")),
    ];

    fn config(device: &str) -> ScannerConfig {
        ScannerConfig {
            device: Some(device.to_owned()),
            ..ScannerConfig::default()
        }
    }

    fn tills() -> TillConfig {
        TillConfig {
            number: "01".parse().unwrap(),
            enrolled: vec!["02".parse().unwrap()],
        }
    }

    async fn within_patience<T>(future: impl Future<Output = T>) -> T {
        let patience = Duration::from_secs(30);
        tokio::time::timeout(patience, future).await.unwrap()
    }

    #[tokio::test]
    async fn packs_and_products_reach_the_desk_and_nothing_else_does() {
        let simulator = Simulator::new(Ending::Cr);
        let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
        let device = format!("tcp:{}", server.address());
        let till = open(&config(&device), &tills(), &Machine::default())
            .unwrap()
            .unwrap();
        let handle = till.scanner.handle();
        within_patience(async {
            while handle.snapshot().generation == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        for (code, _) in SCANS {
            simulator.scan(code.as_bytes());
        }
        let wanted: Vec<_> = SCANS.iter().filter_map(|(_, heard)| *heard).collect();
        let heard = RefCell::new(Vec::<String>::new());
        let (stop, stopped) = watch::channel(false);
        // Whatever the desk answers, the next scan is carried.
        let take = |scan: ScanKind| {
            heard.borrow_mut().push(match scan {
                ScanKind::Product(barcode) => barcode.into(),
                ScanKind::Trace(pack) => pack.code.into(),
                ScanKind::Unknown(unread) => {
                    assert!(unread.bytes().is_empty());
                    let code = "scanner.unknown".to_owned();
                    return std::future::ready(Ok(Scanned::Refused { code }));
                }
                ScanKind::Ambiguous
                | ScanKind::Badge(_)
                | ScanKind::InsuredCode
                | ScanKind::PaymentCode(_)
                | ScanKind::Traces(_) => {
                    let code = "scanner.unknown".to_owned();
                    return std::future::ready(Ok(Scanned::Refused { code }));
                }
            });
            let count = heard.borrow().len();
            stop.send_replace(count == wanted.len());
            std::future::ready(match count {
                1 => Err(DeskError::Busy),
                2 => Ok(Scanned::Refused {
                    code: "scanner.unknown".to_owned(),
                }),
                _ => Ok(Scanned::Waiting),
            })
        };
        within_patience(carry(till.scans, stopped, take)).await;
        assert_eq!(*heard.borrow(), wanted);
        let counts = handle.snapshot().device;
        assert_eq!(
            (counts.credentials, counts.unknown, counts.ambiguous),
            (3, 1, 1)
        );
    }

    #[tokio::test]
    async fn a_scan_is_the_tills_that_is_named() {
        let nobody = "tcp:127.0.0.1:9";
        let till = open(&config(nobody), &tills(), &Machine::default())
            .unwrap()
            .unwrap();
        assert_eq!(till.caller.client, "scanner");
        assert_eq!(till.caller.till, "01".parse().unwrap());
        let named = ScannerConfig {
            till: Some("02".parse().unwrap()),
            ..config(nobody)
        };
        let till = open(&named, &tills(), &Machine::default())
            .unwrap()
            .unwrap();
        assert_eq!(till.caller.till, "02".parse().unwrap());
    }

    #[test]
    fn no_device_is_no_scanner_and_a_wrong_one_is_told() {
        let none = ScannerConfig::default();
        assert!(
            open(&none, &tills(), &Machine::default())
                .unwrap()
                .is_none()
        );
        assert!(
            open(&config(""), &tills(), &Machine::default())
                .unwrap()
                .is_none()
        );
        let failure = open(&config("COM4"), &tills(), &Machine::default())
            .err()
            .unwrap();
        assert_eq!(failure.code(), "scanner.address");
    }
}
