//! The envelope of an answer, and what a settlement's answer says.

use jiff::civil::DateTime;
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::{Fen, Quantity};

use super::amount::Amounts;
use super::body::{MAX_BODY, envelopes, lossy, text_of};
use super::error::ViewError;
use super::json::{Json, letters};
use super::node::{Node, opaque};
use pharmacy_base::clock::STORE_OFFSET;

/// Members of which two different values leave open what the platform said.
const DECISIVE: [&str; 2] = ["infcode", "output"];

/// An answer, parsed.
#[derive(Clone)]
pub struct Answer {
    /// `infcode` 0, and no second-level `retRslt` that says otherwise.
    pub is_success: bool,
    /// `inf_refmsgid`.
    pub reference: Option<String>,
    /// `err_msg`.
    pub message: Option<String>,
    /// `respond_time`, milliseconds since 1970, read as the store's own time.
    pub responded_ms: Option<i64>,
    /// `output`, unwrapped where it came as a string; without members where there is none, or where
    /// it is encrypted.
    pub output: Node,
}

/// What an answer says was settled or taken back (`setlinfo`).
#[derive(Clone)]
pub struct Settled {
    /// `setl_id`; none in the answer to a calculation.
    pub settlement: Option<String>,
    /// `mdtrt_id`.
    pub visit: Option<String>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
    /// The sender's message id (`medins_setl_id`).
    pub msgid: Option<String>,
    /// `medfee_sumamt`.
    pub total: Option<Fen>,
    /// What the account paid (`acct_pay`), of its owner and by mutual aid (`acct_mulaid_pay`).
    pub account: Option<Fen>,
    /// What the pooled funds paid (`fund_pay_sumamt`), without the account where the province
    /// counts it in: where `medfee_sumamt` is `fund_pay_sumamt` and cash, the account is subtracted.
    pub fund: Option<Fen>,
    /// What was paid in cash (`psn_cash_pay`, `cash_payamt`).
    pub cash: Option<Fen>,
    /// Do these make `medfee_sumamt`, in one province's way or another? None where one is missing.
    pub adds_up: Option<bool>,
}

opaque!(Answer, Settled);

impl Answer {
    /// Reads a body.
    ///
    /// The outcome counts even where `output` cannot be read. An answer without a readable `infcode`
    /// has no outcome and is an error.
    pub fn parse(body: &[u8]) -> Result<Self, ViewError> {
        let text = text_of(body)?;
        let whole = envelopes(&text).into_iter().next();
        let Json::Object(object) = Json::parse(whole.as_deref().unwrap_or(&text))? else {
            return Err(ViewError::NotAnObject);
        };
        if let Some(name) = DECISIVE.into_iter().find(|name| object.is_disputed(name)) {
            return Err(ViewError::Ambiguous(name));
        }
        let output = object.get("output").cloned();
        let output = output.map_or_else(|| Ok(Node::empty()), Node::wrap);
        let output = output.or_else(|error| match error {
            ViewError::Limit => Err(ViewError::Limit),
            _ => Ok(Node::empty()),
        })?;
        let envelope = Node::of(object);
        let infcode: Quantity = envelope
            .quantity("infcode")
            .ok_or(ViewError::Member("infcode"))?;
        Ok(Self {
            is_success: infcode == Quantity::default() && !is_declined(&output),
            reference: envelope.text("inf_refmsgid"),
            message: envelope.text("err_msg"),
            responded_ms: envelope
                .text("respond_time")
                .and_then(|text| moment_ms(&text)),
            output,
        })
    }

    /// The settlement that the answer tells of; of any call, known or not, and whatever its
    /// `infcode`: an answer that declines and still names a settlement is for the desk to look at.
    pub fn settled(&self) -> Option<Settled> {
        let settled = self.output.child("setlinfo").or_else(|| {
            let has_number = |node: &Node| node.text(NUMBER).is_some();
            self.output.find(&has_number)
        });
        settled.map(|node| Settled::of(&node))
    }
}

/// The member under which a settlement's number stands.
const NUMBER: &str = "setl_id";

/// What an answer to a call that nobody knows tells of a settlement.
pub enum Search {
    /// Nothing, or that there is none.
    Nothing,
    Settlement(Settled),
    /// The name of a settlement's number stands in it, and it cannot be read.
    Unclear,
}

/// Looks for a settlement in the answer to any call, whatever its form; it may be cut off.
pub fn search(answer: &[u8]) -> Search {
    if !names_settlement(answer) {
        return Search::Nothing;
    }
    let Ok(text) = text_of(answer) else {
        return Search::Unclear;
    };
    let whole = envelopes(&text).into_iter().next();
    let Ok(node) = Json::parse(whole.as_deref().unwrap_or(&text)).and_then(Node::wrap) else {
        return Search::Unclear;
    };
    if Answer::parse(answer).is_ok_and(|answer| !answer.is_success) {
        return Search::Nothing;
    }
    match node.find(&|node| node.text(NUMBER).is_some()) {
        Some(node) => Search::Settlement(Settled::of(&node)),
        None => Search::Nothing,
    }
}

