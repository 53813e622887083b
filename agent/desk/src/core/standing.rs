//! The store's register: what ties it to the bureau, since when, and until when.
//!
//! ```text
//! agreements      number, state, from, until      R30  the newest that has begun counts
//! licences        number, until, how it ended     R30  drug-trading and business licence
//! sales area      approved and actual             R31
//! six facts       value, since, filed             R30  a change is unfiled until it is said to be filed
//! postings        hotline, prices, commitment     R65
//! ```
//! In scope: which change may follow, what counts today ([`Register::position`]).
//! Out of scope: the register's nouns (`pharmacy_decision::record::standing`); recording (`desk`); which dates call for somebody ([`reminder`]); what follows for a
//! settlement (rules, `pharmacy-decision`).
//!
//! Some of the six facts are names of persons. They print as nothing, and go into other parts of an
//! entry than the rest.

pub mod reminder;

use std::collections::BTreeMap;

use jiff::civil::Date;
use pharmacy_decision::facts::{Agreement, Premises};
use pharmacy_decision::record::standing::checked;
use serde::{Deserialize, Serialize};

use pharmacy_base::calendar::Calendar;

pub use pharmacy_decision::record::standing::{
    Change, Document, DocumentType, Ending, Filed, ImportantFact, Licence, MAX_DOCUMENT, MAX_TEXT,
    NamedFact, Paper, PaperSeen, Permit, Posted, Posting, SalesArea, ServiceAgreement,
    SquareMetres, StandingError, Term, Value,
};

/// Working days within which an important change is filed.
///
/// LAW: 定点零售药店医保基金监管要求 §6 (002 annex 3): six important changes, 30 working days.
pub const FILING_DAYS: u16 = 30;

/// Agreements that are kept: the one in force, its successor, and those before for their papers.
const KEPT_AGREEMENTS: usize = 8;

/// What counts today. None: nobody said.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Position {
    pub agreement: Option<Agreement>,
    pub agreement_until: Option<Date>,
    /// Last day of the drug-trading licence.
    pub licence_until: Option<Date>,
    /// Last day of the business licence; the calendar's last without term.
    pub business_licence_until: Option<Date>,
    /// Is the sales area the one that was approved?
    pub premises: Option<Premises>,
    /// Working days since the oldest unfiled change, not more than there are for certain.
    pub unfiled_change_days: Option<u32>,
    /// Insurance managers under contract.
    pub insurance_managers: Option<u32>,
    pub pharmacists: Option<u32>,
}

/// The store's register.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Register {
    /// By first day, ascending.
    pub agreements: Vec<ServiceAgreement>,
    pub licences: BTreeMap<Permit, Licence>,
    /// Where drugs are sold.
    pub area: Option<SalesArea>,
    pub postings: BTreeMap<Posting, Posted>,
    pub facts: BTreeMap<ImportantFact, Filed>,
}

impl Register {
    /// Takes a change, or leaves everything as it was.
    pub fn apply(&mut self, change: Change, today: Date) -> Result<(), StandingError> {
        match change {
            Change::Agreement {
                number,
                state,
                from,
                until,
            } => self.set_agreement(&number, (state, from, until)),
            Change::Area(mut area) => {
                area.approved_address = checked(&area.approved_address)?;
                let actual = area.actual_address.as_deref().map(checked);
                area.actual_address = actual.transpose()?;
                let before = self.area.take();
                area.document = before.and_then(|area| area.document);
                self.area = Some(area);
                Ok(())
            }
            Change::Attached { to, document } => self.attach(to, document),
            Change::Licence {
                which,
                number,
                term,
                ended,
            } => self.set_licence(which, &number, (term, ended), today),
            Change::Posted { which, on } => {
                not_after(on, today)?;
                let document = self.postings.remove(&which).and_then(|old| old.document);
                self.postings.insert(which, Posted { on, document });
                Ok(())
            }
            Change::FactChanged { which, value, on } => self.change_fact(which, value, on, today),
            Change::FactFiled { which, on } => self.file_fact(which, on, today),
            Change::FactTold {
                which,
                value,
                since,
                filed,
            } => {
                not_after(filed, today)?;
                not_after(since, today)?;
                let fact = Filed {
                    value: Value::new(value.as_str())?,
                    since,
                    filed: Some(filed),
                    unfiled_since: None,
                };
                self.facts.insert(which, fact);
                Ok(())
            }
        }
    }

