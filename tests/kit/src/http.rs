//! A small blocking HTTP/1.1 client that shows a test what was said on the wire, byte for byte.
//!
//! In scope: one request at a time to a loopback address, with the headers as the test spells them,
//! an answer with its exact head, a deadline over the whole exchange, and a connection that is kept
//! or closed. Out of scope: TLS, redirects, retries, cookies, proxies.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long an exchange may take unless the test says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Connection {
    /// Every request opens a connection and asks for it to be closed.
    Close,
    /// Requests share a connection as long as the server keeps it open.
    KeepAlive,
}

/// A client of one server.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    connection: Connection,
    patience: Duration,
    headers: Vec<(String, String)>,
    open: Option<BufReader<TcpStream>>,
}

/// What is sent. Headers go out in the order and spelling given; `host`, `connection` and
/// `content-length` are added unless the test gives its own.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers in their order and spelling.
    pub headers: Vec<(String, String)>,
    /// The status line and the headers as they came, up to and with the empty line.
    pub head: Vec<u8>,
    /// The body, taken out of its chunks if it came in chunks.
    pub body: Vec<u8>,
}

impl Client {
    /// A client that opens a connection per request.
    pub fn new(address: SocketAddr) -> Self {
        let (connection, headers) = (Connection::Close, Vec::new());
        Self {
            address,
            connection,
            patience: PATIENCE,
            headers,
            open: None,
        }
    }

    /// The same with another use of connections.
    #[must_use]
    pub fn connection(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }

    /// The same with another deadline for each exchange.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The same with a header on every request, a token for instance.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Fetches.
    pub fn get(&mut self, target: &str) -> io::Result<Response> {
        self.send(&Request::new("GET", target))
    }

    /// Posts a JSON document.
    pub fn post(&mut self, target: &str, body: &Value) -> io::Result<Response> {
        self.send(&Request::new("POST", target).json(body))
    }

    /// Sends any request and reads its answer, within the deadline. Nothing is sent twice: if a kept
    /// connection turns out to be closed, the test hears of it.
    pub fn send(&mut self, request: &Request) -> io::Result<Response> {
        let deadline = Instant::now() + self.patience;
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => {
                let stream = self.connect(deadline)?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        stream.get_ref().set_write_timeout(Some(self.patience))?;
        stream.get_mut().write_all(&self.bytes(request))?;

        let mut wire = Wire {
            stream: &mut stream,
            deadline,
        };
        let mut response = wire.head()?;
        while response.status < 200 {
            response = wire.head()?;
        }
        let end = wire.body(request, &mut response)?;
        if self.connection == Connection::KeepAlive && end == End::Open {
            self.open = Some(stream);
        }
        Ok(response)
    }

    /// Connects; nothing was said yet, so a signal in between is no reason to give up.
    fn connect(&self, deadline: Instant) -> io::Result<TcpStream> {
        loop {
            match TcpStream::connect_timeout(&self.address, self.patience) {
                Err(error)
                    if error.kind() == io::ErrorKind::Interrupted && Instant::now() < deadline => {}
                result => return result,
            }
        }
    }

    /// Whether a connection is open for the next request.
    pub fn is_connected(&self) -> bool {
        self.open.is_some()
    }

    /// The bytes that a request is sent as.
    pub fn bytes(&self, request: &Request) -> Vec<u8> {
        let given: Vec<_> = self.headers.iter().chain(&request.headers).collect();
        let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
        let mut add = |name: &str, value: &str| {
            head.push_str(&format!("{name}: {value}\r\n"));
        };
        let has = |name: &str| given.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if !has("host") {
            add("host", &self.address.to_string());
        }
        if !has("connection") && self.connection == Connection::Close {
            add("connection", "close");
        }
        let has_length = has("content-length") || has("transfer-encoding");
        if !has_length && (!request.body.is_empty() || request.method == "POST") {
            add("content-length", &request.body.len().to_string());
        }
        for (name, value) in &given {
            add(name, value);
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&request.body);
        bytes
    }
}

impl Request {
    /// A request with no headers of its own and no body.
    pub fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self {
            method,
            target,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with these bytes as its body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Method, target, headers and body, for a test that sends them by other means.
    pub fn parts(&self) -> (&str, &str, &[(String, String)], &[u8]) {
        (&self.method, &self.target, &self.headers, &self.body)
    }

    /// The same with a JSON document as its body, and the header that says so.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }
}

impl Response {
    /// The first header of that name, whatever its spelling.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text; a body that is no UTF-8 fails the test.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The body as JSON; a body that is none fails the test and shows itself.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            let body = String::from_utf8_lossy(&self.body);
            panic!("the body of a {} is no JSON: {error}: {body}", self.status)
        })
    }
}

