//! Opening a shape again that is refused because it cannot be read: a vendor's upgrade came overnight.
//!
//! The person in charge opens it for the store for a day. At night, where nobody in charge is on duty, whoever
//! is does so for two hours and up to a sum. Either signs, and the entry is what the bureau is told.

use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::record::finding::UnreadShape;
use pharmacy_protocol::record::store::Reopened;
use pharmacy_protocol::term::StaffId;

use super::release::checked_reason;
use crate::core::staff::Duty;
use crate::memory::Staged;
use crate::reopened::REOPENED_SETTING;
use crate::staff::{Act, Post, SignedAct};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place, RemedyError};
use pharmacy_base::clock::STORE_OFFSET;
use pharmacy_journal::Draft;

/// What is to be opened, and whether alone.
#[derive(Clone)]
struct Opening {
    shape: UnreadShape,
    is_alone: bool,
}

impl Desk {
    /// A shape that is refused at a till of the store.
    fn shut_shape(&self, digest: &str) -> Option<UnreadShape> {
        let mut shut = self
            .memory
            .seats
            .iter()
            .filter_map(|(_, seat)| seat.shut.as_ref());
        shut.find(|shape| shape.digest() == digest).cloned()
    }

    /// What somebody would open, if they may.
    fn opening(&mut self, digest: &str, by: &StaffId) -> Result<Opening, DeskError> {
        let shape = self.shut_shape(digest).ok_or(RemedyError::NothingShut)?;
        let on_duty = self.on_duty()?;
        let is_in_charge = on_duty
            .iter()
            .any(|duty| duty.is_in_charge && duty.staff == *by);
        if is_in_charge {
            let is_alone = false;
            return Ok(Opening { shape, is_alone });
        }
        let is_here = on_duty.iter().any(|duty| duty.staff == *by);
        let has_in_charge = on_duty.iter().any(|duty| duty.is_in_charge);
        if !is_here || has_in_charge || !self.is_night() {
            return Err(RemedyError::OpensInCharge.into());
        }
        match self.reopened().is_rested() {
            true => Ok(Opening {
                shape,
                is_alone: true,
            }),
            false => Err(RemedyError::OpenedAlone.into()),
        }
    }

    fn is_night(&self) -> bool {
        let moment = jiff::Timestamp::from_millisecond(self.clock.now_ms());
        let zone = jiff::tz::TimeZone::fixed(STORE_OFFSET);
        let time = moment.map(|moment| moment.to_zoned(zone).time());
        time.is_ok_and(|time| self.pack.unread().is_night(time))
    }

    fn record_opening(
        &mut self,
        caller: &Caller,
        opening: Opening,
        signed: SignedAct,
    ) -> Result<Done, DeskError> {
        let again = self.opening(&opening.shape.digest(), &signed.staff)?;
        if again.is_alone != opening.is_alone {
            // Somebody in charge came or went while the PIN was checked.
            return Err(RemedyError::OpensInCharge.into());
        }
        let (at, unread) = (self.moment(), self.pack.unread().clone());
        let Opening { shape, is_alone } = opening;
        let record = Reopened {
            shape: shape.clone(),
            is_alone,
            hours: if is_alone {
                unread.alone_hours
            } else {
                unread.hours
            },
            calls: is_alone.then_some(unread.alone_calls),
            amount: is_alone.then(|| unread.alone_sum()),
        };
        let mut reopened = self.reopened().clone();
        let draft = Draft::of(&record)?.with(signed.part).at(&caller.till);
        let _ = self.record(draft, |transaction, entry| {
            reopened.open(shape.clone(), (entry, is_alone), at);
            transaction.put_setting(REOPENED_SETTING, &reopened.serialize()?)?;
            Ok(Staged::new(()).then(move |memory| {
                memory.reopened = reopened;
                for (_, seat) in memory.seats.iter_mut() {
                    let _ = seat.shut.take_if(|shut| *shut == shape);
                }
            }))
        })?;
        Ok(Done::new("counter.reopened"))
    }
}

impl DeskHandle {
    /// Opens a shape of settlements again that cannot be read.
    pub(crate) async fn reopen(
        &self,
        caller: Caller,
        place: Place,
        digest: String,
        reason: String,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let told = checked_reason(&reason).map_err(DeskError::from)?;
        let staff = by.staff.clone();
        let opening = self.run(move |desk| desk.opening(&digest, &staff)).await?;
        let act = Act {
            kind: ActKind::Reopen,
            sale: None,
            about: Vec::new(),
            what: serde_json::json!({
                "shape": opening.shape.digest(),
                "alone": opening.is_alone,
            }),
            reason: Some(told),
        };
        let needs = (!opening.is_alone).then_some(Duty::InCharge);
        let signed = self
            .sign_on_duty(Post::new(&caller, place), needs, by, act)
            .await?;
        self.run(move |desk| desk.record_opening(&caller, opening, signed))
            .await
    }
}
