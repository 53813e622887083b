//! The printer's owner against a simulated printer: what comes out, and what is told when nothing does.
#![expect(clippy::unwrap_used, reason = "an integration test may")]

use std::time::Duration;

use pharmacy_base::machine::Machine;
use pharmacy_device::address::Address;
use pharmacy_device::paper::{Charset, Page, Paper, Row, test_page};
use pharmacy_device::port::Opener;
use pharmacy_device::printer::print_test::{self, PrintTestOptions};
use pharmacy_device::printer::{
    Cut, Printer, PrinterError, PrinterHandle, Settings, WAITING_JOBS, encode,
};
use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::printer::{Printed, Script, Simulator};

fn settings() -> Settings {
    Settings {
        open: Duration::from_secs(5),
        answer: Duration::from_millis(400),
        print: Duration::from_millis(400),
        patience: Duration::from_millis(1),
        back_off: vec![Duration::from_millis(1)],
    }
}

fn start(opener: Box<dyn Opener>, settings: Settings) -> Printer {
    Printer::start(opener, settings, &Machine::default()).unwrap()
}

fn page(text: &str) -> Vec<u8> {
    let page = Page {
        paper: Paper::Narrow,
        rows: vec![Row::Text(text.to_owned())],
        replaced: 0,
    };
    encode(&page, Charset::Gb18030, Cut::Knife)
}

fn print(handle: &PrinterHandle, text: &str) -> Result<(), &'static str> {
    let outcome = handle.print(page(text)).blocking_recv().unwrap();
    outcome.map_err(|error: PrinterError| error.code())
}

/// Waits for the owner to say why it does not print.
fn wait_for_problem(handle: &PrinterHandle, problem: Option<&'static str>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut changes = handle.changes();
    let waited = runtime.block_on(async {
        let told = changes.wait_for(|snapshot| snapshot.problem == problem);
        tokio::time::timeout(Duration::from_secs(30), told)
            .await
            .is_ok()
    });
    assert!(waited, "{problem:?} was not told");
}

#[test]
fn what_is_printed_is_what_the_page_says() {
    let simulator = Simulator::new();
    let printer = start(simulator.opener(), settings());
    let page = test_page(Paper::Narrow, Charset::Gb18030);
    let bytes = encode(&page, Charset::Gb18030, Cut::Knife);
    assert!(
        printer
            .handle()
            .print(bytes)
            .blocking_recv()
            .unwrap()
            .is_ok()
    );
    assert_eq!(simulator.unknown(), 0);
    let mut rows = simulator.printed().into_iter();
    for row in &page.rows {
        let printed = rows.next().unwrap();
        match (row, printed) {
            (Row::Picture(expected), Printed::Picture { raster, is_centred }) => {
                assert!(is_centred);
                // A printer knows whole bytes only.
                assert_eq!(
                    (raster.height, raster.bits),
                    (expected.height, expected.bits.clone())
                );
                assert_eq!(raster.width, expected.stride() * 8);
            }
            (
                Row::Text(expected),
                Printed::Text {
                    text,
                    is_double: false,
                },
            )
            | (
                Row::Title(expected),
                Printed::Text {
                    text,
                    is_double: true,
                },
            ) => {
                assert_eq!(&text, expected);
            }
            (row, printed) => panic!("{row:?} became {printed:?}"),
        }
    }
    assert_eq!(rows.collect::<Vec<_>>(), [Printed::Feed(4), Printed::Cut]);
}

