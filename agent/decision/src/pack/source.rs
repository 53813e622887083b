//! A pack's files, and the bytes that are digested and signed.
//!
//! Out of scope: which files a pack has (`file`), the pack that is built in (`shipped`).
//!
//! ```text
//! archive = "pharmacy/pack/v1\n" file*         files in the order of their paths, bytewise
//! file    = u16 length of path | path | u64 length of bytes | bytes        numbers big-endian
//! digest  = SHA-256(archive)
//! ```

use std::collections::BTreeMap;

use pharmacy_protocol::digest::{hex, sha256};

/// First bytes of an archive.
const MAGIC: &[u8] = b"pharmacy/pack/v1\n";

/// Largest archive that is read, checked before anything is allocated for it.
pub const MAX_ARCHIVE: usize = 32 * 1024 * 1024;

/// A pack's files by name, as a directory or an archive holds them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PackSource {
    /// Contents by file name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Bytes that are not the archive of a pack.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ArchiveError {
    /// It does not begin as an archive does.
    #[error("archive does not begin with its name and version")]
    Magic,
    /// Names are not in order, or one stands there twice.
    #[error("file names are not in strict order")]
    Order,
    /// It ends in the middle of a file.
    #[error("archive ends in the middle of a file")]
    Short,
    /// Larger than [`MAX_ARCHIVE`].
    #[error("archive is larger than {MAX_ARCHIVE} bytes")]
    TooLarge,
    /// A file name that is not UTF-8.
    #[error("file name is not UTF-8")]
    Name,
}

impl PackSource {
    /// The archive: the bytes that are digested and signed.
    pub fn archive(&self) -> Vec<u8> {
        let mut archive = MAGIC.to_vec();
        for (name, contents) in &self.files {
            let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX);
            let length = u64::try_from(contents.len()).unwrap_or(u64::MAX);
            archive.extend(name_length.to_be_bytes());
            archive.extend(name.as_bytes());
            archive.extend(length.to_be_bytes());
            archive.extend(contents);
        }
        archive
    }

    /// Reads an archive. Every archive has one reading and every source one archive.
    pub fn parse(archive: &[u8]) -> Result<Self, ArchiveError> {
        if archive.len() > MAX_ARCHIVE {
            return Err(ArchiveError::TooLarge);
        }
        let mut rest = archive.strip_prefix(MAGIC).ok_or(ArchiveError::Magic)?;
        let mut files = BTreeMap::new();
        while !rest.is_empty() {
            let length = u16::from_be_bytes(take_array(&mut rest)?);
            let name = take(&mut rest, u64::from(length))?;
            let name = std::str::from_utf8(name)
                .map_err(|_| ArchiveError::Name)?
                .to_owned();
            let length = u64::from_be_bytes(take_array(&mut rest)?);
            let contents = take(&mut rest, length)?.to_vec();
            if files
                .last_key_value()
                .is_some_and(|(last, _)| *last >= name)
            {
                return Err(ArchiveError::Order);
            }
            files.insert(name, contents);
        }
        Ok(Self { files })
    }

    /// SHA-256 of the archive.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.archive())
    }

    /// The digest in lower-case hexadecimal digits.
    pub(crate) fn digest_text(&self) -> String {
        hex(&self.digest())
    }
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], ArchiveError> {
    let length = usize::try_from(length).map_err(|_| ArchiveError::Short)?;
    let (head, tail) = rest.split_at_checked(length).ok_or(ArchiveError::Short)?;
    *rest = tail;
    Ok(head)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ArchiveError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(ArchiveError::Short)?;
    *rest = tail;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pack::shipped_source;

    #[test]
    fn archives_that_are_short_disordered_or_of_another_format_are_refused() {
        let archive = shipped_source().unwrap().get().archive();
        assert_eq!(
            PackSource::parse(b"pharmacy/pack/v2\n"),
            Err(ArchiveError::Magic)
        );
        assert_eq!(
            PackSource::parse(&archive[..archive.len() - 1]),
            Err(ArchiveError::Short)
        );
        let file = |name: u8| [&[0, 1, name][..], &[0; 8]].concat();
        let twice = [MAGIC, &file(b'a'), &file(b'a')].concat();
        assert_eq!(PackSource::parse(&twice), Err(ArchiveError::Order));
    }

    proptest! {
        #[test]
        fn archives_round_trip(files in prop::collection::btree_map("[a-z./]{1,12}",
            prop::collection::vec(any::<u8>(), 0..64), 0..5)) {
            let source = PackSource { files };
            let archive = source.archive();
            prop_assert_eq!(PackSource::parse(&archive), Ok(source));
        }

        #[test]
        fn any_bytes_are_read_back_the_same_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let archive = [MAGIC, &bytes].concat();
            if let Ok(source) = PackSource::parse(&archive) {
                prop_assert_eq!(source.archive(), archive);
            }
        }
    }
}
