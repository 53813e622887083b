//! Each secret opens the door that it was issued for, and no other; what lies at a till besides.

use std::sync::Arc;

use pharmacy_base::clock::SystemClock;
use pharmacy_journal::{Draft, Journal, JournalError};
use pharmacy_kit::http::{Client, Request};
use pharmacy_kit::platform::{Manner, Platform};
use pharmacy_kit::shop::wait_until;
use pharmacy_kit::{Daemon, Shop};
use pharmacy_protocol::Secret;
use pharmacy_protocol::record::store::TokenChange;
use pharmacy_protocol::term::TillNumber;

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
    // Without a door said, there is one for each.
    let told = shop.must(&["token", "add", "--client", "till", "--till", "01"]);
    let doors = ["api", "counter", "gateway"];
    let issued = |door: &str| {
        let mut lines = told.lines();
        let secret = lines.find(|line| line.starts_with(&format!("{door}.")));
        secret.unwrap().to_owned()
    };
    let secrets = doors.map(issued);
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
    // The page's cookie is nothing to the API, and nothing to the gateway.
    let opened = Client::new(daemon.address())
        .get(&format!("/counter/open/{}", secrets[1]))
        .unwrap();
    let cookie = opened.header("set-cookie").unwrap();
    let (cookie, _) = cookie.split_once(';').unwrap();
    let mut client = Client::new(daemon.address()).header("Cookie", cookie);
    assert_eq!(client.get("/v1/status").unwrap().status, 401);
    let (_, session) = cookie.split_once('=').unwrap();
    assert_eq!(opens(&daemon, session), [false; 3]);
}

/// Has a secret recorded as versions before recorded it: for every door of its till.
fn issue_as_before(shop: &Shop, secret: &str) {
    let till: TillNumber = "01".parse().unwrap();
    let mut journal = Journal::open(&shop.data(), Arc::new(SystemClock)).unwrap();
    let digest = journal.keys().token_digest(&Secret::new(secret.to_owned()));
    let record = TokenChange::Issued {
        client: "till-of-before".to_owned(),
        till: till.clone(),
    };
    let draft = Draft::of(&record).unwrap().at(&till);
    let recorded = journal.record(draft, |rows, _| {
        Ok::<_, JournalError>(rows.add_token("till-of-before", &till, &digest, 0)?)
    });
    let _ = recorded.unwrap();
}

// R07: an upgrade stops no till; whoever looks after it is told what to renew, until it is done.
#[test]
fn a_secret_of_before_goes_on_until_it_is_revoked() {
    let platform = Platform::start(Manner::Guangdong);
    let shop = Shop::behind(&platform, 1);
    let secret = "a".repeat(43);
    let told = || {
        let told = ["setup", "status"].map(|command| shop.must(&[command]));
        told.map(|told| told.contains("旧密钥"))
    };
    assert_eq!(told(), [false; 2], "{secret}");
    issue_as_before(&shop, &secret);
    let daemon = shop.start();
    assert_eq!(opens(&daemon, &secret), [true; 3]);
    assert_eq!(told(), [true; 2]);
    let listed = shop.must(&["token", "list"]);
    let old = listed.lines().find(|line| line.contains("\tall\tvalid\t"));
    let number = old.unwrap().split('\t').next().unwrap();
    shop.must(&["token", "revoke", number]);
    assert_eq!(told(), [false; 2]);
    // A good secret counts at the gateway for a second after.
    wait_until("the revoked one opens nothing", || {
        opens(&daemon, &secret) == [false; 3]
    });
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
