//! The agent's own state, the scanner's port, the log's checkpoint.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Answer, answer, read};
use crate::api::Api;
use crate::api::description::Refused;
use crate::api::problem::Problem;
use crate::api::wire::{ScannerView, YieldBody};
use pharmacy_desk::{Caller, ScannerPort, StatusView};

pub(super) fn paths() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(lend_scanner, claim_scanner))
        .routes(routes!(checkpoint))
}

/// State of the agent: log, pack, catalogue, reader, attempts in doubt.
#[utoipa::path(
    get,
    path = "/v1/status",
    responses((status = 200, body = StatusView), Refused)
)]
async fn status(State(api): State<Api>) -> Answer {
    let (reader, scanner) = (api.devices.reader_state(), api.devices.scanner_state());
    answer(api.desk.status(reader, scanner).await)
}

/// Leaves the scanner's port to another program, such as the insurer's library; answers once it is
/// closed.
#[utoipa::path(
    put,
    path = "/v1/scanner/yield",
    request_body = YieldBody,
    responses((status = 200, body = ScannerView), Refused)
)]
async fn lend_scanner(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<ScannerView>, Problem> {
    let scanner = scanner(&api)?;
    let (_, body) = read::<YieldBody>(caller, request).await?;
    scanner.lend(body.parse()?).await;
    Ok(scanner_view(&*scanner))
}

/// Takes the scanner's port back before the time is over.
#[utoipa::path(
    delete,
    path = "/v1/scanner/yield",
    responses((status = 200, body = ScannerView), Refused)
)]
async fn claim_scanner(State(api): State<Api>) -> Result<Json<ScannerView>, Problem> {
    let scanner = scanner(&api)?;
    scanner.resume();
    Ok(scanner_view(&*scanner))
}

fn scanner(api: &Api) -> Result<Arc<dyn ScannerPort>, Problem> {
    let scanner = api.devices.scanner.clone();
    scanner.ok_or_else(|| Problem::new(StatusCode::CONFLICT, "scanner.none"))
}

fn scanner_view(scanner: &dyn ScannerPort) -> Json<ScannerView> {
    Json(ScannerView {
        state: scanner.state().to_owned(),
    })
}

/// The log's signed checkpoint.
#[utoipa::path(
    get,
    path = "/v1/log/checkpoint",
    responses((status = 200, content_type = "text/plain", body = String), Refused)
)]
async fn checkpoint(State(api): State<Api>) -> Answer {
    answer(api.desk.checkpoint().await)
}
