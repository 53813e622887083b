//! The staff: who may do what, since when, and what a wrong PIN leads to.
//!
//! In scope: the register's nouns and its rules. Out of scope: keys and PIN derivation (`journal`),
//! recording (`desk`).

mod error;
mod lock;

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use pharmacy_decision::facts::Competence;
use pharmacy_protocol::act::{ActPlace, StaffKey};
use pharmacy_protocol::term::{RegionCode, StaffId, TillNumber};
use serde::{Deserialize, Serialize};

pub use pharmacy_protocol::record::staff::{
    Contract, Duty, Member, Qualification, Title, WordError,
};

pub use error::{MAX_CERTIFICATE, MAX_NAME, MAX_REASON, StaffError};
pub use lock::{FIRST_DELAY_MS, FREE_TRIES, LONGEST_DELAY_MS, Lock, Locks, Side};

/// How many digits a PIN may have.
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// Ended shifts that the register keeps, for reviews that are judged later.
const KEPT_SHIFTS: usize = 16;

/// Provinces that are one city: Beijing, Tianjin, Shanghai, Chongqing. SPEC: GB/T 2260.
const MUNICIPALITIES: [&str; 4] = ["11", "12", "31", "50"];

/// May this PIN be chosen? It is never repeated, not even in the answer.
pub fn check_pin(pin: &str, staff: &StaffId) -> Result<(), StaffError> {
    let is_digits = pin.bytes().all(|byte| byte.is_ascii_digit());
    if !PIN_DIGITS.contains(&pin.len()) || !is_digits {
        return Err(StaffError::PinForm);
    }
    let steps: BTreeSet<u8> = pin
        .as_bytes()
        .windows(2)
        .filter_map(|pair| match pair {
            // Nine is followed by zero, as on a keypad.
            [a, b] => Some((b + 10 - a) % 10),
            _ => None,
        })
        .collect();
    let is_even = [0, 1, 9]
        .into_iter()
        .any(|step| steps.iter().all(|found| *found == step));
    let digits: String = staff
        .as_str()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if is_even || pin == digits {
        return Err(StaffError::PinTrivial);
    }
    Ok(())
}

/// Can somebody be registered like this?
pub fn check_member(member: &Member) -> Result<(), StaffError> {
    let is_text = |text: &str, longest: usize| {
        let characters = 1..=longest;
        let is_clean = !text.chars().any(char::is_control) && text.trim() == text;
        characters.contains(&text.chars().count()) && is_clean
    };
    if !is_text(&member.name, MAX_NAME) {
        return Err(StaffError::Name);
    }
    if member.duties.is_empty() {
        return Err(StaffError::Dutiless);
    }
    let ends = member.retired.unwrap_or(member.contract.until);
    if member.contract.until.min(ends) < member.contract.from {
        return Err(StaffError::ContractOrder);
    }
    match &member.qualification {
        Some(held) if !is_text(&held.certificate, MAX_CERTIFICATE) => Err(StaffError::Certificate),
        None if member.reviews() => Err(StaffError::Qualification),
        _ => Ok(()),
    }
}

/// Refuses whoever does not work here on a day.
pub fn demand_in_force(member: &Member, day: Date) -> Result<(), StaffError> {
    if member.retired.is_some_and(|retired| day >= retired) {
        return Err(StaffError::Retired);
    }
    let is_in_force = member.contract.is_in_force(day);
    is_in_force.then_some(()).ok_or(StaffError::Contract)
}

/// A shift that goes on.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shift {
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// When they last proved to be there.
    pub proven_ms: i64,
    pub place: ActPlace,
    /// At which till; none elsewhere.
    pub till: Option<TillNumber>,
}

impl Shift {
    /// When it ends by itself.
    pub fn ends_ms(&self, longest_ms: i64) -> i64 {
        self.proven_ms.saturating_add(longest_ms)
    }

