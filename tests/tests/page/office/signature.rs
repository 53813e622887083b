//! The pad, the slip, and paper.

use pharmacy_desk::{Action, Confirmed, Done, ListAction, Role};
use pharmacy_kit::Scratch;
use pharmacy_kit::browser::{Key, Pointer};
use pharmacy_kit::http::Request;

use super::kit::{Served, assert_clean, browser, contains, list_item, said, tab_to};
use crate::desk::sale_id;

/// The list whose sale waits for a signature.
fn path() -> String {
    format!("/counter/lists/{}", sale_id(2))
}

#[test]
fn a_signature_arrives_as_drawn() {
    let Some(mut browser) = browser() else { return };
    let served = Served::new();
    browser.set_viewport(1024, 768);
    served.open(&mut browser, &path());
    let shown = browser.shown("#list");
    let every_field = [
        "某某大药房",
        "P44030000001",
        "01",
        "2026-07-21 10:15",
        "c1",
        "ph1",
        "R-77",
        "B240701",
        "测**",
        "试**",
        "代**",
        "个人账户",
        "440000S0001",
        "P12345678901202607211015000001",
        "0123456789abcdef",
        "41",
        "SKU1",
        "阿莫西林胶囊",
        "0.25g×24粒",
        "89000570000000000001",
        "28.85",
        "57.70",
        "50.00",
        "7.70",
    ];
    for text in every_field {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    browser.click("[value=proxy]");
    let strokes = [
        (
            Pointer::Mouse,
            vec![(0.10, 0.10), (0.20, 0.15), (0.30, 0.10)],
        ),
        (
            Pointer::Finger,
            vec![(0.40, 0.30), (0.50, 0.20), (0.60, 0.30), (0.70, 0.20)],
        ),
        (Pointer::Mouse, vec![(0.05, 0.05), (0.06, 0.35)]),
        (Pointer::Pen, vec![(0.80, 0.10), (0.90, 0.30)]),
    ];
    for (at, (pointer, points)) in strokes.iter().enumerate() {
        browser.draw("#pad", *pointer, points);
        if at == 2 {
            browser.click("[data-undo]");
        }
    }
    {
        let mut script = served.desk.script();
        script
            .done
            .push_back(Ok(Done::new("office.confirmed-drawn")));
        script.after_act = Some(|script| script.lists[1].confirmed = Confirmed::Drawn);
    }
    browser.click("#sign button");
    browser.wait_for(&contains("#answer", said("office.confirmed-drawn")));
    assert_eq!(
        browser.evaluate("document.getElementById('pad')"),
        serde_json::json!(null)
    );
    let script = served.desk.script();
    let [
        (
            _,
            Action::List(ListAction::Sign {
                sale,
                drawing,
                signer,
            }),
        ),
    ] = &script.acts[..]
    else {
        panic!("one signature")
    };
    assert_eq!((sale, *signer), (&sale_id(2), Role::Proxy));
    let drawn = [&strokes[0].1, &strokes[1].1, &strokes[3].1];
    assert_eq!(drawing.strokes.len(), drawn.len());
    let mut last = 0;
    for (stroke, points) in drawing.strokes.iter().zip(drawn) {
        assert_eq!(stroke.len(), points.len(), "{stroke:?}");
        for ([x, y, ms], (right, down)) in stroke.iter().zip(points) {
            let off =
                (f64::from(*x) - right * 1000.0).abs() + (f64::from(*y) - down * 1000.0).abs();
            // A touch is told to the page in whole pixels of 800.
            assert!(off <= 3.0, "{stroke:?} {points:?}");
            assert!(*ms >= last, "{stroke:?}");
            last = *ms;
        }
    }
    assert!(drawing.png.starts_with(b"\x89PNG"));
    println!(
        "signature: {} points, {} bytes of PNG",
        drawing.strokes.iter().map(Vec::len).sum::<usize>(),
        drawing.png.len()
    );
    drop(script);
    assert_clean(&mut browser, &served.url("/counter/"));
}

#[test]
fn an_empty_pad_signs_nothing_and_a_full_one_says_so() {
    let Some(mut browser) = browser() else { return };
    let served = Served::new();
    served.open(&mut browser, &path());
    browser.click("[value=holder]");
    browser.draw("#pad", Pointer::Mouse, &[(0.1, 0.1), (0.5, 0.3)]);
    browser.click("[data-clear]");
    browser.click("#sign button");
    browser.wait_for(&contains("#answer", said("office.drawing-empty")));
    assert_eq!(browser.complaints().len(), 1, "the refusal");

    // Scribbling without end stays within the limit.
    browser.evaluate(
        "(() => { const pad = document.getElementById('pad'); \
         pad.setPointerCapture = () => {}; \
         const box = pad.getBoundingClientRect(); \
         const send = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, {pointerId: 1, \
         isPrimary: true, button: 0, clientX: box.x + x, clientY: box.y + y})); \
         send('pointerdown', 1, 1); \
         for (let at = 0; at < 3000; at += 1) { send('pointermove', at % 2 ? 20 : 700, at % 200); } \
         send('pointerup', 1, 1); send('pointerdown', 5, 5); })()",
    );
    browser.wait_for(&contains("#answer", said("office.pad-full")));
    browser.click("#sign button");
    browser.wait_for(&contains("#answer", said("counter.resolved")));
    let script = served.desk.script();
    let [
        (
            _,
            Action::List(ListAction::Sign {
                drawing,
                signer: Role::Holder,
                ..
            }),
        ),
    ] = &script.acts[..]
    else {
        panic!("one signature")
    };
    assert_eq!(drawing.strokes.iter().map(Vec::len).sum::<usize>(), 2_000);
    assert!(drawing.png.len() <= 200_000);
    println!(
        "a scribble of 2,000 points: {} bytes of PNG",
        drawing.png.len()
    );
}

#[test]
fn paper_is_the_other_way_and_goes_by_keyboard() {
    let Some(mut browser) = browser() else { return };
    let served = Served::new();
    served.open(&mut browser, &path());
    assert!(
        browser
            .shown("#signature")
            .contains(said("office.on-paper-how"))
    );
    tab_to(&mut browser, "[action$=slips] button");
    served
        .desk
        .script()
        .done
        .push_back(Ok(Done::new("office.print-slip")));
    browser.press(Key::Enter);
    browser.wait_for(&contains("#answer", said("office.print-slip")));
    browser.go(&served.url("/counter/lists"));
    let text = said("office.lists-open").replace("{}", "1");
    assert!(browser.shown("#open").contains(&text));
    let first = browser.text("document.querySelector('#open tbody a').id");
    assert_eq!(first, format!("list-{}", sale_id(2)), "not confirmed first");

    let folder = Scratch::new();
    let [one, two] = ["one.png", "two.pdf"].map(|name| folder.path().join(name));
    std::fs::write(&one, b"\x89PNG one").unwrap();
    std::fs::write(&two, b"%PDF two").unwrap();
    browser.choose_files("[name=pages]", &[&one, &two]);
    {
        let mut script = served.desk.script();
        script.done.push_back(Ok(Done::new("office.found").with(5)));
        script.after_act = Some(|script| script.lists.push(list_item(9, Confirmed::Open)));
    }
    tab_to(&mut browser, "[action$=scans] button");
    browser.press(Key::Enter);
    // How many were confirmed, and what stays open.
    browser.wait_for(&contains(
        "#answer",
        &said("office.found").replace("{}", "5"),
    ));
    let text = said("office.lists-open").replace("{}", "2");
    assert!(browser.shown("#open").contains(&text));
    let script = served.desk.script();
    let [
        (_, Action::List(ListAction::PrintSlip { sale })),
        (_, Action::List(ListAction::ConfirmSlips { pages })),
    ] = &script.acts[..]
    else {
        panic!("a slip and a scan")
    };
    assert_eq!(*sale, sale_id(2));
    let pages: Vec<&[u8]> = pages.iter().map(|page| &page.bytes[..]).collect();
    assert_eq!(pages, [&b"\x89PNG one"[..], &b"%PDF two"[..]]);
    drop(script);
    assert_clean(&mut browser, &served.url("/counter/"));
}

#[test]
fn paper_needs_no_script() {
    let served = Served::new();
    let cookie = served.cookie();
    let page = served.get(&path(), &cookie);
    assert!(page.text().contains(said("office.pad-needs-script")));
    let printable = served.get(&format!("{}/print", path()), &cookie);
    assert!(printable.text().contains("购药清单") && printable.text().contains("57.70"));
    let policy = printable.header("content-security-policy").unwrap();
    assert!(
        policy.contains("style-src 'unsafe-inline'") && !policy.contains("script"),
        "{policy}"
    );
    assert_eq!(
        served
            .post(&format!("{}/slips", path()), "", &cookie)
            .status,
        200
    );
    let body = "--b\r\nContent-Disposition: form-data; name=\"pages\"; filename=\"a\"\r\n\r\nscan\r\n--b--\r\n";
    let upload = |body: &str| {
        let request = Request::new("POST", "/counter/lists/scans")
            .header("content-type", "multipart/form-data; boundary=b")
            .header("cookie", &cookie)
            .header("origin", &served.url(""))
            .body(body);
        served.send(request)
    };
    assert_eq!(upload(body).status, 200);
    let none = upload(&body.replace("scan", ""));
    assert!(none.status == 422 && none.text().contains(said("office.no-pages")));
    let many = body.replace("--b--\r\n", "").repeat(21) + "--b--\r\n";
    let many = upload(&many);
    assert!(many.status == 422 && many.text().contains(said("office.too-large")));
    let signed = served.post(&format!("{}/signatures", path()), "signer=holder", &cookie);
    assert!(signed.status == 422 && signed.text().contains(said("office.drawing-empty")));
    let nobody = served.post(&format!("{}/signatures", path()), "strokes=[]", &cookie);
    assert!(nobody.status == 422 && nobody.text().contains(said("office.signer-needed")));
    assert_eq!(served.desk.script().acts.len(), 2);
}
