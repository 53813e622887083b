//! Goods: a catalogue as large as a chain's, and baskets drawn from it.
//!
//! Drugs of the national rules under their own names and codes, the same names by other makers
//! (whose codes carry no limit), and everything of the sample catalogue over and over. Persons are
//! the numbers that standards print as examples.

use std::fmt::Write as _;

use pharmacy_kit::tree;
use serde_json::{Value, json};

/// Numbers printed in the standards as examples; nobody bears them.
pub const WIFE: &str = "11010519491231002X";

/// Numbers that look random and are the same in every run (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// What an article is, as far as the rules will care.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sort {
    /// A drug whose code stands in the national rules.
    Limited,
    /// A drug whose code does not.
    Drug,
    /// Whatever the sample catalogue has: devices, health food, daily goods, drugs without code.
    Other,
}

/// One article.
#[derive(Clone, Debug)]
pub struct Good {
    pub sku: String,
    pub sort: Sort,
    pub name: String,
    pub code: Option<String>,
    pub barcode: String,
    /// What trace codes begin with; drugs have one.
    pub prefix: Option<String>,
    row: String,
}

/// All articles.
pub struct Goods {
    pub all: Vec<Good>,
}

struct Listed {
    name: String,
    code: String,
}

fn listed() -> Vec<Listed> {
    let path = tree::root().join("config/rules/limits.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        Listed {
            name: row[1].to_owned(),
            code: row[2].to_owned(),
        }
    });
    let mut rows: Vec<Listed> = rows.collect();
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    rows.dedup_by(|a, b| a.code == b.code);
    rows
}

struct Sample {
    name: String,
    spec: String,
    approval: String,
    has_prefix: bool,
}

fn samples() -> Vec<Sample> {
    let text = pharmacy_kit::shop::SAMPLE.trim_start_matches('\u{feff}');
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        Sample {
            name: row[1].to_owned(),
            spec: row[3].to_owned(),
            approval: row[4].to_owned(),
            has_prefix: !row[8].is_empty(),
        }
    });
    rows.filter(|row| !row.name.is_empty()).collect()
}

fn barcode(number: usize) -> String {
    let digits = format!("69{number:010}");
    let sum: u32 = digits
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

const HEADINGS: &str =
    "商品编码,商品名称,规格,批准文号,条形码,医保编码,处方类别,追溯码前缀,零售价,用药天数\n";

impl Goods {
    /// As many articles as asked for.
    pub fn make(count: usize) -> Self {
        let (listed, samples) = (listed(), samples());
        let mut dice = Dice::new(1);
        let mut all = Vec::with_capacity(count);
        for number in 0..count {
            all.push(match number % 5 {
                0 if number / 5 < listed.len() => {
                    let from = &listed[number / 5];
                    drug(number, Sort::Limited, (&from.name, &from.code), &mut dice)
                }
                0..=2 => {
                    let from = &listed[dice.below(listed.len())];
                    // Another maker's pack of the same medicine: the last five digits.
                    let kept = &from.code[..from.code.len() - 5];
                    let code = format!("{kept}{:05}", 90_000 + number % 10_000);
                    drug(number, Sort::Drug, (&from.name, &code), &mut dice)
                }
                _ => other(number, &samples[number % samples.len()]),
            });
        }
        Self { all }
    }

    /// The file that a shop would import.
    pub fn csv(&self) -> String {
        let mut text = String::from(HEADINGS);
        self.all.iter().for_each(|good| text.push_str(&good.row));
        text
    }

    /// Articles of one sort.
    pub fn of(&self, sort: Sort) -> Vec<&Good> {
        self.all.iter().filter(|good| good.sort == sort).collect()
    }
}

fn drug(number: usize, sort: Sort, (name, code): (&str, &str), dice: &mut Dice) -> Good {
    let letter = if code.starts_with('X') { 'H' } else { 'Z' };
    let approval = format!("国药准字{letter}20{:06}", 100_000 + number % 100_000);
    let class = ["处方药", "非处方药"][dice.below(2)];
    good(number, sort, name, |good| {
        good.code = Some(code.to_owned());
        good.prefix = Some(format!("{:07}", 8_000_000 + number));
        good.row = format!(
            "{},{name},10g*{}袋,{approval},{},{code},{class},{},{}.80,7\n",
            good.sku,
            6 + number % 20,
            good.barcode,
            8_000_000 + number,
            5 + number % 90,
        );
    })
}

fn other(number: usize, sample: &Sample) -> Good {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    good(number, Sort::Other, &sample.name, |good| {
        let prefix = sample.has_prefix.then(|| format!("{}", 8_000_000 + number));
        good.row = format!(
            "{},{},{},{},{},,,{},{}.50,\n",
            good.sku,
            quoted(&sample.name),
            quoted(&sample.spec),
            quoted(&sample.approval),
            good.barcode,
            prefix.as_deref().unwrap_or_default(),
            3 + number % 60,
        );
        good.prefix = prefix;
    })
}

fn good(number: usize, sort: Sort, name: &str, finish: impl FnOnce(&mut Good)) -> Good {
    let mut good = Good {
        sku: format!("S{number:06}"),
        sort,
        name: name.to_owned(),
        code: None,
        barcode: barcode(number),
        prefix: None,
        row: String::new(),
    };
    finish(&mut good);
    good
}

/// One line of a basket.
#[derive(Clone, Debug)]
pub struct Item<'g> {
    pub good: &'g Good,
    pub packs: Vec<String>,
    pub quantity: usize,
    pub is_prescribed: bool,
}

