//! A desk that does as it is told, a platform that shows every byte it gets, and a till that sends
//! exactly what it is given.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pharmacy_agent::config::GatewayConfig;
use pharmacy_agent::gateway::{Gate, Gateway, Ruling};
use pharmacy_decision::pack::{Call, CallRole, CodeForm, Join, Refusal};
use pharmacy_desk::{
    Caller, Concluded, Departure, DeskError, Fate, Opaque, OpaqueCall, PlatformAnswer, WireCall,
};
use pharmacy_protocol::term::Infno;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

pub const SECRET: &str = "s3cret-of-till-01";

/// Long enough for a slow machine; nothing waits for it when all is well.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What the desk says to a gated call.
#[derive(Clone)]
pub enum Say {
    Answer(PlatformAnswer),
    Busy,
    Pass,
    Send,
}

/// What the desk says of an outcome.
#[derive(Clone)]
pub enum Tell {
    /// What the platform answered; nothing where it did not.
    AsIs,
    Busy,
    Instead(PlatformAnswer),
    Warned(Vec<u8>),
}

/// What came to the desk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    Gated(String, Vec<u8>),
    Answered(u16, Vec<(String, String)>, Vec<u8>),
    InDoubt,
    NotSent,
    Observed(String, Vec<u8>, Option<Vec<u8>>),
    Ungated(Option<String>, Vec<u8>),
    /// A call without number that cannot be read, by its path; and what came back.
    Opaque(String),
    OpaqueAnswered(Option<Vec<u8>>),
    Unsearched(Option<String>),
}

struct Script {
    say: Say,
    tell: Tell,
    looked_up: AtomicUsize,
    is_revoked: AtomicBool,
    callers: Mutex<Vec<String>>,
    heard: watch::Sender<Vec<Heard>>,
    /// Held back until told otherwise.
    open: watch::Sender<bool>,
}

/// A scripted desk.
#[derive(Clone)]
pub struct Fake(Arc<Script>);

pub struct Proof(Departure);

impl Fake {
    pub fn new(say: Say, tell: Tell) -> Self {
        Self(Arc::new(Script {
            say,
            tell,
            looked_up: AtomicUsize::new(0),
            is_revoked: AtomicBool::new(false),
            callers: Mutex::default(),
            heard: watch::channel(Vec::new()).0,
            open: watch::channel(true).0,
        }))
    }

    pub fn passive() -> Self {
        Self::new(Say::Pass, Tell::AsIs)
    }

    pub fn hold(&self) {
        self.0.open.send_replace(false);
    }

    pub fn release(&self) {
        self.0.open.send_replace(true);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.0.heard.borrow().clone()
    }

    pub async fn heard_at_least(&self, count: usize) -> Vec<Heard> {
        let mut heard = self.0.heard.subscribe();
        let waiting = heard.wait_for(|heard| heard.len() >= count);
        let heard = tokio::time::timeout(PATIENCE, waiting).await;
        heard.expect("the desk hears of it").unwrap().clone()
    }

    /// How many hold on to the desk.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// From which tills calls came to the desk, and how they were known.
    pub fn callers(&self) -> Vec<String> {
        self.0.callers.lock().unwrap().clone()
    }

    fn called(&self, caller: &Caller) {
        let caller = format!("{}/{}", caller.till, caller.client);
        self.0.callers.lock().unwrap().push(caller);
    }

    /// How many secrets were looked up.
    pub fn looked_up(&self) -> usize {
        self.0.looked_up.load(Ordering::SeqCst)
    }

    pub fn revoke(&self, is_revoked: bool) {
        self.0.is_revoked.store(is_revoked, Ordering::SeqCst);
    }

    async fn note(&self, heard: Heard) {
        self.0.heard.send_modify(|all| all.push(heard));
        let mut open = self.0.open.subscribe();
        open.wait_for(|open| *open).await.unwrap();
    }
}

