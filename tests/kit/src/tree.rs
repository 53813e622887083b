//! The repository as text, for the tests that read sources and documents.

use std::fs;
use std::path::{Path, PathBuf};

/// One text file of the repository.
#[derive(Clone, Debug)]
pub struct TextFile {
    /// Its path from the root, with `/` on every system.
    pub path: String,
    /// Its text; bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// The root of the repository these tests were compiled in.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let above = package.ancestors().nth(2);
    above.expect("the kit lies in `tests`").to_owned()
}

/// Every file under the root whose name ends in one of the extensions, sorted by path. Build output,
/// fuzzing corpora and git's own files are left out.
pub fn files(extensions: &[&str]) -> Vec<TextFile> {
    files_below(&root(), extensions)
}

/// As [`files`], below another root.
pub fn files_below(root: &Path, extensions: &[&str]) -> Vec<TextFile> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        let entries = fs::read_dir(&directory).expect("a directory of the repository can be read");
        for entry in entries {
            let path = entry.expect("a directory entry can be read").path();
            let relative = relative(root, &path);
            if path.is_dir() {
                if !is_output(&relative) {
                    pending.push(path);
                }
            } else if has_extension(&path, extensions) {
                let bytes = fs::read(&path).expect("a file of the repository can be read");
                let text = String::from_utf8_lossy(&bytes).into_owned();
                found.push(TextFile {
                    path: relative,
                    text,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What `.gitignore` names, and git itself.
fn is_output(relative: &str) -> bool {
    let name = relative.rsplit('/').next().unwrap_or(relative);
    name == ".git"
        || relative == "target"
        || relative.starts_with("target-")
        || relative == "tests/fuzz/target"
        || relative == "tests/fuzz/corpus"
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

fn relative(root: &Path, path: &Path) -> String {
    let below = path
        .strip_prefix(root)
        .expect("the walk stays below the root");
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{files, files_below};
    use crate::Scratch;

    #[test]
    fn walk_finds_this_file_and_no_build_output() {
        let found = files(&["rs"]);
        assert!(
            found
                .iter()
                .any(|file| file.path == "tests/kit/src/tree.rs")
        );
        assert!(found.iter().all(|file| !file.path.starts_with("target")));
    }

    #[test]
    fn walk_skips_output_directories_but_not_their_namesakes() {
        let scratch = Scratch::new();
        for name in [
            "target/a.md",
            "target-windows/b.md",
            "tests/fuzz/corpus/c.md",
            ".git/d.md",
        ] {
            scratch.write(name, "x");
        }
        scratch.write("docs/target/kept.md", "x");
        scratch.write("kept.txt", "x");
        let found: Vec<_> = files_below(scratch.path(), &["md"])
            .into_iter()
            .map(|file| file.path)
            .collect();
        assert_eq!(found, ["docs/target/kept.md"]);
    }
}
