//! Enrolment: who is entered into the register, by commands beside the running agent.
//!
//! Every change is a `staff` entry whose part names the member and the public key: with it, and with
//! nothing else, their signatures are checked from then on. Out of scope: who may run the commands;
//! whoever can, owns the machine, and what they do is in the log.

use jiff::civil::Date;
use pharmacy_protocol::Secret;
use pharmacy_protocol::act::StaffKey;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, StaffId};
use serde::Serialize;

use super::{WrongPin, row};
use crate::DeskError;
use crate::core::staff::{Lock, Member, Registered, StaffError, check_pin};
use crate::step::part;
use pharmacy_journal::store::Transaction;
use pharmacy_journal::{Draft, Journal, JournalError, Keys, PinCost};

/// What a `staff` entry records.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Record<'a> {
    change: &'static str,
    member: &'a Member,
    /// The key that their signatures are checked with from here on.
    key: StaffKey,
}

/// A new PIN, and what deriving from it costs.
#[derive(Debug)]
pub struct NewPin<'a> {
    /// The PIN; kept nowhere.
    pub pin: &'a Secret<String>,
    /// [`PinCost::SHOP`] but in tests.
    pub cost: PinCost,
}

/// Everybody who was ever registered, by id.
pub fn registered(journal: &Journal) -> Result<Vec<Registered>, DeskError> {
    row::load_all(&journal.reader(), journal.keys())
}

/// Enters a member with a fresh key under their PIN, and says which.
pub fn add(journal: &mut Journal, member: Member, pin: &NewPin<'_>) -> Result<StaffKey, DeskError> {
    member.check()?;
    let (key, sealed_key) = fresh_key(journal.keys(), &member.staff, pin)?;
    let registered = Registered::new(member, key, sealed_key);
    record(journal, "added", &registered, |transaction, keys, index| {
        let staff = &registered.member.staff;
        if row::load(transaction, keys, staff)?.is_some() {
            return Err(StaffError::Exists.into());
        }
        row::put(transaction, keys, &registered, index)
    })?;
    Ok(key)
}

/// Changes what is registered of a member: duties, contract, qualification, retirement.
pub fn amend(
    journal: &mut Journal,
    staff: &StaffId,
    amend: impl Fn(&mut Member),
) -> Result<(), DeskError> {
    let mut amended = find(journal, staff)?;
    amend(&mut amended.member);
    amended.member.check()?;
    let member = amended.member.clone();
    record(journal, "amended", &amended, |transaction, keys, index| {
        row::change(transaction, keys, staff, Some(index), |registered| {
            registered.member = member;
            Ok(())
        })
    })
}

/// Retires a member from a day on; their signatures stay what they are.
pub fn retire(journal: &mut Journal, staff: &StaffId, day: Date) -> Result<(), DeskError> {
    amend(journal, staff, |member| member.retired = Some(day))
}

/// Puts a member's key under another PIN. A wrong old one counts as it does at the counter.
pub fn change_pin(
    journal: &mut Journal,
    staff: &StaffId,
    now_ms: i64,
    old: &Secret<String>,
    new: &NewPin<'_>,
) -> Result<(), DeskError> {
    check_pin(new.pin.expose(), staff)?;
    let keys = journal.keys().clone();
    let sealed = count_try(journal, staff, now_ms)?;
    let Some(seed) = keys.open_staff_seed(staff, old, &sealed)? else {
        report_wrong_pin(journal, staff, now_ms)?;
        return Err(StaffError::PinWrong.into());
    };
    let sealed_key = keys.seal_staff_seed(staff, new.pin, &seed, new.cost)?;
    let known = find(journal, staff)?;
    if StaffKey::of_seed(&seed) != Ok(known.key) {
        // Another command has made a new key meanwhile, or the row is not whole.
        return Err(JournalError::RowDamaged.into());
    }
    record(
        journal,
        "pin-changed",
        &known,
        |transaction, keys, index| {
            row::change(transaction, keys, staff, Some(index), |registered| {
                registered.sealed_key = sealed_key;
                registered.lock = Lock::default();
                Ok(())
            })
        },
    )
}

/// Counts a try as wrong before it is made, and lends the sealed key.
fn count_try(journal: &mut Journal, staff: &StaffId, now_ms: i64) -> Result<Vec<u8>, DeskError> {
    let keys = journal.keys().clone();
    journal.change(|transaction| {
        row::change(transaction, &keys, staff, None, |registered| {
            if let Some(until_ms) = registered.lock.locked_until(now_ms) {
                return Err(StaffError::Locked { until_ms });
            }
            registered.lock.count(now_ms);
            Ok(registered.sealed_key.clone())
        })
    })
}

fn report_wrong_pin(journal: &mut Journal, staff: &StaffId, now_ms: i64) -> Result<(), DeskError> {
    let lock = find(journal, staff)?.lock;
    if !lock.is_suspicious() {
        return Ok(());
    }
    let record = WrongPin::new(staff, None, &lock, now_ms);
    let draft = Draft::new(EntryKind::Finding, part(PartClass::Staff, &record)?);
    let _ = journal.note(draft)?;
    Ok(())
}

/// Gives a member who forgot their PIN a new one, and with it a new key: the old key is lost with its
/// PIN, and the log shows from which entry on the new one signs.
pub fn renew_key(
    journal: &mut Journal,
    staff: &StaffId,
    new: &NewPin<'_>,
) -> Result<StaffKey, DeskError> {
    let mut renewed = find(journal, staff)?;
    let (key, sealed_key) = fresh_key(journal.keys(), staff, new)?;
    renewed.key = key;
    record(
        journal,
        "key-renewed",
        &renewed,
        |transaction, keys, index| {
            row::change(transaction, keys, staff, Some(index), |registered| {
                registered.key = key;
                registered.sealed_key = sealed_key;
                registered.lock = Lock::default();
                Ok(())
            })
        },
    )?;
    Ok(key)
}

fn find(journal: &Journal, staff: &StaffId) -> Result<Registered, DeskError> {
    let found = row::load(&journal.reader(), journal.keys(), staff)?;
    found.ok_or_else(|| StaffError::Unknown.into())
}

fn fresh_key(
    keys: &Keys,
    staff: &StaffId,
    new: &NewPin<'_>,
) -> Result<(StaffKey, Vec<u8>), DeskError> {
    check_pin(new.pin.expose(), staff)?;
    let seed = keys.mint_staff_seed()?;
    let key = StaffKey::of_seed(&seed).map_err(|_| JournalError::Random)?;
    let sealed_key = keys.seal_staff_seed(staff, new.pin, &seed, new.cost)?;
    Ok((key, sealed_key))
}

fn record(
    journal: &mut Journal,
    change: &'static str,
    registered: &Registered,
    rows: impl FnOnce(&Transaction<'_>, &Keys, EntryIndex) -> Result<(), DeskError>,
) -> Result<(), DeskError> {
    let record = Record {
        change,
        member: &registered.member,
        key: registered.key,
    };
    let draft = Draft::new(EntryKind::Staff, part(PartClass::Staff, &record)?);
    let keys = journal.keys().clone();
    let _ = journal.record(draft, |transaction, index| rows(transaction, &keys, index))?;
    Ok(())
}
