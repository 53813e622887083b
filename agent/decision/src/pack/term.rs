//! How long prescriptions are good, and what a review takes, by region.
//!
//! In scope: what the pack's table says for a region and day. Out of scope: which prescription is a long
//! one and when its last day is over (the desk), what follows from it (`rule::prescription`).

use jiff::civil::Date;
use pharmacy_protocol::term::RegionCode;

use crate::pack::error::PackError;
use crate::pack::file;
use crate::pack::scope::Regional;
use crate::pack::source::PackSource;
use crate::pack::table::{FROM, REGION, Row, Table, UNTIL};

/// What one row is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Item {
    AreaDigits,
    Days,
    DaysAtMost,
    ElectronicOnly,
    OrdinarySupply,
    ReviewSeconds,
}

const ITEMS: [(&str, Item); 6] = [
    ("未写明有效天数", Item::Days),
    ("普通处方最长有效天数", Item::DaysAtMost),
    ("普通处方最长用药天数", Item::OrdinarySupply),
    ("审方最短秒数", Item::ReviewSeconds),
    ("统筹仅限电子处方", Item::ElectronicOnly),
    ("电子处方统筹区位数", Item::AreaDigits),
];

const COLUMNS: &[&str] = &[REGION, FROM, UNTIL, "项目", "值", "依据"];

/// The table of prescriptions.
#[derive(Clone, Debug)]
pub(crate) struct Terms(Regional<(Item, u32)>);

/// What holds for prescriptions in a region on a day; none where the pack does not say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PrescriptionTerms {
    /// Days for which one is good that names no last day, the day of issue included.
    pub days: Option<u32>,
    /// Most days for which an ordinary one is good, whatever it says.
    pub days_at_most: Option<u32>,
    /// Most days of supply of an ordinary one; one that lasts longer is a long one.
    pub ordinary_supply: Option<u32>,
    /// A review that is signed sooner after its opening is one that nobody did.
    pub review_seconds: Option<u32>,
    /// Does pooled money pay on electronic ones only, where tills fetch them?
    pub is_electronic_only: bool,
    /// In how many digits of its area an electronic one's institution must agree with the store; 0 if it may
    /// lie anywhere.
    pub area_digits: usize,
}

impl Terms {
    pub(crate) fn compile(source: &PackSource) -> Result<Self, PackError> {
        let table = Table::read(source, file::PRESCRIPTIONS, COLUMNS)?;
        let read = |row: Row<'_>| {
            row.text("依据")?;
            let item = row.word("项目", "an item of the table", &ITEMS)?;
            let value = row.parse("值", "a number from 0 to 366", |text| {
                text.parse().ok().filter(|value| *value <= MOST)
            })?;
            Ok((row.scope()?, (item, value)))
        };
        Ok(Self(table.regional(read)?))
    }

    pub(crate) fn of(&self, region: &RegionCode, day: Date) -> PrescriptionTerms {
        // Two rows of one region that disagree: the harder one counts, and less is harder.
        let least = |item| {
            let rows = self.0.in_force(region, day, |(is, _)| *is == item);
            rows.into_iter().map(|(_, value)| *value).min()
        };
        // What asks for more is harder here.
        let most = |item| {
            let rows = self.0.in_force(region, day, |(is, _)| *is == item);
            rows.into_iter().map(|(_, value)| *value).max().unwrap_or(0)
        };
        PrescriptionTerms {
            is_electronic_only: most(Item::ElectronicOnly) > 0,
            area_digits: usize::try_from(most(Item::AreaDigits)).unwrap_or(0).min(6),
            days: least(Item::Days),
            days_at_most: least(Item::DaysAtMost),
            ordinary_supply: least(Item::OrdinarySupply),
            review_seconds: least(Item::ReviewSeconds),
        }
    }
}

/// A prescription is good for a year at most, and no review takes longer than that.
const MOST: u32 = 366;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use crate::pack::with_for_test;
    use crate::rule::testing::pack;

    #[test]
    fn the_closest_region_says_how_long_prescriptions_are_good() {
        let day = date(2026, 11, 22);
        let here = "440700".parse().unwrap();
        let shipped = pack().prescription_terms(&here, day);
        assert_eq!((shipped.days, shipped.days_at_most), (Some(1), Some(3)));
        assert_eq!(shipped.ordinary_supply, Some(7));
        assert_eq!(shipped.review_seconds, Some(5));
        let regional = with_for_test("prescriptions.csv", |text| {
            format!("{text}44,,,未写明有效天数,3,测试\n4401,,,审方最短秒数,0,测试\n")
        });
        let terms = regional.prescription_terms(&here, day);
        assert_eq!((terms.days, terms.review_seconds), (Some(3), Some(5)));
    }
}
