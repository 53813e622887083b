//! Timing: samples, their percentiles, and what the system says of a process.

use std::time::{Duration, Instant};

use crate::goods::Dice;

/// Durations of one thing done many times.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Duration>);

/// Median and 99th percentile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    pub p50: Duration,
    pub p99: Duration,
}

impl Samples {
    /// Does it once more and keeps how long it took.
    pub fn time<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = std::hint::black_box(act());
        self.0.push(begun.elapsed());
        done
    }

    pub fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// What each took beyond a time that it would have taken anyway.
    pub fn beyond(&self, anyway: Duration) -> Self {
        let beyond = self.0.iter().map(|sample| sample.saturating_sub(anyway));
        Self(beyond.collect())
    }

    pub fn timing(&self) -> Timing {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let last = sorted.len().saturating_sub(1);
            sorted
                .get((sorted.len() * percent / 100).min(last))
                .copied()
                .unwrap_or_default()
        };
        Timing {
            p50: at(50),
            p99: at(99),
        }
    }
}

/// Waits for up to eight milliseconds, a different time at every turn.
///
/// Virtual disks finish syncs on a tick of some milliseconds. Who always follows another's sync meets
/// the tick at the same point each time, and looks faster or slower than it is.
pub fn stagger(dice: &mut Dice) {
    let micros = u64::try_from(dice.below(8_000)).unwrap();
    std::thread::sleep(Duration::from_micros(micros));
}

/// The middle of several runs, each judged by its own percentiles: a shared machine spoils runs, not
/// all of them alike.
pub fn middle(runs: &[Samples]) -> Timing {
    let timings: Vec<Timing> = runs.iter().map(Samples::timing).collect();
    let middle = |of: fn(&Timing) -> Duration| {
        let mut all: Vec<Duration> = timings.iter().map(of).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    Timing {
        p50: middle(|timing| timing.p50),
        p99: middle(|timing| timing.p99),
    }
}

/// Bytes that this process read and wrote by system calls so far; pages that a database finds in its
/// own cache are not among them. None where the system does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    pub read: u64,
    pub written: u64,
}

#[cfg(target_os = "linux")]
pub fn moved() -> Option<Moved> {
    let text = std::fs::read_to_string("/proc/self/io").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse().ok()
    };
    Some(Moved {
        read: field("rchar:")?,
        written: field("wchar:")?,
    })
}

#[cfg(not(target_os = "linux"))]
pub fn moved() -> Option<Moved> {
    None
}

/// Bytes that a process had fetched from the disk so far, what the system had cached apart.
#[cfg(target_os = "linux")]
pub fn fetched(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/io")).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("read_bytes:"))?;
    line.trim().parse().ok()
}

#[cfg(not(target_os = "linux"))]
pub fn fetched(_process: u32) -> Option<u64> {
    None
}

/// Resident memory of a process in KiB: now and at its highest.
#[cfg(target_os = "linux")]
pub fn resident_kib(process: u32) -> Option<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}

#[cfg(not(target_os = "linux"))]
pub fn resident_kib(_process: u32) -> Option<(u64, u64)> {
    None
}

/// How long a process has been on a processor so far.
#[cfg(target_os = "linux")]
pub fn busy(process: u32) -> Option<Duration> {
    // SPEC: proc(5) schedstat: nanoseconds on the processor, one file per thread.
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let mut sum = 0;
    for thread in threads {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        sum += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(sum))
}

#[cfg(not(target_os = "linux"))]
pub fn busy(_process: u32) -> Option<Duration> {
    None
}

/// The machine's load over the last minute, if it tells.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}

/// Removes a file's pages from the system's cache, so that the next read is from the disk; says
/// whether that could be asked for.
pub fn drop_from_cache(file: &std::path::Path) -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let mut input = std::ffi::OsString::from("if=");
    input.push(file);
    let status = std::process::Command::new("dd")
        .arg(input)
        .args(["iflag=nocache", "count=0", "status=none"])
        .status();
    status.is_ok_and(|status| status.success())
}
