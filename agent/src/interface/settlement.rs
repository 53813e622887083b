//! Settlements and what comes before them: 2101, 2102, 2204, 2206, 2207 and their A forms.

use pharmacy_decision::facts::{Credential, Fund, Insurance};
use pharmacy_decision::pack::Call;
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::{Fen, InsuranceCode, Quantity, Sku, TraceCode, UnitPrice};

use super::node::ViewError;
use super::request::Request;

/// A settlement, a calculation of one, or the upload of its lines.
#[derive(Clone, Debug)]
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
    /// What joins it with the calls around it.
    pub visit: Option<Visit>,
    /// The lines; empty where they came in another call.
    pub lines: Vec<FeeLine>,
}

/// `acct_used_flag`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountUse {
    /// 0.
    NotUsed,
    /// 1.
    Used,
}

/// What joins the calls of one visit.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Visit {
    /// `mdtrt_id`.
    pub id: String,
    /// `chrg_bchno`.
    pub batch: Option<String>,
}

/// One fee line.
#[derive(Clone, Debug)]
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
}

impl Settlement {
    /// Reads a request as the region's table says where things are.
    pub fn read(_request: &Request, _call: &Call) -> Result<Self, ViewError> {
        todo!()
    }
}
