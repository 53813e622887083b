//! One step of a sale: entry, parts, rows and answer in one transaction.

use jiff::ToSpan;
use jiff::civil::Date;
use pharmacy_decision::facts::Tender;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{EntryIndex, Fen, InsuranceCode, Quantity, SaleId, Sku, TracePrefix};
use serde::Serialize;
use zeroize::Zeroizing;

use super::list::{ListLine, PurchaseList};
use super::people::identity_part;
use super::{Caller, Desk, DeskError, Idempotency, OpenSale, Reply, SaleView, SalesView};
use crate::core::basket::Basket;
use crate::core::sale::{AttemptState, Finding, Phase, Roles, Sale, Settled};
use crate::journal::{Draft, DraftPart, Keys, RowName};
use crate::store::{
    self, MappingRow, MappingSource, PackDigest, PackEvent, PackEventKind, RequestKey, SaleRow,
    StoreError, SupplyRow, Transaction,
};

/// Supplies are kept as long as the longest payment course can look back, and a margin.
const SUPPLY_DAYS: i32 = 800;

type Apply = Box<dyn FnOnce(&mut Sale, EntryIndex)>;

/// What a step records and which rows follow from it.
pub(super) struct Step {
    kind: EntryKind,
    parts: Vec<DraftPart>,
    refs: Vec<EntryIndex>,
    findings: Vec<Finding>,
    apply: Option<Apply>,
    released: Vec<PackDigest>,
    claimed: Vec<PackDigest>,
    sold: Option<Sold>,
    returned: Option<Sold>,
}

/// Goods that a settlement handed over, or a reversal takes back.
pub(super) struct Sold {
    patient: Option<PersonRef>,
    lines: Vec<SoldLine>,
}

struct SoldLine {
    number: u32,
    sku: Option<Sku>,
    code: Option<InsuranceCode>,
    tender: Tender,
    quantity: Quantity,
    days: Option<u32>,
    packs: Vec<(PackDigest, Option<TracePrefix>)>,
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
            released: Vec::new(),
            claimed: Vec::new(),
            sold: None,
            returned: None,
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

    /// Packs that left the basket are let go, those in it are held.
    pub(super) fn reclaiming(mut self, before: Vec<PackDigest>, after: Vec<PackDigest>) -> Self {
        self.released = before
            .into_iter()
            .filter(|pack| !after.contains(pack))
            .collect();
        self.claimed = after;
        self
    }

    pub(super) fn selling(mut self, sold: Sold) -> Self {
        self.sold = Some(sold);
        self
    }

    pub(super) fn returning(mut self, returned: Sold) -> Self {
        self.returned = Some(returned);
        self
    }
}

