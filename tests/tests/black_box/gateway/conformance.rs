//! The relay changes nothing: every known call in all three manners, sent to the platform itself and
//! through the agent, arrives and is answered with the same bytes.
//!
//! In scope: method, path, header names with their case, values, bodies, both ways; that nothing but
//! the till's calls reaches the platform; what is refused instead of relayed. Out of scope: calls
//! that break (`gateway_faults.rs`). What may differ is named at `pharmacy_kit::gateway_till::Said`.

use pharmacy_interface::{Answer, Charset};
use pharmacy_kit::Till;
use pharmacy_kit::gateway_till::{
    Basket, GatewayTill, Line, Protected, Said, Traces, assert_same, benefits, insured, mapping,
    output, query, refusal, reversal, settled, stock, undoing,
};
use pharmacy_kit::http::{Request, Response};
use pharmacy_kit::platform::{Deed, Fault, HUSBAND, Manner, Platform, RESIDENT, WIFE, Which, gzip};
use pharmacy_kit::till::pack;

/// A signed request with another content type.
fn signed(till: &GatewayTill, infno: &str, body: Vec<u8>, content: &str) -> Request {
    let mut request = till
        .elsewhere("POST", &till.manner.target(infno))
        .body(body)
        .header("CONTENT-type", content);
    let headers = till
        .manner
        .headers(pharmacy_kit::platform::START_MS, "form");
    for (name, value) in headers {
        if !name.eq_ignore_ascii_case("content-type") {
            request = request.header(&name, &value);
        }
    }
    request
}

/// A till at work, and what it was answered.
struct Day {
    till: GatewayTill,
    /// The same till at the agent, where there is one.
    agent: Option<Till>,
    heard: Vec<(String, Response)>,
}

impl Day {
    fn new(till: GatewayTill, agent: Option<Till>) -> Self {
        let (till, heard) = (till.kept(), Vec::new());
        Self { till, agent, heard }
    }

    /// R08: pooled money needs somebody who looked, which the platform never hears of.
    fn look_at_document(&mut self) {
        let Some(agent) = &mut self.agent else {
            return;
        };
        let sales = agent.must("GET", "/v1/sales", &serde_json::Value::Null);
        let sales = sales["sales"].as_array().unwrap().iter();
        let open = sales.filter(|sale| sale["phase"] == "open");
        let counter = |sale: &&serde_json::Value| -> u64 {
            let id = sale["sale"].as_str().unwrap();
            id.rsplit('-').next().unwrap().parse().unwrap()
        };
        let newest = open.max_by_key(counter).expect("1101 opened a sale");
        let path = format!("/v1/sales/{}/evidence", newest["sale"].as_str().unwrap());
        let seen = serde_json::json!({"source": "document", "role": "holder", "staff": "S07"});
        agent.must("POST", &path, &seen);
    }

    fn send(&mut self, what: &str, request: &Request) -> Response {
        let answer = self.till.send(request);
        self.heard.push((what.to_owned(), answer.clone()));
        answer
    }

    fn call(&mut self, infno: &str, input: &str) -> Response {
        let request = self.till.request(infno, input);
        self.send(infno, &request)
    }

    fn must(&mut self, infno: &str, input: &str) -> serde_json::Value {
        let answer = self.call(infno, input);
        let found = output(&answer);
        found.unwrap_or_else(|| panic!("{infno}: {}", String::from_utf8_lossy(&answer.body)))
    }

    /// Everything that a till says, in the order of a day.
    fn work(&mut self) {
        self.open();
        self.sell_at_pharmacy("", WIFE, 1);
        self.sell_at_pharmacy("A", HUSBAND, 2);
        self.sell_by_upload("", RESIDENT, 3);
        self.sell_by_upload("A", RESIDENT, 4);
        self.sell_and_undo(5);
        self.count_stock();
        self.send_files();
        self.say_what_nobody_knows();
        self.close();
    }

