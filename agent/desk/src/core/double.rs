//! Doubles: what a settlement for the same goods would settle again.
//!
//! In scope: what stands or may stand of a sale, and whether two baskets are one purchase. Out of scope:
//! whose sales are compared, and what the till hears (the gate).

use std::collections::HashSet;

use pharmacy_base::text;
use pharmacy_protocol::term::{Fen, InsuranceCode, Sku, TraceCode};

use super::attempt::{AttemptState, Direction};
use super::sale::Sale;

/// What would be settled again stands.
pub const SETTLED: &str = "gateway.duplicate";

/// A pack is another customer's.
pub const PACK_SOLD: &str = "gateway.pack-sold";

/// Held back as a likely double, until somebody of the staff says that it is another purchase.
pub const LIKELY: &str = "gateway.likely-double";

/// The same, where nobody can say that the earlier settlement is this person's.
pub const LIKELY_HERE: &str = "gateway.likely-double-here";

/// The sale that an attempt would double.
pub struct Double {
    /// A key of the text catalogue.
    pub code: &'static str,
    /// The settlement that stands, if one does.
    pub settlement: String,
}

impl Sale {
    /// What a settlement for the same goods would double: a settlement of this sale that is under way,
    /// in doubt, or stands.
    pub fn double(&self) -> Option<Double> {
        if let Some(settled) = self.settlement() {
            return Some(Double {
                code: SETTLED,
                settlement: settled.settlement.clone(),
            });
        }
        self.has_open_settlement().then(|| Double {
            code: "gateway.duplicate-in-doubt",
            settlement: String::new(),
        })
    }

    /// Is a settlement under way or in doubt?
    pub fn has_open_settlement(&self) -> bool {
        self.attempts.iter().any(|attempt| {
            attempt.direction == Direction::Settlement
                && matches!(
                    attempt.state,
                    AttemptState::InDoubt | AttemptState::Intended
                )
        })
    }
}

/// Why a settlement is turned away without a rule.
pub struct Turned {
    /// The sale that is shown at the till for it; none of another customer.
    pub sale: Option<u64>,
    /// A key of the text catalogue.
    pub code: &'static str,
    /// What stands behind its text: a settlement of this very customer, an article of this basket.
    pub named: String,
}

impl Turned {
    /// What to do about it; a key of the text catalogue.
    pub fn remedy(&self) -> &'static str {
        match self.code {
            LIKELY | LIKELY_HERE => "double.confirm",
            SETTLED => "double.settled",
            _ => "double.doubt",
        }
    }

    /// Because of another sale, of which only its own customer hears more than that it is.
    pub fn by(sale: &Sale, other: &Sale, double: Double) -> Self {
        match sale.is_same_person(other) {
            true => Self::at(other, double),
            false => Self::elsewhere(&double),
        }
    }

    /// What the till is to hear.
    pub fn words(&self) -> String {
        format!("{}{}", text::message(self.code).zh, self.named)
    }

    pub fn at(other: &Sale, double: Double) -> Self {
        Self {
            sale: Some(other.id.counter()),
            code: double.code,
            named: double.settlement,
        }
    }

    pub fn elsewhere(double: &Double) -> Self {
        let is_settled = !double.settlement.is_empty();
        Self {
            sale: None,
            code: match is_settled {
                true => "gateway.settled-elsewhere",
                false => double.code,
            },
            named: String::new(),
        }
    }
}

/// All of one article in a basket, however many lines it stands in.
#[derive(Clone, Debug, Default)]
pub struct Goods {
    pub sku: Option<Sku>,
    pub code: Option<InsuranceCode>,
    /// Where neither tells.
    pub name: Option<String>,
    pub amount: Fen,
    /// In how many lines.
    pub lines: i64,
    /// Is a trace code due for every pack?
    pub needs_codes: bool,
    /// Has every pack its code?
    pub is_coded: bool,
    pub packs: Vec<TraceCode>,
}

impl Goods {
    /// Is it the same article? By its number, or by its code where one of both has no number.
    pub fn is_same_article(&self, other: &Self) -> bool {
        match (&self.sku, &other.sku) {
            (Some(one), Some(other)) => one == other,
            _ => match (&self.code, &other.code) {
                (Some(one), Some(other)) => one == other,
                _ => self.name.is_some() && self.name == other.name,
            },
        }
    }

    /// Takes another line of the article in.
    pub fn add(&mut self, line: Self) {
        self.amount = self.amount.checked_add(line.amount).unwrap_or(self.amount);
        self.lines = self.lines.saturating_add(line.lines);
        self.needs_codes |= line.needs_codes;
        self.is_coded &= line.is_coded;
        self.packs.extend(line.packs);
    }

    /// The same money for it? A line's amount is rounded to the fen, so each line may be one off.
    fn is_same_amount(&self, other: &Self) -> bool {
        let noise = self.lines.max(other.lines);
        let (one, other) = (self.amount.units(), other.amount.units());
        one.saturating_sub(other).saturating_abs() <= noise
    }

