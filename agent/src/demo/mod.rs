//! `demo`: the main job end to end, on embedded defaults, in a temporary folder.
//!
//! A real agent process with a real log; only card reader and slip printer are simulated, speaking
//! the real protocols over TCP, and the insurer's platform has a stand-in. In scope: what a till would
//! do, at the local API and through the gateway; what people would do, with the forms of the counter
//! page; and showing what comes back. Out of scope: any short cut past them.

mod attended;
mod browser;
mod client;
mod counter;
mod course;
mod exchange;
mod form;
mod paper;
mod platform;
mod play;
mod process;
mod proof;
mod relayed;
mod scene;
mod staff;
mod stage;
mod store;
mod table;
mod till;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::cli::print;
use crate::config::LoadedConfig;
use crate::failure::Failure;
use crate::service::{Agent, Mode};
use pharmacy_journal::JournalError;

/// `demo`.
#[derive(clap::Args, Debug)]
pub struct DemoArgs {
    /// 演示后保持运行 / keep running afterwards, and say what to call
    #[arg(long)]
    serve: bool,
    /// The agent process of a demo.
    #[arg(long, hide = true, value_name = "CONFIG")]
    agent: Option<PathBuf>,
    /// Where that process listens.
    #[arg(long, hide = true, requires = "agent")]
    listen: Option<SocketAddr>,
}

/// A demo that could not be shown to its end.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    /// The other side answered something unexpected.
    #[error("unexpected: {0}")]
    Answer(&'static str),
    /// The agent cannot be reached.
    #[error("cannot reach the agent")]
    Connect(#[source] std::io::Error),
    /// HTTP failed.
    #[error("the request failed")]
    Http(#[source] hyper::Error),
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

/// Runs the demo, or the agent process of one.
pub fn run(args: &DemoArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of("agent.runtime", &error))?;
    match &args.agent {
        Some(config) => {
            let mut loaded =
                LoadedConfig::read(config).map_err(|error| Failure::of(error.code(), &error))?;
            loaded.config.api.listen = args.listen.unwrap_or(loaded.config.api.listen);
            runtime.block_on(serve_until_closed(loaded))
        }
        None => runtime.block_on(stage::show(args.serve)),
    }
}

/// The agent process: says where it listens, and stops when its input is closed.
async fn serve_until_closed(loaded: LoadedConfig) -> Result<(), Failure> {
    let agent = Agent::start(loaded, Mode::Demo).await?;
    let addresses = [Some(agent.address()), agent.gateway(), agent.review()];
    let told: Vec<_> = addresses.into_iter().flatten().collect();
    let told: Vec<_> = told.iter().map(ToString::to_string).collect();
    print(&format!("{}\n", told.join(" ")));
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
    let _ = wait.await;
    agent.stop().await
}
