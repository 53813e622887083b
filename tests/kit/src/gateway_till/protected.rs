//! A shop whose till was protected by changing one address: the till, the agent, the platform.

use std::net::SocketAddr;

use serde_json::Value;

use super::GatewayTill;
use crate::http::Request;
use crate::platform::{Manner, Platform};
use crate::{Daemon, Shop, Till};

/// The three of them. The platform outlives every agent.
#[derive(Debug)]
pub struct Protected {
    /// The platform.
    pub platform: Platform,
    /// The shop on disk.
    pub shop: Shop,
    /// The running agent; none after it was killed.
    daemon: Option<Daemon>,
    /// The secrets of its tills, the shop's own first.
    secrets: Vec<String>,
}

/// An attempt to settle or to take back, as the agent's local API shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Message id.
    pub msgid: String,
    /// The message id of the settlement that it takes back.
    pub reverses: Option<String>,
    /// `intended`, `not-sent`, `declined`, `settled` or `in-doubt`.
    pub state: String,
    /// The platform's number.
    pub settlement: Option<String>,
}

impl Protected {
    /// A platform, a shop with one till behind it, and a running agent.
    pub fn start(manner: Manner) -> Self {
        Self::with_tills(manner, 1)
    }

    /// The same with tills `01` to `tills`.
    pub fn with_tills(manner: Manner, tills: u32) -> Self {
        Self::prepared(manner, tills, "", |_| {})
    }

    /// The same with more configuration, made ready before the agent starts.
    pub fn prepared(manner: Manner, tills: u32, more: &str, prepare: impl FnOnce(&Shop)) -> Self {
        let platform = Platform::start(manner);
        let shop = Shop::behind_with(&platform, tills, more);
        prepare(&shop);
        let secrets = (1..=tills).map(|till| {
            let till = format!("{till:02}");
            shop.issue_for("gateway", &format!("till-{till}"), &till)
        });
        let secrets = secrets.collect();
        let daemon = Some(shop.start());
        Self {
            platform,
            shop,
            daemon,
            secrets,
        }
    }

    /// The running agent.
    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("the agent runs")
    }

    /// Where its gateway listens.
    pub fn gateway(&self) -> SocketAddr {
        self.daemon().gateway()
    }

    /// The shop's own till, at the gateway.
    pub fn till(&self) -> GatewayTill {
        self.till_at(0)
    }

    /// One of the tills, counted from 0, at the gateway.
    pub fn till_at(&self, place: usize) -> GatewayTill {
        let (manner, secret) = (self.platform.manner(), &self.secrets[place]);
        GatewayTill::through(manner, self.gateway(), secret)
    }

    /// Ends the agent without warning.
    pub fn kill(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.kill();
        }
    }

    /// Starts the agent again.
    pub fn restart(&mut self) {
        self.kill();
        self.daemon = Some(self.shop.start());
    }

    /// The same till at the local API.
    pub fn api(&self) -> Till {
        self.shop.till(self.daemon())
    }

    /// How many attempts are in doubt, as the agent's status says.
    pub fn in_doubt(&self) -> u64 {
        let status = self.api().must("GET", "/v1/status", &Value::Null);
        status["in_doubt"].as_u64().expect("a number of attempts")
    }

    /// Every attempt of every sale.
    pub fn attempts(&self) -> Vec<Attempt> {
        attempts(&mut self.api())
    }

    /// The attempt under a message id; none is a lost record.
    #[track_caller]
    pub fn attempt(&self, msgid: &str) -> Attempt {
        let attempts = self.attempts();
        let mut under = attempts.iter().filter(|attempt| attempt.msgid == msgid);
        let found = under.next().cloned();
        assert!(under.next().is_none(), "twice under {msgid}: {attempts:?}");
        found.unwrap_or_else(|| panic!("nothing under {msgid}: {attempts:?}"))
    }

    /// How often a call under a message id arrived at the platform, answered or not.
    pub fn times_arrived(&self, msgid: &str) -> usize {
        let all = self.platform.record().all();
        let under = all
            .iter()
            .filter(|exchange| exchange.msgid.as_deref() == Some(msgid));
        under.count()
    }
}

/// How many sale numbers in a row may be missing.
const MAX_GAP: u32 = 3;

/// Every attempt of every sale, by walking the sales' numbers: closed sales are in no list.
fn attempts(api: &mut Till) -> Vec<Attempt> {
    let checkpoint = api.get("/v1/log/checkpoint");
    let origin = checkpoint.text().lines().next().unwrap_or_default();
    let log = origin
        .rsplit('/')
        .next()
        .expect("an origin ends in the log's id");
    let (mut found, mut gap) = (Vec::new(), 0);
    for number in 0.. {
        let sale = Request::new("GET", &format!("/v1/sales/{log}-{number}"));
        let sale = api.send(&sale);
        if sale.status != 200 {
            gap += 1;
            if gap > MAX_GAP {
                break;
            }
            continue;
        }
        gap = 0;
        let shown = sale.json();
        let attempts = shown["attempts"].as_array().into_iter().flatten();
        found.extend(attempts.map(attempt));
    }
    found
}

fn attempt(shown: &Value) -> Attempt {
    let text = |name: &str| shown[name].as_str().map(str::to_owned);
    Attempt {
        msgid: text("msgid").expect("a message id"),
        reverses: text("reverses"),
        state: text("state").expect("a state"),
        settlement: text("settlement"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::attempts;
    use crate::Shop;
    use crate::till::{HUSBAND, WIFE, pack, settled};

    #[test]
    fn attempts_of_open_and_closed_sales_are_found() {
        let shop = Shop::new();
        let daemon = shop.start();
        let mut api = shop.till(&daemon);
        assert_eq!(attempts(&mut api), []);
        for (person, number) in [(WIFE, 1), (HUSBAND, 2)] {
            let (sale, verdict) = api.allowed(person, &[pack(number)]);
            let msgid = format!("M{number}");
            api.must(
                "POST",
                &format!("{sale}/attempts"),
                &json!({ "msgid": msgid }),
            );
            if number == 1 {
                let outcome = settled(&msgid, &verdict);
                api.must("POST", &format!("{sale}/outcomes"), &outcome);
            }
        }
        let found = attempts(&mut api);
        let told: Vec<_> = found
            .iter()
            .map(|attempt| (attempt.msgid.as_str(), attempt.state.as_str()))
            .collect();
        assert_eq!(told, [("M1", "settled"), ("M2", "intended")]);
        assert_eq!(found[0].settlement.as_deref(), Some("SETL-M1"));
    }
}
