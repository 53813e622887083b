//! The counter page: one light for the open sale, what to do next, a field for the scanner, and
//! the attempts whose outcome nobody knows.
//!
//! In scope: who may open the page, what it shows of a till's board, what people enter there. Out
//! of scope: what the board says (the desk), and the listener, which the service shares with the
//! local API.
//!
//! ```text
//! GET  /counter/open/{till secret}  opens a session, answers with its cookie and a redirect
//! GET  /counter/                    the page; ?lang=zh, ?lang=en switch its language
//! GET  /counter/board               its changing parts
//! GET  /counter/events              says that they may have changed (server-sent events)
//! POST /counter/scans               a scan
//! POST /counter/resolutions         what the platform said of an attempt in doubt
//! POST /counter/actions/{form}      what a form of the page asks for
//! POST /counter/prescriptions       a prescription with its images
//! POST /counter/photos              the photo of a code that cannot be read
//! ```
//!
//! Who answers a reason finds its forms beside it: `panel` says which and draws them, `form` reads
//! what comes back. Both go by [`form::FormKind`], so that none has one side only.
//!
//! Every answer is a page or parts of one. The script swaps in the parts that differ, so that it
//! knows nothing of what they mean, and the page works without it.

mod asset;
mod cookie;
mod desk;
mod event;
mod form;
mod guard;
mod language;
mod mask;
mod notice;
mod office;
mod page;
mod panel;
mod reviewer;
mod route;
mod site;
mod switch;
mod till;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::sync::watch;

pub use desk::{Answering, Counter, ScanFolder, TakenFile};
pub use reviewer::ReviewServer;
pub use till::TillCounter;

use crate::door::policy::{Names, Scheme};
use crate::door::session::Sessions;

/// The paths below `/counter`, for a listener bound to `address`. Open streams of events end when
/// `stop` turns true.
pub fn router(
    counter: Arc<dyn Counter>,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
) -> Router {
    let names = Names::new(address, Scheme::Http, &[]);
    route::router(site::Site {
        counter,
        policy: Arc::new(guard::policy(names)),
        sessions: Arc::new(Sessions::new(cookie::SESSION, None)),
        slow: Arc::default(),
        stop,
    })
}
