//! The process: how soon it decides after a start and after a kill, and what it costs to keep.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Effort;
use crate::goods::{Goods, Till, assessment};
use crate::measure::{Samples, busy, drop_from_cache, resident_kib};
use crate::shop::{Running, Shop};
use crate::table::{Row, Table, short};

/// Resident memory that DESIGN §8 allows, in KiB.
const MEMORY: u64 = 40 * 1024;

pub fn start(table: &mut Table, shop: &Shop, goods: &Goods, effort: &Effort) {
    let entries = shop.journal().size().unwrap();
    let mut till = Till::new(goods, 500);
    let mut files = vec![shop.catalogue(), pharmacy_kit::agent().to_owned()];
    files.extend(
        std::fs::read_dir(shop.data().join("journal"))
            .unwrap()
            .flatten()
            .map(|f| f.path()),
    );
    let (mut cold, mut killed) = (Samples::default(), Samples::default());
    let mut is_cold = true;
    for _ in 0..effort.starts {
        is_cold &= files
            .iter()
            .all(|file| drop_from_cache(file) || !file.exists());
        let (mut agent, took) = shop.start(&till.basket(3));
        cold.push(took);
        for _ in 0..40 {
            let sale = agent.open_sale();
            agent.assess(&sale, &assessment(&till.basket(20)), 1);
        }
        agent.kill();
        let (agent, took) = shop.start(&till.basket(3));
        killed.push(took);
        agent.kill();
    }
    let (cold, killed) = (cold.timing(), killed.timing());
    table.add(
        Row::new(format!("start to first verdict, {entries} entries, cold"))
            .measured(cold.text())
            .bar("≤ 300 ms", cold.p50 <= Duration::from_millis(300)),
    );
    table.add(
        Row::new("start to first verdict after kill -9, the same store")
            .measured(killed.text())
            .bar("≤ 500 ms", killed.p50 <= Duration::from_millis(500)),
    );
    table.note(format!(
        "start: from the creation of the process to the answer of the first assessment; {} starts \
         each; the files were {} the system's cache before a cold start",
        effort.starts,
        if is_cold { "dropped from" } else { "left in" }
    ));
}

pub fn memory(table: &mut Table, shop: &Shop, goods: &Goods, effort: &Effort) {
    let mut till = Till::new(goods, 600);
    let (mut agent, _) = shop.start(&till.basket(3));
    let Some((after_start, _)) = resident_kib(agent.process()) else {
        return;
    };
    if let Some(share) = idle(&agent, effort.idle) {
        table.add(
            Row::new(format!("processor while idle, over {}", short(effort.idle)))
                .measured(format!("{:.2} %", share * 100.0))
                .bar("≤ 0.5 %", share <= 0.005),
        );
    }
    for turn in 0..effort.served {
        let sale = agent.open_sale();
        agent.assess(&sale, &assessment(&till.basket(20)), turn);
    }
    let (serving, highest) = resident_kib(agent.process()).unwrap();
    let mebibytes = |kib: u64| kib as f64 / 1024.0;
    table.add(
        Row::new(format!(
            "resident memory, {} articles, started and idle",
            goods.all.len()
        ))
        .measured(format!("{:.1} MB", mebibytes(after_start)))
        .bar("≤ 40 MB", after_start <= MEMORY),
    );
    table.add(
        Row::new(format!(
            "resident memory after {} sales of 20 lines",
            effort.served
        ))
        .measured(format!(
            "{:.1} MB, at most {:.1} MB",
            mebibytes(serving),
            mebibytes(highest)
        ))
        .bar("≤ 40 MB", highest <= MEMORY),
    );
}

/// The share of one processor that the agent uses while nobody asks anything.
fn idle(agent: &Running, over: Duration) -> Option<f64> {
    let (begun, before) = (Instant::now(), busy(agent.process())?);
    std::thread::sleep(over);
    let used = busy(agent.process())?.saturating_sub(before);
    Some(used.as_secs_f64() / begun.elapsed().as_secs_f64())
}

/// Sizes of what a store consists of, for the notes.
pub fn sizes(shop: &Shop) -> String {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len()) >> 20;
    format!(
        "log {} MB, catalogue {} MB",
        size(&shop.database()),
        size(&shop.catalogue())
    )
}
