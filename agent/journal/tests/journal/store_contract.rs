//! What the store promises to the journal and the desk, on a real database file.
#![expect(clippy::unwrap_used, reason = "an integration test may")]

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use pharmacy_base::clock::TestClock;
use pharmacy_journal::store::{
    Access, Answer, DueKind, MappingRow, MappingSource, NameKind, PackChange, PackEvent,
    PackEventKind, PackRow, PackStatus, Phase, RelayedRow, RequestKey, SaleRow, Store, StoreError,
    SupplyRow, Transaction,
};
use pharmacy_journal::{Draft, Identity, Journal, JournalError, Keys, RowName};
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::history;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, Quantity};
use proptest::prelude::*;
use tempfile::TempDir;

const NOON_MS: i64 = 1_763_784_000_000;

struct Shop {
    _data: TempDir,
    journal: Journal,
}

impl Shop {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let identity = Identity {
            region: "440300".parse().unwrap(),
            store: "P44030000001".parse().unwrap(),
            till: "01".parse().unwrap(),
        };
        let clock = std::sync::Arc::new(TestClock::new(NOON_MS));
        let journal = Journal::create(data.path(), &identity, None, clock).unwrap();
        Self {
            _data: data,
            journal,
        }
    }

    /// What the entries from one on say of packs.
    fn told_of_packs(&self, from: u64) -> Vec<history::PackChange> {
        let mut told = Vec::new();
        for index in from..self.journal.size().unwrap() {
            let index = EntryIndex::new(index);
            if let Ok(bytes) = self.journal.open_part(index, PartClass::Rows) {
                let rows: history::Rows = serde_json::from_slice(&bytes).unwrap();
                told.extend(rows.packs);
            }
        }
        told
    }

    fn keys(&self) -> Keys {
        self.journal.keys().clone()
    }

    /// Changes rows within an event, as the desk does.
    fn event<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<T, StoreError>,
    ) -> T {
        self.try_event(change).unwrap()
    }

    fn try_event<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<T, StoreError>,
    ) -> Result<T, JournalError> {
        let draft = Draft {
            kind: EntryKind::Sale,
            till: None,
            refs: Vec::new(),
            parts: Vec::new(),
        };
        let recorded = self.journal.record(draft, |transaction, index| {
            Ok::<_, JournalError>(change(transaction, index)?)
        });
        Ok(recorded?.into_value())
    }

    /// Changes rows outside of any event.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, JournalError> {
        self.journal.change(|transaction| Ok(change(transaction)?))
    }

    fn sale(&self, counter: u64, phase: Phase) -> SaleRow {
        SaleRow {
            counter,
            phase,
            till: "01".parse().unwrap(),
            client: "till-1".into(),
            created_ms: NOON_MS,
            updated_ms: NOON_MS,
            state: self
                .keys()
                .seal_row(&RowName::Sale(counter), b"state")
                .unwrap(),
        }
    }
}

fn store_at(directory: &Path) -> PathBuf {
    directory.join("any.db")
}

fn code<T>(result: Result<T, StoreError>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

#[test]
fn opening_never_makes_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_at(directory.path());
    for access in [Access::Read, Access::Write] {
        assert_eq!(code(Store::open(&path, access)), "store.missing");
        assert_eq!(code(Store::open(directory.path(), access)), "store.missing");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn creating_never_replaces_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_at(directory.path());
    fs::write(&path, "a letter").unwrap();
    assert_eq!(code(Store::create(&path)), "store.exists");
    assert_eq!(fs::read(&path).unwrap(), b"a letter");
    assert_eq!(code(Store::open(&path, Access::Write)), "store.damaged");
    assert_eq!(fs::read(&path).unwrap(), b"a letter");
    fs::write(&path, "").unwrap();
    assert_eq!(code(Store::open(&path, Access::Write)), "store.damaged");
}

#[test]
fn a_reading_store_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_at(directory.path());
    drop(Store::create(&path).unwrap());
    let before = fs::read(&path).unwrap();
    let mut reading = Store::open(&path, Access::Read).unwrap();
    let refused = reading
        .begin()
        .and_then(|transaction| transaction.put_setting("a", "b"));
    assert!(refused.is_err());
    drop(reading);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_not_committed_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::create(&store_at(directory.path())).unwrap();
    let transaction = store.begin().unwrap();
    transaction.put_setting("name", "value").unwrap();
    assert_eq!(
        transaction.setting("name").unwrap().as_deref(),
        Some("value")
    );
    drop(transaction);
    assert_eq!(store.reader().setting("name").unwrap(), None);
    let transaction = store.begin().unwrap();
    transaction.put_setting("name", "value").unwrap();
    transaction.put_setting("name", "newer").unwrap();
    transaction.commit().unwrap();
    assert_eq!(
        store.reader().setting("name").unwrap().as_deref(),
        Some("newer")
    );
}