#[test]
fn a_network_printer_prints_in_order_and_is_let_go() {
    let simulator = Simulator::new();
    let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let address: Address = format!("tcp:{}", server.address()).parse().unwrap();
    let printer = start(Box::new(address), Settings::default());
    let handle = printer.handle();
    let jobs: Vec<_> = ["一", "二", "三"]
        .map(|text| handle.print(page(text)))
        .into();
    for job in jobs {
        job.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(simulator.texts(), ["一", "二", "三"]);
    let slips = handle.snapshot().device;
    assert_eq!((slips.printed, slips.failed, slips.waiting), (3, 0, 0));
    assert_eq!(slips.answers, Some(true));
    // The printer serves one connection at a time: another till prints only because this one let go.
    let address: Address = format!("tcp:{}", server.address()).parse().unwrap();
    let other = start(Box::new(address), Settings::default());
    print(&other.handle(), "四").unwrap();
    assert_eq!(simulator.openings(), 2);
}

/// What a printer may do, and the code by which it is told.
fn hindrances() -> [(Script, &'static str); 7] {
    let with = |change: fn(&mut Script)| {
        let mut script = Script::default();
        change(&mut script);
        script
    };
    [
        (with(|script| script.is_empty = true), "printer.paper-out"),
        (with(|script| script.is_open = true), "printer.cover-open"),
        (with(|script| script.is_off_line = true), "printer.off-line"),
        (with(|script| script.is_absent = true), "printer.absent"),
        (with(|script| script.takes = Some(12)), "printer.stuck"),
        (
            with(|script| script.breaks_after = Some(12)),
            "printer.gone",
        ),
        (
            with(|script| script.empties_after = Some(12)),
            "printer.paper-out",
        ),
    ]
}

#[test]
fn what_keeps_it_from_printing_is_told_by_its_code() {
    for (script, code) in hindrances() {
        let simulator = Simulator::new();
        simulator.set(script.clone());
        let printer = start(simulator.opener(), settings());
        let handle = printer.handle();
        assert_eq!(print(&handle, "药"), Err(code), "{script:?}");
        let snapshot = handle.snapshot();
        assert_eq!((snapshot.problem, snapshot.device.failed), (Some(code), 1));
        assert!(pharmacy_base::text::has_message(code));
        // Mended, it prints again and says so.
        simulator.set(Script::default());
        assert_eq!(print(&handle, "药"), Ok(()));
        assert_eq!(handle.snapshot().problem, None);
    }
}

#[test]
fn a_slip_waits_for_paper_and_comes_out_once() {
    let simulator = Simulator::new();
    simulator.set(Script {
        is_empty: true,
        ..Script::default()
    });
    let patient = Settings {
        patience: Duration::from_secs(600),
        ..settings()
    };
    let printer = start(simulator.opener(), patient);
    let handle = printer.handle();
    let jobs = ["一", "二"].map(|text| handle.print(page(text)));
    wait_for_problem(&handle, Some("printer.paper-out"));
    assert!(simulator.texts().is_empty());
    simulator.set(Script::default());
    for job in jobs {
        job.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(simulator.texts(), ["一", "二"]);
    assert_eq!(handle.snapshot().problem, None);
}

#[test]
fn half_a_slip_is_not_printed_again_by_itself() {
    let simulator = Simulator::new();
    simulator.set(Script {
        takes: Some(30),
        ..Script::default()
    });
    let patient = Settings {
        patience: Duration::from_secs(600),
        ..settings()
    };
    let printer = start(simulator.opener(), patient);
    assert_eq!(print(&printer.handle(), "药品追溯码"), Err("printer.stuck"));
    assert_eq!(simulator.openings(), 1);
}

#[test]
fn a_printer_that_never_answers_is_not_called_faulty() {
    let simulator = Simulator::new();
    simulator.set(Script {
        is_silent: true,
        ..Script::default()
    });
    let printer = start(simulator.opener(), settings());
    let handle = printer.handle();
    assert_eq!(print(&handle, "药"), Ok(()));
    let snapshot = handle.snapshot();
    assert_eq!(
        (snapshot.device.answers, snapshot.problem),
        (Some(false), None)
    );
}

#[test]
fn no_job_is_lost_silently() {
    let simulator = Simulator::new();
    simulator.set(Script {
        is_absent: true,
        ..Script::default()
    });
    let patient = Settings {
        patience: Duration::from_secs(600),
        ..settings()
    };
    let printer = start(simulator.opener(), patient);
    let handle = printer.handle();
    let jobs: Vec<_> = (0..WAITING_JOBS + 20)
        .map(|_| handle.print(page("药")))
        .collect();
    wait_for_problem(&handle, Some("printer.absent"));
    drop(printer);
    let mut codes: Vec<_> = jobs
        .into_iter()
        .map(|job| job.blocking_recv().unwrap().unwrap_err().code())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    // The one that it was at, those that waited, those for which there was no room.
    assert_eq!(
        codes,
        ["printer.absent", "printer.queue-full", "printer.stopped"]
    );
    assert_eq!(handle.snapshot().device.waiting, 0);
    assert_eq!(print(&handle, "药"), Err("printer.stopped"));
}

#[test]
fn the_test_slip_says_whether_the_printer_reports_its_state() {
    let simulator = Simulator::new();
    let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let options = PrintTestOptions {
        device: format!("tcp:{}", server.address()).parse().unwrap(),
        paper: Paper::Wide,
        charset: Charset::Gbk,
        cut: Cut::Tear,
    };
    for (is_silent, said) in [(false, "会报告状态"), (true, "不报告状态")] {
        simulator.set(Script {
            is_silent,
            ..Script::default()
        });
        let mut out = Vec::new();
        print_test::run(&options, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains(said));
    }
    simulator.set(Script {
        is_empty: true,
        ..Script::default()
    });
    let error = print_test::run(&options, &mut Vec::new()).unwrap_err();
    assert_eq!(error.code(), "printer.paper-out");
}
