//! The platform's sockets: a thread that accepts, a thread per connection, and the faults.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::books::State;
use super::fault::{Deed, Fault, Moment, Release, Script};
use super::record::{Exchange, Record, Stage};
use super::wire::{Answer, Arrived, Body, Framing};

/// What the connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) script: Mutex<Script>,
    pub(super) record: Record,
    /// Bytes of files that were handed to the system.
    pub(super) sent: AtomicU64,
    connections: AtomicUsize,
    /// Open connections by their number, to be cut when the listener closes.
    open: Mutex<Vec<(usize, TcpStream)>>,
}

/// A listener that can be closed and opened again on the same port.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            script: Mutex::default(),
            record: Record::default(),
            sent: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            open: Mutex::default(),
        }
    }

    /// How many connections were ever made.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many connections are open.
    pub(super) fn open_connections(&self) -> usize {
        self.open.lock().unwrap().len()
    }

    fn cut_all(&self) {
        for (_, stream) in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Server {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(any).expect("a port of loopback is free");
        let address = listener.local_addr().expect("a listener has an address");
        let mut server = Self {
            address,
            shared,
            accepting: None,
        };
        server.accept(listener);
        server
    }

    fn accept(&mut self, listener: TcpListener) {
        let is_closing = Arc::new(AtomicBool::new(false));
        let (closing, shared) = (Arc::clone(&is_closing), Arc::clone(&self.shared));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // Entered before the thread is, so that closing misses none.
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                if let Ok(clone) = stream.try_clone() {
                    shared.open.lock().unwrap().push((number, clone));
                }
                std::thread::spawn(move || connection(&shared, number, stream));
            }
        });
        self.accepting = Some((is_closing, thread));
    }

    /// Closes the listener and every connection: who connects now is refused.
    pub(super) fn close(&mut self) {
        if let Some((is_closing, thread)) = self.accepting.take() {
            is_closing.store(true, Ordering::SeqCst);
            // Wakes it from `accept`.
            let _ = TcpStream::connect(self.address);
            let _ = thread.join();
        }
        self.shared.cut_all();
    }

    /// Listens again where it did.
    pub(super) fn open(&mut self) {
        if self.accepting.is_none() {
            let listener = TcpListener::bind(self.address).expect("the port is still free");
            self.accept(listener);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.script.lock().unwrap().release_all();
        self.close();
    }
}

/// What becomes of a connection after an exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    Close,
    Keep,
}

fn connection(shared: &Shared, number: usize, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while exchange(shared, number, &mut stream).is_ok_and(|next| next == Next::Keep) {}
    let _ = stream.get_ref().shutdown(Shutdown::Both);
    shared
        .open
        .lock()
        .unwrap()
        .retain(|(open, _)| *open != number);
}

fn exchange(
    shared: &Shared,
    connection: usize,
    stream: &mut BufReader<TcpStream>,
) -> io::Result<Next> {
    if stream.fill_buf()?.is_empty() {
        return Ok(Next::Close);
    }
    let hold = shared
        .script
        .lock()
        .unwrap()
        .hold(Moment::Unread, None, None);
    if hold.is_some_and(|hold| hold.pass() == Release::Cut) {
        return Ok(Next::Close);
    }
    let Some(request) = Arrived::read(stream)? else {
        return Ok(Next::Close);
    };
    let label = shared.state.lock().unwrap().label(&request);
    let (infno, msgid) = (label.infno.as_deref(), label.msgid.as_deref());
    let is_last = request.asks_to_close();
    let place = shared.record.enter(Exchange {
        connection,
        request: request.clone(),
        infno: label.infno.clone(),
        msgid: label.msgid.clone(),
        stage: Stage::Read,
        answer: None,
    });
    let fault = shared.script.lock().unwrap().fault(infno, msgid);
    let passes = |moment| {
        let hold = shared.script.lock().unwrap().hold(moment, infno, msgid);
        hold.is_none_or(|hold| hold.pass() == Release::GoOn)
    };
    if !passes(Moment::Unacted) {
        shared.record.note(place, Stage::Broken, None);
        return Ok(Next::Close);
    }
    let is_done = fault.is_none_or(|fault| fault.deed() == Deed::Done);
    let answer = is_done.then(|| {
        let answer = shared.state.lock().unwrap().act(&request);
        shared
            .record
            .note(place, Stage::Acted, Some(answer.bytes()));
        answer
    });
    if !passes(Moment::Unanswered) {
        shared.record.note(place, Stage::Broken, None);
        return Ok(Next::Close);
    }
    let next = give(shared, stream.get_mut(), fault, answer.as_ref());
    let is_whole = next.is_ok() && !matches!(fault, Some(fault) if fault != Fault::AnswerTwice);
    let stage = if is_whole {
        Stage::Answered
    } else {
        Stage::Broken
    };
    shared.record.note(place, stage, None);
    Ok(if is_last { Next::Close } else { next? })
}

/// Gives the answer, or breaks it as told.
fn give(
    shared: &Shared,
    stream: &mut TcpStream,
    fault: Option<Fault>,
    answer: Option<&Answer>,
) -> io::Result<Next> {
    let bytes = answer.map(Answer::bytes).unwrap_or_default();
    let state = shared.state.lock().unwrap().clone();
    match fault {
        None => {
            if let Some(answer) = answer {
                answer.send(stream, &shared.sent)?;
            }
            Ok(Next::Keep)
        }
        Some(Fault::AnswerTwice) => {
            stream.write_all(&[bytes.as_slice(), bytes.as_slice()].concat())?;
            Ok(Next::Keep)
        }
        Some(Fault::CutInAnswer) => {
            let head = answer.map_or(0, |answer| answer.head().len());
            // In the middle of the body, so that the head is whole.
            let cut = head + (bytes.len() - head) / 2;
            stream.write_all(&bytes[..cut])?;
            Ok(Next::Close)
        }
        Some(Fault::CutUnanswered(_)) => Ok(Next::Close),
        Some(Fault::Garbage(_)) => {
            let headers = state
                .manner
                .answer_headers(&state.clock, "application/json");
            let body = Body::Bytes(b"{\"infcode\":0,\"output\":{\xff\xfe \"setlinfo".to_vec());
            state
                .answer((200, "OK"), headers, body)
                .send(stream, &shared.sent)?;
            Ok(Next::Keep)
        }
        Some(Fault::HttpStatus(status, _)) => {
            let mut page = state.page((status, phrase(status)));
            if status == 302 {
                page.headers.push(("Location".into(), "/elsewhere".into()));
            }
            page.send(stream, &shared.sent)?;
            Ok(Next::Keep)
        }
        Some(Fault::NotHttp(_)) => {
            stream.write_all(b"\x15\x03\x01\x00\x02\x02\x46 no such protocol\r\n\r\n")?;
            Ok(Next::Close)
        }
        Some(Fault::WrongLength) => {
            let mut answer = answer.cloned().unwrap_or_else(|| state.page((200, "OK")));
            answer.framing = Framing::Length("Content-Length");
            let body = match &answer.body {
                Body::Bytes(body) => body.clone(),
                Body::File(_) => Vec::new(),
            };
            let mut longer = answer.clone();
            longer.body = Body::Bytes([body.as_slice(), &[b' '; 100]].concat());
            stream.write_all(&[longer.head(), body].concat())?;
            Ok(Next::Close)
        }
    }
}

/// The phrase that a status has in the standard: relays may put it there themselves.
fn phrase(status: u16) -> &'static str {
    match status {
        302 => "Found",
        403 => "Forbidden",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Broken",
    }
}
