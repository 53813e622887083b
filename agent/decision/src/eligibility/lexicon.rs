//! The lexicon: words that tell what an article is, as a table that a domain expert edits.
//!
//! ```csv
//! 词,类别,位置,权重,说明
//! 牙刷,日用品,任意,8,日用品品种
//! 片,药品,词尾,3,药食同形的剂型
//! 葡萄糖,中性,任意,0,掩蔽：内含别类词的中性词
//! ```
//! 位置: `任意` anywhere, `词首` at the beginning, `词尾` at the end of the name proper (brackets and
//! packing sizes apart), `条码` a prefix of the barcode. A word inside a longer word of the table is
//! not heard, so `中性` rows hide what only looks like evidence (糖 in 葡萄糖).

use aho_corasick::AhoCorasick;
use std::collections::HashMap;

use super::category::Category;
use super::fold::fold;

/// Words, forms and brands that tell what an article is.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    pub(super) automaton: Option<AhoCorasick>,
    /// What each pattern of the automaton says, by pattern.
    pub(super) words: Vec<Word>,
    /// Prefixes of barcodes.
    pub(super) barcodes: Vec<(String, Mark)>,
}

/// One word of the table with everything that it says.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
}

/// What a word says where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// `None`: doubtful goods, which no words make payable.
    pub(super) category: Option<Category>,
    pub(super) place: Place,
    /// 0: nothing, the word only hides shorter ones.
    pub(super) weight: u16,
}

/// Where a word counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Anywhere,
    Head,
    Tail,
}

/// A lexicon that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// The same word, category and place stand in the table twice.
    #[error("lexicon row {row} repeats an earlier row")]
    Duplicate {
        /// The row, from 1.
        row: usize,
    },
    /// The first line is not `词,类别,位置,权重,说明`.
    #[error("lexicon does not begin with the headings `词,类别,位置,权重,说明`")]
    Headings,
    /// A row is not of the table's form.
    #[error("lexicon row {row} is not of the table's form")]
    Row {
        /// The row, from 1.
        row: usize,
    },
    /// More words than an automaton may hold.
    #[error("lexicon holds too many words")]
    TooLarge,
}

/// Most rows of a lexicon.
pub const MOST_ROWS: usize = 50_000;
/// Longest word, in bytes after folding.
pub const LONGEST_WORD: usize = 60;
pub const GREATEST_WEIGHT: u16 = 9;

const HEADINGS: [&str; 5] = ["词", "类别", "位置", "权重", "说明"];

impl Lexicon {
    /// Compiles the lexicon table.
    pub fn parse(table: &str) -> Result<Self, LexiconError> {
        let table = table.strip_prefix('\u{feff}').unwrap_or(table);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let headings = reader.headers().map_err(|_| LexiconError::Headings)?;
        if !headings.iter().eq(HEADINGS) {
            return Err(LexiconError::Headings);
        }
        let mut lexicon = Self::default();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, record) in reader.records().enumerate() {
            let row = index.saturating_add(1);
            if row > MOST_ROWS {
                return Err(LexiconError::TooLarge);
            }
            let record = record.map_err(|_| LexiconError::Row { row })?;
            let entry = Row::parse(&record).ok_or(LexiconError::Row { row })?;
            lexicon
                .add(entry, &mut known)
                .ok_or(LexiconError::Duplicate { row })?;
        }
        let patterns = lexicon.words.iter().map(|word| word.text.as_bytes());
        lexicon.automaton = Some(AhoCorasick::new(patterns).map_err(|_| LexiconError::TooLarge)?);
        Ok(lexicon)
    }

    /// `None` if the row says again what an earlier one said.
    fn add(&mut self, row: Row, known: &mut HashMap<String, usize>) -> Option<()> {
        let Some(place) = row.place else {
            let mark = row.mark(Place::Head);
            self.barcodes.push((row.word, mark));
            return Some(());
        };
        let mark = row.mark(place);
        let at = *known.entry(row.word.clone()).or_insert(self.words.len());
        match self.words.get_mut(at) {
            Some(word) => {
                let is_new =
                    |other: &Mark| other.category != mark.category || other.place != mark.place;
                word.marks.iter().all(is_new).then(|| word.marks.push(mark))
            }
            None => {
                self.words.push(Word {
                    text: row.word,
                    marks: vec![mark],
                });
                Some(())
            }
        }
    }
}

/// One row of the table. Place `None` is a barcode's prefix.
struct Row {
    word: String,
    category: Option<Category>,
    place: Option<Place>,
    weight: u16,
}

impl Row {
    fn parse(record: &csv::StringRecord) -> Option<Self> {
        let (word, category) = (fold(record.get(0)?).text, category(record.get(1)?)?);
        let place = match record.get(2)? {
            "任意" => Some(Place::Anywhere),
            "词首" => Some(Place::Head),
            "词尾" => Some(Place::Tail),
            "条码" => None,
            _ => return None,
        };
        let weight: u16 = record.get(3)?.parse().ok()?;
        // A neutral word has no weight, every other one has.
        let is_neutral = record.get(1) == Some("中性");
        let fits = weight <= GREATEST_WEIGHT && (weight == 0) == is_neutral;
        let has_size = !word.is_empty() && word.len() <= LONGEST_WORD;
        (fits && has_size).then_some(Self {
            word,
            category,
            place,
            weight,
        })
    }

    fn mark(&self, place: Place) -> Mark {
        Mark {
            category: self.category,
            place,
            weight: self.weight,
        }
    }
}

/// The outer `None`: no category of the table; the inner: doubtful goods.
#[expect(
    clippy::option_option,
    reason = "an unknown heading and doubtful goods are two things"
)]
fn category(text: &str) -> Option<Option<Category>> {
    Some(Some(match text {
        "药品" => Category::Drug,
        "医疗器械" => Category::Device,
        "中药饮片" => Category::Piece,
        "保健食品" => Category::HealthFood,
        "食品" => Category::Food,
        "化妆品" => Category::Cosmetic,
        "牙膏" => Category::Toothpaste,
        "消毒产品" => Category::Disinfectant,
        "日用品" => Category::DailyGoods,
        "特医食品" => Category::Fsmp,
        "中性" => Category::Unknown,
        "存疑" => return Some(None),
        _ => return None,
    }))
}
