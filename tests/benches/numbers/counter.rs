//! The counter page over HTTP: what an answer takes besides the commit that it waits for.
//!
//! ```text
//! action   form ─► board ─► entry, durable ─► judged again ─► page      besides: less the bare commit
//! signed   form ─► try counted ─► argon2id ─► entry ─► forgiven ─► page
//! look     board or page, nothing recorded
//! ```
//! In scope: what the server takes. Out of scope: what the browser does with it (`counter_live.rs`).

use std::collections::BTreeSet;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use jiff::civil::date;
use pharmacy_desk::core::staff::{Contract, Duty, Member, Qualification, Title};
use pharmacy_desk::enrol::{self, NewPin, SealedKey};
use pharmacy_journal::PinCost;
use pharmacy_kit::http::{Client, Request};
use pharmacy_protocol::Secret;

use crate::Effort;
use crate::floor::{Commits, pages_of, settle};
use crate::goods::{Dice, Goods, Till, assessment};
use crate::measure::{Samples, Timing, stagger};
use crate::photo;
use crate::shop::{Running, Shop, folder};
use crate::slip;
use crate::table::{Row, Table, times};

/// The bar of the issue.
const BAR: Duration = Duration::from_millis(50);

/// Lines of the sale in front of the cashier.
const LINES: usize = 20;

/// How many work in the store.
const STAFF: usize = 12;

const PIN: &str = "270418";

/// Commits of a sign-in: the try, its forgiveness, the shift.
const SIGNED_COMMITS: usize = 3;

/// Actions by which pages are counted.
const FOR_PAGES: usize = 16;

pub fn run(table: &mut Table, (near, far): (&Shop, &Shop), goods: &Goods, effort: &Effort) {
    photo::run(table, effort);
    slip::run(table, (near, far), effort);
    enrol_staff(near);
    let mut till = Till::new(goods, 900);
    let (agent, _) = near.start(&till.basket(3));
    let mut bench = Bench {
        page: near.page(),
        shop: near,
        agent,
        till,
        turn: 0,
    };
    bench.sign_in();
    // Whatever opens sales comes first: the agent hangs up on a till that is idle for seconds.
    bench.look(table, effort);
    bench.show_photos(table, effort);
    bench.act(table, effort);
    bench.sign(table, effort);
}

/// A store's staff, with PINs at a shop's cost; the first of them is in charge and a pharmacist.
fn enrol_staff(shop: &Shop) {
    let mut journal = shop.journal();
    for number in 0..STAFF {
        let duties = match number {
            0 => vec![Duty::Cashier, Duty::InCharge, Duty::Pharmacist],
            1 | 2 => vec![Duty::InsuranceManager],
            _ => vec![Duty::Cashier],
        };
        let qualification = (number == 0).then(|| Qualification {
            title: Title::LicensedPharmacist,
            certificate: "ZZ00000001".to_owned(),
            locality: "440300".parse().unwrap(),
        });
        let member = Member {
            staff: staff(number).parse().unwrap(),
            name: "测某某".to_owned(),
            duties: duties.into_iter().collect::<BTreeSet<_>>(),
            qualification,
            contract: Contract {
                from: date(2020, 1, 1),
                until: date(2999, 12, 31),
            },
            retired: None,
        };
        let pin = &Secret::new(PIN.to_owned());
        let cost = PinCost::SHOP;
        let pin = NewPin { pin, cost };
        let key = SealedKey::mint(journal.keys(), &member.staff, &pin).unwrap();
        enrol::add(&mut journal, member, key, None).unwrap();
    }
}

fn staff(number: usize) -> String {
    format!("S{number:02}")
}

/// The page of a till, and the agent that serves it.
struct Bench<'a, 'g> {
    shop: &'a Shop,
    agent: Running,
    till: Till<'g>,
    page: Client,
    turn: usize,
}

impl Bench<'_, '_> {
    /// Puts a sale in front of the cashier; not measured.
    fn next_sale(&mut self) -> String {
        let sale = self.agent.open_sale();
        let body = assessment(&self.till.basket(LINES));
        self.agent.assess(&sale, &body, 0);
        sale
    }

    /// Sends any request of the page; the answer must be good.
    fn send(&mut self, request: &Request) -> usize {
        let answer = self.page.send(request).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.body.len()
    }

    fn sign_in(&mut self) -> usize {
        let form = format!("staff={}&pin={PIN}", staff(0));
        self.send(&post("sign-in", form))
    }

    fn look(&mut self, table: &mut Table, effort: &Effort) {
        self.next_sale();
        let paths = ["/counter/board", "/counter/", "/counter/icon.svg"];
        let [board, page, icon] = paths.map(|path| Request::new("GET", path));
        let [mut boards, mut pages, mut icons] = [(); 3].map(|()| Samples::default());
        let (mut parts, mut whole) = (0, 0);
        for _ in 0..effort.requests {
            parts = boards.time(|| self.send(&board));
            whole = pages.time(|| self.send(&page));
            icons.time(|| self.send(&icon));
        }
        let floor = icons.timing();
        for (what, samples) in [("board", boards), ("page", pages)] {
            let ours = samples.timing();
            table.add(
                Row::new(format!(
                    "counter {what}, {LINES} lines (floor: a file of the same server)"
                ))
                .measured(ours.text())
                .floor(floor.text())
                .ratio(times(ours.p50, floor.p50))
                .bar("≤ 50 ms", ours.p50 <= BAR),
            );
        }
        table.note(format!(
            "counter page: board {parts} bytes, page {whole} bytes, {STAFF} members of staff"
        ));
    }