impl Desk {
    /// The answer that a repeated request got, if this one is a repetition.
    pub(super) fn repeated(
        &self,
        caller: &Caller,
        sale: Option<&SaleId>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<Reply>, DeskError> {
        let Some(idempotency) = idempotency else {
            return Ok(None);
        };
        let key = request_key(caller, sale.map(SaleId::counter), idempotency);
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

    /// Opens a sale.
    pub(super) fn open_sale(
        &mut self,
        caller: &Caller,
        idempotency: Option<&Idempotency>,
        input: OpenSale,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(caller, None, idempotency)? {
            return Ok(reply);
        }
        let mut roles = Roles::default();
        if let Some(holder) = &input.holder {
            roles.holder = holder.person(self.journal.keys());
            roles.holder_shown = Some(holder.masked());
        }
        let identity = identity_part(input.holder.iter().map(|person| ("holder", person)))?;
        let mut sale = Sale {
            // The counter is given out inside the transaction; see `commit`.
            id: SaleId::new(self.journal.keys().log().clone(), 0),
            till: caller.till.clone(),
            client: caller.client.clone(),
            operator: input.operator,
            opened_ms: self.clock.now_ms(),
            entry: EntryIndex::new(0),
            fund: input.fund,
            insurance: input.insurance,
            roles,
            evidence: Vec::new(),
            basket: Basket::default(),
            prescriptions: Vec::new(),
            phase: Phase::Open,
            attempts: Vec::new(),
            list: None,
        };
        let opened = part(
            PartClass::Facts,
            &(&sale.fund, &sale.insurance, &sale.operator),
        )?;
        sale.operator = sale.operator.filter(|operator| !operator.is_empty());
        let step = Step::new(EntryKind::Sale, opened)
            .with(PartClass::Identity, identity)
            .then(|sale, index| sale.entry = index);
        self.commit(caller, idempotency, sale, step, |sale, entry, now_ms| {
            Reply::json(201, &SaleView::new(sale, entry, now_ms))
        })
    }

    /// Runs a step on a sale and answers with the sale as it stands then.
    pub(super) fn step(
        &mut self,
        caller: &Caller,
        idempotency: Option<&Idempotency>,
        id: &SaleId,
        change: impl FnOnce(&mut Self, &mut Sale) -> Result<Step, DeskError>,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(caller, Some(id), idempotency)? {
            return Ok(reply);
        }
        let (mut sale, _) = self.load(caller, id)?;
        let mut step = change(self, &mut sale)?;
        if matches!(sale.phase, Phase::Abandoned) {
            step.released = self.digests(&sale.basket);
        }
        let findings = step.findings.clone();
        self.commit(
            caller,
            idempotency,
            sale,
            step,
            move |sale, entry, now_ms| {
                let mut view = SaleView::new(sale, entry, now_ms);
                view.findings.clone_from(&findings);
                Reply::json(200, &view)
            },
        )
    }

    /// Records a step: one transaction for entry, sale, packs, supplies and the answer.
    pub(super) fn commit(
        &mut self,
        caller: &Caller,
        idempotency: Option<&Idempotency>,
        mut sale: Sale,
        step: Step,
        respond: impl FnOnce(&Sale, EntryIndex, i64) -> Result<Reply, DeskError>,
    ) -> Result<Reply, DeskError> {
        let now_ms = self.clock.now_ms();
        let today = crate::clock::day_of(now_ms);
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
        let rows = Rows {
            released: step.released,
            claimed: step.claimed,
            sold: step.sold,
            returned: step.returned,
        };
        let apply = step.apply;
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
            let row = sale_row(&keys, &sale, index, now_ms);
            transaction.put_sale(&keep(&mut failure, row)?)?;
            let reply = keep(&mut failure, respond(&sale, index, now_ms))?;
            if let Some(idempotency) = idempotency {
                let counter = (!is_new).then(|| sale.id.counter());
                let key = request_key(caller, counter, idempotency);
                let response = keys.seal_row(&RowName::Request(key), &reply.body);
                let answer = store::Answer {
                    body_digest: idempotency.digest,
                    status: reply.status,
                    response: keep(&mut failure, response.map_err(DeskError::from))?,
                    created_ms: now_ms,
                };
                transaction.put_request(&key, &answer)?;
            }
            Ok(reply)
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(recorded?.into_value()),
        }
    }

    /// The digests of a basket's packs.
    pub(super) fn digests(&self, basket: &Basket) -> Vec<PackDigest> {
        let packs = basket.lines().iter().flat_map(|line| &line.packs);
        packs
            .map(|code| self.journal.keys().trace_digest(code))
            .collect()
    }

    /// The goods of a sale, as rows will have them.
    pub(super) fn sold(&self, sale: &Sale) -> Result<Sold, DeskError> {
        let facts = self.gather(sale, self.clock.now_ms())?;
        let patient = facts.patient().reference.known().cloned();
        let mut lines = Vec::with_capacity(facts.lines.len());
        for (line, told) in facts.lines.iter().zip(sale.basket.lines()) {
            let sku = match &line.offered.sku {
                Some(sku) => Some(sku.clone()),
                None => self.find_article(&told.offered)?.map(|found| found.sku),
            };
            let packs = line.packs.iter().map(|pack| {
                let digest = self.journal.keys().trace_digest(&pack.code);
                // A prefix nobody knew belongs to what was just sold under it.
                let learnt = pack
                    .product
                    .known()
                    .is_none()
                    .then(|| pack.code.prefix())
                    .flatten();
                (digest, learnt)
            });
            let packs = packs.collect();
            lines.push(SoldLine {
                number: line.number,
                sku,
                code: line.offered.code.clone(),
                tender: line.tender,
                quantity: line.quantity,
                days: line.days.known().copied(),
                packs,
            });
        }
        Ok(Sold { patient, lines })
    }

    /// The purchase list of a settlement.
    pub(super) fn purchase(
        &self,
        sale: &Sale,
        settled: &Settled,
        (msgid, verdict): (&str, Option<EntryIndex>),
    ) -> Result<PurchaseList, DeskError> {
        let mut lines = Vec::with_capacity(sale.basket.lines().len());
        for line in sale.basket.lines() {
            let article = self.find_article(&line.offered)?;
            let (name, spec) = article
                .map(|found| (found.article.name, found.article.spec))
                .unwrap_or_else(|| (line.offered.name.clone().unwrap_or_default(), String::new()));
            lines.push(ListLine {
                number: line.number,
                sku: line.offered.sku.clone(),
                code: line.offered.code.clone(),
                name,
                spec,
                trace_codes: line.packs.clone(),
                quantity: line.quantity,
                price: line.price,
                amount: line.amount,
                tender: line.tender,
            });
        }
        let total = Fen::checked_sum(lines.iter().map(|line| line.amount)).unwrap_or_default();
        Ok(PurchaseList {
            sale: sale.id.clone(),
            store: self.setup.store.code.clone(),
            store_name: self.setup.store.name.clone(),
            till: sale.till.clone(),
            operator: sale.operator.clone(),
            settled_ms: self.clock.now_ms(),
            fund: sale.fund,
            holder: sale.roles.holder_shown.clone(),
            patient: sale.roles.patient_shown.clone(),
            buyer: sale.roles.buyer_shown.clone(),
            lines,
            total,
            insurance: settled.insurance,
            cash: settled.cash,
            settlement: settled.settlement.clone(),
            msgid: msgid.to_owned(),
            origin: self.journal.origin().to_string(),
            verdict,
        })
    }
}

fn request_key<'a>(
    caller: &'a Caller,
    sale: Option<u64>,
    idempotency: &'a Idempotency,
) -> RequestKey<'a> {
    RequestKey {
        client: &caller.client,
        sale,
        key: &idempotency.key,
    }
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

