//! A scene: what happens at the counter, what should come of it, and how that is shown.

use serde_json::Value;

use super::DemoError;
use super::stage::Stage;
use super::table;

/// How wide rows are at most: half a screen of today's shows them without breaking lines.
pub(super) const WIDTH: usize = 110;

/// Before what is no row.
pub(super) const INDENT: &str = "    ";

/// A list of scenes: titles and what plays them.
macro_rules! scenes {
    ($($title:literal => $play:ident,)+) => {
        vec![$(Scene { title: $title, play: $play },)+]
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
    pub(super) play: fn(&mut Stage) -> Result<Shown, DemoError>,
}

/// What came of a scene.
pub(super) struct Outcome {
    title: &'static str,
    shown: Shown,
    pub(super) is_expected: bool,
}

impl Scene {
    pub(super) fn play(&self, stage: &mut Stage) -> Result<Outcome, DemoError> {
        let shown = (self.play)(stage)?;
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
        "商品行与规则 line, rule",
        "判定 verdict",
        "原因 reason → 办法 remedy § 依据 legal basis",
        "µs",
    ]) + &"-".repeat(WIDTH)
        + "\n"
}

/// A row of the table.
fn row(cells: [&str; 4]) -> String {
    let [line, verdict, reason, time] = cells;
    table::row(&[(line, 27), (verdict, 13), (reason, 58), (time, 5)])
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
        // Chinese on a line of its own, English on the next.
        let remarks = self.shown.remarks.iter();
        for remark in remarks.flat_map(|remark| remark.split(" / ")) {
            let pieces = table::wrap(remark, WIDTH - INDENT.len());
            out.extend(pieces.iter().map(|piece| format!("{INDENT}{piece}\n")));
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
    let entry = verdict.get("entry").and_then(Value::as_u64).unwrap_or(0);
    let money = format!(
        "医保 insurance {}，现金 cash {}，日志 entry {entry}",
        text(verdict, "/insurance"),
        text(verdict, "/cash")
    );
    let mut out = row(["", answer, &money, &time]);
    for list in ["reasons", "questions"] {
        let reasons = verdict
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for reason in reasons {
            let line = match reason.get("line").and_then(Value::as_u64) {
                Some(line) => format!("行{line} {}", text(reason, "/rule")),
                None => text(reason, "/rule").to_owned(),
            };
            let mark = if list == "reasons" { "✗" } else { "?" };
            out.push_str(&row([&line, mark, text(reason, "/message/zh"), ""]));
            for (sign, what) in [('→', "/remedy/zh"), ('§', "/basis")] {
                let told = format!("{sign} {}", text(reason, what));
                out.push_str(&row(["", "", &told, ""]));
            }
        }
    }
    out
}
