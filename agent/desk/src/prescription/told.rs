//! Prescriptions as told, turned into prescriptions as kept: persons become references and masks, the
//! rest lies in a sealed part.

use std::path::Path;

use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    CareSetting, HospitalLevel, Institution, Patient, PrescribedDrug, PrescriptionForm,
};
use pharmacy_decision::pack::PrescriptionTerms;
use pharmacy_device::paper::{Look, look_apart, look_at};
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::term::EntryIndex;
use zeroize::Zeroizing;

use crate::core::image::{ImageError, MAX_IMAGES, MediaType, media_type_of};
use crate::core::prescription::{
    ImageEntry, MAX_DIAGNOSIS, PrescriptionError, Written, checked, checked_text, dated,
};
use crate::core::roles::Masked;
use crate::core::sale::Sale;
use crate::people::identity_part;
use crate::{Desk, DeskError, Image, PersonInput};
use pharmacy_base::clock::day_of;
use pharmacy_journal::DraftPart;
use pharmacy_protocol::digest::{hex, sha256};

/// A prescription as told, held against its limits.
pub(crate) struct Taken {
    pub(crate) written: Written,
    pub(crate) diagnosis: Option<Secret<String>>,
    pub(crate) identity: Option<DraftPart>,
    /// The patient is whoever the open sale's is.
    pub(crate) is_sales_patient: bool,
    /// A till fetched it from the centre of electronic prescriptions.
    pub(crate) is_fetched: bool,
}

/// An image that was looked at, beside the desk's thread.
pub(crate) struct CheckedImage {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    media_type: MediaType,
    pub(crate) sha256: String,
    pub(crate) look: Option<Look>,
}

impl CheckedImage {
    /// Tells by its bytes what an image is, and digests them; not for the desk's thread.
    pub(crate) fn check(image: Image, reader: Option<&Path>) -> Result<Self, PrescriptionError> {
        let media_type = media_type_of(&image.bytes)?;
        // Decoders of pictures read what anybody can put into a file: in a process of their own.
        let look = match reader {
            Some(program) => look_apart(program, &image.bytes),
            None => look_at(&image.bytes),
        };
        Ok(Self {
            look,
            sha256: hex(&sha256(&image.bytes)),
            bytes: image.bytes,
            media_type,
        })
    }

    /// The same for all images of a prescription.
    pub(crate) fn check_all(
        images: Vec<Image>,
        reader: Option<&Path>,
    ) -> Result<Vec<Self>, PrescriptionError> {
        if images.len() > MAX_IMAGES {
            return Err(ImageError::TooMany.into());
        }
        let check = |image| Self::check(image, reader);
        images.into_iter().map(check).collect()
    }

    /// The image as the prescription names it, once its bytes are recorded.
    pub(crate) fn entry(&self, entry: EntryIndex) -> ImageEntry {
        ImageEntry {
            entry,
            media_type: self.media_type,
            bytes: self.bytes.len(),
            sha256: self.sha256.clone(),
            look: self.look.as_ref().map(Look::to_text),
        }
    }
}

impl Desk {
    /// Holds a prescription as told against its limits; nothing is recorded yet.
    pub(crate) fn take_in(&self, told: PrescriptionTold) -> Result<Taken, DeskError> {
        let keys = self.journal.keys();
        let mut patient = Fact::default();
        let mut patient_shown = None;
        let mut identity = None;
        let is_sales_patient = matches!(told.patient, PatientTold::SameAsSale);
        if let PatientTold::Person(person) = &told.patient {
            patient = person.person(keys).reference;
            patient_shown = Some(person.masked());
            identity = identity_part([(PersonRole::Patient, person)])?;
        }
        let diagnosis = told.diagnosis.map(|text| text.expose().clone());
        let diagnosis = checked_text("diagnosis", diagnosis, MAX_DIAGNOSIS)?;
        let written = Written {
            number: told.number,
            form: told.form.unwrap_or(PrescriptionForm::Paper),
            patient,
            patient_shown,
            institution_code: told.institution_code,
            institution_name: told.institution_name,
            institution: told.institution,
            level: told.level,
            setting: told.setting,
            physician_code: told.physician_code,
            physician_name: told.physician_name,
            issued_ms: told.issued_ms,
            issued: told.issued.or_else(|| told.issued_ms.map(day_of)),
            valid_until: told.valid_until,
            repeats: told.repeats.unwrap_or(1),
            interval: told.interval,
            drugs: told.drugs,
            matches: Vec::new(),
        };
        let written = checked(written)?;
        Ok(Taken {
            written,
            diagnosis: diagnosis.map(Secret::new),
            identity,
            is_sales_patient,
            is_fetched: false,
        })
    }
}

impl Taken {
    /// Refuses days that cannot be right on the day on which it serves, and says its last one.
    pub(crate) fn dated(mut self, terms: &PrescriptionTerms, on: Date) -> Result<Self, DeskError> {
        self.written = dated(self.written, terms, on)?;
        Ok(self)
    }

    /// The patient of the open sale, where whoever typed it in compared the names.
    pub(crate) fn for_patient_of(&mut self, sale: Option<&Sale>) {
        let Some(sale) = sale.filter(|_| self.is_sales_patient) else {
            return;
        };
        let (reference, shown) = patient_of(sale);
        self.written.patient = reference;
        self.written.patient_shown = shown;
    }
}

/// Who takes the medicine of a sale, and as a list may show them.
pub(crate) fn patient_of(sale: &Sale) -> (Fact<PersonRef>, Option<Masked>) {
    match &sale.roles.patient {
        Patient::Family { person, .. } => {
            (person.reference.clone(), sale.roles.patient_shown.clone())
        }
        Patient::Holder => (
            sale.roles.holder.reference.clone(),
            sale.roles.holder_shown.clone(),
        ),
    }
}

/// What stands on a prescription.
#[derive(Clone, Default)]
pub struct PrescriptionTold {
    pub number: Option<String>,
    /// How it came; paper unless told.
    pub form: Option<PrescriptionForm>,
    /// For whom; the patient of the open sale where absent and told so.
    pub patient: PatientTold,
    /// National code of the institution, H and 11 digits.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
    /// Standing of the institution as the counter checked it; the bureau's lists outweigh it.
    pub institution: Option<Institution>,
    /// Level of the institution.
    pub level: Option<HospitalLevel>,
    /// In hospital or not.
    pub setting: Option<CareSetting>,
    /// National code of the physician, D and 12 digits.
    pub physician_code: Option<String>,
    /// Name of the physician.
    pub physician_name: Option<String>,
    /// What it was written for.
    pub diagnosis: Option<Secret<String>>,
    /// When it was written, to the minute where it says so; milliseconds since 1970.
    pub issued_ms: Option<i64>,
    pub issued: Option<Date>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    /// How often it may be dispensed, first time included; once unless told.
    pub repeats: Option<u32>,
    /// How many days lie between two dispensings at least.
    pub interval: Option<u32>,
    pub drugs: Vec<PrescribedDrug>,
}

impl std::fmt::Debug for PrescriptionTold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrescriptionTold({} drugs)", self.drugs.len())
    }
}

/// For whom a prescription was written.
#[derive(Clone, Debug, Default)]
pub enum PatientTold {
    Person(PersonInput),
    /// The patient of the open sale: whoever typed it in compared the names.
    SameAsSale,
    #[default]
    Unknown,
}