/// What the server left of the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Closed,
    Open,
}

/// A connection and the moment at which patience ends.
struct Wire<'a> {
    stream: &'a mut BufReader<TcpStream>,
    deadline: Instant,
}

impl Wire<'_> {
    fn head(&mut self) -> io::Result<Response> {
        let mut head = self.line()?;
        let status = parse_status(&head)?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            head.extend_from_slice(&line);
            if line == b"\r\n" {
                return Ok(Response {
                    status,
                    headers,
                    head,
                    body: Vec::new(),
                });
            }
            headers.push(parse_header(&line)?);
        }
    }

    fn body(&mut self, request: &Request, response: &mut Response) -> io::Result<End> {
        let says = |name: &str, word: &str| {
            response
                .header(name)
                .is_some_and(|value| value.to_ascii_lowercase().contains(word))
        };
        let end = if says("connection", "close") {
            End::Closed
        } else {
            End::Open
        };
        let is_bodiless = request.method == "HEAD" || matches!(response.status, 204 | 304);
        if is_bodiless {
            return Ok(end);
        }
        if says("transfer-encoding", "chunked") {
            response.body = self.chunks()?;
            return Ok(end);
        }
        if let Some(length) = response.header("content-length") {
            let length = length
                .parse()
                .map_err(|_| malformed("a length that is no number"))?;
            response.body = self.exactly(length)?;
            return Ok(end);
        }
        response.body = self.rest()?;
        Ok(End::Closed)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let line = String::from_utf8_lossy(&line).into_owned();
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16)
                .map_err(|_| malformed("a chunk size that is no number"))?;
            if size == 0 {
                // Trailers, then the empty line.
                while self.line()? != b"\r\n" {}
                return Ok(body);
            }
            body.extend(self.exactly(size)?);
            if self.line()? != b"\r\n" {
                return Err(malformed("a chunk longer than it said"));
            }
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let ready = self.ready()?;
            if ready.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let newline = ready.iter().position(|&byte| byte == b'\n');
            let taken = newline.map_or(ready.len(), |at| at + 1);
            line.extend_from_slice(&ready[..taken]);
            self.stream.consume(taken);
            if newline.is_some() {
                return if line.ends_with(b"\r\n") {
                    Ok(line)
                } else {
                    Err(malformed("a line that ends in a bare line feed"))
                };
            }
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        while body.len() < length {
            let ready = self.ready()?;
            if ready.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = ready.len().min(length - body.len());
            body.extend_from_slice(&ready[..taken]);
            self.stream.consume(taken);
        }
        Ok(body)
    }

    fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let ready = self.ready()?;
            if ready.is_empty() {
                return Ok(body);
            }
            let taken = ready.len();
            body.extend_from_slice(ready);
            self.stream.consume(taken);
        }
    }

    /// What has arrived, waiting for more no longer than the exchange's deadline.
    fn ready(&mut self) -> io::Result<&[u8]> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.get_ref().set_read_timeout(Some(left))?;
            match self.stream.fill_buf() {
                Ok(_) => break,
                // A signal to this process is nothing that the server said.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What a socket reports at its own time-out differs between systems.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(self.stream.buffer())
    }
}

fn parse_status(line: &[u8]) -> io::Result<u16> {
    let line = std::str::from_utf8(line).map_err(|_| malformed("a status line that is no text"))?;
    let mut words = line.split(' ');
    let is_http = words
        .next()
        .is_some_and(|version| version.starts_with("HTTP/1."));
    let status = words
        .next()
        .and_then(|status| status.trim_end().parse().ok());
    status
        .filter(|_| is_http)
        .ok_or_else(|| malformed("a status line that is none"))
}