    fn set_agreement(
        &mut self,
        number: &str,
        (state, from, until): (Option<Agreement>, Option<Date>, Option<Date>),
    ) -> Result<(), StandingError> {
        let number = checked(number)?;
        let mut known = self.agreements.iter();
        let known = known.find(|agreement| agreement.number == number).cloned();
        let agreement = match (known, state, from, until) {
            (Some(known), ..) => ServiceAgreement {
                state: state.unwrap_or(known.state),
                from: from.unwrap_or(known.from),
                until: until.unwrap_or(known.until),
                ..known
            },
            (None, Some(state), Some(from), Some(until)) => ServiceAgreement {
                number,
                state,
                from,
                until,
                document: None,
            },
            _ => return Err(StandingError::Incomplete),
        };
        if agreement.until < agreement.from {
            return Err(StandingError::DayOrder);
        }
        self.agreements
            .retain(|other| other.number != agreement.number);
        self.agreements.push(agreement);
        self.agreements.sort_by_key(|agreement| agreement.from);
        let surplus = self.agreements.len().saturating_sub(KEPT_AGREEMENTS);
        self.agreements.drain(..surplus);
        Ok(())
    }

    fn set_licence(
        &mut self,
        which: Permit,
        number: &str,
        (term, ended): (Option<Term>, Option<(Ending, Date)>),
        today: Date,
    ) -> Result<(), StandingError> {
        let number = checked(number)?;
        if let Some((_, on)) = ended {
            not_after(on, today)?;
        }
        let known = self.licences.get(&which);
        let known = known.filter(|licence| licence.number == number).cloned();
        let licence = match (known, term) {
            (Some(known), term) => Licence {
                term: term.unwrap_or(known.term),
                // A new last day without a word on its end: it was given back.
                ended: ended.or(known.ended.filter(|_| term.is_none())),
                ..known
            },
            (None, Some(term)) => Licence {
                number,
                term,
                ended,
                document: None,
            },
            (None, None) => return Err(StandingError::Incomplete),
        };
        self.licences.insert(which, licence);
        Ok(())
    }

    fn change_fact(
        &mut self,
        which: ImportantFact,
        value: Value,
        on: Date,
        today: Date,
    ) -> Result<(), StandingError> {
        let value = Value::new(value.as_str())?;
        not_after(on, today)?;
        let known = self.facts.get(&which);
        if let Some(known) = known {
            not_after(known.since, on).map_err(|_| StandingError::DayOrder)?;
            if known.value == value {
                return Err(StandingError::Unchanged);
            }
        }
        let fact = Filed {
            value,
            since: on,
            filed: known.and_then(|known| known.filed),
            // Changed twice: the bureau has waited since the first time.
            unfiled_since: known.and_then(|known| known.unfiled_since).or(Some(on)),
        };
        self.facts.insert(which, fact);
        Ok(())
    }

    fn file_fact(
        &mut self,
        which: ImportantFact,
        on: Date,
        today: Date,
    ) -> Result<(), StandingError> {
        not_after(on, today)?;
        let unfiled = self.facts.get_mut(&which);
        let unfiled = unfiled.filter(|fact| fact.unfiled_since.is_some());
        let fact = unfiled.ok_or(StandingError::NothingToFile)?;
        not_after(fact.since, on).map_err(|_| StandingError::DayOrder)?;
        fact.filed = Some(on);
        fact.unfiled_since = None;
        Ok(())
    }

    fn attach(&mut self, to: Paper, document: Document) -> Result<(), StandingError> {
        let place = self.paper(to).ok_or(StandingError::NothingToAttachTo)?;
        *place = Some(document);
        Ok(())
    }

    fn paper(&mut self, paper: Paper) -> Option<&mut Option<Document>> {
        let posting = match paper {
            Paper::Agreement => return self.agreements.last_mut().map(|it| &mut it.document),
            Paper::Area => return self.area.as_mut().map(|it| &mut it.document),
            Paper::BusinessLicence => return self.permit_paper(Permit::Business),
            Paper::Licence => return self.permit_paper(Permit::Drug),
            Paper::Commitment => Posting::Commitment,
            Paper::Hotline => Posting::Hotline,
            Paper::Price => Posting::Price,
        };
        let posted = self.postings.get_mut(&posting);
        posted.map(|it| &mut it.document)
    }

