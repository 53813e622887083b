//! The two cards that lie at a till (本人牌, 代购牌): scanned, they say who stands there.
//!
//! ```text
//! PHARMACY-BADGE-H-0123456789ABCDEF      H the insured, P who fetches; a mark of the store's own
//! ```
//! Upper-case letters, digits and hyphens: QR and Code 128 carry them as they are, and a scanner that
//! types like a keyboard cannot spoil them. A badge is no credential: it counts as the touch of whoever
//! is signed in at the till, and not without them.
//!
//! In scope: the form. Out of scope: which mark is the store's (the desk).

/// What a badge begins with.
const PREFIX: &str = "PHARMACY-BADGE-";

/// Digits of the store's mark.
const MARK_LENGTH: usize = 16;

/// Who a badge says is here.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Here {
    /// The insured.
    Holder,
    /// Somebody who fetches for them.
    Proxy,
}

impl Here {
    /// Both cards.
    pub const ALL: [Self; 2] = [Self::Holder, Self::Proxy];

    /// Its letter in a badge.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Holder => "H",
            Self::Proxy => "P",
        }
    }
}

/// A badge, as it was scanned or is to be printed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Badge {
    pub here: Here,
    /// The store's mark, sixteen hexadecimal digits in upper case.
    mark: String,
}

impl Badge {
    /// The badge of a store whose mark begins with these hexadecimal digits; none where they are not.
    pub fn new(here: Here, mark: &str) -> Option<Self> {
        let mark = mark.get(..MARK_LENGTH)?;
        let is_hex = mark.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| Self {
            here,
            mark: mark.to_ascii_uppercase(),
        })
    }

    /// Reads what [`Self::serialize`] writes, in either case of letters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        let (letter, mark) = text.strip_prefix(PREFIX)?.split_once('-')?;
        let mut all = Here::ALL.into_iter();
        let here = all.find(|here| here.letter() == letter)?;
        (mark.len() == MARK_LENGTH)
            .then(|| Self::new(here, mark))
            .flatten()
    }

    /// What its code holds.
    pub fn serialize(&self) -> String {
        format!("{PREFIX}{}-{}", self.here.letter(), self.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_read_back_in_either_case() {
        for here in Here::ALL {
            let badge = Badge::new(here, "0123456789abcdef0000").unwrap();
            assert_eq!(Badge::parse(&badge.serialize()), Some(badge.clone()));
            let typed = badge.serialize().to_ascii_lowercase();
            assert_eq!(Badge::parse(&typed), Some(badge));
        }
    }

    #[test]
    fn what_is_nearly_one_is_none() {
        for text in [
            "",
            "PHARMACY-BADGE-H",
            "PHARMACY-BADGE-X-0123456789ABCDEF",
            "PHARMACY-BADGE-H-0123456789ABCDE",
            "PHARMACY-BADGE-H-0123456789ABCDEF0",
            "PHARMACY-BADGE-H-0123456789ABCDEG",
            "PHARMACY-BADGE-H-０１２３",
            "81234567890123456789",
        ] {
            assert_eq!(Badge::parse(text), None, "{text}");
        }
    }
}
