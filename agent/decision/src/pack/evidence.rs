//! Which evidence suffices together to show that somebody is here.
//!
//! In scope: reading combinations, and whether one is met. Out of scope: whose evidence it must be
//! (`rule::presence`).

use std::collections::BTreeMap;

use pharmacy_protocol::person::CertificateKind;

use crate::facts::{Credential, Evidence, EvidenceKind, Transport};
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
    max_age_s: u32,
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
}

impl Combination {
    pub(crate) fn is_met(&self, evidence: &[&Evidence]) -> bool {
        self.0
            .iter()
            .all(|need| evidence.iter().any(|item| need.is_met(item, Age::Counts)))
    }

    pub(crate) fn is_met_ignoring_age(&self, evidence: &[&Evidence]) -> bool {
        self.0
            .iter()
            .all(|need| evidence.iter().any(|item| need.is_met(item, Age::Ignored)))
    }

    /// Readers that prove nothing, simulated or on this machine, count as well.
    pub(super) fn allow_dangerous_demo_evidence(&mut self) {
        for need in &mut self.0 {
            if let NeedKind::Card { transports, .. } = &mut need.kind {
                transports.extend([Transport::Loopback, Transport::Simulated]);
            }
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Age {
    Counts,
    Ignored,
}

impl Need {
    fn is_met(&self, item: &Evidence, age: Age) -> bool {
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
            (NeedKind::Document, EvidenceKind::DocumentSeen { .. })
            | (NeedKind::Face, EvidenceKind::FaceConfirmed { .. }) => true,
            _ => false,
        };
        is_kind && (age == Age::Ignored || item.age_s <= self.max_age_s)
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
        "核验证件" => NeedKind::Document,
        "人脸" => NeedKind::Face,
        _ => row.parse("种类", "读卡, 凭证, 核验证件 or 人脸", |_| None)?,
    };
    let max_age_s = row.parse("最长秒数", "a number of seconds", |text| {
        text.parse().ok()
    })?;
    Ok(Need { kind, max_age_s })
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
