//! Recording one event: the journal beside a bare commit of as many pages, short log and long.

use pharmacy_journal::{Draft, DraftPart, Journal};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;

use crate::Effort;
use crate::floor::{Commits, pages_of, settle};
use crate::goods::{Dice, filler};
use crate::measure::{Moved, Samples, moved, stagger};
use crate::shop::{Shop, folder, memory};
use crate::table::{Row, Table, times};

/// Bytes of each of the event's three parts.
const PART: usize = 2_000;

/// The page size of both databases.
const PAGE: f64 = 4096.0;

/// One log with what was measured on it.
struct Log {
    journal: Journal,
    entries: u64,
    samples: Samples,
    moved: Moved,
}

pub fn run(table: &mut Table, (short, long): (&Shop, &Shop), effort: &Effort) {
    let mut logs = [open(short), open(long)];
    let mut dice = Dice::new(5);
    let pages = pages_of(&short.database(), 40, || {
        let _ = logs[0].journal.note(event(&mut dice)).unwrap();
    });
    let directory = folder(&std::env::temp_dir());
    let mut floor = Commits::new(directory.path(), pages.unwrap_or(12.0));
    let mut bare = Samples::default();
    for (log, shop) in logs.iter_mut().zip([short, long]) {
        settle(&shop.database(), || {
            let _ = log.journal.note(event(&mut dice)).unwrap();
        });
    }
    for _ in 0..effort.commits {
        // In turns, so that whatever else the disk does hits all of them.
        stagger(&mut dice);
        bare.time(|| floor.commit());
        for log in &mut logs {
            let draft = event(&mut dice);
            stagger(&mut dice);
            let before = moved();
            log.samples
                .time(|| log.journal.note(draft).unwrap().index());
            log.add(before, moved());
        }
    }
    let [short, long] = &logs;
    report(table, (short, long), &bare, effort);
    let floor_pages = floor.pages(24);
    table.note(format!(
        "append: three parts of {PART} bytes, {:.1} pages a commit (floor {:.1}); logs of {} and {} \
         entries when the measuring began; measured in turns with the floor on the same disk",
        pages.unwrap_or_default(),
        floor_pages.unwrap_or_default(),
        short.entries,
        long.entries
    ));
    in_memory(table, effort);
}

fn open(shop: &Shop) -> Log {
    let journal = shop.journal();
    let entries = journal.size().unwrap();
    Log {
        journal,
        entries,
        samples: Samples::default(),
        moved: Moved::default(),
    }
}

impl Log {
    fn add(&mut self, before: Option<Moved>, after: Option<Moved>) {
        let (Some(before), Some(after)) = (before, after) else {
            return;
        };
        self.moved.read += after.read - before.read;
        self.moved.written += after.written - before.written;
    }

    fn pages(&self, events: usize) -> (f64, f64) {
        let of = |bytes: u64| bytes as f64 / PAGE / events as f64;
        (of(self.moved.read), of(self.moved.written))
    }
}

fn report(table: &mut Table, (short, long): (&Log, &Log), bare: &Samples, effort: &Effort) {
    let (floor, small, large) = (bare.timing(), short.samples.timing(), long.samples.timing());
    table.add(
        Row::new(format!(
            "append at {} entries (floor: bare commit)",
            short.entries
        ))
        .measured(small.text())
        .floor(floor.text())
        .ratio(times(small.p50, floor.p50)),
    );
    let growth = times(large.p50, small.p50);
    table.add(
        Row::new(format!(
            "append at {} entries (floor: short log)",
            long.entries
        ))
        .measured(large.text())
        .floor(small.text())
        .ratio(growth)
        .bar("p50 ≤ 1.1 × short log", growth <= 1.1),
    );
    let ((read, written), (more_read, more_written)) =
        (short.pages(effort.commits), long.pages(effort.commits));
    let ratio = (more_read + more_written) / (read + written);
    table.add(
        Row::new("  pages read + written an event, long log (floor: short log)")
            .measured(format!("{more_read:.2} + {more_written:.2}"))
            .floor(format!("{read:.2} + {written:.2}"))
            .ratio(ratio)
            .bar("≤ 1.1 × short log", ratio <= 1.1),
    );
}

/// Where a sync costs nothing, what is left is our own work.
fn in_memory(table: &mut Table, effort: &Effort) {
    let Some(memory) = memory() else {
        return;
    };
    let directory = folder(memory);
    let identity = pharmacy_journal::Identity {
        region: "440300".parse().unwrap(),
        store: "P44030000001".parse().unwrap(),
        till: "01".parse().unwrap(),
    };
    let clock = std::sync::Arc::new(pharmacy_base::clock::SystemClock);
    let data = directory.path().join("state");
    let mut journal = Journal::create(&data, &identity, None, clock).unwrap();
    let mut dice = Dice::new(6);
    let database = data.join("journal").join("log.db");
    let pages = pages_of(&database, 40, || {
        let _ = journal.note(event(&mut dice)).unwrap();
    });
    let mut floor = Commits::new(directory.path(), pages.unwrap_or(12.0));
    settle(&database, || {
        let _ = journal.note(event(&mut dice)).unwrap();
    });
    let (mut ours, mut bare) = (Samples::default(), Samples::default());
    for _ in 0..effort.commits * 4 {
        bare.time(|| floor.commit());
        let draft = event(&mut dice);
        ours.time(|| journal.note(draft).unwrap().index());
    }
    let (ours, bare) = (ours.timing(), bare.timing());
    table.add(
        Row::new("  append where a sync is free (floor: bare commit there)")
            .measured(ours.text())
            .floor(bare.text())
            .ratio(times(ours.p50, bare.p50)),
    );
}

fn event(dice: &mut Dice) -> Draft {
    let classes = [PartClass::Facts, PartClass::Answer, PartClass::Goods];
    let parts = classes.map(|class| DraftPart::new(class, filler(PART, dice)));
    Draft {
        kind: EntryKind::Verdict,
        till: Some("01".parse().unwrap()),
        refs: vec![EntryIndex::new(1)],
        parts: parts.into(),
    }
}
