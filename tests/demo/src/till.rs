//! A till that speaks the national interface, as it always did; only its platform's address is now
//! the gateway's. The platform is the tests' own, with two persons whom nobody is.

use std::io::ErrorKind;

use pharmacy_kit::gateway_till::{self, Basket, GatewayTill, Line};
use pharmacy_kit::http::Request;
use pharmacy_kit::platform::{Exchange as Seen, Insured, Manner, Stage as Reached};
use pharmacy_protocol::digest::sha256;
use serde_json::Value;

use super::DemoError;
use super::exchange::{Arrival, Exchange, Said};
use super::scene::text;
use super::stage::Stage;

/// How the store's province speaks.
pub(super) const MANNER: Manner = Manner::Guangdong;

/// The wife of all scenes. The numbers are printed in the standards as examples; nobody bears them.
pub(super) const WIFE: Insured = Insured {
    psn_no: "DEMO-PSN-1",
    certificate: "01",
    certno: "11010519491231002X",
    name: "测试女",
    sex: "2",
    birth: "1949-12-31",
    age: 76.5,
    insurance: "310",
    token: "DEMO-TOKEN-1",
    card: "DEMO-CARD-1",
    balance: 100_000,
};

/// The husband.
pub(super) const HUSBAND: Insured = Insured {
    psn_no: "DEMO-PSN-2",
    certificate: "01",
    certno: "440524188001010014",
    name: "测试男",
    sex: "1",
    birth: "1880-01-01",
    age: 146.5,
    insurance: "310",
    token: "DEMO-TOKEN-2",
    card: "DEMO-CARD-2",
    balance: 100_000,
};

/// How the till found whom it serves.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum By {
    /// The insurance code on their phone, decoded.
    Code,
    /// A number that somebody typed: it shows nobody to be there.
    Number,
}

/// A call as the till wrote it, kept for sending it again.
pub(super) struct Message {
    infno: &'static str,
    pub(super) msgid: String,
    request: Request,
}

/// What is on a receipt: one pack, with its trace code where the till's own scanner read one.
pub(super) struct Item<'a> {
    pub(super) sku: &'a str,
    /// The insurance code that the till claims.
    pub(super) code: &'a str,
    pub(super) price: &'a str,
    pub(super) pack: Option<&'a str>,
}

impl<'a> Item<'a> {
    /// The plain OTC drug.
    pub(super) fn otc(pack: Option<&'a str>) -> Self {
        Self {
            sku: "100057",
            code: OTC,
            price: "19.10",
            pack,
        }
    }

    /// A toothbrush under the plain OTC drug's code.
    pub(super) fn toothbrush() -> Self {
        Self {
            sku: "100112",
            code: OTC,
            price: "10.90",
            pack: None,
        }
    }

    /// A drug that needs a prescription.
    pub(super) fn prescribed(pack: Option<&'a str>) -> Self {
        Self {
            sku: "100235",
            code: "XJ99ZZZ999A001019999903",
            price: "19.10",
            pack,
        }
    }
}

/// The plain OTC drug's insurance code.
const OTC: &str = "ZA99ZZZ9999010199901";

/// How many sale numbers in a row may be missing.
const MAX_GAP: u32 = 3;

impl Stage {
    fn till(&self) -> GatewayTill {
        GatewayTill::through(MANNER, self.gateway(), &self.client.till)
    }

    /// Writes a call under a message id of its own.
    pub(super) fn write(&mut self, infno: &'static str, input: &str) -> Message {
        let number = self.next_number();
        let mut till = self.till().counting_from(number);
        Message {
            infno,
            msgid: till.next_msgid(),
            request: till.request(infno, input),
        }
    }

    /// Writes a call and sends it.
    pub(super) fn relay(
        &mut self,
        infno: &'static str,
        input: &str,
    ) -> Result<Exchange, DemoError> {
        let message = self.write(infno, input);
        self.transmit(&message)
    }

