//! The rule pack in force.
//!
//! Until packs are signed, the pack is the one that ships with the binary, trusted because its
//! digest is pinned there.

use pharmacy_decision::pack::{Pack, PackError};

/// Stable code of a pack that cannot be used.
pub const UNUSABLE: &str = "pack.unusable";

/// The pack that ships with the agent.
pub fn shipped() -> Result<Pack, PackError> {
    pharmacy_decision::pack::shipped()
}
