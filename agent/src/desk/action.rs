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
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId, StaffId, TillNumber, TraceCode};
use zeroize::Zeroizing;

use super::{PersonInput, ReadCard, Role};

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

/// A member of staff on the board.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OnDuty {
    /// Who.
    pub staff: StaffId,
    /// Name.
    pub name: String,
    /// In charge of the store on this shift?
    pub is_in_charge: bool,
    /// May review prescriptions?
    pub is_pharmacist: bool,
    /// At which till; none elsewhere.
    pub till: Option<TillNumber>,
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
}

/// An image of a prescription, to be shown.
#[derive(Clone)]
pub struct ShownImage {
    /// `image/jpeg`, `image/png` or `application/pdf`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// A purchase list in a list.
#[derive(Clone, Debug)]
pub struct ListItem {
    /// Its sale.
    pub sale: SaleId,
    /// When it was settled, milliseconds since 1970.
    pub settled_ms: i64,
    /// The till.
    pub till: TillNumber,
    /// The insured, masked.
    pub holder: Option<String>,
    /// The whole amount.
    pub total: Fen,
    /// How it was confirmed.
    pub confirmed: Confirmed,
}

/// How a purchase list was confirmed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confirmed {
    /// Drawn on a screen or pad.
    Drawn,
    /// Signed on paper, and the paper scanned.
    OnPaper,
    /// Not yet.
    Open,
    /// Taken back: needs none.
    TakenBack,
}

/// Today's figures.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The day.
    pub day: Option<Date>,
    /// Settled sales.
    pub sales: u64,
    /// Their whole amount.
    pub amount: Fen,
    /// Settlements that were refused.
    pub refusals: u64,
    /// Reasons that were released.
    pub releases: u64,
    /// Refusals that staff marked as wrong.
    pub wrong: u64,
    /// Lists without signature.
    pub unsigned: u64,
    /// Prescriptions that wait for a pharmacist.
    pub reviews: u64,
    /// The same by rule.
    pub rules: Vec<RuleFigures>,
}

/// A day's figures of one rule.
#[derive(Clone, Debug)]
pub struct RuleFigures {
    /// The rule.
    pub rule: String,
    /// Settlements that it refused.
    pub refusals: u64,
    /// Times that it was released.
    pub releases: u64,
    /// Times that it was marked as wrong.
    pub wrong: u64,
}

/// An inspector's question (R68). Everything that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The till's receipt number or message id.
    pub receipt: Option<String>,
    /// The platform's settlement id.
    pub settlement: Option<String>,
    /// From this moment, milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Before this moment.
    pub until_ms: Option<i64>,
    /// A person by certificate number: holder, patient or buyer.
    pub person: Option<pharmacy_protocol::person::IdentityNumber>,
    /// A drug by article number, insurance code or part of its name.
    pub drug: Option<String>,
    /// A trace code.
    pub trace: Option<TraceCode>,
    /// The reviewing pharmacist.
    pub pharmacist: Option<StaffId>,
    /// Only sales with a release.
    pub released: bool,
    /// Most answers, 1 to 1000.
    pub limit: usize,
}

/// A sale that answers a question.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entry that records it: the settlement's.
    pub entry: EntryIndex,
    /// The sale.
    pub sale: SaleId,
    /// When it was settled, milliseconds since 1970.
    pub at_ms: i64,
    /// The till.
    pub till: TillNumber,
    /// The settlement id.
    pub settlement: String,
    /// The insured, masked.
    pub holder: Option<String>,
    /// The patient where not the holder, masked.
    pub patient: Option<String>,
    /// The buyer where not the holder, masked.
    pub buyer: Option<String>,
    /// What was bought: names and quantities.
    pub goods: Vec<String>,
    /// The whole amount.
    pub total: Fen,
    /// Who operated the till.
    pub operator: Option<String>,
    /// Who reviewed its prescriptions, and in which entries.
    pub reviews: Vec<(StaffId, EntryIndex)>,
    /// Entries that released a reason.
    pub releases: Vec<EntryIndex>,
    /// The entry of its verdict.
    pub verdict: Option<EntryIndex>,
    /// Was it taken back?
    pub is_taken_back: bool,
}

/// A member of staff, as the staff page shows them.
#[derive(Clone, Debug)]
pub struct StaffItem {
    /// Who.
    pub staff: StaffId,
    /// Name.
    pub name: String,
    /// Duties, as words of the register: `cashier`, `in-charge`, `insurance-manager`, `pharmacist`,
    /// `remote-pharmacist`.
    pub duties: Vec<&'static str>,
    /// Last day of the contract.
    pub contract_until: Option<Date>,
    /// Since when on duty, milliseconds since 1970.
    pub on_duty_since_ms: Option<i64>,
    /// Locked until, milliseconds since 1970.
    pub locked_until_ms: Option<i64>,
}

/// A fact of the store's standing with the bureau, as the page shows it.
#[derive(Clone, Debug)]
pub struct StandingItem {
    /// What it is: a key of the text catalogue.
    pub what: &'static str,
    /// Its value or last day, as text.
    pub value: String,
    /// Days that are left, in Chinese working days where the law counts so; negative when over.
    pub days_left: Option<i64>,
    /// Must somebody act?
    pub is_due: bool,
    /// Is the calendar of a year in between not known?
    pub is_uncertain: bool,
}

/// A file in the scanner's folder.
#[derive(Clone, Debug)]
pub struct InboxFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written, milliseconds since 1970.
    pub written_ms: i64,
}
