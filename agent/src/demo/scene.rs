//! A scene: what happens at the counter, what should come of it, and how that is shown.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::DemoError;
use super::stage::{Stage, row};

pub(super) type Played<'a> = Pin<Box<dyn Future<Output = Result<Shown, DemoError>> + 'a>>;

/// A list of scenes: titles and what plays them.
macro_rules! scenes {
    ($($title:literal => $play:ident,)+) => {
        vec![$(Scene { title: $title, play: |stage| Box::pin($play(stage)) },)+]
    };
}
pub(super) use scenes;

/// What a scene shows: verdicts, or rows of what happened, in their order, and remarks beside them.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) verdicts: Vec<Value>,
    pub(super) rows: Vec<String>,
    pub(super) remarks: Vec<String>,
    pub(super) as_expected: bool,
}

/// One scene.
pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) play: for<'a> fn(&'a mut Stage) -> Played<'a>,
}

/// What came of a scene.
pub(super) struct Outcome {
    title: &'static str,
    shown: Shown,
    pub(super) is_expected: bool,
}

impl Scene {
    pub(super) async fn play(&self, stage: &mut Stage) -> Result<Outcome, DemoError> {
        let shown = (self.play)(stage).await?;
        let is_expected = shown.as_expected;
        Ok(Outcome {
            title: self.title,
            shown,
            is_expected,
        })
    }
}

/// The table's heading.
pub(super) fn heading() -> String {
    row([
        "商品行 line",
        "判定",
        "原因 reason",
        "办法 remedy",
        "依据 legal basis",
        "µs",
    ]) + &"-".repeat(150)
        + "\n"
}

/// A text within an answer; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

impl Outcome {
    /// The scene as rows of the table.
    pub(super) fn text(&self, number: usize) -> String {
        let mark = if self.is_expected {
            "✓"
        } else {
            "✗ 不符预期 / UNEXPECTED"
        };
        let mut out = format!("\n{number:>2}. {} {mark}\n", self.title);
        for verdict in &self.shown.verdicts {
            out.push_str(&verdict_rows(verdict));
        }
        out.extend(self.shown.rows.iter().map(String::as_str));
        for remark in &self.shown.remarks {
            out.push_str(&format!("    {remark}\n"));
        }
        out
    }
}

fn verdict_rows(verdict: &Value) -> String {
    let answer = match text(verdict, "/answer") {
        "allow" => "可结算 allow",
        "ask" => "待补充 ask",
        _ => "拒绝 refuse",
    };
    let time = verdict
        .get("decided_us")
        .and_then(Value::as_u64)
        .unwrap_or(0)
        .to_string();
    let money = format!(
        "医保 {} 现金 {}",
        text(verdict, "/insurance"),
        text(verdict, "/cash")
    );
    let entry = verdict.get("entry").and_then(Value::as_u64).unwrap_or(0);
    let mut out = row([
        &money,
        answer,
        &format!("日志条目 entry {entry}"),
        "",
        "",
        &time,
    ]);
    for list in ["reasons", "questions"] {
        let reasons = verdict
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for reason in reasons {
            let line = match reason.get("line").and_then(Value::as_u64) {
                Some(line) => format!("  行{line} {}", text(reason, "/rule")),
                None => format!("  {}", text(reason, "/rule")),
            };
            let mark = if list == "reasons" { "✗" } else { "?" };
            let (message, remedy) = (text(reason, "/message/zh"), text(reason, "/remedy/zh"));
            out.push_str(&row([
                &line,
                mark,
                message,
                remedy,
                text(reason, "/basis"),
                "",
            ]));
        }
    }
    out
}
