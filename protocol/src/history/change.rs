//! What an entry says of the rows that change with it: the part of class `rows`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::cell::Digest;
use super::no_code::NoCodeChange;
use super::word::{
    DueKind, FigureKind, ListState, MappingSource, MarkKind, NameKind, PackEventKind, Phase,
    PrescriptionNameKind, PrescriptionStatus, RegisterKind,
};
use crate::person::PersonRef;
use crate::term::{EntryIndex, Fen, InsuranceCode, Quantity, Sku, TillNumber, TracePrefix};

/// Every change of rows in one commit, by table; within a table in the order in which they were made.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Rows {
    /// Sales.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sales: Vec<SaleChange>,
    /// Packs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackChange>,
    /// Goods from before the duty to scan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_code: Vec<NoCodeChange>,
    /// Supplies of persons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supplies: Vec<SupplyChange>,
    /// Insurance codes of articles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<MappingChange>,
    /// Prefixes of trace codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<PrefixLearnt>,
    /// Names of sales.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Named>,
    /// Calls that were gated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallChange>,
    /// Whom the platform named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub insured: Vec<InsuredChange>,
    /// What has to come within a time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dues: Vec<DueChange>,
    /// Purchase lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListChange>,
    /// What lists are found by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Marked>,
    /// Marks that went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks_gone: Vec<MarksGone>,
    /// What a day comes to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Counted>,
    /// Prescriptions and their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prescriptions: Vec<PrescriptionChange>,
    /// Staff and standing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registers: Vec<RegisterKept>,
    /// Tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenChange>,
    /// Settings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingKept>,
    /// Requests that were answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestChange>,
}

impl Rows {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let Self {
            sales,
            packs,
            no_code,
            supplies,
            mappings,
            prefixes,
            names,
            calls,
            insured,
            dues,
            lists,
            marks,
            marks_gone,
            figures,
            prescriptions,
            registers,
            tokens,
            settings,
            requests,
        } = self;
        sales.is_empty()
            && packs.is_empty()
            && no_code.is_empty()
            && supplies.is_empty()
            && mappings.is_empty()
            && prefixes.is_empty()
            && names.is_empty()
            && calls.is_empty()
            && insured.is_empty()
            && dues.is_empty()
            && lists.is_empty()
            && marks.is_empty()
            && marks_gone.is_empty()
            && figures.is_empty()
            && prescriptions.is_empty()
            && registers.is_empty()
            && tokens.is_empty()
            && settings.is_empty()
            && requests.is_empty()
    }
}

/// What became of a sale's row.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SaleChange {
    /// It was made, or changed.
    Kept(SaleKept),
    /// Its time is over.
    Gone(SaleGone),
}

/// A sale as it stands from an entry on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SaleKept {
    /// Its number.
    pub sale: u64,
    /// Where it stands.
    pub phase: Phase,
    /// At which till; only when it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<SaleMade>,
    /// When the row was written, milliseconds since 1970.
    pub at: i64,
    /// Members of its state that are new or other than before.
    pub state: BTreeMap<Box<str>, Box<RawValue>>,
    /// Members that its state has no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Box<str>>,
}

/// What of a sale never changes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SaleMade {
    /// At which till.
    pub till: TillNumber,
    /// By which program.
    pub client: Box<str>,
    /// When, milliseconds since 1970.
    pub at: i64,
}

/// Finished sales that were removed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SaleGone {
    /// Those that had not changed since, milliseconds since 1970.
    pub before: i64,
}

/// Something that happened to a pack.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackChange {
    /// The pack.
    pub pack: Digest,
    /// What happened.
    pub event: PackEventKind,
    /// For which sale.
    pub sale: u64,
    /// How much it is about; nothing where a sale took hold of it or let go.
    #[serde(default, skip_serializing_if = "Quantity::is_zero")]
    pub quantity: Quantity,
}

/// What became of persons' supplies.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SupplyChange {
    /// A line of a sale was supplied.
    Supplied {
        /// To whom.
        person: PersonRef,
        /// On which day.
        on: Date,
        /// In which sale.
        sale: u64,
        /// In which line.
        line: u32,
        /// Under which insurance code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<InsuranceCode>,
        /// Which article.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// How much.
        quantity: Quantity,
        /// How many days it lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
        /// Last day on which the row may be kept.
        until: Date,
    },
    /// A sale's supplies count no longer.
    TakenBack {
        /// Whose.
        person: PersonRef,
        /// Which sale's.
        sale: u64,
    },
    /// Rows whose last day was before.
    Gone {
        /// The day.
        before: Date,
    },
}

/// What became of an article's insurance code.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum MappingChange {
    /// It was learnt.
    Learnt {
        /// The article.
        sku: Sku,
        /// Its code.
        code: InsuranceCode,
        /// From what.
        source: MappingSource,
    },
    /// It was forgotten.
    Forgotten {
        /// The article.
        sku: Sku,
    },
}

/// Packs that begin so are of this article.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrefixLearnt {
    /// The prefix.
    pub prefix: TracePrefix,
    /// The article.
    pub sku: Sku,
}

/// A sale bears a name from now on; whoever bore it before does not.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Named {
    /// What the name is.
    pub kind: NameKind,
    /// The name.
    pub name: Digest,
    /// The sale; 0 where it is no sale's.
    pub sale: u64,
}

