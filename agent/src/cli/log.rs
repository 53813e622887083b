//! `verify` and `export`: the agent's own log, for itself and for others.

use std::path::Path;

use super::print::print;
use crate::config::LoadedConfig;
use crate::control::{self, Request};
use crate::failure::Failure;
use pharmacy_journal::LogView;

/// Verifies entries, tree, signature, parts, and the rows that follow from them; a running agent is not disturbed.
pub(super) fn verify(loaded: &LoadedConfig) -> Result<(), Failure> {
    let data = &loaded.config.data_dir;
    let report = LogView::verify_at(data)?;
    if !report.is_clean() {
        let mut lines: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        if report.more_findings > 0 {
            lines.push(format!("… {} more", report.more_findings));
        }
        return Err(Failure::listed("log.findings", lines));
    }
    let view = LogView::open(data)?;
    print(&format!(
        "日志完整、未被改动 / the log is complete and unchanged\n  origin   {}\n  entries  {}\n  \
         hashes   {}\n  parts    {} ({} erased)\n  rows     {}, repaired in {} entries\n\n{}",
        view.origin(),
        report.entries,
        report.hashes,
        report.parts,
        report.erased,
        report.rows,
        report.repairs,
        view.checkpoint()?,
    ));
    Ok(())
}

/// Exports the log as a static tlog-tiles tree, with all that is recorded now: it is published first.
pub(super) fn export(loaded: &LoadedConfig, out: &Path) -> Result<(), Failure> {
    let data = &loaded.config.data_dir;
    control::ask(data, Request::Publish {})?;
    let view = LogView::open(data)?;
    let summary = view.export(out)?;
    print(&format!(
        "已导出 / exported  {}\n  entries  {} ({} before)\n  files    {}\n  bytes    {}\n",
        out.display(),
        summary.entries,
        summary.entries_before,
        summary.files,
        summary.bytes,
    ));
    Ok(())
}
