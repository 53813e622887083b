//! A form with files, read within its limits before anything else is done with it.

use axum::extract::Multipart;
use axum::extract::multipart::Field;
use zeroize::Zeroizing;

use super::field::{FieldError, Fields, FormError};
use pharmacy_desk::Image;

/// Most files of a prescription.
pub(in crate::counter) const MAX_FILES: usize = 6;
/// Largest file: a photo of a telephone.
const MAX_FILE: usize = 8 * 1024 * 1024;
/// Most fields beside the files, and their largest.
const MAX_TEXTS: usize = 200;
const MAX_TEXT: usize = 1024;
/// Largest form with files.
pub(in crate::counter) const MAX_UPLOAD: usize = MAX_FILES * MAX_FILE + 256 * 1024;

/// The field that holds files.
const IMAGE: &str = "image";

/// A form with its files.
#[derive(Default)]
pub(in crate::counter) struct Upload {
    /// The fields beside the files.
    pub fields: Fields,
    /// The files that hold something.
    pub images: Vec<Image>,
}

impl Upload {
    /// Reads a form. What was typed comes back with a mistake, too.
    pub(in crate::counter) async fn read(
        mut form: Multipart,
    ) -> Result<Self, (Fields, FieldError)> {
        let mut texts = Vec::new();
        let mut images = Vec::new();
        let read = read_all(&mut form, &mut texts, &mut images).await;
        let fields = Fields::new(texts);
        match read {
            Ok(()) => Ok(Self { fields, images }),
            Err(mistake) => Err((fields, mistake.at(IMAGE))),
        }
    }
}

async fn read_all(
    form: &mut Multipart,
    texts: &mut Vec<(String, String)>,
    images: &mut Vec<Image>,
) -> Result<(), FormError> {
    while let Some(field) = form.next_field().await.map_err(|_| FormError::TooLarge)? {
        let name = field.name().ok_or(FormError::Unreadable)?.to_owned();
        if name == IMAGE {
            let bytes = read_bytes(field, MAX_FILE).await?;
            if bytes.is_empty() {
                // A field in which nobody put a file.
                continue;
            }
            if !is_document(&bytes) {
                return Err(FormError::FileKind);
            }
            images.push(Image { bytes });
        } else {
            let bytes = read_bytes(field, MAX_TEXT).await?;
            let text = std::str::from_utf8(&bytes).map_err(|_| FormError::Unreadable)?;
            texts.push((name, text.to_owned()));
        }
        if images.len() > MAX_FILES || texts.len() > MAX_TEXTS {
            return Err(FormError::TooLarge);
        }
    }
    Ok(())
}

/// Reads a field as far as it may be long.
async fn read_bytes(mut field: Field<'_>, longest: usize) -> Result<Zeroizing<Vec<u8>>, FormError> {
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(chunk) = field.chunk().await.map_err(|_| FormError::TooLarge)? {
        if bytes.len().saturating_add(chunk.len()) > longest {
            return Err(FormError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Is it a JPEG, PNG or PDF by its first bytes? A quick word to the cashier; the desk looks closer.
fn is_document(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 3] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-"];
    BEGINNINGS
        .iter()
        .any(|beginning| bytes.starts_with(beginning))
}
