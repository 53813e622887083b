//! Who works in the demo's store, entered into the register as `staff add` enters them.

use jiff::civil::date;
use pharmacy_protocol::Secret;
use pharmacy_protocol::act::StaffKey;
use pharmacy_protocol::term::StaffId;

use pharmacy_agent::failure::Failure;
use pharmacy_desk::core::staff::{Contract, Duty, Member, Qualification, Title};
use pharmacy_desk::enrol::{self, NewPin, SealedKey};
use pharmacy_journal::{Journal, PinCost};

/// Somebody who works here. The PINs are printed: they guard nothing but this demo.
pub(super) struct Worker {
    /// Their number.
    pub(super) id: &'static str,
    /// Their name.
    pub(super) name: &'static str,
    /// Their PIN.
    pub(super) pin: &'static str,
    what: &'static str,
    duties: &'static [Duty],
    title: Option<Title>,
}

/// Operates the till.
pub(super) const CASHIER: Worker = Worker {
    id: "S01",
    name: "样例甲",
    pin: "270418",
    what: "收银员 cashier",
    duties: &[Duty::Cashier, Duty::InsuranceManager],
    title: None,
};

/// Answers for the store.
pub(super) const IN_CHARGE: Worker = Worker {
    id: "S02",
    name: "样例乙",
    pin: "580316",
    what: "负责人 person in charge",
    duties: &[Duty::InCharge, Duty::InsuranceManager],
    title: None,
};

/// Reviews in the store.
pub(super) const PHARMACIST: Worker = Worker {
    id: "S03",
    name: "样例丙",
    pin: "914072",
    what: "药师 pharmacist",
    duties: &[Duty::Pharmacist],
    title: Some(Title::LicensedPharmacist),
};

/// Reviews for the chain, from elsewhere.
pub(super) const REMOTE: Worker = Worker {
    id: "S04",
    name: "样例丁",
    pin: "836205",
    what: "总部远程药师 the chain's pharmacist",
    duties: &[Duty::RemotePharmacist],
    title: Some(Title::LicensedPharmacist),
};

/// All of them.
pub(super) const ALL: [Worker; 4] = [CASHIER, IN_CHARGE, PHARMACIST, REMOTE];

impl Worker {
    /// Who it is and what they are.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.id, self.what)
    }

    fn member(&self, staff: StaffId) -> Result<Member, Failure> {
        let region = super::stage::REGION.parse();
        let locality = region.map_err(|error| Failure::of("demo.failed", &error))?;
        Ok(Member {
            staff,
            name: self.name.to_owned(),
            duties: self.duties.iter().copied().collect(),
            qualification: self.title.map(|title| Qualification {
                title,
                certificate: format!("DEMO-{}", self.id),
                locality,
            }),
            contract: Contract {
                from: date(2020, 1, 1),
                until: date(2099, 12, 31),
            },
            retired: None,
        })
    }
}

/// Public keys with which the staff's signatures are checked.
pub(super) struct StaffKeys(Vec<(StaffId, StaffKey)>);

impl StaffKeys {
    /// Somebody's number and key.
    pub(super) fn of(&self, worker: &Worker) -> Option<(&StaffId, &StaffKey)> {
        let mut known = self.0.iter();
        let found = known.find(|(staff, _)| staff.as_str() == worker.id)?;
        Some((&found.0, &found.1))
    }
}

/// Enters all of them, each with a key of their own under their PIN.
pub(super) fn enrol(journal: &mut Journal) -> Result<StaffKeys, Failure> {
    let mut keys = Vec::with_capacity(ALL.len());
    for worker in &ALL {
        let staff: StaffId = worker
            .id
            .parse()
            .map_err(|error| Failure::of("demo.failed", &error))?;
        let pin = Secret::new(worker.pin.to_owned());
        let new = NewPin {
            pin: &pin,
            cost: PinCost::SHOP,
        };
        let failed = |error: pharmacy_desk::DeskError| Failure::of(error.code(), &error);
        let key = SealedKey::mint(journal.keys(), &staff, &new).map_err(failed)?;
        let public = key.key;
        enrol::add(journal, worker.member(staff.clone())?, key, None).map_err(failed)?;
        keys.push((staff, public));
    }
    Ok(StaffKeys(keys))
}

/// Who can sign in, for whoever tries the pages.
pub(super) fn shown() -> String {
    let row = |worker: &Worker| format!("  {}  PIN {}\n", worker.shown(), worker.pin);
    ALL.iter().map(row).collect()
}
