//! `run`: opens the store, starts the parts, and stops them in order.
//!
//! Tasks: `desk` (a thread: the one writer), `reader` (a thread per port), `scanner` (likewise, and a
//! task that carries its scans to the desk), `printer` (likewise, and a task that carries slips from the
//! desk to it), `api` (the listener and a task per connection; the
//! counter page shares it), `gateway` (the same towards tills that speak the national interface),
//! `review` (the same towards pharmacists at other PCs), `control` (where commands ask), `publish` (the checkpoint, every few seconds), `liveness` (an entry per hour). A test compares
//! this list with the one in
//! `ARCHITECTURE.md`.

mod folder;
mod inbox;
mod printer;
mod reader;
mod scanner;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pharmacy_decision::pack::Pack;
use pharmacy_decision::verdict::Stance;
use pharmacy_protocol::term::TillNumber;
use tokio::sync::watch;

use self::printer::SlipPrinter;
use self::scanner::TillScanner;
use crate::api::{Api, Devices, Server};
use crate::config::{Config, LoadedConfig};
use crate::control::{self, ControlDoor};
use crate::counter::{self, ReviewServer, ScanFolder, TillCounter};
use crate::door::{Shown, expiry};
use crate::failure::Failure;
use crate::gateway::Gateway;
use pharmacy_base::clock::Clock;
use pharmacy_base::machine::Machine;
use pharmacy_base::text;
use pharmacy_desk::{CardReader, Desk, DeskHandle, DeskThread, Setup};
use pharmacy_device::address::Address;
use pharmacy_device::reader::{Reader, Settings};
use pharmacy_journal::Journal;

/// A log without an entry for longer than this, while no stop was recorded, has a gap.
const LIVENESS: Duration = Duration::from_secs(3600);

/// How often certificates are looked at.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long the published checkpoint may be behind the log.
const PUBLISH: Duration = Duration::from_secs(5);

/// Runs under a rule pack until it is asked to stop.
pub fn run(
    loaded: LoadedConfig,
    pack: Pack,
    asked: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of("agent.runtime", &error))?;
    runtime.block_on(async {
        let agent = Agent::start(loaded, pack, Machine::default()).await?;
        tracing::info!(address = %agent.address(), "local API listening");
        if let Some(address) = agent.gateway() {
            tracing::info!(%address, "gateway listening");
        }
        for (till, address) in agent.tills() {
            tracing::info!(%till, %address, "listening for one till");
        }
        if let Some(address) = agent.review() {
            tracing::info!(%address, "listening for reviewers");
        }
        asked.await;
        agent.stop().await
    })
}

/// A running agent.
pub struct Agent {
    desk: DeskHandle,
    thread: DeskThread,
    address: std::net::SocketAddr,
    gateway: Option<std::net::SocketAddr>,
    tills: Vec<(TillNumber, std::net::SocketAddr)>,
    review: Option<std::net::SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: tokio::task::JoinSet<()>,
    reader: Option<Reader>,
}

impl Agent {
    /// Opens everything, records the start, and serves.
    pub async fn start(
        loaded: LoadedConfig,
        pack: Pack,
        machine: Machine,
    ) -> Result<Self, Failure> {
        let LoadedConfig { mut config, digest } = loaded;
        let journal = control::open_journal(&config.data_dir, Arc::clone(&machine.clock))?;
        check_rules(&config.rules, &pack)?;
        // Ports first: an agent that cannot listen must not record that it started.
        let configured = config.described(digest);
        let certificates = config.certificates();
        let early = config.gateway.as_ref().map(|gateway| gateway.early);
        let doors = Doors::open(&mut config, machine).await?;
        let origins = std::mem::take(&mut config.api.origins);
        let inbox = config.prescription.folder.take().map(inbox::open);
        let setup = Setup {
            data_dir: config.data_dir,
            store: config.store,
            till: config.till,
            trace: config.trace,
            early: early.unwrap_or_default(),
            rules: config.rules,
            configured,
        };
        let (desk, thread) = open_desk(journal, pack, setup, &doors.machine)?;
        Ok(doors.serve(desk, thread, origins, inbox, certificates))
    }

    /// Where the local API listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// Where the gateway listens, if there is one.
    pub fn gateway(&self) -> Option<std::net::SocketAddr> {
        self.gateway
    }

    /// The tills that have a port of their own, and where it listens.
    pub fn tills(&self) -> &[(TillNumber, std::net::SocketAddr)] {
        &self.tills
    }

