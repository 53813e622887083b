//! Price: what the insurance is charged against what the shop posts, and against the region's ceiling.
//!
//! In scope: the price of one unit. Out of scope: price times quantity (`sum`).
//!
//! LAW: R19: one price. R24: a posted price can be a placeholder, and box and strip (盒/条) can be taken
//! for each other: what is not proven is asked, not refused.

use pharmacy_protocol::term::UnitPrice;

use crate::fact::Fact;
use crate::facts::{PackProduct, Posted, Split, Tender};
use crate::rule::{Missing, Seen, Truth};
use crate::scene::{LineView, Scene};

/// No more is charged than is posted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PostedPrice {
    /// Up to here a posted price may stand for none; in fen.
    pub placeholder_up_to: u32,
    /// From here on it may as well; in fen.
    pub placeholder_from: u32,
}

/// By no means so many times the posted price.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PriceMultiple {
    pub times: u32,
    /// As in [`PostedPrice`].
    pub placeholder_up_to: u32,
    /// As in [`PostedPrice`].
    pub placeholder_from: u32,
}

/// No more than the ceiling of the region.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PriceCeiling {}

/// The insurance pays no more for an article than cash does, in the same sale or by the catalogue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CashPrice {}

/// Strips in the smallest box that has any: from so many times a price on, one may have been taken for the
/// other.
const STRIPS: u32 = 2;

/// Smallest units of a unit price in one fen.
const PER_FEN: i64 = 10_000;

/// What is posted of the line's article. An article that is in no catalogue is asked about by
/// others.
fn posted<'a>(line: &'a LineView<'_>) -> Option<Option<&'a Posted>> {
    let article = line.line.catalogue.known()?;
    Some(article.posted.as_ref())
}

fn is_placeholder(price: UnitPrice, up_to: u32, from: u32) -> bool {
    let fen = |fen: u32| i64::from(fen).saturating_mul(PER_FEN);
    price.units() <= fen(up_to) || price.units() >= fen(from)
}

impl PostedPrice {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let unknown = Truth::Undetermined(Missing::PostedPrice);
        let posted = match posted(line) {
            None => return Truth::Holds,
            Some(None) => return unknown,
            Some(Some(posted)) => posted,
        };
        let (charged, price) = (line.line.price, posted.price);
        if charged <= price {
            Truth::Holds
        } else if is_placeholder(price, self.placeholder_up_to, self.placeholder_from) {
            unknown
        } else {
            Truth::broken(Seen::Price(charged), Seen::Price(price))
        }
    }
}

impl PriceMultiple {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let Some(Some(posted)) = posted(line) else {
            return Truth::Holds;
        };
        let (charged, price) = (line.line.price, posted.price);
        let allowed = i128::from(price.units()).saturating_mul(i128::from(self.times));
        if i128::from(charged.units()) <= allowed {
            return Truth::Holds;
        }
        let is_doubtful = is_placeholder(price, self.placeholder_up_to, self.placeholder_from);
        if is_doubtful || !is_unit_proven(line) {
            return Truth::Undetermined(Missing::UnitOfSale);
        }
        Truth::broken(Seen::Price(charged), Seen::Price(price))
    }
}

/// Is the line's unit the pack whose price is posted? Only packs themselves show it: as many codes of
/// this article as units are charged, of an article that is sold whole.
fn is_unit_proven(line: &LineView<'_>) -> bool {
    let is_whole = |article: &crate::facts::Article| article.split == Split::Whole;
    let packs = &line.line.packs;
    let counted = u32::try_from(packs.len()).ok();
    line.line.catalogue.known().is_some_and(is_whole)
        && counted.is_some_and(|packs| packs > 0 && line.line.quantity.as_whole() == Some(packs))
        && packs
            .iter()
            .all(|pack| pack.product == Fact::Known(PackProduct::Same))
}

