//! The basket as the till sends it, before catalogue and history are asked.

use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    Dispensing, Offered, Registration, SupplyException, Tender, content_of,
};
use pharmacy_protocol::term::{
    EntryIndex, Fen, InsuranceCode, Quantity, Sku, TraceCode, UnitPrice,
};
use serde::{Deserialize, Serialize};

use pharmacy_protocol::digest::{hex, sha256};

/// Most lines of a basket.
pub const MAX_LINES: usize = 200;
/// Most pack codes of a line.
pub const MAX_PACKS: usize = 500;

/// What is bought.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Basket {
    lines: Vec<BasketLine>,
}

/// One line, checked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BasketLine {
    /// Its number on the till.
    pub number: u32,
    /// The article as the till names it.
    pub offered: Offered,
    /// What is to pay it.
    pub tender: Tender,
    pub quantity: Quantity,
    pub price: UnitPrice,
    pub amount: Fen,
    /// Codes of the packs.
    pub packs: Vec<TraceCode>,
    /// How many days it lasts.
    pub days: Fact<u32>,
    /// Registration of the buyer.
    pub registration: Fact<Registration>,
    /// Why more than usual is supplied.
    pub exception: Option<SupplyException>,
    /// What a pharmacist read on the box.
    #[serde(default)]
    pub class: Fact<Dispensing>,
    /// The lot (批号), where the till tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// Entries with photos of packs' codes that cannot be read: each stands for one pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<EntryIndex>,
    /// What scanned symbols say of packs beside their codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// What the catalogue said of it when it was judged: list, slip, page and refusal name it alike, also
    /// when an import comes between the call and its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// Whether packs are split, and the quantity counts pieces, where the till says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<bool>,
}

/// What the catalogue says of a line.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Known {
    /// The article, where the line means one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<InsuranceCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub spec: String,
    /// How many days a pack lasts by its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// May its packs be split?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_split: bool,
    /// The posted price of one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted: Option<UnitPrice>,
}

/// What a pack's symbol says of it (GS1).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Label {
    pub code: TraceCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<Box<str>>,
    /// Its last day of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Date>,
}

impl Label {
    /// Whether there is more than the code.
    pub fn says_more(&self) -> bool {
        self.lot.is_some() || self.last_day.is_some()
    }
}

/// A basket that does not add up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BasketError {
    /// Quantity × price is not the amount.
    #[error("line {0}: the amount is not quantity times price, rounded to fen")]
    Amount(u32),
    /// Two lines bear one number.
    #[error("line {0} stands twice in the basket")]
    DuplicateLine(u32),
    /// One pack stands twice in the basket.
    #[error("line {0}: the same trace code was scanned before in this basket")]
    DuplicatePack(u32),
    /// Nothing, or less, is bought.
    #[error("line {0}: quantity must be above zero, price zero or more")]
    NotPositive(u32),
    #[error("the basket has no line {0}")]
    NoSuchLine(u32),
    /// More lines or codes than a basket can have.
    #[error("a basket has at most {MAX_LINES} lines and a line at most {MAX_PACKS} trace codes")]
    TooLarge,
}

impl BasketError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Amount(_) => "basket.amount",
            Self::DuplicateLine(_) => "basket.duplicate-line",
            Self::DuplicatePack(_) => "basket.duplicate-pack",
            Self::NotPositive(_) => "basket.not-positive",
            Self::NoSuchLine(_) => "basket.no-such-line",
            Self::TooLarge => "basket.too-large",
        }
    }

    pub fn line(self) -> Option<u32> {
        match self {
            Self::Amount(line)
            | Self::DuplicateLine(line)
            | Self::DuplicatePack(line)
            | Self::NotPositive(line)
            | Self::NoSuchLine(line) => Some(line),
            Self::TooLarge => None,
        }
    }
}

