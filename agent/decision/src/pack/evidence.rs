//! Which evidence suffices together to show that somebody is here.
//!
//! In scope: reading combinations, and whether one is met. Out of scope: whose evidence it must be
//! (`rule::presence`).

use std::collections::BTreeMap;

use pharmacy_protocol::person::CertificateKind;
use pharmacy_protocol::term::Fen;

use crate::fact::Fact;
use crate::facts::{Carried, Credential, Enrolment, Evidence, EvidenceKind, Fund, Transport};
use crate::pack::error::PackError;
use crate::pack::file;
use crate::pack::scope::{Regional, Scope};
use crate::pack::source::PackSource;
use crate::pack::table::{FROM, REGION, Row, Table, UNTIL};

/// Evidence that suffices together, all of one person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Combination(Vec<Need>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Need {
    kind: NeedKind,
    /// How old it may be when the sale is opened.
    max_age_s: u32,
    /// How long a sale may rest on it.
    max_held_s: u32,
    /// How many settlements it carries for each kind of fund.
    of_each: u32,
    /// How many it carries in all.
    in_all: u32,
    /// How much account money of a holder and day it carries before somebody says who is here; none
    /// where it needs no such word.
    unconfirmed: Option<Fen>,
    /// In the demo anybody's reader counts.
    is_demo: bool,
}

