//! The command `slip` over the frozen bytes: exit codes, and what it says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{GrayImage, Luma};
use qrcodegen::{QrCode, QrCodeEcc};

fn frozen(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata")
        .join(name)
}

fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_pharmacy-bureau");
    Command::new(program)
        .arg("slip")
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_frozen_slip_is_proved_by_text_by_file_and_by_photograph() {
    let (list, key) = (frozen("slip-list.json"), frozen("log/vkey"));
    let text = std::fs::read_to_string(frozen("slip.txt")).unwrap();
    let code = QrCode::encode_text(&text, QrCodeEcc::Medium).unwrap();
    let side = u32::try_from(code.size() + 8).unwrap() * 6;
    let photograph = GrayImage::from_fn(side, side, |x, y| {
        let at = |place: u32| i32::try_from(place / 6).unwrap() - 4;
        Luma([if code.get_module(at(x), at(y)) {
            20
        } else {
            230
        }])
    });
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("photo.png");
    photograph.save(&photo).unwrap();
    let vkey = std::fs::read_to_string(&key).unwrap();
    for arguments in [
        ["--proof", &text, "--key", vkey.trim_end()],
        ["--proof", path(&frozen("slip.txt")), "--key", path(&key)],
        ["--image", path(&photo), "--key", path(&key)],
    ] {
        let output = run(&[&["--list", path(&list)], &arguments[..]].concat());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(
            said.contains("通过") && said.contains("267 / 300"),
            "{said}"
        );
    }
}

#[test]
fn a_changed_list_is_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.json");
    // Shown all the same, so that it can be compared with the paper; no control character of it is.
    let changed = "{\"store_name\":\"某某大药房\\u001b[2J\",\"settled_ms\":1764000000000,\
        \"holder\":{\"name\":\"测*\",\"number\":null},\"lines\":[{\"number\":1,\"name\":\"阿莫西林\",\
        \"trace_codes\":[\"81234567890123456789\"]}],\"total\":\"12.90\"}";
    std::fs::write(&list, changed).unwrap();
    let (proof, key) = (frozen("slip.txt"), frozen("log/vkey"));
    let output = run(&[
        "--list",
        path(&list),
        "--proof",
        path(&proof),
        "--key",
        path(&key),
    ]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [
        "slip.other-list",
        "不通过",
        "某某大药房",
        "81234567890123456789",
        "2025-11-25 00:00:00",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!said.contains('\u{1b}'));
}

#[test]
fn what_cannot_be_checked_is_said_with_code_2() {
    let (list, proof, key) = (
        frozen("slip-list.json"),
        frozen("slip.txt"),
        frozen("log/vkey"),
    );
    let (list, proof, key) = (path(&list), path(&proof), path(&key));
    let missing = frozen("no-such-file");
    for (arguments, code) in [
        (
            ["--list", path(&missing), "--proof", proof, "--key", key],
            "file.missing",
        ),
        (
            ["--list", list, "--proof", path(&missing), "--key", key],
            "file.missing",
        ),
        (
            ["--list", list, "--proof", "PL1:a", "--key", key],
            "slip.malformed",
        ),
        (
            ["--list", list, "--proof", list, "--key", key],
            "slip.not-a-slip",
        ),
        (
            ["--list", list, "--proof", proof, "--key", "a+b+c"],
            "key.refused",
        ),
        (
            ["--list", list, "--image", list, "--key", key],
            "image.refused",
        ),
    ] {
        let output = run(&arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(code), "{code}\n{said}");
    }
    // Neither code nor photograph: usage.
    assert_eq!(run(&["--list", list, "--key", key]).status.code(), Some(2));
}
