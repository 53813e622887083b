//! The scanner's folder: where a network scanner or a phone puts prescriptions.
//!
//! In scope: which of its files are images that are there as a whole, taking one, removing it once it
//! is recorded. Out of scope: recording (the desk), showing the list (the counter page).
//!
//! Whoever can write into the folder chooses names and contents. A name is compared with what the folder
//! lists and never becomes part of a path; what is no plain file, such as a link, is passed over; and
//! what a file is, its bytes tell. Every function here waits for the disk: not
//! for the desk's thread.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use pharmacy_desk::core::image::{ImageError, MAX_IMAGE, media_type_of};
use pharmacy_desk::{Image, InboxFile};

/// A file that nobody wrote to for this long is there as a whole; one that did not change between two
/// looks is as well. Scanners write a page within a second.
pub const QUIET: Duration = Duration::from_secs(3);

/// Most files that are looked at: a folder with more is not a scanner's.
pub const MAX_FILES: usize = 200;

/// The scanner's folder.
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    /// What the last look found: name, size, time.
    seen: Mutex<Vec<(String, u64, Option<SystemTime>)>>,
}

/// A file that was taken out and not removed yet.
#[derive(Debug)]
pub struct Taken {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

/// A file of the scanner's folder that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The folder or a file of it cannot be read or changed.
    #[error("cannot use the scanner's folder")]
    Folder(#[source] io::Error),
    /// Not an image that can be taken.
    #[error("the file cannot be taken")]
    Image(#[source] ImageError),
    /// It was taken by somebody else, changed meanwhile, or never was there.
    #[error("the scanner's folder has no such file")]
    NoSuchFile,
}

impl InboxError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder(_) => "inbox.folder",
            Self::Image(error) => error.code(),
            Self::NoSuchFile => "inbox.no-such-file",
        }
    }
}

impl Inbox {
    /// The folder of the configuration.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            seen: Mutex::default(),
        }
    }

    /// Images that are there as a whole, the newest first; none where the folder cannot be read, such as
    /// a share that is not connected.
    pub fn list(&self) -> Vec<InboxFile> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = Vec::new();
        let mut found = Vec::new();
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in files.take(MAX_FILES) {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let Ok(metadata) = entry.path().symlink_metadata() else {
                continue;
            };
            if !is_candidate(&metadata) {
                continue;
            }
            let look = (name.clone(), metadata.len(), metadata.modified().ok());
            let is_still = seen.contains(&look) || is_quiet(&metadata);
            now.push(look);
            if is_still && read(entry.path()).is_ok() {
                found.push(InboxFile {
                    name,
                    bytes: metadata.len(),
                    written_ms: written_ms(&metadata),
                });
            }
        }
        *seen = now;
        found.sort_by(|one, other| {
            let newest = other.written_ms.cmp(&one.written_ms);
            newest.then_with(|| one.name.cmp(&other.name))
        });
        found
    }

    /// Reads a file; it stays until [`Taken::remove`].
    pub fn take(&self, name: &str) -> Result<(Image, Taken), InboxError> {
        read(self.path_of(name)?)
    }

    /// The file of a name that the folder itself lists: what was asked for never makes a path.
    fn path_of(&self, name: &str) -> Result<PathBuf, InboxError> {
        let mut files = fs::read_dir(&self.folder).map_err(missing)?.flatten();
        let found = files.find(|entry| entry.file_name().to_str() == Some(name));
        found
            .map(|entry| entry.path())
            .ok_or(InboxError::NoSuchFile)
    }
}

impl Taken {
    /// Removes the file, now that it is recorded (R44): a prescription is not left lying in a folder
    /// that every program can read. A file that changed since is another one, and stays.
    pub fn remove(self) -> Result<(), InboxError> {
        let metadata = self.path.symlink_metadata().map_err(missing)?;
        let is_it = metadata.is_file()
            && metadata.len() == self.bytes
            && metadata.modified().ok() == self.modified;
        if !is_it {
            return Err(InboxError::NoSuchFile);
        }
        fs::remove_file(&self.path).map_err(missing)
    }
}

fn read(path: PathBuf) -> Result<(Image, Taken), InboxError> {
    let before = path.symlink_metadata().map_err(missing)?;
    if !before.is_file() {
        return Err(InboxError::NoSuchFile);
    }
    let file = File::open(&path).map_err(missing)?;
    let opened = file.metadata().map_err(InboxError::Folder)?;
    // A link that took the file's place between the two looks leads elsewhere.
    if !is_same(&before, &opened) {
        return Err(InboxError::NoSuchFile);
    }
    let most = u64::try_from(MAX_IMAGE).unwrap_or(u64::MAX);
    let mut bytes = Zeroizing::new(Vec::new());
    let mut limited = file.take(most.saturating_add(1));
    let read = limited.read_to_end(&mut bytes);
    read.map_err(InboxError::Folder)?;
    media_type_of(&bytes).map_err(InboxError::Image)?;
    let taken = Taken {
        path,
        bytes: opened.len(),
        modified: opened.modified().ok(),
    };
    Ok((Image { bytes }, taken))
}

fn missing(error: io::Error) -> InboxError {
    if error.kind() == io::ErrorKind::NotFound {
        InboxError::NoSuchFile
    } else {
        InboxError::Folder(error)
    }
}

/// A plain file of a size that an image can have.
fn is_candidate(metadata: &Metadata) -> bool {
    let most = u64::try_from(MAX_IMAGE).unwrap_or(u64::MAX);
    metadata.is_file() && (1..=most).contains(&metadata.len())
}