fn parse_header(line: &[u8]) -> io::Result<(String, String)> {
    let line = String::from_utf8_lossy(line);
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| malformed("a header without a colon"))?;
    Ok((name.to_owned(), value.trim().to_owned()))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server sent {what}"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::Duration;

    use serde_json::json;

    use super::{Client, Connection, Request};

    /// A server that answers each request on each connection with the next of `answers` and hands
    /// over what it read. An empty answer is none: it waits for the client to go.
    fn server(answers: Vec<Vec<&'static str>>) -> (SocketAddr, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heard) = channel();
        thread::spawn(move || {
            for connection in answers {
                let (mut stream, _) = listener.accept().unwrap();
                for answer in connection {
                    sender.send(request_of(&mut stream)).unwrap();
                    if answer.is_empty() {
                        let _ = stream.read(&mut [0; 16]);
                    }
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            }
        });
        (address, heard)
    }

    fn request_of(stream: &mut TcpStream) -> String {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap();
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1);
        let length = length.map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        head + &String::from_utf8(body).unwrap()
    }

    #[test]
    fn get_reads_status_headers_and_body_of_known_length() {
        let answer = "HTTP/1.1 404 Not Found\r\nX-Tag:  a \r\nContent-Length: 4\r\n\r\nnone";
        let (address, heard) = server(vec![vec![answer]]);
        let response = Client::new(address).get("/v1/sales?day=1").unwrap();
        assert_eq!((response.status, response.text()), (404, "none"));
        assert_eq!(response.header("x-tag"), Some("a"));
        assert_eq!(response.header("absent"), None);
        assert_eq!(response.headers[0].0, "X-Tag");
        assert_eq!(
            response.head,
            answer.strip_suffix("none").unwrap().as_bytes()
        );
        let asked = heard.recv().unwrap();
        assert_eq!(
            asked,
            format!("GET /v1/sales?day=1 HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")
        );
    }

    #[test]
    fn post_sends_json_and_the_headers_as_spelt() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"a\": 1}";
        let (address, heard) = server(vec![vec![answer]]);
        let mut client = Client::new(address)
            .header("X-Tif-Nonce", "n")
            .header("Host", "till.test");
        let response = client.post("/v1/sales", &json!({ "lines": [] })).unwrap();
        assert_eq!(response.json(), json!({ "a": 1 }));
        let asked = heard.recv().unwrap();
        assert!(
            asked.contains("\r\nX-Tif-Nonce: n\r\nHost: till.test\r\n"),
            "{asked}"
        );
        assert!(
            asked.contains("\r\ncontent-type: application/json\r\n"),
            "{asked}"
        );
        assert!(!asked.contains("host: 127"), "{asked}");
        assert!(asked.ends_with("\r\n\r\n{\"lines\":[]}"), "{asked}");
    }

    #[test]
    fn chunked_body_is_joined_and_its_trailers_are_passed_over() {
        let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                      3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\ntrailer: t\r\n\r\n";
        let (address, _heard) = server(vec![vec![answer]]);
        assert_eq!(
            Client::new(address).get("/").unwrap().text(),
            "abc0123456789"
        );
    }

    #[test]
    fn body_without_a_length_ends_with_the_connection() {
        let (address, _heard) = server(vec![vec!["HTTP/1.1 200 OK\r\n\r\nto the end"]]);
        let mut client = Client::new(address).connection(Connection::KeepAlive);
        assert_eq!(client.get("/").unwrap().text(), "to the end");
        assert!(!client.is_connected());
    }

    #[test]
    fn kept_connection_carries_several_exchanges_and_bodiless_answers() {
        let answers = vec![
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n",
            "HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 1\r\n\r\nb",
        ];
        let (address, heard) = server(vec![answers]);
        let mut client = Client::new(address).connection(Connection::KeepAlive);
        assert_eq!(client.get("/1").unwrap().text(), "a");
        assert_eq!(client.get("/2").unwrap().status, 204);
        assert!(
            client
                .send(&Request::new("HEAD", "/3"))
                .unwrap()
                .body
                .is_empty()
        );
        assert!(client.is_connected());
        assert_eq!(client.get("/4").unwrap().text(), "b");
        assert!(!client.is_connected());
        let asked: Vec<_> = heard.iter().collect();
        assert_eq!(asked.len(), 4);
        assert!(
            asked.iter().all(|request| !request.contains("connection")),
            "{asked:?}"
        );
    }

    #[test]
    fn silence_ends_with_patience() {
        let (address, _heard) = server(vec![vec![""]]);
        let mut client = Client::new(address).patience(Duration::from_millis(50));
        assert_eq!(client.get("/").unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn answer_cut_short_or_malformed_is_an_error() {
        let cases = [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc",
                ErrorKind::UnexpectedEof,
            ),
            ("HTTP/1.1 200 OK\r\ncontent-le", ErrorKind::UnexpectedEof),
            ("SSH-2.0-x\r\n\r\n", ErrorKind::InvalidData),
            (
                "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                ErrorKind::InvalidData,
            ),
            (
                "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
                ErrorKind::InvalidData,
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
                ErrorKind::InvalidData,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                ErrorKind::InvalidData,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
                ErrorKind::InvalidData,
            ),
        ];
        for (answer, kind) in cases {
            let (address, _heard) = server(vec![vec![answer]]);
            let error = Client::new(address).get("/").unwrap_err();
            assert_eq!(error.kind(), kind, "{answer:?}");
        }
    }
}
