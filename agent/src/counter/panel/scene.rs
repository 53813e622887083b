//! What a panel is made from.

use jiff::civil::Date;

use super::field::Typed;
use crate::counter::language::Language;
use pharmacy_desk::{Board, InboxFile, PrescriptionItem};

pub(in crate::counter) struct Scene<'a> {
    pub board: &'a Board,
    /// Prescriptions that may be attached.
    pub shelf: &'a [PrescriptionItem],
    /// Files in the scanner's folder.
    pub files: &'a [InboxFile],
    /// A form that was not carried out.
    pub typed: Option<&'a Typed>,
    pub today: Date,
    pub lang: Language,
}
