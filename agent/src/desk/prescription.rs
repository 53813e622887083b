//! Prescriptions that the store keeps: received, reviewed, dispensed, archived or rejected.

use pharmacy_decision::facts::Prescription;
use pharmacy_protocol::term::EntryIndex;

use super::step::Step;
use super::{
    Caller, Credentials, Desk, DeskError, DeskHandle, Done, Image, Place, PrescriptionItem,
    PrescriptionTold, ShownImage,
};
use crate::core::sale::Sale;

impl Desk {
    /// Prescriptions kept here on which a sale may rest, as facts: those attached, and those that its
    /// till names by number or that are its patient's, name its drugs and are valid.
    pub(super) fn kept_for(&self, sale: &Sale) -> Result<Vec<Prescription>, DeskError> {
        let _ = sale;
        Ok(Vec::new())
    }

    /// The same as the page lists them.
    pub(super) fn attached_to(&self, sale: &Sale) -> Result<Vec<PrescriptionItem>, DeskError> {
        let _ = sale;
        Ok(Vec::new())
    }

    /// How many wait for a pharmacist.
    pub(super) fn waiting_reviews(&self) -> Result<u64, DeskError> {
        Ok(0)
    }

    /// Adds to a settlement's step what it uses up of the prescriptions that it rests on, or gives
    /// back when it is taken back.
    pub(super) fn dispense(&self, sale: &Sale, step: Step) -> Result<Step, DeskError> {
        let _ = sale;
        Ok(step)
    }

    /// Entries of the reviews that a sale rests on, with who reviewed.
    pub(super) fn reviews_of(
        &self,
        sale: &Sale,
    ) -> Result<Vec<(pharmacy_protocol::term::StaffId, EntryIndex)>, DeskError> {
        let _ = sale;
        Ok(Vec::new())
    }
}

impl DeskHandle {
    /// Takes a prescription in.
    pub async fn add_prescription(
        &self,
        caller: Caller,
        told: PrescriptionTold,
        images: Vec<Image>,
    ) -> Result<Done, DeskError> {
        todo!()
    }

    /// Attaches a prescription to the open sale of the caller's till.
    pub async fn attach_prescription(
        &self,
        caller: Caller,
        prescription: u64,
    ) -> Result<Done, DeskError> {
        todo!()
    }

    /// Approves a prescription; `matches` are the places of drugs and the lines that they are.
    pub async fn approve(
        &self,
        (caller, place): (Caller, Place),
        prescription: u64,
        matches: Vec<(usize, u32)>,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        todo!()
    }

    /// Rejects a prescription.
    pub async fn reject(
        &self,
        (caller, place): (Caller, Place),
        prescription: u64,
        reason: String,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        todo!()
    }

    /// Prescriptions that wait for a pharmacist or may still be dispensed, the newest first.
    pub async fn prescriptions(&self) -> Result<Vec<PrescriptionItem>, DeskError> {
        todo!()
    }

    /// An image of a prescription; seeing it is an entry.
    pub async fn prescription_image(
        &self,
        caller: Caller,
        prescription: u64,
        place: usize,
    ) -> Result<ShownImage, DeskError> {
        todo!()
    }
}
