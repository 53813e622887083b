//! `[store.calendar] file`: years that the shipped calendar does not know yet.

use std::path::Path;

use pharmacy_base::calendar::Calendar;
use pharmacy_desk::setup::CalendarConfig;

use super::error::{ConfigError, MAX_CONFIG};

/// Reads the file, which lies beside the configuration.
pub(super) fn settle(calendar: &mut CalendarConfig, folder: &Path) -> Result<(), ConfigError> {
    let Some(file) = &mut calendar.file else {
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
    calendar.days = std::mem::take(&mut calendar.days).with(added);
    Ok(())
}