/// What became of gated calls.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CallChange {
    /// One is kept, or its answer.
    Kept {
        /// The call.
        call: Digest,
        /// SHA-256 of its body; what was kept first counts.
        body: Digest,
        /// Its sale.
        sale: u64,
        /// The entry that decided it, where not this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entry: Option<EntryIndex>,
        /// When it came, milliseconds since 1970; what was kept first counts.
        at: i64,
        /// SHA-256 of the answer as it is sealed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<Digest>,
    },
    /// Those that came before are forgotten.
    Gone {
        /// The moment, milliseconds since 1970.
        before: i64,
    },
}

/// What became of whom the platform named.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum InsuredChange {
    /// Somebody was named.
    Kept {
        /// Under which number.
        person: Digest,
        /// SHA-256 of what is kept, as it is sealed.
        state: Digest,
        /// When, milliseconds since 1970.
        at: i64,
    },
    /// Of one it is not known any more who it was.
    Lost {
        /// Under which number.
        person: Digest,
    },
    /// Those who were named before are forgotten.
    Gone {
        /// The moment, milliseconds since 1970.
        before: i64,
    },
}

/// What has to come within a time.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DueChange {
    /// Until when it has to come.
    Due {
        /// What.
        kind: DueKind,
        /// For which sale.
        sale: u64,
        /// Until when, milliseconds since 1970.
        until: i64,
    },
    /// It came, or is waited for no longer.
    Over {
        /// What.
        kind: DueKind,
        /// For which sale.
        sale: u64,
    },
}

/// What became of purchase lists. The entry that says so is a list's own, its confirmation, what took it back.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ListChange {
    /// There is one.
    Listed {
        /// Whose.
        sale: u64,
        /// When it was settled, milliseconds since 1970.
        settled: i64,
    },
    /// It was confirmed.
    Confirmed {
        /// Whose.
        sale: u64,
        /// The list's entry.
        list: EntryIndex,
        /// How.
        how: ListState,
    },
    /// The lists of a sale were taken back.
    TakenBack {
        /// The sale.
        sale: u64,
    },
    /// They stand after all.
    Restored {
        /// The sale.
        sale: u64,
    },
}

/// Marks that lead to one list.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Marked {
    /// The list's entry, where not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<EntryIndex>,
    /// Its sale.
    pub sale: u64,
    /// When it was settled, milliseconds since 1970.
    pub at: i64,
    /// By kind, what is marked and the amount in fen that comes to it.
    pub by: BTreeMap<MarkKind, BTreeMap<Digest, Fen>>,
}

/// Marks of lists that were settled before a moment are gone.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MarksGone {
    /// The moment, milliseconds since 1970.
    pub before: i64,
}

/// One more was counted on a day.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Counted {
    /// The day.
    pub day: Date,
    /// What was counted.
    pub kind: FigureKind,
    /// The rule concerned, if one is.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub rule: Box<str>,
    /// What it comes to.
    pub amount: Fen,
}

/// What became of prescriptions.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PrescriptionChange {
    /// One was taken in, or changed.
    Kept {
        /// Its number in this store.
        prescription: u64,
        /// Where it stands.
        status: PrescriptionStatus,
        /// Its last day; that of the first time counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<Date>,
        /// When it was taken in; that of the first time counts.
        received: i64,
        /// When the row was written.
        at: i64,
        /// Its state.
        state: Box<RawValue>,
    },
    /// It is known by a name.
    Named {
        /// Its number.
        prescription: u64,
        /// What the name is.
        kind: PrescriptionNameKind,
        /// The name.
        name: Digest,
        /// The moment that goes with it.
        at: i64,
    },
    /// It is known by a name no longer.
    Unnamed {
        /// Its number.
        prescription: u64,
        /// What the name was.
        kind: PrescriptionNameKind,
        /// The name.
        name: Digest,
    },
}

/// A row of a register, as it stands from an entry on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RegisterKept {
    /// Which register.
    pub kind: RegisterKind,
    /// Whose row.
    pub name: Box<str>,
    /// The entry that the row names, where not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryIndex>,
    /// Its state, without what a PIN opens and counts.
    pub state: Box<RawValue>,
}

/// What became of tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TokenChange {
    /// One was given out.
    Issued {
        /// Its number.
        id: i64,
        /// To which program.
        client: Box<str>,
        /// At which till.
        till: TillNumber,
        /// The token's digest.
        token: Digest,
        /// When, milliseconds since 1970.
        at: i64,
    },
    /// It is good no longer.
    Revoked {
        /// Its number.
        id: i64,
        /// When, milliseconds since 1970.
        at: i64,
    },
}

/// A setting has this value from now on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SettingKept {
    /// Its name.
    pub name: Box<str>,
    /// Its value.
    pub value: Box<str>,
}

/// What became of answers to requests.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum RequestChange {
    /// One is kept.
    Kept {
        /// Who asked.
        client: Box<str>,
        /// For which sale; 0 for none.
        sale: u64,
        /// Under which key.
        key: Box<str>,
        /// SHA-256 of the request's body.
        body: Digest,
        /// The answer's status.
        status: u16,
        /// SHA-256 of the answer as it is sealed.
        response: Digest,
        /// When, milliseconds since 1970.
        at: i64,
    },
    /// One is not known any more.
    Lost {
        /// Who asked.
        client: Box<str>,
        /// For which sale; 0 for none.
        sale: u64,
        /// Under which key.
        key: Box<str>,
    },
    /// Those that were given before are forgotten.
    Gone {
        /// The moment, milliseconds since 1970.
        before: i64,
    },
}
