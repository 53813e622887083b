//! HTTP/1.1 on the platform's side: a request with its exact head, an answer with its exact bytes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest head that is read.
const MAX_HEAD: usize = 64 * 1024;

/// A request as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arrived {
    /// The method.
    pub method: String,
    /// The request target, as written.
    pub target: String,
    /// The headers in their order and spelling; bytes that are no UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// Request line and headers as they came, up to and with the empty line.
    pub head: Vec<u8>,
    /// The body, taken out of its chunks if it came in chunks.
    pub body: Vec<u8>,
}

/// An answer before it is framed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code and phrase.
    pub status: (u16, &'static str),
    /// Headers but those of the framing.
    pub headers: Vec<(String, String)>,
    /// What follows.
    pub body: Body,
    /// How its end is told.
    pub framing: Framing,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A made-up file of this many bytes, never held whole ([`file_bytes`]).
    File(u64),
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// In two chunks.
    Chunked,
    /// By a length under this name.
    Length(&'static str),
}

impl Arrived {
    /// The first header of that name, whatever its spelling.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Reads a request; none where the connection ended before one began.
    pub fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let before = head.len();
            stream.read_until(b'\n', &mut head)?;
            if head.len() == before {
                let is_between = head.is_empty();
                return is_between
                    .then_some(None)
                    .ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
            if head.len() > MAX_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        let mut arrived = Self::parse(head).ok_or(io::ErrorKind::InvalidData)?;
        let waits = arrived
            .header("expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
        if waits {
            stream
                .get_mut()
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        arrived.body = read_body(stream, &arrived)?;
        Ok(Some(arrived))
    }

    fn parse(head: Vec<u8>) -> Option<Self> {
        let text = String::from_utf8_lossy(&head).into_owned();
        let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        });
        Some(Self {
            method,
            target,
            headers: headers.collect::<Option<_>>()?,
            head,
            body: Vec::new(),
        })
    }

    /// Whether the caller asked for the connection to be closed.
    pub(super) fn asks_to_close(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.to_ascii_lowercase().contains("close"))
    }
}

fn read_body(stream: &mut BufReader<TcpStream>, arrived: &Arrived) -> io::Result<Vec<u8>> {
    let is_chunked = arrived
        .header("transfer-encoding")
        .is_some_and(|value| value.to_ascii_lowercase().contains("chunked"));
    if is_chunked {
        return read_chunks(stream);
    }
    let length = arrived.header("content-length").unwrap_or("0");
    let length = length.parse().map_err(|_| io::ErrorKind::InvalidData)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut chunk = vec![0; size + 2];
        if size == 0 {
            // No trailers: no till sends any.
            stream.read_exact(&mut chunk)?;
            return Ok(body);
        }
        stream.read_exact(&mut chunk)?;
        body.extend_from_slice(&chunk[..size]);
    }
}

impl Answer {
    /// Status line and headers, framing included, up to and with the empty line.
    pub fn head(&self) -> Vec<u8> {
        let (status, phrase) = self.status;
        let mut head = format!("HTTP/1.1 {status} {phrase}\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.framing {
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
            Framing::Length(name) => head.push_str(&format!("{name}: {}\r\n", self.length())),
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn length(&self) -> u64 {
        match &self.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(length) => *length,
        }
    }

    /// The whole answer as it goes out; of a file the head only.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.head();
        let Body::Bytes(body) = &self.body else {
            return out;
        };
        match self.framing {
            Framing::Length(_) => out.extend_from_slice(body),
            Framing::Chunked => {
                let (first, second) = body.split_at(body.len() / 2);
                for chunk in [first, second]
                    .into_iter()
                    .filter(|chunk| !chunk.is_empty())
                {
                    out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n\r\n");
            }
        }
        out
    }

    /// Sends it; `sent` counts the bytes of files.
    pub fn send(&self, stream: &mut TcpStream, sent: &AtomicU64) -> io::Result<()> {
        stream.write_all(&self.bytes())?;
        let Body::File(length) = self.body else {
            return Ok(());
        };
        let mut at = 0;
        while at < length {
            let block = file_bytes(at, length);
            stream.write_all(&block)?;
            at += block.len() as u64;
            sent.fetch_add(block.len() as u64, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// How much of a made-up file is made at once.
pub const FILE_BLOCK: u64 = 64 * 1024;

/// The made-up file's bytes from `at`, a multiple of [`FILE_BLOCK`], for a block or to its end. Every
/// block begins with its own place, so that a missing or a swapped one shows.
pub fn file_bytes(at: u64, length: u64) -> Vec<u8> {
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    let pattern =
        PATTERN.get_or_init(|| (0..FILE_BLOCK).map(|offset| (offset % 251) as u8).collect());
    let size = FILE_BLOCK.min(length.saturating_sub(at));
    let mut block = pattern[..usize::try_from(size).expect("a block")].to_vec();
    for (byte, place) in block.iter_mut().zip(at.to_be_bytes()) {
        *byte = place;
    }
    block
}

/// A body as gzip, with nothing compressed: what counts is that nobody on the way unpacks it.
pub fn gzip(body: &[u8]) -> Vec<u8> {
    // SPEC: RFC 1952 member around RFC 1951 stored blocks.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let blocks = body.chunks(0xffff);
    let last = blocks.len().saturating_sub(1);
    for (place, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).expect("a chunk of at most 65535");
        out.push(u8::from(place == last));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    if body.is_empty() {
        out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    out.extend_from_slice(&crc32(body).to_le_bytes());
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{crc32, gzip};

    #[test]
    fn check_value_of_the_checksum_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let packed = gzip(b"123456789");
        assert_eq!(packed[10..15], [1, 9, 0, 0xf6, 0xff]);
        assert_eq!(gzip(&[7; 70_000]).len(), 10 + 2 * 5 + 70_000 + 8);
    }
}
