//! Kept prescriptions as rows: sealed state, and the names by which they are found.

use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{EntryIndex, TillNumber};

use crate::core::prescription::{Centre, Extent, ImageEntry, Kept, Life, PrescriptionError};
use crate::step::{At, Write, bytes};
use crate::{Desk, DeskError};
use pharmacy_journal::store::{
    NameDigest, PrescriptionNameKind as NameKind, PrescriptionRow, PrescriptionStatus, Transaction,
};
use pharmacy_journal::{Keys, RowName};

/// A prescription to be written, with names that it gets.
pub(crate) struct KeptRow {
    kept: Kept,
    names: Vec<(NameKind, NameDigest, i64)>,
    patient: Option<NameDigest>,
    /// The setting that says that a till fetches prescriptions.
    fetching: Option<String>,
}

/// The setting that says that a till fetched a prescription from the centre.
pub(crate) fn fetching_name(till: &TillNumber) -> String {
    format!("gateway.fetches.{till}")
}

impl KeptRow {
    /// A prescription that changed.
    pub(super) fn changed(keys: &Keys, kept: Kept) -> Self {
        let patient = kept.written.patient.known();
        Self {
            patient: patient.map(|patient| patient_name(keys, patient)),
            names: Vec::new(),
            fetching: None,
            kept,
        }
    }

    /// One that was just taken in: everything by which it is found later.
    pub(super) fn received(keys: &Keys, kept: Kept) -> Self {
        let mut names = Vec::new();
        let at_ms = kept.written.issued_ms.unwrap_or(kept.received_ms);
        if let Some(number) = &kept.written.number {
            names.push((NameKind::Number, number_name(keys, number), at_ms));
        }
        if let Some(day) = physician_day(keys, &kept) {
            names.push((NameKind::PhysicianDay, day, at_ms));
        }
        if let Some(series) = series_name(keys, &kept) {
            names.push((NameKind::Series, series, at_ms));
        }
        for image in &kept.images {
            names.push((
                NameKind::Image,
                image_name(keys, &image.sha256),
                kept.received_ms,
            ));
            if image.look.is_some() {
                names.push((NameKind::Look, look_name(keys), kept.received_ms));
            }
        }
        Self {
            names,
            ..Self::changed(keys, kept)
        }
    }

    /// One of which more was told: the names by which it is found now.
    pub(super) fn completed(keys: &Keys, kept: Kept) -> Self {
        Self::received(keys, kept)
    }

    /// Its number in this store; none before it is recorded.
    pub(super) fn id(&self) -> Option<u64> {
        Some(self.kept.id).filter(|id| *id != 0)
    }

    /// The same, found by an image that it got.
    pub(super) fn showing(self, keys: &Keys, image: &ImageEntry) -> Self {
        let at_ms = self.kept.received_ms;
        let row = self.named(NameKind::Image, image_name(keys, &image.sha256), at_ms);
        match image.look {
            Some(_) => row.named(NameKind::Look, look_name(keys), at_ms),
            None => row,
        }
    }

    /// The same, fetched by a till.
    pub(super) fn fetched_at(mut self, till: &TillNumber) -> Self {
        self.fetching = Some(fetching_name(till));
        self
    }

    /// The same with one name more.
    pub(super) fn named(mut self, kind: NameKind, name: NameDigest, at_ms: i64) -> Self {
        self.names.push((kind, name, at_ms));
        self
    }

    /// Writes the rows, and says what was written; one that was just taken in gets its number, that of the entry.
    pub(crate) fn put(
        &self,
        transaction: &Transaction<'_>,
        keys: &Keys,
        entry: EntryIndex,
        now_ms: i64,
    ) -> Result<Kept, DeskError> {
        let mut kept = self.kept.clone();
        if kept.id == 0 {
            kept.id = entry.value();
        }
        kept.life = kept.life.signed_in(entry);
        let state = bytes(&kept)?;
        let row = PrescriptionRow {
            id: kept.id,
            status: status_of(&kept.life),
            valid_until: kept.written.valid_until,
            received_ms: kept.received_ms,
            updated_ms: now_ms,
            state: keys.seal_row(&RowName::Prescription(kept.id), &state)?,
            entry,
        };
        transaction.put_prescription(&row, serde_json::from_slice(&state)?)?;
        if let Some(name) = &self.fetching {
            transaction.put_setting(name, "1")?;
        }
        for (kind, name, at_ms) in &self.names {
            transaction.put_prescription_name(*kind, name, (kept.id, *at_ms))?;
        }
        let incomplete = incomplete_name(keys);
        match kept.used_on.filter(|_| kept.is_asked_for()) {
            Some(_) => {
                let at = (kept.id, now_ms);
                transaction.put_prescription_name(NameKind::Incomplete, &incomplete, at)?;
            }
            None => {
                let kind = NameKind::Incomplete;
                transaction.remove_prescription_name(kind, &incomplete, kept.id)?;
            }
        }
        let waiting = write_off_name(keys);
        match kept.centre {
            Some(Centre::Waiting) => {
                let at = (kept.id, now_ms);
                transaction.put_prescription_name(NameKind::WriteOff, &waiting, at)?;
            }
            Some(Centre::Fetched | Centre::WrittenOff) => {
                transaction.remove_prescription_name(NameKind::WriteOff, &waiting, kept.id)?;
            }
            None => {}
        }
        if let Some(patient) = &self.patient {
            if kept.is_under_way() {
                let at = (kept.id, kept.received_ms);
                transaction.put_prescription_name(NameKind::Patient, patient, at)?;
            } else {
                transaction.remove_prescription_name(NameKind::Patient, patient, kept.id)?;
            }
        }
        Ok(kept)
    }
}

