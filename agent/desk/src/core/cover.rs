//! Releases that a sale holds, and whether they are still good: what was signed for is all they cover.
//!
//! ```text
//! signed for    article × quantity at a price, persons, head
//! still good    the same or less of it, whatever its line number, message id and order
//! ```
//! In scope: comparing. Out of scope: who may release (`counter::remedy`), how often (the pack).

use pharmacy_decision::facts::{Bill, Buyer, Patient, Person, Released};
use pharmacy_decision::record::release::{Covered, CoveredGoods};
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{Fen, Quantity};

use super::basket::BasketLine;
use super::sale::Sale;

/// What a release of a sale, or of one of its lines, is signed for.
pub fn covered(sale: &Sale, line: Option<u32>) -> Covered {
    let lines = sale.basket.lines().iter();
    let concerned = lines.filter(|held| line.is_none_or(|line| held.number == line));
    let persons = Persons::of(sale);
    Covered {
        goods: concerned.map(goods).collect(),
        holder: persons.holder.cloned(),
        patient: persons.patient.cloned(),
        buyer: persons.buyer.cloned(),
        bill: bill_of(sale).filter(|_| line.is_none()),
    }
}

/// The releases that are good for a sale as it stands, each under the line that bears its goods now.
pub fn standing(sale: &Sale) -> Vec<Released> {
    let mut good: Vec<Released> = Vec::new();
    for held in &sale.releases {
        let line = match (&held.covers, held.line) {
            (None, line) => Some(line),
            (Some(covers), _) if !is_for_persons(covers, sale) => None,
            (Some(covers), None) => is_for_all(covers, sale).then_some(None),
            (Some(covers), Some(_)) => {
                let is_taken = |number: u32| {
                    let mut good = good.iter();
                    good.any(|known| known.rule == held.rule && known.line == Some(number))
                };
                line_of(covers, sale, is_taken).map(Some)
            }
        };
        good.extend(line.map(|line| Released {
            rule: held.rule.clone(),
            line,
            by: held.by.clone(),
        }));
    }
    good
}

/// Who is who, as far as it is known.
#[derive(Eq, PartialEq)]
struct Persons<'s> {
    holder: Option<&'s PersonRef>,
    patient: Option<&'s PersonRef>,
    buyer: Option<&'s PersonRef>,
}

impl<'s> Persons<'s> {
    fn of(sale: &'s Sale) -> Self {
        let roles = &sale.roles;
        let known = |person: &'s Person| person.reference.known();
        Self {
            holder: known(&roles.holder),
            patient: known(match &roles.patient {
                Patient::Family { person, .. } => person,
                Patient::Holder => &roles.holder,
            }),
            buyer: match &roles.buyer {
                Buyer::Proxy { person, .. } => known(person),
                Buyer::Holder => known(&roles.holder),
                Buyer::Institution { .. } => None,
            },
        }
    }
}

fn is_for_persons(covers: &Covered, sale: &Sale) -> bool {
    let signed = Persons {
        holder: covers.holder.as_ref(),
        patient: covers.patient.as_ref(),
        buyer: covers.buyer.as_ref(),
    };
    signed == Persons::of(sale)
}

fn bill_of(sale: &Sale) -> Option<Bill> {
    sale.relay.as_ref().and_then(|relay| relay.bill)
}

/// By what an article is the same one: the till's word, else what the catalogue says of it.
fn goods(line: &BasketLine) -> CoveredGoods {
    let known = line.known.as_ref();
    let sku = line.offered.sku.clone();
    let sku = sku.or_else(|| known.and_then(|known| known.sku.clone()));
    let code = line.offered.code.clone();
    let code = code.or_else(|| known.and_then(|known| known.code.clone()));
    let name = line.offered.name.clone();
    let name = name.filter(|_| sku.is_none() && code.is_none());
    CoveredGoods {
        sku,
        code,
        name,
        quantity: line.quantity,
        price: line.price,
        amount: line.amount,
    }
}

/// The same article at the same price?
fn is_same(a: &CoveredGoods, b: &CoveredGoods) -> bool {
    (&a.sku, &a.code, &a.name, a.price) == (&b.sku, &b.code, &b.name, b.price)
}

