//! 3301 and 3302: which insurance code an article has.

use pharmacy_decision::pack::Call;
use pharmacy_protocol::term::{InsuranceCode, Sku};

use super::node::ViewError;
use super::request::Request;

/// One article of a mapping call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mapped {
    /// `fixmedins_hilist_id`.
    pub sku: Sku,
    /// `med_list_codg`.
    pub code: InsuranceCode,
}

impl Mapped {
    /// Reads all articles of a request; those without a readable number or code are left out.
    pub fn read(_request: &Request, _call: &Call) -> Result<Vec<Self>, ViewError> {
        todo!()
    }
}