    fn open(&mut self) {
        let told = self.must(
            "9001",
            r#"{"signIn":{"opter_no":"001","mac":"00-00","ip":"192.0.2.7"}}"#,
        );
        self.till.sign_no = told["signinoutb"]["sign_no"].as_str().unwrap().to_owned();
        self.must("3301", &mapping());
        self.must("2001", &benefits(WIFE));
        // Somebody nobody knows: the platform's own refusal passes as it is.
        let unknown = self.call("1101", &insured("PSN-NOBODY"));
        assert!(refusal(&unknown).is_some());
    }

    /// The A forms have the same nodes.
    fn sell_at_pharmacy(&mut self, form: &str, person: &str, number: u64) {
        let packs = [pack(number)];
        let basket = Basket::otc(person, &format!("R{number}"), &packs);
        self.must("1101", &insured(person));
        let input = self.till.settlement(&basket);
        self.must(&format!("2101{form}"), &input);
        let settlement = settled(&self.must(&format!("2102{form}"), &input));
        let sold = format!("3505{form}");
        let batch = format!("SALE-{number}");
        self.must(&sold, &stock(&sold, &batch, Some(&settlement), &packs[0]));
        self.must("5203", &query(person, Some(&settlement)));
        self.must("5203", &query(person, None));
        self.must("5204", &query(person, Some(&settlement)));
        self.must(&format!("2103{form}"), &reversal(&settlement));
        let back = format!("3506{form}");
        self.must(&back, &stock(&back, &batch, Some(&settlement), &packs[0]));
    }

    fn sell_by_upload(&mut self, form: &str, person: &str, number: u64) {
        let packs = [pack(number)];
        let basket = Basket::otc(person, &format!("R{number}"), &packs);
        let (visit, batch) = (format!("V{number}"), format!("B{number}"));
        self.must("1101", &insured(person));
        self.look_at_document();
        let lines = self.till.fees(&basket, &visit, &batch);
        self.must(&format!("2204{form}"), &lines);
        let head = self.till.uploaded(&basket, &visit, &batch);
        self.must(&format!("2206{form}"), &head);
        let settlement = settled(&self.must(&format!("2207{form}"), &head));
        self.must(&format!("2208{form}"), &reversal(&settlement));
    }

    fn sell_and_undo(&mut self, number: u64) {
        self.must("1101", &insured(WIFE));
        let basket = Basket::otc(WIFE, &format!("R{number}"), &[pack(number)]);
        let input = self.till.settlement(&basket);
        let msgid = self.till.next_msgid();
        self.must("2102", &input);
        self.must("2601", &undoing(WIFE, &msgid, "2102"));
    }

    fn count_stock(&mut self) {
        for number in [3501, 3502, 3503, 3504, 3507] {
            for form in ["", "A"] {
                let infno = format!("{number}{form}");
                // What is deleted is what was counted.
                let of = if number == 3507 { 3501 } else { number };
                let batch = format!("STOCK-{of}{form}");
                self.must(&infno, &stock(&infno, &batch, None, &pack(90)));
            }
        }
        // Refused by the platform, in the A form a second level down where the province does so.
        for infno in ["3501", "3501A"] {
            self.call(
                infno,
                r#"{"invinfo":{},"invinfoDetail":[{"memo":"no batch"}]}"#,
            );
        }
        self.must("3302", &mapping());
    }

