//! Entering goods without code, and lowering what is left: checked, signed by the person in charge, recorded.
//!
//! ```text
//! page      desk checks ─► PIN signs ─► entry, rows
//! command   checks, signs with the key that the PIN opens ─► control door ─► signature checked ─► entry, rows
//! ```
//! What is signed is the digest of what is recorded: a list of thousands of lots is one act.

use jiff::civil::Date;
use pharmacy_catalogue::file::Catalogue;
use pharmacy_decision::facts::Article;
use pharmacy_decision::pack::Pack;
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::digest::{hex, sha256};
use pharmacy_protocol::record::stock::{NoCodeLot, NoCodeStep};
use pharmacy_protocol::term::{
    EntryIndex, InsuranceClass, Lot, PaperNumber, Quantity, RegionCode, StaffId,
};
use serde::{Deserialize, Serialize};

use crate::core::no_code::{NoCodeError, check_list, check_lot};
use crate::core::staff::Duty;
use crate::memory::Staged;
use crate::staff::command::{Meant, SignedBy, Signer};
use crate::staff::{Act, Post, SignedAct};
use crate::step::bytes;
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place};
use pharmacy_journal::store::{NoCodeGoods, NoCodeMove, NoCodeRow, NoCodeStock, Transaction};
use pharmacy_journal::{Draft, Journal};

/// By what lots are checked before they are entered.
pub struct Entering<'a> {
    pub pack: &'a Pack,
    pub region: &'a RegionCode,
    /// The catalogue in use.
    pub catalogue: Option<&'a Catalogue>,
    pub today: Date,
}

impl Entering<'_> {
    /// Checks lots; says which one is wrong.
    pub fn check(&self, lots: &[NoCodeLot]) -> Result<(), (usize, DeskError)> {
        check_list(lots).map_err(|error| (0, error.into()))?;
        for (place, lot) in lots.iter().enumerate() {
            self.check_lot(lot).map_err(|error| (place, error))?;
        }
        Ok(())
    }

    fn check_lot(&self, lot: &NoCodeLot) -> Result<(), DeskError> {
        let found = match self.catalogue {
            Some(catalogue) => catalogue.by_sku(&lot.goods.sku)?,
            None => None,
        };
        let found = found.ok_or(NoCodeError::Article)?;
        let class = class_of(&found.article).ok_or(NoCodeError::NotDue)?;
        let terms = self.pack.trace_terms(class, self.region, self.today);
        Ok(check_lot(lot, terms, self.today)?)
    }
}

/// What kind of goods an article is: by its insurance code, else by its approval number.
fn class_of(article: &Article) -> Option<InsuranceClass> {
    let by_approval = || match article.approval.split_once("国药准字") {
        Some((_, number)) if number.starts_with('Z') => Some(InsuranceClass::PatentMedicine),
        Some(_) => Some(InsuranceClass::WesternDrug),
        None => None,
    };
    let code = article.code.as_ref();
    code.map(|code| code.class()).or_else(by_approval)
}

/// What is signed of a step: its digest.
fn signed_of(step: &NoCodeStep) -> Result<serde_json::Value, DeskError> {
    let digest = hex(&sha256(&bytes(step)?));
    Ok(serde_json::json!({ "no-code": digest }))
}

fn meant(step: &NoCodeStep) -> Result<Meant, DeskError> {
    let what = signed_of(step)?;
    let kind = ActKind::Stock;
    Ok(Meant { kind, what })
}

/// A step and the act that signs it, on its way from a command to whoever records.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignedStep {
    step: NoCodeStep,
    signed: SignedBy,
}

impl SignedStep {
    pub fn sign(signer: &Signer<'_>, step: NoCodeStep, now_ms: i64) -> Result<Self, DeskError> {
        let signed = meant(&step)?.sign_at_command(signer, now_ms)?;
        Ok(Self { step, signed })
    }
}

/// Records what a command brings, if the person in charge signed just that, here and now.
pub fn record_signed_step(
    journal: &mut Journal,
    SignedStep { step, signed }: &SignedStep,
) -> Result<EntryIndex, DeskError> {
    signed.demand(journal, &meant(step)?, Some(Duty::InCharge))?;
    if let NoCodeStep::Entered { lots } = step {
        check_list(lots)?;
    }
    let now_ms = journal.now_ms();
    let draft = Draft::of(step)?.with(crate::step::part(&signed.act)?);
    let recorded = journal.record(draft, |transaction, index| {
        rows_of(transaction, step, &signed.by, (index, now_ms))
    })?;
    Ok(recorded.index())
}