    fn permit_paper(&mut self, permit: Permit) -> Option<&mut Option<Document>> {
        self.licences.get_mut(&permit).map(|it| &mut it.document)
    }

    /// Can a document be attached to this?
    pub fn takes(&mut self, paper: Paper) -> Result<(), StandingError> {
        let place = self.paper(paper).map(|_| ());
        place.ok_or(StandingError::NothingToAttachTo)
    }

    /// The agreement that counts on a day: the newest that has begun.
    pub fn agreement(&self, today: Date) -> Option<&ServiceAgreement> {
        let mut begun = self.agreements.iter().rev();
        begun.find(|agreement| agreement.from <= today)
    }

    /// What counts on a day; `told` stands where the register says nothing.
    pub fn position(&self, told: Position, calendar: &Calendar, today: Date) -> Position {
        let agreement = self.agreement(today);
        let last_day = |permit| self.licences.get(&permit).map(Licence::last_day);
        Position {
            agreement: agreement.map(|it| it.state).or(told.agreement),
            agreement_until: agreement.map(|it| it.until).or(told.agreement_until),
            licence_until: last_day(Permit::Drug).or(told.licence_until),
            business_licence_until: last_day(Permit::Business).or(told.business_licence_until),
            premises: match &self.area {
                Some(area) => area.premises(),
                None => told.premises,
            },
            unfiled_change_days: self.unfiled_days(told.unfiled_change_days, calendar, today),
            ..told
        }
    }

    /// Working days since the oldest unfiled change (R30).
    ///
    /// In a year whose holidays nobody announced, fewer days are counted than there may be: a
    /// settlement is refused for days that have passed, not for days that may have (R07).
    fn unfiled_days(&self, told: Option<u32>, calendar: &Calendar, today: Date) -> Option<u32> {
        let since = self.facts.values().filter_map(|fact| fact.unfiled_since);
        let days = since
            .map(|since| calendar.working_days(since, today).at_least())
            .max()
            .unwrap_or(0);
        let is_complete = self.facts.len() == ImportantFact::ALL.len();
        match told {
            _ if is_complete => Some(days),
            Some(told) => Some(told.max(days)),
            // One change too old is enough; that there is none takes all six.
            None => Some(days).filter(|days| *days > u32::from(FILING_DAYS)),
        }
    }
}

