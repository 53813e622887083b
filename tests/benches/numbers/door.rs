//! How long an honest till waits at a door before which a crowd without a secret stands.
//!
//! ```text
//! floor    till ─► agent ─► platform, nobody else there
//! ours     till ─► agent ─► platform, beside a crowd that comes back a second or two after it was ended
//! ```
//! It does not come back all at once: of 10,000 in one moment the system's own queue (`somaxconn`, 4096)
//! turns some away before any program sees them, the till among them.
//!
//! The till connects anew for each call: whoever has a connection, the crowd cannot reach.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pharmacy_kit::gateway_till::benefits;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::Effort;
use crate::goods::{Goods, Till};
use crate::measure::{Samples, Timing};
use crate::platform;
use crate::shop::Shop;
use crate::table::{Row, Table};

/// How much longer an honest till may wait.
const BAR: Duration = Duration::from_millis(50);
/// How soon the first of those who were ended comes back; the last, after twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the till waits between two calls: all of them take longer than the crowd stays away.
const BREATH: Duration = Duration::from_millis(20);

/// What those do who came.
#[derive(Clone, Copy)]
enum Habit {
    /// Nothing.
    HalfOpen,
    /// A byte of a head each second.
    Slow,
}

/// All rows of the door.
pub fn run(table: &mut Table, goods: &Goods, csv: &str, effort: &Effort) {
    let platform = platform::start();
    let (shop, _) = Shop::open_behind(&std::env::temp_dir(), csv, Some(platform));
    let (agent, _) = shop.start(&Till::new(goods, 700).basket(3));
    let alone = wait(&shop, effort);
    for (count, habit, words) in [
        (300, Habit::HalfOpen, "300 half-open"),
        (10_000, Habit::Slow, "10,000 slow"),
    ] {
        let crowd = Crowd::gather(shop.gateway(), count, habit);
        let beside = wait(&shop, effort);
        let came = crowd.came.load(Ordering::Relaxed);
        drop(crowd);
        let delay = beside.p99.saturating_sub(alone.p99);
        table.add(
            Row::new(format!("door, call beside {words} connections"))
                .measured(beside.text())
                .floor(alone.text())
                .bar("p99 ≤ 50 ms more", delay <= BAR),
        );
        table.note(format!("{words} connections: {came} were opened meanwhile"));
    }
    agent.kill();
}

/// How long a till waits for its answers.
fn wait(shop: &Shop, effort: &Effort) -> Timing {
    let mut till = shop.forgetful_till();
    let mut samples = Samples::default();
    for _ in 0..effort.knocks {
        std::thread::sleep(BREATH);
        samples.time(|| till.call("2001", &benefits("PSN-000001")));
    }
    samples.timing()
}

/// Connections without a secret, until it is dropped.
struct Crowd {
    /// How many were opened, those that came back as well.
    came: Arc<AtomicUsize>,
    _stay: oneshot::Sender<()>,
}

impl Crowd {
    /// Returns once all of them came.
    fn gather(door: SocketAddr, count: usize, habit: Habit) -> Self {
        let came = Arc::new(AtomicUsize::new(0));
        let (stay, left) = oneshot::channel::<()>();
        let counter = Arc::clone(&came);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            for number in 0..count {
                let pause =
                    PAUSE + PAUSE * u32::try_from(number).unwrap() / u32::try_from(count).unwrap();
                runtime.spawn(come(door, habit, pause, Arc::clone(&counter)));
            }
            let _ = runtime.block_on(left);
        });
        while came.load(Ordering::Relaxed) < count {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { came, _stay: stay }
    }
}

async fn come(door: SocketAddr, habit: Habit, pause: Duration, came: Arc<AtomicUsize>) {
    loop {
        if let Ok(stream) = TcpStream::connect(door).await {
            came.fetch_add(1, Ordering::Relaxed);
            let _ = stay(stream, habit).await;
        }
        tokio::time::sleep(pause).await;
    }
}

async fn stay(mut stream: TcpStream, habit: Habit) -> std::io::Result<()> {
    match habit {
        Habit::HalfOpen => stream.readable().await,
        Habit::Slow => loop {
            stream.write_all(b"P").await?;
            tokio::time::sleep(PAUSE).await;
        },
    }
}
