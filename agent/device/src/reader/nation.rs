//! Nations as the chip codes them.

/// A nation's code, and its name where the standard lists it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Nation {
    code: Box<str>,
}

impl Nation {
    /// Takes any code: one that nobody listed must not fail a read.
    pub fn new(code: &str) -> Self {
        Self { code: code.into() }
    }

    /// The code on the chip.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The nation's name, if the standard lists the code.
    pub fn name(&self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(code, _)| *code == self.code())
            .map(|(_, name)| *name)
    }
}

/// SPEC: GB/T 3304-1991; 97 and 98 by the interface of the chip.
const NAMES: [(&str, &str); 58] = [
    ("01", "汉族"),
    ("02", "蒙古族"),
    ("03", "回族"),
    ("04", "藏族"),
    ("05", "维吾尔族"),
    ("06", "苗族"),
    ("07", "彝族"),
    ("08", "壮族"),
    ("09", "布依族"),
    ("10", "朝鲜族"),
    ("11", "满族"),
    ("12", "侗族"),
    ("13", "瑶族"),
    ("14", "白族"),
    ("15", "土家族"),
    ("16", "哈尼族"),
    ("17", "哈萨克族"),
    ("18", "傣族"),
    ("19", "黎族"),
    ("20", "傈僳族"),
    ("21", "佤族"),
    ("22", "畲族"),
    ("23", "高山族"),
    ("24", "拉祜族"),
    ("25", "水族"),
    ("26", "东乡族"),
    ("27", "纳西族"),
    ("28", "景颇族"),
    ("29", "柯尔克孜族"),
    ("30", "土族"),
    ("31", "达斡尔族"),
    ("32", "仫佬族"),
    ("33", "羌族"),
    ("34", "布朗族"),
    ("35", "撒拉族"),
    ("36", "毛南族"),
    ("37", "仡佬族"),
    ("38", "锡伯族"),
    ("39", "阿昌族"),
    ("40", "普米族"),
    ("41", "塔吉克族"),
    ("42", "怒族"),
    ("43", "乌孜别克族"),
    ("44", "俄罗斯族"),
    ("45", "鄂温克族"),
    ("46", "德昂族"),
    ("47", "保安族"),
    ("48", "裕固族"),
    ("49", "京族"),
    ("50", "塔塔尔族"),
    ("51", "独龙族"),
    ("52", "鄂伦春族"),
    ("53", "赫哲族"),
    ("54", "门巴族"),
    ("55", "珞巴族"),
    ("56", "基诺族"),
    ("97", "其他"),
    ("98", "外国血统中国籍人士"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_listed_and_keeps_the_others() {
        assert_eq!(Nation::new("01").name(), Some("汉族"));
        assert_eq!(Nation::new("56").name(), Some("基诺族"));
        assert_eq!(Nation::new("57").name(), None);
        assert_eq!(Nation::new("5x").code(), "5x");
    }

    #[test]
    fn codes_ascend() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
