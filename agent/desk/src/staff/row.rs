//! Rows of the staff's register: sealed, and changed within one transaction only, since a command
//! beside the running agent changes them too.

use pharmacy_protocol::term::{EntryIndex, StaffId};
use zeroize::Zeroizing;

use crate::DeskError;
use crate::core::staff::{Registered, StaffError};
use pharmacy_journal::store::{Reader, RegisterKind, RegisterRow, Transaction};
use pharmacy_journal::{Keys, RowName, told_register};

pub(super) fn open(keys: &Keys, row: &RegisterRow) -> Result<Registered, DeskError> {
    let bytes = keys.open_row(
        &RowName::Register(RegisterKind::Staff, &row.name),
        &row.state,
    )?;
    Ok(serde_json::from_slice(&bytes)?)
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
    let kind = RegisterKind::Staff;
    let name = registered.member.staff.as_str();
    let bytes = Zeroizing::new(serde_json::to_vec(registered)?);
    let row_name = RowName::Register(kind, name);
    let told = told_register(kind, &bytes)?;
    // A PIN that was tried is counted between entries, and no entry tells of it.
    let before = transaction.register(kind, name)?;
    let is_as_before = match before {
        Some(row) if row.entry == entry => {
            let before = keys.open_row(&row_name, &row.state)?;
            told_register(kind, &before)?.get() == told.get()
        }
        _ => false,
    };
    let row = RegisterRow {
        name: name.to_owned(),
        state: keys.seal_row(&row_name, &bytes)?,
        entry,
    };
    Ok(transaction.put_register(kind, &row, (!is_as_before).then_some(told))?)
}

/// Changes a member as they stand now; `entry` records it, none if it is no event.
pub(super) fn change<T>(
    transaction: &Transaction<'_>,
    keys: &Keys,
    staff: &StaffId,
    entry: Option<EntryIndex>,
    change: impl FnOnce(&mut Registered) -> Result<T, StaffError>,
) -> Result<T, DeskError> {
    let row = transaction.register(RegisterKind::Staff, staff.as_str())?;
    let row = row.ok_or(StaffError::Unknown)?;
    let mut registered = open(keys, &row)?;
    let changed = change(&mut registered)?;
    put(transaction, keys, &registered, entry.unwrap_or(row.entry))?;
    Ok(changed)
}
