//! Answering a question: marks first, lists only where a mark led.

use std::collections::VecDeque;

use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, Fen, InsuranceClass, InsuranceCode, SaleId};

use super::question::MAX_OPENED;
use crate::core::sale::Sale;
use crate::list::confirm::{open_list, shown};
use crate::list::record::{Rests, mark};
use crate::list::{ListLine, PurchaseList};
use crate::{Answers, DeskError, Found, Question};
use pharmacy_journal::store::{Mark, MarkDigest, MarkKind, Marked, Span};
use pharmacy_journal::{JournalError, LogView, RowName};

/// Marks read at once.
const PAGE: u32 = 256;

/// Marks of a criterion are counted no further than this: beyond it, one is as rare as the other.
const COUNTED: u32 = 2_000;

/// Something that must hold, as marks of which one must lead to the list.
struct Criterion(Vec<Mark>);

/// What only the list itself shows.
struct Sieve<'q> {
    name: Option<&'q str>,
    no_code: bool,
    split: bool,
}

/// Lists to which one mark leads, the newest first.
struct Trail {
    mark: Mark,
    from_ms: i64,
    before: Marked,
    read: VecDeque<Marked>,
    is_over: bool,
}

/// Sales that answer a question, the newest first, all as they stood at one moment.
pub fn search(view: &LogView, question: &Question) -> Result<Answers, DeskError> {
    let _still = view.snapshot()?;
    let span = question.span();
    let mut sieve = Sieve {
        name: None,
        no_code: question.no_code,
        split: question.split,
    };
    let mut criteria = criteria(view, question);
    if let Some(drug) = question.query.drug.as_deref() {
        match drug_marks(view, drug)? {
            Some(criterion) => criteria.push(criterion),
            None => sieve.name = Some(drug),
        }
    }
    let (rarest, others) = rarest_first(view, criteria, span)?;
    let mut trails: Vec<Trail> = rarest
        .0
        .iter()
        .map(|mark| Trail::new(*mark, span))
        .collect();
    let mut answers = Answers {
        found: Vec::new(),
        is_complete: true,
    };
    let mut opened = 0_usize;
    let mut last = None;
    while let Some(list) = newest(view, &mut trails)? {
        // Holder and buyer may be one person: two marks, one list.
        if last.replace(list) == Some(list) || !all_hold(view, &others, list)? {
            continue;
        }
        if answers.found.len() >= question.limit() || opened >= MAX_OPENED {
            answers.is_complete = false;
            break;
        }
        opened = opened.saturating_add(1);
        answers.found.extend(load(view, list, &sieve)?);
    }
    Ok(answers)
}

/// What is asked by that marks tell; the moment alone where nothing else is.
fn criteria(view: &LogView, question: &Question) -> Vec<Criterion> {
    let (keys, query) = (view.keys(), &question.query);
    let one = |kind, text: &str| Criterion(vec![mark(keys, kind, text)]);
    let mut criteria = Vec::new();
    let texts = [
        (MarkKind::Receipt, query.receipt.as_deref()),
        (MarkKind::Settlement, query.settlement.as_deref()),
        (MarkKind::Operator, question.operator.as_deref()),
        (
            MarkKind::Pharmacist,
            query.pharmacist.as_ref().map(|staff| staff.as_str()),
        ),
    ];
    for (kind, text) in texts {
        criteria.extend(text.map(|text| one(kind, text)));
    }
    if let Some(number) = &query.person {
        let person = keys.person_ref(number);
        let roles = [MarkKind::Holder, MarkKind::Patient, MarkKind::Buyer];
        let marks = roles.map(|role| mark(keys, role, person.as_str()));
        criteria.push(Criterion(marks.into()));
    }
    if let Some(code) = &query.trace {
        let digest = keys.trace_digest(code).into();
        let kind = MarkKind::Trace;
        criteria.push(Criterion(vec![Mark { kind, digest }]));
    }
    let every = |kind| {
        let digest = MarkDigest::ZERO;
        Criterion(vec![Mark { kind, digest }])
    };
    if query.released {
        criteria.push(every(MarkKind::Release));
    }
    if criteria.is_empty() {
        criteria.push(every(MarkKind::Moment));
    }
    criteria
}

