//! The programs under test: found beside the running test, built first when they are not fresh.
//!
//! Cargo builds a package's programs only for that package's own integration tests, so a test
//! elsewhere may find none, or an old one, unless the whole workspace is tested. The build goes
//! through the same cargo, target directory and profile as the test that asks.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, OnceLock};
use std::time::SystemTime;

use crate::tree;

/// What a change of means a new build of the programs. `config` holds the rule pack and the samples that
/// are compiled in.
const SOURCES: [&str; 8] = [
    ".cargo",
    "Cargo.toml",
    "Cargo.lock",
    "agent",
    "config",
    "protocol",
    "tests/demo",
    "tests/kit",
];

/// The path of the fresh `pharmacy-agent`.
pub fn agent() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| fresh("pharmacy-agent"))
}

/// The path of the fresh `pharmacy-bureau`.
pub fn bureau() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| fresh("pharmacy-bureau"))
}

/// The path of the fresh `pharmacy-demo`.
pub fn demo() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| fresh("pharmacy-demo"))
}

/// The directory of the fresh programs.
static BUILT: LazyLock<PathBuf> = LazyLock::new(built);

fn fresh(name: &str) -> PathBuf {
    BUILT.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn built() -> PathBuf {
    let place = Place::of_this_test();
    let root = tree::root();
    let changed = SOURCES.iter().filter_map(|path| newest(&root.join(path)));
    let changed = changed.max().expect("the sources are there");

    // Test programs run side by side: the first builds, the others wait and find it done. The lock
    // file's own time says when, since cargo leaves a program alone that a change did not touch.
    let path = place.directory.join(".programs.lock");
    // A lock file that is made now says nothing of programs that were there before.
    let was_there = path.exists();
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let lock = lock.expect("the lock file of the build can be opened");
    lock.lock().expect("the lock of the build can be taken");
    let checked = lock
        .metadata()
        .and_then(|metadata| metadata.modified())
        .ok();
    if !was_there || checked.is_none_or(|checked| checked < changed) {
        let begun = SystemTime::now();
        place.build();
        lock.set_modified(begun)
            .expect("the lock file can be dated");
    }
    place.directory
}

/// The newest moment at which the file, or any file below the directory, was changed. Prose and tests
/// are in no program.
fn newest(path: &Path) -> Option<SystemTime> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_dir() {
        return metadata.modified().ok();
    }
    let entries = fs::read_dir(path).ok()?.flatten().map(|entry| entry.path());
    let is_source = |path: &PathBuf| {
        path.extension().is_none_or(|extension| extension != "md")
            && path
                .file_name()
                .is_none_or(|name| name != "tests" && name != "testdata")
    };
    entries
        .filter(is_source)
        .filter_map(|entry| newest(&entry))
        .max()
}

/// Where the running test was built.
#[derive(Debug, Eq, PartialEq)]
struct Place {
    /// Where its profile's programs lie.
    directory: PathBuf,
    /// The target directory above.
    target: PathBuf,
    /// The platform, if one was asked for by name.
    platform: Option<OsString>,
}

impl Place {
    fn of_this_test() -> Self {
        let test = std::env::current_exe().expect("a test knows where it lies");
        Self::of(&test, |directory| directory.join("CACHEDIR.TAG").exists())
            .expect("a test lies in a target directory")
    }

    /// A test lies in `target/[platform/]profile/deps`; only the target directory itself is tagged
    /// as a cache.
    fn of(test: &Path, is_target: impl Fn(&Path) -> bool) -> Option<Self> {
        let directory = test.parent()?.parent()?;
        let above = directory.parent()?;
        let (target, platform) = if is_target(above) {
            (above, None)
        } else {
            (above.parent()?, Some(above.file_name()?.to_owned()))
        };
        Some(Self {
            directory: directory.to_owned(),
            target: target.to_owned(),
            platform,
        })
    }

    fn profile(&self) -> OsString {
        match self.directory.file_name() {
            Some(name) if name != "debug" => name.to_owned(),
            _ => "dev".into(),
        }
    }

    /// Builds all programs. With the examples, crates get the features that tests give them: the build of
    /// the tests is used, and nothing is compiled twice.
    fn build(&self) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(tree::root()).args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bins",
            "--examples",
        ]);
        command.arg("--profile").arg(self.profile());
        command.arg("--target-dir").arg(&self.target);
        if let Some(platform) = &self.platform {
            command.arg("--target").arg(platform);
        }
        // What cargo tells a test about its package would look like a change to the build scripts of
        // others (ring's asks for its manifest's directory), and rebuild half the tree each time.
        for (name, _) in std::env::vars_os() {
            let is_of_the_test = name.to_str().is_some_and(|name| {
                name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
            });
            if is_of_the_test {
                command.env_remove(name);
            }
        }
        let status = command.status().expect("cargo can be started");
        assert!(status.success(), "building the programs failed: {status}");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::{Place, agent, bureau, newest};
    use crate::Scratch;

    #[test]
    fn programs_are_there_and_start() {
        for program in [agent(), bureau()] {
            assert!(program.is_file(), "{}", program.display());
            let output = Command::new(program).arg("--version").output().unwrap();
            assert!(output.status.success(), "{}", program.display());
        }
    }

    #[test]
    fn place_of_a_test_is_read_from_its_path() {
        let is_target = |path: &Path| path.ends_with("out");
        let plain = Place::of(Path::new("/x/out/debug/deps/t-1"), is_target).unwrap();
        assert_eq!(plain.target, Path::new("/x/out"));
        assert_eq!(
            (plain.platform.clone(), plain.profile()),
            (None, "dev".into())
        );
        let path = Path::new("/x/out/some-platform/testrelease/deps/t-1");
        let named = Place::of(path, is_target).unwrap();
        assert_eq!(named.target, Path::new("/x/out"));
        assert_eq!(named.platform.as_deref(), Some("some-platform".as_ref()));
        assert_eq!(named.profile(), "testrelease");
    }

    #[test]
    fn newest_looks_below_directories_and_finds_nothing_where_nothing_is() {
        let scratch = Scratch::new();
        assert_eq!(newest(&scratch.join("absent")), None);
        let file = scratch.write("a/b/c", "x");
        assert_eq!(newest(scratch.path()), newest(&file));
        for unbuilt in ["prose/a.md", "tests/b.rs", "testdata/c.json"] {
            let scratch = Scratch::new();
            scratch.write(unbuilt, "x");
            assert_eq!(newest(scratch.path()), None, "{unbuilt}");
        }
    }
}
