//! A till: what cashier software asks of the agent, in the order in which it asks.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::http::{Client, Connection, Request, Response};

/// Numbers that standards print as examples; nobody bears them.
pub const WIFE: &str = "11010519491231002X";
/// Her husband's.
pub const HUSBAND: &str = "440524188001010014";

/// A program at a till, with its token.
#[derive(Debug)]
pub struct Till {
    address: SocketAddr,
    client: Client,
}

impl Till {
    /// A till that calls an address with a token, one connection a request.
    pub fn new(address: SocketAddr, token: &str) -> Self {
        let client = Client::new(address).header("authorization", &format!("Bearer {token}"));
        Self { address, client }
    }

    /// The same on one connection for all its requests.
    pub fn kept(address: SocketAddr, token: &str) -> Self {
        let client = Client::new(address)
            .connection(Connection::KeepAlive)
            .header("authorization", &format!("Bearer {token}"));
        Self { address, client }
    }

    /// Whom it calls.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends any request; an exchange that breaks off fails the test.
    pub fn send(&mut self, request: &Request) -> Response {
        let answer = self.client.send(request);
        answer.unwrap_or_else(|error| panic!("{request:?}: {error}"))
    }

    /// Sends any request, and leaves a broken exchange to the test.
    pub fn try_send(&mut self, request: &Request) -> std::io::Result<Response> {
        self.client.send(request)
    }

    /// Fetches.
    pub fn get(&mut self, path: &str) -> Response {
        self.send(&Request::new("GET", path))
    }

    /// Posts.
    pub fn post(&mut self, path: &str, body: &Value) -> Response {
        self.send(&Request::new("POST", path).json(body))
    }

    /// Posts with an idempotency key.
    pub fn post_keyed(&mut self, path: &str, key: &str, body: &Value) -> Response {
        let request = Request::new("POST", path).json(body);
        self.send(&request.header("idempotency-key", key))
    }

    /// Sends a request that has to succeed.
    pub fn must(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let mut request = Request::new(method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = self.send(&request);
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
        answer.json()
    }

    /// The agent's number of entries.
    pub fn entries(&mut self) -> u64 {
        let status = self.must("GET", "/v1/status", &Value::Null);
        status["entries"].as_u64().expect("a number of entries")
    }

    /// Opens a sale for a holder who has shown an insurance code, and says its path.
    pub fn open(&mut self, holder: &str) -> String {
        let opening = json!({"holder": {"number": holder}, "insurance": "employee"});
        let sale = self.must("POST", "/v1/sales", &opening);
        let path = format!("/v1/sales/{}", sale["sale"].as_str().expect("a sale's id"));
        let evidence = json!({
            "source": "credential", "credential": "insurance-code", "person": {"number": holder},
        });
        self.must("POST", &format!("{path}/evidence"), &evidence);
        path
    }

    /// Assesses a basket.
    pub fn assess(&mut self, sale: &str, lines: &Value) -> Value {
        let body = json!({ "lines": lines });
        self.must("POST", &format!("{sale}/assessments"), &body)
    }

    /// Opens a sale with a verdict `allow`, and says path and verdict.
    pub fn allowed(&mut self, holder: &str, packs: &[String]) -> (String, Value) {
        let sale = self.open(holder);
        let verdict = self.assess(&sale, &json!([otc(1, packs)]));
        assert_eq!(verdict["answer"], "allow", "{verdict}");
        (sale, verdict)
    }

    /// The sale as it stands.
    pub fn show(&mut self, sale: &str) -> Value {
        self.must("GET", sale, &Value::Null)
    }
}

/// A pack of the plain OTC drug of the sample catalogue.
pub fn pack(number: u64) -> String {
    format!("8900057{number:013}")
}

/// A basket line of that drug.
pub fn otc(number: u32, packs: &[String]) -> Value {
    json!({
        "number": number, "sku": "100057", "code": "ZA99ZZZ9999010199901", "price": "19.10",
        "quantity": packs.len().max(1).to_string(), "trace_codes": packs,
    })
}

/// The report that a sale was settled as the verdict said.
pub fn settled(msgid: &str, verdict: &Value) -> Value {
    json!({
        "msgid": msgid, "result": "settled", "settlement": format!("SETL-{msgid}"),
        "insurance": verdict["insurance"], "cash": verdict["cash"],
    })
}

/// The report that a settlement was reversed.
pub fn reversed(msgid: &str, of: &str) -> Value {
    json!({
        "msgid": msgid, "reverses": of, "result": "settled",
        "settlement": format!("SETL-{msgid}"), "insurance": "-19.10", "cash": "0",
    })
}

/// An answer has to be a problem document with this status and code, and nothing less.
#[track_caller]
pub fn assert_problem(answer: &Response, status: u16, code: &str) -> Value {
    let shown = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{shown}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{shown}"
    );
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{shown}");
    assert_eq!(problem["status"], status, "{shown}");
    assert_eq!(
        problem["type"],
        format!("urn:pharmacy-agent:problem:{code}")
    );
    let (title, detail) = (problem["title"].as_str(), problem["detail"].as_str());
    assert!(
        title.is_some_and(|title| !title.is_ascii() && title != "未知错误"),
        "{shown}"
    );
    assert!(
        detail.is_some_and(|detail| detail.is_ascii() && !detail.is_empty()),
        "{shown}"
    );
    let request = problem["request"].as_str().expect("an id for the log");
    assert!(request.len() == 12 && request.bytes().all(|byte| byte.is_ascii_hexdigit()));
    problem
}

/// The identity number of nobody: born in 1881, told apart by what is counted.
pub fn person(count: u64) -> String {
    // SPEC: GB 11643, weights 2^(18-i) mod 11; the check character of the remainder.
    const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let (day, order) = (count / 999 % 28 + 1, count % 999 + 1);
    let month = count / 999 / 28 % 12 + 1;
    let body = format!("1101051881{month:02}{day:02}{order:03}");
    let weighed = body.bytes().enumerate().map(|(at, byte)| {
        let weight = (0..17 - at).fold(1_u32, |weight, _| weight * 2 % 11);
        u32::from(byte - b'0') * weight
    });
    let remainder = weighed.sum::<u32>() % 11;
    let check = CHECK[usize::try_from(remainder).expect("below eleven")];
    format!("{body}{check}")
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::person::IdentityNumber;

    use super::{HUSBAND, WIFE, pack, person};

    #[test]
    fn persons_have_numbers_that_fit_and_are_told_apart() {
        let mut seen = std::collections::BTreeSet::new();
        for count in 0..2000 {
            let number = person(count);
            assert!(number.parse::<IdentityNumber>().is_ok(), "{number}");
            assert!(seen.insert(number));
        }
        assert!(
            WIFE.parse::<IdentityNumber>().is_ok() && HUSBAND.parse::<IdentityNumber>().is_ok()
        );
        assert_eq!(pack(1).len(), 20);
    }
}
