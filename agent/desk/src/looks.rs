//! Who looked at which purchase list a moment ago.

use pharmacy_protocol::term::{EntryIndex, StaffId, TillNumber};

/// For how long the same person looks at the same thing: a page draws itself anew whenever anything happens.
const ONE_LOOK_MS: u64 = 10 * 60_000;

/// Who looked at what a moment ago.
#[derive(Default)]
pub(crate) struct Looks(Vec<(Look, u64)>);

#[derive(Eq, PartialEq)]
pub(crate) struct Look {
    pub(crate) till: TillNumber,
    pub(crate) staff: StaffId,
    /// The entry that holds it; none for the table of them.
    pub(crate) list: Option<EntryIndex>,
}

impl Looks {
    /// Is this a look of its own? Forgets those that are over.
    pub(crate) fn is_new(&mut self, look: &Look, mono_ms: u64) -> bool {
        let is_lasting = |since_ms| mono_ms.saturating_sub(since_ms) < ONE_LOOK_MS;
        self.0.retain(|(_, since_ms)| is_lasting(*since_ms));
        self.0.iter().all(|(before, _)| before != look)
    }

    pub(crate) fn keep(&mut self, look: Look, mono_ms: u64) {
        self.0.push((look, mono_ms));
    }
}