    /// Do both have every code, and none in common? Then the packs are others.
    fn are_other_packs(&self, other: &Self) -> bool {
        let known: HashSet<&TraceCode> = self.packs.iter().collect();
        self.is_coded && other.is_coded && !other.packs.iter().any(|code| known.contains(code))
    }
}

/// Sorts lines by article.
pub fn gather(lines: impl IntoIterator<Item = Goods>) -> Vec<Goods> {
    let mut gathered: Vec<Goods> = Vec::new();
    for line in lines {
        match gathered
            .iter_mut()
            .find(|known| known.is_same_article(&line))
        {
            Some(known) => known.add(line),
            None => gathered.push(line),
        }
    }
    gathered
}

/// Do two baskets share an article, with nothing that tells its packs apart?
///
/// Complete codes of which none is common make it another purchase, also of what needs no codes beside
/// them: one sheet of paper is not put into two boxes.
pub fn share(one: &[Goods], other: &[Goods]) -> bool {
    let mut common = Vec::new();
    for mine in one {
        let theirs = other.iter().filter(|theirs| mine.is_same_article(theirs));
        common.extend(theirs.map(|theirs| (mine, theirs)));
    }
    let has_codes = |(mine, theirs): &&(&Goods, &Goods)| {
        mine.needs_codes || (!mine.packs.is_empty() && !theirs.packs.is_empty())
    };
    let mut coded = common.iter().filter(has_codes).peekable();
    let are_others =
        coded.peek().is_some() && coded.all(|(mine, theirs)| mine.are_other_packs(theirs));
    !common.is_empty() && !are_others
}

/// Is one of two baskets the other, or the other and more? Article by article, for the same money.
pub fn contain(one: &[Goods], other: &[Goods]) -> bool {
    let is_in = |goods: &Goods, basket: &[Goods]| {
        let mut basket = basket.iter();
        basket.any(|held| held.is_same_article(goods) && held.is_same_amount(goods))
    };
    let holds = |less: &[Goods], more: &[Goods]| less.iter().all(|goods| is_in(goods, more));
    share(one, other) && (holds(one, other) || holds(other, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goods(sku: &str, fen: i64, packs: &[u64]) -> Goods {
        let packs = packs
            .iter()
            .map(|n| format!("8900057{n:013}").parse().unwrap());
        let packs: Vec<TraceCode> = packs.collect();
        Goods {
            sku: Some(sku.parse().unwrap()),
            amount: Fen::new(fen),
            lines: 1,
            needs_codes: true,
            is_coded: !packs.is_empty(),
            packs,
            ..Goods::default()
        }
    }

    fn free(sku: &str, fen: i64) -> Goods {
        Goods {
            needs_codes: false,
            ..goods(sku, fen, &[])
        }
    }

    #[test]
    fn the_same_goods_are_one_purchase_however_they_are_written() {
        let whole = gather([goods("A", 1000, &[])]);
        for others in [
            vec![goods("A", 1000, &[])],
            vec![goods("A", 1001, &[])],
            vec![goods("A", 333, &[]), goods("A", 666, &[])],
            vec![
                goods("A", 500, &[]),
                goods("B", 700, &[]),
                goods("A", 500, &[]),
            ],
            // Scanned meanwhile: it may be the same box.
            vec![goods("A", 1000, &[1])],
        ] {
            let others = gather(others);
            assert!(contain(&whole, &others) && contain(&others, &whole));
        }
        for others in [
            vec![goods("B", 1000, &[])],
            vec![goods("A", 2000, &[])],
            vec![goods("A", 1002, &[])],
            vec![],
        ] {
            assert!(!contain(&whole, &gather(others)));
        }
    }

    #[test]
    fn only_complete_codes_that_differ_make_another_purchase() {
        let coded = |packs: &[u64]| gather([goods("A", 1000, packs)]);
        assert!(!share(&coded(&[1, 2]), &coded(&[3, 4])));
        assert!(share(&coded(&[1, 2]), &coded(&[2, 3])));
        let mut partly = coded(&[3]);
        partly[0].is_coded = false;
        assert!(share(&coded(&[1, 2]), &partly));
        assert!(share(&partly, &coded(&[1, 2])));
        // What needs no code goes with what has one; alone it tells nothing apart.
        let both = |packs: &[u64]| gather([goods("A", 1000, packs), free("P", 50)]);
        assert!(!share(&both(&[1]), &both(&[2])));
        assert!(share(&[free("P", 50)], &both(&[2])));
    }

    #[test]
    fn an_article_is_known_by_number_code_or_name() {
        let by_code = |code: &str| Goods {
            code: Some(code.parse().unwrap()),
            lines: 1,
            ..Goods::default()
        };
        let code = "ZA99ZZZ9999010199901";
        let both = Goods {
            sku: Some("A".parse().unwrap()),
            ..by_code(code)
        };
        assert!(both.is_same_article(&by_code(code)) && by_code(code).is_same_article(&both));
        assert!(!both.is_same_article(&Goods {
            sku: Some("B".parse().unwrap()),
            ..by_code(code)
        }));
        assert!(!Goods::default().is_same_article(&Goods::default()));
    }
}
