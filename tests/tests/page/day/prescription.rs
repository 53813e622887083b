//! A prescription from its photograph to the signed list and the slip in the customer's hand, and at
//! night a pharmacist far away.

use std::io::Cursor;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use jiff::tz::{TimeZone, offset};
use jiff::{Timestamp, ToSpan};
use pharmacy_journal::LogView;
use pharmacy_kit::browser::{Key, Pointer};
use pharmacy_kit::counter::{self, Counter};
use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::printer::{Printed, Simulator};
use pharmacy_kit::gateway_till::Basket;
use pharmacy_kit::http::Request;
use pharmacy_kit::platform::WIFE;
use pharmacy_kit::shop::{Ended, wait_until};
use pharmacy_kit::{Browser, Scratch, bureau, paper};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;

use super::kit::{
    PIN, check_keys, end, parts, prescribed, refused, said, sale_on, settled, staffed,
};

const PHARMACIST: ((&str, &str), &[&str]) = (("P01", "在岗药师"), &["in-charge", "pharmacist"]);
const REMOTE: ((&str, &str), &[&str]) = (("P09", "连锁药师"), &["remote-pharmacist"]);

/// A prescription as a telephone photographs it, drawn by the browser that shows it later.
fn photograph(counter: &mut Counter, scratch: &Scratch) -> std::path::PathBuf {
    const DRAW: &str = "(() => { const sheet = document.createElement('canvas'); \
        sheet.width = 600; sheet.height = 760; const pen = sheet.getContext('2d'); \
        pen.fillStyle = '#f6f3ea'; pen.fillRect(0, 0, 600, 760); pen.fillStyle = '#222'; \
        pen.font = 'bold 30px sans-serif'; pen.fillText('某某医院　处方笺', 170, 70); \
        pen.font = '22px sans-serif'; \
        const rows = ['姓名 样例　性别 女　年龄 76 岁', '科别 呼吸内科', '诊断 上呼吸道感染', '', \
        'Rp.', '罗红霉素片 150mg×6片　1 盒', '用法 每次 150mg，每日 2 次，口服']; \
        rows.forEach((row, at) => pen.fillText(row, 60, 140 + at * 52)); \
        pen.strokeStyle = '#222'; pen.strokeRect(40, 96, 520, 480); \
        pen.fillText('医师 样例医师　日期 当日', 60, 640); \
        return sheet.toDataURL('image/jpeg', 0.8).split(',')[1]; })()";
    let photograph = counter.page.text(DRAW);
    let photograph = BASE64_STANDARD.decode(photograph).unwrap();
    assert!(photograph.starts_with(b"\xff\xd8\xff"));
    scratch.write("prescription.jpg", photograph)
}

/// Takes a prescription in on the page, by keyboard and one photograph.
fn take_in(counter: &mut Counter, scratch: &Scratch) {
    let photograph = photograph(counter, scratch);
    counter.open_panel("prescription");
    let prefilled = |counter: &mut Counter, field: &str| {
        let field = format!("document.querySelector('[data-panel][open] [name={field}]').value");
        counter.page.text(&field)
    };
    assert!(prefilled(counter, "drug").contains("罗红霉素片"));
    assert_eq!(prefilled(counter, "quantity"), "1");
    let files = "[data-panel][open] input[type=file]";
    counter.page.choose_files(files, &[&photograph]);
    counter.fill("prescription-number", "CF20260001");
    counter.fill("institution", "某某医院");
    counter.fill("physician", "样例医师");
    let today = Timestamp::now().to_zoned(TimeZone::fixed(offset(8))).date();
    let until = today.checked_add(2.days()).unwrap();
    counter.fill("valid-until", &until.to_string());
}

/// A refused prescription sale on the page; says what the till will send again.
fn refused_sale(counter: &mut Counter) -> Request {
    counter.till.identify(WIFE);
    counter.await_light("green");
    let input = counter
        .till
        .settlement(&Basket::of(WIFE, "R1", prescribed(1)));
    let request = counter.till.request("2102", &input);
    let why = refused(&counter.till.send(&request));
    assert!(why.contains("缺处方"), "{why}");
    counter.await_light("red");
    request
}

