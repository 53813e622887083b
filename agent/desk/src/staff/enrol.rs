//! Enrolment: who is entered into the register, by commands.
//!
//! ```text
//! command   PIN ─ argon2id ─► key, and its seed sealed        slow, and no PIN leaves the process
//! desk      key and sealed seed into the register, an entry   quick, between two calls of tills
//! ```
//! Every change is a `staff` entry whose part names the member and the public key: with it, and with
//! nothing else, their signatures are checked from then on. Out of scope: who may run the commands;
//! whoever can, owns the machine, and what they do is in the log.

use jiff::ToSpan as _;
use jiff::civil::Date;
use pharmacy_protocol::Secret;
use pharmacy_protocol::act::{ActKind, SignedAct, StaffKey};
use pharmacy_protocol::record::staff::{StaffChange, StaffChangeKind};
use pharmacy_protocol::term::{EntryIndex, StaffId};
use serde::{Deserialize, Serialize};

use super::command::{Meant, SignedBy, Signer};
use super::{row, wrong_pin};
use crate::DeskError;
use crate::core::staff::{
    Duty, Locks, Member, Registered, Side, StaffError, check_member, check_pin,
};
use crate::elapsed::moment;
use pharmacy_base::clock::day_of;
use pharmacy_journal::store::Transaction;
use pharmacy_journal::{Draft, Journal, JournalError, Keys, LogView, PinCost};

/// A new PIN, and what deriving from it costs.
#[derive(Debug)]
pub struct NewPin<'a> {
    /// The PIN; kept nowhere.
    pub pin: &'a Secret<String>,
    /// [`PinCost::SHOP`] but in tests.
    pub cost: PinCost,
}

/// A member's key, its seed sealed under their PIN.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SealedKey {
    pub key: StaffKey,
    /// The seed, sealed; what the PIN opens.
    pub seed: Vec<u8>,
}

impl SealedKey {
    /// Makes a fresh key. Takes as long as the PIN's cost says.
    pub fn mint(keys: &Keys, staff: &StaffId, pin: &NewPin<'_>) -> Result<Self, DeskError> {
        check_pin(pin.pin.expose(), staff)?;
        Self::seal(keys, staff, &keys.mint_staff_seed()?, pin)
    }

    /// Puts a sealed seed under another PIN; none if the old one is wrong. Takes twice as long.
    pub fn reseal(
        keys: &Keys,
        staff: &StaffId,
        seed: &[u8],
        old: &Secret<String>,
        new: &NewPin<'_>,
    ) -> Result<Option<Self>, DeskError> {
        check_pin(new.pin.expose(), staff)?;
        let seed = keys.open_staff_seed(staff, old, seed)?;
        let sealed = seed.map(|seed| Self::seal(keys, staff, &seed, new));
        sealed.transpose()
    }

    fn seal(
        keys: &Keys,
        staff: &StaffId,
        seed: &Secret<[u8; 32]>,
        pin: &NewPin<'_>,
    ) -> Result<Self, DeskError> {
        let key = StaffKey::of_seed(seed).map_err(|_| JournalError::Random)?;
        let seed = keys.seal_staff_seed(staff, pin.pin, seed, pin.cost)?;
        Ok(Self { key, seed })
    }
}

/// Everybody who was ever registered, by id.
pub fn registered(log: &LogView) -> Result<Vec<Registered>, DeskError> {
    row::load_all(&log.reader(), log.keys())
}

/// What somebody in charge answers for: whose entry in the register changes, and which key signs then.
#[derive(Clone, Debug)]
pub struct Vouching<'a> {
    pub change: StaffChangeKind,
    pub staff: &'a StaffId,
    pub key: &'a StaffKey,
}

