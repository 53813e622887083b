//! Which money pays.

use serde::{Deserialize, Serialize};

/// Which money of the insurance pays (from `med_type`, `acct_used_flag`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fund {
    /// The personal account (个人账户).
    Account,
    /// Pooled fund for chronic and special diseases (门诊慢特病).
    Chronic,
    /// Negotiated drugs through the dual channel (双通道).
    DualChannel,
    /// Pooled fund for outpatients (门诊统筹).
    Pooled,
}

impl Fund {
    /// Does a pooled fund pay? Chronic diseases and the dual channel are pooled funds as well.
    pub fn is_pooled(self) -> bool {
        match self {
            Self::Account => false,
            Self::Chronic | Self::DualChannel | Self::Pooled => true,
        }
    }
}

/// What is to pay a line.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tender {
    /// Cash or anything that is not insurance money.
    Cash,
    /// The insurance: account or pooled fund, see [`Fund`].
    Insurance,
}
