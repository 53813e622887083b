//! An inspector's question (R68), the answer as a table, and the same as a file.
//!
//! What is asked stands in the body of a request, never in its address: an address is kept by
//! browsers, and a certificate number is a person.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use pharmacy_protocol::term::StaffId;
use serde_json::{Value, json};

use super::form::Fields;
use super::shell::{Shell, moment};
use super::visit::{Office, Visit};
use crate::counter::mask::masked;
use crate::counter::notice::{Answered, Notice, unprocessable};
use pharmacy_base::clock::STORE_OFFSET;
use pharmacy_desk::{Found, Query};

/// Most answers unless asked for fewer or more.
const LIMIT: usize = 200;
/// Most answers at all, as the desk has it.
const MAX_LIMIT: usize = 1_000;
/// Longest number or name that is looked for.
const MAX_TEXT: usize = 64;

pub(super) fn routes() -> Router<Office> {
    Router::new()
        .route("/counter/find", get(show).post(find))
        .route("/counter/find/answers.json", post(download))
}

/// The form as it was filled in.
#[derive(Default)]
struct Asked {
    receipt: String,
    settlement: String,
    from: String,
    until: String,
    person: String,
    drug: String,
    trace: String,
    pharmacist: String,
    is_released: bool,
    limit: String,
}

#[derive(Template)]
#[template(path = "office/find.html")]
struct FindPage<'a> {
    shell: Shell,
    asked: &'a Asked,
    /// None before anything was asked.
    found: Option<&'a [Found]>,
    is_cut: bool,
}

impl FindPage<'_> {
    fn found_words(&self) -> String {
        let found = self.found.map_or(0, <[Found]>::len);
        let found = u64::try_from(found).unwrap_or(u64::MAX);
        self.shell.fill("office.found", Some(found))
    }
}

impl Asked {
    fn of(mut fields: Fields) -> Result<Self, Notice> {
        let mut take = |name| {
            let text = fields.take(name).unwrap_or_default();
            match text.chars().count() <= MAX_TEXT {
                true => Ok(text),
                false => Err(unprocessable("office.find-long")),
            }
        };
        Ok(Self {
            receipt: take("receipt")?,
            settlement: take("settlement")?,
            from: take("from")?,
            until: take("until")?,
            person: take("person")?,
            drug: take("drug")?,
            trace: take("trace")?,
            pharmacist: take("pharmacist")?,
            is_released: take("released")? == "yes",
            limit: take("limit")?,
        })
    }

    /// The question, if every part can be read and there is one.
    fn query(&self) -> Result<Query, Notice> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let limit = match some(&self.limit) {
            Some(limit) => limit.parse().ok(),
            None => Some(LIMIT),
        };
        let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
        let query = Query {
            receipt: some(&self.receipt),
            settlement: some(&self.settlement),
            from_ms: parsed(&self.from, moment_of, "office.find-time")?,
            until_ms: parsed(&self.until, moment_of, "office.find-time")?,
            person: parsed(&self.person, |text| text.parse().ok(), "office.find-person")?,
            drug: some(&self.drug),
            trace: parsed(&self.trace, |text| text.parse().ok(), "office.find-trace")?,
            pharmacist: parsed(
                &self.pharmacist,
                |text| text.parse::<StaffId>().ok(),
                "office.find-pharmacist",
            )?,
            released: self.is_released,
            limit: limit.ok_or(unprocessable("office.find-limit"))?,
        };
        match is_question(&query) {
            true => Ok(query),
            false => Err(unprocessable("office.find-nothing")),
        }
    }
}

fn is_question(query: &Query) -> bool {
    query.receipt.is_some()
        || query.settlement.is_some()
        || query.from_ms.is_some()
        || query.until_ms.is_some()
        || query.person.is_some()
        || query.drug.is_some()
        || query.trace.is_some()
        || query.pharmacist.is_some()
        || query.released
}

fn parsed<T>(
    text: &str,
    read: impl FnOnce(&str) -> Option<T>,
    code: &'static str,
) -> Result<Option<T>, Notice> {
    match text {
        "" => Ok(None),
        text => read(text).map(Some).ok_or(unprocessable(code)),
    }
}

