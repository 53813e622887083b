//! A call through the gateway: what the till sent and heard, what the platform saw, what was logged.

use std::ops::Range;

use serde_json::Value;

use super::scene::{WIDTH, text};
use super::table;
use pharmacy_protocol::digest::hex;

/// A call that arrived at the platform.
pub(super) struct Arrival {
    /// SHA-256 of the call's body.
    pub(super) asked: [u8; 32],
    /// SHA-256 of the answer's body; none where the connection was cut instead.
    pub(super) answered: Option<[u8; 32]>,
}

/// What a till heard.
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) envelope: Value,
    /// SHA-256 of the body.
    pub(super) digest: [u8; 32],
}

/// A call, from all sides.
pub(super) struct Exchange {
    pub(super) infno: &'static str,
    pub(super) msgid: String,
    /// SHA-256 of the call's body as the till sent it.
    pub(super) asked: [u8; 32],
    /// None where the connection was closed without an answer.
    pub(super) heard: Option<Said>,
    /// What came of it at the platform.
    pub(super) arrivals: Vec<Arrival>,
    /// Entries of the log that were written meanwhile.
    pub(super) entries: Range<u64>,
}

impl Exchange {
    /// Did it arrive once, and did every byte of call and answer arrive as it was sent?
    pub(super) fn is_unchanged(&self) -> bool {
        let heard = self.heard.as_ref().map(|said| said.digest);
        match self.arrivals.as_slice() {
            [one] => heard.is_some() && self.asked == one.asked && heard == one.answered,
            _ => false,
        }
    }

    /// Did the platform see it?
    pub(super) fn was_sent(&self) -> bool {
        !self.arrivals.is_empty()
    }

    /// Was it answered with success?
    pub(super) fn is_accepted(&self) -> bool {
        self.code() == Some(0)
    }

    /// Why it was refused in the platform's envelope; empty where it was not.
    pub(super) fn refusal(&self) -> &str {
        match (&self.heard, self.code()) {
            (Some(said), Some(-1)) => text(&said.envelope, "/err_msg"),
            _ => "",
        }
    }

    /// A text of the answer; empty where there is none.
    pub(super) fn told(&self, path: &str) -> &str {
        let said = self.heard.as_ref();
        said.map_or("", |said| text(&said.envelope, path))
    }

    /// The settlement that it names.
    pub(super) fn settlement(&self) -> &str {
        self.told("/output/setlinfo/setl_id")
    }

    fn code(&self) -> Option<i64> {
        let said = self.heard.as_ref().filter(|said| said.status == 200)?;
        said.envelope.pointer("/infcode")?.as_i64()
    }

    /// The call as a row of the table.
    pub(super) fn row(&self) -> String {
        let short = self.msgid.get(26..).unwrap_or_default();
        row([
            &self.name(),
            short,
            &self.shown_by_till(),
            self.seen_by_platform(),
            &self.bytes(),
            &logged(&self.entries),
        ])
    }

    /// The call as a step among those of people.
    pub(super) fn step(&self) -> String {
        let who = format!("收银机 till: {}", self.name());
        step(&who, &self.shown_by_till(), &self.entries)
    }

    fn name(&self) -> String {
        let what = match self.infno {
            "1101" => "查人员 insured",
            "2101" => "预结算 calculate",
            "2102" => "结算 settle",
            "2103" => "撤销 reverse",
            "2601" => "冲正 undo",
            "5203" => "查结算 query",
            _ => "",
        };
        format!("{} {what}", self.infno)
    }

    fn shown_by_till(&self) -> String {
        if self.heard.is_none() {
            return "无应答，连接断开 / no answer, connection closed".to_owned();
        }
        if !self.is_accepted() {
            return format!("拒绝 -1：{}", self.refusal());
        }
        let (number, warning) = (self.settlement(), self.told("/warn_msg"));
        match (number, warning) {
            ("", "") => "成功 ok".to_owned(),
            ("", warning) => format!("成功 ok：{warning}"),
            (number, _) => format!("成功 ok，结算号 {number}"),
        }
    }

