//! Prescriptions that the store keeps: what stands on them, and each step of their life.

use std::fmt;

use jiff::civil::Date;
use pharmacy_protocol::person::{Masked, PersonRef};
use pharmacy_protocol::record::list::MediaType;
use pharmacy_protocol::term::{EntryIndex, InsuranceCode, Quantity, RegionCode, StaffId};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::facts::{CareSetting, HospitalLevel, Institution, PrescribedDrug, PrescriptionForm};

/// What stands on a prescription.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Written {
    /// Its own number.
    pub number: Option<String>,
    /// How it came.
    pub form: PrescriptionForm,
    /// For whom it was written.
    pub patient: Fact<PersonRef>,
    /// The patient, masked, for lists.
    pub patient_shown: Option<Masked>,
    /// Code of the institution.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
    /// Its standing as told; dated lists outweigh it.
    pub institution: Option<Institution>,
    /// Level of the institution.
    pub level: Option<HospitalLevel>,
    /// In hospital or not.
    pub setting: Option<CareSetting>,
    /// Code of the physician.
    pub physician_code: Option<String>,
    /// Name of the physician.
    pub physician_name: Option<String>,
    /// When it was written, where it says so to the minute; milliseconds since 1970.
    pub issued_ms: Option<i64>,
    /// Day of issue.
    pub issued: Option<Date>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    /// How often the quantities may be dispensed, first time included.
    pub repeats: u32,
    /// How many days lie between two dispensings at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// What it prescribes; `dispensed` is what was dispensed elsewhere.
    pub drugs: Vec<PrescribedDrug>,
    /// Articles that a pharmacist found drugs to be, where names differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Written({} drugs)", self.drugs.len())
    }
}

impl Written {
    /// Where the institution lies.
    ///
    /// SPEC: national codes of institutions are H, six digits of the area, and five more.
    pub fn area(&self) -> Option<RegionCode> {
        let code = self.institution_code.as_deref()?.strip_prefix('H')?;
        let has_form = code.len() == 11 && code.bytes().all(|byte| byte.is_ascii_digit());
        code.get(..6).filter(|_| has_form)?.parse().ok()
    }

    /// Who wrote it, as far as it says so.
    pub fn physician(&self) -> Option<&str> {
        self.physician_code
            .as_deref()
            .or(self.physician_name.as_deref())
    }

    /// Its drugs as one text: the same for two prescriptions that say the same.
    pub fn drugs_text(&self) -> String {
        let mut lines: Vec<String> = self
            .drugs
            .iter()
            .map(|drug| {
                let code = drug.code.as_ref().map(ToString::to_string);
                let quantity = drug.quantity.known().map(ToString::to_string);
                let days = drug.days.known().map(ToString::to_string);
                let parts = [code, Some(drug.name.clone()), quantity, days];
                parts.map(Option::unwrap_or_default).join("|")
            })
            .collect();
        lines.sort_unstable();
        lines.join("\n")
    }
}

/// An article that a drug is, as a pharmacist said.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Match {
    /// The drug's place.
    pub drug: usize,
    /// The article's name.
    pub name: String,
    /// The article's insurance code.
    pub code: Option<InsuranceCode>,
    /// Who said so.
    pub by: StaffId,
}

/// An image of a prescription; its bytes are the `prescription` part of the entry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImageEntry {
    /// The entry that holds it.
    pub entry: EntryIndex,
    /// What it is.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub bytes: usize,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// What it looks like, coarsely, where it could be looked at: another photograph of the same sheet is
    /// known by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<String>,
}

/// How far a prescription is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Not dispensed any more.
    Archived,
    /// A sale used it.
    Dispensed,
    /// Waits for a pharmacist.
    Received,
    /// A pharmacist turned it down.
    Rejected,
    /// A pharmacist approved it.
    Reviewed,
}

impl Status {
    /// Its word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Archived => "archived",
            Self::Dispensed => "dispensed",
            Self::Received => "received",
            Self::Rejected => "rejected",
            Self::Reviewed => "reviewed",
        }
    }
}

/// Why a prescription was archived.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Its last day is over.
    Expired,
    /// All of it was dispensed.
    UsedUp,
}

/// A step in the life of prescriptions. A prescription's number is the entry of its receipt.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "step"
)]
pub enum PrescriptionStep {
    /// A pharmacist approved it; the signed act is in the part `staff`.
    Approved {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
    },
    /// Some were put away.
    Archived {
        /// Which, and why.
        prescriptions: Vec<Archived>,
    },
    /// It was attached to the sale.
    Attached {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
    },
    /// More of what stands on it was told.
    Completed {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
        /// What stands on it, as it is known now.
        written: Box<Written>,
    },
    /// Somebody looked into what was reported, and found nothing wrong; the signed act is in the part
    /// `staff`.
    DoubtLifted {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
    },
    /// Somebody found something wrong with it: nothing rests on it until that is looked into.
    Doubted {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
        /// Who said so, where somebody was signed in.
        by: Option<StaffId>,
    },
    /// An image was added.
    ImageAdded {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
        /// The image.
        image: ImageEntry,
    },
    /// It was taken in: its number is this entry's.
    Received {
        /// What stands on it.
        written: Box<Written>,
        /// What it was written for.
        diagnosis: Option<String>,
        /// Its images.
        images: Vec<ImageEntry>,
    },
    /// A pharmacist turned it down; the signed act is in the part `staff`.
    Rejected {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
    },
    /// The till told the centre of electronic prescriptions that it was dispensed.
    WrittenOff {
        /// Its number.
        prescription: u64,
        /// How far it is now.
        status: Status,
    },
}

/// A prescription that was put away.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Archived {
    /// Its number.
    pub prescription: u64,
    /// Why.
    pub end: End,
}

/// What a settlement used of prescriptions, or what a sale that was taken back gave back to them.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Uses {
    /// Each prescription with all that this sale now uses of it.
    pub prescriptions: Vec<Used>,
}

/// What a sale uses of one prescription.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Used {
    /// Its number.
    pub prescription: u64,
    /// How far it is now.
    pub status: Status,
    /// What lines of the sale use of it; empty when it was given back.
    pub uses: Vec<Use>,
}

/// What a line of a sale used of a drug.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Use {
    /// The sale's counter.
    pub sale: u64,
    /// The line's number on the till.
    pub line: u32,
    /// The drug's place on the prescription.
    pub drug: usize,
    /// How much.
    pub quantity: Quantity,
}
