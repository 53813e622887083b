//! The journal under every fault we can make: each step of the commit protocol fails, fails but
//! lands, or dies; every write and sync of the database fails, fails but lands, is torn, or is the
//! last before the power goes; processes are killed from outside, and find somebody else writing.
//!
//! Children are this same test binary, started again with a task in its environment. They tell what
//! was acknowledged through a pipe; the parent then recovers, verifies the whole log, and looks for
//! every acknowledged entry and the row that was written with it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "an integration test may"
)]

#[path = "faults/vfs.rs"]
mod vfs;

use std::collections::BTreeMap;
use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pharmacy_base::clock::SystemClock;
use pharmacy_journal::{
    Draft, DraftPart, Finding, Identity, Injection, Journal, JournalError, LogView, Moment,
    Recorded, Step,
};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::leaf_hash;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;

use vfs::Fault;

const TASK: &str = "PHARMACY_FAULTS_TASK";

fn create(data: &Path) -> Journal {
    let identity = Identity {
        region: "440300".parse().unwrap(),
        store: "P44030000001".parse().unwrap(),
        till: "01".parse().unwrap(),
    };
    Journal::create(data, &identity, None, Arc::new(SystemClock)).unwrap()
}

fn open(data: &Path) -> Result<Journal, JournalError> {
    Journal::open(data, Arc::new(SystemClock))
}

/// One event: two parts, and a row that must be there exactly if the entry is.
fn record(journal: &mut Journal, who: &str) -> Result<Recorded<()>, JournalError> {
    let draft = Draft {
        kind: EntryKind::Sale,
        till: Some("01".parse().unwrap()),
        refs: Vec::new(),
        parts: vec![
            DraftPart::new(PartClass::Facts, vec![b'f'; 1500]),
            DraftPart::new(PartClass::Goods, vec![b'g'; 900]),
        ],
    };
    journal.record(draft, |transaction, index| {
        transaction.put_setting("last", &index.to_string())?;
        transaction.put_setting(&format!("row {index}"), who)?;
        Ok(())
    })
}

/// What a child was told to do; `kill` ends it at a step, `io` at an operation of the file system.
#[derive(Clone, Debug)]
enum Task {
    Append {
        data: PathBuf,
        count: u64,
    },
    Create {
        data: PathBuf,
        at: u64,
    },
    Control {
        data: PathBuf,
        at: u64,
    },
    Io {
        data: PathBuf,
        fault: Fault,
        at: u64,
    },
    Kill {
        data: PathBuf,
        step: Step,
        moment: Moment,
    },
}

impl Task {
    fn write(&self) -> String {
        match self {
            Self::Append { data, count } => format!("append|{}|{count}", data.display()),
            Self::Create { data, at } => format!("create|{}|{at}", data.display()),
            Self::Control { data, at } => format!("control|{}|{at}", data.display()),
            Self::Io { data, fault, at } => {
                let fault = Fault::ALL.iter().position(|each| each == fault).unwrap();
                format!("io|{}|{fault}|{at}", data.display())
            }
            Self::Kill { data, step, moment } => {
                let step = Step::ALL.iter().position(|each| each == step).unwrap();
                let moment = if *moment == Moment::Before { 0 } else { 1 };
                format!("kill|{}|{step}|{moment}", data.display())
            }
        }
    }

    fn read(text: &str) -> Self {
        let fields: Vec<_> = text.split('|').collect();
        let data = PathBuf::from(fields[1]);
        let number = |at: usize| fields[at].parse::<usize>().unwrap();
        match fields[0] {
            "append" => Self::Append {
                data,
                count: number(2) as u64,
            },
            "create" => Self::Create {
                data,
                at: number(2) as u64,
            },
            "control" => Self::Control {
                data,
                at: number(2) as u64,
            },
            "io" => Self::Io {
                data,
                fault: Fault::ALL[number(2)],
                at: number(3) as u64,
            },
            _ => {
                let moment = if number(3) == 0 {
                    Moment::Before
                } else {
                    Moment::After
                };
                Self::Kill {
                    data,
                    step: Step::ALL[number(2)],
                    moment,
                }
            }
        }
    }

