//! The daemon is killed while tills work, again and again, and loses nothing that it acknowledged.
//!
//! In scope: the whole daemon, over HTTP, ended by the operating system at any moment. Out of scope:
//! every single step of a commit, which `agent/tests/faults.rs` fails and kills one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pharmacy_kit::Shop;
use pharmacy_kit::http::Request;
use pharmacy_kit::shop::wait_until;
use pharmacy_kit::till::{Till, otc, pack, person, settled};
use serde_json::{Value, json};

/// How often the daemon is killed.
const ROUNDS: u64 = 50;
/// How many tills work at once.
const TILLS: u64 = 2;

/// A request that was sent under a key, and the answer if one came.
#[derive(Clone, Debug)]
struct Sent {
    path: String,
    key: String,
    body: Value,
    answer: Option<(u16, Vec<u8>)>,
}

/// What became of a message id, as far as the till was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Attempt {
    Announced,
    Settled,
}

/// What a till knows when the daemon is gone.
#[derive(Debug, Default)]
struct Memory {
    sent: Vec<Sent>,
    /// By the sale's path.
    attempts: BTreeMap<String, Attempt>,
}

/// One till's work until the daemon does not answer any more.
struct Clerk {
    till: Till,
    /// Distinguishes keys, packs and persons of all tills and rounds.
    serial: u64,
    acknowledged: Arc<AtomicUsize>,
    memory: Memory,
}

impl Clerk {
    fn new(address: SocketAddr, token: &str, serial: u64, acknowledged: &Arc<AtomicUsize>) -> Self {
        Self {
            till: Till::kept(address, token),
            serial,
            acknowledged: Arc::clone(acknowledged),
            memory: Memory::default(),
        }
    }

    /// Sends a request under a key of its own; nothing when the daemon is gone.
    fn post(&mut self, path: &str, body: Value) -> Option<Value> {
        self.serial += 1;
        let key = format!("K{}", self.serial);
        self.memory.sent.push(Sent {
            path: path.to_owned(),
            key: key.clone(),
            body: body.clone(),
            answer: None,
        });
        let request = Request::new("POST", path)
            .json(&body)
            .header("idempotency-key", &key);
        let answer = self.till.try_send(&request).ok()?;
        assert!(answer.status < 300, "{path}: {}", answer.text());
        let value = answer.json();
        self.memory.sent.last_mut()?.answer = Some((answer.status, answer.body));
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        Some(value)
    }

    /// Sells until the daemon is gone.
    fn work(mut self) -> Memory {
        while self.sell().is_some() {}
        self.memory
    }

    fn sell(&mut self) -> Option<()> {
        // A person of its own for each sale, so that no history stands against it.
        let number = person(self.serial);
        let pack = pack(self.serial);
        let opening = json!({"holder": {"number": number}, "insurance": "employee"});
        let opened = self.post("/v1/sales", opening)?;
        let sale = format!("/v1/sales/{}", opened["sale"].as_str()?);
        let evidence = json!({
            "source": "credential", "credential": "insurance-code", "person": {"number": number},
        });
        self.post(&format!("{sale}/evidence"), evidence)?;
        let lines = json!({"lines": [otc(1, &[pack])]});
        let verdict = self.post(&format!("{sale}/assessments"), lines)?;
        assert_eq!(verdict["answer"], "allow", "{verdict}");
        self.post(&format!("{sale}/attempts"), json!({"msgid": "M"}))?;
        self.memory
            .attempts
            .insert(sale.clone(), Attempt::Announced);
        self.post(&format!("{sale}/outcomes"), settled("M", &verdict))?;
        self.memory.attempts.insert(sale, Attempt::Settled);
        Some(())
    }
}

/// What was acknowledged and what of it was found, over all rounds.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: usize,
    found: usize,
    /// Recorded, although the daemon died before it could answer.
    landed: usize,
    doubted: usize,
    highest_entry: u64,
}

