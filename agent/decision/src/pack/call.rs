//! Calls of the national interface that concern the agent, as a region runs them.
//!
//! In scope: what a call is for, where its lines are, how calls belong together, how a refusal is
//! worded. Out of scope: reading messages (the agent's `interface`), deciding.

use pharmacy_protocol::term::Infno;

use crate::pack::error::PackError;
use crate::pack::file;
use crate::pack::scope::{Regional, Scope};
use crate::pack::source::PackSource;
use crate::pack::table::{FROM, REGION, Row, Table, UNTIL};

/// One call of the national interface.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// Its number.
    pub infno: Infno,
    /// What it is for.
    pub role: CallRole,
    /// The node of `input` that holds what concerns the whole call: `druginfo`, `data`.
    pub head: Option<String>,
    /// The node of `input` that holds its lines: `drugdetail`, `feedetail`, `selinfoDetail`.
    pub lines: Option<String>,
    /// How it belongs together with other calls.
    pub join: Join,
    /// How a refusal answers it.
    pub refusal: Refusal,
    /// How the region writes `infcode`.
    pub form: CodeForm,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CallRole {
    /// Uploads fee lines that a later call settles (2204). Judged early.
    FeeLines,
    /// Asks who the insured is (1101).
    Insured,
    /// Maps an article to an insurance code (3301), or takes the mapping back (3302).
    Mapping,
    /// Looks for, fetches or writes off an electronic prescription (7201, 7203, 7206).
    Prescription,
    /// Calculates a settlement without making it (2101, 2206). Judged early.
    PreSettlement,
    /// Reports what was settled (5203, 5204, 3202).
    Query,
    /// Takes a settlement back by its number (2103, 2208).
    Reversal,
    /// Settles (2102, 2207).
    Settlement,
    /// Settles if it carries lines; what else it may be is not published (2161 to 2181).
    SettlementIfLines,
    /// An operator signs in (9001).
    SignIn,
    /// An operator signs out (9002).
    SignOut,
    /// Reports stock: counts, changes, purchases, sales, returns, deletions (3501 to 3507).
    Stock,
    /// Takes a call back by its message id (2601).
    Undo,
}

impl CallRole {
    /// Must the call be judged or recorded before it may leave?
    pub fn is_gated(self) -> bool {
        match self {
            Self::FeeLines
            | Self::PreSettlement
            | Self::Reversal
            | Self::Settlement
            | Self::SettlementIfLines
            | Self::Undo => true,
            Self::Insured
            | Self::Mapping
            | Self::Prescription
            | Self::Query
            | Self::SignIn
            | Self::SignOut
            | Self::Stock => false,
        }
    }

    /// Does it move money? Then it is sent once, on a connection of its own.
    pub fn moves_money(self) -> bool {
        match self {
            Self::Reversal | Self::Settlement | Self::SettlementIfLines | Self::Undo => true,
            Self::FeeLines
            | Self::Insured
            | Self::Mapping
            | Self::Prescription
            | Self::PreSettlement
            | Self::Query
            | Self::SignIn
            | Self::SignOut
            | Self::Stock => false,
        }
    }
}

/// How calls of one purchase belong together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Join {
    /// The call carries everything itself; earlier calls are found by person and till.
    Person,
    /// By visit and charge batch (`mdtrt_id`, `chrg_bchno`): the lines came in another call.
    Visit,
}

/// How a refusal answers a call (`infcode`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Refusal {
    /// −1.
    MinusOne,
    /// −2: a business error, where −1 stands for "outcome unknown".
    MinusTwo,
}

impl Refusal {
    /// The number on the wire.
    pub fn code(self) -> i32 {
        match self {
            Self::MinusOne => -1,
            Self::MinusTwo => -2,
        }
    }
}

/// How a region writes `infcode`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum CodeForm {
    /// As a JSON number.
    #[default]
    Number,
    /// As a JSON string (Jiangsu).
    Text,
}

const COLUMNS: &[&str] = &[
    REGION,
    FROM,
    UNTIL,
    "交易",
    "用途",
    "单据节点",
    "明细节点",
    "关联",
    "拒绝码",
    "状态码",
    "说明",
];

const ROLES: [(&str, CallRole); 13] = [
    ("明细", CallRole::FeeLines),
    ("人员", CallRole::Insured),
    ("对照", CallRole::Mapping),
    ("处方", CallRole::Prescription),
    ("预结算", CallRole::PreSettlement),
    ("查询", CallRole::Query),
    ("撤销", CallRole::Reversal),
    ("结算", CallRole::Settlement),
    ("有明细则结算", CallRole::SettlementIfLines),
    ("签到", CallRole::SignIn),
    ("签退", CallRole::SignOut),
    ("库存", CallRole::Stock),
    ("冲正", CallRole::Undo),
];

/// Reads `calls.csv`.
pub(super) fn compile(source: &PackSource) -> Result<Regional<Call>, PackError> {
    let table = Table::read(source, file::CALLS, COLUMNS)?;
    table.regional(|row| read(&row))
}

fn read(row: &Row<'_>) -> Result<(Scope, Call), PackError> {
    let joins = [("人员", Join::Person), ("就诊", Join::Visit)];
    let codes = [("-1", Refusal::MinusOne), ("-2", Refusal::MinusTwo)];
    let forms = [("数字", CodeForm::Number), ("文字", CodeForm::Text)];
    let node = |column| Some(row.cell(column)).filter(|node| !node.is_empty());
    let call = Call {
        infno: row.parse("交易", "a call number like 2102A", |text| {
            text.parse().ok()
        })?,
        role: row.word(
            "用途",
            "one of the uses of `protocol/spec/rule-pack.md`",
            &ROLES,
        )?,
        head: node("单据节点").map(ToOwned::to_owned),
        lines: node("明细节点").map(ToOwned::to_owned),
        join: row.word("关联", "人员 or 就诊", &joins)?,
        refusal: row.word("拒绝码", "-1 or -2", &codes)?,
        form: row.word("状态码", "数字 or 文字", &forms)?,
    };
    Ok((row.scope()?, call))
}
