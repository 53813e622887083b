//! How tills come in: the interface's habits on a shared door, and calls that outlive their till.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::sync::watch;

use super::gate::Gate;
use super::relay::Relay;
use crate::door::accept::{self, GRACE};
use crate::door::bind::Bound;
use crate::door::room::Shares;

/// A known till that does not send its next call's head within this time is cut off; so long is an idle
/// connection kept (the usual 75 s of the servers it would meet without us).
const HEADER_TIMEOUT: Duration = Duration::from_secs(75);

/// How many connections may be open that showed no till's secret yet.
const STRANGERS: usize = 256;

/// How HTTP is spoken with tills: as the platform's servers speak it.
fn protocol() -> http1::Builder {
    let mut protocol = accept::protocol(HEADER_TIMEOUT);
    protocol
        .preserve_header_case(true)
        .title_case_headers(true)
        .auto_date_header(false)
        // Old clients close their half once the call is written, and read the answer then.
        .half_close(true);
    protocol
}

/// Serves until `stop` turns true, then lets open calls end.
pub(super) async fn serve<G: Gate>(
    bound: Bound,
    known: usize,
    relay: Arc<Relay<G>>,
    stop: watch::Receiver<bool>,
) {
    let background = relay.way.background.clone();
    let service = service_fn(move |request| {
        let relay = Arc::clone(&relay);
        async move { relay.take(request).await }
    });
    let shares = Shares {
        strangers: STRANGERS,
        known,
    };
    let mut open = bound.serve(shares, protocol(), service, stop).await;
    let drained = async {
        open.drain().await;
        background.drain().await;
    };
    if tokio::time::timeout(GRACE, drained).await.is_err() {
        tracing::warn!("calls still open after the grace period were cut off");
        open.shut_down().await;
        background.shut_down().await;
    }
}
