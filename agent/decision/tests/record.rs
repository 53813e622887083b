//! Records against their frozen bytes: every form of every part, as it was once written by the agent.
//!
//! `protocol/testdata/record/v1` and `v2` have a file `<kind>-<class>-<variant>` for each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pharmacy_decision::Facts;
use pharmacy_decision::record::{evidence, prescription, release, sale, standing};
use pharmacy_decision::verdict::Decision;
use pharmacy_protocol::act::SignedAct;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::history::{Carried, Rows};
use pharmacy_protocol::log::succession::Succession;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::{
    self, Form, Record, access, finding, identity, invoice, list, outcome, sale as scanned, staff,
    stock, store, verdict,
};

/// A form, and what its type makes of bytes: the same bytes again, or a refusal.
type Reader = (Form, fn(&[u8]) -> Option<Vec<u8>>);

fn again<R: Record>(bytes: &[u8]) -> Option<Vec<u8>> {
    let record: R = serde_json::from_slice(bytes).ok()?;
    serde_json::to_vec(&record).ok()
}

macro_rules! readers {
    ($($record:ty),+ $(,)?) => { [$((Form::of::<$record>(), again::<$record> as _)),+] };
}

const READERS: [Reader; 47] = readers![
    access::Access,
    finding::Finding,
    finding::WrongPin,
    identity::Persons,
    invoice::DisputedInvoice,
    invoice::Invoice,
    list::Confirmation,
    list::PurchaseList,
    list::ScannedPage,
    outcome::Attempts,
    outcome::Outcome,
    outcome::Rests,
    scanned::CodePhoto,
    scanned::CorrectedPack,
    scanned::ScannedPacks,
    staff::Shift,
    staff::StaffChange,
    staff::Unsigned,
    stock::Claim,
    stock::NoCodeStep,
    store::Alive,
    store::CatalogueImport,
    store::Erasure,
    store::Founded,
    store::PackVersion,
    store::ReaderSeen,
    store::Reopened,
    store::Repaired,
    store::Running,
    store::Stopped,
    store::TokenChange,
    verdict::GatedCall,
    verdict::HeldBack,
    Carried,
    Rows,
    SignedAct,
    Succession,
    Decision,
    Facts,
    evidence::EvidenceStep,
    prescription::PrescriptionStep,
    prescription::Uses,
    release::Released,
    sale::SaleStep,
    standing::Change,
    standing::NamedFact,
    standing::PaperSeen,
];

/// A frozen part.
struct Frozen {
    name: String,
    kind: EntryKind,
    class: PartClass,
    bytes: Vec<u8>,
}

impl Frozen {
    /// The readers that read it and write it the same.
    fn read_by(&self) -> Vec<&'static str> {
        let fitting = READERS.iter().filter(|(form, again)| {
            let is_its_own = form.class == self.class && form.kinds.contains(&self.kind);
            is_its_own && again(&self.bytes).is_some_and(|bytes| bytes == self.bytes)
        });
        fitting.map(|(form, _)| form.name).collect()
    }
}

fn folder(version: &str) -> PathBuf {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/testdata/record");
    testdata.join(version)
}

/// The frozen parts of a version but for what is no record.
fn frozen(version: &str) -> Vec<Frozen> {
    let mut frozen = Vec::new();
    for file in std::fs::read_dir(folder(version)).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let mut words = name.splitn(3, '-');
        let mut word = || words.next().unwrap();
        let (kind, class) = (word().parse().unwrap(), word().parse().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        frozen.push(Frozen {
            name,
            kind,
            class,
            bytes,
        });
    }
    frozen.sort_by(|one, other| one.name.cmp(&other.name));
    frozen
}

#[test]
fn every_type_is_among_the_readers() {
    let known: BTreeSet<_> = READERS.iter().map(|(form, _)| form.name).collect();
    let all = record::ALL.iter().chain(pharmacy_decision::record::ALL);
    let all: Vec<_> = all.map(|form| form.name).collect();
    assert_eq!(all.len(), known.len());
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), known);
}

