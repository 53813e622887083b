//! Looking: questions to the log, images that were shown.

use serde::{Deserialize, Serialize};

use crate::term::{EntryIndex, StaffId};

/// Somebody saw what the log or its parts hold. Never the person, number or drug asked for.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "access"
)]
pub enum Access {
    /// An image of a prescription.
    Image {
        /// At which program or page.
        by: String,
        /// The prescription's number in the store.
        prescription: u64,
        /// Its place among the images.
        image: usize,
    },
    /// Purchase lists: one, or which there are.
    List {
        /// Who looked.
        by: Asker,
        /// The entry that holds it; none for the table of them.
        list: Option<EntryIndex>,
    },
    /// A question of an inspector.
    Question {
        /// Who asked.
        by: Asker,
        /// By what kinds of things.
        asked: Vec<Asked>,
    },
}

/// Who asks.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Asker {
    /// The program or page.
    pub client: String,
    /// Who is signed in there.
    pub staff: Option<StaffId>,
}

/// By what is asked.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// A drug's name or code.
    Drug,
    /// From a moment on.
    From,
    /// Medicines without a trace code.
    NoCode,
    /// Who operated the till.
    Operator,
    /// A person's number.
    Person,
    /// Who reviewed.
    Pharmacist,
    /// The till's receipt number.
    Receipt,
    /// Sales with a released reason.
    Releases,
    /// The platform's settlement number.
    Settlement,
    /// Parts of packs.
    Split,
    /// The drugs that sold most.
    TopDrugs,
    /// The insured who bought most.
    TopHolders,
    /// A pack's code.
    Trace,
    /// Until a moment.
    Until,
}
