//! What an inspector asks by (R68): settled sales under digests of persons, goods, staff and numbers.
//!
//! A mark has no person's name, but it tells that whoever a digest belongs to bought something at a
//! moment. LAW: R44. It is therefore kept as long as the list that it leads to, the class `list`, and
//! no longer: [`Transaction::remove_marks_before`] goes with that class's retention.
//! Out of scope: what a question means, and opening the lists (the desk).

use std::collections::BTreeMap;

use pharmacy_protocol::term::{EntryIndex, Fen};
use rusqlite::Row;

use pharmacy_protocol::history::word::MarkKind;
use pharmacy_protocol::history::{self, Digest, MarksGone};

use super::{NameDigest, PackDigest, Reader, StoreError, Transaction, column, unsigned};

/// The digest of a mark.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MarkDigest([u8; 32]);

impl MarkDigest {
    /// Of what has no name: every sale bears it.
    pub const ZERO: Self = Self([0; 32]);
}

impl From<NameDigest> for MarkDigest {
    fn from(digest: NameDigest) -> Self {
        Self(*digest.as_bytes())
    }
}

impl From<PackDigest> for MarkDigest {
    fn from(digest: PackDigest) -> Self {
        Self(digest.as_bytes())
    }
}

/// One mark: what is asked by, and which list it leads to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Mark {
    pub kind: MarkKind,
    pub digest: MarkDigest,
}

/// Where a mark leads to; ordered by time.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Marked {
    /// When it was settled, milliseconds since 1970.
    pub at_ms: i64,
    /// The entry that holds the list.
    pub entry: EntryIndex,
    pub sale: u64,
}

/// A range of time, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    pub from_ms: i64,
    pub until_ms: i64,
}

/// What the sales under one digest come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TopRow {
    pub digest: MarkDigest,
    pub count: u64,
    pub amount: Fen,
    /// The newest of them.
    pub newest: Marked,
}

fn read_marked(row: &Row<'_>, at: usize) -> rusqlite::Result<Marked> {
    Ok(Marked {
        at_ms: row.get(at)?,
        entry: EntryIndex::new(unsigned(row, at.saturating_add(1))?),
        sale: unsigned(row, at.saturating_add(2))?,
    })
}

impl Reader<'_> {
    /// Where a mark leads to in a range and before `before`, the newest first.
    pub fn marked(
        &self,
        mark: Mark,
        (from_ms, before): (i64, Marked),
        limit: u32,
    ) -> Result<Vec<Marked>, StoreError> {
        let values = (
            mark.kind.as_str(),
            mark.digest.0,
            from_ms,
            before.at_ms,
            column("entry", before.entry.value())?,
            column("sale", before.sale)?,
            limit,
        );
        self.many(include_str!("query/list_marks.sql"), values, |row| {
            read_marked(row, 0)
        })
    }

    /// How often a mark was set in a range; counts no further than `most`.
    pub fn count_marked(&self, mark: Mark, span: Span, most: u32) -> Result<u64, StoreError> {
        let values = (
            mark.kind.as_str(),
            mark.digest.0,
            span.from_ms,
            span.until_ms,
            most,
        );
        let statement = include_str!("query/count_marks.sql");
        let count = self.one(statement, values, |row| unsigned(row, 0))?;
        Ok(count.unwrap_or_default())
    }

    /// Does a mark lead to this list?
    pub fn is_marked(&self, mark: Mark, list: Marked) -> Result<bool, StoreError> {
        let values = (
            mark.kind.as_str(),
            mark.digest.0,
            list.at_ms,
            column("entry", list.entry.value())?,
            column("sale", list.sale)?,
        );
        let found = self.one(include_str!("query/find_mark.sql"), values, |_| Ok(()))?;
        Ok(found.is_some())
    }

    /// Under which digests of a kind the sales of a range come to most; what was taken back does not
    /// count. Reads every mark of the kind.
    pub fn top_marked(
        &self,
        kind: MarkKind,
        span: Span,
        limit: u32,
    ) -> Result<Vec<TopRow>, StoreError> {
        let values = (kind.as_str(), span.from_ms, span.until_ms, limit);
        self.many(include_str!("query/list_top_marks.sql"), values, |row| {
            Ok(TopRow {
                digest: MarkDigest(row.get(0)?),
                count: unsigned(row, 1)?,
                amount: Fen::new(row.get(2)?),
                newest: read_marked(row, 3)?,
            })
        })
    }
}