/// The line that bears what a release of one line was signed for, or less of it.
fn line_of(covers: &Covered, sale: &Sale, is_taken: impl Fn(u32) -> bool) -> Option<u32> {
    let [signed] = covers.goods.as_slice() else {
        return None;
    };
    let fits = |line: &&BasketLine| {
        let now = goods(line);
        is_same(signed, &now) && now.quantity <= signed.quantity && now.amount <= signed.amount
    };
    let lines = sale.basket.lines().iter();
    let free = lines.filter(|line| fits(line) && !is_taken(line.number));
    // Of two lines of the article the one that is most like what was signed; of equal ones the first.
    let found = free.rev().max_by_key(|line| (line.quantity, line.amount));
    found.map(|line| line.number)
}

/// Is the whole basket what was signed for, or less of it, however it is divided into lines?
fn is_for_all(covers: &Covered, sale: &Sale) -> bool {
    let now: Vec<CoveredGoods> = sale.basket.lines().iter().map(goods).collect();
    let is_within = |one: &CoveredGoods| {
        let (signed, told) = (sums(&covers.goods, one), sums(&now, one));
        signed.zip(told).is_some_and(|(signed, told)| {
            let is_signed = covers.goods.iter().any(|goods| is_same(goods, one));
            is_signed && told.0 <= signed.0 && told.1 <= signed.1
        })
    };
    now.iter().all(is_within) && is_within_bill(covers.bill, bill_of(sale))
}

/// What comes to an article at a price; none out of range.
fn sums(goods: &[CoveredGoods], of: &CoveredGoods) -> Option<(Quantity, Fen)> {
    let same = goods.iter().filter(|goods| is_same(goods, of));
    same.into_iter().try_fold(
        (Quantity::default(), Fen::ZERO),
        |(quantity, amount), goods| {
            let quantity = quantity.checked_add(goods.quantity)?;
            Some((quantity, amount.checked_add(goods.amount)?))
        },
    )
}

