//! Paper and pad: what the simulated printer printed, and a signature as somebody draws it.

use std::io::Cursor;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{GrayImage, ImageFormat, Luma};
use serde_json::json;

use super::DemoError;
use pharmacy_device::paper::Raster;
use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::printer::{Printed, Simulator};

/// How long a slip may take; a printer that is there takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pad, in points.
const PAD: (u32, u32) = (800, 320);

/// The simulated slip printer.
pub(super) struct Printer {
    simulator: Simulator,
    server: TcpServer,
}

/// A slip that was cut off.
pub(super) struct Slip {
    /// What is on it, line by line, and where its code is.
    pub(super) lines: Vec<String>,
    /// What its code says.
    pub(super) code: String,
}

impl Printer {
    /// Starts one on a port of its own.
    pub(super) fn start() -> std::io::Result<Self> {
        let simulator = Simulator::new();
        let server = TcpServer::start(&simulator, "127.0.0.1:0")?;
        Ok(Self { simulator, server })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Waits for the slip of a sale.
    pub(super) fn slip(&self, sale: &str) -> Result<Slip, DemoError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let printed = self.simulator.printed();
            let cut = |row: &Printed| matches!(row, Printed::Cut);
            let mut slips: Vec<_> = printed.split(cut).collect();
            // What stands behind the last cut is not whole yet.
            slips.pop();
            if let Some(rows) = slips.into_iter().find(|rows| names(rows, sale)) {
                return read(rows);
            }
            if Instant::now() > deadline {
                return Err(DemoError::Answer("no slip was printed"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn texts(rows: &[Printed]) -> impl Iterator<Item = &str> {
    rows.iter().filter_map(|row| match row {
        Printed::Text { text, .. } => Some(text.as_str()),
        Printed::Cut | Printed::Feed(_) | Printed::Picture { .. } => None,
    })
}

/// Does a slip name the sale? Long numbers go over several lines.
fn names(rows: &[Printed], sale: &str) -> bool {
    let all: String = texts(rows).map(str::trim).collect();
    all.contains(sale)
}

fn read(rows: &[Printed]) -> Result<Slip, DemoError> {
    let mut codes = rows.iter().filter_map(|row| match row {
        Printed::Picture { raster, .. } => decode(raster),
        Printed::Cut | Printed::Feed(_) | Printed::Text { .. } => None,
    });
    let lines = rows.iter().filter_map(|row| match row {
        Printed::Text { text, .. } => Some(text.clone()),
        Printed::Picture { .. } => Some("〔二维码 QR code〕".to_owned()),
        Printed::Cut | Printed::Feed(_) => None,
    });
    Ok(Slip {
        lines: lines.collect(),
        code: codes
            .next()
            .ok_or(DemoError::Answer("the slip has no code"))?,
    })
}

/// What a code says, as a telephone reads it off the paper.
fn decode(raster: &Raster) -> Option<String> {
    let stride = raster.stride();
    let is_dark = |x: usize, y: usize| {
        let byte = raster.bits.get(y * stride + x / 8);
        byte.is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    };
    let (width, height) = (raster.width, raster.height);
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(width, height, is_dark);
    let grid = image.detect_grids().into_iter().next()?;
    Some(grid.decode().ok()?.1)
}

/// A signature as the pad's script sends it: strokes, and the same as PNG in base64.
pub(super) fn signature() -> Result<(String, String), DemoError> {
    let (mut pad, mut strokes) = (GrayImage::from_pixel(PAD.0, PAD.1, Luma([255])), Vec::new());
    for stroke in 0..3_u32 {
        let mut points = Vec::new();
        for step in 0..40_u32 {
            // In thousandths of the pad's width, as a hand moves: across, up and down.
            let x = 150 + stroke * 230 + step * 5;
            let y = 120 + (step % 20).abs_diff(10) * 14 + stroke * 10;
            points.push([x, y, (stroke * 50 + step) * 16]);
            blacken(&mut pad, x * PAD.0 / 1000, y * PAD.0 / 1000);
        }
        strokes.push(points);
    }
    let mut png = Cursor::new(Vec::new());
    pad.write_to(&mut png, ImageFormat::Png)
        .map_err(|_| DemoError::Answer("the signature cannot be drawn"))?;
    Ok((
        json!(strokes).to_string(),
        BASE64_STANDARD.encode(png.into_inner()),
    ))
}

/// A point of the pen.
fn blacken(pad: &mut GrayImage, x: u32, y: u32) {
    for (x, y) in (0..16).map(|dot| (x + dot % 4, y + dot / 4)) {
        if let Some(pixel) = pad.get_pixel_mut_checked(x, y) {
            *pixel = Luma([0]);
        }
    }
}
