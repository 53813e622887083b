//! The pack that is built into the program: its files, and the digest by which they are believed.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use pharmacy_protocol::{Unverified, Verified};

use crate::pack::error::PackError;
use crate::pack::source::PackSource;

/// SHA-256 of the archive of the built-in pack. After a change in `config/rules`, the test
/// `the_pinned_digest_is_the_digest_of_the_shipped_pack` prints the line to paste here.
const PINNED_DIGEST: &str = "9cf078e1dd262270e533f41bbed8d652b3aeb43ff5c3c0b49cc0962bb547d786";

/// The built-in pack's files, as the build script packed them; `config/rules` is their home.
macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!(env!("OUT_DIR"), "/", $name)).as_slice())),+]
    };
}

fn built_in() -> PackSource {
    let files = built_in![
        "budgets.csv",
        "calls.csv",
        "dispensing.csv",
        "doubles.csv",
        "ephedrine.csv",
        "evidence.csv",
        "institutions.csv",
        "lexicon.csv",
        "limits.csv",
        "pack.toml",
        "physicians.csv",
        "pieces.csv",
        "prescriptions.csv",
        "prices.csv",
        "quantities.csv",
        "questions.csv",
        "relations.csv",
        "reviews.csv",
        "rules.csv",
        "trace.csv",
        "words.csv",
    ];
    let files = files
        .into_iter()
        .map(|(name, packed)| (name.to_owned(), unpack(packed)));
    PackSource {
        files: files.collect(),
    }
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A pack that was read in part is refused by its digest.
    let _ = DeflateDecoder::new(packed).read_to_end(&mut bytes);
    bytes
}

/// The pack that is built into the program, believed by its pinned digest.
pub fn shipped_source() -> Result<Verified<PackSource>, PackError> {
    Unverified::new(built_in().archive())
        .match_digest(&pinned())
        .map_err(PackError::Digest)?
        .try_map(|archive| PackSource::parse(&archive))
        .map_err(PackError::Archive)
}

fn pinned() -> [u8; 32] {
    let mut digest = [0; 32];
    for (at, byte) in digest.iter_mut().enumerate() {
        let from = at.saturating_mul(2);
        let pair = PINNED_DIGEST
            .get(from..from.saturating_add(2))
            .unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_digest_is_the_digest_of_the_shipped_pack() {
        let digest = built_in().digest_text();
        assert_eq!(
            PINNED_DIGEST, digest,
            "config/rules changed; paste this into agent/decision/src/pack/shipped.rs:\n\
             const PINNED_DIGEST: &str = \"{digest}\";\n"
        );
        assert_eq!(shipped_source().unwrap().get(), &built_in());
    }
}
