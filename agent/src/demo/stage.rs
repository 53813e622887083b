//! Sets the stage: store, catalogue, token, reader, agent; then the scenes; then the proof.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Method;
use serde_json::Value;

use super::browser::Browser;
use super::client::Client;
use super::paper::Printer;
use super::platform::Platform;
use super::process::{Folder, Process};
use super::relayed::{self, Sold};
use super::scene::{self, Outcome, Scene};
use super::staff::{self, StaffKeys};
use super::store::{configuration, make_store};
use super::{DemoError, attended, exchange, play};
use crate::cli::print;
use crate::config::LoadedConfig;
use crate::failure::Failure;
use pharmacy_device::reader::frame::Command;
use pharmacy_device::reader::simulator::serve::TcpServer;
use pharmacy_device::reader::simulator::{CardImage, ResidentText, Simulator};
use pharmacy_journal::LogView;

/// Everything a scene needs.
pub(super) struct Stage {
    folder: Folder,
    reader: Simulator,
    process: Option<Process>,
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

/// The store that the till's calls name.
pub(super) const STORE: &str = "P44030000001";

/// Numbers printed in the standards as examples; nobody bears them.
pub(super) const WIFE: &str = "11010519491231002X";
pub(super) const HUSBAND: &str = "440524188001010014";

/// Runs all scenes and shows the log.
pub(super) async fn show(serve: bool) -> Result<(), Failure> {
    print(
        "药店医保合规代理程序演示 / pharmacy agent demo\n\
         临时数据目录、示例目录、国家规则、模拟身份证阅读器和小票打印机、医保平台替身\n\
         temporary store, sample catalogue, national rules, simulated ID-card reader and slip printer,\n\
         a stand-in for the platform\n\n",
    );
    let mut stage = Stage::set(serve).await?;
    let failed = play(&mut stage)
        .await
        .map_err(|error| Failure::of("demo.failed", &error))?;
    if serve {
        keep_serving(&stage).await;
    }
    stage.close()?;
    if failed > 0 {
        return Err(Failure::of("demo.failed", &DemoError::Unexpected(failed)));
    }
    Ok(())
}

/// How many scenes were played, and how many of them ended otherwise than they should.
#[derive(Default)]
struct Played {
    count: usize,
    failed: usize,
}

impl Played {
    async fn act(&mut self, stage: &mut Stage, scenes: Vec<Scene>) -> Result<(), DemoError> {
        for scene in scenes {
            self.count += 1;
            let outcome: Outcome = scene.play(stage).await?;
            if !outcome.is_expected {
                self.failed += 1;
            }
            print(&outcome.text(self.count));
        }
        Ok(())
    }
}

async fn play(stage: &mut Stage) -> Result<usize, DemoError> {
    print(&format!(
        "本机接口：收银软件逐步调用 / the local API: a till that asks step by step\n{}",
        scene::heading()
    ));
    let mut played = Played::default();
    played.act(stage, play::all()).await?;
    print(&format!(
        "\n经网关：收银软件不改一行，只把平台地址换成网关\n\
         through the gateway: a till whose platform address was changed, and nothing else\n{}",
        exchange::heading()
    ));
    played.act(stage, relayed::all()).await?;
    print(&format!(
        "\n在柜台：只用柜台页面的表单，和浏览器提交的一样\n\
         at the counter: nothing but the forms of the counter page, as a browser sends them\n{}",
        exchange::step_heading()
    ));
    played.act(stage, attended::all()).await?;
    let Played { count, failed } = played;
    let checkpoint = stage
        .client
        .call(Method::GET, "/v1/log/checkpoint", &Value::Null)
        .await?;
    print(&format!("\n检查点 / checkpoint\n{}\n", checkpoint.text));
    print(&format!(
        "{count} 个场景，{failed} 个不符预期 / {count} scenes, {failed} unexpected\n"
    ));
    Ok(failed)
}

async fn keep_serving(stage: &Stage) {
    let address = stage.client.address;
    let token = &stage.client.token;
    let (gateway, review) = (stage.gateway, stage.review);
    stage.present(Card::Valid(WIFE));
    print(&format!(
        "\n保持运行，按 Ctrl-C 结束 / serving, Ctrl-C ends it\n  \
         curl -s -H 'Authorization: Bearer {token}' http://{address}/v1/status\n  \
         curl -s -H 'Authorization: Bearer {token}' http://{address}/v1/sales -d '{{}}'\n  \
         curl -s http://{address}/v1/openapi.json\n\
         柜台页面 counter page  http://{address}/counter/open/{token}\n\
         网关 gateway  http://{gateway}/t/{token}/\n\
         远程审方 for reviewers elsewhere  http://{review}/\n{}",
        staff::shown()
    ));
    let _ = tokio::signal::ctrl_c().await;
}

impl Stage {
    /// Makes a store in a temporary folder and starts an agent on it.
    async fn set(serve: bool) -> Result<Self, Failure> {
        let failed = |error: DemoError| Failure::of("demo.failed", &error);
        let io_failed = |error| failed(DemoError::Process(error));
        let folder = Folder::new().map_err(failed)?;
        let reader = Simulator::new();
        let server = TcpServer::start(&reader, "127.0.0.1:0").map_err(io_failed)?;
        let printer = Printer::start().map_err(io_failed)?;
        let platform = Platform::start().await.map_err(failed)?;
        let config = folder.path().join("agent.toml");
        let text = configuration([server.address(), printer.address()], platform.address());
        std::fs::write(&config, text).map_err(io_failed)?;
        let loaded =
            LoadedConfig::read(&config).map_err(|error| Failure::of(error.code(), &error))?;
        let (token, keys) = make_store(folder.path(), &loaded)?;
        // The well-known port where somebody will call it, any free one otherwise.
        let listen = if serve {
            "127.0.0.1:7480"
        } else {
            "127.0.0.1:0"
        };
        let process = Process::start(&config, listen)
            .or_else(|_| Process::start(&config, "127.0.0.1:0"))
            .map_err(failed)?;
        let client = Client {
            address: process.address,
            token,
        };
        Ok(Self {
            folder,
            reader,
            gateway: process.gateway,
            review: process.review,
            process: Some(process),
            client,
            platform,
            printer,
            keys,
            sold: None,
            next_pack: 1,
            next_number: 1,
            _server: server,
        })
    }

