//! The agent as a process of its own, so that the demo can kill it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::DemoError;
use pharmacy_base::digest::hex;

/// A running agent.
pub(super) struct Process {
    child: Child,
    /// Where its local API listens.
    pub(super) address: SocketAddr,
    /// Where its gateway listens.
    pub(super) gateway: SocketAddr,
    /// Where reviewers at other PCs come in.
    pub(super) review: SocketAddr,
}

impl Process {
    /// Starts this very program as the agent of a demo store, and waits until it listens.
    pub(super) fn start(config: &Path, listen: &str) -> Result<Self, DemoError> {
        let program = std::env::current_exe().map_err(DemoError::Process)?;
        let mut child = Command::new(program)
            .args(["demo", "--agent"])
            .arg(config)
            .args(["--listen", listen])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(DemoError::Process)?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(DemoError::Process)?;
        }
        let mut told = line.split_whitespace().map(str::parse);
        match (told.next(), told.next(), told.next()) {
            (Some(Ok(address)), Some(Ok(gateway)), Some(Ok(review))) => Ok(Self {
                child,
                address,
                gateway,
                review,
            }),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                Err(DemoError::Answer("the agent did not start"))
            }
        }
    }

    /// Kills it without warning: SIGKILL on Linux, TerminateProcess on Windows.
    pub(super) fn kill(mut self) -> Result<(), DemoError> {
        self.child.kill().map_err(DemoError::Process)?;
        self.child.wait().map_err(DemoError::Process)?;
        Ok(())
    }

    /// Asks it to stop, by closing its input, and waits.
    pub(super) fn stop(mut self) -> Result<(), DemoError> {
        drop(self.child.stdin.take());
        let status = self.child.wait().map_err(DemoError::Process)?;
        if status.success() {
            Ok(())
        } else {
            Err(DemoError::Answer("the agent did not stop well"))
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A demo that fails half-way leaves no agent behind; after kill or stop this does nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder under the system's temporary folder that goes with its value.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self, DemoError> {
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(|_| DemoError::Answer("random bytes"))?;
        let name: String = hex(&random);
        let path = std::env::temp_dir().join(format!("pharmacy-agent-demo-{name}"));
        std::fs::create_dir(&path).map_err(DemoError::Process)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
