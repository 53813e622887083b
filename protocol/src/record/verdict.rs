//! What a verdict's entry says beside facts and decision.

use serde::{Deserialize, Serialize};

use crate::term::Infno;

/// The call through the gateway that asked for a verdict.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatedCall {
    /// The call's number in the national interface.
    pub infno: Infno,
    /// Its message id.
    pub msgid: String,
    /// SHA-256 of its body, hexadecimal.
    pub body: String,
    /// Serials of the fee lines.
    pub serials: Vec<String>,
    /// The visit that it settles.
    pub visit: Option<String>,
    /// The batch of its fee lines.
    pub batch: Option<String>,
    /// Does it leave under this message id?
    pub departs: bool,
    /// Why it is held back although the verdict allows it, as a code of the text catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// A sale of the local API that is held back although the verdict allows it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HeldBack {
    /// Why, as a code of the text catalogue.
    pub held: String,
}
