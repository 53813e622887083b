//! Names that a sale bears from a call on, and how they are made.

use super::call::Arriving;
use crate::core::sale::Sale;
use crate::{Desk, DeskError};
use pharmacy_interface::{FeeLine, Settlement};
use pharmacy_journal::store::{NameDigest, NameKind, Transaction};

/// Names that a sale bears from a call on.
pub(crate) struct Names {
    pub(crate) open: Option<NameDigest>,
    pub(crate) visit: Option<NameDigest>,
    pub(crate) fee_lines: Vec<NameDigest>,
    /// Those of them that a live sale bears: they stay its own.
    pub(crate) taken: Vec<NameDigest>,
}

impl Names {
    pub(crate) fn put(&self, transaction: &Transaction<'_>, sale: u64) -> Result<(), DeskError> {
        if let Some(open) = &self.open {
            transaction.put_sale_name(NameKind::Open, open, sale)?;
        }
        if let Some(visit) = &self.visit {
            transaction.put_sale_name(NameKind::Visit, visit, sale)?;
        }
        let taken = |line: &&NameDigest| self.taken.contains(line);
        for line in self.fee_lines.iter().filter(|line| !taken(line)) {
            transaction.put_sale_name(NameKind::FeeLine, line, sale)?;
        }
        Ok(())
    }
}

/// A serial shorter than this, leading zeros apart, is a line number: every receipt has a line 1.
const SERIAL: usize = 8;

impl Desk {
    /// What the sale is called from this message on. A fee line that stands in a settlement keeps
    /// its name until that is taken back: else a new calculation would hide a double.
    pub(crate) fn names_of(
        &self,
        sale: &Sale,
        arriving: &Arriving,
        (settlement, person, visit): (&Settlement, Option<&str>, Option<NameDigest>),
    ) -> Result<Names, DeskError> {
        let fee_lines = self.fee_line_names(settlement, person);
        let mut taken = Vec::new();
        for line in &settlement.lines {
            let Some(name) = self.fee_line_name(line, person) else {
                continue;
            };
            let owner = self.bearer(NameKind::FeeLine, &name)?;
            let other = owner.filter(|owner| *owner != sale.id.counter());
            let Some(other) = other else { continue };
            let other = self.load_counter(other)?;
            if other.is_some_and(|other| {
                other.double().is_some() && other.has_serial(line.serial.as_ref())
            }) {
                taken.push(name);
            }
        }
        Ok(Names {
            open: person.map(|person| self.open_name(arriving, person)),
            visit,
            fee_lines,
            taken,
        })
    }

    /// The insured as a digest; the number itself is kept nowhere.
    pub(crate) fn person_name(&self, settlement: &Settlement) -> Option<String> {
        let person = settlement.person.as_ref()?;
        Some(self.insured_name(person.expose()).as_text())
    }

    pub(crate) fn insured_name(&self, person: &str) -> NameDigest {
        self.journal.keys().name_digest("insured", person)
    }

    pub(crate) fn open_name(&self, arriving: &Arriving, person: &str) -> NameDigest {
        self.open_name_at(arriving.call.caller.till.as_str(), person)
    }

    pub(crate) fn open_name_at(&self, till: &str, person: &str) -> NameDigest {
        self.name(NameKind::Open, &format!("{till}/{person}"))
    }

    pub(crate) fn visit_name(&self, settlement: &Settlement) -> Option<NameDigest> {
        let visit = settlement.visit.as_ref()?;
        let batch = visit.batch.as_deref().unwrap_or_default();
        Some(self.name(NameKind::Visit, &format!("{}/{batch}", visit.id)))
    }

    /// What makes fee lines one of a kind: their serials, or where these are mere line numbers, the
    /// serial with moment, article and quantity.
    pub(crate) fn fee_line_names(
        &self,
        settlement: &Settlement,
        person: Option<&str>,
    ) -> Vec<NameDigest> {
        let lines = settlement.lines.iter();
        lines
            .filter_map(|line| self.fee_line_name(line, person))
            .collect()
    }

    pub(crate) fn fee_line_name(&self, line: &FeeLine, person: Option<&str>) -> Option<NameDigest> {
        let serial = line.serial.as_deref()?;
        let person = person.unwrap_or_default();
        let name = if serial.trim_start_matches('0').len() >= SERIAL {
            format!("{person}/{serial}")
        } else {
            let at = line.at.as_deref()?;
            let sku = line.sku.as_ref().map(ToString::to_string);
            let sku = sku.unwrap_or_default();
            format!("{person}/{serial}/{at}/{sku}/{}", line.quantity)
        };
        Some(self.name(NameKind::FeeLine, &name))
    }
}
