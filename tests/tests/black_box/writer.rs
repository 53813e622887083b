//! One store, one writer: a second agent is refused, and commands have the one that runs record for them.
//!
//! In scope: the whole program, on both sides of the control door; agents that run, stop, are killed, or
//! only seem to be there. Out of scope: what the commands record (their own tests), and Windows, where
//! the door is a pipe.
#![cfg(unix)]

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pharmacy_kit::shop::Ended;
use pharmacy_kit::till::Till;
use pharmacy_kit::{Shop, tree};

const GREETING: &[u8] = b"pharmacy-ctl 01\n";
const PIN: &str = "270418\n270418\n";
const NAME: &str = "王小药";

fn door(shop: &Shop) -> PathBuf {
    shop.data().join("control")
}

#[track_caller]
fn assert_refused(ended: &Ended, code: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains(&format!("错误 [{code}] ")), "{ended:?}");
    assert!(ended.err.contains(&format!("error [{code}] ")), "{ended:?}");
}

fn add_staff(shop: &Shop, id: &str) -> Ended {
    let contract = [
        "--contract-from",
        "2025-01-01",
        "--contract-until",
        "2099-12-31",
    ];
    let arguments = ["staff", "add", id, "--name", NAME, "--duty", "cashier"];
    shop.run_typed(&[&arguments[..], &contract].concat(), PIN)
}

#[test]
fn a_second_agent_is_refused_and_the_first_goes_on() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let entries = till.entries();
    let began = Instant::now();
    assert_refused(&shop.run(&["run"]), "store.in-use");
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(till.entries(), entries, "a start that failed is no start");
    assert_refused(&shop.run(&["init"]), "store.exists");
    // Whoever reads needs no turn.
    for reads in [
        &["verify"][..],
        &["status"],
        &["setup"],
        &["token", "list"],
        &["staff", "list"],
    ] {
        shop.must(reads);
    }
    assert_eq!(daemon.terminate().0.code(), Some(0));
    assert!(!door(&shop).exists(), "an agent that stops closes its door");
    drop(shop.start());
}

