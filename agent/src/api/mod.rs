//! The local API: `/v1` on loopback, JSON, for till software that asks before it settles.
//!
//! In scope: HTTP, tokens, limits, parsing, problem documents. Out of scope: what a request means
//! (the desk), and other machines: the listener is loopback only.

mod description;
mod guard;
mod path;
mod problem;
mod route;
mod server;
mod wire;

use std::sync::Arc;

use axum::http::StatusCode;

pub use problem::Problem;
pub use route::document;
pub use server::Server;

use crate::door::policy::{Nameless, Names, Origin, Policy, Visits};
use pharmacy_base::text;
use pharmacy_desk::{CardReader, DeskError, DeskHandle, Fault, ScannerPort};

/// Largest request body, images of prescriptions apart.
pub const MAX_BODY: usize = 256 * 1024;

/// What every request needs.
#[derive(Clone)]
pub struct Api {
    desk: DeskHandle,
    devices: Devices,
    policy: Arc<Policy>,
}

/// Devices at the counter, as far as the API lends them.
#[derive(Clone, Default)]
pub struct Devices {
    pub reader: Option<Arc<dyn CardReader>>,
    pub scanner: Option<Arc<dyn ScannerPort>>,
}

impl Devices {
    /// Where the reader stands, in one word.
    fn reader_state(&self) -> &'static str {
        self.reader.as_ref().map_or("none", |reader| reader.state())
    }

    /// Where the scanner stands, in one word.
    fn scanner_state(&self) -> &'static str {
        self.scanner
            .as_ref()
            .map_or("none", |scanner| scanner.state())
    }
}

impl Api {
    /// An API for a listener under these names, which pages of these origins may call.
    pub(crate) fn new(
        desk: DeskHandle,
        devices: Devices,
        names: Names,
        origins: Vec<String>,
    ) -> Self {
        let policy = Policy {
            names,
            nameless: Nameless::Address,
            origin: Origin::Listed {
                origins,
                visits: Visits::Allowed,
            },
        };
        Self {
            desk,
            devices,
            policy: Arc::new(policy),
        }
    }
}

/// Turns a desk's error into what the till hears; the chain of causes goes to the agent's log.
fn fault(error: &DeskError) -> Problem {
    let status = match error.fault() {
        Fault::CallerMistake(kind) => match kind {
            pharmacy_desk::Mistake::Conflict => StatusCode::CONFLICT,
            pharmacy_desk::Mistake::NoSuchThing => StatusCode::NOT_FOUND,
            pharmacy_desk::Mistake::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        },
        Fault::Environment => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Invariant => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let problem = Problem::new(status, error.code()).at_line(error.line());
    match error.fault() {
        Fault::CallerMistake(_) => {
            tracing::info!(
                code = error.code(),
                request = problem.request(),
                "request refused"
            );
        }
        Fault::Environment | Fault::Invariant => {
            tracing::error!(
                code = error.code(),
                request = problem.request(),
                "{}",
                text::chain(error)
            );
        }
    }
    problem
}
