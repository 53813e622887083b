//! Staff at the desk: signing in, and acts signed with a key that a PIN unlocks.
//!
//! ```text
//! desk     in force? duty? locked?  count the try as wrong, durably
//! beside   argon2id(PIN) opens the key, and the key signs
//! desk     right: forgive the wrong ones        wrong: a finding, once it is more than mistyping
//! ```
//! A try counts before it is made: neither a crash nor a till that hangs up nor a thousand requests
//! at once is a way to try PINs for nothing.
//!
//! In scope: acts, what rules ask of the register; shifts are in [`shift`]. Out of scope: the register's own rules
//! (`core::staff`), deriving keys (`journal`), enrolling people ([`enrol`]), acts by command ([`command`]).

pub mod command;
pub mod enrol;
mod row;
mod shift;

use std::sync::Arc;

use jiff::civil::Date;
use pharmacy_decision::facts::Competence;
use pharmacy_protocol::act::{self, ActKind, ActPlace, Occasion, StaffKey};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::record::finding::WrongPin;
use pharmacy_protocol::term::{EntryIndex, RegionCode, SaleId, StaffId, TillNumber};

use crate::core::moment::Moment;
use crate::core::staff::{
    Duty, Lock, MAX_REASON, Member, Registered, Side, StaffError, Staffing, demand_in_force,
};
use crate::memory::Staged;
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Place};
use pharmacy_base::clock::day_of;
use pharmacy_journal::store::{RegisterKind, Transaction};
use pharmacy_journal::{Draft, DraftPart, Journal, JournalError, Keys, LogView};

/// What is to be signed.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) kind: ActKind,
    pub(crate) sale: Option<SaleId>,
    /// Entries that were before the signer: a verdict, a prescription.
    pub(crate) about: Vec<EntryIndex>,
    /// What else is signed: rule, line, decision; no person in it but the signer.
    pub(crate) what: serde_json::Value,
    pub(crate) reason: Option<String>,
}

/// A signed act as a `staff` part, and whose it is.
pub(crate) struct SignedAct {
    pub(crate) staff: StaffId,
    pub(crate) part: DraftPart,
}

/// By which door somebody comes who acts from a place.
fn side_of(place: Place) -> Side {
    match place {
        Place::Till => Side::Counter,
        Place::Store | Place::Remote => Side::Review,
    }
}

impl From<Place> for ActPlace {
    fn from(place: Place) -> Self {
        match place {
            Place::Remote => Self::Remote,
            Place::Store => Self::Store,
            Place::Till => Self::Till,
        }
    }
}

/// The finding of wrong PINs, more than mistyping explains; no place for a command at the machine itself.
fn wrong_pin(staff: &StaffId, place: Option<Place>, lock: &Lock, now: Moment) -> WrongPin {
    WrongPin {
        finding: "staff.pin-wrong".to_owned(),
        staff: staff.clone(),
        place: place.map(ActPlace::from),
        wrong: lock.wrong(),
        locked_until: lock.locked_until(now),
    }
}

/// What somebody must be to sign.
#[derive(Clone, Copy)]
enum Needs {
    /// Somebody who works here.
    Contract,
    /// Somebody with this duty.
    Duty(Duty),
    /// Somebody on duty in the shop.
    Shift,
}

/// Somebody who says who they are; the PIN is not looked at yet.
struct Claim {
    keys: Keys,
    sealed_key: Vec<u8>,
    key: StaffKey,
    act: act::Act,
}

/// Where somebody acts.
#[derive(Clone)]
pub(crate) struct Post {
    till: TillNumber,
    place: Place,
}

impl Post {
    pub(crate) fn new(caller: &Caller, place: Place) -> Self {
        Self {
            till: caller.till.clone(),
            place,
        }
    }

    /// The till only if they stand at it.
    fn seat(&self) -> (ActPlace, Option<TillNumber>) {
        let till = (self.place == Place::Till).then(|| self.till.clone());
        (ActPlace::from(self.place), till)
    }
}

impl Claim {
    /// Opens the key with the PIN and signs; none if the PIN is wrong. Slow on purpose.
    fn prove(&self, by: &Credentials) -> Result<Option<SignedAct>, DeskError> {
        let Claim {
            keys, sealed_key, ..
        } = self;
        let seed = keys.open_staff_seed(&by.staff, &by.pin, sealed_key)?;
        let Some(seed) = seed else { return Ok(None) };
        let signed = act::SignedAct::sign(&self.act, &seed).map_err(StaffError::Act)?;
        // A row that somebody put together from two would sign in the wrong name.
        let verified = signed.verify(&by.staff, &self.key);
        let _ = verified.map_err(|_| JournalError::RowDamaged)?;
        Ok(Some(SignedAct {
            staff: by.staff.clone(),
            part: DraftPart::of(&signed)?,
        }))
    }
}

