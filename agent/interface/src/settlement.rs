//! Settlements and what comes before them: 2101, 2102, 2204, 2206, 2207 and their A forms.

use pharmacy_decision::facts::{Credential, Fund, Insurance};
use pharmacy_decision::pack::{Call, CallRole, Join};
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::{
    Fen, InsuranceCode, NoCode, Quantity, Sku, TraceCode, TraceHint, UnitPrice,
};

use super::amount::Amounts;
use super::dictionary::{self, AccountUse};
use super::error::ViewError;
use super::node::{Node, opaque};
use super::request::Request;
pub use super::trace::MAX_CODES;
use super::trace::{Codes, list_beside_lines};

/// Most lines of one settlement.
pub const MAX_LINES: usize = 1000;

/// A settlement, a calculation of one, or the upload of its lines.
#[derive(Clone)]
pub struct Settlement {
    /// The insured's number at the platform (`psn_no`).
    pub person: Option<Secret<String>>,
    /// What was presented (`mdtrt_cert_type`).
    pub credential: Option<Credential>,
    /// Which money is to pay, by `med_type` and `acct_used_flag`; none where neither tells.
    pub fund: Option<Fund>,
    /// Is account money to be used (`acct_used_flag`)?
    pub account: Option<AccountUse>,
    /// The kind of insurance (`insutype`).
    pub insurance: Option<Insurance>,
    /// The whole amount (`medfee_sumamt`).
    pub total: Option<Fen>,
    /// What the tenders come to that the head names; none where it names none.
    pub tenders: Option<Fen>,
    /// What joins it with the calls around it.
    pub visit: Option<Visit>,
    /// The lines, what comes back or is discounted within the bill taken off; empty where they came in
    /// another call.
    pub lines: Vec<FeeLine>,
    /// Lines that are there and cannot be judged. Never without one that can be.
    pub unread: Vec<UnreadLine>,
    /// Trace codes of a list beside the lines that belong to none of them: the lines came in
    /// another call (2207 after 2204).
    pub loose_packs: Vec<LoosePacks>,
}

/// What joins the calls of one visit.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Visit {
    /// `mdtrt_id`.
    pub id: String,
    /// `chrg_bchno`.
    pub batch: Option<String>,
}

/// Trace codes that name a fee line of another call.
#[derive(Clone)]
pub struct LoosePacks {
    /// `feedetl_sn` of the line.
    pub serial: Option<String>,
    pub packs: Vec<TraceCode>,
    /// Codes that have no form of any family.
    pub unreadable_packs: u32,
}

/// One fee line.
#[derive(Clone)]
pub struct FeeLine {
    /// Its place in the message, from 1.
    pub number: u32,
    /// `feedetl_sn`.
    pub serial: Option<String>,
    /// `medins_list_codg`.
    pub sku: Option<Sku>,
    /// `med_list_codg`.
    pub code: Option<InsuranceCode>,
    /// `med_list_name` or `medins_list_name`, where a till sends one.
    pub name: Option<String>,
    /// `cnt`.
    pub quantity: Quantity,
    /// `pric`.
    pub price: UnitPrice,
    /// `det_item_fee_sumamt`.
    pub amount: Fen,
    /// `fee_ocur_time`, as written.
    pub at: Option<String>,
    /// `rxno`.
    pub prescription: Option<String>,
    /// `rx_circ_flag` says that the prescription came from outside.
    pub is_outside_prescription: bool,
    /// `bilg_dr_codg`.
    pub physician: Option<String>,
    /// `prd_days`, whole days.
    pub days: Option<u32>,
    /// Trace codes, from any spelling of the node.
    pub packs: Vec<TraceCode>,
    /// Trace codes that have no form of any family.
    pub unreadable_packs: u32,
    /// What the first of those is.
    pub no_code: Option<NoCode>,
    /// What to change at the till, although the codes could be read.
    pub trace_hint: Option<TraceHint>,
    /// Whether packs are split, and the quantity counts pieces (`trdn_flag`).
    pub split: Option<bool>,
}

/// A line of which something that it cannot do without is not read, or that takes away from nobody knows
/// which other one.
#[derive(Clone)]
pub struct UnreadLine {
    /// Its place in the message, from 1.
    pub number: u32,
    pub quantity: Option<Quantity>,
    pub price: Option<UnitPrice>,
    pub amount: Option<Fen>,
}

opaque!(FeeLine, LoosePacks, Settlement, UnreadLine, Visit);

