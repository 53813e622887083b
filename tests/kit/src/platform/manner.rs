//! The three manners in which provinces speak: where a call is posted, what is signed, how values are
//! written.
//!
//! In scope: both sides of a manner, so that a till's signature is checked by the rule it was made
//! by. Out of scope: what a call means. The keys are made up and open nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac};
use serde_json::{Value, json};

use super::clock::{self, Clock};
use super::wire::{Arrived, Framing};

/// Who the till is at the gateway of Guangdong's manner.
pub const PAAS_ID: &str = "test_pharmacy";
/// Who the till is at the service bus of Jiangsu's manner.
pub const ACCESS_KEY: &str = "test-access";
/// What both of them sign with.
const SIGNING_KEY: &str = "not-a-secret";
/// How far a till's clock may be from the platform's.
const SKEW_MS: i64 = 300_000;

/// How a province speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Manner {
    /// TIF gateway: `x-tif-*`, a path per call, numbers; the funds' sum counts the account in.
    Guangdong,
    /// No gateway: one path, `input` and `output` as JSON strings, second-level results.
    Hubei,
    /// Alibaba CSB: `_api_*`, one path, everything as strings.
    Jiangsu,
}

impl Manner {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Guangdong, Self::Hubei, Self::Jiangsu];

    /// Where a call is posted.
    pub fn target(self, infno: &str) -> String {
        match self {
            Self::Guangdong => format!("/ebus/gdyb_api/prd/hsa/hgs/{infno}"),
            Self::Hubei => "/hsa/call".into(),
            Self::Jiangsu => "/CSB".into(),
        }
    }

    /// The area in which the institution lies, as its calls name it.
    pub fn area(self) -> &'static str {
        match self {
            Self::Guangdong => "440300",
            Self::Hubei => "420100",
            Self::Jiangsu => "320100",
        }
    }

    /// The headers that a till sends with a call, signed for this moment (milliseconds since 1970).
    pub fn headers(self, at_ms: i64, nonce: &str) -> Vec<(String, String)> {
        let headers = match self {
            Self::Guangdong => {
                let at = (at_ms / 1000).to_string();
                vec![
                    ("Content-Type", "application/json".to_owned()),
                    ("x-tif-paasid", PAAS_ID.to_owned()),
                    ("x-tif-signature", tif_signature(&at, nonce)),
                    ("x-tif-timestamp", at),
                    ("x-tif-nonce", nonce.to_owned()),
                ]
            }
            Self::Hubei => vec![
                ("content-type", "text/plain; charset=utf-8".to_owned()),
                ("Accept-Encoding", "gzip".to_owned()),
                ("X-Vendor-POS", "7.1; 门店".to_owned()),
            ],
            Self::Jiangsu => {
                let mut headers = csb_parameters(&at_ms.to_string());
                headers.push(("_api_signature", csb_signature(&headers)));
                headers.push(("Content-Type", "application/json;charset=UTF-8".to_owned()));
                headers
            }
        };
        let owned = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        owned.collect()
    }

    /// Whether a request was sent to the right place by someone known, now.
    pub(super) fn check(self, request: &Arrived, clock: &Clock) -> Result<(), Refused> {
        let header = |name| request.header(name).unwrap_or_default();
        match self {
            Self::Guangdong => {
                let prefix = self.target("");
                if !request.target.starts_with(&prefix) {
                    return Err(Refused::NoSuchPath);
                }
                let at = header("x-tif-timestamp");
                let is_known = header("x-tif-paasid") == PAAS_ID;
                let signature = tif_signature(at, header("x-tif-nonce"));
                // Some tills write the digits in capitals.
                let is_signed = header("x-tif-signature").eq_ignore_ascii_case(&signature);
                let at_ms = at.parse::<i64>().map_or(0, |at| at * 1000);
                known(is_known && is_signed && clock.is_near(at_ms, SKEW_MS))
            }
            Self::Hubei if request.target != self.target("") => Err(Refused::NoSuchPath),
            Self::Hubei => Ok(()),
            Self::Jiangsu if request.target != self.target("") => Err(Refused::NoSuchPath),
            Self::Jiangsu => {
                let at = header("_api_timestamp");
                let parameters = csb_parameters(at);
                let is_known = parameters
                    .iter()
                    .all(|(name, value)| header(name) == *value);
                let is_signed = header("_api_signature") == csb_signature(&parameters);
                let at_ms = at.parse().unwrap_or(0);
                known(is_known && is_signed && clock.is_near(at_ms, SKEW_MS))
            }
        }
    }

    /// The call that the path names.
    pub(super) fn infno_in_path(self, target: &str) -> Option<String> {
        let named = match self {
            Self::Guangdong => target.strip_prefix(&self.target(""))?,
            Self::Hubei | Self::Jiangsu => return None,
        };
        (!named.is_empty()).then(|| named.to_owned())
    }

    /// `input` as this manner writes it; a string is taken apart where strings are written.
    pub(super) fn input(self, written: &Value) -> Option<Value> {
        match (self, written) {
            (Self::Hubei, Value::String(text)) => serde_json::from_str(text).ok(),
            (Self::Guangdong | Self::Jiangsu, Value::Object(_)) => Some(written.clone()),
            _ => None,
        }
    }

    /// `output` as this manner writes it.
    pub(super) fn output(self, output: Value) -> Value {
        match self {
            Self::Guangdong | Self::Jiangsu => output,
            Self::Hubei if output.is_null() => output,
            Self::Hubei => Value::String(output.to_string()),
        }
    }

    /// `infcode` as this manner writes it.
    pub(super) fn code(self, code: i64) -> Value {
        match self {
            Self::Guangdong | Self::Hubei => json!(code),
            Self::Jiangsu => json!(code.to_string()),
        }
    }

    /// An amount in fen as this manner writes it.
    pub(super) fn money(self, fen: i64) -> Value {
        match self {
            // Exact: a sum of money is far below what a double holds to the hundredth.
            Self::Guangdong | Self::Hubei => json!(fen as f64 / 100.0),
            Self::Jiangsu => {
                let (sign, fen) = (if fen < 0 { "-" } else { "" }, fen.abs());
                json!(format!("{sign}{}.{:02}", fen / 100, fen % 100))
            }
        }
    }

    /// Whether `fund_pay_sumamt` counts the account in.
    pub(super) fn counts_account_as_fund(self) -> bool {
        self == Self::Guangdong
    }

    /// Whether stock calls of the A forms tell of their success a second time.
    pub(super) fn has_second_result(self) -> bool {
        self == Self::Hubei
    }

    /// The headers of an answer, as many and as odd as the province's web servers add.
    pub(super) fn answer_headers(self, clock: &Clock, content: &str) -> Vec<(String, String)> {
        let headers = match self {
            Self::Guangdong => vec![
                ("Server", "rio-gateway".to_owned()),
                ("Date", clock::http_date(clock.now_ms())),
                ("Content-Type", content.to_owned()),
                ("X-Tif-RequestId", clock.serial().to_string()),
                ("set-cookie", "route=a; Path=/".to_owned()),
                ("Set-Cookie", "zone=b; Path=/".to_owned()),
                ("Vary", "Accept-Encoding".to_owned()),
            ],
            // Neither a date nor a server's name: whoever relays adds none.
            Self::Hubei => vec![("content-type", content.to_owned())],
            Self::Jiangsu => vec![
                ("_inner_ecsb_request_id", clock.serial().to_string()),
                ("_inner_ecsb_trace_id", format!("1e{:06x}", clock.serial())),
                ("Content-Type", content.to_owned()),
                ("CSB-Gateway", "broker-1".to_owned()),
            ],
        };
        let owned = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        owned.collect()
    }

    /// How the end of an answer is told.
    pub(super) fn framing(self) -> Framing {
        match self {
            Self::Guangdong => Framing::Length("Content-Length"),
            Self::Hubei => Framing::Length("content-length"),
            Self::Jiangsu => Framing::Chunked,
        }
    }
}

