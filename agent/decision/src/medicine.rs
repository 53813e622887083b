//! Which insurance codes name the same medicine.
//!
//! In scope: what a code itself tells. Out of scope: names (`rule::cover`), tables of the pack.

use pharmacy_protocol::term::{InsuranceClass, InsuranceCode};

/// Do two codes name the same medicine in the same form, by whatever manufacturer?
pub(crate) fn same_medicine(a: &InsuranceCode, b: &InsuranceCode) -> bool {
    generic_part(a) == generic_part(b)
}

/// The leading part of a code that names the medicine and not its maker or pack.
///
/// SPEC: western drug X + 2 + 1 + 1 + 1 class, 3 substance, 4 form = 14 characters, then
/// specification, pack and manufacturer; patent medicine Z + class + name = 11 characters.
fn generic_part(code: &InsuranceCode) -> &str {
    let length = match code.class() {
        InsuranceClass::WesternDrug => 14,
        InsuranceClass::PatentMedicine => 11,
        InsuranceClass::Piece | InsuranceClass::Consumable => code.as_str().len(),
    };
    code.as_str().get(..length).unwrap_or(code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_medicine_of_another_maker_is_the_same_treatment() {
        let code = |text: &str| text.parse::<InsuranceCode>().unwrap();
        let (one, other) = (
            code("XA01ABD075A002010100483"),
            code("XA01ABD075A002020300999"),
        );
        assert!(same_medicine(&one, &other));
        assert!(!same_medicine(&one, &code("XA01ABD075A003010100483")));
        assert!(!same_medicine(&code("T001700368"), &code("T001700369")));
    }
}