#[test]
fn a_killed_agent_leaves_nothing_that_the_next_one_waits_for() {
    let shop = Shop::new();
    for round in 0..5 {
        let daemon = shop.start();
        daemon.kill();
        assert!(door(&shop).exists(), "nobody tidies up after a kill");
        if round % 2 == 0 {
            shop.issue("till-b", "02");
        }
    }
    let daemon = shop.start();
    assert_eq!(
        fs::metadata(door(&shop)).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let token = shop.issue("till-b", "02");
    assert!(Till::new(daemon.address(), &token).entries() > 0);
    let lock = fs::metadata(shop.data().join("writer.lock")).unwrap();
    assert_eq!((lock.len(), lock.permissions().mode() & 0o777), (0, 0o600));
}

/// Every command that records, once; says how many entries they made.
fn record_everything(shop: &Shop) -> u64 {
    let before = shop.verified_entries();
    let sample = tree::root().join("config/catalogue/sample.csv");
    shop.must(&["import", "catalogue", sample.to_str().unwrap()]);
    let added = add_staff(shop, "S01");
    assert_eq!(added.code, Some(0), "{added:?}");
    assert_refused(&add_staff(shop, "S01"), "staff.exists");
    shop.must(&["staff", "change", "S01", "--duty", "in-charge"]);
    let pin = |typed: &str| shop.run_typed(&["staff", "pin", "S01"], typed);
    assert_refused(&pin("918273\n564738\n564738\n"), "staff.pin-wrong");
    let changed = pin("270418\n564738\n564738\n");
    assert_eq!(changed.code, Some(0), "{changed:?}");
    let forgotten = shop.run_typed(&["staff", "pin", "S01", "--forgotten"], PIN);
    assert_eq!(forgotten.code, Some(0), "{forgotten:?}");
    let find = ["find", "--staff", "S01", "--receipt", "R-1"];
    let found = shop.run_typed(&find, "270418\n");
    assert_eq!(found.code, Some(0), "{found:?}");
    let retire = ["staff", "retire", "S01", "--by", "S01"];
    let retired = shop.run_typed(&retire, "270418\n");
    assert_eq!(retired.code, Some(0), "{retired:?}");
    let dates = ["--from", "2025-01-01", "--until", "2099-12-31"];
    let agreement = [
        "standing",
        "set",
        "agreement",
        "--number",
        "A-1",
        "--state",
        "in-force",
    ];
    shop.must(&[&agreement[..], &dates].concat());
    let paper = shop.path().join("agreement.pdf");
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.resize(3 << 20, b' ');
    fs::write(&paper, bytes).unwrap();
    shop.must(&["standing", "attach", "agreement", paper.to_str().unwrap()]);
    let unregistered = ["standing", "attach", "licence", paper.to_str().unwrap()];
    assert_refused(&shop.run(&unregistered), "standing.nothing-to-attach-to");
    let told = shop.must(&["token", "add", "--client", "till-b", "--till", "02"]);
    let number = told
        .split_whitespace()
        .find(|word| word.parse::<u32>().is_ok());
    shop.must(&["token", "revoke", number.unwrap()]);
    assert_refused(
        &shop.run(&["token", "revoke", number.unwrap()]),
        "token.unknown",
    );
    shop.verified_entries() - before
}

#[test]
fn every_command_records_the_same_with_an_agent_and_without() {
    let alone = Shop::new();
    let made = record_everything(&alone);
    let shop = Shop::new();
    let daemon = shop.start();
    assert_eq!(record_everything(&shop), made);
    let said = daemon.kill();
    for request in [
        "add-staff",
        "add-token",
        "amend-staff",
        "attach",
        "change-pin",
        "change-standing",
        "count-try",
        "note-question",
        "renew-key",
        "report-wrong-pin",
        "retire-staff",
        "revoke-token",
        "switch-catalogue",
    ] {
        assert!(
            said.contains(&format!("request=\"{request}\"")),
            "{request}: {said}"
        );
    }
    for secret in [NAME, "270418", "918273", "564738", "A-1", "R-1"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    // What was recorded beside the agent is published although it was killed.
    shop.must(&["verify"]);
    drop(shop.start());
}

#[test]
fn the_agent_knows_a_new_token_at_once_and_a_revoked_one_no_longer() {
    let shop = Shop::new();
    let daemon = shop.start();
    let told = shop.must(&[
        "token", "add", "--client", "till-b", "--till", "02", "--door", "api",
    ]);
    let token = told.lines().last().unwrap();
    let number = told
        .split_whitespace()
        .find(|word| word.parse::<u32>().is_ok());
    let mut till = Till::new(daemon.address(), token);
    assert!(till.entries() > 0);
    shop.must(&["token", "revoke", number.unwrap()]);
    let request = pharmacy_kit::http::Request::new("GET", "/v1/status");
    assert_eq!(till.try_send(&request).unwrap().status, 401);
    assert!(!daemon.said().contains(token));
}

#[test]
fn an_export_holds_what_is_recorded_and_nothing_of_the_writer() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    till.open(pharmacy_kit::till::WIFE);
    let entries = till.entries();
    let out = shop.path().join("export");
    let told = shop.must(&["export", "--out", out.to_str().unwrap()]);
    assert!(
        told.contains(&format!("entries  {entries} (0 before)")),
        "{told}"
    );
    let names: Vec<_> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    for file in ["writer.lock", "control"] {
        assert!(names.iter().all(|name| name != file), "{names:?}");
    }
}

/// Bytes that are no request of this program's.
fn garbage() -> Vec<Vec<u8>> {
    let framed = |json: &[u8], document: &[u8]| {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length(json)[..], &length(document), json, document].concat()
    };
    vec![
        Vec::new(),
        b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        vec![0xff; 70_000],
        vec![0; 8],
        framed(b"{\"publish\":{}", b""),
        framed(b"{\"publish\":{\"now\":1}}", b""),
        framed(b"{\"publish\":{}}", b"a document"),
        framed(b"{\"token\":{}}", b""),
        framed(&[0x80; 64], b""),
        framed(format!("{{\"{NAME}\":{{}}}}").as_bytes(), b""),
    ]
}

