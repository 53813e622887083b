//! The staff over a real log: PINs, locks, shifts and signatures, without sockets. The clock stands
//! still until a test moves it; keys are derived at a cost that protects nothing.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use pharmacy_base::clock::{Clock, TestClock};
use pharmacy_base::worker::SystemWorkers;
use pharmacy_decision::pack::Pack;
use pharmacy_desk::core::staff::{Contract, Duty, Member, Qualification, Title};
use pharmacy_desk::enrol::{self, NewPin, SealedKey, Vouching};
use pharmacy_desk::setup::TraceConfig;
use pharmacy_desk::{
    Board, Caller, Credentials, Desk, DeskError, DeskHandle, DeskThread, Done, Place, Setup,
    SignedBy, Signer,
};
use pharmacy_journal::{Identity, Journal, LogView, PinCost};
use pharmacy_protocol::Secret;
use pharmacy_protocol::act::{ActKind, SignedAct, StaffKey};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::staff::StaffChangeKind;
use pharmacy_protocol::term::{EntryIndex, StaffId};
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
    desk: Option<(DeskHandle, DeskThread)>,
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
            configured: pharmacy_desk::setup::Configured::default(),
            data_dir: folder.path().to_path_buf(),
            store: toml::from_str(store).unwrap(),
            till: toml::from_str("number = \"01\"\nenrolled = [\"02\"]\n").unwrap(),
            trace: TraceConfig::default(),
            early: pharmacy_desk::setup::Early::Warn,
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
        let journal = Journal::open(self.folder(), clock.clone()).unwrap();
        let desk = Desk::new(journal, pack(), clock, self.setup.clone()).unwrap();
        self.desk = Some(DeskHandle::start(desk, &SystemWorkers).unwrap());
    }

    fn stop(&mut self) {
        if let Some((handle, thread)) = self.desk.take() {
            drop(handle);
            drop(thread.join().unwrap());
        }
    }

    /// The log as a command beside the running desk reads it.
    fn log(&self) -> LogView {
        LogView::open(self.folder()).unwrap()
    }

    /// Records something as a command has it recorded by the running desk.
    fn at_desk<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Journal) -> T + Send + 'static,
    ) -> T {
        let lent = self.handle().lend_journal(job);
        self.runtime.block_on(lent).unwrap()
    }

    fn mint(&self, staff: &StaffId, pin: &Secret<String>) -> SealedKey {
        SealedKey::mint(self.log().keys(), staff, &cheap(pin)).unwrap()
    }

    fn retire(&self, staff: &StaffId, day: Date) {
        let staff = staff.clone();
        self.at_desk(move |journal| enrol::retire(journal, &staff, day, None))
            .unwrap();
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn handle(&self) -> &DeskHandle {
        &self.desk.as_ref().unwrap().0
    }

    fn add(&self, member: Member) {
        let pin = Secret::new(RIGHT.to_owned());
        let key = self.mint(&member.staff, &pin);
        self.at_desk(|journal| enrol::add(journal, member, key, None))
            .unwrap();
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
        let log = self.log();
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

fn pack() -> Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    let pack = PACK.get_or_init(|| Arc::new(pharmacy_desk::pack::shipped().unwrap()));
    Arc::clone(pack)
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

// R07: nobody is turned away for good; the lock outlasts a restart, and a right PIN forgives.
#[test]
fn wrong_pins_lock_for_a_while_over_a_restart_and_a_right_one_forgives() {
    let mut shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    for _ in 0..2 {
        assert_eq!(shop.refused("S01", WRONG), "staff.pin-wrong");
    }
    assert!(
        shop.records(EntryKind::Finding).is_empty(),
        "everybody mistypes"
    );
    assert_eq!(shop.refused("S01", WRONG), "staff.pin-wrong");
    shop.restart();
    assert_eq!(shop.refused("S01", RIGHT), "staff.locked");
    shop.clock.advance(30 * SECOND_MS - 1);
    assert_eq!(shop.refused("S01", RIGHT), "staff.locked");
    shop.clock.advance(1);
    // Another wrong one locks twice as long.
    assert_eq!(shop.refused("S01", WRONG), "staff.pin-wrong");
    shop.clock.advance(MINUTE_MS - 1);
    assert_eq!(shop.refused("S01", RIGHT), "staff.locked");
    shop.clock.advance(1);
    shop.sign_in("S01", RIGHT).unwrap();
    for _ in 0..2 {
        assert_eq!(shop.refused("S01", WRONG), "staff.pin-wrong");
    }
    shop.sign_in("S01", RIGHT).unwrap();

    let findings = shop.records(EntryKind::Finding);
    let told: Vec<_> = findings
        .iter()
        .map(|finding| (&finding["finding"], &finding["staff"], &finding["wrong"]))
        .map(|(finding, staff, wrong)| (finding.as_str(), staff.as_str(), wrong.as_u64()))
        .collect();
    let expected = |wrong| (Some("staff.pin-wrong"), Some("S01"), Some(wrong));
    assert_eq!(told, [expected(3), expected(4)]);
}

/// A till that hangs up before the answer has still tried.
#[test]
fn a_try_counts_although_nobody_waits_for_its_answer() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    for _ in 0..3 {
        let by = Credentials {
            staff: "S01".parse().unwrap(),
            pin: Secret::new(WRONG.to_owned()),
        };
        let mut trying = Box::pin(shop.handle().sign_in(caller("01"), Place::Till, by));
        for _ in 0..2 {
            // On its way to the desk, then on its way to the derivation, and no further.
            shop.runtime.block_on(std::future::poll_fn(|context| {
                let _ = trying.as_mut().poll(context);
                std::task::Poll::Ready(())
            }));
            // The desk has taken up whatever came before this board.
            let _ = shop.board();
        }
    }
    assert_eq!(shop.refused("S01", RIGHT), "staff.locked");
    let deadline = Instant::now() + Duration::from_secs(60);
    while shop.records(EntryKind::Finding).is_empty() {
        assert!(Instant::now() < deadline, "nobody heard of the wrong pin");
    }
}

#[test]
fn whoever_does_not_work_here_today_cannot_sign_even_with_the_right_pin() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    shop.sign_in("S01", RIGHT).unwrap();
    let day = date(2025, 11, 22);
    shop.retire(&"S01".parse().unwrap(), day);
    assert_eq!(shop.on_duty(), Vec::<String>::new(), "retired on duty");
    assert_eq!(shop.refused("S01", RIGHT), "staff.retired");

    let mut late = member("S02", &[Duty::Cashier]);
    late.contract.until = date(2025, 11, 21);
    shop.add(late);
    let mut early = member("S03", &[Duty::Cashier]);
    early.contract.from = date(2025, 11, 23);
    shop.add(early);
    for staff in ["S02", "S03"] {
        assert_eq!(shop.refused(staff, RIGHT), "staff.contract");
    }
    assert_eq!(shop.refused("S04", RIGHT), "staff.unknown");
    shop.clock.advance(12 * HOUR_MS);
    shop.sign_in("S03", RIGHT).unwrap();
}