    fn start(&self) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(TASK, self.write())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

/// Tells the parent; a line of its own, whatever the test harness printed before.
fn tell(line: &str) {
    let mut out = io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn tell_outcome(outcome: Result<Recorded<()>, JournalError>) {
    match outcome {
        Ok(recorded) => tell(&format!("ack {} {}", recorded.index(), recorded.leaf())),
        Err(error) => tell(&format!("error {}", error.code())),
    }
}

/// Not a test of its own: what a child process does.
#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    match Task::read(&task) {
        Task::Append { data, count } => {
            let mut journal = match open(&data) {
                Ok(journal) => journal,
                Err(error) => return tell(&format!("error {}", error.code())),
            };
            tell("ready");
            for done in 0..count {
                tell_outcome(record(&mut journal, "child"));
                if done % 5 == 4 {
                    journal.publish().unwrap();
                }
            }
        }
        Task::Create { data, at } => {
            vfs::install();
            vfs::arm(Fault::KillBefore, at);
            drop(create(&data));
        }
        Task::Control { data, at } => control(&data, at),
        Task::Io { data, fault, at } => {
            vfs::install();
            vfs::arm(fault, at);
            run_io(&data);
        }
        Task::Kill { data, step, moment } => {
            let mut journal = open(&data).unwrap();
            for _ in 0..2 {
                tell_outcome(record(&mut journal, "child"));
            }
            journal.dangerous_fail_at(Box::new(move |at_step, at_moment| {
                if (at_step, at_moment) == (step, moment) {
                    std::process::abort();
                }
                Injection::Pass
            }));
            tell_outcome(record(&mut journal, "child"));
            let _ = journal.publish();
        }
    }
    tell("end");
}

/// Opens, records, publishes and closes, and goes on asking after an error.
fn run_io(data: &Path) {
    let mut journal = match open(data) {
        Ok(journal) => journal,
        Err(error) => return tell(&format!("error {}", error.code())),
    };
    for round in 0..4 {
        tell_outcome(record(&mut journal, "child"));
        if round == 2
            && let Err(error) = journal.publish()
        {
            tell(&format!("error {}", error.code()));
        }
    }
    drop(journal);
}

/// What a database does that does not sync: the negative control.
fn control(data: &Path, at: u64) {
    vfs::install();
    vfs::arm(Fault::Cut, at);
    let database = rusqlite::Connection::open(data.join("control.db")).unwrap();
    let setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
                 CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY);";
    if database.execute_batch(setup).is_err() {
        return;
    }
    for number in 0..30 {
        if database
            .execute("INSERT INTO kept VALUES (?1)", [number])
            .is_ok()
        {
            tell(&format!("ack {number} -"));
        }
    }
}

/// What a child said before it ended.
#[derive(Debug, Default)]
struct Told {
    acknowledged: BTreeMap<u64, String>,
    errors: Vec<String>,
    came_to_its_end: bool,
}

fn listen(child: &mut Child) -> Told {
    let mut told = Told::default();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        note(&mut told, &line.unwrap());
    }
    child.wait().unwrap();
    told
}

fn note(told: &mut Told, line: &str) {
    let words: Vec<_> = line.split(' ').collect();
    match words.as_slice() {
        ["ack", index, leaf] => {
            told.acknowledged
                .insert(index.parse().unwrap(), (*leaf).to_owned());
        }
        ["error", code] => told.errors.push((*code).to_owned()),
        ["end"] => told.came_to_its_end = true,
        _ => {}
    }
}

/// What was acknowledged over many rounds, and what of it was found.
#[derive(Debug, Default)]
struct Tally {
    rounds: u64,
    deaths: u64,
    acknowledged: u64,
    found: u64,
}

impl Tally {
    /// Recovers, verifies the whole log, and looks for everything acknowledged.
    fn take(&mut self, data: &Path, told: &Told) -> Journal {
        let journal = open(data).unwrap_or_else(|error| panic!("{error} after {told:?}"));
        let report = journal.verify().unwrap();
        assert!(report.is_clean(), "{report:?} after {told:?}");
        let size = journal.size().unwrap();
        for (index, leaf) in &told.acknowledged {
            self.acknowledged += 1;
            let index = EntryIndex::new(*index);
            let row = journal.reader().setting(&format!("row {index}")).unwrap();
            let is_found = journal
                .entry_bytes(index)
                .is_ok_and(|bytes| leaf_hash(&bytes).to_string() == *leaf)
                && journal
                    .open_part(index, PartClass::Facts)
                    .is_ok_and(|part| part.len() == 1500)
                && row.is_some();
            self.found += u64::from(is_found);
        }
        if size > 1 {
            let last = journal.reader().setting("last").unwrap();
            assert_eq!(
                last,
                Some((size - 1).to_string()),
                "rows without their entry"
            );
        }
        self.rounds += 1;
        self.deaths += u64::from(!told.came_to_its_end);
        journal
    }

    fn print(&self, what: &str) {
        let lost = self.acknowledged - self.found;
        println!("{what}: {} rounds, {} deaths", self.rounds, self.deaths);
        println!(
            "{} acknowledged, {} found, {lost} lost",
            self.acknowledged, self.found
        );
        assert_eq!(lost, 0);
    }
}

