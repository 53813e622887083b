//! `[printer]`: the receipt printer.

use serde::Deserialize;

use pharmacy_desk::setup::PrintOn;
use pharmacy_device::paper::{Charset, Paper};

/// `[printer]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PrinterConfig {
    /// `serial:COM5`, `tcp:192.168.1.50:9100`; no printer when absent.
    pub device: Option<String>,
    /// Width of the paper in millimetres, 58 or 80.
    pub width: u16,
    /// When a slip is printed.
    pub print: PrintOn,
    /// Slips of one sale, 1 to 5.
    pub copies: u8,
    /// Whether the printer cuts.
    pub cut: bool,
    /// Which characters it has.
    pub encoding: PrinterEncoding,
}

impl Default for PrinterConfig {
    fn default() -> Self {
        Self {
            device: None,
            width: 58,
            print: PrintOn::Settled,
            copies: 1,
            cut: true,
            encoding: PrinterEncoding::Gb18030,
        }
    }
}

impl PrinterConfig {
    /// Its paper, if the width is one of the two.
    pub fn paper(&self) -> Option<Paper> {
        match self.width {
            58 => Some(Paper::Narrow),
            80 => Some(Paper::Wide),
            _ => None,
        }
    }

    pub fn charset(&self) -> Charset {
        match self.encoding {
            PrinterEncoding::Gb18030 => Charset::Gb18030,
            PrinterEncoding::Gbk => Charset::Gbk,
        }
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.paper().is_none() {
            return Err("`[printer] width` must be 58 or 80");
        }
        if !(1..=MAX_COPIES).contains(&self.copies) {
            return Err("`[printer] copies` must be from 1 to 5");
        }
        Ok(())
    }
}

/// `[printer] encoding`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum PrinterEncoding {
    /// All of GB 18030.
    Gb18030,
    Gbk,
}

/// The most slips of one sale: one for the shop, one for the customer, and some.
pub const MAX_COPIES: u8 = 5;
