//! Bodies in passing: frames go on as they come, one at a time, so that whoever reads slowly slows
//! the other side down and nothing piles up here.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::background::Background;

/// A future that is awaited inside a body.
pub(super) type Pending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// When the till last sent something: a long upload is no silence of the platform's.
#[derive(Clone)]
pub(super) struct Progress {
    start: Instant,
    last_ms: Arc<AtomicU64>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            last_ms: Arc::new(AtomicU64::new(0)),
        }
    }

    fn touch(&self) {
        let since = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(since, Ordering::Relaxed);
    }

    /// When something last moved.
    pub(super) fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
    }
}

/// The body of a call on its way to the platform.
pub(super) enum CallBody {
    Whole {
        /// What is left to send.
        bytes: Bytes,
        /// It came in chunks, and goes on in chunks.
        chunked: bool,
    },
    /// Passes while it is read.
    Streamed {
        /// What was read of it and is left to send.
        prefix: Bytes,
        rest: Incoming,
        /// Who must know that it moves.
        progress: Progress,
    },
}

/// What is left to send, as the one frame that it makes.
fn sent(left: &mut Bytes) -> Option<Frame<Bytes>> {
    (!left.is_empty()).then(|| Frame::data(std::mem::take(left)))
}

/// The size of a body that is known; none where it goes in chunks.
fn size(left: &Bytes, chunked: bool) -> SizeHint {
    if chunked {
        SizeHint::default()
    } else {
        SizeHint::with_exact(left.len() as u64)
    }
}

impl Body for CallBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Whole { bytes, .. } => Poll::Ready(sent(bytes).map(Ok)),
            Self::Streamed {
                prefix,
                rest,
                progress,
            } => {
                if let Some(frame) = sent(prefix) {
                    return Poll::Ready(Some(Ok(frame)));
                }
                let next = ready!(next_data(rest, cx));
                progress.touch();
                Poll::Ready(next.map(|data| data.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole { bytes, chunked } => bytes.is_empty() && !chunked,
            Self::Streamed { prefix, rest, .. } => prefix.is_empty() && rest.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole { bytes, chunked } => size(bytes, *chunked),
            Self::Streamed { prefix, rest, .. } => {
                let before = prefix.len() as u64;
                match rest.size_hint().exact() {
                    Some(rest) => SizeHint::with_exact(before.saturating_add(rest)),
                    None => SizeHint::default(),
                }
            }
        }
    }
}

/// The next bytes of a body; trailers end here.
fn next_data(
    body: &mut Incoming,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, hyper::Error>>> {
    loop {
        match ready!(Pin::new(&mut *body).poll_frame(cx)) {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Poll::Ready(Some(Ok(data)));
                }
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        }
    }
}

/// The next bytes of a body.
pub(super) async fn next(body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    std::future::poll_fn(|cx| next_data(body, cx)).await
}

/// What was kept of an answer that passed.
pub(super) struct Kept {
    /// Its beginning, at most as long as asked for.
    pub(super) bytes: Vec<u8>,
    /// The beginning is all of it, and it came to its end.
    pub(super) is_whole: bool,
}

type Note = Box<dyn FnOnce(Kept) -> Pending + Send>;

/// Keeps an answer's beginning as it passes, and tells of it before the till sees the end.
pub(super) struct Tap {
    bytes: Vec<u8>,
    limit: usize,
    is_whole: bool,
    note: Option<Note>,
    /// Where to run the note when the till hangs up.
    background: Background,
}