impl Vouching<'_> {
    fn meant(&self) -> Meant {
        Meant {
            kind: ActKind::Vouch,
            what: serde_json::json!({"change": self.change, "staff": self.staff, "key": self.key}),
        }
    }

    pub fn sign(&self, signer: &Signer<'_>, now_ms: i64) -> Result<SignedBy, DeskError> {
        self.meant().sign_at_command(signer, now_ms)
    }

    /// Demands that somebody else in charge answers for it. Where nobody else is, nobody can: then it is on
    /// record without.
    fn demand(
        &self,
        journal: &mut Journal,
        vouched: Option<SignedBy>,
    ) -> Result<Option<SignedAct>, DeskError> {
        let mut others = in_charge(journal)?;
        others.retain(|other| other != self.staff);
        if others.is_empty() {
            return Ok(None);
        }
        self.demand_of(journal, &others, vouched)
    }

    /// Demands that one of these answers for it.
    fn demand_of(
        &self,
        journal: &mut Journal,
        those: &[StaffId],
        vouched: Option<SignedBy>,
    ) -> Result<Option<SignedAct>, DeskError> {
        let signed = vouched.ok_or(StaffError::Unvouched)?;
        if !those.contains(&signed.by) {
            return Err(StaffError::Unvouched.into());
        }
        signed.demand(journal, &self.meant(), Some(Duty::InCharge))?;
        Ok(Some(signed.act))
    }
}

/// Who is in charge today.
fn in_charge(journal: &Journal) -> Result<Vec<StaffId>, DeskError> {
    let today = day_of(journal.now_ms());
    let known = row::load_all(&journal.reader(), journal.keys())?.into_iter();
    let members = known.map(|known| known.member);
    let those = members.filter(|member| member.has(Duty::InCharge) && member.is_in_force(today));
    Ok(those.map(|member| member.staff).collect())
}

/// So many days before, it has to be entered that somebody in charge leaves, where nobody in charge answers
/// for it: else whoever sits at the machine could make themselves the first one again.
const NOTICE_DAYS: i32 = 7;

/// Does a change take somebody out of charge within the time of notice?
fn takes_charge_away(before: &Member, after: &Member, today: Date) -> bool {
    let in_charge = |member: &Member, day| member.has(Duty::InCharge) && member.is_in_force(day);
    let days = (0..NOTICE_DAYS).filter_map(|ahead| today.checked_add(ahead.days()).ok());
    let mut days = days.filter(|day| in_charge(before, *day));
    days.any(|day| !in_charge(after, day))
}

/// Enters a member with a fresh key. Somebody else in charge answers for whoever is to be in charge.
pub fn add(
    journal: &mut Journal,
    member: Member,
    key: SealedKey,
    vouched: Option<SignedBy>,
) -> Result<(), DeskError> {
    check_member(&member)?;
    let change = StaffChangeKind::Added;
    let vouched = match member.has(Duty::InCharge) {
        true => {
            let (staff, key) = (&member.staff, &key.key);
            Vouching { change, staff, key }.demand(journal, vouched)?
        }
        false => None,
    };
    let registered = Registered::new(member, key.key, key.seed);
    record(
        journal,
        change,
        (&registered, vouched),
        |transaction, keys, index| {
            let staff = &registered.member.staff;
            if row::load(transaction, keys, staff)?.is_some() {
                return Err(StaffError::Exists.into());
            }
            row::put(transaction, keys, &registered, index)
        },
    )
}

/// Changes what is registered of a member: duties, contract, qualification, retirement.
pub fn amend(
    journal: &mut Journal,
    staff: &StaffId,
    amend: impl Fn(&mut Member),
    vouched: Option<SignedBy>,
) -> Result<(), DeskError> {
    let mut amended = find(journal, staff)?;
    let before = amended.member.clone();
    amend(&mut amended.member);
    check_member(&amended.member)?;
    let (change, key) = (StaffChangeKind::Amended, &amended.key);
    let vouching = Vouching { change, staff, key };
    let today = day_of(journal.now_ms());
    let vouched = if amended.member.has(Duty::InCharge) && !before.has(Duty::InCharge) {
        vouching.demand(journal, vouched)?
    } else if takes_charge_away(&before, &amended.member, today) {
        let those = in_charge(journal)?;
        vouching.demand_of(journal, &those, vouched)?
    } else {
        None
    };
    let member = amended.member.clone();
    record(
        journal,
        change,
        (&amended, vouched),
        |transaction, keys, index| {
            row::change(transaction, keys, staff, Some(index), |registered| {
                registered.member = member;
                Ok(())
            })
        },
    )
}

