//! Words for the cashier: what to do comes first, since a till shows the beginning.

use pharmacy_decision::verdict::Reason;

/// Longest `err_msg` in characters (the interface's own limit, `err_msg` 200).
pub const MAX_MESSAGE: usize = 200;

/// What a cashier reads first: tills cut `err_msg` after about this many characters.
pub const SEEN: usize = 40;

/// Most reasons that one message gives.
const MAX_REASONS: usize = 2;

/// Fewest characters of an item's name that are kept before a long remedy.
const LEAST_ITEM: usize = 8;

/// Characters of the brackets around an item.
const BRACKETS: usize = 2;

/// What shows that a text was cut.
const CUT: char = '…';

/// Says in the words of `err_msg` why not and what to do: at most two reasons, item and remedy
/// within the first [`SEEN`] characters.
///
/// ```text
/// 【item】remedy。message（rule）；【item】remedy。message（rule）
/// ```
/// A remedy longer than what is seen is not cut: the item before it keeps eight characters.
pub fn words(reasons: &[&Reason], item: impl Fn(u32) -> Option<String>) -> String {
    let told: Vec<String> = reasons
        .iter()
        .take(MAX_REASONS)
        .map(|reason| tell(reason, reason.line.and_then(&item)))
        .collect();
    cut(&told.join("；"), MAX_MESSAGE)
}

fn tell(reason: &Reason, item: Option<String>) -> String {
    let remedy = plain(&reason.remedy.zh);
    let remedy = remedy.trim_end_matches('。');
    let message = plain(&reason.message.zh);
    let item = item
        .map(|name| plain(&name))
        .filter(|name| !name.is_empty());
    let (head, message) = match &item {
        None => (String::new(), message.as_str()),
        Some(name) => {
            let taken = remedy.chars().count().saturating_add(BRACKETS);
            let room = SEEN.saturating_sub(taken).max(LEAST_ITEM);
            let short = cut(name, room);
            // A message that begins with the item's name need not say it again, unless it was cut.
            let rest = match message.strip_prefix(name.as_str()) {
                Some(rest) if short == *name => rest.trim_start_matches([':', '：', '的']),
                _ => message.as_str(),
            };
            (format!("【{short}】"), rest)
        }
    };
    let message = message.trim_end_matches('。');
    let stop = if remedy.is_empty() || message.is_empty() {
        ""
    } else {
        "。"
    };
    format!("{head}{remedy}{stop}{message}（{}）", plain(&reason.rule))
}

/// One line without control characters and without spaces at its ends.
pub(super) fn plain(text: &str) -> String {
    let spaced = text.replace(|c: char| c.is_control() || is_invisible(c), " ");
    spaced.trim().to_owned()
}

/// Separators of lines and marks that turn the direction of writing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The first `most` characters, the last of them `…` where something was left out.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain([CUT]).collect()
}

#[cfg(test)]
mod tests {
    use pharmacy_decision::verdict::{Outcome, Release, Stance, Text, TruthKind};
    use proptest::prelude::*;

    use super::*;

    fn reason(rule: &str, message: &str, remedy: &str) -> Reason {
        let text = |zh: &str| Text {
            zh: zh.into(),
            en: "in English".into(),
        };
        Reason {
            rule: rule.into(),
            stance: Stance::Enforce,
            outcome: Outcome::Refuse,
            truth: TruthKind::Broken,
            missing: None,
            basis: "法律依据".into(),
            line: Some(1),
            found: None,
            allowed: None,
            message: text(message),
            remedy: text(remedy),
            release: Release::Never,
            released_by: None,
        }
    }

