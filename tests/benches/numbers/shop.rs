//! A shop: store, catalogue, token, and the real agent on it.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pharmacy_base::clock::SystemClock;
use pharmacy_journal::{Draft, DraftPart, Journal};
use pharmacy_kit::gateway_till::GatewayTill;
use pharmacy_kit::http::{Client, Connection, Request};
use pharmacy_kit::platform::Manner;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, TraceCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::goods::{Dice, Item, WIFE, assessment, filler};

/// How many events one commit takes while the log is made long.
const BATCH: u64 = 20_000;

/// A store with everything in it, and nobody running it.
pub struct Shop {
    scratch: TempDir,
    token: String,
    /// The secrets of the counter page and of the gateway.
    doors: [String; 2],
    address: SocketAddr,
    /// Where its gateway listens, if it has one.
    gateway: Option<SocketAddr>,
}

/// An agent that runs a shop; killed when dropped.
pub struct Running {
    child: Child,
    client: Client,
}

impl Shop {
    /// Makes the store at a place and imports the catalogue; says how long the import took.
    pub fn open(place: &Path, catalogue: &str) -> (Self, Duration) {
        Self::open_behind(place, catalogue, None)
    }

    /// The same with a gateway before a platform.
    pub fn open_behind(
        place: &Path,
        catalogue: &str,
        platform: Option<SocketAddr>,
    ) -> (Self, Duration) {
        let scratch = folder(place);
        // Whoever asks the system for a free port may lose it again; nobody else binds here. Both are
        // held at once, so that they differ.
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [address, door] = ports.each_ref().map(|port| port.local_addr().unwrap());
        drop(ports);
        let mut text = configuration(address);
        if let Some(platform) = platform {
            write!(
                text,
                "[gateway]\nlisten = \"{door}\"\nupstream = \"http://{platform}\"\n"
            )
            .unwrap();
        }
        std::fs::write(scratch.path().join("agent.toml"), text).unwrap();
        let goods = scratch.path().join("goods.csv");
        std::fs::write(&goods, catalogue).unwrap();
        let shop = Self {
            scratch,
            token: String::new(),
            doors: Default::default(),
            address,
            gateway: platform.map(|_| door),
        };
        shop.command(&["init"]);
        let begun = Instant::now();
        shop.command(&["import", "catalogue", goods.to_str().unwrap()]);
        let took = begun.elapsed();
        let issue = |door: &str| {
            let said = shop.command(&["token", "add", "--client", "bench", "--door", door]);
            let said = String::from_utf8(said.stdout).unwrap();
            said.lines().last().unwrap().trim().to_owned()
        };
        let (token, doors) = (issue("api"), ["counter", "gateway"].map(issue));
        let shop = Self {
            token,
            doors,
            ..shop
        };
        (shop, took)
    }

    /// A till that speaks the national interface to this shop's gateway, on one connection.
    pub fn till(&self) -> GatewayTill {
        self.forgetful_till().kept()
    }

    /// The same, on a connection of its own for each call.
    pub fn forgetful_till(&self) -> GatewayTill {
        GatewayTill::through(Manner::Guangdong, self.gateway(), &self.doors[1])
    }

    /// Where its gateway listens.
    pub fn gateway(&self) -> SocketAddr {
        self.gateway.unwrap()
    }

    /// A browser at the counter page, as far as requests go; the agent runs.
    pub fn page(&self) -> Client {
        let opened = Client::new(self.address)
            .get(&format!("/counter/open/{}", self.doors[0]))
            .unwrap();
        let cookie = opened.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap();
        Client::new(self.address)
            .connection(Connection::KeepAlive)
            .header("cookie", cookie)
            .header("origin", &format!("http://{}", self.address))
    }

    /// Where log, records and catalogue lie.
    pub fn data(&self) -> PathBuf {
        self.scratch.path().join("state")
    }

    /// The log's database.
    pub fn database(&self) -> PathBuf {
        self.data().join("journal").join("log.db")
    }

    /// On which disk it lies: the folder that its own one was made in.
    pub fn place(&self) -> PathBuf {
        self.scratch.path().parent().unwrap().to_owned()
    }

