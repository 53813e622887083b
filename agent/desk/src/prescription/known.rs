//! A prescription that is told again: by institution, number, day and patient it is the one that is kept,
//! until its quantity is used up; and more of what stands on one that is kept.
//!
//! In scope: finding it, completing it, one picture under two prescriptions. Out of scope: what makes two
//! of them one (`core::prescription::same`).

use pharmacy_decision::Fact;
use pharmacy_decision::record::prescription::{PrescriptionStep, Written};
use pharmacy_protocol::term::{EntryIndex, TillNumber};

use super::change::{Bond, Change, beside};
use super::row::{KeptRow, image_name, look_name, number_name};
use super::told::{CheckedImage, Taken};
use crate::core::image::MAX_IMAGES;
use crate::core::prescription::{
    ImageEntry, Kept, Life, PrescriptionError, Sameness, complete, dated, sameness,
};
use crate::core::sale::Sale;
use crate::{Caller, Desk, DeskError, DeskHandle, Done, PrescriptionTold};
use pharmacy_decision::facts::PrescriptionForm;
use pharmacy_decision::pack::PrescriptionTerms;
use pharmacy_device::paper::{ALIKE, Look};
use pharmacy_journal::Draft;
use pharmacy_journal::store::PrescriptionNameKind as NameKind;

/// Most prescriptions of one number or picture that are looked at.
const MOST_NAMED: usize = 20;

/// Most prescriptions whose pictures are compared with a new one: each takes some hundredths of a second.
const MOST_LOOKED_AT: usize = 60;

/// Whether a prescription that is kept can take the images that came with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Room {
    ForImages,
    None,
}

impl Desk {
    /// What the pack says of prescriptions here and today.
    pub(crate) fn prescription_terms(&self) -> PrescriptionTerms {
        let region = &self.setup.store.region;
        self.pack.prescription_terms(region, self.clock.today())
    }

    /// Holds a prescription as told at a till against everything that is known, its pictures by their
    /// digests; nothing is recorded yet but what is suspicious.
    pub(crate) fn look_over(
        &mut self,
        till: &TillNumber,
        told: PrescriptionTold,
        shown: &[String],
    ) -> Result<(Taken, Option<(u64, Room)>), DeskError> {
        let mut taken = self.take_in_today(told)?;
        let written = &taken.written;
        let is_paper = written.form == PrescriptionForm::Paper;
        if shown.is_empty() && written.number.is_none() && is_paper {
            // What the page filled in by itself, sent as it was.
            return Err(PrescriptionError::Empty.into());
        }
        taken.for_patient_of(self.find_seated(till)?.as_ref());
        let known = self.known_as(&taken.written)?;
        let reused = self.bearers_of(shown, known)?;
        if let Some(mark) = shown.first().filter(|_| !reused.is_empty()) {
            self.report_prescriptions(till, "prescription.image-reused", mark, reused)?;
            return Err(PrescriptionError::ImageKnown.into());
        }
        let room = known.map(|id| Ok::<_, DeskError>((id, self.room(id)?)));
        Ok((taken, room.transpose()?))
    }

    /// The same for whoever brings no picture.
    pub(crate) fn take_in_today(&self, told: PrescriptionTold) -> Result<Taken, DeskError> {
        let taken = self.take_in(told)?;
        taken.dated(&self.prescription_terms(), self.clock.today())
    }

    fn room(&self, id: u64) -> Result<Room, DeskError> {
        let (kept, _) = self.load_kept(id)?;
        Ok(
            match kept.images.is_empty() && kept.life == Life::Received {
                true => Room::ForImages,
                false => Room::None,
            },
        )
    }

    /// The prescription that is kept, if it is the one that is told.
    pub(crate) fn known_as(&self, written: &Written) -> Result<Option<u64>, DeskError> {
        let Some(number) = &written.number else {
            return Ok(None);
        };
        let name = number_name(self.journal.keys(), number);
        for kept in self.kept_named(NameKind::Number, &name, MOST_NAMED)? {
            // One that was turned down may be told anew: a pharmacist looks at it again.
            if kept.is_rejected() {
                continue;
            }
            match sameness(&kept, written) {
                Sameness::Another => {}
                Sameness::OtherPerson => return Err(PrescriptionError::OtherPerson.into()),
                Sameness::Same => return Ok(Some(kept.id)),
            }
        }
        Ok(None)
    }

