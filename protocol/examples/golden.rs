//! Writes the golden log: `cargo run -p pharmacy-protocol --example golden -- DIR [ENTRIES]`.
//!
//! `DIR` is `protocol/testdata` for the frozen one of 300 entries. A change of those bytes is a change
//! of the protocol: raise the version in `protocol/spec/` with it.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

#[path = "../tests/protocol/golden_log/mod.rs"]
mod golden_log;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let root = PathBuf::from(arguments.next().ok_or("where to?")?);
    let entries = match arguments.next() {
        Some(entries) => entries.to_string_lossy().parse()?,
        None => 300,
    };
    for (path, bytes) in golden_log::golden(entries)? {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, bytes)?;
    }
    Ok(())
}
