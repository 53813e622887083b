//! Finding the forms of [`grammar`](super::grammar) in a field.

use super::grammar::{FORMS, Form, Parts, Words, is_area};
use super::{Approval, ApprovalNumber, Flaw, Noise, Reading};

/// Words that stand beside numbers and say nothing against them.
const USUAL: &[&str] = &[
    "批准文号",
    "农药登记证",
    "批文",
    "注册证编号",
    "注册证号",
    "注册证",
    "注册号",
    "备案凭证",
    "备案编号",
    "备案号",
    "备案",
    "产品",
    "编号",
    "文号",
    "进口",
    "药品",
    "医药",
    "医疗器械",
    "许可证",
    "分包装",
    "大包装",
    "小包装",
    "处方药",
    "非处方药",
    "甲类",
    "乙类",
    "国产",
    "国药",
    "原",
    "现",
    "新",
    "旧",
    "及",
    "或",
    "和",
    "号",
    "第",
    "证",
    "更",
    "OTC",
    "RX",
];

/// Ways to write that there is no number.
const NONE: &[&str] = &[
    "无", "暂无", "没有", "不详", "未知", "待补", "NULL", "NONE", "NA", "N/A",
];

impl Approval {
    /// Reads a number field. Never fails: what cannot be read is said in the readings.
    pub fn read(text: &str) -> Self {
        if text.len() > Self::LONGEST {
            return Self {
                readings: vec![Reading::Broken {
                    family: None,
                    flaw: Flaw::Unread,
                }],
                noise: Noise::Noisy,
            };
        }
        read(text)
    }
}

fn read(text: &str) -> Approval {
    let chars: Vec<char> = text.chars().filter_map(folded).collect();
    let mut readings = Vec::new();
    let mut bare = Vec::new();
    let mut rest = String::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let (found, end) = reading_at(&chars, at);
        if let Some((reading, words)) = found {
            bare.push(words == Words::Bare);
            readings.push(reading);
            rest.push(' ');
        } else {
            rest.extend(chars.get(at..end).unwrap_or(&[c]));
        }
        at = end.max(at.saturating_add(1));
    }
    let rest = Rest::of(&rest);
    if rest != Rest::Usual {
        distrust_bare_codes(&mut readings, &bare);
    }
    if readings.is_empty() && rest == Rest::Number {
        readings.push(Reading::Broken {
            family: None,
            flaw: Flaw::Unread,
        });
    }
    let noise = if rest == Rest::Usual {
        Noise::Clean
    } else {
        Noise::Noisy
    };
    Approval { readings, noise }
}

/// A bare code says by itself only that somebody wrote a letter and eight digits. Beside foreign
/// words (国药淮字, 型号) it is no number of a register.
fn distrust_bare_codes(readings: &mut [Reading], bare: &[bool]) {
    for (reading, _) in readings.iter_mut().zip(bare).filter(|(_, bare)| **bare) {
        if let Reading::Number(number) = reading {
            *reading = Reading::Broken {
                family: Some(number.family),
                flaw: Flaw::Context,
            };
        }
    }
}

/// What is left of a field beside its numbers.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Rest {
    /// Something that looks like a number.
    Number,
    /// Nothing, or the usual words.
    Usual,
    /// Other words.
    Words,
}

impl Rest {
    fn of(text: &str) -> Self {
        let mut rest = text.trim();
        if NONE.contains(&rest) {
            return Self::Usual;
        }
        let (mut digits, mut has_words, mut has_marks) = (0_usize, false, false);
        while let Some(c) = rest.chars().next() {
            if let Some(shorter) = USUAL.iter().find_map(|word| rest.strip_prefix(word)) {
                rest = shorter;
                continue;
            }
            digits = digits.saturating_add(usize::from(c.is_ascii_digit()));
            has_words |= c.is_alphabetic();
            has_marks |= matches!(c, '字' | '准' | '械' | '注');
            rest = rest.strip_prefix(c).unwrap_or("");
        }
        if digits >= 4 || has_marks {
            Self::Number
        } else if has_words {
            Self::Words
        } else {
            Self::Usual
        }
    }
}

/// Half-width, capitals, one kind of bracket and dash, simplified register words; `None` for marks
/// that nobody sees.
fn folded(c: char) -> Option<char> {
    Some(match c {
        '\u{ff01}'..='\u{ff5e}' => {
            return char::from_u32(u32::from(c).wrapping_sub(0xfee0)).and_then(folded);
        }
        '【' | '[' | '〔' | '〈' | '{' | '「' | '《' => '(',
        '】' | ']' | '〕' | '〉' | '}' | '」' | '》' => ')',
        '—' | '–' | '‐' | '‑' | '−' | '―' => '-',
        '。' | '、' | '·' | '•' | ';' => ',',
        '國' => '国',
        '藥' => '药',
        '準' => '准',
        '號' => '号',
        '註' => '注',
        c if c.is_whitespace() => ' ',
        '\u{200b}'..='\u{200f}' | '\u{feff}' | '®' => return None,
        c if c.is_control() => return None,
        c => c.to_ascii_uppercase(),
    })
}

