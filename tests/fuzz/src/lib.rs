//! What must hold for any bytes whatever: one function per fuzz target.
//!
//! In scope: parsers of what comes from outside; that they end, do not panic, and agree with one
//! another. Out of scope: what a message means; the unit tests have that.
//!
//! The agent's own tests include this file and run it over the corpus.

use pharmacy_decision::pack::{Call, CallRole, CodeForm, Join, Refusal};
use pharmacy_interface::{
    Answer, Insured, InsuredQuery, Mapped, Request, Reversal, Settlement, SignIn, StatementRow,
    StockReport, Undo, infno_of, inventory, settlement as limit, with_warning as warn,
};
use pharmacy_protocol::Entry;
use pharmacy_protocol::log::Proof;
use pharmacy_protocol::slip::{SlipError, SlipProof};
use pharmacy_protocol::term::{TraceCode, TraceText};
use serde_json::Value;

/// One target: bytes in, a panic where something does not hold.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 7] = [
    ("answer", answer),
    ("inventory", inventory),
    ("request", request),
    ("settlement", settlement),
    ("slip", slip),
    ("trace_code", trace_code),
    ("with_warning", with_warning),
];

/// A request: what the parser reads, the scanner finds.
pub fn request(bytes: &[u8]) {
    let found = infno_of(bytes);
    let Ok(request) = Request::parse(bytes) else {
        return;
    };
    assert_eq!(found.as_ref(), Some(&request.infno));
    let _ = InsuredQuery::read(&request);
    let _ = Reversal::read(&request);
    let _ = Undo::read(&request);
    let _ = SignIn::read(&request, None);
    let _ = Mapped::read(&request, &call(&request, CallRole::Mapping, Join::Person));
    // Nothing of a message may reach a log by way of a debug print.
    assert_eq!(format!("{request:?}"), "Request");
}

/// An answer and everything that is read from one.
pub fn answer(bytes: &[u8]) {
    let Ok(answer) = Answer::parse(bytes) else {
        return;
    };
    let _ = answer.settled();
    let _ = Insured::read(&answer);
    let Ok(request) = Request::parse(br#"{"infno":"5203","fixmedins_code":"P00000000000"}"#) else {
        return;
    };
    let rows = StatementRow::read(&request, &answer);
    assert!(rows.len() <= inventory::MAX_RECORDS);
    let _ = SignIn::read(&request, Some(&answer));
}

/// A settlement, a calculation or fee lines, under every way the table can name.
pub fn settlement(bytes: &[u8]) {
    let Ok(request) = Request::parse(bytes) else {
        return;
    };
    for (role, join) in [
        (CallRole::Settlement, Join::Person),
        (CallRole::FeeLines, Join::Visit),
        (CallRole::Settlement, Join::Visit),
        (CallRole::SettlementIfLines, Join::Person),
    ] {
        let Ok(read) = Settlement::read(&request, &call(&request, role, join)) else {
            continue;
        };
        assert!(read.lines.len() <= limit::MAX_LINES);
        let codes: usize = read.lines.iter().map(|line| line.packs.len()).sum();
        assert!(codes <= limit::MAX_CODES);
        // Places in the message: what takes off from a line is none of its own.
        let places: Vec<u32> = read.lines.iter().map(|line| line.number).collect();
        assert!(places.is_sorted_by(|one, next| one < next));
        let unread = |place: &u32| read.unread.iter().any(|line| line.number == *place);
        assert!(!places.iter().any(unread));
        let must_have_lines = role == CallRole::FeeLines || join == Join::Person;
        let may_be_empty = role == CallRole::SettlementIfLines;
        assert!(!must_have_lines || may_be_empty || !read.lines.is_empty());
    }
}

