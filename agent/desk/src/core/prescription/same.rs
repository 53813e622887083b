//! Whether two prescriptions are one: known by institution, number, day of issue and patient.
//!
//! Hospitals give out numbers of their own, and some begin anew each day: the number alone is nobody's.
//! What one of the two does not say decides nothing against an honest customer.

use super::{Kept, Written};

/// What a prescription that is told is to one that is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sameness {
    /// Another one.
    Another,
    /// Institution, number and day are the same, the person is not.
    OtherPerson,
    /// The same one.
    Same,
}

/// Compares one that is told with one that is kept.
pub fn sameness(kept: &Kept, told: &Written) -> Sameness {
    let known = &kept.written;
    let number = agree(known.number.as_ref(), told.number.as_ref(), |one, other| {
        one.eq_ignore_ascii_case(other)
    });
    let institution = same_institution(known, told);
    let day = agree(known.issued.as_ref(), told.issued.as_ref(), PartialEq::eq);
    let patient = agree(known.patient.known(), told.patient.known(), PartialEq::eq);
    let is_sure = institution == Some(true) && day == Some(true);
    match (number, institution, day, patient) {
        (Some(true), Some(false), ..) | (Some(true), _, Some(false), _) => Sameness::Another,
        (Some(true), _, _, Some(true)) => Sameness::Same,
        (Some(true), _, _, Some(false)) if is_sure => Sameness::OtherPerson,
        (Some(true), _, _, None) if is_sure => Sameness::Same,
        _ => Sameness::Another,
    }
}

/// Whether two texts agree; none where one of them is not told.
fn agree<T>(one: Option<&T>, other: Option<&T>, is: impl Fn(&T, &T) -> bool) -> Option<bool> {
    one.zip(other).map(|(one, other)| is(one, other))
}

/// By code where both have one, else by name.
fn same_institution(one: &Written, other: &Written) -> Option<bool> {
    let codes = agree(
        one.institution_code.as_ref(),
        other.institution_code.as_ref(),
        PartialEq::eq,
    );
    let bare = |name: &String| name.split_whitespace().collect::<String>();
    let is_same_name = |one: &String, other: &String| bare(one) == bare(other);
    codes.or_else(|| {
        agree(
            one.institution_name.as_ref(),
            other.institution_name.as_ref(),
            is_same_name,
        )
    })
}
