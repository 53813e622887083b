//! What a path names: sales and prescriptions.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use pharmacy_protocol::term::SaleId;
use utoipa::IntoParams;

use super::problem::Problem;

/// The sale that a path names. What is no sale's id, or not even text, names none.
#[derive(IntoParams)]
#[into_params(names("sale"), parameter_in = Path)]
pub(super) struct SaleInPath(
    /// Sale id
    #[param(value_type = String)]
    pub(super) SaleId,
);

impl<S: Send + Sync> FromRequestParts<S> for SaleInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unknown = || Problem::new(StatusCode::NOT_FOUND, "sale.unknown");
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| unknown())?;
        text.parse().map(Self).map_err(|_| unknown())
    }
}

/// The prescription that a path names by its number in this store.
#[derive(IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
pub(super) struct PrescriptionInPath(
    /// The prescription's number in this store
    pub(super) u64,
);

impl<S: Send + Sync> FromRequestParts<S> for PrescriptionInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let number = path.ok().and_then(|Path(text)| text.parse().ok());
        number.map(Self).ok_or_else(unknown_prescription)
    }
}

/// The sale and the prescription that a path names.
pub(super) struct SaleAndPrescription(pub(super) SaleId, pub(super) u64);

impl<S: Send + Sync> FromRequestParts<S> for SaleAndPrescription {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unknown = || Problem::new(StatusCode::NOT_FOUND, "sale.unknown");
        let Path((sale, number)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| unknown())?;
        let sale = sale.parse().map_err(|_| unknown())?;
        let number = number.parse().map_err(|_| unknown_prescription())?;
        Ok(Self(sale, number))
    }
}

fn unknown_prescription() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "prescription.unknown")
}
