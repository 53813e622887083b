//! What people do at the counter page, and what it shows beside the board.
//!
//! In scope: the nouns that page and desk exchange. Out of scope: forms and HTML (`counter`), what
//! each action means for sale and log (its own module of the desk).

use pharmacy_decision::facts::{Dispensing, Document, ProxyReason, Relation, SupplyException};
use pharmacy_protocol::term::{SaleId, StaffId, TraceCode};

use crate::{Credentials, Drawing, Image, PersonInput, PrescriptionTold, ReadCard, Role};

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
        card: ReadCard,
    },
    /// Attests a document that was shown: whoever is signed in at the till saw it.
    SeeDocument {
        /// Whose presence it is to show.
        role: Role,
        person: PersonInput,
    },
    /// Says that the holder buys in person after all.
    ClearProxy,
    /// Records a proxy purchase.
    SetProxy {
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
        person: PersonInput,
    },
    /// Tells who the holder is, where no reader did.
    NameHolder {
        person: PersonInput,
    },
    /// Registers the buyer of an ephedrine preparation; nobody: the buyer refused.
    Register {
        line: u32,
        /// The buyer; one without number and name is whoever buys this sale.
        buyer: Option<PersonInput>,
    },
    /// Says why more than usual is supplied.
    Except {
        line: u32,
        exception: SupplyException,
    },
    /// Says how many days a line lasts.
    SetDays {
        line: u32,
        /// Days, 1 to 366.
        days: u32,
    },
    /// Says what stands on the box, where the article is sold with and without prescription.
    SetClass {
        line: u32,
        /// What the box says.
        class: Dispensing,
        /// The pharmacist who looked.
        by: Credentials,
    },
    /// Says that a pack of an unknown prefix is this line's article; not asked again.
    LearnPrefix {
        line: u32,
        code: TraceCode,
    },
    /// Releases a reason, or answers a question that nothing else answers.
    Release {
        rule: String,
        line: Option<u32>,
        reason: String,
        /// The person in charge.
        by: Credentials,
    },
    /// Says that a refusal was wrong; it is counted and seen by the bureau.
    MarkWrong {
        rule: String,
        line: Option<u32>,
        /// What was wrong with it.
        reason: String,
    },
    /// Takes a prescription in and attaches it to the open sale, if there is one.
    AddPrescription {
        /// What stands on it.
        told: Box<PrescriptionTold>,
        images: Vec<Image>,
    },
    /// Attaches a prescription that was taken in before.
    AttachPrescription {
        /// Its number in this store.
        prescription: u64,
    },
    Approve {
        /// Its number in this store.
        prescription: u64,
        /// Lines of the open sale that its drugs are, where names differ: drug's place and line.
        matches: Vec<(usize, u32)>,
        by: Credentials,
    },
    Reject {
        /// Its number in this store.
        prescription: u64,
        reason: String,
        by: Credentials,
    },
    SignIn {
        by: Credentials,
    },
    SignOut {
        staff: StaffId,
    },
    /// Confirms a purchase list by what was drawn on a screen or pad.
    SignList {
        sale: SaleId,
        drawing: Drawing,
        signer: Role,
    },
    /// Confirms purchase lists by the paper slips on scanned pages.
    ConfirmSlips {
        pages: Vec<Image>,
    },
    PrintSlip {
        sale: SaleId,
    },
}
