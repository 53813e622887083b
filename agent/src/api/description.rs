//! What the description of the API says beside its paths, `GET /v1/openapi.json`.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, IntoResponses, OpenApi};

use super::problem::Document;

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
    components(schemas(Document)),
    modifiers(&Token),
    security(("token" = [])),
)]
pub(super) struct Description;

struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// What every path may answer instead.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described")]
pub(super) enum Refused {
    /// The caller's mistake
    #[response(status = "4XX")]
    Mistake(Document),
    /// The agent's or the machine's fault
    #[response(status = "5XX")]
    Fault(Document),
}

/// What makes a repeated request safe.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described")]
pub(super) struct KeyOfSale {
    /// 1 to 100 characters; per sale
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
}

/// The same for requests that no sale has yet.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described")]
pub(super) struct KeyOfProgram {
    /// 1 to 100 characters; per program
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
}
