//! From a settlement to the slip, and from the signed slip back: over a real log, with a simulated
//! printer and a drawn scan (R40, R43, R44, R13).

use std::io::Cursor;
use std::time::Instant;

use crate::kit::{MINUTE_MS, Shop, caller};
use crate::message::{LI, WANG, granules, trace};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use pharmacy_base::machine::Machine;
use pharmacy_desk::setup::PrintOn;
use pharmacy_desk::{Confirmed, Image, PurchaseList, SlipsRead};
use pharmacy_device::paper::{Charset, Paper, Row, layout};
use pharmacy_device::printer::{Cut, Printer, Settings, encode};
use pharmacy_kit::device::printer::{Printed, Simulator};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::slip::SlipProof;
use pharmacy_protocol::term::SaleId;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// Two settled sales, and their ids, the older first.
fn two_sales() -> (Shop, Vec<SaleId>) {
    let shop = Shop::new();
    let ids = settle_two(&shop, 0);
    (shop, ids)
}

fn settle_two(shop: &Shop, more: u64) -> Vec<SaleId> {
    shop.reads("01", LI, "01");
    let line = |n: u64| granules(&format!("R{n}000000-1"), &[n]);
    let settle = |n: u64, person| {
        shop.settle(&format!("M{n}"), &format!("S{n}"), (person, &[line(n)]));
    };
    settle(more + 1, LI);
    shop.clock.advance(1000);
    shop.reads("01", WANG, "01");
    settle(more + 2, WANG);
    shop.clock.advance(30 * MINUTE_MS);
    let mut lists = shop.wait(shop.handle().lists()).unwrap();
    lists.sort_by_key(|item| item.settled_ms);
    lists.into_iter().map(|item| item.sale).collect()
}

/// A page on which these codes stand, as a scanner sees them.
fn scanned(codes: &[String]) -> Image {
    let height = 700 * u32::try_from(codes.len()).unwrap() + 100;
    let mut page = GrayImage::from_pixel(1_000, height, Luma([240]));
    for (place, text) in codes.iter().enumerate() {
        let raster = pharmacy_device::paper::Code::raster(text, 384).unwrap();
        let size = u32::try_from(raster.width).unwrap();
        let code = GrayImage::from_fn(size, size, |x, y| {
            let (x, y) = (x as usize, y as usize);
            let is_black = raster.bits[y * raster.stride() + x / 8] & (0x80 >> (x % 8)) != 0;
            Luma([if is_black { 30 } else { 240 }])
        });
        let code = image::imageops::resize(&code, 640, 640, image::imageops::Triangle);
        let top = 50 + 700 * i64::try_from(place).unwrap();
        image::imageops::overlay(&mut page, &code, 80, top);
    }
    let mut bytes = Cursor::new(Vec::new());
    let page = DynamicImage::ImageLuma8(page);
    page.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    Image {
        bytes: Zeroizing::new(bytes.into_inner()),
    }
}

fn proof(shop: &Shop, sale: &SaleId) -> String {
    shop.wait(shop.handle().slip_proof(sale.clone())).unwrap()
}

fn read(shop: &Shop, pages: Vec<Image>) -> SlipsRead {
    shop.wait(shop.handle().read_slips(caller("01"), pages))
        .unwrap()
}

#[test]
fn the_list_leaves_as_it_was_recorded_and_its_slip_proves_it_offline() {
    let (shop, sales) = two_sales();
    let key = shop.log().verifier().clone();
    for sale in &sales {
        let reply = shop.wait(shop.handle().purchase_list(caller("01"), sale.clone()));
        let reply = reply.unwrap();
        let bytes = shop.wait(shop.handle().list_bytes(sale.clone())).unwrap();
        assert_eq!(reply.body, bytes);
        let slip = SlipProof::parse(&proof(&shop, sale)).unwrap();
        let listed = slip.verify(&bytes, &key).unwrap();
        assert_eq!(listed.get().entry.kind, EntryKind::Outcome);
        let part = shop.log().open_part(slip.index(), PartClass::List).unwrap();
        assert_eq!(part.as_slice(), bytes);
        // Another spelling of the same list is not what was recorded.
        let list: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let other = serde_json::to_vec_pretty(&list).unwrap();
        assert!(slip.verify(&other, &key).is_err());
    }
    let one = SlipProof::parse(&proof(&shop, &sales[0])).unwrap();
    let other = shop.wait(shop.handle().list_bytes(sales[1].clone()));
    assert!(one.verify(&other.unwrap(), &key).is_err());
    // The checkpoint on paper was published before: the log cannot fall behind it unnoticed.
    let size = shop.log().size().unwrap();
    let proved = one.to_proof().unwrap().checkpoint;
    assert!(proved.contains(&format!("\n{size}\n")), "{proved}");
}

