//! Content codings (RFC 9110, 8.4.1): what passes stays packed, and a copy is unpacked to be read.

use std::borrow::Cow;
use std::io::Read;

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, GzDecoder, MultiGzDecoder, ZlibDecoder};

use super::body::MAX_BODY;

/// A body, as far as its coding lets it be read.
#[derive(Debug, Eq, PartialEq)]
pub enum Unpacked<'b> {
    /// It is damaged, or was cut off; this came out before.
    Damaged(Vec<u8>),
    /// It is longer than any message of the interface; this is its beginning.
    TooLong(Vec<u8>),
    /// Its coding is not known here.
    Unknown,
    Whole(Cow<'b, [u8]>),
}

impl<'b> Unpacked<'b> {
    /// The body, if all of it can be read.
    pub fn whole(self) -> Option<Cow<'b, [u8]>> {
        match self {
            Self::Whole(body) => Some(body),
            Self::Damaged(_) | Self::TooLong(_) | Self::Unknown => None,
        }
    }

    /// What came out; nothing where nothing did.
    pub fn beginning(&self) -> Option<&[u8]> {
        match self {
            Self::Damaged(body) | Self::TooLong(body) => Some(body.as_slice()),
            Self::Unknown => None,
            Self::Whole(body) => Some(body.as_ref()),
        }
        .filter(|body| !body.is_empty())
    }
}

/// What a gzip stream begins with, whatever its label says.
const GZIP: &[u8] = b"\x1f\x8b\x08";

/// Bytes that the decoder of brotli takes in at a time.
const BLOCK: usize = 4096;

/// Unpacks a body to at most [`MAX_BODY`] bytes.
///
/// `codings` are the values of `Content-Encoding`, in the order in which they were applied. What is
/// packed without saying so is unpacked where all of it can be.
pub fn unpack<'b>(codings: &[&[u8]], body: &'b [u8]) -> Unpacked<'b> {
    let is_none = |coding: &[u8]| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity");
    let mut named = codings
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !is_none(coding));
    match (named.next(), named.next()) {
        (None, _) if body.starts_with(GZIP) => match gunzip(body) {
            Unpacked::Damaged(_) => Unpacked::Whole(Cow::Borrowed(body)),
            unpacked => unpacked,
        },
        (None, _) => Unpacked::Whole(Cow::Borrowed(body)),
        (Some(coding), None) => match coding.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => gunzip(body),
            b"deflate" => inflate(body),
            b"br" if !is_large_window(body) => all_of(Decompressor::new(body, BLOCK)),
            _ => Unpacked::Unknown,
        },
        // Nobody packs twice; whoever does is not read.
        (Some(_), Some(_)) => Unpacked::Unknown,
    }
}

/// All members of a gzip stream, as browsers join them; the first one where what follows is none.
fn gunzip(body: &[u8]) -> Unpacked<'static> {
    match all_of(MultiGzDecoder::new(body)) {
        Unpacked::Damaged(beginning) => match all_of(GzDecoder::new(body)) {
            Unpacked::Whole(first) => Unpacked::Whole(first),
            _ => Unpacked::Damaged(beginning),
        },
        unpacked => unpacked,
    }
}

/// `deflate` with its zlib frame (RFC 9110), or bare, as some servers send it.
fn inflate(body: &[u8]) -> Unpacked<'static> {
    match all_of(ZlibDecoder::new(body)) {
        Unpacked::Damaged(beginning) => match all_of(DeflateDecoder::new(body)) {
            Unpacked::Damaged(bare) if bare.len() < beginning.len() => Unpacked::Damaged(beginning),
            bare => bare,
        },
        framed => framed,
    }
}

/// Brotli with a window beyond RFC 7932, which would take a gigabyte to read.
fn is_large_window(body: &[u8]) -> bool {
    body.first().is_some_and(|first| first & 0x7f == 0x11)
}

fn all_of(packed: impl Read) -> Unpacked<'static> {
    let mut body = Vec::new();
    let most = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
    match packed.take(most.saturating_add(1)).read_to_end(&mut body) {
        Err(_) => Unpacked::Damaged(body),
        Ok(_) if body.len() > MAX_BODY => Unpacked::TooLong(body),
        Ok(_) => Unpacked::Whole(Cow::Owned(body)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    /// `{"infcode":0}` in one uncompressed block (RFC 7932, 9.2): window, length less one, bytes, and
    /// an empty last block.
    const BROTLI: &[u8] = b"\x0b\x06\x80{\"infcode\":0}\x03";

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn unpacks_what_tills_and_platforms_use() {
        let body = br#"{"infcode":0}"#;
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(body).unwrap();
        let deflated = deflated.finish().unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(body).unwrap();
        let bare = bare.finish().unwrap();
        let members = [gzip(&body[..5]), gzip(&body[5..])].concat();
        let followed = [gzip(body), b"\0\0".to_vec()].concat();
        let cases: [(&[&[u8]], &[u8]); 11] = [
            (&[], &gzip(body)),
            (&[b"gzip"], &members),
            (&[b"gzip"], &followed),
            (&[b"deflate"], &bare),
            (&[b"br"], BROTLI),
            (&[b" Br "], BROTLI),
            (&[], body),
            (&[b"identity"], body),
            (&[b"GZIP"], &gzip(body)),
            (&[b"identity, gzip"], &gzip(body)),
            (&[b"deflate"], &deflated),
        ];
        for (codings, packed) in cases {
            assert_eq!(unpack(codings, packed).whole().as_deref(), Some(&body[..]));
        }
    }

    #[test]
    fn says_how_far_a_body_can_be_read() {
        let body = br#"{"infno":"2102","input":{}}"#;
        let packed = gzip(body);
        for codings in [&[&b"zstd"[..]][..], &[b"gzip", b"gzip"], &[b"utf-8"]] {
            assert_eq!(unpack(codings, &packed), Unpacked::Unknown, "{codings:?}");
        }
        fn read(packed: &[u8]) -> Unpacked<'_> {
            unpack(&[b"gzip"], packed)
        }
        assert_eq!(read(body), Unpacked::Damaged(Vec::new()));
        assert_eq!(read(&packed[..4]).beginning(), None);
        let cut = read(&packed[..packed.len() - 6]);
        assert_eq!(cut.beginning(), Some(&body[..]));
        assert_eq!(cut.whole(), None);
        let mut forged = packed;
        let sum = forged.len() - 5;
        forged[sum] ^= 1;
        assert_eq!(read(&forged).whole(), None);
        // A megabyte of nothing packs to a kilobyte: the limit holds for what comes out.
        let bomb = gzip(&vec![b' '; MAX_BODY * 2]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(read(&bomb), Unpacked::TooLong(body) if body.len() == MAX_BODY + 1));
        let full = gzip(&vec![b' '; MAX_BODY]);
        assert!(read(&full).whole().is_some());
    }
}
