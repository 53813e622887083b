//! The pack's texts: words for findings, questions for missing facts, templates of rules.

use std::collections::{BTreeMap, HashSet};

use crate::pack::error::PackError;
use crate::pack::file;
use crate::pack::source::PackSource;
use crate::pack::table::{Row, Table};
use crate::rule::{Missing, Seen, Word};
use crate::verdict::Text;

/// Longest name of an article in a text; the till shows some forty characters.
const LONGEST_NAME: usize = 14;

/// Texts for words and missing facts, complete by construction.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    words: BTreeMap<Word, Text>,
    questions: BTreeMap<Missing, Question>,
}

/// What to ask when a fact is missing.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) message: Template,
    pub(crate) remedy: Template,
}

/// A text with places for the article, what was found and what is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Template(Text);

/// What is put in the places.
pub(crate) struct Filling {
    pub(crate) item: Text,
    pub(crate) found: Text,
    pub(crate) allowed: Text,
}

impl Catalogue {
    pub(crate) fn compile(source: &PackSource) -> Result<Self, PackError> {
        let table = Table::read(source, file::WORDS, &["词条", "中文", "英文"])?;
        let words = keyed(&table, "词条", Word::ALL, Word::key, |row| {
            Ok(Text {
                zh: row.text("中文")?.to_owned(),
                en: row.text("英文")?.to_owned(),
            })
        })?;
        let columns = &[
            "缺项",
            "提示(中文)",
            "提示(英文)",
            "补救(中文)",
            "补救(英文)",
        ];
        let table = Table::read(source, file::QUESTIONS, columns)?;
        let questions = keyed(&table, "缺项", Missing::ALL, Missing::key, |row| {
            Ok(Question {
                message: Template::read(row, "提示(中文)", "提示(英文)")?,
                remedy: Template::read(row, "补救(中文)", "补救(英文)")?,
            })
        })?;
        Ok(Self { words, questions })
    }

    pub(crate) fn question(&self, missing: Missing) -> Option<&Question> {
        self.questions.get(&missing)
    }

    /// How the sale is called.
    pub(crate) fn sale(&self) -> Text {
        self.word(Word::ItemSale)
    }

    /// How a line is called: by its name, else by its number.
    pub(crate) fn line(&self, name: &str, number: u32) -> Text {
        if name.trim().is_empty() {
            return self.unit(Word::ItemLine, number);
        }
        let name = shorten(name);
        Text {
            zh: name.clone(),
            en: name,
        }
    }

    fn unit(&self, word: Word, number: impl ToString) -> Text {
        let unit = self.word(word);
        let number = number.to_string();
        Text {
            zh: unit.zh.replace("{n}", &number),
            en: unit.en.replace("{n}", &number),
        }
    }

    /// Words for what a rule saw.
    pub(crate) fn say(&self, seen: &Seen) -> Text {
        let same = |text: String| Text {
            zh: text.clone(),
            en: text,
        };
        match seen {
            Seen::Date(date) => same(date.to_string()),
            Seen::Days(days) => self.unit(Word::UnitDays, *days),
            Seen::Money(amount) => self.unit(Word::UnitYuan, amount),
            Seen::Number(number) => same(number.to_string()),
            Seen::Price(price) => self.unit(Word::UnitYuan, price),
            Seen::Quantity(quantity) => same(quantity.to_string()),
            Seen::Quoted(text) => same(shorten(text)),
            Seen::Word(word) => self.word(*word),
            Seen::Years(years) => self.unit(Word::UnitYears, *years),
        }
    }

    fn word(&self, word: Word) -> Text {
        self.words.get(&word).cloned().unwrap_or_default()
    }
}

/// Reads a table that has one row for every member of a closed list, and no other.
fn keyed<K: Copy + Ord, V>(
    table: &Table,
    column: &'static str,
    all: &[K],
    key: fn(K) -> &'static str,
    read: impl Fn(&Row<'_>) -> Result<V, PackError>,
) -> Result<BTreeMap<K, V>, PackError> {
    let mut seen = HashSet::new();
    let mut values = BTreeMap::new();
    for row in table.rows() {
        let member = row.parse(column, "a key that the decision knows", |text| {
            all.iter().copied().find(|member| key(*member) == text)
        })?;
        row.once(key(member), &mut seen)?;
        values.insert(member, read(&row)?);
    }
    match all.iter().find(|member| !values.contains_key(member)) {
        Some(missing) => Err(PackError::MissingText {
            file: table.file(),
            key: key(*missing),
        }),
        None => Ok(values),
    }
}

impl Template {
    /// Reads the two columns of a text and refuses places that nothing fills.
    pub(crate) fn read(
        row: &Row<'_>,
        zh: &'static str,
        en: &'static str,
    ) -> Result<Self, PackError> {
        let read = |column| {
            row.parse(
                column,
                "a text with no places but {item}, {found}, {allowed}",
                |text| {
                    let mut rest = text.to_owned();
                    for place in ["{item}", "{found}", "{allowed}"] {
                        rest = rest.replace(place, "");
                    }
                    (!text.is_empty() && !rest.contains(['{', '}'])).then(|| text.to_owned())
                },
            )
        };
        Ok(Self(Text {
            zh: read(zh)?,
            en: read(en)?,
        }))
    }

    pub(crate) fn fill(&self, filling: &Filling) -> Text {
        let fill = |text: &str, of: fn(&Text) -> &str| put(text, filling, of);
        Text {
            zh: fill(&self.0.zh, |text| &text.zh),
            en: fill(&self.0.en, |text| &text.en),
        }
    }
}

/// Fills the places in one pass: a name that itself reads `{found}` stays as it is.
fn put(template: &str, filling: &Filling, of: fn(&Text) -> &str) -> String {
    let mut filled = String::with_capacity(template.len().saturating_add(32));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(match place {
            "item" => of(&filling.item),
            "found" => of(&filling.found),
            "allowed" => of(&filling.allowed),
            _ => "",
        });
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// A name of a length that a till can show, without control characters.
fn shorten(name: &str) -> String {
    let clean: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() <= LONGEST_NAME {
        return clean;
    }
    let kept = LONGEST_NAME.saturating_sub(1);
    clean.chars().take(kept).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let text = |text: &str| Text {
            zh: text.to_owned(),
            en: text.to_owned(),
        };
        let template = Template(text("{item}：{found}，限{allowed}"));
        let filling = Filling {
            item: text("{found}片"),
            found: text("3"),
            allowed: text("2"),
        };
        assert_eq!(template.fill(&filling).zh, "{found}片：3，限2");
    }

    #[test]
    fn long_names_are_cut_by_characters() {
        assert_eq!(shorten("阿莫西林胶囊"), "阿莫西林胶囊");
        assert_eq!(
            shorten("小儿氨酚黄那敏颗粒（无糖型儿童专用装）"),
            "小儿氨酚黄那敏颗粒（无糖型…"
        );
        assert_eq!(shorten("一\u{7}二"), "一二");
    }
}
