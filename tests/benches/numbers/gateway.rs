//! What the gateway adds to a call, beside what the same libraries and the same disk add for the
//! least that it must do.
//!
//! ```text
//! direct   till ─────────────────────────────────────► platform
//! ours     till ─► agent ────────────────────────────► platform    added: ours less direct
//! floor    till ─► bare hop, with bare commits if gated ► platform    added: floor less direct
//! ```
//! They take turns, one call each, on connections that the till keeps.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use pharmacy_kit::gateway_till::{
    Basket, CODE, GatewayTill, Line, benefits, output, settled, token,
};
use pharmacy_kit::http::Request;
use pharmacy_kit::platform::Manner;

use crate::Effort;
use crate::floor::{Floor, pages_of, settle};
use crate::goods::{Dice, Good, Goods, Item, Till, assessment};
use crate::measure::{Samples, Timing, busy, resident_kib, stagger};
use crate::platform;
use crate::shop::{self, Running, Shop, folder};
use crate::table::{Row, Table, short, times};

/// Settlements by which pages are counted.
const FOR_PAGES: usize = 16;

/// From how many drugs the baskets are drawn.
const VARIETY: usize = 400;

/// In how many rounds processor time is read: their median is not moved by one that was disturbed.
const ROUNDS: usize = 16;

/// Resident memory that DESIGN §8 allows, in KiB.
const MEMORY: u64 = 40 * 1024;

/// All rows of the gateway.
pub fn run(table: &mut Table, goods: &Goods, csv: &str, effort: &Effort) {
    let real = Behind::open(&std::env::temp_dir(), csv);
    real.gated(table, goods, Disk::Real, effort);
    if let Some(memory) = shop::memory() {
        Behind::open(memory, csv).gated(table, goods, Disk::Memory, effort);
    }
}

/// The rows of calls that are not gated.
pub fn ungated(table: &mut Table, goods: &Goods, csv: &str, effort: &Effort) {
    let behind = Behind::open(&std::env::temp_dir(), csv);
    let mut till = Till::new(goods, 700);
    let (agent, _) = behind.shop.start(&till.basket(3));
    behind.bench(&agent, till, Disk::Real).pass(table, effort);
}

/// The history of real settlements: what their entries say of rows, folded and compared.
pub fn history(table: &mut Table, goods: &Goods, csv: &str, effort: &Effort) {
    let place = shop::memory().map_or_else(std::env::temp_dir, Path::to_owned);
    let behind = Behind::open(&place, csv);
    {
        let mut till = Till::new(goods, 700);
        let (mut agent, _) = behind.shop.start(&till.basket(3));
        let passing = passing(&mut agent, &mut till);
        till.keep_to(passing);
        let mut bench = behind.bench(&agent, till, Disk::Memory);
        for sale in 0..effort.requests {
            let request = bench.prepare(1 + sale % 4);
            bench.settled(&request);
        }
    }
    crate::history::run(table, &behind.shop);
}

/// Where the log lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Disk {
    /// In memory: what is left is our own work, without the disk's.
    Memory,
    Real,
}

/// A shop whose gateway stands before a platform.
struct Behind {
    shop: Shop,
    platform: SocketAddr,
}

impl Behind {
    fn open(place: &Path, csv: &str) -> Self {
        let platform = platform::start();
        let (shop, _) = Shop::open_behind(place, csv, Some(platform));
        shop.lengthen(1_000);
        Self { shop, platform }
    }

    fn bench<'a, 'g>(&'a self, agent: &'a Running, goods: Till<'g>, disk: Disk) -> Bench<'a, 'g> {
        Bench {
            direct: GatewayTill::direct(Manner::Guangdong, self.platform).kept(),
            platform: self.platform,
            through: self.shop.till(),
            sales: 0,
            shop: &self.shop,
            agent,
            goods,
            disk,
        }
    }

    fn gated(&self, table: &mut Table, goods: &Goods, disk: Disk, effort: &Effort) {
        let mut till = Till::new(goods, 700);
        let (mut agent, _) = self.shop.start(&till.basket(3));
        let passing = passing(&mut agent, &mut till);
        till.keep_to(passing);
        let mut bench = self.bench(&agent, till, disk);
        for lines in [1, 20] {
            let found = bench.settle(lines, effort);
            found.show(table, lines, disk);
        }
        if disk == Disk::Real {
            bench.pass(table, effort);
            bench.memory(table, effort);
        }
    }
}

/// Drugs to which no rule objects when anybody buys them, found by asking.
fn passing<'g>(agent: &mut Running, till: &mut Till<'g>) -> Vec<&'g Good> {
    let mut passing = Vec::with_capacity(VARIETY);
    while passing.len() < VARIETY {
        let items = till.plain_basket(20);
        let sale = agent.open_sale();
        let verdict = agent.assess(&sale, &assessment(&items), 0);
        let named = ["reasons", "questions"].map(|kind| verdict[kind].as_array().unwrap());
        let objects = |number: usize| {
            let mut reasons = named.iter().copied().flatten();
            reasons.any(|reason| reason["line"] == number)
        };
        let plain = items.iter().zip(1..).filter(|(_, at)| !objects(*at));
        passing.extend(plain.map(|(item, _)| item.good));
    }
    passing
}

