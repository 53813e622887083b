//! Electronic prescriptions: where nothing else counts, where they must come from, how soon they serve again.
//!
//! In scope: what a region asks for where its tills fetch them, and the interval that the centre tells. Out
//! of scope: where they are not fetched, the number is scanned off the print and looked at by other rules.

use jiff::civil::Date;
use pharmacy_protocol::term::RegionCode;

use crate::fact::Fact;
use crate::facts::PrescriptionForm;
use crate::pack::PrescriptionTerms;
use crate::rule::prescription::where_needed;
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};

/// A prescription drug rests on an electronic prescription, where the region asks for that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ElectronicOnly {}

/// The institution of an electronic prescription lies in the store's pooling area, where the region asks
/// for that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SameArea {}

/// A prescription that may be filled again waits as long as it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefillInterval {}

/// What the region asks of prescriptions at a till that fetches them; none at another.
fn terms(scene: &Scene<'_>) -> Option<PrescriptionTerms> {
    let store = &scene.facts.store;
    let terms = || {
        let today: Date = scene.facts.today;
        scene.knowledge.prescription_terms(&store.region, today)
    };
    store.fetches.then(terms)
}

impl ElectronicOnly {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let is_asked = terms(scene).is_some_and(|terms| terms.is_electronic_only);
        where_needed(line, |prescription| match prescription.form {
            PrescriptionForm::Paper if is_asked => {
                Truth::broken(Word::PrescriptionPaper, Word::PrescriptionElectronic)
            }
            PrescriptionForm::Electronic | PrescriptionForm::Paper => Truth::Holds,
        })
    }
}

impl SameArea {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let digits = terms(scene).map_or(0, |terms| terms.area_digits);
        let store = &scene.facts.store.region;
        where_needed(line, |prescription| match &prescription.area {
            _ if digits == 0 || prescription.form == PrescriptionForm::Paper => Truth::Holds,
            Fact::Known(area) if begins(area, digits) == begins(store, digits) => Truth::Holds,
            Fact::Known(_) => Truth::broken(Word::AreaOther, Word::AreaOwn),
            Fact::Missing(_) => Truth::Undetermined(Missing::Institution),
        })
    }
}

fn begins(region: &RegionCode, digits: usize) -> Option<&str> {
    region.as_str().get(..digits)
}

impl RefillInterval {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let today = scene.facts.today;
        where_needed(line, |prescription| match prescription.again_on {
            Some(day) if day > today => Truth::broken(Seen::Date(day), Seen::Date(today)),
            Some(_) | None => Truth::Holds,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;
    use crate::facts::{Dispensing, Facts};
    use crate::pack::with_for_test;
    use crate::rule::testing::{article, facts, on_line, on_line_with, prescribed};

    /// A prescription drug on a prescription of this form, at a till that fetches or does not.
    fn sale(form: PrescriptionForm, fetches: bool) -> Facts {
        let mut facts = facts();
        article(&mut facts).dispensing = Fact::Known(Dispensing::Prescription);
        let mut prescription = prescribed("测试药片", 1);
        prescription.form = form;
        prescription.area = Fact::Known("440702".parse().unwrap());
        facts.prescriptions = vec![prescription];
        facts.store.fetches = fetches;
        facts
    }

    fn asking(item: &str, value: u32) -> crate::pack::Pack {
        with_for_test("prescriptions.csv", |text| {
            format!("{text}44,,,{item},{value},测试\n")
        })
    }

    // R14: some regions take only the electronic kind; a till that fetches none cannot meet that.
    #[test]
    fn paper_counts_but_where_the_region_asks_for_electronic_ones_and_the_till_fetches_them() {
        use PrescriptionForm::{Electronic, Paper};
        let asking = asking("统筹仅限电子处方", 1);
        let judged = |form, fetches| {
            on_line_with(&asking, &sale(form, fetches), |scene, line| {
                ElectronicOnly {}.judge(scene, line)
            })
        };
        let broken = Truth::broken(Word::PrescriptionPaper, Word::PrescriptionElectronic);
        assert_eq!(judged(Paper, true), broken);
        assert_eq!(judged(Paper, false), Truth::Holds);
        assert_eq!(judged(Electronic, true), Truth::Holds);
        let shipped = on_line(&sale(Paper, true), |scene, line| {
            ElectronicOnly {}.judge(scene, line)
        });
        assert_eq!(shipped, Truth::Holds, "no region asks for it as shipped");
    }

    // R14, R16: the store lies in 4407.
    #[test]
    fn an_electronic_prescription_comes_from_the_same_pooling_area_where_the_region_asks() {
        let judged = |digits, area: Option<&str>, fetches| {
            let mut facts = sale(PrescriptionForm::Electronic, fetches);
            let area = area.map(|area| area.parse().unwrap());
            facts.prescriptions[0].area = Fact::from_option(area);
            let asking = asking("电子处方统筹区位数", digits);
            on_line_with(&asking, &facts, |scene, line| {
                SameArea {}.judge(scene, line)
            })
        };
        let broken = Truth::broken(Word::AreaOther, Word::AreaOwn);
        let unknown = Truth::Undetermined(Missing::Institution);
        for (digits, area, fetches, expected) in [
            (4, Some("440702"), true, Truth::Holds),
            (4, Some("440305"), true, broken.clone()),
            (4, Some("440305"), false, Truth::Holds),
            (2, Some("440305"), true, Truth::Holds),
            (2, Some("450305"), true, broken),
            (0, Some("450305"), true, Truth::Holds),
            (4, None, true, unknown),
            (0, None, true, Truth::Holds),
        ] {
            assert_eq!(judged(digits, area, fetches), expected, "{digits} {area:?}");
        }
        let mut paper = sale(PrescriptionForm::Paper, true);
        paper.prescriptions[0].area = Fact::Known("450305".parse().unwrap());
        let asking = asking("电子处方统筹区位数", 4);
        let paper = on_line_with(&asking, &paper, |s, line| SameArea {}.judge(s, line));
        assert_eq!(paper, Truth::Holds);
    }

    // R17: the day on which the interval ends is one on which it serves.
    #[test]
    fn a_refill_waits_for_its_interval() {
        let mut facts = sale(PrescriptionForm::Electronic, true);
        let today = facts.today;
        let judged = |facts: &Facts| on_line(facts, |s, line| RefillInterval {}.judge(s, line));
        assert_eq!(judged(&facts), Truth::Holds);
        facts.prescriptions[0].again_on = Some(today);
        assert_eq!(judged(&facts), Truth::Holds);
        let tomorrow = today.checked_add(1.day()).unwrap();
        facts.prescriptions[0].again_on = Some(tomorrow);
        let broken = Truth::broken(Seen::Date(tomorrow), Seen::Date(today));
        assert_eq!(judged(&facts), broken);
    }
}
