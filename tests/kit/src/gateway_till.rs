//! A till that speaks the national interface, to the platform itself or to an agent's gateway before
//! it; it cannot tell which.
//!
//! In scope: every known call in the platform's three manners, with the bytes under the test's
//! control (order of members, number formats, spellings of the trace codes, headers), on one
//! connection or a new one each. Out of scope: the local API ([`crate::till`]).

mod basket;
mod input;
mod protected;
mod said;

use std::io;
use std::net::SocketAddr;

pub use basket::{Basket, CODE, Line, Numbers, STORE, Settled, Traces, token};
pub use input::{benefits, insured, insured_by, mapping, query, reversal, stock, undoing};
pub use protected::{Attempt, Protected};
pub use said::{Said, assert_same};
use serde_json::Value;

use crate::http::{Client, Connection, Request, Response};
use crate::platform::{Manner, START_MS, time_text};

/// A till program.
#[derive(Debug)]
pub struct GatewayTill {
    /// How its province speaks.
    pub manner: Manner,
    /// How it writes numbers.
    pub numbers: Numbers,
    /// How it writes trace codes.
    pub traces: Traces,
    /// `sign_no`, from 9001.
    pub sign_no: String,
    client: Client,
    prefix: String,
    calls: u64,
}

impl GatewayTill {
    /// A till that calls the platform itself, a connection a call.
    pub fn direct(manner: Manner, platform: SocketAddr) -> Self {
        Self::at(manner, platform, String::new())
    }

    /// A till that calls an agent's gateway by its secret, a connection a call.
    pub fn through(manner: Manner, gateway: SocketAddr, secret: &str) -> Self {
        Self::at(manner, gateway, format!("/t/{secret}"))
    }

    fn at(manner: Manner, address: SocketAddr, prefix: String) -> Self {
        let (numbers, traces) = match manner {
            Manner::Guangdong => (Numbers::Bare, Traces::Nested),
            Manner::Hubei => (Numbers::Bare, Traces::Joined),
            Manner::Jiangsu => (Numbers::Quoted, Traces::Camel),
        };
        Self {
            manner,
            numbers,
            traces,
            sign_no: String::new(),
            client: Client::new(address),
            prefix,
            calls: 0,
        }
    }

    /// The same on one connection for all its calls.
    #[must_use]
    pub fn kept(mut self) -> Self {
        self.client = self.client.connection(Connection::KeepAlive);
        self
    }

    /// The same with its message ids counted from here: two tills of one store share none.
    #[must_use]
    pub fn counting_from(mut self, calls: u64) -> Self {
        self.calls = calls;
        self
    }

    /// The message id of the next call.
    pub fn next_msgid(&self) -> String {
        let at = time_text(START_MS, "%Y%m%d%H%M%S");
        format!("{STORE}{at}{:04}", self.calls + 1)
    }

    /// The envelope around an input, the members in the order of the interface's own table.
    pub fn envelope(&self, infno: &str, msgid: &str, input: &str) -> String {
        let (area, sign_no) = (self.manner.area(), &self.sign_no);
        let at = time_text(START_MS, "%Y-%m-%d %H:%M:%S");
        let input = match self.manner {
            Manner::Hubei => Value::String(input.to_owned()).to_string(),
            Manner::Guangdong | Manner::Jiangsu => input.to_owned(),
        };
        format!(
            "{{\"infno\":\"{infno}\",\"msgid\":\"{msgid}\",\"mdtrtarea_admvs\":\"{area}\",\
             \"insuplc_admdvs\":\"{area}\",\"recer_sys_code\":\"YBXT\",\"dev_no\":\"\",\
             \"dev_safe_info\":\"\",\"cainfo\":\"\",\"signtype\":\"SM3\",\"infver\":\"V1.0\",\
             \"opter_type\":\"1\",\"opter\":\"001\",\"opter_name\":\"收银员\",\
             \"inf_time\":\"{at}\",\"fixmedins_code\":\"{STORE}\",\
             \"fixmedins_name\":\"某某大药房\",\"sign_no\":\"{sign_no}\",\
             \"x_vendor\": {{ \"build\" : 7.10 }} ,\"input\":{input}}}"
        )
    }

    /// A call as it would be sent next; the message id is used up.
    pub fn request(&mut self, infno: &str, input: &str) -> Request {
        let msgid = self.next_msgid();
        self.calls += 1;
        let body = self.envelope(infno, &msgid, input);
        self.posted(infno, body.into_bytes())
    }

