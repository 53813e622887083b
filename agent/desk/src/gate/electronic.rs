//! Electronic prescriptions that a till fetches and writes off by itself (7201, 7203, 7206): what passes is
//! read, kept, and waits to be written off once a sale used it.
//!
//! The agent calls no centre: it has no key there. A write-off that did not pass yet is shown until one does.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{PrescribedDrug, PrescriptionForm};
use pharmacy_protocol::term::Quantity;

use super::WireCall;
use crate::{Desk, DeskError, PatientTold, PersonInput, PrescriptionTold};
use pharmacy_interface::electronic::{Fetched, FetchedDrug, Scanned, WrittenOff};
use pharmacy_interface::{Answer, Request};

/// Most tills' tokens that are remembered.
const MOST_TOKENS: usize = 64;

impl Desk {
    /// A call about electronic prescriptions that succeeded.
    pub(super) fn observe_electronic(
        &mut self,
        call: &WireCall,
        request: &Request,
        answer: &Answer,
    ) -> Result<(), DeskError> {
        if call.infno.as_str().starts_with(WRITE_OFF) {
            return match WrittenOff::read(request) {
                Some(written_off) => self.write_off(&call.caller.till, &written_off.number),
                None => Ok(()),
            };
        }
        if let Some(scanned) = Scanned::read(answer) {
            self.remember_scanned(scanned);
        }
        match Fetched::read(answer) {
            Some(fetched) => self.keep_fetched(call, request, fetched),
            None => Ok(()),
        }
    }

    /// Whose token it is, in memory alone: it opens that person's prescriptions at the centre.
    fn remember_scanned(&mut self, scanned: Scanned) {
        let person = PersonInput {
            number: scanned.number,
            name: scanned.name,
            sex: None,
            birth: None,
        };
        let tokens = &mut self.memory.tokens;
        if tokens.len() >= MOST_TOKENS {
            tokens.remove(0);
        }
        tokens.push((scanned.token, person));
    }

    /// The prescription that the centre handed out, kept once. One that cannot serve, because its day is
    /// over or it is known, is the till's own matter: the call passed.
    fn keep_fetched(
        &mut self,
        call: &WireCall,
        request: &Request,
        fetched: Fetched,
    ) -> Result<(), DeskError> {
        let asked = Scanned::asked(request);
        let holder = asked.and_then(|asked| {
            let tokens = self.memory.tokens.iter().rev();
            let mut own = tokens.filter(|(token, _)| token.expose() == asked.expose());
            own.next().map(|(_, person)| person.clone())
        });
        let told = told(fetched, holder);
        match self.take_in_fetched(&call.caller.till, told) {
            Err(DeskError::Prescription(error)) => {
                tracing::info!(till = %call.caller.till, code = error.code(), "an electronic prescription is not kept");
                Ok(())
            }
            kept => kept,
        }
    }
}

/// Number of the call that writes one off.
const WRITE_OFF: &str = "7206";

/// What the centre says, as what is told at the counter.
fn told(fetched: Fetched, holder: Option<PersonInput>) -> PrescriptionTold {
    let repeats = fetched.repeats.unwrap_or(1);
    let person = match (fetched.patient, fetched.patient_name) {
        (None, None) => holder,
        (number, name) => Some(PersonInput {
            number,
            name,
            sex: None,
            birth: None,
        }),
    };
    let drugs = fetched.drugs.into_iter();
    PrescriptionTold {
        number: Some(fetched.number),
        form: Some(PrescriptionForm::Electronic),
        patient: person.map_or(PatientTold::Unknown, PatientTold::Person),
        institution_code: fetched.institution_code,
        institution_name: fetched.institution_name,
        physician_code: fetched.physician_code,
        physician_name: fetched.physician_name,
        issued: fetched.issued,
        valid_until: fetched.valid_until,
        repeats: Some(repeats),
        interval: fetched.interval,
        drugs: drugs
            .map(|drug| prescribed(drug, fetched.repeated))
            .collect(),
        ..PrescriptionTold::default()
    }
}

/// A drug, with what other shops dispensed of it by then.
fn prescribed(drug: FetchedDrug, repeated: u32) -> PrescribedDrug {
    let once = drug.quantity.map_or(0, Quantity::units);
    PrescribedDrug {
        code: drug.code,
        name: drug.name,
        quantity: Fact::from_option(drug.quantity),
        days: Fact::from_option(drug.days),
        dispensed: Quantity::new(once.saturating_mul(i64::from(repeated))),
        matched_by: None,
    }
}
