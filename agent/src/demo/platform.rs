//! A stand-in for the insurer's platform: as much of one as the demo's scenes need, on loopback.
//!
//! In scope: 1101, 2101, 2102, 2103, 2601 and 5203 in one manner, for two persons whom nobody is;
//! books that end with the demo; a connection that is cut when a scene asks for it. Out of scope:
//! everything else of a platform. It checks no signature, no drug, no fund and no balance, and says
//! of any other call that it is none. What it shows is what the agent relays.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pharmacy_protocol::term::Fen;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::DemoError;
use super::scene::text;
use pharmacy_base::clock::{Clock, STORE_OFFSET, SystemClock};
use pharmacy_base::digest::sha256;

/// Longest call that is read.
const MAX_CALL: usize = 1 << 20;

/// Says on every answer that no platform gave it.
const MARK: HeaderName = HeaderName::from_static("x-stand-in");

/// Somebody insured, as the platform knows them.
pub(super) struct Insured {
    /// `psn_no`.
    pub(super) psn_no: &'static str,
    /// By what the till found them: `mdtrt_cert_type` and `mdtrt_cert_no`.
    pub(super) credential: (&'static str, &'static str),
    /// Certificate number.
    pub(super) number: &'static str,
    /// Name.
    pub(super) name: &'static str,
    sex: &'static str,
    birth: &'static str,
}

/// The wife of the other scenes.
pub(super) const WIFE: Insured = Insured {
    psn_no: "DEMO-PSN-1",
    // What the insurance code on the phone decodes to.
    credential: ("01", "DEMO-TOKEN-1"),
    number: super::stage::WIFE,
    name: "测试女",
    sex: "2",
    birth: "1949-12-31",
};

/// The husband.
pub(super) const HUSBAND: Insured = Insured {
    psn_no: "DEMO-PSN-2",
    // What the insurance code on the phone decodes to.
    credential: ("01", "DEMO-TOKEN-2"),
    number: super::stage::HUSBAND,
    name: "测试男",
    sex: "1",
    birth: "1880-01-01",
};

impl Insured {
    /// The same, found by the number that somebody typed: it shows nobody to be there.
    pub(super) fn by_number(&self) -> Self {
        Self {
            credential: ("02", self.number),
            ..*self
        }
    }
}

/// A call that arrived.
#[derive(Clone)]
pub(super) struct Arrival {
    msgid: String,
    /// SHA-256 of the call's body.
    pub(super) asked: [u8; 32],
    /// SHA-256 of the answer's body; none where the connection was cut instead.
    pub(super) answered: Option<[u8; 32]>,
}

#[cfg(test)]
impl Arrival {
    /// A call that came with these bytes.
    pub(super) fn for_test(asked: [u8; 32], answered: Option<[u8; 32]>) -> Self {
        Self {
            msgid: String::new(),
            asked,
            answered,
        }
    }
}

/// A settlement in the books.
#[derive(Clone)]
pub(super) struct Settlement {
    /// `setl_id`.
    pub(super) number: String,
    /// `mdtrt_id`.
    pub(super) visit: String,
    /// Does it count?
    pub(super) stands: bool,
    psn_no: String,
    msgid: String,
    amount: Fen,
}

/// What the platform remembers.
#[derive(Default)]
struct Books {
    arrivals: Vec<Arrival>,
    settlements: Vec<Settlement>,
    is_next_cut: bool,
    serial: u64,
}

/// A running stand-in; it ends with its value.
pub(super) struct Platform {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    _tasks: JoinSet<()>,
}

/// The connection is cut instead of an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut off, as the scene asks")]
struct Cut;

