//! Answers of the local API: each is recorded with what it answers, for a repetition of the request.

use pharmacy_protocol::term::{EntryIndex, SaleId};

use crate::core::sale::{Phase, Sale};
use crate::step::Step;
use crate::{Call, Desk, DeskError, Idempotency, Reply, SaleView, SalesView};
use pharmacy_journal::store::{self, RequestKey, SaleRow};
use pharmacy_journal::{Keys, RowName};

/// The key under which a request's answer is kept.
pub(crate) fn request_key<'a>(
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

/// An answer as it is kept for a repetition of its request.
pub(crate) fn sealed_answer(
    keys: &Keys,
    key: RequestKey<'_>,
    idempotency: &Idempotency,
    (reply, created_ms): (&Reply, i64),
) -> Result<store::Answer, DeskError> {
    Ok(store::Answer {
        body_digest: idempotency.digest,
        status: reply.status,
        response: keys.seal_row(&RowName::Request(key), &reply.body)?,
        created_ms,
    })
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
        let mut step = change(self, &mut sale)?;
        if matches!(sale.phase, Phase::Abandoned) {
            step.rows.released = self.digests(&sale.basket);
        }
        let findings = step.findings.clone();
        self.commit(call, sale, step, move |sale, entry, now_ms| {
            let mut view = SaleView::new(sale, entry, now_ms);
            view.findings = findings;
            Reply::json(200, &view)
        })
    }

    /// Records a step of a request: the answer is kept with it, for a repetition.
    pub(crate) fn commit(
        &mut self,
        call: &Call,
        sale: Sale,
        step: Step,
        respond: impl FnOnce(&Sale, EntryIndex, i64) -> Result<Reply, DeskError>,
    ) -> Result<Reply, DeskError> {
        let now_ms = self.clock.now_ms();
        let keys = self.journal.keys().clone();
        let is_new = sale.id.counter() == 0;
        let recorded = self.record_step(sale, step, |transaction, sale, index| {
            let reply = respond(sale, index, now_ms)?;
            if let Some(idempotency) = &call.idempotency {
                // The answer to an opening is kept for the caller, not for the sale it made.
                let counter = (!is_new).then(|| sale.id.counter());
                let program = call.caller.program();
                let key = request_key(&program, counter, idempotency);
                let answer = sealed_answer(&keys, key, idempotency, (&reply, now_ms))?;
                transaction.put_request(&key, &answer)?;
            }
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
