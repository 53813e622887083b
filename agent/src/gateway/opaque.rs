//! Calls that name no number and cannot be read: encrypted ones, as some vendors' middleware sends them.
//!
//! In scope: telling them from what can be read and is no call of the interface (a sign-in at the platform's
//! door, a form, XML). Out of scope: what becomes of them (the desk).

use serde_json::Value;

/// A text without blanks of this length that takes up half of a message is a cipher's: the shortest settlement
/// is longer, whatever it is encrypted with. Tokens (two dots) and pictures are none.
const CIPHER: usize = 256;

/// Longest name of a form's field; longer ones are a cipher's before its padding.
const NAME: usize = 32;

/// How pictures and documents begin in base64: JPEG, PNG, GIF, PDF, ZIP, and those that say so.
const IMAGES: [&str; 6] = ["/9j/", "iVBOR", "R0lGOD", "JVBERi", "UEsDB", "data:"];

/// How files begin that say what they are: ZIP, gzip, JPEG, PNG, GIF, BMP, PDF, tables of before 2007, 7z, RAR.
const FILES: [&[u8]; 10] = [
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"BM",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"7z\xbc\xaf",
    b"Rar!",
];

pub(super) fn begins_as_file(body: &[u8]) -> bool {
    FILES.iter().any(|begin| body.starts_with(begin))
}

/// Is what was sent as a file only read with a key? Files say what they are, and a table is a text.
pub(super) fn is_ciphertext(body: &[u8]) -> bool {
    let is_binary = |byte: &u8| *byte < b' ' && !byte.is_ascii_whitespace();
    let is_coded_text = || !body.is_empty() && body.iter().copied().all(is_coded);
    !begins_as_file(body) && (body.iter().any(is_binary) || is_coded_text())
}

/// Can nothing of a body be read that would tell what it is?
pub(super) fn is_opaque(body: &[u8]) -> bool {
    let text = std::str::from_utf8(body).map(str::trim);
    let Ok(text) = text else {
        // GBK text that is JSON begins as JSON does.
        let begins = body.trim_ascii_start().first();
        return !matches!(begins, Some(b'{' | b'[' | b'<'));
    };
    if text.is_empty() {
        return false;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => holds_cipher(&value, text.len()),
        Ok(_) => true,
        // Broken, or longer than what is looked at: a cipher in it is found all the same.
        Err(_) if text.starts_with(['{', '[']) => {
            let mut runs = text.split(|c: char| !u8::try_from(c).is_ok_and(is_coded));
            runs.any(|run| is_cipher(run) && run.len().saturating_mul(2) >= text.len())
        }
        Err(_) => !is_plain(text),
    }
}

/// Does a byte stand in base64 or hexadecimal digits, with their padding and line breaks?
fn is_coded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=-_.\r\n".contains(&byte)
}

/// Is most of it one text that only a key reads?
fn holds_cipher(value: &Value, length: usize) -> bool {
    match value {
        Value::String(text) => is_cipher(text) && text.len().saturating_mul(2) >= length,
        Value::Array(values) => values.iter().any(|value| holds_cipher(value, length)),
        Value::Object(members) => members.values().any(|value| holds_cipher(value, length)),
        Value::Bool(_) | Value::Null | Value::Number(_) => false,
    }
}

fn is_cipher(text: &str) -> bool {
    let is_token = text.matches('.').count() == 2;
    let is_image = IMAGES.iter().any(|begin| text.starts_with(begin));
    text.len() >= CIPHER && !is_token && !is_image && text.bytes().all(is_coded)
}

/// Text that is no JSON but something that can be read: XML, the fields of a form.
fn is_plain(text: &str) -> bool {
    if text.starts_with('<') {
        return true;
    }
    let mut fields = text.split('&');
    fields.all(|field| {
        let name = field
            .split_once('=')
            .map(|(name, value)| (name, !is_cipher(value)));
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.[]%".contains(c);
        name.is_some_and(|(name, is_read)| {
            (1..=NAME).contains(&name.len()) && name.chars().all(is_name) && is_read
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_is_told_from_what_can_be_read() {
        let cipher = "U2FsdGVkX1".repeat(60);
        let token = format!(
            "{}.{}.{}",
            "eyJhbGciOi".repeat(20),
            "a".repeat(200),
            "b".repeat(43)
        );
        let opaque = [
            cipher.clone(),
            format!("{{\"appId\":\"1\",\"encData\":\"{cipher}\"}}"),
            format!("\"{cipher}\""),
            format!("data={cipher}"),
            "\u{1}\u{2}junk".to_owned(),
            "no json".to_owned(),
            format!("{{data:'{cipher}'"),
            "U2FsdGVkX19xZ1l0c2V0dGxlLW1lLXBsZWFzZQ==".to_owned(),
        ];
        for body in opaque {
            assert!(is_opaque(body.as_bytes()), "{body}");
        }
        assert!(is_opaque(&[0x9f, 0x01, 0xff, 0x80]));
        let read = [
            String::new(),
            "  ".to_owned(),
            "{}".to_owned(),
            r#"{"username":"till","password":"x"}"#.to_owned(),
            format!("{{\"token\":\"{token}\"}}"),
            format!("{{\"photo\":\"/9j/{cipher}\"}}"),
            "{\"records\":[{\"name\":\"a\"},{\"name\":".to_owned(),
            "<soap:Envelope/>".to_owned(),
            "user=till&time=20251122".to_owned(),
        ];
        for body in read {
            assert!(!is_opaque(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_cipher_sent_as_a_file_is_told_from_files_and_tables() {
        let table = encoding_rs::GBK.encode("结算ID\t姓名\r\n1\t某某\r\n").0;
        let files: [&[u8]; 5] = [
            b"PK\x03\x04\x14\x00",
            b"\x89PNG\r\n\x1a\n",
            &table,
            "结算ID\t姓名\r\n".as_bytes(),
            b"",
        ];
        for body in files {
            assert!(!is_ciphertext(body), "{body:?}");
        }
        let ciphers: [&[u8]; 2] = [&[0x9f, 0x01, 0xff, 0x80], b"U2FsdGVkX19xZ1l0"];
        for body in ciphers {
            assert!(is_ciphertext(body), "{body:?}");
        }
    }
}