    /// Does it still go on? A clock that was set back ends it.
    pub fn goes_on(&self, now_ms: i64, longest_ms: i64) -> bool {
        (self.since_ms..self.ends_ms(longest_ms)).contains(&now_ms)
    }
}

/// A shift that ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EndedShift {
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    pub until_ms: i64,
}

/// A row of the register: a member, their key, and how they stand. Prints the id only.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Registered {
    /// As they were entered.
    pub member: Member,
    /// The key that their signatures are checked with.
    pub key: StaffKey,
    /// Its private half, sealed under their PIN.
    pub sealed_key: Vec<u8>,
    #[serde(default)]
    pub lock: Locks,
    /// When somebody forgot their PIN for them, and they were not told yet; milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_ms: Option<i64>,
    /// The shift that goes on.
    pub shift: Option<Shift>,
    /// The last ones that ended, the oldest first.
    pub earlier: Vec<EndedShift>,
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registered({})", self.member.staff)
    }
}

impl Registered {
    /// A new member, off duty.
    pub fn new(member: Member, key: StaffKey, sealed_key: Vec<u8>) -> Self {
        Self {
            member,
            key,
            sealed_key,
            lock: Locks::default(),
            renewed_ms: None,
            shift: None,
            earlier: Vec::new(),
        }
    }

    /// The shift that goes on now.
    pub fn on_duty(&self, now_ms: i64, longest_ms: i64) -> Option<&Shift> {
        let shift = self.shift.as_ref();
        shift.filter(|shift| shift.goes_on(now_ms, longest_ms))
    }

    /// Begins a shift, or goes on with the one under way at another place.
    pub fn begin_shift(
        &mut self,
        now_ms: i64,
        (place, till): (ActPlace, Option<TillNumber>),
        longest_ms: i64,
    ) {
        let under_way = self.on_duty(now_ms, longest_ms);
        let since_ms = under_way.map_or(now_ms, |shift| shift.since_ms);
        if under_way.is_none() {
            self.end_shift(now_ms, longest_ms);
        }
        self.shift = Some(Shift {
            since_ms,
            proven_ms: now_ms,
            place,
            till,
        });
    }

    /// Ends the shift, at the latest when it ended by itself.
    pub fn end_shift(&mut self, now_ms: i64, longest_ms: i64) {
        let Some(shift) = self.shift.take() else {
            return;
        };
        if self.earlier.len() >= KEPT_SHIFTS {
            self.earlier.remove(0);
        }
        let latest_ms = shift.ends_ms(longest_ms);
        self.earlier.push(EndedShift {
            since_ms: shift.since_ms,
            // A clock that was set back leaves an empty shift, none that ends before it began.
            until_ms: now_ms.clamp(shift.since_ms, latest_ms.max(shift.since_ms)),
        });
    }

    /// Were they on duty at a moment, as far back as shifts are kept?
    pub fn was_on_duty(&self, at_ms: i64, longest_ms: i64) -> bool {
        let mut earlier = self.earlier.iter();
        self.on_duty(at_ms, longest_ms).is_some()
            || earlier.any(|shift| (shift.since_ms..shift.until_ms).contains(&at_ms))
    }

    /// May they review prescriptions for a store of `region`, at a moment of `day` (R15)?
    pub fn competence(
        &self,
        region: &RegionCode,
        (at_ms, day): (i64, Date),
        longest_ms: i64,
    ) -> Competence {
        let member = &self.member;
        let qualification = member.qualification.as_ref();
        let qualification = qualification.filter(|_| member.reviews() && member.is_in_force(day));
        match qualification {
            None => Competence::Unqualified,
            Some(held) if !is_same_city(&held.locality, region) => Competence::Elsewhere,
            Some(_) if !self.was_on_duty(at_ms, longest_ms) => Competence::OffDuty,
            Some(_) => Competence::Competent,
        }
    }

