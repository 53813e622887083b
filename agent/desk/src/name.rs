//! Names of sales from outside: digests under the store's key, and whom they name.

use crate::core::sale::Sale;
use crate::step::{At, Write};
use crate::{Desk, DeskError};
use pharmacy_journal::store::{NameDigest, NameKind};

impl Desk {
    /// A name of a kind, as it is kept.
    pub(crate) fn name(&self, kind: NameKind, text: &str) -> NameDigest {
        self.journal.keys().name_digest(kind.as_str(), text)
    }

    /// The counter of the sale that bears a name; 0 where it is known and no sale's.
    pub(crate) fn bearer(
        &self,
        kind: NameKind,
        name: &NameDigest,
    ) -> Result<Option<u64>, DeskError> {
        Ok(self.journal.reader().sale_named(kind, name)?)
    }

    /// The sale that bears a name.
    pub(super) fn sale_called(
        &self,
        kind: NameKind,
        name: &NameDigest,
    ) -> Result<Option<Sale>, DeskError> {
        match self.bearer(kind, name)? {
            Some(counter) => self.load_counter(counter),
            None => Ok(None),
        }
    }
}

/// Names a sale from a step on.
pub(crate) fn naming(kind: NameKind, name: NameDigest) -> impl Write {
    move |at: &At<'_>| {
        let counter = at.sale.id.counter();
        Ok(at.transaction.put_sale_name(kind, &name, counter)?)
    }
}