impl Transaction<'_> {
    /// Sets a mark; set twice for one list, the amounts add up.
    pub fn add_mark(&self, mark: Mark, list: Marked, amount: Fen) -> Result<(), StoreError> {
        let values = (
            mark.kind.as_str(),
            mark.digest.0,
            list.at_ms,
            column("entry", list.entry.value())?,
            column("sale", list.sale)?,
            amount.units(),
        );
        self.change(include_str!("query/add_mark.sql"), values)?;
        self.tell(|rows| {
            let is_there = |told: &history::Marked| {
                (told.list, told.sale, told.at) == (Some(list.entry), list.sale, list.at_ms)
            };
            if !rows.marks.last().is_some_and(is_there) {
                rows.marks.push(history::Marked {
                    list: Some(list.entry),
                    sale: list.sale,
                    at: list.at_ms,
                    by: BTreeMap::new(),
                });
            }
            if let Some(told) = rows.marks.last_mut() {
                let of_kind = told.by.entry(mark.kind).or_default();
                let sum = of_kind.entry(Digest(mark.digest.0)).or_default();
                *sum = sum.checked_add(amount).unwrap_or(*sum);
            }
        });
        Ok(())
    }

    /// Erases marks of lists that were settled before a moment, and counts them.
    ///
    /// Reads the whole table: an index by time would cost every sale a second copy of its marks, and
    /// this runs once a day at most.
    pub fn remove_marks_before(&self, before_ms: i64) -> Result<usize, StoreError> {
        let gone = self.change(include_str!("query/remove_old_marks.sql"), [before_ms])?;
        self.tell(|rows| rows.marks_gone.push(MarksGone { before: before_ms }));
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Store;

    /// R68: every question is answered from an index. What a statement would do is asked of the
    /// database itself, with the schema as it is made.
    #[test]
    fn no_question_reads_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("log.db")).unwrap();
        let asked = [
            include_str!("query/list_marks.sql"),
            include_str!("query/count_marks.sql"),
            include_str!("query/find_mark.sql"),
            include_str!("query/list_top_marks.sql"),
            include_str!("query/find_list.sql"),
            include_str!("query/find_newest_list.sql"),
            include_str!("query/list_open_lists.sql"),
            include_str!("query/count_open_lists.sql"),
            include_str!("query/list_figures.sql"),
            include_str!("query/count_figures.sql"),
            include_str!("query/take_lists_back.sql"),
            include_str!("query/restore_lists.sql"),
            include_str!("query/confirm_list.sql"),
            include_str!("query/find_part.sql"),
        ];
        for statement in asked {
            let plan = plan(&store, statement);
            assert!(plan.iter().any(|step| step.contains("USING")), "{plan:?}");
            for step in &plan {
                let reads_all = step.starts_with("SCAN") && !step.contains("(subquery");
                assert!(!reads_all, "{step} in {statement}");
            }
        }
        // In the order of an index, and cut off: read no further than asked for.
        let newest = plan(&store, include_str!("query/list_newest_lists.sql"));
        assert_eq!(
            newest,
            ["SCAN purchase_list USING INDEX purchase_list_newest"]
        );
        for statement in [
            include_str!("query/list_marks.sql"),
            include_str!("query/list_open_lists.sql"),
            include_str!("query/find_newest_list.sql"),
        ] {
            let sorts = plan(&store, statement)
                .iter()
                .any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts, "{statement}");
        }
        // The one that does, so that the test is known to see it.
        let erased = plan(&store, include_str!("query/remove_old_marks.sql"));
        assert!(erased.iter().any(|step| step.starts_with("SCAN mark")));
    }

    fn plan(store: &Store, statement: &str) -> Vec<String> {
        let mut plan = store
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
            .unwrap();
        for place in 1..=plan.parameter_count() {
            plan.raw_bind_parameter(place, rusqlite::types::Null)
                .unwrap();
        }
        let mut rows = plan.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }
}
