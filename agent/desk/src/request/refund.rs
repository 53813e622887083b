//! Giving money back at the counter (R20): each tender to its source.

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::outcome::Outcome;
use pharmacy_protocol::term::{Fen, SaleId};

use crate::core::sale::SaleError;
use crate::step::{Step, part};
use crate::{Call, Desk, DeskError, DeskHandle, Reply};
use pharmacy_journal::Draft;

impl Desk {
    fn refund(&mut self, call: &Call, id: &SaleId, amount: Fen) -> Result<Reply, DeskError> {
        let (mut sale, _) = self.load(&call.caller, id)?;
        if let Err(error @ SaleError::RefundOfAccount) = sale.refund_cash(amount) {
            let record = Finding::Refund {
                finding: error.code().to_owned(),
                sale: id.clone(),
                amount,
            };
            let draft = Draft::of(&record)?.at(&sale.till);
            self.note(draft.resting_on([sale.entry]))?;
            return Err(error.into());
        }
        self.step(call, id, |_, sale| {
            sale.refund_cash(amount)?;
            let record = Outcome::Refunded {
                sale: sale.id.clone(),
                amount,
            };
            Ok(Step::new(EntryKind::Reversal, part(&record)?))
        })
    }
}

impl DeskHandle {
    /// Gives a part of what was paid in cash back as cash. What the insurance paid is refused, and
    /// the attempt recorded.
    pub async fn refund(&self, call: Call, sale: SaleId, amount: Fen) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            if let Some(reply) = desk.repeated(&call, Some(&sale))? {
                return Ok(reply);
            }
            desk.refund(&call, &sale, amount)
        })
        .await
    }
}
