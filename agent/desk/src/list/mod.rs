//! The purchase list (购药清单) of a settled sale: what was bought, for whom, paid with what (R40).
//!
//! In scope: its printable page, and what a slip says of it. Its recorded bytes are what a
//! slip's proof verifies, so they leave the desk as they are and are never made anew.
//! Out of scope: its content (`pharmacy_protocol::record::list`), the slip's layout (`slip`), signature (`confirm`), retention.
//!
//! GAP: persons are masked as nobody's region was ever seen to ask otherwise: family name and the last
//! character of the name; first and last digits of the number.

pub(crate) mod budget;
pub(crate) mod confirm;
pub(crate) mod look;
pub(crate) mod record;
pub(crate) mod slip;

use askama::Template;
use pharmacy_protocol::term::{EntryIndex, Fund, Tender};

use crate::core::sale::Masked;
use pharmacy_device::paper::{Code, Content, Item};

pub use pharmacy_protocol::record::list::{ListLine, PurchaseList};

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

/// A list as a page that a browser prints, with the proof that it was recorded.
pub fn list_page(list: &PurchaseList, proof: Option<&str>) -> String {
    // Rendering into a string fails only if a Display does, and none of ours do.
    Page {
        list,
        settled_at: settled_at(list),
        fund: fund_word(list),
        pharmacists: pharmacist_names(list).join("、"),
        code: proof.and_then(|proof| Code::svg(proof, "日志证明二维码")),
    }
    .render()
    .unwrap_or_default()
}

/// What a slip says of a list; `recorded` is the entry that holds it.
pub fn slip_content(list: &PurchaseList, recorded: EntryIndex, proof: Option<String>) -> Content {
    Content {
        store_name: list.store_name.clone(),
        store: list.store.to_string(),
        till: list.till.to_string(),
        operator: list.operator.clone(),
        pharmacists: pharmacist_names(list),
        settled_at: settled_at(list),
        receipt: list.receipt.clone(),
        fund: fund_word(list),
        holder: list.holder.as_ref().map(shown_person),
        patient: list.patient.as_ref().map(shown_person),
        buyer: list.buyer.as_ref().map(shown_person),
        items: list.lines.iter().map(item).collect(),
        total: list.total,
        insurance: list.insurance,
        cash: list.cash,
        settlement: list.settlement.clone(),
        sale: list.sale.to_string(),
        recorded: Some((list.origin.clone(), recorded.value())),
        proof,
    }
}

fn pharmacist_names(list: &PurchaseList) -> Vec<String> {
    list.pharmacists.iter().map(ToString::to_string).collect()
}

fn settled_at(list: &PurchaseList) -> String {
    jiff::Timestamp::from_millisecond(list.settled_ms)
        .map(|at| {
            let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
            at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
        })
        .unwrap_or_default()
}

fn fund_word(list: &PurchaseList) -> &'static str {
    match list.fund {
        Fund::Account => "个人账户",
        Fund::Chronic => "门诊慢特病",
        Fund::DualChannel => "双通道",
        Fund::Pooled => "门诊统筹",
    }
}

fn item(line: &ListLine) -> Item {
    Item {
        number: line.number,
        name: line.name.clone(),
        spec: line.spec.clone(),
        lot: line.lot.clone(),
        quantity: line.quantity.to_string(),
        price: line.price.to_string(),
        amount: line.amount,
        tender: match line.tender {
            Tender::Cash => "自费",
            Tender::Insurance => "医保",
        },
        trace_codes: line.trace_codes.iter().map(ToString::to_string).collect(),
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
        let shown = list_page(&read, Some("PL1:ABC"));
        for part in [
            "R-1",
            "YS07",
            "A2505018",
            "&#60;阿莫西林&#62;",
            "<svg",
            "测* 1101**********002X",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        assert!(!shown.contains("<阿莫西林>"));
        assert!(!list_page(&read, None).contains("<svg"));
        let slip = slip_content(&read, EntryIndex::new(9), None);
        assert_eq!(slip.items[0].lot.as_deref(), Some("A2505018"));
        assert_eq!(slip.settled_at, "2025-11-25 00:00:00");
    }
}
