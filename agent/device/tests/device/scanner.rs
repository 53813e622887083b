//! The barcode scanner against the simulated one, over TCP and a pseudo-terminal.
//!
//! Every code here is made up.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pharmacy_base::machine::Machine;
use pharmacy_base::text;
use pharmacy_decision::facts::Transport;
use pharmacy_device::owner::State;
use pharmacy_device::port::Opener;
use pharmacy_device::scan::Form;
use pharmacy_device::scanner::read_scan::{self, Format, ReadScanError, ReadScanOptions};
use pharmacy_device::scanner::{
    Counts, Kind, Line, Mode, Scan, Scanner, ScannerHandle, Settings, Snapshot, WAITING_SCANS,
};
#[cfg(unix)]
use pharmacy_kit::device::PtyServer;
use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::scanner::{Ending, Fault, Simulator};
use tokio::sync::mpsc::Receiver;

const PACK: &str = "81234567890123456789";
const OTHER_PACK: &str = "81234567890123456780";
const EAN: &str = "6901234567892";
const INSURED: &str = "4241234567890123456799330000";
const GS1: &str = "]d201069012345678921726123110L1\u{1d}21S1";

/// What a test waits for happens within this time, or never.
const PATIENCE: Duration = Duration::from_secs(30);

// ------------------------------------------------------------------ wires

#[derive(Clone, Copy, Debug)]
enum Wire {
    Tcp,
    #[cfg(unix)]
    Pty,
}

#[cfg(unix)]
const WIRES: [Wire; 2] = [Wire::Tcp, Wire::Pty];
#[cfg(not(unix))]
const WIRES: [Wire; 1] = [Wire::Tcp];

/// A simulated scanner that can be reached.
enum Served {
    Tcp(TcpServer),
    #[cfg(unix)]
    Pty(PtyServer),
}

impl Served {
    fn start(wire: Wire, simulator: &Simulator) -> Self {
        match wire {
            Wire::Tcp => Self::Tcp(TcpServer::start(simulator, "127.0.0.1:0").unwrap()),
            #[cfg(unix)]
            Wire::Pty => Self::Pty(PtyServer::start(simulator).unwrap()),
        }
    }

    fn line(&self) -> Line {
        let text = match self {
            Self::Tcp(server) => format!("tcp:{}", server.address()),
            #[cfg(unix)]
            Self::Pty(server) => format!("serial:{}", server.name()),
        };
        Line::parse(&text).unwrap()
    }
}

fn settings() -> Settings {
    Settings {
        back_off: vec![Duration::from_millis(20)],
        // Long enough that a busy machine does not cut a code in two.
        idle_gap: Duration::from_millis(400),
        ..Settings::default()
    }
}

struct Till {
    scanner: Scanner,
    scans: Receiver<Scan>,
}

impl Till {
    /// A scanner that is listened to, ready.
    fn start(line: Line, settings: Settings) -> Self {
        let till = Self::begin(Box::new(line), settings);
        till.await_generation(1);
        till
    }

    fn begin(opener: Box<dyn Opener>, settings: Settings) -> Self {
        let started = Scanner::start(opener, settings, &Machine::default());
        let (scanner, scans) = started.unwrap();
        Self { scanner, scans }
    }

    fn handle(&self) -> ScannerHandle {
        self.scanner.handle()
    }

    fn counts(&self) -> Counts {
        self.handle().snapshot().device
    }

    fn await_snapshot(&self, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let handle = self.handle();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let snapshot = handle.snapshot();
            if wanted(&snapshot) {
                return snapshot;
            }
            assert!(Instant::now() < deadline, "{snapshot:?}");
            std::thread::yield_now();
        }
    }

    fn await_generation(&self, generation: u64) -> Snapshot {
        self.await_snapshot(|it| it.state == State::Ready && it.generation == generation)
    }

    /// The next scan.
    fn scan(&mut self) -> Scan {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let next = async { tokio::time::timeout(PATIENCE, self.scans.recv()).await };
        runtime.block_on(next).unwrap().unwrap()
    }

    /// The text of the next scan that has one.
    fn text(&mut self) -> String {
        match self.scan().kind {
            Kind::Trace(pack) => pack.code.to_string(),
            Kind::Product(barcode) => barcode.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }
}

// ------------------------------------------------------------------ scans