/// Everybody who was ever registered, by id.
pub(crate) fn members(view: &LogView) -> Result<Vec<Member>, DeskError> {
    let registered = row::load_all(&view.reader(), view.keys())?;
    let members = registered.into_iter().map(|registered| registered.member);
    Ok(members.collect())
}

/// A PIN that a command tried was right, as what it signed shows: what was counted is forgiven, whatever
/// becomes of what was signed.
fn forgive_signer(journal: &mut Journal, staff: &StaffId) -> Result<(), DeskError> {
    let keys = journal.keys().clone();
    journal.change(|transaction| {
        row::change(transaction, &keys, staff, None, |registered| {
            registered.lock.at_mut(Side::Counter).reset();
            Ok(())
        })
    })
}

impl Desk {
    /// How long a shift lasts at most.
    fn longest_shift_ms(&self) -> i64 {
        self.setup.store.longest_shift_ms()
    }

    fn registered(&self) -> Result<Vec<Arc<Registered>>, DeskError> {
        let rows = self.journal.reader().registers(RegisterKind::Staff)?;
        self.staff
            .open(rows, |row| row::open(self.journal.keys(), row))
    }

    /// Those who work here today and are on duty now.
    fn present(&self) -> Result<Vec<Arc<Registered>>, DeskError> {
        let (now_ms, longest_ms) = (self.clock.now_ms(), self.longest_shift_ms());
        let today = day_of(now_ms);
        let mut present = self.registered()?;
        present.retain(|registered| {
            let is_there = registered.on_duty(now_ms, longest_ms).is_some();
            is_there && registered.member.is_in_force(today)
        });
        Ok(present)
    }

    /// Who is on duty in the store.
    pub(crate) fn on_duty(&self) -> Result<Vec<OnDuty>, DeskError> {
        let till = |registered: &Registered| registered.shift.as_ref()?.till.clone();
        let present = self.present()?;
        let on_duty = present.iter().map(|registered| OnDuty {
            is_in_charge: registered.member.has(Duty::InCharge),
            is_pharmacist: registered.member.reviews(),
            staff: registered.member.staff.clone(),
            name: registered.member.name.clone(),
            till: till(registered),
        });
        Ok(on_duty.collect())
    }

    /// Who is signed in at a till.
    pub(crate) fn signed_in(&self, till: &TillNumber) -> Result<Option<StaffId>, DeskError> {
        let present = self.present()?;
        let mut here = present.iter().filter(|registered| {
            let shift = registered.shift.as_ref();
            shift.is_some_and(|shift| shift.till.as_ref() == Some(till))
        });
        Ok(here.next().map(|here| here.member.staff.clone()))
    }

    /// What the register says of somebody's right to review at a moment (R15).
    pub(crate) fn competence(&self, staff: &StaffId, at_ms: i64) -> Result<Competence, DeskError> {
        let found = row::load(&self.journal.reader(), self.journal.keys(), staff)?;
        let region: &RegionCode = &self.setup.store.region;
        let longest_ms = self.longest_shift_ms();
        Ok(found.map_or(Competence::Unqualified, |registered| {
            registered.competence(region, (at_ms, day_of(at_ms)), longest_ms)
        }))
    }

    /// Refuses a reviewer whose judgement no sale could rest on, before anything is signed (R15).
    pub(crate) fn demand_reviewer(&self, staff: &StaffId, place: Place) -> Result<(), DeskError> {
        let (now_ms, longest_ms) = (self.clock.now_ms(), self.longest_shift_ms());
        let (today, region) = (day_of(now_ms), &self.setup.store.region);
        let found = row::load(&self.journal.reader(), self.journal.keys(), staff)?;
        let registered = found.ok_or(StaffError::Unknown)?;
        demand_in_force(&registered.member, today)?;
        let needs = match place {
            Place::Remote => Duty::RemotePharmacist,
            Place::Store | Place::Till => Duty::Pharmacist,
        };
        registered.demand_duty(needs, ActPlace::from(place), (now_ms, longest_ms))?;
        let is_allowed =
            place != Place::Remote || self.pack.is_remote_review_allowed(region, today);
        match registered.competence(region, (now_ms, today), longest_ms) {
            Competence::Competent if is_allowed => Ok(()),
            Competence::Competent => Err(StaffError::Place.into()),
            Competence::Elsewhere => Err(StaffError::ReviewElsewhere.into()),
            Competence::OffDuty => Err(StaffError::ReviewOffDuty.into()),
            Competence::Unqualified => Err(StaffError::ReviewUnqualified.into()),
        }
    }