impl Basket {
    /// Checks lines that came from outside.
    pub fn new(lines: Vec<BasketLine>) -> Result<Self, BasketError> {
        if lines.len() > MAX_LINES || lines.iter().any(|line| line.packs.len() > MAX_PACKS) {
            return Err(BasketError::TooLarge);
        }
        let mut numbers = std::collections::HashSet::new();
        let mut packs = std::collections::HashSet::new();
        for line in &lines {
            if !numbers.insert(line.number) {
                return Err(BasketError::DuplicateLine(line.number));
            }
            if !line.quantity.is_positive() || line.price.units() < 0 {
                return Err(BasketError::NotPositive(line.number));
            }
            if line.price.amount(line.quantity) != Some(line.amount) {
                return Err(BasketError::Amount(line.number));
            }
            if !line.packs.iter().all(|pack| packs.insert(pack)) {
                return Err(BasketError::DuplicatePack(line.number));
            }
        }
        Ok(Self { lines })
    }

    /// Checks lines that pass through the gateway: what the platform will judge is not refused here,
    /// and a code that stands twice is for the rules to name.
    pub fn relayed(lines: Vec<BasketLine>) -> Result<Self, BasketError> {
        if lines.len() > MAX_LINES || lines.iter().any(|line| line.packs.len() > MAX_PACKS) {
            return Err(BasketError::TooLarge);
        }
        match lines.iter().find(|line| !line.quantity.is_positive()) {
            Some(line) => Err(BasketError::NotPositive(line.number)),
            None => Ok(Self { lines }),
        }
    }

    /// What is bought, as a digest, whatever order the lines stand in.
    pub fn fingerprint(&self) -> String {
        let mut told: Vec<String> = self
            .lines
            .iter()
            .map(|line| {
                let offered = &line.offered;
                format!("{:?}/{:?}/{}", offered.sku, offered.code, line.quantity)
            })
            .collect();
        told.sort_unstable();
        hex(&sha256(told.join("\n").as_bytes()))
    }

    /// Keeps what the catalogue says of each line, in their order.
    pub fn know(&mut self, known: Vec<Known>) {
        for (line, known) in self.lines.iter_mut().zip(known) {
            line.known = Some(known);
        }
    }

    /// The lines in the till's order.
    pub fn lines(&self) -> &[BasketLine] {
        &self.lines
    }

    /// The basket without a pack of a line.
    pub fn without_pack(&self, number: u32, code: &TraceCode) -> Self {
        let mut lines = self.lines.clone();
        for line in lines.iter_mut().filter(|line| line.number == number) {
            line.packs.retain(|pack| pack != code);
            line.labels.retain(|label| label.code != *code);
        }
        Self { lines }
    }

    /// The basket with something said of a line.
    pub fn with_line(
        &self,
        number: u32,
        change: impl FnOnce(&mut BasketLine),
    ) -> Result<Self, BasketError> {
        let mut lines = self.lines.clone();
        let line = lines.iter_mut().find(|line| line.number == number);
        change(line.ok_or(BasketError::NoSuchLine(number))?);
        Ok(Self { lines })
    }

    /// Adds a scanned pack to a line, with what its symbol says of it.
    pub fn with_labelled(&self, number: u32, label: Label) -> Result<Self, BasketError> {
        let basket = self.with_pack(number, label.code.clone())?;
        if !label.says_more() {
            return Ok(basket);
        }
        basket.with_line(number, |line| line.labels.push(label))
    }

    /// Adds a pack to a line.
    pub fn with_pack(&self, number: u32, code: TraceCode) -> Result<Self, BasketError> {
        let mut lines = self.lines.clone();
        let is_known = lines.iter().any(|line| line.packs.contains(&code));
        let line = lines
            .iter_mut()
            .find(|line| line.number == number)
            .ok_or(BasketError::NoSuchLine(number))?;
        if is_known {
            return Err(BasketError::DuplicatePack(number));
        }
        line.packs.push(code);
        if line.packs.len() > MAX_PACKS {
            return Err(BasketError::TooLarge);
        }
        Ok(Self { lines })
    }
}

