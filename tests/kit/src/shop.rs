//! A shop on disk and its agent: the real program, on a store of the test's own.
//!
//! In scope: configuration, `init`, `import`, `token`, a running daemon and what it says on its error
//! stream. Out of scope: what a till asks of it ([`crate::till`]).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::platform::Platform;
use crate::program::demo;
use crate::till::Till;
use crate::{Scratch, agent};

/// How long a program may take to start or to stop; machines that build are slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A store's folder: configuration, and whatever the commands made of it.
#[derive(Debug)]
pub struct Shop {
    folder: Scratch,
    token: String,
    /// What makes and runs it.
    program: PathBuf,
}

/// The sample catalogue.
pub const SAMPLE: &str = include_str!("../../../config/catalogue/sample.csv");

/// What a command that ended left behind.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Shop {
    /// A folder with a configuration and no store. `more` is appended: `[api]` or `[reader]`.
    pub fn unmade(more: &str) -> Self {
        Self::planned(agent(), &format!("{CONFIGURATION}{more}"))
    }

    /// A shop with a configuration of its own, which this program makes and runs: the demo's.
    pub fn of(program: &Path, configuration: &str) -> Self {
        Self::made(Self::planned(program, configuration))
    }

    fn planned(program: &Path, configuration: &str) -> Self {
        let folder = Scratch::new();
        folder.write("agent.toml", configuration);
        Self {
            folder,
            token: String::new(),
            program: program.to_owned(),
        }
    }

    /// A shop with a log, the sample catalogue, and a token for its own till.
    pub fn new() -> Self {
        Self::with("")
    }

    /// The same with more configuration.
    pub fn with(more: &str) -> Self {
        Self::made(Self::unmade(more))
    }

    /// The same behind a gateway to a platform, in the platform's area, with tills `01` to `tills`.
    pub fn behind(platform: &Platform, tills: u32) -> Self {
        Self::behind_with(platform, tills, "")
    }

    /// The same with more configuration.
    pub fn behind_with(platform: &Platform, tills: u32, more: &str) -> Self {
        let gateway = format!(
            "[gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n",
            platform.address()
        );
        let others: Vec<_> = (2..=tills).map(|till| format!("\"{till:02}\"")).collect();
        let text = format!("{CONFIGURATION}{gateway}{more}")
            .replace("\"440300\"", &format!("\"{}\"", platform.manner().area()))
            .replace("[\"02\"]", &format!("[{}]", others.join(", ")));
        Self::of(agent(), &text)
    }

    fn made(mut shop: Self) -> Self {
        shop.must(&["init"]);
        let sample = shop.folder.write("sample.csv", SAMPLE);
        shop.must(&[
            "import",
            "catalogue",
            sample.to_str().expect("a plain path"),
        ]);
        shop.token = shop.issue("till-a", "01");
        shop
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.join("agent.toml")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// The database of the log.
    pub fn database(&self) -> PathBuf {
        self.data().join("journal").join("log.db")
    }

    /// The token of its own till, for the local API.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Issues a token for the local API.
    pub fn issue(&self, client: &str, till: &str) -> String {
        self.issue_for("api", client, till)
    }

    /// Issues a secret for one door.
    pub fn issue_for(&self, door: &str, client: &str, till: &str) -> String {
        let told = self.must(&[
            "token", "add", "--client", client, "--till", till, "--door", door,
        ]);
        let token = told.lines().last().expect("the token is the last line");
        token.to_owned()
    }

    /// Runs a command on this shop's configuration to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--config").arg(self.config());
        Ended::of(&mut command)
    }

    /// The same with something typed in.
    pub fn run_typed(&self, arguments: &[&str], typed: &str) -> Ended {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--config").arg(self.config());
        Ended::of_typed(&mut command, typed)
    }

    /// Runs a command that has to succeed, and says what it printed.
    pub fn must(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        ended.out
    }

    /// How many entries the log has, by `verify`, which must find nothing wrong.
    pub fn verified_entries(&self) -> u64 {
        let report = self.must(&["verify"]);
        let line = report
            .lines()
            .find_map(|line| line.strip_prefix("  entries "));
        let count = line.and_then(|count| count.trim().parse().ok());
        count.unwrap_or_else(|| panic!("no count in {report}"))
    }

    /// Starts the daemon and waits until it listens.
    pub fn start(&self) -> Daemon {
        let mut command = Command::new(&self.program);
        command.arg("run").arg("--config").arg(self.config());
        Daemon::start(command)
    }

    /// Starts the demo's daemon: a card reader on loopback counts, and it stops when its input is
    /// closed.
    pub fn start_as_demo(&self) -> Daemon {
        let mut command = Command::new(&self.program);
        command.arg("agent").arg(self.config());
        Daemon::start(command)
    }

    /// The same shop, made and run by the demo's program from now on.
    #[must_use]
    pub fn by_demo(mut self) -> Self {
        self.program = demo().to_owned();
        self
    }

    /// A till that calls the daemon with the shop's own token.
    pub fn till(&self, daemon: &Daemon) -> Till {
        Till::new(daemon.address(), &self.token)
    }
}

