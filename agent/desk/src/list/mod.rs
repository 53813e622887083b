//! The purchase list (购药清单) of a settled sale: what was bought, for whom, paid with what (R40).
//!
//! In scope: its content, its printable page, and what a slip says of it. Its recorded bytes are what a
//! slip's proof verifies, so they leave the desk as they are and are never made anew. Lists that were
//! recorded before a field was known lack it and still read.
//! Out of scope: the slip's layout (`slip`), signature (`confirm`), retention.
//!
//! GAP: persons are masked as nobody's region was ever seen to ask otherwise: family name and the last
//! character of the name; first and last digits of the number.

pub(crate) mod confirm;
pub(crate) mod record;
pub(crate) mod slip;

use askama::Template;
use pharmacy_decision::facts::{Fund, Tender};
use pharmacy_protocol::term::{
    EntryIndex, Fen, InsuranceCode, Quantity, SaleId, Sku, StaffId, StoreCode, TillNumber,
    TraceCode, UnitPrice,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::sale::Masked;
use pharmacy_device::paper::{Code, Content, Item};

/// A purchase list.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct PurchaseList {
    /// The sale.
    #[schema(value_type = String)]
    pub sale: SaleId,
    /// The store's code.
    #[schema(value_type = String)]
    pub store: StoreCode,
    /// The store's name.
    pub store_name: String,
    /// The till.
    #[schema(value_type = String)]
    pub till: TillNumber,
    /// Who operated the till.
    pub operator: Option<String>,
    /// The pharmacists who reviewed its prescriptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub pharmacists: Vec<StaffId>,
    /// The till's own receipt number, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// When it was settled, milliseconds since 1970.
    pub settled_ms: i64,
    /// Which money paid.
    #[schema(value_type = String)]
    pub fund: Fund,
    /// The insured, masked.
    #[schema(value_type = Option<Object>)]
    pub holder: Option<Masked>,
    /// Who takes the medicine, masked, where not the holder.
    #[schema(value_type = Option<Object>)]
    pub patient: Option<Masked>,
    /// Who bought, masked, where not the holder.
    #[schema(value_type = Option<Object>)]
    pub buyer: Option<Masked>,
    /// What was bought.
    pub lines: Vec<ListLine>,
    /// The sum in yuan.
    #[schema(value_type = String)]
    pub total: Fen,
    /// What the insurance paid, in yuan.
    #[schema(value_type = String)]
    pub insurance: Fen,
    /// What was paid in cash, in yuan.
    #[schema(value_type = String)]
    pub cash: Fen,
    /// The platform's settlement id.
    pub settlement: String,
    /// The settlement's message id.
    pub msgid: String,
    /// The origin line of the log.
    pub origin: String,
    /// The entry that records the verdict, if there was one.
    #[schema(value_type = Option<u64>)]
    pub verdict: Option<EntryIndex>,
}

/// One line of a purchase list.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ListLine {
    /// Number on the till.
    pub number: u32,
    /// Article number.
    #[schema(value_type = Option<String>)]
    pub sku: Option<Sku>,
    /// Insurance code.
    #[schema(value_type = Option<String>)]
    pub code: Option<InsuranceCode>,
    /// Name.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// The lot (批号), where the till tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// Trace codes.
    #[schema(value_type = Vec<String>)]
    pub trace_codes: Vec<TraceCode>,
    /// Quantity.
    #[schema(value_type = String)]
    pub quantity: Quantity,
    /// Unit price in yuan.
    #[schema(value_type = String)]
    pub price: UnitPrice,
    /// Amount in yuan.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// `insurance` or `cash`.
    #[schema(value_type = String)]
    pub tender: Tender,
}

/// The printable page.
#[derive(Template)]
#[template(path = "purchase_list.html")]
struct Page<'a> {
    list: &'a PurchaseList,
    settled_at: String,
    fund: &'static str,
    pharmacists: String,
    code: Option<String>,
}

impl PurchaseList {
    /// The list as a page that a browser prints, with the proof that it was recorded.
    pub fn page(&self, proof: Option<&str>) -> String {
        // Rendering into a string fails only if a Display does, and none of ours do.
        Page {
            list: self,
            settled_at: self.settled_at(),
            fund: self.fund_word(),
            pharmacists: self.pharmacist_names().join("、"),
            code: proof.and_then(Code::svg),
        }
        .render()
        .unwrap_or_default()
    }

