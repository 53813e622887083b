//! Persons on a screen that customers read.

use pharmacy_protocol::person::{mask_name, mask_number};

/// The masked text of a person, word by word. The desk masks; a word that came without a star is
/// masked here, because customers read this screen over the counter.
pub(super) fn masked(person: &str) -> String {
    let words = person.split_whitespace().map(|word| {
        if word.contains('*') {
            word.to_owned()
        } else if word.is_ascii() && word.bytes().any(|byte| byte.is_ascii_digit()) {
            mask_number(word)
        } else {
            mask_name(word)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_masked_even_if_the_desk_forgot() {
        let cases = [
            ("测** 1***************2X", "测** 1***************2X"),
            ("测试女 11010519491231002X", "测** 1***************2X"),
            ("测试女", "测**"),
            ("Test", "T***"),
            ("", ""),
        ];
        for (given, expected) in cases {
            assert_eq!(masked(given), expected);
        }
    }
}