impl BasketLine {
    /// A line that the insurance is to pay, of which nothing more is known.
    pub fn new(
        number: u32,
        offered: Offered,
        (quantity, price, amount): (Quantity, UnitPrice, Fen),
    ) -> Self {
        Self {
            number,
            offered,
            tender: Tender::Insurance,
            quantity,
            price,
            amount,
            packs: Vec::new(),
            days: Fact::default(),
            registration: Fact::default(),
            exception: None,
            class: Fact::default(),
            lot: None,
            photos: Vec::new(),
            labels: Vec::new(),
            known: None,
            split: None,
        }
    }

    /// How many days it lasts: as somebody said, or by the label of whole packs if that is longer.
    ///
    /// LAW: R17: many tills fill `prd_days` with 1, and a smaller number must not make three months of a
    /// drug a week's.
    pub fn supply_days(&self, known: &Known) -> Fact<u32> {
        let of_packs = |(days, packs): (u32, u32)| days.saturating_mul(packs);
        let label = match self.split {
            Some(true) => self.days_of_pieces(known),
            Some(false) | None => known.days.zip(self.packs_sold(known)).map(of_packs),
        };
        match (&self.days, label) {
            (Fact::Known(days), Some(label)) => Fact::Known(label.max(*days)),
            (Fact::Known(days), None) => Fact::Known(*days),
            (Fact::Missing(_), Some(label)) => Fact::Known(label),
            (Fact::Missing(why), None) => Fact::Missing(*why),
        }
    }

    /// How many whole packs it is. Of an article that may be split, the unit can be a tablet: then only a
    /// price near the posted one says that packs are meant, or a code for each.
    fn packs_sold(&self, known: &Known) -> Option<u32> {
        let packs = self.quantity.as_whole()?;
        let is_coded = usize::try_from(packs).is_ok_and(|packs| packs == self.packs.len());
        let half = known.posted.map(|posted| posted.units() / 2);
        let is_priced = half.is_some_and(|half| half > 0 && self.price.units() > half);
        let is_whole = !known.is_split || self.split == Some(false);
        (is_whole || is_coded || is_priced).then_some(packs)
    }

    /// How many days pieces last, by the label of the pack that they come from.
    fn days_of_pieces(&self, known: &Known) -> Option<u32> {
        let content = content_of(&known.spec).and_then(Quantity::as_whole)?;
        let days = known.days?.saturating_mul(self.quantity.as_whole()?);
        Some(days.div_ceil(content.max(1)))
    }

    /// The lot as the till tells it, else that of its packs' symbols where all are of one.
    pub fn lot(&self) -> Option<&str> {
        let of_labels = || {
            let mut lots = self.labels.iter().map(|label| label.lot.as_deref());
            let first = lots.next()??;
            let is_one = self.labels.len() == self.packs.len();
            (is_one && lots.all(|lot| lot == Some(first))).then_some(first)
        };
        self.lot.as_deref().or_else(of_labels)
    }

    /// The earliest last day of use on its packs' symbols.
    pub fn last_day(&self) -> Option<Date> {
        self.labels.iter().filter_map(|label| label.last_day).min()
    }

    /// As many packs as its quantity begins.
    pub fn packs_needed(&self) -> usize {
        /// Smallest units of a quantity in one unit of sale.
        const WHOLE: i64 = 10_000;
        if self.split == Some(true) {
            // More only if a pack holds less: the rules know that.
            return 1;
        }
        let begun = self.quantity.units().saturating_add(WHOLE - 1) / WHOLE;
        usize::try_from(begun).unwrap_or(0)
    }

    /// For how many packs a code or a photo stands.
    pub fn coded(&self) -> usize {
        self.packs.len().saturating_add(self.photos.len())
    }

    /// Does it lack packs?
    pub fn lacks_packs(&self) -> bool {
        self.coded() < self.packs_needed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32) -> BasketLine {
        let price = "12.5".parse().unwrap();
        let sums = (Quantity::whole(2), price, Fen::new(2_500));
        BasketLine::new(number, Offered::default(), sums)
    }

