//! What of the register calls for somebody, and how many days there are left.
//!
//! In scope: every fact of the store's standing as one line, with its last day, its lead time and its
//! deadline (R30, R31, R32, R33, R65). Out of scope: whether a settlement is refused for it (rules).
//!
//! Days are Chinese working days throughout (R33), so that two lines can be compared. The lead times
//! are the store's to set; only that a change is filed within 30 working days is law here.

use jiff::ToSpan;
use jiff::civil::Date;
use pharmacy_decision::facts::{Agreement, Premises};

use super::{FILING_DAYS, Filed, ImportantFact, Permit, Position, Posting, Register};
use crate::core::staff::{Duty, Member};
use pharmacy_base::calendar::Calendar;

/// Months before an agreement ends in which its renewal is applied for.
///
/// From 零售药店医疗保障定点管理暂行办法 as remembered, not read (待核实): a reminder, never a rule.
pub const RENEWAL_MONTHS: u8 = 3;

/// Working days before a drug-trading licence ends.
///
/// 医疗器械经营监督管理办法 (2022) art. 16 opens the time for applying 90 working days ahead; that
/// text is about devices, and serves as a measure here.
pub const LICENCE_DAYS: u16 = 90;

/// Working days before a business licence ends. No text: what a renewal at the counter takes.
pub const BUSINESS_LICENCE_DAYS: u16 = 30;

/// Working days before a contract ends. No text: what finding somebody takes.
pub const CONTRACT_DAYS: u16 = 30;

/// Insurance managers that a store has at least. LAW: 002 annex 3 §5.
pub const INSURANCE_MANAGERS: u32 = 2;

/// Pharmacists that a store has at least. LAW: 002 annex 3 §5.
pub const PHARMACISTS: u32 = 1;

/// How long before a last day somebody is reminded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Leads {
    /// Months before an agreement ends.
    pub agreement_months: u8,
    /// Working days before a drug-trading licence ends.
    pub licence_days: u16,
    /// Working days before a business licence ends.
    pub business_licence_days: u16,
    /// Working days before a contract ends.
    pub contract_days: u16,
}

impl Default for Leads {
    fn default() -> Self {
        Self {
            agreement_months: RENEWAL_MONTHS,
            licence_days: LICENCE_DAYS,
            business_licence_days: BUSINESS_LICENCE_DAYS,
            contract_days: CONTRACT_DAYS,
        }
    }
}

/// How pressing something is, the most pressing first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Urgency {
    /// Over, or against what must be: the board shows it as well.
    Over,
    Due,
    /// Nobody said what it is.
    Unknown,
    /// As it should be.
    Fine,
}

/// One fact of the standing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What it is: a key of the text catalogue.
    pub what: &'static str,
    /// Value or last day; empty when nobody said.
    pub value: String,
    /// Working days left, negative when over.
    pub days_left: Option<i64>,
    /// How pressing it is.
    pub urgency: Urgency,
    /// Is the calendar of a year on the way not known?
    pub is_uncertain: bool,
}

impl Line {
    fn plain(what: &'static str, value: Option<String>) -> Self {
        let urgency = match value {
            Some(_) => Urgency::Fine,
            None => Urgency::Unknown,
        };
        Self {
            what,
            value: value.unwrap_or_default(),
            days_left: None,
            urgency,
            is_uncertain: false,
        }
    }

    fn over(what: &'static str, value: String) -> Self {
        Self {
            urgency: Urgency::Over,
            ..Self::plain(what, Some(value))
        }
    }
}

/// The keys under which a fact with a last day is shown: far off, near, and over.
struct Keys {
    fine: &'static str,
    due: &'static str,
    over: &'static str,
}

/// What there is to look at.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    pub register: &'a Register,
    pub position: &'a Position,
    pub members: &'a [Member],
    pub calendar: &'a Calendar,
    pub leads: Leads,
    pub today: Date,
}