impl Settlement {
    /// Reads a request as the region's table says where things are.
    ///
    /// A line without quantity, price or amount is unread, and kept as such. A call that should have
    /// lines and has none, or none that is read, is an error: what cannot be read must not be judged as
    /// if it were not there.
    pub fn read(request: &Request, call: &Call) -> Result<Self, ViewError> {
        let head = request.head(call.head.as_deref().unwrap_or_default());
        let items = line_items(request, &head, call)?;
        let nodes: Vec<&Node> = items.iter().flatten().collect();
        let first = nodes.first().copied().unwrap_or(&head);
        // 2204 has no head: what concerns the call stands in its lines.
        let text = |name| head.text(name).or_else(|| first.text(name));
        let account = text("acct_used_flag").and_then(|flag| dictionary::account_use(&flag));
        let insutype = text("insutype");
        let Lines { lines, unread } = Lines::read(&items)?;
        let mut settlement = Self {
            person: one_of(&head, &nodes, "psn_no")?.map(Secret::new),
            credential: text("mdtrt_cert_type").and_then(|kind| dictionary::credential(&kind)),
            fund: text("med_type").and_then(|kind| dictionary::fund(&kind, account)),
            account,
            insurance: dictionary::insurance(insutype.as_deref(), request.system.as_deref()),
            total: head.fen("medfee_sumamt"),
            tenders: Amounts::read(&head).tenders(),
            visit: Visit::read(&head, &nodes)?,
            lines,
            unread,
            loose_packs: Vec::new(),
        };
        settlement.join_packs(&request.input)?;
        if let Some(head) = call
            .head
            .as_ref()
            .and_then(|name| request.input.child(name))
        {
            settlement.join_packs(&head)?;
        }
        settlement.check_codes()?;
        Ok(settlement)
    }

    /// Gives the codes of the list beside the lines to the lines that they name.
    fn join_packs(&mut self, beside: &Node) -> Result<(), ViewError> {
        for (serial, codes) in list_beside_lines(beside)? {
            let line = match (&serial, self.lines.as_mut_slice()) {
                (Some(serial), lines) => lines
                    .iter_mut()
                    .find(|line| line.serial.as_ref() == Some(serial)),
                // A list that names no line can only mean the one that there is.
                (None, [only]) => Some(only),
                (None, _) => None,
            };
            match line {
                Some(line) => line.add_packs(codes),
                None => self.loose_packs.push(LoosePacks {
                    serial,
                    packs: codes.packs,
                    unreadable_packs: codes.unreadable,
                }),
            }
        }
        Ok(())
    }

    fn check_codes(&self) -> Result<(), ViewError> {
        let on_lines = self.lines.iter().map(|line| &line.packs);
        let loose = self.loose_packs.iter().map(|loose| &loose.packs);
        if on_lines.chain(loose).map(Vec::len).sum::<usize>() > MAX_CODES {
            return Err(ViewError::Limit);
        }
        Ok(())
    }
}

/// The lines' nodes, none in the place of what is no object. They stand in `input`; some tills put them
/// into the head.
fn line_items(request: &Request, head: &Node, call: &Call) -> Result<Vec<Option<Node>>, ViewError> {
    let Some(name) = call.lines.as_deref() else {
        return Ok(Vec::new());
    };
    let items = match request.input.items(name, MAX_LINES)? {
        Some(items) => items,
        None => head.items(name, MAX_LINES)?.unwrap_or_default(),
    };
    let may_be_empty = match call.role {
        CallRole::SettlementIfLines => true,
        _ => call.join == Join::Visit && call.role != CallRole::FeeLines,
    };
    if items.is_empty() && !may_be_empty {
        return Err(ViewError::Member("lines"));
    }
    Ok(items)
}

/// Lines on their way to a settlement.
#[derive(Default)]
struct Lines {
    lines: Vec<FeeLine>,
    unread: Vec<UnreadLine>,
}

impl Lines {
    fn read(items: &[Option<Node>]) -> Result<Self, ViewError> {
        let mut read = Self::default();
        let mut reductions: Vec<(FeeLine, Vec<String>)> = Vec::new();
        for (item, number) in items.iter().zip(1_u32..) {
            let line = item.as_ref().and_then(|node| FeeLine::read(node, number));
            match line {
                Some(line) if line.is_reduction() => {
                    let named = item
                        .as_ref()
                        .map(|node| REFERENCES.map(|name| node.text(name)));
                    reductions.push((line, named.into_iter().flatten().flatten().collect()));
                }
                Some(line) if line.quantity.is_positive() => read.lines.push(line),
                _ => read.unread.push(UnreadLine::read(item.as_ref(), number)),
            }
        }
        for (reduction, named) in reductions {
            if !read.reduce(&reduction, &named) {
                read.unread.push(UnreadLine {
                    number: reduction.number,
                    quantity: Some(reduction.quantity),
                    price: Some(reduction.price),
                    amount: Some(reduction.amount),
                });
            }
        }
        read.lines.retain(|line| line.quantity.is_positive());
        read.unread.sort_by_key(|line| line.number);
        match read.unread.first() {
            Some(unread) if read.lines.is_empty() => Err(ViewError::Line(unread.number)),
            None if read.lines.is_empty() && !items.is_empty() => Err(ViewError::Member("lines")),
            _ => Ok(read),
        }
    }