/// What a part holds is told by its bytes, kind and class, and by one type only.
#[test]
fn every_frozen_part_is_one_record_and_is_written_the_same() {
    let mut seen = BTreeSet::new();
    for part in frozen("v2") {
        let read_by = part.read_by();
        assert_eq!(read_by.len(), 1, "`{}` is read by {read_by:?}", part.name);
        for name in read_by {
            seen.insert((name, part.kind));
        }
    }
    // What changed beside the log has one form, whatever it was that happened.
    let has_one_form = |form: &Form| form.class == PartClass::Rows;
    for (form, _) in READERS {
        for kind in form.kinds {
            let is_seen = seen.contains(&(form.name, *kind))
                || has_one_form(&form) && seen.iter().any(|(name, _)| *name == form.name);
            assert!(is_seen, "no `{}` of an entry `{kind}` is frozen", form.name);
        }
    }
}

#[test]
fn a_member_that_is_not_known_is_refused() {
    for part in frozen("v2") {
        let Some(object) = part.bytes.strip_prefix(b"{") else {
            continue;
        };
        let comma: &[u8] = if object == b"}" { b"" } else { b"," };
        let more = Frozen {
            bytes: [b"{\"not-known\":1", comma, object].concat(),
            ..part
        };
        let mut readers = READERS.iter();
        let reads = readers.any(|(form, again)| {
            form.class == more.class
                && form.kinds.contains(&more.kind)
                && again(&more.bytes).is_some()
        });
        assert!(!reads, "`{}`", more.name);
    }
}

/// What version 2 spells otherwise; all else of version 1 is read, and would be written the same.
const CHANGED: [&str; 48] = [
    "access-staff-image",
    "access-staff-question",
    "attempt-facts-attempts",
    "catalogue-store-import",
    "claim-goods-mapping",
    "claim-goods-stock",
    "document-store-document",
    "evidence-facts-fund",
    "evidence-facts-held",
    "evidence-facts-line",
    "evidence-facts-prefix",
    "evidence-facts-proxy",
    "evidence-facts-roles",
    "evidence-staff-supplied",
    "finding-answer-attempt",
    "finding-answer-call",
    "finding-answer-invoice",
    "finding-answer-lists",
    "finding-answer-prescriptions",
    "finding-answer-refund",
    "finding-answer-settlement",
    "finding-answer-undo",
    "finding-answer-ungated",
    "finding-answer-unreadable",
    "finding-list-invoice",
    "liveness-store-alive",
    "outcome-answer-concluded",
    "outcome-answer-doubted",
    "outcome-prescription-uses",
    "outcome-staff-supplied",
    "prescription-prescription-archived",
    "release-staff-supplied",
    "reversal-answer-concluded",
    "reversal-answer-refunded",
    "reversal-prescription-uses",
    "sale-facts-given-up",
    "sale-facts-opened",
    "sale-facts-opened-gateway",
    "sale-goods-joined",
    "sale-goods-scanned",
    "shift-staff-call",
    "shift-staff-ended",
    "signature-list-drawn",
    "signature-list-on-paper",
    "standing-staff-named",
    "stop-store-stopped",
    "token-store-issued",
    "token-store-revoked",
];

#[test]
fn what_did_not_change_since_version_1_is_read() {
    for part in frozen("v1") {
        let is_changed = CHANGED.contains(&part.name.as_str());
        let read_by = part.read_by();
        assert_eq!(read_by.is_empty(), is_changed, "{}: {read_by:?}", part.name);
    }
}

/// What the program itself reads of old logs: what questions, slips, verification and replay open.
#[test]
fn old_lists_rests_erasures_and_acts_are_read() {
    let must = [
        "erasure-store-erasure",
        "outcome-facts-rests",
        "outcome-list-list",
        "outcome-staff-act",
        "prescription-staff-act",
        "release-staff-act",
        "shift-staff-act",
        "succession-store-succession",
        "verdict-answer-decision",
        "verdict-facts-facts",
    ];
    let old = frozen("v1");
    for name in must {
        let part = old.iter().find(|part| part.name == name).unwrap();
        assert_eq!(part.read_by().len(), 1, "{name}");
    }
}