    /// Where reviewers at other PCs come in, if they may.
    pub fn review(&self) -> Option<std::net::SocketAddr> {
        self.review
    }

    /// Lets open requests end, records the stop, and closes the store.
    pub async fn stop(mut self) -> Result<(), Failure> {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        drop(self.reader);
        drop(self.desk);
        let thread = self.thread;
        let desk = tokio::task::spawn_blocking(move || thread.join())
            .await
            .map_err(|error| Failure::of("agent.runtime", &error))?;
        let Ok(mut desk) = desk else {
            return Err(Failure::plain("agent.desk-died"));
        };
        Ok(desk.record_stop()?)
    }
}

/// Ports and devices, taken before anything is recorded.
struct Doors {
    machine: Machine,
    server: Server,
    gateway: Option<Gateway>,
    review: Option<ReviewServer>,
    till: TillNumber,
    reader: Option<Reader>,
    scanner: Option<TillScanner>,
    printer: Option<SlipPrinter>,
    control: Option<ControlDoor>,
}

impl Doors {
    async fn open(config: &mut Config, machine: Machine) -> Result<Self, Failure> {
        let server = Server::bind(config.api.listen).await?;
        let gateway = match config.gateway.take() {
            Some(config) => Some(Gateway::bind(config).await?),
            None => None,
        };
        let review = match config.review.take() {
            Some(config) => Some(ReviewServer::bind(config).await?),
            None => None,
        };
        Ok(Self {
            server,
            gateway,
            review,
            till: config.till.number.clone(),
            reader: open_reader(config.reader.device.as_deref(), &machine)?,
            scanner: scanner::open(&config.scanner, &config.till, &machine)?,
            printer: printer::open(&config.printer, &machine)?,
            control: open_control(&config.data_dir),
            machine,
        })
    }

    fn serve(
        self,
        desk: DeskHandle,
        thread: DeskThread,
        origins: Vec<String>,
        inbox: Option<Arc<dyn ScanFolder>>,
        certificates: Vec<Shown>,
    ) -> Agent {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = tokio::task::JoinSet::new();
        let address = self.server.address();
        let devices = Devices {
            reader: self.reader.as_ref().map(card_reader),
            scanner: self.scanner.as_ref().map(TillScanner::port),
        };
        let context = Api::new(desk.clone(), devices, self.server.names(), origins);
        let page = till_counter(&desk, self.reader.as_ref(), inbox);
        let page = counter::router(page, address, stopped.clone());
        tasks.spawn(api(self.server, context, page, stopped.clone()));
        let gateway_address = self.gateway.as_ref().map(Gateway::address);
        let tills = self.gateway.as_ref().map(Gateway::own_addresses);
        if let Some(bound) = self.gateway {
            tasks.spawn(gateway(bound, desk.clone(), stopped.clone()));
        }
        let review_address = self.review.as_ref().map(ReviewServer::address);
        if let Some(reviewers) = self.review {
            let clock = self.machine.clock;
            tasks.spawn(review(
                reviewers,
                desk.clone(),
                clock,
                self.till,
                stopped.clone(),
            ));
        }
        if let Some(door) = self.control {
            tasks.spawn(control(door, desk.clone(), stopped.clone()));
        }
        tasks.spawn(publish(desk.clone(), stopped.clone()));
        if let Some(printer) = self.printer {
            printer.serve(desk.clone(), &mut tasks, stopped.clone());
        }
        if let Some(scanner) = self.scanner {
            scanner.serve(desk.clone(), &mut tasks, stopped.clone());
        }
        tasks.spawn(liveness(desk.clone(), certificates, stopped));
        Agent {
            desk,
            thread,
            address,
            gateway: gateway_address,
            tills: tills.unwrap_or_default(),
            review: review_address,
            stop,
            tasks,
            reader: self.reader,
        }
    }
}

/// Records the start, and gives the desk its thread.
fn open_desk(
    journal: Journal,
    pack: Pack,
    setup: Setup,
    machine: &Machine,
) -> Result<(DeskHandle, DeskThread), Failure> {
    let mut desk = Desk::new(journal, Arc::new(pack), Arc::clone(&machine.clock), setup)?;
    if !desk.has_catalogue() {
        tracing::warn!("no catalogue was imported; every article is unknown to the agent");
    }
    desk.record_start()?;
    let started = DeskHandle::start(desk, machine.workers.as_ref());
    let (handle, thread) = started.map_err(|error| Failure::of("agent.runtime", &error))?;
    let program = std::env::current_exe();
    let program = program.map_err(|error| Failure::of("agent.runtime", &error))?;
    Ok((handle.with_page_reader(&program), thread))
}

