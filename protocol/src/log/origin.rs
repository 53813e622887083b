//! A log's name in the world: `region.store/till/log-id`.
//!
//! The origin is the first line of every checkpoint and the name of the key that signs it. `init`
//! mints the log id, so a till that starts afresh never continues an older log's name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::term::{LogId, RegionCode, StoreCode, TillNumber};

/// The origin of one log.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    region: RegionCode,
    store: StoreCode,
    till: TillNumber,
    log: LogId,
    text: Box<str>,
}

/// Text that is no origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("origin must have the form region.store/till/log-id")]
pub struct OriginError;

impl Origin {
    /// The origin of log `log` of a till in a store of a region.
    pub fn new(region: &RegionCode, store: &StoreCode, till: &TillNumber, log: &LogId) -> Self {
        Self {
            text: format!("{region}.{store}/{till}/{log}").into(),
            region: region.clone(),
            store: store.clone(),
            till: till.clone(),
            log: log.clone(),
        }
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region that the store belongs to.
    pub fn region(&self) -> &RegionCode {
        &self.region
    }

    /// The store that keeps the log.
    pub fn store(&self) -> &StoreCode {
        &self.store
    }

    /// The till that the log was begun for.
    pub fn till(&self) -> &TillNumber {
        &self.till
    }

    /// The log's own id.
    pub fn log(&self) -> &LogId {
        &self.log
    }
}

impl FromStr for Origin {
    type Err = OriginError;
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let (region, rest) = text.split_once('.').ok_or(OriginError)?;
        let (store, rest) = rest.split_once('/').ok_or(OriginError)?;
        let (till, log) = rest.split_once('/').ok_or(OriginError)?;
        Ok(Self::new(
            &region.parse().map_err(|_| OriginError)?,
            &store.parse().map_err(|_| OriginError)?,
            &till.parse().map_err(|_| OriginError)?,
            &log.parse().map_err(|_| OriginError)?,
        ))
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;
    fn try_from(text: String) -> Result<Self, OriginError> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.text.into()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_what_is_no_origin() {
        for text in [
            "",
            "440300.P44030000001/01/0123456789abcdef ",
            "440300.P44030000001/01",
            "440300/P44030000001/01/0123456789abcdef",
            "440300.P44030000001/01/0123456789abcdef/x",
            "440300.P44030000001//0123456789abcdef",
            "440300.X44030000001/01/0123456789abcdef",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(text in "[0-9]{6}\\.[PH][0-9]{11}/[A-Za-z0-9_-]{1,16}/[0-9a-f]{16}") {
            let origin: Origin = text.parse().unwrap();
            prop_assert_eq!(origin.as_str(), &text);
            let again = Origin::new(origin.region(), origin.store(), origin.till(), origin.log());
            prop_assert_eq!(again, origin);
        }
    }
}