    fn send_files(&mut self) {
        let json = r#"{"fsUploadIn":{"in":[80,75,3,4,255],"filename":"a.zip","fixmedins_code":"P44030000001"}}"#;
        let told = self.must("9101", json);
        let number = told["file_qury_no"].as_str().unwrap().to_owned();
        let down = format!(
            r#"{{"fsDownloadIn":{{"file_qury_no":"{number}","filename":"plc","fixmedins_code":"P44030000001"}}}}"#
        );
        assert_eq!(self.call("9102", &down).body.len(), 5);
        let large = down.replace(&number, LARGE);
        assert_eq!(self.call("9102", &large).body.len() as u64, LARGE_SIZE);

        // Larger than any message, and not all of it text.
        let file: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 253) as u8).collect();
        let msgid = self.till.next_msgid();
        let envelope = self.till.envelope("9101", &msgid, json);
        let form = [
            "--=X=\r\nContent-Disposition: form-data; name=\"jsonStr\"\r\n\r\n".as_bytes(),
            envelope.as_bytes(),
            "\r\n--=X=\r\nContent-Disposition: form-data; name=\"file\"; filename=\"对账.zip\"\r\n\r\n"
                .as_bytes(),
            &file,
            b"\r\n--=X=--\r\n",
        ];
        let request = self.signed(
            "9101",
            form.concat(),
            "multipart/form-data; boundary=\"=X=\"",
        );
        assert!(output(&self.send("9101 as a form", &request)).is_some());
    }

    /// A signed request with another content type.
    fn signed(&self, infno: &str, body: Vec<u8>, content: &str) -> Request {
        signed(&self.till, infno, body, content)
    }

    fn say_what_nobody_knows(&mut self) {
        // A long answer, and calls that the platform has not opened.
        self.must("1901", r#"{"data":{"type":"MED_TYPE","page_size":20000}}"#);
        for infno in [
            "1201", "2161", "3101", "3202", "5301", "13203", "8888", "D001",
        ] {
            assert!(refusal(&self.call(infno, "{}")).is_some(), "{infno}");
        }
        self.break_off();
        let target = self.till.manner.target("7777");
        let bodies: [&[u8]; 4] = [
            b"\x00\xff\xfe not text",
            b"",
            b"\xef\xbb\xbf{\"infno\":\"7777\",\"input\":\"\xc4\xe3\xba\xc3\"}",
            b"{\"appId\":\"a\",\"encType\":\"SM4\",\"encData\":\"0A1B\",\"signData\":\"c2ln\"}",
        ];
        for body in bodies {
            let request = self.signed("7777", body.to_vec(), "application/octet-stream");
            self.send("bytes", &request);
        }
        let chunked = self
            .till
            .elsewhere("POST", &target)
            .header("Transfer-Encoding", "chunked")
            .body("5\r\n{\"inf\r\n9\r\nno\":null}\r\n0\r\n\r\n");
        self.send("chunks", &chunked);
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/a%2Fb/../c;d=1//e?x=%e4%BD&&y=a+b&x=2#"),
            ("PUT", "/ebus/"),
            ("DELETE", "/CSB?q"),
            ("OPTIONS", "/hsa/call"),
            ("HEAD", "/hsa/call"),
        ] {
            let request = self
                .till
                .elsewhere(method, path.trim_end_matches('#'))
                .header("apiKey", "k-1")
                .header("Authorization", "Bearer vendor.token")
                .header("X-Twice", "one")
                .header("X-Twice", "two")
                .header("x-empty", "")
                .header("X-Vendor_Under", "门店=1; a=\"b\"")
                .header("User-Agent", "POS/7.1 (Windows NT 6.1)")
                .header("Cookie", "route=a; zone=b");
            self.send(path, &request);
        }
    }

    /// Pages of web servers on the way, whatever the status.
    fn break_off(&mut self) {
        for status in BROKEN {
            let answer = self.call(&format!("6{status}"), "{}");
            assert_eq!(answer.status, status);
        }
    }

    fn close(&mut self) {
        let sign_no = self.till.sign_no.clone();
        self.must(
            "9002",
            &format!(r#"{{"signOut":{{"sign_no":"{sign_no}","opter_no":"001"}}}}"#),
        );
    }
}

/// Statuses that a gateway on the way answers with; a redirect among them, which nobody follows.
const BROKEN: [u16; 5] = [302, 403, 500, 502, 503];
/// The number of the first file that a platform is given, and how large it is.
const LARGE: &str = "LARGE";
const LARGE_SIZE: u64 = 1_500_000;

