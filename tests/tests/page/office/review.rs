//! Prescriptions before a pharmacist at the till.

use pharmacy_desk::{Action, DeskError, Done, Place, PrescriptionAction, ShownImage};
use pharmacy_kit::browser::Key;
use serde_json::json;

use super::kit::{Served, assert_clean, browser, contains, prescription, said, tab_to};

#[test]
fn a_pharmacist_approves_by_keyboard_alone() {
    let Some(mut browser) = browser() else { return };
    let served = Served::new();
    browser.set_viewport(1024, 768);
    served.open(&mut browser, "/counter/reviews");
    let first = browser.text("document.querySelector('#waiting tbody a').id");
    assert_eq!(first, "review-7", "the newest first");
    tab_to(&mut browser, "#review-7");
    browser.press(Key::Enter);
    browser.wait_for_page("/counter/reviews/7");
    for text in [
        "CF20260007",
        "某某医院",
        "2026-07-24",
        "速效伤风胶囊",
        "氨咖黄敏胶囊",
    ] {
        assert!(browser.shown("#content").contains(text), "{text}");
    }
    browser.wait_for("document.querySelector('[data-paper]').naturalWidth === 1");
    let width = "document.querySelector('[data-paper]').getBoundingClientRect().width";
    let plain = browser.evaluate(width).as_f64().unwrap();
    tab_to(&mut browser, ".zoom-1");
    browser.press(Key::Down);
    browser.press(Key::Down);
    let large = browser.evaluate(width).as_f64().unwrap();
    assert!((large / plain - 4.0).abs() < 0.1, "{plain} {large}");

    // One drug bears the line's name, the other has to be matched.
    assert_eq!(
        browser.evaluate("document.querySelector('[name=match-0]')"),
        json!(null)
    );
    tab_to(&mut browser, "[name=match-1]");
    browser.press(Key::Down);
    browser.press(Key::Down);
    tab_to(&mut browser, "[name=staff]");
    assert_eq!(
        browser.text("document.activeElement.value"),
        "ph1",
        "on duty first"
    );
    tab_to(&mut browser, "[name=pin]");
    // A wrong PIN leaves everything but the PIN as it was.
    served.desk.script().done.push_back(Err(DeskError::NoLine));
    browser.type_text("1111");
    browser.press(Key::Enter);
    browser.wait_for(&contains("#answer", said("scan.no-line")));
    assert_eq!(
        browser.text("document.querySelector('[name=match-1]').value"),
        "2"
    );
    assert_eq!(
        browser.text("document.querySelector('[name=pin]').value"),
        ""
    );
    {
        let mut script = served.desk.script();
        script
            .done
            .push_back(Ok(Done::new("office.state-reviewed")));
        script.after_act = Some(|script| {
            script.prescriptions[1].status = "reviewed";
            script.prescriptions[1].reviewed_by = Some("ph1".parse().unwrap());
        });
    }
    tab_to(&mut browser, "[action$=approvals] [name=pin]");
    browser.type_text("246810");
    browser.press(Key::Enter);
    browser.wait_for(&contains("#answer", said("office.state-reviewed")));
    assert!(
        browser
            .shown("#decision")
            .contains(said("office.state-reviewed"))
    );
    assert_eq!(
        browser.evaluate("document.querySelector('[name=pin]')"),
        json!(null)
    );
    assert_eq!(
        browser.text("document.activeElement.id"),
        "answer",
        "the keyboard goes on there"
    );
    let script = served.desk.script();
    let [
        _,
        (
            place,
            Action::Prescription(PrescriptionAction::Approve {
                prescription,
                matches,
                by,
            }),
        ),
    ] = &script.acts[..]
    else {
        panic!("two approvals")
    };
    assert_eq!(
        (*place, *prescription, &matches[..]),
        (Place::Till, 7, &[(1, 2)][..])
    );
    assert_eq!(
        (by.staff.to_string(), by.pin.expose().as_str()),
        ("ph1".into(), "246810")
    );
    drop(script);
    assert_clean_but_for_refusal(&mut browser, &served);
}

