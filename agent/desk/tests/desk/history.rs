//! Rows beside the log against the log: whatever somebody changes with other tools is named by the verifier
//! and by the running agent, and made right again (R41).

use std::fs;
use std::path::{Path, PathBuf};

use crate::kit::{MINUTE_MS, NOON_MS, Shop, caller, import_file};
use crate::message::{LI, WANG, granules};
use pharmacy_decision::facts::Fund;
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{Call, DeskError, Idempotency, OpenSale, PrescriptionTold};
use pharmacy_journal::store::{
    DueKind, NoCodeGoods, NoCodeMove, NoCodeRow, NoCodeStock, Transaction,
};
use pharmacy_journal::{Draft, DraftPart, Finding, Journal, LogView};
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::history::Table;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::store::RowFault;
use pharmacy_protocol::term::{EntryIndex, Quantity, Sku};
use rusqlite::types::Value;

/// A stopped shop in which every table has rows.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.enrol("S01", &[Duty::InCharge], "270418");
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    shop.reads("01", WANG, "01");
    shop.settle("M2", "S2", (WANG, &[granules("R2000000-1", &[2, 3])]));
    shop.reverse("M3", "S2", WANG);
    let call = Call {
        caller: caller("01"),
        idempotency: Some(Idempotency {
            key: "key-1".to_owned(),
            digest: [7; 32],
        }),
    };
    let opening = OpenSale {
        operator: None,
        fund: Fund::Account,
        insurance: None,
        holder: None,
    };
    shop.wait(shop.handle().open_sale(call, opening)).unwrap();
    let told = PrescriptionTold {
        number: Some("RX-1".to_owned()),
        ..PrescriptionTold::default()
    };
    let added = shop
        .handle()
        .add_prescription(caller("01"), told, Vec::new());
    shop.wait(added).unwrap();
    shop.stop();
    let clock = std::sync::Arc::new(shop.clock.clone());
    let mut journal = Journal::open(shop.folder(), clock).unwrap();
    let token = journal.keys().token_digest(&Secret::new("secret".into()));
    let draft = Draft::new(
        EntryKind::Token,
        DraftPart::new(PartClass::Store, b"null".to_vec()),
    );
    let _ = journal
        .record(draft, |rows, entry| {
            rows.add_token("till-1", &"01".parse().unwrap(), &token, NOON_MS)?;
            rows.put_due(DueKind::TraceCodes, 1, NOON_MS)?;
            let (prefix, sku) = ("8765432".parse().unwrap(), "120".parse().unwrap());
            rows.put_trace_prefix(&prefix, &sku)?;
            enter_no_code(rows, sku, entry)?;
            Ok::<_, DeskError>(())
        })
        .unwrap();
    shop
}

/// Goods without codes, of which a sale took some.
fn enter_no_code(rows: &Transaction<'_>, sku: Sku, entry: EntryIndex) -> Result<(), DeskError> {
    let goods = NoCodeGoods {
        sku,
        lot: "B1".parse().unwrap(),
        paper: "D1".parse().unwrap(),
    };
    let row = NoCodeRow {
        last_day: jiff::civil::date(2026, 12, 31),
        entered: Quantity::whole(10),
        left: Quantity::whole(10),
        staff: "S01".parse().unwrap(),
        entry,
        at_ms: NOON_MS,
    };
    let stock = NoCodeStock {
        goods: goods.clone(),
        row,
    };
    assert_eq!(rows.enter_no_code(&stock)?, NoCodeMove::Done);
    assert_eq!(rows.enter_no_code(&stock)?, NoCodeMove::Refused);
    let taken = rows.take_no_code(&goods, (1, Quantity::whole(2)), entry)?;
    assert_eq!(taken, NoCodeMove::Done);
    Ok(())
}

fn database(folder: &Path) -> PathBuf {
    folder.join("journal").join("log.db")
}

/// What somebody with a database shell does.
fn edit(folder: &Path, statement: &str, values: impl rusqlite::Params) -> usize {
    let connection = rusqlite::Connection::open(database(folder)).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON")
        .unwrap();
    connection.execute(statement, values).unwrap()
}

fn other(value: Value) -> Value {
    match value {
        Value::Null => Value::Integer(1),
        Value::Integer(number) => Value::Integer(number + 1_000),
        Value::Real(number) => Value::Real(number + 1.0),
        Value::Text(text) => Value::Text(format!("{text}x")),
        Value::Blob(mut bytes) => {
            bytes[0] ^= 1;
            Value::Blob(bytes)
        }
    }
}

