//! `find`: the inspector's questions (R68), beside a running agent. Asking is recorded by whoever
//! writes the store, and names the member of staff whose PIN was given; the answers are read here.
//!
//! A person's number is read from standard input, never from an argument: arguments are seen by every
//! program of the machine and stay in the shell's history (R44).

use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write as _};

use clap::{Args, ValueEnum};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use pharmacy_protocol::person::IdentityNumber;
use pharmacy_protocol::term::{EntryIndex, StaffId, TraceText};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::args::ConfigArgs;
use super::pin::open_key;
use super::print::print;
use crate::control::{self, Request};
use crate::failure::Failure;
use pharmacy_base::clock::{Clock, STORE_OFFSET, SystemClock, shown};
use pharmacy_desk::{
    Answers, Asked, DeskError, Found, Query, Question, SignedQuestion, Top, TopItem, recorded_ms,
    search, top,
};
use pharmacy_journal::LogView;

/// The longest line that can hold a certificate number, and some spaces.
const MAX_LINE: u64 = 200;

#[derive(Args, Debug)]
pub(super) struct FindArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 查询人工号，需输入 PIN / who asks: a member of staff; asks for their PIN
    #[arg(long, value_name = "ID")]
    staff: StaffId,
    /// 小票号或报文号 / the till's receipt number, or the message id
    #[arg(long, value_name = "NUMBER")]
    receipt: Option<String>,
    /// 医保结算号 / the platform's settlement id
    #[arg(long, value_name = "ID")]
    settlement: Option<String>,
    /// 起始时间，如 2025-11-22 或 2025-11-22T10:30 / from this day or moment, store's time
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// 截止时间；只写日期时含当日 / up to this moment; a day alone is included
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// 按人员查询：从标准输入读取证件号码，在 PIN 之前 / by person: reads the number from standard input, before the PIN
    #[arg(long)]
    person: bool,
    /// 商品编号、医保编码或名称的一部分 / article number, insurance code or part of a name
    #[arg(long, value_name = "TEXT")]
    drug: Option<String>,
    /// 追溯码 / trace code of a pack
    #[arg(long, value_name = "CODE")]
    trace: Option<String>,
    /// 审方药师工号 / the reviewing pharmacist
    #[arg(long, value_name = "STAFF")]
    pharmacist: Option<String>,
    /// 收银员 / who operated the till
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// 只查有放行的 / only sales with a release
    #[arg(long)]
    releases: bool,
    /// 只查应有而无追溯码的 / only sales that lack a trace code
    #[arg(long)]
    no_code: bool,
    /// 只查拆零的 / only sales of a part of a pack
    #[arg(long)]
    split: bool,
    /// 排行：参保人或药品，需给出起止时间 / leading holders or drugs of a range
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = [
        "receipt", "settlement", "person", "drug", "trace", "pharmacist", "operator", "releases",
        "no_code", "split",
    ])]
    top: Option<TopArg>,
    /// 最多条数 / most answers
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// 输出 JSON / print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TopArg {
    /// 参保人 / the insured
    Holders,
    /// 药品 / articles
    Drugs,
}

impl From<TopArg> for Top {
    fn from(top: TopArg) -> Self {
        match top {
            TopArg::Drugs => Self::Drugs,
            TopArg::Holders => Self::Holders,
        }
    }
}

pub(super) fn run(args: &FindArgs) -> Result<(), Failure> {
    let question = question(args)?;
    let config = args.config.load()?.config;
    let mut asked = question.kinds();
    asked.extend(args.top.map(|top| match top {
        TopArg::Drugs => Asked::TopDrugs,
        TopArg::Holders => Asked::TopHolders,
    }));
    let view = LogView::open(&config.data_dir)?;
    let signer = open_key(&config.data_dir, &view, &args.staff)?;
    let signed = SignedQuestion::sign(&signer, asked, SystemClock.now_ms())?;
    control::ask(&config.data_dir, Request::NoteQuestion { question: signed })?;
    let text = match args.top {
        Some(what) => {
            let query = &question.query;
            let range = (query.from_ms, query.until_ms);
            let items = top(&view, what.into(), range, args.limit.into())?;
            match args.json {
                true => json_line(&json!({"top": items.iter().map(top_json).collect::<Vec<_>>()})),
                false => items.iter().map(top_line).collect(),
            }
        }
        None => {
            let answers = search(&view, &question)?;
            answers_text(&view, &answers, args.json)?
        }
    };
    print(&text);
    Ok(())
}

