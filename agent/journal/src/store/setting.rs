//! Settings of the store that change while it runs, and numbers given out once.

use pharmacy_protocol::history::SettingKept;

use super::{Reader, StoreError, Transaction, unsigned};

impl Reader<'_> {
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.one(include_str!("query/find_setting.sql"), [name], |row| {
            row.get(0)
        })
    }

    /// Settings whose names begin so, with what follows in the name, in its order.
    pub fn settings_under(&self, prefix: &str) -> Result<Vec<(String, String)>, StoreError> {
        let found: Vec<(String, String)> =
            self.many(include_str!("query/list_settings.sql"), [prefix], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let rest = |(name, value): (String, String)| {
            let rest = name.strip_prefix(prefix)?.to_owned();
            Some((rest, value))
        };
        Ok(found.into_iter().filter_map(rest).collect())
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
/// till's calls and which readers are new is counted, and what passes unread is waited for, between entries.
pub(super) fn is_beside_the_log(name: &str) -> bool {
    let is_beside = matches!(
        name,
        "attested-ms" | "readers-new" | "rows" | "unread-passing"
    );
    is_beside || name.starts_with("gateway.tally.")
}
