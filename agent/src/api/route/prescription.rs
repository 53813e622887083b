//! Prescriptions that are kept, and the sales that they serve.

use axum::extract::{DefaultBodyLimit, Extension, Request, State};
use axum::http::StatusCode;
use zeroize::Zeroizing;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Answer, Told, answer, idempotency, read_bytes};
use crate::api::Api;
use crate::api::description::{KeyOfProgram, KeyOfSale, Refused};
use crate::api::path::{PrescriptionInPath, SaleAndPrescription, SaleInPath};
use crate::api::problem::Problem;
use crate::api::wire::{AssessBody, KeptPrescriptionBody};
use pharmacy_desk::core::image::MAX_IMAGE;
use pharmacy_desk::{Call, Caller, Image, PrescriptionView, SaleView};

pub(super) fn paths() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(put_prescription))
        .routes(routes!(post_prescription))
        .routes(routes!(show_prescription))
        .routes(routes!(post_image))
}

/// Takes a prescription in. It waits for a pharmacist, and serves any sale of its patient.
#[utoipa::path(
    post,
    path = "/v1/prescriptions",
    params(KeyOfProgram),
    request_body = KeptPrescriptionBody,
    responses((status = 201, body = PrescriptionView), Refused)
)]
async fn post_prescription(
    State(api): State<Api>,
    Told(call, body): Told<KeptPrescriptionBody>,
) -> Answer {
    answer(api.desk.post_prescription(call, body.parse()?).await)
}

/// A prescription as it stands, persons masked.
#[utoipa::path(
    get,
    path = "/v1/prescriptions/{id}",
    params(PrescriptionInPath),
    responses((status = 200, body = PrescriptionView), Refused)
)]
async fn show_prescription(
    State(api): State<Api>,
    PrescriptionInPath(prescription): PrescriptionInPath,
) -> Answer {
    answer(api.desk.show_prescription(prescription).await)
}

/// Adds an image to a prescription that no pharmacist has reviewed yet: JPEG, PNG or PDF, told by its
/// bytes, at most 8 MB; at most 6 images.
#[utoipa::path(
    post,
    path = "/v1/prescriptions/{id}/images",
    params(PrescriptionInPath, KeyOfProgram),
    request_body(content_type = "application/octet-stream", description = "The image"),
    responses((status = 201, body = PrescriptionView), Refused)
)]
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

/// Attaches a prescription that is kept to a sale; drops the standing verdict.
#[utoipa::path(
    put,
    path = "/v1/sales/{sale}/prescriptions/{id}",
    params(SaleInPath, PrescriptionInPath, KeyOfSale),
    responses((status = 200, body = SaleView), Refused)
)]
async fn put_prescription(
    State(api): State<Api>,
    SaleAndPrescription(sale, prescription): SaleAndPrescription,
    Told(call, _): Told<AssessBody>,
) -> Answer {
    let reply = api.desk.put_sale_prescription(call, sale, prescription);
    answer(reply.await)
}