fn question(args: &FindArgs) -> Result<Question, Failure> {
    let wrong = || Failure::plain("find.value");
    if args.top.is_some() && (args.from.is_none() || args.until.is_none()) {
        return Err(Failure::plain("find.no-range"));
    }
    let trace = args.trace.as_deref();
    let trace = trace.map(|text| TraceText::read(text, None).into_one());
    let trace = trace.map(|read| read.map(|pack| pack.code));
    let pharmacist = args.pharmacist.as_deref().map(str::parse::<StaffId>);
    let query = Query {
        receipt: args.receipt.clone(),
        settlement: args.settlement.clone(),
        from_ms: moment(args.from.as_deref(), End::Begin).ok_or_else(wrong)?,
        until_ms: moment(args.until.as_deref(), End::End).ok_or_else(wrong)?,
        person: match args.person {
            true => Some(read_number()?),
            false => None,
        },
        drug: args.drug.clone(),
        trace: trace.transpose().map_err(|_| wrong())?,
        pharmacist: pharmacist.transpose().map_err(|_| wrong())?,
        released: args.releases,
        limit: args.limit.into(),
    };
    Ok(Question {
        query,
        operator: args.operator.clone(),
        no_code: args.no_code,
        split: args.split,
    })
}

/// Which end of a day a day alone means.
#[derive(Clone, Copy)]
enum End {
    Begin,
    End,
}

/// A moment in the store's time. Outer none: the text is no moment.
fn moment(text: Option<&str>, end: End) -> Option<Option<i64>> {
    let Some(text) = text else {
        return Some(None);
    };
    let at: DateTime = match (text.parse::<Date>(), end) {
        (Ok(day), End::Begin) if !text.contains('T') => day.into(),
        (Ok(day), End::End) if !text.contains('T') => day.checked_add(1.day()).ok()?.into(),
        (Ok(_) | Err(_), _) => text.parse().ok()?,
    };
    let zoned = at.to_zoned(TimeZone::fixed(STORE_OFFSET)).ok()?;
    Some(Some(zoned.timestamp().as_millisecond()))
}

/// One line of standard input; a person at a keyboard is asked for it.
fn read_number() -> Result<IdentityNumber, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let mut prompt = std::io::stderr().lock();
        let _ = write!(prompt, "证件号码 / certificate number: ");
        let _ = prompt.flush();
    }
    let mut line = Zeroizing::new(String::new());
    let mut limited = std::io::Read::take(input.lock(), MAX_LINE);
    let none = || Failure::plain("find.person");
    limited.read_line(&mut line).map_err(|_| none())?;
    line.trim().parse().map_err(|_| none())
}

fn json_line(value: &Value) -> String {
    let mut text = value.to_string();
    text.push('\n');
    text
}

/// An entry that an answer rests on, with the moment at which it was recorded.
fn dated(view: &LogView, entry: EntryIndex) -> Result<(EntryIndex, i64), DeskError> {
    Ok((entry, recorded_ms(view, entry)?))
}

fn answers_text(view: &LogView, answers: &Answers, as_json: bool) -> Result<String, DeskError> {
    if as_json {
        let found: Vec<Value> = answers
            .found
            .iter()
            .map(|found| found_json(view, found))
            .collect::<Result<_, _>>()?;
        let all = json!({"answers": found, "complete": answers.is_complete});
        return Ok(json_line(&all));
    }
    let mut text = String::new();
    for found in &answers.found {
        text.push_str(&found_text(view, found)?);
    }
    let count = answers.found.len();
    let _ = writeln!(text, "共 {count} 笔 / {count} sales");
    if !answers.is_complete {
        text.push_str(
            "结果不全，请缩小时间范围或加大 --limit / not all: narrow the range or raise --limit\n",
        );
    }
    Ok(text)
}

