//! The real command on real folders.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

#[path = "../../../tests/protocol/golden_log/mod.rs"]
mod golden_log;
use golden_log::{ORIGIN, golden, key};

/// A folder with the golden log of `entries`, and what goes with it.
fn export(entries: u64) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, bytes) in golden(entries).unwrap() {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn bureau(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pharmacy-bureau"));
    command
        .current_dir(folder)
        .args(["verify", "log"])
        .args(arguments);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Exit code, and the codes of the findings.
fn findings(folder: &Path, arguments: &[&str]) -> (i32, Vec<String>) {
    let output = bureau(folder, &[&["--json"], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap().iter();
    let codes = all.map(|finding| finding["code"].as_str().unwrap().to_owned());
    (output.status.code().unwrap(), codes.collect())
}

fn change(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x01;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_good_log_passes() {
    let folder = export(300);
    let output = bureau(folder.path(), &["--old-checkpoint", "old-checkpoint"]);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{page}");
    for line in [
        "日志 log: 440300.P44030000001/01/0123456789abcdef",
        "条目 entries: 300 (已核验 verified 300)",
        "首条 first: 2025-11-25 00:00:00.000 +08:00",
        "  销售 sale: 19",
        "  日志承接 succession: 1",
        "问题 findings: 0",
        "结论 result: 通过,日志完整 / the log is what its checkpoint says",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    assert!(page.contains("注意 note: 公钥取自该目录"));
}

#[test]
fn an_enrolled_key_is_used_instead_of_the_folders_own() {
    let folder = export(300);
    fs::rename(
        folder.path().join("log/vkey"),
        folder.path().join("enrolled"),
    )
    .unwrap();
    let output = bureau(folder.path(), &["--vkey", "enrolled"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!text(&output.stdout).contains("注意"));
    let output = bureau(folder.path(), &["--vkey", "enrolled", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["key"], "given");
    assert_eq!(report["result"], "clean");
    assert_eq!(report["log"]["size"], 300);
    assert_eq!(report["log"]["kinds"]["sale"], 19);
}

#[test]
fn a_flipped_byte_in_each_kind_of_file_is_found() {
    for (path, at, expected) in [
        ("log/checkpoint", 3, "checkpoint.refused"),
        ("log/tile/entries/000", 40, "entry.differs"),
        ("log/tile/entries/001.p/44", 0, "bundle.malformed"),
        ("log/tile/0/000", 40, "tile.differs"),
        ("log/tile/0/001.p/44", 40, "root.differs"),
        ("log/tile/1/000.p/1", 4, "tile.differs"),
    ] {
        let folder = export(300);
        change(&folder.path().join(path), at);
        let (status, codes) = findings(folder.path(), &[]);
        assert_eq!(status, 1, "{path}");
        assert!(
            codes.iter().any(|code| code == expected),
            "{path}: {codes:?}"
        );
        let page = text(&bureau(folder.path(), &[]).stdout);
        assert!(page.contains(expected) && page.contains("不通过"), "{page}");
    }
    let folder = export(300);
    change(&folder.path().join("log/vkey"), 60);
    let output = bureau(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("key.refused 公钥无法使用"));
}

#[test]
fn a_truncated_log_is_found() {
    let folder = export(300);
    fs::remove_file(folder.path().join("log/tile/entries/001.p/44")).unwrap();
    fs::remove_file(folder.path().join("log/tile/0/001.p/44")).unwrap();
    let (status, codes) = findings(folder.path(), &[]);
    assert_eq!(
        (status, codes),
        (1, vec!["tile.missing".into(), "bundle.missing".into()])
    );
    // A smaller log, signed as such, is whole in itself; only what was kept tells.
    let (long, short) = (export(300), export(149));
    let kept = long.path().join("old-checkpoint");
    let (status, codes) = findings(short.path(), &["--old-checkpoint", kept.to_str().unwrap()]);
    assert_eq!((status, codes), (1, vec!["history.shrunk".into()]));
    assert_eq!(findings(short.path(), &[]), (0, vec![]));
}

#[test]
fn a_wrong_key_is_found() {
    let folder = export(300);
    let other = key("440300.P44030000001/02/0123456789abcdef").unwrap();
    let vkey = folder.path().join("other-vkey");
    fs::write(&vkey, other.verifier_key().serialize()).unwrap();
    let refused = findings(folder.path(), &["--vkey", "other-vkey"]);
    assert_eq!(refused, (1, vec!["checkpoint.refused".into()]));
}

#[test]
fn an_old_checkpoint_that_does_not_fit_is_found() {
    let folder = export(300);
    let mut other = pharmacy_protocol::log::checkpoint::open(
        &fs::read(folder.path().join("old-checkpoint")).unwrap(),
        key(ORIGIN).unwrap().verifier_key(),
    )
    .unwrap()
    .into_inner();
    other.size -= 1;
    let forged = other.sign(&key(ORIGIN).unwrap()).unwrap();
    fs::write(folder.path().join("forged"), forged).unwrap();
    let found = findings(folder.path(), &["--old-checkpoint", "forged"]);
    assert_eq!(found, (1, vec!["history.rewritten".into()]));

    fs::write(folder.path().join("garbage"), "garbage").unwrap();
    let found = findings(folder.path(), &["--old-checkpoint", "garbage"]);
    assert_eq!(found, (1, vec!["old-checkpoint.refused".into()]));
}

#[test]
fn retention_may_have_removed_bundles_and_only_they() {
    let folder = export(300);
    fs::remove_file(folder.path().join("log/tile/entries/000")).unwrap();
    assert_eq!(
        findings(folder.path(), &["--minimum-index", "256"]),
        (0, vec![])
    );
    assert_eq!(
        findings(folder.path(), &[]),
        (1, vec!["bundle.missing".into()])
    );
}

#[test]
fn what_cannot_be_read_is_not_verified() {
    let folder = export(3);
    let log = folder.path().join("log");
    for (arguments, code) in [
        (vec!["--vkey", "nowhere"], "file.missing"),
        (vec!["--vkey", "log"], "file.unreadable"),
        (vec!["--old-checkpoint", "nowhere"], "file.missing"),
    ] {
        let output = bureau(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&output.stderr).starts_with(code),
            "{}",
            text(&output.stderr)
        );
        assert!(output.stdout.is_empty());
    }
    fs::remove_file(log.join("checkpoint")).unwrap();
    let output = bureau(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("file.missing 文件缺失"));
    assert_eq!(
        bureau(folder.path(), &["--nonsense"]).status.code(),
        Some(2)
    );
}

#[test]
fn a_folder_in_a_files_place_is_unreadable_and_a_giant_is_refused() {
    let folder = export(3);
    let bundle = folder.path().join("log/tile/entries/000.p/3");
    fs::remove_file(&bundle).unwrap();
    fs::create_dir(&bundle).unwrap();
    assert_eq!(bureau(folder.path(), &[]).status.code(), Some(2));
    fs::remove_dir(&bundle).unwrap();
    let giant = fs::File::create(&bundle).unwrap();
    giant.set_len(256 * 65_537 + 1).unwrap();
    let output = bureau(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("longer than any file of a log"));
}
