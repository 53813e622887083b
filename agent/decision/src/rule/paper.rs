//! What must be known of the prescription that a line rests on: a picture, who wrote it, when.
//!
//! In scope: articles that may need one. Out of scope: until when it is good, whose it is, what its
//! institution and physician may do (`rule::prescription`); which money asks for how much (the pack).

use crate::fact::Fact;
use crate::facts::{Prescription, PrescriptionForm};
use crate::rule::prescription::where_needed;
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};

/// A picture of it is kept, or it is an electronic one with a number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionPicture {}

/// Institution, physician, number and day of issue are told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionDetails {}

/// It was not issued after today.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionDate {}

impl PrescriptionPicture {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        where_needed(line, |prescription| match prescription.form {
            PrescriptionForm::Electronic if is_numbered(prescription) => Truth::Holds,
            PrescriptionForm::Electronic => {
                Truth::broken(Word::PrescriptionUnnumbered, Word::PrescriptionNeeded)
            }
            PrescriptionForm::Paper => match prescription.sheet {
                Fact::Known(sheet) if sheet.pictures > 0 => Truth::Holds,
                Fact::Known(_) => Truth::broken(Word::PrescriptionUnseen, Word::PrescriptionNeeded),
                // Whoever told of it may keep its picture elsewhere.
                Fact::Missing(_) => Truth::Undetermined(Missing::PrescriptionPicture),
            },
        })
    }
}

impl PrescriptionDetails {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        where_needed(line, |prescription| {
            let lacks = |word| Truth::broken(word, Word::PrescriptionWhole);
            // Of one that is told by another program, what is said of institution and physician says
            // that they are known there.
            let (institution, physician) = match prescription.sheet {
                Fact::Known(sheet) => (sheet.institution, sheet.physician),
                Fact::Missing(_) => (true, true),
            };
            let is_named = prescription.sheet.known().is_some()
                || (prescription.institution.known().is_some()
                    && prescription.physician.known().is_some());
            if !institution {
                lacks(Word::PrescriptionOfNobody)
            } else if !physician {
                lacks(Word::PrescriptionUnsigned)
            } else if !is_numbered(prescription) {
                lacks(Word::PrescriptionUnnumbered)
            } else if prescription.issued.known().is_none() {
                lacks(Word::PrescriptionUndated)
            } else if is_named {
                Truth::Holds
            } else {
                Truth::Undetermined(Missing::PrescriptionDetails)
            }
        })
    }
}

impl PrescriptionDate {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let today = scene.facts.today;
        where_needed(line, |prescription| match prescription.issued {
            Fact::Known(issued) if issued > today => {
                Truth::broken(Seen::Date(issued), Seen::Date(today))
            }
            // That it is not told is the matter of `PrescriptionDetails`.
            Fact::Known(_) | Fact::Missing(_) => Truth::Holds,
        })
    }
}

fn is_numbered(prescription: &Prescription) -> bool {
    let number = prescription.number.as_deref();
    number.is_some_and(|number| !number.trim().is_empty())
}