#[test]
fn each_step_failed_or_failed_but_landed_closes_the_journal_and_loses_nothing() {
    let mut tally = Tally::default();
    for step in Step::ALL {
        for moment in [Moment::Before, Moment::After] {
            let data = tempfile::tempdir().unwrap();
            let mut journal = create(data.path());
            let mut told = Told {
                came_to_its_end: true,
                ..Told::default()
            };
            let before = record(&mut journal, "before").unwrap();
            told.acknowledged
                .insert(before.index().value(), before.leaf().to_string());
            journal.dangerous_fail_at(Box::new(move |at_step, at_moment| {
                if (at_step, at_moment) == (step, moment) {
                    Injection::Fail
                } else {
                    Injection::Pass
                }
            }));
            let is_publishing = matches!(step, Step::WriteCheckpoint | Step::RenameCheckpoint);
            let outcome = record(&mut journal, "during");
            assert_eq!(outcome.is_ok(), is_publishing, "{step:?} {moment:?}");
            if let Ok(recorded) = outcome {
                told.acknowledged
                    .insert(recorded.index().value(), recorded.leaf().to_string());
                assert!(journal.publish().is_err());
            }
            assert!(journal.is_closed(), "{step:?} {moment:?}");
            for again in [
                record(&mut journal, "after").map(drop),
                journal.publish().map(drop),
            ] {
                assert_eq!(again.unwrap_err().code(), "journal.closed");
            }
            drop(journal);

            let mut journal = tally.take(data.path(), &told);
            // Only a commit that landed although it failed leaves the entry that nobody was told of.
            let landed = (step, moment) == (Step::Commit, Moment::After);
            let expected = if landed || is_publishing { 3 } else { 2 };
            assert_eq!(journal.size().unwrap(), expected, "{step:?} {moment:?}");
            let _ = record(&mut journal, "again").unwrap();
            assert!(journal.verify().unwrap().is_clean());
        }
    }
    tally.print("steps that fail");
}

#[test]
fn each_step_killed_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    drop(create(data.path()));
    let mut tally = Tally::default();
    for step in Step::ALL {
        for moment in [Moment::Before, Moment::After] {
            let task = Task::Kill {
                data: data.path().to_path_buf(),
                step,
                moment,
            };
            let told = listen(&mut task.start());
            assert!(
                !told.came_to_its_end,
                "{step:?} {moment:?} was never reached"
            );
            assert!(told.acknowledged.len() >= 2);
            drop(tally.take(data.path(), &told));
        }
    }
    tally.print("steps that die");
}

/// Runs children on one log, each with the fault one operation later, until one gets through.
fn every_operation(fault: Fault) -> Tally {
    let data = tempfile::tempdir().unwrap();
    drop(create(data.path()));
    let mut tally = Tally::default();
    for at in 1..1000 {
        let task = Task::Io {
            data: data.path().to_path_buf(),
            fault,
            at,
        };
        let told = listen(&mut task.start());
        drop(tally.take(data.path(), &told));
        let is_through = told.came_to_its_end && told.errors.is_empty();
        if told.came_to_its_end && !is_through {
            // After the first error nothing but `closed`, and nothing acknowledged any more.
            let later = told.errors.iter().skip(1);
            assert!(
                later.into_iter().all(|code| code == "journal.closed"),
                "{told:?}"
            );
        }
        if is_through && told.acknowledged.len() == 4 && tally.rounds > 20 {
            return tally;
        }
    }
    panic!("no end to the operations of one run");
}

#[test]
fn every_operation_that_fails_loses_nothing() {
    for fault in [Fault::Fail, Fault::Full, Fault::Landed] {
        every_operation(fault).print(&format!("{fault:?}"));
    }
}

#[test]
fn every_operation_at_which_the_process_dies_loses_nothing() {
    let mut deaths = 0;
    for fault in [Fault::KillBefore, Fault::KillAfter, Fault::Torn] {
        let tally = every_operation(fault);
        tally.print(&format!("{fault:?}"));
        deaths += tally.deaths;
    }
    assert!(deaths >= 60, "only {deaths} deaths");
}

#[test]
fn every_operation_at_which_the_power_goes_loses_nothing() {
    let mut deaths = 0;
    for fault in [Fault::Cut, Fault::CutSome] {
        let tally = every_operation(fault);
        tally.print(&format!("{fault:?}"));
        deaths += tally.deaths;
    }
    assert!(deaths >= 40, "only {deaths} deaths");
}

