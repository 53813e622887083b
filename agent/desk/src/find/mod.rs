//! The inspector's questions (R68): sales by number, person, drug, pack, pharmacist, release.
//!
//! ```text
//! question ─► marks, the rarest first ─► lists of the newest hits ─► what only a list shows ─► answers
//! ```
//! A question is answered on a connection of its own, beside the desk's thread or beside a running
//! agent. LAW: R44. Asking is an entry before anything is answered; it names who asked and by what
//! kinds of things, never the person. What was erased answers with index and moment only.
//! Out of scope: which marks a settlement leaves ([`crate::list::record`]).

mod figure;
mod search;
mod top;

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, StaffId, TillNumber};
use serde::{Deserialize, Serialize};

use super::step;
use super::{Caller, Desk, DeskError, DeskHandle, Found, Query};
use pharmacy_journal::store::Span;
use pharmacy_journal::{Draft, Journal, LogView};

pub use search::search;
pub use top::{Top, TopItem, top};

/// Most answers to one question.
pub const MAX_ANSWERS: usize = 1_000;

/// Most lists that are opened for what no mark tells: part of a drug's name, sales without code, split
/// sales. A shop sells less in a month.
pub const MAX_OPENED: usize = 20_000;

/// A question with what only this machine's command line asks.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What is asked.
    pub query: Query,
    /// Who operated the till.
    pub operator: Option<String>,
    /// Only sales with an item that should have a trace code and has none on its list.
    pub no_code: bool,
    /// Only sales of a part of a pack (拆零).
    pub split: bool,
}

/// Answers to a question.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Sales, the newest first.
    pub found: Vec<Found>,
    /// Is that all? Otherwise there are more than were asked for, or more lists than are opened for
    /// one question: a shorter range tells.
    pub is_complete: bool,
}

/// Who asks.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Asker {
    /// The program or page.
    pub client: String,
    /// Who is signed in there.
    pub staff: Option<StaffId>,
}

/// By what kind of thing somebody asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    Drug,
    From,
    NoCode,
    Operator,
    Person,
    Pharmacist,
    Receipt,
    Releases,
    Settlement,
    Split,
    TopDrugs,
    TopHolders,
    Trace,
    Until,
}

/// What an access entry says of a question: kinds of things, no value.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct AccessRecord<'a> {
    by: &'a Asker,
    asked: Vec<Asked>,
}

impl From<Query> for Question {
    fn from(query: Query) -> Self {
        Self {
            query,
            ..Self::default()
        }
    }
}

impl Question {
    /// By what kinds of things it asks; never what they are.
    pub fn kinds(&self) -> Vec<Asked> {
        let query = &self.query;
        let asked = [
            (Asked::Drug, query.drug.is_some()),
            (Asked::From, query.from_ms.is_some()),
            (Asked::NoCode, self.no_code),
            (Asked::Operator, self.operator.is_some()),
            (Asked::Person, query.person.is_some()),
            (Asked::Pharmacist, query.pharmacist.is_some()),
            (Asked::Receipt, query.receipt.is_some()),
            (Asked::Releases, query.released),
            (Asked::Settlement, query.settlement.is_some()),
            (Asked::Split, self.split),
            (Asked::Trace, query.trace.is_some()),
            (Asked::Until, query.until_ms.is_some()),
        ];
        let asked = asked.into_iter().filter(|(_, is_asked)| *is_asked);
        asked.map(|(kind, _)| kind).collect()
    }

    fn span(&self) -> Span {
        Span {
            from_ms: self.query.from_ms.unwrap_or(i64::MIN),
            until_ms: self.query.until_ms.unwrap_or(i64::MAX),
        }
    }

    fn limit(&self) -> usize {
        self.query.limit.clamp(1, MAX_ANSWERS)
    }
}

impl Found {
    /// Was its list erased? Then index and moment are all that is left.
    pub fn is_erased(&self) -> bool {
        self.settlement.is_empty()
    }
}

/// Records that somebody asks, before anything is answered.
pub fn record_access(
    journal: &mut Journal,
    (asker, till): (&Asker, Option<TillNumber>),
    asked: Vec<Asked>,
) -> Result<EntryIndex, DeskError> {
    let record = AccessRecord { by: asker, asked };
    let draft = Draft {
        kind: EntryKind::Access,
        till,
        refs: Vec::new(),
        parts: vec![step::part(PartClass::Staff, &record)?],
    };
    Ok(journal.record(draft, |_, _| Ok(()))?.index())
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
        record_access(&mut self.journal, (&asker, till), asked)?;
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
