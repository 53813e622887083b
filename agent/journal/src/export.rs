//! Exporting the log as a static tree of files that stock tools read.
//!
//! ```text
//! DIR/checkpoint            signed note, written last: it speaks of files that are there already
//! DIR/tile/<L>/<N>[.p/<W>]  hashes
//! DIR/tile/entries/…        entries
//! DIR/vkey                  the key that verifies the checkpoint
//! ```
//! SPEC: C2SP tlog-tiles. A new export is made beside its place and renamed; an earlier export of the
//! same log is carried on in place. Parts are never exported: the tree names nobody.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pharmacy_protocol::log::checkpoint;
use pharmacy_protocol::log::tile::{self, Tile};
use pharmacy_protocol::log::tree;

use super::error::io_error;
use super::published::{self, sync_directory, write_synced};
use super::recover::check_published;
use super::view::stored_hash;
use super::{JournalError, LogView};
use crate::store::{Reader, StoreError};

/// What an export wrote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExportSummary {
    /// How many entries the export holds now.
    pub entries: u64,
    /// How many it held before.
    pub entries_before: u64,
    pub files: u64,
    pub bytes: u64,
}

impl LogView {
    /// Exports the log to a directory that is new, empty, or an earlier export of the same log, as far
    /// as it was published: what leaves our hands cannot be taken back.
    pub fn export(&self, out: &Path) -> Result<ExportSummary, JournalError> {
        let (note, published) = published::read(&self.directory, &self.verifier)?;
        let reader = self.reader();
        check_published(&reader, self.checked_head(&reader)?, published)?;
        let size = published.size;
        let before = self.exported_size(out, size)?;
        let place = match before {
            Some(_) => out.to_path_buf(),
            None => beside(out)?,
        };
        let mut files = Files {
            place,
            written: 0,
            bytes: 0,
        };
        let old = before.unwrap_or(0);
        // What lies below the checkpoint never changes: no need to hold the rows still, and the
        // write-ahead file with them.
        write_tiles(&mut files, &reader, old, size)?;
        let key = format!("{}\n", self.verifier.serialize());
        files.write("vkey", key.as_bytes())?;
        files.write("checkpoint", &note)?;
        if before.is_none() {
            put_in_place(&files.place, out).map_err(io_error("putting the export in its place"))?;
        }
        remove_outgrown(out, old, size);
        Ok(ExportSummary {
            entries: size,
            entries_before: old,
            files: files.written,
            bytes: files.bytes,
        })
    }

    /// How far an earlier export of this log in this directory got; none where nothing is.
    fn exported_size(&self, out: &Path, size: u64) -> Result<Option<u64>, JournalError> {
        let reading = "reading the export directory";
        match fs::read_dir(out) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error(reading)(error)),
            Ok(mut files) => {
                if files.next().is_none() {
                    return Ok(None);
                }
            }
        }
        let note = fs::read(out.join("checkpoint")).map_err(|_| JournalError::ExportForeign)?;
        let earlier = checkpoint::open(&note, &self.verifier)
            .map_err(|_| JournalError::ExportForeign)?
            .get()
            .head();
        let reader = self.reader();
        if earlier.size > size {
            let (found, published) = (size, earlier.size);
            return Err(JournalError::RolledBack { found, published });
        }
        let root = tree::root(earlier.size, |node| stored_hash(&reader, node))?;
        if root == earlier.root {
            Ok(Some(earlier.size))
        } else {
            Err(JournalError::ExportForeign)
        }
    }
}

/// A fresh directory beside the export's place.
fn beside(out: &Path) -> Result<PathBuf, JournalError> {
    let name = out.file_name().ok_or(JournalError::ExportForeign)?;
    let mut unfinished = name.to_os_string();
    unfinished.push(".new");
    let place = out.with_file_name(unfinished);
    let make = || {
        if place.join("tile").exists() || place.join("vkey").exists() {
            // Left by an export that did not get to its end.
            fs::remove_dir_all(&place)?;
        }
        fs::create_dir_all(&place)
    };
    make().map_err(io_error("making the export directory"))?;
    Ok(place)
}

fn put_in_place(place: &Path, out: &Path) -> io::Result<()> {
    // Empty, or it would have been refused; Windows renames onto nothing that exists.
    if out.exists() {
        fs::remove_dir(out)?;
    }
    fs::rename(place, out)?;
    match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => Ok(()),
    }
}

fn write_tiles(
    files: &mut Files,
    reader: &Reader<'_>,
    old: u64,
    size: u64,
) -> Result<(), JournalError> {
    for bundle in tile::bundles_since(old, size) {
        let entries = reader.list_entries(bundle.start(), bundle.width().into())?;
        let bytes = tile::encode_bundle(entries.iter().map(|(_, bytes)| bytes.as_slice()))
            .map_err(|_| StoreError::Row(None))?;
        files.write(&bundle.path(), &bytes)?;
    }
    for tile in tile::tiles_since(old, size) {
        let hashes = tile
            .nodes()
            .map(|node| stored_hash(reader, node))
            .collect::<Result<Vec<_>, JournalError>>()?;
        files.write(&tile.path(), &tile::encode_hashes(&hashes))?;
    }
    Ok(())
}

/// Removes partial tiles of the earlier export that the newer one has wider.
fn remove_outgrown(out: &Path, old: u64, size: u64) {
    let outgrown = tile::tiles(old)
        .chain(tile::bundles(old))
        .filter(|tile| !tile.is_full() && size > old)
        .filter(|tile| !is_current(tile, size));
    for tile in outgrown {
        // A partial tile too many does no harm; the next export tries again.
        let _ = fs::remove_file(out.join(tile.path()));
    }
}

fn is_current(tile: &Tile, size: u64) -> bool {
    tile::tiles(size)
        .chain(tile::bundles(size))
        .any(|current| current == *tile)
}

/// Writes files below a directory, each whole or not at all.
struct Files {
    place: PathBuf,
    written: u64,
    bytes: u64,
}

impl Files {
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        let path = self.place.join(name);
        let temporary = self.place.join("unfinished");
        let write = || {
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory)?;
            }
            write_synced(&temporary, bytes)?;
            fs::rename(&temporary, &path)
        };
        write().map_err(io_error("writing the export"))?;
        self.written = self.written.saturating_add(1);
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        Ok(())
    }
}
