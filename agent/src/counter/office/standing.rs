//! The store's standing with the bureau: what is due comes first (R30 to R33).

use askama::Template;
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::routing::get;

use super::shell::Shell;
use super::visit::{Office, Visitor};
use crate::counter::notice;
use crate::counter::notice::Answered;
use pharmacy_desk::StandingItem;

pub(super) fn routes() -> Router<Office> {
    Router::new().route("/counter/standing", get(show))
}

#[derive(Template)]
#[template(path = "office/standing.html")]
struct StandingPage<'a> {
    shell: Shell,
    items: &'a [StandingItem],
}

impl StandingPage<'_> {
    /// The days that are left, in words.
    fn days(&self, item: &StandingItem) -> String {
        match item.days_left {
            None => String::new(),
            Some(left) if left < 0 => {
                let over = Some(left.unsigned_abs());
                self.shell.fill("office.days-over", over)
            }
            Some(left) => self
                .shell
                .fill("office.days-left", Some(left.unsigned_abs())),
        }
    }
}

async fn show(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Answered {
    let items = office.counter.standing().await;
    let mut items = items.map_err(|error| notice::fault(&error))?;
    // What has no term stands last.
    items.sort_by_key(|item| (!item.is_due, item.days_left.unwrap_or(i64::MAX)));
    Ok(Shell::page(&StandingPage {
        shell: Shell::new(&visitor, &headers, "office.standing", "/counter/standing"),
        items: &items,
    }))
}
