//! `import`: takes a shop's articles in.

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::args::ConfigArgs;
use super::print::print;
use crate::config::Config;
use crate::control::{self, CatalogueFile, Request};
use crate::failure::Failure;
use pharmacy_catalogue::{self, Built, ImportError, Progress};
use pharmacy_journal::LogView;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// 导入商品目录（CSV 或 XLSX），全部成功或全部不导入 / import the shop's articles, all or nothing
    Catalogue(CatalogueArgs),
}

#[derive(Args, Debug)]
pub(super) struct CatalogueArgs {
    /// 商品目录文件 / the file
    file: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
    /// 把有误的行写入此 CSV / write the bad rows to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(super) fn run(command: Import) -> Result<(), Failure> {
    let Import::Catalogue(args) = command;
    let config = args.config.load()?.config;
    let built = import(&args.file, &config, args.report.as_deref())?;
    let counts = &built.counts;
    print(&format!(
        "已导入 / imported  {}\n  articles        {}\n  with approval   {}\n  with code       {}\n  \
         with barcode    {}\n  with trace code {}\n  digest          {}\n",
        args.file.display(),
        counts.articles,
        counts.approvals,
        counts.codes,
        counts.barcodes,
        counts.trace_prefixes,
        built.digest,
    ));
    for (field, count) in &counts.emptied {
        print(&format!("  emptied {field:?}: {count}\n"));
    }
    Ok(())
}

/// Builds a catalogue file in this process, then has it recorded and switched to; a running agent
/// follows at once.
fn import(file: &Path, config: &Config, report: Option<&Path>) -> Result<Built, Failure> {
    // The store first: rows are not worth reading when there is nowhere to put them.
    drop(LogView::open(&config.data_dir)?);
    let built =
        pharmacy_catalogue::build(file, &config.catalogue, &config.data_dir, &mut |progress| {
            show(progress);
            ControlFlow::Continue(())
        })
        .map_err(|error| refused(&error, report))?;
    let file = CatalogueFile::of(&built);
    control::ask(&config.data_dir, Request::SwitchCatalogue { file })?;
    Ok(built)
}

/// Bad rows are listed, and written where the caller wants them.
fn refused(error: &ImportError, report: Option<&Path>) -> Failure {
    let ImportError::BadRows(rows) = error else {
        return Failure::of(error.code(), error);
    };
    if let Some(path) = report {
        let written = std::fs::File::create(path)
            .map_err(|error| Failure::of("catalogue.report", &error))
            .and_then(|file| {
                rows.write_report(file)
                    .map_err(|error| Failure::of("catalogue.report", &error))
            });
        if let Err(failure) = written {
            return failure;
        }
    }
    let told = rows.told().iter().take(50).map(ToString::to_string);
    Failure::listed(error.code(), told.chain([format!("… {}", rows.total())]))
}

/// On a terminal the line is rewritten; elsewhere progress is silence.
fn show(progress: Progress) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r{:>5} ‰  {} ", progress.done.value(), progress.rows);
    }
}