#[test]
fn reads_over_every_wire_and_with_every_terminator() {
    for wire in WIRES {
        for ending in Ending::ALL {
            println!("{wire:?} {ending:?}");
            let simulator = Simulator::new(ending);
            let served = Served::start(wire, &simulator);
            let mut till = Till::start(served.line(), settings());
            simulator.scan(PACK.as_bytes());
            assert_eq!(till.text(), PACK);
            simulator.scan_with(GS1.as_bytes(), Fault::SplitEverywhere);
            let scan = till.scan();
            assert_eq!(scan.generation, 1);
            assert_eq!(scan.symbology.unwrap().to_string(), "]d2");
            let Kind::Trace(pack) = scan.kind else {
                panic!("{scan:?}");
            };
            assert_eq!(pack.form, Form::Gs1);
            assert_eq!(pack.code.to_string(), "(01)06901234567892(21)S1");
            let counts = Counts {
                traces: 2,
                ..Counts::default()
            };
            assert_eq!(till.counts(), counts);
        }
    }
}

#[test]
fn tells_how_it_is_attached() {
    for wire in WIRES {
        let simulator = Simulator::new(Ending::Cr);
        let served = Served::start(wire, &simulator);
        let till = Till::start(served.line(), settings());
        let transport = till.handle().snapshot().transport;
        let wanted = match wire {
            Wire::Tcp => Transport::Loopback,
            // A program sits behind a pseudo-terminal.
            #[cfg(unix)]
            Wire::Pty => Transport::Simulated,
        };
        assert_eq!(transport, Some(wanted));
    }
}

#[test]
fn a_lost_terminator_and_garbage_cost_nothing_that_follows() {
    for wire in WIRES {
        let simulator = Simulator::new(Ending::CrLf);
        let served = Served::start(wire, &simulator);
        let mut till = Till::start(served.line(), settings());
        simulator.scan_with(PACK.as_bytes(), Fault::NoTerminator);
        assert_eq!(till.text(), PACK);
        let garbage = b"\x00\xff\x81~\x1b".to_vec();
        simulator.scan_with(PACK.as_bytes(), Fault::Garbage(garbage));
        // Among bytes that are no code, the one whole code is found, and its form says so.
        let scan = till.scan();
        assert!(
            matches!(&scan.kind, Kind::Trace(pack) if pack.form == Form::Wrapped),
            "{scan:?}"
        );
        // What is dropped from a code anyway does not hurt it.
        simulator.scan_with(PACK.as_bytes(), Fault::Garbage(b"\x00\x07\r\n".to_vec()));
        assert_eq!(till.text(), PACK);
    }
}

#[test]
fn an_overlong_code_is_reported_and_dropped() {
    for wire in WIRES {
        let simulator = Simulator::new(Ending::Cr);
        let served = Served::start(wire, &simulator);
        let mut till = Till::start(served.line(), settings());
        simulator.scan_with(PACK.as_bytes(), Fault::Overlong(5000));
        simulator.scan(EAN.as_bytes());
        assert_eq!(till.text(), EAN);
        assert_eq!(till.counts().overlong, 1);
        assert_eq!(till.counts().traces, 0);
    }
}

#[test]
fn a_pack_that_is_read_twice_is_told_twice() {
    for (mode, wanted, repeated) in [
        (Mode::Hand, vec![PACK, PACK, EAN, EAN, OTHER_PACK], 0),
        (Mode::Presentation, vec![PACK, PACK, EAN, OTHER_PACK], 1),
    ] {
        let simulator = Simulator::new(Ending::Cr);
        let served = Served::start(Wire::Tcp, &simulator);
        let settings = Settings { mode, ..settings() };
        let mut till = Till::start(served.line(), settings);
        simulator.scan_with(PACK.as_bytes(), Fault::Double);
        simulator.scan_with(EAN.as_bytes(), Fault::Double);
        simulator.scan(OTHER_PACK.as_bytes());
        let texts: Vec<_> = wanted.iter().map(|_| till.text()).collect();
        assert_eq!(texts, wanted);
        assert_eq!(till.counts().repeated, repeated);
    }
}

#[test]
fn credentials_are_named_and_not_carried() {
    let simulator = Simulator::new(Ending::Cr);
    let served = Served::start(Wire::Tcp, &simulator);
    let mut till = Till::start(served.line(), settings());
    for code in [INSURED, "134567890123456789", "281234567890123456"] {
        simulator.scan(code.as_bytes());
        let scan = till.scan();
        assert!(scan.kind.is_credential());
        let shown = format!("{:?} {:?} {:?}", scan.kind, scan.symbology, till.counts());
        for part in code.as_bytes().windows(5) {
            assert!(!shown.contains(str::from_utf8(part).unwrap()), "{shown}");
        }
    }
    assert_eq!(till.counts().credentials, 3);
}

