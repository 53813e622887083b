//! Questions of inspectors, and what an answer says.

use pharmacy_protocol::term::{EntryIndex, Fen, SaleId, StaffId, TillNumber, TraceCode};

use pharmacy_journal::store::Span;

pub use pharmacy_protocol::record::access::{Asked, Asker};

/// An inspector's question (R68). Everything that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The till's receipt number or message id.
    pub receipt: Option<String>,
    /// The platform's settlement id.
    pub settlement: Option<String>,
    /// From this moment, milliseconds since 1970.
    pub from_ms: Option<i64>,
    pub until_ms: Option<i64>,
    /// A person by certificate number: holder, patient or buyer.
    pub person: Option<pharmacy_protocol::person::IdentityNumber>,
    /// A drug by article number, insurance code or part of its name.
    pub drug: Option<String>,
    pub trace: Option<TraceCode>,
    pub pharmacist: Option<StaffId>,
    /// Only sales with a release.
    pub released: bool,
    /// Most answers, 1 to 1000.
    pub limit: usize,
}

/// Most answers to one question.
pub const MAX_ANSWERS: usize = 1_000;

/// Most lists that are opened for what no mark tells: part of a drug's name, sales without code, split
/// sales. A shop sells less in a month.
pub const MAX_OPENED: usize = 20_000;

/// A question with what only this machine's command line asks.
#[derive(Clone, Debug, Default)]
pub struct Question {
    pub query: Query,
    /// Who operated the till.
    pub operator: Option<String>,
    /// Only sales with an item that should have a trace code and has none on its list.
    pub no_code: bool,
    /// Only sales of a part of a pack (拆零).
    pub split: bool,
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

    pub(super) fn span(&self) -> Span {
        Span {
            from_ms: self.query.from_ms.unwrap_or(i64::MIN),
            until_ms: self.query.until_ms.unwrap_or(i64::MAX),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.query.limit.clamp(1, MAX_ANSWERS)
    }
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

/// A sale that answers a question.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entry that records it: the settlement's.
    pub entry: EntryIndex,
    pub sale: SaleId,
    /// When it was settled, milliseconds since 1970.
    pub at_ms: i64,
    pub till: TillNumber,
    pub settlement: String,
    pub holder: Option<String>,
    /// The patient where not the holder, masked.
    pub patient: Option<String>,
    /// The buyer where not the holder, masked.
    pub buyer: Option<String>,
    /// What was bought: names and quantities.
    pub goods: Vec<String>,
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
