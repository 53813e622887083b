//! Lots and papers by number, each in one spelling: what is entered twice must be seen to be the same.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::word::holds_text;

/// Longest number, in characters.
const MAX_NUMBER: usize = 60;

/// Text that is no number of a lot or paper.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a number of a lot or paper has 1 to {MAX_NUMBER} characters and no control characters")]
pub struct NumberError;

/// Without white space, half-width, Latin letters as capitals.
fn spelt(text: &str) -> Result<Box<str>, NumberError> {
    let half_width = |character: char| match character {
        '\u{ff01}'..='\u{ff5e}' => u32::from(character)
            .checked_sub(0xfee0)
            .and_then(char::from_u32)
            .unwrap_or(character),
        other => other,
    };
    let kept = text.chars().filter(|character| !character.is_whitespace());
    let spelt: String = kept
        .map(half_width)
        .map(|character| character.to_ascii_uppercase())
        .collect();
    let length = spelt.chars().count();
    let is_number = (1..=MAX_NUMBER).contains(&length) && !spelt.chars().any(char::is_control);
    is_number.then(|| spelt.into()).ok_or(NumberError)
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl FromStr for $name {
            type Err = NumberError;
            fn from_str(text: &str) -> Result<Self, NumberError> {
                spelt(text).map(Self)
            }
        }

        holds_text!($name, NumberError);
    };
}

number! {
    /// A lot (批号), in one spelling.
    Lot
}
number! {
    /// The number of a paper that came with goods (随货同行单, 发票), in one spelling.
    PaperNumber
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lot_has_one_spelling() {
        let lot: Lot = "b2024-01a".parse().unwrap();
        for same in [
            " B2024-01A ",
            "Ｂ２０２４－０１ａ",
            "b2024 - 01a",
            "B2024\u{3000}-01A",
        ] {
            assert_eq!(same.parse::<Lot>().as_ref(), Ok(&lot), "{same}");
        }
        assert_ne!("B2024-01B".parse::<Lot>(), Ok(lot));
        assert_eq!("批号甲".parse::<Lot>().unwrap().as_str(), "批号甲");
        for none in ["", " \u{3000}", "B\u{7}1", &"9".repeat(MAX_NUMBER + 1)] {
            assert_eq!(none.parse::<PaperNumber>(), Err(NumberError), "{none}");
        }
    }
}
