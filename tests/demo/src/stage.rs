//! Sets the stage: store, catalogue, token, reader, agent; then the scenes; then the proof.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pharmacy_agent::failure::Failure;
use pharmacy_base::clock::SystemClock;
use pharmacy_device::reader::frame::Command;
use pharmacy_journal::{Journal, LogView};
use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::reader::{CardImage, ResidentText, Simulator};
use pharmacy_kit::gateway_till::STORE;
use pharmacy_kit::platform::{Deed, Fault, Insured, Platform, Settlement, Which};
use pharmacy_kit::shop::SAMPLE;
use pharmacy_kit::{Daemon, Shop};
use serde_json::Value;

use super::browser::Browser;
use super::client::Client;
use super::paper::Printer;
use super::relayed::{self, Sold};
use super::scene::{self, Outcome, Scene};
use super::staff::{self, StaffKeys};
use super::till::{HUSBAND, MANNER, WIFE};
use super::{DemoError, attended, exchange, play, print};

/// Everything a scene needs.
pub(super) struct Stage {
    // The agent ends before its folder, its devices and its platform do.
    daemon: Option<Daemon>,
    shop: Shop,
    reader: Simulator,
    pub(super) client: Client,
    gateway: SocketAddr,
    review: SocketAddr,
    platform: Platform,
    pub(super) printer: Printer,
    /// With what the staff's signatures are checked.
    pub(super) keys: StaffKeys,
    sold: Option<Sold>,
    next_pack: u64,
    next_number: u64,
    // The reader's server ends with the stage.
    _server: TcpServer,
}

/// The store's region.
pub(super) const REGION: &str = "440300";

/// Where the agent listens if somebody will call it, and nobody listens there yet.
const WELL_KNOWN: &str = "127.0.0.1:7480";

/// Runs all scenes and shows the log.
pub(super) fn show(serve: bool) -> Result<(), Failure> {
    print(
        "药店医保合规代理程序演示 / pharmacy agent demo\n\
         临时数据目录、示例目录、国家规则、模拟身份证阅读器和小票打印机、医保平台替身\n\
         temporary store, sample catalogue, national rules, simulated ID-card reader and slip printer,\n\
         a stand-in for the platform\n\n",
    );
    let mut stage = Stage::set(serve)?;
    let failed = play(&mut stage)?;
    if serve {
        keep_serving(&stage)?;
    }
    stage.close()?;
    match failed {
        0 => Ok(()),
        _ => Err(DemoError::Unexpected(failed).into()),
    }
}

/// How many scenes were played, and how many of them ended otherwise than they should.
#[derive(Default)]
struct Played {
    count: usize,
    failed: usize,
}

impl Played {
    fn act(&mut self, stage: &mut Stage, scenes: Vec<Scene>) -> Result<(), DemoError> {
        for scene in scenes {
            self.count += 1;
            let outcome: Outcome = scene.play(stage)?;
            if !outcome.is_expected {
                self.failed += 1;
            }
            print(&outcome.text(self.count));
        }
        Ok(())
    }
}

fn play(stage: &mut Stage) -> Result<usize, DemoError> {
    print(&format!(
        "本机接口：收银软件逐步调用 / the local API: a till that asks step by step\n{}",
        scene::heading()
    ));
    let mut played = Played::default();
    played.act(stage, play::all())?;
    print(&format!(
        "\n经网关：收银软件不改一行，只把平台地址换成网关\n\
         through the gateway: a till whose platform address was changed, and nothing else\n{}",
        exchange::heading()
    ));
    played.act(stage, relayed::all())?;
    print(&format!(
        "\n在柜台：只用柜台页面的表单，和浏览器提交的一样\n\
         at the counter: nothing but the forms of the counter page, as a browser sends them\n{}",
        exchange::step_heading()
    ));
    played.act(stage, attended::all())?;
    let Played { count, failed } = played;
    let checkpoint = stage
        .client
        .call("GET", "/v1/log/checkpoint", &Value::Null)?;
    print(&format!("\n检查点 / checkpoint\n{}\n", checkpoint.text));
    print(&format!(
        "{count} 个场景，{failed} 个不符预期 / {count} scenes, {failed} unexpected\n"
    ));
    Ok(failed)
}

