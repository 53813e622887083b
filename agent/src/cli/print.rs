//! Words for whoever typed the command.

use std::io::Write as _;

/// Prints to standard output; a reader that closed the pipe has seen enough.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
