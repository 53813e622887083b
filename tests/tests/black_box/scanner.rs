//! The scanner behind the running agent: scans reach the till's sale, and its port is lent out.

use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::scanner::{Ending, Simulator};
use pharmacy_kit::shop::{Shop, wait_until};
use pharmacy_kit::till::assert_problem;
use serde_json::{Value, json};

#[test]
fn another_program_gets_the_port_when_it_asks() {
    let simulator = Simulator::new(Ending::Cr);
    let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let device = format!("[scanner]\ndevice = \"tcp:{}\"\n", server.address());
    let shop = Shop::with(&device);
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let mut state = || {
        let status = till.must("GET", "/v1/status", &Value::Null);
        status["scanner"].as_str().unwrap().to_owned()
    };
    wait_until("the scanner is ready", || state() == "ready");
    let mut other = shop.till(&daemon);
    let lent = other.must("PUT", "/v1/scanner/yield", &json!({"seconds": 60}));
    assert_eq!(lent["state"], "yielded");
    for seconds in [0, 601] {
        let request = pharmacy_kit::http::Request::new("PUT", "/v1/scanner/yield");
        let answer = other.send(&request.json(&json!({"seconds": seconds})));
        assert_problem(&answer, 422, "body.value");
    }
    other.must("DELETE", "/v1/scanner/yield", &Value::Null);
    wait_until("the scanner is back", || state() == "ready");
}

#[test]
fn without_a_scanner_there_is_nothing_to_lend() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let request = pharmacy_kit::http::Request::new("PUT", "/v1/scanner/yield");
    let answer = till.send(&request.json(&json!({"seconds": 60})));
    assert_problem(&answer, 409, "scanner.none");
    assert_eq!(
        till.must("GET", "/v1/status", &Value::Null)["scanner"],
        "none"
    );
}
