//! `setup` and `status`: what a technician checks before leaving, and what a manager asks every day.
//!
//! Both read beside a running agent and disturb nothing. What they say of tills is at most a few
//! seconds old.

use std::fmt::Write;

use jiff::Timestamp;
use pharmacy_protocol::record::store::{LoweredKnob, LoweredState};
use pharmacy_protocol::term::{Infno, TillNumber};

use super::print::print;
use super::{standing, stock, token};
use crate::config::{Config, LoadedConfig};
use crate::door::Shown;
use crate::failure::Failure;
use pharmacy_desk::setup::StageConfig;
use pharmacy_desk::{CATALOGUE_SETTING, GatewayView, ShapeView, kept_tallies, lowered};
use pharmacy_journal::LogView;

/// Something that `setup` checks.
struct Check {
    zh: &'static str,
    en: &'static str,
    found: String,
    /// What to do, Chinese and English; none when it is as it should be.
    remedy: Option<(&'static str, &'static str)>,
}

/// Prints what there is, and what is still to be done before rules may refuse.
pub(super) fn setup(loaded: &LoadedConfig) -> Result<(), Failure> {
    let config = &loaded.config;
    let view = LogView::open(&config.data_dir)?;
    let checks = [
        catalogue(&view)?,
        reader(config),
        gateway(config),
        secrets(config, &view)?,
        parse_rate(config, &view)?,
        stage(config),
        knobs(&view)?,
    ];
    let ending = config.certificates().into_iter().filter_map(certificate);
    let renewed = master_keys(&view)?;
    let checks: Vec<Check> = checks.into_iter().chain(ending).chain(renewed).collect();
    let mut text = String::from("安装检查 / set-up\n");
    for check in &checks {
        let mark = if check.remedy.is_none() { "✓" } else { "✗" };
        let _ = writeln!(text, "{mark} {} {}: {}", check.zh, check.en, check.found);
        if let Some((zh, en)) = check.remedy {
            let _ = writeln!(text, "    → {zh}\n      {en}");
        }
    }
    let unknown = standing::unknown(&standing::outline(config, pharmacy_desk::today())?);
    for line in &unknown {
        let _ = writeln!(text, "{line}");
    }
    let left = checks.iter().filter(|check| check.remedy.is_some()).count();
    let left = left.saturating_add(unknown.len());
    if left == 0 {
        text.push_str("\n全部就绪，规则可以拦截 / all is ready: rules may refuse\n");
    } else {
        let before = match config.store.stage {
            StageConfig::Commissioning => " before rules may refuse",
            StageConfig::Operating => "",
        };
        let _ = writeln!(
            text,
            "\n还有 {left} 项未完成 / {left} still to be done{before}"
        );
    }
    print(&text);
    Ok(())
}

/// Prints log, catalogue, doubts, and how well settlements can be read.
pub(super) fn status(loaded: &LoadedConfig) -> Result<(), Failure> {
    let config = &loaded.config;
    let view = LogView::open(&config.data_dir)?;
    let entries = view.size()?;
    let doubts = view.reader().in_doubt_sales()?;
    let mut text = format!(
        "药店代理程序 / pharmacy agent {}\n  log        {}\n  entries    {entries}\n  \
         catalogue  {}\n  in doubt   {}\n  no-code    {}\n",
        env!("CARGO_PKG_VERSION"),
        view.origin(),
        catalogue(&view)?.found,
        doubts.len(),
        stock::summary(&view)?,
    );
    let tallies = tallies(config, &view)?;
    if tallies.is_empty() {
        text.push_str("  gateway    尚无结算 / no settlement yet\n");
    }
    for tally in &tallies {
        let _ = writeln!(text, "  gateway    {}", tally_line(tally));
        for shape in &tally.shapes {
            let _ = writeln!(text, "             {}", shape_line(shape));
        }
    }
    let old = token::of_all_doors(&view)?.len();
    if old > 0 {
        let _ = writeln!(
            text,
            "  secrets    {old} 个旧密钥开所有的门，请换发（见 setup）/ old ones open every door, see setup"
        );
    }
    for knob in lowered(&view)? {
        let _ = writeln!(text, "  lowered    {}", knob_line(&knob));
    }
    let pack = pharmacy_desk::pack::shipped()
        .map_err(|error| Failure::of(pharmacy_desk::pack::UNUSABLE, &error))?;
    for over in pharmacy_desk::over_budget(&view.reader(), &pack, pharmacy_desk::today())? {
        let _ = writeln!(
            text,
            "  released   {} {}/{} 本月放行超出规则包次数 / beyond this month's number",
            over.rule, over.released, over.budget
        );
    }
    print(&text);
    Ok(())
}

