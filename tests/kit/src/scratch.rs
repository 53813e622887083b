//! A directory of a test's own, gone when the test is.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A fresh empty directory, removed when dropped.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes the directory; its name starts with the product's so that a leftover can be placed.
    pub fn new() -> Self {
        let made = tempfile::Builder::new().prefix("pharmacy-test-").tempdir();
        Self(made.expect("a temporary directory can be made"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path below it, whether or not anything is there.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file below it, with the directories on the way, and says where.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a scratch directory can be made");
        }
        std::fs::write(&path, content).expect("a scratch file can be written");
        path
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Scratch;

    #[test]
    fn scratch_keeps_files_while_it_lives_and_nothing_after() {
        let scratch = Scratch::new();
        let file = scratch.write("deep/below/note.txt", "x");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "x");
        let root = scratch.path().to_owned();
        drop(scratch);
        assert!(!root.exists());
    }

    #[test]
    fn two_scratches_share_nothing() {
        assert_ne!(Scratch::new().path(), Scratch::new().path());
    }
}
