//! Prescriptions that the store keeps: taken in, attached, reviewed, dispensed, put away.
//!
//! ```text
//! document × images ─► prescription (received) ─► prescription (approved │ rejected) ─► outcome of a sale
//! ```
//! The bytes of an image are a part of an entry of their own, so that each is erased on its own; the
//! prescription's entry refers to them. A crash between the two leaves an image that nobody refers to,
//! and the person at the counter adds the prescription again.
//! In scope: what each step records and which rows follow. Out of scope: which step may follow which
//! (`core::prescription`), whether a sale may rest on it (`pharmacy-decision`), HTTP.

pub(crate) mod change;
mod close;
mod doubt;
mod fetched;
pub(crate) mod known;
pub(crate) mod query;
mod rest;
mod review;
pub(crate) mod row;
mod series;
pub(crate) mod told;

use pharmacy_decision::record::prescription::PrescriptionStep;
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::record::IMAGE;
use pharmacy_protocol::term::{EntryIndex, TillNumber};

use self::change::{Added, Bond, Change, beside};
use self::known::Room;
use self::query::item;
use self::row::KeptRow;
use self::told::{CheckedImage, Taken};
use crate::core::image::ImageError;
use crate::core::prescription::{ImageEntry, Kept, PrescriptionError, odd_forms};
use crate::core::sale::Sale;
use crate::{Caller, Desk, DeskError, DeskHandle, Done, Image, PrescriptionTold};
use pharmacy_journal::{Draft, DraftPart};

impl Desk {
    /// Records the bytes of an image, checked before.
    pub(crate) fn record_image(
        &mut self,
        till: &TillNumber,
        image: CheckedImage,
    ) -> Result<ImageEntry, DeskError> {
        let named = image.entry(EntryIndex::new(0));
        let part = DraftPart::holding(IMAGE, image.bytes);
        let entry = self.note(Draft::new(EntryKind::Document, part).at(till))?;
        Ok(ImageEntry { entry, ..named })
    }

    /// Records a prescription whose images are recorded, and what is suspicious about it.
    pub(crate) fn receive(
        &mut self,
        till: &TillNumber,
        mut taken: Taken,
        images: Vec<ImageEntry>,
        sale: Option<Sale>,
    ) -> Result<Added, DeskError> {
        taken.for_patient_of(sale.as_ref());
        let odd = odd_forms(&taken.written);
        let is_fetched = taken.is_fetched;
        let mut change = self.received(taken, images, sale.as_ref())?;
        if is_fetched {
            change.row = change.row.fetched_at(till);
        }
        let opened_ms = sale.as_ref().map(|sale| sale.opened_ms);
        let sale = sale.map(|sale| (sale, Bond::Attach));
        let id = self.record_kept(till, sale, change)?.value();
        self.report_series(till, id, opened_ms)?;
        Ok(Added { id, odd })
    }

    /// What the receipt of a prescription records.
    pub(crate) fn received(
        &self,
        taken: Taken,
        images: Vec<ImageEntry>,
        sale: Option<&Sale>,
    ) -> Result<Change, DeskError> {
        let is_fetched = taken.is_fetched;
        let written = taken.written;
        if written.number.is_none() && written.drugs.is_empty() && images.is_empty() {
            return Err(PrescriptionError::Empty.into());
        }
        self.demand_new_images(&images, None)?;
        let record = PrescriptionStep::Received {
            written: Box::new(written.clone()),
            diagnosis: taken.diagnosis.as_ref().map(Secret::expose).cloned(),
            images: images.clone(),
        };
        let entries: Vec<EntryIndex> = images.iter().map(|image| image.entry).collect();
        let mut draft = Draft::of(&record)?.resting_on(entries);
        if let Some(part) = taken.identity {
            draft = draft.with(part);
        }
        let (today, now_ms) = (self.clock.today(), self.clock.now_ms());
        let mut kept = Kept::receive(written, images, today, now_ms);
        if is_fetched {
            kept = kept.fetched();
        }
        kept.waiting = sale.map(|sale| sale.id.clone());
        let row = KeptRow::received(self.journal.keys(), kept);
        Ok(Change { row, draft })
    }

