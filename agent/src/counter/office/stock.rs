//! Goods from before the duty to scan, and what is left of them (R25).

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::shell::Shell;
use super::visit::{Office, Visit};
use crate::counter::notice::Answered;
use pharmacy_desk::NoCodeItem;

pub(super) fn routes() -> Router<Office> {
    Router::new().route("/counter/stock", get(show))
}

#[derive(Template)]
#[template(path = "office/stock.html")]
struct StockPage<'a> {
    shell: Shell,
    items: &'a [NoCodeItem],
}

async fn show(visit: Visit) -> Answered {
    let mut items = visit.counter.no_code().await?;
    // What is used up stands last.
    items.sort_by_key(|item| !item.left.is_positive());
    Ok(Shell::page(&StockPage {
        shell: Shell::new(&visit, "office.stock", "/counter/stock"),
        items: &items,
    }))
}
