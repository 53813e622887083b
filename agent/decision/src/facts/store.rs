//! The store and its standing on the day of the sale.

use std::collections::BTreeMap;

use jiff::civil::Date;
use pharmacy_protocol::term::RegionCode;
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::stance::Stance;

/// The store's standing on the day of the sale.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Store {
    /// Where the store lies.
    pub region: RegionCode,
    /// Is the store still being commissioned, or does it operate?
    pub stage: Stage,
    /// The service agreement with the bureau.
    pub agreement: Fact<Agreement>,
    /// Last day of the agreement.
    pub agreement_until: Fact<Date>,
    /// Last day of the drug-trading licence (药品经营许可证).
    pub licence_until: Fact<Date>,
    /// Last day of the business licence (营业执照); a licence without term has none and is known as
    /// the last day of the calendar.
    #[serde(default)]
    pub business_licence_until: Fact<Date>,
    /// Is the drug sales area the one that was approved?
    #[serde(default)]
    pub premises: Fact<Premises>,
    /// Working days since the oldest important change that is not filed; 0 when all are.
    pub unfiled_change_days: Fact<u32>,
    /// Insurance managers under contract (医保管理人员).
    pub insurance_managers: Fact<u32>,
    /// Pharmacists under contract.
    pub pharmacists: Fact<u32>,
    /// Is this till enrolled at this place?
    pub till: Fact<Enrolment>,
    /// Was an electronic prescription ever fetched at this till? Else the number is scanned off its print.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fetches: bool,
    /// Stances that the store itself set, by rule: earlier than its stage asks, or stricter than the
    /// pack.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stances: BTreeMap<String, Stance>,
    /// Where trace codes arrive at this store, where it differs from the region's rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_arrives: Option<Arrival>,
}

/// Where the trace codes of a sale arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// In a call after the settlement.
    After,
    /// Scanned by the agent before the settlement.
    Before,
    /// Within the settlement.
    Within,
}

/// How far the store is in its life with the agent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Recorded start-up period: rules warn, whatever their stance.
    Commissioning,
    /// Of old facts: settlements of a till could not all be read, and rules only warned there. No longer recorded.
    Degraded,
    /// Stances apply.
    Operating,
}

/// State of the service agreement (服务协议).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// 终止.
    Ended,
    /// In force.
    InForce,
    /// 解除.
    Rescinded,
    /// 中止.
    Suspended,
}

/// Whether drugs are sold where it was approved (R31).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Premises {
    /// Place and sales area are those that were approved.
    AsApproved,
    /// They are not.
    Changed,
}

/// Whether the till may settle here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enrolment {
    /// Enrolled at the registered place.
    Enrolled,
    /// Not known to the store's register.
    NotEnrolled,
}
