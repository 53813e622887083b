//! The control door as a Unix socket in the data directory: mode 0600, and the system says who calls.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::place::CONTROL_FILE;

/// The longest path of a socket. SPEC: unix(7), `sun_path` has 108 bytes with the zero at its end.
const LONGEST_PATH: usize = 107;

/// Whoever may do everything on this machine.
const ROOT: u32 = 0;

/// The bound socket; its file goes when it is dropped.
pub(super) struct Listener {
    inner: UnixListener,
    file: PathBuf,
    owner: u32,
}

impl Listener {
    pub(super) fn bind(data: &Path) -> io::Result<Self> {
        let file = data.join(CONTROL_FILE);
        remove_left(&file)?;
        let place = Place::of(data)?;
        let inner = UnixListener::bind(&place.path)?;
        fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&file)?.uid();
        Ok(Self { inner, file, owner })
    }

    /// The next conversation with this account, or with root.
    pub(super) async fn accept(&mut self) -> io::Result<UnixStream> {
        let (stream, _) = self.inner.accept().await?;
        let caller = stream.peer_cred()?.uid();
        if caller == self.owner || caller == ROOT {
            Ok(stream)
        } else {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // One that stays is refused by the system, and replaced at the next start.
        let _ = fs::remove_file(&self.file);
    }
}

/// Removes the socket of an agent that was killed, and nothing else.
fn remove_left(file: &Path) -> io::Result<()> {
    match fs::symlink_metadata(file) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(file),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Where the system is told to find the socket.
struct Place {
    path: PathBuf,
    /// Kept open while the path leads through it.
    _folder: Option<File>,
}

impl Place {
    /// A path that is too long is led through the folder's own descriptor (Linux).
    fn of(data: &Path) -> io::Result<Self> {
        let path = data.join(CONTROL_FILE);
        if path.as_os_str().as_bytes().len() <= LONGEST_PATH {
            return Ok(Self {
                path,
                _folder: None,
            });
        }
        let folder = File::open(data)?;
        let path = format!("/proc/self/fd/{}/{CONTROL_FILE}", folder.as_raw_fd());
        Ok(Self {
            path: path.into(),
            _folder: Some(folder),
        })
    }
}

pub(super) async fn connect(data: &Path) -> io::Result<UnixStream> {
    let place = Place::of(data)?;
    UnixStream::connect(&place.path).await
}