    fn seen_by_platform(&self) -> &'static str {
        match self.arrivals.as_slice() {
            [] => "未到达 nothing",
            [one] if one.answered.is_none() => "已办结后断线 done, then cut",
            [_] => "收到一次 once",
            _ => "收到多次 TWICE",
        }
    }

    fn bytes(&self) -> String {
        let Some(seen) = self.arrivals.first() else {
            return String::new();
        };
        let asked = side('→', self.asked, seen.asked);
        match (&self.heard, seen.answered) {
            (Some(said), Some(answered)) => {
                format!("{asked} {}", side('←', answered, said.digest))
            }
            _ => asked,
        }
    }
}

/// Which entries were written.
fn logged(entries: &Range<u64>) -> String {
    match entries.end.saturating_sub(entries.start) {
        0 => "–".to_owned(),
        1 => entries.start.to_string(),
        _ => format!("{}–{}", entries.start, entries.end - 1),
    }
}

/// What somebody did, what came back, and which entries were written meanwhile.
pub(super) fn step(who: &str, answer: &str, entries: &Range<u64>) -> String {
    table::row(&[(who, 40), (answer, 58), (&logged(entries), 7)])
}

/// The heading of steps.
pub(super) fn step_heading() -> String {
    let heading = [
        ("谁做什么 who does what", 40),
        ("答复 what comes back", 58),
        ("日志 log", 8),
    ];
    table::row(&heading) + &"-".repeat(WIDTH) + "\n"
}

/// The beginning of a digest as it left and as it arrived.
fn side(arrow: char, left: [u8; 32], arrived: [u8; 32]) -> String {
    let short = |sum: [u8; 32]| hex(sum.get(..3).unwrap_or_default());
    if left == arrived {
        format!("{arrow}{}=", short(left))
    } else {
        format!("{arrow}{}≠{}", short(left), short(arrived))
    }
}

fn row(cells: [&str; 6]) -> String {
    let [call, msgid, till, platform, bytes, entries] = cells;
    table::row(&[
        (call, 21),
        (msgid, 4),
        (till, 40),
        (platform, 13),
        (bytes, 17),
        (entries, 5),
    ])
}

/// The heading of these rows.
pub(super) fn heading() -> String {
    row([
        "交易 call",
        "报文",
        "收银机显示 the till shows",
        "平台 platform",
        "SHA-256 →去 ←回",
        "日志",
    ]) + &"-".repeat(WIDTH)
        + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call that arrived as often as there are digests of answers.
    fn exchange(arrivals: Vec<Arrival>, heard: Option<[u8; 32]>) -> Exchange {
        let envelope = serde_json::json!({"infcode": -1, "err_msg": "不行"});
        Exchange {
            infno: "2102",
            msgid: "P44030000001202607011031000042".into(),
            asked: [1; 32],
            heard: heard.map(|digest| Said {
                status: 200,
                envelope,
                digest,
            }),
            arrivals,
            entries: 7..9,
        }
    }

    fn arrival(asked: u8, answered: Option<u8>) -> Arrival {
        Arrival {
            asked: [asked; 32],
            answered: answered.map(|byte| [byte; 32]),
        }
    }

    #[test]
    fn unchanged_is_once_and_the_same_both_ways() {
        let heard = Some([2; 32]);
        for (arrivals, heard, expected) in [
            (vec![arrival(1, Some(2))], heard, true),
            (vec![arrival(9, Some(2))], heard, false),
            (vec![arrival(1, Some(9))], heard, false),
            (vec![arrival(1, None)], heard, false),
            (vec![arrival(1, None)], None, false),
            (vec![], heard, false),
            (vec![arrival(1, Some(2)), arrival(1, Some(2))], heard, false),
        ] {
            assert_eq!(exchange(arrivals, heard).is_unchanged(), expected);
        }
    }

    #[test]
    fn a_row_tells_what_each_side_saw() {
        let refused = exchange(vec![], Some([2; 32])).row();
        for told in ["2102 结算 settle", "0042", "拒绝 -1：不行", "未到达", "7–8"] {
            assert!(refused.contains(told), "{told}: {refused}");
        }
        let altered = exchange(vec![arrival(3, Some(2))], Some([2; 32])).row();
        for told in ["→010101≠030303", "←020202="] {
            assert!(altered.contains(told), "{told}: {altered}");
        }
        let cut = exchange(vec![arrival(1, None)], None).row();
        assert!(cut.contains("无应答") && cut.contains("断线"), "{cut}");
    }
}
