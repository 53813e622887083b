//! A desk by script, and the boards that it shows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use pharmacy_agent::counter::{Answering, Counter, TakenFile};
use pharmacy_decision::verdict::Text;
use pharmacy_desk::core::correction::Correction;
use pharmacy_desk::{
    Action, Board, BoardLine, BoardReason, BoardSale, Caller, Credentials, DeskError, Done,
    DoubtView, Figures, Found, Image, InboxFile, Light, ListItem, NoCodeItem, Place,
    PrescriptionItem, PurchaseList, Query, Remedy, Resolution, ScanKind, Scanned, ShownImage,
    StaffItem, StandingItem,
};
use pharmacy_protocol::term::{Fen, Quantity, SaleId};
use tokio::sync::watch;

/// What opens the page.
pub const SECRET: &str = "a-till-secret-of-the-test";

/// What a file of the scanner's folder begins with here.
pub const FROM_SCANNER: &str = "%PDF-";

/// A desk that shows what the test says and remembers what it was told.
pub struct ScriptedDesk {
    changes: watch::Sender<u64>,
    script: Mutex<Script>,
    /// Files of the scanner's folder that were removed.
    pub removed: Arc<Mutex<Vec<String>>>,
}

pub struct Script {
    pub board: Board,
    pub is_revoked: bool,
    pub is_busy: bool,
    answers: VecDeque<Scanned>,
    pub scans: Vec<String>,
    pub resolved: Vec<(SaleId, String, Resolution)>,
    pub acts: Vec<(Place, Action)>,
    pub done: VecDeque<Result<Done, DeskError>>,
    pub prescriptions: Vec<PrescriptionItem>,
    pub image: Option<ShownImage>,
    pub files: Vec<InboxFile>,
    pub lists: Vec<ListItem>,
    pub list: Option<PurchaseList>,
    pub figures: Figures,
    pub queries: Vec<Query>,
    pub found: Vec<Found>,
    pub staff: Vec<StaffItem>,
    pub standing: Vec<StandingItem>,
    pub no_code: Vec<NoCodeItem>,
    pub corrections: Vec<Correction>,
    pub sale_lines: Vec<BoardLine>,
    /// What an action changes, once.
    pub after_act: Option<fn(&mut Script)>,
}

impl ScriptedDesk {
    pub fn new(board: Board) -> Arc<Self> {
        let script = Script {
            board,
            is_revoked: false,
            is_busy: false,
            answers: VecDeque::new(),
            scans: Vec::new(),
            resolved: Vec::new(),
            acts: Vec::new(),
            done: VecDeque::new(),
            prescriptions: Vec::new(),
            image: None,
            files: Vec::new(),
            lists: Vec::new(),
            list: None,
            figures: Figures::default(),
            queries: Vec::new(),
            found: Vec::new(),
            staff: Vec::new(),
            standing: Vec::new(),
            no_code: Vec::new(),
            corrections: Vec::new(),
            sale_lines: Vec::new(),
            after_act: None,
        };
        Arc::new(Self {
            changes: watch::channel(0).0,
            script: Mutex::new(script),
            removed: Arc::default(),
        })
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// Changes the board and tells of it.
    pub fn show(&self, change: impl FnOnce(&mut Board)) {
        change(&mut self.script().board);
        self.changes.send_modify(|number| *number += 1);
    }

    pub fn will_answer(&self, answer: Scanned) {
        self.script().answers.push_back(answer);
    }
}

impl Counter for ScriptedDesk {
    fn authenticate(&self, token: String) -> Result<Option<Caller>, DeskError> {
        let is_good = token == SECRET && !self.script().is_revoked;
        Ok(is_good.then(|| Caller {
            client: "page".into(),
            till: "01".parse().unwrap(),
        }))
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn board(&self, caller: Caller) -> Answering<'_, Board> {
        assert_eq!(caller.till.to_string(), "01");
        let script = self.script();
        let board = match script.is_busy {
            true => Err(DeskError::Busy),
            false => Ok(script.board.clone()),
        };
        Box::pin(async { board })
    }

