//! Floors: what the same disk and the same libraries take for the least that the work must do.
//!
//! ```text
//! commit   one bare transaction in a write-ahead database, synchronous=FULL, as many pages
//! echo     the same HTTP server: reads the body, does one such commit, answers with as many bytes
//! proxy    the gateway's HTTP library alone: passes a call on over a pooled connection
//! settle   the same on a new connection a call, one commit before it leaves and one when it is answered
//! ```

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rusqlite::Connection;

use crate::goods::{Dice, filler};
use crate::proxy;

/// Bytes of a page that an overflow chain fills.
const PAGE: f64 = 4096.0;

/// A bare database with one table, set up as the log's is.
pub struct Commits {
    connection: Connection,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Commits {
    /// A database in a directory, whose commits write `pages` pages on average.
    pub fn new(directory: &Path, pages: f64) -> Self {
        let mut commits = Self::open(directory);
        commits.aim(pages);
        let path = commits.path.clone();
        settle(&path, || commits.commit());
        commits
    }

    /// The same for rows that are so long that one of them fills the write-ahead file.
    pub fn of_length(directory: &Path, length: usize) -> Self {
        let mut commits = Self::open(directory);
        commits.bytes = filler(length, &mut Dice::new(3));
        // The files grow once, as those of the log did.
        (0..3).for_each(|_| commits.commit());
        commits
    }

    fn open(directory: &Path) -> Self {
        let path = directory.join("floor.db");
        let connection = Connection::open(&path).unwrap();
        let set = |name, value: &dyn rusqlite::ToSql| {
            connection
                .pragma_update_and_check(None, name, value, |_| Ok(()))
                .ok();
        };
        set("page_size", &4096);
        set("journal_mode", &"WAL");
        set("synchronous", &"FULL");
        set("cache_size", &-4096);
        set("journal_size_limit", &(8 * 1024 * 1024));
        connection
            .execute_batch("CREATE TABLE floor (id INTEGER PRIMARY KEY, bytes BLOB)")
            .unwrap();
        Self {
            connection,
            path,
            bytes: Vec::new(),
        }
    }

    /// Finds the length of a row whose commit writes so many pages.
    fn aim(&mut self, pages: f64) {
        let mut length = (pages - 2.0).max(0.1) * PAGE;
        for _ in 0..3 {
            self.bytes = filler(length.max(16.0) as usize, &mut Dice::new(3));
            let Some(found) = self.pages(24) else {
                return;
            };
            length += (pages - found) * PAGE;
        }
        self.bytes = filler(length.max(16.0) as usize, &mut Dice::new(3));
    }

    /// One commit.
    pub fn commit(&mut self) {
        let transaction = self.connection.transaction().unwrap();
        let mut insert = transaction
            .prepare_cached("INSERT INTO floor (bytes) VALUES (?1)")
            .unwrap();
        insert.execute([&self.bytes]).unwrap();
        drop(insert);
        transaction.commit().unwrap();
    }

    /// Pages that a commit writes to the write-ahead file.
    pub fn pages(&mut self, commits: usize) -> Option<f64> {
        let path = self.path.clone();
        pages_of(&path, commits, || self.commit())
    }
}

/// How many pages `act` adds to the write-ahead file of a database, on average.
///
/// SPEC: SQLite's walformat: the index file's header holds the number of frames (`mxFrame`) at byte
/// 16 in the machine's own order. It begins anew after a checkpoint; such a turn is left out.
pub fn pages_of(database: &Path, turns: usize, mut act: impl FnMut()) -> Option<f64> {
    let (mut sum, mut counted) = (0.0, 0_u32);
    for _ in 0..turns {
        let before = frames(database)?;
        act();
        let after = frames(database)?;
        if after > before {
            sum += f64::from(after - before);
            counted += 1;
        }
    }
    (counted > 0).then(|| sum / f64::from(counted))
}

/// Acts until the write-ahead file was begun anew once: while it still grows, every sync waits for
/// the file system's own journal as well, and that is no shop's day.
pub fn settle(database: &Path, mut act: impl FnMut()) {
    /// More turns than any of the benches need.
    const MOST_TURNS: usize = 250;
    for _ in 0..MOST_TURNS {
        let before = frames(database);
        act();
        if frames(database)
            .zip(before)
            .is_some_and(|(after, before)| after < before)
        {
            return;
        }
    }
}

/// Frames in the write-ahead file now.
#[cfg(target_os = "linux")]
pub fn frames(database: &Path) -> Option<u32> {
    let mut name = database.as_os_str().to_owned();
    name.push("-shm");
    let index = std::fs::File::open(name).ok()?;
    let mut header = [0_u8; 4];
    std::os::unix::fs::FileExt::read_exact_at(&index, &mut header, 16).ok()?;
    Some(u32::from_ne_bytes(header))
}

/// The index is locked by ranges elsewhere; reading it could disturb what is measured.
#[cfg(not(target_os = "linux"))]
pub fn frames(_database: &Path) -> Option<u32> {
    None
}

/// The floor of a request, in a process of its own as the agent is.
pub struct Floor {
    child: Child,
    pub address: SocketAddr,
}

/// The argument that makes this program the floor's server.
pub const SERVE: &str = "--serve-floor";

const ECHO: &str = "echo";
const PROXY: &str = "proxy";
const SETTLE: &str = "settle";

impl Floor {
    /// Answers after a commit.
    pub fn echo(directory: &Path, pages: f64) -> Self {
        Self::start(&[
            ECHO.as_ref(),
            directory.as_ref(),
            pages.to_string().as_ref(),
        ])
    }

