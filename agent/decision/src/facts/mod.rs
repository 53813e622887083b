//! Everything a verdict rests on, gathered by the desk and recorded with the verdict.
//!
//! Facts name nobody: persons are references under the store's key. They are recorded as they stand
//! here, so a field added later needs a default that keeps old verdicts replayable.

mod bill;
mod content;
mod evidence;
mod line;
mod people;
mod prescription;
mod store;

use jiff::civil::Date;
use pharmacy_protocol::term::{Fen, StaffId};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;

pub use bill::Bill;
pub use content::content_of;
pub use evidence::{Carried, Credential, Evidence, EvidenceKind};
pub use line::{
    Article, Dispensing, Line, Mapping, NoCodeLot, Offered, Pack, PackProduct, PackState, Posted,
    Registration, Split, SupplyException, in_packs, uncoded,
};
pub use people::{Buyer, Document, Listing, Patient, Payer, People, Person, ProxyReason, Relation};
pub use pharmacy_protocol::term::{Fund, Tender, Transport};
pub use prescription::{
    CareSetting, Competence, HospitalLevel, Institution, Physician, PrescribedDrug, Prescription,
    PrescriptionForm, Review, ReviewPlace, Sheet, Supply,
};
pub use store::{Agreement, Arrival, Enrolment, Premises, Stage, Store};

/// The facts of one assessment.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Facts {
    /// The day of the sale, in the store's own time.
    pub today: Date,
    /// The store and its standing.
    pub store: Store,
    /// Which money of the insurance pays.
    pub fund: Fact<Fund>,
    /// The kind of insurance (险种) that pays.
    pub insurance: Fact<Insurance>,
    /// Who is who in this sale.
    pub people: People,
    /// What shows that somebody is here.
    pub evidence: Vec<Evidence>,
    /// Account money that the holder spent here earlier on this day, less what was taken back.
    #[serde(default, skip_serializing_if = "is_not_asked")]
    pub spent_today: Fact<Fen>,
    /// Prescriptions attached to the sale.
    pub prescriptions: Vec<Prescription>,
    /// What the patient was supplied before, newest first.
    pub history: Fact<Vec<Supply>>,
    /// The basket.
    pub lines: Vec<Line>,
    /// What the bill's head says; none where there is no head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
    /// What the person in charge released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<Released>,
}

fn is_not_asked(spent: &Fact<Fen>) -> bool {
    *spent == Fact::default()
}

/// A reason that the person in charge released, or a question that they answered for (R07).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Released {
    /// The rule.
    pub rule: String,
    /// The line concerned.
    pub line: Option<u32>,
    /// Who released it.
    pub by: StaffId,
}

/// The kind of insurance (险种).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Insurance {
    /// Employees' basic medical insurance (310).
    Employee,
    /// Maternity insurance (510).
    Maternity,
    /// Another kind.
    Other,
    /// Residents' basic medical insurance (390).
    Resident,
    /// Work-injury insurance (工伤).
    WorkInjury,
}

impl Facts {
    /// Who takes the medicine.
    pub fn patient(&self) -> &Person {
        match &self.people.patient {
            Patient::Family { person, .. } => person,
            Patient::Holder => &self.people.holder,
        }
    }
}
