//! Who is who in a sale: as the facts hold them, and as a list may show them.

pub use pharmacy_decision::record::evidence::Roles;
pub use pharmacy_protocol::person::Masked;
