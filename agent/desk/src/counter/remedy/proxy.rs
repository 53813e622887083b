//! Standing proxies (代购备案): both papers once, one touch for a year.
//!
//! In scope: the setting that names who may fetch for an insured, and until when. Out of scope: the
//! papers themselves, which the entry that began it tells of; the touch (`people`).

use jiff::ToSpan;
use jiff::civil::Date;
use pharmacy_decision::facts::{Buyer, Person, ProxyReason};
use pharmacy_protocol::person::PersonRef;
use serde::{Deserialize, Serialize};

use crate::core::sale::{Masked, Sale};
use crate::step::{At, Write};
use crate::{Desk, DeskError, RemedyError};

/// Settings that name the standing proxy of an insured, by the insured's reference.
const PROXY_SETTING: &str = "proxy.";

/// What stands for nobody.
const NOBODY: &str = "";

/// How long what was shown of a proxy counts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Lasting {
    /// For a year, or until it is ended.
    AYear,
    /// For this sale.
    ThisSale,
}

/// Who may fetch for somebody, and until when. References and masked texts only.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct StandingProxy {
    pub(super) person: Person,
    pub(super) shown: Masked,
    pub(super) reason: ProxyReason,
    /// The last day.
    until: Date,
}

fn name_of(holder: &PersonRef) -> String {
    format!("{PROXY_SETTING}{}", holder.as_str())
}

impl Desk {
    /// Who may fetch for an insured today.
    pub(super) fn standing_proxy(
        &self,
        holder: &PersonRef,
    ) -> Result<Option<StandingProxy>, DeskError> {
        let setting = self.journal.reader().setting(&name_of(holder))?;
        let Some(setting) = setting.filter(|text| text != NOBODY) else {
            return Ok(None);
        };
        let standing: StandingProxy = serde_json::from_str(&setting)?;
        Ok(Some(standing).filter(|standing| self.clock.today() <= standing.until))
    }

    /// The buyer of a sale may fetch for its holder for a year from today.
    pub(super) fn standing_for(&self, sale: &Sale) -> Result<impl Write + use<>, DeskError> {
        let (
            Some(holder),
            Buyer::Proxy {
                person,
                reason: pharmacy_decision::Fact::Known(reason),
                ..
            },
        ) = (sale.roles.holder.reference.known(), &sale.roles.buyer)
        else {
            return Err(RemedyError::NoNumber.into());
        };
        let today = self.clock.today();
        let standing = StandingProxy {
            person: person.clone(),
            shown: sale.roles.buyer_shown.clone().unwrap_or(Masked {
                name: None,
                number: None,
            }),
            reason: *reason,
            until: today.checked_add(1.year()).unwrap_or(today),
        };
        let (name, value) = (name_of(holder), serde_json::to_string(&standing)?);
        Ok(move |at: &At<'_>| Ok(at.transaction.put_setting(&name, &value)?))
    }

    /// Nobody fetches for the holder of a sale from now on.
    pub(super) fn standing_ended(&self, sale: &Sale) -> Result<impl Write + use<>, DeskError> {
        let holder = sale.roles.holder.reference.known();
        let name = name_of(holder.ok_or(RemedyError::NoNumber)?);
        Ok(move |at: &At<'_>| Ok(at.transaction.put_setting(&name, NOBODY)?))
    }
}