fn role(infno: &str) -> Option<CallRole> {
    Some(match infno {
        "1101" => CallRole::Insured,
        "2101" => CallRole::PreSettlement,
        "2102" => CallRole::Settlement,
        "2103" => CallRole::Reversal,
        "2601" => CallRole::Undo,
        "3505" => CallRole::Stock,
        _ => return None,
    })
}

impl Gate for Fake {
    type Proof = Proof;

    fn departure(proof: &Proof) -> &Departure {
        &proof.0
    }

    fn authenticate(&self, secret: String) -> Result<Option<Caller>, DeskError> {
        self.0.looked_up.fetch_add(1, Ordering::SeqCst);
        let is_good = secret == SECRET && !self.0.is_revoked.load(Ordering::SeqCst);
        Ok(is_good.then(|| Caller {
            client: "till".to_owned(),
            till: "01".parse().unwrap(),
        }))
    }

    fn interface_call(&self, infno: &Infno) -> Option<Call> {
        Some(Call {
            infno: infno.clone(),
            role: role(infno.as_str())?,
            head: None,
            lines: None,
            join: Join::Person,
            refusal: Refusal::MinusOne,
            form: CodeForm::Number,
        })
    }

    async fn gate(&self, call: WireCall) -> Result<Ruling<Proof>, DeskError> {
        self.called(&call.caller);
        let infno = call.infno.as_str().to_owned();
        let moves_money = role(&infno).is_some_and(CallRole::moves_money);
        self.note(Heard::Gated(infno, call.body.to_vec())).await;
        match &self.0.say {
            Say::Answer(answer) => Ok(Ruling::Answer(answer.clone())),
            Say::Busy => Err(DeskError::Busy),
            Say::Pass => Ok(Ruling::Pass),
            Say::Send => Ok(Ruling::Send(Proof(Departure {
                sale: "0123456789abcdef-1".parse().unwrap(),
                msgid: "m-1".to_owned(),
                moves_money,
            }))),
        }
    }

    async fn conclude(&self, _: Proof, fate: Fate) -> Result<Concluded, DeskError> {
        let (heard, concluded) = match fate {
            Fate::Answered(answer) => {
                let text = |value| String::from_utf8_lossy(value).into_owned();
                let headers = answer.headers.iter();
                let headers = headers.map(|(name, value)| (name.clone(), text(value)));
                let heard = Heard::Answered(answer.status, headers.collect(), answer.body);
                (heard, Concluded::AsItCame)
            }
            Fate::InDoubt => (Heard::InDoubt, Concluded::Nothing),
            Fate::NotSent => (Heard::NotSent, Concluded::Nothing),
        };
        self.note(heard).await;
        match &self.0.tell {
            Tell::AsIs => Ok(concluded),
            Tell::Busy => Err(DeskError::Busy),
            Tell::Instead(answer) => Ok(Concluded::Instead(answer.clone())),
            Tell::Warned(body) => Ok(Concluded::Warned(body.clone())),
        }
    }

    async fn observe(&self, call: WireCall, answer: Option<Vec<u8>>) -> Result<(), DeskError> {
        self.called(&call.caller);
        let infno = call.infno.as_str().to_owned();
        self.note(Heard::Observed(infno, call.body.to_vec(), answer))
            .await;
        Ok(())
    }

    /// Something settles below `/gw`.
    async fn gate_opaque(&self, call: OpaqueCall) -> Result<Opaque, DeskError> {
        let path = call.wrapping.path().to_owned();
        if !path.starts_with("/gw") {
            return Ok(Opaque::Foreign);
        }
        self.note(Heard::Opaque(path)).await;
        match &self.0.say {
            Say::Answer(_) => Ok(Opaque::Refuse("gateway.unread")),
            Say::Busy => Err(DeskError::Busy),
            Say::Pass | Say::Send => Ok(Opaque::Pass),
        }
    }

