//! Base45: bytes in the 45 characters that a QR code packs into 5.5 bits each.
//!
//! ```text
//! two bytes  a·256 + b = c + d·45 + e·45²   →  c d e
//! one byte           a = c + d·45           →  c d          at the end only
//! ```
//! SPEC: RFC 9285.

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The text of some bytes.
pub(super) fn encode(bytes: &[u8]) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len().div_ceil(2) * 3);
    for pair in pairs {
        put(&mut text, u16::from_be_bytes(*pair).into(), 3);
    }
    for byte in rest {
        put(&mut text, (*byte).into(), 2);
    }
    text
}

fn put(text: &mut String, mut value: u32, digits: u32) {
    for _ in 0..digits {
        let digit = usize::try_from(value % 45).ok();
        let character = digit.and_then(|digit| ALPHABET.get(digit));
        text.extend(character.copied().map(char::from));
        value /= 45;
    }
}

/// The bytes of a text; none where another character or a value out of range stands in it.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .bytes()
        .map(|character| {
            let at = ALPHABET.iter().position(|known| *known == character)?;
            u32::try_from(at).ok()
        })
        .collect::<Option<_>>()?;
    let mut bytes = Vec::with_capacity(digits.len().div_ceil(3) * 2);
    let (triples, rest) = digits.as_chunks::<3>();
    for [c, d, e] in triples {
        let pair = u16::try_from(c + d * 45 + e * 45 * 45).ok()?;
        bytes.extend(pair.to_be_bytes());
    }
    match rest {
        [] => {}
        [c, d] => bytes.push(u8::try_from(c + d * 45).ok()?),
        _ => return None,
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_what_the_standard_shows() {
        for (bytes, text) in [
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
            ("", ""),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn refuses_what_no_bytes_make() {
        // "GGW" is 65536 and "%5" 263: more than the bytes hold.
        for text in ["A", "AAAA", "bb8", "BB8\n", "GGW", "%5"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn one_text_for_some_bytes(text in "[0-9A-Z $%*+./:-]{0,40}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
