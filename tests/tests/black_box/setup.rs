//! `setup` and `status`: what a technician sees before and after the first settlement.

use pharmacy_kit::gateway_till::{Basket, Protected};
use pharmacy_kit::platform::{Manner, Moment, Release, WIFE, Which};
use pharmacy_kit::shop::{Shop, wait_until};

/// The pack of the plain OTC drug.
fn pack(number: u64) -> String {
    pharmacy_kit::till::pack(number)
}

#[test]
fn a_new_store_is_told_what_is_still_to_be_done() {
    let shop = Shop::unmade("");
    shop.must(&["init"]);
    let told = shop.must(&["setup"]);
    for missing in [
        "✗ 商品目录 catalogue",
        "✗ 身份证阅读器 ID-card reader",
        "✗ 网关 gateway",
        "✗ 收银台密钥 till secrets: 缺 missing: 01, 02",
        "✗ 结算报文识别率 settlements read",
        "✓ 阶段 stage",
        "pharmacy-agent token add --client gateway",
    ] {
        assert!(told.contains(missing), "{missing}: {told}");
    }
}

#[test]
fn a_secret_comes_with_the_addresses_to_type() {
    let shop =
        Shop::with("[gateway]\nlisten = \"127.0.0.1:7481\"\nupstream = \"http://127.0.0.1:9/x\"\n");
    let told = shop.must(&["token", "add", "--client", "gateway", "--till", "02"]);
    let secret = |door: &str| told.lines().find(|line| line.starts_with(door)).unwrap();
    let [api, counter, gateway] = ["api.", "counter.", "gateway."].map(secret);
    for address in [
        format!("http://127.0.0.1:7481/t/{gateway}\n"),
        format!("/counter/open/{counter}\n"),
    ] {
        assert!(told.contains(&address), "{told}");
    }
    assert_eq!(told.lines().last(), Some(api), "{told}");
}

/// R07: what of a till's own traffic could be read, and what it looked like.
#[test]
fn the_parse_rate_follows_what_tills_send() {
    let shop = Protected::start(Manner::Guangdong);
    let mut till = shop.till();
    till.settle(&Basket::otc(WIFE, "R1", &[pack(1)]));
    let status = || shop.shop.must(&["status"]);
    wait_until("the first settlement is counted", || {
        status().contains("till 01: 1/1 100.0 %")
    });
    let garbled = till.envelope("2102", "GARBLED-1", "\"not what it was\"");
    let garbled = till.posted("2102", garbled.into_bytes());
    let _ = till.try_send(&garbled);
    wait_until("what the platform declined counts for nothing", || {
        status().contains("till 01: 1/1 100.0 %")
    });
    let hold = shop.platform.hold_next(Which::Any, 1, Moment::Unanswered);
    hold.release(Release::Cut);
    let _ = till.try_send(&garbled);
    wait_until("the unreadable one is counted", || {
        status().contains("till 01: 1/2 50.0 %")
    });
    assert!(status().contains("未读懂 unread 1 × 2102 "), "{}", status());
    let told = shop.shop.must(&["setup"]);
    assert!(told.contains("✗ 结算报文识别率"), "{told}");
    let mut api = shop.api();
    let view = api.must("GET", "/v1/status", &serde_json::Value::Null);
    assert_eq!(view["gateway"][0]["unreadable"], 1, "{view}");
    assert_eq!(view["gateway"][0]["is_last_unread"], true, "{view}");
}

/// R07: what is set lower after operating began is said, and followed only with a reason.
#[test]
fn a_stage_that_is_set_back_is_followed_only_with_a_reason() {
    let mut shop = Protected::start(Manner::Guangdong);
    let file = shop.shop.config();
    let text = std::fs::read_to_string(&file).unwrap();
    let (operating, commissioning) = ("stage = \"operating\"", "stage = \"commissioning\"");
    assert!(text.contains(operating));
    assert!(
        shop.shop
            .must(&["setup"])
            .contains("✓ 立场调低 lowered stances")
    );
    for (more, said, stage) in [
        ("", "operating → commissioning, 未写原因", "operating"),
        (
            "\nlowered-because = \"新目录误拦，已报医保办\"",
            "operating → commissioning, 生效中 followed, 168 h",
            "commissioning",
        ),
    ] {
        std::fs::write(
            &file,
            text.replace(operating, &format!("{commissioning}{more}")),
        )
        .unwrap();
        shop.restart();
        let told = shop.shop.must(&["status"]);
        assert!(
            told.contains(&format!("lowered    stage: {said}")),
            "{told}"
        );
        assert!(
            shop.shop
                .must(&["setup"])
                .contains("✗ 立场调低 lowered stances")
        );
        let view = shop
            .api()
            .must("GET", "/v1/status", &serde_json::Value::Null);
        assert_eq!(view["stage"], stage);
    }
    std::fs::write(&file, text).unwrap();
    shop.restart();
    assert!(!shop.shop.must(&["status"]).contains("lowered"));
}

/// R07: a rule that is to be tried must exist, or another one would go on as it was.
#[test]
fn a_stance_for_a_rule_that_is_not_there_stops_the_start() {
    let shop = Shop::with("[rules]\n\"item.not-payabel\" = \"enforce\"\n");
    let ended = shop.run(&["run"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("config.rule-unknown"), "{}", ended.err);
    assert!(ended.err.contains("item.not-payabel"), "{}", ended.err);
}
