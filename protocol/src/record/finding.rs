//! What must not pass unnoticed: recorded as it is, whoever it speaks against.
//!
//! `finding` is a code of the text catalogue; codes are permanent and never reused.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::outcome::AttemptState;
use crate::act::ActPlace;
use crate::digest::{hex, sha256};
use crate::term::{EntryIndex, Fen, Infno, SaleId, StaffId};

/// Something that must not pass unnoticed, by what it is about. It names nobody.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "about"
)]
pub enum Finding {
    /// An outcome that contradicts what is known of its attempt.
    Attempt {
        /// Its code.
        finding: String,
        /// The attempt's message id.
        msgid: String,
        /// What was told of it.
        state: AttemptState,
    },
    /// A call that was turned away for a reason that no rule states.
    Call {
        /// Its code.
        finding: String,
        /// The call's number in the national interface.
        infno: Infno,
        /// Its message id.
        msgid: String,
        /// SHA-256 of its body, hexadecimal.
        body: String,
    },
    /// A file beside the log that is not as it was recorded.
    File {
        /// Its code.
        finding: String,
    },
    /// An invoice that does not agree with its list; the invoice is in the part `list`.
    Invoice {
        /// Its code.
        finding: String,
    },
    /// Lists of earlier days that nobody confirmed.
    Lists {
        /// Its code.
        finding: String,
        /// How many, not counted beyond a limit.
        count: u64,
    },
    /// What an entry says is gone or damaged, and no erasure says so.
    Part {
        /// Its code.
        finding: String,
        /// The entry.
        entry: EntryIndex,
    },
    /// Prescriptions that look as if they came off a line (R16).
    Prescriptions {
        /// Its code.
        finding: String,
        /// Entries of their receipts, the oldest first.
        prescriptions: Vec<u64>,
    },
    /// Card readers that nobody knew, more in a day than are recorded one by one.
    Readers {
        /// Its code.
        finding: String,
        /// The day.
        day: Date,
        /// How often further ones were shown.
        count: u64,
    },
    /// A refund in cash that was refused: what the insurance paid goes back another way (R20).
    Refund {
        /// Its code.
        finding: String,
        /// The sale.
        sale: SaleId,
        /// How much was asked for.
        amount: Fen,
    },
    /// A rule that was released more often in a month than the pack foresees.
    Release {
        /// Its code.
        finding: String,
        /// The rule.
        rule: String,
        /// Its releases in this month, with this one.
        released: u64,
        /// How many the pack foresees.
        budget: u32,
    },
    /// A sale of which something that is due did not come.
    Sale {
        /// Its code.
        finding: String,
        /// The sale.
        sale: SaleId,
    },
    /// A settlement that is known, or that the agent did not judge.
    Settlement {
        /// Its code.
        finding: String,
        /// The call that told of it.
        infno: Option<Infno>,
        /// The platform's settlement id; empty where only the message id is known.
        settlement: String,
        /// The settlement's message id.
        msgid: Option<String>,
    },
    /// An undo that was answered here: the call had never left.
    Undo {
        /// Its code.
        finding: String,
        /// The undo's message id.
        msgid: String,
        /// The message id of what it undoes.
        undoes: String,
    },
    /// A settlement that could not be read: accepted all the same, or refused here for it.
    Unread {
        /// Its code.
        finding: String,
        /// How it looked from outside.
        shape: UnreadShape,
        /// What the platform said; none where it was refused here.
        answer: Option<UnreadAnswer>,
        /// Under which entry its shape had been re-opened.
        reopened: Option<EntryIndex>,
    },
    /// A call that could not be read and passed.
    Unreadable {
        /// Its code.
        finding: String,
        /// The call's number in the national interface.
        infno: Infno,
        /// What of it could not be read.
        reason: String,
        /// SHA-256 of its body, hexadecimal.
        body: String,
    },
}

/// What the platform said of a settlement that could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnreadAnswer {
    /// It accepted it.
    Accepted,
    /// Nothing, or nothing that could be read.
    Unknown,
}

/// How a call looks from outside whose content cannot be read. Nothing of its content, and nobody.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UnreadShape {
    /// Its number in the national interface; none where neither body nor path tells.
    pub infno: Option<Infno>,
    /// Its path in one spelling, without query; what may be a number of somebody is left out.
    pub path: String,
    /// Its media type; empty where it says none.
    pub media: String,
    /// In what it is packed; empty where in nothing.
    pub coding: String,
    /// Why it cannot be read.
    pub reason: String,
}

impl UnreadShape {
    /// A short name that is the same for the same shape: 16 hexadecimal digits.
    pub fn digest(&self) -> String {
        let infno = self.infno.as_ref().map_or("", Infno::as_str);
        // None of the members can hold a line break.
        let text = [infno, &self.path, &self.media, &self.coding, &self.reason].join("\n");
        let mut digest = hex(&sha256(text.as_bytes()));
        digest.truncate(16);
        digest
    }
}

impl Finding {
    /// The code of the text catalogue.
    pub fn code(&self) -> &str {
        match self {
            Self::Attempt { finding, .. }
            | Self::Call { finding, .. }
            | Self::File { finding }
            | Self::Invoice { finding }
            | Self::Lists { finding, .. }
            | Self::Part { finding, .. }
            | Self::Prescriptions { finding, .. }
            | Self::Readers { finding, .. }
            | Self::Refund { finding, .. }
            | Self::Release { finding, .. }
            | Self::Sale { finding, .. }
            | Self::Settlement { finding, .. }
            | Self::Undo { finding, .. }
            | Self::Unread { finding, .. }
            | Self::Unreadable { finding, .. } => finding,
        }
    }
}

/// Wrong PINs, more than mistyping explains.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WrongPin {
    /// Its code.
    pub finding: String,
    /// Whose PIN it was not.
    pub staff: StaffId,
    /// From where; none for a command at the machine itself.
    pub place: Option<ActPlace>,
    /// How many in a row.
    pub wrong: u32,
    /// Until when no PIN is tried, milliseconds since 1970.
    pub locked_until: Option<i64>,
}
