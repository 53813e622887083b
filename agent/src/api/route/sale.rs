//! Sales: who, what, the verdict, what became of it.

use std::time::Duration;

use axum::extract::{Extension, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use pharmacy_protocol::term::SaleId;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Answer, Told, answer};
use crate::api::Api;
use crate::api::description::{KeyOfSale, Refused};
use crate::api::path::SaleInPath;
use crate::api::problem::Problem;
use crate::api::wire::{
    AssessBody, AttemptBody, EvidenceBody, EvidenceRequest, InvoiceBody, OpenSaleBody, OutcomeBody,
    RefundBody, RolesBody, ScanBody, trace_code,
};
use pharmacy_desk::{
    Call, Caller, InvoiceView, NoCard, PurchaseList, Role, SaleView, SalesView, ScanView,
    VerdictView, today,
};

pub(super) fn paths() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(open_sale, list_sales))
        .routes(routes!(show_sale, abandon_sale))
        .routes(routes!(set_roles))
        .routes(routes!(attach_evidence))
        .routes(routes!(attach_scan))
        .routes(routes!(assess))
        .routes(routes!(announce_attempt))
        .routes(routes!(report_outcome))
        .routes(routes!(refund))
        .routes(routes!(report_invoice))
        .routes(routes!(purchase_list))
        .routes(routes!(purchase_list_page))
}

/// Opens a sale.
#[utoipa::path(
    post,
    path = "/v1/sales",
    params(KeyOfSale),
    request_body = OpenSaleBody,
    responses((status = 201, body = SaleView), Refused)
)]
async fn open_sale(State(api): State<Api>, Told(call, body): Told<OpenSaleBody>) -> Answer {
    answer(api.desk.open_sale(call, body.parse()?).await)
}

/// Open sales of this till, or with `?in_doubt=true` sales of the store with an attempt without
/// outcome.
#[utoipa::path(
    get,
    path = "/v1/sales",
    params(("in_doubt" = Option<bool>, Query, description = "Only sales in doubt")),
    responses((status = 200, body = SalesView), Refused)
)]
async fn list_sales(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Answer {
    match query.as_deref() {
        None | Some("") | Some("open=true") => answer(api.desk.open_sales(caller).await),
        Some("in_doubt=true") => answer(api.desk.sales_in_doubt().await),
        Some(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "api.query")),
    }
}

/// A sale as it stands.
#[utoipa::path(
    get,
    path = "/v1/sales/{sale}",
    params(SaleInPath),
    responses((status = 200, body = SaleView), Refused)
)]
async fn show_sale(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
) -> Answer {
    answer(api.desk.show_sale(caller, sale).await)
}

/// Gives a sale up before any settlement.
#[utoipa::path(
    delete,
    path = "/v1/sales/{sale}",
    params(SaleInPath, KeyOfSale),
    responses((status = 200, body = SaleView), Refused)
)]
async fn abandon_sale(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, _): Told<AssessBody>,
) -> Answer {
    answer(api.desk.abandon(call, sale).await)
}

/// Says who is holder, patient, buyer and payer; drops the standing verdict.
#[utoipa::path(
    put,
    path = "/v1/sales/{sale}/roles",
    params(SaleInPath, KeyOfSale),
    request_body = RolesBody,
    responses((status = 200, body = SaleView), Refused)
)]
async fn set_roles(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<RolesBody>,
) -> Answer {
    answer(api.desk.set_roles(call, sale, body.parse()?).await)
}

/// Attaches evidence that somebody is here, reading a card if asked to; drops the standing verdict.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/evidence",
    params(SaleInPath, KeyOfSale),
    request_body = EvidenceBody,
    responses((status = 200, body = SaleView), Refused)
)]
async fn attach_evidence(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<EvidenceBody>,
) -> Answer {
    match body.parse()? {
        EvidenceRequest::Attach(input) => answer(api.desk.attach_evidence(call, sale, input).await),
        EvidenceRequest::Read { role, wait_s } => read_card(&api, call, sale, role, wait_s).await,
    }
}

