//! Looking at purchase lists: by somebody who is signed in, and on record (R44).

use pharmacy_protocol::record::access::{Access, Asker};
use pharmacy_protocol::term::{EntryIndex, SaleId, StaffId};

use crate::core::staff::StaffError;
use crate::looks::Look;
use crate::{Caller, Desk, DeskError, DeskHandle};
use pharmacy_journal::Draft;

/// How long the program that settled a sale may have its list without anybody signed in: it prints the
/// customer's receipt, and does so again if the paper ran out.
const RECEIPT_MS: i64 = 24 * 3_600_000;

impl Desk {
    /// Who is signed in at the caller's till; an error if nobody is.
    pub(crate) fn demand_signed_in(&self, caller: &Caller) -> Result<StaffId, DeskError> {
        let staff = self.signed_in(&caller.till)?;
        staff.ok_or_else(|| StaffError::NotSignedIn.into())
    }

    /// Records that whoever is signed in at the caller's till looks at a list, or at which there are.
    pub(crate) fn look(&mut self, caller: &Caller, sale: Option<&SaleId>) -> Result<(), DeskError> {
        let staff = self.demand_signed_in(caller)?;
        let look = Look {
            till: caller.till.clone(),
            list: sale.map(|sale| self.list_entry(sale)).transpose()?,
            staff,
        };
        let mono_ms = self.clock.mono_ms();
        if !self.memory.looks.is_new(&look, mono_ms) {
            return Ok(());
        }
        let record = Access::List {
            by: Asker {
                client: caller.client.clone(),
                staff: Some(look.staff.clone()),
            },
            list: look.list,
        };
        self.note(Draft::of(&record)?.at(&caller.till))?;
        self.memory.looks.keep(look, mono_ms);
        Ok(())
    }

    /// The same for the till's own program, unless it is the receipt of a sale just settled.
    pub(crate) fn look_as_program(
        &mut self,
        caller: &Caller,
        (sale, list): (&SaleId, EntryIndex),
    ) -> Result<(), DeskError> {
        match self.age_of(list)? < RECEIPT_MS {
            true => Ok(()),
            false => self.look(caller, Some(sale)),
        }
    }
}

impl DeskHandle {
    /// Records that whoever is signed in at the caller's till looks at a list, or at which there are.
    pub async fn look(&self, caller: Caller, sale: Option<SaleId>) -> Result<(), DeskError> {
        self.run(move |desk| desk.look(&caller, sale.as_ref()))
            .await
    }

    /// Somebody is signed in at the caller's till.
    pub async fn demand_signed_in(&self, caller: Caller) -> Result<(), DeskError> {
        self.run(move |desk| desk.demand_signed_in(&caller).map(drop))
            .await
    }
}