    /// Any bytes, posted where a call goes and signed.
    pub fn posted(&self, infno: &str, body: Vec<u8>) -> Request {
        let target = format!("{}{}", self.prefix, self.manner.target(infno));
        let mut request = Request::new("POST", &target).body(body);
        // Tills ask for nothing to be repeated: each call has a nonce of its own.
        let nonce = format!("{:032}", self.calls);
        for (name, value) in self.manner.headers(START_MS, &nonce) {
            request = request.header(&name, &value);
        }
        request
    }

    /// Any request to a path behind the prefix.
    pub fn elsewhere(&self, method: &str, path: &str) -> Request {
        Request::new(method, &format!("{}{path}", self.prefix))
    }

    /// The bytes that a call is sent as, for a test that sends them by other means.
    pub fn bytes(&self, request: &Request) -> Vec<u8> {
        self.client.bytes(request)
    }

    /// Sends what was made before, once; a broken exchange is left to the test.
    pub fn try_send(&mut self, request: &Request) -> io::Result<Response> {
        self.client.send(request)
    }

    /// Sends what was made before; a broken exchange fails the test.
    #[track_caller]
    pub fn send(&mut self, request: &Request) -> Response {
        let answer = self.try_send(request);
        answer.unwrap_or_else(|error| panic!("{error}: {request:?}"))
    }

    /// Makes a call and sends it.
    #[track_caller]
    pub fn call(&mut self, infno: &str, input: &str) -> Response {
        let request = self.request(infno, input);
        self.send(&request)
    }

    /// Makes a call, sends it, and says its output; anything but success fails the test.
    #[track_caller]
    pub fn must(&mut self, infno: &str, input: &str) -> Value {
        let answer = self.call(infno, input);
        output(&answer).unwrap_or_else(|| panic!("{infno}: {}", answer.text()))
    }

    /// 1101 with what a phone shows.
    pub fn identify(&mut self, psn_no: &str) -> Value {
        self.must("1101", &insured(psn_no))
    }

    /// Identifies and settles; says the settlement, or fails the test.
    #[track_caller]
    pub fn settle(&mut self, basket: &Basket) -> Settled {
        self.identify(&basket.psn_no);
        let input = self.settlement(basket);
        settled(&self.must("2102", &input))
    }

    /// A number as this till writes it.
    fn number(&self, text: &str) -> String {
        match self.numbers {
            Numbers::Bare => text.to_owned(),
            Numbers::Quoted => format!("\"{text}\""),
        }
    }

    /// `input` of 2101 and 2102.
    pub fn settlement(&self, basket: &Basket) -> String {
        let lines = self.lines(basket, "");
        let total = self.number(&basket.total);
        let joined = self.joined_traces(basket);
        format!(
            "{{\"druginfo\":{{\"psn_no\":\"{}\",\"mdtrt_cert_type\":\"{}\",\
             \"mdtrt_cert_no\":\"{}\",\"begntime\":\"2026-07-01 10:31:00\",\
             \"medfee_sumamt\":{total},\"invono\":\"\",\"insutype\":\"310\",\"dise_codg\":\"\",\
             \"dise_name\":\"\",\"acct_used_flag\":\"1\",\"med_type\":\"41\",\
             \"expContent\":null}},\"drugdetail\":[{lines}]{joined}}}",
            basket.psn_no, basket.certificate, basket.token
        )
    }

    /// `input` of 2204: the lines, each with what joins it to its settlement.
    pub fn fees(&self, basket: &Basket, mdtrt_id: &str, batch: &str) -> String {
        let visit = format!(
            "\"psn_no\":\"{}\",\"mdtrt_id\":\"{mdtrt_id}\",\"chrg_bchno\":\"{batch}\",",
            basket.psn_no
        );
        let (lines, joined) = (self.lines(basket, &visit), self.joined_traces(basket));
        format!("{{\"feedetail\":[{lines}]{joined}}}")
    }

    /// `input` of 2206 and 2207.
    pub fn uploaded(&self, basket: &Basket, mdtrt_id: &str, batch: &str) -> String {
        let total = self.number(&basket.total);
        format!(
            "{{\"data\":{{\"psn_no\":\"{}\",\"mdtrt_cert_type\":\"{}\",\
             \"mdtrt_cert_no\":\"{}\",\"med_type\":\"41\",\"medfee_sumamt\":{total},\
             \"psn_setlway\":\"01\",\"mdtrt_id\":\"{mdtrt_id}\",\"chrg_bchno\":\"{batch}\",\
             \"acct_used_flag\":\"1\",\"insutype\":\"310\"}}}}",
            basket.psn_no, basket.certificate, basket.token
        )
    }

