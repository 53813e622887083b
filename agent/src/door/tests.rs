//! The door in memory, on a clock that stands still unless everybody waits: what is answered at the
//! moment at which it was asked was delayed by nobody.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::accept::{Entrance, Open, Reception, protocol};
use super::room::Shares;
use super::stay::{HEAD_DEADLINE, vouch};
use super::tls::{self, Certificate, Identity};

const SHARES: Shares = Shares {
    strangers: 8,
    known: 4,
};
/// How long a known one may be idle.
const IDLE: Duration = Duration::from_secs(75);
const HERE: &str = "127.0.0.1";

/// Longer than whatever is read here.
const ROOM: usize = 64 * 1024;

type Arrival = io::Result<(DuplexStream, IpAddr)>;

struct Inlet(mpsc::UnboundedReceiver<Arrival>);

impl Entrance for Inlet {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> Arrival {
        match self.0.recv().await {
            Some(arrival) => arrival,
            None => std::future::pending().await,
        }
    }
}

/// A door that lets in who says `secret`, and answers everybody.
struct Door {
    arrivals: mpsc::UnboundedSender<Arrival>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<Open>,
}

impl Door {
    fn open() -> Self {
        Self::with(None)
    }

    fn with(acceptor: Option<TlsAcceptor>) -> Self {
        let (arrivals, inlet) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let reception = Reception {
            acceptor,
            protocol: protocol(IDLE),
            service: service_fn(answer),
            stop: stopped,
        };
        let serving = tokio::spawn(reception.serve(Inlet(inlet), SHARES));
        Self {
            arrivals,
            stop,
            serving,
        }
    }

    fn come(&self, peer: &str) -> DuplexStream {
        let (near, far) = tokio::io::duplex(ROOM);
        let arrived = self.arrivals.send(Ok((far, peer.parse().unwrap())));
        arrived.map_err(drop).unwrap();
        near
    }

    /// Somebody who has their request written when they are let in.
    async fn come_asking(&self, path: &str) -> DuplexStream {
        let mut stream = self.come(HERE);
        ask(&mut stream, path).await;
        stream
    }

    /// Somebody known, whose connection stays.
    async fn come_known(&self) -> DuplexStream {
        let mut stream = self.come_asking("/secret").await;
        assert_eq!(answered(&mut stream).await, "known");
        stream
    }
}

async fn answer(request: Request<Incoming>) -> io::Result<Response<Body>> {
    let identity = request.extensions().get::<Identity>();
    if let Some(identity) = identity {
        vouch(request.extensions());
        let length = identity.certificate().len();
        return Ok(Response::new(format!("{length} bytes").into()));
    }
    match request.uri().path() {
        "/secret" => {
            vouch(request.extensions());
            Ok(Response::new("known".into()))
        }
        "/secret/endless" => {
            vouch(request.extensions());
            Ok(Response::new(Body::new(Endless)))
        }
        // An answer that no client takes at once.
        "/long" => Ok(Response::new(vec![b'x'; 4 * ROOM].into())),
        _ => Ok(Response::new("stranger".into())),
    }
}

/// A body that never ends, as a stream of events.
struct Endless;

impl hyper::body::Body for Endless {
    type Data = hyper::body::Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<io::Result<hyper::body::Frame<Self::Data>>>> {
        std::task::Poll::Pending
    }
}

/// Whoever was displaced learns of it here, or from the answer.
async fn ask(stream: &mut (impl AsyncWrite + Unpin), path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.flush().await;
}

/// The body of the next answer; empty where the connection ended.
async fn answered(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1);
            let length: usize = length.map_or(0, |rest| {
                rest.split("\r\n").next().unwrap().parse().unwrap()
            });
            if body.len() >= length {
                return body.to_owned();
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return String::new(),
            Ok(count) => text.push_str(std::str::from_utf8(&buffer[..count]).unwrap()),
        }
    }
}

/// Waits until a connection ends; says how long that took.
async fn ended(stream: &mut (impl AsyncRead + Unpin)) -> Duration {
    let begun = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    begun.elapsed()
}