fn prepare(platform: &Platform) {
    platform.keep_file(LARGE, LARGE_SIZE);
    for status in BROKEN {
        let fault = Fault::HttpStatus(status, Deed::Undone);
        platform.break_next(Which::infno(&format!("6{status}")), 1, fault);
    }
}

/// A day at a platform, by whichever way the till reaches it.
fn day(platform: &Platform, till: GatewayTill, agent: Option<Till>) -> Day {
    prepare(platform);
    let mut day = Day::new(till, agent);
    day.work();
    day
}

/// Compares what arrived at two platforms, and what their tills heard.
fn assert_equal((direct, plain): (&Platform, &Day), (behind, relayed): (&Platform, &Day)) {
    let manner = direct.manner();
    let (sent, arrived) = (direct.record().all(), behind.record().all());
    for (place, (sent, arrived)) in sent.iter().zip(&arrived).enumerate() {
        let what = format!("{manner:?}: request {place}, {:?}", sent.infno);
        let (sent, arrived) = (&sent.request, &arrived.request);
        assert_same(&what, Said::request(sent), Said::request(arrived));
    }
    let (sent, arrived) = (sent.len(), arrived.len());
    assert_eq!(
        sent, arrived,
        "{manner:?}: nothing but the till's calls arrives"
    );
    assert!(behind.connections() <= arrived, "{manner:?}: no probes");
    for ((what, direct), (_, relayed)) in plain.heard.iter().zip(&relayed.heard) {
        let what = format!("{manner:?}: answer to {what}");
        assert_same(&what, Said::answer(direct), Said::answer(relayed));
    }
    println!("{manner:?}: {} calls, equal both ways", plain.heard.len());
}

fn conform(manner: Manner) {
    let direct = Platform::start(manner);
    let plain = day(&direct, GatewayTill::direct(manner, direct.address()), None);
    let shop = Protected::start(manner);
    let relayed = day(&shop.platform, shop.till(), Some(shop.api()));
    assert_equal((&direct, &plain), (&shop.platform, &relayed));
    assert_eq!(shop.in_doubt(), 0);
}

#[test]
fn two_days_without_an_agent_are_the_same_and_a_changed_byte_is_seen() {
    for manner in Manner::ALL {
        let platforms = [(); 2].map(|()| Platform::start(manner));
        let days = platforms.each_ref().map(|platform| {
            day(
                platform,
                GatewayTill::direct(manner, platform.address()),
                None,
            )
        });
        assert_equal((&platforms[0], &days[0]), (&platforms[1], &days[1]));
        let (_, answer) = &days[0].heard[1];
        let said = Said::answer(answer);
        let mut changed = answer.clone();
        changed.body[0] ^= 1;
        assert_ne!(said, Said::answer(&changed));
        let mut changed = answer.clone();
        changed.headers[0].0 = changed.headers[0].0.to_uppercase();
        assert_ne!(said, Said::answer(&changed));
        let mut changed = answer.clone();
        changed.headers.push(("date".into(), "now".into()));
        assert_ne!(said, Said::answer(&changed));
    }
}

#[test]
fn guangdong_calls_pass_byte_for_byte() {
    conform(Manner::Guangdong);
}

#[test]
fn hubei_calls_pass_byte_for_byte() {
    conform(Manner::Hubei);
}

#[test]
fn jiangsu_calls_pass_byte_for_byte() {
    conform(Manner::Jiangsu);
}

#[test]
fn every_spelling_of_the_trace_codes_settles_through_the_agent() {
    for traces in [
        Traces::Camel,
        Traces::Joined,
        Traces::Nested,
        Traces::Single,
    ] {
        let shop = Protected::start(Manner::Guangdong);
        let mut till = shop.till();
        till.traces = traces;
        till.settle(&Basket::otc(WIFE, "R1", &[pack(1)]));
        assert_eq!(shop.platform.settlements().len(), 1, "{traces:?}");
    }
}