    /// Passes calls on.
    pub fn proxy(upstream: SocketAddr) -> Self {
        Self::start(&[PROXY.as_ref(), upstream.to_string().as_ref()])
    }

    /// Passes calls on between two commits.
    pub fn settle(upstream: SocketAddr, directory: &Path, pages: f64) -> Self {
        Self::start(&[
            SETTLE.as_ref(),
            upstream.to_string().as_ref(),
            directory.as_ref(),
            pages.to_string().as_ref(),
        ])
    }

    fn start(arguments: &[&OsStr]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(SERVE)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let address = line.trim().parse().unwrap();
        Self { child, address }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until it is killed, or its caller is gone.
pub fn serve(arguments: &[String]) {
    let commits = |directory: &String, pages: &String| {
        let commits = Commits::new(Path::new(directory), pages.parse().unwrap());
        Arc::new(Mutex::new(commits))
    };
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let arguments: Vec<_> = arguments.iter().collect();
    match arguments.as_slice() {
        [kind, directory, pages] if *kind == ECHO => {
            runtime.block_on(listen(commits(directory, pages)));
        }
        [kind, upstream] if *kind == PROXY => {
            runtime.block_on(proxy::pass(upstream.parse().unwrap()));
        }
        [kind, upstream, directory, pages] if *kind == SETTLE => {
            let commits = commits(directory, pages);
            runtime.block_on(proxy::settle(upstream.parse().unwrap(), commits));
        }
        _ => panic!("{SERVE} is for this program alone: {arguments:?}"),
    }
}

/// Binds a port and tells it to the parent.
pub async fn door() -> tokio::net::TcpListener {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    listener
}

async fn listen(commits: Arc<Mutex<Commits>>) {
    let router = Router::new()
        .route("/echo/{length}", post(echo))
        .with_state(commits);
    let listener = door().await;
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn echo(
    State(commits): State<Arc<Mutex<Commits>>>,
    UrlPath(length): UrlPath<usize>,
    body: Bytes,
) -> ([(header::HeaderName, &'static str); 1], Vec<u8>) {
    // What was asked is looked at once, as any server must.
    let first = body.first().copied().unwrap_or(b'x');
    commits.lock().unwrap().commit();
    (
        [(header::CONTENT_TYPE, "application/json")],
        vec![first; length],
    )
}
