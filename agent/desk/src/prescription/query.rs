//! What is shown of kept prescriptions: lists, one of them, an image; and putting away what is over.

use jiff::civil::Date;
use pharmacy_decision::facts::PrescribedDrug;
use pharmacy_decision::record::prescription::{Archived, PrescriptionStep};
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::access::Access;
use pharmacy_protocol::term::{EntryIndex, SaleId, StaffId};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::row::KeptRow;
use crate::core::image::MediaType;
use crate::core::prescription::{Kept, Lack, PrescriptionError};
use crate::core::roles::Masked;
use crate::memory::Staged;
use crate::{Caller, Desk, DeskError, DeskHandle};
use pharmacy_journal::store::PrescriptionStatus as Status;
use pharmacy_journal::{Draft, LogView};

/// Most prescriptions in a list.
const MOST_LISTED: usize = 200;

/// Most prescriptions that one entry puts away.
const MOST_ARCHIVED: usize = 100;

/// A prescription, as the local API shows it; persons masked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrescriptionView {
    /// Its number in this store.
    pub prescription: u64,
    /// `received`, `reviewed`, `dispensed`, `archived` or `rejected`.
    pub status: &'static str,
    /// Its own number.
    pub number: Option<String>,
    /// The patient, masked.
    pub patient: Option<String>,
    /// Institution by name, else by code.
    pub institution: Option<String>,
    /// Physician by name, else by code.
    pub physician: Option<String>,
    /// Day of issue.
    #[schema(value_type = Option<String>)]
    pub issued: Option<jiff::civil::Date>,
    /// What is still to be told of it: `institution`, `physician`, `number`, `issued`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<&'static str>,
    /// Somebody said that something is wrong with it; no sale may rest on it meanwhile.
    pub doubted: bool,
    /// What it prescribes.
    pub drugs: Vec<DrugView>,
    /// Last day of validity.
    #[schema(value_type = Option<String>)]
    pub valid_until: Option<jiff::civil::Date>,
    /// When it was taken in, milliseconds since 1970.
    pub received_ms: i64,
    /// How many images it has.
    pub images: usize,
    /// The sale that waits for it.
    pub sale: Option<String>,
    /// Who reviewed it.
    pub reviewed_by: Option<String>,
    /// Members whose form is not the national one; told when it is taken in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<&'static str>,
}

/// A drug of a prescription.
#[derive(Debug, Serialize, ToSchema)]
pub struct DrugView {
    /// Its name as written.
    pub name: String,
    /// How much in all, repetitions included.
    pub quantity: Option<String>,
    /// How much of it was dispensed.
    pub dispensed: String,
}

pub(super) fn item(kept: &Kept) -> PrescriptionItem {
    let drugs = kept.drugs_as_written();
    PrescriptionItem {
        prescription: kept.id,
        status: kept.life.status().name(),
        number: kept.written.number.clone(),
        patient: kept.written.patient_shown.as_ref().map(shown),
        institution: institution(kept),
        drugs: drugs.iter().map(drug_item).collect(),
        valid_until: kept.written.valid_until,
        received_ms: kept.received_ms,
        images: kept.images.len(),
        sale: kept.waiting.clone(),
        reviewed_by: kept.review().map(|review| review.by.clone()),
        physician: physician(kept),
        issued: kept.written.issued,
        lacks: kept.lacks().into_iter().map(Lack::code).collect(),
        is_doubted: kept.doubt.is_some(),
    }
}

fn drug_item(drug: &PrescribedDrug) -> DrugItem {
    let quantity = drug.quantity.known().map(ToString::to_string);
    DrugItem {
        name: drug.name.clone(),
        quantity: quantity.unwrap_or_default(),
        dispensed: drug.dispensed.to_string(),
        days: drug.days.known().copied(),
    }
}

fn physician(kept: &Kept) -> Option<String> {
    let name = kept.written.physician_name.as_ref();
    name.or(kept.written.physician_code.as_ref()).cloned()
}

fn institution(kept: &Kept) -> Option<String> {
    let name = kept.written.institution_name.as_ref();
    name.or(kept.written.institution_code.as_ref()).cloned()
}

