//! Verifying the whole log on the machine that keeps it: every entry, node, signature and part.
//!
//! Reads the log once from front to back and keeps only the tree's right edge in memory. The bureau
//! verifies tiles without keys; this also opens every part.

use std::collections::BTreeMap;
use std::path::Path;

use pharmacy_protocol::entry::{Entry, EntryKind};
use pharmacy_protocol::history::{Fold, Keep, Key, Scope, Table};
use pharmacy_protocol::log::tree::{self, Head, NodeId};
use pharmacy_protocol::log::{Hash, leaf_hash};
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::store::RowFault;
use pharmacy_protocol::term::EntryIndex;

use super::erase::Erasure;
use super::history::{Compared, SHARE_ROWS, compare, fold_part, shares};
use super::recover::check_published;
use super::view::head_row;
use super::{JournalError, LogView, published};
use crate::store::{PartRow, Reader};

/// Findings beyond this many are counted, not kept.
pub const MAX_FINDINGS: usize = 100;

/// Entries read at a time.
const BATCH: u64 = 256;

/// Something that is not as it was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Finding {
    /// An entry is not the one whose leaf the tree has, or is missing.
    #[error("entry `{0}` is not the one that was recorded")]
    Entry(EntryIndex),
    /// Entries or hashes lie behind the head.
    #[error("rows lie behind the head at entry `{0}`")]
    BehindHead(EntryIndex),
    /// The head does not fit the tree, or its signature does not fit it.
    #[error("head at entry `{0}` does not fit tree or signature")]
    Head(EntryIndex),
    /// A node is not the hash of what lies below it.
    #[error("a node completed by entry `{0}` is not the hash of what lies below it")]
    Node(EntryIndex),
    /// A part does not open or is not what its entry commits to.
    #[error("part of class `{class}` of entry `{index}` is damaged")]
    Part { index: EntryIndex, class: PartClass },
    /// Parts are gone that no erasure accounts for.
    #[error("{missing} parts of class `{class}` are gone and no erasure says so")]
    PartsMissing { class: PartClass, missing: u64 },
    /// A row beside the log is not as the log says.
    #[error("row {key} of table `{}` {}", .table.name(), how(*.fault, *.entry))]
    Row {
        table: Table,
        /// By what it is named: its own key may be a person's.
        key: Key,
        /// The entry that changed it last.
        entry: Option<EntryIndex>,
        fault: RowFault,
    },
    /// Rows cannot be compared: what an entry says of them is gone or damaged.
    #[error("rows cannot be compared: what entry `{0}` says of them is gone or damaged")]
    RowsUnknown(EntryIndex),
    /// The published checkpoint is not one of this history.
    #[error("published checkpoint is not one of this history")]
    Published,
}

fn how(fault: RowFault, entry: Option<EntryIndex>) -> String {
    let entry = entry.map(|entry| format!(" entry `{entry}`"));
    let entry = entry.as_deref().unwrap_or(" any entry");
    match fault {
        RowFault::Differs => format!("differs from{entry}"),
        RowFault::Impossible => format!("cannot follow from{entry}"),
        RowFault::Missing => format!("is missing after{entry}"),
        RowFault::Unexplained => format!("does not follow from{entry}"),
    }
}

/// What verifying found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use]
pub struct Report {
    pub entries: u64,
    /// Leaf and node hashes compared.
    pub hashes: u64,
    /// Parts that opened and are what their entries commit to.
    pub parts: u64,
    /// Bytes of those parts.
    pub bytes: u64,
    /// Parts that erasures account for.
    pub erased: u64,
    /// Rows beside the log of which the log tells.
    pub rows: u64,
    /// Entries that say that rows had been changed and were made right.
    pub repairs: u64,
    /// What is wrong, in the order of the log; the first [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many more findings there were.
    pub more_findings: u64,
}

impl Report {
    /// Is everything as it was recorded?
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more_findings = self.more_findings.saturating_add(1);
        }
    }
}

impl Report {
    fn rows(&mut self, compared: Compared) {
        self.rows = self.rows.saturating_add(compared.rows);
        // Every share says so.
        if let Some(entry) = compared.gap
            && !self.findings.contains(&Finding::RowsUnknown(entry))
        {
            self.find(Finding::RowsUnknown(entry));
        }
        for row in compared.differences {
            self.find(Finding::Row {
                table: row.table,
                key: row.key,
                entry: row.entry,
                fault: row.fault,
            });
        }
    }
}

