//! A page in the printer's language.
//!
//! ```text
//! 1B 40            begin anew            1C 26 / 1C 2E    Chinese characters on / off
//! 1B 21 n, 1C 21 n size of ASCII, of Chinese: printers know them apart, so both are set
//! 1B 61 n          0 left, 1 centred     1D 76 30 00 w w h h …   dots, w bytes by h rows
//! 1B 64 n          feed n lines          1D 56 42 00      feed to the knife and cut
//! 10 04 n          status, answered at once whatever is being printed
//! ```
//! SPEC: ESC/POS as printers in China speak it. No code page is set: it has no meaning for Chinese, and
//! some printers leave the Chinese mode when it is.

use crate::paper::{Charset, Page, Raster, Row};

const BEGIN: &[u8] = b"\x1b\x40\x1c\x26";
const ORDINARY: &[u8] = b"\x1b\x21\x00\x1c\x21\x00";
const DOUBLE: &[u8] = b"\x1b\x21\x30\x1c\x21\x0c";
const LEFT: &[u8] = b"\x1b\x61\x00";
const CENTRED: &[u8] = b"\x1b\x61\x01";
const DOTS: &[u8] = b"\x1d\x76\x30\x00";
const CUT_PAPER: &[u8] = b"\x1d\x56\x42\x00";

/// Lines between the last row and the edge where the paper is torn.
const LAST_FEED: &[u8] = b"\x1b\x64\x04";

/// Rows of dots in one command: printers hold a picture in memory before they print it, and small
/// ones hold little.
const BAND: usize = 192;

/// Whether the printer has a knife that is to be used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Cut {
    #[default]
    Knife,
    Tear,
}

/// The bytes that print a page.
pub fn encode(page: &Page, charset: Charset, cut: Cut) -> Vec<u8> {
    let mut bytes = [BEGIN, LEFT].concat();
    for row in &page.rows {
        match row {
            Row::Picture(raster) => picture(&mut bytes, raster),
            Row::Text(text) => line(&mut bytes, &charset.bytes(text)),
            Row::Title(text) => {
                bytes.extend(DOUBLE);
                line(&mut bytes, &charset.bytes(text));
                bytes.extend(ORDINARY);
            }
        }
    }
    bytes.extend(LAST_FEED);
    if cut == Cut::Knife {
        bytes.extend(CUT_PAPER);
    }
    bytes
}

fn line(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend(text);
    bytes.push(b'\n');
}

fn picture(bytes: &mut Vec<u8>, raster: &Raster) {
    bytes.extend(CENTRED);
    let stride = raster.stride().max(1);
    for band in raster.bits.chunks(stride * BAND) {
        bytes.extend(DOTS);
        for size in [stride, band.len() / stride] {
            // Never more than 72 bytes across and a band's rows.
            bytes.extend(u16::try_from(size).unwrap_or(u16::MAX).to_le_bytes());
        }
        bytes.extend(band);
    }
    bytes.extend(LEFT);
}
