//! Slips that came back: what the codes on a scanned page say.
//!
//! In scope: JPEG, PNG, and PDF whose pages are photographs (JPEG inside), as office scanners write it;
//! several slips on a page. What it is, is told from its bytes; sizes are checked before anything is
//! decoded. Out of scope: what a code proves, whose slip it is (`desk`).
//!
//! GAP: a PDF whose images are compressed otherwise (CCITT, JBIG2, JPEG 2000) is refused with its own
//! words; the scanner can be set to JPEG.

use std::collections::BTreeSet;
use std::io::Cursor;

use image::imageops::FilterType;
use image::{GrayImage, ImageFormat, ImageReader, Limits};
use lopdf::Document;
use serde::{Deserialize, Serialize};

use super::look::Look;

/// The largest file: with base64 around it, it still fits into a part.
pub const MAX_PAGE_BYTES: usize = 10 * 1024 * 1024;

/// The most dots of an image: A4 at 600 dpi has 35 million.
pub const MAX_PIXELS: u64 = 64_000_000;

/// The most pages of a PDF: a busy day's slips, three on a page.
pub const MAX_PDF_PAGES: usize = 200;

/// Sizes at which a picture is looked at, as fractions of its own. The reader of codes finds large ones
/// at some sizes and not at others, for no reason that shows: measured on codes of 600 and 1,383
/// characters at 500 and 640 dots across, one size alone read none to six of six, all together all.
const SIZES: [(u32, u32); 5] = [(1, 1), (3, 2), (3, 4), (3, 5), (1, 2)];

/// From so many dots on, a picture is halved first: more than 300 dots an inch help nobody.
const LARGE: u64 = 16_000_000;

/// What stood on a page.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Codes {
    /// The texts of the codes, each once.
    pub texts: BTreeSet<String>,
    /// Codes that were seen and could not be read.
    pub unreadable: usize,
}

/// A page that cannot be looked at. Carries nothing of it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum ScanError {
    /// An image that ends early or is damaged.
    #[error("image is damaged")]
    Damaged,
    /// Neither JPEG nor PNG nor PDF.
    #[error("file is no jpeg, png or pdf")]
    Kind,
    /// A PDF that is damaged or locked.
    #[error("pdf is damaged or locked")]
    Pdf,
    /// A PDF with a page that has no JPEG.
    #[error("pdf has a page without a jpeg image")]
    PdfWithoutJpeg,
    /// More than [`MAX_PAGE_BYTES`], [`MAX_PIXELS`] or [`MAX_PDF_PAGES`].
    #[error("page is too large")]
    TooLarge,
}

impl ScanError {
    /// Stable code, a key of the text catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::Damaged => "slips.damaged",
            Self::Kind => "slips.kind",
            Self::Pdf => "slips.pdf",
            Self::PdfWithoutJpeg => "slips.pdf-without-jpeg",
            Self::TooLarge => "slips.too-large",
        }
    }
}

/// Reads every code on a page, or on the pages of a PDF.
pub fn read_codes(bytes: &[u8]) -> Result<Codes, ScanError> {
    if bytes.len() > MAX_PAGE_BYTES {
        return Err(ScanError::TooLarge);
    }
    if bytes.starts_with(b"%PDF-") {
        return read_pdf(bytes);
    }
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => format,
        Ok(_) | Err(_) => return Err(ScanError::Kind),
    };
    Ok(find(&picture(bytes, format)?))
}

/// Looks at a picture, or at the first one of a PDF; none where it cannot be looked at, or shows nothing.
pub fn look_at(bytes: &[u8]) -> Option<Look> {
    if bytes.len() > MAX_PAGE_BYTES {
        return None;
    }
    if !bytes.starts_with(b"%PDF-") {
        let format = image::guess_format(bytes).ok()?;
        let is_known = matches!(format, ImageFormat::Jpeg | ImageFormat::Png);
        return Look::of(&picture(bytes, format).ok().filter(|_| is_known)?);
    }
    let document = Document::load_mem(bytes).ok()?;
    if document.is_encrypted() {
        return None;
    }
    let page = document.page_iter().next()?;
    let images = document.get_page_images(page).ok()?;
    let is_jpeg = |filters: &[String]| matches!(filters, [only] if only == "DCTDecode");
    let mut images = images.iter();
    let jpeg = images.find(|image| image.filters.as_deref().is_some_and(is_jpeg))?;
    Look::of(&picture(jpeg.content, ImageFormat::Jpeg).ok()?)
}