#[test]
fn whoever_speaks_otherwise_does_no_harm() {
    let shop = Shop::new();
    let daemon = shop.start();
    let entries = shop.till(&daemon).entries();
    for bytes in garbage() {
        let mut stream = UnixStream::connect(door(&shop)).unwrap();
        let mut greeting = [0; GREETING.len()];
        stream.read_exact(&mut greeting).unwrap();
        assert_eq!(greeting, GREETING);
        let _ = stream.write_all(&bytes);
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        assert!(
            said.is_empty() || said.contains("control.request"),
            "{said}"
        );
    }
    // Who says nothing keeps nobody out for long.
    let idle: Vec<_> = (0..40)
        .map(|_| UnixStream::connect(door(&shop)).unwrap())
        .collect();
    shop.issue("till-b", "02");
    drop(idle);
    assert_eq!(shop.till(&daemon).entries(), entries + 1);
    let said = daemon.kill();
    assert!(!said.contains("ERROR") && !said.contains(NAME), "{said}");
}

/// Somebody who holds the lock as an agent does, and speaks at the door as told.
struct Seeming {
    _lock: File,
    listener: UnixListener,
}

impl Seeming {
    fn agent(shop: &Shop) -> Self {
        let lock = File::options()
            .write(true)
            .open(shop.data().join("writer.lock"))
            .unwrap();
        lock.try_lock().unwrap();
        let listener = UnixListener::bind(door(shop)).unwrap();
        Self {
            _lock: lock,
            listener,
        }
    }

    /// Lets one command in, says something, hears the request where it was greeted, and hangs up.
    fn speak(&self, words: &[u8], hears: usize) {
        let (mut stream, _) = self.listener.accept().unwrap();
        stream.write_all(words).unwrap();
        let mut heard = vec![0; hears];
        stream.read_exact(&mut heard).unwrap();
    }
}

#[test]
fn a_command_says_what_it_knows_of_an_agent_that_does_not_answer() {
    let shop = Shop::new();
    let seeming = Seeming::agent(&shop);
    let add = || shop.run(&["token", "add", "--client", "till-b"]);
    // Hung: accepted by the system, greeted by nobody.
    let began = Instant::now();
    assert_refused(&add(), "control.silent");
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    let (hung, _) = seeming.listener.accept().unwrap();
    drop(hung);
    thread::scope(|scope| {
        let asked = scope.spawn(add);
        seeming.speak(b"pharmacy-ctl 99\n", 0);
        assert_refused(&asked.join().unwrap(), "control.version");
        let asked = scope.spawn(add);
        seeming.speak(GREETING, 40);
        let asked = asked.join().unwrap();
        assert_refused(&asked, "control.in-doubt");
        assert_eq!(asked.out, "", "no token is shown that may not count");
        // Gone before it greeted: whoever has the lock next is asked.
        let asked = scope.spawn(add);
        seeming.speak(b"", 0);
        seeming.speak(b"pharmacy-ctl 99\n", 0);
        assert_refused(&asked.join().unwrap(), "control.version");
    });
    drop(seeming);
    // The socket that it left is refused by the system, and the lock is free.
    assert!(door(&shop).exists());
    assert_eq!(add().code, Some(0));
    drop(shop.start());
}