#[test]
fn the_power_cut_does_lose_what_was_not_synced() {
    let data = tempfile::tempdir().unwrap();
    let told = listen(
        &mut Task::Control {
            data: data.path().to_path_buf(),
            at: 40,
        }
        .start(),
    );
    assert!(
        !told.came_to_its_end && told.acknowledged.len() > 3,
        "{told:?}"
    );
    let database = rusqlite::Connection::open(data.path().join("control.db")).unwrap();
    let kept = database.query_row("SELECT count(*) FROM kept", [], |row| row.get::<_, u32>(0));
    assert!(
        u64::from(kept.unwrap_or(0)) < told.acknowledged.len() as u64,
        "the control lost nothing"
    );
}

#[test]
fn a_journal_that_was_not_made_to_its_end_is_known_as_such() {
    let mut half_made = 0;
    for at in (1..1000).step_by(4) {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().to_path_buf();
        let told = listen(&mut Task::Create { data: path, at }.start());
        match open(data.path()) {
            Ok(journal) => {
                assert!(journal.verify().unwrap().is_clean());
                assert_eq!(journal.size().unwrap(), 1);
            }
            Err(error) => {
                assert_eq!(error.code(), "store.half-made");
                half_made += 1;
            }
        }
        if told.came_to_its_end {
            assert!(half_made > 5, "only {half_made} were cut short");
            return;
        }
    }
    panic!("no end to making a journal");
}

#[test]
fn killed_from_outside_at_any_moment_it_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    drop(create(data.path()));
    let mut tally = Tally::default();
    for round in 0_u64..50 {
        let task = Task::Append {
            data: data.path().to_path_buf(),
            count: u64::MAX,
        };
        let mut child = task.start();
        let mut told = Told::default();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The moment is chosen by how much was heard and a short busy wait, never by sleeping.
        while told.acknowledged.len() < usize::try_from(round % 7).unwrap() + 1 {
            note(&mut told, &lines.next().unwrap().unwrap());
        }
        let wait = Duration::from_micros(round * 7919 % 2000);
        let since = Instant::now();
        while since.elapsed() < wait {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        lines.for_each(|line| note(&mut told, &line.unwrap()));
        child.wait().unwrap();
        drop(tally.take(data.path(), &told));
    }
    assert_eq!(tally.deaths, 50);
    tally.print("killed from outside");
}

#[test]
fn one_process_writes_and_nobody_waits_for_a_dead_one() {
    let data = tempfile::tempdir().unwrap();
    drop(create(data.path()));
    let task = |count| Task::Append {
        data: data.path().to_path_buf(),
        count,
    };
    for _ in 0..10 {
        let mut child = task(u64::MAX).start();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_ready = |line: io::Result<String>| line.unwrap() == "ready";
        assert!(lines.any(is_ready));
        assert_eq!(open(data.path()).unwrap_err().code(), "store.in-use");
        let second = listen(&mut task(1).start());
        assert_eq!(second.errors, ["store.in-use"]);
        assert!(LogView::open(data.path()).unwrap().size().unwrap() > 0);
        child.kill().unwrap();
        child.wait().unwrap();
        drop(open(data.path()).unwrap());
    }
    let told = listen(&mut task(100).start());
    assert_eq!(told.acknowledged.len(), 100, "{told:?}");
    let mut tally = Tally::default();
    drop(tally.take(data.path(), &told));
}

#[test]
fn verifying_names_the_entry_and_the_class_that_were_changed() {
    let data = tempfile::tempdir().unwrap();
    let mut journal = create(data.path());
    for _ in 0..6 {
        let _ = record(&mut journal, "before").unwrap();
    }
    drop(journal);
    let database = data.path().join("journal").join("log.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    let refused = connection.execute_batch("UPDATE hash SET value = zeroblob(32)");
    assert!(refused.is_err(), "hashes can be changed");
    connection
        .execute_batch(
            "DROP TRIGGER entry_stays; DROP TRIGGER hash_stays;
             UPDATE entry SET bytes = CAST(replace(bytes, 'sale', 'stop') AS BLOB)
             WHERE position = 2;
             UPDATE hash SET value = zeroblob(32) WHERE position = 6;
             UPDATE part SET sealed = zeroblob(60) WHERE slot = 4 * 16 + 1;
             DELETE FROM part WHERE slot = 5 * 16;",
        )
        .unwrap();
    drop(connection);
    let report = LogView::verify_at(data.path()).unwrap();
    let index = EntryIndex::new;
    for finding in [
        Finding::Entry(index(2)),
        Finding::Node(index(3)),
        Finding::Part {
            index: index(4),
            class: PartClass::Goods,
        },
        Finding::PartsMissing {
            class: PartClass::Facts,
            missing: 1,
        },
    ] {
        assert!(
            report.findings.contains(&finding),
            "{finding} in {:?}",
            report.findings
        );
    }
}
