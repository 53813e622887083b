//! One step of a sale: entry, parts, rows and answer in one transaction.

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, SaleId};
use serde::Serialize;
use zeroize::Zeroizing;

use super::prescription::KeptRow;
use super::{Call, Caller, Desk, DeskError, Idempotency, OpenSale, Reply, SaleView, SalesView};
use crate::core::attempt::AttemptState;
use crate::core::basket::Basket;
use crate::core::sale::{Finding, Phase, Sale};
use crate::list::record::Records;
use crate::sale::goods::{Rows, Sold};
use crate::sale::people::identity_part;
use pharmacy_journal::store::{
    self, NameDigest, NameKind, PackDigest, RequestKey, SaleRow, StoreError, Transaction,
};
use pharmacy_journal::{Draft, DraftPart, Keys, Recorded, RowName};

type Apply = Box<dyn FnOnce(&mut Sale, EntryIndex)>;

/// Rows of another part of the desk that follow from a step.
type Also = Box<dyn FnOnce(&Transaction<'_>, &Sale, EntryIndex) -> Result<(), StoreError>>;

/// What a step records and which rows follow from it.
pub(super) struct Step {
    kind: EntryKind,
    parts: Vec<DraftPart>,
    refs: Vec<EntryIndex>,
    findings: Vec<Finding>,
    apply: Option<Apply>,
    rows: Rows,
    also: Vec<Also>,
    kept: Vec<KeptRow>,
}

/// A record as the bytes of a part.
pub(super) fn bytes(record: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, DeskError> {
    Ok(Zeroizing::new(serde_json::to_vec(record)?))
}

/// A record as a part.
pub(super) fn part(class: PartClass, record: &impl Serialize) -> Result<DraftPart, DeskError> {
    Ok(DraftPart {
        class,
        bytes: bytes(record)?,
    })
}

impl Step {
    pub(super) fn new(kind: EntryKind, part: DraftPart) -> Self {
        Self {
            kind,
            parts: vec![part],
            refs: Vec::new(),
            findings: Vec::new(),
            apply: None,
            rows: Rows::default(),
            also: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Who the step names, if it names anybody.
    pub(super) fn naming(self, identity: Option<Zeroizing<Vec<u8>>>) -> Self {
        match identity {
            Some(bytes) => self.with(PartClass::Identity, bytes),
            None => self,
        }
    }

    pub(super) fn with(mut self, class: PartClass, bytes: Zeroizing<Vec<u8>>) -> Self {
        self.parts.push(DraftPart { class, bytes });
        self
    }

    /// What the sale learns from the entry's own index.
    pub(super) fn then(mut self, apply: impl FnOnce(&mut Sale, EntryIndex) + 'static) -> Self {
        self.apply = Some(Box::new(apply));
        self
    }

    pub(super) fn finding(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    pub(super) fn referring(mut self, entry: Option<EntryIndex>) -> Self {
        self.refs.extend(entry);
        self
    }

    /// Adds entries that the step rests on.
    pub(super) fn resting_on(mut self, entries: impl IntoIterator<Item = EntryIndex>) -> Self {
        self.refs.extend(entries);
        self
    }

    /// Names the sale from this step on.
    pub(super) fn naming_sale(mut self, kind: NameKind, name: NameDigest) -> Self {
        self.rows.names.push((kind, name));
        self
    }

    /// Leads the inspector's questions and the day's figures to what the step records.
    pub(super) fn recording(mut self, records: Records) -> Self {
        self.rows.records = records;
        self
    }

    /// Packs that left the basket are let go, those in it are held.
    pub(super) fn reclaiming(mut self, before: Vec<PackDigest>, after: Vec<PackDigest>) -> Self {
        self.rows.released = before
            .into_iter()
            .filter(|pack| !after.contains(pack))
            .collect();
        self.rows.claimed = after;
        self
    }

    /// Lets go of packs that the sale holds.
    pub(super) fn releasing(mut self, packs: Vec<PackDigest>) -> Self {
        self.rows.released.extend(packs);
        self
    }

    /// Writes a prescription that changed with the step.
    pub(super) fn keeping(mut self, row: KeptRow) -> Self {
        self.kept.push(row);
        self
    }

    pub(super) fn selling(mut self, sold: Sold) -> Self {
        self.rows.sold = Some(sold);
        self
    }

    pub(super) fn returning(mut self, returned: Sold) -> Self {
        self.rows.returned = Some(returned);
        self
    }

    /// Rows that are written in the same transaction.
    pub(super) fn also(
        mut self,
        rows: impl FnOnce(&Transaction<'_>, &Sale, EntryIndex) -> Result<(), StoreError> + 'static,
    ) -> Self {
        self.also.push(Box::new(rows));
        self
    }
}

impl Desk {
    /// The answer that a repeated request got, if this one is a repetition.
    pub(super) fn repeated(
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

    /// Loads a sale that the caller may see, and the entry of its latest change.
    pub(super) fn load(
        &self,
        caller: &Caller,
        id: &SaleId,
    ) -> Result<(Sale, EntryIndex), DeskError> {
        if id.log() != self.journal.keys().log() {
            return Err(DeskError::UnknownSale);
        }
        let row = self.journal.reader().load_sale(id.counter())?;
        // Another till's sale is as good as none: tills see their own customers only.
        let row = row
            .filter(|row| row.till == caller.till)
            .ok_or(DeskError::UnknownSale)?;
        self.open_row(&row)
    }

    /// Loads a sale of any till by its counter.
    pub(super) fn load_counter(&self, counter: u64) -> Result<Option<Sale>, DeskError> {
        let row = self.journal.reader().load_sale(counter)?;
        let sale = row.map(|row| self.open_row(&row)).transpose()?;
        Ok(sale.map(|(sale, _)| sale))
    }

    pub(super) fn open_row(&self, row: &SaleRow) -> Result<(Sale, EntryIndex), DeskError> {
        let bytes = self
            .journal
            .keys()
            .open_row(&RowName::Sale(row.counter), &row.state)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    pub(super) fn show_rows(
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

    /// A sale of a caller's till, as yet unrecorded.
    pub(super) fn new_sale(&self, caller: &Caller) -> Sale {
        let at = (caller.till.clone(), caller.client.clone());
        Sale::open(self.journal.keys().log(), at, self.clock.now_ms())
    }

    /// Opens a sale.
    pub(super) fn open_sale(&mut self, call: &Call, input: OpenSale) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(call, None)? {
            return Ok(reply);
        }
        let mut sale = self.new_sale(&call.caller);
        if let Some(holder) = &input.holder {
            sale.roles.holder = holder.person(self.journal.keys());
            sale.roles.holder_shown = Some(holder.masked());
        }
        let identity = identity_part(input.holder.iter().map(|person| ("holder", person)))?;
        sale.operator = input.operator;
        sale.fund = input.fund;
        sale.insurance = input.insurance;
        let opened = part(
            PartClass::Facts,
            &(&sale.fund, &sale.insurance, &sale.operator),
        )?;
        sale.operator = sale.operator.filter(|operator| !operator.is_empty());
        let step = Step::new(EntryKind::Sale, opened)
            .naming(identity)
            .then(|sale, index| sale.entry = index);
        self.commit(call, sale, step, |sale, entry, now_ms| {
            Reply::json(201, &SaleView::new(sale, entry, now_ms))
        })
    }

    /// Runs a step on a sale and answers with the sale as it stands then.
    pub(super) fn step(
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
    pub(super) fn commit(
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

    /// Records a step: one transaction for entry, sale, packs, supplies and what `finish` adds.
    pub(super) fn record_step<T>(
        &mut self,
        mut sale: Sale,
        step: Step,
        finish: impl FnOnce(&Transaction<'_>, &Sale, EntryIndex) -> Result<T, DeskError>,
    ) -> Result<Recorded<T>, DeskError> {
        let now_ms = self.clock.now_ms();
        let today = pharmacy_base::clock::day_of(now_ms);
        let keys = self.journal.keys().clone();
        let is_new = sale.id.counter() == 0;
        let mut refs = step.refs;
        if !is_new {
            refs.insert(0, sale.entry);
        }
        refs.sort_unstable();
        refs.dedup();
        let draft = Draft {
            kind: step.kind,
            till: Some(sale.till.clone()),
            refs,
            parts: step.parts,
        };
        let (apply, rows) = (step.apply, step.rows);
        let (also, kept) = (step.also, step.kept);
        let listed = sale.list;
        let mut failure = None;
        let recorded = self.journal.record(draft, |transaction, index| {
            if is_new {
                let counter = transaction.next_sale_counter()?;
                sale.id = SaleId::new(sale.id.log().clone(), counter);
            }
            if let Some(apply) = apply {
                apply(&mut sale, index);
            }
            rows.write(transaction, &sale, index, today)?;
            for rows in also {
                rows(transaction, &sale, index)?;
            }
            for row in &kept {
                let written = row.write(transaction, &keys, (index, now_ms));
                let _ = keep(&mut failure, written)?;
            }
            let row = sale_row(&keys, &sale, index, now_ms);
            transaction.put_sale(&keep(&mut failure, row)?)?;
            keep(&mut failure, finish(transaction, &sale, index))
        });
        if let Some(error) = failure {
            return Err(error);
        }
        let recorded = recorded?;
        if sale.list != listed {
            self.counter.slips.settled(&sale.id);
        }
        Ok(recorded)
    }

    /// The digests of a basket's packs.
    pub(super) fn digests(&self, basket: &Basket) -> Vec<PackDigest> {
        let packs = basket.lines().iter().flat_map(|line| &line.packs);
        packs
            .map(|code| self.journal.keys().trace_digest(code))
            .collect()
    }
}

/// The key under which a request's answer is kept.
pub(super) fn request_key<'a>(
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
pub(super) fn sealed_answer(
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

/// A sale's row; state and latest entry are sealed together.
pub(super) fn sale_row(
    keys: &Keys,
    sale: &Sale,
    index: EntryIndex,
    now_ms: i64,
) -> Result<SaleRow, DeskError> {
    let bytes = bytes(&(sale, index))?;
    let is_waiting = |state| sale.attempts.iter().any(|attempt| attempt.state == state);
    let phase = if is_waiting(AttemptState::Intended) {
        store::Phase::Settling
    } else if is_waiting(AttemptState::InDoubt) {
        store::Phase::InDoubt
    } else {
        match sale.phase {
            Phase::Abandoned => store::Phase::Abandoned,
            Phase::Assessed(_) => store::Phase::Assessed,
            Phase::Closed => store::Phase::Closed,
            Phase::Open => store::Phase::Open,
        }
    };
    let counter = sale.id.counter();
    Ok(SaleRow {
        counter,
        phase,
        till: sale.till.clone(),
        client: sale.client.clone(),
        created_ms: sale.opened_ms,
        updated_ms: now_ms,
        state: keys.seal_row(&RowName::Sale(counter), &bytes)?,
    })
}

/// Carries an error of ours past the transaction, which knows errors of the store only; the
/// transaction is rolled back whatever the error was.
pub(super) fn keep<T>(
    failure: &mut Option<DeskError>,
    result: Result<T, DeskError>,
) -> Result<T, StoreError> {
    result.map_err(|error| {
        *failure = Some(error);
        StoreError::Row(None)
    })
}
