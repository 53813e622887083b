//! Forms on the wire, without a script: every field reaches the desk as it was meant, and what
//! cannot be meant comes back with what was typed.

use pharmacy_decision::facts::{
    Dispensing, Document, PrescriptionForm, ProxyReason, Relation, SupplyException,
};
use pharmacy_desk::{Action, DeskError, Done, PatientTold, PrescriptionAction, Remedy, Role};

use super::asked::{DOCUMENT, file, kept, pharmacist, settled};
use super::kit::said;
use super::sender::{NUMBER, Sender, told};
use crate::desk::{FROM_SCANNER, red, sale_id};

#[test]
fn every_form_about_people_asks_for_what_it_says() {
    let sender = Sender::new(&[]);
    let (seen, read) = (Document::Seen, Document::Read);
    let who = format!("name=样例&number={NUMBER}");
    let known = format!("样例/{NUMBER}");
    let cases = [
        (
            "read-card",
            "role=proxy".into(),
            format!("read {:?}", Role::Proxy),
        ),
        (
            "read-card",
            "role=holder".into(),
            format!("read {:?}", Role::Holder),
        ),
        (
            "see-document",
            format!("{who}&role=proxy"),
            format!("see Proxy {known}"),
        ),
        (
            "set-proxy",
            format!("{who}&why=disability&holder-document=seen&proxy-document=read"),
            format!(
                "proxy {known} {seen:?} {read:?} {:?}",
                ProxyReason::Disability
            ),
        ),
        ("clear-proxy", String::new(), "no proxy".into()),
        (
            "set-patient",
            "relation=grandparent&name=+样例+&number=".into(),
            format!("patient {:?} 样例/-", Relation::Grandparent),
        ),
        ("clear-patient", String::new(), "no patient".into()),
        (
            "name-holder",
            format!("{who}&number="),
            format!("holder {known}"),
        ),
        (
            "register",
            "who=same&name=&number=".into(),
            "register 2 -/-".into(),
        ),
        (
            "register",
            format!("who=other&{who}"),
            format!("register 2 {known}"),
        ),
        (
            "register",
            "who=refused".into(),
            "register 2 refused".into(),
        ),
    ];
    for (form, fields, expected) in cases {
        assert_eq!(sender.acted(form, &fields), expected, "{form}");
    }
    for reason in ["age", "disability", "illness", "minor", "other"] {
        let fields = format!("{who}&why={reason}&holder-document=read&proxy-document=seen");
        assert!(
            sender
                .acted("set-proxy", &fields)
                .to_lowercase()
                .ends_with(reason)
        );
    }
}

#[test]
fn every_form_about_a_line_or_reason_asks_for_what_it_says() {
    let sender = Sender::new(&[]);
    let by = "staff=S1&pin=123456";
    let why = "理由是这样";
    let cases = [
        ("except", "exception=long-prescription".into(), {
            format!("except 2 {:?}", SupplyException::LongPrescription)
        }),
        (
            "except",
            "exception=travel".into(),
            "except 2 Travel".into(),
        ),
        ("set-days", "days=14".into(), "days 2 14".into()),
        ("set-class", format!("class=over-the-counter&{by}"), {
            format!("class 2 {:?} S1/123456", Dispensing::OverTheCounter)
        }),
        (
            "enter-no-code",
            format!("lot=b1&last-day=2026-12-31&quantity=2.5&paper=D1&bought=2025-03-01&{by}"),
            "no code 2 B1 D1 2025-03-01 2026-12-31 2.5 S1/123456".into(),
        ),
        ("close-sale", String::new(), "close".into()),
        ("learn-prefix", "code=89000570000000000001".into(), {
            "prefix 2 89000570000000000001".into()
        }),
        ("release", format!("reason={why}&{by}"), {
            format!("release prescription.required Some(2) {why} S1/123456")
        }),
        ("mark-wrong", format!("reason={why}"), {
            format!("wrong prescription.required Some(2) {why}")
        }),
        (
            "attach-prescription",
            "prescription=7".into(),
            "attach 7".into(),
        ),
        (
            "review",
            format!("prescription=7&match=2&match=&match=1&decision=approve&{by}"),
            "approve 7 [(0, 2), (2, 1)] S1/123456".into(),
        ),
        (
            "review",
            format!("prescription=7&decision=reject&reason={why}&{by}"),
            format!("reject 7 {why} S1/123456"),
        ),
        (
            "doubt-prescription",
            "prescription=7".into(),
            "doubt 7".into(),
        ),
        ("sign-in", by.into(), "sign in S1/123456".into()),
        ("sign-out", "staff=S1".into(), "sign out S1".into()),
    ];
    for (form, fields, expected) in cases {
        assert_eq!(sender.acted(form, &fields), expected, "{form}");
    }
    // A reason of the whole sale has no line.
    let body = format!("sale={}&rule=store.till&line=&reason={why}", sale_id(1));
    assert_eq!(sender.send_bare("mark-wrong", &body).status, 200);
    assert_eq!(
        told(&sender.action()),
        format!("wrong store.till None {why}")
    );
}