impl CashPrice {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let is_same = |other: &&LineView<'_>| {
            let (one, other) = (&line.line.offered, &other.line.offered);
            (one.sku.is_some() || one.code.is_some())
                && (&one.sku, &one.code) == (&other.sku, &other.code)
        };
        let in_cash = scene.lines.iter().filter(is_same);
        let in_cash = in_cash.filter(|other| other.line.tender == Tender::Cash);
        // LAW: R19: the account pays what cash pays. A gift is no price.
        let prices = in_cash.map(|other| other.line.price);
        let least = prices.filter(|price| price.is_positive()).min();
        let charged = line.line.price;
        if let Some(least) = least.filter(|least| charged > *least) {
            return Truth::broken(Seen::Price(charged), Seen::Price(least));
        }
        let told = line.line.catalogue.known();
        let told = told.and_then(|article| article.cash_price);
        let Some(told) = told.filter(|told| told.is_positive() && charged > *told) else {
            return Truth::Holds;
        };
        let of_two = i128::from(told.units()).saturating_mul(i128::from(STRIPS));
        match i128::from(charged.units()) < of_two || is_unit_proven(line) {
            true => Truth::broken(Seen::Price(charged), Seen::Price(told)),
            false => Truth::Undetermined(Missing::UnitOfSale),
        }
    }
}

