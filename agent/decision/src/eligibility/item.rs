//! What the sources say of one article, before it is weighed.

use pharmacy_protocol::term::InsuranceCode;

use crate::facts::Mapping;

/// What the sources say of one article.
#[derive(Clone, Copy, Debug, Default)]
pub struct ItemEvidence<'a> {
    /// Name, as catalogue or till gives it.
    pub name: &'a str,
    /// Specification.
    pub spec: &'a str,
    /// Approval, registration or filing number, as written.
    pub approval: &'a str,
    /// Barcode, as written.
    pub barcode: &'a str,
    /// Insurance code under which it is to be settled.
    pub code: Option<&'a InsuranceCode>,
    /// What the platform says of article and code.
    pub mapping: Option<Mapping>,
}