// R14, R15, R40: from the photograph to the slip.
#[test]
fn a_prescription_sale_goes_from_photograph_to_slip() {
    let printer = Simulator::new();
    let paper = TcpServer::start(&printer, "127.0.0.1:0").unwrap();
    let more = format!(
        "[printer]\ndevice = \"tcp:{}\"\nprint = \"asked\"\n",
        paper.address()
    );
    let Some(mut counter) = staffed(&more, &[PHARMACIST]) else {
        return;
    };
    let scratch = Scratch::new();
    let request = refused_sale(&mut counter);
    counter.picture("remedies");
    take_in(&mut counter, &scratch);
    counter.page.set_viewport(960, 900);
    counter.picture("prescription");
    counter.page.set_viewport(960, 600);
    counter.press(Key::Enter);
    counter.await_words("#links", &format!("{} 1", said("counter.reviews")));
    check_keys(&mut counter, "a prescription with its photograph");
    let again = refused(&counter.till.send(&request));
    assert!(again.contains("prescription.not-reviewed"), "{again}");

    approve(&mut counter);
    counter.await_light("green");
    let sale = sale_on(&mut counter);
    settled(&counter.till.send(&request));
    counter.await_light("settled");
    sign(&mut counter, &sale);
    print(&mut counter, &printer);
    check_slip(&counter, &sale, &printer, &scratch);

    let reviewed = parts(
        &counter.shop.shop,
        EntryKind::Prescription,
        PartClass::Staff,
    );
    let signed = reviewed.iter().filter(|part| part["signature"].is_string());
    assert_eq!(signed.count(), 1, "the review is signed: {reviewed:?}");
    let expected = [
        (EntryKind::Document, 1),
        (EntryKind::Outcome, 1),
        (EntryKind::Release, 0),
        (EntryKind::Signature, 1),
    ];
    end(counter, &expected);
    show_paper(&printer, &scratch);
}

/// The pharmacist at the till's own page of reviews.
fn approve(counter: &mut Counter) {
    counter.follow("/counter/reviews");
    let first = counter
        .page
        .text("document.querySelector('#waiting tbody a').id");
    counter.tab_to(&format!("#{first}"));
    counter.press(Key::Enter);
    counter
        .page
        .wait_for("document.querySelector('[data-paper]')?.naturalWidth === 600");
    counter.page.set_viewport(1100, 720);
    counter.picture("review");
    counter.page.set_viewport(960, 600);
    check_keys(counter, "the way to the prescription");
    counter.tab_to("[action$=approvals] [name=pin]");
    counter.page.type_text(PIN);
    counter.press(Key::Enter);
    counter.await_words("#answer", "处方");
    counter.await_words("#decision", said("office.state-reviewed"));
    check_keys(counter, "approving it");
    counter.check_masked();
    counter.follow("/counter/");
    counter.keys();
}

/// The customer signs on the pad, with a pen.
fn sign(counter: &mut Counter, sale: &str) {
    counter.page.type_text("1");
    counter.press(Key::Enter);
    let path = format!("/counter/lists/{sale}");
    counter.page.wait_for_page(&path);
    counter.page.wait_for(
        "document.getElementById('pad') !== null && !document.getElementById('sign').hidden",
    );
    for stroke in STROKES {
        counter.page.draw("#pad", Pointer::Pen, stroke);
    }
    counter.page.set_viewport(960, 660);
    counter
        .page
        .evaluate("document.getElementById('signature').scrollIntoView({block: 'start'})");
    counter.picture("signature");
    counter.page.set_viewport(960, 600);
    counter.tab_to("#sign button");
    counter.press(Key::Enter);
    counter.await_words("#answer", said("list.signed"));
    counter.await_words("#list", said("office.confirmed-drawn"));
    check_keys(counter, "a signature");
    counter.check_masked();
    counter.follow("/counter/");
    counter.keys();
}

/// Something like a name.
const STROKES: [&[(f64, f64)]; 4] = [
    &[(0.20, 0.10), (0.30, 0.09), (0.42, 0.10)],
    &[(0.31, 0.04), (0.30, 0.14), (0.26, 0.24), (0.20, 0.31)],
    &[(0.31, 0.13), (0.36, 0.22), (0.43, 0.30)],
    &[
        (0.55, 0.08),
        (0.62, 0.16),
        (0.56, 0.26),
        (0.66, 0.20),
        (0.76, 0.28),
        (0.88, 0.12),
    ],
];

fn print(counter: &mut Counter, printer: &Simulator) {
    counter.await_light("settled");
    counter.page.type_text("2");
    counter.press(Key::Enter);
    counter.await_done(said("slip.queued"));
    check_keys(counter, "a slip");
    wait_until("the slip on paper", || {
        printer.printed().last() == Some(&Printed::Cut)
    });
    assert_eq!(printer.unknown(), 0, "bytes that no printer knows");
    let texts = printer.texts().join("\n");
    assert!(
        texts.contains("罗红霉素片") && texts.contains("89000940000000000001"),
        "{texts}"
    );
    assert!(!texts.contains("样例甲"), "{texts}");
}

/// The paper as the customer holds it, for the documents.
fn show_paper(printer: &Simulator, scratch: &Scratch) {
    let Some(mut browser) = Browser::for_test("the slip's picture") else {
        return;
    };
    let html = paper::page(&printer.printed(), paper::DOTS_58);
    let file = scratch.write("paper.html", html);
    browser.set_viewport(432, 600);
    browser.go(&format!("file://{}", file.display()));
    let height = browser.evaluate("document.documentElement.scrollHeight");
    let height = height
        .as_u64()
        .and_then(|height| u32::try_from(height).ok());
    browser.set_viewport(432, height.expect("a height"));
    assert!(browser.screenshot().len() > 10_000, "the slip is drawn");
    counter::keep("slip-58", &browser.picture());
}