#[test]
fn what_breaks_a_rule_is_refused_in_the_platforms_envelope_and_never_leaves() {
    for manner in Manner::ALL {
        let shop = Protected::start(manner);
        let mut till = shop.till();
        till.identify(WIFE);
        let msgid = till.next_msgid();
        let input = till.settlement(&Basket::of(WIFE, "R1", Line::toothbrush()));
        let request = till.request("2102", &input);
        let answer = till.send(&request);
        assert_eq!(answer.status, 200, "{manner:?}");
        let why = refusal(&answer).unwrap_or_else(|| panic!("{manner:?}: {}", answer.text()));
        assert!(
            why.chars().count() <= 200 && !why.is_ascii(),
            "{manner:?}: {why}"
        );
        let envelope = answer.json();
        let is_text = envelope["infcode"].is_string();
        assert_eq!(is_text, manner == Manner::Jiangsu, "{envelope}");
        assert!(
            envelope["inf_refmsgid"]
                .as_str()
                .is_some_and(|id| id.len() == 30),
            "{envelope}"
        );
        for time in ["refmsg_time", "respond_time"] {
            assert!(
                envelope[time].as_str().is_some_and(|at| at.len() == 17),
                "{envelope}"
            );
        }
        assert_eq!(shop.times_arrived(&msgid), 0, "{manner:?}");
        // Undoing what was never sent is answered here, too.
        let undone = till.call("2601", &undoing(WIFE, &msgid, "2102"));
        assert!(output(&undone).is_some(), "{manner:?}: {}", undone.text());
        assert_eq!(
            shop.platform.record().all().len(),
            1,
            "{manner:?}: 1101 only"
        );
    }
}

/// The same request with its body packed.
fn packed(request: Request) -> Request {
    let body = gzip(request.parts().3);
    request.header("content-Encoding", "gzip").body(body)
}

#[test]
fn a_packed_settlement_is_judged_and_arrives_as_it_was_sent() {
    let shop = Protected::start(Manner::Guangdong);
    let mut till = shop.till();
    till.identify(WIFE);
    let input = till.settlement(&Basket::of(WIFE, "R1", Line::toothbrush()));
    let request = packed(till.request("2102", &input));
    let answer = till.send(&request);
    assert!(refusal(&answer).is_some(), "{}", answer.text());
    assert_eq!(shop.platform.record().all().len(), 1, "1101 only");

    let input = till.settlement(&Basket::otc(WIFE, "R2", &[pack(1)]));
    let msgid = till.next_msgid();
    let request = packed(till.request("2102", &input));
    till.send(&request);
    let arrived = shop.platform.record().all().pop().unwrap().request;
    let (_, _, headers, body) = request.parts();
    assert_eq!(arrived.body, body);
    for header in headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("host"))
    {
        assert!(arrived.headers.contains(header), "{header:?}");
    }
    let length = ("content-length".to_owned(), body.len().to_string());
    assert!(arrived.headers.contains(&length), "{:?}", arrived.headers);
    assert_eq!(shop.attempts().len(), 1);
    shop.attempt(&msgid);
}

/// How a till wraps a call, under which label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wrapping {
    Form,
    Gbk,
    Multipart,
    Wide,
}

impl Wrapping {
    const ALL: [Self; 4] = [Self::Form, Self::Gbk, Self::Multipart, Self::Wide];

    fn request(self, till: &GatewayTill, envelope: &str) -> Request {
        let (content, body) = match self {
            Self::Form => {
                let bytes = envelope.bytes().map(|byte| format!("%{byte:02x}"));
                let form = format!("jsonStr={}", bytes.collect::<String>());
                ("application/x-www-form-urlencoded", form.into_bytes())
            }
            // As a Chinese Windows writes it, without saying so.
            Self::Gbk => ("application/json", Charset::Gbk.encode(envelope)),
            Self::Multipart => (
                "multipart/form-data; boundary=xX",
                format!(
                    "--xX\r\nContent-Disposition: form-data; name=\"jsonStr\"\r\n\r\n{envelope}\r\n--xX--\r\n"
                )
                .into_bytes(),
            ),
            Self::Wide => ("application/json", Charset::Utf16Le.encode(envelope)),
        };
        signed(till, "2102", body, content)
    }

