//! Words that shops write for yes and no, for prescription classes, and for "nothing".

use pharmacy_decision::facts::Dispensing;

/// What a shop writes where there is nothing to write.
const NOTHING: [&str; 13] = [
    "-", "--", "---", "—", "——", "/", "\\", "无", "暂无", "不详", "null", "n/a", "空",
];

const YES: [&str; 10] = [
    "是", "可", "可以", "允许", "有", "y", "yes", "true", "1", "√",
];
const NO: [&str; 12] = [
    "否",
    "不",
    "不可",
    "不可以",
    "不允许",
    "无",
    "没有",
    "n",
    "no",
    "false",
    "0",
    "×",
];

/// A column's own words, beside yes and no: for split packs.
const SPLIT: [&str; 3] = ["可拆零", "拆零", "可拆"];
const WHOLE: [&str; 4] = ["不可拆零", "不拆零", "不可拆", "整"];

const PRESCRIPTION: [&str; 11] = [
    "处方药",
    "处方",
    "处方药品",
    "rx",
    "单轨",
    "单轨制",
    "单轨处方药",
    "双轨",
    "双轨制",
    "双轨处方药",
    "处方药(rx)",
];
const OVER_THE_COUNTER: [&str; 20] = [
    "非处方药",
    "非处方",
    "非处方药品",
    "otc",
    "甲类",
    "乙类",
    "甲",
    "乙",
    "甲类otc",
    "乙类otc",
    "otc甲类",
    "otc乙类",
    "otc甲",
    "otc乙",
    "甲类非处方药",
    "乙类非处方药",
    "非处方药(甲类)",
    "非处方药(乙类)",
    "非处方药甲类",
    "非处方药乙类",
];
const DUAL: [&str; 4] = ["双跨", "双跨药", "双跨药品", "双跨品种"];

/// Classes of goods that have no prescription class.
const NO_CLASS: [&str; 17] = [
    "非药品",
    "非药",
    "其他",
    "其它",
    "医疗器械",
    "器械",
    "保健食品",
    "保健品",
    "食品",
    "化妆品",
    "消毒用品",
    "消毒产品",
    "日用品",
    "中药饮片",
    "饮片",
    "中药材",
    "不适用",
];

/// Text as it is compared: full-width forms made half-width, lower case, no white space.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| {
            match character {
                // U+FF01..U+FF5E are U+0021..U+007E in full width.
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
                _ => None,
            }
            .unwrap_or(character)
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Does the cell say that there is nothing?
pub(super) fn is_nothing(text: &str) -> bool {
    text.len() <= 6 && NOTHING.contains(&fold(text).as_str())
}

/// Reads a yes or a no.
fn read_mark(text: &str) -> Option<bool> {
    let word = fold(text);
    if YES.contains(&word.as_str()) {
        Some(true)
    } else {
        NO.contains(&word.as_str()).then_some(false)
    }
}

/// Reads whether packs are split.
pub(super) fn read_split(text: &str) -> Option<bool> {
    let word = fold(text);
    if SPLIT.contains(&word.as_str()) {
        Some(true)
    } else if WHOLE.contains(&word.as_str()) {
        Some(false)
    } else {
        read_mark(text)
    }
}

/// Reads a prescription class; the outer `None` is an unknown word, the inner one "has no class".
///
/// A yes or a no is read by the column's heading: 处方药标志, or OTC.
pub(super) fn read_dispensing(text: &str, heading: &str) -> Option<Option<Dispensing>> {
    let folded = fold(text);
    let word = folded.as_str();
    if PRESCRIPTION.contains(&word) {
        return Some(Some(Dispensing::Prescription));
    }
    if OVER_THE_COUNTER.contains(&word) {
        return Some(Some(Dispensing::OverTheCounter));
    }
    if DUAL.contains(&word) {
        return Some(Some(Dispensing::Dual));
    }
    if NO_CLASS.contains(&word) {
        return Some(None);
    }
    let heading = fold(heading);
    let asks_otc = heading.contains("otc") || heading.contains("非处方");
    let asks_prescription = !asks_otc && (heading.contains("处方") || heading.contains("rx"));
    match read_mark(text)? {
        true if asks_otc => Some(Some(Dispensing::OverTheCounter)),
        true if asks_prescription => Some(Some(Dispensing::Prescription)),
        // "No" tells less than it seems: what is no prescription drug may be no drug, and what is
        // no OTC drug may be no drug either. Not knowing is the honest reading.
        false if asks_otc || asks_prescription => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_full_width_and_case() {
        assert_eq!(fold(" ＯＴＣ（甲类） "), "otc(甲类)");
    }

    #[test]
    fn reads_classes_in_the_words_of_tills() {
        for (text, heading, class) in [
            ("处方药", "处方类别", Some(Some(Dispensing::Prescription))),
            ("Ｒｘ", "处方类别", Some(Some(Dispensing::Prescription))),
            ("甲类OTC", "OTC", Some(Some(Dispensing::OverTheCounter))),
            (
                "非处方药（乙类）",
                "类",
                Some(Some(Dispensing::OverTheCounter)),
            ),
            ("双跨", "处方类别", Some(Some(Dispensing::Dual))),
            ("保健食品", "处方类别", Some(None)),
            ("是", "处方药标志", Some(Some(Dispensing::Prescription))),
            ("是", "非处方药标志", Some(Some(Dispensing::OverTheCounter))),
            ("否", "处方药标志", Some(None)),
            ("1", "OTC", Some(Some(Dispensing::OverTheCounter))),
            ("是", "类别", None),
            ("急救药", "处方类别", None),
        ] {
            assert_eq!(read_dispensing(text, heading), class, "{text} {heading}");
        }
    }
}
