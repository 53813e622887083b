//! How many smallest units a pack holds, by its specification.
//!
//! ```text
//! 0.25g*24片  100mg×12片×2板  10袋/盒  24s      24, 24, 10, 24
//! 10ml  5%  0.5g                                 not told
//! ```
//! Out of scope: which unit that is; a line that splits a pack counts in the same one.

use pharmacy_protocol::term::Quantity;

/// Units that are counted out when a pack is split.
const PIECES: [&str; 16] = [
    "片", "粒", "袋", "支", "丸", "枚", "贴", "颗", "包", "瓶", "条", "吸", "s", "t", "'s", "锭",
];

/// Units that hold pieces: they multiply.
const HOLDERS: [&str; 6] = ["板", "小盒", "盒", "排", "铝板", "中盒"];

/// Most pieces that a pack is believed to hold.
const MOST: u32 = 10_000;

/// How many smallest units a pack of this specification holds; none where it does not tell.
pub fn content_of(spec: &str) -> Option<Quantity> {
    let folded = spec.to_lowercase();
    let mut pieces = None;
    let mut held = 1_u32;
    for part in folded.split(['*', '×', 'x', '/', '／', '＊', '(', ')', '（', '）']) {
        let part = part.trim();
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = part.get(digits.len()..).unwrap_or_default().trim();
        let Ok(count) = digits.parse::<u32>() else {
            continue;
        };
        if PIECES.contains(&unit) {
            // Twice told differently: which one is meant is not known.
            if pieces.is_some_and(|known| known != count) {
                return None;
            }
            pieces = Some(count);
        } else if HOLDERS.contains(&unit) {
            held = held.checked_mul(count)?;
        }
    }
    let all = pieces?.checked_mul(held)?;
    (1..=MOST).contains(&all).then(|| Quantity::whole(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_tells_how_many_pieces() {
        for (spec, pieces) in [
            ("0.25g*24片", Some(24)),
            ("0.25g×12片×2板", Some(24)),
            ("12粒*2板/盒", Some(24)),
            ("10袋/盒", Some(10)),
            ("10g*10袋", Some(10)),
            ("100mg*30s", Some(30)),
            ("24片", Some(24)),
            ("10ml", None),
            ("0.5g", None),
            ("", None),
            ("5片*6袋", None),
            ("0片", None),
            ("99999片", None),
            ("4294967295片*2板", None),
        ] {
            let wanted = pieces.map(Quantity::whole);
            assert_eq!(content_of(spec), wanted, "{spec}");
        }
    }
}
