//! 9001 and 9002: an operator signs in and out.

use super::answer::Answer;
use super::node::opaque;
use super::request::Request;

/// A sign-in or sign-out.
#[derive(Clone)]
pub struct SignIn {
    /// `opter_no`, else the envelope's `opter`.
    pub operator: Option<String>,
    /// `sign_no`, from the answer to 9001 or the request of 9002.
    pub sign_no: Option<String>,
}

opaque!(SignIn);

impl SignIn {
    /// Reads a request and, where there is one, its answer.
    ///
    /// The envelope's own `sign_no` does not count: in a 9001 it is yesterday's.
    pub fn read(request: &Request, answer: Option<&Answer>) -> Self {
        let asked = ["signIn", "signOut", "data"]
            .iter()
            .find_map(|name| request.input.child(name));
        let said = answer.and_then(|answer| {
            let node = answer.output.child("signinoutb");
            node.unwrap_or_else(|| answer.output.clone())
                .text("sign_no")
        });
        let of_request = |name| asked.as_ref().and_then(|node| node.text(name));
        let envelope = request.operator.as_ref().map(|one| one.code.clone());
        Self {
            operator: of_request("opter_no").or(envelope),
            sign_no: said.or_else(|| of_request("sign_no")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_who_signs_in_and_out() {
        for (input, output, operator, sign_no) in [
            (
                r#"{"signIn":{"opter_no":"001","mac":"x","ip":"y"}}"#,
                Some(r#"{"signinoutb":{"sign_no":"359754","sign_time":"t"}}"#),
                Some("001"),
                Some("359754"),
            ),
            (r#"{"signIn":{}}"#, None, Some("E"), None),
            (
                r#"{"signOut":{"sign_no":359754,"opter_no":"001"}}"#,
                Some("null"),
                Some("001"),
                Some("359754"),
            ),
            ("{}", Some(r#"{"sign_no":"1"}"#), Some("E"), Some("1")),
        ] {
            let body = format!(r#"{{"infno":"9001","opter":"E","sign_no":"old","input":{input}}}"#);
            let request = Request::parse(body.as_bytes()).unwrap();
            let answer = output.map(|output| {
                let text = format!(r#"{{"infcode":0,"output":{output}}}"#);
                Answer::parse(text.as_bytes()).unwrap()
            });
            let sign = SignIn::read(&request, answer.as_ref());
            assert_eq!(sign.operator.as_deref(), operator, "{input}");
            assert_eq!(sign.sign_no.as_deref(), sign_no, "{input}");
        }
    }
}
