//! What an operator sets that the desk acts on: the store with its standing, reminders and calendar,
//! its tills, how trace codes arrive, when slips are printed.
//!
//! Out of scope: reading and checking the file that says so (the agent's `config`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use pharmacy_decision::facts::{Agreement, Arrival, Premises};
use pharmacy_decision::verdict::Stance;
use pharmacy_protocol::record::store::{Device, Door};
use pharmacy_protocol::term::{RegionCode, StoreCode, TillNumber};
use serde::Deserialize;

use crate::core::standing::reminder::Leads;
use pharmacy_base::calendar::Calendar;

/// What an operator set, as far as the desk is concerned.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where log, records and catalogues lie.
    pub data_dir: PathBuf,
    pub store: StoreConfig,
    pub till: TillConfig,
    /// How trace codes arrive.
    pub trace: TraceConfig,
    /// What a calculation hears of what its settlement would be refused for.
    pub early: Early,
    /// Stances that the store set itself, by rule.
    pub rules: BTreeMap<String, Stance>,
    pub configured: Configured,
}

/// `[gateway] early`: what a calculation (2101, 2206) hears of what its settlement would be refused for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Early {
    /// The same refusal, for whatever is broken; a question still passes with a warning.
    Refuse,
    /// A warning, but for what nobody can change.
    #[default]
    Warn,
}

/// What is recorded of a configuration beside what the desk acts on.
#[derive(Clone, Debug, Default)]
pub struct Configured {
    /// SHA-256 of its file.
    pub digest: String,
    pub doors: Vec<Door>,
    pub devices: Vec<Device>,
}

/// `[store]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoreConfig {
    /// National code, `P` and 11 digits.
    pub code: StoreCode,
    /// Name as on the licence.
    pub name: String,
    /// Administrative division, 6 digits.
    pub region: RegionCode,
    #[serde(default)]
    pub stage: StageConfig,
    /// Why the stage or a stance is lower than it was in force; it ends by itself.
    #[serde(default)]
    pub lowered_because: Option<String>,
    /// Hours after which a shift ends by itself, 1 to 24.
    #[serde(default = "default_longest_shift_hours")]
    pub longest_shift_hours: u8,
    /// The store's standing with the bureau.
    #[serde(default)]
    pub standing: StandingConfig,
    /// When somebody is reminded of a last day.
    #[serde(default)]
    pub reminders: RemindersConfig,
    #[serde(default)]
    pub calendar: CalendarConfig,
}

/// `[store.reminders]`: how long before a last day somebody is reminded (R33).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RemindersConfig {
    /// Months before an agreement ends.
    pub agreement_months: u8,
    /// Working days before a drug-trading licence ends.
    pub licence_days: u16,
    /// Working days before a business licence ends.
    pub business_licence_days: u16,
    /// Working days before a contract that counts for the staffing ends.
    pub contract_days: u16,
}

impl Default for RemindersConfig {
    fn default() -> Self {
        let Leads {
            agreement_months,
            licence_days,
            business_licence_days,
            contract_days,
        } = Leads::default();
        Self {
            agreement_months,
            licence_days,
            business_licence_days,
            contract_days,
        }
    }
}

/// `[store.calendar]`: years that the shipped calendar does not know yet.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CalendarConfig {
    /// A table of the same form as the shipped one.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// The shipped years, with those of the file.
    #[serde(skip, default = "Calendar::shipped")]
    pub days: Calendar,
}

impl Default for CalendarConfig {
    fn default() -> Self {
        Self {
            file: None,
            days: Calendar::shipped(),
        }
    }
}

impl StoreConfig {
    /// How long a shift lasts at most, in milliseconds.
    pub fn longest_shift_ms(&self) -> i64 {
        const HOUR_MS: i64 = 60 * 60 * 1000;
        i64::from(self.longest_shift_hours) * HOUR_MS
    }
}

/// Longest shift that can be set, in hours.
pub const MAX_SHIFT_HOURS: u8 = 24;

fn default_longest_shift_hours() -> u8 {
    16
}

/// `[store] stage`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum StageConfig {
    /// Rules warn at most, until the pack's commissioning period ends.
    #[default]
    Commissioning,
    /// Rules act as the pack says.
    Operating,
}

/// `[store.standing]`: R30 to R32 as facts. What is not set is not known, never assumed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StandingConfig {
    /// State of the service agreement.
    pub agreement: Option<Agreement>,
    pub agreement_until: Option<Date>,
    /// Last day of the drug-trading licence.
    pub licence_until: Option<Date>,
    /// Last day of the business licence.
    pub business_licence_until: Option<Date>,
    /// Is the drug sales area the one that was approved?
    pub premises: Option<Premises>,
    /// Working days since the oldest unfiled important change; 0 when all are filed.
    pub unfiled_change_days: Option<u32>,
    /// Insurance managers under contract.
    pub insurance_managers: Option<u32>,
    pub pharmacists: Option<u32>,
}

/// `[till]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TillConfig {
    /// The till on which the agent runs.
    pub number: TillNumber,
    /// Further tills enrolled at this place and served by this agent.
    #[serde(default)]
    pub enrolled: Vec<TillNumber>,
}

impl TillConfig {
    /// Is this till enrolled here?
    pub fn is_enrolled(&self, till: &TillNumber) -> bool {
        self.number == *till || self.enrolled.contains(till)
    }
}

/// `[trace]`: how trace codes (追溯码) reach the agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TraceConfig {
    /// Where they arrive, if not as the rule pack says of the region.
    pub arrives: Option<Arrival>,
    /// How many minutes after a settlement they may come at the latest, 1 to 1440.
    pub minutes: u16,
    /// How many minutes a sale that nobody touches holds its packs, 1 to 1440.
    pub hold_minutes: u16,
}

impl TraceConfig {
    /// How long a sale that nobody touches holds its packs, in milliseconds.
    pub(crate) fn hold_ms(&self) -> i64 {
        i64::from(self.hold_minutes).saturating_mul(60_000)
    }
}

impl Default for TraceConfig {
    fn default() -> Self {
        Self {
            arrives: None,
            minutes: 30,
            hold_minutes: 10,
        }
    }
}

/// Longest time that trace codes may take, or be held, in minutes: a day.
pub const MAX_TRACE_MINUTES: u16 = 1440;

/// `[printer] print`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum PrintOn {
    /// When somebody asks for it.
    Asked,
    /// When a sale was settled, and when somebody asks.
    Settled,
}
