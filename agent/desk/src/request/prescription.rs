//! Prescriptions of the local API: each answer is kept with what it tells of, for a repetition.

use pharmacy_protocol::term::SaleId;

use super::answer::keep_answer;
use crate::core::prescription::{OddForm, PrescriptionError, odd_forms};
use crate::prescription::change::{Bond, Change, beside};
use crate::prescription::known::Completion;
use crate::prescription::told::{CheckedImage, Taken};
use crate::{
    Call, Desk, DeskError, DeskHandle, Image, PrescriptionTold, PrescriptionView, Reply, SaleView,
};

impl Desk {
    /// Records a step that the local API asked for; its answer is kept with it, for a repetition.
    fn record_asked(
        &mut self,
        call: &Call,
        change: Change,
        odd: &[OddForm],
    ) -> Result<(u64, Reply), DeskError> {
        let now_ms = self.clock.now_ms();
        let keys = self.journal.keys().clone();
        let recorded = self.record_alone(&call.caller.till, change, |transaction, kept| {
            let mut view = PrescriptionView::of(kept);
            view.warnings = odd.iter().map(|odd| odd.member()).collect();
            let reply = Reply::json(201, &view)?;
            keep_answer(call, None, &reply, transaction, &keys, now_ms)?;
            Ok((kept.id, reply))
        })?;
        Ok(recorded.into_value())
    }

    fn post(&mut self, call: &Call, told: PrescriptionTold) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(call, None)? {
            return Ok(reply);
        }
        let taken = self.take_in_today(told)?;
        let odd = odd_forms(&taken.written);
        if let Some(known) = self.known_as(&taken.written)? {
            return self.post_again(call, known, taken);
        }
        let change = self.received(taken, Vec::new(), None)?;
        let (id, reply) = self.record_asked(call, change, &odd)?;
        self.report_series(&call.caller.till, id, None)?;
        Ok(reply)
    }

    /// One that is kept already: what is told more of it is added.
    fn post_again(&mut self, call: &Call, known: u64, taken: Taken) -> Result<Reply, DeskError> {
        self.demand_left(known)?;
        let change = self.completing(known, taken, Completion::Always)?;
        let change = change.ok_or(PrescriptionError::Changed)?;
        let (_, reply) = self.record_asked(call, change, &[])?;
        Ok(reply)
    }

    fn post_image(
        &mut self,
        call: &Call,
        id: u64,
        image: CheckedImage,
    ) -> Result<Reply, DeskError> {
        let till = &call.caller.till;
        self.demand_room_for_image(id)?;
        let image = self.record_image(till, image)?;
        let change = self.showing(id, &image)?;
        let (id, reply) = self.record_asked(call, change, &[])?;
        self.report_series(till, id, None)?;
        Ok(reply)
    }
}

impl DeskHandle {
    /// Takes in a prescription of the local API; it is attached to no sale yet.
    pub async fn post_prescription(
        &self,
        call: Call,
        told: PrescriptionTold,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.post(&call, told)).await
    }

    /// A prescription, as the local API shows it.
    pub async fn show_prescription(&self, prescription: u64) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            Reply::json(200, &PrescriptionView::of(&desk.load_kept(prescription)?.0))
        })
        .await
    }

    /// Adds an image to a prescription that no pharmacist has reviewed yet.
    pub async fn post_prescription_image(
        &self,
        call: Call,
        prescription: u64,
        image: Image,
    ) -> Result<Reply, DeskError> {
        let asked = call.clone();
        let known = self
            .run(move |desk| match desk.repeated(&asked, None)? {
                Some(reply) => Ok(Some(reply)),
                None => desk.demand_room_for_image(prescription).map(|()| None),
            })
            .await?;
        if let Some(reply) = known {
            return Ok(reply);
        }
        let reader = self.page_reader.clone();
        let image = beside(move || CheckedImage::check(image, reader.as_deref())).await?;
        let till = call.caller.till.clone();
        let images = self.demand_unseen(&till, vec![image], Some(prescription));
        let Some(image) = images.await?.pop() else {
            return Err(DeskError::Busy);
        };
        self.run(move |desk| desk.post_image(&call, prescription, image))
            .await
    }

    /// Attaches a prescription to a sale of the caller's till.
    pub async fn put_sale_prescription(
        &self,
        call: Call,
        sale: SaleId,
        prescription: u64,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            if let Some(reply) = desk.repeated(&call, Some(&sale))? {
                return Ok(reply);
            }
            let (mut sale, _) = desk.load(&call.caller, &sale)?;
            let change = desk.attaching(&sale, prescription)?;
            let step = desk.bound_step(&mut sale, Bond::Attach, change)?;
            desk.commit(&call, sale, step, |at| {
                Reply::json(200, &SaleView::new(at.sale, at.index, at.now_ms))
            })
        })
        .await
    }
}
