//! Letting a call leave: what it rests on is recorded first, and its answer is waited for.

use std::sync::Arc;

use pharmacy_protocol::term::EntryIndex;

use super::call::Arriving;
use crate::core::sale::Sale;
use crate::memory::Memory;
use crate::pending::{Pending, PendingKey};
use crate::step::Step;
use crate::{Departure, Desk, DeskError, Gated};
use pharmacy_journal::store::RelayedRow;

/// What a call does that may leave.
pub(super) enum Sending {
    /// Asks: what the answer's `warn_msg` is to say, if anything.
    Calculation(Option<String>),
    Money,
}

impl Desk {
    /// Records a step with the call that it lets leave.
    pub(super) fn send(
        &mut self,
        arriving: &Arriving,
        sending: Sending,
        sale: Sale,
        step: Step,
    ) -> Result<Gated, DeskError> {
        let moves_money = matches!(sending, Sending::Money);
        let step = step.staging(waiting(arriving, sending));
        let departed = self.record_with(sale, step, |at| {
            if moves_money {
                arriving.keep(at, None)?;
            }
            Ok(Departure {
                sale: at.sale.id.clone(),
                msgid: arriving.msgid.clone(),
                moves_money,
            })
        })?;
        Ok(Gated::Send(departed))
    }
}

/// Remembers a call that leaves, for its answer.
fn waiting(
    arriving: &Arriving,
    sending: Sending,
) -> impl FnOnce(&mut Memory, &Sale, EntryIndex) + use<> {
    let (request, table) = (Arc::clone(&arriving.request), arriving.table.clone());
    let (key, msgid) = (arriving.key, arriving.msgid.clone());
    let path = arriving.call.wrapping.path().to_owned();
    let row = arriving.row(0, EntryIndex::new(0), None);
    let (moves_money, warning) = match sending {
        Sending::Calculation(warning) => (false, warning),
        Sending::Money => (true, None),
    };
    move |memory, sale, entry| {
        let sale = sale.id.counter();
        let call = PendingKey {
            sale,
            msgid,
            moves_money,
        };
        let pending = Pending {
            request,
            table,
            path,
            key,
            row: RelayedRow { sale, entry, ..row },
            warning,
        };
        memory.pending.insert(call, pending);
    }
}
