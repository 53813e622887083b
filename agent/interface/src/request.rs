//! The envelope of a request.

use pharmacy_protocol::Secret;
use pharmacy_protocol::digest::sha256;
use pharmacy_protocol::term::Infno;

use super::body::{envelopes, text_of};
use super::charset::Charset;
use super::error::ViewError;
use super::json::{Json, Object};
use super::manner::Manner;
use super::node::{Node, opaque};
use super::scan::infno;
pub use super::scan::{infno_of, infnos_of, is_same_call};

/// Longest message id that is kept, in characters; the interface gives it 30.
pub const MAX_MSGID: usize = 60;

/// Members of which two different values leave open what the platform will do. Others of the envelope
/// change nothing of what is judged, and tills that build it by hand repeat them.
const DECISIVE: [&str; 8] = [
    "infno",
    "msgid",
    "input",
    "fixmedins_code",
    "insuplc_admdvs",
    "mdtrtarea_admvs",
    "opter",
    "recer_sys_code",
];

/// Members that a till makes anew each time it sends one message: when, under which sign-in, signed with
/// what. Two bodies of one message id that differ in nothing else are one message.
const ENVELOPE: [&str; 10] = [
    "access_token",
    "cainfo",
    "inf_time",
    "nonce",
    "sign",
    "sign_no",
    "signature",
    "signtype",
    "timestamp",
    "token",
];

/// A request, parsed.
#[derive(Clone)]
pub struct Request {
    pub infno: Infno,
    /// SHA-256 of what it says, whatever its envelope is signed with and whenever it was written.
    pub digest: [u8; 32],
    /// The sender's message id; none where it is missing or longer than [`MAX_MSGID`] characters.
    pub msgid: Option<String>,
    /// The institution that calls (`fixmedins_code`), as written.
    pub store: Option<String>,
    /// Where it is (`mdtrtarea_admvs`), as written.
    pub area: Option<String>,
    /// The system that is called (`recer_sys_code`), as written.
    pub system: Option<String>,
    /// Who operates the till.
    pub operator: Option<Operator>,
    /// The sign-in under which it is sent.
    pub sign_no: Option<String>,
    /// `input`, unwrapped where it came as a string; without members where there is none.
    pub input: Node,
    /// How an answer to it is to be written.
    pub manner: Manner,
}

/// Who operates a till, as the till says.
#[derive(Clone)]
pub struct Operator {
    /// `opter`.
    pub code: String,
    /// `opter_name`.
    pub name: Option<Secret<String>>,
}

opaque!(Operator, Request);

impl Request {
    /// Reads a body of any charset; a call may stand in a form, or in a part of several.
    ///
    /// Fails as ambiguous where a decisive member of the envelope, or any member within `input`, is
    /// named twice with different values, in whatever case: parsers disagree on which one counts.
    pub fn parse(body: &[u8]) -> Result<Self, ViewError> {
        Self::read(body, None)
    }

    /// Reads the body of a call that its path names too: a body without a number has the path's, one
    /// with another number is ambiguous.
    pub fn parse_named(body: &[u8], named: &Infno) -> Result<Self, ViewError> {
        Self::read(body, Some(named))
    }

    fn read(body: &[u8], named: Option<&Infno>) -> Result<Self, ViewError> {
        let object = only_call(body)?;
        if let Some(name) = DECISIVE.into_iter().find(|name| object.is_disputed(name)) {
            return Err(ViewError::Ambiguous(name));
        }
        let input = match object.get("input") {
            Some(input) => Node::wrap(input.clone()).map_err(|error| error.of_member("input"))?,
            None => Node::empty(),
        };
        if input.has_dispute() {
            return Err(ViewError::Ambiguous("input"));
        }
        let digest = sha256(&object.spell_without(&ENVELOPE));
        let envelope = Node::of(object);
        let said = envelope.text("infno").and_then(|text| infno(&text));
        let infno = match (said, named) {
            (Some(said), Some(named)) if said != *named => {
                return Err(ViewError::Ambiguous("infno"));
            }
            (said, named) => said.or_else(|| named.cloned()),
        };
        let infno = infno.ok_or(ViewError::Member("infno"))?;
        let msgid = envelope.text("msgid");
        Ok(Self {
            infno,
            digest,
            msgid: msgid.filter(|text| text.chars().count() <= MAX_MSGID),
            store: envelope.text("fixmedins_code"),
            area: envelope.text("mdtrtarea_admvs"),
            system: envelope.text("recer_sys_code"),
            operator: envelope.text("opter").map(|code| Operator {
                code,
                name: envelope.text("opter_name").map(Secret::new),
            }),
            sign_no: envelope.text("sign_no"),
            input,
            manner: Manner {
                charset: Charset::of(body).unwrap_or_default(),
                shape: None,
            },
        })
    }

