//! Fields of a form, read strictly enough that nothing half filled in reaches the desk.

use std::collections::HashMap;
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Request};
use axum::http::header;
use pharmacy_protocol::Secret;

use super::visit::Office;
use crate::counter::notice::{Notice, unprocessable, wrong_form};
use pharmacy_desk::Credentials;

/// Longest PIN that is looked at.
const MAX_PIN: usize = 64;
/// Longest reason or note, in characters.
pub(super) const MAX_TEXT: usize = 200;

/// The fields of a form that came in, each once.
pub(in crate::counter) struct Fields(HashMap<String, String>);

impl FromRequest<Office> for Fields {
    type Rejection = Notice;

    async fn from_request(request: Request, state: &Office) -> Result<Self, Notice> {
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| {
                kind.as_bytes()
                    .starts_with(b"application/x-www-form-urlencoded")
            });
        // A button alone sends no field, and some browsers then name no type.
        if !is_form {
            return match Bytes::from_request(request, state).await {
                Ok(body) if body.is_empty() => Ok(Self(HashMap::new())),
                Ok(_) | Err(_) => Err(wrong_form()),
            };
        }
        match Form::<Vec<(String, String)>>::from_request(request, state).await {
            Ok(Form(pairs)) => Self::of(pairs),
            Err(FormRejection::BytesRejection(_)) => Err(unprocessable("office.too-large")),
            Err(_) => Err(wrong_form()),
        }
    }
}

impl Fields {
    fn of(pairs: Vec<(String, String)>) -> Result<Self, Notice> {
        let count = pairs.len();
        let fields: HashMap<_, _> = pairs.into_iter().collect();
        // Which of two would count, only the sender knows.
        match fields.len() == count {
            true => Ok(Self(fields)),
            false => Err(wrong_form()),
        }
    }

    /// Takes a field out; none where it is empty or absent.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let text = self.0.remove(name)?;
        let trimmed = text.trim();
        match trimmed.len() {
            0 => None,
            length if length == text.len() => Some(text),
            _ => Some(trimmed.to_owned()),
        }
    }

    /// Takes a field out and reads it; `code` says what is wrong with it.
    pub(super) fn parse<T: FromStr>(
        &mut self,
        name: &str,
        code: &'static str,
    ) -> Result<Option<T>, Notice> {
        self.take(name)
            .map(|text| text.parse().map_err(|_| unprocessable(code)))
            .transpose()
    }

    /// Takes a text of sensible length out.
    pub(super) fn reason(&mut self, name: &str) -> Result<String, Notice> {
        let text = self.take(name).unwrap_or_default();
        let is_sensible =
            (1..=MAX_TEXT).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        match is_sensible {
            true => Ok(text),
            false => Err(unprocessable("office.reason-needed")),
        }
    }

    /// Takes out who acts, and the PIN.
    pub(in crate::counter) fn credentials(&mut self) -> Result<Credentials, Notice> {
        const NEEDED: &str = "office.credentials-needed";
        let pin = Secret::new(self.0.remove("pin").unwrap_or_default());
        let staff = self.parse("staff", NEEDED)?;
        let staff = staff.ok_or(unprocessable(NEEDED))?;
        match (1..=MAX_PIN).contains(&pin.expose().len()) {
            true => Ok(Credentials { staff, pin }),
            false => Err(unprocessable(NEEDED)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Result<Fields, Notice> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Fields::of(pairs.iter().map(own).collect())
    }

    #[test]
    fn a_field_that_stands_twice_is_no_answer() {
        assert!(fields(&[("staff", "a"), ("staff", "b")]).is_err());
        let mut once = fields(&[("a", "  x "), ("b", " ")]).unwrap();
        assert_eq!(
            (once.take("a").as_deref(), once.take("b")),
            (Some("x"), None)
        );
    }

    #[test]
    fn nobody_acts_without_number_and_pin() {
        let cases: [&[(&str, &str)]; 5] = [
            &[],
            &[("staff", "ph1")],
            &[("staff", "ph1"), ("pin", "")],
            &[("staff", "p h"), ("pin", "1234")],
            &[("pin", "1234")],
        ];
        for case in cases {
            let refused = fields(case).unwrap().credentials().unwrap_err();
            assert_eq!(refused.code, "office.credentials-needed", "{case:?}");
        }
        let whole = fields(&[("staff", "ph1"), ("pin", " 1234")])
            .unwrap()
            .credentials();
        // A PIN is taken as typed.
        assert_eq!(whole.unwrap().pin.expose(), " 1234");
    }

    #[test]
    fn a_reason_is_a_line_of_sensible_length() {
        let long = "字".repeat(MAX_TEXT);
        let longer = "字".repeat(MAX_TEXT + 1);
        for (text, is_taken) in [
            ("剂量过大", true),
            (&long, true),
            (&longer, false),
            (" ", false),
            ("a\nb", false),
        ] {
            let taken = fields(&[("reason", text)])
                .unwrap()
                .reason("reason")
                .is_ok();
            assert_eq!(taken, is_taken, "{text}");
        }
    }
}