    fn take_scan(&self, _: Caller, scan: ScanKind) -> Answering<'_, Scanned> {
        let mut script = self.script();
        script.scans.push(match scan {
            ScanKind::Product(barcode) => barcode.into(),
            ScanKind::Trace(pack) => pack.code.into(),
            ScanKind::Unknown(unread) => String::from_utf8_lossy(unread.bytes()).into_owned(),
            other => format!("{other:?}"),
        });
        let answer = script.answers.pop_front().unwrap_or(Scanned::Waiting);
        Box::pin(async { Ok(answer) })
    }

    fn resolve(
        &self,
        _: Caller,
        (sale, msgid): (SaleId, String),
        resolution: Resolution,
        _: Option<Credentials>,
    ) -> Answering<'_, ()> {
        let mut script = self.script();
        let before = script.board.in_doubt.len();
        script
            .board
            .in_doubt
            .retain(|doubt| doubt.sale != sale || doubt.msgid != msgid);
        let is_known = script.board.in_doubt.len() < before;
        script.resolved.push((sale, msgid, resolution));
        Box::pin(async move {
            match is_known {
                true => Ok(()),
                false => Err(DeskError::UnknownSale),
            }
        })
    }

    fn act(&self, _: Caller, place: Place, action: Action) -> Answering<'_, Done> {
        let mut script = self.script();
        script.acts.push((place, action));
        let done = script
            .done
            .pop_front()
            .unwrap_or(Ok(Done::new("counter.resolved")));
        if let (Ok(_), Some(change)) = (&done, script.after_act.take()) {
            change(&mut script);
        }
        Box::pin(async { done })
    }

    fn prescriptions(&self) -> Answering<'_, Vec<PrescriptionItem>> {
        let items = self.script().prescriptions.clone();
        Box::pin(async { Ok(items) })
    }

    fn image(&self, _: Caller, _: u64, _: usize) -> Answering<'_, ShownImage> {
        let image = self.script().image.clone();
        Box::pin(async { image.ok_or(DeskError::UnknownSale) })
    }

    fn scans(&self) -> Answering<'_, Vec<InboxFile>> {
        let files = self.script().files.clone();
        Box::pin(async { Ok(files) })
    }

    fn take_file(&self, name: String) -> Answering<'_, TakenFile> {
        let is_there = self.script().files.iter().any(|file| file.name == name);
        let bytes = format!("{FROM_SCANNER}{name}").into_bytes().into();
        let removed = Arc::clone(&self.removed);
        Box::pin(async move {
            match is_there {
                true => Ok(TakenFile {
                    image: Image { bytes },
                    remove: Box::new(move || removed.lock().unwrap().push(name)),
                }),
                false => Err(DeskError::NoFile),
            }
        })
    }

    fn lists(&self) -> Answering<'_, Vec<ListItem>> {
        let items = self.script().lists.clone();
        Box::pin(async { Ok(items) })
    }

    fn list(&self, _: SaleId) -> Answering<'_, PurchaseList> {
        let list = self.script().list.clone();
        Box::pin(async { list.ok_or(DeskError::NoList) })
    }

    fn look(&self, _: Caller, _: Option<SaleId>) -> Answering<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn demand_signed_in(&self, _: Caller) -> Answering<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn list_page(&self, _: SaleId) -> Answering<'_, String> {
        let list = self.script().list.clone();
        Box::pin(async {
            list.map(|list| pharmacy_desk::list_page(&list, None))
                .ok_or(DeskError::NoList)
        })
    }

    fn figures(&self) -> Answering<'_, Figures> {
        let figures = self.script().figures.clone();
        Box::pin(async { Ok(figures) })
    }

    fn find(&self, _: Caller, query: Query) -> Answering<'_, Vec<Found>> {
        let mut script = self.script();
        script.queries.push(query);
        let found = script.found.clone();
        Box::pin(async { Ok(found) })
    }

    fn staff(&self) -> Answering<'_, Vec<StaffItem>> {
        let items = self.script().staff.clone();
        Box::pin(async { Ok(items) })
    }

    fn corrections(&self, _: SaleId) -> Answering<'_, Vec<Correction>> {
        let items = self.script().corrections.clone();
        Box::pin(async move { Ok(items) })
    }

    fn no_code(&self) -> Answering<'_, Vec<NoCodeItem>> {
        let items = self.script().no_code.clone();
        Box::pin(async move { Ok(items) })
    }

    fn standing(&self) -> Answering<'_, Vec<StandingItem>> {
        let items = self.script().standing.clone();
        Box::pin(async { Ok(items) })
    }

    fn sale_lines(&self, _: SaleId) -> Answering<'_, Vec<BoardLine>> {
        let lines = self.script().sale_lines.clone();
        Box::pin(async { Ok(lines) })
    }

    fn rule_words(&self, rule: &str) -> Option<Text> {
        (rule == "trace.missing").then(|| Text {
            zh: "本行…盒只扫到…个追溯码".into(),
            en: "… packs on this line and … trace codes".into(),
        })
    }
}

