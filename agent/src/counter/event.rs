//! The stream that tells the page to look again (server-sent events).
//!
//! An event says *that* something may have changed, never what: the page fetches that under its own
//! session. A sign of life every fifteen seconds is an event, not a comment, because a script does
//! not see comments, and a page that hears nothing must not go on showing green.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::watch;

/// How often the stream says that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// After a break the browser calls again this soon, and once connected looks at the board.
const GREETING: &str = "retry: 1000\nevent: alive\ndata:\n\n";
const ALIVE: &str = "event: alive\ndata:\n\n";
const CHANGED: &str = "event: changed\ndata:\n\n";

/// A stream that goes on as long as whoever listens is welcome and the agent does not stop.
pub(super) fn stream(
    mut changes: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    is_welcome: impl Fn() -> bool + Send + 'static,
) -> Response {
    // What happened before this moment is in the board that the page fetches once connected.
    changes.mark_unchanged();
    let watch = Watch {
        is_welcome: Box::new(is_welcome),
        changes,
        stop,
    };
    let events = Events {
        next: Box::pin(async { Some((watch, GREETING)) }),
    };
    let content_type = [(header::CONTENT_TYPE, "text/event-stream")];
    (content_type, Body::new(events)).into_response()
}

struct Watch {
    is_welcome: Box<dyn Fn() -> bool + Send>,
    changes: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
}

impl Watch {
    /// Waits for the next event; none when the agent stops or the listener is no longer welcome.
    async fn next(mut self) -> Option<(Self, &'static str)> {
        let event = tokio::select! {
            () = crate::door::stop::told(&mut self.stop) => return None,
            changed = self.changes.changed() => changed.ok().map(|()| CHANGED)?,
            () = tokio::time::sleep(SIGN_OF_LIFE) => ALIVE,
        };
        (self.is_welcome)().then_some((self, event))
    }
}

type Next = Pin<Box<dyn Future<Output = Option<(Watch, &'static str)>> + Send>>;

/// The body of the answer: one frame per event.
struct Events {
    next: Next,
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => {
                // A body that has ended may be asked again.
                self.next = Box::pin(async { None });
                Poll::Ready(None)
            }
            Poll::Ready(Some((watch, event))) => {
                self.next = Box::pin(watch.next());
                let frame = Frame::data(Bytes::from_static(event.as_bytes()));
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }
}