/// A moment as a browser's field writes it, by the shop's clock.
fn moment_of(text: &str) -> Option<i64> {
    let at: DateTime = text.parse().ok()?;
    let at = at.to_zoned(TimeZone::fixed(STORE_OFFSET)).ok()?;
    Some(at.timestamp().as_millisecond())
}

fn page(shell: Shell, asked: &Asked, found: Option<&[Found]>, limit: usize) -> Answered {
    Ok(Shell::page(&FindPage {
        shell,
        asked,
        is_cut: found.is_some_and(|found| found.len() >= limit),
        found,
    }))
}

async fn show(visit: Visit) -> Answered {
    let shell = Shell::new(&visit, "office.find", "/counter/find");
    page(shell, &Asked::default(), None, LIMIT)
}

async fn find(visit: Visit, fields: Fields) -> Answered {
    let asked = Asked::of(fields)?;
    let shell = Shell::new(&visit, "office.find", "/counter/find");
    let query = asked.query()?;
    let limit = query.limit;
    let caller = visit.visitor.caller;
    visit.counter.demand_signed_in(caller.clone()).await?;
    let found = visit.counter.find(caller, query).await?;
    page(shell, &asked, Some(&found), limit)
}

async fn download(visit: Visit, fields: Fields) -> Answered {
    let query = Asked::of(fields)?.query()?;
    let limit = query.limit;
    let caller = visit.visitor.caller;
    visit.counter.demand_signed_in(caller.clone()).await?;
    let found = visit.counter.find(caller, query).await?;
    let answer = json!({
        "found": found.iter().map(told).collect::<Vec<_>>(),
        "is-cut": found.len() >= limit,
    });
    let file = "attachment; filename=\"answers.json\"";
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, answer.to_string()).into_response())
}

/// An answer as the file tells it. Persons are as starred as on the page.
fn told(found: &Found) -> Value {
    let person = |person: &Option<String>| person.as_deref().map(masked);
    let reviews = found.reviews.iter();
    let reviews: Vec<_> = reviews
        .map(|(staff, entry)| json!({"staff": staff.to_string(), "entry": entry}))
        .collect();
    json!({
        "entry": found.entry,
        "sale": found.sale.to_string(),
        "at-ms": found.at_ms,
        "till": found.till.to_string(),
        "settlement": found.settlement,
        "holder": person(&found.holder),
        "patient": person(&found.patient),
        "buyer": person(&found.buyer),
        "goods": found.goods,
        "total": found.total.to_string(),
        "operator": found.operator,
        "reviews": reviews,
        "releases": found.releases,
        "verdict": found.verdict,
        "is-taken-back": found.is_taken_back,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, text: &str) -> Result<Query, Notice> {
        let mut asked = Asked::default();
        let field = match name {
            "from" => &mut asked.from,
            "person" => &mut asked.person,
            "trace" => &mut asked.trace,
            "pharmacist" => &mut asked.pharmacist,
            "limit" => &mut asked.limit,
            _ => &mut asked.drug,
        };
        *field = text.to_owned();
        asked.query()
    }

    #[test]
    fn a_moment_is_the_shops() {
        assert_eq!(asked("from", "1970-01-01T08:00").unwrap().from_ms, Some(0));
        assert_eq!(
            moment_of("1970-01-02"),
            Some(57_600_000),
            "a day from its start"
        );
    }

    #[test]
    fn what_cannot_be_read_is_said_and_not_left_out() {
        let cases = [
            ("from", "yesterday", "office.find-time"),
            ("person", "110105194912310021", "office.find-person"),
            ("trace", "6901234567892", "office.find-trace"),
            ("pharmacist", "p h", "office.find-pharmacist"),
            ("limit", "0", "office.find-limit"),
            ("limit", "1001", "office.find-limit"),
            ("drug", "", "office.find-nothing"),
        ];
        for (name, text, code) in cases {
            assert_eq!(asked(name, text).unwrap_err().code, code, "{name} {text}");
        }
        assert_eq!(asked("drug", "板蓝根").unwrap().limit, LIMIT);
    }
}
