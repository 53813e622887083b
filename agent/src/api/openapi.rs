//! The API's own description, `GET /v1/openapi.json`.
//!
//! The functions below carry nothing but annotations: the description stands apart from the code
//! that serves, and a test compares it with the copy checked in beside the specification.
#![expect(
    dead_code,
    reason = "the functions carry annotations; nobody calls them"
)]

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::problem::Document;
use super::wire::{
    AssessBody, AttemptBody, EvidenceBody, InvoiceBody, KeptPrescriptionBody, OpenSaleBody,
    OutcomeBody, RefundBody, RolesBody, ScanBody, ScannerView, YieldBody,
};
use pharmacy_desk::{
    InvoiceView, PrescriptionView, PurchaseList, SaleView, SalesView, ScanView, StatusView,
    VerdictView,
};

/// The description as JSON, with a line break at its end.
pub fn document() -> String {
    let mut text = Description::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

pub(super) async fn serve() -> Response {
    let mut response = document().into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Pharmacy agent, local API",
        description = "For till software of designated pharmacies. Loopback only. Amounts are \
                       decimal text in yuan; times are milliseconds since 1970; errors are \
                       RFC 9457 problem documents with a stable `code`, Chinese `title` and \
                       English `detail`. An `Idempotency-Key` header makes a repeated request \
                       safe: same key and body, same answer; same key, other body, refused.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        status,
        open_sale,
        list_sales,
        show_sale,
        abandon_sale,
        set_roles,
        attach_evidence,
        attach_scan,
        assess,
        announce_attempt,
        report_outcome,
        refund,
        report_invoice,
        purchase_list,
        purchase_list_page,
        put_prescription,
        post_prescription,
        show_prescription,
        post_image,
        lend_scanner,
        claim_scanner,
        checkpoint,
    ),
    modifiers(&Token),
    security(("token" = [])),
)]
struct Description;

struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// State of the agent: log, pack, catalogue, reader, attempts in doubt.
#[utoipa::path(
    get,
    path = "/v1/status",
    responses(
        (status = 200, body = StatusView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn status() {}

/// Opens a sale.
#[utoipa::path(
    post,
    path = "/v1/sales",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = OpenSaleBody,
    responses(
        (status = 201, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn open_sale() {}

/// Open sales of this till, or with `?in_doubt=true` sales of the store with an attempt without
/// outcome.
#[utoipa::path(
    get,
    path = "/v1/sales",
    params(
        ("in_doubt" = Option<bool>, Query, description = "Only sales in doubt"),
    ),
    responses(
        (status = 200, body = SalesView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn list_sales() {}

/// A sale as it stands.
#[utoipa::path(
    get,
    path = "/v1/sales/{sale}",
    params(
        ("sale" = String, Path, description = "Sale id"),
    ),
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn show_sale() {}

/// Gives a sale up before any settlement.
#[utoipa::path(
    delete,
    path = "/v1/sales/{sale}",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn abandon_sale() {}

/// Says who is holder, patient, buyer and payer; drops the standing verdict.
#[utoipa::path(
    put,
    path = "/v1/sales/{sale}/roles",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = RolesBody,
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn set_roles() {}

/// Attaches evidence that somebody is here, reading a card if asked to; drops the standing verdict.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/evidence",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = EvidenceBody,
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn attach_evidence() {}

/// Attaches a trace code scanned from a pack; drops the standing verdict.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/scans",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = ScanBody,
    responses(
        (status = 200, body = ScanView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn attach_scan() {}

/// Judges the sale, line by line. The verdict is durable before it is answered.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/assessments",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = AssessBody,
    responses(
        (status = 200, body = VerdictView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn assess() {}

/// Announces a settlement or reversal before its call leaves; a settlement needs a standing
/// verdict `allow`.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/attempts",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = AttemptBody,
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn announce_attempt() {}

/// Reports what became of a settlement or reversal, announced or not. What happened is recorded
/// even against the verdict; see `findings`.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/outcomes",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = OutcomeBody,
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn report_outcome() {}

/// Gives back as cash a part of what was paid in cash. What the insurance paid goes back through a
/// reversal only: such a refund is refused, and recorded.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/refunds",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = RefundBody,
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn refund() {}

/// Sets an invoice against the purchase list; one that does not agree is recorded as a finding.
#[utoipa::path(
    post,
    path = "/v1/sales/{sale}/invoices",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    request_body = InvoiceBody,
    responses(
        (status = 201, body = InvoiceView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn report_invoice() {}

/// The purchase list of a settled sale.
#[utoipa::path(
    get,
    path = "/v1/sales/{sale}/list",
    params(
        ("sale" = String, Path, description = "Sale id"),
    ),
    responses(
        (status = 200, body = PurchaseList),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn purchase_list() {}

/// The purchase list as a printable page.
#[utoipa::path(
    get,
    path = "/v1/sales/{sale}/list.html",
    params(
        ("sale" = String, Path, description = "Sale id"),
    ),
    responses(
        (status = 200, content_type = "text/html", body = String),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn purchase_list_page() {}

/// Attaches a prescription that is kept to a sale; drops the standing verdict.
#[utoipa::path(
    put,
    path = "/v1/sales/{sale}/prescriptions/{id}",
    params(
        ("sale" = String, Path, description = "Sale id"),
        ("id" = u64, Path, description = "The prescription's number in this store"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per sale"),
    ),
    responses(
        (status = 200, body = SaleView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn put_prescription() {}

/// Takes a prescription in. It waits for a pharmacist, and serves any sale of its patient.
#[utoipa::path(
    post,
    path = "/v1/prescriptions",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per program"),
    ),
    request_body = KeptPrescriptionBody,
    responses(
        (status = 201, body = PrescriptionView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn post_prescription() {}

/// A prescription as it stands, persons masked.
#[utoipa::path(
    get,
    path = "/v1/prescriptions/{id}",
    params(
        ("id" = u64, Path, description = "The prescription's number in this store"),
    ),
    responses(
        (status = 200, body = PrescriptionView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn show_prescription() {}

/// Adds an image to a prescription that no pharmacist has reviewed yet: JPEG, PNG or PDF, told by its
/// bytes, at most 8 MB; at most 6 images.
#[utoipa::path(
    post,
    path = "/v1/prescriptions/{id}/images",
    params(
        ("id" = u64, Path, description = "The prescription's number in this store"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; per program"),
    ),
    request_body(content_type = "application/octet-stream", description = "The image"),
    responses(
        (status = 201, body = PrescriptionView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn post_image() {}

/// Leaves the scanner's port to another program, such as the insurer's library; answers once it is
/// closed.
#[utoipa::path(
    put,
    path = "/v1/scanner/yield",
    request_body = YieldBody,
    responses(
        (status = 200, body = ScannerView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn lend_scanner() {}

/// Takes the scanner's port back before the time is over.
#[utoipa::path(
    delete,
    path = "/v1/scanner/yield",
    responses(
        (status = 200, body = ScannerView),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn claim_scanner() {}

/// The log's signed checkpoint.
#[utoipa::path(
    get,
    path = "/v1/log/checkpoint",
    responses(
        (status = 200, content_type = "text/plain", body = String),
        (status = "4XX", description = "The caller's mistake", body = Document),
        (status = "5XX", description = "The agent's or the machine's fault", body = Document),
    )
)]
fn checkpoint() {}
