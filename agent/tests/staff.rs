//! The staff over a real log: PINs, locks, shifts and signatures, without sockets. The clock stands
//! still until a test moves it; keys are derived at a cost that protects nothing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "an integration test may"
)]

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use jiff::civil::date;
use pharmacy_agent::clock::TestClock;
use pharmacy_agent::config::TraceConfig;
use pharmacy_agent::core::staff::{Contract, Duty, Member, Qualification, Title};
use pharmacy_agent::desk::enrol::{self, NewPin};
use pharmacy_agent::desk::{
    Board, Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place, Setup,
};
use pharmacy_agent::journal::{Identity, Journal, LogView, PinCost};
use pharmacy_protocol::Secret;
use pharmacy_protocol::act::{ActKind, SignedAct, StaffKey};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Noon of 2025-11-22 at the store.
const NOON_MS: i64 = 1_763_784_000_000;
const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

const RIGHT: &str = "270418";
const WRONG: &str = "270419";
const NAME: &str = "王小药";

/// A shop with an open desk.
struct Shop {
    desk: Option<(DeskHandle, JoinHandle<Desk>)>,
    runtime: Runtime,
    setup: Setup,
    clock: TestClock,
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::new(NOON_MS);
        let store = "code = \"P44030000001\"\nname = \"某某大药房\"\nregion = \"440300\"\n";
        let setup = Setup {
            rules: std::collections::BTreeMap::new(),
            data_dir: folder.path().to_path_buf(),
            store: toml::from_str(store).unwrap(),
            till: toml::from_str("number = \"01\"\nenrolled = [\"02\"]\n").unwrap(),
            trace: TraceConfig::default(),
        };
        let identity = Identity {
            region: setup.store.region.clone(),
            store: setup.store.code.clone(),
            till: setup.till.number.clone(),
        };
        let at = Arc::new(clock.clone());
        drop(Journal::create(folder.path(), &identity, None, at).unwrap());
        let mut shop = Self {
            desk: None,
            runtime: Builder::new_current_thread().build().unwrap(),
            setup,
            clock,
            folder,
        };
        shop.restart();
        shop
    }

    /// Ends the desk without a word, as a crash does, and starts the next one on what is on disk.
    fn restart(&mut self) {
        self.stop();
        let clock = Arc::new(self.clock.clone());
        let pack = Arc::new(pharmacy_agent::pack::shipped().unwrap());
        let desk = Desk::new(self.journal(), pack, clock, self.setup.clone()).unwrap();
        self.desk = Some(DeskHandle::start(desk).unwrap());
    }

    fn stop(&mut self) {
        if let Some((handle, thread)) = self.desk.take() {
            drop(handle);
            drop(thread.join().unwrap());
        }
    }

    /// The log as a command beside the running desk opens it.
    fn journal(&self) -> Journal {
        Journal::open(self.folder.path(), Arc::new(self.clock.clone())).unwrap()
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn handle(&self) -> &DeskHandle {
        &self.desk.as_ref().unwrap().0
    }

    fn add(&self, member: Member) {
        let pin = Secret::new(RIGHT.to_owned());
        enrol::add(&mut self.journal(), member, &cheap(&pin)).unwrap();
    }

    fn sign_in(&self, staff: &str, pin: &str) -> Result<Done, DeskError> {
        self.sign_in_at(("01", Place::Till), staff, pin)
    }

    fn sign_in_at(
        &self,
        (till, place): (&str, Place),
        staff: &str,
        pin: &str,
    ) -> Result<Done, DeskError> {
        let by = Credentials {
            staff: staff.parse().unwrap(),
            pin: Secret::new(pin.to_owned()),
        };
        let signed_in = self.handle().sign_in(caller(till), place, by);
        self.runtime.block_on(signed_in)
    }

    #[track_caller]
    fn refused(&self, staff: &str, pin: &str) -> &'static str {
        self.sign_in(staff, pin).unwrap_err().code()
    }

    fn sign_out(&self, staff: &str) -> Result<Done, DeskError> {
        let staff = staff.parse().unwrap();
        self.runtime
            .block_on(self.handle().sign_out(caller("01"), staff))
    }

    fn board(&self) -> Board {
        self.runtime
            .block_on(self.handle().board(caller("01")))
            .unwrap()
    }

    fn on_duty(&self) -> Vec<String> {
        let board = self.board();
        let on_duty = board.on_duty.iter();
        on_duty.map(|duty| duty.staff.to_string()).collect()
    }

    fn signed_in(&self) -> Option<String> {
        self.board().signed_in.map(|duty| duty.staff.to_string())
    }

    /// The `staff` parts of entries of one kind, oldest first.
    fn parts(&self, kind: EntryKind) -> Vec<Vec<u8>> {
        let log = LogView::open(self.folder()).unwrap();
        let entries = (0..log.size().unwrap()).map(EntryIndex::new);
        let of_kind = entries.filter(|index| log.entry(*index).unwrap().kind == kind);
        of_kind
            .filter_map(|index| log.open_part(index, PartClass::Staff).ok())
            .map(|bytes| bytes.to_vec())
            .collect()
    }

    fn records(&self, kind: EntryKind) -> Vec<Value> {
        let parts = self.parts(kind);
        let records = parts.iter();
        records
            .map(|bytes| serde_json::from_slice(bytes).unwrap())
            .collect()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

fn cheap(pin: &Secret<String>) -> NewPin<'_> {
    NewPin {
        pin,
        cost: PinCost::dangerous_for_test(),
    }
}