impl Tap {
    /// A tap that keeps up to `limit` bytes for `note`.
    pub(super) fn new(
        limit: usize,
        background: Background,
        note: impl FnOnce(Kept) -> Pending + Send + 'static,
    ) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            is_whole: true,
            note: Some(Box::new(note)),
            background,
        }
    }

    fn keep(&mut self, data: &[u8]) {
        let room = self.limit.saturating_sub(self.bytes.len());
        match data.get(..room) {
            Some(beginning) if beginning.len() < data.len() => {
                self.bytes.extend_from_slice(beginning);
                self.is_whole = false;
            }
            _ => self.bytes.extend_from_slice(data),
        }
    }

    /// Tells: the answer ended, or was cut.
    pub(super) fn tell(mut self, end: End) -> Pending {
        self.told(end)
            .unwrap_or_else(|| Box::pin(std::future::ready(())))
    }

    fn told(&mut self, end: End) -> Option<Pending> {
        let kept = Kept {
            bytes: std::mem::take(&mut self.bytes),
            is_whole: self.is_whole && end == End::Complete,
        };
        self.note.take().map(|note| note(kept))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // The till hung up: what is known of the answer is told all the same.
        if let Some(told) = self.told(End::Cut) {
            self.background.spawn(told);
        }
    }
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    Complete,
    Cut,
}

/// The body of an answer on its way to the till.
pub(super) enum AnswerBody {
    /// Passes while it is read.
    Relayed(Box<Relayed>),
    Whole {
        /// What is left to send.
        bytes: Bytes,
        /// Goes out in chunks.
        chunked: bool,
    },
}

impl AnswerBody {
    /// A body that goes out with its length.
    pub(super) fn sized(bytes: Vec<u8>) -> Self {
        Self::Whole {
            bytes: bytes.into(),
            chunked: false,
        }
    }
}

/// An answer in passing.
pub(super) struct Relayed {
    inner: Incoming,
    tap: Option<Tap>,
    telling: Option<Pending>,
    /// The last bytes, held back until the note is taken.
    held: Option<Bytes>,
    silence: Duration,
    is_waiting: bool,
    deadline: Pin<Box<Sleep>>,
}

impl Relayed {
    /// An answer that is cut when the platform is silent for this long.
    pub(super) fn new(inner: Incoming, tap: Option<Tap>, silence: Duration) -> Self {
        Self {
            inner,
            tap,
            telling: None,
            held: None,
            silence,
            is_waiting: false,
            deadline: Box::pin(tokio::time::sleep(silence)),
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        loop {
            if let Some(telling) = self.telling.as_mut() {
                ready!(telling.as_mut().poll(cx));
                self.telling = None;
                return Poll::Ready(self.held.take().map(Ok));
            }
            let Poll::Ready(next) = next_data(&mut self.inner, cx) else {
                // Counted from when the platform is waited for: a till that reads slowly is no
                // silence of the platform's.
                if !std::mem::replace(&mut self.is_waiting, true) {
                    self.deadline.as_mut().reset(Instant::now() + self.silence);
                }
                ready!(self.deadline.as_mut().poll(cx));
                return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
            };
            self.is_waiting = false;
            let data = match next {
                Some(Ok(data)) => data,
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                None => match self.tap.take() {
                    Some(tap) => {
                        self.telling = Some(tap.tell(End::Complete));
                        continue;
                    }
                    None => return Poll::Ready(None),
                },
            };
            let Some(mut tap) = self.tap.take() else {
                return Poll::Ready(Some(Ok(data)));
            };
            tap.keep(&data);
            if !self.inner.is_end_stream() {
                self.tap = Some(tap);
                return Poll::Ready(Some(Ok(data)));
            }
            // Nobody asks again after the last byte of a body with a length.
            self.held = Some(data);
            self.telling = Some(tap.tell(End::Complete));
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole { bytes, .. } => Poll::Ready(sent(bytes).map(Ok)),
            Self::Relayed(relayed) => {
                let next = ready!(relayed.poll_next(cx));
                Poll::Ready(next.map(|data| data.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole { bytes, chunked } => bytes.is_empty() && !chunked,
            Self::Relayed(relayed) => {
                relayed.tap.is_none()
                    && relayed.telling.is_none()
                    && relayed.held.is_none()
                    && relayed.inner.is_end_stream()
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole { bytes, chunked } => size(bytes, *chunked),
            Self::Relayed(relayed) if relayed.held.is_some() => SizeHint::default(),
            Self::Relayed(relayed) => relayed.inner.size_hint(),
        }
    }
}
