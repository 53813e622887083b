//! Answers of the local API: each is recorded with what it answers, for a repetition of the request.

use pharmacy_protocol::term::SaleId;

use crate::core::sale::Sale;
use crate::step::{At, Step};
use crate::{Call, Desk, DeskError, Idempotency, Reply, SaleView, SalesView};
use pharmacy_journal::store::{self, RequestKey, SaleRow, Transaction};
use pharmacy_journal::{Keys, RowName};

/// The key under which a request's answer is kept.
fn request_key<'a>(
    program: &'a str,
    sale: Option<u64>,
    idempotency: &'a Idempotency,
) -> RequestKey<'a> {
    RequestKey {
        client: program,
        sale,
        key: &idempotency.key,
    }
}

/// Keeps the answer to a request for a repetition of it.
pub(crate) fn keep_answer(
    call: &Call,
    sale: Option<u64>,
    reply: &Reply,
    transaction: &Transaction<'_>,
    keys: &Keys,
    created_ms: i64,
) -> Result<(), DeskError> {
    let Some(idempotency) = &call.idempotency else {
        return Ok(());
    };
    let program = call.caller.program();
    let key = request_key(&program, sale, idempotency);
    let answer = store::Answer {
        body_digest: idempotency.digest,
        status: reply.status,
        response: keys.seal_row(&RowName::Request(key), &reply.body)?,
        created_ms,
    };
    Ok(transaction.put_request(&key, &answer)?)
}

impl Desk {
    /// The answer that a repeated request got, if this one is a repetition.
    pub(crate) fn repeated(
        &self,
        call: &Call,
        sale: Option<&SaleId>,
    ) -> Result<Option<Reply>, DeskError> {
        let Some(idempotency) = &call.idempotency else {
            return Ok(None);
        };
        let program = call.caller.program();
        let key = request_key(&program, sale.map(SaleId::counter), idempotency);
        let Some(known) = self.journal.reader().find_request(&key)? else {
            return Ok(None);
        };
        if known.body_digest != idempotency.digest {
            return Err(DeskError::KeyConflict);
        }
        let keys = self.journal.keys();
        let body = keys
            .open_row(&RowName::Request(key), &known.response)?
            .to_vec();
        Ok(Some(Reply {
            status: known.status,
            content_type: "application/json",
            body,
        }))
    }

    /// Runs a step on a sale and answers with the sale as it stands then.
    pub(crate) fn step(
        &mut self,
        call: &Call,
        id: &SaleId,
        change: impl FnOnce(&mut Self, &mut Sale) -> Result<Step, DeskError>,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(call, Some(id))? {
            return Ok(reply);
        }
        let (mut sale, _) = self.load(&call.caller, id)?;
        let step = change(self, &mut sale)?;
        self.commit(call, sale, step, |at| {
            Reply::json(200, &SaleView::new(at.sale, at.index, at.now_ms))
        })
    }

    /// Records a step of a request: the answer is kept with it, for a repetition.
    pub(crate) fn commit(
        &mut self,
        call: &Call,
        sale: Sale,
        step: Step,
        respond: impl FnOnce(&At<'_>) -> Result<Reply, DeskError>,
    ) -> Result<Reply, DeskError> {
        let is_new = sale.id.counter() == 0;
        let recorded = self.record_with(sale, step, |at| {
            let reply = respond(at)?;
            // The answer to an opening is kept for the caller, not for the sale it made.
            let counter = (!is_new).then(|| at.sale.id.counter());
            keep_answer(call, counter, &reply, at.transaction, at.keys, at.now_ms)?;
            Ok(reply)
        });
        Ok(recorded?.into_value())
    }

    pub(crate) fn show_rows(
        &self,
        rows: impl IntoIterator<Item = SaleRow>,
    ) -> Result<Reply, DeskError> {
        let now_ms = self.clock.now_ms();
        let mut sales = Vec::new();
        for row in rows {
            let (sale, entry) = self.open_row(&row)?;
            sales.push(SaleView::new(&sale, entry, now_ms));
        }
        Reply::json(200, &SalesView { sales })
    }
}