    fn lines(&self, basket: &Basket, visit: &str) -> String {
        let lines = basket.lines.iter().enumerate().map(|(place, line)| {
            let serial = serial(basket, place);
            let Line { sku, code, .. } = line;
            let [amount, count, price] =
                [&line.amount, &line.count, &line.price].map(|text| self.number(text));
            let traces = self.nested_traces(&line.packs);
            format!(
                "{{{visit}\"feedetl_sn\":\"{serial}\",\"rxno\":\"\",\"rx_circ_flag\":\"0\",\
                 \"fee_ocur_time\":\"2026-07-01 10:31:00\",\"med_list_codg\":\"{code}\",\
                 \"medins_list_codg\":\"{sku}\",\"det_item_fee_sumamt\":{amount},\"cnt\":{count},\
                 \"pric\":{price},\"sin_dos_dscr\":\"\",\"used_frqu_dscr\":\"\",\"prd_days\":1,\
                 \"medc_way_dscr\":\"\",\"bilg_dr_codg\":\"\",\"bilg_dr_name\":\"\",\
                 \"tcmdrug_used_way\":\"\"{traces}}}"
            )
        });
        lines.collect::<Vec<_>>().join(",")
    }

    /// The node of a line that holds its trace codes, with the comma before it.
    fn nested_traces(&self, packs: &[String]) -> String {
        let nodes: Vec<_> = packs
            .iter()
            .map(|pack| format!("{{\"drug_trac_codg\":\"{pack}\"}}"))
            .collect();
        match (self.traces, nodes.as_slice()) {
            (_, []) | (Traces::Joined, _) => String::new(),
            (Traces::Single, [node]) => format!(",\"drugtracinfo\":{node}"),
            (Traces::Camel, nodes) => format!(",\"drugTracInfo\":[{}]", nodes.join(",")),
            (Traces::Nested | Traces::Single, nodes) => {
                format!(",\"drugtracinfo\":[{}]", nodes.join(","))
            }
        }
    }

    /// The node beside the lines, with the comma before it.
    fn joined_traces(&self, basket: &Basket) -> String {
        if self.traces != Traces::Joined {
            return String::new();
        }
        let lines = basket.lines.iter().enumerate();
        let nodes: Vec<_> = lines
            .flat_map(|(place, line)| {
                let serial = serial(basket, place);
                line.packs.iter().map(move |pack| {
                    format!(
                        "{{\"feedetl_sn\":\"{serial}\",\"drug_trac_codg\":\"{pack}\",\
                         \"trdn_flag\":\"0\",\"min_prcunt_type\":\"1\"}}"
                    )
                })
            })
            .collect();
        format!(",\"drug_trac_info\":[{}]", nodes.join(","))
    }
}

fn serial(basket: &Basket, place: usize) -> String {
    format!("{}-{}", basket.receipt, place + 1)
}

/// `output` of an answer that says success, taken out of its string where it came as one.
pub fn output(answer: &Response) -> Option<Value> {
    let envelope: Value = serde_json::from_slice(&unpacked(&answer.body)).ok()?;
    let is_success = envelope["infcode"] == 0 || envelope["infcode"] == "0";
    let output = match &envelope["output"] {
        Value::String(text) => serde_json::from_str(text).ok()?,
        output => output.clone(),
    };
    (answer.status == 200 && is_success).then_some(output)
}

/// Why an answer says no: its `err_msg`; none where it says anything else.
pub fn refusal(answer: &Response) -> Option<String> {
    let envelope: Value = serde_json::from_slice(&unpacked(&answer.body)).ok()?;
    let is_refusal = envelope["infcode"] == -1 || envelope["infcode"] == "-1";
    let why = envelope["err_msg"].as_str()?;
    is_refusal.then(|| why.to_owned())
}

/// The settlement that an output names; none is a mistake of the test.
#[track_caller]
pub fn settled(output: &Value) -> Settled {
    let told = |name: &str| {
        let value = output["setlinfo"][name].as_str();
        value
            .unwrap_or_else(|| panic!("no {name} in {output}"))
            .to_owned()
    };
    Settled {
        setl_id: told("setl_id"),
        mdtrt_id: told("mdtrt_id"),
        psn_no: told("psn_no"),
    }
}

/// The simulator packs without compressing: the stored blocks put together again.
fn unpacked(body: &[u8]) -> Vec<u8> {
    let Some(mut rest) = body.strip_prefix(&[0x1f, 0x8b, 8, 0]) else {
        return body.to_vec();
    };
    let mut out = Vec::new();
    rest = &rest[6..];
    loop {
        let is_last = rest[0] == 1;
        let length = usize::from(u16::from_le_bytes([rest[1], rest[2]]));
        out.extend_from_slice(&rest[5..5 + length]);
        rest = &rest[5 + length..];
        if is_last {
            return out;
        }
    }
}
