//! Words of the register: what a member of staff may do, and by which title.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a member of staff may do.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// Operates a till.
    Cashier,
    /// Is in charge of the store (负责人) while on duty: releases reasons, resolves doubts.
    InCharge,
    /// Manages the insurance business (专兼职医保管理人员).
    InsuranceManager,
    /// Reviews prescriptions in the store (药师).
    Pharmacist,
    /// Reviews prescriptions for the chain, from elsewhere (远程审方药师).
    RemotePharmacist,
}

impl Duty {
    /// Every duty, in the order of the alphabet.
    pub const ALL: [Self; 5] = [
        Self::Cashier,
        Self::InCharge,
        Self::InsuranceManager,
        Self::Pharmacist,
        Self::RemotePharmacist,
    ];

    /// The register's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cashier => "cashier",
            Self::InCharge => "in-charge",
            Self::InsuranceManager => "insurance-manager",
            Self::Pharmacist => "pharmacist",
            Self::RemotePharmacist => "remote-pharmacist",
        }
    }
}

/// By what a pharmacist is one (R15).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Title {
    /// Professional title in Chinese pharmacy (中药学专业技术职称).
    ChinesePharmacy,
    /// Professional title in clinical pharmacy (临床药学专业技术职称).
    ClinicalPharmacy,
    /// Licensed pharmacist (执业药师).
    LicensedPharmacist,
    /// Professional title in pharmacy (药学专业技术职称).
    Pharmacy,
}

impl Title {
    /// Every title, in the order of the alphabet.
    pub const ALL: [Self; 4] = [
        Self::ChinesePharmacy,
        Self::ClinicalPharmacy,
        Self::LicensedPharmacist,
        Self::Pharmacy,
    ];

    /// The register's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChinesePharmacy => "chinese-pharmacy",
            Self::ClinicalPharmacy => "clinical-pharmacy",
            Self::LicensedPharmacist => "licensed-pharmacist",
            Self::Pharmacy => "pharmacy",
        }
    }
}

/// A word that the register does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the register has no such word")]
pub struct WordError;

impl FromStr for Duty {
    type Err = WordError;
    fn from_str(name: &str) -> Result<Self, WordError> {
        let mut all = Self::ALL.into_iter();
        all.find(|duty| duty.name() == name).ok_or(WordError)
    }
}

impl FromStr for Title {
    type Err = WordError;
    fn from_str(name: &str) -> Result<Self, WordError> {
        let mut all = Self::ALL.into_iter();
        all.find(|title| title.name() == name).ok_or(WordError)
    }
}