#[test]
fn a_prescription_comes_with_its_images_and_everything_on_it() {
    let sender = Sender::new(&[]);
    sender.served.desk.script().files = vec![file("scan-1.pdf")];
    let texts = [
        ("prescription-number", "RX-1"),
        ("institution", "h12345678901"),
        ("physician", "张医生"),
        ("issued", "2026-03-01"),
        ("issued-time", "09:30"),
        ("valid-until", "2026-03-03"),
        ("drug", "阿莫西林胶囊"),
        ("quantity", "2"),
        ("days", "7"),
        ("drug", ""),
        ("quantity", ""),
        ("days", ""),
        ("patient", "same"),
        ("form-of", "paper"),
        ("level", "third"),
        ("diagnosis", "上感"),
        ("repeats", "3"),
        ("file", "scan-1.pdf"),
    ];
    // What was not recorded stays in the folder.
    let desk = &sender.served.desk;
    desk.script().done.push_back(Err(DeskError::Busy));
    assert_eq!(sender.upload(&texts, &[DOCUMENT]).status, 503);
    assert!(desk.removed.lock().unwrap().is_empty());
    desk.script().acts.clear();
    let answer = sender.upload(&texts, &[DOCUMENT, b"", b"%PDF-1.7"]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let Action::Prescription(PrescriptionAction::Add { told, images }) = sender.action() else {
        panic!("another action");
    };
    let images: Vec<_> = images.iter().map(|image| image.bytes.to_vec()).collect();
    let from_folder = format!("{FROM_SCANNER}scan-1.pdf").into_bytes();
    assert_eq!(
        images,
        [DOCUMENT.to_vec(), b"%PDF-1.7".to_vec(), from_folder]
    );
    assert_eq!(*desk.removed.lock().unwrap(), ["scan-1.pdf"]);
    assert_eq!(told.number.as_deref(), Some("RX-1"));
    assert_eq!(told.form, Some(PrescriptionForm::Paper));
    assert_eq!(told.institution_code.as_deref(), Some("H12345678901"));
    assert_eq!(told.institution_name, None);
    assert_eq!(told.physician_name.as_deref(), Some("张医生"));
    assert_eq!(told.issued.unwrap().to_string(), "2026-03-01");
    assert_eq!(told.issued_ms, Some(1_772_328_600_000));
    assert_eq!(told.valid_until.unwrap().to_string(), "2026-03-03");
    assert_eq!(told.repeats, Some(3));
    assert_eq!(told.diagnosis.as_ref().unwrap().expose(), "上感");
    assert!(matches!(told.patient, PatientTold::SameAsSale));
    assert_eq!(told.drugs.len(), 1);
    let drug = &told.drugs[0];
    assert_eq!((&*drug.name, drug.days.known()), ("阿莫西林胶囊", Some(&7)));
    assert_eq!(drug.quantity.known().unwrap().to_string(), "2");
}

#[test]
fn files_that_are_too_large_or_of_another_kind_are_refused() {
    let sender = Sender::new(&[]);
    let large = [DOCUMENT, &[0; 8 * 1024 * 1024]].concat();
    let texts = [
        ("patient", "same"),
        ("drug", "药"),
        ("quantity", ""),
        ("days", ""),
    ];
    let cases: [(&[&[u8]], u16, &str); 4] = [
        (&[b"MZ\x90\x00"], 422, "form.file-kind"),
        (
            &[b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
            422,
            "form.file-kind",
        ),
        (&[&large], 413, "form.too-large"),
        (&[DOCUMENT; 7], 413, "form.too-large"),
    ];
    for (files, status, code) in cases {
        let refused = sender.upload(&texts, files);
        assert_eq!(refused.status, status, "{code}");
        assert!(refused.text().contains(said(code)), "{}", refused.text());
    }
    let mut named = texts.to_vec();
    named.push(("file", "../../etc/passwd"));
    let refused = sender.upload(&named, &[]);
    assert_eq!(refused.status, 404);
    assert!(refused.text().contains(said("form.no-file")));
    assert!(sender.served.desk.script().acts.is_empty());
    assert_eq!(sender.upload(&texts, &[DOCUMENT; 6]).status, 200);
    // Other forms stay small.
    let long = format!("name={}", "长".repeat(2000));
    assert_eq!(sender.send("see-document", &long).status, 422);
}

#[test]
fn a_mistake_comes_back_beside_its_form_with_what_was_typed_but_no_pin() {
    let sender = Sender::new(&[Remedy::Release, Remedy::Family, Remedy::Days]);
    let id = |word: &str| format!("{}-{word}-2-prescription.required.0", sale_id(1));
    let by = "staff=S9&pin=918273";
    let cases = [
        (
            "release",
            "release",
            format!("reason=no&{by}"),
            "form.reason",
            "no",
        ),
        (
            "release",
            "release",
            "reason=够长的理由&staff=S9&pin=".into(),
            "form.pin",
            "够长的理由",
        ),
        (
            "set-patient",
            "family",
            "name=样例乙&number=110105194912310021&relation=child".into(),
            "form.number",
            "样例乙",
        ),
        (
            "set-patient",
            "family",
            "name=样例乙&relation=cousin".into(),
            "form.choice",
            "样例乙",
        ),
        ("set-days", "days", "days=367".into(), "form.days", "367"),
        (
            "set-days",
            "days",
            "days=%3Cimg+src%3Dx%3E".into(),
            "form.days",
            "&#60;img src=x&#62;",
        ),
    ];
    for (form, word, fields, code, typed) in cases {
        let refused = sender.send(form, &format!("form={}&{fields}", id(word)));
        assert_eq!(refused.status, 422, "{form}");
        let page = refused.text();
        let shown = page.split("data-problem").nth(1).expect(form);
        let shown = shown.split("</form>").next().unwrap();
        assert!(shown.contains(said(code)), "{form}: {shown}");
        assert!(
            shown.contains(&format!("value=\"{typed}\"")),
            "{form}: {shown}"
        );
        assert!(!page.contains("918273") && !page.contains("<img src=x"));
        assert!(
            !page.contains("http-equiv"),
            "what was typed would be reloaded away"
        );
    }
    assert!(sender.served.desk.script().acts.is_empty());
    // What the desk refuses comes back the same way.
    let desk = &sender.served.desk;
    desk.script().done.push_back(Err(DeskError::UnknownSale));
    let fields = format!("form={}&reason=够长的理由&{by}", id("release"));
    let refused = sender.send("release", &fields);
    assert_eq!(refused.status, 404);
    let page = refused.text();
    let shown = page.split("data-problem").nth(1).unwrap();
    assert!(shown.contains(said("sale.unknown")) && shown.contains("value=\"够长的理由\""));
    assert!(!page.contains("918273"));
}

#[test]
fn a_form_of_another_sale_is_not_taken_for_this_one() {
    let sender = Sender::new(&[]);
    let body = format!("sale={}&line=2&days=7", sale_id(2));
    for body in [&*body, "line=2&days=7", "sale=x&line=2&days=7"] {
        let refused = sender.send_bare("set-days", body);
        assert_eq!(refused.status, 409);
        assert!(refused.text().contains(said("form.other-sale")));
    }
    assert!(sender.served.desk.script().acts.is_empty());
    assert_eq!(sender.send_bare("nothing", "a=b").status, 404);
    assert_eq!(sender.send_bare("add-prescription", "a=b").status, 404);
    let foreign = [("cookie", &*sender.cookie)];
    for path in ["/counter/actions/set-days", "/counter/prescriptions"] {
        assert_eq!(sender.served.post(path, &body, &foreign).status, 403);
    }
}

#[test]
fn hostile_words_in_any_field_are_text() {
    const HOSTILE: &str = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let remedies = [
        Remedy::Presence,
        Remedy::Proxy,
        Remedy::Registration,
        Remedy::Prefix,
    ];
    let sender = Sender::new(&remedies);
    let fields = [
        "name", "number", "why", "role", "who", "code", "staff", "form", "line", "rule",
    ];
    for form in [
        "see-document",
        "set-proxy",
        "register",
        "learn-prefix",
        "release",
        "set-class",
    ] {
        let hostile: Vec<_> = fields
            .iter()
            .map(|field| format!("{field}={HOSTILE}"))
            .collect();
        let body = format!("sale={}&{}", sale_id(1), hostile.join("&"));
        let answer = sender.send_bare(form, &body);
        assert!(!answer.text().contains("<script>alert"), "{form}");
        assert_eq!(answer.status, 422, "{form}");
    }
    // In fields that take any text, within the form that shows them again.
    let id = format!("{}-presence-2-prescription.required.1", sale_id(1));
    let fields = format!("form={id}&name={HOSTILE}&number=1");
    let answer = sender.send("see-document", &fields);
    let page = answer.text();
    assert!(
        page.contains("value=\"&#34;&#62;&#60;script&#62;alert(1)"),
        "{page}"
    );
    // A name is not forbidden to look odd: the desk gets it as it is.
    let odd = sender.acted("see-document", &format!("name={HOSTILE}&number={NUMBER}"));
    assert!(odd.contains("\"><script>alert(1)</script>"));
}

#[test]
fn every_remedy_has_its_place_on_the_page() {
    for remedy in super::asked::REMEDIES {
        let sender = Sender::new(&[remedy]);
        if remedy == Remedy::Review {
            let desk = &sender.served.desk;
            desk.show(|board| {
                board.sale.as_mut().unwrap().prescriptions = vec![kept(7, "received")];
                board.on_duty = vec![pharmacist()];
            });
        }
        let page = sender.page();
        let panels = page.split("<ol id=\"reasons").nth(1).unwrap();
        assert_eq!(
            panels.matches("data-panel").count(),
            3,
            "{remedy:?}, and two that it is wrong"
        );
        // An exhaustive list: a new remedy does not compile before somebody says what it shows.
        let expected: &[&str] = match remedy {
            Remedy::Presence => &["read-card", "see-document"],
            Remedy::Buyer => &["confirm-holder", "confirm-proxy"],
            Remedy::Reader => &["enrol-reader"],
            Remedy::Proxy => &["set-proxy", "read-card"],
            Remedy::Family => &["set-patient"],
            Remedy::Holder => &["name-holder", "read-card"],
            Remedy::Prescription => &["/counter/prescriptions"],
            Remedy::Review => &["review"],
            Remedy::Registration => &["register"],
            Remedy::Exception => &["except"],
            Remedy::Days => &["set-days"],
            Remedy::Class => &["set-class"],
            Remedy::Prefix => &["learn-prefix"],
            Remedy::Release => &["release"],
            Remedy::Photo => &["/counter/photos", "data-camera"],
            Remedy::NoCode => &["enter-no-code", "/counter/stock"],
            Remedy::Scan => &[said("panel.scan-note")],
            Remedy::Standing => &["/counter/standing"],
            Remedy::Till => &[said("panel.till-note")],
        };
        for words in expected {
            assert!(panels.contains(words), "{remedy:?}: {words}");
        }
        assert!(panels.contains("mark-wrong"));
    }
}

#[test]
fn what_is_known_is_not_asked_again() {
    let sender = Sender::new(&[Remedy::Prescription, Remedy::Proxy, Remedy::Family]);
    let desk = &sender.served.desk;
    assert!(!sender.page().contains("clear-proxy"));
    desk.script().prescriptions = vec![
        kept(7, "reviewed"),
        kept(8, "rejected"),
        kept(9, "received"),
    ];
    desk.script().files = vec![file("scan-1.pdf")];
    desk.show(|board| {
        let sale = board.sale.as_mut().unwrap();
        sale.prescriptions = vec![kept(9, "received")];
        sale.buyer = Some("样*".into());
        sale.patient = Some("样*".into());
    });
    let page = sender.page();
    for words in [
        "clear-proxy",
        "clear-patient",
        "value=\"scan-1.pdf\"",
        "<option value=\"7\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("<option value=\"8\"") && !page.contains("<option value=\"9\""));
    // The line that needs a prescription stands in its form, as the till named and counted it.
    let drug = "name=\"drug\" value=\"阿莫西林胶囊 0.25g×24粒\"";
    let quantity = "name=\"quantity\" value=\"1\"";
    assert!(page.contains(drug) && page.contains(quantity), "{page}");
    assert!(
        !page.contains("value=\"板蓝根颗粒 10g×20袋\""),
        "a line that needs none"
    );
}

#[test]
fn a_settled_sale_offers_signature_and_slip() {
    let sender = Sender::new(&[]);
    sender.served.desk.show(|board| *board = settled());
    let page = sender.page();
    assert!(page.contains(said("counter.light-settled")));
    assert!(page.contains(&format!("href=\"/counter/lists/{}\"", sale_id(1))));
    let printed = sender.send_bare("print-slip", &format!("sale={}", sale_id(1)));
    assert_eq!(printed.status, 200);
    assert_eq!(told(&sender.action()), format!("print {}", sale_id(1)));
    // The next sale that is refused does not offer the last one's slip.
    sender.served.desk.show(|board| *board = red());
    assert!(!sender.page().contains("print-slip"));
}

#[test]
fn what_was_done_is_said_with_its_number() {
    let sender = Sender::new(&[]);
    let done = Done::new("counter.scan-line").with(7);
    sender.served.desk.script().done.push_back(Ok(done));
    let answer = sender.send("clear-proxy", "");
    let words = said("counter.scan-line").replace("{}", "7");
    assert!(answer.text().contains(&words));
}

#[test]
fn the_head_says_who_is_here_and_what_waits() {
    let sender = Sender::new(&[]);
    let page = sender.page();
    assert!(page.contains(said("counter.nobody")));
    assert!(page.contains(said("counter.nobody-in-charge")));
    assert!(!page.contains("/counter/actions/sign-out"));
    sender.served.desk.show(|board| {
        board.signed_in = Some(pharmacist());
        board.on_duty = vec![pharmacist()];
        board.reviews = 3;
        board.unsigned = 12;
    });
    let page = sender.page();
    for words in [
        "P1 样例药师",
        "/counter/actions/sign-out",
        "<span class=\"count\">3</span>",
        "<span class=\"count\">12</span>",
        "href=\"/counter/reviews\"",
        "href=\"/counter/lists\"",
        "href=\"/counter/figures\"",
        "href=\"/counter/find\"",
        "href=\"/counter/staff\"",
        "href=\"/counter/standing\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
}
