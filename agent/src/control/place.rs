//! Where the control door is.

/// The socket within the data directory; on Windows a file with the pipe's name.
pub(super) const CONTROL_FILE: &str = "control";