#[test]
fn a_snapshot_stands_still_while_others_write() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_at(directory.path());
    let mut store = Store::create(&path).unwrap();
    let other = Store::open(&path, Access::Read).unwrap();
    let snapshot = other.snapshot().unwrap();
    assert_eq!(snapshot.setting("name").unwrap(), None);
    let transaction = store.begin().unwrap();
    transaction.put_setting("name", "value").unwrap();
    transaction.commit().unwrap();
    assert_eq!(snapshot.setting("name").unwrap(), None);
    drop(snapshot);
    assert_eq!(
        other.reader().setting("name").unwrap().as_deref(),
        Some("value")
    );
}

#[test]
fn sales_are_found_by_number_and_by_what_is_under_way() {
    let mut shop = Shop::new();
    let phases = [
        Phase::Open,
        Phase::Assessed,
        Phase::Settling,
        Phase::InDoubt,
        Phase::Closed,
        Phase::Abandoned,
    ];
    for (phase, expected) in phases.into_iter().zip(1..) {
        let sale = shop.sale(expected, phase);
        shop.event(|transaction, _| {
            assert_eq!(transaction.next_sale_counter()?, expected);
            transaction.put_sale(&sale, None, "{}")
        });
        assert_eq!(
            shop.journal.reader().load_sale(expected).unwrap(),
            Some(sale)
        );
    }
    let numbers = |sales: Vec<SaleRow>| sales.iter().map(|sale| sale.counter).collect::<Vec<_>>();
    assert_eq!(numbers(shop.journal.reader().open_sales().unwrap()), [1, 2]);
    assert_eq!(
        numbers(shop.journal.reader().in_doubt_sales().unwrap()),
        [3, 4]
    );

    let mut changed = shop.sale(3, Phase::Closed);
    changed.updated_ms = NOON_MS + 5;
    shop.event(|transaction, _| transaction.put_sale(&changed, Some("{}"), "{}"));
    assert_eq!(shop.journal.reader().load_sale(3).unwrap(), Some(changed));
    assert_eq!(
        numbers(shop.journal.reader().in_doubt_sales().unwrap()),
        [4]
    );
}

#[test]
fn a_sale_number_is_never_given_out_twice() {
    let mut shop = Shop::new();
    let sale = shop.sale(1, Phase::Closed);
    shop.event(|transaction, _| {
        transaction.next_sale_counter()?;
        transaction.put_sale(&sale, None, "{}")
    });
    let removed = shop.event(|transaction, _| {
        assert_eq!(transaction.remove_finished_sales(NOON_MS)?, 0);
        transaction.remove_finished_sales(NOON_MS + 1)
    });
    assert_eq!(removed, 1);
    assert_eq!(
        shop.event(|transaction, _| transaction.next_sale_counter()),
        2
    );
}

