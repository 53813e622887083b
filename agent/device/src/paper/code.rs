//! The QR code of a slip: as dots for a printer, as SVG for a page.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment};

/// White modules around the code that readers need (ISO/IEC 18004).
const QUIET: i32 = 4;

/// Dots a module that a telephone reads off thermal paper; fewer are taken only where nothing else
/// fits.
const GOOD_SCALE: usize = 3;

/// Dots a module beyond which a short text's code only wastes paper.
const MOST_SCALE: usize = 6;

/// A picture of dots, one bit each, rows padded to whole bytes, 1 is black.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Raster {
    pub width: usize,
    pub height: usize,
    /// `width` rounded up to bytes, times `height`.
    pub bits: Vec<u8>,
}

impl Raster {
    /// Bytes of a row.
    pub fn stride(&self) -> usize {
        self.width.div_ceil(8)
    }
}

pub struct Code(QrCode);

impl Code {
    /// The code of a text; none where it is too long for any.
    pub fn new(text: &str, ecc: QrCodeEcc) -> Option<Self> {
        QrCode::encode_segments(&QrSegment::make_segments(text), ecc)
            .ok()
            .map(Self)
    }

    /// The code of a text as it fits so many dots: corrected as well as three dots a module allow.
    pub fn raster(text: &str, dots: usize) -> Option<Raster> {
        let fitting = |ecc, least| {
            let code = Self::new(text, ecc)?;
            let scale = (dots / code.modules()).min(MOST_SCALE);
            (scale >= least).then(|| code.dots(scale))
        };
        fitting(QrCodeEcc::Medium, GOOD_SCALE)
            .or_else(|| fitting(QrCodeEcc::Low, GOOD_SCALE))
            .or_else(|| fitting(QrCodeEcc::Low, 1))
    }

    /// The code for a page; `label` is read out to whoever does not see it.
    pub fn svg(text: &str, label: &str) -> Option<String> {
        let code = Self::new(text, QrCodeEcc::Medium)?;
        let modules = code.modules();
        let mut path = String::new();
        for y in 0..modules {
            let mut x = 0;
            while x < modules {
                let run = (x..modules).take_while(|x| code.is_dark(*x, y)).count();
                if run > 0 {
                    // Writing to a text does not fail.
                    let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
                }
                x += run.max(1);
            }
        }
        Some(format!(
            r##"<svg class="code" viewBox="0 0 {modules} {modules}" shape-rendering="crispEdges" role="img" aria-label="{label}"><path fill="#fff" d="M0 0h{modules}v{modules}h-{modules}z"/><path fill="#000" d="{path}"/></svg>"##
        ))
    }

    /// Modules across, the quiet zone with them.
    fn modules(&self) -> usize {
        usize::try_from(self.0.size() + 2 * QUIET).unwrap_or(usize::MAX)
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let at = |place: usize| i32::try_from(place).map_or(-1, |place| place - QUIET);
        self.0.get_module(at(x), at(y))
    }

    fn dots(&self, scale: usize) -> Raster {
        let width = self.modules() * scale;
        let stride = width.div_ceil(8);
        let mut bits = Vec::with_capacity(stride * width);
        for y in 0..self.modules() {
            let mut row = vec![0_u8; stride];
            for dot in (0..width).filter(|dot| self.is_dark(dot / scale, y)) {
                if let Some(byte) = row.get_mut(dot / 8) {
                    *byte |= 0x80 >> (dot % 8);
                }
            }
            for _ in 0..scale {
                bits.extend(&row);
            }
        }
        Raster {
            width,
            height: width,
            bits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(raster: &Raster) -> String {
        let dark =
            |x: usize, y: usize| raster.bits[y * raster.stride() + x / 8] & (0x80 >> (x % 8)) != 0;
        let mut image = rqrr::PreparedImage::prepare_from_bitmap(raster.width, raster.height, dark);
        let grids = image.detect_grids();
        grids[0].decode().unwrap().1
    }

    /// As long as the proof at so many entries, see `protocol/spec/slip.md`.
    fn text(length: usize) -> String {
        let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        let at = |place: usize| char::from(alphabet[place * 31 % 45]);
        (0..length).map(at).collect()
    }

    #[test]
    fn the_proof_of_a_million_entries_fits_narrow_paper_and_is_read_back() {
        for (length, dots, across) in [
            // 58 mm: at a thousand, a hundred thousand and a million entries.
            (897, 384, 303),
            (1_239, 384, 351),
            (1_383, 384, 375),
            (1_451, 384, 375),
            // Longer: less correction, still three dots.
            (1_452, 384, 339),
            // 80 mm.
            (1_383, 576, 500),
        ] {
            let raster = Code::raster(&text(length), dots).unwrap();
            assert!(raster.width <= dots);
            assert_eq!(raster.width, across, "{length} characters");
            assert_eq!(read_back(&raster), text(length));
        }
        assert!(Code::raster(&text(4_297), 384).is_none());
    }

    #[test]
    fn the_page_shows_the_same_modules() {
        let svg = Code::svg("PL1:ABC", "二维码").unwrap();
        let code = Code::new("PL1:ABC", QrCodeEcc::Medium).unwrap();
        let dark = (0..code.modules()).flat_map(|y| (0..code.modules()).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| code.is_dark(*x, *y)).count();
        let (_, path) = svg.split_once("fill=\"#000\" d=\"").unwrap();
        let runs = path.split('h').filter_map(|run| run.split('v').next());
        let drawn: usize = runs.filter_map(|run| run.parse::<usize>().ok()).sum();
        assert_eq!(drawn, dark);
    }
}
