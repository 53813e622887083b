//! Which door a till's secret opens.
//!
//! ```text
//! api.<43 characters>     the local API        counter.<…>  the counter page        gateway.<…>  the gateway
//! <43 characters>         all three doors of its till, as issued by earlier versions
//! ```
//! The door stands in the secret itself: what is kept is a digest of the whole, so that nobody changes the
//! door and still has a secret that opens anything. A dot is in no secret of the last form; none is issued any
//! more, and those that were open their till's doors until they are revoked: an upgrade stops no till.
//!
//! In scope: the form. Out of scope: whose a secret is (the desk).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A door that a secret is issued for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pass {
    Api,
    Counter,
    Gateway,
}

impl Pass {
    pub(crate) const ALL: [Self; 3] = [Self::Api, Self::Counter, Self::Gateway];

    /// The setting that says for which door a token was issued; none is there of one that opens all.
    pub(crate) fn setting_of(id: i64) -> String {
        format!("token-door.{id}")
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Counter => "counter",
            Self::Gateway => "gateway",
        }
    }

    /// The secret for this door that this text makes.
    pub(crate) fn seal(self, text: &str) -> String {
        format!("{self}.{text}")
    }

    /// Was this secret issued for this door, or for all of its till, before?
    pub(crate) fn is_for(self, secret: &str) -> bool {
        secret
            .split_once('.')
            .is_none_or(|(door, _)| door == self.name())
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Pass {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|pass| pass.name() == text);
        found.ok_or("api, counter or gateway")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_its_own_door_and_no_other() {
        for of in Pass::ALL {
            let secret = of.seal("abc_-0");
            for door in Pass::ALL {
                assert_eq!(door.is_for(&secret), door == of, "{secret} at {door}");
                assert!(door.is_for("abc_-0"));
                assert!(!door.is_for(".abc"));
                assert!(!door.is_for("API.abc"));
            }
            assert_eq!(of.name().parse(), Ok(of));
        }
    }
}
