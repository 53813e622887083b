//! `pharmacy-demo`: the agent's main job end to end, on embedded defaults, in a temporary folder.
//!
//! A real agent process with a real log; only card reader and slip printer are simulated, speaking
//! the real protocols over TCP, and the insurer's platform has a stand-in. In scope: what a till would
//! do, at the local API and through the gateway; what people would do, with the forms of the counter
//! page; and showing what comes back. Out of scope: any short cut past them.
//!
//! The agent process is this program, started again: it alone can load the rule pack under which a
//! simulated reader counts, and it can be killed.

mod attended;
mod browser;
mod client;
mod counter;
mod course;
mod exchange;
mod form;
mod paper;
mod play;
mod proof;
mod relayed;
mod scene;
mod staff;
mod stage;
mod table;
mod till;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pharmacy_agent::cli;
use pharmacy_agent::config::LoadedConfig;
use pharmacy_agent::failure::Failure;
use pharmacy_agent::service;
use pharmacy_desk::pack;
use pharmacy_journal::JournalError;

/// 药店医保合规代理程序演示 / the main job of the pharmacy agent, end to end
#[derive(Debug, Parser)]
#[command(name = "pharmacy-demo", version, max_term_width = 100)]
#[command(
    override_usage = "pharmacy-demo [--serve]",
    disable_help_subcommand = true
)]
struct Demo {
    /// 演示后保持运行 / keep running afterwards, and say what to call
    #[arg(long)]
    serve: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What this program is when it starts itself again.
#[derive(Debug, Subcommand)]
enum Part {
    /// The agent of the demo's store, until its input is closed.
    #[command(hide = true)]
    Agent { config: PathBuf },
    /// A command of the agent's own: how the store is made and its log is asked.
    #[command(external_subcommand)]
    Command(Vec<OsString>),
}

/// A demo that could not be shown to its end.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    /// The other side answered something unexpected.
    #[error("unexpected: {0}")]
    Answer(&'static str),
    /// HTTP failed.
    #[error("the request failed")]
    Http(#[source] std::io::Error),
    /// The log, read beside the agent, does not say what it should.
    #[error("the log cannot be read beside the agent")]
    Log(#[source] JournalError),
    /// A form has no such field, or does not offer what was to be chosen.
    #[error("the form `{action}` does not take that for `{name}`")]
    NoField {
        /// Where the form goes.
        action: String,
        /// The field.
        name: &'static str,
    },
    /// A page has no such form.
    #[error("the page has no form `{action}`")]
    NoForm {
        /// Where the form would go.
        action: String,
    },
    /// A process or file could not be handled.
    #[error("a process or file could not be handled")]
    Process(#[source] std::io::Error),
    /// A request that must succeed was refused.
    #[error("`{path}` was refused: {problem}")]
    Refused {
        /// The path.
        path: String,
        /// The problem document.
        problem: String,
    },
    /// Scenes ended otherwise than they should.
    #[error("{0} scenes ended otherwise than they should")]
    Unexpected(usize),
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::of("demo.failed", &error)
    }
}

fn main() -> ExitCode {
    let demo = Demo::parse();
    let done = match demo.part {
        None => stage::show(demo.serve),
        Some(Part::Agent { config }) => be_agent(&config),
        Some(Part::Command(command)) => {
            let program = std::iter::once("pharmacy-agent".into());
            return cli::main_of(program.chain(command));
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr().lock(), "{failure}");
            ExitCode::FAILURE
        }
    }
}

/// The agent process: as `run`, except that simulated readers count and that it ends with its parent.
fn be_agent(config: &Path) -> Result<(), Failure> {
    cli::start_logging();
    let loaded = LoadedConfig::read(config).map_err(|error| Failure::of(error.code(), &error))?;
    let pack = pack::shipped().map_err(|error| Failure::of(pack::UNUSABLE, &error))?;
    service::run(loaded, pack.with_dangerous_demo_evidence(), until_closed())
}

/// Until the parent closes our input, or is gone; or a Ctrl-C that both of us hear.
async fn until_closed() {
    let (closed, wait) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut line = String::new();
        // Anything but more input means that the parent is done or gone.
        while std::io::stdin()
            .read_line(&mut line)
            .is_ok_and(|bytes| bytes > 0)
        {
            line.clear();
        }
        drop(closed);
    });
    tokio::select! {
        _ = wait => {}
        () = service::asked_to_stop() => {}
    }
}

/// Prints to standard output; a reader that closed the pipe has seen enough.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
