//! The staff: who is in the register, who is on duty, who did something without signing.

use std::collections::BTreeSet;
use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use super::duty::{Duty, Title, WordError};
use crate::act::{SignedAct, StaffKey};
use crate::term::{Infno, RegionCode, StaffId};

/// By what, where and under which number somebody is a pharmacist.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Qualification {
    /// By which title.
    pub title: Title,
    /// The certificate's number.
    pub certificate: String,
    /// Where it is registered, as a region code.
    pub locality: RegionCode,
}

/// A contract of employment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contract {
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub until: Date,
}

impl Contract {
    /// Is it in force on a day?
    pub fn is_in_force(&self, day: Date) -> bool {
        (self.from..=self.until).contains(&day)
    }

    /// Does it run for a year at least, as the staffing rule asks (R32)?
    ///
    /// LAW: 江门方案, annex 3, 5: contracts of one year or more. From 1 January to 31 December is a year.
    pub fn is_long_enough(&self) -> bool {
        let year = self.from.checked_add(1.year());
        let last = year.and_then(|day| day.checked_sub(1.day()));
        last.is_ok_and(|last| self.until >= last)
    }
}

/// A member of staff as people enter them. Prints the id only.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Member {
    /// Their number in the register.
    pub staff: StaffId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub duties: BTreeSet<Duty>,
    /// By what they are a pharmacist.
    pub qualification: Option<Qualification>,
    /// Their contract.
    pub contract: Contract,
    /// The first day on which they work here no longer.
    pub retired: Option<Date>,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({})", self.staff)
    }
}

impl Member {
    /// Do they work here on a day?
    pub fn is_in_force(&self, day: Date) -> bool {
        self.contract.is_in_force(day) && self.retired.is_none_or(|retired| day < retired)
    }

    /// Have they a duty?
    pub fn has(&self, duty: Duty) -> bool {
        self.duties.contains(&duty)
    }

    /// Do they review prescriptions, here or from elsewhere?
    pub fn reviews(&self) -> bool {
        self.has(Duty::Pharmacist) || self.has(Duty::RemotePharmacist)
    }
}

/// The register of staff changed.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StaffChange {
    /// What changed.
    pub change: StaffChangeKind,
    /// The member as they are from here on.
    pub member: Member,
    /// The key that their signatures are checked with from here on.
    pub key: StaffKey,
    /// Who in charge answers for it: a new key, somebody else in charge. None where nobody else is in charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<SignedAct>,
}

/// What changed of a member.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StaffChangeKind {
    /// They were entered.
    Added,
    /// Duties, contract, qualification or retirement.
    Amended,
    /// They forgot their PIN: a new key signs from here on.
    KeyRenewed,
    /// The same key lies under another PIN.
    PinChanged,
}

/// Somebody came or went, but for who signed in: that is a signed act.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "shift"
)]
pub enum Shift {
    /// A till's own sign-in or sign-out (9001, 9002) was seen. Never the sign-in's number (R04).
    Call {
        /// The call.
        infno: Infno,
        /// Who operates the till, as it says.
        operator: Option<String>,
    },
    /// A member's shift ended; nobody signs for that.
    Ended {
        /// Whose.
        staff: StaffId,
        /// `lapsed`, or where they signed out.
        how: String,
    },
}

/// Who did something that nobody signed.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unsigned {
    /// At which till, and which program or page.
    pub by: String,
    /// Who was signed in there.
    pub staff: Option<StaffId>,
    /// Why, as typed.
    pub reason: Option<String>,
}
