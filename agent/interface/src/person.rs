//! 1101: who the insured is.

use pharmacy_decision::facts::{Credential, Insurance};
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{IdentityNumber, Sex};

use super::answer::Answer;
use super::dictionary;
use super::error::ViewError;
use super::node::{Node, opaque};
use super::request::Request;

/// What a till asked: which credential was presented.
#[derive(Clone, Debug)]
pub struct InsuredQuery {
    /// `mdtrt_cert_type`.
    pub credential: Option<Credential>,
}

/// Whom the platform named. Full name and number: sealed by whoever keeps it.
#[derive(Clone)]
pub struct Insured {
    /// `psn_no`.
    pub person: Secret<String>,
    /// `certno`, where it is a number of a known certificate.
    pub number: Option<IdentityNumber>,
    /// `psn_name`.
    pub name: Option<Secret<String>>,
    /// `gend`.
    pub sex: Option<Sex>,
    /// `brdy`.
    pub birth: Option<jiff::civil::Date>,
    /// The kind of the only insurance in force, where there is one only. Supplements, which stand
    /// beside another insurance, do not count as a second one.
    pub insurance: Option<Insurance>,
}

opaque!(Insured);

impl InsuredQuery {
    pub fn read(request: &Request) -> Result<Self, ViewError> {
        let node = request
            .input
            .child("data")
            .ok_or(ViewError::Member("data"))?;
        let kind = node.text("mdtrt_cert_type");
        Ok(Self {
            credential: kind.and_then(|kind| dictionary::credential(&kind)),
        })
    }
}

impl Insured {
    /// Reads an answer (`baseinfo`, `insuinfo`).
    pub fn read(answer: &Answer) -> Result<Self, ViewError> {
        let base = answer
            .output
            .child("baseinfo")
            .ok_or(ViewError::Member("baseinfo"))?;
        let person = base.text("psn_no").ok_or(ViewError::Member("psn_no"))?;
        Ok(Self {
            person: Secret::new(person),
            number: number(&base),
            name: base.text("psn_name").map(Secret::new),
            sex: base.text("gend").and_then(|sex| dictionary::sex(&sex)),
            birth: base.text("brdy").and_then(|day| dictionary::date(&day)),
            insurance: only_insurance(&answer.output.children("insuinfo")),
        })
    }
}

fn number(base: &Node) -> Option<IdentityNumber> {
    let certno = Secret::new(base.text("certno")?);
    let is_known = base
        .text("psn_cert_type")
        .is_none_or(|kind| dictionary::is_known_certificate(&kind));
    certno.expose().parse().ok().filter(|_| is_known)
}

/// `psn_insu_stas` 1: in force.
const IN_FORCE: &str = "1";

