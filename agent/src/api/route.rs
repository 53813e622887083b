//! Paths and what they ask of the desk.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use pharmacy_protocol::term::SaleId;
use serde::de::{DeserializeOwned, IgnoredAny};
use zeroize::Zeroizing;

use super::path::{PrescriptionInPath, SaleAndPrescription, SaleInPath};
use super::problem::Problem;
use super::wire::{
    AssessBody, AttemptBody, EvidenceBody, EvidenceRequest, InvoiceBody, KeptPrescriptionBody,
    OpenSaleBody, OutcomeBody, RefundBody, RolesBody, ScanBody, ScannerView, YieldBody,
    trace_code_problem,
};
use super::{Api, MAX_BODY, fault, guard, openapi};
use pharmacy_base::digest::sha256;
use pharmacy_desk::core::image::MAX_IMAGE;
use pharmacy_desk::{
    Call, Caller, DeskError, Idempotency, Image, NoCard, Reply, Role, ScannerPort, today,
};

/// A request that takes longer than this is answered with a time-out; waiting for a card counts.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(75);
/// A body that does not arrive within this time is refused.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest idempotency key.
const MAX_KEY: usize = 100;

type Answer = Result<Response, Problem>;

/// All paths of `/v1`.
pub(super) fn router(api: Api) -> Router {
    let guarded = Router::new()
        .route("/v1/status", get(status))
        .route("/v1/sales", post(open_sale).get(list_sales))
        .route("/v1/sales/{sale}", get(show_sale).delete(abandon_sale))
        .route("/v1/sales/{sale}/roles", put(set_roles))
        .route("/v1/sales/{sale}/evidence", post(attach_evidence))
        .route("/v1/sales/{sale}/scans", post(attach_scan))
        .route("/v1/sales/{sale}/assessments", post(assess))
        .route("/v1/sales/{sale}/attempts", post(announce_attempt))
        .route("/v1/sales/{sale}/outcomes", post(report_outcome))
        .route("/v1/sales/{sale}/refunds", post(refund))
        .route("/v1/sales/{sale}/invoices", post(report_invoice))
        .route("/v1/sales/{sale}/list", get(purchase_list))
        .route("/v1/sales/{sale}/list.html", get(purchase_list_page))
        .route("/v1/sales/{sale}/prescriptions/{id}", put(put_prescription))
        .route("/v1/prescriptions", post(post_prescription))
        .route("/v1/prescriptions/{id}", get(show_prescription))
        .route("/v1/prescriptions/{id}/images", post(post_image))
        .route("/v1/scanner/yield", put(lend_scanner).delete(claim_scanner))
        .route("/v1/log/checkpoint", get(checkpoint))
        .layer(middleware::from_fn_with_state(
            api.clone(),
            guard::check_token,
        ));
    Router::new()
        .merge(guarded)
        .route("/v1/openapi.json", get(openapi::serve))
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
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "api.no-such-path")
}

async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "api.no-such-method")
}

/// Reads a JSON body within the limits, and the idempotency key beside it.
async fn read<T: DeserializeOwned>(caller: Caller, request: Request) -> Result<(Call, T), Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read_bytes(Request::from_parts(parts.clone(), body)).await?;
    let idempotency = idempotency(&parts.method, parts.uri.path(), &parts.headers, &bytes)?;
    // An empty body means "nothing to add", not a mistake.
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    let body = serde_json::from_slice(text).map_err(|error| body_problem(&error, text))?;
    Ok((
        Call {
            caller,
            idempotency,
        },
        body,
    ))
}

async fn read_bytes(request: Request<Body>) -> Result<Bytes, Problem> {
    use axum::extract::FromRequest;
    let read = tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, &())).await;
    match read {
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body.timeout")),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(BytesRejection::FailedToBufferBody(rejection)))
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE =>
        {
            Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body.too-large",
            ))
        }
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "body.unreadable")),
    }
}

/// The parser's own words can repeat a value, and a value can be a name: only the place is told.
fn body_problem(error: &serde_json::Error, text: &[u8]) -> Problem {
    let place = format!("line {} column {}", error.line(), error.column());
    // The parser calls a number where a word belongs bad syntax; whether it is JSON is asked anew.
    let is_json = || {
        std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
    };
    if error.is_data() || is_json() {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body.members").at_field(&place)
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "body.not-json").at_field(&place)
    }
}

