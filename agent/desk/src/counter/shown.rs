//! What the counter page shows beside the board: staff, prescriptions, lists, figures, answers.
//!
//! In scope: the nouns. Out of scope: HTML (`counter`), gathering them (each its own module).

use jiff::civil::Date;
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId, StaffId, TillNumber, TraceCode};
use zeroize::Zeroizing;

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