#[test]
fn a_shift_ends_by_itself_and_its_end_is_recorded() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier, Duty::InCharge]));
    shop.sign_in("S01", RIGHT).unwrap();
    shop.clock.advance(16 * HOUR_MS - 1);
    assert_eq!(shop.on_duty(), ["S01"]);
    shop.clock.advance(1);
    assert_eq!(shop.on_duty(), Vec::<String>::new());
    shop.runtime
        .block_on(shop.handle().record_liveness())
        .unwrap();
    let shifts = shop.records(EntryKind::Shift);
    assert_eq!(shifts.len(), 2);
    assert_eq!(shifts[1]["how"], "lapsed");
    shop.runtime
        .block_on(shop.handle().record_liveness())
        .unwrap();
    assert_eq!(shop.records(EntryKind::Shift).len(), 2, "told once");
}

#[test]
fn one_at_a_till_at_a_time_and_the_other_stays_on_duty() {
    let shop = Shop::new();
    for staff in ["S01", "S02"] {
        shop.add(member(staff, &[Duty::Cashier]));
        shop.sign_in(staff, RIGHT).unwrap();
    }
    assert_eq!(shop.signed_in().as_deref(), Some("S02"));
    assert_eq!(shop.on_duty(), ["S01", "S02"]);
    shop.sign_in_at(("02", Place::Till), "S02", RIGHT).unwrap();
    assert_eq!(shop.signed_in(), None);
    shop.sign_in("S01", RIGHT).unwrap();
    assert_eq!(shop.signed_in().as_deref(), Some("S01"));
}

