//! The table that a run prints: what was measured, beside its floor, against its bar.

use std::time::Duration;

use crate::measure::{Timing, load};

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub what: String,
    pub measured: String,
    pub floor: String,
    pub ratio: String,
    pub bar: String,
    /// None: no bar, for information.
    pub holds: Option<bool>,
}

/// All rows of a run, and what is to be said of them.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// A duration with three digits that matter.
pub fn short(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros {
        _ if micros < 1.0 => format!("{:.0} ns", micros * 1e3),
        _ if micros < 100.0 => format!("{micros:.1} µs"),
        _ if micros < 1_000.0 => format!("{micros:.0} µs"),
        _ if micros < 100_000.0 => format!("{:.2} ms", micros / 1e3),
        _ if micros < 1_000_000.0 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

impl Timing {
    pub fn text(&self) -> String {
        format!("{} / {}", short(self.p50), short(self.p99))
    }
}

/// How many times `floor` goes into `measured`.
pub fn times(measured: Duration, floor: Duration) -> f64 {
    measured.as_secs_f64() / floor.as_secs_f64().max(1e-9)
}

impl Row {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    pub fn measured(mut self, measured: impl Into<String>) -> Self {
        self.measured = measured.into();
        self
    }

    pub fn floor(mut self, floor: impl Into<String>) -> Self {
        self.floor = floor.into();
        self
    }

    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = format!("{ratio:.2}");
        self
    }

    pub fn bar(mut self, bar: impl Into<String>, holds: bool) -> Self {
        self.bar = bar.into();
        self.holds = Some(holds);
        self
    }
}

impl Table {
    /// Adds a row and shows it at once: a run takes minutes.
    pub fn add(&mut self, row: Row) {
        println!(
            "  {}: {}{}{}",
            row.what,
            row.measured,
            if row.ratio.is_empty() { "" } else { "  ratio " },
            row.ratio
        );
        self.rows.push(row);
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub fn print(&self) {
        let heading = Row {
            what: "what".into(),
            measured: "measured p50 / p99".into(),
            floor: "floor p50 / p99".into(),
            ratio: "ratio".into(),
            bar: "bar of DESIGN §8".into(),
            holds: None,
        };
        let all: Vec<&Row> = [&heading].into_iter().chain(&self.rows).collect();
        let width = |of: fn(&Row) -> &String| {
            let widths = all.iter().map(|row| of(row).chars().count());
            widths.max().unwrap_or_default()
        };
        let (what, measured) = (width(|row| &row.what), width(|row| &row.measured));
        let (floor, ratio) = (width(|row| &row.floor), width(|row| &row.ratio));
        let bar = width(|row| &row.bar);
        println!();
        for (at, row) in all.iter().enumerate() {
            let holds = match row.holds {
                _ if at == 0 => "holds",
                None => "",
                Some(true) => "yes",
                Some(false) => "no",
            };
            println!(
                "| {:what$} | {:measured$} | {:floor$} | {:>ratio$} | {:bar$} | {holds:5} |",
                row.what, row.measured, row.floor, row.ratio, row.bar
            );
            if at == 0 {
                let dashes = |width: usize| "-".repeat(width + 2);
                println!(
                    "|{}|{}|{}|{}|{}|-------|",
                    dashes(what),
                    dashes(measured),
                    dashes(floor),
                    dashes(ratio),
                    dashes(bar)
                );
            }
        }
        println!();
        for note in &self.notes {
            println!("* {note}");
        }
    }
}

/// Processors, memory, system, commit, load.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git")
            .current_dir(pharmacy_kit::tree::root())
            .args(arguments)
            .output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.unwrap_or_default()
    };
    let changed = if git(&["status", "--porcelain"]).is_empty() {
        ""
    } else {
        " with changes"
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("processor unknown", |(_, model)| model);
    format!(
        "{cores} cores ({model}), {} {}, commit {}{changed}, load {}",
        std::env::consts::OS,
        std::env::consts::ARCH,
        git(&["rev-parse", "--short", "HEAD"]),
        load()
    )
}