    /// What a slip says of the list; `recorded` is the entry that holds it.
    pub fn content(&self, recorded: EntryIndex, proof: Option<String>) -> Content {
        Content {
            store_name: self.store_name.clone(),
            store: self.store.to_string(),
            till: self.till.to_string(),
            operator: self.operator.clone(),
            pharmacists: self.pharmacist_names(),
            settled_at: self.settled_at(),
            receipt: self.receipt.clone(),
            fund: self.fund_word(),
            holder: self.holder.as_ref().map(shown_person),
            patient: self.patient.as_ref().map(shown_person),
            buyer: self.buyer.as_ref().map(shown_person),
            items: self.lines.iter().map(ListLine::item).collect(),
            total: self.total,
            insurance: self.insurance,
            cash: self.cash,
            settlement: self.settlement.clone(),
            sale: self.sale.to_string(),
            recorded: Some((self.origin.clone(), recorded.value())),
            proof,
        }
    }

    fn pharmacist_names(&self) -> Vec<String> {
        self.pharmacists.iter().map(ToString::to_string).collect()
    }

    fn settled_at(&self) -> String {
        jiff::Timestamp::from_millisecond(self.settled_ms)
            .map(|at| {
                let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
                at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
            })
            .unwrap_or_default()
    }

    fn fund_word(&self) -> &'static str {
        match self.fund {
            Fund::Account => "个人账户",
            Fund::Chronic => "门诊慢特病",
            Fund::DualChannel => "双通道",
            Fund::Pooled => "门诊统筹",
        }
    }
}

impl ListLine {
    fn item(&self) -> Item {
        Item {
            number: self.number,
            name: self.name.clone(),
            spec: self.spec.clone(),
            lot: self.lot.clone(),
            quantity: self.quantity.to_string(),
            price: self.price.to_string(),
            amount: self.amount,
            tender: match self.tender {
                Tender::Cash => "自费",
                Tender::Insurance => "医保",
            },
            trace_codes: self.trace_codes.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A masked person as one text.
fn shown(person: &Option<Masked>) -> String {
    person.as_ref().map(shown_person).unwrap_or_default()
}

fn shown_person(Masked { name, number }: &Masked) -> String {
    [name.as_deref(), number.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As lists were recorded before receipt, lot and pharmacists were known.
    const OLD: &str = r#"{"sale":"0123456789abcdef-17","store":"P44030000001","store_name":"某某大药房",
        "till":"01","operator":null,"settled_ms":1764000000000,"fund":"account",
        "holder":{"name":"测*","number":"1101**********002X"},"patient":null,"buyer":null,
        "lines":[{"number":1,"sku":null,"code":null,"name":"<阿莫西林>","spec":"","trace_codes":[],
        "quantity":"1","price":"12.90","amount":"12.90","tender":"insurance"}],"total":"12.90",
        "insurance":"12.90","cash":"0.00","settlement":"S1","msgid":"M1",
        "origin":"440300.P44030000001/01/0123456789abcdef","verdict":3}"#;

    #[test]
    fn old_lists_read_and_are_written_as_they_were() {
        let list: PurchaseList = serde_json::from_str(OLD).unwrap();
        assert!(list.pharmacists.is_empty() && list.receipt.is_none());
        assert!(list.lines[0].lot.is_none());
        let squeezed = OLD.split('\n').map(str::trim).collect::<String>();
        assert_eq!(serde_json::to_string(&list).unwrap(), squeezed);
    }

    #[test]
    fn new_fields_are_kept_shown_and_escaped() {
        let mut list: PurchaseList = serde_json::from_str(OLD).unwrap();
        list.receipt = Some("R-1".to_owned());
        list.pharmacists = vec!["YS07".parse().unwrap()];
        list.lines[0].lot = Some("A2505018".to_owned());
        let json = serde_json::to_string(&list).unwrap();
        let read: PurchaseList = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        let page = read.page(Some("PL1:ABC"));
        for part in [
            "R-1",
            "YS07",
            "A2505018",
            "&#60;阿莫西林&#62;",
            "<svg",
            "测* 1101**********002X",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(!page.contains("<阿莫西林>"));
        assert!(!read.page(None).contains("<svg"));
        let content = read.content(EntryIndex::new(9), None);
        assert_eq!(content.items[0].lot.as_deref(), Some("A2505018"));
        assert_eq!(content.settled_at, "2025-11-25 00:00:00");
    }
}
