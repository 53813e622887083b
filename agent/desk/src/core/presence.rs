//! Evidence of presence, as a sale holds it: bound to the sale, dated, and no credential in it.

pub use pharmacy_decision::record::evidence::HeldEvidence;
