//! 2103, 2208 and 2601: taking back.

use pharmacy_protocol::Secret;
use pharmacy_protocol::term::Infno;

use super::error::ViewError;
use super::node::opaque;
use super::request::Request;
use super::scan::infno;

/// The node of `input` that both calls have.
const HEAD: &str = "data";

/// Takes a settlement back by its number (2103, 2208).
#[derive(Clone)]
pub struct Reversal {
    /// `setl_id`.
    pub settlement: String,
    /// `mdtrt_id`.
    pub visit: Option<String>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
}

/// Takes a call back by its message id (2601).
#[derive(Clone)]
pub struct Undo {
    /// `omsgid`.
    pub msgid: String,
    /// `oinfno`.
    pub infno: Option<Infno>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
}

opaque!(Reversal, Undo);

impl Reversal {
    pub fn read(request: &Request) -> Result<Self, ViewError> {
        let node = request.head(HEAD);
        Ok(Self {
            settlement: node.text("setl_id").ok_or(ViewError::Member("setl_id"))?,
            visit: node.text("mdtrt_id"),
            person: node.text("psn_no").map(Secret::new),
        })
    }
}

impl Undo {
    pub fn read(request: &Request) -> Result<Self, ViewError> {
        let node = request.head(HEAD);
        Ok(Self {
            msgid: node.text("omsgid").ok_or(ViewError::Member("omsgid"))?,
            infno: node.text("oinfno").and_then(|text| infno(&text)),
            person: node.text("psn_no").map(Secret::new),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(input: &str) -> Request {
        Request::parse(format!(r#"{{"infno":"2103","input":{input}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn reads_what_is_taken_back() {
        for input in [
            r#"{"data":{"setl_id":"9","mdtrt_id":7,"psn_no":"5"}}"#,
            r#"{"data":[{"setl_id":9,"mdtrt_id":"7","psn_no":"5"}]}"#,
            r#""{\"data\":{\"setl_id\":\"9\",\"mdtrt_id\":\"7\",\"psn_no\":5}}""#,
            r#"{"setl_id":"9","mdtrt_id":"7","psn_no":"5"}"#,
        ] {
            let reversal = Reversal::read(&request(input)).unwrap();
            assert_eq!(reversal.settlement, "9", "{input}");
            assert_eq!(reversal.visit.as_deref(), Some("7"), "{input}");
            assert_eq!(reversal.person.as_ref().unwrap().expose(), "5", "{input}");
            assert_eq!(format!("{reversal:?}"), "Reversal");
        }
        let nothing = Reversal::read(&request(r#"{"data":{"setl_id":""}}"#));
        assert_eq!(nothing.unwrap_err(), ViewError::Member("setl_id"));
    }

    #[test]
    fn reads_which_message_is_undone() {
        let undo = Undo::read(&request(
            r#"{"data":{"psn_no":"5","omsgid":"M1","oinfno":2102}}"#,
        ));
        let undo = undo.unwrap();
        assert_eq!(undo.msgid, "M1");
        assert_eq!(undo.infno.as_ref().map(Infno::as_str), Some("2102"));
        assert_eq!(format!("{undo:?}"), "Undo");
        let nothing = Undo::read(&request(r#"{"data":{"oinfno":"2102"}}"#));
        assert_eq!(nothing.unwrap_err(), ViewError::Member("omsgid"));
    }
}