#[test]
fn a_request_is_answered_once() {
    let mut shop = Shop::new();
    let key = RequestKey {
        client: "till-1",
        sale: Some(1),
        key: "k",
    };
    let answer = Answer {
        body_digest: [1; 32],
        status: 200,
        response: shop
            .keys()
            .seal_row(&RowName::Request(key), b"answer")
            .unwrap(),
        created_ms: NOON_MS,
    };
    shop.event(|transaction, _| transaction.put_request(&key, &answer));
    assert_eq!(
        shop.journal.reader().find_request(&key).unwrap(),
        Some(answer.clone())
    );
    for other in [
        RequestKey {
            client: "till-2",
            ..key
        },
        RequestKey { sale: None, ..key },
        RequestKey { key: "l", ..key },
    ] {
        assert_eq!(shop.journal.reader().find_request(&other).unwrap(), None);
    }
    let again = shop.try_event(|transaction, _| transaction.put_request(&key, &answer));
    assert_eq!(again.map_err(|error| error.code()), Err("store.constraint"));
    assert!(!shop.journal.is_closed());
    let forgotten = shop.try_event(|transaction, _| transaction.remove_old_requests(NOON_MS + 1));
    assert_eq!(forgotten.unwrap(), 1);
}

fn quantity(units: i64) -> Quantity {
    Quantity::new(units)
}

#[test]
fn a_pack_is_held_by_one_sale_and_sold_once() {
    let mut shop = Shop::new();
    let pack = shop
        .keys()
        .trace_digest(&"81234567890123456789".parse().unwrap());
    shop.event(|transaction, entry| {
        assert_eq!(transaction.pack(&pack)?, None);
        assert_eq!(transaction.claim_pack(&pack, 1, entry)?, PackChange::Done);
        assert_eq!(transaction.claim_pack(&pack, 1, entry)?, PackChange::Done);
        let refused = transaction.claim_pack(&pack, 2, entry)?;
        assert!(matches!(refused, PackChange::Refused(row) if row.sale == Some(1)));
        let refused = transaction.release_pack(&pack, 2, entry)?;
        assert!(matches!(refused, PackChange::Refused(_)));
        assert_eq!(transaction.release_pack(&pack, 1, entry)?, PackChange::Done);
        assert_eq!(transaction.claim_pack(&pack, 2, entry)?, PackChange::Done);
        let sold = PackEvent {
            kind: PackEventKind::Sold,
            sale: 2,
            entry,
            quantity: quantity(10_000),
        };
        let elsewhere = PackEvent { sale: 3, ..sold };
        assert!(matches!(
            transaction.sell_pack(&pack, &elsewhere)?,
            PackChange::Refused(_)
        ));
        assert_eq!(transaction.sell_pack(&pack, &sold)?, PackChange::Done);
        assert!(matches!(
            transaction.sell_pack(&pack, &sold)?,
            PackChange::Refused(_)
        ));
        assert!(matches!(
            transaction.claim_pack(&pack, 3, entry)?,
            PackChange::Refused(_)
        ));
        Ok(())
    });
    let returned = shop.event(|transaction, entry| {
        let too_much = transaction.return_pack(&pack, 4, entry, quantity(10_001))?;
        assert!(matches!(too_much, PackChange::Refused(_)));
        transaction.return_pack(&pack, 4, entry, quantity(10_000))
    });
    assert_eq!(returned, PackChange::Done);
    let row = shop.journal.reader().pack(&pack).unwrap().unwrap();
    assert_eq!((row.status, row.sale), (PackStatus::Available, None));
    let events = shop.told_of_packs(0);
    let kinds: Vec<_> = events
        .iter()
        .map(|event| (event.event, event.sale))
        .collect();
    assert_eq!(
        kinds,
        [
            (PackEventKind::Claimed, 1),
            (PackEventKind::Released, 1),
            (PackEventKind::Claimed, 2),
            (PackEventKind::Sold, 2),
            (PackEventKind::Returned, 4),
        ]
    );
}