/// Rows of packs and supplies that follow from a step.
struct Rows {
    released: Vec<PackDigest>,
    claimed: Vec<PackDigest>,
    sold: Option<Sold>,
    returned: Option<Sold>,
}

impl Rows {
    /// A refusal of the pack table (sold before, held elsewhere) is a fact that the verdict named;
    /// the row stays as it was, and what the till reports is recorded all the same.
    fn write(
        self,
        transaction: &Transaction<'_>,
        sale: &Sale,
        index: EntryIndex,
        today: Date,
    ) -> Result<(), StoreError> {
        let counter = sale.id.counter();
        for pack in &self.released {
            let _ = transaction.release_pack(pack, counter, index)?;
        }
        for pack in &self.claimed {
            let _ = transaction.claim_pack(pack, counter, index)?;
        }
        if let Some(sold) = &self.sold {
            sold.sell(transaction, counter, (index, today))?;
        }
        if let Some(returned) = &self.returned {
            returned.take_back(transaction, counter, index)?;
        }
        Ok(())
    }
}

impl SoldLine {
    /// How much of each scanned pack the line takes: all of it, or a part of a split one (拆零).
    fn share(&self) -> (PackEventKind, Quantity) {
        match self.quantity.as_whole() {
            Some(_) => (PackEventKind::Sold, Quantity::whole(1)),
            None => (PackEventKind::PartSold, self.quantity),
        }
    }
}

impl Sold {
    fn sell(
        &self,
        transaction: &Transaction<'_>,
        sale: u64,
        (entry, today): (EntryIndex, Date),
    ) -> Result<(), StoreError> {
        for line in &self.lines {
            for (pack, prefix) in &line.packs {
                let (kind, quantity) = line.share();
                let event = PackEvent {
                    kind,
                    sale,
                    entry,
                    quantity,
                };
                let _ = transaction.sell_pack(pack, &event)?;
                if let (Some(prefix), Some(sku)) = (prefix, &line.sku) {
                    transaction.put_trace_prefix(prefix, sku)?;
                }
            }
            if let (Tender::Insurance, Some(sku), Some(code)) = (line.tender, &line.sku, &line.code)
            {
                let mapping = MappingRow {
                    code: code.clone(),
                    source: MappingSource::Settled,
                };
                transaction.put_mapping(sku, &mapping)?;
            }
            let Some(patient) = &self.patient else {
                continue;
            };
            let supply = SupplyRow {
                on: today,
                sale,
                line: line.number,
                code: line.code.clone(),
                sku: line.sku.clone(),
                quantity: line.quantity,
                days: line.days,
                entry,
                erase_after: today.checked_add(SUPPLY_DAYS.days()).unwrap_or(today),
            };
            transaction.add_supply(patient, &supply)?;
        }
        Ok(())
    }

    fn take_back(
        &self,
        transaction: &Transaction<'_>,
        sale: u64,
        entry: EntryIndex,
    ) -> Result<(), StoreError> {
        for line in &self.lines {
            for (pack, _) in &line.packs {
                let _ = transaction.return_pack(pack, sale, entry, line.share().1)?;
            }
        }
        if let Some(patient) = &self.patient {
            transaction.remove_supplies(patient, sale)?;
        }
        Ok(())
    }
}