impl Outlook<'_> {
    /// Every fact, the most pressing first.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = vec![
            self.agreement(),
            self.licence(),
            self.business_licence(),
            self.premises(),
            self.insurance_managers(),
            self.pharmacists(),
        ];
        for which in ImportantFact::ALL {
            let fact = self.register.facts.get(which);
            lines.push(Line::plain(
                named(*which),
                fact.map(|fact| fact.value.as_str().to_owned()),
            ));
            lines.extend(fact.and_then(|fact| self.unfiled(*which, fact)));
        }
        lines.extend(self.told_unfiled());
        lines.extend(self.members.iter().filter_map(|it| self.contract(it)));
        for which in Posting::ALL {
            let posted = self.register.postings.get(which);
            lines.push(Line::plain(
                posting(*which),
                posted.map(|posted| posted.on.to_string()),
            ));
        }
        lines.sort_by_key(|line| (line.urgency, line.days_left.unwrap_or(i64::MAX)));
        lines
    }

    /// Working days until the end of a last day, negative when it is over, and whether that is certain.
    fn left(&self, last: Date) -> (i64, bool) {
        let (count, sign) = if last < self.today {
            (self.calendar.working_days(last, self.today), -1)
        } else {
            (self.calendar.working_days(self.today, last), 1)
        };
        // Over since a weekend is over all the same.
        let least = i64::from(last < self.today);
        let days = i64::from(count.days).max(least).saturating_mul(sign);
        (days, count.is_uncertain())
    }

    fn dated(&self, keys: &Keys, number: Option<&str>, last: Date, is_near: bool) -> Line {
        let (days_left, is_uncertain) = self.left(last);
        let (what, urgency) = if last < self.today {
            (keys.over, Urgency::Over)
        } else if is_near {
            (keys.due, Urgency::Due)
        } else {
            (keys.fine, Urgency::Fine)
        };
        Line {
            what,
            value: with_number(number, last),
            days_left: Some(days_left),
            urgency,
            is_uncertain,
        }
    }

    fn agreement(&self) -> Line {
        let number = self.register.agreement(self.today);
        let number = number.map(|agreement| agreement.number.as_str());
        let keys = Keys {
            fine: "standing.agreement",
            due: "standing.agreement-renewal",
            over: "standing.agreement-over",
        };
        let (state, until) = (self.position.agreement, self.position.agreement_until);
        let is_stopped = state.is_some_and(|state| state != Agreement::InForce);
        match until {
            _ if is_stopped => {
                let number = number.unwrap_or_default().to_owned();
                Line::over("standing.agreement-stopped", number)
            }
            Some(until) if state.is_some() => {
                let months = i32::from(self.leads.agreement_months);
                let from = until.checked_sub(months.months()).unwrap_or(Date::MIN);
                let has_next = self.has_next_agreement(until);
                self.dated(&keys, number, until, from <= self.today && !has_next)
            }
            // A last day without a word on the state, or the other way round, is half an answer.
            _ => Line::plain(keys.fine, None),
        }
    }

    /// Does another agreement follow on without a gap?
    fn has_next_agreement(&self, until: Date) -> bool {
        let next = until.tomorrow().unwrap_or(until);
        let mut agreements = self.register.agreements.iter();
        agreements
            .any(|it| it.state == Agreement::InForce && it.from > self.today && it.from <= next)
    }

    fn licence(&self) -> Line {
        let keys = Keys {
            fine: "standing.licence",
            due: "standing.licence-ends",
            over: "standing.licence-over",
        };
        let last = self.position.licence_until;
        self.permit(&keys, Permit::Drug, last, self.leads.licence_days)
    }

    fn business_licence(&self) -> Line {
        let keys = Keys {
            fine: "standing.business-licence",
            due: "standing.business-licence-ends",
            over: "standing.business-licence-over",
        };
        let last = self.position.business_licence_until;
        let lead = self.leads.business_licence_days;
        self.permit(&keys, Permit::Business, last, lead)
    }

    fn permit(&self, keys: &Keys, permit: Permit, last: Option<Date>, lead: u16) -> Line {
        let licence = self.register.licences.get(&permit);
        let number = licence.map(|licence| licence.number.as_str());
        match last {
            Some(Date::MAX) => Line::plain(keys.fine, Some(number.unwrap_or("-").to_owned())),
            Some(last) => {
                let is_near = self.left(last).0 <= i64::from(lead);
                self.dated(keys, number, last, is_near)
            }
            None => Line::plain(keys.fine, None),
        }
    }

    fn premises(&self) -> Line {
        let area = self.register.area.as_ref();
        let approved = area.map(|area| format!("{} m²", area.approved));
        match (self.position.premises, area) {
            (Some(Premises::Changed), Some(area)) => {
                let actual = area.actual.map(|actual| actual.to_string());
                let found = actual.as_deref().unwrap_or("?");
                let value = format!("{} m² → {found} m²", area.approved);
                Line::over("standing.area-differs", value)
            }
            (Some(Premises::Changed), None) => {
                Line::over("standing.area-differs", String::from("-"))
            }
            (Some(Premises::AsApproved), _) => {
                Line::plain("standing.area", Some(approved.unwrap_or("-".to_owned())))
            }
            // Approved and not measured is as good as not said.
            (None, _) => Line::plain("standing.area", None),
        }
    }

    fn insurance_managers(&self) -> Line {
        let found = self.position.insurance_managers;
        match found.filter(|found| *found < INSURANCE_MANAGERS) {
            Some(found) => Line::over(
                "standing.insurance-managers-short",
                format!("{found} / {INSURANCE_MANAGERS}"),
            ),
            None => Line::plain(
                "standing.insurance-managers",
                found.map(|found| found.to_string()),
            ),
        }
    }

    fn pharmacists(&self) -> Line {
        let found = self.position.pharmacists;
        match found.filter(|found| *found < PHARMACISTS) {
            Some(found) => Line::over(
                "standing.pharmacists-short",
                format!("{found} / {PHARMACISTS}"),
            ),
            None => Line::plain("standing.pharmacists", found.map(|found| found.to_string())),
        }
    }

    /// The contract of somebody whom the staffing counts, once it ends soon (R32). Shown by id: the
    /// name stands on the staff's own page.
    fn contract(&self, member: &Member) -> Option<Line> {
        let until = member.contract.until;
        let counts = member.has(Duty::InsuranceManager) || member.has(Duty::Pharmacist);
        let has_left = member.retired.is_some_and(|retired| retired <= self.today);
        if !counts || has_left {
            return None;
        }
        let keys = Keys {
            fine: "standing.contract",
            due: "standing.contract-ends",
            over: "standing.contract-over",
        };
        let is_near = self.left(until).0 <= i64::from(self.leads.contract_days);
        let is_short = !member.contract.is_long_enough();
        let mut line = self.dated(&keys, Some(member.staff.as_str()), until, is_near);
        if is_short && line.urgency == Urgency::Fine {
            line.what = "standing.contract-short";
            line.urgency = Urgency::Due;
        }
        Some(line)
    }

    /// LAW: 002 annex 3 §6: the day of the change is not counted; filed on the last day is in time.
    fn unfiled(&self, which: ImportantFact, fact: &Filed) -> Option<Line> {
        let reached = self.calendar.after(fact.unfiled_since?, FILING_DAYS);
        let (days_left, is_uncertain) = self.left(reached.day);
        Some(Line {
            what: unfiled(which),
            value: reached.day.to_string(),
            days_left: Some(days_left),
            urgency: if days_left < 0 {
                Urgency::Over
            } else {
                Urgency::Due
            },
            is_uncertain: is_uncertain || reached.is_uncertain,
        })
    }

    /// An unfiled change that only the configuration knows of.
    fn told_unfiled(&self) -> Option<Line> {
        let is_registered = |fact: &Filed| fact.unfiled_since.is_some();
        let days = self.position.unfiled_change_days.filter(|days| *days > 0)?;
        if self.register.facts.values().any(is_registered) {
            return None;
        }
        let days_left = i64::from(FILING_DAYS).saturating_sub(i64::from(days));
        Some(Line {
            days_left: Some(days_left),
            urgency: if days_left < 0 {
                Urgency::Over
            } else {
                Urgency::Due
            },
            ..Line::plain("standing.unfiled-change", Some(days.to_string()))
        })
    }
}

