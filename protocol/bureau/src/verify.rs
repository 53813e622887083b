//! The command `verify`: gathers key, log and older checkpoint, and has them judged.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use pharmacy_protocol::log::checkpoint;
use pharmacy_protocol::log::note::{KeyError, VerifierKey};
use pharmacy_protocol::log::verify::{
    ConsistencyError, NodeReadError, Report, Scope, VerifyError, check_consistency, verify,
};

use crate::folder::Folder;
use crate::report::{KeySource, Outcome, Problem};
use crate::stop::{StopError, require};

/// What to verify, and against what.
#[derive(Args)]
pub struct VerifyArgs {
    /// 日志目录 The folder with checkpoint, tile/ and vkey
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 备案公钥文件 The file with the enrolled key; without it, DIR/vkey is believed
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
    /// 上次留存的检查点 A checkpoint kept from an earlier visit
    #[arg(long, value_name = "FILE")]
    old_checkpoint: Option<PathBuf>,
    /// 留存期起始条目号 Bundles wholly before this entry may be gone
    #[arg(long, value_name = "N", default_value_t = 0)]
    minimum_index: u64,
    /// 输出 JSON Report in JSON
    #[arg(long)]
    pub json: bool,
}

/// Verifies what the arguments name.
pub fn run(arguments: &VerifyArgs) -> Result<Outcome, StopError> {
    let (key_source, path) = match &arguments.vkey {
        Some(path) => (KeySource::Given, path.clone()),
        None => (KeySource::FromFolder, arguments.folder.join("vkey")),
    };
    let key = read_key(&path)?;
    let old = arguments.old_checkpoint.as_deref();
    let old = old.map(require).transpose()?;
    let folder = Folder::new(&arguments.folder);
    let scope = Scope {
        minimum_index: arguments.minimum_index,
        threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let mut outcome = Outcome::new(key.name(), key_source);
    match verify(&folder, &key, &scope) {
        Ok(report) => {
            if let Some(note) = old {
                outcome.problem(compare(&folder, &report, &note, &key)?);
            }
            outcome.report(report);
        }
        Err(VerifyError::Checkpoint(cause)) => {
            outcome.problem(Some(Problem::checkpoint_refused(&cause)));
        }
        Err(VerifyError::NoCheckpoint) => {
            let path = arguments.folder.join("checkpoint");
            return Err(StopError::Missing { path });
        }
        Err(VerifyError::Read { path, cause }) => {
            let path = arguments.folder.join(path);
            return Err(StopError::Unreadable { path, cause });
        }
    }
    Ok(outcome)
}

fn read_key(path: &Path) -> Result<VerifierKey, StopError> {
    let text = String::from_utf8(require(path)?).map_err(|_| KeyError::Malformed);
    let key = text.and_then(|text| VerifierKey::parse(text.trim_end()));
    key.map_err(|cause| StopError::KeyFile {
        path: path.to_owned(),
        cause,
    })
}

/// What is wrong between the older checkpoint and the log, if anything is.
fn compare(
    folder: &Folder,
    report: &Report,
    note: &[u8],
    key: &VerifierKey,
) -> Result<Option<Problem>, StopError> {
    let old = match checkpoint::open(note, key) {
        Ok(old) => old,
        Err(cause) => return Ok(Some(Problem::old_checkpoint_refused(&cause))),
    };
    match check_consistency(folder, &old, &report.checkpoint) {
        Ok(()) => Ok(None),
        Err(ConsistencyError::Unreadable(NodeReadError::Read(VerifyError::Read {
            path,
            cause,
        }))) => Err(StopError::Unreadable {
            path: path.into(),
            cause,
        }),
        Err(error) => Ok(Some(Problem::inconsistent(&error))),
    }
}
