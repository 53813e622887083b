//! How a card reader is attached.

use serde::{Deserialize, Serialize};

/// How a reader is attached. Only a wire on the counter counts as presence.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP to this machine itself: anybody's program can answer there.
    Loopback,
    /// TCP to a reader on the shop's network.
    Network,
    /// A serial port.
    Serial,
    /// A simulated reader of the demo or a test.
    Simulated,
}