/// A refused form is a line on the browser's console, and nothing else is.
fn assert_clean_but_for_refusal(browser: &mut pharmacy_kit::Browser, served: &Served) {
    let complaints = browser.complaints();
    assert!(
        complaints.len() == 1 && complaints[0].contains("422"),
        "{complaints:#?}"
    );
    assert_clean(browser, &served.url("/counter/"));
}

#[test]
fn a_rejection_has_a_reason() {
    let Some(mut browser) = browser() else { return };
    let served = Served::new();
    served.open(&mut browser, "/counter/reviews/7");
    tab_to(&mut browser, ".reject summary");
    browser.press(Key::Enter);
    tab_to(&mut browser, "[name=reason]");
    browser.type_text("剂量超过说明书");
    tab_to(&mut browser, "[action$=rejections] [name=pin]");
    browser.type_text("246810");
    served.desk.script().after_act = Some(|script| {
        script.prescriptions.truncate(1);
    });
    browser.press(Key::Enter);
    // It is gone, so the list is shown.
    browser.wait_for("document.getElementById('waiting') !== null");
    assert!(browser.shown("#waiting").contains("6") && !browser.shown("#waiting").contains("7 "));
    let script = served.desk.script();
    let [
        (
            Place::Till,
            Action::Prescription(PrescriptionAction::Reject {
                prescription: 7,
                reason,
                by,
            }),
        ),
    ] = &script.acts[..]
    else {
        panic!("one rejection")
    };
    assert_eq!(
        (&**reason, by.staff.to_string()),
        ("剂量超过说明书", "ph1".into())
    );
    drop(script);
    assert_clean(&mut browser, &served.url("/counter/"));
}

#[test]
fn a_new_prescription_appears_by_itself() {
    let Some(mut browser) = browser() else { return };
    let served = Served::new();
    served.desk.script().prescriptions.clear();
    served.open(&mut browser, "/counter/reviews");
    assert!(
        browser
            .shown("#waiting")
            .contains(said("office.waiting-none"))
    );
    served.desk.script().prescriptions.push(prescription(8));
    served.desk.show(|_| {});
    browser.wait_for("document.getElementById('review-8') !== null");
    tab_to(&mut browser, "#review-8");
    served.desk.script().prescriptions.push(prescription(9));
    served.desk.show(|_| {});
    browser.wait_for("document.getElementById('review-9') !== null");
    assert_eq!(
        browser.text("document.activeElement.id"),
        "review-8",
        "the focus stays"
    );
    assert_clean(&mut browser, &served.url("/counter/"));
}

/// The smallest PDF with a page.
const PDF: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
    2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n\
    trailer<</Root 1 0 R>>\n%%EOF";

#[test]
fn a_pdf_is_shown_in_its_place() {
    let Some(mut browser) = browser() else { return };
    let served = Served::new();
    served.desk.script().image = Some(ShownImage {
        media_type: "application/pdf",
        bytes: PDF.as_bytes().to_vec().into(),
    });
    served.open(&mut browser, "/counter/reviews/7");
    browser.wait_for("document.querySelector('object[type=\"application/pdf\"]') !== null");
    let link = browser.text("document.querySelector('figcaption a').href");
    assert!(link.ends_with("/counter/reviews/7/images/0"), "{link}");
    assert_clean(&mut browser, &served.url("/counter/"));
    let cookie = served.cookie();
    let image = served.get("/counter/reviews/7/images/0", &cookie);
    assert_eq!(image.header("content-type"), Some("application/pdf"));
    assert_eq!(image.header("x-content-type-options"), Some("nosniff"));
    let policy = image.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("script-src"),
        "{policy}"
    );
    assert_eq!(
        served.get("/counter/reviews/7/images/1", &cookie).status,
        404
    );
    assert_eq!(
        served.get("/counter/reviews/9/images/0", &cookie).status,
        404
    );
}