fn found_json(view: &LogView, found: &Found) -> Result<Value, DeskError> {
    let mut reviews = Vec::new();
    for (staff, entry) in &found.reviews {
        let (entry, at_ms) = dated(view, *entry)?;
        reviews.push(json!({"pharmacist": staff, "entry": entry, "at_ms": at_ms}));
    }
    let mut releases = Vec::new();
    for entry in &found.releases {
        let (entry, at_ms) = dated(view, *entry)?;
        releases.push(json!({"entry": entry, "at_ms": at_ms}));
    }
    Ok(json!({
        "entry": found.entry,
        "sale": found.sale,
        "at_ms": found.at_ms,
        "till": found.till,
        "erased": found.is_erased(),
        "settlement": found.settlement,
        "holder": found.holder,
        "patient": found.patient,
        "buyer": found.buyer,
        "goods": found.goods,
        "total": found.total,
        "operator": found.operator,
        "verdict": found.verdict,
        "reviews": reviews,
        "releases": releases,
        "taken_back": found.is_taken_back,
    }))
}

fn found_text(view: &LogView, found: &Found) -> Result<String, DeskError> {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "条目 entry {}  {}  收银台 till {}  销售 sale {}",
        found.entry,
        shown(found.at_ms),
        found.till,
        found.sale
    );
    if found.is_erased() {
        text.push_str("  清单已到期销毁 / the list was erased when its retention ended\n");
        return Ok(text);
    }
    let taken_back = match found.is_taken_back {
        true => "  已撤销 taken back",
        false => "",
    };
    let _ = writeln!(
        text,
        "  结算号 settlement  {}  金额 total {}{taken_back}",
        found.settlement, found.total
    );
    let persons = [
        ("参保人 holder", &found.holder),
        ("用药人 patient", &found.patient),
        ("代购人 buyer", &found.buyer),
        ("收银员 operator", &found.operator),
    ];
    for (who, shown) in persons {
        if let Some(shown) = shown {
            let _ = writeln!(text, "  {who}  {shown}");
        }
    }
    for goods in &found.goods {
        let _ = writeln!(text, "  商品 item  {goods}");
    }
    if let Some(verdict) = found.verdict {
        let _ = writeln!(text, "  判断 verdict  entry {verdict}");
    }
    for (staff, entry) in &found.reviews {
        let (entry, at_ms) = dated(view, *entry)?;
        let at = shown(at_ms);
        let _ = writeln!(text, "  审方 review  {staff}  entry {entry}  {at}");
    }
    for entry in &found.releases {
        let (entry, at_ms) = dated(view, *entry)?;
        let _ = writeln!(text, "  放行 release  entry {entry}  {}", shown(at_ms));
    }
    Ok(text)
}

fn top_json(item: &TopItem) -> Value {
    json!({
        "shown": item.shown,
        "count": item.count,
        "amount": item.amount,
        "newest": item.newest,
    })
}

fn top_line(item: &TopItem) -> String {
    let shown = item.shown.as_deref().unwrap_or("已销毁 erased");
    format!(
        "{:>12}  {:>6} 笔 sales  {shown}  (entry {})\n",
        item.amount.to_string(),
        item.count,
        item.newest
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_alone_is_the_whole_day_in_the_stores_time() {
        // 2025-11-21T16:00:00Z is midnight at the store.
        let midnight = 1_763_740_800_000;
        let day = Some("2025-11-22");
        assert_eq!(moment(day, End::Begin), Some(Some(midnight)));
        assert_eq!(moment(day, End::End), Some(Some(midnight + 86_400_000)));
        let at = Some("2025-11-22T10:30");
        assert_eq!(moment(at, End::End), Some(Some(midnight + 37_800_000)));
        assert_eq!(moment(Some("yesterday"), End::End), None);
        assert_eq!(moment(None, End::End), Some(None));
    }
}
