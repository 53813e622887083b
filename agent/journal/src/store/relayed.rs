//! What the gateway saw: names of sales from outside, calls that were gated, whom the platform
//! named, and what is still to come.

use pharmacy_protocol::term::EntryIndex;
use rusqlite::Row;

use pharmacy_protocol::digest::hex;

use pharmacy_protocol::history::word::{DueKind, NameKind};
use pharmacy_protocol::history::{CallChange, Digest, DueChange, InsuredChange, Named};

use super::{Reader, Sealed, StoreError, Transaction, column, unsigned};

/// The digest of a name from outside, under the store's key; made by the journal's keys.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NameDigest([u8; 32]);

impl NameDigest {
    /// Takes a digest; only the journal's keys may call this.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest as a column holds it.
    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest as text, to bind sealed rows to it.
    pub fn as_text(&self) -> String {
        hex(&self.0)
    }
}

/// A call that was gated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RelayedRow {
    /// SHA-256 of what the call says, or of its body as it came.
    pub body_digest: [u8; 32],
    /// The sale that it belongs to.
    pub sale: u64,
    /// The entry that records what was decided.
    pub entry: EntryIndex,
    /// What the till was answered; none while there is no answer.
    pub answer: Option<Sealed>,
    pub created_ms: i64,
}

fn read_relayed(row: &Row<'_>) -> rusqlite::Result<RelayedRow> {
    let answer: Option<Vec<u8>> = row.get(3)?;
    Ok(RelayedRow {
        body_digest: row.get(0)?,
        sale: unsigned(row, 1)?,
        entry: EntryIndex::new(unsigned(row, 2)?),
        answer: answer.map(Sealed::new),
        created_ms: row.get(4)?,
    })
}

impl Reader<'_> {
    /// The sale that bears a name.
    pub fn sale_named(&self, kind: NameKind, name: &NameDigest) -> Result<Option<u64>, StoreError> {
        let values = (kind.as_str(), name.0);
        self.one(include_str!("query/find_sale_name.sql"), values, |row| {
            unsigned(row, 0)
        })
    }

    /// A call that was gated before.
    pub fn relayed_call(&self, call: &NameDigest) -> Result<Option<RelayedRow>, StoreError> {
        let statement = include_str!("query/find_relayed_call.sql");
        self.one(statement, [call.0], read_relayed)
    }

    /// Whom the platform named under an insurer's number, and when.
    pub fn insured(&self, person: &NameDigest) -> Result<Option<(Sealed, i64)>, StoreError> {
        self.one(include_str!("query/find_insured.sql"), [person.0], |row| {
            Ok((Sealed::new(row.get(0)?), row.get(1)?))
        })
    }

    /// Sales whose time for something is over, the longest first.
    pub fn overdue(&self, kind: DueKind, now_ms: i64) -> Result<Vec<u64>, StoreError> {
        let values = (kind.as_str(), now_ms);
        self.many(include_str!("query/list_due.sql"), values, |row| {
            unsigned(row, 0)
        })
    }
}

impl Transaction<'_> {
    /// Names a sale; whoever bore the name before loses it.
    pub fn put_sale_name(
        &self,
        kind: NameKind,
        name: &NameDigest,
        sale: u64,
    ) -> Result<(), StoreError> {
        let values = (kind.as_str(), name.0, column("sale", sale)?);
        self.change(include_str!("query/put_sale_name.sql"), values)?;
        let name = Digest(name.0);
        self.tell(|rows| rows.names.push(Named { kind, name, sale }));
        Ok(())
    }

    /// Keeps a gated call, or the answer of one that is kept; its body never changes.
    pub fn put_relayed_call(&self, call: &NameDigest, row: &RelayedRow) -> Result<(), StoreError> {
        let values = (
            call.0,
            row.body_digest,
            column("sale", row.sale)?,
            column("entry", row.entry.value())?,
            row.answer.as_ref().map(Sealed::as_bytes),
            row.created_ms,
        );
        self.change(include_str!("query/put_relayed_call.sql"), values)?;
        self.tell(|rows| {
            rows.calls.push(CallChange::Kept {
                call: Digest(call.0),
                body: Digest(row.body_digest),
                sale: row.sale,
                entry: Some(row.entry),
                at: row.created_ms,
                answer: row.answer.as_ref().map(Sealed::digest),
            });
        });
        Ok(())
    }

    /// Forgets gated calls that came before `before_ms`, and counts them.
    pub fn remove_old_relayed_calls(&self, before_ms: i64) -> Result<usize, StoreError> {
        let statement = include_str!("query/remove_old_relayed_calls.sql");
        let gone = self.change(statement, [before_ms])?;
        if gone > 0 {
            let before = before_ms;
            self.tell(|rows| rows.calls.push(CallChange::Gone { before }));
        }
        Ok(gone)
    }

    /// Keeps whom the platform named.
    pub fn put_insured(
        &self,
        person: &NameDigest,
        state: &Sealed,
        seen_ms: i64,
    ) -> Result<(), StoreError> {
        let values = (person.0, state.as_bytes(), seen_ms);
        self.change(include_str!("query/put_insured.sql"), values)?;
        self.tell(|rows| {
            rows.insured.push(InsuredChange::Kept {
                person: Digest(person.0),
                state: state.digest(),
                at: seen_ms,
            });
        });
        Ok(())
    }

    /// Forgets whom the platform named before `before_ms`, and counts them.
    pub fn remove_old_insured(&self, before_ms: i64) -> Result<usize, StoreError> {
        let gone = self.change(include_str!("query/remove_old_insured.sql"), [before_ms])?;
        if gone > 0 {
            let before = before_ms;
            self.tell(|rows| rows.insured.push(InsuredChange::Gone { before }));
        }
        Ok(gone)
    }

    /// Notes until when a sale waits for something.
    pub fn put_due(&self, kind: DueKind, sale: u64, at_ms: i64) -> Result<(), StoreError> {
        let values = (kind.as_str(), column("sale", sale)?, at_ms);
        self.change(include_str!("query/put_due.sql"), values)?;
        let until = at_ms;
        self.tell(|rows| rows.dues.push(DueChange::Due { kind, sale, until }));
        Ok(())
    }

    /// Notes that a sale waits no longer.
    pub fn remove_due(&self, kind: DueKind, sale: u64) -> Result<(), StoreError> {
        let values = (kind.as_str(), column("sale", sale)?);
        if self.change(include_str!("query/remove_due.sql"), values)? > 0 {
            self.tell(|rows| rows.dues.push(DueChange::Over { kind, sale }));
        }
        Ok(())
    }
}
