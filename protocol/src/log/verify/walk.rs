//! The way through a log: bundles by turns on all threads, then the tiles above them, then the root.

use std::thread;

use super::bundle::{self, BundleCheck};
use super::row::Rows;
use super::{Finding, Report, Scope, Tree, VerifyError, read};
use crate::log::checkpoint;
use crate::log::note::VerifierKey;
use crate::log::tile::{self, Tile};
use crate::log::tree::fold_peaks;

/// Bundles that one thread checks before the threads meet again.
const BUNDLES_A_TURN: usize = 64;

/// Verifies the whole log under `tree`, whose key is `key`.
pub fn verify<T: Tree>(
    tree: &T,
    key: &VerifierKey,
    scope: &Scope,
) -> Result<Report, VerifyError<T::Error>> {
    let note = read(tree, "checkpoint")?.ok_or(VerifyError::NoCheckpoint)?;
    let checkpoint = checkpoint::open(&note, key).map_err(VerifyError::Checkpoint)?;
    let head = checkpoint.get().head();
    let mut report = Report::new(checkpoint);
    let mut rows = Rows::default();

    let mut bundles = tile::bundles(head.size);
    loop {
        let turn = BUNDLES_A_TURN.saturating_mul(scope.threads.get());
        let turn: Vec<Tile> = bundles.by_ref().take(turn).collect();
        if turn.is_empty() {
            break;
        }
        for (bundle, mut check) in turn.iter().zip(check_turn(tree, &turn, scope)?) {
            rows.push(tree, *bundle, check.hashes.take())?;
            report.absorb(check);
        }
    }
    let (peaks, findings) = rows.finish(tree, head.size)?;
    report.note(findings);
    // A gap that was found already leaves the root unknown; it is not found twice.
    let computed = peaks.map(|peaks| fold_peaks(peaks.into_iter()));
    let differs = computed.filter(|computed| *computed != head.root);
    report.note(differs.map(|computed| Finding::RootDiffers { computed }));
    Ok(report)
}

/// Checks the turn's bundles on all threads; results stand in the bundles' order.
fn check_turn<T: Tree>(
    tree: &T,
    turn: &[Tile],
    scope: &Scope,
) -> Result<Vec<BundleCheck>, VerifyError<T::Error>> {
    let share = turn.len().div_ceil(scope.threads.get()).max(1);
    thread::scope(|threads| {
        let check = |share| {
            move || -> Result<Vec<BundleCheck>, VerifyError<T::Error>> {
                let share: &[Tile] = share;
                let checks = share.iter().map(|tile| bundle::check(tree, *tile, scope));
                checks.collect()
            }
        };
        let running: Vec<_> = turn
            .chunks(share)
            .map(|share| threads.spawn(check(share)))
            .collect();
        let mut checks = Vec::with_capacity(turn.len());
        for thread in running {
            match thread.join() {
                Ok(done) => checks.extend(done?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(checks)
    })
}

impl Report {
    fn absorb(&mut self, check: BundleCheck) {
        self.kinds.add(&check.kinds);
        self.first_at_ms = self.first_at_ms.or(check.first_at_ms);
        self.last_at_ms = check.last_at_ms.or(self.last_at_ms);
        self.pruned_bundles += u64::from(check.is_pruned);
        self.note(check.findings);
    }
}
