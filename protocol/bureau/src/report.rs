//! What was found, as a page for people and as JSON for machines.

use std::error::Error;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::checkpoint::CheckpointError;
use pharmacy_protocol::log::verify::{ConsistencyError, Finding, Report};
use serde_json::{Value, json};

use crate::stop::chain;
use crate::text;

/// Where the key came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeySource {
    /// From the folder itself: whoever made the folder chose it.
    FromFolder,
    /// From the bureau's own records.
    Given,
}

/// One thing that is wrong.
pub struct Problem {
    code: &'static str,
    tile: Option<String>,
    index: Option<u64>,
    zh: &'static str,
    en: String,
}

impl Problem {
    /// The log's checkpoint cannot be believed.
    pub fn checkpoint_refused(cause: &CheckpointError) -> Self {
        Self::general("checkpoint.refused", text::CHECKPOINT_REFUSED, cause)
    }

    /// The older checkpoint is not one of the same key.
    pub fn old_checkpoint_refused(cause: &CheckpointError) -> Self {
        let zh = text::OLD_CHECKPOINT_REFUSED;
        Self::general("old-checkpoint.refused", zh, cause)
    }

    /// The older checkpoint does not fit the log.
    pub fn inconsistent<E: Error + 'static>(error: &ConsistencyError<E>) -> Self {
        let code = match error {
            ConsistencyError::Forked(_) => "history.rewritten",
            ConsistencyError::OtherLog => "history.other-log",
            ConsistencyError::Shrunk { .. } => "history.shrunk",
            ConsistencyError::Unreadable(_) => "history.not-compared",
        };
        Self::general(code, text::inconsistency(error), error)
    }

    fn general(code: &'static str, zh: &'static str, error: &dyn Error) -> Self {
        Self {
            code,
            tile: None,
            index: None,
            zh,
            en: chain(error),
        }
    }
}

impl From<&Finding> for Problem {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code(),
            tile: finding.tile().map(|tile| tile.path()),
            index: finding.index().map(|index| index.value()),
            zh: text::finding(finding),
            en: finding.to_string(),
        }
    }
}

/// What verification came to.
pub struct Outcome {
    origin: String,
    key_source: KeySource,
    report: Option<Report>,
    problems: Vec<Problem>,
    unlisted: u64,
}

impl Outcome {
    /// Nothing was found yet about the log of `origin`.
    pub fn new(origin: &str, key_source: KeySource) -> Self {
        Self {
            origin: origin.to_owned(),
            key_source,
            report: None,
            problems: Vec::new(),
            unlisted: 0,
        }
    }

    /// Adds a problem, if there is one.
    pub fn problem(&mut self, problem: Option<Problem>) {
        self.problems.extend(problem);
    }

    /// Adds what the verifier found.
    pub fn report(&mut self, report: Report) {
        self.problems
            .extend(report.findings.iter().map(Problem::from));
        self.unlisted = report.unlisted_findings;
        self.report = Some(report);
    }

    /// Whether the log is what its checkpoint says.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty() && self.unlisted == 0
    }

    /// The report as a page, Chinese first.
    pub fn text(&self) -> String {
        let mut page = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut page);
        page
    }

    fn write(&self, page: &mut String) -> std::fmt::Result {
        writeln!(page, "日志 log: {}", self.origin)?;
        if self.key_source == KeySource::FromFolder {
            writeln!(page, "注意 note: {}", text::KEY_FROM_FOLDER)?;
        }
        if let Some(report) = &self.report {
            write_report(page, report)?;
        }
        let total = self.problems.len();
        writeln!(page, "问题 findings: {total}")?;
        for problem in &self.problems {
            writeln!(page, "  {} {} / {}", problem.code, problem.zh, problem.en)?;
        }
        if self.unlisted > 0 {
            writeln!(
                page,
                "  另有 {0} 个未列出 / {0} more not listed",
                self.unlisted
            )?;
        }
        let result = if self.is_clean() {
            text::CLEAN
        } else {
            text::NOT_CLEAN
        };
        writeln!(page, "结论 result: {result}")
    }

    /// The report as JSON.
    pub fn json(&self) -> Value {
        let findings = self.problems.iter().map(|problem| {
            json!({
                "code": problem.code,
                "tile": problem.tile,
                "index": problem.index,
                "zh": problem.zh,
                "en": problem.en,
            })
        });
        json!({
            "version": 1,
            "result": if self.is_clean() { "clean" } else { "findings" },
            "origin": self.origin,
            "key": match self.key_source {
                KeySource::FromFolder => "from-folder",
                KeySource::Given => "given",
            },
            "log": self.report.as_ref().map(json_report),
            "findings": findings.collect::<Vec<_>>(),
            "unlisted_findings": self.unlisted,
        })
    }
}

fn write_report(page: &mut String, report: &Report) -> std::fmt::Result {
    let checkpoint = report.checkpoint.get();
    writeln!(page, "树根 root: {}", checkpoint.root)?;
    let read = report.kinds.total();
    writeln!(
        page,
        "条目 entries: {} (已核验 verified {read})",
        checkpoint.size
    )?;
    if let (Some(first), Some(last)) = (report.first_at_ms, report.last_at_ms) {
        writeln!(page, "首条 first: {}", time(first))?;
        writeln!(page, "末条 last: {}", time(last))?;
    }
    if report.pruned_bundles > 0 {
        let pruned = report.pruned_bundles;
        writeln!(page, "已到期清除的条目包 pruned bundles: {pruned}")?;
    }
    for kind in EntryKind::ALL {
        let count = report.kinds.of(kind);
        if count > 0 {
            writeln!(page, "  {} {kind}: {count}", text::kind(kind))?;
        }
    }
    Ok(())
}

fn json_report(report: &Report) -> Value {
    let checkpoint = report.checkpoint.get();
    let kinds = EntryKind::ALL.map(|kind| (kind.name().to_owned(), report.kinds.of(kind).into()));
    json!({
        "size": checkpoint.size,
        "root": checkpoint.root.to_string(),
        "first_at_ms": report.first_at_ms,
        "last_at_ms": report.last_at_ms,
        "pruned_bundles": report.pruned_bundles,
        "kinds": Value::Object(kinds.into_iter().collect()),
    })
}

/// A wall time in Beijing; the bare number where no calendar reaches.
fn time(ms: i64) -> String {
    let beijing = TimeZone::fixed(offset(8));
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time
            .to_zoned(beijing)
            .strftime("%Y-%m-%d %H:%M:%S%.3f %:z")
            .to_string(),
        Err(_) => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_any_time() {
        assert_eq!(time(1_764_000_000_123), "2025-11-25 00:00:00.123 +08:00");
        assert_eq!(time(i64::MAX), "9223372036854775807 ms");
    }
}