/// Does an answer hold the name under which settlements stand, in whatever charset, case or escapes?
pub fn names_settlement(answer: &[u8]) -> bool {
    let text = lossy(answer.get(..MAX_BODY).unwrap_or(answer));
    spells_number(&text) || (text.contains("\\u00") && spells_number(&unescaped(&text)))
}

/// Does a text hold [`NUMBER`] in some spelling?
fn spells_number(text: &str) -> bool {
    text.match_indices(['s', 'S']).any(|(at, _)| {
        let mut found = letters(text.get(at..).unwrap_or_default());
        letters(NUMBER).all(|letter| found.next() == Some(letter))
    })
}

/// A text with the escapes of plain letters undone, whatever they stand in.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u00");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let letter = part
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match letter.filter(u8::is_ascii) {
            Some(letter) => {
                plain.push(char::from(letter));
                plain.push_str(part.get(2..).unwrap_or_default());
            }
            None => plain.push_str(part),
        }
    }
    plain
}

impl Settled {
    fn of(node: &Node) -> Self {
        let amounts = Amounts::read(node);
        Self {
            settlement: node.text("setl_id"),
            visit: node.text("mdtrt_id"),
            person: node.text("psn_no").map(Secret::new),
            msgid: node.text("medins_setl_id"),
            total: amounts.total,
            account: amounts.account,
            fund: amounts.fund,
            cash: amounts.cash,
            adds_up: amounts.adds_up,
        }
    }
}

/// SPEC: Hubei V1.2.02 table 209: `result{retRslt, msgRslt}`, "1" for success; `infcode` 0 alone is
/// none.
fn is_declined(output: &Node) -> bool {
    std::iter::once(output.clone())
        .chain(output.children("result"))
        .filter_map(|node| node.text("retRslt"))
        .any(|result| result != "1")
}