fn not_after(day: Date, today: Date) -> Result<(), StandingError> {
    if day > today {
        Err(StandingError::Future)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use pharmacy_protocol::term::EntryIndex;

    use super::*;

    const TODAY: Date = date(2025, 11, 22);

    fn value(text: &str) -> Value {
        Value::new(text).unwrap()
    }

    fn agreement(number: &str, from: Date, until: Date) -> Change {
        Change::Agreement {
            number: number.to_owned(),
            state: Some(Agreement::InForce),
            from: Some(from),
            until: Some(until),
        }
    }

    fn told_fact(which: ImportantFact) -> Change {
        Change::FactTold {
            which,
            value: value("某某大药房"),
            since: date(2020, 1, 1),
            filed: date(2020, 1, 10),
        }
    }

    fn changed(which: ImportantFact, to: &str, on: Date) -> Change {
        Change::FactChanged {
            which,
            value: value(to),
            on,
        }
    }

    fn register(changes: impl IntoIterator<Item = Change>) -> Register {
        let mut register = Register::default();
        for change in changes {
            register.apply(change, TODAY).unwrap();
        }
        register
    }

    fn position(register: &Register, told: Position) -> Position {
        register.position(told, &Calendar::shipped(), TODAY)
    }

    /// R30: an agreement that is signed for next year does not stand in for this year's.
    #[test]
    fn the_newest_agreement_that_has_begun_counts() {
        let (old, new) = (date(2025, 12, 31), date(2026, 12, 31));
        let both = register([
            agreement("B", date(2026, 1, 1), new),
            agreement("A", date(2025, 1, 1), old),
        ]);
        assert_eq!(
            position(&both, Position::default()).agreement_until,
            Some(old)
        );
        let next = both.position(Position::default(), &Calendar::shipped(), date(2026, 1, 1));
        assert_eq!(next.agreement_until, Some(new));
        let only_next = register([agreement("B", date(2026, 1, 1), new)]);
        assert_eq!(position(&only_next, Position::default()).agreement, None);
    }

    #[test]
    fn a_known_agreement_takes_what_is_new_and_an_unknown_one_needs_all() {
        let mut known = register([agreement("A", date(2025, 1, 1), date(2025, 12, 31))]);
        let only = |number: &str, until| Change::Agreement {
            number: number.to_owned(),
            state: Some(Agreement::Suspended),
            from: None,
            until,
        };
        known.apply(only("A", None), TODAY).unwrap();
        assert_eq!(known.agreements.len(), 1);
        let after = position(&known, Position::default());
        assert_eq!(after.agreement, Some(Agreement::Suspended));
        assert_eq!(after.agreement_until, Some(date(2025, 12, 31)));
        let before = known.clone();
        assert_eq!(
            known.apply(only("B", None), TODAY),
            Err(StandingError::Incomplete)
        );
        let reversed = only("A", Some(date(2024, 12, 31)));
        assert_eq!(known.apply(reversed, TODAY), Err(StandingError::DayOrder));
        assert_eq!(known, before);
    }

    #[test]
    fn old_agreements_go_and_new_ones_stay() {
        let years = 2001..=2025;
        let all = register(years.map(|year: i16| {
            let number = format!("A{year}");
            agreement(&number, date(year, 1, 1), date(year, 12, 31))
        }));
        assert_eq!(all.agreements.len(), KEPT_AGREEMENTS);
        assert_eq!(all.agreement(TODAY).unwrap().number, "A2025");
    }

    /// R30: revoked, and later given back with a new last day.
    #[test]
    fn a_licence_that_was_given_back_holds_again() {
        let licence = |term, ended| Change::Licence {
            which: Permit::Drug,
            number: "粤DB1234567".to_owned(),
            term,
            ended,
        };
        let until = |year| Some(Term::Until(date(year, 6, 30)));
        let revoked = Some((Ending::Revoked, date(2025, 11, 1)));
        let mut known = register([licence(until(2029), None), licence(None, revoked)]);
        let last = |known: &Register| position(known, Position::default()).licence_until;
        assert_eq!(last(&known), Some(date(2025, 10, 31)));
        known.apply(licence(until(2030), None), TODAY).unwrap();
        assert_eq!(last(&known), Some(date(2030, 6, 30)));
        let tomorrow = Some((Ending::Revoked, date(2025, 11, 23)));
        let future = known.apply(licence(None, tomorrow), TODAY);
        assert_eq!(future, Err(StandingError::Future));
        let mut none = Register::default();
        let bare = none.apply(licence(None, None), TODAY);
        assert_eq!(bare, Err(StandingError::Incomplete));
    }

    /// R30: 30 working days from the oldest change; filing ends the count.
    #[test]
    fn days_run_from_the_oldest_unfiled_change_until_it_is_filed() {
        let mut all = register(ImportantFact::ALL.iter().copied().map(told_fact));
        let days = |known: &Register| position(known, Position::default()).unfiled_change_days;
        assert_eq!(days(&all), Some(0));
        // Counted by hand: National Day, and the Saturday that was worked for it.
        let first = changed(ImportantFact::Name, "新名大药房", date(2025, 9, 30));
        all.apply(first, TODAY).unwrap();
        assert_eq!(days(&all), Some(33));
        let second = changed(ImportantFact::Name, "再改大药房", date(2025, 11, 20));
        all.apply(second.clone(), TODAY).unwrap();
        assert_eq!(days(&all), Some(33), "changed again, and not filed since");
        assert_eq!(all.apply(second, TODAY), Err(StandingError::Unchanged));
        let file = |on| Change::FactFiled {
            which: ImportantFact::Name,
            on,
        };
        let early = all.apply(file(date(2025, 11, 19)), TODAY);
        assert_eq!(early, Err(StandingError::DayOrder));
        let late = all.apply(file(date(2025, 11, 23)), TODAY);
        assert_eq!(late, Err(StandingError::Future));
        all.apply(file(TODAY), TODAY).unwrap();
        assert_eq!(days(&all), Some(0));
        assert_eq!(
            all.apply(file(TODAY), TODAY),
            Err(StandingError::NothingToFile)
        );
    }

    #[test]
    fn that_nothing_is_unfiled_takes_all_six_facts_or_the_configuration() {
        let told = |days| Position {
            unfiled_change_days: days,
            ..Position::default()
        };
        let one = register([told_fact(ImportantFact::Name)]);
        let days = |known: &Register, days| position(known, told(days)).unfiled_change_days;
        assert_eq!(days(&one, None), None);
        assert_eq!(days(&one, Some(0)), Some(0));
        assert_eq!(days(&one, Some(5)), Some(5));
        let new = register([changed(ImportantFact::Name, "新名", date(2025, 11, 20))]);
        assert_eq!(days(&new, None), None, "another may be older");
        assert_eq!(days(&new, Some(0)), Some(1));
        let old = register([changed(ImportantFact::Name, "新名", date(2025, 9, 1))]);
        assert!(days(&old, None).unwrap() > 30);
    }

    /// R07, R30: days that may be holidays of a year not announced are not held against the store.
    #[test]
    fn a_count_into_an_unknown_year_is_what_is_certain() {
        let mut all = register(ImportantFact::ALL.iter().copied().map(told_fact));
        let on = date(2026, 12, 1);
        let today = date(2027, 1, 15);
        all.apply(changed(ImportantFact::Scope, "中成药", on), today)
            .unwrap();
        let calendar = Calendar::shipped();
        let count = calendar.working_days(on, today);
        assert!(count.days > 30 && count.is_uncertain());
        let days = all.position(Position::default(), &calendar, today);
        assert_eq!(days.unfiled_change_days, Some(count.at_least()));
        let year_on = all.position(Position::default(), &calendar, date(2027, 6, 1));
        assert!(year_on.unfiled_change_days.unwrap() > 30);
    }

    #[test]
    fn the_register_goes_before_the_configuration_and_leaves_the_rest() {
        let told = Position {
            agreement: Some(Agreement::InForce),
            agreement_until: Some(date(2099, 12, 31)),
            licence_until: Some(date(2099, 12, 31)),
            insurance_managers: Some(2),
            ..Position::default()
        };
        assert_eq!(position(&Register::default(), told), told);
        let known = register([agreement("A", date(2025, 1, 1), date(2025, 6, 30))]);
        let counts = position(&known, told);
        assert_eq!(counts.agreement_until, Some(date(2025, 6, 30)));
        assert_eq!(counts.licence_until, told.licence_until);
        assert_eq!(counts.insurance_managers, Some(2));
    }

    #[test]
    fn a_document_needs_something_to_belong_to_and_stays_with_it() {
        let document = Document {
            digest: "00".repeat(32),
            entry: EntryIndex::new(7),
            media_type: DocumentType::Pdf,
        };
        let attached = |to| Change::Attached {
            to,
            document: document.clone(),
        };
        let mut known = Register::default();
        for paper in Paper::ALL {
            let refused = known.apply(attached(*paper), TODAY);
            assert_eq!(refused, Err(StandingError::NothingToAttachTo));
        }
        let posted = |on| Change::Posted {
            which: Posting::Commitment,
            on,
        };
        known.apply(posted(date(2025, 1, 1)), TODAY).unwrap();
        known.apply(attached(Paper::Commitment), TODAY).unwrap();
        known.apply(posted(date(2025, 1, 2)), TODAY).unwrap();
        let kept = &known.postings[&Posting::Commitment];
        assert_eq!(
            (kept.on, &kept.document),
            (date(2025, 1, 2), &Some(document))
        );
    }

    #[test]
    fn names_of_persons_are_taken_out_of_a_change() {
        for which in ImportantFact::ALL {
            let change = changed(*which, "张三", TODAY);
            let (rest, named) = change.apart();
            let rest = serde_json::to_string(&rest).unwrap();
            assert_eq!(named.is_some(), which.is_person());
            assert_eq!(rest.contains("张三"), !which.is_person(), "{rest}");
        }
    }

    #[test]
    fn a_register_reads_back_as_it_was_written() {
        let known = register([
            agreement("A", date(2025, 1, 1), date(2025, 12, 31)),
            told_fact(ImportantFact::Controller),
            changed(ImportantFact::Controller, "李四", date(2025, 11, 1)),
            Change::Area(SalesArea {
                approved: "86.5".parse().unwrap(),
                approved_address: "甲路1号".to_owned(),
                actual: None,
                actual_address: None,
                document: None,
            }),
            Change::Licence {
                which: Permit::Business,
                number: "91440300".to_owned(),
                term: Some(Term::WithoutTerm),
                ended: Some((Ending::Cancelled, date(2025, 11, 1))),
            },
        ]);
        let bytes = serde_json::to_vec(&known).unwrap();
        let back: Register = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(back, known);
        assert!(!format!("{known:?}").contains("李四"));
    }
}
