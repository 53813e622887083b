//! Rows of the staff's register: sealed, and changed within one transaction only, since a command
//! beside the running agent changes them too.

use std::cell::RefCell;
use std::sync::Arc;

use pharmacy_protocol::term::{EntryIndex, StaffId};
use zeroize::Zeroizing;

use crate::DeskError;
use crate::core::staff::{Registered, StaffError};
use pharmacy_journal::store::{Reader, RegisterKind, RegisterRow, Transaction};
use pharmacy_journal::{Keys, RowName};

/// Binds a sealed row to its place.
const TABLE: &str = "register-staff";

fn open(keys: &Keys, row: &RegisterRow) -> Result<Registered, DeskError> {
    let bytes = keys.open_row(&RowName::Other(TABLE, &row.name), &row.state)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// What was last read of the register, so that a verdict opens no row that it knows.
///
/// INVARIANT: a member counts only while their row holds the very bytes that were opened. Whoever
/// changes a row seals it under a new nonce, a command beside the running agent as well.
#[derive(Debug, Default)]
pub(crate) struct Kept(RefCell<Vec<(RegisterRow, Arc<Registered>)>>);

impl Kept {
    /// The same as [`load_all`].
    pub(super) fn load_all(
        &self,
        reader: &Reader<'_>,
        keys: &Keys,
    ) -> Result<Vec<Arc<Registered>>, DeskError> {
        let known = self.0.take();
        let mut kept = Vec::with_capacity(known.len());
        for row in reader.registers(RegisterKind::Staff)? {
            let is_same = |held: &RegisterRow| held.name == row.name && held.state == row.state;
            let held = known.iter().find(|(held, _)| is_same(held));
            let registered = match held {
                Some((_, registered)) => Arc::clone(registered),
                None => Arc::new(open(keys, &row)?),
            };
            kept.push((row, registered));
        }
        let all = kept.iter().map(|(_, known)| Arc::clone(known)).collect();
        self.0.replace(kept);
        Ok(all)
    }
}

/// Everybody who was ever registered, by id.
pub(super) fn load_all(reader: &Reader<'_>, keys: &Keys) -> Result<Vec<Registered>, DeskError> {
    let rows = reader.registers(RegisterKind::Staff)?;
    rows.iter().map(|row| open(keys, row)).collect()
}

/// One member.
pub(super) fn load(
    reader: &Reader<'_>,
    keys: &Keys,
    staff: &StaffId,
) -> Result<Option<Registered>, DeskError> {
    let row = reader.register(RegisterKind::Staff, staff.as_str())?;
    row.map(|row| open(keys, &row)).transpose()
}

/// Keeps a member.
pub(super) fn put(
    transaction: &Transaction<'_>,
    keys: &Keys,
    registered: &Registered,
    entry: EntryIndex,
) -> Result<(), DeskError> {
    let name = registered.member.staff.as_str();
    let bytes = Zeroizing::new(serde_json::to_vec(registered)?);
    let state = keys.seal_row(&RowName::Other(TABLE, name), &bytes)?;
    Ok(transaction.put_register(RegisterKind::Staff, name, &state, entry)?)
}

/// Changes a member as they stand now; `entry` records it, none if it is no event.
pub(super) fn change<T>(
    transaction: &Transaction<'_>,
    keys: &Keys,
    (staff, entry): (&StaffId, Option<EntryIndex>),
    change: impl FnOnce(&mut Registered) -> Result<T, StaffError>,
) -> Result<T, DeskError> {
    let row = transaction.register(RegisterKind::Staff, staff.as_str())?;
    let row = row.ok_or(StaffError::Unknown)?;
    let mut registered = open(keys, &row)?;
    let changed = change(&mut registered)?;
    put(transaction, keys, &registered, entry.unwrap_or(row.entry))?;
    Ok(changed)
}