/// How closely evidence is looked at.
#[derive(Clone, Copy)]
pub(crate) enum Closely<'f> {
    /// It must be fresh, and this settlement must be among those that it carries.
    ForThis(&'f Fact<Fund>),
    /// It must be fresh, whatever it carried.
    Fresh,
    /// It must be fresh, though nobody enrolled the reader that read it.
    ByAnyReader,
    /// It must be there.
    AtAll,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum NeedKind {
    Card {
        certificate: CertificateKind,
        transports: Vec<Transport>,
    },
    Credential(Credential),
    Document,
    Face,
    Told(Credential),
}

impl Combination {
    pub(crate) fn is_met(&self, evidence: &[&Evidence], closely: Closely<'_>) -> bool {
        self.0
            .iter()
            .all(|need| evidence.iter().any(|item| need.is_met(item, closely)))
    }

    /// Does it rest on what a program says of the platform?
    pub(crate) fn is_told(&self) -> bool {
        let mut needs = self.0.iter();
        needs.any(|need| matches!(need.kind, NeedKind::Told(_)))
    }

    /// How much account money of a holder and day it carries, and no pooled money, before somebody
    /// says who is here; none where it needs no such word.
    pub(crate) fn unconfirmed(&self) -> Option<Fen> {
        self.0.iter().filter_map(|need| need.unconfirmed).min()
    }

    /// Does somebody's word on who is here, given so long ago, hold as long as what it stands beside?
    pub(crate) fn upholds(&self, word: &Evidence, fund: &Fact<Fund>) -> bool {
        self.0
            .iter()
            .all(|need| need.holds(word, Closely::ForThis(fund)))
    }

    /// Readers that prove nothing, simulated or on this machine, count as well.
    pub(super) fn allow_dangerous_demo_evidence(&mut self) {
        for need in &mut self.0 {
            if let NeedKind::Card { transports, .. } = &mut need.kind {
                transports.extend([Transport::Loopback, Transport::Simulated]);
            }
            need.is_demo = true;
        }
    }
}

impl Need {
    fn is_met(&self, item: &Evidence, closely: Closely<'_>) -> bool {
        let is_kind = match (&self.kind, &item.kind) {
            (
                NeedKind::Card {
                    certificate,
                    transports,
                },
                EvidenceKind::CardRead {
                    certificate: read,
                    transport,
                    ..
                },
            ) => certificate == read && transports.contains(transport),
            (NeedKind::Credential(wanted), EvidenceKind::CredentialAccepted { credential }) => {
                wanted == credential
            }
            (NeedKind::Told(wanted), EvidenceKind::CredentialTold { credential }) => {
                wanted == credential
            }
            (NeedKind::Document, EvidenceKind::DocumentSeen { .. })
            | (NeedKind::Face, EvidenceKind::FaceConfirmed { .. }) => true,
            _ => false,
        };
        is_kind && self.holds(item, closely)
    }

    fn holds(&self, item: &Evidence, closely: Closely<'_>) -> bool {
        let is_fresh = item.age_s <= self.max_age_s && item.held_s <= self.max_held_s;
        let is_known = self.is_demo || item.reader != Fact::Known(Enrolment::NotEnrolled);
        match closely {
            Closely::AtAll => true,
            Closely::ByAnyReader => is_fresh,
            Closely::Fresh => is_fresh && is_known,
            Closely::ForThis(fund) => is_fresh && is_known && self.carries(item.carried, fund),
        }
    }

    /// Does a look that carried so much carry one more settlement?
    fn carries(&self, carried: Carried, fund: &Fact<Fund>) -> bool {
        let of_kind = match fund {
            Fact::Known(fund) if fund.is_pooled() => carried.pooled,
            Fact::Known(_) => carried.account,
            Fact::Missing(_) => carried.account.max(carried.pooled),
        };
        let all = carried.account.saturating_add(carried.pooled);
        of_kind < self.of_each && all < self.in_all
    }
}

const EVIDENCE_COLUMNS: &[&str] = &[
    REGION,
    FROM,
    UNTIL,
    "组合",
    "种类",
    "凭证",
    "连接",
    "最长秒数",
    "开单后秒数",
    "每种基金次数",
    "合计次数",
    "免确认元",
    "说明",
];

/// Reads `evidence.csv`.
pub(super) fn compile(source: &PackSource) -> Result<Regional<Combination>, PackError> {
    let table = Table::read(source, file::EVIDENCE, EVIDENCE_COLUMNS)?;
    let mut combinations: BTreeMap<String, (Scope, Combination)> = BTreeMap::new();
    for row in table.rows() {
        let name = row.text("组合")?;
        let (scope, need) = (row.scope()?, need(&row)?);
        let (of_all, combination) = combinations
            .entry(name.to_owned())
            .or_insert_with(|| (scope.clone(), Combination(Vec::new())));
        row.parse(
            "组合",
            "the same region and days in every row of a combination",
            |_| (*of_all == scope).then_some(()),
        )?;
        combination.0.push(need);
    }
    Ok(Regional::new(combinations.into_values().collect()))
}

fn need(row: &Row<'_>) -> Result<Need, PackError> {
    let kind = match row.cell("种类") {
        "读卡" => NeedKind::Card {
            certificate: row.word("凭证", "a certificate with a chip", CERTIFICATES)?,
            transports: transports(row)?,
        },
        "凭证" => NeedKind::Credential(row.word("凭证", "a credential", CREDENTIALS)?),
        "自报凭证" => NeedKind::Told(row.word("凭证", "a credential", CREDENTIALS)?),
        "核验证件" => NeedKind::Document,
        "人脸" => NeedKind::Face,
        _ => row.parse("种类", "读卡, 凭证, 自报凭证, 核验证件 or 人脸", |_| None)?,
    };
    let number =
        |column, expected| row.parse(column, expected, |text: &str| text.parse::<u32>().ok());
    Ok(Need {
        kind,
        max_age_s: number("最长秒数", "a number of seconds")?,
        max_held_s: number("开单后秒数", "a number of seconds")?,
        of_each: number("每种基金次数", "a number of settlements")?,
        in_all: number("合计次数", "a number of settlements")?,
        unconfirmed: match row.cell("免确认元") {
            "" => None,
            _ => Some(
                row.parse("免确认元", "an amount in yuan, or nothing", |text| {
                    text.parse().ok()
                })?,
            ),
        },
        is_demo: false,
    })
}

const CERTIFICATES: &[(&str, CertificateKind)] = &[
    ("居民身份证", CertificateKind::Resident),
    ("港澳台居民居住证", CertificateKind::Permit),
    ("外国人永久居留身份证", CertificateKind::Foreigner),
];

const CREDENTIALS: &[(&str, Credential)] = &[
    ("医保码", Credential::InsuranceCode),
    ("身份证号", Credential::IdNumber),
    ("社会保障卡", Credential::SocialCard),
    ("电子社保卡", Credential::ElectronicSocialCard),
];

/// A pack cannot name readers that prove nothing; only the demo lets them count.
const TRANSPORTS: &[(&str, Transport)] =
    &[("串口", Transport::Serial), ("网络", Transport::Network)];

fn transports(row: &Row<'_>) -> Result<Vec<Transport>, PackError> {
    row.parse("连接", "串口 or 网络, or both with a space", |text| {
        let find = |word| {
            TRANSPORTS
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, is)| *is)
        };
        let read: Option<Vec<_>> = text.split_whitespace().map(find).collect();
        read.filter(|transports| !transports.is_empty())
    })
}
