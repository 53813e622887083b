//! Each secret opens the door that it was issued for, and no other; what lies at a till besides.

use pharmacy_kit::http::{Client, Request};
use pharmacy_kit::platform::{Manner, Platform};
use pharmacy_kit::{Daemon, Shop};

/// Does a secret open the local API, the counter page, the gateway?
fn opens(daemon: &Daemon, secret: &str) -> [bool; 3] {
    let mut client =
        Client::new(daemon.address()).header("Authorization", &format!("Bearer {secret}"));
    let api = client.get("/v1/status").unwrap().status;
    let page = Client::new(daemon.address())
        .get(&format!("/counter/open/{secret}"))
        .unwrap()
        .status;
    let call = Request::new("POST", &format!("/t/{secret}/x")).body("{}");
    let gateway = Client::new(daemon.gateway()).send(&call).unwrap().status;
    [api == 200, page == 303, gateway != 403]
}

#[test]
fn each_secret_opens_its_own_door_and_no_other() {
    let platform = Platform::start(Manner::Guangdong);
    let shop = Shop::behind(&platform, 1);
    let issue = |door: &str| {
        let told = shop.must(&[
            "token", "add", "--client", door, "--till", "01", "--door", door,
        ]);
        told.lines().last().unwrap().to_owned()
    };
    let doors = ["api", "counter", "gateway"];
    let secrets = doors.map(issue);
    let daemon = shop.start();
    for (at, secret) in secrets.iter().enumerate() {
        let mut expected = [false; 3];
        expected[at] = true;
        assert_eq!(opens(&daemon, secret), expected, "{}", doors[at]);
        // Its text under another door's name is a secret of nobody.
        let (_, text) = secret.split_once('.').unwrap();
        assert_eq!(opens(&daemon, text), [false; 3]);
        for door in doors.iter().filter(|door| **door != doors[at]) {
            assert_eq!(opens(&daemon, &format!("{door}.{text}")), [false; 3]);
        }
    }
    // One issued for all doors of its till opens them.
    assert_eq!(opens(&daemon, shop.token()), [true; 3]);
    // The page's cookie is nothing to the API, and nothing to the gateway.
    let opened = Client::new(daemon.address())
        .get(&format!("/counter/open/{}", shop.token()))
        .unwrap();
    let cookie = opened.header("set-cookie").unwrap();
    let (cookie, _) = cookie.split_once(';').unwrap();
    let mut client = Client::new(daemon.address()).header("Cookie", cookie);
    assert_eq!(client.get("/v1/status").unwrap().status, 401);
    let (_, session) = cookie.split_once('=').unwrap();
    assert_eq!(opens(&daemon, session), [false; 3]);
}

#[test]
fn an_address_is_shown_only_for_the_door_that_opens() {
    let platform = Platform::start(Manner::Guangdong);
    let shop = Shop::behind(&platform, 1);
    for (door, page, gateway) in [
        ("api", false, false),
        ("counter", true, false),
        ("gateway", false, true),
    ] {
        let told = shop.must(&["token", "add", "--client", "x", "--door", door]);
        assert_eq!(told.contains("/counter/open/"), page, "{told}");
        assert_eq!(told.contains("/t/"), gateway, "{told}");
    }
    assert_eq!(
        shop.run(&["token", "add", "--client", "x", "--door", "back"])
            .code,
        Some(2)
    );
}

#[test]
fn the_badges_are_one_page_and_always_the_same() {
    let shop = Shop::new();
    let page = shop.must(&["badge"]);
    for word in [
        "<h1>本人牌</h1>",
        "aria-label=\"本人牌\"",
        "aria-label=\"代购牌\"",
        "PHARMACY-BADGE-H-",
        "PHARMACY-BADGE-P-",
        "<svg",
    ] {
        assert!(page.contains(word), "{word}");
    }
    assert_eq!(shop.must(&["badge"]), page);
    assert_ne!(Shop::new().must(&["badge"]), page);
}