// R40: anyone checks the slip against the list alone.
fn check_slip(counter: &Counter, sale: &str, printer: &Simulator, scratch: &Scratch) {
    let list = counter.shop.api().get(&format!("/v1/sales/{sale}/list"));
    assert_eq!(list.status, 200);
    let key = LogView::open(&counter.shop.shop.data()).unwrap();
    let key = key.verifier().serialize();
    let code = scratch.write("slip.png", code_on(printer));
    let checked = |bytes: &[u8]| {
        let file = scratch.write("list.json", bytes);
        let mut command = Command::new(bureau());
        command.arg("slip").arg("--list").arg(file);
        Ended::of(command.arg("--image").arg(&code).args(["--key", &key]))
    };
    let proved = checked(&list.body);
    assert_eq!(proved.code, Some(0), "{proved:?}");
    assert!(
        proved.out.contains("罗红霉素片") && proved.out.contains("P01"),
        "{proved:?}"
    );
    let other = list.text().replace("13.60", "3.60");
    assert_ne!(other, list.text());
    assert_ne!(checked(other.as_bytes()).code, Some(0), "another list");
}

/// The code on the paper, as a telephone sees it.
fn code_on(printer: &Simulator) -> Vec<u8> {
    let code = printer.printed().into_iter().find_map(|row| match row {
        Printed::Picture { raster, .. } => Some(raster),
        _ => None,
    });
    let code = code.expect("a code on the slip");
    let stride = code.stride();
    let side = |dots: usize| u32::try_from(dots * 3 + 60).unwrap();
    let photograph = GrayImage::from_fn(side(code.width), side(code.height), |x, y| {
        let on = |at: u32, most: usize| {
            (at as usize)
                .checked_sub(30)
                .map(|at| at / 3)
                .filter(|at| *at < most)
        };
        let dot = on(x, code.width).zip(on(y, code.height));
        let is_black =
            dot.is_some_and(|(x, y)| code.bits[y * stride + x / 8] & (0x80 >> (x % 8)) != 0);
        Luma([if is_black { 40 } else { 230 }])
    });
    let mut png = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(photograph)
        .write_to(&mut png, ImageFormat::Png)
        .unwrap();
    png.into_inner()
}

// R15: at night the chain's pharmacist reviews from another PC, where the region allows it.
#[test]
fn at_night_the_chains_pharmacist_reviews_from_another_pc() {
    let review = "[review]\nlisten = \"127.0.0.1:0\"\n";
    let Some(mut counter) = staffed(review, &[REMOTE]) else {
        return;
    };
    let scratch = Scratch::new();
    let request = refused_sale(&mut counter);
    take_in(&mut counter, &scratch);
    counter.press(Key::Enter);
    counter.await_words("#links", &format!("{} 1", said("counter.reviews")));
    counter.keys();

    let reviewers = format!("http://{}", counter.shop.daemon().reviewers());
    counter.also_shows(&reviewers);
    let at_the_till = counter.page.turn_to_another();
    counter.page.go(&reviewers);
    counter
        .page
        .wait_for("document.activeElement.name === 'staff'");
    counter.page.type_text("P09");
    counter.tab_to("[name=pin]");
    counter.page.type_text(PIN);
    counter.press(Key::Enter);
    counter
        .page
        .wait_for("document.querySelector('#waiting tbody a') !== null");
    check_keys(&mut counter, "signing in at another PC");
    counter.tab_to("#waiting tbody a");
    counter.press(Key::Enter);
    counter
        .page
        .wait_for("document.querySelector('[data-paper]')?.naturalWidth === 600");
    counter.check_masked();
    counter.tab_to("[action$=approvals] [name=pin]");
    counter.page.type_text(PIN);
    counter.press(Key::Enter);
    counter.await_words("#decision", said("office.state-reviewed"));
    check_keys(&mut counter, "a review at another PC");
    counter.tab_to("header form button");
    counter.press(Key::Enter);
    counter
        .page
        .wait_for("document.querySelector('[name=staff]') !== null");
    // Who is not signed in is told so, and nothing else went wrong there.
    let complaints = counter.page.complaints();
    let is_stranger = |complaint: &String| complaint.contains("status of 401");
    assert!(complaints.iter().all(is_stranger), "{complaints:#?}");
    drop(counter.page.turn_to(at_the_till));

    // Nobody touches the till: its light changes by itself.
    counter.await_light("green");
    settled(&counter.till.send(&request));
    counter.await_light("settled");
    let facts = parts(&counter.shop.shop, EntryKind::Verdict, PartClass::Facts);
    let review = facts.last().unwrap()["prescriptions"][0]["review"].to_string();
    assert!(
        review.contains("competent") && review.contains("remote"),
        "{review}"
    );
    let lives = parts(
        &counter.shop.shop,
        EntryKind::Prescription,
        PartClass::Staff,
    );
    let signed = lives.iter().find(|part| part["signature"].is_string());
    let act = signed.expect("the review is signed")["act"].to_string();
    assert!(act.contains("P09"), "{act}");
    let expected = [
        (EntryKind::Document, 1),
        (EntryKind::Outcome, 1),
        (EntryKind::Release, 0),
    ];
    end(counter, &expected);
}
