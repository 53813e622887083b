//! Names that a sale bears from a call on, and how they are made.

use pharmacy_protocol::term::TillNumber;

use super::call::Arriving;
use crate::core::sale::Sale;
use crate::step::{At, Write};
use crate::{Desk, DeskError};
use pharmacy_interface::{FeeLine, Settlement};
use pharmacy_journal::store::{NameDigest, NameKind};

/// Names that a sale bears from a call on.
pub(crate) struct Names {
    pub(crate) open: Option<NameDigest>,
    pub(crate) visit: Option<NameDigest>,
    pub(crate) fee_lines: Vec<NameDigest>,
    /// Those of them that a live sale bears: they stay its own.
    pub(crate) taken: Vec<NameDigest>,
}

impl Write for Names {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError> {
        let sale = at.sale.id.counter();
        let put = |kind, name| at.transaction.put_sale_name(kind, name, sale);
        if let Some(open) = &self.open {
            put(NameKind::Open, open)?;
        }
        if let Some(visit) = &self.visit {
            put(NameKind::Visit, visit)?;
        }
        let taken = |line: &&NameDigest| self.taken.contains(line);
        for line in self.fee_lines.iter().filter(|line| !taken(line)) {
            put(NameKind::FeeLine, line)?;
        }
        Ok(())
    }
}

/// A settlement that a call asks for, with the names of whose it is.
pub(super) struct Asked<'a> {
    pub(super) arriving: &'a Arriving,
    pub(super) settlement: &'a Settlement,
    /// The insured as a digest; the number itself is kept nowhere.
    pub(super) person: Option<String>,
    pub(super) visit: Option<NameDigest>,
}

impl Asked<'_> {
    pub(super) fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }
}

/// A serial shorter than this, leading zeros apart, is a line number: every receipt has a line 1.
const SERIAL: usize = 8;

impl Desk {
    /// What a call asks for.
    pub(super) fn asked<'a>(
        &self,
        arriving: &'a Arriving,
        settlement: &'a Settlement,
    ) -> Asked<'a> {
        let person = settlement.person.as_ref();
        Asked {
            arriving,
            settlement,
            person: person.map(|person| self.insured_name(person.expose()).as_text()),
            visit: self.visit_name(settlement),
        }
    }

    /// What the sale is called from this message on. A fee line that stands in a settlement keeps
    /// its name until that is taken back: else a new calculation would hide a double.
    pub(super) fn names_of(&self, sale: &Sale, asked: &Asked<'_>) -> Result<Names, DeskError> {
        let (mut fee_lines, mut taken) = (Vec::new(), Vec::new());
        for line in &asked.settlement.lines {
            let Some(name) = self.fee_line_name(line, asked.person()) else {
                continue;
            };
            fee_lines.push(name);
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
        let till = asked.arriving.till();
        let person = asked.person();
        Ok(Names {
            open: person.map(|person| self.open_name(till, person)),
            visit: asked.visit,
            fee_lines,
            taken,
        })
    }

    pub(crate) fn insured_name(&self, person: &str) -> NameDigest {
        self.journal.keys().name_digest("insured", person)
    }

    pub(crate) fn open_name(&self, till: &TillNumber, person: &str) -> NameDigest {
        self.name(NameKind::Open, &format!("{till}/{person}"))
    }

    pub(crate) fn visit_name(&self, settlement: &Settlement) -> Option<NameDigest> {
        let visit = settlement.visit.as_ref()?;
        let batch = visit.batch.as_deref().unwrap_or_default();
        Some(self.name(NameKind::Visit, &format!("{}/{batch}", visit.id)))
    }

    /// What makes a fee line one of a kind: its serial, or where this is a mere line number, the serial
    /// with moment, article and quantity.
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