/// Everything that this test process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_names_no_code() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .without_time()
        .with_max_level(tracing::Level::TRACE)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    // Letters that stand nowhere else, so that other tests' lines cannot be taken for these.
    let codes = ["424QZXW7890123456799330000QZ", "QZXW-1", "81QZXW"];
    let simulator = Simulator::new(Ending::Cr);
    let served = Served::start(Wire::Tcp, &simulator);
    let mut till = Till::start(served.line(), settings());
    for code in codes {
        simulator.scan(code.as_bytes());
        till.scan();
        simulator.scan_with(code.as_bytes(), Fault::Overlong(5000));
    }
    simulator.scan_with(codes[0].as_bytes(), Fault::CutAfter(20));
    till.await_generation(2);
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for line in ["without an end", "was cut", "scanner.gone"] {
        assert!(logged.contains(line), "{logged}");
    }
    assert!(!logged.contains("QZ"), "{logged}");
}

#[test]
fn scans_that_nobody_fetches_are_counted_as_lost() {
    let simulator = Simulator::new(Ending::Cr);
    let served = Served::start(Wire::Tcp, &simulator);
    let mut till = Till::start(served.line(), settings());
    for _ in 0..WAITING_SCANS + 3 {
        simulator.scan(PACK.as_bytes());
    }
    till.await_snapshot(|it| it.device.lost == 3);
    for _ in 0..WAITING_SCANS {
        assert_eq!(till.text(), PACK);
    }
    simulator.scan(EAN.as_bytes());
    assert_eq!(till.text(), EAN);
}

// ------------------------------------------------------------------ the port