struct Bench<'a, 'g> {
    shop: &'a Shop,
    agent: &'a Running,
    platform: SocketAddr,
    /// The till at the platform itself.
    direct: GatewayTill,
    /// The till at the agent.
    through: GatewayTill,
    goods: Till<'g>,
    /// How many customers came.
    sales: usize,
    disk: Disk,
}

struct Found {
    ours: Samples,
    floor: Samples,
    direct: Samples,
    samples: usize,
    asked: usize,
    answered: usize,
    pages: f64,
    busy: Duration,
}

impl Bench<'_, '_> {
    /// A customer who was identified at this till, and the settlement of the basket; not measured.
    fn prepare(&mut self, lines: usize) -> Request {
        self.sales += 1;
        let psn_no = format!("PSN-{:06}", self.sales);
        self.through.identify(&psn_no);
        let items = self.goods.plain_basket(lines);
        let basket = basket(&psn_no, &format!("R{:08}", self.sales), &items);
        let input = self.through.settlement(&basket);
        self.through.request("2102", &input)
    }

    /// Sends through the agent; anything but a settlement ends the bench.
    fn settled(&mut self, request: &Request) -> usize {
        let answer = self.through.send(request);
        let output = output(&answer).unwrap_or_else(|| panic!("{}", answer.text()));
        settled(&output);
        answer.body.len()
    }

    fn wait(&self, dice: &mut Dice) {
        match self.disk {
            Disk::Real => stagger(dice),
            Disk::Memory => {}
        }
    }

    fn settle(&mut self, lines: usize, effort: &Effort) -> Found {
        let database = self.shop.database();
        let mut answered = 0;
        settle(&database, || {
            let request = self.prepare(lines);
            answered = self.settled(&request);
        });
        // All customers are identified first, and one settles after them, who waits for what 1101
        // taught the desk.
        let mut prepared: Vec<Request> = (0..=effort.requests + FOR_PAGES)
            .map(|_| self.prepare(lines))
            .collect();
        self.settled(&prepared.pop().unwrap());
        let (for_pages, prepared) = prepared.split_at(FOR_PAGES);
        let mut waiting = for_pages.iter();
        let pages = pages_of(&database, FOR_PAGES, || {
            answered = self.settled(waiting.next().unwrap());
        });
        let pages = pages.unwrap_or(40.0);
        let beside = folder(&self.shop.place());
        let floor = Floor::settle(self.platform, beside.path(), pages / 2.0);
        let mut bare = GatewayTill::direct(Manner::Guangdong, floor.address).kept();
        let mut found = Found {
            ours: Samples::default(),
            floor: Samples::default(),
            direct: Samples::default(),
            samples: prepared.len(),
            asked: prepared.last().unwrap().parts().3.len(),
            answered,
            pages,
            busy: Duration::ZERO,
        };
        let mut dice = Dice::new(5);
        let before = busy(self.agent.process()).unwrap_or_default();
        for request in prepared {
            self.wait(&mut dice);
            let answer = found.ours.time(|| self.through.send(request));
            assert!(output(&answer).is_some(), "{}", answer.text());
            self.wait(&mut dice);
            found.floor.time(|| bare.send(request));
            self.wait(&mut dice);
            found.direct.time(|| self.direct.send(request));
        }
        let after = busy(self.agent.process()).unwrap_or_default();
        found.busy = after.saturating_sub(before);
        found
    }

