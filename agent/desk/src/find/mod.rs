//! The inspector's questions (R68): sales by number, person, drug, pack, pharmacist, release.
//!
//! ```text
//! question ─► marks, the rarest first ─► lists of the newest hits ─► what only a list shows ─► answers
//! ```
//! A question is answered on a connection of its own, beside the desk's thread or beside a running
//! agent. LAW: R44. Asking is an entry before anything is answered; it names who asked and by what
//! kinds of things, never the person. What was erased answers with index and moment only.
//! Out of scope: which marks a settlement leaves ([`crate::list::record`]).

pub(crate) mod figure;
pub(crate) mod question;
mod search;
mod top;

use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::record::access::Access;
use pharmacy_protocol::term::{EntryIndex, TillNumber};
use serde::{Deserialize, Serialize};

use crate::staff::command::{Meant, SignedBy, Signer};
use crate::{Answers, Asked, Asker, Caller, Desk, DeskError, DeskHandle, Found, Query, Question};
use pharmacy_journal::{Draft, Journal, LogView};

pub use search::search;
pub use top::{Top, TopItem, top};

impl Found {
    /// Was its list erased? Then index and moment are all that is left.
    pub fn is_erased(&self) -> bool {
        self.settlement.is_empty()
    }
}

/// What a command asks by, and who asks: a list shows persons.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignedQuestion {
    asked: Vec<Asked>,
    signed: SignedBy,
}

fn meant(asked: &[Asked]) -> Meant {
    Meant {
        kind: ActKind::Look,
        what: serde_json::json!({ "asked": asked }),
    }
}

impl SignedQuestion {
    pub fn sign(signer: &Signer<'_>, asked: Vec<Asked>, now_ms: i64) -> Result<Self, DeskError> {
        let signed = meant(&asked).sign_at_command(signer, now_ms)?;
        Ok(Self { asked, signed })
    }
}

/// Records that a command asks, for a member of staff who signed just that.
pub fn record_signed_question(
    journal: &mut Journal,
    SignedQuestion { asked, signed }: SignedQuestion,
) -> Result<EntryIndex, DeskError> {
    signed.demand(journal, &meant(&asked), None)?;
    let asker = Asker {
        client: "command-line".to_owned(),
        staff: Some(signed.by),
    };
    record_access(journal, &asker, None, asked)
}

/// Records that somebody asks, before anything is answered.
fn record_access(
    journal: &mut Journal,
    asker: &Asker,
    till: Option<TillNumber>,
    asked: Vec<Asked>,
) -> Result<EntryIndex, DeskError> {
    let record = Access::Question {
        by: asker.clone(),
        asked,
    };
    let draft = Draft {
        till,
        ..Draft::of(&record)?
    };
    Ok(journal.note(draft)?.index())
}

/// When an entry was recorded: of a review, for comparison with the pharmacist's presence.
pub fn recorded_ms(view: &LogView, entry: EntryIndex) -> Result<i64, DeskError> {
    Ok(view.entry(entry)?.at_ms)
}

impl Desk {
    fn note_question(&mut self, caller: &Caller, asked: Vec<Asked>) -> Result<(), DeskError> {
        let asker = Asker {
            client: caller.client.clone(),
            staff: self.signed_in(&caller.till)?,
        };
        let till = Some(caller.till.clone());
        record_access(&mut self.journal, &asker, till, asked)?;
        Ok(())
    }
}

impl DeskHandle {
    /// Sales that answer a question, the newest first; asking is an entry.
    pub async fn find(&self, caller: Caller, query: Query) -> Result<Vec<Found>, DeskError> {
        let answers = self.ask(caller, query.into()).await?;
        Ok(answers.found)
    }

    /// The same, and whether that is all.
    pub async fn ask(&self, caller: Caller, question: Question) -> Result<Answers, DeskError> {
        let asked = question.kinds();
        self.run(move |desk| desk.note_question(&caller, asked))
            .await?;
        self.beside(move |view| search(view, &question)).await
    }
}