impl PriceCeiling {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let Some(code) = line.code else {
            return Truth::Holds;
        };
        let facts = scene.facts;
        let ceiling = scene
            .knowledge
            .price_ceiling(code, &facts.store.region, facts.today);
        match ceiling {
            Some(ceiling) if line.line.price > ceiling => {
                Truth::broken(Seen::Price(line.line.price), Seen::Price(ceiling))
            }
            Some(_) | None => Truth::Holds,
        }
    }
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::term::Quantity;

    use super::*;
    use crate::pack::with_for_test;
    use crate::rule::testing::{article, facts, on_line, payable, scanned};

    const POSTED: PostedPrice = PostedPrice {
        placeholder_up_to: 100,
        placeholder_from: 999_900,
    };
    const DOUBLE: PriceMultiple = PriceMultiple {
        times: 2,
        placeholder_up_to: 100,
        placeholder_from: 999_900,
    };

    fn charged(price: &str, posted: Option<&str>) -> crate::Facts {
        let mut facts = facts();
        facts.lines[0].price = price.parse().unwrap();
        article(&mut facts).posted = posted.map(|price| Posted {
            price: price.parse().unwrap(),
            unit: "盒".to_owned(),
        });
        facts
    }

    fn judged(facts: &crate::Facts) -> [Truth; 2] {
        on_line(facts, |scene, line| {
            [POSTED.judge(scene, line), DOUBLE.judge(scene, line)]
        })
    }

    fn prices(charged: &str, posted: &str) -> Truth {
        let price = |text: &str| Seen::Price(text.parse().unwrap());
        Truth::broken(price(charged), price(posted))
    }

    // R19
    #[test]
    fn more_than_posted_is_found_and_more_than_twice_is_refused_where_packs_prove_the_unit() {
        for (price, expected) in [
            ("12.5", [Truth::Holds, Truth::Holds]),
            // A special offer, a member's price.
            ("10", [Truth::Holds, Truth::Holds]),
            ("12.51", [prices("12.51", "12.5"), Truth::Holds]),
            ("25", [prices("25", "12.5"), Truth::Holds]),
            (
                "25.000001",
                [prices("25.000001", "12.5"), prices("25.000001", "12.5")],
            ),
        ] {
            assert_eq!(judged(&charged(price, Some("12.5"))), expected, "{price}");
        }
    }

    // R07: a catalogue by the strip and a till by the box, or the other way round.
    #[test]
    fn what_could_be_another_unit_is_asked() {
        let asked = Truth::Undetermined(Missing::UnitOfSale);
        let tripled = || charged("37.5", Some("12.5"));
        let mut split = tripled();
        article(&mut split).split = Split::Allowed;
        assert_eq!(judged(&split)[1], asked);
        let mut unscanned = tripled();
        unscanned.lines[0].packs.clear();
        assert_eq!(judged(&unscanned)[1], asked);
        let mut fewer = tripled();
        fewer.lines[0].quantity = Quantity::whole(2);
        assert_eq!(judged(&fewer)[1], asked);
        fewer.lines[0].packs.push(scanned("81234560000000000002"));
        assert_eq!(judged(&fewer)[1], prices("37.5", "12.5"));
        fewer.lines[0].packs[1].product = Fact::default();
        assert_eq!(judged(&fewer)[1], asked);
        for placeholder in ["0", "0.01", "1"] {
            let unknown = Truth::Undetermined(Missing::PostedPrice);
            let truths = judged(&charged("37.5", Some(placeholder)));
            assert_eq!(truths, [unknown, asked.clone()], "{placeholder}");
        }
        assert_eq!(judged(&charged("37.5", Some("9999")))[0], Truth::Holds);
        let truths = judged(&charged("20000", Some("9999")));
        assert_eq!(truths[1], asked);
    }

    #[test]
    fn a_price_that_nobody_posted_is_missing_not_zero() {
        let unknown = Truth::Undetermined(Missing::PostedPrice);
        assert_eq!(judged(&charged("37.5", None)), [unknown, Truth::Holds]);
        let mut stranger = charged("37.5", None);
        stranger.lines[0].catalogue = Fact::default();
        assert_eq!(judged(&stranger), [Truth::Holds, Truth::Holds]);
    }

    // R19
    #[test]
    fn the_account_pays_what_cash_pays_in_the_same_sale() {
        let judged = |cash: &str, change: fn(&mut crate::facts::Line)| {
            let mut facts = charged("12.5", Some("12.5"));
            let mut second = facts.lines[0].clone();
            second.number = 2;
            second.tender = Tender::Cash;
            second.price = cash.parse().unwrap();
            change(&mut second);
            facts.lines.push(second);
            on_line(&facts, |scene, line| CashPrice {}.judge(scene, line))
        };
        assert_eq!(judged("10", |_| {}), prices("12.5", "10"));
        assert_eq!(judged("12.5", |_| {}), Truth::Holds);
        assert_eq!(judged("15", |_| {}), Truth::Holds);
        assert_eq!(judged("0", |_| {}), Truth::Holds);
        let other = judged("10", |line| {
            line.offered.code = Some("T001700471".parse().unwrap());
        });
        assert_eq!(other, Truth::Holds);
        assert_eq!(
            judged("10", |line| line.tender = Tender::Insurance),
            Truth::Holds
        );
    }

    // R19, R24
    #[test]
    fn the_account_pays_what_the_catalogue_says_for_cash() {
        let judged = |charge: &str, cash: Option<&str>, split| {
            let mut facts = charged(charge, None);
            article(&mut facts).cash_price = cash.map(|cash| cash.parse().unwrap());
            article(&mut facts).split = split;
            on_line(&facts, |scene, line| CashPrice {}.judge(scene, line))
        };
        let whole = |charge, cash| judged(charge, Some(cash), Split::Whole);
        assert_eq!(judged("12.5", None, Split::Whole), Truth::Holds);
        assert_eq!(whole("12.5", "12.5"), Truth::Holds);
        assert_eq!(whole("12.5", "13"), Truth::Holds);
        assert_eq!(whole("12.5", "0"), Truth::Holds);
        assert_eq!(whole("12.5", "12"), prices("12.5", "12"));
        assert_eq!(whole("12.5", "1.25"), prices("12.5", "1.25"));
        // Box or strip? Nothing shows it.
        let loose = |cash| judged("12.5", Some(cash), Split::Allowed);
        assert_eq!(loose("6.3"), prices("12.5", "6.3"));
        let asked = Truth::Undetermined(Missing::UnitOfSale);
        assert_eq!(loose("6.25"), asked);
    }

    // R19
    #[test]
    fn a_ceiling_holds_in_its_region_and_its_days() {
        let pack = with_for_test("prices.csv", |text| {
            format!(
                "{text}44,XN02BEA030A001010100001,10.00,2026-01-01,2026-12-31,测试\n\
                 4407,XN02BEA030A001010100001,12.00,2026-06-01,,测试\n"
            )
        });
        let judged = |facts: &crate::Facts| {
            let scene = Scene::new(facts, pack.knowledge(), &|_| payable());
            PriceCeiling {}.judge(&scene, &scene.lines[0])
        };
        let mut facts = charged("12.00", None);
        assert_eq!(judged(&facts), Truth::Holds);
        facts.lines[0].price = "12.000001".parse().unwrap();
        assert_eq!(judged(&facts), prices("12.000001", "12"));
        // Elsewhere in the province, before the city's row, in another province.
        facts.store.region = "440300".parse().unwrap();
        assert_eq!(judged(&facts), prices("12.000001", "10"));
        facts.today = jiff::civil::date(2027, 1, 1);
        assert_eq!(judged(&facts), Truth::Holds);
        facts.store.region = "310000".parse().unwrap();
        assert_eq!(judged(&facts), Truth::Holds);
        facts.store.region = "440700".parse().unwrap();
        facts.lines[0].offered.code = None;
        assert_eq!(judged(&facts), Truth::Holds);
    }
}
