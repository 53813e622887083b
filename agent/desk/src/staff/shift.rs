//! Shifts: who is on duty, from a signed beginning to an end that takes no PIN.

use pharmacy_protocol::act::{ActKind, ActPlace};
use pharmacy_protocol::record::staff::Shift;
use pharmacy_protocol::term::{StaffId, TillNumber};

use super::{Act, Needs, Post, SignedAct, row};
use crate::core::staff::{Duty, Registered, StaffError};
use crate::step::part;
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place};

impl Desk {
    /// Says whether their PIN was forgotten for them since they were last here.
    fn record_sign_in(&mut self, at: &Post, signed: SignedAct) -> Result<bool, DeskError> {
        let (now_ms, longest_ms) = (self.clock.now_ms(), self.longest_shift_ms());
        let (place, till) = at.seat();
        let is_here = |other: &Registered| {
            let shift = other.shift.as_ref();
            till.is_some() && shift.is_some_and(|shift| shift.till == till)
        };
        let mut others = self.registered()?;
        others.retain(|other| is_here(other) && other.member.staff != signed.staff);
        let staff = signed.staff;
        let known = row::load(&self.journal.reader(), self.journal.keys(), &staff)?;
        let was_renewed = known.is_some_and(|known| known.renewed_ms.is_some());
        self.record_staff(till.clone(), signed.part, |transaction, keys, index| {
            // One at a till at a time: whoever was there stays on duty, elsewhere in the store.
            for other in others.iter().map(|other| &other.member.staff) {
                row::change(transaction, keys, other, Some(index), |other| {
                    if let Some(shift) = &mut other.shift {
                        shift.till = None;
                        shift.place = ActPlace::Store;
                    }
                    Ok(())
                })?;
            }
            row::change(transaction, keys, &staff, Some(index), |registered| {
                registered.begin_shift(now_ms, (place, till), longest_ms);
                registered.renewed_ms = None;
                Ok(())
            })
        })?;
        Ok(was_renewed)
    }

    fn record_sign_out(&mut self, caller: &Caller, staff: &StaffId) -> Result<(), DeskError> {
        let found = row::load(&self.journal.reader(), self.journal.keys(), staff)?;
        let registered = found.ok_or(StaffError::Unknown)?;
        if registered.shift.is_none() {
            return Err(StaffError::OffDuty.into());
        }
        let till = Some(caller.till.clone());
        self.end_shift(staff, till, &format!("sign-out at {}", caller.program()))
    }

    /// Ends a shift. Nobody signs for it: to go home takes no PIN.
    fn end_shift(
        &mut self,
        staff: &StaffId,
        till: Option<TillNumber>,
        how: &str,
    ) -> Result<(), DeskError> {
        let (now_ms, longest_ms) = (self.clock.now_ms(), self.longest_shift_ms());
        let record = Shift::Ended {
            staff: staff.clone(),
            how: how.to_owned(),
        };
        self.record_staff(till, part(&record)?, |transaction, keys, index| {
            row::change(transaction, keys, staff, Some(index), |registered| {
                registered.end_shift(now_ms, longest_ms);
                Ok(())
            })
        })
    }

    /// Records the end of shifts that ended by themselves.
    pub(crate) fn end_lapsed_shifts(&mut self) -> Result<(), DeskError> {
        let (now_ms, longest_ms) = (self.clock.now_ms(), self.longest_shift_ms());
        for registered in self.registered()? {
            let shift = registered.shift.as_ref();
            let lapsed = shift.filter(|shift| shift.ends_ms(longest_ms) <= now_ms);
            if let Some(shift) = lapsed {
                let till = shift.till.clone();
                self.end_shift(&registered.member.staff, till, "lapsed")?;
            }
        }
        Ok(())
    }
}

impl DeskHandle {
    pub async fn sign_in(
        &self,
        caller: Caller,
        place: Place,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let at = Post::new(&caller, place);
        // From elsewhere only those are on duty who review from there.
        let needs = match place {
            Place::Remote => Needs::Duty(Duty::RemotePharmacist),
            Place::Store | Place::Till => Needs::Contract,
        };
        let act = Act {
            kind: ActKind::SignIn,
            sale: None,
            about: Vec::new(),
            what: serde_json::Value::Null,
            reason: None,
        };
        let signed = self.prove(at.clone(), needs, by, act).await?;
        let recorded = self.run_in_turn(move |desk| desk.record_sign_in(&at, signed));
        Ok(Done::new(match recorded.await? {
            true => "staff.signed-in-renewed",
            false => "staff.signed-in",
        }))
    }

    pub async fn sign_out(&self, caller: Caller, staff: StaffId) -> Result<Done, DeskError> {
        self.run(move |desk| desk.record_sign_out(&caller, &staff))
            .await?;
        Ok(Done::new("staff.signed-out"))
    }
}