#[test]
fn a_split_pack_is_sold_in_parts_and_goes_back_to_part_sold() {
    let mut shop = Shop::new();
    let pack = shop
        .keys()
        .trace_digest(&"81234567890123456789".parse().unwrap());
    shop.event(|transaction, entry| {
        let part = PackEvent {
            kind: PackEventKind::PartSold,
            sale: 1,
            entry,
            quantity: quantity(3),
        };
        assert_eq!(transaction.claim_pack(&pack, 1, entry)?, PackChange::Done);
        assert_eq!(transaction.sell_pack(&pack, &part)?, PackChange::Done);
        assert_eq!(transaction.claim_pack(&pack, 2, entry)?, PackChange::Done);
        assert_eq!(transaction.release_pack(&pack, 2, entry)?, PackChange::Done);
        let row = transaction.pack(&pack)?.unwrap();
        assert_eq!(
            (row.status, row.quantity),
            (PackStatus::PartSold, quantity(3))
        );
        assert_eq!(
            transaction.return_pack(&pack, 3, entry, quantity(1))?,
            PackChange::Done
        );
        let row = transaction.pack(&pack)?.unwrap();
        assert_eq!(
            (row.status, row.quantity),
            (PackStatus::PartSold, quantity(2))
        );
        Ok(())
    });
}

/// Any order of events on one pack keeps the books: what is sold is what was sold minus what came
/// back, it is never negative, and only a claimed pack has no settled state.
fn keeps_the_books(shop: &mut Shop, code: &str, steps: &[(u8, u64, i64)]) {
    let pack = shop.keys().trace_digest(&code.parse().unwrap());
    let before = shop.journal.size().unwrap();
    shop.event(|transaction, entry| {
        for (step, sale, units) in steps {
            let event = |kind| PackEvent {
                kind,
                sale: *sale,
                entry,
                quantity: quantity(*units),
            };
            let _ = match step {
                0 => transaction.claim_pack(&pack, *sale, entry)?,
                1 => transaction.release_pack(&pack, *sale, entry)?,
                2 => transaction.sell_pack(&pack, &event(PackEventKind::PartSold))?,
                3 => transaction.sell_pack(&pack, &event(PackEventKind::Sold))?,
                _ => transaction.return_pack(&pack, *sale, entry, quantity(*units))?,
            };
        }
        Ok(())
    });
    let balance: i64 = shop
        .told_of_packs(before)
        .iter()
        .map(|event| match event.event {
            PackEventKind::PartSold | PackEventKind::Sold => event.quantity.units(),
            PackEventKind::Returned => -event.quantity.units(),
            PackEventKind::Claimed | PackEventKind::Released => 0,
        })
        .sum();
    let row = shop.journal.reader().pack(&pack).unwrap();
    assert_eq!(row.map_or(0, |row| row.quantity.units()), balance);
    assert!(balance >= 0);
    if let Some(PackRow {
        status: PackStatus::Available,
        quantity,
        ..
    }) = row
    {
        assert_eq!(quantity.units(), 0);
    }
}

#[test]
fn packs_keep_their_books_in_any_order_of_events() {
    let mut shop = Shop::new();
    let mut runner = proptest::test_runner::TestRunner::default();
    let steps = prop::collection::vec((0_u8..5, 1_u64..4, 1_i64..4), 0..12);
    let mut count = 0_u64;
    let shop = std::cell::RefCell::new(&mut shop);
    let count = std::cell::RefCell::new(&mut count);
    runner
        .run(&steps, |steps| {
            **count.borrow_mut() += 1;
            let code = format!("8{:019}", count.borrow());
            keeps_the_books(&mut shop.borrow_mut(), &code, &steps);
            Ok(())
        })
        .unwrap();
}

