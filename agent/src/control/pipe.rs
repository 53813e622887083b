//! The control door as a named pipe.
//!
//! A pipe that is made without an access list of its own gets the system's: full control for its
//! owner, for administrators and for the system, and no more than reading for anybody else, who so
//! cannot ask. SPEC: learn.microsoft.com, "Named Pipe Security and Access Rights".
//!
//! Names of pipes are the whole machine's. The name is a fresh random one at every start, told by a
//! file that lies under the data directory's own access list, and the first instance must be ours: what
//! somebody else listens on is never asked.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::windows::named_pipe::{
    ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions,
};

use super::place::CONTROL_FILE;
use pharmacy_base::random;
use pharmacy_protocol::digest::hex;

/// What every name begins with.
const PREFIX: &str = r"\\.\pipe\pharmacy-agent-";

/// Random bytes in a name.
const RANDOM: usize = 16;

/// SPEC: Windows, `ERROR_PIPE_BUSY`: every instance has its client; the next is about to be made.
const PIPE_BUSY: i32 = 231;

/// The pipe; the file that tells its name goes when it is dropped.
pub(super) struct Listener {
    /// Waits for the next command.
    next: NamedPipeServer,
    name: String,
    file: PathBuf,
}

impl Listener {
    pub(super) fn bind(data: &Path) -> io::Result<Self> {
        let mut drawn = [0; RANDOM];
        random::fill(&mut drawn).map_err(io::Error::other)?;
        let name = format!("{PREFIX}{}", hex(&drawn));
        let next = ServerOptions::new()
            .first_pipe_instance(true)
            .reject_remote_clients(true)
            .create(&name)?;
        let file = data.join(CONTROL_FILE);
        fs::write(&file, &name)?;
        Ok(Self { next, name, file })
    }

    pub(super) async fn accept(&mut self) -> io::Result<NamedPipeServer> {
        self.next.connect().await?;
        let next = ServerOptions::new()
            .reject_remote_clients(true)
            .create(&self.name)?;
        Ok(std::mem::replace(&mut self.next, next))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

pub(super) async fn connect(data: &Path) -> io::Result<NamedPipeClient> {
    let name = name_in(&data.join(CONTROL_FILE))?;
    loop {
        match ClientOptions::new().open(&name) {
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

fn name_in(file: &Path) -> io::Result<String> {
    let longest = u64::try_from(PREFIX.len() + 2 * RANDOM).unwrap_or(u64::MAX);
    let mut name = String::new();
    File::open(file)?.take(longest).read_to_string(&mut name)?;
    let random = name.strip_prefix(PREFIX).unwrap_or_default();
    if random.len() == 2 * RANDOM && random.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(name)
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}
