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
use crate::door::slow::Slow;
use pharmacy_base::text;
use pharmacy_desk::{CardReader, DeskError, DeskHandle, Fault, Mistake, ScannerPort};

/// Largest request body, images of prescriptions apart.
pub const MAX_BODY: usize = 256 * 1024;

/// What every request needs.
#[derive(Clone)]
pub struct Api {
    desk: DeskHandle,
    devices: Devices,
    policy: Arc<Policy>,
    slow: Arc<Slow>,
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
        let visits = Visits::Allowed;
        let policy = Policy {
            names,
            nameless: Nameless::Address,
            origin: Origin::Listed { origins, visits },
        };
        let policy = Arc::new(policy);
        Self {
            desk,
            devices,
            policy,
            slow: Arc::default(),
        }
    }
}

fn status(fault: Fault) -> StatusCode {
    match fault {
        Fault::CallerMistake(Mistake::Conflict) => StatusCode::CONFLICT,
        Fault::CallerMistake(Mistake::NoSuchThing) => StatusCode::NOT_FOUND,
        Fault::CallerMistake(Mistake::Unprocessable) => StatusCode::UNPROCESSABLE_ENTITY,
        Fault::Environment => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Invariant => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What the till hears of a desk's error; the chain of causes goes to the agent's log.
impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let (fault, code) = (error.fault(), error.code());
        let problem = Self::new(status(fault), code).at_line(error.line());
        let request = problem.request();
        match fault {
            Fault::CallerMistake(_) => tracing::info!(code, request, "request refused"),
            Fault::Environment | Fault::Invariant => {
                tracing::error!(code, request, "{}", text::chain(&error));
            }
        }
        problem
    }
}