/// Is a stance or the stage lower than it was in force?
fn knobs(view: &LogView) -> Result<Check, Failure> {
    let lowered = lowered(view)?;
    let lines: Vec<String> = lowered.iter().map(knob_line).collect();
    let remedy = (
        "调低的立场或阶段须写明原因 [store] lowered-because，七天后自动恢复；到期后请改回 agent.toml",
        "give the reason for what is lowered under [store] lowered-because; it ends after seven days, then set agent.toml back",
    );
    Ok(Check {
        zh: "立场调低",
        en: "lowered stances",
        remedy: (!lines.is_empty()).then_some(remedy),
        found: match lines.is_empty() {
            true => "无 none".to_owned(),
            false => lines.join("; "),
        },
    })
}

/// `item.not-payable: enforce → advise, 生效中 followed, 120 h`.
fn knob_line(knob: &LoweredKnob) -> String {
    let state = match knob.state {
        LoweredState::Followed => format!("生效中 followed, {} h", knob.hours_left),
        LoweredState::NoReason => "未写原因，不生效 no reason, not followed".to_owned(),
        LoweredState::Over => "已到期，不再生效 over, not followed".to_owned(),
    };
    format!("{}: {} → {}, {state}", knob.knob, knob.from, knob.to)
}

fn catalogue(view: &LogView) -> Result<Check, Failure> {
    let name = view.reader().setting(CATALOGUE_SETTING)?;
    let remedy = (
        "请导入商品档案：pharmacy-agent import catalogue 文件",
        "import the articles: pharmacy-agent import catalogue FILE",
    );
    Ok(Check {
        zh: "商品目录",
        en: "catalogue",
        remedy: name.is_none().then_some(remedy),
        found: name.unwrap_or_else(|| "无 none".to_owned()),
    })
}

fn reader(config: &Config) -> Check {
    let device = config.reader.device.as_deref();
    let device = device.filter(|device| !device.is_empty());
    let remedy = (
        "建议配置身份证阅读器 [reader]，并用 read-id 测试；没有则只认医保码和社保卡",
        "configure the ID-card reader under [reader] and test it with read-id",
    );
    Check {
        zh: "身份证阅读器",
        en: "ID-card reader",
        found: device.unwrap_or("无 none").to_owned(),
        remedy: device.is_none().then_some(remedy),
    }
}

fn gateway(config: &Config) -> Check {
    let remedy = (
        "请在 agent.toml 配置 [gateway] upstream，填原来医保平台地址的协议、主机和端口",
        "set [gateway] upstream in agent.toml to scheme, host and port of the platform as the till had it",
    );
    let (found, remedy) = match &config.gateway {
        Some(gateway) => {
            let own = gateway.till.iter();
            let own =
                own.map(|till| format!("，{} 台专用 till's own {}", till.number, till.listen));
            let shared = format!("{} → {}", gateway.listen, gateway.upstream);
            (own.fold(shared, |all, one| all + &one), None)
        }
        None => ("未启用 off".to_owned(), Some(remedy)),
    };
    Check {
        zh: "网关",
        en: "gateway",
        found,
        remedy,
    }
}

/// A certificate that ends within a month, has ended, or cannot be read.
fn certificate(shown: Shown) -> Option<Check> {
    let found = match shown.days_left(Timestamp::now()) {
        Ok(None) => return None,
        Ok(Some(days)) if days < 0 => format!("{} 已到期 ended", shown.door),
        Ok(Some(days)) => format!("{} 剩 {days} 天 days left", shown.door),
        Err(_) => format!("{} 无法读取 cannot be read", shown.door),
    };
    Some(Check {
        zh: "证书",
        en: "certificate",
        found,
        remedy: Some((
            "请换新证书后重启代理程序",
            "put a new certificate in its place and restart the agent",
        )),
    })
}