    /// A call that does not concern the agent.
    fn pass(&mut self, table: &mut Table, effort: &Effort) {
        let proxy = Floor::proxy(self.platform);
        let mut bare = GatewayTill::direct(Manner::Guangdong, proxy.address).kept();
        let input = lengthened(&benefits("PSN-000001"));
        let [mut ours, mut floor, mut direct] = [(); 3].map(|()| Samples::default());
        let [mut ours_busy, mut floor_busy] = [(); 2].map(|()| Samples::default());
        let time = |till: &mut GatewayTill, samples: &mut Samples| {
            let request = till.request("2001", &input);
            samples.time(|| till.send(&request)).body.len()
        };
        let mut answered = 0;
        let round = (effort.calls / ROUNDS).max(1);
        for _ in 0..ROUNDS {
            let busy = || [self.agent.process(), proxy.process()].map(busy);
            let before = busy();
            for _ in 0..round {
                answered = time(&mut self.through, &mut ours);
                time(&mut bare, &mut floor);
                time(&mut self.direct, &mut direct);
            }
            let after = busy();
            for (samples, (before, after)) in [&mut ours_busy, &mut floor_busy]
                .into_iter()
                .zip(before.into_iter().zip(after))
            {
                if let Some(spent) = after.zip(before) {
                    samples.push((spent.0 - spent.1) / u32::try_from(round).unwrap());
                }
            }
        }
        let asked = self.direct.request("2001", &input).parts().3.len();
        let anyway = direct.timing().p50;
        let (ours, floor) = (ours.beyond(anyway).timing(), floor.beyond(anyway).timing());
        let ratio = times(ours.p50, floor.p50);
        table.add(
            Row::new("gateway, ungated call, added (floor: bare hyper proxy)")
                .measured(ours.text())
                .floor(floor.text())
                .ratio(ratio)
                .bar("p50 added ≤ 1.5 × floor", ratio <= 1.5),
        );
        let (ours, floor) = (ours_busy.timing(), floor_busy.timing());
        let ratio = times(ours.p50, floor.p50);
        table.add(
            Row::new("gateway, ungated call, processor time (floor: bare hyper proxy)")
                .measured(short(ours.p50))
                .floor(short(floor.p50))
                .ratio(ratio)
                .bar("≤ 1.35 × floor", ratio <= 1.35),
        );
        table.note(format!(
            "gateway, ungated: {} samples each, request {asked} bytes, answer {answered} bytes; \
             without anything between: {}",
            round * ROUNDS,
            direct.timing().text()
        ));
    }

    fn memory(&mut self, table: &mut Table, effort: &Effort) {
        let Some((before, _)) = resident_kib(self.agent.process()) else {
            return;
        };
        let input = benefits("PSN-000001");
        for _ in 0..effort.relayed {
            self.through.call("2001", &input);
        }
        let Some((after, highest)) = resident_kib(self.agent.process()) else {
            return;
        };
        let mebibytes = |kib: u64| kib as f64 / 1024.0;
        table.add(
            Row::new(format!(
                "resident memory after {} relayed calls",
                effort.relayed
            ))
            .measured(format!(
                "{:.1} MB, at most {:.1} MB",
                mebibytes(after),
                mebibytes(highest)
            ))
            .floor(format!("{:.1} MB before", mebibytes(before)))
            .bar("≤ 40 MB", highest <= MEMORY),
        );
    }
}

impl Found {
    fn show(&self, table: &mut Table, lines: usize, disk: Disk) {
        let anyway = self.direct.timing();
        let added = |samples: &Samples| -> Timing { samples.beyond(anyway.p50).timing() };
        let (ours, floor) = (added(&self.ours), added(&self.floor));
        let ratio = times(ours.p50, floor.p50);
        let s = if lines == 1 { "" } else { "s" };
        let where_to = match disk {
            Disk::Memory => ", a sync is free",
            Disk::Real => "",
        };
        let what = format!("gateway, settlement of {lines} line{s}{where_to}");
        let row = Row::new(format!(
            "{what}, added (floor: bare hop + two bare commits)"
        ))
        .measured(ours.text())
        .floor(floor.text())
        .ratio(ratio);
        table.add(match disk {
            Disk::Memory => row,
            Disk::Real => row.bar("p50 added ≤ 1.3 × floor", ratio <= 1.3),
        });
        let each = self.busy / u32::try_from(self.samples).unwrap();
        table.note(format!(
            "{what}: {} samples each, request {} bytes, answer {} bytes, {:.1} pages in two commits \
             (floor: as many); added beyond the floor at p50: {}; agent's processor time each: {}; \
             without anything between: {}",
            self.samples,
            self.asked,
            self.answered,
            self.pages,
            short(ours.p50.saturating_sub(floor.p50)),
            short(each),
            anyway.text(),
        ));
    }
}

/// The same with a remark that makes a call of 2 kB.
fn lengthened(input: &str) -> String {
    let remark = "待遇".repeat(240);
    let data = format!("{{\"data\":{{\"expContent\":\"{remark}\",");
    input.replacen("{\"data\":{", &data, 1)
}

/// A basket as a till of the national interface tells it.
fn basket(psn_no: &str, receipt: &str, items: &[Item<'_>]) -> Basket {
    let yuan = |fen: usize| format!("{}.{:02}", fen / 100, fen % 100);
    let lines = items.iter().map(|item| Line {
        sku: item.good.sku.clone(),
        code: item.good.code.clone().unwrap(),
        price: yuan(PRICE),
        count: item.quantity.to_string(),
        amount: yuan(PRICE * item.quantity),
        packs: item.packs.clone(),
    });
    let sum = items.iter().map(|item| PRICE * item.quantity).sum();
    Basket {
        psn_no: psn_no.to_owned(),
        certificate: CODE,
        token: token(psn_no),
        total: yuan(sum),
        lines: lines.collect(),
        receipt: receipt.to_owned(),
    }
}

/// What everything costs, in fen.
const PRICE: usize = 1280;