fn only_insurance(rows: &[Node]) -> Option<Insurance> {
    let is_in_force = |row: &&Node| {
        row.text("psn_insu_stas")
            .is_none_or(|state| state == IN_FORCE)
    };
    let mut kinds = rows
        .iter()
        .filter(is_in_force)
        .filter_map(|row| row.text("insutype"))
        .filter(|kind| !dictionary::is_supplement(kind))
        .map(|kind| dictionary::insurance(Some(&kind), None));
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn answer(base: &str, insurances: &str) -> Answer {
        let text = format!(
            r#"{{"infcode":0,"output":{{"baseinfo":{{{base}}},"insuinfo":{insurances},"idetinfo":[]}}}}"#
        );
        Answer::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn reads_whom_the_platform_names() {
        let answer = answer(
            r#""psn_cert_type":"01","gend":"2","naty":"99","brdy":"1949-12-31","age":76.5,
               "expContent":null,"psn_no":"P1","certno":"11010519491231002X","psn_name":"某某""#,
            r#"[{"insuplc_admdvs":"310115","insutype":"310","psn_insu_stas":"1","balc":41509.00}]"#,
        );
        let insured = Insured::read(&answer).unwrap();
        assert_eq!(insured.person.expose(), "P1");
        assert_eq!(
            insured.number.as_ref().unwrap().expose(),
            "11010519491231002X"
        );
        assert_eq!(insured.name.as_ref().unwrap().expose(), "某某");
        assert_eq!(insured.sex, Some(Sex::Female));
        assert_eq!(insured.birth, Some(date(1949, 12, 31)));
        assert_eq!(insured.insurance, Some(Insurance::Employee));
        assert_eq!(format!("{insured:?}"), "Insured");
    }

    #[test]
    fn a_number_counts_only_under_its_certificate() {
        for (kind, certno, is_read) in [
            (r#""01""#, "11010519491231002X", true),
            (r#""1""#, "11010519491231002X", true),
            ("1", "440524188001010014", true),
            (r#""07""#, "931586198001010028", true),
            ("null", "11010519491231002X", true),
            (r#""08""#, "11010519491231002X", false),
            (r#""90""#, "11010519491231002X", false),
            (r#""01""#, "110105194912310021", false),
            (r#""01""#, "U2FsdGVkX1encrypted", false),
            (r#""01""#, "", false),
        ] {
            let base = format!(r#""psn_no":"P1","psn_cert_type":{kind},"certno":"{certno}""#);
            let insured = Insured::read(&answer(&base, "null")).unwrap();
            assert_eq!(insured.number.is_some(), is_read, "{kind} {certno}");
        }
    }

    #[test]
    fn the_only_insurance_in_force_is_told() {
        for (rows, expected) in [
            (
                r#"[{"insutype":"310","psn_insu_stas":"1"}]"#,
                Some(Insurance::Employee),
            ),
            (
                r#"{"insutype":"390","psn_insu_stas":1}"#,
                Some(Insurance::Resident),
            ),
            (r#"[{"insutype":"310"}]"#, Some(Insurance::Employee)),
            (r#"[{"insutype":"310","psn_insu_stas":"2"}]"#, None),
            (
                r#"[{"insutype":"310","psn_insu_stas":"4"},{"insutype":"390","psn_insu_stas":"1"}]"#,
                Some(Insurance::Resident),
            ),
            (
                r#"[{"insutype":"310","psn_insu_stas":"1"},{"insutype":"390","psn_insu_stas":"1"}]"#,
                None,
            ),
            (
                r#"[{"insutype":"320","psn_insu_stas":"1"},{"insutype":"310","psn_insu_stas":"1"}]"#,
                Some(Insurance::Employee),
            ),
            (
                r#"[{"insutype":"310","psn_insu_stas":"1"},{"insutype":"310","psn_insu_stas":"1"}]"#,
                Some(Insurance::Employee),
            ),
            (
                r#"[{"insutype":"310","psn_insu_stas":"1"},{"insutype":"777","psn_insu_stas":"1"}]"#,
                None,
            ),
            ("[]", None),
            ("null", None),
        ] {
            let insured = Insured::read(&answer(r#""psn_no":"P1""#, rows)).unwrap();
            assert_eq!(insured.insurance, expected, "{rows}");
        }
    }

    #[test]
    fn an_answer_without_person_is_none() {
        for (text, error) in [
            (
                r#"{"infcode":-1,"output":null}"#,
                ViewError::Member("baseinfo"),
            ),
            (
                r#"{"infcode":0,"output":{"baseinfo":{}}}"#,
                ViewError::Member("psn_no"),
            ),
        ] {
            let answer = Answer::parse(text.as_bytes()).unwrap();
            assert_eq!(Insured::read(&answer).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn reads_which_credential_was_presented() {
        for (input, expected) in [
            (
                r#"{"data":{"mdtrt_cert_type":"02","certno":"x"}}"#,
                Ok(Some(Credential::IdNumber)),
            ),
            (
                r#"{"data":[{"mdtrt_cert_type":"01"}]}"#,
                Ok(Some(Credential::InsuranceCode)),
            ),
            (
                r#""{\"data\":{\"mdtrt_cert_type\":3}}""#,
                Ok(Some(Credential::SocialCard)),
            ),
            (r#"{"data":{}}"#, Ok(None)),
            (r#"{}"#, Err(ViewError::Member("data"))),
        ] {
            let body = format!(r#"{{"infno":"1101","input":{input}}}"#);
            let request = Request::parse(body.as_bytes()).unwrap();
            let read = InsuredQuery::read(&request).map(|query| query.credential);
            assert_eq!(read, expected, "{input}");
        }
    }
}
