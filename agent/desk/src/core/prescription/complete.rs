//! What is still to be told of a prescription, and how it is told.
//!
//! LAW: R14: picture, patient and review before the drug is handed over; who wrote it, under which number
//! and when by the end of the day on account money, before on pooled money.

use pharmacy_decision::facts::Sheet;

use super::{Kept, Life, PrescriptionError, Written};

/// Something that stands on every prescription and was not told of this one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Lack {
    Institution,
    Issued,
    Number,
    Physician,
}

impl Lack {
    /// Its key among the texts of forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Institution => "prescription.lacks-institution",
            Self::Issued => "prescription.lacks-issued",
            Self::Number => "prescription.lacks-number",
            Self::Physician => "prescription.lacks-physician",
        }
    }

    /// Its word in the local API.
    pub fn member(self) -> &'static str {
        match self {
            Self::Institution => "institution",
            Self::Issued => "issued",
            Self::Number => "number",
            Self::Physician => "physician",
        }
    }

    /// What of it was not told.
    fn of(written: &Written) -> Vec<Self> {
        let institution = written.institution_code.as_ref();
        let has_institution = institution.or(written.institution_name.as_ref()).is_some();
        let told = [
            (Self::Institution, has_institution),
            (Self::Physician, written.physician().is_some()),
            (Self::Number, written.number.is_some()),
            (Self::Issued, written.issued.is_some()),
        ];
        let lacks = told.into_iter().filter(|(_, is_told)| !is_told);
        lacks.map(|(lack, _)| lack).collect()
    }
}

impl Kept {
    /// What was not told of it.
    pub fn lacks(&self) -> Vec<Lack> {
        Lack::of(&self.written)
    }

    /// What is kept of it, for the rules.
    pub fn sheet(&self) -> Sheet {
        let lacks = self.lacks();
        Sheet {
            pictures: u32::try_from(self.images.len()).unwrap_or(u32::MAX),
            institution: !lacks.contains(&Lack::Institution),
            physician: !lacks.contains(&Lack::Physician),
        }
    }

    /// Did a sale use it, and is something still to be told of it?
    pub fn is_asked_for(&self) -> bool {
        let is_over = matches!(self.life, Life::Archived { .. } | Life::Rejected { .. });
        self.used_on.is_some() && !is_over && !self.lacks().is_empty()
    }
}

/// Adds what is told to what stands on a prescription. What is known stays as it is: a pharmacist may
/// have signed for it.
pub fn complete(mut known: Written, told: Written) -> Result<Written, PrescriptionError> {
    fn add<T: PartialEq>(
        member: &'static str,
        known: &mut Option<T>,
        told: Option<T>,
    ) -> Result<(), PrescriptionError> {
        match (known.as_ref(), &told) {
            (Some(is), Some(told)) if is != told => Err(PrescriptionError::Contradicts { member }),
            (Some(_), _) => Ok(()),
            (None, _) => {
                *known = told;
                Ok(())
            }
        }
    }
    let is_same_number = known
        .number
        .as_ref()
        .zip(told.number.as_ref())
        .is_some_and(|(known, told)| known.eq_ignore_ascii_case(told));
    let number = told.number.filter(|_| !is_same_number);
    add("number", &mut known.number, number)?;
    // A code beside a name tells more, and contradicts nothing.
    add(
        "institution_code",
        &mut known.institution_code,
        told.institution_code,
    )?;
    add(
        "institution_name",
        &mut known.institution_name,
        told.institution_name,
    )?;
    add(
        "physician_code",
        &mut known.physician_code,
        told.physician_code,
    )?;
    add(
        "physician_name",
        &mut known.physician_name,
        told.physician_name,
    )?;
    add("issued", &mut known.issued, told.issued)?;
    known.issued_ms = known.issued_ms.or(told.issued_ms);
    known.valid_until = known.valid_until.or(told.valid_until);
    known.institution = known.institution.or(told.institution);
    known.level = known.level.or(told.level);
    known.setting = known.setting.or(told.setting);
    known.interval = known.interval.or(told.interval);
    Ok(known)
}