fn keep_serving(stage: &Stage) -> Result<(), DemoError> {
    let address = stage.client.address;
    let Client {
        token, page, till, ..
    } = &stage.client;
    let (gateway, review) = (stage.gateway, stage.review);
    present(&stage.reader, Card::Valid(&WIFE));
    print(&format!(
        "\n保持运行，按 Ctrl-C 结束 / serving, Ctrl-C ends it\n  \
         curl -s -H 'Authorization: Bearer {token}' http://{address}/v1/status\n  \
         curl -s -H 'Authorization: Bearer {token}' http://{address}/v1/sales -d '{{}}'\n  \
         curl -s http://{address}/v1/openapi.json\n\
         柜台页面 counter page  http://{address}/counter/open/{page}\n\
         网关 gateway  http://{gateway}/t/{till}/\n\
         远程审方 for reviewers elsewhere  http://{review}/\n{}",
        staff::shown()
    ));
    let waiting = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let asked = waiting.map(|waiting| waiting.block_on(tokio::signal::ctrl_c()));
    asked.flatten().map_err(DemoError::Process)
}

impl Stage {
    /// Makes a store in a temporary folder and starts an agent on it.
    fn set(serve: bool) -> Result<Self, Failure> {
        let (reader, server) = simulated_reader().map_err(DemoError::Process)?;
        let printer = Printer::start().map_err(DemoError::Process)?;
        let platform = Platform::with(MANNER, vec![WIFE, HUSBAND]);
        let program = std::env::current_exe().map_err(DemoError::Process)?;
        // The well-known port where somebody will call it, any free one otherwise.
        let is_free = serve && TcpListener::bind(WELL_KNOWN).is_ok();
        let listen = if is_free { WELL_KNOWN } else { "127.0.0.1:0" };
        let (read, print_on) = (server.address(), printer.address());
        let configuration = configuration(listen, read, print_on, platform.address());
        let shop = Shop::of(&program, &configuration);
        // A header, then an article a line.
        let articles = SAMPLE.lines().count().saturating_sub(1);
        print(&format!(
            "导入示例目录 / sample catalogue: {articles} articles\n\n"
        ));
        let mut journal = Journal::open(&shop.data(), Arc::new(SystemClock))
            .map_err(|error| Failure::of(error.code(), &error))?;
        let keys = staff::enrol(&mut journal)?;
        drop(journal);
        let daemon = shop.start_as_demo();
        Ok(Self {
            client: Client {
                address: daemon.address(),
                token: shop.token().to_owned(),
                page: shop.issue_for("counter", "page", "01"),
                till: shop.issue_for("gateway", "till", "01"),
            },
            gateway: daemon.gateway(),
            review: daemon.reviewers(),
            daemon: Some(daemon),
            shop,
            reader,
            platform,
            printer,
            keys,
            sold: None,
            next_pack: 1,
            next_number: 0,
            _server: server,
        })
    }

