//! Staff, goods, and what is left of a day.

use pharmacy_base::text;
use pharmacy_journal::LogView;
use pharmacy_kit::Shop;
use pharmacy_kit::counter::Counter;
use pharmacy_kit::gateway_till::{Basket, Line};
use pharmacy_kit::http::Response;
use pharmacy_kit::platform::Manner;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;
use serde_json::Value;

/// Everybody's PIN.
pub const PIN: &str = "270418";

/// Most keys that a step may take besides what is typed.
pub const MOST_KEYS: usize = 12;

/// In which manner the shop's platform speaks.
pub const MANNER: Manner = Manner::Guangdong;

/// The certificate numbers of the platform's insured.
pub const WIFE_NUMBER: &str = "11010519491231002X";
pub const HUSBAND_NUMBER: &str = "440524188001010014";

pub fn said(code: &str) -> &'static str {
    text::message(code).zh
}

/// Registers a member of staff by the command line.
#[track_caller]
pub fn enrol(shop: &Shop, (id, name): (&str, &str), duties: &[&str]) {
    let mut arguments = vec!["staff", "add", id, "--name", name];
    for duty in duties {
        arguments.extend(["--duty", duty]);
    }
    if duties.iter().any(|duty| duty.ends_with("pharmacist")) {
        arguments.extend([
            "--title",
            "licensed-pharmacist",
            "--certificate",
            "ZY-4403-001",
        ]);
        arguments.extend(["--locality", MANNER.area()]);
    }
    arguments.extend([
        "--contract-from",
        "2025-01-01",
        "--contract-until",
        "2099-12-31",
    ]);
    let added = shop.run_typed(&arguments, &format!("{PIN}\n{PIN}\n"));
    assert_eq!(added.code, Some(0), "{added:?}");
}

/// A shop with a cashier, who is signed in at the till; none where there is no browser.
pub fn staffed(more: &str, others: &[((&str, &str), &[&str])]) -> Option<Counter> {
    let mut counter = Counter::prepared(MANNER, more, |shop| {
        enrol(shop, ("S01", "收银小王"), &["cashier", "insurance-manager"]);
        enrol(shop, ("S09", "医保专员"), &["insurance-manager"]);
        for (who, duties) in others {
            enrol(shop, *who, duties);
        }
    })?;
    for ((id, _), duties) in others {
        // Who came before stays on duty elsewhere in the store.
        if !duties.contains(&"remote-pharmacist") {
            signed_in(&mut counter, id);
        }
    }
    signed_in(&mut counter, "S01");
    counter.keys();
    Some(counter)
}

#[track_caller]
pub fn signed_in(counter: &mut Counter, id: &str) {
    counter.sign_in(id, PIN);
    counter.await_done(said("staff.signed-in"));
    counter.await_words("#duty", id);
}

/// One pack of a prescription drug.
pub fn prescribed(pack: u64) -> Line {
    Line {
        sku: "100094".into(),
        code: "XJ01FAL193A001010100094".into(),
        price: "13.60".into(),
        amount: "13.60".into(),
        ..Line::otc(&[format!("8900094{pack:013}")])
    }
}

/// The basket of somebody whose number was typed instead of read from anything they brought.
pub fn of_typed(psn_no: &str, number: &str, receipt: &str, line: Line) -> Basket {
    Basket {
        token: number.into(),
        ..Basket::of(psn_no, receipt, line)
    }
}

/// Asks the platform about somebody by a typed number.
#[track_caller]
pub fn identify_typed(counter: &mut Counter, number: &str) {
    let input = format!(
        "{{\"data\":{{\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":\"{number}\",\"card_sn\":\"\",\
         \"begntime\":\"\",\"psn_cert_type\":\"01\",\"certno\":\"{number}\",\"psn_name\":\"\"}}}}"
    );
    counter.till.must("1101", &input);
}

/// `input` of 2102 for them.
pub fn settlement_typed(counter: &Counter, basket: &Basket) -> String {
    let input = counter.till.settlement(basket);
    let typed = input.replace("\"mdtrt_cert_type\":\"01\"", "\"mdtrt_cert_type\":\"02\"");
    assert_ne!(input, typed);
    typed
}

/// The same input of 2102 from the pooled fund and, as the till says, for five weeks.
pub fn long_and_pooled(input: &str) -> String {
    let pooled = input.replace("\"med_type\":\"41\"", "\"med_type\":\"11\"");
    let long = pooled.replace("\"prd_days\":1", "\"prd_days\":35");
    assert!(long != pooled && pooled != input);
    long
}

/// What the till hears when it is refused.
#[track_caller]
pub fn refused(answer: &Response) -> String {
    let why = pharmacy_kit::gateway_till::refusal(answer);
    why.unwrap_or_else(|| panic!("{}", answer.text()))
}

/// What the till hears when it is settled.
#[track_caller]
pub fn settled(answer: &Response) -> pharmacy_kit::gateway_till::Settled {
    let output = pharmacy_kit::gateway_till::output(answer);
    let output = output.unwrap_or_else(|| panic!("{}", answer.text()));
    pharmacy_kit::gateway_till::settled(&output)
}

/// The sale on the page.
pub fn sale_on(counter: &mut Counter) -> String {
    counter
        .page
        .text("document.getElementById('light').dataset.sale")
}

/// A step's keys, printed, and bounded.
#[track_caller]
pub fn check_keys(counter: &mut Counter, step: &str) {
    let keys = counter.keys();
    println!("{step}: {keys} keys besides typing");
    assert!(keys <= MOST_KEYS, "{step} takes {keys} keys besides typing");
}

// ---- the log -------------------------------------------------------------------------------------

/// The kinds of all entries of a shop's log.
pub fn kinds(shop: &Shop) -> Vec<EntryKind> {
    let log = LogView::open(&shop.data()).unwrap();
    let all = (0..log.size().unwrap()).map(EntryIndex::new);
    all.map(|index| log.entry(index).unwrap().kind).collect()
}

/// Parts of entries of one kind, the oldest first.
pub fn parts(shop: &Shop, kind: EntryKind, class: PartClass) -> Vec<Value> {
    let log = LogView::open(&shop.data()).unwrap();
    let all = (0..log.size().unwrap()).map(EntryIndex::new);
    let of_kind = all.filter(|index| log.entry(*index).unwrap().kind == kind);
    of_kind
        .filter_map(|index| log.open_part(index, class).ok())
        .map(|bytes| serde_json::from_slice(&bytes).unwrap())
        .collect()
}

/// Ends the day: the agent is killed, what is left is verified, and has so many entries of these kinds.
#[track_caller]
pub fn end(mut counter: Counter, expected: &[(EntryKind, usize)]) {
    counter.check_page();
    counter.shop.kill();
    let shop = &counter.shop.shop;
    let entries = kinds(shop);
    assert_eq!(shop.verified_entries(), entries.len() as u64);
    for (kind, count) in expected {
        let found = entries.iter().filter(|entry| *entry == kind).count();
        assert_eq!(found, *count, "{kind:?} of {entries:?}");
    }
}
