//! Giving money back at the counter (R20): each tender to its source.

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{Fen, SaleId};
use serde::Serialize;

use crate::core::sale::SaleError;
use crate::step::{self, Step};
use crate::{Call, Desk, DeskError, DeskHandle, Reply};
use pharmacy_journal::Draft;

/// A refund in cash, given or refused.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Refund {
    /// The key of the text catalogue when it was refused.
    finding: Option<&'static str>,
    sale: SaleId,
    amount: Fen,
}

impl Desk {
    fn refund(&mut self, call: &Call, id: &SaleId, amount: Fen) -> Result<Reply, DeskError> {
        let (mut sale, _) = self.load(&call.caller, id)?;
        let mut record = Refund {
            finding: None,
            sale: id.clone(),
            amount,
        };
        if let Err(error @ SaleError::RefundOfAccount) = sale.refund_cash(amount) {
            record.finding = Some(error.code());
            let part = step::part(PartClass::Answer, &record)?;
            let draft = Draft::new(EntryKind::Finding, part).at(&sale.till);
            self.note(draft.resting_on([sale.entry]))?;
            return Err(error.into());
        }
        self.step(call, id, |_, sale| {
            sale.refund_cash(amount)?;
            let part = step::part(PartClass::Answer, &record)?;
            Ok(Step::new(EntryKind::Reversal, part))
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
