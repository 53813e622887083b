//! Content codings (RFC 9110, 8.4.1): what passes stays packed, and a copy is unpacked to be read.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use super::node::MAX_BODY;

/// A body as it can be read; none where its coding is not known here, it is damaged, or it unpacks to
/// more than any message of the interface.
///
/// `codings` are the values of `Content-Encoding`, in the order in which they were applied.
pub fn unpack<'b>(codings: &[&[u8]], body: &'b [u8]) -> Option<Cow<'b, [u8]>> {
    let named = codings
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|coding| coding.trim_ascii().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != b"identity");
    let named: Vec<Vec<u8>> = named.collect();
    match named.as_slice() {
        [] => Some(Cow::Borrowed(body)),
        [one] => match one.as_slice() {
            b"gzip" | b"x-gzip" => all_of(GzDecoder::new(body)).map(Cow::Owned),
            b"deflate" => all_of(ZlibDecoder::new(body)).map(Cow::Owned),
            _ => None,
        },
        // Nobody packs twice; whoever does is not read.
        _ => None,
    }
}

fn all_of(packed: impl Read) -> Option<Vec<u8>> {
    let limit = u64::try_from(MAX_BODY).ok()?.checked_add(1)?;
    let mut body = Vec::new();
    packed.take(limit).read_to_end(&mut body).ok()?;
    (body.len() <= MAX_BODY).then_some(body)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

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
        let cases: [(&[&[u8]], &[u8]); 5] = [
            (&[], body),
            (&[b"identity"], body),
            (&[b"GZIP"], &gzip(body)),
            (&[b"identity, gzip"], &gzip(body)),
            (&[b"deflate"], &deflated),
        ];
        for (codings, packed) in cases {
            assert_eq!(unpack(codings, packed).as_deref(), Some(&body[..]));
        }
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        let packed = gzip(b"{}");
        assert!(unpack(&[b"br"], &packed).is_none());
        assert!(unpack(&[b"gzip", b"gzip"], &packed).is_none());
        assert!(unpack(&[b"gzip"], b"{}").is_none());
        assert!(unpack(&[b"gzip"], packed.get(..8).unwrap()).is_none());
        // A megabyte of nothing packs to a kilobyte: the limit holds for what comes out.
        let bomb = gzip(&vec![b' '; MAX_BODY + 1]);
        assert!(bomb.len() < 10_000 && unpack(&[b"gzip"], &bomb).is_none());
    }
}