    /// How the store is staffed, by contracts (R32).
    pub(crate) fn staffing(&self, today: jiff::civil::Date) -> Result<Staffing, DeskError> {
        let registered = self.registered()?;
        let members = registered.iter().map(|registered| &registered.member);
        Ok(Staffing::of(members, today))
    }

    /// Is anybody registered who can be in charge? Then nobody else resolves doubts.
    pub(crate) fn has_in_charge(&self) -> Result<bool, DeskError> {
        let answers = |member: &Member| member.has(Duty::InCharge) && member.retired.is_none();
        let registered = self.registered()?;
        Ok(registered.iter().any(|known| answers(&known.member)))
    }

    /// Changes a member in a transaction of its own; no event of its own.
    fn change_member<T>(
        &mut self,
        staff: &StaffId,
        change: impl FnOnce(&mut Registered) -> Result<T, StaffError>,
    ) -> Result<T, DeskError> {
        let keys = self.journal.keys().clone();
        self.journal
            .change(|transaction| row::change(transaction, &keys, staff, None, change))
    }

    /// Records what somebody of the staff did, with the change of their row.
    fn record_staff(
        &mut self,
        till: Option<TillNumber>,
        part: DraftPart,
        rows: impl FnOnce(&Transaction<'_>, &Keys, EntryIndex) -> Result<(), DeskError>,
    ) -> Result<(), DeskError> {
        let keys = self.journal.keys().clone();
        let draft = Draft {
            till,
            ..Draft::new(EntryKind::Shift, part)
        };
        let _ = self.record(draft, |transaction, index| {
            rows(transaction, &keys, index)?;
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    /// Takes in who somebody says they are, and counts their try.
    fn begin_try(
        &mut self,
        at: &Post,
        needs: Needs,
        staff: &StaffId,
        act: Act,
    ) -> Result<Claim, DeskError> {
        let reason = act.reason.as_deref().unwrap_or_default();
        if reason.chars().count() > MAX_REASON {
            return Err(StaffError::Reason.into());
        }
        let (now_ms, longest_ms) = (self.clock.now_ms(), self.longest_shift_ms());
        let (side, now) = (side_of(at.place), self.moment());
        let (place, till) = at.seat();
        let (sealed_key, key) = self.change_member(staff, |registered| {
            demand_in_force(&registered.member, day_of(now_ms))?;
            match needs {
                Needs::Contract => {}
                Needs::Duty(duty) => registered.demand_duty(duty, place, (now_ms, longest_ms))?,
                Needs::Shift => registered.demand_shift(place, (now_ms, longest_ms))?,
            }
            let lock = registered.lock.at_mut(side);
            if let Some(until_ms) = lock.locked_until(now) {
                return Err(StaffError::Locked { until_ms });
            }
            lock.count(now);
            Ok((registered.sealed_key.clone(), registered.key))
        })?;
        let occasion = Occasion {
            log: self.journal.origin().clone(),
            at_ms: now_ms,
            place,
            till,
        };
        let mut signed = act::Act::new(act.kind, staff.clone(), occasion);
        signed.sale = act.sale;
        signed.about = act.about;
        if !act.what.is_null() {
            signed.what = act.what;
        }
        signed.reason = act.reason;
        Ok(Claim {
            keys: self.journal.keys().clone(),
            sealed_key,
            key,
            act: signed,
        })
    }

    /// The PIN was right: what was counted is forgiven.
    fn forgive(&mut self, at: &Post, staff: &StaffId) -> Result<(), DeskError> {
        let side = side_of(at.place);
        self.change_member(staff, |registered| {
            registered.lock.at_mut(side).reset();
            Ok(())
        })
    }

    /// The PIN was wrong: it stays counted, and is a finding once it is more than mistyping.
    fn report_wrong_pin(&mut self, at: &Post, staff: &StaffId) -> Result<(), DeskError> {
        let found = row::load(&self.journal.reader(), self.journal.keys(), staff)?;
        let side = side_of(at.place);
        let Some(lock) = found.map(|registered| *registered.lock.at(side)) else {
            return Ok(());
        };
        if !lock.is_suspicious() {
            return Ok(());
        }
        let till = &at.till;
        tracing::warn!(code = "staff.pin-wrong", %till, "wrong pins, more than mistyping explains");
        let record = wrong_pin(staff, Some(at.place), &lock, self.moment());
        self.note(Draft::of(&record)?.at(till))?;
        Ok(())
    }

    fn staff_items(&self) -> Result<Vec<StaffItem>, DeskError> {
        let (now_ms, longest_ms) = (self.clock.now_ms(), self.longest_shift_ms());
        let (today, now) = (day_of(now_ms), self.moment());
        let is_shown = |member: &Member| member.retired.is_none_or(|retired| today < retired);
        let registered = self.registered()?;
        let shown = registered.iter().filter(|known| is_shown(&known.member));
        let item = |registered: &Arc<Registered>| StaffItem {
            on_duty_since_ms: registered
                .on_duty(now_ms, longest_ms)
                .map(|shift| shift.since_ms),
            locked_until_ms: registered.lock.locked_until(now),
            duties: registered
                .member
                .duties
                .iter()
                .map(|duty| duty.name())
                .collect(),
            contract_until: Some(registered.member.contract.until),
            staff: registered.member.staff.clone(),
            name: registered.member.name.clone(),
        };
        Ok(shown.map(item).collect())
    }
}

impl DeskHandle {
    /// Checks a PIN and signs an act with the key that it unlocks. The derivation runs beside the
    /// desk's thread; a wrong PIN is counted, and the staff locked for a while after some.
    pub(crate) async fn sign(
        &self,
        at: Post,
        needs: Duty,
        by: Credentials,
        act: Act,
    ) -> Result<SignedAct, DeskError> {
        self.prove(at, Needs::Duty(needs), by, act).await
    }

    /// The same for what anybody on duty in the shop may sign.
    pub(crate) async fn sign_on_shift(
        &self,
        at: Post,
        by: Credentials,
        act: Act,
    ) -> Result<SignedAct, DeskError> {
        self.prove(at, Needs::Shift, by, act).await
    }

    /// The same where more than one duty may do; who may, is asked beside it.
    pub(crate) async fn sign_on_duty(
        &self,
        at: Post,
        needs: Option<Duty>,
        by: Credentials,
        act: Act,
    ) -> Result<SignedAct, DeskError> {
        let needs = needs.map_or(Needs::Contract, Needs::Duty);
        self.prove(at, needs, by, act).await
    }

    /// Once the PIN is tried, what came of it reaches the desk whether or not anybody still waits: a
    /// till that hangs up must not keep a wrong PIN out of the log.
    async fn prove(
        &self,
        at: Post,
        needs: Needs,
        by: Credentials,
        act: Act,
    ) -> Result<SignedAct, DeskError> {
        let (seat, staff) = (at.clone(), by.staff.clone());
        let claim = self.run(move |desk| desk.begin_try(&seat, needs, &staff, act));
        let claim = claim.await?;
        let desk = self.clone();
        let proving = tokio::task::spawn_blocking(move || {
            let proven = claim.prove(&by)?;
            let is_right = proven.is_some();
            desk.run_blocking(move |desk| match is_right {
                true => desk.forgive(&at, &by.staff),
                false => desk.report_wrong_pin(&at, &by.staff),
            })?;
            proven.ok_or_else(|| StaffError::PinWrong.into())
        });
        proving.await.map_err(|_| DeskError::Busy)?
    }

    /// The register, as the staff page shows it.
    pub async fn staff(&self) -> Result<Vec<StaffItem>, DeskError> {
        self.run(|desk| desk.staff_items()).await
    }
}

/// A member of staff on the board.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OnDuty {
    pub staff: StaffId,
    pub name: String,
    /// In charge of the store on this shift?
    pub is_in_charge: bool,
    pub is_pharmacist: bool,
    /// At which till; none elsewhere.
    pub till: Option<TillNumber>,
}

/// A member of staff, as the staff page shows them.
#[derive(Clone, Debug)]
pub struct StaffItem {
    pub staff: StaffId,
    pub name: String,
    /// Duties, as words of the register: `cashier`, `in-charge`, `insurance-manager`, `pharmacist`,
    /// `remote-pharmacist`.
    pub duties: Vec<&'static str>,
    /// Last day of the contract.
    pub contract_until: Option<Date>,
    /// Since when on duty, milliseconds since 1970.
    pub on_duty_since_ms: Option<i64>,
    /// Locked until, milliseconds since 1970.
    pub locked_until_ms: Option<i64>,
}
