//! Sealed rows as they were last read, so that a verdict opens no row that it knows.

use std::cell::RefCell;
use std::sync::Arc;

use crate::DeskError;
use pharmacy_journal::store::RegisterRow;

/// What was last read of a register.
///
/// INVARIANT: what was read counts only while its row holds the very bytes that were opened. Whoever
/// changes a row seals it under a new nonce, a command beside the running agent as well; a change that
/// was taken back leaves the bytes that were there before.
#[derive(Debug)]
pub(crate) struct Kept<T>(RefCell<Vec<(RegisterRow, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Kept<T> {
    /// All rows of the register, opened where they are not known.
    pub(crate) fn open(
        &self,
        rows: impl IntoIterator<Item = RegisterRow>,
        open: impl Fn(&RegisterRow) -> Result<T, DeskError>,
    ) -> Result<Vec<Arc<T>>, DeskError> {
        let known = self.0.take();
        let mut kept = Vec::with_capacity(known.len());
        for row in rows {
            let is_same = |held: &RegisterRow| held.name == row.name && held.state == row.state;
            let held = known.iter().find(|(held, _)| is_same(held));
            let opened = match held {
                Some((_, opened)) => Arc::clone(opened),
                None => Arc::new(open(&row)?),
            };
            kept.push((row, opened));
        }
        let all = kept.iter().map(|(_, opened)| Arc::clone(opened)).collect();
        self.0.replace(kept);
        Ok(all)
    }
}