impl Default for Shop {
    fn default() -> Self {
        Self::new()
    }
}

/// A store in order that has left commissioning; `[till]` and `[api]` come last for `more`.
const CONFIGURATION: &str = r#"data-dir = "state"
[store]
code = "P44030000001"
name = "某某大药房"
region = "440300"
stage = "operating"
[store.standing]
agreement = "in-force"
agreement-until = "2099-12-31"
licence-until = "2099-12-31"
unfiled-change-days = 0
insurance-managers = 2
pharmacists = 1
[till]
number = "01"
enrolled = ["02"]
[api]
listen = "127.0.0.1:0"
"#;

impl Ended {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output();
        Self::told(output.expect("the program can be started"))
    }

    /// The same with something typed in.
    pub fn of_typed(command: &mut Command, typed: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the program can be started");
        let mut input = child.stdin.take().expect("the input is ours");
        // A command that refuses early has gone before it reads.
        let _ = input.write_all(typed.as_bytes());
        drop(input);
        Self::told(child.wait_with_output().expect("the program ends"))
    }

    fn told(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("error output is UTF-8"),
        }
    }
}

/// A running daemon; dropped, it is killed.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    address: SocketAddr,
    gateway: Awaited,
    reviewers: Awaited,
    said: Arc<Mutex<String>>,
    listeners: Vec<JoinHandle<()>>,
}

impl Daemon {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("the agent can be started");
        let said = Arc::new(Mutex::new(String::new()));
        let (api, address) = mpsc::channel();
        let (gateway, reviewers) = (Awaited::default(), Awaited::default());
        let found = Found {
            api,
            gateway: gateway.clone(),
            reviewers: reviewers.clone(),
        };
        let out = child.stdout.take().expect("the output is ours");
        let err = child.stderr.take().expect("the error stream is ours");
        let listeners = vec![
            listen(out, Arc::clone(&said), found.clone()),
            listen(err, Arc::clone(&said), found),
        ];
        let address = address.recv_timeout(PATIENCE);
        let Ok(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the agent does not listen: {}", said.lock().unwrap());
        };
        Self {
            child,
            address,
            gateway,
            reviewers,
            said,
            listeners,
        }
    }

    /// Where the local API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the gateway listens, and says where; a daemon without `[gateway]` fails the test.
    pub fn gateway(&self) -> SocketAddr {
        let found = self.gateway.wait();
        found.unwrap_or_else(|| panic!("the gateway does not listen: {}", self.said()))
    }

    /// Waits until reviewers are listened to, and says where; a daemon without `[review]` fails the test.
    pub fn reviewers(&self) -> SocketAddr {
        let found = self.reviewers.wait();
        found.unwrap_or_else(|| panic!("nobody listens to reviewers: {}", self.said()))
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it said up to now, on both streams.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Ends it without warning (SIGKILL, TerminateProcess), and says what it had said.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("the agent can be killed");
        self.ended().1
    }

    /// Closes its input and waits: how a demo's daemon is asked to stop.
    pub fn close(mut self) -> (ExitStatus, String) {
        drop(self.child.stdin.take());
        self.ended()
    }

    /// Asks it to stop as a service manager does, and waits.
    #[cfg(unix)]
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.expect("`kill` can be started").success());
        self.ended()
    }

    fn ended(&mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().expect("our child") {
                Some(status) => break status,
                None if Instant::now() > deadline => panic!("the agent does not end"),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        for listener in self.listeners.drain(..) {
            let _ = listener.join();
        }
        (status, self.said())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what a stream says, and passes on the address when it is told.
fn listen(
    stream: impl Read + Send + 'static,
    said: Arc<Mutex<String>>,
    found: Found,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream
            .read_until(b'\n', &mut line)
            .is_ok_and(|bytes| bytes > 0)
        {
            let text = String::from_utf8_lossy(&line).into_owned();
            found.look(&text);
            said.lock().unwrap().push_str(&text);
            line.clear();
        }
    })
}