/// Has every till a secret of its own?
fn secrets(config: &Config, view: &LogView) -> Result<Check, Failure> {
    let rows = view.reader().tokens()?;
    let without: Vec<String> = tills(config)
        .filter(|till| {
            let mut valid = rows.iter().filter(|row| row.revoked_ms.is_none());
            !valid.any(|row| row.till == **till)
        })
        .map(ToString::to_string)
        .collect();
    let remedy = (
        "请为每台收银机发放密钥：pharmacy-agent token add --client gateway --till 台号",
        "issue a secret for each till: pharmacy-agent token add --client gateway --till NUMBER",
    );
    Ok(Check {
        zh: "收银台密钥",
        en: "till secrets",
        found: if without.is_empty() {
            "齐全 complete".to_owned()
        } else {
            format!("缺 missing: {}", without.join(", "))
        },
        remedy: (!without.is_empty()).then_some(remedy),
    })
}

/// Secrets of earlier versions, which open every door of their till: they go on until they are revoked.
fn master_keys(view: &LogView) -> Result<Option<Check>, Failure> {
    let numbers = token::of_all_doors(view)?;
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok((!numbers.is_empty()).then(|| Check {
        zh: "旧密钥",
        en: "old secrets",
        found: format!("编号 numbers {}", numbers.join(", ")),
        remedy: Some((
            "旧密钥一把开所有的门，仍可使用；请重新发放（token add），换好后吊销（token revoke 编号）",
            "each opens every door and still counts: issue new ones (token add), then revoke these (token revoke NUMBER)",
        )),
    }))
}

fn parse_rate(config: &Config, view: &LogView) -> Result<Check, Failure> {
    let tallies = tallies(config, view)?;
    let found: Vec<String> = tallies.iter().map(tally_line).collect();
    let is_ready = !tallies.is_empty() && tallies.iter().all(|tally| !tally.is_last_unread);
    let none = (
        "还没有结算经过网关：请把收银软件的平台地址改为网关地址，做一笔结算后再查",
        "no settlement has passed yet: point a till here, settle once, and look again",
    );
    let unread = (
        "最近一笔结算报文无法读取、未经审核；请把交易名称和软件版本告诉技术支持（报文形态见 status）",
        "the newest settlement could not be read and passed unjudged; tell support the till's software and version (status says what it looked like)",
    );
    let remedy = if tallies.is_empty() { none } else { unread };
    Ok(Check {
        zh: "结算报文识别率",
        en: "settlements read",
        found: if found.is_empty() {
            "尚无结算 no settlement yet".to_owned()
        } else {
            found.join("; ")
        },
        remedy: (!is_ready).then_some(remedy),
    })
}

fn stage(config: &Config) -> Check {
    let remedy = (
        "试运行期内规则只提醒；确认无误报后把 [store] stage 改为 \"operating\"",
        "rules only warn while commissioning; set [store] stage to \"operating\" once they do not misfire",
    );
    let (found, remedy) = match config.store.stage {
        StageConfig::Operating => ("正式运行 operating", None),
        StageConfig::Commissioning => ("试运行 commissioning", Some(remedy)),
    };
    Check {
        zh: "阶段",
        en: "stage",
        found: found.to_owned(),
        remedy,
    }
}

fn tills(config: &Config) -> impl Iterator<Item = &TillNumber> {
    std::iter::once(&config.till.number).chain(&config.till.enrolled)
}

fn tallies(config: &Config, view: &LogView) -> Result<Vec<GatewayView>, Failure> {
    let tills: Vec<TillNumber> = tills(config).cloned().collect();
    Ok(kept_tallies(view, &tills)?)
}

/// `01: 128/128 100 %`, and which call numbers must be read.
fn tally_line(tally: &GatewayView) -> String {
    let all = tally.readable.saturating_add(tally.unreadable);
    let rate = tally.parse_rate().unwrap_or(0.0);
    // Rounded down: 99.96 % is not all of them.
    let shown = (rate * 10.0).floor() / 10.0;
    let mut line = format!(
        "收银台 till {}: {}/{all} {shown:.1} %",
        tally.till, tally.readable
    );
    if !tally.must_be_read.is_empty() {
        let known: Vec<&str> = tally.must_be_read.iter().map(Infno::as_str).collect();
        let _ = write!(line, " 读不懂即拒绝 must be read: {}", known.join(", "));
    }
    line
}

/// `3 × 2102 /fsi/api/settle application/json gzip: …`, with the name that the counter page gives it.
fn shape_line(shape: &ShapeView) -> String {
    let infno = shape.infno.as_ref().map_or("----", Infno::as_str);
    let words = [infno, &shape.path, &shape.media, &shape.coding];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    format!(
        "未读懂 unread {} × {} [{}]: {}",
        shape.count,
        words.join(" "),
        shape.digest,
        shape.reason
    )
}
