//! A till that speaks the national interface, as it always did; only its platform's address is now
//! the gateway's.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::Value;

use super::DemoError;
use super::client;
use super::exchange::{Exchange, Said};
use super::platform::{Insured, now};
use super::scene::text;
use super::stage::{STORE, Stage};
use pharmacy_base::digest::sha256;

/// A call as the till wrote it, kept for sending it again.
pub(super) struct Message {
    infno: &'static str,
    pub(super) msgid: String,
    body: String,
}

/// What is on the receipt: one line.
pub(super) struct Line<'a> {
    pub(super) sku: &'a str,
    /// The insurance code that the till claims.
    pub(super) code: &'a str,
    pub(super) price: &'a str,
    /// The trace code, where the till's own scanner read one.
    pub(super) pack: Option<&'a str>,
}

impl<'a> Line<'a> {
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
    /// Writes a call under a message id of its own.
    pub(super) fn write(&mut self, infno: &'static str, input: &str) -> Message {
        let number = self.next_number();
        let msgid = format!("{STORE}{}{number:04}", now("%Y%m%d%H%M%S"));
        let at = now("%Y-%m-%d %H:%M:%S");
        // Spaces, a last zero and a member of the vendor's own: what a relay that reads and writes
        // anew would lose.
        let body = format!(
            "{{\"infno\":\"{infno}\",\"msgid\":\"{msgid}\",\"mdtrtarea_admvs\":\"440300\",\
             \"insuplc_admdvs\":\"440300\",\"recer_sys_code\":\"YBXT\",\"infver\":\"V1.0\",\
             \"opter_type\":\"1\",\"opter\":\"001\",\"opter_name\":\"收银员\",\
             \"inf_time\":\"{at}\",\"fixmedins_code\":\"{STORE}\",\"sign_no\":\"\",\
             \"x_vendor\": {{ \"build\" : 7.10 }} ,\"input\":{input}}}"
        );
        Message { infno, msgid, body }
    }

    /// Writes a call and sends it.
    pub(super) async fn relay(
        &mut self,
        infno: &'static str,
        input: &str,
    ) -> Result<Exchange, DemoError> {
        let message = self.write(infno, input);
        self.transmit(&message).await
    }

    /// Sends a call to the gateway, byte for byte as it was written.
    pub(super) async fn transmit(&self, message: &Message) -> Result<Exchange, DemoError> {
        let known = self.platform().arrivals(&message.msgid).len();
        let start = self.entries().await?;
        let target = format!("/t/{}/hsa/call", self.client.token);
        let request = client::request(self.gateway(), Method::POST, &target)
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-Vendor-POS", "demo")
            .body(Body::from(message.body.clone()))
            .map_err(|_| DemoError::Answer("request"))?;
        let heard = match client::send(self.gateway(), request).await {
            Ok(response) => Some(Said {
                status: response.status().as_u16(),
                envelope: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
                digest: sha256(response.body()),
            }),
            // Closed without an answer: all that a till hears of a cut connection.
            Err(DemoError::Http(_)) => None,
            Err(error) => return Err(error),
        };
        let end = self.entries().await?;
        let arrivals = self.platform().arrivals(&message.msgid).split_off(known);
        Ok(Exchange {
            infno: message.infno,
            msgid: message.msgid.clone(),
            asked: sha256(message.body.as_bytes()),
            heard,
            arrivals,
            entries: start..end,
        })
    }

    /// `input` of 2101 and 2102: a receipt of one line.
    pub(super) fn receipt(&mut self, person: &Insured, line: &Line<'_>) -> String {
        let serial = format!("DEMO{:08}-1", self.next_number());
        let at = now("%Y-%m-%d %H:%M:%S");
        let Insured { psn_no, .. } = person;
        let (kind, shown) = person.credential;
        let Line {
            sku,
            code,
            price,
            pack,
        } = line;
        let pack = pack.map(|pack| format!("[{{\"drug_trac_codg\":\"{pack}\"}}]"));
        let packs = pack.map_or(String::new(), |pack| format!(",\"drugtracinfo\":{pack}"));
        format!(
            "{{\"druginfo\":{{\"psn_no\":\"{psn_no}\",\"mdtrt_cert_type\":\"{kind}\",\
             \"mdtrt_cert_no\":\"{shown}\",\"begntime\":\"{at}\",\"medfee_sumamt\":{price},\
             \"insutype\":\"310\",\"acct_used_flag\":\"1\",\"med_type\":\"41\"}},\
             \"drugdetail\":[{{\"feedetl_sn\":\"{serial}\",\"rxno\":\"\",\
             \"rx_circ_flag\":\"0\",\"fee_ocur_time\":\"{at}\",\
             \"med_list_codg\":\"{code}\",\"medins_list_codg\":\"{sku}\",\
             \"det_item_fee_sumamt\":{price},\"cnt\":1.0000,\"pric\":{price}{packs}}}]}}"
        )
    }

    async fn status(&self) -> Result<Value, DemoError> {
        let client = &self.client;
        client.must(Method::GET, "/v1/status", &Value::Null).await
    }

    /// How many entries the log has.
    pub(super) async fn entries(&self) -> Result<u64, DemoError> {
        number(&self.status().await?, "/entries")
    }

    /// How many attempts are in doubt.
    pub(super) async fn in_doubt(&self) -> Result<u64, DemoError> {
        number(&self.status().await?, "/in_doubt")
    }

    /// The attempt under a message id, as the local API shows it; null where there is none. Closed
    /// sales are in no list, so the sales' numbers are walked.
    pub(super) async fn attempt(&self, msgid: &str) -> Result<Value, DemoError> {
        let status = self.status().await?;
        let log = text(&status, "/origin").rsplit('/').next();
        let log = log.unwrap_or_default();
        let (mut found, mut gap) = (Value::Null, 0);
        for number in 0_u64.. {
            let path = format!("/v1/sales/{log}-{number}");
            let shown = self.client.call(Method::GET, &path, &Value::Null).await?;
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

fn number(status: &Value, path: &'static str) -> Result<u64, DemoError> {
    let number = status.pointer(path).and_then(Value::as_u64);
    number.ok_or(DemoError::Answer("status"))
}

/// `input` of 1101: what the customer showed.
pub(super) fn insured(person: &Insured) -> String {
    let (kind, shown) = person.credential;
    format!("{{\"data\":{{\"mdtrt_cert_type\":\"{kind}\",\"mdtrt_cert_no\":\"{shown}\"}}}}")
}

/// `input` of 2103.
pub(super) fn reversal(person: &Insured, settlement: &str, visit: &str) -> String {
    let psn_no = person.psn_no;
    format!(
        "{{\"data\":{{\"setl_id\":\"{settlement}\",\"mdtrt_id\":\"{visit}\",\
         \"psn_no\":\"{psn_no}\"}}}}"
    )
}

/// `input` of 2601.
pub(super) fn undoing(person: &Insured, omsgid: &str) -> String {
    let psn_no = person.psn_no;
    format!("{{\"data\":{{\"psn_no\":\"{psn_no}\",\"omsgid\":\"{omsgid}\",\"oinfno\":\"2102\"}}}}")
}

/// `input` of 5203: all that stands of a person.
pub(super) fn query(person: &Insured) -> String {
    let psn_no = person.psn_no;
    format!("{{\"data\":{{\"psn_no\":\"{psn_no}\",\"setl_id\":\"\",\"mdtrt_id\":\"\"}}}}")
}