/// Draws baskets; no pack is drawn twice.
pub struct Till<'g> {
    limited: Vec<&'g Good>,
    drugs: Vec<&'g Good>,
    free: Vec<&'g Good>,
    others: Vec<&'g Good>,
    dice: Dice,
    next_pack: u64,
}

impl<'g> Till<'g> {
    pub fn new(goods: &'g Goods, seed: u64) -> Self {
        Self {
            limited: goods.of(Sort::Limited),
            drugs: goods.of(Sort::Drug),
            free: Vec::new(),
            others: goods.of(Sort::Other),
            dice: Dice::new(seed),
            next_pack: seed * 1_000_000_000,
        }
    }

    /// A basket as it comes: of five lines, two of limited drugs, one of another drug, two others;
    /// half the drugs prescribed.
    pub fn basket(&mut self, lines: usize) -> Vec<Item<'g>> {
        let sort = |line: usize| match line % 5 {
            0 | 1 => Sort::Limited,
            2 => Sort::Drug,
            _ => Sort::Other,
        };
        (0..lines).map(|line| self.item(sort(line), line)).collect()
    }

    /// A basket of one sort.
    pub fn basket_of(&mut self, sort: Sort, lines: usize) -> Vec<Item<'g>> {
        (0..lines).map(|line| self.item(sort, line)).collect()
    }

    /// A basket of drugs without prescription, any drugs until told which ones pass.
    pub fn plain_basket(&mut self, lines: usize) -> Vec<Item<'g>> {
        let item = |line| {
            let from = if self.free.is_empty() {
                &self.drugs
            } else {
                &self.free
            };
            let good = from[self.dice.below(from.len())];
            Item {
                is_prescribed: false,
                ..self.item_of(good, Sort::Drug, line)
            }
        };
        (0..lines).map(item).collect()
    }

    /// Tells which drugs pass without prescription; plain baskets have no others from now on.
    pub fn keep_to(&mut self, free: Vec<&'g Good>) {
        self.free = free;
    }

    fn item(&mut self, sort: Sort, line: usize) -> Item<'g> {
        let from = match sort {
            Sort::Limited => &self.limited,
            Sort::Drug => &self.drugs,
            Sort::Other => &self.others,
        };
        let good = from[self.dice.below(from.len())];
        self.item_of(good, sort, line)
    }

    fn item_of(&mut self, good: &'g Good, sort: Sort, line: usize) -> Item<'g> {
        let quantity = 1 + line % 2;
        let packs = (0..quantity).filter_map(|_| {
            let prefix = good.prefix.as_ref()?;
            self.next_pack += 1;
            Some(format!("{prefix}{:013}", self.next_pack))
        });
        Item {
            good,
            packs: packs.collect(),
            quantity,
            is_prescribed: sort != Sort::Other && line.is_multiple_of(2),
        }
    }
}

/// The body of an assessment.
pub fn assessment(basket: &[Item<'_>]) -> Value {
    let lines = basket.iter().zip(1..).map(|(item, number)| {
        json!({
            "number": number, "sku": item.good.sku, "code": item.good.code,
            "name": item.good.name, "barcode": item.good.barcode,
            "quantity": item.quantity.to_string(), "price": "12.80", "trace_codes": item.packs,
        })
    });
    let drugs = basket.iter().filter(|item| item.is_prescribed).map(|item| {
        json!({
            "code": item.good.code, "name": item.good.name,
            "quantity": item.quantity.to_string(), "days": 7,
        })
    });
    json!({
        "lines": lines.collect::<Vec<_>>(),
        "prescriptions": [{
            "number": "RX1", "form": "electronic", "patient": {"number": WIFE},
            "institution": "designated", "level": "second", "setting": "outpatient",
            "issued": "2026-01-02", "valid_until": "2999-12-31", "reviewed_by": "PH01",
            "drugs": drugs.collect::<Vec<_>>(),
        }],
    })
}

/// Bytes that say nothing, for parts of a log.
pub fn filler(length: usize, dice: &mut Dice) -> Vec<u8> {
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        write!(text, "{:016x}", dice.next()).unwrap();
    }
    text.truncate(length);
    text.into_bytes()
}