/// An address that may be told later.
#[derive(Clone, Debug, Default)]
struct Awaited(Arc<(Mutex<Option<SocketAddr>>, Condvar)>);

impl Awaited {
    fn tell(&self, address: SocketAddr) {
        let (told, changed) = &*self.0;
        *told.lock().unwrap() = Some(address);
        changed.notify_all();
    }

    fn wait(&self) -> Option<SocketAddr> {
        let (told, changed) = &*self.0;
        let told = told.lock().unwrap();
        let waited = changed.wait_timeout_while(told, PATIENCE, |told| told.is_none());
        *waited.unwrap().0
    }
}

/// Whom to tell where the daemon listens.
#[derive(Clone)]
struct Found {
    api: Sender<SocketAddr>,
    gateway: Awaited,
    reviewers: Awaited,
}

impl Found {
    fn look(&self, line: &str) {
        let Some((edge, address)) = address_in(line) else {
            return;
        };
        match edge {
            Edge::Api => drop(self.api.send(address)),
            Edge::Gateway => self.gateway.tell(address),
            Edge::Reviewers => self.reviewers.tell(address),
        }
    }
}

/// What listens at an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Edge {
    Api,
    Gateway,
    Reviewers,
}

/// Each edge logs `… listening address=…` under its name.
fn address_in(line: &str) -> Option<(Edge, SocketAddr)> {
    const REVIEWERS: &str = "listening for reviewers address=";
    let (edge, told) = match line.split_once("listening address=") {
        Some((before, told)) if before.contains("local API") => (Edge::Api, told),
        Some((before, told)) if before.contains("gateway") => (Edge::Gateway, told),
        // Whatever else listens is none that a till calls.
        Some(_) => return None,
        None => (Edge::Reviewers, line.split_once(REVIEWERS)?.1),
    };
    let address = told.split_whitespace().next()?;
    Some((edge, address.parse().ok()?))
}

/// Waits until something can be observed, or fails the test saying what was awaited.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(test)]
mod tests {
    use super::{Edge, address_in};

    #[test]
    fn addresses_of_the_edges_are_told_apart() {
        let cases = [
            (
                "INFO local API listening address=127.0.0.1:1\n",
                Some((Edge::Api, 1)),
            ),
            (
                "INFO gateway listening address=127.0.0.1:2 tls=false\n",
                Some((Edge::Gateway, 2)),
            ),
            ("INFO counter page listening address=127.0.0.1:3\n", None),
            (
                "INFO listening for reviewers address=127.0.0.1:5\n",
                Some((Edge::Reviewers, 5)),
            ),
            ("127.0.0.1:4\n", None),
            ("WARN listening address=none\n", None),
        ];
        for (line, expected) in cases {
            let found = address_in(line).map(|(edge, address)| (edge, address.port()));
            assert_eq!(found, expected, "{line}");
        }
    }
}