/// The rows that the verifier names, by table and what is wrong with them.
fn named(folder: &Path) -> Vec<(Table, RowFault)> {
    let report = LogView::verify_at(folder).unwrap();
    let rows = report.findings.iter().filter_map(|finding| match finding {
        Finding::Row { table, fault, .. } => Some((*table, *fault)),
        _ => None,
    });
    rows.collect()
}

/// A copy of the store, to be changed.
fn copy_of(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("journal")).unwrap();
    for file in fs::read_dir(folder.join("journal")).unwrap() {
        let file = file.unwrap();
        if file.file_name() != "reserve.bin" {
            let to = copy.path().join("journal").join(file.file_name());
            fs::copy(file.path(), to).unwrap();
        }
    }
    let catalogue = catalogue_of(folder);
    let name = catalogue.file_name().unwrap();
    fs::copy(&catalogue, copy.path().join(name)).unwrap();
    copy
}

/// A table with its first row, as a database shell shows it.
struct Shown {
    table: Table,
    key: &'static [&'static str],
    columns: Vec<&'static str>,
    row: Vec<Value>,
}

impl Shown {
    fn of(folder: &Path, table: Table) -> Self {
        let (key, values) = table.columns();
        let columns = [key, values].concat();
        let name = table.name();
        let is_ours = match table {
            Table::Setting => "WHERE name = 'catalogue'",
            _ => "",
        };
        let pick = format!(
            "SELECT {} FROM {name} {is_ours} LIMIT 1",
            columns.join(", ")
        );
        let connection = rusqlite::Connection::open(database(folder)).unwrap();
        let row = connection.query_row(&pick, [], |row| {
            (0..columns.len()).map(|at| row.get(at)).collect()
        });
        Self {
            table,
            key,
            row: row.unwrap_or_else(|error| panic!("{name}: {error}")),
            columns,
        }
    }

    fn is_it(&self) -> String {
        let places = self.key.iter().zip(1..);
        let places: Vec<String> = places
            .map(|(column, place)| format!("{column} IS ?{place}"))
            .collect();
        places.join(" AND ")
    }

    fn key(&self) -> Vec<Value> {
        self.row[..self.key.len()].to_vec()
    }

    /// The store with one column of the row changed.
    fn edit(&self, folder: &Path, at: usize) {
        let (name, column) = (self.table.name(), self.columns[at]);
        let place = self.key.len() + 1;
        let statement = format!(
            "UPDATE {name} SET {column} = ?{place} WHERE {}",
            self.is_it()
        );
        let mut with = self.key();
        with.push(other(self.row[at].clone()));
        let changed = edit(folder, &statement, rusqlite::params_from_iter(with));
        assert_eq!(changed, 1, "{name}.{column}");
    }

    fn delete(&self, folder: &Path) {
        let statement = format!("DELETE FROM {} WHERE {}", self.table.name(), self.is_it());
        edit(folder, &statement, rusqlite::params_from_iter(self.key()));
    }

    /// The store with the row once more under another key.
    fn double(&self, folder: &Path) {
        let mut more = self.row.clone();
        more[0] = other(more[0].clone());
        if self.table == Table::Token {
            more[3] = other(more[3].clone());
        }
        let marks: Vec<String> = (1..=more.len()).map(|at| format!("?{at}")).collect();
        let (name, columns) = (self.table.name(), self.columns.join(", "));
        let statement = format!(
            "INSERT INTO {name} ({columns}) VALUES ({})",
            marks.join(", ")
        );
        edit(folder, &statement, rusqlite::params_from_iter(more));
    }
}

#[test]
fn an_edit_of_any_column_a_row_less_and_a_row_more_are_named() {
    let shop = shop();
    assert_eq!(named(shop.folder()), []);
    for table in Table::ALL {
        let shown = Shown::of(shop.folder(), table);
        for (at, column) in shown.columns.iter().enumerate() {
            let copy = copy_of(shop.folder());
            shown.edit(copy.path(), at);
            let found = named(copy.path());
            assert!(
                !found.is_empty() && found.iter().all(|(named, _)| *named == table),
                "{table:?}.{column}: {found:?}"
            );
        }
        let copy = copy_of(shop.folder());
        shown.delete(copy.path());
        assert_eq!(named(copy.path()), [(table, RowFault::Missing)]);
        let copy = copy_of(shop.folder());
        shown.double(copy.path());
        assert_eq!(named(copy.path()), [(table, RowFault::Unexplained)]);
    }
}