fn read_pdf(bytes: &[u8]) -> Result<Codes, ScanError> {
    let document = Document::load_mem(bytes).map_err(|_| ScanError::Pdf)?;
    if document.is_encrypted() {
        return Err(ScanError::Pdf);
    }
    let pages: Vec<_> = document.page_iter().take(MAX_PDF_PAGES + 1).collect();
    if pages.len() > MAX_PDF_PAGES {
        return Err(ScanError::TooLarge);
    }
    let mut codes = Codes::default();
    for page in pages {
        let images = document.get_page_images(page).map_err(|_| ScanError::Pdf)?;
        let is_jpeg = |filters: &[String]| matches!(filters, [only] if only == "DCTDecode");
        let mut jpegs = images
            .iter()
            .filter(|image| image.filters.as_deref().is_some_and(is_jpeg))
            .peekable();
        if jpegs.peek().is_none() {
            return Err(ScanError::PdfWithoutJpeg);
        }
        for jpeg in jpegs {
            let found = find(&picture(jpeg.content, ImageFormat::Jpeg)?);
            codes.texts.extend(found.texts);
            codes.unreadable += found.unreadable;
        }
    }
    if codes == Codes::default() && document.page_iter().next().is_none() {
        return Err(ScanError::Pdf);
    }
    Ok(codes)
}

/// Decodes an image once its size is known to be bearable.
fn picture(bytes: &[u8], format: ImageFormat) -> Result<GrayImage, ScanError> {
    let reader = || ImageReader::with_format(Cursor::new(bytes), format);
    let (width, height) = reader().into_dimensions().map_err(|_| ScanError::Damaged)?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ScanError::TooLarge);
    }
    let mut reader = reader();
    let mut limits = Limits::default();
    // Four bytes a dot at most, and as much again while it is decoded.
    limits.max_alloc = Some(8 * MAX_PIXELS);
    reader.limits(limits);
    let image = reader.decode().map_err(|_| ScanError::Damaged)?;
    Ok(image.into_luma8())
}

/// Codes of a picture, at all sizes together.
fn find(image: &GrayImage) -> Codes {
    let is_large = u64::from(image.width()) * u64::from(image.height()) > LARGE;
    let halved = is_large.then(|| resized(image, 1, 2));
    let image = halved.as_ref().unwrap_or(image);
    let mut codes = Codes::default();
    let mut seen = 0;
    for size in SIZES {
        let found = match size {
            (1, 1) => find_once(image),
            (by, of) => find_once(&resized(image, by, of)),
        };
        seen = seen.max(found.texts.len() + found.unreadable);
        codes.texts.extend(found.texts);
    }
    codes.unreadable = seen.saturating_sub(codes.texts.len());
    codes
}

fn resized(image: &GrayImage, by: u32, of: u32) -> GrayImage {
    let side = |side: u32| (side.saturating_mul(by) / of).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    image::imageops::resize(image, width, height, FilterType::Triangle)
}

