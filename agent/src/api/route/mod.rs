//! Paths and what they ask of the desk. Each handler bears its own description.

mod body;
mod device;
mod prescription;
mod sale;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use super::description::Description;
use super::problem::Problem;
use super::{Api, MAX_BODY, guard};

/// A request that takes longer than this is answered with a time-out; waiting for a card counts.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(75);

/// All paths that a token opens, each with its description.
fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(sale::paths())
        .merge(prescription::paths())
        .merge(device::paths())
}

/// The description as JSON, with a line break at its end.
pub fn document() -> String {
    let mut text = described()
        .to_openapi()
        .to_pretty_json()
        .unwrap_or_default();
    text.push('\n');
    text
}

async fn serve_document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}

/// All paths of `/v1`.
pub(super) fn router(api: Api) -> Router {
    let (paths, _) = described().split_for_parts();
    let guarded = paths.layer(middleware::from_fn_with_state(
        api.clone(),
        guard::check_token,
    ));
    Router::new()
        .merge(guarded)
        .route("/v1/openapi.json", get(serve_document))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(
            api.clone(),
            guard::check_origin,
        ))
        .layer(middleware::from_fn(bound))
        .with_state(api)
}

/// Bounds every request in time and keeps answers out of caches and frames.
async fn bound(request: Request, next: Next) -> Response {
    let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT, "api.timeout").into_response(),
    };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        let headers = response.headers_mut();
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "api.no-such-path")
}

async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "api.no-such-method")
}