/// What begins at `at`, and where it ends.
fn reading_at(chars: &[char], at: usize) -> (Option<(Reading, Words)>, usize) {
    let inside_a_word = at
        .checked_sub(1)
        .and_then(|before| chars.get(before))
        .is_some_and(char::is_ascii_alphanumeric);
    let Some(&c) = chars.get(at) else {
        return (None, at);
    };
    for form in FORMS.iter().filter(|form| may_begin(form, c)) {
        let apart = !(inside_a_word && c.is_ascii());
        let first = at == 0 || form.words != Words::DroppedAtStart;
        if !apart || !first {
            continue;
        }
        if let Some((reading, end)) = Match::new(form, chars, at).run() {
            return (Some((reading, form.words)), end);
        }
    }
    if c.is_ascii_digit() && !inside_a_word {
        return digits_alone(chars, at);
    }
    (None, at.saturating_add(1))
}

fn may_begin(form: &Form, c: char) -> bool {
    match form.pattern.chars().next() {
        Some('%') => is_area(c),
        Some('@') => c.is_ascii_uppercase(),
        first => first == Some(c),
    }
}

/// Shortest run of lone digits that is taken for an attempt at a number.
const SHORTEST_RUN: usize = 6;
/// A traceability code (追溯码) in the number field.
const TRACE_CODE: usize = 20;

/// Digits without any letter: a standard code, a barcode, or a number that lost its letters.
fn digits_alone(chars: &[char], at: usize) -> (Option<(Reading, Words)>, usize) {
    let run: String = digits_from(chars, at);
    let end = at.saturating_add(run.len());
    let reading = match run.len() {
        TRACE_CODE => None,
        14 if run.starts_with("869") => Some(Reading::Number(ApprovalNumber {
            family: super::ApprovalFamily::DrugStandardCode,
            text: run.into(),
        })),
        8 | 12 | 13 | 14 if run.parse::<crate::term::Barcode>().is_ok() => {
            run.parse().ok().map(Reading::Barcode)
        }
        SHORTEST_RUN.. => Some(Reading::Broken {
            family: None,
            flaw: Flaw::Unread,
        }),
        _ => return (None, end),
    };
    (reading.map(|reading| (reading, Words::Kept)), end)
}

fn digits_from(chars: &[char], at: usize) -> String {
    chars
        .iter()
        .skip(at)
        .take_while(|c| c.is_ascii_digit())
        .collect()
}

/// How many strange characters may stand between two parts of a number.
const LONGEST_GAP: usize = 4;

/// One attempt to match one form at one place.
struct Match<'a> {
    form: &'a Form,
    chars: &'a [char],
    at: usize,
    /// Past the words that tell the form: from here on a mismatch is a broken number.
    is_committed: bool,
    text: String,
    area: Option<char>,
    kind: Option<char>,
    letters: String,
    digits: Vec<String>,
}

/// The text does not follow the form.
struct Mismatch(Flaw);

impl<'a> Match<'a> {
    fn new(form: &'a Form, chars: &'a [char], at: usize) -> Self {
        Self {
            form,
            chars,
            at,
            is_committed: false,
            text: String::new(),
            area: None,
            kind: None,
            letters: String::new(),
            digits: Vec::new(),
        }
    }

    /// The reading and where it ends, or nothing if the form is not meant here.
    fn run(mut self) -> Option<(Reading, usize)> {
        let result = self.follow().and_then(|()| self.grant());
        match result {
            Ok(number) => Some((Reading::Number(number), self.at)),
            Err(Mismatch(_)) if !self.is_committed => None,
            Err(Mismatch(flaw)) => {
                let family = Some(self.form.family);
                Some((Reading::Broken { family, flaw }, self.end_of_word()))
            }
        }
    }

    fn follow(&mut self) -> Result<(), Mismatch> {
        let mut pattern = self.form.pattern.chars().peekable();
        while let Some(step) = pattern.next() {
            match step {
                '|' => self.is_committed = true,
                '!' => self.optional(pattern.next().unwrap_or(' ')),
                '%' => self.area = Some(self.one(is_area, Flaw::Area)?),
                '~' => self.kind = Some(self.one(|c| "准进许".contains(c), Flaw::Order)?),
                '^' => {
                    self.one(|c| !c.is_ascii(), Flaw::Area)?;
                }
                '&' => self.place(pattern.peek().copied().unwrap_or(' ')),
                '@' => self.letters()?,
                '#' => self.digits()?,
                word => {
                    self.one(|c| c == word, Flaw::Order)?;
                }
            }
        }
        self.not_attached()
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn emit(&mut self, c: char) {
        if self.is_committed || self.form.words == Words::Kept {
            self.text.push(c);
        }
    }

    /// Steps over marks between two parts. Inside the words of a form only spaces are stepped over.
    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        let marks = if self.is_committed {
            " ,.:-_()第号"
        } else {
            " "
        };
        let start = self.at;
        while let Some(c) = self.peek() {
            let far = self.at.saturating_sub(start) >= LONGEST_GAP;
            if wanted(c) || far || !marks.contains(c) {
                return;
            }
            self.at = self.at.saturating_add(1);
        }
    }