    /// Other prescriptions that have one of these pictures.
    fn bearers_of(&self, shown: &[String], of: Option<u64>) -> Result<Vec<u64>, DeskError> {
        let mut found = Vec::new();
        for sha256 in shown {
            let name = image_name(self.journal.keys(), sha256);
            let bearers = self.kept_named(NameKind::Image, &name, MOST_NAMED)?;
            let is_another = |kept: &&Kept| Some(kept.id) != of && !kept.is_rejected();
            found.extend(bearers.iter().filter(is_another).map(|kept| kept.id));
        }
        Ok(found)
    }

    /// The newest prescriptions that were looked at, each with what its pictures look like.
    fn looked_at(&self, of: Option<u64>) -> Result<Vec<(u64, Vec<String>)>, DeskError> {
        let name = look_name(self.journal.keys());
        let mut kept = self.kept_named(NameKind::Look, &name, MOST_LOOKED_AT)?;
        kept.retain(|kept| Some(kept.id) != of && !kept.is_rejected());
        let looks = |kept: Kept| {
            let images = kept.images.into_iter();
            (kept.id, images.filter_map(|image| image.look).collect())
        };
        Ok(kept.into_iter().map(looks).collect())
    }

    /// Refuses pictures that belong to another prescription.
    pub(crate) fn demand_new_images(
        &self,
        images: &[ImageEntry],
        of: Option<u64>,
    ) -> Result<(), DeskError> {
        let shown: Vec<String> = images.iter().map(|image| image.sha256.clone()).collect();
        match self.bearers_of(&shown, of)?.is_empty() {
            true => Ok(()),
            false => Err(PrescriptionError::ImageKnown.into()),
        }
    }

    /// A prescription that was taken in before: what is told more of it is added, and the open sale
    /// rests on it.
    pub(crate) fn know_again(
        &mut self,
        till: &TillNumber,
        id: u64,
        taken: Taken,
        images: Vec<ImageEntry>,
        sale: Option<Sale>,
    ) -> Result<Done, DeskError> {
        self.demand_left(id)?;
        if let Some(change) = self.completing(id, taken, Completion::IfMore)? {
            self.record_kept(till, None, change)?;
        }
        for image in images.iter().take(MAX_IMAGES) {
            let change = self.showing(id, image)?;
            self.record_kept(till, None, change)?;
        }
        if let Some(sale) = sale {
            let change = self.attaching(&sale, id)?;
            self.record_kept(till, Some((sale, Bond::Attach)), change)?;
        }
        Ok(Done::new("prescription.known").with(id))
    }

    /// Refuses one of which nothing is left.
    pub(crate) fn demand_left(&self, id: u64) -> Result<(), DeskError> {
        let (kept, _) = self.load_kept(id)?;
        kept.demand_good(self.clock.today())?;
        match kept.is_under_way() {
            true => Ok(()),
            false => Err(PrescriptionError::UsedUp.into()),
        }
    }

    /// The step that adds what is told to a prescription that is kept.
    pub(crate) fn completing(
        &self,
        id: u64,
        taken: Taken,
        completion: Completion,
    ) -> Result<Option<Change>, DeskError> {
        let (mut kept, entry) = self.load_kept(id)?;
        if kept.is_rejected() {
            return Err(kept.not_now().into());
        }
        let before = kept.written.clone();
        let (patient, shown) = (
            taken.written.patient.clone(),
            taken.written.patient_shown.clone(),
        );
        let mut written = complete(kept.written.clone(), taken.written)?;
        match (written.patient.known(), patient) {
            (Some(is), Fact::Known(told)) if *is != told => {
                return Err(PrescriptionError::Contradicts { member: "patient" }.into());
            }
            (None, told @ Fact::Known(_)) => {
                written.patient = told;
                written.patient_shown = shown;
            }
            (Some(_) | None, _) => {}
        }
        let stood = kept.centre;
        if taken.is_fetched {
            kept = kept.fetched();
        }
        // Told late, it is held against the day on which it served.
        let on = kept.used_on.unwrap_or(self.clock.today());
        kept.written = dated(written, &self.prescription_terms(), on)?;
        let is_more = kept.written != before || kept.centre != stood;
        if !is_more && completion == Completion::IfMore {
            return Ok(None);
        }
        if kept.written.number != before.number {
            self.demand_unknown(&kept)?;
        }
        let record = PrescriptionStep::Completed {
            prescription: id,
            status: kept.life.status(),
            written: Box::new(kept.written.clone()),
        };
        let mut draft = Draft::of(&record)?.resting_on([entry, EntryIndex::new(id)]);
        if let Some(part) = taken.identity {
            draft = draft.with(part);
        }
        let row = KeptRow::completed(self.journal.keys(), kept);
        Ok(Some(Change { row, draft }))
    }