#[test]
fn a_sold_pack_that_is_made_available_again_is_sold_again_when_the_agent_looks() {
    let mut shop = shop();
    let sold = "UPDATE pack SET state = 'available', sale = NULL WHERE state = 'sold'";
    assert_eq!(edit(shop.folder(), sold, []), 1);
    assert_eq!(edit(shop.folder(), "UPDATE token SET till = '02'", []), 1);
    edit(shop.folder(), "DELETE FROM supply", []);
    edit(shop.folder(), "DELETE FROM sale WHERE counter = 1", []);
    edit(shop.folder(), "DELETE FROM register", []);
    shop.restart();
    shop.wait(shop.handle().look_after_rows()).unwrap();
    assert_eq!(shop.board("01").alarms[0], "row.differs");
    let log = shop.log();
    let repaired = shop.parts(EntryKind::Repair, PartClass::Store);
    let tables: Vec<&str> = repaired[0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["table"].as_str().unwrap())
        .collect();
    for table in ["pack", "token", "supply", "sale", "register"] {
        assert!(tables.contains(&table), "{table}: {tables:?}");
    }
    assert_eq!(log.compare_rows(0, 1).unwrap().differences, []);
    // The double is refused as if nothing had happened.
    shop.clock.advance(20 * MINUTE_MS);
    shop.reads("01", WANG, "01");
    let again = shop.settlement("M9", WANG, &[granules("R9000000-1", &[1])]);
    shop.refused("01", "2102", &again);
}

/// Whatever is done to the settings beside it, and until the next import.
#[test]
fn a_changed_catalogue_is_not_used_and_says_so() {
    let settings = [
        "UPDATE setting SET value = value WHERE name = 'catalogue-entry'",
        "UPDATE setting SET value = '0' WHERE name = 'catalogue-entry'",
        "UPDATE setting SET value = 'x' WHERE name = 'catalogue-entry'",
        "DELETE FROM setting WHERE name = 'catalogue-entry'",
    ];
    for setting in settings {
        let mut shop = shop();
        let file = catalogue_of(shop.folder());
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&file, bytes).unwrap();
        assert_eq!(edit(shop.folder(), setting, []), 1);
        shop.restart();
        assert_eq!(shop.board("01").alarms[0], "catalogue.differs", "{setting}");
        assert!(shop.status()["articles"].is_null());
        shop.wait(shop.handle().look_after_rows()).unwrap();
        assert!(shop.status()["articles"].is_null());
        import_sample(&shop, |sample| sample);
        assert!(shop.status()["articles"].as_u64().unwrap() > 0);
        let alarms = shop.board("01").alarms;
        assert!(!alarms.contains(&"catalogue.differs".to_owned()));
    }
}

fn catalogue_of(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|extension| extension == "db"));
    file.unwrap()
}

/// Imports the sample catalogue, changed, as a command does.
fn import_sample(shop: &Shop, change: impl Fn(String) -> String) {
    let sample = include_str!("../../../../config/catalogue/sample.csv");
    let other = shop.folder().join("other.csv");
    fs::write(&other, change(sample.to_owned())).unwrap();
    let folder = shop.folder().to_owned();
    let lent = shop
        .handle()
        .lend_journal(move |journal| import_file(journal, &folder, &other));
    shop.wait(lent).unwrap();
}

#[test]
fn carried_rows_are_where_the_fold_starts() {
    let mut shop = shop();
    let clock = std::sync::Arc::new(shop.clock.clone());
    // Whoever edits a row just before has nothing carried that the log does not say.
    let sold = "UPDATE pack SET state = 'available', sale = NULL WHERE state = 'sold'";
    assert_eq!(edit(shop.folder(), sold, []), 1);
    let mut journal = Journal::open(shop.folder(), clock).unwrap();
    let before = journal.size().unwrap();
    // What the rows were made from goes; they are carried first, once.
    for index in 0..before {
        let index = pharmacy_protocol::term::EntryIndex::new(index);
        let _ = journal.erase_parts(index, &[PartClass::Rows]);
    }
    drop(journal);
    assert_eq!(named(shop.folder()), []);
    shop.restart();
    assert_eq!(shop.parts(EntryKind::Carried, PartClass::State).len(), 1);
    assert_eq!(shop.parts(EntryKind::Repair, PartClass::Store).len(), 1);
    shop.reads("01", LI, "01");
    shop.stop();
    assert_eq!(named(shop.folder()), []);
    let again = "UPDATE pack SET state = 'available', sale = NULL WHERE state = 'sold'";
    let copy = copy_of(shop.folder());
    assert_eq!(edit(copy.path(), again, []), 1);
    assert_eq!(named(copy.path()), [(Table::Pack, RowFault::Differs)]);
}