#[test]
fn both_decisions_are_taken_without_script() {
    let served = Served::new();
    let cookie = served.cookie();
    let page = served.get("/counter/reviews/7", &cookie);
    assert!(page.text().contains("name=\"match-1\"") && page.text().contains("required"));
    let approval = "match-0=&match-1=1&staff=ph1&pin=2468";
    let done = served.post("/counter/reviews/7/approvals", approval, &cookie);
    assert_eq!(done.status, 200);
    assert!(done.text().contains("<!doctype html>"));
    let cases = [
        ("approvals", "staff=ph1&pin=", "office.credentials-needed"),
        ("approvals", "pin=2468", "office.credentials-needed"),
        ("approvals", "match-1=x&staff=ph1&pin=2468", "counter.form"),
        ("approvals", "staff=ph1&staff=ph2&pin=2468", "counter.form"),
        (
            "rejections",
            "staff=ph1&pin=2468&reason=+",
            "office.reason-needed",
        ),
    ];
    for (what, form, code) in cases {
        let refused = served.post(&format!("/counter/reviews/7/{what}"), form, &cookie);
        assert_eq!(refused.status, 422, "{form}");
        assert!(refused.text().contains(said(code)), "{form}");
    }
    let gone = served.post("/counter/reviews/99/approvals", approval, &cookie);
    assert_eq!(gone.status, 404);
    assert_eq!(served.desk.script().acts.len(), 1);
}

// R14, R26: what is still to be told, and one key for whoever hesitates.
#[test]
fn the_rest_is_told_and_a_doubt_reported_and_lifted_without_script() {
    let served = Served::new();
    let cookie = served.cookie();
    {
        let mut script = served.desk.script();
        let item = &mut script.prescriptions[1];
        assert_eq!(item.prescription, 7);
        item.physician = Some("样例医师".into());
        item.drugs[0].days = Some(7);
        item.lacks = vec!["prescription.lacks-number"];
    }
    let page = served.get("/counter/reviews/7", &cookie);
    let page = page.text();
    for shown in [
        "样例医师",
        said("prescription.lacks-number"),
        said("office.doubt"),
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(page.contains(&format!("7{}", said("office.days"))));
    let told = "institution=h44030012345&physician=%E6%9D%8E&number=RX1&issued=2026-07-20";
    let done = served.post("/counter/reviews/7/completions", told, &cookie);
    assert_eq!(done.status, 200);
    let wrong = served.post("/counter/reviews/7/completions", "issued=never", &cookie);
    assert_eq!(wrong.status, 422);
    assert_eq!(
        served.post("/counter/reviews/7/doubts", "", &cookie).status,
        200
    );
    served.desk.script().prescriptions[1].is_doubted = true;
    let page = served.get("/counter/reviews/7", &cookie);
    let page = page.text();
    assert!(page.contains("doubts/lifted") && !page.contains("/approvals"));
    let bare = served.post(
        "/counter/reviews/7/doubts/lifted",
        "staff=ph1&pin=1",
        &cookie,
    );
    assert_eq!(bare.status, 422, "a reason is needed");
    let lifted = "staff=ph1&pin=2468&reason=ok";
    let done = served.post("/counter/reviews/7/doubts/lifted", lifted, &cookie);
    assert_eq!(done.status, 200);
    let script = served.desk.script();
    let acts: Vec<_> = script.acts.iter().map(|(_, act)| act).collect();
    let [
        Action::Prescription(PrescriptionAction::Complete { told, .. }),
        Action::Prescription(PrescriptionAction::Doubt { prescription: 7 }),
        Action::Prescription(PrescriptionAction::LiftDoubt { reason, .. }),
    ] = &acts[..]
    else {
        panic!("three acts")
    };
    assert_eq!(told.institution_code.as_deref(), Some("H44030012345"));
    assert_eq!(
        (told.physician_name.as_deref(), &**reason),
        (Some("李"), "ok")
    );
    assert_eq!(
        told.issued.map(|day| day.to_string()).as_deref(),
        Some("2026-07-20")
    );
}
