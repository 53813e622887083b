//! A shop whose desk is driven by hand: a folder, a clock, and the handle that the gateway has.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::civil::date;
use pharmacy_base::clock::TestClock;
use pharmacy_base::worker::SystemWorkers;
use pharmacy_catalogue::ImportOptions;
use pharmacy_decision::facts::Arrival;
use pharmacy_decision::pack::{Pack, PackSource, shipped_source};
use pharmacy_desk::core::staff::{Contract, Duty, Member, Qualification, Title};
use pharmacy_desk::enrol::{self, NewPin, SealedKey};
use pharmacy_desk::setup::{Early, StageConfig, StoreConfig, TillConfig, TraceConfig};
use pharmacy_desk::{
    Board, Caller, Concluded, Credentials, Departure, Desk, DeskError, DeskHandle, DeskThread,
    Fate, Gated, Opaque, OpaqueCall, PlatformAnswer, Recorded, ScanKind, Scanned, Setup, WireCall,
    Wrapping,
};
use pharmacy_journal::{DangerousHook, Identity, Journal, LogView, PinCost};
use pharmacy_protocol::act::StaffKey;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;
use pharmacy_protocol::{Secret, Unverified};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::message::{Manner, STORE};

/// Noon of 2025-11-22 at the store.
pub const NOON_MS: i64 = 1_763_784_000_000;

pub const MINUTE_MS: i64 = 60_000;

fn pack() -> Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    let pack = PACK.get_or_init(|| Arc::new(pharmacy_desk::pack::shipped().unwrap()));
    Arc::clone(pack)
}

/// The shipped pack with other words in its head.
pub fn shipped_but(from: &str, to: &str) -> Pack {
    let mut source = shipped_source().unwrap().get().clone();
    let head = source.files.get_mut("pack.toml").unwrap();
    let text = String::from_utf8(head.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    *head = text.replacen(from, to, 1).into_bytes();
    let digest = source.digest();
    let archive = Unverified::new(source.archive())
        .match_digest(&digest)
        .unwrap();
    Pack::compile(&archive.try_map(|bytes| PackSource::parse(&bytes)).unwrap()).unwrap()
}

/// A shop with an open desk.
pub struct Shop {
    desk: Option<(DeskHandle, DeskThread)>,
    runtime: Runtime,
    setup: Setup,
    pub clock: TestClock,
    pub manner: Manner,
    folder: TempDir,
    is_whole: bool,
    pack: Arc<Pack>,
}

/// Whatever a test did: every row beside the log follows from the log.
impl Drop for Shop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.stop();
        if !self.is_whole {
            return;
        }
        let log = LogView::open(self.folder.path()).unwrap();
        let compared = log.compare_rows(0, 1).unwrap();
        assert_eq!((compared.differences, compared.gap), (Vec::new(), None));
    }
}

/// What a till hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Answer(Vec<u8>),
    Passed,
    Silence,
}

impl Heard {
    pub fn json(&self) -> Value {
        match self {
            Self::Answer(body) => serde_json::from_slice(body).unwrap(),
            other => panic!("no answer: {other:?}"),
        }
    }

    /// `err_msg` of a refusal.
    #[track_caller]
    pub fn refusal(&self) -> String {
        let json = self.json();
        assert!(
            json["infcode"] == -1 || json["infcode"] == "-1",
            "no refusal: {json}"
        );
        json["err_msg"].as_str().unwrap().to_owned()
    }
}

/// Ways in which shops differ.
pub struct Options {
    pub manner: Manner,
    pub arrives: Option<Arrival>,
    /// The rule pack; the shipped one unless said.
    pub pack: Option<Pack>,
    pub stage: StageConfig,
    pub early: Early,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            manner: Manner::Guangdong,
            arrives: None,
            pack: None,
            stage: StageConfig::Operating,
            early: Early::Warn,
        }
    }
}

impl Shop {
    pub fn new() -> Self {
        Self::of(Options::default())
    }

    pub fn in_manner(manner: Manner) -> Self {
        Self::of(Options {
            manner,
            ..Options::default()
        })
    }

    /// One whose tills send trace codes after the settlement.
    pub fn with_codes_after() -> Self {
        Self::of(Options {
            arrives: Some(Arrival::After),
            ..Options::default()
        })
    }

    /// One whose calculations are refused for what its settlements would be.
    pub fn refusing_early() -> Self {
        Self::of(Options {
            early: Early::Refuse,
            ..Options::default()
        })
    }