/// The clock of a share may go differently: what was written "later than now" is not quiet.
fn is_quiet(metadata: &Metadata) -> bool {
    let modified = metadata.modified().ok();
    let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age >= QUIET)
}

fn written_ms(metadata: &Metadata) -> i64 {
    let modified = metadata.modified().ok();
    let since = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}

#[cfg(unix)]
fn is_same(before: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (before.dev(), before.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(before: &Metadata, opened: &Metadata) -> bool {
    let told = |metadata: &Metadata| (metadata.len(), metadata.modified().ok());
    opened.is_file() && told(before) == told(opened)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tempfile::TempDir;

    use super::*;

    const PDF: &[u8] = b"%PDF-1.7\n%%EOF\n";

    /// A file that was written a minute and `age_s` seconds ago.
    fn put(folder: &Path, name: &str, bytes: &[u8], age_s: u64) {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        let at = SystemTime::now() - Duration::from_secs(60 + age_s);
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(at).unwrap();
    }

    fn inbox() -> (TempDir, Inbox) {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::new(folder.path().to_path_buf());
        (folder, inbox)
    }

    fn names(inbox: &Inbox) -> Vec<String> {
        inbox.list().into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn lists_images_by_content_the_newest_first() {
        let (folder, inbox) = inbox();
        put(folder.path(), "old.pdf", PDF, 100);
        put(folder.path(), "处方.tmp", PDF, 0);
        put(folder.path(), "list.jpg", b"<html>", 0);
        put(folder.path(), "half.pdf", b"%PDF-1.7\n", 0);
        put(folder.path(), "empty.png", b"", 0);
        fs::create_dir(folder.path().join("folder.pdf")).unwrap();
        assert_eq!(names(&inbox), ["处方.tmp", "old.pdf"]);
    }

    #[test]
    fn a_file_is_listed_when_it_stopped_growing() {
        let (folder, inbox) = inbox();
        let path = folder.path().join("scan.pdf");
        fs::write(&path, PDF).unwrap();
        assert!(names(&inbox).is_empty(), "written just now");
        let grown = [PDF, PDF].concat();
        fs::write(&path, &grown).unwrap();
        assert!(names(&inbox).is_empty(), "grew between two looks");
        assert_eq!(names(&inbox), ["scan.pdf"]);
        // A clock ahead of ours: two looks decide.
        let file = File::options().write(true).open(&path).unwrap();
        let ahead = SystemTime::now() + Duration::from_secs(3600);
        file.set_modified(ahead).unwrap();
        assert!(names(&inbox).is_empty());
        assert_eq!(names(&inbox), ["scan.pdf"]);
    }

    // R44: nothing is left lying about once it is recorded.
    #[test]
    fn what_was_taken_is_removed_afterwards_and_only_then() {
        let (folder, inbox) = inbox();
        put(folder.path(), "scan.pdf", PDF, 0);
        let (image, taken) = inbox.take("scan.pdf").unwrap();
        assert_eq!(image.bytes.as_slice(), PDF);
        assert_eq!(names(&inbox), ["scan.pdf"]);
        taken.remove().unwrap();
        assert!(names(&inbox).is_empty());
        let error = inbox.take("scan.pdf").map(|_| ()).unwrap_err();
        assert_eq!(error.code(), "inbox.no-such-file");
    }

    #[test]
    fn a_file_that_changed_since_it_was_taken_stays() {
        let (folder, inbox) = inbox();
        put(folder.path(), "scan.pdf", PDF, 0);
        let (_, taken) = inbox.take("scan.pdf").unwrap();
        put(folder.path(), "scan.pdf", &[PDF, PDF].concat(), 0);
        assert!(taken.remove().is_err());
        assert_eq!(names(&inbox), ["scan.pdf"]);
    }

    #[test]
    fn names_of_other_places_are_no_files_of_the_folder() {
        let (folder, inbox) = inbox();
        put(folder.path(), "outside.pdf", PDF, 0);
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        let inner = Inbox::new(below.clone());
        put(&below, "scan.pdf", PDF, 0);
        assert!(inner.take("scan.pdf").is_ok());
        let absolute = folder.path().join("outside.pdf");
        let absolute = absolute.to_str().unwrap();
        for name in [
            "../outside.pdf",
            "..\\outside.pdf",
            "below/scan.pdf",
            "./scan.pdf",
            "scan.pdf/",
            "scan.pdf:stream",
            "..",
            ".",
            "",
            absolute,
        ] {
            let refused = inner.take(name).map(|_| ()).unwrap_err();
            assert_eq!(refused.code(), "inbox.no-such-file", "{name}");
        }
        assert!(inbox.take("below/scan.pdf").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_never_followed() {
        let (folder, inbox) = inbox();
        let outside = tempfile::tempdir().unwrap();
        put(outside.path(), "secret.pdf", PDF, 0);
        let link = folder.path().join("link.pdf");
        std::os::unix::fs::symlink(outside.path().join("secret.pdf"), &link).unwrap();
        assert!(names(&inbox).is_empty());
        assert!(matches!(
            inbox.take("link.pdf"),
            Err(InboxError::NoSuchFile)
        ));
    }

    #[test]
    fn a_folder_that_is_not_there_is_empty() {
        let (folder, _) = inbox();
        let inbox = Inbox::new(folder.path().join("missing"));
        assert!(inbox.list().is_empty());
    }
}