#[test]
fn no_command_fails_while_agents_come_and_go() {
    let shop = Shop::new();
    let before = shop.verified_entries();
    let is_over = AtomicBool::new(false);
    let issued = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut issued = 0;
            while !is_over.load(Ordering::SeqCst) {
                let told = shop.run(&["token", "add", "--client", "till-b", "--door", "api"]);
                assert_eq!(told.code, Some(0), "{told:?}");
                issued += 1;
            }
            issued
        });
        for _ in 0..6 {
            let daemon = shop.start();
            thread::sleep(Duration::from_millis(100));
            assert_eq!(daemon.terminate().0.code(), Some(0));
        }
        is_over.store(true, Ordering::SeqCst);
        asking.join().unwrap()
    });
    assert!(issued > 6, "{issued}");
    // A first start records its rule pack as well.
    assert_eq!(shop.verified_entries(), before + issued + 6 * 3 + 1);
}

#[test]
fn a_data_directory_with_a_long_path_has_a_door_as_well() {
    let shop = Shop::unmade("");
    let long = ["a-folder-with-a-rather-long-name"; 5].join("/");
    let text = fs::read_to_string(shop.config()).unwrap();
    fs::write(
        shop.config(),
        text.replace("\"state\"", &format!("\"{long}\"")),
    )
    .unwrap();
    shop.must(&["init"]);
    let daemon = shop.start();
    assert!(shop.path().join(&long).join("control").exists());
    let token = shop.issue("till-b", "02");
    assert!(Till::new(daemon.address(), &token).entries() > 0);
    let said = daemon.kill();
    assert!(said.contains("request=\"add-token\""), "{said}");
}

#[test]
fn an_agent_without_a_door_works_and_says_so() {
    let shop = Shop::new();
    fs::write(door(&shop), "mine").unwrap();
    let daemon = shop.start();
    assert!(
        daemon.said().contains("control.closed"),
        "{}",
        daemon.said()
    );
    shop.till(&daemon).open(pharmacy_kit::till::WIFE);
    assert_refused(
        &shop.run(&["token", "add", "--client", "till-b"]),
        "store.in-use",
    );
    assert_eq!(daemon.terminate().0.code(), Some(0));
    assert_eq!(fs::read(door(&shop)).unwrap(), b"mine");
    shop.issue("till-b", "02");
}

/// What another account's child is to do: connect there and tell what it hears.
const STRANGER: &str = "PHARMACY_WRITER_STRANGER";

/// Not a test of its own: the child.
#[test]
fn stranger() {
    let Ok(place) = std::env::var(STRANGER) else {
        return;
    };
    let heard = UnixStream::connect(place).map(|mut stream| {
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    println!("heard {heard:?}");
}

/// Only root can become somebody else: elsewhere this shows nothing.
#[test]
fn another_account_is_not_let_in() {
    let shop = Shop::new();
    let daemon = shop.start();
    let is_root = fs::metadata(shop.path()).unwrap().uid() == 0;
    if !is_root {
        return;
    }
    let place = Scratched::open_to_all(&shop);
    let ask = || {
        let mut command = Command::new(&place.program);
        command.args(["--exact", "writer::stranger", "--nocapture"]);
        command.env(STRANGER, door(&shop)).uid(65_534).gid(65_534);
        Ended::of(&mut command)
    };
    let shut = ask();
    assert!(shut.out.contains("PermissionDenied"), "{shut:?}");
    // Even where the file's mode would let it in.
    fs::set_permissions(door(&shop), Permissions::from_mode(0o666)).unwrap();
    let refused = ask();
    assert!(refused.out.contains("heard Ok([])"), "{refused:?}");
    shop.issue("till-b", "02");
    assert!(!daemon.said().contains("ERROR"));
}

/// This test's program where every account can start it.
struct Scratched {
    _folder: pharmacy_kit::Scratch,
    program: PathBuf,
}

impl Scratched {
    fn open_to_all(shop: &Shop) -> Self {
        let folder = pharmacy_kit::Scratch::new();
        let program = folder.join("stranger");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let paths: [&Path; 4] = [folder.path(), &program, shop.path(), &shop.data()];
        for path in paths {
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            _folder: folder,
            program,
        }
    }
}
