//! Files that the pages load.

use axum::Router;
use axum::http::header;
use axum::routing::{MethodRouter, get};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Those of every page.
pub(super) fn every_page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/counter/counter.css",
            asset(CSS, include_str!("asset/counter.css")),
        )
        .route(
            "/counter/icon.svg",
            asset(SVG, include_str!("asset/icon.svg")),
        )
}

/// That of the counter page alone.
pub(super) fn counter_page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let script = asset(SCRIPT, include_str!("asset/counter.js"));
    Router::new().route("/counter/counter.js", script)
}

/// Those of the pages beside the counter page.
pub(super) fn office<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/counter/office.css",
            asset(CSS, include_str!("office/asset/office.css")),
        )
        .route(
            "/counter/office.js",
            asset(SCRIPT, include_str!("office/asset/office.js")),
        )
}

fn asset<S: Clone + Send + Sync + 'static>(
    content_type: &'static str,
    text: &'static str,
) -> MethodRouter<S> {
    get(move || async move { ([(header::CONTENT_TYPE, content_type)], text) })
}
