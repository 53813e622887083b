//! PINs at the command line: read, tried, and never sent.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::path::Path;

use pharmacy_protocol::Secret;
use pharmacy_protocol::term::StaffId;
use zeroize::Zeroizing;

use crate::control::{self, Request};
use crate::failure::Failure;
use pharmacy_desk::core::staff::StaffError;
use pharmacy_desk::{DeskError, Signer};
use pharmacy_journal::LogView;

/// The longest line that is read as a PIN; a longer one is none.
const MAX_LINE: u64 = 128;

/// Reads a PIN: from the terminal without showing it, else a line of the input. Never from an
/// argument, which every program on the machine could read.
pub(super) fn read_pin(prompt: &str) -> Result<Secret<String>, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let pin = rpassword::prompt_password(prompt);
        return pin
            .map(Secret::new)
            .map_err(|_| Failure::plain("staff.pin-form"));
    }
    let mut line = Zeroizing::new(String::with_capacity(128));
    let read = input.lock().take(MAX_LINE).read_line(&mut line);
    read.map_err(|_| Failure::plain("staff.pin-form"))?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Tries a PIN on a member's sealed seed. It is counted as wrong, on the disk, before it is tried: to
/// kill the command is no free try.
pub(super) fn try_pin<T>(
    data: &Path,
    staff: &StaffId,
    open: impl FnOnce(&[u8]) -> Result<Option<T>, DeskError>,
) -> Result<T, Failure> {
    let staff = || staff.clone();
    let sealed = control::ask(data, Request::CountTry { staff: staff() })?.seed()?;
    if let Some(opened) = open(&sealed)? {
        return Ok(opened);
    }
    control::ask(data, Request::ReportWrongPin { staff: staff() })?;
    Err(DeskError::from(StaffError::PinWrong).into())
}

/// Asks a member for their PIN, and opens the key that they sign with.
pub(super) fn open_key<'a>(
    data: &Path,
    log: &'a LogView,
    by: &StaffId,
) -> Result<Signer<'a>, Failure> {
    let pin = read_pin(&format!("{by} 的 PIN / PIN of {by}: "))?;
    try_pin(data, by, |sealed| Signer::open(log, by, &pin, sealed))
}
