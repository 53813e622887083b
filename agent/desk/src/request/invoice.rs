//! Invoices that a till reports, against the purchase list (R21).
//!
//! One that agrees is an `invoice` entry; one that does not is a `finding`, and the till hears why.

use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::invoice::DisputedInvoice;
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::invoice::{Billable, Invoice, InvoiceError, Invoiced, agree};
use crate::core::sale::Sale;
use crate::list::confirm::open_list;
use crate::name::naming;
use crate::step::{Step, part};
use crate::{Call, Desk, DeskError, DeskHandle, PurchaseList, Reply};
use pharmacy_base::clock::day_of;
use pharmacy_journal::Draft;
use pharmacy_journal::store::{NameDigest, NameKind};

/// What became of an invoice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    /// The sale.
    #[schema(value_type = String)]
    pub sale: SaleId,
    /// The entry that records the invoice.
    #[schema(value_type = u64)]
    pub entry: EntryIndex,
    /// The invoice's number.
    pub number: String,
    /// What of the sale may still be invoiced, in yuan.
    #[schema(value_type = String)]
    pub left: Fen,
}

impl Desk {
    fn invoice(&mut self, call: &Call, id: &SaleId, invoice: Invoice) -> Result<Reply, DeskError> {
        let (mut sale, _) = self.load(&call.caller, id)?;
        let entry = sale.list.ok_or(DeskError::NoList)?;
        let list = open_list(&self.journal, entry)?;
        let name = self.invoice_name(&invoice);
        let left = left_of(&sale, &list);
        let agreed = self
            .known_invoice(&sale, name)
            .and_then(|()| Ok(self.agree(&sale, &list, left, &invoice)?));
        let lines = match agreed {
            Ok(lines) => lines,
            Err(DeskError::Invoice(error)) => {
                self.record_disagreement(&sale, entry, error, &invoice)?;
                return Err(error.into());
            }
            Err(error) => return Err(error),
        };
        // With its number, so that no other sale takes it.
        let step = Step::telling(&invoice)?
            .resting_on([entry])
            .writing(naming(NameKind::Invoice, name));
        sale.invoices.push(Invoiced {
            number: invoice.number.clone(),
            amount: invoice.amount,
            lines,
        });
        let left = left.checked_sub(invoice.amount).unwrap_or(Fen::ZERO);
        self.commit(call, sale, step, move |at| {
            let view = InvoiceView {
                sale: at.sale.id.clone(),
                entry: at.index,
                number: invoice.number,
                left,
            };
            Reply::json(201, &view)
        })
    }

    fn invoice_name(&self, invoice: &Invoice) -> NameDigest {
        let keys = self.journal.keys();
        keys.name_digest(NameKind::Invoice.as_str(), &invoice.number)
    }

    /// Is the number free?
    fn known_invoice(&self, sale: &Sale, name: NameDigest) -> Result<(), DeskError> {
        let reader = self.journal.reader();
        match reader.sale_named(NameKind::Invoice, &name)? {
            None => Ok(()),
            Some(counter) if counter == sale.id.counter() => Err(InvoiceError::Repeated.into()),
            Some(_) => Err(InvoiceError::OtherSale.into()),
        }
    }

    fn agree(
        &self,
        sale: &Sale,
        list: &PurchaseList,
        left: Fen,
        invoice: &Invoice,
    ) -> Result<Vec<(u32, Fen)>, InvoiceError> {
        if sale.settlement().is_none() {
            return Err(InvoiceError::TakenBack);
        }
        let since = day_of(list.settled_ms);
        if invoice.issued < since || invoice.issued > self.clock.today() {
            return Err(InvoiceError::Date);
        }
        let lines = list.lines.iter().map(|line| {
            let earlier = sale.invoices.iter().flat_map(|invoice| &invoice.lines);
            let earlier = earlier.filter(|(number, _)| *number == line.number);
            let spent = Fen::checked_sum(earlier.map(|(_, amount)| *amount));
            let spent = spent.unwrap_or(line.amount);
            Billable {
                number: line.number,
                names: [
                    Some(line.name.as_str()),
                    line.sku.as_ref().map(|sku| sku.as_str()),
                ],
                quantity: line.quantity,
                left: line.amount.checked_sub(spent).unwrap_or(Fen::ZERO),
            }
        });
        agree(invoice, lines.collect(), left)
    }

    fn record_disagreement(
        &mut self,
        sale: &Sale,
        list: EntryIndex,
        error: InvoiceError,
        invoice: &Invoice,
    ) -> Result<(), DeskError> {
        let record = DisputedInvoice {
            finding: error.code().to_owned(),
            sale: sale.id.clone(),
            invoice: invoice.clone(),
        };
        let finding = Finding::Invoice {
            finding: error.code().to_owned(),
        };
        let draft = Draft::of(&finding)?
            .with(part(&record)?)
            .at(&sale.till)
            .resting_on([sale.entry, list]);
        self.note(draft)?;
        Ok(())
    }
}

/// What of a sale may still be invoiced: its list, less what was given back and invoiced before.
fn left_of(sale: &Sale, list: &PurchaseList) -> Fen {
    let invoiced = sale.invoices.iter().map(|invoice| invoice.amount);
    let spent = Fen::checked_sum(invoiced.chain([sale.refunded]));
    let left = spent.and_then(|spent| list.total.checked_sub(spent));
    left.unwrap_or(Fen::ZERO)
}

impl DeskHandle {
    /// Takes an invoice that was issued for a settled sale.
    pub async fn report_invoice(
        &self,
        call: Call,
        sale: SaleId,
        invoice: Invoice,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            if let Some(reply) = desk.repeated(&call, Some(&sale))? {
                return Ok(reply);
            }
            desk.invoice(&call, &sale, invoice)
        })
        .await
    }
}