    fn one(&mut self, wanted: impl Fn(char) -> bool, flaw: Flaw) -> Result<char, Mismatch> {
        self.skip(&wanted);
        let c = self.peek().filter(|c| wanted(*c)).ok_or(Mismatch(flaw))?;
        self.at = self.at.saturating_add(1);
        self.emit(c);
        Ok(c)
    }

    fn optional(&mut self, c: char) {
        let start = self.at;
        if self.one(|found| found == c, Flaw::Order).is_err() {
            self.at = start;
            self.emit(c);
        }
    }

    /// Up to three characters of a place before the word that begins with `word`.
    fn place(&mut self, word: char) {
        for _ in 0..3 {
            match self.peek() {
                Some(c) if c != word && !c.is_ascii() => {
                    self.at = self.at.saturating_add(1);
                    self.emit(c);
                }
                _ => return,
            }
        }
    }

    fn letters(&mut self) -> Result<(), Mismatch> {
        self.skip(|c| c.is_ascii_alphanumeric());
        let rest = self.chars.iter().skip(self.at);
        let letters: String = rest.take_while(|c| c.is_ascii_alphabetic()).collect();
        if !self.form.letters.contains(&letters.as_str()) {
            return Err(Mismatch(Flaw::Letter));
        }
        let next = self.chars.get(self.at.saturating_add(letters.len()));
        if self.form.words == Words::Bare && !next.is_some_and(|c| " -0123456789".contains(*c)) {
            return Err(Mismatch(Flaw::DigitCount));
        }
        for c in letters.chars() {
            self.at = self.at.saturating_add(1);
            self.text.push(c);
        }
        self.letters = letters;
        Ok(())
    }

    /// One group of digits. Spaces or dashes inside are read only where they cut it into groups of
    /// at most four: `H2004 0317` is one number, `H2004031 7片` is a number that lacks a digit.
    fn digits(&mut self) -> Result<(), Mismatch> {
        self.skip(|c| c.is_ascii_alphanumeric());
        let counts = self.form.digits.get(self.digits.len());
        let &(least, most) = counts.ok_or(Mismatch(Flaw::Order))?;
        let mut digits = digits_from(self.chars, self.at);
        let mut end = self.at.saturating_add(digits.len());
        while digits.len() < least && matches!(self.chars.get(end), Some(' ' | '-')) {
            let group = digits_from(self.chars, end.saturating_add(1));
            if group.is_empty() || group.len() > 4 || end.saturating_sub(self.at) > 14 {
                break;
            }
            let is_short = digits.len() <= 4 || digits.len().is_multiple_of(4);
            if !is_short {
                break;
            }
            digits.push_str(&group);
            end = end.saturating_add(1).saturating_add(group.len());
        }
        if !(least..=most).contains(&digits.len()) {
            return Err(Mismatch(Flaw::DigitCount));
        }
        self.at = end;
        self.text.push_str(&digits);
        self.digits.push(digits);
        Ok(())
    }

    /// Nothing may hang on a number but the words OTC and Rx.
    fn not_attached(&self) -> Result<(), Mismatch> {
        let rest: String = self.chars.iter().skip(self.at).take(3).collect();
        match rest.chars().next() {
            Some(c) if c.is_ascii_digit() => Err(Mismatch(Flaw::DigitCount)),
            Some(c) if c.is_ascii_alphabetic() && rest != "OTC" && !rest.starts_with("RX") => {
                Err(Mismatch(Flaw::Letter))
            }
            _ => Ok(()),
        }
    }

    fn grant(&mut self) -> Result<ApprovalNumber, Mismatch> {
        let parts = Parts {
            area: self.area,
            kind: self.kind,
            letters: &self.letters,
            digits: &self.digits,
        };
        let granted = (self.form.check)(self.form.family, &parts);
        let granted = granted.map_err(|flaw| {
            self.is_committed = true;
            Mismatch(flaw)
        })?;
        let prefix = if self.form.words == Words::Kept {
            ""
        } else {
            granted.prefix
        };
        Ok(ApprovalNumber {
            family: granted.family,
            text: format!("{prefix}{}", self.text).into(),
        })
    }

    /// Behind what was meant as the number.
    fn end_of_word(&self) -> usize {
        let rest = self.chars.iter().skip(self.at);
        let length = rest
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'))
            .count();
        self.at.saturating_add(length)
    }
}
