//! What people do at the counter page, by who carries it out.
//!
//! In scope: the nouns that page and desk exchange. Out of scope: forms and HTML (the page), who gets
//! which (`act`).

use pharmacy_decision::facts::{Dispensing, Document, ProxyReason, Relation, SupplyException};
use pharmacy_protocol::term::{SaleId, StaffId, TraceCode};

use super::correct::WrongBox;
use super::remedy::Lasting;
use crate::{Credentials, Drawing, Image, NewLot, PersonInput, PrescriptionTold, Role};

/// What somebody does for the open sale of a till, or for the store.
#[derive(Clone)]
pub enum Action {
    /// Closes the open sale: it will not be settled.
    CloseSale,
    /// Takes the photo of a code that cannot be read, for one pack of a line.
    PhotographCode { line: u32, images: Vec<Image> },
    /// For purchase lists.
    List(ListAction),
    /// For a prescription.
    Prescription(PrescriptionAction),
    /// Reads a card on the till's reader, and attaches it to the open sale.
    ReadCard {
        /// Whose presence it is to show.
        role: Role,
    },
    /// For a shift.
    Shift(ShiftAction),
    /// Signs for the open sale.
    Sign(Sign),
    /// Supplies something for the open sale.
    Supply(Supply),
}

/// What is done for purchase lists.
#[derive(Clone)]
pub enum ListAction {
    /// Confirms purchase lists by the paper slips on scanned pages.
    ConfirmSlips { pages: Vec<Image> },
    /// Says which box was handed over instead of the one that was scanned.
    CorrectBox {
        what: Box<WrongBox>,
        /// The person in charge, or a pharmacist who is signed in.
        by: Credentials,
    },
    /// Prints a slip.
    PrintSlip { sale: SaleId },
    /// Confirms a purchase list by what was drawn on a screen or pad.
    Sign {
        sale: SaleId,
        drawing: Drawing,
        /// Who drew it.
        signer: Role,
    },
}

/// What is done for a prescription.
#[derive(Clone)]
pub enum PrescriptionAction {
    /// Takes a prescription in and attaches it to the open sale, if there is one.
    Add {
        /// What stands on it.
        told: Box<PrescriptionTold>,
        images: Vec<Image>,
    },
    /// Approves a prescription.
    Approve {
        /// Its number in this store.
        prescription: u64,
        /// Lines of the open sale that its drugs are, where names differ: drug's place and line.
        matches: Vec<(usize, u32)>,
        by: Credentials,
    },
    /// Attaches a prescription that was taken in before.
    Attach {
        /// Its number in this store.
        prescription: u64,
    },
    /// Tells what else stands on a prescription that was taken in before.
    Complete {
        /// Its number in this store.
        prescription: u64,
        told: Box<PrescriptionTold>,
    },
    /// Says that something is wrong with a prescription.
    Doubt {
        /// Its number in this store.
        prescription: u64,
    },
    /// Signs that a prescription in doubt is in order.
    LiftDoubt {
        /// Its number in this store.
        prescription: u64,
        /// What was found.
        reason: String,
        by: Credentials,
    },
    /// Rejects a prescription.
    Reject {
        /// Its number in this store.
        prescription: u64,
        reason: String,
        by: Credentials,
    },
}

/// How a shift begins and ends.
#[derive(Clone)]
pub enum ShiftAction {
    /// Begins a shift.
    SignIn { by: Credentials },
    /// Ends a shift.
    SignOut { staff: StaffId },
}

/// What is signed for the open sale or the store, with a key that a PIN unlocks.
#[derive(Clone)]
pub enum Sign {
    /// Enrols the reader that read a card for the open sale.
    EnrolReader {
        /// The person in charge.
        by: Credentials,
    },
    /// Enters a lot of a line's article from before the duty to scan.
    EnterNoCode {
        lot: Box<NewLot>,
        /// The person in charge.
        by: Credentials,
    },
    /// Confirms that the packs of a line's article bear a maker's own codes of the form of this one.
    ConfirmForm {
        line: u32,
        code: TraceCode,
        /// The person in charge.
        by: Credentials,
    },
    /// Gives packs free that were paid in cash: the cash went back.
    ReturnCash {
        line: u32,
        /// The receipt's number.
        receipt: String,
        /// The person in charge.
        by: Credentials,
    },
    /// Releases a reason, or answers a question that nothing else answers.
    Release {
        rule: String,
        line: Option<u32>,
        reason: String,
        /// The person in charge.
        by: Credentials,
    },
    /// Opens a shape of settlements again that is refused because it cannot be read, for the whole store.
    Reopen {
        /// The shape's short name.
        shape: String,
        reason: String,
        /// The person in charge; at night, where none is on duty, whoever is.
        by: Credentials,
    },
    /// Says what stands on the box, where the article is sold with and without prescription.
    SetClass {
        line: u32,
        /// What the box says.
        class: Dispensing,
        /// The pharmacist who looked.
        by: Credentials,
    },
}

/// What is supplied for the open sale.
#[derive(Clone)]
pub enum Supply {
    /// Says that the holder takes the medicine.
    ClearPatient,
    /// Says that the holder buys in person after all.
    ClearProxy,
    /// Says that the basket is another purchase than the one that it looks like.
    ConfirmAnother,
    /// Says that it is the insured who is here (本人).
    ConfirmHolder,
    /// Says that somebody fetches for the insured (代购).
    ConfirmProxy,
    /// Says that the insured's standing proxy fetches no longer.
    EndStandingProxy,
    /// Says why more than usual is supplied.
    Except {
        line: u32,
        exception: SupplyException,
    },
    /// Says that a pack of an unknown prefix is this line's article; not asked again.
    LearnPrefix { line: u32, code: TraceCode },
    /// Says that a refusal was wrong; it is counted and seen by the bureau.
    MarkWrong {
        rule: String,
        line: Option<u32>,
        /// What was wrong with it.
        reason: String,
    },
    /// Tells who the holder is, where no reader did.
    NameHolder { person: PersonInput },
    /// Registers the buyer of an ephedrine preparation; nobody: the buyer refused.
    Register {
        line: u32,
        /// The buyer; one without number and name is whoever buys this sale.
        buyer: Option<PersonInput>,
    },
    /// Attests a document that was shown: whoever is signed in at the till saw it.
    SeeDocument {
        /// Whose presence it is to show.
        role: Role,
        /// Whom it names.
        person: PersonInput,
    },
    /// Says how many days a line lasts.
    SetDays {
        line: u32,
        /// Days, 1 to 366.
        days: u32,
    },
    /// Says which family member takes the medicine.
    SetPatient {
        /// Relation to the holder.
        relation: Relation,
        person: PersonInput,
    },
    /// Records a proxy purchase.
    SetProxy {
        person: PersonInput,
        /// How the holder's document was shown.
        holder_document: Document,
        /// How the proxy's document was shown.
        proxy_document: Document,
        /// Why the holder does not come.
        reason: ProxyReason,
        /// For how long the papers count.
        lasts: Lasting,
    },
}