/// Waits for a card, checks it, and attaches it.
async fn read_card(api: &Api, call: Call, sale: SaleId, role: Role, wait_s: u32) -> Answer {
    let reader = api
        .devices
        .reader
        .as_ref()
        .ok_or_else(|| Problem::new(StatusCode::CONFLICT, "reader.none"))?;
    // A repetition, or a sale that takes no evidence, must not make a customer lay down a card.
    let known = api.desk.prepare_evidence(call.clone(), sale.clone());
    if let Some(reply) = known.await? {
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

/// Attaches a trace code scanned from a pack; drops the standing verdict.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/scans",
    params(SaleInPath, KeyOfSale),
    request_body = ScanBody,
    responses((status = 200, body = ScanView), Refused)
)]
async fn attach_scan(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<ScanBody>,
) -> Answer {
    let code = trace_code("code", body.code.trim())?;
    answer(api.desk.attach_scan(call, sale, body.line, code).await)
}

/// Judges the sale, line by line. The verdict is durable before it is answered.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/assessments",
    params(SaleInPath, KeyOfSale),
    request_body = AssessBody,
    responses((status = 200, body = VerdictView), Refused)
)]
async fn assess(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<AssessBody>,
) -> Answer {
    let (basket, prescriptions) = body.parse()?;
    let assessed = api.desk.assess(call, sale, basket, prescriptions);
    answer(assessed.await)
}

/// Announces a settlement or reversal before its call leaves; a settlement needs a standing
/// verdict `allow`.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/attempts",
    params(SaleInPath, KeyOfSale),
    request_body = AttemptBody,
    responses((status = 200, body = SaleView), Refused)
)]
async fn announce_attempt(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<AttemptBody>,
) -> Answer {
    let (msgid, direction) = body.parse()?;
    answer(api.desk.announce(call, sale, msgid, direction).await)
}

/// Reports what became of a settlement or reversal, announced or not. What happened is recorded
/// even against the verdict; see `findings`.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/outcomes",
    params(SaleInPath, KeyOfSale),
    request_body = OutcomeBody,
    responses((status = 200, body = SaleView), Refused)
)]
async fn report_outcome(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<OutcomeBody>,
) -> Answer {
    let (report, receipt) = body.parse()?;
    answer(api.desk.report(call, sale, report, receipt).await)
}

/// Gives back as cash a part of what was paid in cash. What the insurance paid goes back through a
/// reversal only: such a refund is refused, and recorded.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/refunds",
    params(SaleInPath, KeyOfSale),
    request_body = RefundBody,
    responses((status = 200, body = SaleView), Refused)
)]
async fn refund(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<RefundBody>,
) -> Answer {
    answer(api.desk.refund(call, sale, body.parse()?).await)
}

/// Sets an invoice against the purchase list; one that does not agree is recorded as a finding.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/invoices",
    params(SaleInPath, KeyOfSale),
    request_body = InvoiceBody,
    responses((status = 201, body = InvoiceView), Refused)
)]
async fn report_invoice(
    State(api): State<Api>,
    SaleInPath(sale): SaleInPath,
    Told(call, body): Told<InvoiceBody>,
) -> Answer {
    answer(api.desk.report_invoice(call, sale, body.parse()?).await)
}

/// The purchase list of a settled sale.
#[utoipa::path(
    get,
    path = "/v1/sales/{sale}/list",
    params(SaleInPath),
    responses((status = 200, body = PurchaseList), Refused)
)]
async fn purchase_list(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
) -> Answer {
    answer(api.desk.purchase_list(caller, sale).await)
}

/// The purchase list as a printable page.
#[utoipa::path(
    get,
    path = "/v1/sales/{sale}/list.html",
    params(SaleInPath),
    responses((status = 200, content_type = "text/html", body = String), Refused)
)]
async fn purchase_list_page(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    SaleInPath(sale): SaleInPath,
) -> Answer {
    const CONTENT: &str = "default-src 'none'; style-src 'unsafe-inline'";
    let page = answer(api.desk.purchase_list_page(caller, sale).await)?;
    Ok(([(header::CONTENT_SECURITY_POLICY, CONTENT)], page).into_response())
}
