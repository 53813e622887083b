//! A signature as the pad sends it: strokes of points, and the same as an image.
//!
//! ```text
//! strokes  [[[x,y,ms],…],…]   x and y in thousandths of the pad's width, ms from the first point
//! png      base64
//! ```

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::counter::notice::{Notice, unprocessable};
use pharmacy_desk::Drawing;

/// Most points of all strokes together.
pub(super) const MAX_POINTS: usize = 2_000;
/// Largest image, in bytes.
pub(super) const MAX_PNG: usize = 200_000;
/// Largest form with a drawing: the image in base64, in a form's own coding at worst three times as
/// long, and the strokes.
pub(super) const MAX_FORM: usize = 1 << 20;

/// The right and the lower edge: a pad is never taller than wide.
const EDGE: u32 = 1_000;
/// Longest time that a signature takes, in milliseconds.
const MAX_MS: u32 = 10 * 60 * 1_000;
/// How an image starts: the signature, and the first chunk with width and height.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
/// Widest and tallest image in pixels.
const MAX_PIXELS: u32 = 2_000;

/// Reads a drawing; what is no drawing is refused with a code.
pub(super) fn parse(strokes: &str, png: &str) -> Result<Drawing, Notice> {
    let wrong = || unprocessable("office.drawing-wrong");
    let strokes: Vec<Vec<[u32; 3]>> = serde_json::from_str(strokes).map_err(|_| wrong())?;
    let count: usize = strokes.iter().map(Vec::len).sum();
    if count == 0 {
        return Err(unprocessable("office.drawing-empty"));
    }
    if count > MAX_POINTS || png.len() > MAX_PNG.div_ceil(3) * 4 {
        return Err(unprocessable("office.too-large"));
    }
    let mut last = 0;
    for [x, y, ms] in strokes.iter().flatten().copied() {
        if x > EDGE || y > EDGE || ms < last || ms > MAX_MS {
            return Err(wrong());
        }
        last = ms;
    }
    let png = Zeroizing::new(BASE64_STANDARD.decode(png).map_err(|_| wrong())?);
    match (is_png(&png), png.len() > MAX_PNG) {
        (_, true) => Err(unprocessable("office.too-large")),
        (false, _) => Err(wrong()),
        (true, false) => Ok(Drawing { strokes, png }),
    }
}

fn is_png(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(PNG) else {
        return false;
    };
    let side = |from: usize| {
        let side = rest.get(from..)?.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*side))
    };
    let is_sensible = |side: Option<u32>| side.is_some_and(|side| (1..=MAX_PIXELS).contains(&side));
    is_sensible(side(0)) && is_sensible(side(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, length: usize) -> String {
        let mut bytes = PNG.to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.resize(length.max(bytes.len()), 0);
        BASE64_STANDARD.encode(bytes)
    }

    #[test]
    fn a_drawing_arrives_as_drawn() {
        let drawing = parse("[[[0,0,0],[1000,400,16]],[[5,6,900]]]", &png(800, 320, 0)).unwrap();
        let expected = vec![vec![[0, 0, 0], [1000, 400, 16]], vec![[5, 6, 900]]];
        assert_eq!(drawing.strokes, expected);
    }

    #[test]
    fn what_is_no_drawing_is_refused() {
        let image = png(800, 320, 0);
        let many = |count: usize| format!("[[{}]]", vec!["[1,1,1]"; count].join(","));
        let dot = "[[[0,0,0]]]";
        let wrong = "office.drawing-wrong";
        let too_many = many(MAX_POINTS + 1);
        let strokes = [
            ("[]", "office.drawing-empty"),
            ("[[],[]]", "office.drawing-empty"),
            (too_many.as_str(), "office.too-large"),
            ("[[[1001,0,0]]]", wrong),
            ("[[[0,1001,0]]]", wrong),
            ("[[[-1,0,0]]]", wrong),
            ("[[[0,0,5],[0,0,4]]]", wrong),
            ("[[[0,0,600001]]]", wrong),
            ("[[[0,0]]]", wrong),
            ("{}", wrong),
        ];
        let images = [
            ("%".to_owned(), wrong),
            (String::new(), wrong),
            (png(0, 5, 0), wrong),
            (png(800, 2001, 0), wrong),
            (png(8, 8, MAX_PNG + 1), "office.too-large"),
        ];
        let strokes = strokes.map(|(strokes, code)| (strokes, image.clone(), code));
        let images = images.map(|(image, code)| (dot, image, code));
        for (strokes, png, code) in strokes.into_iter().chain(images) {
            let refused = parse(strokes, &png).err().map(|notice| notice.code);
            assert_eq!(refused, Some(code), "{strokes:.40}");
        }
        assert!(parse(&many(MAX_POINTS), &png(800, 320, MAX_PNG)).is_ok());
    }
}