    pub fn of(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::new(NOON_MS);
        let mut setup = Setup {
            rules: std::collections::BTreeMap::new(),
            configured: pharmacy_desk::setup::Configured::default(),
            data_dir: folder.path().to_path_buf(),
            store: store(options.manner),
            till: TillConfig {
                number: "01".parse().unwrap(),
                enrolled: vec!["02".parse().unwrap()],
            },
            trace: TraceConfig {
                arrives: options.arrives,
                ..TraceConfig::default()
            },
            early: options.early,
        };
        setup.store.stage = options.stage;
        let identity = Identity {
            region: setup.store.region.clone(),
            store: setup.store.code.clone(),
            till: "01".parse().unwrap(),
        };
        let at = Arc::new(clock.clone());
        let mut journal = Journal::create(folder.path(), &identity, None, at).unwrap();
        import(&mut journal, folder.path());
        let runtime = Builder::new_current_thread().build().unwrap();
        let mut shop = Self {
            desk: None,
            runtime,
            setup,
            clock,
            manner: options.manner,
            folder,
            is_whole: true,
            pack: options.pack.map_or_else(pack, Arc::new),
        };
        shop.open(journal);
        shop
    }

    /// A stopped shop over a copy of another's store.
    pub fn over(folder: TempDir, other: &Self) -> Self {
        let mut setup = other.setup.clone();
        setup.data_dir = folder.path().to_path_buf();
        Self {
            desk: None,
            runtime: Builder::new_current_thread().build().unwrap(),
            setup,
            clock: other.clock.clone(),
            manner: other.manner,
            folder,
            is_whole: true,
            pack: Arc::clone(&other.pack),
        }
    }

    /// Its rows need not follow from its log: somebody took parts of that away.
    pub fn leave_as_it_is(&mut self) {
        self.is_whole = false;
    }

    fn open(&mut self, journal: Journal) {
        let clock = Arc::new(self.clock.clone());
        let mut desk =
            Desk::new(journal, Arc::clone(&self.pack), clock, self.setup.clone()).unwrap();
        desk.record_start().unwrap();
        self.desk = Some(DeskHandle::start(desk, &SystemWorkers).unwrap());
    }

    /// Ends the desk without a word, as a crash does, and starts the next one on what is on disk.
    pub fn restart(&mut self) {
        self.stop();
        let clock = Arc::new(self.clock.clone());
        let journal = Journal::open(self.folder.path(), clock).unwrap();
        self.open(journal);
    }

    /// The same with other settings, as after somebody edited the file.
    pub fn restart_with(&mut self, change: impl FnOnce(&mut Setup)) {
        change(&mut self.setup);
        self.restart();
    }

    /// Lets every step of the journal fail from now on.
    pub fn break_disk(&mut self) {
        use pharmacy_journal::{Injection, Moment, Step};
        self.restart_with_disk(Box::new(|step, moment| match (step, moment) {
            (Step::Commit, Moment::Before) => Injection::Fail,
            _ => Injection::Pass,
        }));
    }

    /// Starts again on a disk that does as a test says.
    pub fn restart_with_disk(&mut self, disk: DangerousHook) {
        self.stop();
        let clock = Arc::new(self.clock.clone());
        let mut journal = Journal::open(self.folder.path(), clock.clone()).unwrap();
        journal.dangerous_fail_at(disk);
        let desk = Desk::new(journal, Arc::clone(&self.pack), clock, self.setup.clone()).unwrap();
        self.desk = Some(DeskHandle::start(desk, &SystemWorkers).unwrap());
    }

    pub fn stop(&mut self) {
        if let Some((handle, thread)) = self.desk.take() {
            drop(handle);
            drop(thread.join().unwrap());
        }
    }