impl Tally {
    /// Everything that a till was told is there and is what it was told.
    fn check(&mut self, till: &mut Till, memory: &Memory) {
        let restarted = till.entries();
        // First as it stands, before a repetition could mend anything.
        for (sale, attempt) in &memory.attempts {
            let shown = till.show(sale);
            let state = shown["attempts"][0]["state"].as_str().unwrap();
            // The report that was under way when the daemon died may have been recorded.
            match attempt {
                Attempt::Settled => assert_eq!(state, "settled", "{shown}"),
                Attempt::Announced => assert!(["in-doubt", "settled"].contains(&state), "{shown}"),
            }
            self.doubted += usize::from(state == "in-doubt");
        }
        for sent in &memory.sent {
            let answer = till.post_keyed(&sent.path, &sent.key, &sent.body);
            match &sent.answer {
                Some((status, body)) => {
                    self.acknowledged += 1;
                    let told: Value = serde_json::from_slice(body).unwrap();
                    assert_eq!(
                        (answer.status, &answer.body),
                        (*status, body),
                        "{}",
                        sent.path
                    );
                    self.found += 1;
                    let entry = told["entry"].as_u64().unwrap();
                    self.highest_entry = self.highest_entry.max(entry);
                    let sale = format!("/v1/sales/{}", told["sale"].as_str().unwrap());
                    assert!(till.show(&sale)["entry"].as_u64().unwrap() >= entry);
                }
                // Recorded or not, the repetition is answered, once; a third time gets the same.
                None => {
                    let is_done = answer.status < 300 || answer.text().contains("sale.in-doubt");
                    assert!(is_done, "{}: {}", sent.path, answer.text());
                    if answer.status < 300 {
                        let entry = answer.json()["entry"].as_u64().unwrap();
                        self.landed += usize::from(entry < restarted);
                        let again = till.post_keyed(&sent.path, &sent.key, &sent.body);
                        assert_eq!(again.body, answer.body, "{}", sent.path);
                    }
                }
            }
        }
    }
}

#[test]
fn killed_at_any_moment_it_loses_nothing() {
    let shop = Shop::new();
    let begun = Instant::now();
    let mut tally = Tally::default();
    let mut sales = BTreeSet::new();
    let mut daemon = shop.start();
    for round in 0..ROUNDS {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let clerks: Vec<_> = (0..TILLS)
            .map(|clerk| {
                let serial = (round * TILLS + clerk + 1) * 100_000;
                let clerk = Clerk::new(daemon.address(), shop.token(), serial, &acknowledged);
                std::thread::spawn(move || clerk.work())
            })
            .collect();
        // Somewhere in the middle of the work: after some answers, and a moment more or less.
        let enough = usize::try_from(round % 29).unwrap() + 1;
        wait_until("some answers", || {
            acknowledged.load(Ordering::SeqCst) >= enough
        });
        let moment = Instant::now() + Duration::from_micros(round * 7919 % 12_000);
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        daemon.kill();
        let memories: Vec<_> = clerks
            .into_iter()
            .map(|clerk| clerk.join().unwrap())
            .collect();

        daemon = shop.start();
        let mut till = shop.till(&daemon);
        for memory in &memories {
            tally.check(&mut till, memory);
            for sent in &memory.sent {
                let Some((_, body)) = &sent.answer else {
                    continue;
                };
                let told: Value = serde_json::from_slice(body).unwrap();
                let is_new = sent.path == "/v1/sales";
                let sale = told["sale"].as_str().unwrap().to_owned();
                assert_eq!(
                    sales.insert(sale),
                    is_new,
                    "a sale's id was given out twice"
                );
            }
        }
        // What is in doubt is listed until the platform's word comes; then nothing is any more.
        let listed = till.must("GET", "/v1/sales?in_doubt=true", &Value::Null);
        for sale in listed["sales"].as_array().unwrap() {
            let path = format!("/v1/sales/{}", sale["sale"].as_str().unwrap());
            let amounts = json!({"insurance": "19.10", "cash": "0.00"});
            till.must("POST", &format!("{path}/outcomes"), &settled("M", &amounts));
        }
        let status = till.must("GET", "/v1/status", &Value::Null);
        assert_eq!(status["in_doubt"], 0, "{status}");
        assert!(status["entries"].as_u64().unwrap() > tally.highest_entry);
    }
    let mut till = shop.till(&daemon);
    let entries = till.entries();
    daemon.kill();
    assert_eq!(shop.verified_entries(), entries);
    let Tally {
        acknowledged,
        found,
        landed,
        doubted,
        ..
    } = tally;
    println!(
        "{ROUNDS} kills in {:.1} s: {acknowledged} acknowledged, {found} found, {} lost; \
         {landed} recorded and not answered, {doubted} in doubt; {entries} entries verified",
        begun.elapsed().as_secs_f32(),
        acknowledged - found,
    );
    assert_eq!(acknowledged, found);
    let expected = usize::try_from(ROUNDS).unwrap();
    assert!(
        acknowledged > 4 * expected,
        "too little work to show anything: {acknowledged}"
    );
    assert!(doubted > 0, "never killed between announcement and report");
}
