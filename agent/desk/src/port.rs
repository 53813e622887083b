//! Ports as edges and the desk see them: a scanner's, which can be lent to another program for a while.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A port that is being closed; done once it is.
pub type Lending<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The port of a barcode scanner.
pub trait ScannerPort: Send + Sync {
    /// Closes the port for a time, ten minutes at most. Lending again begins the time anew.
    fn lend(&self, duration: Duration) -> Lending<'_>;

    /// Opens the port now, whatever it waits for.
    fn resume(&self);

    /// Where it stands, in one word.
    fn state(&self) -> &'static str;
}

/// A file in the scanner's folder.
#[derive(Clone, Debug)]
pub struct InboxFile {
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written, milliseconds since 1970.
    pub written_ms: i64,
}