#[test]
fn supplies_are_found_by_person_newest_first_and_expire() {
    let mut shop = Shop::new();
    let anna = shop
        .keys()
        .person_ref(&"11010519491231002X".parse().unwrap());
    let bert = shop
        .keys()
        .person_ref(&"440524188001010014".parse().unwrap());
    let supply = |day: i8, sale: u64| SupplyRow {
        on: date(2025, 11, day),
        sale,
        line: 1,
        code: Some("XA01ABD075A002010100483".parse().unwrap()),
        sku: (sale > 1).then(|| "120".parse().unwrap()),
        quantity: quantity(20_000),
        days: (sale > 1).then_some(7),
        entry: EntryIndex::new(0),
        erase_after: date(2027, 11, day),
    };
    shop.event(|transaction, _| {
        transaction.add_supply(&anna, &supply(3, 1))?;
        transaction.add_supply(&anna, &supply(20, 2))?;
        transaction.add_supply(&anna, &supply(10, 3))?;
        transaction.add_supply(&bert, &supply(11, 4))
    });
    let found = |shop: &Shop, since| shop.journal.reader().supplies_of(&anna, since).unwrap();
    assert_eq!(
        found(&shop, date(2025, 11, 4)),
        [supply(20, 2), supply(10, 3)]
    );
    assert_eq!(found(&shop, date(2025, 11, 3)).len(), 3);
    assert_eq!(
        shop.event(|transaction, _| transaction.remove_supplies(&anna, 2)),
        1
    );
    assert_eq!(
        found(&shop, date(2025, 1, 1)),
        [supply(10, 3), supply(3, 1)]
    );
    let expired =
        shop.event(|transaction, _| transaction.remove_expired_supplies(date(2027, 11, 10)));
    assert_eq!(expired, 1);
    assert_eq!(found(&shop, date(2025, 1, 1)), [supply(10, 3)]);
}

#[test]
fn a_row_that_the_log_tells_of_changes_with_an_entry_only() {
    let mut shop = Shop::new();
    let name = shop.keys().name_digest("message", "M1");
    let refused = shop.change(|transaction| transaction.put_sale_name(NameKind::Message, &name, 1));
    assert_eq!(refused.map_err(|error| error.code()), Err("journal.untold"));
    let reader = shop.journal.reader();
    assert_eq!(reader.sale_named(NameKind::Message, &name).unwrap(), None);
}

#[test]
fn mappings_and_prefixes_are_learnt() {
    let mut shop = Shop::new();
    let sku = "120".parse().unwrap();
    let row = |code: &str, source| MappingRow {
        code: code.parse().unwrap(),
        source,
    };
    let first = row("XA01ABD075A002010100483", MappingSource::Settled);
    let second = row("ZA01BAD0121010105141", MappingSource::Platform);
    let prefix = "8123456".parse().unwrap();
    shop.event(|transaction, _| {
        transaction.put_mapping(&sku, &first)?;
        transaction.put_mapping(&sku, &second)?;
        transaction.put_trace_prefix(&prefix, &sku)?;
        transaction.put_trace_prefix(&prefix, &sku)?;
        transaction.put_trace_prefix(&prefix, &"121".parse().unwrap())
    });
    let reader = shop.journal.reader();
    assert_eq!(reader.mapping(&sku).unwrap(), Some(second));
    assert_eq!(reader.mapping(&"9".parse().unwrap()).unwrap(), None);
    let skus = reader.skus_of_prefix(&prefix).unwrap();
    assert_eq!(skus, ["120".parse().unwrap(), "121".parse().unwrap()]);
}

#[test]
fn a_mapping_that_was_taken_back_is_forgotten_and_the_others_stay() {
    let mut shop = Shop::new();
    let (one, two) = ("120".parse().unwrap(), "121".parse().unwrap());
    let row = MappingRow {
        code: "ZA01BAD0121010105141".parse().unwrap(),
        source: MappingSource::Platform,
    };
    shop.event(|transaction, _| {
        transaction.put_mapping(&one, &row)?;
        transaction.put_mapping(&two, &row)?;
        transaction.remove_mapping(&one)?;
        transaction.remove_mapping(&"unknown".parse().unwrap())
    });
    let reader = shop.journal.reader();
    assert_eq!(reader.mapping(&one).unwrap(), None);
    assert_eq!(reader.mapping(&two).unwrap(), Some(row));
}

#[test]
fn the_newest_sale_of_a_name_counts_and_kinds_do_not_mix() {
    let mut shop = Shop::new();
    let keys = shop.keys();
    let name = keys.name_digest("message", "M1");
    assert_ne!(name, keys.name_digest("message", "M2"));
    assert_ne!(name, keys.name_digest("settlement", "M1"));
    let rows = [shop.sale(1, Phase::Open), shop.sale(2, Phase::Open)];
    shop.event(|transaction, _| {
        for row in &rows {
            transaction.put_sale(row, None, "{}")?;
        }
        transaction.put_sale_name(NameKind::Message, &name, 1)?;
        transaction.put_sale_name(NameKind::Message, &name, 2)?;
        transaction.put_sale_name(NameKind::Visit, &name, 1)
    });
    let named = |shop: &Shop, kind| shop.journal.reader().sale_named(kind, &name).unwrap();
    assert_eq!(named(&shop, NameKind::Message), Some(2));
    assert_eq!(named(&shop, NameKind::Visit), Some(1));
    for kind in [
        NameKind::FeeLine,
        NameKind::Open,
        NameKind::Returned,
        NameKind::Settlement,
    ] {
        assert_eq!(named(&shop, kind), None);
    }
}

