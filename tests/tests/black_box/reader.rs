//! `reader` by the real program: readers that were seen are listed, and enrolled by the person in charge.

use std::sync::Arc;

use pharmacy_base::clock::SystemClock;
use pharmacy_journal::{Draft, Journal, JournalError};
use pharmacy_kit::shop::{Ended, Shop};
use pharmacy_protocol::record::store::{ReaderKnown, ReaderSeen};
use pharmacy_protocol::term::Transport;

const PIN: &str = "270418";
const SAM: &str = "05.01-20200101-0000000001-0000000001";

/// A shop with somebody in charge and a cashier, where a reader was seen and counts for nothing yet.
fn shop() -> Shop {
    let shop = Shop::new();
    for (id, duty) in [("S01", "in-charge"), ("S02", "cashier")] {
        let who = ["staff", "add", id, "--name", "王小药", "--duty", duty];
        let contract = "--contract-from 2025-01-01 --contract-until 2099-12-31";
        let contract: Vec<_> = contract.split(' ').collect();
        let added = shop.run_typed(&[&who[..], &contract].concat(), &format!("{PIN}\n{PIN}\n"));
        assert_eq!(added.code, Some(0), "{added:?}");
    }
    let mut journal = Journal::open(&shop.data(), Arc::new(SystemClock)).unwrap();
    let record = ReaderSeen {
        sam: SAM.to_owned(),
        transport: Transport::Serial,
        known: ReaderKnown::Seen,
    };
    let recorded = journal.record(Draft::of(&record).unwrap(), |rows, index| {
        Ok::<_, JournalError>(rows.put_setting(&format!("reader.{SAM}"), &index.to_string())?)
    });
    let _ = recorded.unwrap();
    shop
}

fn enrol(shop: &Shop, sam: &str, by: &str, pin: &str) -> Ended {
    shop.run_typed(&["reader", "enrol", sam, "--by", by], pin)
}

// R01: a reader that appears overnight proves nothing until somebody answers for it.
#[test]
fn a_reader_that_was_seen_is_enrolled_by_the_person_in_charge() {
    let shop = shop();
    let listed = || shop.must(&["reader", "list"]);
    assert!(
        listed().contains(&format!("{SAM}\tserial\t")),
        "{}",
        listed()
    );
    assert!(listed().contains("未登记"), "{}", listed());
    let before = shop.verified_entries();
    for (sam, by, pin, code) in [
        ("05.01-0", "S01", PIN, "reader.unseen"),
        (SAM, "S01", "918273", "staff.pin-wrong"),
        (SAM, "S02", PIN, "staff.duty"),
        (SAM, "S03", PIN, "staff.unknown"),
    ] {
        let refused = enrol(&shop, sam, by, pin);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(&format!("[{code}]")), "{refused:?}");
    }
    assert_eq!(shop.verified_entries(), before);
    let daemon = shop.start();
    let enrolled = enrol(&shop, SAM, "S01", PIN);
    assert_eq!(enrolled.code, Some(0), "{enrolled:?}");
    assert!(!listed().contains("未登记"), "{}", listed());
    drop(daemon);
    shop.verified_entries();
}