pub fn sale_id(counter: u64) -> SaleId {
    format!("0123456789abcdef-{counter}").parse().unwrap()
}

pub fn idle() -> Board {
    Board {
        till: "01".into(),
        light: Light::Idle,
        sale: None,
        waiting_scans: 0,
        in_doubt: Vec::new(),
        scan_problem: None,
        told: None,
        alarms: Vec::new(),
        shut: None,
        signed_in: None,
        on_duty: Vec::new(),
        reviews: 0,
        unsigned: 0,
        queue: Vec::new(),
    }
}

pub fn line(number: u32, name: &str, light: Light, packs: usize, needed: u32) -> BoardLine {
    BoardLine {
        number,
        name: name.into(),
        quantity: Quantity::whole(needed),
        light,
        packs,
        packs_needed: Some(needed),
        labels: Vec::new(),
    }
}

/// A sale in which nothing is in the way.
pub fn green() -> Board {
    let sale = BoardSale {
        sale: sale_id(1),
        holder: Some("测** 1***************2X".into()),
        patient: None,
        buyer: None,
        prescriptions: Vec::new(),
        lines: vec![
            line(1, "板蓝根颗粒 10g×20袋", Light::Green, 2, 2),
            line(2, "阿莫西林胶囊 0.25g×24粒", Light::Green, 1, 1),
        ],
        reasons: Vec::new(),
        total: Fen::new(5770),
        is_closable: true,
        lapses_s: 0,
    };
    Board {
        light: Light::Green,
        sale: Some(sale),
        ..idle()
    }
}

/// The same, refused for a pack that was not scanned, with a question besides.
pub fn red() -> Board {
    let mut board = green();
    board.light = Light::Red;
    let sale = board.sale.as_mut().unwrap();
    sale.lapses_s = 600;
    sale.lines[0] = line(1, "板蓝根颗粒 10g×20袋", Light::Red, 1, 2);
    sale.lines[1].light = Light::Amber;
    sale.reasons = vec![
        BoardReason {
            rule: "trace.missing".into(),
            line: Some(1),
            light: Light::Red,
            message: "本行 2 盒只扫到 1 个追溯码".into(),
            remedy: "请扫另一盒上的药品追溯码".into(),
            message_en: "2 packs on this line and 1 trace code".into(),
            remedy_en: "scan the trace code on the other pack".into(),
            remedies: vec![Remedy::Scan],
        },
        BoardReason {
            rule: "prescription.required".into(),
            line: Some(2),
            light: Light::Amber,
            message: "处方药没有处方".into(),
            remedy: "请在收银软件登记处方".into(),
            message_en: "a prescription drug without a prescription".into(),
            remedy_en: "enter the prescription at the till".into(),
            remedies: vec![Remedy::Prescription],
        },
    ];
    board
}

pub fn doubt(counter: u64) -> DoubtView {
    DoubtView {
        sale: sale_id(counter),
        msgid: format!("P1234567890120260721101500{counter:04}"),
        direction: "settlement".into(),
        till: "01".into(),
        since_ms: 1_784_600_100_000,
        holder: Some("测** 1***************2X".into()),
        total: Fen::new(5770),
    }
}

pub fn in_doubt() -> Board {
    Board {
        in_doubt: vec![doubt(7), doubt(8)],
        ..idle()
    }
}
