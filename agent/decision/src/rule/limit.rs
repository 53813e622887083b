//! Limits: the payment limits of the national audit rules, by insurance code.
//!
//! In scope: one line's code against the national table, judged against the *patient*. Out of
//! scope: whether the fund that pays is bound by them (the pack's outcome per fund).

use crate::day::years_between;
use crate::fact::Fact;
use crate::facts::CareSetting;
use crate::pack::Limit;
use crate::rule::supply::Course;
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};

/// 限定性别: paid for one sex.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LimitedSex {}

/// 限定年龄（儿童）: paid for children.
///
/// LAW: the national rule says 儿童 and gives no age. Sources differ: under 14
/// (全国年节及纪念日放假办法 art. 3 (3) counts children so), under 18 (未成年人保护法). Under the
/// first age the patient surely is a child, from the second surely not; between the two it is a
/// question, not a refusal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LimitedChild {
    pub surely_under: u32,
    pub surely_from: u32,
}

/// 限定就医方式（住院）: paid in hospital; the prescribing institution's setting counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LimitedInpatient {}

/// 限定机构等级: prescribed by a hospital of this level or above, wherever it is dispensed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LimitedLevel {}

/// 限定支付疗程: paid for so many days of one course; a pause of more than `gap_days` ends it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LimitedCourse {
    pub gap_days: u32,
}

/// 限定保险类型: paid by one kind of insurance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LimitedInsurance {}

impl LimitedSex {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let limit = line.limits.iter().find_map(|limit| match limit {
            Limit::Sex(sex) => Word::of_sex(*sex),
            _ => None,
        });
        let Some(allowed) = limit else {
            return Truth::Holds;
        };
        // INVARIANT: the patient's sex, never the holder's or the buyer's.
        let patient = scene.facts.patient().sex.known();
        match patient.and_then(|sex| Word::of_sex(*sex)) {
            Some(found) if found == allowed => Truth::Holds,
            Some(found) => Truth::broken(found, allowed),
            None => Truth::Undetermined(Missing::PatientSex),
        }
    }
}

impl LimitedChild {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if !line.limits.contains(&Limit::Child) {
            return Truth::Holds;
        }
        let birth = scene.facts.patient().birth.known();
        match birth.and_then(|birth| years_between(*birth, scene.facts.today)) {
            Some(years) if years < self.surely_under => Truth::Holds,
            Some(years) if years >= self.surely_from => {
                Truth::broken(Seen::Years(years), Word::Child)
            }
            Some(_) | None => Truth::Undetermined(Missing::PatientAge),
        }
    }
}

impl LimitedInpatient {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if !line.limits.contains(&Limit::Inpatient) {
            return Truth::Holds;
        }
        let cover = line.prescribed();
        match cover.map(|cover| &cover.prescription.setting) {
            Some(Fact::Known(CareSetting::Inpatient)) => Truth::Holds,
            Some(Fact::Known(CareSetting::Outpatient)) => {
                Truth::broken(Word::SettingOutpatient, Word::SettingInpatient)
            }
            Some(Fact::Missing(_)) | None => Truth::Undetermined(Missing::Setting),
        }
    }
}

impl LimitedLevel {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let limit = line.limits.iter().find_map(|limit| match limit {
            Limit::Level(level) => Some(*level),
            _ => None,
        });
        let Some(least) = limit else {
            return Truth::Holds;
        };
        let cover = line.prescribed();
        // LAW: the catalogue notes read 限二级及以上医疗机构: the level named is the least.
        match cover.map(|cover| &cover.prescription.level) {
            Some(Fact::Known(level)) if *level >= least => Truth::Holds,
            Some(Fact::Known(level)) => Truth::broken(*level, least),
            Some(Fact::Missing(_)) | None => Truth::Undetermined(Missing::HospitalLevel),
        }
    }
}