#[test]
fn from_elsewhere_only_a_remote_pharmacist_is_on_duty() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Pharmacist, Duty::InCharge]));
    shop.add(member("S02", &[Duty::RemotePharmacist]));
    let remote = ("01", Place::Remote);
    let refused = shop.sign_in_at(remote, "S01", RIGHT).unwrap_err();
    assert_eq!(refused.code(), "staff.duty");
    shop.sign_in_at(remote, "S02", RIGHT).unwrap();
    let board = shop.board();
    assert_eq!(board.on_duty.len(), 1);
    assert!(board.on_duty[0].is_pharmacist && !board.on_duty[0].is_in_charge);
    assert_eq!(board.on_duty[0].till, None);
    assert_eq!(board.signed_in, None);
}

// R44: names and PINs stay out of errors, logs and what is printed of values.
#[test]
fn neither_pin_nor_name_is_in_any_error_or_debug_output_or_entry() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    let mut said = String::new();
    for pin in [WRONG, WRONG, WRONG, RIGHT] {
        let error = shop.sign_in("S01", pin).unwrap_err();
        said += &format!("{error:?} {}", pharmacy_base::text::chain(&error));
    }
    let by = Credentials {
        staff: "S01".parse().unwrap(),
        pin: Secret::new(RIGHT.to_owned()),
    };
    said += &format!("{by:?} {:?}", cheap(&by.pin));
    let log = shop.log();
    let registered = enrol::registered(&log).unwrap();
    said += &format!("{registered:?}");
    for index in (0..log.size().unwrap()).map(EntryIndex::new) {
        said += &String::from_utf8(log.entry_bytes(index).unwrap()).unwrap();
    }
    let stored = std::fs::read(shop.folder().join("journal/log.db")).unwrap();
    let wal = std::fs::read(shop.folder().join("journal/log.db-wal")).unwrap();
    let on_disk = [stored, wal].concat();
    for secret in [RIGHT, WRONG, NAME, "ZY-4403-001"] {
        assert!(!said.contains(secret), "`{secret}` in {said}");
        let mut windows = on_disk.windows(secret.len());
        assert!(
            !windows.any(|window| window == secret.as_bytes()),
            "{secret}"
        );
    }
}

#[test]
fn a_changed_pin_keeps_the_key_and_a_forgotten_one_makes_a_new_one() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    let staff: StaffId = "S01".parse().unwrap();
    let (right, new, third) = (
        Secret::new(RIGHT.to_owned()),
        Secret::new("918273".to_owned()),
        Secret::new("564738".to_owned()),
    );
    let (log, now_ms) = (shop.log(), shop.clock.now_ms());
    let reseal = |old: &Secret<String>, new: &Secret<String>| {
        let of = staff.clone();
        let seed = shop.at_desk(move |journal| enrol::count_try(journal, &of, now_ms));
        SealedKey::reseal(log.keys(), &staff, &seed?, old, &cheap(new))
    };
    assert_eq!(reseal(&new, &third).unwrap(), None, "a wrong pin");
    let trivial = Secret::new("123456".to_owned());
    assert_eq!(
        reseal(&right, &trivial).unwrap_err().code(),
        "staff.pin-trivial"
    );
    let resealed = reseal(&right, &new).unwrap().unwrap();
    let change = |key: SealedKey| {
        let staff = staff.clone();
        shop.at_desk(move |journal| enrol::change_pin(journal, &staff, key))
    };
    let another = shop.mint(&staff, &new);
    assert_eq!(change(another).unwrap_err().code(), "store.row-damaged");
    change(resealed).unwrap();
    assert_eq!(shop.refused("S01", RIGHT), "staff.pin-wrong");
    shop.sign_in("S01", "918273").unwrap();
    let (of, key) = (staff.clone(), shop.mint(&staff, &third));
    shop.at_desk(move |journal| enrol::renew_key(journal, &of, key, None))
        .unwrap();
    assert_eq!(shop.refused("S01", "918273"), "staff.pin-wrong");
    shop.sign_in("S01", "564738").unwrap();
    let records = shop.records(EntryKind::Staff);
    let keys: Vec<_> = records.iter().map(|record| &record["key"]).collect();
    assert_eq!(records.len(), 3);
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[1], keys[2]);
    // Each shift is signed with the key of its time.
    let shifts = shop.parts(EntryKind::Shift);
    for (part, key) in shifts.iter().zip([keys[1], keys[2]]) {
        let key: StaffKey = key.as_str().unwrap().parse().unwrap();
        let signed = SignedAct::parse(part).unwrap();
        let _ = signed.verify(&staff, &key).unwrap();
    }
}

