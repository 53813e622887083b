//! Packs the files of the built-in rule pack: two megabytes of tables are a twentieth of that in the
//! program. Which of them belong to the pack says `pack::shipped`; what they hold, its pinned digest.

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Where the pack's source is.
const RULES: &str = "../../config/rules";

fn main() -> Result<(), Box<dyn Error>> {
    writeln!(io::stdout(), "cargo::rerun-if-changed={RULES}")?;
    let packed = env::var_os("OUT_DIR").ok_or("cargo names no output directory")?;
    let packed = Path::new(&packed);
    for entry in fs::read_dir(RULES)? {
        let entry = entry?;
        let file = File::create(packed.join(entry.file_name()))?;
        let mut packer = DeflateEncoder::new(file, Compression::best());
        packer.write_all(&fs::read(entry.path())?)?;
        packer.finish()?;
    }
    Ok(())
}