    /// The imported catalogue.
    pub fn catalogue(&self) -> PathBuf {
        let files = std::fs::read_dir(self.data()).unwrap();
        let mut files = files.map(|file| file.unwrap().path());
        files
            .find(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with("catalogue-") && name.ends_with(".db")
            })
            .unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let output = Command::new(pharmacy_kit::agent())
            .args(arguments)
            .arg("--config")
            .arg(self.scratch.path().join("agent.toml"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        output
    }

    /// The journal, while no agent runs.
    pub fn journal(&self) -> Journal {
        Journal::open(&self.data(), Arc::new(SystemClock)).unwrap()
    }

    /// Makes the log as long as asked for, in few commits. Every entry has one part of 300 bytes;
    /// every second one sold a pack of its own.
    pub fn lengthen(&self, entries: u64) {
        let mut journal = self.journal();
        let mut dice = Dice::new(9);
        let keys = journal.keys().clone();
        while journal.size().unwrap() < entries {
            let count = BATCH.min(entries - journal.size().unwrap());
            let mut pack = journal.size().unwrap();
            let bytes = filler(300, &mut dice);
            let drafts = (0..count).map(|_| Draft {
                kind: EntryKind::Verdict,
                till: Some("01".parse().unwrap()),
                refs: Vec::new(),
                parts: vec![DraftPart::new(PartClass::Facts, bytes.clone())],
            });
            let sell = |transaction: &pharmacy_journal::store::Transaction<'_>,
                        index: EntryIndex| {
                pack += 1;
                if pack.is_multiple_of(2) {
                    let code: TraceCode = format!("7{pack:019}").parse().unwrap();
                    let _ = transaction.claim_pack(&keys.trace_digest(&code), pack, index)?;
                }
                Ok(())
            };
            journal.dangerous_record_many(drafts, sell).unwrap();
            journal.publish().unwrap();
        }
    }

    /// Starts the agent and waits until it has decided once; says how long that took from the start
    /// of the process.
    pub fn start(&self, basket: &[Item<'_>]) -> (Running, Duration) {
        let begun = Instant::now();
        let child = Command::new(pharmacy_kit::agent())
            .arg("run")
            .arg("--config")
            .arg(self.scratch.path().join("agent.toml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let client = Client::new(self.address)
            .connection(Connection::KeepAlive)
            .header("authorization", &format!("Bearer {}", self.token));
        let mut running = Running { child, client };
        while running.client.get("/v1/status").is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the agent did not start"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        let sale = running.open_sale();
        running.assess(&sale, &assessment(basket), 0);
        (running, begun.elapsed())
    }
}

impl Running {
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// A sale of an insured who is here.
    pub fn open_sale(&mut self) -> String {
        let sale = self.send(
            "/v1/sales",
            &json!({"fund": "pooled", "holder": {"number": WIFE}}),
            None,
        );
        let id = sale["sale"].as_str().unwrap().to_owned();
        let evidence = json!({
            "source": "credential", "credential": "insurance-code", "person": {"number": WIFE},
        });
        self.send(&format!("/v1/sales/{id}/evidence"), &evidence, None);
        id
    }

    /// Has a basket judged; `turn` makes its idempotency key.
    pub fn assess(&mut self, sale: &str, body: &Value, turn: usize) -> Value {
        let key = format!("assess-{sale}-{turn}");
        self.send(&format!("/v1/sales/{sale}/assessments"), body, Some(&key))
    }

    /// The request of an assessment, ready to be sent.
    pub fn request(sale: &str, body: &Value) -> Request {
        Request::new("POST", &format!("/v1/sales/{sale}/assessments"))
            .header("idempotency-key", &format!("assess-{sale}"))
            .json(body)
    }

    /// Sends any request; the answer must be good.
    pub fn exchange(&mut self, request: &Request) -> usize {
        let response = self.client.send(request).unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
        response.body.len()
    }

    fn send(&mut self, target: &str, body: &Value, key: Option<&str>) -> Value {
        let mut request = Request::new("POST", target).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = self.client.send(&request).unwrap();
        assert!(matches!(response.status, 200 | 201), "{}", response.text());
        response.json()
    }

    /// Ends it as a power cut would: no farewell.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder at a place, gone with its value.
pub fn folder(place: &Path) -> TempDir {
    tempfile::Builder::new()
        .prefix("pharmacy-test-")
        .tempdir_in(place)
        .unwrap()
}

/// A place where a sync costs nothing, if the machine has one.
pub fn memory() -> Option<&'static Path> {
    Some(Path::new("/dev/shm")).filter(|place| place.is_dir())
}

fn configuration(address: SocketAddr) -> String {
    format!(
        "data-dir = \"state\"\n\
         [store]\ncode = \"P44030000001\"\nname = \"某某大药房\"\nregion = \"440300\"\n\
         stage = \"operating\"\n\
         [store.standing]\nagreement = \"in-force\"\nagreement-until = \"2999-12-31\"\n\
         licence-until = \"2999-12-31\"\nunfiled-change-days = 0\ninsurance-managers = 2\n\
         pharmacists = 1\n\
         [till]\nnumber = \"01\"\n\
         [api]\nlisten = \"{address}\"\n"
    )
}
