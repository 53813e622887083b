//! A code whose print is damaged: a photo stands for one pack, once, and few a day.

use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{Action, DeskError, Done, Image, Light, Place};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;

use crate::kit::{MINUTE_MS, Shop, caller, credentials};
use crate::message::{LI, Line, WANG, granules};

const PIN: &str = "270418";

/// The smallest picture there is, told apart by bytes behind its end, as telephones append them.
fn picture(number: u8) -> Image {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&[0xFF, 0xD8]);
    bytes.extend_from_slice(&[0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
    bytes.extend_from_slice(&[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0]);
    bytes.extend_from_slice(&[0xFF, 0xD9, number]);
    Image {
        bytes: bytes.into(),
    }
}

fn bare(count: i64) -> Line {
    Line {
        count,
        ..granules("R1000000-1", &[])
    }
}

/// A shop with a cashier at till 01, and a sale there of so many packs without code.
fn shop(count: i64) -> Shop {
    let shop = Shop::new();
    shop.enrol("S01", &[Duty::Cashier], PIN);
    let by = credentials("S01", PIN);
    let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by);
    shop.wait(signed_in).unwrap();
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.settlement("M1", LI, &[bare(count)]));
    shop
}

fn take_at(shop: &Shop, till: &str, images: Vec<Image>) -> Result<Done, DeskError> {
    let action = Action::PhotographCode { line: 1, images };
    shop.wait(shop.handle().act(caller(till), Place::Till, action, None))
}

fn take(shop: &Shop, number: u8) -> Result<Done, DeskError> {
    take_at(shop, "01", vec![picture(number)])
}

#[track_caller]
fn denied(shop: &Shop, number: u8) -> &'static str {
    take(shop, number).unwrap_err().code()
}

// R07, R13: a damaged code turns no customer away, and hides no pack.
#[test]
fn a_photo_stands_for_the_code_of_one_pack() {
    let shop = shop(2);
    assert_eq!(take(&shop, 1).unwrap().code, "counter.photo-taken");
    assert_ne!(shop.board("01").light, Light::Green, "one of two");
    assert_eq!(denied(&shop, 1), "photo.again");
    assert!(take(&shop, 2).is_ok());
    assert_eq!(shop.board("01").light, Light::Green);
    assert_eq!(denied(&shop, 3), "photo.not-lacking");
    shop.settle("M2", "S2", (LI, &[bare(2)]));
    assert_eq!(shop.facts()["lines"][0]["photos"], 2);
    let photos = shop.parts(EntryKind::Document, PartClass::Facts);
    assert_eq!(photos.len(), 2);
    assert_eq!(
        (&photos[0]["staff"], &photos[1]["of-day"]),
        (&"S01".into(), &2.into())
    );
    let list = shop
        .parts(EntryKind::Outcome, PartClass::List)
        .pop()
        .unwrap();
    assert_eq!(list["lines"][0]["trace_codes"].as_array().unwrap().len(), 0);
    // Nothing is overdue: a photo stands where a code would.
    shop.clock.advance(31 * MINUTE_MS);
    shop.tick();
    assert_eq!(shop.count("gateway.trace-codes-overdue"), 0);
}

#[test]
fn few_photos_count_a_day_and_tomorrow_is_another() {
    let shop = shop(5);
    for number in 1..=3 {
        assert!(take(&shop, number).is_ok(), "{number}");
    }
    assert_eq!(denied(&shop, 4), "photo.too-many");
    let figures = shop.wait(shop.handle().figures()).unwrap();
    assert_eq!(figures.photos, 3);
    shop.clock.advance(24 * 60 * MINUTE_MS);
    let by = credentials("S01", PIN);
    let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by);
    shop.wait(signed_in).unwrap();
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.settlement("M2", LI, &[bare(1)]));
    // Yesterday's photo is still yesterday's.
    assert_eq!(denied(&shop, 3), "photo.again");
    assert!(take(&shop, 4).is_ok());
}

// The photo was of a box of this article: another line beside it changes nothing of that.
#[test]
fn a_photo_stays_with_its_article_when_the_basket_changes() {
    let shop = shop(1);
    assert!(take(&shop, 1).is_ok());
    let lines = [bare(1), crate::message::cup("R1000000-2")];
    shop.refused("01", "2102", &shop.settlement("M2", LI, &lines));
    assert_eq!(shop.facts()["lines"][0]["photos"], 1);
    // Another customer has another box.
    shop.reads("01", WANG, "01");
    let theirs = shop.settlement("M3", WANG, &[bare(1)]);
    assert!(shop.refused("01", "2102", &theirs).contains("追溯码"));
}

#[test]
fn nobody_who_is_not_signed_in_and_nothing_that_is_no_picture() {
    let shop = shop(1);
    let at_other = take_at(&shop, "02", vec![picture(1)]).unwrap_err();
    assert_eq!(at_other.code(), "staff.nobody-signed-in");
    for images in [vec![], vec![picture(1), picture(2)]] {
        let refused = take_at(&shop, "01", images).unwrap_err();
        assert_eq!(refused.code(), "photo.not-one");
    }
    let document = Image {
        bytes: b"%PDF-1.7\n%%EOF\n".to_vec().into(),
    };
    let refused = take_at(&shop, "01", vec![document]).unwrap_err();
    assert_eq!(refused.code(), "image.unknown-type");
}
