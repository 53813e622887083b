//! The staff: who may do what, since when, and what a wrong PIN leads to.
//!
//! In scope: the register's nouns and its rules. Out of scope: keys and PIN derivation (`journal`),
//! recording (`desk`).

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