fn shown(masked: &Masked) -> String {
    let told = [masked.name.as_deref(), masked.number.as_deref()];
    told.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl PrescriptionView {
    /// What may be shown of a prescription.
    pub(crate) fn of(kept: &Kept) -> Self {
        let drugs = kept.drugs_as_written();
        let drugs = drugs.iter().map(|drug| DrugView {
            name: drug.name.clone(),
            quantity: drug.quantity.known().map(ToString::to_string),
            dispensed: drug.dispensed.to_string(),
        });
        Self {
            prescription: kept.id,
            status: kept.life.status().name(),
            number: kept.written.number.clone(),
            patient: kept.written.patient_shown.as_ref().map(shown),
            institution: institution(kept),
            physician: physician(kept),
            issued: kept.written.issued,
            lacks: kept.lacks().into_iter().map(Lack::member).collect(),
            doubted: kept.doubt.is_some(),
            drugs: drugs.collect(),
            valid_until: kept.written.valid_until,
            received_ms: kept.received_ms,
            images: kept.images.len(),
            sale: kept.waiting.as_ref().map(ToString::to_string),
            reviewed_by: kept.review().map(|review| review.by.to_string()),
            warnings: Vec::new(),
        }
    }
}

impl Desk {
    fn prescription_items(&self) -> Result<Vec<PrescriptionItem>, DeskError> {
        let mut found = Vec::new();
        for status in [Status::Received, Status::Reviewed, Status::Dispensed] {
            let rows = self.journal.reader();
            for row in rows.prescriptions_at(status, MOST_LISTED)? {
                found.push(item(&self.open_kept(&row)?));
            }
        }
        // Used up today, and something is still to be told of them.
        for kept in self.incomplete()? {
            if found.iter().all(|known| known.prescription != kept.id) {
                found.push(item(&kept));
            }
        }
        found.sort_by_key(|item| std::cmp::Reverse(item.prescription));
        found.truncate(MOST_LISTED);
        Ok(found)
    }

    /// Records that somebody looks at an image, and hands out where it lies.
    fn look_at(
        &mut self,
        caller: &Caller,
        id: u64,
        place: usize,
    ) -> Result<(LogView, EntryIndex, MediaType), DeskError> {
        let (kept, _) = self.load_kept(id)?;
        let image = kept.images.get(place).ok_or(PrescriptionError::Unknown)?;
        self.open_review(id);
        let record = Access::Image {
            by: caller.program(),
            prescription: id,
            image: place,
        };
        let draft = Draft::of(&record)?;
        self.note(draft.at(&caller.till).resting_on([image.entry]))?;
        Ok((self.journal.another()?, image.entry, image.media_type))
    }

    /// Puts away prescriptions that were used up or whose last day is over, and counts them.
    pub(crate) fn archive_expired_prescriptions(&mut self) -> Result<usize, DeskError> {
        let today = self.clock.today();
        let mut ended = Vec::new();
        for status in [Status::Received, Status::Reviewed, Status::Dispensed] {
            let reader = self.journal.reader();
            ended.extend(reader.ended_prescriptions((status, today), MOST_ARCHIVED)?);
        }
        let used_up = Status::UsedUp;
        ended.extend(
            self.journal
                .reader()
                .prescriptions_at(used_up, MOST_ARCHIVED)?,
        );
        let mut archived = Vec::new();
        for row in ended.iter().take(MOST_ARCHIVED) {
            let kept = self.open_kept(row)?;
            if let Some(end) = kept.end(today) {
                archived.push((kept.archive(end)?, row.entry, end));
            }
        }
        if archived.is_empty() {
            return Ok(0);
        }
        self.record_archived(&archived)?;
        Ok(archived.len())
    }

    fn record_archived(
        &mut self,
        archived: &[(Kept, EntryIndex, crate::core::prescription::End)],
    ) -> Result<(), DeskError> {
        let prescriptions = archived.iter().map(|(kept, _, end)| Archived {
            prescription: kept.id,
            end: *end,
        });
        let entries = archived.iter().map(|(_, entry, _)| *entry);
        let record = PrescriptionStep::Archived {
            prescriptions: prescriptions.collect(),
        };
        let draft = Draft::of(&record)?.resting_on(entries);
        let now_ms = self.clock.now_ms();
        let keys = self.journal.keys().clone();
        let rows = archived.iter().map(|(kept, ..)| kept.clone());
        let rows: Vec<_> = rows.map(|kept| KeptRow::changed(&keys, kept)).collect();
        let _ = self.record(draft, |transaction, index| {
            for row in &rows {
                row.put(transaction, &keys, index, now_ms)?;
            }
            Ok(Staged::new(()))
        })?;
        Ok(())
    }
}

impl DeskHandle {
    /// Prescriptions that wait for a pharmacist or may still be dispensed, the newest first.
    pub async fn prescriptions(&self) -> Result<Vec<PrescriptionItem>, DeskError> {
        self.run(|desk| desk.prescription_items()).await
    }

    /// An image of a prescription; seeing it is an entry.
    pub async fn prescription_image(
        &self,
        caller: Caller,
        prescription: u64,
        place: usize,
    ) -> Result<ShownImage, DeskError> {
        let looked = self.run(move |desk| desk.look_at(&caller, prescription, place));
        let (log, entry, media_type) = looked.await?;
        // Megabytes are opened beside the desk's thread, on a connection that only reads.
        let opened =
            tokio::task::spawn_blocking(move || log.open_part(entry, PartClass::Prescription));
        let bytes = opened.await.map_err(|_| DeskError::Busy)??;
        Ok(ShownImage {
            media_type: media_type.as_str(),
            bytes,
        })
    }
}

/// A prescription in a list.
#[derive(Clone, Debug)]
pub struct PrescriptionItem {
    /// Its number in this store.
    pub prescription: u64,
    /// `received`, `reviewed`, `dispensed`, `archived` or `rejected`.
    pub status: &'static str,
    /// Its own number.
    pub number: Option<String>,
    /// The patient, masked.
    pub patient: Option<String>,
    /// Institution by name, else by code.
    pub institution: Option<String>,
    /// What it prescribes: name, quantity, dispensed so far.
    pub drugs: Vec<DrugItem>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    /// When it was taken in, milliseconds since 1970.
    pub received_ms: i64,
    /// How many images it has.
    pub images: usize,
    /// The sale that waits for it.
    pub sale: Option<SaleId>,
    /// Who reviewed it.
    pub reviewed_by: Option<StaffId>,
    /// Physician by name, else by code.
    pub physician: Option<String>,
    pub issued: Option<Date>,
    /// What stands on every prescription and was not told of this one, as keys of the text catalogue.
    pub lacks: Vec<&'static str>,
    /// Did somebody say that something is wrong with it?
    pub is_doubted: bool,
}

/// A drug of a prescription in a list.
#[derive(Clone, Debug)]
pub struct DrugItem {
    /// Its name as written.
    pub name: String,
    /// How much, as text; empty where it does not say.
    pub quantity: String,
    /// How much of it was dispensed, as text.
    pub dispensed: String,
    /// How many days it is to last.
    pub days: Option<u32>,
}

/// An image of a prescription, to be shown.
#[derive(Clone)]
pub struct ShownImage {
    /// `image/jpeg`, `image/png` or `application/pdf`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Zeroizing<Vec<u8>>,
}
