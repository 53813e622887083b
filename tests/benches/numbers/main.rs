//! The numbers of DESIGN §8 and of the counter, each beside its floor measured in the same run.
//!
//! ```text
//! cargo bench -p pharmacy-tests                    every row, some five minutes
//! cargo bench -p pharmacy-tests -- --quick         a short run on a small catalogue and log
//! cargo bench -p pharmacy-tests -- verdict append  only these
//! ```
//! A bar that is missed prints `no` and fails nothing: machines differ, ratios less so.

mod append;
mod assess;
mod counter;
mod door;
mod find;
mod floor;
mod gateway;
mod goods;
mod history;
mod life;
mod measure;
mod photo;
mod platform;
mod proof;
mod proxy;
mod shop;
mod slip;
mod table;
mod verdict;

use std::time::{Duration, Instant};

use assess::Kind;
use goods::Goods;
use shop::Shop;
use table::{Row, Table, machine, short};

/// How much is done.
pub struct Effort {
    articles: usize,
    entries: u64,
    sales: u64,
    baskets: usize,
    verdicts: usize,
    runs: usize,
    commits: usize,
    requests: usize,
    calls: usize,
    relayed: usize,
    knocks: usize,
    starts: usize,
    served: usize,
    photos: usize,
    slips: usize,
    idle: Duration,
}

const FULL: Effort = Effort {
    articles: 200_000,
    entries: 1_000_000,
    sales: 500_000,
    baskets: 500,
    verdicts: 4_000,
    runs: 5,
    commits: 400,
    requests: 250,
    calls: 4_000,
    relayed: 10_000,
    knocks: 400,
    starts: 5,
    served: 300,
    photos: 40,
    slips: 200,
    idle: Duration::from_secs(10),
};

const QUICK: Effort = Effort {
    articles: 20_000,
    entries: 50_000,
    sales: 20_000,
    baskets: 100,
    verdicts: 500,
    runs: 3,
    commits: 100,
    requests: 60,
    calls: 500,
    relayed: 1_000,
    knocks: 60,
    starts: 3,
    served: 50,
    photos: 10,
    slips: 40,
    idle: Duration::from_secs(3),
};

const PARTS: [&str; 12] = [
    "find", "verdict", "gateway", "ungated", "door", "history", "append", "assess", "start",
    "memory", "proof", "counter",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((floor::SERVE, rest)) = arguments
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return floor::serve(rest);
    }
    let effort = if arguments.iter().any(|argument| argument == "--quick") {
        QUICK
    } else {
        FULL
    };
    let named: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    if let Some(unknown) = named.iter().find(|name| !PARTS.contains(&name.as_str())) {
        eprintln!("`{unknown}` is none of {PARTS:?}");
        std::process::exit(2);
    }
    let wants = |part: &str| named.is_empty() || named.iter().any(|name| *name == part);
    let begun = Instant::now();
    println!("{}\n", machine());
    let mut table = Table::default();
    run(&mut table, &effort, &wants);
    table.print();
    println!("{}, took {}", machine(), short(begun.elapsed()));
}

fn run(table: &mut Table, effort: &Effort, wants: &dyn Fn(&str) -> bool) {
    if wants("find") {
        find::run(table, effort);
    }
    if !PARTS[1..].iter().any(|part| wants(part)) {
        return;
    }
    let goods = Goods::make(effort.articles);
    let csv = goods.csv();
    let (near, import) = Shop::open(&std::env::temp_dir(), &csv);
    table.note(format!(
        "import of {} articles: {}",
        effort.articles,
        short(import)
    ));
    if wants("verdict") {
        verdict::run(table, &goods, &near.catalogue(), effort);
    }
    if wants("gateway") {
        gateway::run(table, &goods, &csv, effort);
    } else if wants("ungated") {
        gateway::ungated(table, &goods, &csv, effort);
    }
    if wants("door") {
        door::run(table, &goods, &csv, effort);
    }
    if wants("history") {
        gateway::history(table, &goods, &csv, effort);
    }
    if !PARTS[6..].iter().any(|part| wants(part)) {
        return;
    }
    near.lengthen(1_000);
    let (far, _) = Shop::open(&std::env::temp_dir(), &csv);
    let begun = Instant::now();
    far.lengthen(effort.entries);
    table.note(format!(
        "long log: {} made in {}, {}",
        effort.entries,
        short(begun.elapsed()),
        life::sizes(&far)
    ));
    if wants("append") {
        append::run(table, (&near, &far), effort);
    }
    if wants("assess") {
        let small = assess::run(table, &near, &goods, (Kind::Short, effort));
        let large = assess::run(table, &far, &goods, (Kind::Long, effort));
        table.add(
            Row::new("  pages written an assessment of 20 lines, long log (floor: short log)")
                .measured(format!("{large:.1}"))
                .floor(format!("{small:.1}"))
                .ratio(large / small)
                .bar("≤ 1.1 × short log", large / small <= 1.1),
        );
        if let Some(memory) = shop::memory() {
            let (there, _) = Shop::open(memory, &csv);
            there.lengthen(1_000);
            assess::run(table, &there, &goods, (Kind::Memory, effort));
        }
    }
    if wants("start") {
        life::start(table, &far, &goods, effort);
    }
    if wants("memory") {
        life::memory(table, &far, &goods, effort);
    }
    if wants("proof") {
        proof::run(table, (&near, &far));
    }
    if wants("counter") {
        counter::run(table, (&near, &far), &goods, effort);
    }
}
