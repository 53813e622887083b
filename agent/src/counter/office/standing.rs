//! The store's standing with the bureau: what is due comes first (R30 to R33).

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::shell::Shell;
use super::visit::{Office, Visit};
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

async fn show(visit: Visit) -> Answered {
    let mut items = visit.counter.standing().await?;
    // What has no term stands last.
    items.sort_by_key(|item| (!item.is_due, item.days_left.unwrap_or(i64::MAX)));
    Ok(Shell::page(&StandingPage {
        shell: Shell::new(&visit, "office.standing", "/counter/standing"),
        items: &items,
    }))
}