    fn set_days(&mut self, sale: &str) -> usize {
        self.turn += 1;
        let days = 1 + self.turn % 7;
        self.send(&post("set-days", format!("sale={sale}&line=1&days={days}")))
    }

    fn act(&mut self, table: &mut Table, effort: &Effort) {
        let sale = self.next_sale();
        let database = self.shop.database();
        settle(&database, || {
            self.set_days(&sale);
        });
        let pages = pages_of(&database, FOR_PAGES, || {
            self.set_days(&sale);
        });
        let pages = pages.unwrap_or(12.0);
        let beside = folder(&self.shop.place());
        let mut floor = Commits::new(beside.path(), pages);
        let (mut ours, mut bare) = (Samples::default(), Samples::default());
        let mut dice = Dice::new(11);
        for _ in 0..effort.requests {
            stagger(&mut dice);
            ours.time(|| self.set_days(&sale));
            stagger(&mut dice);
            bare.time(|| floor.commit());
        }
        let what = format!("action at the counter, {LINES} lines");
        show(table, (&what, "bare commit"), (&ours, &bare));
        table.note(format!(
            "{what}: days of a line set, {pages:.1} pages a commit"
        ));
    }

    /// An action that somebody signs for: apart, since the derivation is slow on purpose.
    fn sign(&mut self, table: &mut Table, effort: &Effort) {
        let database = self.shop.database();
        let pages = pages_of(&database, FOR_PAGES, || {
            self.sign_in();
        });
        let pages = pages.unwrap_or(36.0) / SIGNED_COMMITS as f64;
        let beside = folder(&self.shop.place());
        let mut floor = Commits::new(beside.path(), pages);
        let [mut ours, mut bare, mut derived] = [(); 3].map(|()| Samples::default());
        let mut dice = Dice::new(12);
        for _ in 0..effort.photos {
            stagger(&mut dice);
            ours.time(|| self.sign_in());
            stagger(&mut dice);
            bare.time(|| {
                (0..SIGNED_COMMITS).for_each(|_| floor.commit());
                derived.time(derive);
            });
        }
        let what = "signed action at the counter";
        show(
            table,
            (what, "argon2id, three bare commits"),
            (&ours, &bare),
        );
        table.note(format!(
            "{what}: a sign-in; argon2id of 19 MiB and two passes alone {}; {pages:.1} pages a commit",
            derived.timing().text()
        ));
    }

    /// The whole way of a photo: form, check of its bytes, two entries, page.
    fn show_photos(&mut self, table: &mut Table, effort: &Effort) {
        let photo = photo::jpeg();
        let mut ours = Samples::default();
        for _ in 0..effort.photos {
            let sale = self.next_sale();
            let request = prescription(&sale, &photo);
            ours.time(|| self.send(&request));
        }
        let ours = ours.timing();
        table.add(
            Row::new("photo of 5 MB from the form to the page that shows it")
                .measured(ours.text())
                .bar("≤ 100 ms", ours.p50 <= photo::BAR),
        );
    }
}

/// A request and the least that it waits for: what is left is held to the bar.
fn show(table: &mut Table, (what, floor): (&str, &str), (ours, bare): (&Samples, &Samples)) {
    let (taken, bare) = (ours.timing(), bare.timing());
    let besides: Timing = ours.beyond(bare.p50).timing();
    table.add(
        Row::new(format!("{what} (floor: {floor})"))
            .measured(taken.text())
            .floor(bare.text())
            .ratio(times(taken.p50, bare.p50))
            .bar("≤ 50 ms besides", besides.p50 <= BAR),
    );
    table.note(format!("{what}: besides the floor {}", besides.text()));
}

fn post(form: &str, fields: String) -> Request {
    Request::new("POST", &format!("/counter/actions/{form}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(fields)
}

/// A prescription of one drug with its photo, as a browser sends the form.
fn prescription(sale: &str, photo: &[u8]) -> Request {
    const BOUNDARY: &str = "----counter-bench";
    let texts = [
        ("sale", sale),
        ("patient", "unknown"),
        ("drug", "阿莫西林胶囊"),
        ("quantity", "2"),
        ("days", "7"),
    ];
    let mut body = Vec::with_capacity(photo.len() + 2_048);
    for (name, value) in texts {
        body.extend(format!("--{BOUNDARY}\r\n").bytes());
        let head = format!("content-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(head.bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"image\"; filename=\"photo.jpg\"\r\n\
         content-type: image/jpeg\r\n\r\n"
    );
    body.extend(head.bytes());
    body.extend_from_slice(photo);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
    Request::new("POST", "/counter/prescriptions")
        .header(
            "content-type",
            &format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body)
}

/// What a shop's PIN costs, and nothing else.
fn derive() -> [u8; 32] {
    const MEMORY_KIB: u32 = 19 * 1024;
    let params = Params::new(MEMORY_KIB, 2, 1, Some(32)).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = [0; 32];
    argon2
        .hash_password_into(PIN.as_bytes(), &[7; 16], &mut key)
        .unwrap();
    key
}
