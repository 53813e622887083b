//! An assessment over loopback HTTP, recorded before it is answered, beside its floor.

use std::path::{Path, PathBuf};

use pharmacy_kit::http::{Client, Connection, Request};

use crate::Effort;
use crate::floor::{Floor, pages_of, settle};
use crate::goods::{Dice, Goods, Till, assessment};
use crate::measure::{Samples, fetched, stagger};
use crate::shop::{Running, Shop, folder};
use crate::table::{Row, Table, short, times};

/// On which log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The long one.
    Long,
    /// One in memory: what is left is our own work, without the disk's.
    Memory,
    /// The short one.
    Short,
}

/// Assessments by which the pages of a commit are counted.
const FOR_PAGES: usize = 16;

/// Runs both baskets on one log; says how many pages a commit of the larger one writes.
pub fn run(table: &mut Table, shop: &Shop, goods: &Goods, (kind, effort): (Kind, &Effort)) -> f64 {
    let (what, seed) = match kind {
        Kind::Short => ("short log", 2),
        Kind::Long => ("long log", 3),
        Kind::Memory => ("short log, a sync is free", 4),
    };
    let mut till = Till::new(goods, seed);
    let (mut agent, _) = shop.start(&till.basket(3));
    let mut pages = 0.0;
    for lines in [3, 20] {
        let found = Bench {
            agent: &mut agent,
            till: &mut till,
            lines,
            place: shop.place(),
            kind,
        }
        .measure(&shop.database(), effort);
        let ratio = times(found.ours.timing().p50, found.floor.timing().p50);
        let (ours, floor) = (found.ours.timing(), found.floor.timing());
        let row = Row::new(format!(
            "assess over HTTP, {lines} lines, {what} (floor: echo + bare commit)"
        ))
        .measured(ours.text())
        .floor(floor.text())
        .ratio(ratio);
        table.add(match kind {
            Kind::Memory => row,
            Kind::Long | Kind::Short => row.bar("p50 ≤ 1.3 × floor", ratio <= 1.3),
        });
        table.note(format!(
            "assess, {lines} lines, {what}: request {} bytes, answer {} bytes, {:.1} pages a \
             commit (floor: as many of each); added at p50: {}; fetched from the disk: {:.1} KiB each",
            found.asked,
            found.answered,
            found.pages,
            short(ours.p50.saturating_sub(floor.p50)),
            found.fetched_kib,
        ));
        pages = found.pages;
    }
    pages
}

struct Bench<'a, 'g> {
    agent: &'a mut Running,
    till: &'a mut Till<'g>,
    lines: usize,
    place: PathBuf,
    kind: Kind,
}

struct Found {
    ours: Samples,
    floor: Samples,
    asked: usize,
    answered: usize,
    pages: f64,
    fetched_kib: f64,
}

impl Bench<'_, '_> {
    /// A new sale of an insured who is here, and its basket; not measured.
    fn prepare(&mut self) -> (Request, usize) {
        let sale = self.agent.open_sale();
        let body = assessment(&self.till.basket(self.lines));
        (Running::request(&sale, &body), body.to_string().len())
    }

    fn wait(&self, dice: &mut Dice) {
        match self.kind {
            Kind::Long | Kind::Short => stagger(dice),
            Kind::Memory => {}
        }
    }

    fn measure(&mut self, database: &Path, effort: &Effort) -> Found {
        let mut answered = 0;
        settle(database, || {
            let (request, _) = self.prepare();
            answered = self.agent.exchange(&request);
        });
        // All sales are opened first: then agent and floor take turns, one commit each.
        let prepared: Vec<(Request, usize)> = (0..effort.requests + FOR_PAGES)
            .map(|_| self.prepare())
            .collect();
        let (for_pages, prepared) = prepared.split_at(FOR_PAGES);
        let mut waiting = for_pages.iter();
        let pages = pages_of(database, FOR_PAGES, || {
            answered = self.agent.exchange(&waiting.next().unwrap().0);
        });
        let asked = for_pages.last().unwrap().1;
        let pages = pages.unwrap_or(12.0);
        // On the same disk as the log, whichever that is.
        let beside = folder(&self.place);
        let echo = Floor::echo(beside.path(), pages);
        let mut client = Client::new(echo.address).connection(Connection::KeepAlive);
        let bare = Request::new("POST", &format!("/echo/{answered}"))
            .header("content-type", "application/json")
            .body(vec![b'x'; asked]);
        let (mut ours, mut floor) = (Samples::default(), Samples::default());
        let mut dice = Dice::new(4);
        let before = fetched(self.agent.process());
        for (request, _) in prepared {
            self.wait(&mut dice);
            ours.time(|| self.agent.exchange(request));
            self.wait(&mut dice);
            floor.time(|| client.send(&bare).unwrap());
        }
        let after = fetched(self.agent.process());
        let bytes = after
            .zip(before)
            .map_or(0, |(after, before)| after - before);
        Found {
            fetched_kib: bytes as f64 / 1024.0 / effort.requests as f64,
            ours,
            floor,
            asked,
            answered,
            pages,
        }
    }
}