/// Retires a member from a day on; their signatures stay what they are. For somebody in charge, somebody in
/// charge answers, they themselves or another one, or it is entered a week before.
pub fn retire(
    journal: &mut Journal,
    staff: &StaffId,
    day: Date,
    vouched: Option<SignedBy>,
) -> Result<(), DeskError> {
    amend(journal, staff, |member| member.retired = Some(day), vouched)
}

/// Puts a member's key under another PIN: it is the same key.
pub fn change_pin(
    journal: &mut Journal,
    staff: &StaffId,
    resealed: SealedKey,
) -> Result<(), DeskError> {
    let known = find(journal, staff)?;
    if resealed.key != known.key {
        // Another command has made a new key meanwhile, or the row is not whole.
        return Err(JournalError::RowDamaged.into());
    }
    record(
        journal,
        StaffChangeKind::PinChanged,
        (&known, None),
        |transaction, keys, index| {
            row::change(transaction, keys, staff, Some(index), |registered| {
                registered.sealed_key = resealed.seed;
                registered.lock = Locks::default();
                Ok(())
            })
        },
    )
}

/// Counts a try as wrong before it is made, as at the counter, and lends the sealed seed.
pub fn count_try(
    journal: &mut Journal,
    staff: &StaffId,
    now_ms: i64,
) -> Result<Vec<u8>, DeskError> {
    let (keys, now) = (journal.keys().clone(), moment(journal, now_ms));
    journal.change(|transaction| {
        row::change(transaction, &keys, staff, None, |registered| {
            let lock = registered.lock.at_mut(Side::Counter);
            if let Some(until_ms) = lock.locked_until(now) {
                return Err(StaffError::Locked { until_ms });
            }
            lock.count(now);
            Ok(registered.sealed_key.clone())
        })
    })
}

/// The PIN was wrong: it stays counted, and is a finding once it is more than mistyping.
pub fn report_wrong_pin(
    journal: &mut Journal,
    staff: &StaffId,
    now_ms: i64,
) -> Result<(), DeskError> {
    let lock = *find(journal, staff)?.lock.at(Side::Counter);
    if !lock.is_suspicious() {
        return Ok(());
    }
    let record = wrong_pin(staff, None, &lock, moment(journal, now_ms));
    let _ = journal.note(Draft::of(&record)?)?;
    Ok(())
}

/// Gives a member who forgot their PIN a new one, and with it a new key: the old key is lost with its
/// PIN, and the log shows from which entry on the new one signs.
///
/// Somebody else in charge answers for it, and the member is told at their next sign-in: whoever forgot a PIN
/// for somebody signs in their name.
pub fn renew_key(
    journal: &mut Journal,
    staff: &StaffId,
    fresh: SealedKey,
    vouched: Option<SignedBy>,
) -> Result<(), DeskError> {
    let mut renewed = find(journal, staff)?;
    let (change, key) = (StaffChangeKind::KeyRenewed, &fresh.key);
    let vouched = Vouching { change, staff, key }.demand(journal, vouched)?;
    let now_ms = journal.now_ms();
    renewed.key = fresh.key;
    record(
        journal,
        change,
        (&renewed, vouched),
        |transaction, keys, index| {
            row::change(transaction, keys, staff, Some(index), |registered| {
                registered.key = fresh.key;
                registered.sealed_key = fresh.seed;
                registered.lock = Locks::default();
                registered.renewed_ms = Some(now_ms);
                Ok(())
            })
        },
    )
}

fn find(journal: &Journal, staff: &StaffId) -> Result<Registered, DeskError> {
    let found = row::load(&journal.reader(), journal.keys(), staff)?;
    found.ok_or_else(|| StaffError::Unknown.into())
}

fn record(
    journal: &mut Journal,
    change: StaffChangeKind,
    (registered, vouched): (&Registered, Option<SignedAct>),
    rows: impl FnOnce(&Transaction<'_>, &Keys, EntryIndex) -> Result<(), DeskError>,
) -> Result<(), DeskError> {
    let record = StaffChange {
        change,
        member: registered.member.clone(),
        key: registered.key,
        vouched,
    };
    let draft = Draft::of(&record)?;
    let keys = journal.keys().clone();
    let _ = journal.record(draft, |transaction, index| rows(transaction, &keys, index))?;
    Ok(())
}
