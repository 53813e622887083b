//! The messages that the agent writes itself: refusals, local answers, warnings.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pharmacy_decision::pack::{CodeForm, Refusal};

use super::charset::Charset;
use super::manner::MEMBERS;
pub use super::manner::{Manner, Shape};
use super::request::Request;
pub use super::warning::with_warning;
pub use super::wording::{MAX_MESSAGE, SEEN, words};
use super::wording::{cut, plain};
use pharmacy_base::clock::STORE_OFFSET;

/// The platform's envelope with this outcome; `now_ms` gives its times, `serial` its number.
pub struct Envelope<'a> {
    /// The request that is answered, where it could be read.
    pub request: Option<&'a Request>,
    /// How the region writes `infcode`, where no answer of the platform told.
    pub form: CodeForm,
    /// How platform and till write.
    pub manner: Manner,
    pub now_ms: i64,
    /// A number that differs from call to call, at most ten digits.
    pub serial: u64,
}

/// An answer of the agent's own.
pub struct Written {
    pub body: Vec<u8>,
    pub charset: Charset,
}

impl Written {
    /// Its `Content-Type`.
    pub fn content_type(&self) -> String {
        format!("application/json;charset={}", self.charset.name())
    }
}

/// Digits of a serial number in `inf_refmsgid`.
const SERIALS: u64 = 10_000_000_000;

/// The area in `inf_refmsgid` where the request names none.
const NO_AREA: &str = "000000";

impl Envelope<'_> {
    pub fn refuse(&self, refusal: Refusal, message: &str) -> Written {
        let message = cut(&plain(message), MAX_MESSAGE);
        self.write(refusal.code(), Some(&message), None)
    }

    /// A success without output; the message, where there is one, is a warning.
    pub fn accept(&self, message: &str) -> Written {
        let message = cut(&plain(message), MAX_MESSAGE);
        self.write(
            0,
            None,
            Some(message.as_str()).filter(|text| !text.is_empty()),
        )
    }

    fn write(&self, code: i32, error: Option<&str>, warning: Option<&str>) -> Written {
        let moment = Timestamp::from_millisecond(self.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let moment = moment.to_zoned(TimeZone::fixed(STORE_OFFSET));
        let second = moment.strftime("%Y%m%d%H%M%S").to_string();
        let time = moment.strftime("%Y%m%d%H%M%S%3f").to_string();
        let area = self.request.and_then(|request| request.area.as_deref());
        let is_area =
            |area: &&str| area.len() == 6 && area.bytes().all(|byte| byte.is_ascii_digit());
        let area = area.filter(is_area).unwrap_or(NO_AREA);
        let serial = self.serial % SERIALS;
        let shape = self.manner.shape.as_ref();
        let infcode = match shape.map_or(self.form, |shape| shape.form) {
            CodeForm::Number => code.to_string(),
            CodeForm::Text => quoted(&code.to_string()),
        };
        let time = quoted(&time);
        let values = [
            Some(infcode),
            Some(quoted(&format!("{area}{second}{serial:010}"))),
            Some(time.clone()),
            Some(time),
            error.map(quoted),
            None,
            warning.map(quoted),
            None,
            None,
            None,
        ];
        let json = self.members(values);
        let charset = self.manner.charset;
        Written {
            body: charset.encode(&json),
            charset,
        }
    }

    /// The envelope with these values, in the platform's manner where it is known.
    fn members(&self, values: [Option<String>; MEMBERS.len()]) -> String {
        let shape = self.manner.shape.as_ref();
        let mut members = Vec::with_capacity(MEMBERS.len());
        for ((name, value), place) in MEMBERS.into_iter().zip(values).zip(0..) {
            let shown = shape.map_or(Some((name, "null")), |shape| shape.member(place));
            let (name, value) = match (shown, value) {
                (Some((name, _)), Some(value)) => (name, value),
                (Some((name, nothing)), None) => (name, nothing.to_owned()),
                (None, Some(value)) => (name, value),
                // The platform leaves it out.
                (None, None) => continue,
            };
            members.push(format!("{}:{value}", quoted(name)));
        }
        format!("{{{}}}", members.join(","))
    }
}