#[test]
fn nobody_is_registered_twice_under_one_id() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    let pin = Secret::new("918273".to_owned());
    let again = member("S01", &[Duty::InCharge]);
    let key = shop.mint(&again.staff, &pin);
    let again = shop.at_desk(|journal| enrol::add(journal, again, key, None));
    assert_eq!(again.unwrap_err().code(), "staff.exists");
    shop.sign_in("S01", RIGHT).unwrap();
    assert_eq!(
        shop.records(EntryKind::Staff).len(),
        1,
        "nothing was recorded"
    );
}

/// A change of the register, and who answers for it with which PIN.
fn vouch(shop: &Shop, change: (StaffChangeKind, &SealedKey), by: &str, pin: &str) -> SignedBy {
    let (by, pin): (StaffId, _) = (by.parse().unwrap(), Secret::new(pin.to_owned()));
    let (log, now_ms) = (shop.log(), shop.clock.now_ms());
    let of = by.clone();
    let seed = shop.at_desk(move |journal| enrol::count_try(journal, &of, now_ms));
    let vouching = Vouching {
        change: change.0,
        staff: &"S02".parse().unwrap(),
        key: &change.1.key,
    };
    let signer = Signer::open(&log, &by, &pin, &seed.unwrap()).unwrap();
    vouching.sign(&signer.unwrap(), now_ms).unwrap()
}

#[test]
fn somebody_else_in_charge_answers_for_a_forgotten_pin_and_its_owner_is_told() {
    let shop = Shop::new();
    shop.add(member("S02", &[Duty::Cashier]));
    let (staff, new): (StaffId, _) = ("S02".parse().unwrap(), Secret::new("918273".to_owned()));
    let renew = |key: SealedKey, vouched: Option<SignedBy>| {
        let of = staff.clone();
        shop.at_desk(move |journal| enrol::renew_key(journal, &of, key, vouched))
    };
    // Nobody is in charge yet: nobody can answer for it.
    renew(shop.mint(&staff, &new), None).unwrap();
    let told = shop.sign_in("S02", "918273").unwrap();
    assert_eq!(told.code, "staff.signed-in-renewed");
    assert_eq!(
        shop.sign_in("S02", "918273").unwrap().code,
        "staff.signed-in"
    );
    shop.add(member("S01", &[Duty::InCharge]));
    shop.add(member("S03", &[Duty::Cashier]));
    let key = shop.mint(&staff, &new);
    let kind = StaffChangeKind::KeyRenewed;
    let unvouched = |vouched| renew(key.clone(), vouched).unwrap_err().code();
    assert_eq!(unvouched(None), "staff.unvouched");
    // Not in charge, another change, another key: no word for this one.
    let other_key = shop.mint(&staff, &new);
    for (change, by, pin, code) in [
        ((kind, &key), "S03", RIGHT, "staff.unvouched"),
        (
            (StaffChangeKind::Added, &key),
            "S01",
            RIGHT,
            "staff.other-act",
        ),
        ((kind, &other_key), "S01", RIGHT, "staff.other-act"),
        ((kind, &key), "S02", "918273", "staff.unvouched"),
    ] {
        let signed = vouch(&shop, change, by, pin);
        assert_eq!(unvouched(Some(signed)), code);
    }
    let late = vouch(&shop, (kind, &key), "S01", RIGHT);
    shop.clock.advance(11 * MINUTE_MS);
    assert_eq!(unvouched(Some(late)), "staff.other-act");
    let signed = vouch(&shop, (kind, &key), "S01", RIGHT);
    renew(key.clone(), Some(signed)).unwrap();
    let record = shop.records(EntryKind::Staff).pop().unwrap();
    assert_eq!(record["change"], "key-renewed");
    assert!(record["vouched"]["act"].as_str().unwrap().contains("vouch"));
    assert_eq!(
        shop.sign_in("S02", "918273").unwrap().code,
        "staff.signed-in-renewed"
    );
    // The tries of whoever answered rightly are forgiven.
    for _ in 0..4 {
        let signed = vouch(&shop, (kind, &key), "S01", RIGHT);
        renew(key.clone(), Some(signed)).unwrap();
    }
}

