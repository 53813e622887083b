//! A line of a basket, as prescriptions are held against it.

use pharmacy_decision::facts::PrescribedDrug;
use pharmacy_decision::rule::{Likeness, likeness};
use pharmacy_protocol::term::{InsuranceCode, Quantity};

/// A line that may use prescriptions.
pub struct Wanted<'a> {
    pub line: u32,
    pub name: &'a str,
    pub code: Option<&'a InsuranceCode>,
    pub quantity: Quantity,
}

impl Wanted<'_> {
    /// Is the article this drug, beyond doubt?
    pub fn is(&self, drug: &PrescribedDrug) -> bool {
        likeness(drug, self.name, self.code) == Some(Likeness::Same)
    }

    /// May the article be this drug?
    pub fn may_be(&self, drug: &PrescribedDrug) -> bool {
        likeness(drug, self.name, self.code).is_some()
    }
}
