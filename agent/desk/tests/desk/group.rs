//! Jobs that wait at the same time share a commit, and its failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use pharmacy_desk::DeskError;
use pharmacy_journal::{Injection, Moment, Step};

use crate::kit::Shop;

const JOBS: usize = 20;

/// Jobs that come while the desk is busy with another one.
fn come_together(shop: &Shop) -> Vec<Result<(), DeskError>> {
    let handle = shop.handle().clone();
    shop.wait(async move {
        let (go_on, busy) = mpsc::channel();
        let desk = handle.clone();
        let first = tokio::spawn(async move { desk.lend_journal(move |_| busy.recv()).await });
        tokio::task::yield_now().await;
        let jobs: Vec<_> = (0..JOBS)
            .map(|_| {
                let desk = handle.clone();
                tokio::spawn(async move { desk.record_liveness().await })
            })
            .collect();
        // Each is asked once, and sends its job then.
        tokio::task::yield_now().await;
        go_on.send(()).unwrap();
        let _ = first.await.unwrap();
        let mut answers = Vec::new();
        for job in jobs {
            answers.push(job.await.unwrap());
        }
        answers
    })
}

/// Counts commits; from the time that `fails` says, none returns.
fn counting(shop: &mut Shop, fails: bool) -> Arc<AtomicUsize> {
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    shop.restart_with_disk(Box::new(move |step, moment| match (step, moment) {
        (Step::Commit, Moment::Before) => {
            counted.fetch_add(1, Ordering::SeqCst);
            if fails {
                Injection::Fail
            } else {
                Injection::Pass
            }
        }
        _ => Injection::Pass,
    }));
    commits
}

#[test]
fn whoever_waits_at_the_same_time_waits_for_one_commit() {
    let mut shop = Shop::new();
    let commits = counting(&mut shop, false);
    let before = shop.log().size().unwrap();
    assert!(come_together(&shop).iter().all(Result::is_ok));
    assert_eq!(commits.swap(0, Ordering::SeqCst), 1);
    let entries = u64::try_from(JOBS).unwrap();
    assert!(shop.log().size().unwrap() >= before + entries);
    // One after another, each has its own.
    for _ in 0..JOBS {
        shop.wait(shop.handle().record_liveness()).unwrap();
    }
    assert_eq!(commits.load(Ordering::SeqCst), JOBS);
}

#[test]
fn a_commit_that_fails_is_told_to_all_of_its_group() {
    let mut shop = Shop::new();
    let commits = counting(&mut shop, true);
    let before = shop.log().size().unwrap();
    let codes = come_together(&shop).into_iter();
    let codes: Vec<_> = codes.map(|answer| answer.unwrap_err().code()).collect();
    assert_eq!(codes, ["journal.closed"; JOBS]);
    assert_eq!(commits.load(Ordering::SeqCst), 1);
    assert_eq!(shop.log().size().unwrap(), before);
}