    /// Refuses whoever is not on duty in the shop.
    pub fn demand_shift(
        &self,
        place: ActPlace,
        (now_ms, longest_ms): (i64, i64),
    ) -> Result<(), StaffError> {
        if place == ActPlace::Remote {
            return Err(StaffError::Place);
        }
        match self.on_duty(now_ms, longest_ms) {
            Some(_) => Ok(()),
            None => Err(StaffError::OffDuty),
        }
    }

    /// Refuses whoever lacks a duty, or may not do it from where they are.
    ///
    /// Whether a reviewer is competent is asked beside it; what was signed before that was asked is
    /// judged by the rules.
    pub fn demand_duty(
        &self,
        needs: Duty,
        place: ActPlace,
        (now_ms, longest_ms): (i64, i64),
    ) -> Result<(), StaffError> {
        let is_remote = place == ActPlace::Remote;
        let has_duty = match needs {
            Duty::Pharmacist | Duty::RemotePharmacist if is_remote => {
                self.member.has(Duty::RemotePharmacist)
            }
            Duty::Pharmacist => self.member.reviews(),
            needs => self.member.has(needs),
        };
        if !has_duty {
            return Err(StaffError::Duty(needs));
        }
        match needs {
            Duty::Pharmacist | Duty::RemotePharmacist => Ok(()),
            // Whoever answers for the store is in it.
            _ if is_remote => Err(StaffError::Place),
            Duty::InCharge if self.on_duty(now_ms, longest_ms).is_none() => {
                Err(StaffError::OffDuty)
            }
            Duty::Cashier | Duty::InCharge | Duty::InsuranceManager => Ok(()),
        }
    }
}

/// Are two regions in one city? LAW: 江门方案, annex 3, 2: registered in the store's locality.
fn is_same_city(one: &RegionCode, other: &RegionCode) -> bool {
    let city = |region: &RegionCode| {
        let province = region.as_str().get(..2).unwrap_or_default().to_owned();
        match MUNICIPALITIES.contains(&province.as_str()) {
            true => province,
            false => region.as_str().get(..4).unwrap_or_default().to_owned(),
        }
    };
    city(one) == city(other)
}

/// How a store is staffed (R32).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Staffing {
    /// Insurance managers whose contract counts.
    pub managers: u32,
    /// Pharmacists whose contract counts.
    pub pharmacists: u32,
    /// Is anybody registered at all? Else the register says nothing.
    pub is_kept: bool,
}