    pub fn handle(&self) -> &DeskHandle {
        &self.desk.as_ref().unwrap().0
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn wire(&self, till: &str, infno: &str, body: &str) -> WireCall {
        WireCall {
            caller: caller(till),
            infno: infno.parse().unwrap(),
            body: body.as_bytes().into(),
            wrapping: Wrapping::new("/CSB", "application/json", ""),
            path: None,
            manner: pharmacy_interface::Manner::default(),
        }
    }

    /// Brings a call to the gate.
    pub fn try_gate(&self, till: &str, infno: &str, body: &str) -> Result<Gated, DeskError> {
        let call = self.wire(till, infno, body);
        self.wait(self.handle().gate(call))
    }

    /// Brings a call to the gate, and tells what leaves.
    #[track_caller]
    pub fn sent(&self, till: &str, infno: &str, body: &str) -> Recorded<Departure> {
        match self.try_gate(till, infno, body).unwrap() {
            Gated::Send(departure) => departure,
            Gated::Pass => panic!("{infno} passes unjudged"),
            Gated::Answer(answer) => panic!("{}", String::from_utf8_lossy(&answer.body)),
        }
    }

    /// Brings a call to the gate; it leaves, and nothing is heard of it yet.
    #[track_caller]
    pub fn leaves(&self, till: &str, infno: &str, body: &str) {
        drop(self.sent(till, infno, body));
    }

    /// Brings a call to the gate; nothing may leave.
    #[track_caller]
    pub fn held(&self, till: &str, infno: &str, body: &str) -> Heard {
        match self.try_gate(till, infno, body).unwrap() {
            Gated::Answer(answer) => Heard::Answer(answer.body),
            Gated::Pass => Heard::Passed,
            Gated::Send(_) => panic!("{infno} leaves"),
        }
    }

    #[track_caller]
    pub fn refused(&self, till: &str, infno: &str, body: &str) -> String {
        self.held(till, infno, body).refusal()
    }

    #[track_caller]
    pub fn passes(&self, till: &str, infno: &str, body: &str) {
        assert_eq!(self.held(till, infno, body), Heard::Passed, "{infno}");
    }

    pub fn conclude(&self, departure: Recorded<Departure>, fate: Fate) -> Heard {
        let came = match &fate {
            Fate::Answered(answer) => answer.body.clone(),
            Fate::InDoubt | Fate::NotSent => Vec::new(),
        };
        let concluded = self.wait(self.handle().conclude(departure, fate)).unwrap();
        match concluded {
            Concluded::AsItCame => Heard::Answer(came),
            Concluded::Instead(answer) => Heard::Answer(answer.body),
            Concluded::Nothing => Heard::Silence,
            Concluded::Warned(body) => Heard::Answer(body),
        }
    }

    pub fn answered(&self, departure: Recorded<Departure>, body: &str) -> Heard {
        self.conclude(departure, Fate::Answered(platform(200, body)))
    }

    /// Lets a call pass and be seen with its answer.
    pub fn observe(&self, till: &str, infno: &str, body: &str, answer: &str) {
        let call = self.wire(till, infno, body);
        let answer = Some(answer.as_bytes().to_vec());
        self.wait(self.handle().observe(call, answer)).unwrap();
        self.settle_down();
    }

    /// Lets a call pass of which no answer comes.
    pub fn observe_silence(&self, till: &str, infno: &str, body: &str) {
        let call = self.wire(till, infno, body);
        self.wait(self.handle().observe(call, None)).unwrap();
        self.settle_down();
    }

    fn opaque(&self, till: &str, path: &str, body: u8) -> OpaqueCall {
        OpaqueCall {
            caller: caller(till),
            wrapping: Wrapping::new(path, "application/json", ""),
            body: [body; 32],
        }
    }

    /// Brings a call without number to the gate that cannot be read.
    pub fn try_opaque(&self, till: &str, path: &str, body: u8) -> Opaque {
        let call = self.opaque(till, path, body);
        self.wait(self.handle().gate_opaque(call)).unwrap()
    }

    /// Lets such a call be seen with its answer.
    pub fn observe_opaque(&self, till: &str, (path, body): (&str, u8), answer: &str) {
        let call = self.opaque(till, path, body);
        let answer = Some(answer.as_bytes().to_vec());
        self.wait(self.handle().observe_opaque(call, answer))
            .unwrap();
        self.settle_down();
    }

    pub fn ungated(&self, infno: Option<&str>, answer: &str) {
        let infno = infno.map(|infno| infno.parse().unwrap());
        let answer = answer.as_bytes().to_vec();
        let reported = self.handle().report_ungated(caller("01"), infno, answer);
        self.wait(reported).unwrap();
        self.settle_down();
    }

    /// Waits until what was queued is done: a board is shown after it.
    fn settle_down(&self) {
        drop(self.wait(self.handle().board(caller("01"))));
    }

    /// Records something as a command has it recorded by the running desk.
    pub fn at_desk<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Journal) -> T + Send + 'static,
    ) -> T {
        self.wait(self.handle().lend_journal(job)).unwrap()
    }

    /// Registers a member of staff as a command does, and says their key.
    pub fn enrol(&self, staff: &str, duties: &[Duty], pin: &str) -> StaffKey {
        let member = Member {
            staff: staff.parse().unwrap(),
            name: "王小药".to_owned(),
            duties: duties.iter().copied().collect(),
            qualification: Some(Qualification {
                title: Title::LicensedPharmacist,
                certificate: "ZY-001".to_owned(),
                locality: self.setup.store.region.clone(),
            }),
            contract: Contract {
                from: date(2025, 1, 1),
                until: date(2026, 12, 31),
            },
            retired: None,
        };
        let pin = Secret::new(pin.to_owned());
        let cost = PinCost::dangerous_for_test();
        self.enter(member, &NewPin { pin: &pin, cost })
    }

    pub fn enter(&self, member: Member, pin: &NewPin<'_>) -> StaffKey {
        let log = LogView::open(self.folder()).unwrap();
        let key = SealedKey::mint(log.keys(), &member.staff, pin).unwrap();
        let public = key.key;
        self.at_desk(|journal| enrol::add(journal, member, key, None))
            .unwrap();
        public
    }

    pub fn board(&self, till: &str) -> Board {
        self.wait(self.handle().board(caller(till))).unwrap()
    }

    pub fn scan(&self, till: &str, text: &str) -> Scanned {
        let taken = self
            .handle()
            .take_scan(caller(till), ScanKind::of(text.as_bytes(), None));
        self.wait(taken).unwrap()
    }

    pub fn clock_ms(&self) -> i64 {
        use pharmacy_base::clock::Clock as _;
        self.clock.now_ms()
    }

    pub fn status(&self) -> Value {
        let reply = self.wait(self.handle().status("none", "none")).unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// What the clock would make the agent do meanwhile.
    pub fn tick(&self) {
        self.wait(self.handle().publish()).unwrap();
    }

    pub fn log(&self) -> LogView {
        self.settle_down();
        LogView::open(self.folder.path()).unwrap()
    }

    /// Parts of entries of one kind, oldest first.
    pub fn parts(&self, kind: EntryKind, class: PartClass) -> Vec<Value> {
        let log = self.log();
        let entries = (0..log.size().unwrap()).map(EntryIndex::new);
        let of_kind = entries.filter(|index| log.entry(*index).unwrap().kind == kind);
        of_kind
            .filter_map(|index| log.open_part(index, class).ok())
            .map(|bytes| serde_json::from_slice(&bytes).unwrap())
            .collect()
    }

    /// Codes of the findings, oldest first.
    pub fn findings(&self) -> Vec<String> {
        let findings = self.parts(EntryKind::Finding, PartClass::Answer);
        let code = |finding: &Value| finding["finding"].as_str().map(str::to_owned);
        findings.iter().filter_map(code).collect()
    }

    pub fn count(&self, finding: &str) -> usize {
        let findings = self.findings();
        findings.iter().filter(|code| *code == finding).count()
    }

    /// The facts of the newest verdict.
    pub fn facts(&self) -> Value {
        let mut facts = self.parts(EntryKind::Verdict, PartClass::Facts);
        facts.pop().unwrap()
    }
}

