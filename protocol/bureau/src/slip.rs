//! The command `slip`: does the list behind a slip stand in the log?
//!
//! In scope: the list's exact bytes, the code's text (typed, from a file, or read from a photograph), the
//! enrolled key; and the list in plain words, to be compared with the paper in hand. Out of scope:
//! fetching the list, the signature on the paper.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use clap::Args;
use image::imageops::{self, FilterType};
use image::{GrayImage, ImageFormat, ImageReader};
use pharmacy_protocol::log::note::VerifierKey;
use pharmacy_protocol::slip::{Listed, MAX_SLIP_CHARACTERS, SLIP_MARK, SlipError, SlipProof};
use serde_json::Value;

use crate::stop::{StopError, require};
use crate::text;

/// The most dots of a photograph: telephones make 50 million.
const MAX_PIXELS: u64 = 64_000_000;

/// What to check, and against what.
#[derive(Args)]
pub struct SlipArgs {
    /// 清单文件，须与药店导出的一字不差 The list, byte for byte as the shop hands it over
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// 二维码内容，或存有它的文件 The code's text, or a file that holds it
    #[arg(long, value_name = "TEXT|FILE", required_unless_present = "image")]
    proof: Option<String>,
    /// 小票照片，从中读取二维码 A photograph of the slip, JPEG or PNG
    #[arg(long, value_name = "FILE", conflicts_with = "proof")]
    image: Option<PathBuf>,
    /// 备案公钥，或存有它的文件 The enrolled verifier key, or a file that holds it
    #[arg(long, value_name = "KEY|FILE")]
    key: String,
}

/// What the check came to.
pub struct Checked {
    list: Vec<u8>,
    result: Result<Listed, SlipError>,
}

impl Checked {
    /// Does the list stand in the log?
    pub fn is_proved(&self) -> bool {
        self.result.is_ok()
    }

    /// The list in plain words, and the answer.
    pub fn text(&self) -> String {
        let mut text = list_text(&self.list);
        // Writing to a text does not fail.
        let _ = match &self.result {
            Ok(listed) => writeln!(
                text,
                "{}\n  日志 log    {}\n  条目 entry  {} / {}",
                text::LISTED,
                listed.checkpoint.origin,
                listed.index,
                listed.checkpoint.size
            ),
            Err(error) => writeln!(
                text,
                "{}\n  {} {} / {error}",
                text::NOT_LISTED,
                error.code(),
                text::slip(error)
            ),
        };
        text
    }
}

/// Checks what the arguments name.
pub fn run(arguments: &SlipArgs) -> Result<Checked, StopError> {
    let list = require(&arguments.list)?;
    let key = text_or_file(&arguments.key, |text| text.contains('+'))?;
    let key = VerifierKey::parse(key.trim()).map_err(StopError::Key)?;
    let proof = match (&arguments.proof, &arguments.image) {
        (_, Some(path)) => read_code(path)?,
        (Some(proof), None) => text_or_file(proof, |text| text.starts_with(SLIP_MARK))?,
        (None, None) => String::new(),
    };
    // Spaces are characters of the code; what an editor put behind it is not.
    let proof = SlipProof::parse(proof.trim_end_matches(['\r', '\n'])).map_err(StopError::Proof)?;
    let verified = proof.verify(&list, &key);
    Ok(Checked {
        list,
        result: verified.map(|listed| listed.into_inner()),
    })
}

/// An argument that is the thing itself, or names a file that holds it.
fn text_or_file(argument: &str, is_itself: impl Fn(&str) -> bool) -> Result<String, StopError> {
    if is_itself(argument) {
        return Ok(argument.to_owned());
    }
    let bytes = require(Path::new(argument))?;
    let end = bytes.len().min(2 * MAX_SLIP_CHARACTERS);
    let bytes = bytes.get(..end).unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// The text of the one slip's code in a photograph.
fn read_code(path: &Path) -> Result<String, StopError> {
    let bytes = require(path)?;
    let refused = || StopError::Image {
        path: path.to_owned(),
    };
    let format = match image::guess_format(&bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => format,
        Ok(_) | Err(_) => return Err(refused()),
    };
    let reader = || ImageReader::with_format(Cursor::new(&bytes), format);
    let (width, height) = reader().into_dimensions().map_err(|_| refused())?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(refused());
    }
    let picture = reader().decode().map_err(|_| refused())?.into_luma8();
    let found = SIZES.into_iter().find_map(|(by, of)| {
        let side = |side: u32| (side.saturating_mul(by) / of).max(1);
        let (width, height) = (side(picture.width()), side(picture.height()));
        code_in(&imageops::resize(
            &picture,
            width,
            height,
            FilterType::Triangle,
        ))
    });
    found.ok_or_else(|| StopError::Code {
        path: path.to_owned(),
    })
}