fn quoted(text: &str) -> String {
    // INVARIANT: a text always serialises.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::answer::Answer;
    use super::*;

    /// 2023-09-20 18:23:50.662 at the store.
    const NOW_MS: i64 = 1_695_205_430_662;

    fn request(area: &str) -> Request {
        let body = format!(r#"{{"infno":"2102","mdtrtarea_admvs":"{area}"}}"#);
        Request::parse(body.as_bytes()).unwrap()
    }

    fn envelope(request: Option<&Request>, form: CodeForm) -> Envelope<'_> {
        Envelope {
            request,
            form,
            manner: Manner::default(),
            now_ms: NOW_MS,
            serial: 42,
        }
    }

    #[test]
    fn a_refusal_has_the_platforms_shape() {
        let request = request("440300");
        let envelope = envelope(Some(&request), CodeForm::Number);
        let body =
            String::from_utf8(envelope.refuse(Refusal::MinusOne, "【甲】\"请\"").body).unwrap();
        assert_eq!(
            body,
            r#"{"infcode":-1,"inf_refmsgid":"440300202309201823500000000042","refmsg_time":"20230920182350662","respond_time":"20230920182350662","err_msg":"【甲】\"请\"","output":null,"warn_msg":null,"cainfo":null,"signtype":null,"enctype":null}"#
        );
    }

    #[test]
    fn infcode_follows_the_region() {
        for (form, refusal, expected) in [
            (CodeForm::Number, Refusal::MinusOne, "\"infcode\":-1,"),
            (CodeForm::Number, Refusal::MinusTwo, "\"infcode\":-2,"),
            (CodeForm::Text, Refusal::MinusOne, "\"infcode\":\"-1\","),
            (CodeForm::Text, Refusal::MinusTwo, "\"infcode\":\"-2\","),
        ] {
            let body = envelope(None, form).refuse(refusal, "x").body;
            assert!(String::from_utf8(body).unwrap().contains(expected));
        }
        let body = envelope(None, CodeForm::Text).accept("").body;
        let body = String::from_utf8(body).unwrap();
        assert!(
            body.starts_with(r#"{"infcode":"0","inf_refmsgid":"000000202309201823500000000042""#)
        );
        assert!(body.contains(r#""err_msg":null"#) && body.contains(r#""warn_msg":null"#));
        let warned = envelope(None, CodeForm::Number).accept("已处理").body;
        assert!(
            String::from_utf8(warned)
                .unwrap()
                .contains(r#""warn_msg":"已处理""#)
        );
    }

    #[test]
    fn an_area_that_is_none_is_not_repeated() {
        for area in ["44030", "4403000", "44030a", "", "４４０３００"] {
            let request = request(area);
            let body = envelope(Some(&request), CodeForm::Number)
                .refuse(Refusal::MinusOne, "x")
                .body;
            let body = String::from_utf8(body).unwrap();
            assert!(body.contains(r#""inf_refmsgid":"0000002023"#), "{body}");
        }
    }

    #[test]
    fn a_refusal_looks_like_the_platforms_answers() {
        let told = |answer: &str, charset: Charset| {
            let manner = Manner {
                charset,
                shape: Shape::of(answer.as_bytes()),
            };
            let mut envelope = envelope(None, CodeForm::Number);
            envelope.manner = manner;
            envelope.refuse(Refusal::MinusOne, "请扫码")
        };
        let text = |answer: &str| String::from_utf8(told(answer, Charset::Utf8).body).unwrap();
        assert_eq!(
            text(r#"{"infcode":"0","err_msg":"","output":{}}"#),
            r#"{"infcode":"-1","inf_refmsgid":"000000202309201823500000000042","refmsg_time":"20230920182350662","respond_time":"20230920182350662","err_msg":"请扫码","output":{}}"#
        );
        let shown = text(r#"{"Infcode":0,"Err_Msg":null,"Output":null,"cainfo":"","other":1}"#);
        assert!(shown.starts_with(r#"{"Infcode":-1,"#), "{shown}");
        assert!(
            shown.ends_with(r#""Err_Msg":"请扫码","Output":null,"cainfo":""}"#),
            "{shown}"
        );
        for no_answer in ["<html>", r#"{"code":0}"#, r#"{"infcode":null}"#, ""] {
            let plain = envelope(None, CodeForm::Number).refuse(Refusal::MinusOne, "请扫码");
            assert_eq!(text(no_answer).into_bytes(), plain.body, "{no_answer}");
        }
        let gbk = told("", Charset::Gbk);
        assert_eq!(gbk.content_type(), "application/json;charset=GBK");
        assert!(std::str::from_utf8(&gbk.body).is_err());
        assert!(!Answer::parse(&gbk.body).unwrap().is_success);
    }

    proptest! {
        #[test]
        fn every_envelope_is_read_back(message in "\\PC{0,300}|[\\x00-\\x7f]{0,300}", serial in any::<u64>(), now_ms in any::<i64>()) {
            let envelope = Envelope { request: None, form: CodeForm::Text, manner: Manner::default(), now_ms, serial };
            for (body, is_success) in [
                (envelope.refuse(Refusal::MinusTwo, &message).body, false),
                (envelope.accept(&message).body, true),
            ] {
                let answer = Answer::parse(&body).unwrap();
                prop_assert_eq!(answer.is_success, is_success);
                prop_assert_eq!(answer.reference.as_ref().unwrap().len(), 30);
                prop_assert!(answer.settled().is_none());
                let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
                let said = body["err_msg"].as_str().or(body["warn_msg"].as_str()).unwrap_or_default();
                prop_assert!(said.chars().count() <= MAX_MESSAGE);
                prop_assert!(!said.chars().any(char::is_control));
            }
        }
    }
}
