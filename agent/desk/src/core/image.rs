//! What an image of a prescription or a scanned page is, told by its bytes.
//!
//! ```text
//! JPEG  FF D8, segments with lengths, among them a frame with a size, a scan, FF D9 behind it
//! PNG   signature, chunk IHDR with a size, chunks with lengths, IEND
//! PDF   "%PDF-" and a digit at the start, "%%EOF" near the end
//! ```
//! A name or a header can say anything, and what is kept here is shown to a pharmacist in a browser
//! later: nothing else is taken. A file that was cut off has no end and is refused as well.
//! Out of scope: decoding pixels; what the picture shows.

pub use pharmacy_protocol::record::list::MediaType;

/// Largest image of a prescription, bytes.
pub const MAX_IMAGE: usize = 8 * 1024 * 1024;

/// Most images of a prescription.
pub const MAX_IMAGES: usize = 6;

/// How far from its end a PDF says that it ends.
///
/// SPEC: ISO 32000-1 7.5.5 wants it in the last line; readers look through the last 1,024 bytes.
const PDF_TAIL: usize = 1_024;

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Bytes that are no image that can be taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImageError {
    /// It begins like one and does not go on like one, or was cut off.
    #[error("image is damaged or cut off")]
    Damaged,
    /// Larger than [`MAX_IMAGE`].
    #[error("image of {bytes} bytes is too large")]
    TooLarge { bytes: usize },
    /// More than [`MAX_IMAGES`].
    #[error("a prescription has at most {MAX_IMAGES} images")]
    TooMany,
    /// Neither JPEG nor PNG nor PDF.
    #[error("file is neither JPEG nor PNG nor PDF")]
    UnknownType,
}

impl ImageError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Damaged => "image.damaged",
            Self::TooLarge { .. } => "image.too-large",
            Self::TooMany => "image.too-many",
            Self::UnknownType => "image.unknown-type",
        }
    }
}

/// Tells what bytes are, within the limits.
pub fn media_type_of(bytes: &[u8]) -> Result<MediaType, ImageError> {
    if bytes.len() > MAX_IMAGE {
        return Err(ImageError::TooLarge { bytes: bytes.len() });
    }
    let (media_type, is_whole) = if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        (MediaType::Jpeg, is_jpeg(bytes).is_some())
    } else if bytes.starts_with(PNG_SIGNATURE) {
        (MediaType::Png, is_png(bytes).is_some())
    } else if bytes.starts_with(b"%PDF-") {
        (MediaType::Pdf, is_pdf(bytes))
    } else {
        return Err(ImageError::UnknownType);
    };
    if is_whole {
        Ok(media_type)
    } else {
        Err(ImageError::Damaged)
    }
}

/// SPEC: ITU-T T.81 annex B: markers FF xx; segments but those without length carry theirs in two
/// bytes, itself included.
fn is_jpeg(bytes: &[u8]) -> Option<()> {
    const SOI_LENGTH: usize = 2;
    let mut at = SOI_LENGTH;
    let mut has_frame = false;
    loop {
        let [marker_byte, kind] = *bytes.get(at..)?.first_chunk::<2>()?;
        if marker_byte != 0xFF {
            return None;
        }
        match kind {
            // Fill bytes before a marker.
            0xFF => at = at.checked_add(1)?,
            // Restart and temporary markers stand alone.
            0x01 | 0xD0..=0xD7 => at = at.checked_add(2)?,
            // An image within an image, an end before a scan.
            0x00 | 0xD8 | 0xD9 => return None,
            _ => {
                let segment = bytes.get(at.checked_add(2)?..)?;
                let length = usize::from(u16::from_be_bytes(*segment.first_chunk::<2>()?));
                let body = segment.get(2..length)?;
                if matches!(kind, 0xC0..=0xCF) && !matches!(kind, 0xC4 | 0xC8 | 0xCC) {
                    // Precision, then height and width. A height of 0 is told behind the scan.
                    let width = u16::from_be_bytes(*body.get(3..)?.first_chunk::<2>()?);
                    has_frame = width > 0;
                }
                at = at.checked_add(2)?.checked_add(length)?;
                if kind == 0xDA {
                    break;
                }
            }
        }
    }
    // Phones append what they like behind the end.
    let scan = bytes.get(at..)?;
    let has_end = scan.windows(2).rev().any(|pair| pair == [0xFF, 0xD9]);
    (has_frame && has_end).then_some(())
}

