//! `standing`: the store's register with the bureau, shown and changed (R30, R31, R33, R65).
//!
//! A running agent reads the register again at its next verdict. Every change is an entry. What was typed wrongly is typed again: the log keeps both.

use std::fmt::Write;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use pharmacy_decision::facts::Agreement;
use zeroize::Zeroizing;

use super::args::ConfigArgs;
use super::print::print;
use crate::config::Config;
use crate::control::{self, Request};
use crate::failure::Failure;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_base::text;
use pharmacy_desk::core::standing::reminder::{Line, Urgency};
use pharmacy_desk::core::standing::{
    Change, Ending, ImportantFact, MAX_DOCUMENT, Paper, Permit, Posting, Register, SalesArea,
    SquareMetres, StandingError, Term, Value,
};
use pharmacy_desk::{DeskError, Outline};
use pharmacy_journal::LogView;

/// The longest line read for a value that is not to stand on the command line, in bytes.
const MAX_LINE: u64 = 16 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Standing {
    /// 显示全部情况和剩余天数 / show everything, with the days that are left
    Show {
        #[command(flatten)]
        config: ConfigArgs,
        /// 输出 JSON / print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// 登记协议、证照、面积、公示或已备案信息 / register agreement, licences, area, postings, filed facts
    #[command(subcommand)]
    Set(Box<Set>),
    /// 记录六类重要信息之一发生变更 / record that one of the six important facts changed
    Change {
        #[command(flatten)]
        config: ConfigArgs,
        /// name、legal-representative、person-in-charge、controller、address、scope / which
        which: ImportantFact,
        /// 变更后的内容；- 表示从标准输入读一行 / to what; - reads a line from standard input
        #[arg(long)]
        value: String,
        /// 变更日期 / the day it happened
        #[arg(long)]
        on: Date,
    },
    /// 记录变更已备案 / record that a change was filed
    File {
        #[command(flatten)]
        config: ConfigArgs,
        /// name、legal-representative、person-in-charge、controller、address、scope / which
        which: ImportantFact,
        /// 备案日期 / the day it was filed
        #[arg(long)]
        on: Date,
    },
    /// 附上文件：PDF、JPEG 或 PNG，不超过 16 MB / attach a document: PDF, JPEG or PNG, at most 16 MB
    Attach {
        #[command(flatten)]
        config: ConfigArgs,
        /// agreement、licence、business-licence、area、hotline、price、commitment / to what
        to: Paper,
        /// 文件 / the document
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Set {
    /// 服务协议；已登记的编号只需填写有变化的项目 / the service agreement; of a known number only what is new
    Agreement {
        #[command(flatten)]
        config: ConfigArgs,
        /// 协议编号 / its number
        #[arg(long)]
        number: String,
        /// 状态：in-force 有效、suspended 中止、rescinded 解除、ended 终止 / its state
        #[arg(long, value_parser = agreement_state)]
        state: Option<Agreement>,
        /// 起始日，如 2026-01-01 / first day
        #[arg(long)]
        from: Option<Date>,
        /// 到期日 / last day
        #[arg(long)]
        until: Option<Date>,
    },
    /// 药品经营许可证 / the drug-trading licence
    Licence(LicenceArgs),
    /// 营业执照 / the business licence
    BusinessLicence(LicenceArgs),
    /// 药品营业面积 / the drug sales area
    Area {
        #[command(flatten)]
        config: ConfigArgs,
        /// 核准面积（平方米）/ approved, in square metres
        #[arg(long)]
        approved: SquareMetres,
        /// 核准地址 / approved address
        #[arg(long)]
        approved_address: String,
        /// 实际面积（平方米）/ as measured
        #[arg(long)]
        actual: Option<SquareMetres>,
        /// 实际地址 / where it really is
        #[arg(long)]
        actual_address: Option<String>,
    },
    /// 公示和承诺书：hotline、price、commitment / what is posted, and the letter of commitment
    Posting {
        #[command(flatten)]
        config: ConfigArgs,
        /// hotline 投诉电话、price 价格公示、commitment 承诺书 / what
        which: Posting,
        /// 日期 / since when
        #[arg(long)]
        on: Date,
    },
    /// 已备案的重要信息 / one of the six facts, as it was filed
    Fact {
        #[command(flatten)]
        config: ConfigArgs,
        /// name、legal-representative、person-in-charge、controller、address、scope / which
        which: ImportantFact,
        /// 内容；- 表示从标准输入读一行 / what it is; - reads a line from standard input
        #[arg(long)]
        value: String,
        /// 自何日起 / since when
        #[arg(long)]
        since: Date,
        /// 备案日期 / when it was filed
        #[arg(long)]
        filed: Date,
    },
}

#[derive(Args, Debug)]
pub(super) struct LicenceArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 证照编号 / its number
    #[arg(long)]
    number: String,
    /// 到期日 / last day
    #[arg(long, conflicts_with = "without_term")]
    until: Option<Date>,
    /// 长期有效 / without term
    #[arg(long)]
    without_term: bool,
    /// 吊销日期：首个无效日 / revoked: the first day without it
    #[arg(long, conflicts_with = "cancelled")]
    revoked: Option<Date>,
    /// 注销日期：首个无效日 / cancelled: the first day without it
    #[arg(long)]
    cancelled: Option<Date>,
}

fn agreement_state(text: &str) -> Result<Agreement, StandingError> {
    match text {
        "in-force" => Ok(Agreement::InForce),
        "suspended" => Ok(Agreement::Suspended),
        "rescinded" => Ok(Agreement::Rescinded),
        "ended" => Ok(Agreement::Ended),
        _ => Err(StandingError::Word),
    }
}

pub(super) fn run(command: Standing) -> Result<(), Failure> {
    let (config, change) = match command {
        Standing::Show { config, json } => return show(&config, json),
        Standing::Attach { config, to, file } => {
            let content = read_document(&file)?;
            return record(&config, Request::Attach { to, content });
        }
        Standing::Set(set) => set.change()?,
        Standing::Change {
            config,
            which,
            value,
            on,
        } => {
            let value = value_of(&value)?;
            (config, Change::FactChanged { which, value, on })
        }
        Standing::File { config, which, on } => (config, Change::FactFiled { which, on }),
    };
    record(&config, Request::ChangeStanding { change })
}

impl Set {
    fn change(self) -> Result<(ConfigArgs, Change), Failure> {
        Ok(match self {
            Self::Agreement {
                config,
                number,
                state,
                from,
                until,
            } => {
                let change = Change::Agreement {
                    number,
                    state,
                    from,
                    until,
                };
                (config, change)
            }
            Self::Licence(args) => args.change(Permit::Drug),
            Self::BusinessLicence(args) => args.change(Permit::Business),
            Self::Area {
                config,
                approved,
                approved_address,
                actual,
                actual_address,
            } => {
                let area = SalesArea {
                    approved,
                    approved_address,
                    actual,
                    actual_address,
                    document: None,
                };
                (config, Change::Area(area))
            }
            Self::Posting { config, which, on } => (config, Change::Posted { which, on }),
            Self::Fact {
                config,
                which,
                value,
                since,
                filed,
            } => {
                let change = Change::FactTold {
                    which,
                    value: value_of(&value)?,
                    since,
                    filed,
                };
                (config, change)
            }
        })
    }
}

impl LicenceArgs {
    fn change(self, which: Permit) -> (ConfigArgs, Change) {
        let revoked = self.revoked.map(|on| (Ending::Revoked, on));
        let cancelled = self.cancelled.map(|on| (Ending::Cancelled, on));
        let change = Change::Licence {
            which,
            number: self.number,
            term: match self.until {
                Some(until) => Some(Term::Until(until)),
                None => self.without_term.then_some(Term::WithoutTerm),
            },
            ended: revoked.or(cancelled),
        };
        (self.config, change)
    }
}

/// The value of a fact. Other users of the machine see command lines: a name can come in otherwise.
fn value_of(text: &str) -> Result<Value, Failure> {
    let mut line = Zeroizing::new(String::new());
    let text = if text == "-" {
        let mut input = std::io::stdin().lock().take(MAX_LINE);
        let read = input.read_line(&mut line);
        let _ = read.map_err(|error| Failure::of("cli.input", &error))?;
        line.as_str()
    } else {
        text
    };
    Ok(Value::new(text)?)
}

fn record(args: &ConfigArgs, request: Request) -> Result<(), Failure> {
    let config = args.load()?.config;
    let entry = control::ask(&config.data_dir, request)?.entry()?;
    print(&format!("已登记 / recorded  entry {entry}\n"));
    Ok(())
}

/// Reads a document, and no more of it than one may have.
fn read_document(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: std::io::Error| Failure::of("cli.input", &error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let most = u64::try_from(MAX_DOCUMENT).unwrap_or(u64::MAX);
    if size > most {
        return Err(StandingError::DocumentSize.into());
    }
    let room = usize::try_from(size).unwrap_or(MAX_DOCUMENT);
    let mut content = Zeroizing::new(Vec::with_capacity(room.saturating_add(1)));
    // It may grow between the two looks; the register then refuses it.
    let mut limited = file.take(most.saturating_add(1));
    limited.read_to_end(&mut content).map_err(failed)?;
    Ok(content)
}

fn show(config: &ConfigArgs, json: bool) -> Result<(), Failure> {
    let config = config.load()?.config;
    let today = SystemClock.today();
    let outline = outline(&config, today)?;
    let shown = if json {
        as_json(&outline, &config, today)?
    } else {
        as_text(&outline, &config, today)
    };
    print(&shown);
    Ok(())
}

/// What register and configuration say today.
pub(super) fn outline(config: &Config, today: Date) -> Result<Outline, Failure> {
    let view = LogView::open(&config.data_dir)?;
    Ok(Outline::of(&view, &config.store, today)?)
}

fn as_json(outline: &Outline, config: &Config, today: Date) -> Result<String, Failure> {
    let line = |line: &Line| {
        let message = text::message(line.what);
        serde_json::json!({
            "what": line.what,
            "zh": message.zh,
            "en": message.en,
            "value": line.value,
            "working-days-left": line.days_left,
            "state": state(line.urgency),
            "uncertain": line.is_uncertain,
        })
    };
    let shown = serde_json::json!({
        "today": today,
        "calendar": config.store.calendar.days.known_years(),
        "items": outline.lines.iter().map(line).collect::<Vec<_>>(),
        "register": &*outline.register,
    });
    let text = serde_json::to_string_pretty(&shown).map_err(DeskError::from)?;
    Ok(text + "\n")
}

fn state(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Over => "over",
        Urgency::Due => "due",
        Urgency::Unknown => "unknown",
        Urgency::Fine => "fine",
    }
}

fn as_text(outline: &Outline, config: &Config, today: Date) -> String {
    let mut text = format!("药店情况 / standing  {today}\n");
    for line in &outline.lines {
        let mark = match line.urgency {
            Urgency::Over => '✗',
            Urgency::Due => '!',
            Urgency::Unknown => '?',
            Urgency::Fine => '✓',
        };
        let message = text::message(line.what);
        let value = match line.value.as_str() {
            "" => "未登记 not recorded",
            value => value,
        };
        let _ = write!(text, "{mark} {} / {}: {value}", message.zh, message.en);
        if let Some(days) = line.days_left {
            let _ = write!(text, "  剩 {days} 个工作日 / {days} working days left");
        }
        if line.is_uncertain {
            text.push_str("  不确定 uncertain");
        }
        text.push('\n');
    }
    for (paper, digest) in documents(&outline.register) {
        let _ = writeln!(text, "  文件 / document  {paper}  {digest}");
    }
    if outline.lines.iter().any(|line| line.is_uncertain) {
        let years = config.store.calendar.days.known_years();
        let (first, last) = years.unwrap_or_default();
        let _ = writeln!(
            text,
            "  不确定：只有 {first} 至 {last} 年的节假日安排已知，其余按周末推算\n  uncertain: \
             holidays are known for {first} to {last}; other years are counted with plain weekends"
        );
    }
    text
}

fn documents(register: &Register) -> Vec<(&'static str, String)> {
    let agreements = register.agreements.iter();
    let agreements = agreements.map(|it| (Paper::Agreement.name(), &it.document));
    let licences = register.licences.iter();
    let licences = licences.map(|(permit, it)| (permit.name(), &it.document));
    let area = register.area.iter();
    let area = area.map(|it| (Paper::Area.name(), &it.document));
    let postings = register.postings.iter();
    let postings = postings.map(|(posting, it)| (posting.name(), &it.document));
    let all = agreements.chain(licences).chain(area).chain(postings);
    all.filter_map(|(name, document)| {
        let document = document.as_ref()?;
        let entry = document.entry;
        Some((name, format!("sha256 {}  entry {entry}", document.digest)))
    })
    .collect()
}

/// What nobody said, one line each, for `setup`.
pub(super) fn unknown(outline: &Outline) -> Vec<String> {
    let lines = outline.lines.iter();
    let unknown = lines.filter(|line| line.urgency == Urgency::Unknown);
    unknown
        .map(|line| {
            let message = text::message(line.what);
            let command = command(line.what);
            format!(
                "✗ {} {}: 未登记 not recorded → {command}",
                message.zh, message.en
            )
        })
        .collect()
}

/// The command that registers what a key stands for.
fn command(what: &str) -> String {
    let name = what.strip_prefix("standing.").unwrap_or(what);
    let is = |known: &[&str]| known.contains(&name);
    if is(&["insurance-managers", "pharmacists"]) {
        "pharmacy-agent staff add".to_owned()
    } else if name.parse::<ImportantFact>().is_ok() {
        format!("pharmacy-agent standing set fact {name}")
    } else if name.parse::<Posting>().is_ok() {
        format!("pharmacy-agent standing set posting {name}")
    } else {
        format!("pharmacy-agent standing set {name}")
    }
}