fn find_once(image: &GrayImage) -> Codes {
    let size = |side: u32| usize::try_from(side).unwrap_or(usize::MAX);
    let (width, height) = (size(image.width()), size(image.height()));
    let dots = image.as_raw();
    let dot = |x: usize, y: usize| dots.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, dot);
    let mut codes = Codes::default();
    for grid in prepared.detect_grids() {
        match grid.decode() {
            Ok((_, text)) => {
                codes.texts.insert(text);
            }
            Err(_) => codes.unreadable += 1,
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Luma};
    use lopdf::{Object, Stream, dictionary};

    use super::*;
    use crate::paper::Code;

    /// A page with codes at some places, a dot of the printer four of the scanner.
    fn page(codes: &[(&str, i64, i64)]) -> GrayImage {
        let mut page = GrayImage::from_pixel(1_654, 2_339, Luma([235]));
        for (text, left, top) in codes {
            let raster = Code::raster(text, 384).unwrap();
            let size = u32::try_from(raster.width).unwrap();
            let code = GrayImage::from_fn(size, size, |x, y| {
                let (x, y) = (x as usize, y as usize);
                let is_black = raster.bits[y * raster.stride() + x / 8] & (0x80 >> (x % 8)) != 0;
                Luma([if is_black { 40 } else { 235 }])
            });
            let code = image::imageops::resize(&code, 620, 620, image::imageops::Triangle);
            image::imageops::overlay(&mut page, &code, *left, *top);
        }
        page
    }

    fn encoded(image: &GrayImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = DynamicImage::ImageLuma8(image.clone());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn pdf(content: Vec<u8>, filter: &str) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let image = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => 1654, "Height" => 2339,
            "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8, "Filter" => filter,
        };
        let image = document.add_object(Stream::new(image, content));
        let pages = document.new_object_id();
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages,
            "Resources" => dictionary! { "XObject" => dictionary! { "I" => image } },
        });
        let tree = dictionary! {
            "Type" => "Pages", "Kids" => vec![Object::Reference(page)], "Count" => 1,
        };
        document.objects.insert(pages, Object::Dictionary(tree));
        let catalogue = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", catalogue);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    fn long(letter: &str) -> String {
        format!("PL1:{}", letter.repeat(1_379))
    }

    #[test]
    fn reads_several_slips_of_one_page_in_every_format() {
        let (a, b) = (long("A7"), long("B9"));
        let (a, b) = (&a[..1_383], &b[..1_383]);
        let page = page(&[(a, 90, 150), (b, 930, 1_400)]);
        let jpeg = encoded(&page, ImageFormat::Jpeg);
        for bytes in [
            jpeg.clone(),
            encoded(&page, ImageFormat::Png),
            pdf(jpeg, "DCTDecode"),
        ] {
            let codes = read_codes(&bytes).unwrap();
            let texts: Vec<&str> = codes.texts.iter().map(String::as_str).collect();
            assert_eq!((texts, codes.unreadable), (vec![a, b], 0));
        }
    }

    #[test]
    fn counts_a_code_that_is_torn() {
        let text = long("C3");
        let mut page = page(&[(&text[..1_383], 90, 150)]);
        for (x, y, dot) in page.enumerate_pixels_mut() {
            // Half of the code is painted over, its corners stay.
            if (330..520).contains(&x) && (300..700).contains(&y) {
                *dot = Luma([235]);
            }
        }
        let codes = read_codes(&encoded(&page, ImageFormat::Png)).unwrap();
        assert_eq!((codes.texts.len(), codes.unreadable), (0, 1));
    }

    #[test]
    fn refuses_what_it_cannot_look_at_and_says_why() {
        let page = page(&[]);
        let jpeg = encoded(&page, ImageFormat::Jpeg);
        assert_eq!(read_codes(&jpeg), Ok(Codes::default()));
        for (bytes, error) in [
            (b"GIF89a whatever".to_vec(), ScanError::Kind),
            (Vec::new(), ScanError::Kind),
            (jpeg[..200].to_vec(), ScanError::Damaged),
            (b"%PDF-1.5 and no more".to_vec(), ScanError::Pdf),
            (
                pdf(vec![0; 40], "CCITTFaxDecode"),
                ScanError::PdfWithoutJpeg,
            ),
            (pdf(b"no jpeg".to_vec(), "DCTDecode"), ScanError::Damaged),
            (vec![0; MAX_PAGE_BYTES + 1], ScanError::TooLarge),
            (bomb(), ScanError::TooLarge),
        ] {
            assert_eq!(read_codes(&bytes), Err(error));
        }
    }

    /// A PNG of 100 bytes that says it has ten thousand million dots.
    fn bomb() -> Vec<u8> {
        let small = encoded(&GrayImage::new(1, 1), ImageFormat::Png);
        let mut bytes = small.clone();
        bytes[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&100_000_u32.to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        bytes
    }
}