impl LimitedCourse {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let limit = line.limits.iter().find_map(|limit| match limit {
            Limit::Course(days) => Some(*days),
            _ => None,
        });
        let Some(allowed) = limit else {
            return Truth::Holds;
        };
        let Some(now) = days_of_basket(scene, line) else {
            return Truth::Undetermined(Missing::SupplyDays);
        };
        if now > allowed {
            return Truth::broken(Seen::Days(now), Seen::Days(allowed));
        }
        let history = scene.facts.history.known();
        let course = history.and_then(|all| Course::of(scene, line, all, self.gap_days));
        let Some(course) = course else {
            return Truth::Undetermined(Missing::History);
        };
        let total = course.days_in_run.saturating_add(now);
        if total > allowed {
            Truth::broken(Seen::Days(total), Seen::Days(allowed))
        } else if course.has_unknown_days {
            Truth::Undetermined(Missing::History)
        } else {
            Truth::Holds
        }
    }
}

/// Days that this line and the lines of the same medicine before it supply.
fn days_of_basket(scene: &Scene<'_>, line: &LineView<'_>) -> Option<u32> {
    let same =
        |other: &&LineView<'_>| other.code == line.code && other.line.number <= line.line.number;
    scene
        .lines
        .iter()
        .filter(same)
        .try_fold(0_u32, |sum, other| {
            Some(sum.saturating_add(*other.line.days.known()?))
        })
}