    #[test]
    fn a_basket_adds_up() {
        assert!(Basket::new(vec![line(1), line(2)]).is_ok());
        let wrong = BasketLine {
            amount: Fen::new(1),
            ..line(1)
        };
        assert_eq!(
            Basket::new(vec![wrong]).unwrap_err(),
            BasketError::Amount(1)
        );
        assert_eq!(
            Basket::new(vec![line(1), line(1)]).unwrap_err(),
            BasketError::DuplicateLine(1)
        );
        let none = BasketLine {
            quantity: Quantity::default(),
            amount: Fen::ZERO,
            ..line(1)
        };
        assert_eq!(
            Basket::new(vec![none]).unwrap_err(),
            BasketError::NotPositive(1)
        );
    }

    // R17
    #[test]
    fn the_longer_supply_counts_and_tablets_are_no_packs() {
        let known = |days, is_split| Known {
            days,
            is_split,
            posted: Some("12.5".parse().unwrap()),
            ..Known::default()
        };
        let lasting = |days, quantity: &str, price: &str, known: &Known| {
            let line = BasketLine {
                days,
                quantity: quantity.parse().unwrap(),
                price: price.parse().unwrap(),
                ..line(1)
            };
            line.supply_days(known).known().copied()
        };
        let told = |days| Fact::Known(days);
        let whole = known(Some(30), false);
        assert_eq!(lasting(told(1), "3", "12.5", &whole), Some(90));
        assert_eq!(lasting(told(120), "3", "12.5", &whole), Some(120));
        assert_eq!(lasting(Fact::default(), "3", "12.5", &whole), Some(90));
        assert_eq!(lasting(told(5), "0.5", "12.5", &whole), Some(5));
        assert_eq!(lasting(Fact::default(), "0.5", "12.5", &whole), None);
        assert_eq!(lasting(told(7), "3", "12.5", &known(None, false)), Some(7));
        // Fourteen tablets of a pack that lasts 30 days, and three packs of the same.
        let split = known(Some(30), true);
        assert_eq!(lasting(told(7), "14", "0.45", &split), Some(7));
        assert_eq!(lasting(told(7), "3", "11.9", &split), Some(90));
        let unpriced = Known {
            posted: None,
            ..split
        };
        assert_eq!(lasting(told(7), "3", "11.9", &unpriced), Some(7));
        // Out of range is as long as can be, not short.
        let long = known(Some(u32::MAX), false);
        assert_eq!(lasting(told(7), "3", "11.9", &long), Some(u32::MAX));
    }

    #[test]
    fn one_pack_stands_once() {
        let code: TraceCode = "81234567890123456789".parse().unwrap();
        let basket = Basket::new(vec![line(1), line(2)]).unwrap();
        let basket = basket.with_pack(1, code.clone()).unwrap();
        assert_eq!(
            basket.with_pack(2, code.clone()).unwrap_err(),
            BasketError::DuplicatePack(2)
        );
        assert_eq!(
            basket.with_pack(3, code).unwrap_err(),
            BasketError::NoSuchLine(3)
        );
    }

    #[test]
    fn a_label_comes_and_goes_with_its_pack() {
        let label = Label {
            code: "(01)06901234567892(21)S1".parse().unwrap(),
            lot: Some("L1".into()),
            last_day: None,
        };
        let basket = Basket::new(vec![line(1)]).unwrap();
        let labelled = basket.with_labelled(1, label.clone()).unwrap();
        assert_eq!(labelled.lines()[0].packs[0], label.code);
        assert_eq!(labelled.lines()[0].labels[0], label);
        let without = labelled.without_pack(1, &label.code);
        assert!(without.lines()[0].packs.is_empty() && without.lines()[0].labels.is_empty());
        // What is kept of a line without labels is what was always kept.
        let bare = Label { lot: None, ..label };
        let kept = serde_json::to_value(basket.with_labelled(1, bare).unwrap()).unwrap();
        assert!(kept["lines"][0].get("labels").is_none());
    }
}
