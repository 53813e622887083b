//! Prescriptions of which somebody says that something is wrong: nothing rests on them until a
//! pharmacist or the person in charge signs that they are in order.
//!
//! Saying so takes one key and no PIN: whoever hesitates is to stop the sale, not to look for a form.

use pharmacy_decision::record::prescription::PrescriptionStep;
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::term::EntryIndex;

use super::change::{Bond, Change};
use super::row::KeptRow;
use crate::core::prescription::{Doubt, MAX_TEXT, PrescriptionError, checked_text};
use crate::core::staff::Duty;
use crate::staff::{Act, OnDuty, Post, SignedAct};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place};

impl Desk {
    fn doubt_prescription(&mut self, caller: &Caller, id: u64) -> Result<Done, DeskError> {
        let (kept, entry) = self.load_kept(id)?;
        let waiting = kept.waiting.clone();
        let by = self.signed_in(&caller.till)?;
        let kept = kept.put_in_doubt(Doubt {
            at_ms: self.clock.now_ms(),
            by: by.clone(),
        })?;
        let record = PrescriptionStep::Doubted {
            prescription: id,
            status: kept.life.status(),
            by,
        };
        let row = KeptRow::changed(self.journal.keys(), kept);
        let change = Change::new(row, &record)?.resting_on([entry, EntryIndex::new(id)]);
        let sale = self.sale_concerned(&caller.till, waiting.as_ref())?;
        self.record_kept(&caller.till, sale.map(|sale| (sale, Bond::Touch)), change)?;
        let mark = format!("{id}/{}", entry.value());
        self.report_prescriptions(&caller.till, "prescription.doubtful", &mark, vec![id])?;
        Ok(Done::new("prescription.doubt-recorded").with(id))
    }

    fn record_lifted(
        &mut self,
        caller: &Caller,
        id: u64,
        before: EntryIndex,
        signed: SignedAct,
    ) -> Result<Done, DeskError> {
        let (kept, entry) = self.load_kept(id)?;
        if entry != before {
            return Err(PrescriptionError::Changed.into());
        }
        let waiting = kept.waiting.clone();
        let kept = kept.lift_doubt()?;
        let record = PrescriptionStep::DoubtLifted {
            prescription: id,
            status: kept.life.status(),
        };
        let row = KeptRow::changed(self.journal.keys(), kept);
        let change = Change::new(row, &record)?
            .with(signed.part)
            .resting_on([entry, EntryIndex::new(id)]);
        let sale = self.sale_concerned(&caller.till, waiting.as_ref())?;
        self.record_kept(&caller.till, sale.map(|sale| (sale, Bond::Touch)), change)?;
        Ok(Done::new("prescription.doubt-lifted").with(id))
    }

    /// Who may say that one in doubt is in order: the person in charge, or else a pharmacist on duty.
    fn may_lift(&self, by: &Credentials) -> Result<Duty, DeskError> {
        let on_duty = self.on_duty()?;
        let is_they = |one: &OnDuty| one.staff == by.staff && one.is_in_charge;
        Ok(match on_duty.iter().any(is_they) {
            true => Duty::InCharge,
            false => {
                self.demand_reviewer(&by.staff, Place::Store)?;
                Duty::Pharmacist
            }
        })
    }
}

impl DeskHandle {
    /// Says that something is wrong with a prescription: nothing rests on it until that is looked into.
    pub async fn doubt_prescription(
        &self,
        caller: Caller,
        prescription: u64,
    ) -> Result<Done, DeskError> {
        self.run(move |desk| desk.doubt_prescription(&caller, prescription))
            .await
    }

    /// Signs that a prescription in doubt is in order.
    pub async fn lift_doubt(
        &self,
        caller: Caller,
        place: Place,
        prescription: u64,
        reason: String,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let out_of_bounds = PrescriptionError::OutOfBounds { member: "reason" };
        let reason = checked_text("reason", Some(reason), MAX_TEXT)?.ok_or(out_of_bounds)?;
        let asked = by.clone();
        let looked = self.run(move |desk| {
            let (kept, entry) = desk.load_kept(prescription)?;
            let _ = kept.lift_doubt()?;
            Ok((entry, desk.may_lift(&asked)?))
        });
        let (entry, needs) = looked.await?;
        let act = Act {
            kind: ActKind::Lift,
            sale: None,
            about: vec![EntryIndex::new(prescription), entry],
            what: serde_json::json!({ "prescription": prescription }),
            reason: Some(reason),
        };
        let signed = self.sign(Post::new(&caller, place), needs, by, act).await?;
        self.run(move |desk| desk.record_lifted(&caller, prescription, entry, signed))
            .await
    }
}
