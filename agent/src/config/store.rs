//! `[store]` and its parts: who the store is, its standing, reminders, calendar.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pharmacy_decision::facts::{Agreement, Premises};
use pharmacy_protocol::term::{RegionCode, StoreCode};
use serde::Deserialize;

use super::{ConfigError, MAX_CONFIG};
use crate::calendar::Calendar;
use crate::core::standing::reminder::Leads;

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
    /// Commissioning or operating.
    #[serde(default)]
    pub stage: StageConfig,
    /// Hours after which a shift ends by itself, 1 to 24.
    #[serde(default = "default_longest_shift_hours")]
    pub longest_shift_hours: u8,
    /// The store's standing with the bureau.
    #[serde(default)]
    pub standing: StandingConfig,
    /// When somebody is reminded of a last day.
    #[serde(default)]
    pub reminders: RemindersConfig,
    /// Working days.
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

impl CalendarConfig {
    /// Reads the file, which lies beside the configuration.
    pub(super) fn settle(&mut self, folder: &Path) -> Result<(), ConfigError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        *file = folder.join(&*file);
        let path = || file.clone();
        let unreadable = |source| ConfigError::CalendarUnreadable {
            path: path(),
            source,
        };
        let size = std::fs::metadata(&file).map_err(unreadable)?.len();
        if size > MAX_CONFIG {
            return Err(ConfigError::TooLarge(path()));
        }
        let text = std::fs::read_to_string(&file).map_err(unreadable)?;
        let added = Calendar::parse(&text).map_err(|source| ConfigError::Calendar {
            path: path(),
            source,
        })?;
        self.days = std::mem::take(&mut self.days).with(added);
        Ok(())
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
    /// Its last day.
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
    /// Pharmacists under contract.
    pub pharmacists: Option<u32>,
}