/// Neither a setting nor the schema's number makes the agent take rows over as they are.
#[test]
fn rows_are_not_carried_at_the_word_of_a_row() {
    let mut shop = shop();
    let copy = copy_of(shop.folder());
    let sold = "UPDATE pack SET state = 'available', sale = NULL WHERE state = 'sold'";
    assert_eq!(edit(copy.path(), sold, []), 1);
    let connection = rusqlite::Connection::open(database(copy.path())).unwrap();
    connection
        .execute_batch(
            "DELETE FROM setting WHERE name = 'rows';
             CREATE TABLE pack_event (code_digest BLOB NOT NULL, entry INTEGER NOT NULL);
             PRAGMA user_version = 3;",
        )
        .unwrap();
    drop(connection);
    let clock = std::sync::Arc::new(shop.clock.clone());
    drop(Journal::open(copy.path(), clock).unwrap());
    assert_eq!(named(copy.path()), [(Table::Pack, RowFault::Differs)]);
    // The shop itself goes on, and nothing is repaired that is right.
    shop.restart();
    shop.wait(shop.handle().look_after_rows()).unwrap();
    assert!(shop.parts(EntryKind::Repair, PartClass::Store).is_empty());
    assert!(!shop.board("01").alarms.contains(&"row.differs".to_owned()));
}

/// Whoever takes away what entries say of rows has nothing made "right" from what is left.
#[test]
fn what_is_gone_from_the_log_is_said_and_repairs_nothing() {
    let shop = shop();
    let rows = "class = 'rows' AND slot IN (SELECT max(slot) FROM part WHERE class = 'rows')";
    let gone = format!("DELETE FROM part WHERE {rows}");
    let damaged = format!("UPDATE part SET sealed = zeroblob(length(sealed)) WHERE {rows}");
    for taken in [gone, damaged] {
        let mut copy = Shop::over(copy_of(shop.folder()), &shop);
        assert_eq!(edit(copy.folder(), &taken, []), 1);
        edit(copy.folder(), "UPDATE token SET till = '02'", []);
        copy.restart();
        copy.wait(copy.handle().look_after_rows()).unwrap();
        assert_eq!(copy.board("01").alarms[0], "log.part-gone", "{taken}");
        assert_eq!(copy.count("log.part-gone"), 1);
        assert!(copy.parts(EntryKind::Repair, PartClass::Store).is_empty());
        copy.stop();
        let report = LogView::verify_at(copy.folder()).unwrap();
        let unknown = |finding: &Finding| matches!(finding, Finding::RowsUnknown(_));
        assert!(report.findings.iter().any(unknown), "{taken}");
        copy.leave_as_it_is();
    }
}

/// An answer, or whom the platform named, cannot be made again; that it is lost is told once.
#[test]
fn what_only_a_digest_is_known_of_is_lost_once() {
    let mut shop = shop();
    for table in [
        "relayed_call SET answer",
        "insured SET state",
        "request SET response",
    ] {
        let statement = format!("UPDATE {table} = zeroblob(40)");
        assert!(edit(shop.folder(), &statement, []) > 0, "{table}");
    }
    shop.restart();
    for _ in 0..3 {
        shop.wait(shop.handle().look_after_rows()).unwrap();
    }
    assert_eq!(shop.parts(EntryKind::Repair, PartClass::Store).len(), 1);
    // Nothing leaves a second time although its answer is lost.
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
}

#[test]
fn an_answer_that_is_whole_outlasts_the_repair_of_its_row() {
    let mut shop = shop();
    let sale = "UPDATE relayed_call SET sale = 99 WHERE sale = 1";
    assert_eq!(edit(shop.folder(), sale, []), 1);
    shop.restart();
    shop.wait(shop.handle().look_after_rows()).unwrap();
    let count = "SELECT count(*) FROM relayed_call WHERE sale = 1 AND answer IS NOT NULL";
    let connection = rusqlite::Connection::open(database(shop.folder())).unwrap();
    let kept: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

/// An import between the call and its answer changes nothing of what was judged.
#[test]
fn a_list_names_what_was_judged_whatever_is_imported_meanwhile() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
    import_sample(&shop, |sample| sample.replace("板蓝根颗粒", "另一种颗粒"));
    shop.answered(departure, &shop.settled("S1", (LI, 1910)));
    let list = shop
        .parts(EntryKind::Outcome, PartClass::List)
        .pop()
        .unwrap();
    assert_eq!(list["lines"][0]["name"], "板蓝根颗粒");
    // The next purchase is judged by the new one.
    shop.reads("01", WANG, "01");
    shop.settle("M2", "S2", (WANG, &[granules("R2000000-1", &[2])]));
    let list = shop
        .parts(EntryKind::Outcome, PartClass::List)
        .pop()
        .unwrap();
    assert_eq!(list["lines"][0]["name"], "另一种颗粒");
}