/// A stock call; what is kept of it can be written down.
pub fn inventory(bytes: &[u8]) {
    let Ok(request) = Request::parse(bytes) else {
        return;
    };
    if let Ok(report) = StockReport::read(&request, &call(&request, CallRole::Stock, Join::Person))
    {
        assert!(report.records.len() <= inventory::MAX_RECORDS);
        assert!(serde_json::to_vec(&report.records).is_ok());
    }
}

/// A slip's proof: one text for it, and nothing that is read fails to be said in the standard form
/// other than by its path.
pub fn slip(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(slip) = SlipProof::parse(text) else {
        return;
    };
    assert_eq!(slip.serialize(), text);
    let entry = slip.entry_bytes();
    assert_eq!(
        Entry::parse(&entry).map(|entry| entry.serialize()),
        Ok(entry)
    );
    match slip.to_proof() {
        Ok(proof) => assert_eq!(Proof::parse(proof.serialize().as_bytes()), Ok(proof)),
        Err(error) => assert!(matches!(error, SlipError::Path(_))),
    }
}

/// A trace code: one code, one text; and what is found in any text is found in what it prints.
pub fn trace_code(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(code) = text.parse::<TraceCode>() {
        let again = code.to_string();
        assert_eq!(again.parse().as_ref(), Ok(&code));
        assert_eq!(
            code.prefix(),
            again
                .parse::<TraceCode>()
                .ok()
                .and_then(|code| code.prefix())
        );
    }
    for pack in TraceText::read(text, None).packs {
        let printed = pack.code.to_string();
        let again = TraceText::read(&printed, None).into_one();
        assert_eq!(again.map(|again| again.code), Ok(pack.code));
    }
}

/// A warning in an answer: the rest means what it meant, and stands where it stood.
pub fn with_warning(bytes: &[u8]) {
    const TEXT: &str = "请扫码\\\"},\n";
    let Some(warned) = warn(bytes, TEXT) else {
        return;
    };
    let bare = |bytes: &[u8]| {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_slice::<Value>(bytes)
    };
    // Numbers beyond any float are JSON, but nothing that this oracle holds.
    let Ok(mut before) = bare(bytes) else {
        return;
    };
    let after = bare(&warned);
    assert!(after.is_ok());
    let Ok(mut after) = after else {
        return;
    };
    assert!(before.is_object() && after.is_object());
    let (Some(before), Some(after)) = (before.as_object_mut(), after.as_object_mut()) else {
        return;
    };
    // One member differs, in whatever case the platform writes its name.
    let names: Vec<String> = after.keys().cloned().collect();
    let changed: Vec<String> = names
        .into_iter()
        .filter(|name| before.get(name) != after.get(name))
        .collect();
    assert_eq!(changed.len(), 1);
    let Some(name) = changed.first() else {
        return;
    };
    let said = after.remove(name);
    assert!(said.is_some_and(|said| said.as_str().is_some_and(|said| said.ends_with(TEXT))));
    before.remove(name);
    assert_eq!(before, after);
    let same = bytes
        .iter()
        .zip(&warned)
        .take_while(|(a, b)| a == b)
        .count();
    let ends = bytes.iter().rev().zip(warned.iter().rev());
    let same_end = ends.take_while(|(a, b)| a == b).count();
    assert!(same + same_end + "null".len() >= bytes.len());
}

fn call(request: &Request, role: CallRole, join: Join) -> Call {
    let (head, lines) = match (role, join) {
        (CallRole::FeeLines, _) => (None, Some("feedetail")),
        (CallRole::Stock, _) => (None, Some("selinfoDetail")),
        (CallRole::Mapping, _) => (None, Some("data")),
        (_, Join::Visit) => (Some("data"), None),
        (_, Join::Person) => (Some("druginfo"), Some("drugdetail")),
    };
    Call {
        infno: request.infno.clone(),
        role,
        head: head.map(ToOwned::to_owned),
        lines: lines.map(ToOwned::to_owned),
        join,
        refusal: Refusal::MinusOne,
        form: CodeForm::Number,
    }
}
