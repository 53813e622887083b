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

    /// What is in it, packed once more: no more of it than one layer holds.
    fn unpacked(self, coding: &[u8]) -> Unpacked<'static> {
        match self {
            Self::Damaged(packed) => match decode(coding, &packed) {
                Unpacked::Whole(body) => Unpacked::Damaged(body.into_owned()),
                inner => inner,
            },
            Self::TooLong(packed) => match decode(coding, &packed) {
                Unpacked::Damaged(body) => Unpacked::TooLong(body),
                Unpacked::Whole(body) => Unpacked::TooLong(body.into_owned()),
                inner => inner,
            },
            Self::Unknown => Unpacked::Unknown,
            Self::Whole(packed) => decode(coding, &packed),
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
/// packed without saying so is unpacked where all of it can be. Twice at most: nobody packs three times, and
/// whoever does is not read.
pub fn unpack<'b>(codings: &[&[u8]], body: &'b [u8]) -> Unpacked<'b> {
    let is_none = |coding: &[u8]| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity");
    let mut named = codings
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !is_none(coding));
    match (named.next(), named.next(), named.next()) {
        (None, ..) if body.starts_with(GZIP) => match gunzip(body) {
            Unpacked::Damaged(_) => Unpacked::Whole(Cow::Borrowed(body)),
            unpacked => unpacked,
        },
        (None, ..) => Unpacked::Whole(Cow::Borrowed(body)),
        (Some(coding), None, _) => decode(coding, body),
        (Some(inner), Some(outer), None) => decode(outer, body).unpacked(inner),
        (Some(_), Some(_), Some(_)) => Unpacked::Unknown,
    }
}

/// Undoes one coding.
fn decode(coding: &[u8], body: &[u8]) -> Unpacked<'static> {
    match coding.to_ascii_lowercase().as_slice() {
        b"gzip" | b"x-gzip" => gunzip(body),
        b"deflate" => inflate(body),
        b"br" if !is_large_window(body) => all_of(Decompressor::new(body, BLOCK)),
        _ => Unpacked::Unknown,
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
        let twice = gzip(BROTLI);
        let cases: [(&[&[u8]], &[u8]); 14] = [
            (&[b"br, gzip"], &twice),
            (&[b"br", b"X-Gzip"], &twice),
            (&[b"identity", b"gzip,", b"gzip"], &gzip(&gzip(body))),
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
        for codings in [
            &[&b"zstd"[..]][..],
            &[b"zstd, gzip"],
            &[b"gzip", b"zstd"],
            &[b"gzip, gzip", b"gzip"],
            &[b"utf-8"],
        ] {
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
        let stacked = |packed: &[u8]| {
            unpack(&[b"gzip, gzip"], packed)
                .beginning()
                .map(<[u8]>::len)
        };
        assert_eq!(stacked(&gzip(&bomb)), Some(MAX_BODY + 1));
        // A bomb without a gzip stream in it, and one that is cut off.
        assert_eq!(stacked(&bomb), None);
        let cut = gzip(&gzip(body));
        let cut = unpack(&[b"gzip, gzip"], &cut[..cut.len() - 6]);
        assert_eq!(cut, Unpacked::Damaged(body.to_vec()));
        let full = gzip(&vec![b' '; MAX_BODY]);
        assert!(read(&full).whole().is_some());
    }
}