    async fn observe_opaque(
        &self,
        call: OpaqueCall,
        answer: Option<Vec<u8>>,
    ) -> Result<(), DeskError> {
        if call.wrapping.path().starts_with("/gw") {
            self.note(Heard::OpaqueAnswered(answer)).await;
        }
        Ok(())
    }

    async fn report_unsearched(&self, _: Caller, infno: Option<Infno>) -> Result<(), DeskError> {
        let infno = infno.map(|infno| infno.as_str().to_owned());
        self.note(Heard::Unsearched(infno)).await;
        Ok(())
    }

    async fn report_ungated(
        &self,
        _: Caller,
        infno: Option<Infno>,
        answer: Vec<u8>,
    ) -> Result<(), DeskError> {
        let infno = infno.map(|infno| infno.as_str().to_owned());
        self.note(Heard::Ungated(infno, answer)).await;
        Ok(())
    }
}

/// A gateway under test.
pub struct Bench {
    pub address: std::net::SocketAddr,
    /// The ports of single tills.
    pub own: Vec<std::net::SocketAddr>,
    pub fake: Fake,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Bench {
    pub async fn start(upstream: &str, settings: &str, fake: Fake) -> Self {
        let text = format!("listen = \"127.0.0.1:0\"\nupstream = \"{upstream}\"\n{settings}");
        let config: GatewayConfig = toml::from_str(&text).unwrap();
        let gateway = Gateway::bind(config).await.unwrap();
        let address = gateway.address();
        let own = gateway.own_addresses();
        let own = own.into_iter().map(|(_, address)| address).collect();
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(gateway.serve(fake.clone(), stopped));
        Self {
            address,
            own,
            fake,
            stop,
            task,
        }
    }

    pub async fn till(&self) -> Till<TcpStream> {
        Till::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends one message on a connection of its own and returns the answer.
    pub async fn ask(&self, message: impl AsRef<[u8]>) -> Vec<u8> {
        self.till().await.ask(message).await
    }

    /// A POST of this body to a path below the secret.
    pub fn post(&self, path: &str, body: &str) -> Vec<u8> {
        post(&self.address.to_string(), path, body)
    }

    pub async fn stop(self) {
        let _ = self.stop.send(true);
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the gateway stops")
            .unwrap();
    }

    pub fn tell_to_stop(&self) {
        let _ = self.stop.send(true);
    }
}

pub fn post(host: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /t/{SECRET}{path} HTTP/1.1\r\nHost: {host}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    head.into_bytes()
}

/// The other end of a connection, byte for byte.
pub struct Till<S> {
    pub stream: S,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Till<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub async fn send(&mut self, message: impl AsRef<[u8]>) {
        self.stream.write_all(message.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub async fn ask(&mut self, message: impl AsRef<[u8]>) -> Vec<u8> {
        self.send(message).await;
        self.next().await
    }

    /// The next message; what there was when the connection ended before it did.
    pub async fn next(&mut self) -> Vec<u8> {
        tokio::time::timeout(PATIENCE, read_message(&mut self.stream, &mut self.buffer))
            .await
            .expect("a message or the end")
    }
}

pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|part| part == needle)
}

/// A field of a raw message, by its exact spelling.
pub fn field<'a>(message: &'a [u8], name: &str) -> Option<&'a str> {
    let end = find(message, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&message[..end]).unwrap();
    head.split("\r\n")
        .skip(1)
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

pub fn first_line(message: &[u8]) -> String {
    let end = find(message, b"\r\n").unwrap_or(message.len());
    String::from_utf8_lossy(&message[..end]).into_owned()
}

/// The names in a raw head, sorted: order is free, spelling is not.
pub fn names(message: &[u8]) -> Vec<String> {
    let end = find(message, b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&message[..end]).unwrap();
    let lines = head.split("\r\n").skip(1);
    let mut names: Vec<_> = lines
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

pub fn body(message: &[u8]) -> &[u8] {
    find(message, b"\r\n\r\n").map_or(&[], |end| &message[end + 4..])
}

/// The bytes of a chunked body.
pub fn joined(mut chunked: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let line = find(chunked, b"\r\n").unwrap();
        let size = std::str::from_utf8(&chunked[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return bytes;
        }
        bytes.extend_from_slice(&chunked[line + 2..line + 2 + size]);
        chunked = &chunked[line + 2 + size + 2..];
    }
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> bool {
    matches!(stream.read_buf(buffer).await, Ok(read) if read > 0)
}

/// Reads one message: by its length, its chunks, or to the end of the connection.
pub async fn read_message<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Vec<u8> {
    let end = loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end + 4;
        }
        if !more(stream, buffer).await {
            return std::mem::take(buffer);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let is_answer = head.starts_with("http/");
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let total = if head.contains("transfer-encoding: chunked") {
        loop {
            if let Some(last) = find(&buffer[end - 2..], b"\r\n0\r\n\r\n") {
                break end - 2 + last + 7;
            }
            if !more(stream, buffer).await {
                return std::mem::take(buffer);
            }
        }
    } else if let Some(length) = length {
        while buffer.len() < end + length {
            if !more(stream, buffer).await {
                return std::mem::take(buffer);
            }
        }
        end + length
    } else if is_answer && !head.starts_with("http/1.1 204") {
        while more(stream, buffer).await {}
        buffer.len()
    } else {
        end
    };
    let rest = buffer.split_off(total);
    std::mem::replace(buffer, rest)
}

/// What the platform does with a message.
pub enum Act {
    Answer(Vec<u8>),
    /// Answers, then closes.
    Last(Vec<u8>),
    /// Waits for the signal, then answers.
    When(Arc<Notify>, Vec<u8>),
    /// Says nothing and keeps the connection.
    Silence,
}

#[derive(Clone, Debug)]
pub struct Seen {
    pub connection: usize,
    pub message: Vec<u8>,
}

/// A platform that keeps every byte it gets.
pub struct Platform {
    pub address: std::net::SocketAddr,
    seen: watch::Sender<Vec<Seen>>,
    pub connections: Arc<AtomicUsize>,
}

type Acting = Arc<Mutex<dyn FnMut(&Seen) -> Act + Send>>;

impl Platform {
    pub async fn start(act: impl FnMut(&Seen) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = watch::channel(Vec::new()).0;
        let connections = Arc::new(AtomicUsize::new(0));
        let act: Acting = Arc::new(Mutex::new(act));
        let platform = Self {
            address,
            seen: seen.clone(),
            connections: Arc::clone(&connections),
        };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, number, seen.clone(), Arc::clone(&act)));
            }
        });
        platform
    }

    /// One that always says the same.
    pub async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_| Act::Answer(answer.clone())).await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    pub async fn seen_at_least(&self, count: usize) -> Vec<Seen> {
        let mut seen = self.seen.subscribe();
        let waiting = seen.wait_for(|seen| seen.len() >= count);
        let seen = tokio::time::timeout(PATIENCE, waiting).await;
        seen.expect("the platform hears of it").unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    connection: usize,
    seen: watch::Sender<Vec<Seen>>,
    act: Acting,
) {
    let mut buffer = Vec::new();
    loop {
        let message = read_message(&mut stream, &mut buffer).await;
        if message.is_empty() {
            return;
        }
        let one = Seen {
            connection,
            message,
        };
        let act = (act.lock().unwrap())(&one);
        seen.send_modify(|all| all.push(one));
        match act {
            Act::Answer(answer) => {
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
            Act::Last(answer) => {
                stream.write_all(&answer).await.unwrap();
                let _ = stream.shutdown().await;
                return;
            }
            Act::When(signal, answer) => {
                signal.notified().await;
                // The other side may have gone.
                let _ = stream.write_all(&answer).await;
            }
            Act::Silence => while more(&mut stream, &mut buffer).await {},
        }
    }
}

/// An answer with a body and its length.
pub fn answer(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Nobody listens there.
pub async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
