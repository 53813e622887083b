//! Waits for one scan and says what it is: what an installer tries first at a new till.
//!
//! ```text
//! 追溯码 / trace code: 81234567890123456789 (platform) ]C0
//! 医保码 / code of the insured: *** ]Q1
//! {"kind":"trace-code","code":"81234567890123456789","form":"platform","symbology":"]C0"}     --json
//! ```
//! In scope: one scan, its print. Credentials are never printed, and of a code that nobody recognises
//! only the shape. Out of scope: options of the command line, exit codes (the caller), recording.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;
use zeroize::Zeroizing;

use super::error::ScannerError;
use super::frame::{Event, Frame, Framer, IDLE_GAP, LONGEST_FRAME};
use super::line::Line;
use crate::port::{Opener, Port, PortError};
use crate::scan::{Form, Kind, Wallet};

/// How long a scan is waited for if nobody says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an attempt to open may take.
const OPEN: Duration = Duration::from_secs(3);

/// How a scan is printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// One JSON object on one line.
    Json,
    /// One line for a human.
    #[default]
    Line,
}

/// What to read from, and how to print it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadScanOptions {
    /// Where the scanner is attached.
    pub device: Line,
    /// How the scan is printed.
    pub format: Format,
    /// How long a scan is waited for.
    pub timeout: Duration,
    /// How long the line is quiet after a code without terminator.
    pub idle_gap: Duration,
}

impl ReadScanOptions {
    /// One line, and half a minute to scan.
    pub fn new(device: Line) -> Self {
        Self {
            device,
            format: Format::default(),
            timeout: DEFAULT_TIMEOUT,
            idle_gap: IDLE_GAP,
        }
    }
}

/// Why no scan was printed. Carries no part of a code.
#[derive(Debug, thiserror::Error)]
pub enum ReadScanError {
    /// Nothing was scanned in time.
    #[error("nothing was scanned in time")]
    Nothing,
    /// The scan could not be printed.
    #[error("cannot write the scan's line")]
    Output(#[source] io::Error),
    /// Bytes came without an end.
    #[error("{length} bytes came from the scanner without an end")]
    Overlong { length: usize },
    /// The scanner is absent or went away.
    #[error("cannot read from the scanner")]
    Scanner(#[source] ScannerError),
}

impl ReadScanError {
    /// Stable code, a key of the text catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "scanner.nothing",
            Self::Output(_) => "read-scan.output",
            Self::Overlong { .. } => "scanner.overlong",
            Self::Scanner(error) => error.code(),
        }
    }
}

/// Waits for one scan and prints what it is.
pub fn run(options: &ReadScanOptions, out: &mut dyn Write) -> Result<(), ReadScanError> {
    let frame = read(options)?;
    let text = match options.format {
        Format::Json => json_of(&frame)?,
        Format::Line => line_of(&frame),
    };
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(ReadScanError::Output)
}

fn read(options: &ReadScanOptions) -> Result<Frame, ReadScanError> {
    let deadline = Instant::now() + options.timeout;
    let absent = |error| ReadScanError::Scanner(ScannerError::Absent(error));
    let mut port = options
        .device
        .clone()
        .open(OPEN.min(options.timeout))
        .map_err(absent)?;
    let mut framer = Framer::new(options.idle_gap);
    loop {
        let events = next_events(port.as_mut(), &mut framer, deadline)?;
        match events.into_iter().next() {
            Some(Event::Frame(frame)) => return Ok(frame),
            Some(Event::Overlong { length }) => return Err(ReadScanError::Overlong { length }),
            None => {}
        }
        // What began in time may end: half a code is worth an idle gap more.
        match framer.pending() {
            _ if Instant::now() < deadline => {}
            0 => return Err(ReadScanError::Nothing),
            length if length > LONGEST_FRAME => return Err(ReadScanError::Overlong { length }),
            _ => {}
        }
    }
}

fn next_events(
    port: &mut dyn Port,
    framer: &mut Framer,
    deadline: Instant,
) -> Result<Vec<Event>, ReadScanError> {
    let mut chunk = Zeroizing::new([0; 256]);
    match port.read(chunk.as_mut_slice(), framer.due().unwrap_or(deadline)) {
        Ok(length) => {
            let bytes = chunk.get(..length).unwrap_or_default();
            Ok(framer.receive(bytes, Instant::now()))
        }
        Err(PortError::Late) => Ok(framer.settle(Instant::now()).into_iter().collect()),
        Err(error @ PortError::Gone(_)) => Err(ReadScanError::Scanner(ScannerError::Gone(error))),
    }
}

/// What is printed of a scan.
#[derive(Default, Serialize)]
struct Printed {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbology: Option<String>,
    #[serde(skip)]
    words: &'static str,
}

impl Printed {
    fn of(frame: &Frame) -> Self {
        let printed = |kind, words| Self {
            kind,
            words,
            symbology: frame.symbology().map(|symbology| symbology.to_string()),
            ..Self::default()
        };
        match Kind::of(frame.data(), frame.symbology()) {
            Kind::Ambiguous => printed(
                "ambiguous",
                "无法确定的条码 / code that can be read in two ways",
            ),
            Kind::Badge(_) => printed("badge", "本人牌或代购牌 / badge of the till"),
            Kind::InsuredCode => printed("insured-code", "医保码 / code of the insured"),
            Kind::PaymentCode(Wallet::Alipay) => {
                printed("payment-code", "支付宝付款码 / Alipay payment code")
            }
            Kind::PaymentCode(Wallet::WeChat) => {
                printed("payment-code", "微信付款码 / WeChat payment code")
            }
            Kind::Product(barcode) => Self {
                code: Some(barcode.as_str().to_owned()),
                ..printed(
                    "product",
                    "商品条码（不是追溯码）/ product code, not a trace code",
                )
            },
            Kind::Trace(pack) => Self {
                code: Some(pack.code.to_string()),
                form: Some(form_of(pack.form)),
                lot: pack.lot.map(String::from),
                expiry: pack.expiry.map(String::from),
                ..printed("trace-code", "追溯码 / trace code")
            },
            Kind::Traces(packs) => {
                let codes = packs.iter().map(|pack| pack.code.to_string());
                Self {
                    code: Some(codes.collect::<Vec<_>>().join(" ")),
                    ..printed("trace-codes", "多个追溯码 / several trace codes")
                }
            }
            Kind::Unknown(unread) => Self {
                shape: Some(unread.shape()),
                ..printed("unknown", "无法识别的内容 / unknown code")
            },
        }
    }
}

fn form_of(form: Form) -> &'static str {
    match form {
        Form::Gs1 => "gs1",
        Form::Own => "own",
        Form::Platform => "platform",
        Form::Unusual => "unusual",
        Form::Wrapped => "wrapped",
    }
}

fn json_of(frame: &Frame) -> Result<String, ReadScanError> {
    serde_json::to_string(&Printed::of(frame)).map_err(|error| ReadScanError::Output(error.into()))
}

fn line_of(frame: &Frame) -> String {
    let printed = Printed::of(frame);
    let shape = printed.shape.map(|shape| format!("[{shape}]"));
    let shown = printed.code.or(shape).unwrap_or("***".to_owned());
    let mut line = format!("{}: {shown}", printed.words);
    let form = printed.form.map(|form| format!("({form})"));
    let lot = printed.lot.map(|lot| format!("lot {lot}"));
    let expiry = printed.expiry.map(|expiry| format!("expiry {expiry}"));
    for part in [form, lot, expiry, printed.symbology].into_iter().flatten() {
        line.push(' ');
        line.push_str(&part);
    }
    line
}
