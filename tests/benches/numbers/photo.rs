//! A photo of a prescription, sealed and recorded, beside the least that must be done with its bytes.
//!
//! In scope: the journal. Out of scope: the way to it, which [`crate::counter`] measures whole.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pharmacy_base::clock::SystemClock;
use pharmacy_journal::{Draft, DraftPart, Identity, Journal};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};

use crate::Effort;
use crate::floor::Commits;
use crate::goods::{Dice, filler};
use crate::measure::{Samples, Timing, stagger};
use crate::shop::{folder, memory};
use crate::table::{Row, Table, times};

/// Its size.
const BYTES: usize = 5 * 1024 * 1024;

/// The bar of the issue.
pub const BAR: Duration = Duration::from_millis(100);

pub fn run(table: &mut Table, effort: &Effort) {
    let (ours, floor) = measure(&std::env::temp_dir(), effort);
    table.add(
        Row::new("photo of 5 MB sealed and recorded (floor: ChaCha20, SHA-256, bare commit)")
            .measured(ours.text())
            .floor(floor.text())
            .ratio(times(ours.p50, floor.p50))
            .bar("≤ 100 ms", ours.p50 <= BAR),
    );
    // Where a sync costs nothing, what is left is our own work.
    if let Some(memory) = memory() {
        let (ours, floor) = measure(memory, effort);
        table.add(
            Row::new("  photo where a sync is free (floor: the same there)")
                .measured(ours.text())
                .floor(floor.text())
                .ratio(times(ours.p50, floor.p50)),
        );
    }
}

fn measure(place: &Path, effort: &Effort) -> (Timing, Timing) {
    let scratch = folder(place);
    let identity = Identity {
        region: "440300".parse().unwrap(),
        store: "P44030000001".parse().unwrap(),
        till: "01".parse().unwrap(),
    };
    let data = scratch.path().join("state");
    let mut journal = Journal::create(&data, &identity, None, Arc::new(SystemClock)).unwrap();
    let photo = jpeg();
    for _ in 0..3 {
        record(&mut journal, draft(&photo));
    }
    let mut floor = Floor::new(Commits::of_length(scratch.path(), photo.len()));
    let (mut ours, mut bare) = (Samples::default(), Samples::default());
    let mut dice = Dice::new(8);
    for _ in 0..effort.photos {
        let (draft, bytes) = (draft(&photo), photo.clone());
        stagger(&mut dice);
        ours.time(|| record(&mut journal, draft));
        stagger(&mut dice);
        bare.time(|| floor.keep(bytes));
    }
    (ours.timing(), bare.timing())
}

/// What passes for a photo: a frame with a size, a scan, an end.
pub fn jpeg() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    bytes.extend([0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
    bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    bytes.extend(filler(BYTES - bytes.len() - 2, &mut Dice::new(7)));
    bytes.extend([0xff, 0xd9]);
    bytes
}

fn draft(photo: &[u8]) -> Draft {
    Draft {
        kind: EntryKind::Document,
        till: Some("01".parse().unwrap()),
        refs: Vec::new(),
        parts: vec![DraftPart::new(PartClass::Prescription, photo.to_vec())],
    }
}

fn record(journal: &mut Journal, draft: Draft) {
    let _ = journal.note(draft).unwrap();
}

struct Floor {
    key: LessSafeKey,
    nonce: u64,
    commits: Commits,
}

impl Floor {
    fn new(commits: Commits) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &[7; 32]).unwrap();
        Self {
            key: LessSafeKey::new(key),
            nonce: 0,
            commits,
        }
    }

    /// Seals in place, digests once, and commits as many bytes.
    fn keep(&mut self, mut bytes: Vec<u8>) {
        std::hint::black_box(digest(&SHA256, &bytes));
        self.nonce += 1;
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.nonce.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let sealed = self
            .key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut bytes);
        sealed.unwrap();
        std::hint::black_box(&bytes);
        self.commits.commit();
    }
}