fn caller(till: &str) -> Caller {
    Caller {
        client: "counter".to_owned(),
        till: till.parse().unwrap(),
    }
}

fn member(staff: &str, duties: &[Duty]) -> Member {
    Member {
        staff: staff.parse().unwrap(),
        name: NAME.to_owned(),
        duties: duties.iter().copied().collect(),
        qualification: Some(Qualification {
            title: Title::LicensedPharmacist,
            certificate: "ZY-4403-001".to_owned(),
            locality: "440305".parse().unwrap(),
        }),
        contract: Contract {
            from: date(2025, 1, 1),
            until: date(2026, 12, 31),
        },
        retired: None,
    }
}

#[test]
fn the_right_pin_begins_a_shift_and_a_restart_keeps_it() {
    let mut shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier, Duty::InCharge]));
    assert_eq!(shop.on_duty(), Vec::<String>::new());
    let done = shop.sign_in("S01", RIGHT).unwrap();
    assert_eq!(done, Done::new("staff.signed-in"));
    shop.restart();
    assert_eq!(shop.on_duty(), ["S01"]);
    assert_eq!(shop.signed_in().as_deref(), Some("S01"));
    shop.sign_out("S01").unwrap();
    assert_eq!(shop.on_duty(), Vec::<String>::new());
    assert_eq!(shop.sign_out("S01").unwrap_err().code(), "staff.off-duty");
    assert_eq!(shop.records(EntryKind::Shift).len(), 2);
}

// R42: who did it is proved by the key that the log's own entry names, and by no other.
#[test]
fn a_signature_is_verified_with_the_registered_key_and_with_nothing_else() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    shop.add(member("S02", &[Duty::Cashier]));
    shop.sign_in("S01", RIGHT).unwrap();
    let keys: Vec<StaffKey> = shop
        .records(EntryKind::Staff)
        .iter()
        .map(|record| record["key"].as_str().unwrap().parse().unwrap())
        .collect();
    let signed = SignedAct::parse(&shop.parts(EntryKind::Shift)[0]).unwrap();
    let verify = |staff: &str, key| signed.verify(&staff.parse().unwrap(), key);
    let act = verify("S01", &keys[0]).unwrap();
    assert_eq!(act.get().kind, ActKind::SignIn);
    assert_eq!(act.get().at, NOON_MS);
    let log = LogView::open(shop.folder()).unwrap();
    assert_eq!(act.get().log, *log.origin());
    assert!(verify("S01", &keys[1]).is_err());
    assert!(verify("S02", &keys[0]).is_err());
    assert!(verify("S02", &keys[1]).is_err());
}