/// The rows that follow from a step: all, or none.
fn rows_of(
    transaction: &Transaction<'_>,
    step: &NoCodeStep,
    by: &StaffId,
    (entry, at_ms): (EntryIndex, i64),
) -> Result<(), DeskError> {
    match step {
        NoCodeStep::Entered { lots } => {
            for lot in lots {
                let row = NoCodeRow {
                    last_day: lot.last_day,
                    entered: lot.quantity,
                    left: lot.quantity,
                    staff: by.clone(),
                    entry,
                    at_ms,
                };
                let goods = lot.goods.clone();
                if transaction.enter_no_code(&NoCodeStock { goods, row })? == NoCodeMove::Refused {
                    return Err(NoCodeError::Again.into());
                }
            }
            Ok(())
        }
        NoCodeStep::Lowered { goods, left } => lower(transaction, goods, *left),
    }
}

fn lower(
    transaction: &Transaction<'_>,
    goods: &NoCodeGoods,
    left: Quantity,
) -> Result<(), DeskError> {
    let mut known = transaction.no_code_stock_of(&goods.sku)?.into_iter();
    if !known.any(|stock| stock.goods == *goods) {
        return Err(NoCodeError::Unknown.into());
    }
    match transaction.lower_no_code(goods, left)? {
        NoCodeMove::Done => Ok(()),
        NoCodeMove::Refused => Err(NoCodeError::NotLower.into()),
    }
}

/// One lot, as the page takes it for a line of the open sale.
#[derive(Clone, Debug)]
pub struct NewLot {
    pub line: u32,
    pub lot: Lot,
    /// The paper that came with the goods.
    pub paper: PaperNumber,
    /// When they were bought.
    pub bought: Date,
    /// Last day of use.
    pub last_day: Date,
    pub quantity: Quantity,
}

impl Desk {
    /// A step that enters the lot of a line, checked.
    fn entering(&mut self, caller: &Caller, new: NewLot) -> Result<NoCodeStep, DeskError> {
        self.refresh_catalogue()?;
        let sale = self.find_seated(&caller.till)?;
        let sale = sale.ok_or(crate::RemedyError::NoOpenSale)?;
        let mut lines = sale.basket.lines().iter();
        let line = lines.find(|line| line.number == new.line);
        let line = line.ok_or(crate::RemedyError::NoOpenSale)?;
        let known = self.known_line(line)?;
        let sku = known.sku.or_else(|| line.offered.sku.clone());
        let goods = NoCodeGoods {
            sku: sku.ok_or(NoCodeError::Article)?,
            lot: new.lot,
            paper: new.paper,
        };
        let lots = vec![NoCodeLot {
            goods,
            bought: new.bought,
            last_day: new.last_day,
            quantity: new.quantity,
        }];
        let entering = Entering {
            pack: &self.pack,
            region: &self.setup.store.region,
            catalogue: self.catalogue.as_ref(),
            today: self.clock.today(),
        };
        entering.check(&lots).map_err(|(_, error)| error)?;
        Ok(NoCodeStep::Entered { lots })
    }

    fn record_no_code(
        &mut self,
        caller: &Caller,
        step: &NoCodeStep,
        signed: SignedAct,
    ) -> Result<Done, DeskError> {
        let draft = Draft::of(step)?.with(signed.part).at(&caller.till);
        let now_ms = self.clock.now_ms();
        let _ = self.record(draft, |transaction, index| {
            rows_of(transaction, step, &signed.staff, (index, now_ms))?;
            Ok(Staged::new(()).then(|memory| memory.judge_all_again()))
        })?;
        Ok(Done::new("counter.no-code-entered"))
    }
}

impl DeskHandle {
    /// Enters the lot of a line of the open sale, signed by the person in charge.
    pub(crate) async fn enter_no_code(
        &self,
        caller: Caller,
        place: Place,
        new: NewLot,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let at = caller.clone();
        let step = self.run(move |desk| desk.entering(&at, new)).await?;
        let act = Act {
            kind: ActKind::Stock,
            sale: None,
            about: Vec::new(),
            what: signed_of(&step)?,
            reason: None,
        };
        let post = Post::new(&caller, place);
        let signed = self.sign(post, Duty::InCharge, by, act).await?;
        self.run(move |desk| desk.record_no_code(&caller, &step, signed))
            .await
    }
}