fn idempotency(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=MAX_KEY).contains(&key.len()))
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "idempotency.key"))?;
    let mut bytes = Vec::with_capacity(path.len() + body.len() + 16);
    bytes.extend_from_slice(method.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(path.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(body);
    Ok(Some(Idempotency {
        key: key.to_owned(),
        digest: sha256(&bytes),
    }))
}

fn answer(reply: Result<Reply, DeskError>) -> Answer {
    let reply = reply.map_err(|error| fault(&error))?;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, reply.body).into_response();
    let content_type = HeaderValue::from_static(reply.content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    Ok(response)
}

async fn status(State(api): State<Api>) -> Answer {
    let (reader, scanner) = (api.devices.reader_state(), api.devices.scanner_state());
    answer(api.desk.status(reader, scanner).await)
}

async fn open_sale(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer {
    let (call, body) = read::<OpenSaleBody>(caller, request).await?;
    answer(api.desk.open_sale(call, body.parse()?).await)
}

async fn list_sales(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer {
    match request.uri().query() {
        None | Some("") | Some("open=true") => answer(api.desk.open_sales(caller).await),
        Some("in_doubt=true") => answer(api.desk.sales_in_doubt().await),
        Some(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "api.query")),
    }
}

async fn show_sale(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
) -> Answer {
    answer(api.desk.show_sale(caller, sale).await)
}

async fn abandon_sale(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, AssessBody { .. }) = read(caller, request).await?;
    answer(api.desk.abandon(call, sale).await)
}

async fn set_roles(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<RolesBody>(caller, request).await?;
    let roles = body.parse()?;
    answer(api.desk.set_roles(call, sale, roles).await)
}

async fn attach_evidence(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<EvidenceBody>(caller, request).await?;
    match body.parse()? {
        EvidenceRequest::Attach(input) => answer(api.desk.attach_evidence(call, sale, input).await),
        EvidenceRequest::Read { role, wait_s } => read_card(&api, call, sale, (role, wait_s)).await,
    }
}

/// Waits for a card, checks it, and attaches it.
async fn read_card(api: &Api, call: Call, sale: SaleId, (role, wait_s): (Role, u32)) -> Answer {
    let reader = api
        .devices
        .reader
        .as_ref()
        .ok_or_else(|| Problem::new(StatusCode::CONFLICT, "reader.none"))?;
    // A repetition, or a sale that takes no evidence, must not make a customer lay down a card.
    let known = api
        .desk
        .prepare_evidence(call.clone(), sale.clone())
        .await
        .map_err(|error| fault(&error))?;
    if let Some(reply) = known {
        return answer(Ok(reply));
    }
    let wait = Duration::from_secs(u64::from(wait_s));
    let card = reader
        .read(wait, today())
        .await
        .map_err(|error| match error {
            NoCard::NotRead(code) => {
                tracing::warn!(code, "card not read");
                Problem::new(StatusCode::CONFLICT, code)
            }
            NoCard::Refused(code) => {
                tracing::warn!(code, "card refused");
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code)
            }
        })?;
    answer(api.desk.attach_card(call, sale, role, card).await)
}

async fn attach_scan(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<ScanBody>(caller, request).await?;
    let code = body.code.trim().parse().map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, trace_code_problem(error)).at_field("code")
    })?;
    answer(api.desk.attach_scan(call, sale, body.line, code).await)
}

async fn assess(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<AssessBody>(caller, request).await?;
    let request = body.parse()?;
    let (basket, prescriptions) = (request.basket, request.prescriptions);
    let assessed = api.desk.assess(call, sale, basket, prescriptions);
    answer(assessed.await)
}

async fn announce_attempt(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<AttemptBody>(caller, request).await?;
    let (msgid, direction) = body.parse()?;
    answer(api.desk.announce(call, sale, msgid, direction).await)
}

async fn report_outcome(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<OutcomeBody>(caller, request).await?;
    let (report, receipt) = body.parse()?;
    answer(api.desk.report(call, sale, report, receipt).await)
}

async fn refund(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<RefundBody>(caller, request).await?;
    let amount = body.parse()?;
    answer(api.desk.refund(call, sale, amount).await)
}

async fn report_invoice(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
    request: Request,
) -> Answer {
    let (call, body) = read::<InvoiceBody>(caller, request).await?;
    let invoice = body.parse()?;
    answer(api.desk.report_invoice(call, sale, invoice).await)
}

async fn purchase_list(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
) -> Answer {
    answer(api.desk.purchase_list(caller, sale).await)
}

async fn purchase_list_page(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
) -> Answer {
    let mut response = answer(api.desk.purchase_list_page(caller, sale).await)?;
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    Ok(response)
}

async fn post_prescription(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer {
    let (call, body) = read::<KeptPrescriptionBody>(caller, request).await?;
    let told = body.parse()?;
    answer(api.desk.post_prescription(call, told).await)
}

async fn show_prescription(
    State(api): State<Api>,
    PrescriptionInPath(prescription): PrescriptionInPath,
) -> Answer {
    answer(api.desk.show_prescription(prescription).await)
}

/// Takes an image as the body is; what it is, its bytes tell and no header.
async fn post_image(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    PrescriptionInPath(prescription): PrescriptionInPath,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    let mut request = Request::from_parts(parts.clone(), body);
    DefaultBodyLimit::max(MAX_IMAGE).apply(&mut request);
    let bytes = match read_bytes(request).await {
        Err(problem) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Err(Problem::new(problem.status(), "image.too-large"));
        }
        read => Zeroizing::new(read?.to_vec()),
    };
    let idempotency = idempotency(&parts.method, parts.uri.path(), &parts.headers, &bytes)?;
    let call = Call {
        caller,
        idempotency,
    };
    let image = Image { bytes };
    let reply = api.desk.post_prescription_image(call, prescription, image);
    answer(reply.await)
}

async fn put_prescription(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleAndPrescription(sale, prescription): SaleAndPrescription,
    request: Request,
) -> Answer {
    let (call, AssessBody { .. }) = read(caller, request).await?;
    let reply = api.desk.put_sale_prescription(call, sale, prescription);
    answer(reply.await)
}

/// Leaves the scanner's port to another program, such as the insurer's library; answers once it is
/// closed.
async fn lend_scanner(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<ScannerView>, Problem> {
    let scanner = scanner(&api)?;
    let (_, body) = read::<YieldBody>(caller, request).await?;
    scanner.yield_port(body.parse()?).await;
    Ok(scanner_view(&*scanner))
}

/// Takes the scanner's port back.
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

async fn checkpoint(State(api): State<Api>) -> Answer {
    answer(api.desk.checkpoint().await)
}