#[test]
fn a_gated_call_keeps_its_body_and_time_and_takes_an_answer_later() {
    let mut shop = Shop::new();
    let keys = shop.keys();
    let call = keys.name_digest("call", "M1");
    let sealed = |text: &[u8]| {
        let name = call.as_text();
        let name = RowName::Other("relayed_call", &name);
        keys.seal_row(&name, text).unwrap()
    };
    let row = |entry, sale, answer| RelayedRow {
        body_digest: [7; 32],
        sale,
        entry,
        answer,
        created_ms: NOON_MS,
    };
    let entry = shop.event(|transaction, entry| {
        transaction.put_relayed_call(&call, &row(entry, 1, None))?;
        Ok(entry)
    });
    let found = shop.journal.reader().relayed_call(&call).unwrap();
    assert_eq!(found, Some(row(entry, 1, None)));
    let answer = sealed(b"answer");
    let later = RelayedRow {
        body_digest: [8; 32],
        created_ms: NOON_MS + 1,
        ..row(entry, 2, Some(answer.clone()))
    };
    shop.event(|transaction, _| transaction.put_relayed_call(&call, &later));
    let found = shop.journal.reader().relayed_call(&call).unwrap();
    assert_eq!(found, Some(row(entry, 2, Some(answer))));
    let unknown = keys.name_digest("call", "M2");
    assert_eq!(shop.journal.reader().relayed_call(&unknown).unwrap(), None);
    let removed = |shop: &mut Shop, before| {
        shop.event(|transaction, _| transaction.remove_old_relayed_calls(before))
    };
    assert_eq!(removed(&mut shop, NOON_MS), 0);
    assert_eq!(removed(&mut shop, NOON_MS + 1), 1);
}

#[test]
fn an_insured_person_is_kept_sealed_as_seen_last_and_forgotten() {
    let mut shop = Shop::new();
    let keys = shop.keys();
    let person = keys.name_digest("insured", "4403");
    let name = person.as_text();
    let row = RowName::Other("insured", &name);
    let sealed = |text: &[u8]| keys.seal_row(&row, text).unwrap();
    let (first, second) = (sealed(b"first"), sealed(b"second"));
    shop.event(|transaction, _| {
        transaction.put_insured(&person, &first, NOON_MS)?;
        transaction.put_insured(&person, &second, NOON_MS + 5)
    });
    let found = shop.journal.reader().insured(&person).unwrap();
    assert_eq!(found, Some((second.clone(), NOON_MS + 5)));
    assert_eq!(&*keys.open_row(&row, &second).unwrap(), b"second");
    let another = keys.name_digest("insured", "4404").as_text();
    let another = RowName::Other("insured", &another);
    assert!(
        keys.open_row(&another, &second).is_err(),
        "sealed to its name"
    );
    let removed = shop.event(|transaction, _| {
        let early = transaction.remove_old_insured(NOON_MS + 5)?;
        Ok((early, transaction.remove_old_insured(NOON_MS + 6)?))
    });
    assert_eq!(removed, (0, 1));
    assert_eq!(shop.journal.reader().insured(&person).unwrap(), None);
}

