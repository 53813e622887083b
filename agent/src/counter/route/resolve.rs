//! What was found about an attempt in doubt: at the platform, or in the customer's own record.

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, StatusCode};
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::SaleId;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::show::whole;
use crate::counter::guard::Seat;
use crate::counter::language::Language;
use crate::counter::notice::{Answered, Notice, wrong_form};
use crate::counter::page::Answer;
use crate::counter::site::Site;
use pharmacy_desk::{Credentials, Resolution};

/// Longest message id and settlement id of the national interface.
// SPEC: `msgid` and `setl_id` are 30 characters; some provinces write a few more.
const MAX_NUMBER: usize = 64;

#[derive(Deserialize)]
pub(super) struct ResolutionForm {
    sale: SaleId,
    msgid: String,
    outcome: Outcome,
    #[serde(default)]
    settlement: String,
    #[serde(default)]
    confirmed: String,
    /// Who signs: the person in charge, for a customer's record anybody on duty; empty while nobody is registered.
    #[serde(default)]
    staff: String,
    #[serde(default)]
    pin: Zeroizing<String>,
}

#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    NotInApp,
    NotSettled,
    Settled,
    SettledInApp,
}

impl ResolutionForm {
    /// What they say, if it is whole.
    fn resolution(&self) -> Result<Resolution, Notice> {
        let refused = |code| Err(Notice::new(StatusCode::UNPROCESSABLE_ENTITY, code));
        if !is_number(&self.msgid) {
            return refused("counter.form");
        }
        if self.confirmed != "yes" {
            return refused("counter.not-confirmed");
        }
        let settlement = self.settlement.trim();
        match self.outcome {
            // A number beside "it is not there" is a contradiction, not a detail.
            Outcome::NotInApp | Outcome::NotSettled if !settlement.is_empty() => {
                refused("counter.contradiction")
            }
            Outcome::NotInApp => Ok(Resolution::NotInApp),
            Outcome::NotSettled => Ok(Resolution::NotSettled),
            Outcome::Settled | Outcome::SettledInApp if !is_number(settlement) => {
                refused("counter.settlement")
            }
            Outcome::Settled => Ok(Resolution::Settled {
                settlement: settlement.to_owned(),
            }),
            Outcome::SettledInApp => Ok(Resolution::SettledInApp {
                settlement: settlement.to_owned(),
            }),
        }
    }

    /// Who signs, if anybody says so.
    fn by(&self) -> Result<Option<Credentials>, Notice> {
        let staff = self.staff.trim();
        if staff.is_empty() {
            return Ok(None);
        }
        Ok(Some(Credentials {
            staff: staff.parse().map_err(|_| wrong_form())?,
            pin: Secret::new(self.pin.to_string()),
        }))
    }
}

/// May the text be a number of the platform's?
fn is_number(text: &str) -> bool {
    (1..=MAX_NUMBER).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(super) async fn resolve(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
    form: Result<Form<ResolutionForm>, FormRejection>,
) -> Answered {
    let Form(form) = form.map_err(|_| wrong_form())?;
    let resolution = form.resolution()?;
    let by = form.by()?;
    let attempt = (form.sale, form.msgid);
    let caller = seat.caller.clone();
    site.counter
        .resolve(caller, attempt, resolution, by)
        .await?;
    let lang = Language::of(&headers);
    let answer = Answer::good(lang, "counter.resolved", None);
    whole(&site, seat, lang, answer.into()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(outcome: Outcome, settlement: &str, confirmed: &str) -> ResolutionForm {
        ResolutionForm {
            sale: "0123456789abcdef-1".parse().unwrap(),
            msgid: "M1".into(),
            outcome,
            settlement: settlement.into(),
            confirmed: confirmed.into(),
            staff: String::new(),
            pin: Zeroizing::default(),
        }
    }

    #[test]
    fn a_resolution_is_confirmed_and_whole() {
        let refused = |form: ResolutionForm| form.resolution().unwrap_err().code;
        let settled = form(Outcome::Settled, " S1 ", "yes").resolution();
        let expected = Resolution::Settled {
            settlement: "S1".into(),
        };
        assert_eq!(settled, Ok(expected));
        let not_settled = form(Outcome::NotSettled, "", "yes").resolution();
        assert_eq!(not_settled, Ok(Resolution::NotSettled));
        let not_in_app = form(Outcome::NotInApp, "", "yes").resolution();
        assert_eq!(not_in_app, Ok(Resolution::NotInApp));
        let cases = [
            (form(Outcome::SettledInApp, "", "yes"), "counter.settlement"),
            (
                form(Outcome::NotInApp, "S1", "yes"),
                "counter.contradiction",
            ),
            (form(Outcome::Settled, "S1", ""), "counter.not-confirmed"),
            (form(Outcome::Settled, "", "yes"), "counter.settlement"),
            (form(Outcome::Settled, "S 1", "yes"), "counter.settlement"),
            (
                form(Outcome::Settled, &"9".repeat(65), "yes"),
                "counter.settlement",
            ),
            (
                form(Outcome::NotSettled, "S1", "yes"),
                "counter.contradiction",
            ),
        ];
        for (form, expected) in cases {
            assert_eq!(refused(form), expected);
        }
    }
}
