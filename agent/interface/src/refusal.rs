//! The messages that the agent writes itself: refusals, local answers, warnings.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pharmacy_decision::pack::{CodeForm, Refusal};
use serde::Serialize;

use super::request::Request;
pub use super::warning::with_warning;
pub use super::wording::{MAX_MESSAGE, SEEN, words};
use super::wording::{cut, plain};
use pharmacy_base::clock::STORE_OFFSET;

/// The platform's envelope with this outcome; `now_ms` gives its times, `serial` its number.
pub struct Envelope<'a> {
    /// The request that is answered, where it could be read.
    pub request: Option<&'a Request>,
    /// How the region writes `infcode`.
    pub form: CodeForm,
    pub now_ms: i64,
    /// A number that differs from call to call, at most ten digits.
    pub serial: u64,
}

/// SPEC: the interface's response table; members in the platform's own order.
#[derive(Serialize)]
struct Wire<'a> {
    infcode: Code,
    inf_refmsgid: String,
    refmsg_time: String,
    respond_time: String,
    err_msg: Option<&'a str>,
    output: Option<()>,
    warn_msg: Option<&'a str>,
    cainfo: Option<()>,
    signtype: Option<()>,
    enctype: Option<()>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Code {
    Number(i32),
    Text(String),
}

/// Digits of a serial number in `inf_refmsgid`.
const SERIALS: u64 = 10_000_000_000;

/// The area in `inf_refmsgid` where the request names none.
const NO_AREA: &str = "000000";

impl Envelope<'_> {
    pub fn refuse(&self, refusal: Refusal, message: &str) -> Vec<u8> {
        let message = cut(&plain(message), MAX_MESSAGE);
        self.serialize(refusal.code(), Some(&message), None)
    }

    /// A success without output; the message, where there is one, is a warning.
    pub fn accept(&self, message: &str) -> Vec<u8> {
        let message = cut(&plain(message), MAX_MESSAGE);
        self.serialize(
            0,
            None,
            Some(message.as_str()).filter(|text| !text.is_empty()),
        )
    }

    fn serialize(&self, code: i32, error: Option<&str>, warning: Option<&str>) -> Vec<u8> {
        let moment = Timestamp::from_millisecond(self.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let moment = moment.to_zoned(TimeZone::fixed(STORE_OFFSET));
        let second = moment.strftime("%Y%m%d%H%M%S").to_string();
        let time = moment.strftime("%Y%m%d%H%M%S%3f").to_string();
        let area = self.request.and_then(|request| request.area.as_deref());
        let is_area =
            |area: &&str| area.len() == 6 && area.bytes().all(|byte| byte.is_ascii_digit());
        let area = area.filter(is_area).unwrap_or(NO_AREA);
        let serial = self.serial % SERIALS;
        let wire = Wire {
            infcode: match self.form {
                CodeForm::Number => Code::Number(code),
                CodeForm::Text => Code::Text(code.to_string()),
            },
            inf_refmsgid: format!("{area}{second}{serial:010}"),
            refmsg_time: time.clone(),
            respond_time: time,
            err_msg: error,
            output: None,
            warn_msg: warning,
            cainfo: None,
            signtype: None,
            enctype: None,
        };
        // INVARIANT: a struct of texts and numbers always serialises.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
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
            now_ms: NOW_MS,
            serial: 42,
        }
    }

    #[test]
    fn a_refusal_has_the_platforms_shape() {
        let request = request("440300");
        let envelope = envelope(Some(&request), CodeForm::Number);
        let body = String::from_utf8(envelope.refuse(Refusal::MinusOne, "【甲】\"请\"")).unwrap();
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
            let body = envelope(None, form).refuse(refusal, "x");
            assert!(String::from_utf8(body).unwrap().contains(expected));
        }
        let body = envelope(None, CodeForm::Text).accept("");
        let body = String::from_utf8(body).unwrap();
        assert!(
            body.starts_with(r#"{"infcode":"0","inf_refmsgid":"000000202309201823500000000042""#)
        );
        assert!(body.contains(r#""err_msg":null"#) && body.contains(r#""warn_msg":null"#));
        let warned = envelope(None, CodeForm::Number).accept("已处理");
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
            let body = envelope(Some(&request), CodeForm::Number).refuse(Refusal::MinusOne, "x");
            let body = String::from_utf8(body).unwrap();
            assert!(body.contains(r#""inf_refmsgid":"0000002023"#), "{body}");
        }
    }

    proptest! {
        #[test]
        fn every_envelope_is_read_back(message in "\\PC{0,300}|[\\x00-\\x7f]{0,300}", serial in any::<u64>(), now_ms in any::<i64>()) {
            let envelope = Envelope { request: None, form: CodeForm::Text, now_ms, serial };
            for (body, is_success) in [
                (envelope.refuse(Refusal::MinusTwo, &message), false),
                (envelope.accept(&message), true),
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