/// SPEC: PNG (ISO/IEC 15948) clauses 5.3 and 11.2: chunks of length, type, bytes, CRC; IHDR first, IEND
/// last.
fn is_png(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.get(PNG_SIGNATURE.len()..)?;
    let mut is_first = true;
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk::<4>()?);
        let length = usize::try_from(length).ok()?;
        let kind = rest.get(4..8)?;
        let end = length.checked_add(8)?;
        let body = rest.get(8..end)?;
        if is_first {
            let width = u32::from_be_bytes(*body.first_chunk::<4>()?);
            let height = u32::from_be_bytes(*body.get(4..)?.first_chunk::<4>()?);
            if kind != b"IHDR" || length != 13 || width == 0 || height == 0 {
                return None;
            }
        }
        is_first = false;
        rest = rest.get(end.checked_add(4)?..)?;
        if kind == b"IEND" {
            return Some(());
        }
    }
}

fn is_pdf(bytes: &[u8]) -> bool {
    let is_version = bytes.get(5).is_some_and(u8::is_ascii_digit);
    let tail = bytes
        .get(bytes.len().saturating_sub(PDF_TAIL)..)
        .unwrap_or_default();
    is_version && tail.windows(5).any(|window| window == b"%%EOF")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jpeg() -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8];
        bytes.extend([0xFF, 0xE0, 0, 4, 1, 2]);
        bytes.extend([0xFF, 0xC0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
        bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
        bytes.extend([1, 2, 3, 0xFF, 0, 4, 0xFF, 0xD9]);
        bytes
    }

    fn png() -> Vec<u8> {
        let mut bytes = PNG_SIGNATURE.to_vec();
        bytes.extend(b"\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x02\x08\0\0\0\0CRC0");
        bytes.extend(b"\0\0\0\x01IDATxCRC1\0\0\0\0IENDCRC2");
        bytes
    }

    const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n";

    #[test]
    fn three_types_are_told_by_their_bytes_and_nothing_else_is_taken() {
        assert_eq!(media_type_of(&jpeg()), Ok(MediaType::Jpeg));
        assert_eq!(media_type_of(&png()), Ok(MediaType::Png));
        assert_eq!(media_type_of(PDF), Ok(MediaType::Pdf));
        let others: [&[u8]; 8] = [
            b"",
            b"GIF89a",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            b"<html><script>",
            b"RIFF\0\0\0\0WEBP",
            b"PK\x03\x04",
            b"MZ",
            b" %PDF-1.7 %%EOF",
        ];
        for other in others {
            assert_eq!(media_type_of(other), Err(ImageError::UnknownType));
        }
    }

    #[test]
    fn what_was_cut_off_is_damaged_wherever_it_was_cut() {
        for (whole, least) in [(jpeg(), 3), (png(), 8), (PDF.to_vec(), 5)] {
            let end = if whole.starts_with(b"%PDF") {
                whole.len() - 2
            } else {
                whole.len()
            };
            for length in least..end {
                assert_eq!(
                    media_type_of(&whole[..length]),
                    Err(ImageError::Damaged),
                    "{length}"
                );
            }
        }
    }

    #[test]
    fn a_phone_may_append_what_it_likes() {
        let mut photo = jpeg();
        photo.extend(b"trailer of a phone");
        assert_eq!(media_type_of(&photo), Ok(MediaType::Jpeg));
    }

    #[test]
    fn a_picture_without_size_is_none() {
        let mut photo = jpeg();
        photo[16] = 0;
        assert_eq!(media_type_of(&photo), Err(ImageError::Damaged));
        let mut drawing = png();
        drawing[19] = 0;
        assert_eq!(media_type_of(&drawing), Err(ImageError::Damaged));
    }

    #[test]
    fn what_is_too_large_is_not_looked_at() {
        let mut photo = jpeg();
        photo.resize(MAX_IMAGE + 1, 0);
        let bytes = photo.len();
        assert_eq!(media_type_of(&photo), Err(ImageError::TooLarge { bytes }));
        photo.truncate(MAX_IMAGE);
        assert_eq!(media_type_of(&photo), Ok(MediaType::Jpeg));
    }

    proptest! {
        #[test]
        fn any_bytes_are_told_or_refused(
            head in prop::sample::select(vec![&b"\xFF\xD8\xFF"[..], PNG_SIGNATURE, b"%PDF-1", b""]),
            tail in any::<Vec<u8>>(),
        ) {
            let _ = media_type_of(&[head, &tail].concat());
        }
    }
}