impl Write for KeptRow {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError> {
        self.put(at.transaction, at.keys, at.index, at.now_ms)?;
        Ok(())
    }
}

impl Desk {
    /// A prescription by its number in this store, with the entry of its last change.
    pub(crate) fn load_kept(&self, id: u64) -> Result<(Kept, EntryIndex), DeskError> {
        let found = self.find_kept(id)?;
        found.ok_or(PrescriptionError::Unknown.into())
    }

    pub(super) fn find_kept(&self, id: u64) -> Result<Option<(Kept, EntryIndex)>, DeskError> {
        let row = self.journal.reader().prescription(id)?;
        row.map(|row| Ok((self.open_kept(&row)?, row.entry)))
            .transpose()
    }

    pub(super) fn open_kept(&self, row: &PrescriptionRow) -> Result<Kept, DeskError> {
        let name = RowName::Prescription(row.id);
        let bytes = self.journal.keys().open_row(&name, &row.state)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Prescriptions that bear a name, the newest first.
    pub(super) fn kept_named(
        &self,
        kind: NameKind,
        name: &NameDigest,
        most: usize,
    ) -> Result<Vec<Kept>, DeskError> {
        let named = self
            .journal
            .reader()
            .prescriptions_named(kind, name, most)?;
        let mut found = Vec::with_capacity(named.len());
        for (id, _) in named {
            found.extend(self.find_kept(id)?.map(|(kept, _)| kept));
        }
        Ok(found)
    }
}

fn status_of(life: &Life) -> PrescriptionStatus {
    match life {
        Life::Archived { .. } => PrescriptionStatus::Archived,
        Life::Dispensed {
            extent: Extent::Partly,
            ..
        } => PrescriptionStatus::Dispensed,
        Life::Dispensed {
            extent: Extent::Whole,
            ..
        } => PrescriptionStatus::UsedUp,
        Life::Received => PrescriptionStatus::Received,
        Life::Rejected { .. } => PrescriptionStatus::Rejected,
        Life::Reviewed { .. } => PrescriptionStatus::Reviewed,
    }
}

fn digest(keys: &Keys, kind: NameKind, name: &str) -> NameDigest {
    keys.name_digest(&format!("prescription/{}", kind.as_str()), name)
}

/// Tills and prescriptions write one number in capitals and small letters.
pub(super) fn number_name(keys: &Keys, number: &str) -> NameDigest {
    let number = number.trim().to_ascii_uppercase();
    digest(keys, NameKind::Number, &number)
}

pub(super) fn patient_name(keys: &Keys, patient: &PersonRef) -> NameDigest {
    digest(keys, NameKind::Patient, patient.as_str())
}

pub(super) fn image_name(keys: &Keys, sha256: &str) -> NameDigest {
    digest(keys, NameKind::Image, sha256)
}

/// All that a sale used and of which something is still to be told bear this one.
pub(super) fn incomplete_name(keys: &Keys) -> NameDigest {
    digest(keys, NameKind::Incomplete, "")
}

/// All that were looked at bear this one.
pub(super) fn look_name(keys: &Keys) -> NameDigest {
    digest(keys, NameKind::Look, "")
}

/// All of which the centre is still to be told bear this one.
pub(super) fn write_off_name(keys: &Keys) -> NameDigest {
    digest(keys, NameKind::WriteOff, "")
}

pub(super) fn sale_name(keys: &Keys, sale: u64) -> NameDigest {
    digest(keys, NameKind::Sale, &sale.to_string())
}

/// The physician's day of issue, where the prescription tells both.
pub(super) fn physician_day(keys: &Keys, kept: &Kept) -> Option<NameDigest> {
    let physician = kept.written.physician()?;
    let day = kept.written.issued?;
    let name = format!("{physician}/{day}");
    Some(digest(keys, NameKind::PhysicianDay, &name))
}

/// The physician with what is prescribed, where the prescription tells both and the minute.
pub(super) fn series_name(keys: &Keys, kept: &Kept) -> Option<NameDigest> {
    let physician = kept.written.physician()?;
    let drugs = kept.written.drugs_text();
    kept.written.issued_ms.filter(|_| !drugs.is_empty())?;
    let name = format!("{physician}/{drugs}");
    Some(digest(keys, NameKind::Series, &name))
}
