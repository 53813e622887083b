//! Settings of the store that change while it runs, and numbers given out once.

use pharmacy_protocol::history::SettingKept;

use super::{Reader, StoreError, Transaction, unsigned};

impl Reader<'_> {
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.one(include_str!("query/find_setting.sql"), [name], |row| {
            row.get(0)
        })
    }
}

impl Transaction<'_> {
    pub fn put_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.change(include_str!("query/put_setting.sql"), [name, value])?;
        if !is_beside_the_log(name) {
            let (name, value) = (name.into(), value.into());
            self.tell(|rows| rows.settings.push(SettingKept { name, value }));
        }
        Ok(())
    }

    /// Gives out the next number of a series, from 1.
    pub(super) fn next_counter(&self, name: &str) -> Result<u64, StoreError> {
        self.one(include_str!("query/next_counter.sql"), [name], |row| {
            unsigned(row, 0)
        })?
        .ok_or(StoreError::Row(None))
    }
}

/// Settings that no entry tells of: what the outside attested stands in every entry; what can be read of a
/// till's calls is counted, and what passes unread is waited for, between entries.
pub(super) fn is_beside_the_log(name: &str) -> bool {
    matches!(name, "attested-ms" | "gateway.passing" | "rows") || name.starts_with("gateway.tally.")
}