/// The marks of a drug, where the text is a code or number under which something was ever sold; else
/// it is part of a name.
fn drug_marks(view: &LogView, drug: &str) -> Result<Option<Criterion>, DeskError> {
    let keys = view.keys();
    let mut marks = vec![mark(keys, MarkKind::Article, drug)];
    if let Ok(code) = drug.parse::<InsuranceCode>() {
        marks.push(mark(keys, MarkKind::Code, code.as_str()));
    }
    let ever = Span {
        from_ms: i64::MIN,
        until_ms: i64::MAX,
    };
    for mark in &marks {
        if view.reader().count_marked(*mark, ever, 1)? > 0 {
            return Ok(Some(Criterion(marks)));
        }
    }
    // A whole code that nothing was sold under is no part of any name.
    let is_code = marks.len() > 1;
    Ok(is_code.then_some(Criterion(marks)))
}

/// The criterion that leads to the fewest lists, and the others.
fn rarest_first(
    view: &LogView,
    criteria: Vec<Criterion>,
    span: Span,
) -> Result<(Criterion, Vec<Criterion>), DeskError> {
    let reader = view.reader();
    let mut counted = Vec::with_capacity(criteria.len());
    for criterion in criteria {
        let mut count = 0_u64;
        for mark in &criterion.0 {
            count = count.saturating_add(reader.count_marked(*mark, span, COUNTED)?);
        }
        counted.push((count, criterion));
    }
    counted.sort_by_key(|(count, _)| *count);
    let mut ordered = counted.into_iter().map(|(_, criterion)| criterion);
    let rarest = ordered.next().unwrap_or(Criterion(Vec::new()));
    Ok((rarest, ordered.collect()))
}