/// Reads `yyyyMMddHHmmssSSS`, also without its milliseconds.
fn moment_ms(text: &str) -> Option<i64> {
    let is_form = matches!(text.len(), 14 | 17) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |at: usize, length: usize| {
        let part = text.get(at..at.saturating_add(length))?;
        part.parse::<i16>().ok()
    };
    let short = |at: usize| number(at, 2).and_then(|number| i8::try_from(number).ok());
    let ms = number(14, 3).unwrap_or_default();
    let time = DateTime::new(
        number(0, 4).filter(|_| is_form)?,
        short(4)?,
        short(6)?,
        short(8)?,
        short(10)?,
        short(12)?,
        i32::from(ms).saturating_mul(1_000_000),
    );
    let moment = STORE_OFFSET.to_timestamp(time.ok()?).ok()?;
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn success_is_said_in_many_ways() {
        for (text, is_success) in [
            (r#"{"infcode":0,"output":{}}"#, true),
            (r#"{"infcode":"0","output":null}"#, true),
            (r#"{"infcode":"0"}"#, true),
            (r#"{"infcode":0.0,"output":""}"#, true),
            (r#"{"infcode":"0000"}"#, true),
            (r#"{"infcode":-1,"err_msg":"x","output":null}"#, false),
            (r#"{"infcode":"-2"}"#, false),
            (r#"{"infcode":999}"#, false),
            (
                r#"{"infcode":0,"output":{"result":{"retRslt":"1","msgRslt":"受理成功"}}}"#,
                true,
            ),
            (r#"{"infcode":0,"output":{"result":{"retRslt":1}}}"#, true),
            (
                r#"{"infcode":0,"output":{"result":{"retRslt":"0"}}}"#,
                false,
            ),
            (r#"{"infcode":0,"output":{"retRslt":0}}"#, false),
            (
                r#"{"infcode":0,"output":"{\"result\":{\"retRslt\":\"0\"}}"}"#,
                false,
            ),
            (
                r#"{"infcode":0,"output":{"result":[{"retRslt":"1"},{"retRslt":"0"}]}}"#,
                false,
            ),
            (r#"{"infcode":0,"output":{"result":[{"cnt":0}]}}"#, true),
            (r#"{"infcode":0,"output":"U2FsdGVkX1"}"#, true),
        ] {
            assert_eq!(answer(text).is_success, is_success, "{text}");
        }
    }

    #[test]
    fn an_answer_without_outcome_is_an_error() {
        for (text, error) in [
            ("<html>502</html>", ViewError::NotAnObject),
            ("", ViewError::NotAnObject),
            (r#"{"output":{}}"#, ViewError::Member("infcode")),
            (r#"{"infcode":null}"#, ViewError::Member("infcode")),
            (r#"{"infcode":"ok"}"#, ViewError::Member("infcode")),
            (
                r#"{"infcode":0,"infcode":-1}"#,
                ViewError::Ambiguous("infcode"),
            ),
            (
                r#"{"infcode":0,"output":{},"output":1}"#,
                ViewError::Ambiguous("output"),
            ),
        ] {
            assert_eq!(Answer::parse(text.as_bytes()).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn reads_the_platforms_time_as_the_stores_own() {
        for (text, ms) in [
            ("20230920182350662", Some(1_695_205_430_662)),
            ("20230920182350", Some(1_695_205_430_000)),
            ("20231320182350662", None),
            ("2023-09-20 18:23:50", None),
            ("2023092018235066", None),
            ("", None),
        ] {
            let text = format!(r#"{{"infcode":0,"respond_time":"{text}"}}"#);
            assert_eq!(answer(&text).responded_ms, ms, "{text}");
        }
    }

    #[test]
    fn finds_the_settlement_of_any_call() {
        for output in [
            r#"{"setlinfo":{"setl_id":"9","mdtrt_id":7,"psn_no":"5"},"setldetail":[{}]}"#,
            r#"{"setlinfo":[{"setl_id":"9","mdtrt_id":"7","psn_no":"5"}]}"#,
            r#""{\"setlinfo\":{\"setl_id\":\"9\",\"mdtrt_id\":\"7\",\"psn_no\":\"5\"}}""#,
            r#"{"setl_id":"9","mdtrt_id":"7","psn_no":"5"}"#,
            r#"{"setlInfo":{"setlId":"9","mdtrtId":7,"psnNo":"5","psn_no":null}}"#,
            r#"{"data":{"setl_id":9,"mdtrt_id":"7","psn_no":"5"}}"#,
        ] {
            let answer = answer(&format!(r#"{{"infcode":0,"output":{output}}}"#));
            let settled = answer.settled().unwrap();
            assert_eq!(settled.settlement.as_deref(), Some("9"), "{output}");
            assert_eq!(settled.visit.as_deref(), Some("7"), "{output}");
            assert_eq!(settled.person.as_ref().unwrap().expose(), "5");
            assert_eq!(format!("{settled:?}{answer:?}"), "SettledAnswer");
        }
        assert!(
            answer(r#"{"infcode":0,"output":{"baseinfo":{}}}"#)
                .settled()
                .is_none()
        );
        let calculated = answer(r#"{"infcode":0,"output":{"setlinfo":{"acct_pay":1}}}"#);
        let calculated = calculated.settled().unwrap();
        assert_eq!(calculated.settlement, None);
        assert_eq!(calculated.account, Some(Fen::new(100)));
    }

    #[test]
    fn any_answer_is_searched() {
        let found = |answer: &[u8]| match search(answer) {
            Search::Nothing => "nothing".to_owned(),
            Search::Settlement(settled) => settled.settlement.unwrap(),
            Search::Unclear => "unclear".to_owned(),
        };
        for (answer, expected) in [
            (
                r#"{"infcode":0,"output":{"a":[{"b":{"setl_id":"9"}}]}}"#,
                "9",
            ),
            (r#"{"infcode":0,"output":"{\"a\":{\"SETL_ID\":9}}"}"#, "9"),
            (r#"{"infcode":0,"output":{"setl\u005fid":"9"}}"#, "9"),
            (r#"{"code":0,"data":{"setl_id":"9"}}"#, "9"),
            (r#"{"code":0,"data":{"setlId":"9"}}"#, "9"),
            (r#"{"code":0,"data":{"SETL\u005fID":"9"}}"#, "9"),
            (r#"{"code":0,"data":{"setlIdx":"9"}}"#, "nothing"),
            (r#"{"infcode":-1,"err_msg":"setl_id 9"}"#, "nothing"),
            (r#"{"infcode":0,"output":{"setl_id":""}}"#, "nothing"),
            (r#"{"infcode":0,"err_msg":"no setl_id"}"#, "nothing"),
            (r#"{"infcode":0,"output":{"setl_id":"9"#, "unclear"),
            ("<a><setl_id>9</setl_id></a>", "unclear"),
            ("<html>", "nothing"),
            ("", "nothing"),
        ] {
            assert_eq!(found(answer.as_bytes()), expected, "{answer}");
        }
        let wide = crate::Charset::Utf16Le.encode(r#"{"infcode":0,"output":{"setl_id":"9"}}"#);
        assert_eq!(found(&wide), "9");
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = search(&body);
            let _ = Answer::parse(&body).map(|answer| answer.settled());
        }

        #[test]
        fn any_time_is_read_or_refused(text in "[0-9]{12,18}") {
            if let Some(ms) = moment_ms(&text) {
                let again = jiff::Timestamp::from_millisecond(ms).unwrap();
                let again = STORE_OFFSET.to_datetime(again);
                prop_assert!(again.strftime("%Y%m%d%H%M%S%3f").to_string().starts_with(&text));
            }
        }
    }
}