fn add(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl LogView {
    /// Verifies the log in a data directory; a running agent is not disturbed.
    pub fn verify_at(data: &Path) -> Result<Report, JournalError> {
        let view = Self::open(data)?;
        view.store.check_pages()?;
        view.verify()
    }

    /// Verifies the log up to its head.
    ///
    /// Reads a batch at a time: a long read would keep the write-ahead file from being copied back,
    /// and it would grow for as long. What is appended meanwhile is verified as well.
    pub fn verify(&self) -> Result<Report, JournalError> {
        let published = published::read(&self.directory, &self.verifier).map(|(_, head)| head);
        let mut report = Report::default();
        let shares = shares(&self.reader(), SHARE_ROWS)?;
        let mut tree = Progress::new(shares);
        loop {
            let snapshot = self.store.snapshot()?;
            let mut pass = Pass {
                view: self,
                reader: &snapshot,
                report: &mut report,
                tree: &mut tree,
            };
            if pass.batch()? == Batch::Last {
                pass.head(published)?;
                pass.parts_accounted();
                pass.rows()?;
                break;
            }
        }
        for which in 1..shares {
            report.rows(self.compare_rows(which, shares)?);
        }
        Ok(report)
    }
}

/// Whether a batch reached the head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Batch {
    Last,
    More,
}

/// How far the pass has got.
#[derive(Debug)]
struct Progress {
    next: u64,
    /// The right edge of the tree so far.
    edge: Vec<(NodeId, Hash)>,
    committed: BTreeMap<PartClass, u64>,
    present: BTreeMap<PartClass, u64>,
    erased: BTreeMap<PartClass, u64>,
    /// The first share of the rows, as the log says them.
    fold: Fold,
}

impl Progress {
    fn new(shares: u32) -> Self {
        let first = Scope::Share {
            which: 0,
            of: shares,
        };
        Self {
            next: 0,
            edge: Vec::new(),
            committed: BTreeMap::new(),
            present: BTreeMap::new(),
            erased: BTreeMap::new(),
            fold: Fold::new(first, Keep::Digests),
        }
    }
}

/// One batch of the pass, on rows that stand still.
struct Pass<'a> {
    view: &'a LogView,
    reader: &'a Reader<'a>,
    report: &'a mut Report,
    tree: &'a mut Progress,
}