/// A stance for a rule that the pack does not have is a typing error, and the rule meant would go on
/// as it was.
fn check_rules(stances: &BTreeMap<String, Stance>, pack: &Pack) -> Result<(), Failure> {
    let is_known = |id: &str| pack.rules().iter().any(|rule| rule.id() == id);
    match stances.keys().find(|id| !is_known(id)) {
        Some(unknown) => Err(Failure::listed(
            "config.rule-unknown",
            vec![unknown.clone()],
        )),
        None => Ok(()),
    }
}

/// What the counter page of this machine's till works with.
fn till_counter(
    desk: &DeskHandle,
    reader: Option<&Reader>,
    inbox: Option<Arc<dyn ScanFolder>>,
) -> Arc<TillCounter> {
    Arc::new(TillCounter {
        desk: desk.clone(),
        reader: reader.map(card_reader),
        inbox,
    })
}

fn card_reader(reader: &Reader) -> Arc<dyn CardReader> {
    Arc::new(self::reader::Lent(reader.handle()))
}

/// Starts the reader's owner; a reader that is not there yet is waited for in the background.
fn open_reader(device: Option<&str>, machine: &Machine) -> Result<Option<Reader>, Failure> {
    let Some(device) = device.filter(|device| !device.is_empty()) else {
        return Ok(None);
    };
    let address: Address = device
        .parse()
        .map_err(|error| Failure::of("reader.address", &error))?;
    Reader::start(Box::new(address), Settings::default(), machine)
        .map(Some)
        .map_err(|error| Failure::of("agent.runtime", &error))
}

/// Answers the local API, and serves the counter page on the same listener.
async fn api(server: Server, context: Api, page: axum::Router, stopped: watch::Receiver<bool>) {
    server.serve(context, page, stopped).await;
}

/// Relays the calls of tills that speak the national interface.
async fn gateway(gateway: Gateway, desk: DeskHandle, stopped: watch::Receiver<bool>) {
    gateway.serve(desk, stopped).await;
}

/// Lets pharmacists at other PCs review prescriptions.
async fn review(
    server: ReviewServer,
    desk: DeskHandle,
    clock: Arc<dyn Clock>,
    till: TillNumber,
    stopped: watch::Receiver<bool>,
) {
    // Whoever reviews elsewhere has no card to read and no folder to take from.
    let counter = Arc::new(TillCounter {
        desk,
        reader: None,
        inbox: None,
    });
    server.serve(counter, clock, till, stopped).await;
}

/// Opens the door for commands. A till must not wait for one that cannot be opened: commands then have
/// to, until the agent is stopped.
fn open_control(data: &Path) -> Option<ControlDoor> {
    ControlDoor::open(data)
        .inspect_err(|error| {
            tracing::warn!(code = "control.closed", "no command is let in: {error}");
        })
        .ok()
}

/// Records what commands ask for.
async fn control(door: ControlDoor, desk: DeskHandle, stopped: watch::Receiver<bool>) {
    door.serve(desk, stopped).await;
}

/// Publishes the checkpoint every few seconds, so that it is never far behind the log.
async fn publish(desk: DeskHandle, mut stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(PUBLISH);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = crate::door::stop::told(&mut stopped) => return,
            _ = ticks.tick() => {
                if let Err(error) = desk.publish().await {
                    tracing::error!(code = error.code(), "{}", text::chain(&error));
                }
            }
        }
    }
}

/// Records every hour that the agent is alive, and lets go of sales that nobody finished.
async fn liveness(desk: DeskHandle, certificates: Vec<Shown>, mut stopped: watch::Receiver<bool>) {
    expiry::warn(&certificates, Timestamp::now());
    let mut days = tokio::time::interval(DAY);
    days.tick().await;
    let mut hours = tokio::time::interval(LIVENESS);
    hours.tick().await;
    if let Err(error) = desk.look_after_rows().await {
        tracing::error!(code = error.code(), "{}", text::chain(&error));
    }
    loop {
        tokio::select! {
            () = crate::door::stop::told(&mut stopped) => return,
            _ = days.tick() => expiry::warn(&certificates, Timestamp::now()),
            _ = hours.tick() => {
                for done in [desk.record_liveness().await, desk.look_after_rows().await] {
                    if let Err(error) = done {
                        tracing::error!(code = error.code(), "{}", text::chain(&error));
                    }
                }
            }
        }
    }
}

/// Until the operating system asks the agent to stop.
pub async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => {
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
