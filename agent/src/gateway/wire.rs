//! A connection with the platform, and the spelling of the last answer's head that came over it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::header;

/// Longest head that is kept; longer ones lose their spelling where an answer is kept.
const MAX_HEAD: usize = 64 * 1024;

const END: &[u8] = b"\r\n\r\n";

/// Bytes both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The head of the last answer as it came, since the HTTP library keeps the spelling of names to
/// itself.
#[derive(Clone, Default)]
pub(super) struct Transcript(Arc<Mutex<Head>>);

#[derive(Default)]
struct Head {
    bytes: Vec<u8>,
    is_complete: bool,
}

impl Transcript {
    /// The fields of the last head; none where it was too long or mixed with something else.
    pub(super) fn fields(&self) -> Option<Vec<(String, Vec<u8>)>> {
        let head = self.head();
        head.is_complete
            .then(|| header::parse_head(&head.bytes))
            .flatten()
    }

    fn head(&self) -> MutexGuard<'_, Head> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn came(&self, data: &[u8]) {
        let mut head = self.head();
        if head.is_complete || head.bytes.len() > MAX_HEAD {
            return;
        }
        let from = head.bytes.len().saturating_sub(END.len());
        head.bytes.extend_from_slice(data);
        let mut from = from;
        while let Some(found) = head
            .bytes
            .get(from..)
            .and_then(|tail| tail.windows(END.len()).position(|part| part == END))
        {
            let end = from + found + END.len();
            // An interim answer (100 to 199) precedes the answer itself.
            if head.bytes.get(9) == Some(&b'1') {
                head.bytes.drain(..end);
                from = 0;
            } else {
                head.bytes.truncate(end);
                head.is_complete = true;
                return;
            }
        }
    }

    /// A new call begins.
    fn left(&self) {
        let mut head = self.head();
        if head.is_complete {
            *head = Head::default();
        }
    }
}

/// A connection.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    transcript: Transcript,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            transcript: Transcript::default(),
        }
    }

    pub(super) fn transcript(&self) -> Transcript {
        self.transcript.clone()
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        // The library hands this out with every answer that comes over the connection.
        Connected::new().extra(self.transcript())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.transcript
            .came(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.transcript.left();
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.transcript.left();
        Pin::new(&mut self.stream).poll_write_vectored(cx, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(transcript: &Transcript) -> Option<Vec<String>> {
        let fields = transcript.fields()?;
        Some(fields.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn the_last_head_is_kept_however_it_is_cut_into_pieces() {
        let transcript = Transcript::default();
        let answers: [(&[u8], &str); 3] = [
            (b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nbody\r\n\r\n", "X-A"),
            (
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-B: 1\r\n\r\n",
                "x-B",
            ),
            (b"HTTP/1.1 500 No\r\nX-c: 1\r\n\r\n", "X-c"),
        ];
        for (answer, name) in answers {
            for size in [1, 3, 7, answer.len()] {
                transcript.left();
                assert_eq!(names(&transcript), None);
                for piece in answer.chunks(size) {
                    transcript.came(piece);
                }
                assert_eq!(names(&transcript).unwrap(), [name], "in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_head_without_end_is_not_kept() {
        let transcript = Transcript::default();
        for _ in 0..100 {
            transcript.came(&[b'x'; 4096]);
        }
        assert!(transcript.head().bytes.len() <= MAX_HEAD + 4096);
        assert_eq!(names(&transcript), None);
    }
}