impl Pass<'_> {
    fn batch(&mut self) -> Result<Batch, JournalError> {
        let size = head_row(self.reader)?.size;
        let end = self.tree.next.saturating_add(BATCH).min(size);
        for (position, bytes) in self.reader.list_entries(self.tree.next, BATCH)? {
            self.missing_until(position.min(end));
            if position < end {
                self.entry(position, &bytes)?;
                self.tree.next = position.saturating_add(1);
            }
        }
        self.missing_until(end);
        Ok(if end == size {
            Batch::Last
        } else {
            Batch::More
        })
    }

    fn missing_until(&mut self, position: u64) {
        while self.tree.next < position {
            let missing = EntryIndex::new(self.tree.next);
            self.report.find(Finding::Entry(missing));
            self.tree.fold.skip(missing);
            self.tree.next = self.tree.next.saturating_add(1);
        }
    }

    fn entry(&mut self, position: u64, bytes: &[u8]) -> Result<(), JournalError> {
        let index = EntryIndex::new(position);
        add(&mut self.report.entries);
        self.nodes(index, leaf_hash(bytes))?;
        let Ok(entry) = Entry::parse(bytes) else {
            self.report.find(Finding::Entry(index));
            self.tree.fold.skip(index);
            return Ok(());
        };
        if entry.kind == EntryKind::Repair {
            add(&mut self.report.repairs);
        }
        for part in &entry.parts {
            add(self.tree.committed.entry(part.class).or_default());
        }
        let rows = self.reader.list_parts(index)?;
        let is_there = |class: PartClass| rows.iter().any(|row| row.class == class.name());
        let mut classes = entry.parts.iter().map(|part| part.class);
        let tells = |class: PartClass| matches!(class, PartClass::Rows | PartClass::State);
        if classes.any(|class| tells(class) && !is_there(class)) {
            self.tree.fold.skip(index);
        }
        for row in rows {
            self.part(index, &entry, &row)?;
        }
        Ok(())
    }

    /// Compares every hash that the entry completes with the stored one.
    fn nodes(&mut self, index: EntryIndex, leaf: Hash) -> Result<(), JournalError> {
        let edge = &self.tree.edge;
        let completed = tree::complete(index.value(), leaf, |node| {
            edge.iter()
                .find(|(id, _)| *id == node)
                .map(|(_, hash)| *hash)
                .ok_or(())
        });
        // Without its left siblings the rest of the tree cannot be told; the gap is reported.
        let Ok(completed) = completed else {
            return Ok(());
        };
        for (node, hash) in &completed {
            add(&mut self.report.hashes);
            let stored = self.reader.find_hash(tree::stored_position(*node))?;
            if stored != Some(hash.0) {
                let is_leaf = node.level == 0;
                let finding = if is_leaf {
                    Finding::Entry(index)
                } else {
                    Finding::Node(index)
                };
                self.report.find(finding);
            }
        }
        let size = index.value().saturating_add(1);
        let find = |node: NodeId| {
            completed
                .iter()
                .chain(&self.tree.edge)
                .find(|(id, _)| *id == node)
                .copied()
        };
        self.tree.edge = tree::peaks(0..size).filter_map(find).collect();
        Ok(())
    }

    fn part(
        &mut self,
        index: EntryIndex,
        entry: &Entry,
        row: &PartRow,
    ) -> Result<(), JournalError> {
        let Ok(class) = row.class.parse::<PartClass>() else {
            self.report.find(Finding::Entry(index));
            return Ok(());
        };
        add(self.tree.present.entry(class).or_default());
        match self.view.open_part_of(self.reader, entry, index, row) {
            Ok(bytes) => {
                add(&mut self.report.parts);
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.report.bytes = self.report.bytes.saturating_add(length);
                if entry.kind == EntryKind::Erasure && class == PartClass::Store {
                    self.erasure(&bytes);
                }
                if fold_part(&mut self.tree.fold, index, class, &bytes).is_err() {
                    self.tree.fold.skip(index);
                }
                Ok(())
            }
            Err(JournalError::PartDamaged { .. }) => {
                self.report.find(Finding::Part { index, class });
                if matches!(class, PartClass::Rows | PartClass::State) {
                    self.tree.fold.skip(index);
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn erasure(&mut self, bytes: &[u8]) {
        let Ok(erasure) = serde_json::from_slice::<Erasure>(bytes) else {
            return;
        };
        for (class, count) in erasure.erased {
            let erased = self.tree.erased.entry(class).or_default();
            *erased = erased.saturating_add(count);
            self.report.erased = self.report.erased.saturating_add(count);
        }
    }

    fn head(&mut self, published: Result<Head, JournalError>) -> Result<(), JournalError> {
        let row = head_row(self.reader)?;
        let end = EntryIndex::new(row.size);
        let root = tree::fold_peaks(self.tree.edge.iter().map(|(_, hash)| *hash));
        let signed = match self.view.checked_head(self.reader) {
            Ok(head) => Some(head).filter(|head| head.root == root),
            Err(JournalError::TreeDamaged(_)) => None,
            Err(error) => return Err(error),
        };
        let Some(head) = signed else {
            self.report.find(Finding::Head(end));
            return Ok(());
        };
        let hashes_due = tree::stored_position(NodeId {
            level: 0,
            index: row.size,
        });
        if self.reader.count_entries()? != row.size || self.reader.count_hashes()? != hashes_due {
            self.report.find(Finding::BehindHead(end));
        }
        if published
            .and_then(|published| check_published(self.reader, head, published))
            .is_err()
        {
            self.report.find(Finding::Published);
        }
        Ok(())
    }

    /// Compares the first share of the rows with what the log says.
    fn rows(&mut self) -> Result<(), JournalError> {
        let fold = Fold::new(Scope::All, Keep::Digests);
        let fold = std::mem::replace(&mut self.tree.fold, fold);
        self.report
            .rows(compare(self.reader, &self.view.keys, fold)?);
        Ok(())
    }

    /// Every part that an entry commits to is there, or an erasure says that it is gone.
    fn parts_accounted(&mut self) {
        for (class, committed) in std::mem::take(&mut self.tree.committed) {
            let count =
                |counts: &BTreeMap<PartClass, u64>| counts.get(&class).copied().unwrap_or(0);
            let known = count(&self.tree.present).saturating_add(count(&self.tree.erased));
            let missing = committed.saturating_sub(known);
            if missing > 0 {
                self.report.find(Finding::PartsMissing { class, missing });
            }
        }
    }
}