/// Does the head ask no more than the one that was signed for? A till may name tenders only once the
/// calculation told them.
fn is_within_bill(signed: Option<Bill>, now: Option<Bill>) -> bool {
    let Some((signed, now)) = signed.zip(now) else {
        return true;
    };
    let is_total = match (signed.total, now.total) {
        (Some(signed), Some(now)) => now <= signed,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    is_total && (signed.tenders.is_none() || signed.tenders == now.tenders)
}

#[cfg(test)]
mod tests {
    use pharmacy_decision::Fact;
    use pharmacy_decision::facts::Offered;

    use super::*;
    use crate::core::basket::Basket;
    use crate::core::release::HeldRelease;
    use crate::core::sale::Relay;

    fn line(number: u32, sku: &str, quantity: u32, price: &str) -> BasketLine {
        let price: pharmacy_protocol::term::UnitPrice = price.parse().unwrap();
        let quantity = Quantity::whole(quantity);
        let offered = Offered {
            sku: Some(sku.parse().unwrap()),
            ..Offered::default()
        };
        let amount = price.amount(quantity).unwrap();
        BasketLine::new(number, offered, (quantity, price, amount))
    }

    fn sale(lines: &[BasketLine]) -> Sale {
        let log = "0123456789abcdef".parse().unwrap();
        let mut sale = Sale::open(&log, ("01".parse().unwrap(), "till".into()), 0);
        sale.basket = Basket::relayed(lines.to_vec()).unwrap();
        sale.roles.holder.reference = Fact::Known(person('a'));
        sale.relay = Some(Relay::default());
        sale
    }

    fn person(letter: char) -> PersonRef {
        PersonRef::try_from(letter.to_string().repeat(32)).unwrap()
    }

    /// Releases the rule for a line or the sale.
    fn release(sale: &mut Sale, line: Option<u32>) {
        let covers = Some(covered(sale, line));
        sale.releases.push(HeldRelease {
            rule: "trace.missing".to_owned(),
            line,
            by: "S01".parse().unwrap(),
            covers,
        });
    }

    /// The lines for which the releases stand once the basket is another one.
    fn standing_over(sale: &Sale, lines: &[BasketLine]) -> Vec<Option<u32>> {
        let mut sale = sale.clone();
        sale.basket = Basket::relayed(lines.to_vec()).unwrap();
        standing(&sale).into_iter().map(|good| good.line).collect()
    }

    // R07
    #[test]
    fn a_line_s_release_follows_its_goods_and_no_others() {
        let mut one = sale(&[line(1, "A", 2, "10"), line(2, "B", 1, "5")]);
        release(&mut one, Some(1));
        for (lines, expected, why) in [
            (vec![line(1, "A", 2, "10")], vec![Some(1)], "the same"),
            (vec![line(1, "A", 1, "10")], vec![Some(1)], "less of it"),
            (
                vec![line(1, "B", 1, "5"), line(2, "A", 2, "10")],
                vec![Some(2)],
                "in another order",
            ),
            (
                vec![line(1, "A", 2, "10"), line(2, "C", 9, "90")],
                vec![Some(1)],
                "with another article beside it",
            ),
            (vec![line(1, "A", 3, "10")], vec![], "more of it"),
            (vec![line(1, "A", 2, "10.01")], vec![], "dearer"),
            (vec![line(1, "A", 2, "9")], vec![], "at another price"),
            (vec![line(1, "C", 2, "10")], vec![], "another article"),
            (
                vec![line(1, "A", 2, "10"), line(2, "A", 2, "10")],
                vec![Some(1)],
                "one line, not two of them",
            ),
            (
                vec![line(1, "A", 1, "10"), line(2, "A", 2, "10")],
                vec![Some(2)],
                "the line that is most like it",
            ),
        ] {
            assert_eq!(standing_over(&one, &lines), expected, "{why}");
        }
        let mut padded = line(1, "A", 2, "10");
        padded.amount = Fen::new(9_900);
        assert!(standing_over(&one, &[padded]).is_empty());
    }

    // R07
    #[test]
    fn a_sale_s_release_covers_its_basket_or_less() {
        let mut all = sale(&[line(1, "A", 2, "10"), line(2, "B", 1, "5")]);
        release(&mut all, None);
        let good = vec![None];
        for lines in [
            vec![line(1, "B", 1, "5"), line(2, "A", 2, "10")],
            vec![line(1, "A", 1, "10"), line(2, "A", 1, "10")],
            vec![line(1, "B", 1, "5")],
        ] {
            assert_eq!(standing_over(&all, &lines), good);
        }
        for lines in [
            vec![line(1, "A", 3, "10")],
            vec![line(1, "A", 2, "10"), line(2, "A", 1, "10")],
            vec![line(1, "A", 2, "10"), line(2, "C", 1, "5")],
            vec![line(1, "A", 2, "10"), line(2, "B", 1, "6")],
        ] {
            assert!(standing_over(&all, &lines).is_empty());
        }
    }

    #[test]
    fn another_person_or_a_larger_head_needs_a_release_of_its_own() {
        let mut one = sale(&[line(1, "A", 2, "10")]);
        let bill = |total, tenders: Option<i64>| Bill {
            total: Some(Fen::new(total)),
            tenders: tenders.map(Fen::new),
        };
        let head = |sale: &mut Sale, bill| {
            sale.relay = Some(Relay {
                bill: Some(bill),
                ..Relay::default()
            });
        };
        head(&mut one, bill(2_100, None));
        release(&mut one, Some(1));
        release(&mut one, None);
        assert_eq!(standing(&one).len(), 2);
        for (bill, count) in [
            (bill(2_100, Some(2_100)), 2),
            (bill(2_000, None), 2),
            (bill(2_101, None), 1),
        ] {
            head(&mut one, bill);
            assert_eq!(standing(&one).len(), count, "{bill:?}");
        }
        head(&mut one, bill(2_100, None));
        let mut other = one.clone();
        other.roles.holder.reference = Fact::Known(person('b'));
        assert!(standing(&other).is_empty());
        let mut proxy = one.clone();
        proxy.roles.buyer = Buyer::Proxy {
            person: Person {
                reference: Fact::Known(person('b')),
                ..Person::default()
            },
            holder_document: Fact::default(),
            proxy_document: Fact::default(),
            reason: Fact::default(),
        };
        assert!(standing(&proxy).is_empty());
        let mut relative = one;
        relative.roles.patient = Patient::Family {
            relation: pharmacy_decision::facts::Relation::Child,
            person: Person::default(),
        };
        assert!(standing(&relative).is_empty());
    }

    #[test]
    fn releases_kept_before_they_said_what_for_read_as_they_did() {
        let old = r#"{"rule":"presence.none","line":null,"by":"S01"}"#;
        let held: HeldRelease = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&held).unwrap(), old);
        let mut one = sale(&[line(1, "A", 2, "10")]);
        one.releases.push(held);
        assert_eq!(standing_over(&one, &[line(1, "C", 9, "90")]), [None]);
    }
}