fn all_hold(view: &LogView, criteria: &[Criterion], list: Marked) -> Result<bool, DeskError> {
    for Criterion(marks) in criteria {
        let mut holds = false;
        for mark in marks {
            holds = holds || view.reader().is_marked(*mark, list)?;
        }
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Trail {
    fn new(mark: Mark, span: Span) -> Self {
        Self {
            mark,
            from_ms: span.from_ms,
            before: Marked {
                at_ms: span.until_ms,
                entry: EntryIndex::new(0),
                sale: 0,
            },
            read: VecDeque::new(),
            is_over: false,
        }
    }

    fn peek(&mut self, view: &LogView) -> Result<Option<Marked>, DeskError> {
        if self.read.is_empty() && !self.is_over {
            let from = (self.from_ms, self.before);
            self.read = view.reader().marked(self.mark, from, PAGE)?.into();
            self.is_over = self.read.is_empty();
            self.before = self.read.back().copied().unwrap_or(self.before);
        }
        Ok(self.read.front().copied())
    }
}

/// The newest list of several trails.
fn newest(view: &LogView, trails: &mut [Trail]) -> Result<Option<Marked>, DeskError> {
    let mut newest: Option<(Marked, usize)> = None;
    for (place, trail) in trails.iter_mut().enumerate() {
        let Some(list) = trail.peek(view)? else {
            continue;
        };
        if newest.is_none_or(|(known, _)| list > known) {
            newest = Some((list, place));
        }
    }
    Ok(newest.map(|(list, place)| {
        if let Some(trail) = trails.get_mut(place) {
            trail.read.pop_front();
        }
        list
    }))
}

/// Opens a list and makes the answer of it; none where the list does not show what was asked for.
fn load(view: &LogView, at: Marked, sieve: &Sieve<'_>) -> Result<Option<Found>, DeskError> {
    let list = match open_list(view, at.entry) {
        Ok(list) => list,
        Err(DeskError::NoList) if sieve.is_open() => return Ok(Some(erased(view, at)?)),
        Err(DeskError::NoList) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !sieve.passes(&list) || (sieve.no_code && had_codes_later(view, &list)?) {
        return Ok(None);
    }
    let row = view.reader().find_list(at.sale, at.entry)?;
    let rests = rests(view, at.entry)?;
    Ok(Some(Found {
        entry: at.entry,
        at_ms: at.at_ms,
        holder: shown(list.holder.as_ref()),
        patient: shown(list.patient.as_ref()),
        buyer: shown(list.buyer.as_ref()),
        goods: list.lines.iter().map(goods).collect(),
        sale: list.sale,
        till: list.till,
        settlement: list.settlement,
        total: list.total,
        operator: list.operator,
        reviews: rests.reviews,
        releases: rests.releases,
        verdict: list.verdict,
        is_taken_back: row.is_some_and(|row| row.taken_back.is_some()),
    }))
}

/// Did every code that the list lacks come after the settlement (R13)? Known as long as the sale's own
/// row is there.
fn had_codes_later(view: &LogView, list: &PurchaseList) -> Result<bool, DeskError> {
    let counter = list.sale.counter();
    let Some(row) = view.reader().load_sale(counter)? else {
        return Ok(false);
    };
    let bytes = view.keys().open_row(&RowName::Sale(counter), &row.state)?;
    let sale: Sale = serde_json::from_slice(&bytes)?;
    let has_code = |number: u32| {
        let mut lines = sale.basket.lines().iter();
        lines.any(|line| line.number == number && !line.packs.is_empty())
    };
    let mut lacking = list.lines.iter().filter(|line| lacks_code(line));
    Ok(lacking.all(|line| has_code(line.number)))
}

/// What is left of a sale whose list was erased.
fn erased(view: &LogView, at: Marked) -> Result<Found, DeskError> {
    let entry = view.entry(at.entry)?;
    Ok(Found {
        entry: at.entry,
        sale: SaleId::new(view.keys().log().clone(), at.sale),
        at_ms: at.at_ms,
        till: entry.till.unwrap_or_else(|| view.origin().till().clone()),
        settlement: String::new(),
        holder: None,
        patient: None,
        buyer: None,
        goods: Vec::new(),
        total: Fen::ZERO,
        operator: None,
        reviews: Vec::new(),
        releases: Vec::new(),
        verdict: None,
        is_taken_back: false,
    })
}

/// What the settlement rests on besides its verdict; most rest on nothing else.
fn rests(view: &LogView, entry: EntryIndex) -> Result<Rests, DeskError> {
    match view.open_part(entry, PartClass::Facts) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(JournalError::NoPart { .. }) => Ok(Rests::default()),
        Err(error) => Err(error.into()),
    }
}

/// Name and quantity of a line.
fn goods(line: &ListLine) -> String {
    format!("{} × {}", line.name, line.quantity)
}

impl Sieve<'_> {
    fn is_open(&self) -> bool {
        self.name.is_none() && !self.no_code && !self.split
    }

    fn passes(&self, list: &PurchaseList) -> bool {
        let any = |holds: &dyn Fn(&ListLine) -> bool| list.lines.iter().any(holds);
        let is_named = |line: &ListLine| self.name.is_none_or(|name| line.name.contains(name));
        any(&is_named) && (!self.no_code || any(&lacks_code)) && (!self.split || any(&is_split))
    }
}

/// A part of a pack.
fn is_split(line: &ListLine) -> bool {
    line.quantity.as_whole().is_none()
}

/// A medicine without any trace code on its list (R13); pieces and devices need none of them.
fn lacks_code(line: &ListLine) -> bool {
    let needs_code = match line.code.as_ref().map(InsuranceCode::class) {
        Some(InsuranceClass::PatentMedicine | InsuranceClass::WesternDrug) => true,
        Some(InsuranceClass::Consumable | InsuranceClass::Piece) | None => false,
    };
    needs_code && line.trace_codes.is_empty()
}