/// Sizes at which a photograph is looked at, as fractions of its own: large codes are found at some
/// and not at others.
const SIZES: [(u32, u32); 6] = [(1, 1), (3, 4), (3, 5), (1, 2), (3, 2), (1, 4)];

fn code_in(picture: &GrayImage) -> Option<String> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let dots = picture.as_raw();
    let dot = |x: usize, y: usize| dots.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, dot);
    let grids = prepared.detect_grids();
    let mut texts = grids.iter().filter_map(|grid| grid.decode().ok());
    let (_, text) = texts.find(|(_, text)| text.starts_with(SLIP_MARK))?;
    Some(text)
}

/// Members of a list and what they are called, in the order of the slip.
const MEMBERS: [(&str, &str); 12] = [
    ("store_name", "药店 store"),
    ("store", "药店代码 code"),
    ("till", "收银台 till"),
    ("operator", "操作员 operator"),
    ("receipt", "小票号 receipt"),
    ("settled_ms", "结算时间 settled"),
    ("holder", "参保人 holder"),
    ("patient", "用药人 patient"),
    ("buyer", "代购人 buyer"),
    ("pharmacists", "审方药师 pharmacist"),
    ("settlement", "结算编号 settlement"),
    ("sale", "销售单号 sale"),
];

fn list_text(bytes: &[u8]) -> String {
    let Ok(list) = serde_json::from_slice::<Value>(bytes) else {
        return format!("{}\n", text::LIST_UNREADABLE);
    };
    let mut text = String::new();
    let mut put = |label: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "{label}  {value}");
        }
    };
    for (member, label) in MEMBERS {
        let value = list.get(member).unwrap_or(&Value::Null);
        put(label, told(member, value));
    }
    for line in list
        .get("lines")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let member = |name: &str| told(name, line.get(name).unwrap_or(&Value::Null));
        let (number, name, spec) = (member("number"), member("name"), member("spec"));
        put(&format!("{number}."), format!("{name} {spec}"));
        put("  批号 lot", member("lot"));
        let (price, quantity, amount) = (member("price"), member("quantity"), member("amount"));
        put(
            "  ",
            format!("{price} × {quantity} = {amount} {}", member("tender")),
        );
        for code in line
            .get("trace_codes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            put("  追溯码 trace", told("", code));
        }
    }
    for (member, label) in [
        ("total", "合计 total"),
        ("insurance", "医保支付 insurance"),
        ("cash", "现金支付 cash"),
    ] {
        put(
            label,
            told(member, list.get(member).unwrap_or(&Value::Null)),
        );
    }
    text
}

/// A member in plain words. Control characters of a made-up list must not steer the terminal.
fn told(member: &str, value: &Value) -> String {
    let text = match (member, value) {
        (_, Value::Null) => String::new(),
        ("settled_ms", Value::Number(ms)) => {
            let at = ms.as_i64().map(jiff::Timestamp::from_millisecond);
            let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
            match at {
                Some(Ok(at)) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string(),
                Some(Err(_)) | None => ms.to_string(),
            }
        }
        (_, Value::String(text)) => text.clone(),
        (_, Value::Array(all)) => all
            .iter()
            .map(|value| told("", value))
            .collect::<Vec<_>>()
            .join(" "),
        (_, Value::Object(all)) => all
            .values()
            .map(|value| told("", value))
            .collect::<Vec<_>>()
            .join(" "),
        (_, value) => value.to_string(),
    };
    text.chars().filter(|c| !c.is_control()).collect()
}