    /// The agent's configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.folder.path().join("agent.toml")
    }

    /// The log, read beside the running agent.
    pub(super) fn log(&self) -> Result<LogView, DemoError> {
        LogView::open(&self.folder.path().join("state")).map_err(DemoError::Log)
    }

    /// A browser at the till.
    pub(super) fn at_counter(&self) -> Browser {
        Browser::at(self.client.address)
    }

    /// The shop's shortcut to the counter page.
    pub(super) fn counter_path(&self) -> String {
        format!("/counter/open/{}", self.client.token)
    }

    /// A browser at a PC outside the store.
    pub(super) fn elsewhere(&self) -> Browser {
        Browser::at(self.review)
    }

    /// The simulated card reader.
    pub(super) fn reader(&self) -> &Simulator {
        &self.reader
    }

    /// Lays a card on the reader.
    pub(super) fn present(&self, card: Card<'_>) {
        self.reader.lift();
        if let Some(image) = card.image() {
            self.reader.present(image);
        }
    }

    /// Lays a card down once the reader looks for one, having seen that the last was lifted.
    pub(super) async fn lay_down(&self, card: Card<'_>) {
        self.reader.lift();
        let before = self.reader.count(Command::Find);
        while self.reader.count(Command::Find) == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.present(card);
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

    /// Kills the agent and starts it anew on the same store.
    pub(super) fn kill_and_restart(&mut self) -> Result<(), DemoError> {
        if let Some(process) = self.process.take() {
            process.kill()?;
        }
        let process = Process::start(&self.config(), "127.0.0.1:0")?;
        self.client.address = process.address;
        self.gateway = process.gateway;
        self.review = process.review;
        self.process = Some(process);
        Ok(())
    }

    /// Stops the agent, and verifies what it leaves with nothing but the log's own key.
    fn close(mut self) -> Result<(), Failure> {
        if let Some(process) = self.process.take() {
            process
                .stop()
                .map_err(|error| Failure::of("demo.failed", &error))?;
        }
        let data = self.folder.path().join("state");
        let report =
            LogView::verify_at(&data).map_err(|error| Failure::of(error.code(), &error))?;
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

/// A card for the simulated reader, by its number.
#[derive(Clone, Copy)]
pub(super) enum Card<'a> {
    /// Out of its validity.
    Expired(&'a str),
    /// Valid.
    Valid(&'a str),
}

impl Card<'_> {
    fn image(self) -> Option<CardImage> {
        let (number, valid_to) = match self {
            Self::Expired(number) => (number, "20251231"),
            Self::Valid(number) => (number, "20451231"),
        };
        let (name, sex) = if number == WIFE {
            ("测试女", "2")
        } else {
            ("测试男", "1")
        };
        CardImage::resident(&ResidentText {
            name: name.to_owned(),
            sex: sex.to_owned(),
            nation: "01".to_owned(),
            birth: number.get(6..14)?.to_owned(),
            address: "测试省测试市测试路1号".to_owned(),
            number: number.to_owned(),
            issuer: "测试市公安局测试分局".to_owned(),
            valid_from: "20150101".to_owned(),
            valid_to: valid_to.to_owned(),
        })
        .ok()
    }
}