#[test]
fn the_page_shows_the_code_and_the_other_till_sees_no_list() {
    let (shop, sales) = two_sales();
    let sale = || sales[0].clone();
    let page = shop.wait(shop.handle().purchase_list_page(caller("01"), sale()));
    let page = String::from_utf8(page.unwrap().body).unwrap();
    for part in [
        "医保购药清单",
        "<svg class=\"code\"",
        &trace(1),
        "保存2年备查",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for personal in [LI.name, LI.certno] {
        assert!(!page.contains(personal));
    }
    let refused = shop.wait(shop.handle().purchase_list(caller("02"), sale()));
    assert_eq!(refused.unwrap_err().code(), "sale.unknown");
}

#[test]
fn a_settlement_names_its_slip_and_the_printer_prints_it() {
    let shop = Shop::new();
    let (sender, mut slips) = mpsc::channel(4);
    shop.wait(shop.handle().send_slips(sender, PrintOn::Settled))
        .unwrap();
    let sales = settle_two(&shop, 0);
    assert_eq!(slips.try_recv().unwrap(), sales[0]);
    assert_eq!(slips.try_recv().unwrap(), sales[1]);
    assert!(slips.try_recv().is_err(), "one slip a list");

    let content = shop.wait(shop.handle().slip(sales[0].clone())).unwrap();
    let page = layout(&content, Paper::Narrow, Charset::Gb18030);
    let simulator = Simulator::new();
    let printer =
        Printer::start(simulator.opener(), Settings::default(), &Machine::default()).unwrap();
    let bytes = encode(&page, Charset::Gb18030, Cut::Knife);
    let outcome = printer.handle().print(bytes).blocking_recv().unwrap();
    assert!(outcome.is_ok() && simulator.unknown() == 0);
    let text = simulator.texts().join("\n").replace(' ', "");
    for needed in [
        trace(1).as_str(),
        "S1",
        "板蓝根颗粒",
        "合计￥19.10",
        "签字确认",
    ] {
        assert!(text.contains(needed), "{needed}\n{text}");
    }
    for personal in [LI.name, LI.certno] {
        assert!(!text.contains(personal));
    }
    // What the printer burnt into the paper is the proof.
    let raster = simulator.printed().into_iter().find_map(|row| match row {
        Printed::Picture { raster, .. } => Some(raster),
        _ => None,
    });
    let raster = raster.unwrap();
    let dark =
        |x: usize, y: usize| raster.bits[y * raster.stride() + x / 8] & (0x80 >> (x % 8)) != 0;
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(raster.width, raster.height, dark);
    let (_, text) = image.detect_grids()[0].decode().unwrap();
    let slip = SlipProof::parse(&text).unwrap();
    let list = shop
        .wait(shop.handle().list_bytes(sales[0].clone()))
        .unwrap();
    assert!(slip.verify(&list, shop.log().verifier()).is_ok());
}

#[test]
fn printing_is_asked_for_where_it_is_not_automatic_and_failures_stand_on_the_board() {
    let (shop, sales) = two_sales();
    let print = |sale: &SaleId| shop.wait(shop.handle().print_slip(caller("02"), sale.clone()));
    assert_eq!(print(&sales[0]).unwrap_err().code(), "printer.none");
    let (sender, mut slips) = mpsc::channel(1);
    shop.wait(shop.handle().send_slips(sender, PrintOn::Asked))
        .unwrap();
    settle_two(&shop, 4);
    assert!(slips.try_recv().is_err());
    assert_eq!(print(&sales[0]).unwrap().code, "slip.queued");
    assert_eq!(print(&sales[1]).unwrap_err().code(), "printer.queue-full");
    assert_eq!(slips.try_recv().unwrap(), sales[0]);
    let unknown = SaleId::new(sales[0].log().clone(), 999);
    assert_eq!(print(&unknown).unwrap_err().code(), "sale.unknown");

    let alarms = || shop.board("01").alarms;
    assert!(alarms().is_empty());
    let ended = |sale: &SaleId, outcome| {
        shop.wait(shop.handle().slip_ended(sale.clone(), outcome))
            .unwrap();
    };
    shop.wait(shop.handle().hear_printer(Some("printer.paper-out")))
        .unwrap();
    ended(&sales[0], Err("printer.paper-out"));
    assert_eq!(alarms(), ["printer.paper-out", "slip.unprinted"]);
    let unprinted = shop.wait(shop.handle().unprinted_slips()).unwrap();
    assert_eq!(unprinted, [(sales[0].clone(), "printer.paper-out")]);
    shop.wait(shop.handle().hear_printer(None)).unwrap();
    ended(&sales[0], Ok(()));
    assert!(alarms().is_empty());
}

#[test]
fn a_full_queue_holds_no_settlement_up_and_is_told() {
    let shop = Shop::new();
    let (sender, _slips) = mpsc::channel(1);
    shop.wait(shop.handle().send_slips(sender, PrintOn::Settled))
        .unwrap();
    let sales = settle_two(&shop, 0);
    let unprinted = shop.wait(shop.handle().unprinted_slips()).unwrap();
    assert_eq!(unprinted, [(sales[1].clone(), "printer.queue-full")]);
    assert_eq!(shop.board("01").alarms, ["slip.unprinted"]);
}

#[test]
fn one_scan_confirms_the_lists_whose_slips_it_shows() {
    let (shop, sales) = two_sales();
    let codes: Vec<String> = sales.iter().map(|sale| proof(&shop, sale)).collect();
    let done = shop.wait(
        shop.handle()
            .confirm_slips(caller("01"), vec![scanned(&codes)]),
    );
    let done = done.unwrap();
    assert_eq!((done.code, done.number), ("slips.confirmed", Some(2)));
    let lists = shop.wait(shop.handle().lists()).unwrap();
    assert!(
        lists
            .iter()
            .all(|list| list.confirmed == Confirmed::OnPaper)
    );
    let documents = shop.parts(EntryKind::Document, PartClass::List);
    assert_eq!(documents.len(), 1, "the page is recorded once");
}

#[test]
fn foreign_unreadable_and_empty_pages_are_counted_and_confirm_nothing() {
    let (shop, sales) = two_sales();
    let (other, others) = two_sales();
    let own = proof(&shop, &sales[0]);
    let foreign = proof(&other, &others[0]);
    // The right log and place, the wrong salt: a slip that somebody made up.
    let mut forged = SlipProof::parse(&own).unwrap().serialize();
    forged.replace_range(8..11, "000");
    let pages = vec![
        scanned(&[own.clone(), foreign.clone()]),
        scanned(std::slice::from_ref(&own)),
        scanned(&["https://example.com/".to_owned(), forged]),
        scanned(&[]),
    ];
    let read_now = read(&shop, pages);
    let expected = SlipsRead {
        matched: 2,
        confirmed: 2,
        foreign: 3,
        unreadable: 1,
    };
    assert_eq!(read_now, expected);
    let lists = shop.wait(shop.handle().lists()).unwrap();
    let open = lists
        .iter()
        .filter(|list| list.confirmed == Confirmed::Open);
    let open: Vec<_> = open.map(|list| list.sale.clone()).collect();
    assert_eq!(open, [sales[1].clone()]);

    let page = |bytes: &[u8]| Image {
        bytes: Zeroizing::new(bytes.to_vec()),
    };
    let confirm = |pages| shop.wait(shop.handle().confirm_slips(caller("01"), pages));
    let before = shop.log().size().unwrap();
    for (pages, code) in [
        (vec![], "slips.pages"),
        (vec![page(b"GIF89a")], "slips.kind"),
        (vec![scanned(&[own]), page(b"%PDF-1.4")], "slips.pdf"),
    ] {
        assert_eq!(confirm(pages).unwrap_err().code(), code);
    }
    assert_eq!(
        shop.log().size().unwrap(),
        before,
        "nothing of a bad scan is recorded"
    );
    assert_eq!(
        confirm(vec![scanned(&[foreign])]).unwrap().code,
        "slips.none"
    );
}

/// Not a bench; it keeps the order of magnitude, and prints what it was.
#[test]
fn a_slip_is_ready_in_milliseconds() {
    let (shop, sales) = two_sales();
    let mut times = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let content = shop.wait(shop.handle().slip(sales[1].clone())).unwrap();
        let page = layout(&content, Paper::Narrow, Charset::Gb18030);
        let bytes = encode(&page, Charset::Gb18030, Cut::Knife);
        times.push(begun.elapsed());
        assert!(bytes.len() > 5_000 && page.rows.iter().any(|row| matches!(row, Row::Picture(_))));
    }
    times.sort();
    println!("slip: median {:?}, slowest {:?}", times[10], times[19]);
    assert!(times[10].as_millis() < 1_000);
}

/// The list of the kit's sale says what the issue asks for.
#[test]
fn the_list_names_what_it_must() {
    let (shop, sales) = two_sales();
    let bytes = shop
        .wait(shop.handle().list_bytes(sales[0].clone()))
        .unwrap();
    let list: PurchaseList = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(list.settlement, "S1");
    assert_eq!(list.operator.as_deref(), Some("001"));
    assert_eq!(list.lines[0].trace_codes.len(), 1);
    assert_eq!(list.total.to_string(), "19.10");
    assert!(list.verdict.is_some() && list.holder.is_some());
}