    /// Takes off what a line says, from the one that it means: the one it names, one of its article, or
    /// for a discount without article the only one there is.
    fn reduce(&mut self, reduction: &FeeLine, named: &[String]) -> bool {
        let has_one_line = self.lines.len() == 1;
        let is_named = |line: &FeeLine| {
            let serial = line.serial.as_ref();
            serial.is_some_and(|serial| named.contains(serial))
        };
        let of_article = |line: &FeeLine| match (&reduction.sku, &line.sku) {
            (Some(one), Some(other)) if one == other => true,
            _ => reduction.code.is_some() && reduction.code == line.code,
        };
        let of_bill =
            |_: &FeeLine| has_one_line && !reduction.is_return() && reduction.code.is_none();
        let ways: [&dyn Fn(&FeeLine) -> bool; 3] = [&is_named, &of_article, &of_bill];
        let has_meant = |way: &&dyn Fn(&FeeLine) -> bool| self.lines.iter().any(way);
        let Some(is_meant) = ways.into_iter().find(has_meant) else {
            return false;
        };
        let mut meant = self.lines.iter_mut().filter(|line| is_meant(line));
        meant.any(|line| line.take_off(reduction))
    }
}

/// Members by which a line names another one: the line that comes back, or the order of both.
const REFERENCES: [&str; 3] = ["init_feedetl_sn", "rx_drord_no", "feedetl_sn"];

/// A member that all lines of a call must agree on, unless its head names it.
fn one_of(head: &Node, lines: &[&Node], name: &'static str) -> Result<Option<String>, ViewError> {
    if let Some(text) = head.text(name) {
        return Ok(Some(text));
    }
    let mut texts = lines.iter().filter_map(|line| line.text(name));
    let first = texts.next();
    if texts.any(|text| Some(&text) != first.as_ref()) {
        return Err(ViewError::Ambiguous(name));
    }
    Ok(first)
}

impl Visit {
    fn read(head: &Node, lines: &[&Node]) -> Result<Option<Self>, ViewError> {
        let batch = one_of(head, lines, "chrg_bchno")?;
        let id = one_of(head, lines, "mdtrt_id")?;
        Ok(id.map(|id| Self { id, batch }))
    }
}

impl FeeLine {
    fn read(node: &Node, number: u32) -> Option<Self> {
        let codes = Codes::of_record(node);
        let is_outside = node.text("rx_circ_flag").as_deref() == Some("1");
        Some(Self {
            number,
            serial: node.text("feedetl_sn"),
            sku: parsed(node, "medins_list_codg"),
            code: parsed(node, "med_list_codg"),
            name: node.first_text(&["med_list_name", "medins_list_name"]),
            quantity: node.quantity("cnt")?,
            price: node.price("pric")?,
            amount: node.fen("det_item_fee_sumamt")?,
            at: node.text("fee_ocur_time"),
            prescription: node.text("rxno"),
            is_outside_prescription: is_outside,
            physician: node.text("bilg_dr_codg"),
            // 0 is what tills send for "not given".
            days: node
                .quantity("prd_days")
                .and_then(Quantity::as_whole)
                .filter(|days| *days > 0),
            packs: codes.packs,
            unreadable_packs: codes.unreadable,
            no_code: codes.instead,
            trace_hint: codes.hint,
            split: dictionary::split(node).or(codes.split),
        })
    }

    /// Does it take away: goods that come back within the bill, or a discount?
    fn is_reduction(&self) -> bool {
        self.quantity < Quantity::default() || self.amount < Fen::ZERO || self.price.units() < 0
    }

    /// Do goods come back with it?
    fn is_return(&self) -> bool {
        self.quantity < Quantity::default() && self.price.units() >= 0
    }

    /// Takes a reduction off, if that much is there.
    fn take_off(&mut self, reduction: &Self) -> bool {
        let quantity = match reduction.is_return() {
            true => {
                let left = self
                    .quantity
                    .units()
                    .checked_add(reduction.quantity.units());
                left.map(Quantity::new)
            }
            false => Some(self.quantity),
        };
        let amount = self.amount.checked_add(reduction.amount);
        let (Some(quantity), Some(amount)) = (quantity, amount) else {
            return false;
        };
        let is_left = quantity.is_positive() && amount >= Fen::ZERO;
        let is_gone = quantity == Quantity::default() && amount == Fen::ZERO;
        if reduction.amount > Fen::ZERO || !(is_left || is_gone) {
            return false;
        }
        (self.quantity, self.amount) = (quantity, amount);
        self.packs.retain(|pack| !reduction.packs.contains(pack));
        true
    }

    fn add_packs(&mut self, codes: Codes) {
        let mut own = Codes {
            packs: std::mem::take(&mut self.packs),
            unreadable: self.unreadable_packs,
            instead: self.no_code.take(),
            hint: self.trace_hint,
            split: self.split,
        };
        own.join(codes);
        self.packs = own.packs;
        self.unreadable_packs = own.unreadable;
        self.no_code = own.instead;
        self.trace_hint = own.hint;
        self.split = own.split;
    }
}

impl UnreadLine {
    fn read(node: Option<&Node>, number: u32) -> Self {
        Self {
            number,
            quantity: node.and_then(|node| node.quantity("cnt")),
            price: node.and_then(|node| node.price("pric")),
            amount: node.and_then(|node| node.fen("det_item_fee_sumamt")),
        }
    }
}

/// A member that is a code of its own kind; none where it has another form.
pub(super) fn parsed<T: std::str::FromStr>(node: &Node, name: &str) -> Option<T> {
    node.text(name)?.parse().ok()
}

#[cfg(test)]
mod tests;