    /// In what the till reads.
    fn charset(self) -> Charset {
        match self {
            Self::Form | Self::Multipart => Charset::Utf8,
            Self::Gbk => Charset::Gbk,
            Self::Wide => Charset::Utf16Le,
        }
    }
}

// R10, R42: whatever a till wraps its settlement in, it is judged, told why in its own letters, and what
// may leave arrives as it was sent.
#[test]
fn a_settlement_in_any_wrapping_is_judged_and_arrives_as_it_was_sent() {
    for wrapping in Wrapping::ALL {
        let shop = Protected::start(Manner::Guangdong);
        let mut till = shop.till();
        till.identify(WIFE);
        let input = till.settlement(&Basket::of(WIFE, "R1", Line::toothbrush()));
        let envelope = till.envelope("2102", "WRAPPED-1", &input);
        let answer = till.send(&wrapping.request(&till, &envelope));
        let told = Answer::parse(&answer.body).unwrap();
        assert!(!told.is_success, "{wrapping:?}");
        let written = Charset::of(&answer.body);
        assert_eq!(written, Some(wrapping.charset()), "{wrapping:?}");
        let kind = ("content-type", wrapping.charset().name());
        let is_labelled = answer.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case(kind.0) && value.ends_with(&format!("charset={}", kind.1))
        });
        assert!(is_labelled, "{wrapping:?}: {:?}", answer.headers);
        assert_eq!(
            shop.platform.record().all().len(),
            1,
            "{wrapping:?}: 1101 only"
        );

        let input = till.settlement(&Basket::otc(WIFE, "R2", &[pack(1)]));
        let envelope = till.envelope("2102", "WRAPPED-2", &input);
        let request = wrapping.request(&till, &envelope);
        till.send(&request);
        let arrived = shop.platform.record().all().pop().unwrap().request;
        assert_eq!(arrived.body, request.parts().3, "{wrapping:?}");
        assert_eq!(shop.attempts().len(), 1, "{wrapping:?}");
        shop.attempt("WRAPPED-2");
    }
}

#[test]
fn strangers_and_web_pages_get_nothing_through() {
    let shop = Protected::start(Manner::Guangdong);
    let mut stranger = GatewayTill::through(Manner::Guangdong, shop.gateway(), "wrong-secret");
    let answer = stranger.call("1101", &insured(WIFE));
    assert!(
        output(&answer).is_none() && answer.status != 200,
        "{}",
        answer.status
    );
    let mut nobody = GatewayTill::direct(Manner::Guangdong, shop.gateway());
    assert_ne!(nobody.call("1101", &insured(WIFE)).status, 200);
    let mut till = shop.till();
    for (name, value) in [
        ("Origin", "http://attacker.test"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Host", "attacker.test"),
    ] {
        let request = till.request("1101", &insured(WIFE)).header(name, value);
        assert_ne!(till.send(&request).status, 200, "{name}");
    }
    assert!(shop.platform.record().all().is_empty());
}

#[test]
fn an_answer_that_comes_twice_is_heard_once() {
    let shop = Protected::start(Manner::Hubei);
    let mut till = shop.till().kept();
    shop.platform
        .break_next(Which::infno("1101"), 1, Fault::AnswerTwice);
    let told = till.identify(WIFE);
    assert_eq!(told["baseinfo"]["psn_no"], WIFE);
    let told = till.identify(HUSBAND);
    assert_eq!(told["baseinfo"]["psn_no"], HUSBAND, "a stale answer");
}