    /// A number that is added late is not another prescription's.
    fn demand_unknown(&self, kept: &Kept) -> Result<(), DeskError> {
        match self.known_as(&kept.written)? {
            Some(other) if other != kept.id => {
                Err(PrescriptionError::Contradicts { member: "number" }.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn complete_kept(
        &mut self,
        caller: &Caller,
        id: u64,
        told: PrescriptionTold,
    ) -> Result<Done, DeskError> {
        let taken = self.take_in(told)?;
        let (kept, _) = self.load_kept(id)?;
        if let Some(change) = self.completing(id, taken, Completion::IfMore)? {
            let waiting = kept.waiting.as_ref();
            let sale = self.sale_concerned(&caller.till, waiting)?;
            let sale = sale.map(|sale| (sale, Bond::Touch));
            self.record_kept(&caller.till, sale, change)?;
            self.report_series(&caller.till, id, None)?;
        }
        Ok(Done::new("prescription.completed").with(id))
    }
}

/// Whether a step that adds nothing is recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Completion {
    /// The asker is to hear of an entry.
    Always,
    IfMore,
}

/// Those of which a picture is another photograph of one of these.
fn alike(images: &[CheckedImage], known: &[(u64, Vec<String>)]) -> Vec<u64> {
    let is_alike = |look: &Look, text: &String| {
        let other = Look::parse(text);
        let likeness = other.and_then(|other| look.likeness(&other));
        likeness.is_some_and(|likeness| likeness >= ALIKE)
    };
    let looks: Vec<&Look> = images
        .iter()
        .filter_map(|image| image.look.as_ref())
        .collect();
    let is_known = |texts: &[String]| {
        let mut texts = texts.iter();
        texts.any(|text| looks.iter().any(|look| is_alike(look, text)))
    };
    let known = known.iter().filter(|(_, texts)| is_known(texts));
    known.map(|(id, _)| *id).collect()
}

impl DeskHandle {
    /// Refuses pictures that are other photographs of another prescription; they are compared beside the
    /// desk's thread.
    pub(crate) async fn demand_unseen(
        &self,
        till: &TillNumber,
        images: Vec<CheckedImage>,
        of: Option<u64>,
    ) -> Result<Vec<CheckedImage>, DeskError> {
        if images.iter().all(|image| image.look.is_none()) {
            return Ok(images);
        }
        let known = self.run(move |desk| desk.looked_at(of)).await?;
        let compared = beside(move || {
            let alike = alike(&images, &known);
            Ok((images, alike))
        });
        let (images, alike) = compared.await?;
        let Some(mark) = images.first().map(|image| image.sha256.clone()) else {
            return Ok(images);
        };
        if alike.is_empty() {
            return Ok(images);
        }
        let till = till.clone();
        self.run(move |desk| {
            desk.report_prescriptions(&till, "prescription.image-reused", &mark, alike)
        })
        .await?;
        Err(PrescriptionError::ImageKnown.into())
    }

    /// Tells what else stands on a prescription that is kept: what was not known is added, what is known
    /// stays.
    pub async fn complete_prescription(
        &self,
        caller: Caller,
        prescription: u64,
        told: PrescriptionTold,
    ) -> Result<Done, DeskError> {
        self.run(move |desk| desk.complete_kept(&caller, prescription, told))
            .await
    }
}