fn with_number(number: Option<&str>, last: Date) -> String {
    match number {
        Some(number) => format!("{number} · {last}"),
        None => last.to_string(),
    }
}

fn named(which: ImportantFact) -> &'static str {
    match which {
        ImportantFact::Address => "standing.address",
        ImportantFact::Controller => "standing.controller",
        ImportantFact::LegalRepresentative => "standing.legal-representative",
        ImportantFact::Name => "standing.name",
        ImportantFact::PersonInCharge => "standing.person-in-charge",
        ImportantFact::Scope => "standing.scope",
    }
}

fn unfiled(which: ImportantFact) -> &'static str {
    match which {
        ImportantFact::Address => "standing.unfiled-address",
        ImportantFact::Controller => "standing.unfiled-controller",
        ImportantFact::LegalRepresentative => "standing.unfiled-legal-representative",
        ImportantFact::Name => "standing.unfiled-name",
        ImportantFact::PersonInCharge => "standing.unfiled-person-in-charge",
        ImportantFact::Scope => "standing.unfiled-scope",
    }
}

fn posting(which: Posting) -> &'static str {
    match which {
        Posting::Commitment => "standing.commitment",
        Posting::Hotline => "standing.hotline",
        Posting::Price => "standing.price",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::{Change, Ending, SalesArea, Term, Value};
    use super::*;
    use crate::core::staff::Contract;

    const TODAY: Date = date(2025, 11, 21);

    /// The line of a key that begins so.
    fn line(register: &Register, position: Position, (today, key): (Date, &str)) -> Line {
        let calendar = Calendar::shipped();
        let position = register.position(position, &calendar, today);
        let outlook = Outlook {
            register,
            position: &position,
            members: &[],
            calendar: &calendar,
            leads: Leads::default(),
            today,
        };
        let lines = outlook.lines();
        let urgencies: Vec<_> = lines.iter().map(|line| line.urgency).collect();
        assert!(urgencies.is_sorted(), "the most pressing first");
        let mut found = lines.into_iter().filter(|line| line.what.starts_with(key));
        found.next().unwrap()
    }

    fn agreed(until: Date) -> Position {
        Position {
            agreement: Some(Agreement::InForce),
            agreement_until: Some(until),
            ..Position::default()
        }
    }

    /// R33: three months ahead, on the day, and the day after.
    #[test]
    fn an_agreement_is_renewed_three_months_ahead() {
        let cases = [
            (date(2026, 2, 22), "standing.agreement", Urgency::Fine, 60),
            (
                date(2026, 2, 21),
                "standing.agreement-renewal",
                Urgency::Due,
                60,
            ),
            (TODAY, "standing.agreement-renewal", Urgency::Due, 0),
            (
                date(2025, 11, 20),
                "standing.agreement-over",
                Urgency::Over,
                -1,
            ),
        ];
        for (until, what, urgency, days) in cases {
            let key = (TODAY, "standing.agreement");
            let line = line(&Register::default(), agreed(until), key);
            assert_eq!((line.what, line.urgency), (what, urgency), "{until}");
            assert_eq!(line.days_left, Some(days), "{until}");
            assert!(!line.is_uncertain);
        }
    }

    #[test]
    fn a_day_in_a_year_not_announced_is_uncertain() {
        let key = (TODAY, "standing.agreement");
        let far = line(&Register::default(), agreed(date(2027, 6, 30)), key);
        assert!(far.is_uncertain && far.urgency == Urgency::Fine);
    }

    #[test]
    fn an_agreement_over_since_the_weekend_is_over() {
        let sunday = date(2025, 11, 23);
        let key = (sunday, "standing.agreement");
        let line = line(&Register::default(), agreed(date(2025, 11, 22)), key);
        assert_eq!((line.days_left, line.urgency), (Some(-1), Urgency::Over));
    }

    #[test]
    fn a_successor_without_a_gap_ends_the_reminder() {
        let mut register = Register::default();
        let agreement = |number: &str, from, until| Change::Agreement {
            number: number.to_owned(),
            state: Some(Agreement::InForce),
            from: Some(from),
            until: Some(until),
        };
        let first = agreement("A", date(2025, 1, 1), date(2025, 12, 31));
        register.apply(first, TODAY).unwrap();
        let key = (TODAY, "standing.agreement");
        let due = line(&register, Position::default(), key);
        assert_eq!(due.what, "standing.agreement-renewal");
        assert_eq!(due.value, "A · 2025-12-31");
        let mut gap = register.clone();
        let late = agreement("B", date(2026, 1, 2), date(2026, 12, 31));
        gap.apply(late, TODAY).unwrap();
        assert_eq!(line(&gap, Position::default(), key).urgency, Urgency::Due);
        let next = agreement("B", date(2026, 1, 1), date(2026, 12, 31));
        register.apply(next, TODAY).unwrap();
        assert_eq!(
            line(&register, Position::default(), key).urgency,
            Urgency::Fine
        );
    }

    /// R30: to be reported at once.
    #[test]
    fn a_revoked_licence_is_over_whatever_its_last_day() {
        let mut register = Register::default();
        let licence = Change::Licence {
            which: Permit::Drug,
            number: "粤DB1234567".to_owned(),
            term: Some(Term::Until(date(2029, 6, 30))),
            ended: Some((Ending::Revoked, TODAY)),
        };
        register.apply(licence, TODAY).unwrap();
        let over = line(&register, Position::default(), (TODAY, "standing.licence"));
        assert_eq!(over.what, "standing.licence-over");
        assert_eq!(over.urgency, Urgency::Over);
    }

    #[test]
    fn a_licence_without_term_needs_no_renewal() {
        let mut register = Register::default();
        let licence = Change::Licence {
            which: Permit::Business,
            number: "91440300".to_owned(),
            term: Some(Term::WithoutTerm),
            ended: None,
        };
        register.apply(licence, TODAY).unwrap();
        let key = (TODAY, "standing.business-licence");
        let line = line(&register, Position::default(), key);
        assert_eq!((line.urgency, line.days_left), (Urgency::Fine, None));
        assert!(!line.is_uncertain);
    }

    /// R30, R33: the thirtieth working day is the last one.
    #[test]
    fn an_unfiled_change_is_due_until_its_thirtieth_working_day() {
        let mut register = Register::default();
        let change = Change::FactChanged {
            which: ImportantFact::Address,
            value: Value::new("乙路2号").unwrap(),
            on: date(2025, 10, 10),
        };
        register.apply(change, TODAY).unwrap();
        let key = "standing.unfiled-address";
        for (today, days, urgency) in [
            (date(2025, 11, 19), 1, Urgency::Due),
            (date(2025, 11, 20), 0, Urgency::Due),
            (date(2025, 11, 21), -1, Urgency::Over),
        ] {
            let line = line(&register, Position::default(), (today, key));
            assert_eq!(line.value, "2025-11-20");
            assert_eq!((line.days_left, line.urgency), (Some(days), urgency));
        }
        let known = line(&register, Position::default(), (TODAY, "standing.address"));
        assert_eq!(known.value, "乙路2号");
    }

    #[test]
    fn a_change_that_only_the_configuration_knows_is_shown() {
        for (days, urgency) in [(30, Urgency::Due), (31, Urgency::Over)] {
            let told = Position {
                unfiled_change_days: Some(days),
                ..Position::default()
            };
            let line = line(&Register::default(), told, (TODAY, "standing.unfiled"));
            assert_eq!(line.what, "standing.unfiled-change");
            assert_eq!(line.urgency, urgency);
        }
    }

    /// R32.
    #[test]
    fn too_few_people_are_shown_and_unknown_is_not_too_few() {
        let counted = |managers, pharmacists| Position {
            insurance_managers: managers,
            pharmacists,
            ..Position::default()
        };
        let of = |position, key| line(&Register::default(), position, (TODAY, key));
        let short = of(counted(Some(1), Some(0)), "standing.insurance-managers");
        assert_eq!(
            (short.value.as_str(), short.urgency),
            ("1 / 2", Urgency::Over)
        );
        let short = of(counted(Some(1), Some(0)), "standing.pharmacists");
        assert_eq!(
            (short.value.as_str(), short.urgency),
            ("0 / 1", Urgency::Over)
        );
        let enough = of(counted(Some(2), Some(1)), "standing.pharmacists");
        assert_eq!(enough.urgency, Urgency::Fine);
        let unknown = of(Position::default(), "standing.pharmacists");
        assert_eq!(unknown.urgency, Urgency::Unknown);
    }

    /// R32, R33: a contract that counts is reminded of before it ends; a short one does not count.
    #[test]
    fn contracts_of_those_who_count_are_shown() {
        let member = |duty, from, until| Member {
            staff: "A01".parse().unwrap(),
            name: "张三".to_owned(),
            duties: [duty].into(),
            qualification: None,
            contract: Contract { from, until },
            retired: None,
        };
        use Duty::{Cashier, InsuranceManager, Pharmacist};
        let start = date(2024, 1, 1);
        let cases = [
            (Pharmacist, start, date(2026, 6, 30), "contract"),
            (Pharmacist, start, date(2026, 1, 6), "contract"),
            (Pharmacist, start, date(2026, 1, 5), "contract-ends"),
            (InsuranceManager, start, TODAY, "contract-ends"),
            (Pharmacist, start, date(2025, 11, 20), "contract-over"),
            (Cashier, start, date(2025, 11, 20), ""),
            (Pharmacist, TODAY, date(2026, 6, 30), "contract-short"),
        ];
        for (duty, from, until, expected) in cases {
            let member = member(duty, from, until);
            let calendar = Calendar::shipped();
            let outlook = Outlook {
                register: &Register::default(),
                position: &Position::default(),
                members: std::slice::from_ref(&member),
                calendar: &calendar,
                leads: Leads::default(),
                today: TODAY,
            };
            let lines = outlook.lines();
            let mut lines = lines
                .iter()
                .filter(|line| line.what.starts_with("standing.contract"));
            let line = lines.next();
            let what = line.and_then(|line| line.what.strip_prefix("standing."));
            assert_eq!(what.unwrap_or_default(), expected, "{until}");
            assert!(line.is_none_or(|line| !line.value.contains("张三")));
        }
    }

    /// R31.
    #[test]
    fn another_area_than_the_approved_one_is_shown_with_both() {
        let mut register = Register::default();
        let area = SalesArea {
            approved: "86.5".parse().unwrap(),
            approved_address: "甲路1号".to_owned(),
            actual: Some("100".parse().unwrap()),
            actual_address: None,
            document: None,
        };
        register.apply(Change::Area(area), TODAY).unwrap();
        let line = line(&register, Position::default(), (TODAY, "standing.area"));
        assert_eq!(line.what, "standing.area-differs");
        assert_eq!(line.value, "86.50 m² → 100.00 m²");
    }

    /// R65: what nobody said is there, and says that nobody said it.
    #[test]
    fn an_empty_register_lists_everything_as_unknown() {
        let register = Register::default();
        let calendar = Calendar::shipped();
        let outlook = Outlook {
            register: &register,
            position: &Position::default(),
            members: &[],
            calendar: &calendar,
            leads: Leads::default(),
            today: TODAY,
        };
        let lines = outlook.lines();
        assert_eq!(lines.len(), 6 + 6 + 3);
        assert!(lines.iter().all(|line| line.urgency == Urgency::Unknown));
        assert!(lines.iter().all(|line| line.value.is_empty()));
    }
}
