//! Sales that are refused, and what may be needed to answer.

use pharmacy_desk::{Board, DrugItem, InboxFile, Light, OnDuty, PrescriptionItem, Remedy};

use crate::desk::{green, red, sale_id};

/// Every place where a reason is answered.
pub const REMEDIES: [Remedy; 19] = [
    Remedy::Presence,
    Remedy::Buyer,
    Remedy::Reader,
    Remedy::Proxy,
    Remedy::Family,
    Remedy::Holder,
    Remedy::Prescription,
    Remedy::Review,
    Remedy::Registration,
    Remedy::Exception,
    Remedy::Days,
    Remedy::Class,
    Remedy::Scan,
    Remedy::Photo,
    Remedy::NoCode,
    Remedy::Prefix,
    Remedy::Standing,
    Remedy::Till,
    Remedy::Release,
];

/// A file that says to be a JPEG.
pub const DOCUMENT: &[u8] = b"\xff\xd8\xff\xe0 a picture";

/// A sale refused for its second line, and answered in these places.
pub fn asking(remedies: &[Remedy]) -> Board {
    let mut board = red();
    let sale = board.sale.as_mut().unwrap();
    sale.reasons[0].remedies = Vec::new();
    sale.reasons[1].light = Light::Red;
    sale.reasons[1].remedies = remedies.to_vec();
    board
}

/// A sale that was settled.
pub fn settled() -> Board {
    Board {
        light: Light::Settled,
        ..green()
    }
}

pub fn pharmacist() -> OnDuty {
    OnDuty {
        staff: "P1".parse().unwrap(),
        name: "样例药师".into(),
        is_in_charge: true,
        is_pharmacist: true,
        till: Some("01".parse().unwrap()),
    }
}

/// A prescription that the store keeps.
pub fn kept(prescription: u64, status: &'static str) -> PrescriptionItem {
    PrescriptionItem {
        prescription,
        status,
        number: Some(format!("RX-{prescription}")),
        patient: Some("测** 1***************2X".into()),
        institution: Some("样例医院".into()),
        drugs: vec![DrugItem {
            name: "阿莫西林胶囊".into(),
            quantity: "1".into(),
            dispensed: "0".into(),
            days: None,
        }],
        valid_until: None,
        received_ms: 0,
        images: 1,
        sale: Some(sale_id(1)),
        reviewed_by: None,
        physician: None,
        issued: None,
        lacks: Vec::new(),
        is_doubted: false,
    }
}

/// A file in the scanner's folder.
pub fn file(name: &str) -> InboxFile {
    InboxFile {
        name: name.into(),
        bytes: 4096,
        written_ms: 0,
    }
}
