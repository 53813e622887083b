//! What people do at the counter page, and what it shows beside the board.
//!
//! In scope: the nouns that page and desk exchange. Out of scope: forms and HTML (`counter`), what
//! each action means for sale and log (its own module of the desk).

use jiff::civil::Date;
use pharmacy_decision::facts::{
    CareSetting, Dispensing, Document, HospitalLevel, Institution, PrescribedDrug,
    PrescriptionForm, ProxyReason, Relation, SupplyException,
};
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::{SaleId, StaffId, TraceCode};
use zeroize::Zeroizing;

use crate::{PersonInput, ReadCard, Role};

/// Who acts, and the PIN that proves it and unlocks the key.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The member of staff.
    pub staff: StaffId,
    /// The PIN; kept nowhere.
    pub pin: Secret<String>,
}

/// Where a member of staff acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// At a till of this store.
    Till,
    /// At another PC of this store.
    Store,
    /// Outside it, for the chain.
    Remote,
}

/// An image or document of a prescription, as a camera or scanner gave it.
#[derive(Clone)]
pub struct Image {
    /// Its bytes; what it is, is told from them.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// What somebody does for the open sale of a till, or for the store.
#[derive(Clone)]
pub enum Action {
    /// Reads a card on the till's reader.
    ReadCard {
        /// Whose presence it is to show.
        role: Role,
    },
    /// Attaches a card that the till's reader read.
    CardRead {
        /// Whose presence it shows.
        role: Role,
        /// What it says.
        card: ReadCard,
    },
    /// Attests a document that was shown: whoever is signed in at the till saw it.
    SeeDocument {
        /// Whose presence it is to show.
        role: Role,
        /// Whom it names.
        person: PersonInput,
    },
    /// Says that the holder buys in person after all.
    ClearProxy,
    /// Records a proxy purchase.
    SetProxy {
        /// The proxy.
        person: PersonInput,
        /// How the holder's document was shown.
        holder_document: Document,
        /// How the proxy's document was shown.
        proxy_document: Document,
        /// Why the holder does not come.
        reason: ProxyReason,
    },
    /// Says that the holder takes the medicine.
    ClearPatient,
    /// Says which family member takes the medicine.
    SetPatient {
        /// Relation to the holder.
        relation: Relation,
        /// The family member.
        person: PersonInput,
    },
    /// Tells who the holder is, where no reader did.
    NameHolder {
        /// The holder.
        person: PersonInput,
    },
    /// Registers the buyer of an ephedrine preparation; nobody: the buyer refused.
    Register {
        /// The line.
        line: u32,
        /// The buyer; one without number and name is whoever buys this sale.
        buyer: Option<PersonInput>,
    },
    /// Says why more than usual is supplied.
    Except {
        /// The line.
        line: u32,
        /// Why.
        exception: SupplyException,
    },
    /// Says how many days a line lasts.
    SetDays {
        /// The line.
        line: u32,
        /// Days, 1 to 366.
        days: u32,
    },
    /// Says what stands on the box, where the article is sold with and without prescription.
    SetClass {
        /// The line.
        line: u32,
        /// What the box says.
        class: Dispensing,
        /// The pharmacist who looked.
        by: Credentials,
    },
    /// Says that a pack of an unknown prefix is this line's article; not asked again.
    LearnPrefix {
        /// The line.
        line: u32,
        /// The pack.
        code: TraceCode,
    },
    /// Releases a reason, or answers a question that nothing else answers.
    Release {
        /// The rule.
        rule: String,
        /// The line concerned.
        line: Option<u32>,
        /// Why.
        reason: String,
        /// The person in charge.
        by: Credentials,
    },
    /// Says that a refusal was wrong; it is counted and seen by the bureau.
    MarkWrong {
        /// The rule.
        rule: String,
        /// The line concerned.
        line: Option<u32>,
        /// What was wrong with it.
        reason: String,
    },
    /// Takes a prescription in and attaches it to the open sale, if there is one.
    AddPrescription {
        /// What stands on it.
        told: Box<PrescriptionTold>,
        /// Its images.
        images: Vec<Image>,
    },
    /// Attaches a prescription that was taken in before.
    AttachPrescription {
        /// Its number in this store.
        prescription: u64,
    },
    /// Approves a prescription.
    Approve {
        /// Its number in this store.
        prescription: u64,
        /// Lines of the open sale that its drugs are, where names differ: drug's place and line.
        matches: Vec<(usize, u32)>,
        /// The pharmacist.
        by: Credentials,
    },
    /// Rejects a prescription.
    Reject {
        /// Its number in this store.
        prescription: u64,
        /// Why.
        reason: String,
        /// The pharmacist.
        by: Credentials,
    },
    /// Begins a shift.
    SignIn {
        /// Who.
        by: Credentials,
    },
    /// Ends a shift.
    SignOut {
        /// Who.
        staff: StaffId,
    },
    /// Confirms a purchase list by what was drawn on a screen or pad.
    SignList {
        /// The list's sale.
        sale: SaleId,
        /// What was drawn.
        drawing: Drawing,
        /// Who drew it.
        signer: Role,
    },
    /// Confirms purchase lists by the paper slips on scanned pages.
    ConfirmSlips {
        /// The pages.
        pages: Vec<Image>,
    },
    /// Prints a slip.
    PrintSlip {
        /// The list's sale.
        sale: SaleId,
    },
}

/// What stands on a prescription.
#[derive(Clone, Default)]
pub struct PrescriptionTold {
    /// Its number.
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
    /// Day of issue.
    pub issued: Option<Date>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    /// How often it may be dispensed, first time included; once unless told.
    pub repeats: Option<u32>,
    /// What it prescribes.
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
    /// Somebody told here.
    Person(PersonInput),
    /// The patient of the open sale: whoever typed it in compared the names.
    SameAsSale,
    /// Nobody said.
    #[default]
    Unknown,
}

/// What was drawn on a screen or pad.
#[derive(Clone)]
pub struct Drawing {
    /// Strokes of points: x and y in thousandths of the pad's width, and milliseconds from the first.
    pub strokes: Vec<Vec<[u32; 3]>>,
    /// The same as PNG.
    pub png: Zeroizing<Vec<u8>>,
}

/// What came of an action: a key of the text catalogue, and what it names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Done {
    /// The key.
    pub code: &'static str,
    /// What stands for `{}` in it.
    pub number: Option<u64>,
}

impl Done {
    /// Says what was done.
    pub fn new(code: &'static str) -> Self {
        Self { code, number: None }
    }

    /// Names what it was done to.
    #[must_use]
    pub fn with(mut self, number: u64) -> Self {
        self.number = Some(number);
        self
    }
}

/// Where a reason is answered on the page; every rule that can ask or refuse has at least one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Remedy {
    /// Read a card, or attest a document.
    Presence,
    /// Record a proxy.
    Proxy,
    /// Record a family member as patient.
    Family,
    /// Say who the insured is.
    Holder,
    /// Add or pick a prescription.
    Prescription,
    /// Have it reviewed.
    Review,
    /// Register the buyer.
    Registration,
    /// Give a reason for more than usual.
    Exception,
    /// Say how many days it lasts.
    Days,
    /// Say what stands on the box.
    Class,
    /// Scan packs.
    Scan,
    /// Say whose prefix it is.
    Prefix,
    /// Complete the store's register.
    Standing,
    /// Change it at the till: less, another article, cash.
    Till,
    /// Have it released.
    Release,
}
