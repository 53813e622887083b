//! What the person in charge signs for a pack: the form of a maker's own codes, cash that was given back.

use pharmacy_decision::record::evidence::{EvidenceStep, LineTold};
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::term::{OwnForm, Sku, TraceCode};

use crate::article::{is_known_by_twenty, own_form_setting};
use crate::core::sale::Sale;
use crate::core::staff::Duty;
use crate::sale::cash::CashReturned;
use crate::staff::{Act, Post};
use crate::step::{At, Step, Write};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place, RemedyError};
use pharmacy_journal::store::DueKind;

impl Desk {
    /// The article of a line, and the form of a maker's own code for it.
    fn own_form_of(
        &mut self,
        caller: &Caller,
        line: u32,
        code: &TraceCode,
    ) -> Result<(Sale, Sku, OwnForm), DeskError> {
        let sale = self.seated_sale(caller)?;
        let form = OwnForm::of(code).ok_or(RemedyError::NotLearnable)?;
        let mut lines = sale.basket.lines().iter();
        let told = lines.find(|told| told.number == line);
        let told = told.ok_or(RemedyError::NotLearnable)?;
        let found = self.find_article(&told.offered)?;
        let sku = found.as_ref().map(|found| found.sku.clone());
        let sku = sku.or_else(|| told.offered.sku.clone());
        let sku = sku.ok_or(RemedyError::NotLearnable)?;
        // LAW: NMPAB/T 1002 gives a product one family of codes.
        let mut known = self.journal.reader().prefixes_of_sku(&sku)?;
        known.extend(
            found
                .into_iter()
                .flat_map(|found| found.article.trace_prefixes),
        );
        if is_known_by_twenty(&known) {
            return Err(RemedyError::NotLearnable.into());
        }
        Ok((sale, sku, form))
    }

    /// The packs of a line that were sold for cash on this receipt.
    fn paid_packs(
        &mut self,
        caller: &Caller,
        line: u32,
        receipt: &str,
    ) -> Result<(Sale, Vec<CashReturned>), DeskError> {
        let sale = self.seated_sale(caller)?;
        let mut lines = sale.basket.lines().iter();
        let told = lines.find(|told| told.number == line);
        let packs = told.map(|told| told.packs.as_slice()).unwrap_or_default();
        let paid = self.paid_in_cash(packs, receipt)?;
        if paid.is_empty() {
            return Err(RemedyError::NotPaidInCash.into());
        }
        Ok((sale, paid))
    }
}

impl DeskHandle {
    /// Confirms that an article's packs bear a maker's own codes of the form of this one.
    pub(crate) async fn confirm_form(
        &self,
        caller: Caller,
        place: Place,
        (line, code): (u32, TraceCode),
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let (at, told) = (caller.clone(), code.clone());
        let of = self.run(move |desk| desk.own_form_of(&at, line, &told));
        let (sale, sku, form) = of.await?;
        let act = Act {
            kind: ActKind::Classify,
            sale: Some(sale.id.clone()),
            about: vec![sale.entry],
            what: serde_json::json!({"line": line, "sku": sku, "own-form": form}),
            reason: None,
        };
        let at = Post::new(&caller, place);
        let signed = self.sign(at, Duty::InCharge, by, act).await?;
        self.run(move |desk| {
            let (mut sale, sku, form) = desk.own_form_of(&caller, line, &code)?;
            sale.reopen()?;
            let mut forms = desk.own_forms(&sku)?;
            if !forms.contains(&form) {
                forms.push(form.clone());
            }
            let forms: Vec<String> = forms.iter().map(ToString::to_string).collect();
            let (name, forms) = (own_form_setting(&sku), forms.join("\n"));
            let step = Step::telling(&EvidenceStep::OwnForm { form, sku })?
                .with(signed.part)
                .writing(move |at: &At<'_>| Ok(at.transaction.put_setting(&name, &forms)?));
            desk.record_remedy(&caller, sale, step)?;
            Ok(Done::new("counter.form-confirmed").with(line.into()))
        })
        .await
    }

    /// Gives packs that were paid in cash free for this sale (退现改医保): the cash went back, and the till
    /// reports within a day that the goods came back.
    pub(crate) async fn return_cash(
        &self,
        caller: Caller,
        place: Place,
        (line, receipt): (u32, String),
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let (at, told) = (caller.clone(), receipt.clone());
        let of = self.run(move |desk| desk.paid_packs(&at, line, &told));
        let (sale, _) = of.await?;
        let act = Act {
            kind: ActKind::Release,
            sale: Some(sale.id.clone()),
            about: vec![sale.entry],
            what: serde_json::json!({"rule": "trace.sold", "line": line, "receipt": receipt}),
            reason: None,
        };
        let at = Post::new(&caller, place);
        let signed = self.sign(at, Duty::InCharge, by, act).await?;
        self.run(move |desk| {
            let (mut sale, paid) = desk.paid_packs(&caller, line, &receipt)?;
            sale.reopen()?;
            let told = EvidenceStep::Lines {
                lines: vec![line],
                what: LineTold::CashReturned,
            };
            let within_ms = desk.pack.cash_return().within_ms();
            let step = Step::telling(&told)?
                .with(signed.part)
                .writing(freeing(paid, within_ms));
            desk.record_remedy(&caller, sale, step)?;
            Ok(Done::new("counter.cash-returned").with(line.into()))
        })
        .await
    }
}

/// Takes packs back from a sale for cash and gives them to this one; the till reports it in time.
fn freeing(paid: Vec<CashReturned>, within_ms: i64) -> impl Write {
    move |at: &At<'_>| {
        let until_ms = at.now_ms.saturating_add(within_ms);
        for returned in &paid {
            let (pack, from) = (&returned.pack, returned.sale);
            let _ = at
                .transaction
                .return_pack(pack, from, at.index, returned.quantity)?;
            let _ = at
                .transaction
                .claim_pack(pack, at.sale.id.counter(), at.index)?;
            at.transaction
                .put_due(DueKind::CashReturn, from, until_ms)?;
        }
        Ok(())
    }
}