#[test]
fn nobody_comes_to_be_in_charge_unless_somebody_in_charge_answers_for_it() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::InCharge]));
    let pin = Secret::new(RIGHT.to_owned());
    let key = shop.mint(&"S02".parse().unwrap(), &pin);
    let enter = |vouched| {
        let (member, key) = (member("S02", &[Duty::InCharge]), key.clone());
        shop.at_desk(move |journal| enrol::add(journal, member, key, vouched))
    };
    assert_eq!(enter(None).unwrap_err().code(), "staff.unvouched");
    // First as a cashier, then promoted: the same question.
    let cashier = member("S02", &[Duty::Cashier]);
    let (of, plain) = ("S02".parse::<StaffId>().unwrap(), key.clone());
    shop.at_desk(move |journal| enrol::add(journal, cashier, plain, None))
        .unwrap();
    let promote = |vouched| {
        let of = of.clone();
        let promote = |member: &mut Member| {
            member.duties.insert(Duty::InCharge);
        };
        shop.at_desk(move |journal| enrol::amend(journal, &of, promote, vouched))
    };
    assert_eq!(promote(None).unwrap_err().code(), "staff.unvouched");
    let signed = vouch(&shop, (StaffChangeKind::Amended, &key), "S01", RIGHT);
    promote(Some(signed)).unwrap();
    // Everything else of somebody in charge is changed as before.
    let of = of.clone();
    let rename = |member: &mut Member| member.name = "李".to_owned();
    shop.at_desk(move |journal| enrol::amend(journal, &of, rename, None))
        .unwrap();
}

/// What somebody in charge signs about a change of somebody.
fn word(shop: &Shop, by: &str, about: &str) -> SignedBy {
    let (log, pin) = (shop.log(), Secret::new(RIGHT.to_owned()));
    let known = enrol::registered(&log).unwrap();
    let find = |id: &str| known.iter().find(|one| one.member.staff.as_str() == id);
    let (by, about) = (find(by).unwrap(), find(about).unwrap());
    let signer = Signer::open(&log, &by.member.staff, &pin, &by.sealed_key).unwrap();
    let vouching = Vouching {
        change: StaffChangeKind::Amended,
        staff: &about.member.staff,
        key: &about.key,
    };
    vouching
        .sign(&signer.unwrap(), shop.clock.now_ms())
        .unwrap()
}

// Else whoever sits at the machine takes the others out, and is the first one again.
#[test]
fn nobody_ceases_to_be_in_charge_unless_somebody_in_charge_answers_or_a_week_passes() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::InCharge]));
    shop.add(member("S02", &[Duty::Cashier]));
    let amend = |vouched: Option<SignedBy>, change: fn(&mut Member)| {
        let staff: StaffId = "S02".parse().unwrap();
        shop.at_desk(move |journal| enrol::amend(journal, &staff, change, vouched))
            .map_err(|error| error.code())
    };
    let promote: fn(&mut Member) = |member| member.duties = [Duty::InCharge].into();
    amend(Some(word(&shop, "S01", "S02")), promote).unwrap();
    let changes: [fn(&mut Member); 4] = [
        |member| member.retired = Some(date(2025, 11, 22)),
        |member| member.retired = Some(date(2025, 11, 28)),
        |member| member.duties = [Duty::Cashier].into(),
        |member| member.contract.until = date(2025, 11, 27),
    ];
    for change in changes {
        assert_eq!(amend(None, change), Err("staff.unvouched"));
    }
    let other = word(&shop, "S01", "S01");
    assert_eq!(amend(Some(other), changes[0]), Err("staff.other-act"));
    assert_eq!(
        amend(None, |member| member.retired = Some(date(2020, 1, 1))),
        Err("staff.contract-order")
    );
    // A week before, or by themselves, or by the other one.
    amend(None, |member| member.retired = Some(date(2025, 11, 29))).unwrap();
    amend(Some(word(&shop, "S02", "S02")), changes[1]).unwrap();
    amend(Some(word(&shop, "S01", "S02")), changes[0]).unwrap();
}