    #[test]
    fn item_and_remedy_come_first() {
        let required = reason(
            "prescription.required",
            "阿莫西林胶囊是处方药，缺处方",
            "请先上传处方，药师审核后再结算",
        );
        let licence = Reason {
            line: None,
            ..reason("store.licence", "药品经营许可证已到期。", "请收现金。")
        };
        let name = |_| Some("阿莫西林胶囊".to_owned());
        for (reasons, expected) in [
            (
                vec![&required],
                "【阿莫西林胶囊】请先上传处方，药师审核后再结算。是处方药，缺处方（prescription.required）",
            ),
            (
                vec![&licence],
                "请收现金。药品经营许可证已到期（store.licence）",
            ),
            (
                vec![&licence, &required, &licence],
                "请收现金。药品经营许可证已到期（store.licence）；【阿莫西林胶囊】请先上传处方，药师审核后再结算。是处方药，缺处方（prescription.required）",
            ),
            (vec![], ""),
        ] {
            assert_eq!(words(&reasons, name), expected);
        }
        assert_eq!(
            words(&[&required], |_| None),
            "请先上传处方，药师审核后再结算。阿莫西林胶囊是处方药，缺处方（prescription.required）"
        );
    }

    #[test]
    fn a_long_name_is_cut_so_that_the_remedy_is_seen() {
        let long = "复方氨酚烷胺胶囊（感康牌，十二粒装，赠品不得单独销售，批发价另议，柜台价为准）";
        let message = format!("{long}：含麻黄碱");
        let reason = reason(
            "ephedrine.registration",
            &message,
            "请登记购买人姓名和身份证号",
        );
        let text = words(&[&reason], |_| Some(long.to_owned()));
        let seen: String = text.chars().take(SEEN).collect();
        assert!(seen.ends_with("请登记购买人姓名和身份证号"), "{text}");
        assert!(seen.starts_with("【复方氨酚烷胺胶囊"), "{text}");
        assert!(seen.contains("…】"), "{text}");
        assert!(
            text.contains(&message),
            "the whole name stands behind: {text}"
        );
    }

    #[test]
    fn a_long_remedy_leaves_the_item_recognisable() {
        let remedy = "请".repeat(60);
        let reason = reason("a.b", "缺", &remedy);
        let text = words(&[&reason], |_| Some("阿莫西林克拉维酸钾分散片".to_owned()));
        assert!(text.starts_with("【阿莫西林克拉维…】请请"), "{text}");
    }

    #[test]
    fn every_shipped_remedy_fits_with_an_item() {
        let table = include_str!("../../../config/rules/rules.csv");
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let at = |name: &str, header: &csv::StringRecord| {
            header.iter().position(|cell| cell == name).unwrap()
        };
        let header = reader.headers().unwrap().clone();
        let (remedy, message) = (at("补救(中文)", &header), at("提示(中文)", &header));
        let mut rules = 0;
        for row in reader.records() {
            let row = row.unwrap();
            let reason = reason(&row[0], &row[message], &row[remedy]);
            let text = words(&[&reason], |_| Some("复方甘草酸苷胶囊".repeat(4)));
            let seen: String = text.chars().take(SEEN).collect();
            assert!(
                seen.contains(&row[remedy]),
                "{} is not seen in: {seen}",
                &row[remedy]
            );
            rules += 1;
        }
        assert!(rules > 20, "{rules} rules");
    }

    proptest! {
        #[test]
        fn never_too_long_and_always_one_line(
            message in "(?s).{0,120}",
            remedy in "(?s).{0,120}",
            name in proptest::option::of("(?s).{0,120}"),
            count in 0_usize..4,
        ) {
            let reason = reason("prescription.required", &message, &remedy);
            let text = words(&vec![&reason; count], |_| name.clone());
            prop_assert!(text.chars().count() <= MAX_MESSAGE);
            prop_assert!(!text.chars().any(|c| c.is_control() || is_invisible(c)));
            let wanted = plain(&remedy);
            let wanted = wanted.trim_end_matches('。');
            if count > 0 && wanted.chars().count() <= SEEN - BRACKETS - LEAST_ITEM {
                let seen: String = text.chars().take(SEEN).collect();
                prop_assert!(seen.contains(wanted));
            }
        }
    }
}
