//! In which letters a till writes: read from the bytes, and answered in the same.

use encoding_rs::{GB18030, GBK};

/// The byte-order mark of UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// A charset that tills of the field write.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Charset {
    /// GBK, and GB18030 in which it lies.
    Gbk,
    Utf16Be,
    Utf16Le,
    #[default]
    Utf8,
}

/// How much of a body is looked at for the charset of an answer to it.
const LOOK: usize = 64 * 1024;

/// Is it all GBK, as far as it is looked at? The look may end within a letter of up to four bytes.
fn is_gbk(body: &[u8]) -> bool {
    let Some(look) = body.get(..LOOK) else {
        return GB18030
            .decode_without_bom_handling_and_without_replacement(body)
            .is_some();
    };
    (0..4).any(|cut| {
        let look = look.get(..LOOK.saturating_sub(cut)).unwrap_or_default();
        GB18030
            .decode_without_bom_handling_and_without_replacement(look)
            .is_some()
    })
}

impl Charset {
    /// The charset of a body, and the body without its mark.
    pub(super) fn told(body: &[u8]) -> (Self, &[u8]) {
        if let Some(bare) = body.strip_prefix(BOM) {
            return (Self::Utf8, bare);
        }
        match body {
            [0xff, 0xfe, bare @ ..] => return (Self::Utf16Le, bare),
            [0xfe, 0xff, bare @ ..] => return (Self::Utf16Be, bare),
            // No text of one byte a letter has a zero beside its first letter.
            [letter, 0, _, _, ..] if letter.is_ascii() && *letter != 0 => {
                return (Self::Utf16Le, body);
            }
            [0, letter, _, _, ..] if letter.is_ascii() && *letter != 0 => {
                return (Self::Utf16Be, body);
            }
            _ => {}
        }
        match std::str::from_utf8(body) {
            Ok(_) => (Self::Utf8, body),
            // Cut off within its last letter.
            Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
                (Self::Utf8, body)
            }
            Err(_) => (Self::Gbk, body),
        }
    }

    /// The charset in which a body is written; none where nothing in it tells: plain letters are the
    /// same in UTF-8 and GBK.
    pub fn of(body: &[u8]) -> Option<Self> {
        match Self::told(body) {
            (Self::Utf8, bare) if bare.is_ascii() && bare.len() == body.len() => None,
            (Self::Gbk, bare) => is_gbk(bare).then_some(Self::Gbk),
            (charset, _) => Some(charset),
        }
    }

    /// Has every letter two bytes? Then a text of it says so by itself.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::Utf16Be | Self::Utf16Le)
    }

    /// The charset that a `Content-Type` names.
    pub fn labelled(content_type: &str) -> Option<Self> {
        let (_, label) = content_type.split_once("charset=")?;
        let label = label.split(';').next()?.trim().trim_matches('"');
        match label.to_ascii_lowercase().as_str() {
            "gbk" | "gb2312" | "gb18030" | "cp936" => Some(Self::Gbk),
            "utf-16le" => Some(Self::Utf16Le),
            "utf-16be" => Some(Self::Utf16Be),
            "utf-8" | "utf8" => Some(Self::Utf8),
            _ => None,
        }
    }

    /// Its name in a `Content-Type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gbk => "GBK",
            Self::Utf16Be => "UTF-16BE",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf8 => "UTF-8",
        }
    }

    /// A JSON text in this charset. What it has no letter for is escaped: all that is not plain stands
    /// within strings.
    pub fn encode(self, json: &str) -> Vec<u8> {
        match self {
            Self::Gbk => json.chars().fold(Vec::new(), |mut bytes, letter| {
                let mut text = [0; 4];
                let (encoded, _, is_missing) = GBK.encode(letter.encode_utf8(&mut text));
                if is_missing {
                    let mut units = [0; 2];
                    for unit in letter.encode_utf16(&mut units) {
                        bytes.extend(format!("\\u{unit:04x}").into_bytes());
                    }
                } else {
                    bytes.extend_from_slice(&encoded);
                }
                bytes
            }),
            Self::Utf16Be => json.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf16Le => json.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf8 => json.as_bytes().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::text_of;
    use super::*;

    const TEXT: &str = r#"{"err_msg":"【阿莫西林】请扫码𠮷"}"#;

    #[test]
    fn what_is_written_in_a_charset_is_told_and_read_in_it() {
        for charset in [
            Charset::Gbk,
            Charset::Utf16Be,
            Charset::Utf16Le,
            Charset::Utf8,
        ] {
            let body = charset.encode(TEXT);
            assert_eq!(Charset::of(&body), Some(charset));
            let read: serde_json::Value = serde_json::from_str(&text_of(&body).unwrap()).unwrap();
            assert_eq!(read["err_msg"], "【阿莫西林】请扫码𠮷", "{charset:?}");
            assert_eq!(
                Charset::labelled(&format!("a/b; charset={}", charset.name())),
                Some(charset)
            );
        }
        let marked = [b"\xff\xfe", Charset::Utf16Le.encode(TEXT).as_slice()].concat();
        assert_eq!(Charset::of(&marked), Some(Charset::Utf16Le));
        assert_eq!(Charset::of(b"{\"a\":1}"), None);
        assert_eq!(Charset::of(b""), None);
        assert_eq!(Charset::of(b"\xff\xff\xff"), None);
    }
}
