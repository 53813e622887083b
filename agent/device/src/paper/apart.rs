//! Reading a page in a process of its own.
//!
//! Decoders of pictures, PDF and codes take in what anybody can put on paper. A panic of theirs ends the
//! process that it happens in, and a page may keep one busy for ever: neither may be the daemon's. The
//! page goes in by standard input, what was read comes back by standard output.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::look::Look;
use super::scan::{Codes, MAX_PAGE_BYTES, ScanError, look_at, read_codes};

/// The command that reads one page.
pub const COMMAND: &str = "read-slips";

/// The command that looks at one picture.
pub const LOOK_COMMAND: &str = "look-at-picture";

/// Longest time for one file: a PDF of a busy day has dozens of pages, and tills are slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// The longest answer: a page's codes are some kilobytes.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;

/// Reads a page's codes in a process of its own; a process that fails or stays away makes the page a
/// damaged one.
pub fn read_codes_apart(program: &Path, page: &[u8]) -> Result<Codes, ScanError> {
    if page.len() > MAX_PAGE_BYTES {
        return Err(ScanError::TooLarge);
    }
    let answer = ask(program, COMMAND, page).ok_or(ScanError::Damaged)?;
    serde_json::from_slice(&answer).unwrap_or(Err(ScanError::Damaged))
}

/// Looks at a picture in a process of its own; none where that fails or stays away.
pub fn look_apart(program: &Path, picture: &[u8]) -> Option<Look> {
    if picture.len() > MAX_PAGE_BYTES {
        return None;
    }
    let answer = ask(program, LOOK_COMMAND, picture)?;
    Look::parse(std::str::from_utf8(&answer).ok()?)
}

/// Has a process of its own do one thing with some bytes.
fn ask(program: &Path, command: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let child = Command::new(program)
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.ok()?;
    let answer = converse(&mut child, bytes);
    let _ = child.kill();
    let _ = child.wait();
    answer
}

/// Hands a page over and takes the answer, within [`PATIENCE`].
fn converse(child: &mut Child, page: &[u8]) -> Option<Vec<u8>> {
    let (mut input, output) = (child.stdin.take()?, child.stdout.take()?);
    let (sender, answer) = mpsc::channel();
    std::thread::Builder::new()
        .name("read-slips".into())
        .spawn(move || {
            let mut bytes = Vec::new();
            let read = output.take(MAX_ANSWER).read_to_end(&mut bytes);
            let _ = sender.send(read.ok().map(|_| bytes));
        })
        .ok()?;
    // A reader that gave up before the end says so itself.
    let _ = input.write_all(page);
    drop(input);
    answer.recv_timeout(PATIENCE).ok().flatten()
}

/// The other side: reads a page from `input` and says what stands on it.
pub fn serve(input: &mut dyn Read, output: &mut dyn Write) -> std::io::Result<()> {
    let mut page = Vec::new();
    let limit = u64::try_from(MAX_PAGE_BYTES).unwrap_or(u64::MAX);
    input.take(limit.saturating_add(1)).read_to_end(&mut page)?;
    let read = read_codes(&page);
    output.write_all(&serde_json::to_vec(&read)?)
}

/// The same for a look: its text, or nothing.
pub fn serve_look(input: &mut dyn Read, output: &mut dyn Write) -> std::io::Result<()> {
    let mut picture = Vec::new();
    let limit = u64::try_from(MAX_PAGE_BYTES).unwrap_or(u64::MAX);
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut picture)?;
    let look = look_at(&picture).map(|look| look.to_text());
    output.write_all(look.unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_comes_back_as_it_was() {
        let cases = [
            Ok(Codes {
                texts: ["A".to_owned()].into(),
                unreadable: 2,
            }),
            Err(ScanError::PdfWithoutJpeg),
        ];
        for case in cases {
            let bytes = serde_json::to_vec(&case).unwrap();
            let back: Result<Codes, ScanError> = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(back, case);
        }
        let mut answer = Vec::new();
        serve(&mut b"no page".as_slice(), &mut answer).unwrap();
        let back: Result<Codes, ScanError> = serde_json::from_slice(&answer).unwrap();
        assert_eq!(back, Err(ScanError::Kind));
    }

    #[test]
    fn a_program_that_is_no_reader_makes_the_page_a_damaged_one() {
        let nowhere = Path::new("no-such-program-anywhere");
        assert_eq!(read_codes_apart(nowhere, b"page"), Err(ScanError::Damaged));
        let page = vec![0; MAX_PAGE_BYTES + 1];
        assert_eq!(read_codes_apart(nowhere, &page), Err(ScanError::TooLarge));
    }
}