impl Staffing {
    /// Counts the members whose contract is in force on a day and runs for a year at least.
    pub fn of<'a>(members: impl IntoIterator<Item = &'a Member>, day: Date) -> Self {
        let mut staffing = Self::default();
        for member in members {
            staffing.is_kept = true;
            let counts = member.is_in_force(day) && member.contract.is_long_enough();
            let count = |duty| u32::from(counts && member.has(duty));
            staffing.managers = staffing
                .managers
                .saturating_add(count(Duty::InsuranceManager));
            staffing.pharmacists = staffing.pharmacists.saturating_add(count(Duty::Pharmacist));
        }
        staffing
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use pharmacy_protocol::entry::{Boot, BootId};
    use proptest::prelude::*;

    use super::*;
    use crate::core::moment::Moment;

    const NOON_MS: i64 = 1_763_784_000_000;
    const HOUR_MS: i64 = 3_600_000;
    const LONGEST_MS: i64 = 16 * HOUR_MS;

    fn contract(from: Date, until: Date) -> Contract {
        Contract { from, until }
    }

    fn member(duties: &[Duty]) -> Member {
        Member {
            staff: "S01".parse().unwrap(),
            name: "王小药".into(),
            duties: duties.iter().copied().collect(),
            qualification: Some(Qualification {
                title: Title::LicensedPharmacist,
                certificate: "ZY-4403-001".into(),
                locality: "440305".parse().unwrap(),
            }),
            contract: contract(date(2025, 1, 1), date(2025, 12, 31)),
            retired: None,
        }
    }

    fn registered(duties: &[Duty]) -> Registered {
        let key = StaffKey::of_seed(&pharmacy_protocol::Secret::new([1; 32])).unwrap();
        Registered::new(member(duties), key, vec![1, 2, 3])
    }

    #[test]
    fn words_round_trip_and_stand_in_order() {
        assert!(Duty::ALL.is_sorted_by_key(|duty| duty.name()));
        for duty in Duty::ALL {
            assert_eq!(duty.name().parse(), Ok(duty));
            let json = serde_json::to_string(&duty).unwrap();
            assert_eq!(json, format!("\"{}\"", duty.name()));
        }
        assert!(Title::ALL.is_sorted_by_key(|title| title.name()));
        for title in Title::ALL {
            assert_eq!(title.name().parse(), Ok(title));
            let json = serde_json::to_string(&title).unwrap();
            assert_eq!(json, format!("\"{}\"", title.name()));
        }
        assert_eq!("boss".parse::<Duty>(), Err(WordError));
        assert_eq!("boss".parse::<Title>(), Err(WordError));
    }

    #[test]
    fn a_pin_has_six_to_twelve_digits_and_is_not_the_first_to_be_guessed() {
        for (pin, answer) in [
            ("270418", Ok(())),
            ("112233445566", Ok(())),
            ("121212", Ok(())),
            ("27041", Err(StaffError::PinForm)),
            ("2704182704182", Err(StaffError::PinForm)),
            ("27O418", Err(StaffError::PinForm)),
            ("２７０４１８", Err(StaffError::PinForm)),
            ("", Err(StaffError::PinForm)),
            ("777777", Err(StaffError::PinTrivial)),
            ("123456", Err(StaffError::PinTrivial)),
            ("890123", Err(StaffError::PinTrivial)),
            ("9876543210", Err(StaffError::PinTrivial)),
            ("210987", Err(StaffError::PinTrivial)),
            ("200417", Err(StaffError::PinTrivial)),
        ] {
            assert_eq!(
                check_pin(pin, &"S-200417".parse().unwrap()),
                answer,
                "{pin}"
            );
        }
    }

    // R32: contracts of a year at least, and in force.
    #[test]
    fn only_contracts_of_a_year_that_are_in_force_count() {
        let today = date(2025, 11, 22);
        let managers = |contract, retired| {
            let mut manager = member(&[Duty::InsuranceManager, Duty::Pharmacist]);
            manager.contract = contract;
            manager.retired = retired;
            Staffing::of([&manager], today)
        };
        for (from, until, retired, counts) in [
            (date(2025, 1, 1), date(2025, 12, 31), None, 1),
            (date(2025, 1, 1), date(2025, 12, 30), None, 0),
            (date(2024, 2, 29), date(2026, 2, 28), None, 1),
            (date(2025, 11, 22), date(2026, 11, 21), None, 1),
            (date(2025, 11, 23), date(2027, 11, 22), None, 0),
            (date(2020, 1, 1), date(2025, 11, 21), None, 0),
            (date(2020, 1, 1), date(2025, 11, 22), None, 1),
            (date(2020, 1, 1), date(2029, 1, 1), Some(today), 0),
            (
                date(2020, 1, 1),
                date(2029, 1, 1),
                Some(date(2025, 11, 23)),
                1,
            ),
        ] {
            let staffing = managers(contract(from, until), retired);
            assert_eq!(staffing.managers, counts, "{from} {until}");
            assert_eq!(staffing.pharmacists, counts, "{from} {until}");
            assert!(staffing.is_kept);
        }
        assert_eq!(Staffing::of([], today), Staffing::default());
    }

    // R15: qualified, registered in the store's city, on duty; the first lack is told.
    #[test]
    fn competence_is_qualification_locality_and_duty() {
        let competence = |registered: &Registered, region: &str, at_ms| {
            let day = date(2025, 11, 22);
            registered.competence(&region.parse().unwrap(), (at_ms, day), LONGEST_MS)
        };
        let mut pharmacist = registered(&[Duty::Pharmacist]);
        assert_eq!(
            competence(&pharmacist, "440300", NOON_MS),
            Competence::OffDuty
        );
        let at = (ActPlace::Store, None);
        pharmacist.begin_shift(NOON_MS, at, LONGEST_MS);
        assert_eq!(
            competence(&pharmacist, "440300", NOON_MS),
            Competence::Competent
        );
        assert_eq!(
            competence(&pharmacist, "440100", NOON_MS),
            Competence::Elsewhere
        );
        // What was reviewed on duty stays reviewed on duty.
        pharmacist.end_shift(NOON_MS + HOUR_MS, LONGEST_MS);
        assert_eq!(
            competence(&pharmacist, "440300", NOON_MS),
            Competence::Competent
        );
        let later_ms = NOON_MS + HOUR_MS;
        assert_eq!(
            competence(&pharmacist, "440300", later_ms),
            Competence::OffDuty
        );
        let mut cashier = registered(&[Duty::Cashier]);
        cashier.begin_shift(NOON_MS, (ActPlace::Store, None), LONGEST_MS);
        assert_eq!(
            competence(&cashier, "440300", NOON_MS),
            Competence::Unqualified
        );
        pharmacist.member.contract.until = date(2025, 11, 21);
        assert_eq!(
            competence(&pharmacist, "440300", NOON_MS),
            Competence::Unqualified
        );
    }

    #[test]
    fn a_city_is_four_digits_and_a_municipality_two() {
        for (one, other, is_same) in [
            ("440300", "440305", true),
            ("440300", "440105", false),
            ("500101", "500229", true),
            ("110101", "120101", false),
        ] {
            let region = |code: &str| code.parse::<RegionCode>().unwrap();
            assert_eq!(is_same_city(&region(one), &region(other)), is_same);
        }
    }

    #[test]
    fn a_shift_ends_by_itself_and_moving_to_another_till_does_not_begin_it_anew() {
        let mut cashier = registered(&[Duty::Cashier]);
        let till = |number: &str| (ActPlace::Till, Some(number.parse().unwrap()));
        cashier.begin_shift(NOON_MS, till("01"), LONGEST_MS);
        cashier.begin_shift(NOON_MS + HOUR_MS, till("02"), LONGEST_MS);
        let shift = cashier.shift.clone().unwrap();
        assert_eq!(
            (shift.since_ms, shift.proven_ms),
            (NOON_MS, NOON_MS + HOUR_MS)
        );
        let end_ms = NOON_MS + HOUR_MS + LONGEST_MS;
        assert!(cashier.on_duty(end_ms - 1, LONGEST_MS).is_some());
        assert!(cashier.on_duty(end_ms, LONGEST_MS).is_none());
        assert!(cashier.on_duty(NOON_MS - 1, LONGEST_MS).is_none());
        cashier.begin_shift(end_ms + HOUR_MS, till("01"), LONGEST_MS);
        let ended = EndedShift {
            since_ms: NOON_MS,
            until_ms: end_ms,
        };
        assert_eq!(cashier.earlier, [ended]);
        for _ in 0..2 * KEPT_SHIFTS {
            cashier.end_shift(end_ms, LONGEST_MS);
            cashier.begin_shift(end_ms, till("01"), LONGEST_MS);
        }
        assert_eq!(cashier.earlier.len(), KEPT_SHIFTS);
    }

    #[test]
    fn duties_are_demanded_where_they_may_be_done() {
        let at = |duties: &[Duty], is_on_duty, needs, place| {
            let mut registered = registered(duties);
            if is_on_duty {
                registered.begin_shift(NOON_MS, (place, None), LONGEST_MS);
            }
            registered.demand_duty(needs, place, (NOON_MS, LONGEST_MS))
        };
        use ActPlace::{Remote, Store, Till};
        use Duty::{Cashier, InCharge, Pharmacist, RemotePharmacist};
        let both = [InCharge, RemotePharmacist];
        for (duties, is_on_duty, needs, place, answer) in [
            (&[InCharge][..], true, InCharge, Till, Ok(())),
            (&[InCharge], false, InCharge, Till, Err(StaffError::OffDuty)),
            (
                &[Cashier],
                true,
                InCharge,
                Till,
                Err(StaffError::Duty(InCharge)),
            ),
            (&both, true, InCharge, Remote, Err(StaffError::Place)),
            (&[Pharmacist], false, Pharmacist, Store, Ok(())),
            (&[RemotePharmacist], false, Pharmacist, Store, Ok(())),
            (&[RemotePharmacist], false, Pharmacist, Remote, Ok(())),
            (
                &[Pharmacist],
                true,
                Pharmacist,
                Remote,
                Err(StaffError::Duty(Pharmacist)),
            ),
            (
                &[Cashier],
                true,
                Pharmacist,
                Till,
                Err(StaffError::Duty(Pharmacist)),
            ),
        ] {
            assert_eq!(
                at(duties, is_on_duty, needs, place),
                answer,
                "{duties:?} {place:?}"
            );
        }
    }

    #[test]
    fn a_member_is_checked_before_it_is_registered() {
        let long = "长".repeat(MAX_NAME + 1);
        let change = |change: &dyn Fn(&mut Member)| {
            let mut changed = member(&[Duty::Pharmacist]);
            change(&mut changed);
            check_member(&changed)
        };
        assert_eq!(change(&|_| {}), Ok(()));
        for name in ["", " 王", "王\n", long.as_str()] {
            let answer = change(&|member| member.name = name.to_owned());
            assert_eq!(answer, Err(StaffError::Name), "{name}");
        }
        let dutiless = change(&|member| member.duties.clear());
        assert_eq!(dutiless, Err(StaffError::Dutiless));
        let unqualified = change(&|member| member.qualification = None);
        assert_eq!(unqualified, Err(StaffError::Qualification));
        let order = change(&|member| member.contract.until = date(2024, 12, 31));
        assert_eq!(order, Err(StaffError::ContractOrder));
        let certificate = change(&|member| {
            if let Some(held) = &mut member.qualification {
                held.certificate = String::new();
            }
        });
        assert_eq!(certificate, Err(StaffError::Certificate));
    }

    #[test]
    fn prints_no_name() {
        let registered = registered(&[Duty::Cashier]);
        let printed = format!("{registered:?} {:?}", registered.member);
        assert_eq!(printed, "Registered(S01) Member(S01)");
    }

    proptest! {
        #[test]
        fn a_row_round_trips(wrong in 0_u32..20, since in any::<i64>(), ended in 0_usize..3) {
            let mut row = registered(&[Duty::Cashier, Duty::InCharge]);
            let run = Boot { id: BootId::new([7; 8]), mono_ms: 5 };
            let moment = Moment { run, now_ms: since };
            for _ in 0..wrong {
                row.lock.at_mut(Side::Review).count(moment);
            }
            for _ in 0..ended {
                row.begin_shift(since, (ActPlace::Store, None), LONGEST_MS);
                row.end_shift(since, LONGEST_MS);
            }
            row.begin_shift(since, (ActPlace::Remote, None), LONGEST_MS);
            let bytes = serde_json::to_vec(&row).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Registered>(&bytes).unwrap(), row);
        }

        #[test]
        fn no_shift_ends_before_it_begins(since in any::<i64>(), now in any::<i64>()) {
            let mut row = registered(&[Duty::Cashier]);
            row.begin_shift(since, (ActPlace::Store, None), LONGEST_MS);
            row.end_shift(now, LONGEST_MS);
            prop_assert!(row.earlier[0].until_ms >= row.earlier[0].since_ms);
        }
    }
}