#[test]
fn a_scanner_unplugged_within_a_code_comes_back_and_half_a_code_is_none() {
    for cut in 1..PACK.len() {
        let simulator = Simulator::new(Ending::Cr);
        let served = Served::start(Wire::Tcp, &simulator);
        let mut till = Till::start(served.line(), settings());
        simulator.scan_with(PACK.as_bytes(), Fault::CutAfter(cut));
        till.await_generation(2);
        simulator.scan(OTHER_PACK.as_bytes());
        let scan = till.scan();
        assert_eq!(scan.generation, 2);
        let Kind::Trace(pack) = scan.kind else {
            panic!("{scan:?}");
        };
        assert_eq!(pack.code.to_string(), OTHER_PACK);
        let counts = Counts {
            broken: 1,
            traces: 1,
            ..Counts::default()
        };
        assert_eq!(till.counts(), counts, "cut after {cut}");
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_that_vanishes_is_opened_again_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("ttyACM0");
    let simulator = Simulator::new(Ending::Cr);
    let served = PtyServer::start(&simulator).unwrap();
    std::os::unix::fs::symlink(served.name(), &link).unwrap();
    let line = Line::parse(&format!("serial:{}", link.display())).unwrap();
    let mut till = Till::start(line, settings());
    simulator.scan(PACK.as_bytes());
    assert_eq!(till.text(), PACK);

    // The name goes first: the terminal's number may be another test's the moment it is free.
    std::fs::remove_file(&link).unwrap();
    simulator.unplug();
    // There is nothing to open: absent, until it is plugged in again.
    let gone = till.await_snapshot(|it| it.state == State::Absent);
    assert_eq!(gone.problem, Some("scanner.absent"));
    drop(served);
    let served = PtyServer::start(&simulator).unwrap();
    std::os::unix::fs::symlink(served.name(), &link).unwrap();
    till.await_generation(2);
    simulator.scan(OTHER_PACK.as_bytes());
    assert_eq!(till.text(), OTHER_PACK);
}

#[test]
fn an_absent_scanner_is_waited_for() {
    let simulator = Simulator::new(Ending::Cr);
    let served = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let address = served.address();
    drop(served);
    let line = Line::parse(&format!("tcp:{address}")).unwrap();
    let mut till = Till::begin(Box::new(line), settings());
    let absent = till.await_snapshot(|it| it.state == State::Absent);
    assert_eq!(absent.generation, 0);
    assert_eq!(absent.problem, Some("scanner.absent"));
    assert!(text::has_message("scanner.absent"));
    let _served = TcpServer::start(&simulator, address).unwrap();
    let ready = till.await_generation(1);
    assert_eq!(ready.problem, None);
    simulator.scan(PACK.as_bytes());
    assert_eq!(till.text(), PACK);
}

#[test]
fn a_lent_port_is_closed_and_comes_back_on_request() {
    for wire in WIRES {
        println!("{wire:?}");
        let simulator = Simulator::new(Ending::Cr);
        let served = Served::start(wire, &simulator);
        let mut till = Till::start(served.line(), settings());
        let handle = till.handle();
        handle.lend(PATIENCE * 10).blocking_recv().unwrap();
        let lent = handle.snapshot();
        assert_eq!(lent.state, State::Lent);
        assert_eq!(lent.problem, Some("scanner.yielded"));
        // Another program has the port to itself, and what it is sent is its own.
        let options = ReadScanOptions {
            timeout: PATIENCE,
            ..ReadScanOptions::new(served.line())
        };
        simulator.scan(EAN.as_bytes());
        let mut out = Vec::new();
        read_scan::run(&options, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains(EAN));
        assert_eq!(handle.snapshot().state, State::Lent);

        handle.resume();
        till.await_generation(2);
        simulator.scan(PACK.as_bytes());
        let scan = till.scan();
        assert_eq!((scan.generation, till.counts().products), (2, 0));
        assert!(matches!(scan.kind, Kind::Trace(_)));
    }
}

#[test]
fn a_loan_ends_by_itself() {
    let simulator = Simulator::new(Ending::Cr);
    let served = Served::start(Wire::Tcp, &simulator);
    let till = Till::start(served.line(), settings());
    let handle = till.handle();
    handle
        .lend(Duration::from_millis(50))
        .blocking_recv()
        .unwrap();
    till.await_generation(2);
    // A port that is not there can be lent as well: nobody opens it meanwhile.
    drop(served);
    till.await_snapshot(|it| it.state == State::Absent);
    handle.lend(PATIENCE).blocking_recv().unwrap();
    assert_eq!(handle.snapshot().state, State::Lent);
}

#[test]
fn half_a_code_does_not_outlive_a_loan() {
    let simulator = Simulator::new(Ending::Nothing);
    let served = Served::start(Wire::Tcp, &simulator);
    let settings = Settings {
        idle_gap: PATIENCE * 10,
        ..settings()
    };
    let mut till = Till::start(served.line(), settings);
    let handle = till.handle();
    // A whole code and, in the same piece, the first half of the next.
    simulator.scan(format!("{EAN}\r8123456789").as_bytes());
    assert_eq!(till.text(), EAN);
    handle.lend(PATIENCE).blocking_recv().unwrap();
    assert_eq!(till.counts().broken, 1);
    handle.resume();
    till.await_generation(2);
    simulator.scan(b"0123456789\r");
    assert!(matches!(till.scan().kind, Kind::Unknown(_)));
}

#[cfg(unix)]
#[test]
fn what_was_scanned_while_the_port_was_lent_is_not_taken() {
    use serialport::SerialPort;

    let (mut master, slave) = serialport::TTYPort::pair().unwrap();
    let line = Line::parse(&format!("serial:{}", slave.name().unwrap())).unwrap();
    let mut till = Till::start(line, settings());
    let handle = till.handle();
    handle.lend(PATIENCE).blocking_recv().unwrap();
    let insured = format!("{INSURED}\r");
    master.write_all(insured.as_bytes()).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while slave.bytes_to_read().unwrap() < 29 {
        assert!(Instant::now() < deadline);
    }
    handle.resume();
    till.await_generation(2);
    master.write_all(format!("{PACK}\r").as_bytes()).unwrap();
    assert_eq!(till.text(), PACK);
    assert_eq!(till.counts().credentials, 0);
}

#[cfg(unix)]
#[test]
fn a_port_has_one_owner() {
    let simulator = Simulator::new(Ending::Cr);
    let served = PtyServer::start(&simulator).unwrap();
    let line = Line::parse(&format!("serial:{}", served.name())).unwrap();
    let till = Till::start(line.clone(), settings());
    let error = read_scan::run(&ReadScanOptions::new(line), &mut Vec::new()).unwrap_err();
    assert_eq!(error.code(), "scanner.absent");
    assert_eq!(till.handle().snapshot().state, State::Ready);
}

#[test]
fn a_stop_does_not_wait_for_a_scan() {
    let simulator = Simulator::new(Ending::Cr);
    let served = Served::start(Wire::Tcp, &simulator);
    let till = Till::start(served.line(), settings());
    let handle = till.handle();
    let begun = Instant::now();
    drop(till);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(handle.snapshot().state, State::Stopped);
    // Asked after its end it answers nothing, and does not hang.
    assert!(handle.lend(PATIENCE).blocking_recv().is_err());
}

// ------------------------------------------------------------------ addresses

#[test]
fn a_scanner_has_its_own_factory_speed() {
    for (text, wanted) in [
        ("serial:COM4", "serial:COM4?baud=9600"),
        (
            "serial:/dev/ttyACM0?baud=19200",
            "serial:/dev/ttyACM0?baud=19200",
        ),
        ("serial:COM4?baud=115200", "serial:COM4"),
        ("tcp:192.168.1.30:4001", "tcp:192.168.1.30:4001"),
    ] {
        assert_eq!(Line::parse(text).unwrap().address().to_string(), wanted);
    }
    for text in ["", "COM4", "serial:", "serial:COM4?baud=300", "tcp:host"] {
        assert!(Line::parse(text).is_err(), "{text}");
    }
}

// ------------------------------------------------------------------ the command

fn read(code: &str, format: Format) -> String {
    let simulator = Simulator::new(Ending::Cr);
    let served = Served::start(Wire::Tcp, &simulator);
    simulator.scan(code.as_bytes());
    let options = ReadScanOptions {
        format,
        timeout: PATIENCE,
        ..ReadScanOptions::new(served.line())
    };
    let mut out = Vec::new();
    read_scan::run(&options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn read_scan_says_what_a_code_is() {
    for (code, line) in [
        (
            "]C081234567890123456789",
            "追溯码 / trace code: 81234567890123456789 (platform) ]C0",
        ),
        (
            GS1,
            "追溯码 / trace code: (01)06901234567892(21)S1 (gs1) lot L1 expiry 261231 ]d2",
        ),
        (
            EAN,
            "商品条码（不是追溯码）/ product code, not a trace code: 6901234567892",
        ),
        (INSURED, "医保码 / code of the insured: ***"),
        (
            "134567890123456789",
            "微信付款码 / WeChat payment code: ***",
        ),
        (
            "281234567890123456",
            "支付宝付款码 / Alipay payment code: ***",
        ),
        (
            "11010519491231002X",
            "无法识别的内容 / unknown code: [99999999999999999A]",
        ),
        (
            "010690123456789210A1B221S0001",
            "无法确定的条码 / code that can be read in two ways: ***",
        ),
    ] {
        assert_eq!(read(code, Format::Line), format!("{line}\n"), "{code}");
    }
}

#[test]
fn read_scan_prints_json_without_credentials() {
    for (code, line) in [
        (
            "https://example.cn/81234567890123456789",
            r#"{"kind":"trace-code","code":"81234567890123456789","form":"wrapped"}"#,
        ),
        (
            "]Q14241234567890123456799330000",
            r#"{"kind":"insured-code","symbology":"]Q1"}"#,
        ),
        ("134567890123456789", r#"{"kind":"payment-code"}"#),
        ("会1", r#"{"kind":"unknown","shape":"???9"}"#),
    ] {
        assert_eq!(read(code, Format::Json), format!("{line}\n"), "{code}");
    }
}

#[test]
fn read_scan_ends_in_time_and_says_why() {
    let simulator = Simulator::new(Ending::Cr);
    let served = Served::start(Wire::Tcp, &simulator);
    let run = |timeout| {
        let options = ReadScanOptions {
            timeout,
            ..ReadScanOptions::new(served.line())
        };
        let mut out = Vec::new();
        let error = read_scan::run(&options, &mut out).unwrap_err();
        assert!(out.is_empty());
        assert!(text::has_message(error.code()), "{error}");
        error
    };
    let nothing = run(Duration::from_millis(50));
    assert!(matches!(nothing, ReadScanError::Nothing), "{nothing:?}");
    simulator.scan_with(b"8123", Fault::CutAfter(3));
    assert_eq!(run(PATIENCE).code(), "scanner.gone");
    simulator.scan_with(b"8123", Fault::Overlong(5000));
    assert_eq!(run(PATIENCE).code(), "scanner.overlong");
    // A device that is none has no address.
    assert!(Line::parse("sim:").is_err());
}