#[test]
fn what_is_due_is_told_when_its_time_is_over_the_longest_first() {
    let mut shop = Shop::new();
    let kind = DueKind::TraceCodes;
    shop.event(|transaction, _| {
        for (sale, at_ms) in [(1, NOON_MS + 20), (2, NOON_MS + 10), (3, NOON_MS + 99)] {
            transaction.put_due(kind, sale, at_ms)?;
        }
        transaction.put_due(kind, 3, NOON_MS + 30)
    });
    for (at_ms, sales) in [(9, &[][..]), (10, &[2]), (29, &[2, 1]), (30, &[2, 1, 3])] {
        let overdue = shop.journal.reader().overdue(kind, NOON_MS + at_ms);
        assert_eq!(overdue.unwrap(), sales, "{at_ms}");
    }
    shop.event(|transaction, _| {
        transaction.remove_due(kind, 2)?;
        transaction.remove_due(kind, 77)
    });
    let overdue = shop.journal.reader().overdue(kind, NOON_MS + 30).unwrap();
    assert_eq!(overdue, [1, 3]);
}

#[test]
fn a_revoked_token_is_listed_and_not_found() {
    let mut shop = Shop::new();
    let digest = shop.keys().token_digest(&Secret::new("secret".into()));
    let till = "01".parse().unwrap();
    let id = shop
        .try_event(|transaction, _| transaction.add_token("till-1", &till, &digest, NOON_MS))
        .unwrap();
    assert_eq!(
        shop.journal
            .reader()
            .find_token(&digest)
            .unwrap()
            .unwrap()
            .id,
        id
    );
    let revoke = |transaction: &Transaction<'_>, _| transaction.revoke_token(id, NOON_MS + 1);
    assert!(shop.try_event(revoke).unwrap());
    assert!(!shop.try_event(revoke).unwrap());
    assert_eq!(shop.journal.reader().find_token(&digest).unwrap(), None);
    let listed = shop.journal.reader().tokens().unwrap();
    assert_eq!(listed[0].revoked_ms, Some(NOON_MS + 1));
}

#[test]
fn the_outbox_keeps_its_order_and_never_reuses_a_place() {
    let mut shop = Shop::new();
    let add = |shop: &mut Shop, to: &'static str| {
        shop.event(|transaction, entry| transaction.add_outbox_item(to, entry))
    };
    let places: Vec<_> = (0..3).map(|_| add(&mut shop, "bureau")).collect();
    add(&mut shop, "mail");
    let items = shop.journal.reader().outbox_after("bureau", 0, 10).unwrap();
    assert_eq!(
        items.iter().map(|item| item.position).collect::<Vec<_>>(),
        places
    );
    assert!(items.is_sorted_by_key(|item| item.entry));
    assert_eq!(
        shop.journal
            .reader()
            .outbox_after("bureau", places[0], 1)
            .unwrap()
            .len(),
        1
    );
    for place in 1..=4 {
        let delivered = shop.change(|transaction| transaction.remove_outbox_item(place));
        assert!(delivered.unwrap());
    }
    assert_eq!(add(&mut shop, "bureau"), 5);
}

#[test]
fn a_second_process_waits_and_then_hears_that_the_store_is_locked() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_at(directory.path());
    let mut first = Store::create(&path).unwrap();
    let mut second = Store::open(&path, Access::Write).unwrap();
    let held = first.begin().unwrap();
    assert_eq!(code(second.begin().map(drop)), "store.locked");
    drop(held);
    assert_eq!(code(second.begin().map(drop)), "ok");
}

#[test]
fn errors_carry_code_fault_and_no_value() {
    let mut shop = Shop::new();
    let key = RequestKey {
        client: "client-name",
        sale: None,
        key: "key-value",
    };
    let answer = Answer {
        body_digest: [1; 32],
        status: 200,
        response: shop
            .keys()
            .seal_row(&RowName::Request(key), b"answer")
            .unwrap(),
        created_ms: 0,
    };
    shop.try_event(|transaction, _| transaction.put_request(&key, &answer))
        .unwrap();
    let error: JournalError = shop
        .try_event(|transaction, _| transaction.put_request(&key, &answer))
        .unwrap_err();
    let mut chain = format!("{error:?}");
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    while let Some(cause) = source {
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(chain.contains("request"), "{chain}");
    assert!(
        !chain.contains("client-name") && !chain.contains("key-value"),
        "{chain}"
    );
}