    /// The agent's configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.shop.config()
    }

    /// The log, read beside the running agent.
    pub(super) fn log(&self) -> Result<LogView, DemoError> {
        LogView::open(&self.shop.data()).map_err(DemoError::Log)
    }

    /// A browser at the till.
    pub(super) fn at_counter(&self) -> Browser {
        Browser::at(self.client.address)
    }

    /// The shop's shortcut to the counter page.
    pub(super) fn counter_path(&self) -> String {
        format!("/counter/open/{}", self.client.page)
    }

    /// A browser at a PC outside the store.
    pub(super) fn elsewhere(&self) -> Browser {
        Browser::at(self.review)
    }

    /// The simulated card reader.
    pub(super) fn reader(&self) -> &Simulator {
        &self.reader
    }

    /// Asks for a card, which is laid down once the reader looks for one, having seen that the last was
    /// lifted.
    pub(super) fn while_laying<T>(&self, card: Card<'_>, ask: impl FnOnce(&Self) -> T) -> T {
        self.reader.lift();
        let before = self.reader.count(Command::Find);
        let is_answered = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // No reader, no card: then the answer comes first.
                while self.reader.count(Command::Find) == before {
                    if is_answered.load(Ordering::Relaxed) {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                present(&self.reader, card);
            });
            let answer = ask(self);
            is_answered.store(true, Ordering::Relaxed);
            answer
        })
    }

    /// A pack that nobody sold yet.
    pub(super) fn pack(&mut self, prefix: &str) -> String {
        let code = format!("{prefix}{:013}", self.next_pack);
        self.next_pack += 1;
        code
    }

    /// A number that no receipt and no message of the till's had before.
    pub(super) fn next_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Where the till's calls go.
    pub(super) fn gateway(&self) -> SocketAddr {
        self.gateway
    }

    /// The platform's stand-in.
    pub(super) fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Keeps a sold pack for the next scene.
    pub(super) fn remember(&mut self, sold: Sold) {
        self.sold = Some(sold);
    }

    /// The pack that an earlier scene sold.
    pub(super) fn sold(&mut self) -> Result<Sold, DemoError> {
        let sold = self.sold.take();
        sold.ok_or(DemoError::Answer("no scene before sold a pack"))
    }

    /// The next settlement is entered into the books, and its connection is cut before the answer.
    pub(super) fn cut_after_next_settlement(&self) {
        let fault = Fault::CutUnanswered(Deed::Done);
        self.platform.break_next(Which::infno("2102"), 1, fault);
    }

    /// What was settled under a message id at the platform, reversals included.
    pub(super) fn settled_under(&self, msgid: &str) -> Vec<Settlement> {
        let settlements = self.platform.settlements().into_iter();
        settlements.filter(|one| one.msgid == msgid).collect()
    }

    /// Kills the agent and starts it anew on the same store.
    pub(super) fn kill_and_restart(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.kill();
        }
        let daemon = self.shop.start_as_demo();
        self.client.address = daemon.address();
        self.gateway = daemon.gateway();
        self.review = daemon.reviewers();
        self.daemon = Some(daemon);
    }

    /// Stops the agent, and verifies what it leaves with nothing but the log's own key.
    fn close(mut self) -> Result<(), Failure> {
        let stopped = self.daemon.take().map(Daemon::close);
        if stopped.is_some_and(|(status, _)| !status.success()) {
            return Err(DemoError::Answer("the agent did not stop well").into());
        }
        let report = LogView::verify_at(&self.shop.data())
            .map_err(|error| Failure::of(error.code(), &error))?;
        if !report.is_clean() {
            let lines = report.findings.iter().map(ToString::to_string);
            return Err(Failure::listed("log.findings", lines));
        }
        print(&format!(
            "日志校验通过 / log verified: {} entries, {} hashes, {} sealed parts\n",
            report.entries, report.hashes, report.parts
        ));
        Ok(())
    }
}

/// The store's configuration: where it listens, where card reader, slip printer and platform are.
fn configuration(
    listen: &str,
    reader: SocketAddr,
    printer: SocketAddr,
    platform: SocketAddr,
) -> String {
    format!(
        "data-dir = \"state\"\n\
         [store]\ncode = \"{STORE}\"\nname = \"某某大药房演示店\"\nregion = \"{REGION}\"\n\
         stage = \"operating\"\n\
         [store.standing]\nagreement = \"in-force\"\nagreement-until = \"2099-12-31\"\n\
         licence-until = \"2099-12-31\"\nunfiled-change-days = 0\ninsurance-managers = 2\n\
         pharmacists = 1\n\
         [till]\nnumber = \"01\"\n\
         [api]\nlisten = \"{listen}\"\n\
         [reader]\ndevice = \"tcp:{reader}\"\n\
         [printer]\ndevice = \"tcp:{printer}\"\nprint = \"asked\"\n\
         [gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{platform}\"\n\
         [review]\nlisten = \"127.0.0.1:0\"\n"
    )
}

fn simulated_reader() -> std::io::Result<(Simulator, TcpServer)> {
    let reader = Simulator::new();
    let server = TcpServer::start(&reader, "127.0.0.1:0")?;
    Ok((reader, server))
}

/// Lays a card on the reader, in place of another one.
fn present(reader: &Simulator, card: Card<'_>) {
    reader.lift();
    if let Some(image) = card.image() {
        reader.present(image);
    }
}

/// Somebody's card for the simulated reader.
#[derive(Clone, Copy)]
pub(super) enum Card<'a> {
    /// Out of its validity.
    Expired(&'a Insured),
    /// Valid.
    Valid(&'a Insured),
}

impl Card<'_> {
    fn image(self) -> Option<CardImage> {
        let (person, valid_to) = match self {
            Self::Expired(person) => (person, "20251231"),
            Self::Valid(person) => (person, "20451231"),
        };
        CardImage::resident(&ResidentText {
            name: person.name.to_owned(),
            sex: person.sex.to_owned(),
            nation: "01".to_owned(),
            birth: person.birth.replace('-', ""),
            address: "测试省测试市测试路1号".to_owned(),
            number: person.certno.to_owned(),
            issuer: "测试市公安局测试分局".to_owned(),
            valid_from: "20150101".to_owned(),
            valid_to: valid_to.to_owned(),
        })
        .ok()
    }
}