    /// Sends a call to the gateway, byte for byte as it was written.
    pub(super) fn transmit(&self, message: &Message) -> Result<Exchange, DemoError> {
        let known = self.arrivals(&message.msgid).len();
        let start = self.entries()?;
        let heard = match self.till().try_send(&message.request) {
            Ok(answer) => Some(Said {
                status: answer.status,
                envelope: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
                digest: sha256(&answer.body),
            }),
            // Closed without an answer: all that a till hears of a cut connection.
            Err(error) if is_cut(error.kind()) => None,
            Err(error) => return Err(DemoError::Http(error)),
        };
        let end = self.entries()?;
        let (_, _, _, body) = message.request.parts();
        Ok(Exchange {
            infno: message.infno,
            msgid: message.msgid.clone(),
            asked: sha256(body),
            heard,
            arrivals: self.arrivals(&message.msgid).split_off(known),
            entries: start..end,
        })
    }

    /// What came under a message id at the platform, and what it answered.
    fn arrivals(&self, msgid: &str) -> Vec<Arrival> {
        let all = self.platform().record().all().into_iter();
        let under = all.filter(|seen| seen.msgid.as_deref() == Some(msgid));
        under.map(|seen| arrival(&seen)).collect()
    }

    /// `input` of 2101 and 2102: a receipt of one line.
    pub(super) fn receipt(&mut self, person: &Insured, by: By, item: &Item<'_>) -> String {
        let line = Line {
            sku: item.sku.to_owned(),
            code: item.code.to_owned(),
            price: item.price.to_owned(),
            count: "1".to_owned(),
            amount: item.price.to_owned(),
            packs: item.pack.into_iter().map(str::to_owned).collect(),
        };
        let receipt = format!("DEMO{:08}", self.next_number());
        let mut basket = Basket::of(person.psn_no, &receipt, line);
        (basket.certificate, basket.token) = shown(person, by);
        self.till().settlement(&basket)
    }

    fn status(&self) -> Result<Value, DemoError> {
        self.client.must("GET", "/v1/status", &Value::Null)
    }

    /// How many entries the log has.
    pub(super) fn entries(&self) -> Result<u64, DemoError> {
        number(&self.status()?, "/entries")
    }

    /// How many attempts are in doubt.
    pub(super) fn in_doubt(&self) -> Result<u64, DemoError> {
        number(&self.status()?, "/in_doubt")
    }

    /// The attempt under a message id, as the local API shows it; null where there is none. Closed
    /// sales are in no list, so the sales' numbers are walked.
    pub(super) fn attempt(&self, msgid: &str) -> Result<Value, DemoError> {
        let status = self.status()?;
        let log = text(&status, "/origin").rsplit('/').next();
        let log = log.unwrap_or_default();
        let (mut found, mut gap) = (Value::Null, 0);
        for number in 0_u64.. {
            let path = format!("/v1/sales/{log}-{number}");
            let shown = self.client.call("GET", &path, &Value::Null)?;
            gap = if shown.status == 200 { 0 } else { gap + 1 };
            if gap > MAX_GAP {
                break;
            }
            let attempts = shown.body.get("attempts").and_then(Value::as_array);
            let mut attempts = attempts.into_iter().flatten();
            if let Some(attempt) = attempts.find(|attempt| text(attempt, "/msgid") == msgid) {
                found = attempt.clone();
            }
        }
        Ok(found)
    }
}

fn is_cut(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof
    )
}

fn number(status: &Value, path: &'static str) -> Result<u64, DemoError> {
    let number = status.pointer(path).and_then(Value::as_u64);
    number.ok_or(DemoError::Answer("status"))
}

/// What the platform saw, without the heads.
fn arrival(seen: &Seen) -> Arrival {
    let answer = seen.answer.as_deref();
    let answer = answer.filter(|_| seen.stage != Reached::Broken);
    let body = answer.and_then(|bytes| {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        bytes.get(head + 4..)
    });
    Arrival {
        asked: sha256(&seen.request.body),
        answered: body.map(sha256),
    }
}

/// What somebody showed: `mdtrt_cert_type` and `mdtrt_cert_no`.
fn shown(person: &Insured, by: By) -> (&'static str, String) {
    match by {
        By::Code => ("01", person.token.to_owned()),
        By::Number => ("02", person.certno.to_owned()),
    }
}

/// `input` of 1101: what the customer showed.
pub(super) fn insured(person: &Insured, by: By) -> String {
    let (kind, number) = shown(person, by);
    gateway_till::insured_by(kind, &number)
}