async fn is_open(stream: &mut DuplexStream) -> bool {
    ask(stream, "/").await;
    answered(stream).await == "stranger"
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_slow_strangers_delay_nobody() {
    let door = Door::open();
    let begun = Instant::now();
    let mut known = door.come_known().await;
    // All of them come before the door has a turn: most silent, some with half a head, and honest
    // ones among them.
    let (mut slow, mut honest) = (Vec::new(), Vec::new());
    for number in 0..10_000 {
        if number % 1_000 == 500 {
            honest.push(door.come_asking("/secret").await);
        }
        let mut stream = door.come(HERE);
        if number % 3 == 0 {
            stream.write_all(b"GET /secr").await.unwrap();
        }
        slow.push(stream);
    }
    for stream in &mut honest {
        assert_eq!(answered(stream).await, "known");
    }
    ask(&mut known, "/secret").await;
    assert_eq!(
        answered(&mut known).await,
        "",
        "younger ones took the place of who idled"
    );
    let mut late = door.come_asking("/secret").await;
    assert_eq!(answered(&mut late).await, "known");
    assert_eq!(
        begun.elapsed(),
        Duration::ZERO,
        "nobody waited for anything"
    );
    drop(slow);
}

#[tokio::test(start_paused = true)]
async fn strangers_never_take_the_place_of_who_is_known() {
    let door = Door::open();
    let mut known = door.come_known().await;
    let slow: Vec<_> = (0..1_000).map(|_| door.come(HERE)).collect();
    tokio::time::sleep(Duration::from_secs(5)).await;
    ask(&mut known, "/secret").await;
    assert_eq!(answered(&mut known).await, "known");
    // Their deadline is not that of strangers either.
    tokio::time::sleep(IDLE - Duration::from_secs(1)).await;
    ask(&mut known, "/secret").await;
    assert_eq!(answered(&mut known).await, "known");
    assert_eq!(ended(&mut known).await, IDLE);
    drop(slow);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_has_ten_seconds_for_a_head_however_it_trickles() {
    let door = Door::open();
    let mut silent = door.come(HERE);
    let mut trickling = door.come(HERE);
    let begun = Instant::now();
    for byte in b"GET /secret HT" {
        let _ = trickling.write_all(&[*byte]).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    assert!(begun.elapsed() < HEAD_DEADLINE);
    ended(&mut trickling).await;
    assert_eq!(begun.elapsed(), HEAD_DEADLINE);
    assert_eq!(ended(&mut silent).await, Duration::ZERO);
    // From one answer to the next head as well.
    let mut polite = door.come_asking("/").await;
    assert_eq!(answered(&mut polite).await, "stranger");
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(is_open(&mut polite).await);
    assert_eq!(ended(&mut polite).await, HEAD_DEADLINE);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_who_takes_no_answer_is_cut_off() {
    let door = Door::open();
    let mut greedy = door.come_asking("/long").await;
    tokio::time::sleep(2 * HEAD_DEADLINE).await;
    let mut rest = Vec::new();
    let _ = greedy.read_to_end(&mut rest).await;
    assert!(rest.len() < 4 * ROOM, "{} bytes", rest.len());
}

#[tokio::test(start_paused = true)]
async fn a_stranger_who_becomes_known_takes_the_place_of_an_idle_one_and_of_nobody_at_work() {
    let door = Door::open();
    let mut events = door.come_asking("/secret/endless").await;
    let mut head = [0; 12];
    events.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let mut idle = Vec::new();
    for _ in 0..=SHARES.known {
        idle.push(door.come_known().await);
    }
    let mut gone = Vec::new();
    for stream in &mut idle {
        ask(stream, "/secret").await;
        gone.push(answered(stream).await.is_empty());
    }
    assert_eq!(gone, [true, true, false, false, false]);
    let mut more = [0];
    let read = tokio::time::timeout(Duration::ZERO, async {
        let _ = tokio::io::AsyncReadExt::read_exact(&mut events, &mut more).await;
        while events.read(&mut more).await.is_ok_and(|count| count > 0) {}
    });
    assert!(read.await.is_err(), "who hears of events is not idle");
}

#[tokio::test(start_paused = true)]
async fn without_descriptors_strangers_make_room_and_the_door_goes_on() {
    let door = Door::open();
    let mut known = door.come_known().await;
    let mut strangers: Vec<_> = (0..3).map(|_| door.come(HERE)).collect();
    let begun = Instant::now();
    let exhausted = || Err(io::Error::from_raw_os_error(24));
    for _ in 0..2 {
        door.arrivals.send(exhausted()).map_err(drop).unwrap();
    }
    let mut next = door.come_asking("/secret").await;
    assert_eq!(answered(&mut next).await, "known");
    for stream in &mut strangers[..2] {
        ended(stream).await;
    }
    assert!(is_open(&mut strangers[2]).await);
    ask(&mut known, "/secret").await;
    assert_eq!(answered(&mut known).await, "known");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    // One that was gone before it was accepted costs nobody a place.
    let gone = io::Error::from(io::ErrorKind::ConnectionAborted);
    door.arrivals.send(Err(gone)).map_err(drop).unwrap();
    assert!(is_open(&mut strangers[2]).await);
}

#[tokio::test(start_paused = true)]
async fn a_door_that_is_told_to_stop_ends_what_is_idle() {
    let door = Door::open();
    let mut known = door.come_known().await;
    door.stop.send(true).unwrap();
    let open = door.serving.await.unwrap();
    open.end().await;
    assert_eq!(ended(&mut known).await, Duration::ZERO);
}

/// An authority with the files of a server and of a client.
struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn issue(&self, name: &str, purpose: ExtendedKeyUsagePurpose) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
        std::fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    fn chain(&self, name: &str) -> Vec<CertificateDer<'static>> {
        let found = CertificateDer::pem_file_iter(self.path(name)).unwrap();
        found.map(Result::unwrap).collect()
    }

    /// The door's side, which demands a certificate of `clients`.
    fn acceptor(&self, clients: &Path) -> TlsAcceptor {
        let certificate = Certificate {
            chain: &self.path("door.pem"),
            key: &self.path("door.key"),
            clients: Some(clients),
        };
        tls::server(&certificate).unwrap()
    }

    /// A client that shows this certificate, or none.
    fn connector(&self, name: Option<&str>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.chain("authority.pem").remove(0)).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match name {
            Some(name) => {
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key")));
                let chain = self.chain(&format!("{name}.pem"));
                config.with_client_auth_cert(chain, key.unwrap()).unwrap()
            }
            None => config.with_no_client_auth(),
        };
        TlsConnector::from(Arc::new(config))
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_certificate_is_demanded_and_handed_to_the_policy() {
    let authority = Authority::new();
    authority.issue("door", ExtendedKeyUsagePurpose::ServerAuth);
    authority.issue("bureau", ExtendedKeyUsagePurpose::ClientAuth);
    let other = Authority::new();
    other.issue("stranger", ExtendedKeyUsagePurpose::ClientAuth);
    for kind in ["pem", "key"] {
        let name = format!("stranger.{kind}");
        std::fs::copy(other.path(&name), authority.path(&name)).unwrap();
    }
    let door = Door::with(Some(authority.acceptor(&authority.path("authority.pem"))));
    let bureau = authority.chain("bureau.pem").remove(0);
    for (shown, expected) in [
        (Some("bureau"), format!("{} bytes", bureau.len())),
        (Some("stranger"), String::new()),
        (None, String::new()),
    ] {
        let name = ServerName::try_from("localhost").unwrap();
        let connecting = authority.connector(shown).connect(name, door.come(HERE));
        let said = match connecting.await {
            Ok(mut stream) => {
                ask(&mut stream, "/").await;
                answered(&mut stream).await
            }
            Err(_) => String::new(),
        };
        assert_eq!(said, expected, "{shown:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_begin_is_cut_off_like_a_head_that_does_not_come() {
    let authority = Authority::new();
    authority.issue("door", ExtendedKeyUsagePurpose::ServerAuth);
    let door = Door::with(Some(authority.acceptor(&authority.path("authority.pem"))));
    let mut silent = door.come(HERE);
    assert_eq!(ended(&mut silent).await, HEAD_DEADLINE);
}