    /// The step that attaches a prescription that was taken in before.
    pub(crate) fn attaching(&self, sale: &Sale, id: u64) -> Result<Change, DeskError> {
        let (mut kept, entry) = self.load_kept(id)?;
        if kept.is_rejected() {
            return Err(kept.not_now().into());
        }
        kept.demand_good(self.clock.today())?;
        kept.waiting = Some(sale.id.clone());
        let record = PrescriptionStep::Attached {
            prescription: kept.id,
            status: kept.life.status(),
        };
        let row = KeptRow::changed(self.journal.keys(), kept);
        let change = Change::new(row, &record)?;
        Ok(change.resting_on([entry]))
    }

    fn attach_kept(&mut self, caller: &Caller, id: u64) -> Result<Done, DeskError> {
        let sale = self.find_seated(&caller.till)?;
        let sale = sale.ok_or(PrescriptionError::NoSale)?;
        let change = self.attaching(&sale, id)?;
        self.record_kept(&caller.till, Some((sale, Bond::Attach)), change)?;
        Ok(Done::new("prescription.attached").with(id))
    }

    /// The step that adds an image whose bytes are recorded.
    pub(crate) fn showing(&self, id: u64, image: &ImageEntry) -> Result<Change, DeskError> {
        let (kept, entry) = self.load_kept(id)?;
        self.demand_new_images(std::slice::from_ref(image), Some(id))?;
        let kept = kept.with_image(image.clone())?;
        let record = PrescriptionStep::ImageAdded {
            prescription: kept.id,
            status: kept.life.status(),
            image: image.clone(),
        };
        let keys = self.journal.keys();
        let row = KeptRow::changed(keys, kept).showing(keys, image);
        let change = Change::new(row, &record)?;
        Ok(change.resting_on([entry, image.entry]))
    }

    /// Before an image is recorded: may the prescription take it?
    pub(crate) fn demand_room_for_image(&self, id: u64) -> Result<(), DeskError> {
        let (kept, _) = self.load_kept(id)?;
        if kept.images.len() >= crate::core::image::MAX_IMAGES {
            return Err(PrescriptionError::from(ImageError::TooMany).into());
        }
        match kept.life {
            crate::core::prescription::Life::Received => Ok(()),
            _ => Err(kept.not_now().into()),
        }
    }
}

impl DeskHandle {
    /// Takes a prescription in, and attaches it to the open sale of the caller's till, if there is one.
    pub async fn add_prescription(
        &self,
        caller: Caller,
        told: PrescriptionTold,
        images: Vec<Image>,
    ) -> Result<Done, DeskError> {
        let images = {
            let reader = self.page_reader.clone();
            beside(move || CheckedImage::check_all(images, reader.as_deref())).await?
        };
        // Nothing of a prescription that cannot be taken is recorded, its images included.
        let till = caller.till.clone();
        let shown: Vec<String> = images.iter().map(|image| image.sha256.clone()).collect();
        let looked = self.run(move |desk| desk.look_over(&till, told, &shown));
        let (taken, known) = looked.await?;
        let images = match known {
            Some((_, Room::None)) => Vec::new(),
            Some((id, Room::ForImages)) => {
                self.demand_unseen(&caller.till, images, Some(id)).await?
            }
            None => self.demand_unseen(&caller.till, images, None).await?,
        };
        let mut entries = Vec::with_capacity(images.len());
        for image in images {
            let till = caller.till.clone();
            let entry = self
                .run(move |desk| desk.record_image(&till, image))
                .await?;
            entries.push(entry);
        }
        self.run(move |desk| {
            let sale = desk.find_seated(&caller.till)?;
            if let Some(id) = desk.known_as(&taken.written)? {
                return desk.know_again(&caller.till, id, taken, entries, sale);
            }
            let added = desk.receive(&caller.till, taken, entries, sale)?;
            Ok(if added.odd.is_empty() {
                Done::new("prescription.received").with(added.id)
            } else {
                Done::new("prescription.received-odd").with(added.id)
            })
        })
        .await
    }

    /// Attaches a prescription to the open sale of the caller's till.
    pub async fn attach_prescription(
        &self,
        caller: Caller,
        prescription: u64,
    ) -> Result<Done, DeskError> {
        self.run(move |desk| desk.attach_kept(&caller, prescription))
            .await
    }
}