impl Platform {
    /// Starts on a port of its own.
    pub(super) async fn start() -> Result<Self, DemoError> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.map_err(DemoError::Process)?;
        let address = listener.local_addr().map_err(DemoError::Process)?;
        let books = Arc::new(Mutex::new(Books::default()));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&books)));
        Ok(Self {
            address,
            books,
            _tasks: tasks,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next settlement is entered into the books, and its connection is cut before the answer.
    pub(super) fn cut_after_next_settlement(&self) {
        lock(&self.books).is_next_cut = true;
    }

    /// How often a call came under a message id, and with which bytes.
    pub(super) fn arrivals(&self, msgid: &str) -> Vec<Arrival> {
        let books = lock(&self.books);
        let under = books.arrivals.iter().filter(|call| call.msgid == msgid);
        under.cloned().collect()
    }

    /// What was settled under a message id, reversals included.
    pub(super) fn settled_under(&self, msgid: &str) -> Vec<Settlement> {
        let books = lock(&self.books);
        let under = books.settlements.iter().filter(|one| one.msgid == msgid);
        under.cloned().collect()
    }
}

fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, books: Arc<Mutex<Books>>) {
    // Connections end with this task.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream, Arc::clone(&books)));
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, books: Arc<Mutex<Books>>) {
    let service = service_fn(move |request| answer(Arc::clone(&books), request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // An end by error is a cut, or a caller that hung up.
    let _ = connection.await;
}

async fn answer(
    books: Arc<Mutex<Books>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let body = to_bytes(Body::new(request.into_body()), MAX_CALL).await;
    let body = body.map_err(|_| Cut)?;
    let answer = lock(&books).take(&body).ok_or(Cut)?;
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json;charset=UTF-8")
        .header(MARK, "pharmacy-agent demo")
        .body(Body::from(answer))
        .map_err(|_| Cut)
}

impl Books {
    /// Takes a call and answers it; none where the connection is to be cut.
    fn take(&mut self, body: &[u8]) -> Option<String> {
        let call: Value = serde_json::from_slice(body).unwrap_or_default();
        let (infno, msgid) = (text(&call, "/infno"), text(&call, "/msgid"));
        let output = self.carry_out(infno, msgid, &call);
        let is_cut = infno == "2102" && std::mem::take(&mut self.is_next_cut);
        self.serial += 1;
        let answer = (!is_cut).then(|| envelope(self.serial, &output));
        self.arrivals.push(Arrival {
            msgid: msgid.to_owned(),
            asked: sha256(body),
            answered: answer.as_ref().map(|answer| sha256(answer.as_bytes())),
        });
        answer
    }

    fn carry_out(&mut self, infno: &str, msgid: &str, call: &Value) -> Result<String, String> {
        match infno {
            "1101" => name(text(call, "/input/data/mdtrt_cert_no")),
            "2101" => Ok(told(&settlement(msgid, call)?)),
            "2102" => {
                let settled = settlement(msgid, call)?;
                Ok(self.enter(settled))
            }
            "2103" => self.reverse(msgid, text(call, "/input/data/setl_id")),
            "2601" => self.undo(text(call, "/input/data/omsgid")),
            "5203" => Ok(self.statement(text(call, "/input/data/psn_no"))),
            _ => Err(format!("演示用平台替身不办理交易[{infno}]")),
        }
    }

    fn enter(&mut self, mut settlement: Settlement) -> String {
        let number = self.settlements.len() + 1;
        settlement.number = format!("4403{number:012}");
        let told = told(&settlement);
        self.settlements.push(settlement);
        told
    }

    fn reverse(&mut self, msgid: &str, number: &str) -> Result<String, String> {
        let mut settlements = self.settlements.iter_mut();
        let settlement = settlements.find(|one| one.number == number && one.stands);
        let settlement = settlement.ok_or("未查询到有效的结算信息")?;
        settlement.stands = false;
        let reversal = Settlement {
            msgid: msgid.to_owned(),
            amount: Fen::new(settlement.amount.units().saturating_neg()),
            ..settlement.clone()
        };
        Ok(self.enter(reversal))
    }

    fn undo(&mut self, msgid: &str) -> Result<String, String> {
        let mut settlements = self.settlements.iter_mut();
        let settlement = settlements.find(|one| one.msgid == msgid && one.stands);
        settlement.ok_or("原交易不存在，无需冲正")?.stands = false;
        Ok("null".to_owned())
    }

    /// What stands of a person.
    fn statement(&self, psn_no: &str) -> String {
        let settlements = self.settlements.iter();
        let standing = settlements.filter(|one| one.psn_no == psn_no && one.stands);
        let rows: Vec<_> = standing.map(row).collect();
        format!("{{\"setlinfo\" : [{}]}}", rows.join(", "))
    }
}

/// 1101: whom a code or a number means.
fn name(certificate: &str) -> Result<String, String> {
    let mut known = [WIFE, HUSBAND].into_iter();
    let known = known.find(|one| [one.credential.1, one.number].contains(&certificate));
    let person = known.ok_or("未查询到人员信息")?;
    let Insured {
        psn_no,
        number,
        name,
        sex,
        birth,
        ..
    } = person;
    Ok(format!(
        "{{\"baseinfo\" : {{\"psn_no\" : \"{psn_no}\", \"psn_cert_type\" : \"01\", \
         \"certno\" : \"{number}\", \"psn_name\" : \"{name}\", \"gend\" : \"{sex}\", \
         \"brdy\" : \"{birth}\"}}, \"insuinfo\" : [{{\"insutype\" : \"310\", \
         \"psn_insu_stas\" : \"1\", \"balc\" : 1000.00}}], \"idetinfo\" : []}}"
    ))
}

/// 2101 and 2102: a settlement of the whole amount by the account.
fn settlement(msgid: &str, call: &Value) -> Result<Settlement, String> {
    let amount = call.pointer("/input/druginfo/medfee_sumamt");
    let amount = amount.map(Value::to_string).unwrap_or_default();
    Ok(Settlement {
        number: String::new(),
        visit: format!("V{}", msgid.get(12..).unwrap_or_default()),
        stands: true,
        psn_no: text(call, "/input/druginfo/psn_no").to_owned(),
        msgid: msgid.to_owned(),
        amount: amount.trim_matches('"').parse().map_err(|_| "金额有误")?,
    })
}

fn told(settlement: &Settlement) -> String {
    format!("{{\"setlinfo\" : {}}}", row(settlement))
}

/// Written by hand: a relay that reads and writes anew would lose the spaces and the last zero.
fn row(settlement: &Settlement) -> String {
    let Settlement {
        number,
        visit,
        psn_no,
        msgid,
        amount,
        ..
    } = settlement;
    let [number, visit, psn_no, msgid] = [number, visit, psn_no, msgid].map(|text| quoted(text));
    format!(
        "{{\"setl_id\" : {number}, \"mdtrt_id\" : {visit}, \"psn_no\" : {psn_no}, \
         \"medins_setl_id\" : {msgid}, \"medfee_sumamt\" : {amount}, \
         \"fund_pay_sumamt\" : 0.00, \"acct_pay\" : {amount}, \"psn_cash_pay\" : 0.00}}"
    )
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn envelope(serial: u64, output: &Result<String, String>) -> String {
    let (code, error, output) = match output {
        Ok(output) => (0, "null".to_owned(), output.as_str()),
        Err(why) => (-1, quoted(why), "null"),
    };
    let at = now("%Y%m%d%H%M%S");
    format!(
        "{{\"infcode\" : {code}, \"inf_refmsgid\" : \"440300{at}{serial:010}\", \
         \"refmsg_time\" : \"{at}000\", \"respond_time\" : \"{at}000\", \"err_msg\" : {error}, \
         \"output\" : {output}, \"warn_msg\" : null}}"
    )
}

/// The store's own time.
pub(super) fn now(form: &str) -> String {
    let moment = Timestamp::from_millisecond(SystemClock.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
    let moment = moment.to_zoned(TimeZone::fixed(STORE_OFFSET));
    moment.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(books: &mut Books, infno: &str, input: &str) -> Option<Value> {
        let call = format!(r#"{{"infno":"{infno}","msgid":"M-{infno}","input":{input}}}"#);
        let answer = books.take(call.as_bytes())?;
        Some(serde_json::from_str(&answer).unwrap())
    }

    const BASKET: &str = r#"{"druginfo":{"psn_no":"DEMO-PSN-1","medfee_sumamt":19.10}}"#;

    #[test]
    fn it_is_no_platform_and_says_so() {
        for infno in ["2102A", "2204", "3505", "9001", ""] {
            let answer = take(&mut Books::default(), infno, BASKET).unwrap();
            assert_eq!(answer["infcode"], -1);
            let why = text(&answer, "/err_msg");
            assert!(
                why.contains("替身") && why.contains(&format!("[{infno}]")),
                "{why}"
            );
        }
    }

    #[test]
    fn a_settlement_stands_until_it_is_taken_back() {
        let mut books = Books::default();
        let settled = take(&mut books, "2102", BASKET).unwrap();
        let number = text(&settled, "/output/setlinfo/setl_id").to_owned();
        let query = r#"{"data":{"psn_no":"DEMO-PSN-1"}}"#;
        let told = take(&mut books, "5203", query).unwrap();
        assert_eq!(text(&told, "/output/setlinfo/0/setl_id"), number);
        assert_eq!(text(&told, "/output/setlinfo/0/medins_setl_id"), "M-2102");
        let back = format!(r#"{{"data":{{"setl_id":"{number}"}}}}"#);
        assert_eq!(take(&mut books, "2103", &back).unwrap()["infcode"], 0);
        assert_eq!(take(&mut books, "2103", &back).unwrap()["infcode"], -1);
        assert!(!books.settlements[0].stands);
    }

    #[test]
    fn a_cut_comes_after_the_settlement_and_once() {
        let mut books = Books {
            is_next_cut: true,
            ..Books::default()
        };
        assert!(take(&mut books, "1101", "null").is_some());
        assert!(take(&mut books, "2102", BASKET).is_none());
        assert_eq!(
            (books.settlements.len(), books.arrivals[1].answered),
            (1, None)
        );
        assert!(take(&mut books, "2102", BASKET).is_some());
    }
}