#[test]
fn wrong_pins_at_the_reviewers_door_lock_nobody_out_of_the_till() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier, Duty::Pharmacist]));
    let store = ("01", Place::Store);
    for _ in 0..3 {
        let wrong = shop.sign_in_at(store, "S01", WRONG).unwrap_err();
        assert_eq!(wrong.code(), "staff.pin-wrong");
    }
    let locked = shop.sign_in_at(store, "S01", RIGHT).unwrap_err();
    assert_eq!(locked.code(), "staff.locked");
    shop.sign_in("S01", RIGHT).unwrap();
    // The right PIN at the till opens the till only.
    let locked = shop.sign_in_at(store, "S01", RIGHT).unwrap_err();
    assert_eq!(locked.code(), "staff.locked");
    // Nor does a clock that is set; time does.
    shop.clock.set(NOON_MS + 24 * 3600 * SECOND_MS);
    let locked = shop.sign_in_at(store, "S01", RIGHT).unwrap_err();
    assert_eq!(locked.code(), "staff.locked");
    shop.clock.advance(30 * SECOND_MS);
    shop.sign_in_at(store, "S01", RIGHT).unwrap();
}

#[test]
fn the_staff_page_shows_duties_contract_shift_and_lock() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier, Duty::InCharge]));
    shop.add(member("S02", &[Duty::Pharmacist]));
    shop.sign_in("S01", RIGHT).unwrap();
    for _ in 0..3 {
        let _ = shop.refused("S02", WRONG);
    }
    let items = shop.runtime.block_on(shop.handle().staff()).unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0].duties, ["cashier", "in-charge"]);
    assert_eq!(items[0].contract_until, Some(date(2026, 12, 31)));
    assert_eq!(items[0].on_duty_since_ms, Some(NOON_MS));
    assert_eq!(items[0].locked_until_ms, None);
    assert_eq!(items[1].on_duty_since_ms, None);
    assert_eq!(items[1].locked_until_ms, Some(NOON_MS + 30 * SECOND_MS));
}

// The desk keeps what it read of the register: not a moment longer than it is true.
#[test]
fn what_commands_beside_the_running_desk_change_counts_at_once() {
    let shop = Shop::new();
    shop.add(member("S01", &[Duty::Cashier]));
    shop.sign_in("S01", RIGHT).unwrap();
    let duty = |shop: &Shop| shop.board().on_duty.remove(0);
    assert!(!duty(&shop).is_in_charge);
    let staff: StaffId = "S01".parse().unwrap();
    let of = staff.clone();
    shop.at_desk(move |journal| {
        let promote = |member: &mut Member| {
            member.duties.insert(Duty::InCharge);
        };
        enrol::amend(journal, &of, promote, None)
    })
    .unwrap();
    assert!(duty(&shop).is_in_charge);
    // A wrong PIN is no event of its own: the row's entry stays, and the row changes all the same.
    for _ in 0..3 {
        let _ = shop.refused("S01", WRONG);
    }
    let items = shop.runtime.block_on(shop.handle().staff()).unwrap();
    assert_eq!(items[0].locked_until_ms, Some(NOON_MS + 30 * SECOND_MS));
    shop.add(member("S02", &[Duty::Cashier]));
    let word = word(&shop, "S01", "S01");
    shop.at_desk(move |journal| enrol::retire(journal, &staff, date(2025, 11, 22), Some(word)))
        .unwrap();
    assert_eq!(shop.on_duty(), Vec::<String>::new());
    let items = shop.runtime.block_on(shop.handle().staff()).unwrap();
    assert_eq!(items.len(), 1);
}