impl LimitedInsurance {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let limit = line.limits.iter().find_map(|limit| match limit {
            Limit::Insurance(insurance) => Some(*insurance),
            _ => None,
        });
        let Some(allowed) = limit else {
            return Truth::Holds;
        };
        match scene.facts.insurance {
            Fact::Known(insurance) if insurance == allowed => Truth::Holds,
            Fact::Known(insurance) => Truth::broken(insurance, allowed),
            Fact::Missing(_) => Truth::Undetermined(Missing::InsuranceType),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use pharmacy_protocol::person::Sex;
    use pharmacy_protocol::term::Quantity;

    use super::*;
    use crate::facts::{HospitalLevel, Insurance, Patient, Person, Relation, Supply};
    use crate::rule::testing::{coded, on_line, prescribed};
    use crate::{Facts, Why};

    fn code_with(limit: Limit) -> String {
        let pack = crate::rule::testing::pack();
        let code = pack
            .limited_codes()
            .find(|code| pack.limits(code) == [limit]);
        code.expect("the national table has such a code")
            .to_string()
    }

    #[test]
    fn a_wife_s_medicine_is_judged_by_the_wife() {
        let code = code_with(Limit::Sex(Sex::Female));
        let mut facts = coded(&code);
        facts.people.holder.sex = Fact::Known(Sex::Male);
        let judged = |facts: &Facts| on_line(facts, |scene, line| LimitedSex {}.judge(scene, line));
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::SexMale, Word::SexFemale)
        );
        facts.people.patient = Patient::Family {
            relation: Relation::Spouse,
            person: Person {
                sex: Fact::Known(Sex::Female),
                ..Person::default()
            },
        };
        assert_eq!(judged(&facts), Truth::Holds);
        facts.people.patient = Patient::Family {
            relation: Relation::Spouse,
            person: Person::default(),
        };
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::PatientSex));
    }

    #[test]
    fn between_the_two_readings_of_child_lies_a_question() {
        let mut facts = coded(&code_with(Limit::Child));
        let rule = LimitedChild {
            surely_under: 14,
            surely_from: 18,
        };
        for (year, expected) in [
            (2013, Truth::Holds),
            (2011, Truth::Undetermined(Missing::PatientAge)),
            (2008, Truth::broken(Seen::Years(18), Word::Child)),
            (2027, Truth::Undetermined(Missing::PatientAge)),
        ] {
            facts.people.holder.birth = Fact::Known(date(year, 1, 1));
            let truth = on_line(&facts, |scene, line| rule.judge(scene, line));
            assert_eq!(truth, expected, "{year}");
        }
    }

    #[test]
    fn the_prescribing_hospital_decides_level_and_setting() {
        let mut facts = coded(&code_with(Limit::Level(HospitalLevel::Second)));
        let level = |facts: &Facts| on_line(facts, |s, line| LimitedLevel {}.judge(s, line));
        assert_eq!(level(&facts), Truth::Undetermined(Missing::HospitalLevel));
        facts.prescriptions.push(prescribed("测试药片", 1));
        facts.prescriptions[0].level = Fact::Known(HospitalLevel::Third);
        assert_eq!(level(&facts), Truth::Holds);
        facts.prescriptions[0].level = Fact::Known(HospitalLevel::First);
        assert_eq!(
            level(&facts),
            Truth::broken(Word::LevelFirst, Word::LevelSecond)
        );

        let mut facts = coded(&code_with(Limit::Inpatient));
        let setting = |facts: &Facts| on_line(facts, |s, line| LimitedInpatient {}.judge(s, line));
        assert_eq!(setting(&facts), Truth::Undetermined(Missing::Setting));
        facts.prescriptions.push(prescribed("测试药片", 1));
        facts.prescriptions[0].setting = Fact::Known(CareSetting::Outpatient);
        let outside = Truth::broken(Word::SettingOutpatient, Word::SettingInpatient);
        assert_eq!(setting(&facts), outside);
    }

    #[test]
    fn a_course_counts_contiguous_supplies_and_starts_again_after_a_pause() {
        let mut facts = coded(&code_with(Limit::Course(14)));
        facts.today = date(2026, 3, 8);
        facts.lines[0].days = Fact::Known(7);
        let judged = |facts: &Facts| {
            on_line(facts, |scene, line| {
                LimitedCourse { gap_days: 0 }.judge(scene, line)
            })
        };
        facts.history = Fact::Missing(Why::NotAsked);
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::History));

        let earlier = |on, days| Supply {
            code: facts.lines[0].offered.code.clone(),
            sku: None,
            on,
            quantity: Quantity::whole(1),
            days: Fact::Known(days),
        };
        let (contiguous, paused) = (earlier(date(2026, 3, 1), 7), earlier(date(2026, 2, 1), 14));
        facts.history = Fact::Known(vec![contiguous.clone(), paused]);
        assert_eq!(judged(&facts), Truth::Holds);
        facts.history = Fact::Known(vec![contiguous, earlier(date(2026, 2, 22), 7)]);
        assert_eq!(
            judged(&facts),
            Truth::broken(Seen::Days(21), Seen::Days(14))
        );
    }

    #[test]
    fn one_basket_is_one_course() {
        let mut facts = coded(&code_with(Limit::Course(14)));
        facts.lines[0].days = Fact::Known(15);
        facts.history = Fact::Missing(Why::NotAsked);
        let truth = on_line(&facts, |s, line| {
            LimitedCourse { gap_days: 0 }.judge(s, line)
        });
        assert_eq!(truth, Truth::broken(Seen::Days(15), Seen::Days(14)));
    }

    #[test]
    fn work_injury_goods_are_paid_by_work_injury_insurance() {
        let mut facts = coded(&code_with(Limit::Insurance(Insurance::WorkInjury)));
        for (insurance, expected) in [
            (Fact::Known(Insurance::WorkInjury), Truth::Holds),
            (
                Fact::Known(Insurance::Employee),
                Truth::broken(Word::InsuranceEmployee, Word::InsuranceWorkInjury),
            ),
            (
                Fact::Missing(Why::NotKnown),
                Truth::Undetermined(Missing::InsuranceType),
            ),
        ] {
            facts.insurance = insurance;
            let truth = on_line(&facts, |s, line| LimitedInsurance {}.judge(s, line));
            assert_eq!(truth, expected);
        }
    }
}