/// Why a request was not even looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// Nothing is served there.
    NoSuchPath,
    /// Unknown, unsigned, or signed at another time.
    Stranger,
}

fn known(is_known: bool) -> Result<(), Refused> {
    is_known.then_some(()).ok_or(Refused::Stranger)
}

/// SPEC: lower-case hex of SHA-256 over timestamp, key, nonce, timestamp; the body is not in it.
fn tif_signature(at: &str, nonce: &str) -> String {
    let signed = format!("{at}{SIGNING_KEY}{nonce}{at}");
    let digest = digest::digest(&digest::SHA256, signed.as_bytes());
    let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

fn csb_parameters(at: &str) -> Vec<(&'static str, String)> {
    vec![
        // SPEC: spelt so.
        ("_api_name", "hssServives".to_owned()),
        ("_api_version", "1.0.0".to_owned()),
        ("_api_timestamp", at.to_owned()),
        ("_api_access_key", ACCESS_KEY.to_owned()),
    ]
}

/// SPEC: Base64 of HMAC-SHA1 over the parameters, sorted, as `k=v&k=v`.
fn csb_signature(parameters: &[(&str, String)]) -> String {
    let mut pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.sort();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SIGNING_KEY.as_bytes());
    STANDARD.encode(hmac::sign(&key, pairs.join("&").as_bytes()))
}