    /// The node of `input` that holds what concerns the whole call; `input` itself where it has none
    /// of this name.
    pub(super) fn head(&self, name: &str) -> Node {
        self.input.child(name).unwrap_or_else(|| self.input.clone())
    }
}

/// The one call that a body holds. Where it holds several, those without a number are something else.
fn only_call(body: &[u8]) -> Result<Object, ViewError> {
    let text = text_of(body)?;
    let mut found: Vec<Object> = Vec::new();
    let mut failure = ViewError::NotAnObject;
    for envelope in envelopes(&text) {
        match Json::parse(&envelope) {
            Ok(Json::Object(object)) if !found.contains(&object) => found.push(object),
            Ok(_) => {}
            Err(error) => failure = error,
        }
    }
    if found.len() > 1 {
        found.retain(|object| object.get("infno").is_some());
    }
    match (found.pop(), found.is_empty()) {
        (Some(object), true) => Ok(object),
        (Some(_), false) => Err(ViewError::Ambiguous("infno")),
        (None, _) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = r#"{"infno":"2102","msgid":"P00000000000202607011030450001",
        "mdtrtarea_admvs":"440300","recer_sys_code":"YBXT","opter":"001","opter_name":"收银员",
        "fixmedins_code":"P00000000000","sign_no":359754,"unknown":[1,{}],
        "input":{"druginfo":{"psn_no":"7"}}}"#;

    #[test]
    fn reads_every_manner_of_envelope() {
        let as_string = PLAIN.replace(
            r#"{"druginfo":{"psn_no":"7"}}"#,
            r#""{\"druginfo\":{\"psn_no\":\"7\"}}""#,
        );
        let as_number = PLAIN.replace(r#""2102""#, "2102");
        let bodies = [
            PLAIN.as_bytes().to_vec(),
            as_string.into_bytes(),
            as_number.into_bytes(),
            [b"\xef\xbb\xbf", PLAIN.as_bytes()].concat(),
            GB18030.encode(PLAIN).0.into_owned(),
            Charset::Utf16Le.encode(PLAIN),
            Charset::Utf16Be.encode(PLAIN),
            [b"\xff\xfe", Charset::Utf16Le.encode(PLAIN).as_slice()].concat(),
            format!("{PLAIN}\r\n\0").into_bytes(),
            serde_json::to_vec(PLAIN).unwrap(),
            format!("jsonStr={PLAIN}").into_bytes(),
            format!("--b\r\nX: y\r\n\r\n{PLAIN}\r\n--b--\r\n").into_bytes(),
            PLAIN.replace("\"input\"", "\"Input\"").into_bytes(),
            PLAIN.replace("druginfo", "drugInfo").into_bytes(),
            PLAIN.replace("\"msgid\"", "\"MSGID\"").into_bytes(),
            PLAIN
                .replace("fixmedins_code", "fixmedinsCode")
                .into_bytes(),
            PLAIN
                .replace("druginfo", "drugInfo")
                .replace("psn_no", "psnNo")
                .into_bytes(),
            PLAIN
                .replace(r#"{"psn_no":"7"}"#, r#""{\"PSN_NO\":\" 7\"}""#)
                .into_bytes(),
            PLAIN
                .replace(r#"{"psn_no":"7"}"#, r#"[{"psn_no":"7"}]"#)
                .into_bytes(),
        ];
        for body in bodies {
            let request = Request::parse(&body).unwrap();
            assert_eq!(request.infno.as_str(), "2102");
            assert_eq!(
                request.msgid.as_deref(),
                Some("P00000000000202607011030450001")
            );
            assert_eq!(request.store.as_deref(), Some("P00000000000"));
            assert_eq!(request.area.as_deref(), Some("440300"));
            assert_eq!(request.system.as_deref(), Some("YBXT"));
            assert_eq!(request.sign_no.as_deref(), Some("359754"));
            let operator = request.operator.as_ref().unwrap();
            assert_eq!(operator.code, "001");
            assert_eq!(operator.name.as_ref().unwrap().expose(), "收银员");
            assert_eq!(
                request.head("druginfo").text("psn_no").as_deref(),
                Some("7")
            );
            assert_eq!(format!("{request:?} {operator:?}"), "Request Operator");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (body, error) in [
            ("", ViewError::NotAnObject),
            ("[]", ViewError::NotAnObject),
            ("7", ViewError::NotAnObject),
            (r#"{"infno":"2102""#, ViewError::NotAnObject),
            (r#"{"infno":""}"#, ViewError::Member("infno")),
            (r#"{"infno":"结算"}"#, ViewError::Member("infno")),
            (r#"{"msgid":"x"}"#, ViewError::Member("infno")),
            (
                r#"{"infno":"2102","input":"U2FsdGVkX1"}"#,
                ViewError::Member("input"),
            ),
            (r#"{"infno":"2102","input":7}"#, ViewError::Member("input")),
            (
                r#"{"infno":"2102","input":{},"infno":"1101"}"#,
                ViewError::Ambiguous("infno"),
            ),
            (
                r#"{"infno":"2102","msgid":"1","msgid":"2"}"#,
                ViewError::Ambiguous("msgid"),
            ),
            (
                r#"{"infno":"2102","fixmedins_code":"1","fixmedins_code":2}"#,
                ViewError::Ambiguous("fixmedins_code"),
            ),
            (
                r#"{"infno":"2102","input":{"a":1},"input":{"a":2}}"#,
                ViewError::Ambiguous("input"),
            ),
            (
                r#"{"infno":"2102","input":{"drugdetail":[{"cnt":1,"cnt":9}]}}"#,
                ViewError::Ambiguous("input"),
            ),
            (
                r#"{"infno":"2102","input":"{\"drugdetail\":[],\"drugdetail\":[{}]}"}"#,
                ViewError::Ambiguous("input"),
            ),
            (
                r#"{"infno":"2102","Infno":"1101"}"#,
                ViewError::Ambiguous("infno"),
            ),
            (
                r#"{"infno":"2102","inf\u006eo":"2103"}"#,
                ViewError::Ambiguous("infno"),
            ),
            (
                r#"{"infno":"2102","input":{"drugdetail":"[{\"cnt\":1,\"CNT\":9}]"}}"#,
                ViewError::Ambiguous("input"),
            ),
            (r#"a={"infno":"2102"}"#, ViewError::Ambiguous("infno")),
        ] {
            // The last one holds two calls.
            let body = body.replace("a={", "b=%7B%22infno%22%3A%221101%22%7D&a={");
            assert_eq!(Request::parse(body.as_bytes()).err(), Some(error), "{body}");
        }
    }

    #[test]
    fn two_spellings_of_a_member_say_one_thing() {
        for (body, disputed) in [
            (r#"{"infno":"2102","inf_no":"2103"}"#, Some("infno")),
            (
                r#"{"infno":"2102","fixmedins_code":"1","fixmedinsCode":"2"}"#,
                Some("fixmedins_code"),
            ),
            (
                r#"{"infno":"2102","input":{"druginfo":{"psn_no":"1","psnNo":"2"}}}"#,
                Some("input"),
            ),
            (
                r#"{"infno":"2102","infNo":2102,"input":{"druginfo":{"psn_no":"1","psnNo":1}}}"#,
                None,
            ),
        ] {
            let read = Request::parse(body.as_bytes());
            assert_eq!(read.err(), disputed.map(ViewError::Ambiguous), "{body}");
        }
    }

    #[test]
    fn a_path_names_what_its_body_does_not() {
        let named = |body: &str, path: &str| {
            let request = Request::parse_named(body.as_bytes(), &path.parse().unwrap());
            request.map(|request| request.infno.as_str().to_owned())
        };
        assert_eq!(named(r#"{"input":{}}"#, "2102"), Ok("2102".to_owned()));
        assert_eq!(named(r#"{"infno":null}"#, "2102"), Ok("2102".to_owned()));
        assert_eq!(named(r#"{"infno":2102}"#, "2102"), Ok("2102".to_owned()));
        let disputed = named(r#"{"infno":"1101"}"#, "2102");
        assert_eq!(disputed, Err(ViewError::Ambiguous("infno")));
    }

    #[test]
    fn what_is_said_twice_alike_is_said_once() {
        let body = r#"{"infno":"2102","infno":"2102","dev_no":1,"dev_no":2,"input":{"a":1,"a":1}}"#;
        assert!(Request::parse(body.as_bytes()).is_ok());
    }

    #[test]
    fn a_call_without_input_has_a_node_without_members() {
        for input in ["", r#","input":null"#, r#","input":"""#, r#","input":{}"#] {
            let body = format!(r#"{{"infno":"9001"{input}}}"#);
            let request = Request::parse(body.as_bytes()).unwrap();
            assert!(request.input.all_children().is_empty(), "{input}");
        }
    }

    #[test]
    fn one_message_has_one_digest_whenever_it_is_sent() {
        let digest = |body: &str| Request::parse(body.as_bytes()).unwrap().digest;
        let first = digest(PLAIN);
        for (from, to) in [
            (r#""sign_no":359754"#, r#""sign_no":"7""#),
            (r#""sign_no":359754,"#, ""),
            (
                r#""infno""#,
                r#""inf_time":"2026-11-30 12:00:01","cainfo":"x","signtype":"SM2","infno""#,
            ),
            (r#""infno""#, r#""access_token":"t","timestamp":1,"infno""#),
            (r#"{"infno":"2102","#, "{ \n \"infno\" : \"2102\" , "),
            (
                r#""opter":"001","opter_name":"收银员""#,
                r#""opter_name":"收银员","opter":"001""#,
            ),
        ] {
            let other = PLAIN.replacen(from, to, 1);
            assert_ne!(other, PLAIN, "{from}");
            assert_eq!(digest(&other), first, "{to}");
        }
        for (from, to) in [
            (r#""psn_no":"7""#, r#""psn_no":"8""#),
            (r#""psn_no":"7""#, r#""psn_no":7"#),
            (r#""psn_no":"7""#, r#""psn_no":"7","sign_no":"1""#),
            (r#""opter":"001""#, r#""opter":"002""#),
            (r#"[1,{}]"#, r#"[[1],{}]"#),
            (r#"[1,{}]"#, r#"[1,null]"#),
        ] {
            let other = PLAIN.replacen(from, to, 1);
            assert_ne!(other, PLAIN, "{from}");
            assert_ne!(digest(&other), first, "{to}");
        }
    }

    #[test]
    fn a_message_id_has_its_length() {
        for (length, is_kept) in [(30, true), (60, true), (61, false)] {
            let body = format!(r#"{{"infno":"2102","msgid":"{}"}}"#, "号".repeat(length));
            let request = Request::parse(body.as_bytes()).unwrap();
            assert_eq!(request.msgid.is_some(), is_kept, "{length}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Request::parse(&body);
        }

        #[test]
        fn what_is_read_is_what_is_found(body in "\\{\"infno\":\"[0-9A-Z]{3,9}\"(,\"[a-z]{1,5}\":(1|\"\\PC{0,5}\"|\\{\\}))*\\}") {
            if let Ok(request) = Request::parse(body.as_bytes()) {
                prop_assert_eq!(infno_of(body.as_bytes()), Some(request.infno));
            }
        }
    }
}