pub fn caller(till: &str) -> Caller {
    Caller {
        client: "till-program".to_owned(),
        till: till.parse().unwrap(),
    }
}

pub fn credentials(staff: &str, pin: &str) -> Credentials {
    Credentials {
        staff: staff.parse().unwrap(),
        pin: Secret::new(pin.to_owned()),
    }
}

pub fn platform(status: u16, body: &str) -> PlatformAnswer {
    PlatformAnswer {
        status,
        headers: vec![("Content-Type".to_owned(), b"application/json".to_vec())],
        body: body.as_bytes().to_vec(),
    }
}

fn store(manner: Manner) -> StoreConfig {
    let region = manner.area();
    toml::from_str(&format!(
        "code = \"{STORE}\"\nname = \"某某大药房\"\nregion = \"{region}\"\nstage = \"operating\"\n\
         [standing]\nagreement = \"in-force\"\nagreement-until = \"2099-12-31\"\n\
         licence-until = \"2099-12-31\"\nunfiled-change-days = 0\n\
         insurance-managers = 2\npharmacists = 1\n"
    ))
    .unwrap()
}

fn import(journal: &mut Journal, folder: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/catalogue/sample.csv");
    import_file(journal, folder, &sample);
}

pub fn import_file(journal: &mut Journal, folder: &Path, sample: &Path) {
    let options = ImportOptions::default();
    let built = pharmacy_catalogue::build(sample, &options, folder, &mut |_| {
        std::ops::ControlFlow::Continue(())
    });
    pharmacy_desk::activate_catalogue(journal, &built.unwrap()).unwrap();
}
