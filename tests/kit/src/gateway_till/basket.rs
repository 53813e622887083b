//! What a till sells, and how its province writes it.

/// The store of [`crate::Shop`].
pub const STORE: &str = "P44030000001";

/// `mdtrt_cert_type` of the code on a phone.
pub const CODE: &str = "01";

/// How numbers are written in what the till sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Numbers {
    /// `19.10`
    Bare,
    /// `"19.10"`
    Quoted,
}

/// How trace codes are written in a settlement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Traces {
    /// `drugTracInfo` in each line, an array.
    Camel,
    /// `drug_trac_info` beside the lines, joined by `feedetl_sn`.
    Joined,
    /// `drugtracinfo` in each line, an array.
    Nested,
    /// `drugtracinfo` in each line, a single object: for lines of one pack.
    Single,
}

/// One line of a basket.
#[derive(Clone, Debug)]
pub struct Line {
    /// `medins_list_codg`.
    pub sku: String,
    /// `med_list_codg`.
    pub code: String,
    /// `pric`, as written.
    pub price: String,
    /// `cnt`, as written.
    pub count: String,
    /// `det_item_fee_sumamt`, as written.
    pub amount: String,
    /// Trace codes.
    pub packs: Vec<String>,
}

impl Line {
    /// Packs of the plain OTC drug of the sample catalogue.
    pub fn otc(packs: &[String]) -> Self {
        let fen = 1910 * packs.len();
        Self {
            sku: "100057".into(),
            code: "ZA99ZZZ9999010199901".into(),
            price: "19.10".into(),
            count: packs.len().to_string(),
            amount: format!("{}.{:02}", fen / 100, fen % 100),
            packs: packs.to_vec(),
        }
    }

    /// A toothbrush under the drug's code: what the rules refuse.
    pub fn toothbrush() -> Self {
        Self {
            sku: "100112".into(),
            price: "10.90".into(),
            count: "1".into(),
            amount: "10.90".into(),
            ..Self::otc(&[])
        }
    }
}

/// Who pays and for what.
#[derive(Clone, Debug)]
pub struct Basket {
    /// `psn_no`.
    pub psn_no: String,
    /// `mdtrt_cert_type`: 01 where a phone's code was read.
    pub certificate: &'static str,
    /// `mdtrt_cert_no`: what the code on a phone decoded to.
    pub token: String,
    /// `medfee_sumamt`, as written.
    pub total: String,
    /// The lines.
    pub lines: Vec<Line>,
    /// What the `feedetl_sn` of its lines begin with.
    pub receipt: String,
}

impl Basket {
    /// One line of the plain OTC drug for somebody.
    pub fn otc(psn_no: &str, receipt: &str, packs: &[String]) -> Self {
        Self::of(psn_no, receipt, Line::otc(packs))
    }

    /// One line for somebody.
    pub fn of(psn_no: &str, receipt: &str, line: Line) -> Self {
        Self {
            psn_no: psn_no.to_owned(),
            certificate: CODE,
            token: token(psn_no),
            total: line.amount.clone(),
            lines: vec![line],
            receipt: receipt.to_owned(),
        }
    }
}

/// What a person's phone shows, decoded.
pub fn token(psn_no: &str) -> String {
    psn_no.replace("PSN-", "TOKEN-")
}

/// A settlement as its answer names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settled {
    /// `setl_id`.
    pub setl_id: String,
    /// `mdtrt_id`.
    pub mdtrt_id: String,
    /// `psn_no`.
    pub psn_no: String,
}
