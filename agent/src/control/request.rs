//! What a command can ask for, and what it hears: the closed set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pharmacy_protocol::term::{EntryIndex, StaffId, TillNumber};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::door::pass::Pass;
use crate::failure::Failure;
use pharmacy_catalogue::{Built, Counts};
use pharmacy_desk::core::staff::{Duty, Member, Qualification};
use pharmacy_desk::core::standing::{Change, Paper};
use pharmacy_desk::enrol::SealedKey;
use pharmacy_desk::{SignedBy, SignedQuestion, SignedReader, SignedStep};

/// Something to be recorded. Says its name and nothing else of itself: members have names.
#[derive(Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub(crate) enum Request {
    AddStaff {
        member: Member,
        key: SealedKey,
        vouched: Option<SignedBy>,
    },
    AddToken {
        client: String,
        till: TillNumber,
        door: Pass,
        digest: [u8; 32],
    },
    AmendStaff {
        staff: StaffId,
        amendment: Amendment,
        vouched: Option<SignedBy>,
    },
    Attach {
        to: Paper,
        /// Follows the request as it is.
        #[serde(skip)]
        content: Zeroizing<Vec<u8>>,
    },
    /// What the person in charge signed of goods without codes.
    ChangeNoCode {
        step: SignedStep,
    },
    ChangePin {
        staff: StaffId,
        key: SealedKey,
    },
    ChangeStanding {
        change: Change,
    },
    /// A PIN is about to be tried.
    CountTry {
        staff: StaffId,
    },
    /// The person in charge enrols a card reader.
    EnrolReader {
        reader: SignedReader,
    },
    /// Somebody asks for sales.
    NoteQuestion {
        question: SignedQuestion,
    },
    /// What is recorded so far is about to leave.
    Publish {},
    RenewKey {
        staff: StaffId,
        key: SealedKey,
        vouched: Option<SignedBy>,
    },
    ReportWrongPin {
        staff: StaffId,
    },
    RetireStaff {
        staff: StaffId,
        day: Date,
        vouched: Option<SignedBy>,
    },
    RevokeToken {
        till: TillNumber,
        id: i64,
    },
    SwitchCatalogue {
        file: CatalogueFile,
    },
}

impl Request {
    /// What is asked for, for the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::AddStaff { .. } => "add-staff",
            Self::AddToken { .. } => "add-token",
            Self::AmendStaff { .. } => "amend-staff",
            Self::Attach { .. } => "attach",
            Self::ChangeNoCode { .. } => "change-no-code",
            Self::ChangePin { .. } => "change-pin",
            Self::ChangeStanding { .. } => "change-standing",
            Self::CountTry { .. } => "count-try",
            Self::EnrolReader { .. } => "enrol-reader",
            Self::NoteQuestion { .. } => "note-question",
            Self::Publish {} => "publish",
            Self::RenewKey { .. } => "renew-key",
            Self::ReportWrongPin { .. } => "report-wrong-pin",
            Self::RetireStaff { .. } => "retire-staff",
            Self::RevokeToken { .. } => "revoke-token",
            Self::SwitchCatalogue { .. } => "switch-catalogue",
        }
    }

    /// The document that follows it.
    pub(super) fn document(&self) -> &[u8] {
        match self {
            Self::Attach { content, .. } => content,
            _ => &[],
        }
    }

    /// Takes in the document that followed; false if it takes none.
    pub(super) fn take_document(&mut self, document: Zeroizing<Vec<u8>>) -> bool {
        match self {
            Self::Attach { content, .. } => {
                *content = document;
                true
            }
            _ => document.is_empty(),
        }
    }
}

/// What changes of a member; what is absent stays.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Amendment {
    pub(crate) name: Option<String>,
    /// All duties; none given changes none.
    pub(crate) duties: BTreeSet<Duty>,
    pub(crate) qualification: Option<Qualification>,
    pub(crate) contract_from: Option<Date>,
    pub(crate) contract_until: Option<Date>,
}

impl Amendment {
    pub(super) fn apply(&self, member: &mut Member) {
        if let Some(name) = &self.name {
            member.name.clone_from(name);
        }
        if !self.duties.is_empty() {
            member.duties.clone_from(&self.duties);
        }
        if let Some(qualification) = &self.qualification {
            member.qualification = Some(qualification.clone());
        }
        let contract = &mut member.contract;
        contract.from = self.contract_from.unwrap_or(contract.from);
        contract.until = self.contract_until.unwrap_or(contract.until);
    }
}

/// A catalogue file that lies in the data directory, and what its entry says of it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct CatalogueFile {
    name: String,
    digest: [u8; 32],
    file_digest: [u8; 32],
    rows: u64,
    articles: u64,
    codes: u64,
    barcodes: u64,
    trace_prefixes: u64,
}

impl CatalogueFile {
    /// What was built, to be sent.
    pub(crate) fn of(built: &Built) -> Self {
        let name = built.path.file_name().unwrap_or_default();
        let counts = &built.counts;
        Self {
            name: name.to_string_lossy().into_owned(),
            digest: *built.digest.as_bytes(),
            file_digest: *built.file_digest.as_bytes(),
            rows: counts.rows,
            articles: counts.articles,
            codes: counts.codes,
            barcodes: counts.barcodes,
            trace_prefixes: counts.trace_prefixes,
        }
    }

    /// What was built, as far as its entry needs it; none if its name leads elsewhere.
    pub(super) fn built(self, data: &Path) -> Option<Built> {
        let path: PathBuf = data.join(&self.name);
        let is_plain = path.parent() == Some(data) && self.name.starts_with("catalogue-");
        is_plain.then(|| Built {
            path,
            digest: self.digest.into(),
            file_digest: self.file_digest.into(),
            counts: Counts {
                rows: self.rows,
                articles: self.articles,
                codes: self.codes,
                barcodes: self.barcodes,
                trace_prefixes: self.trace_prefixes,
                ..Counts::default()
            },
        })
    }
}

/// What a request came to.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Answer {
    Done,
    Entry(EntryIndex),
    /// A member's sealed seed, to try a PIN on.
    Seed(Vec<u8>),
    /// The number of a token.
    Token(i64),
}

impl Answer {
    pub(crate) fn entry(self) -> Result<EntryIndex, Failure> {
        match self {
            Self::Entry(entry) => Ok(entry),
            other => Err(other.unexpected()),
        }
    }

    pub(crate) fn seed(self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Seed(seed) => Ok(seed),
            other => Err(other.unexpected()),
        }
    }

    pub(crate) fn token(self) -> Result<i64, Failure> {
        match self {
            Self::Token(id) => Ok(id),
            other => Err(other.unexpected()),
        }
    }

    fn unexpected(self) -> Failure {
        Failure::plain("control.request")
    }
}

/// Why a request was not carried out, as it is told through the door.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Refusal {
    pub(super) code: String,
    /// The chain of causes; no error holds personal data.
    pub(super) detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_of_the_closed_set_with_nothing_added() {
        let good = r#"{"retire-staff":{"staff":"S01","day":"2025-11-22","vouched":null}}"#;
        let request: Request = serde_json::from_str(good).unwrap();
        assert_eq!(request.name(), "retire-staff");
        assert_eq!(serde_json::to_string(&request).unwrap(), good);
        for bad in [
            r#"{"retire-staff":{"staff":"S01","day":"2025-11-22","why":""}}"#,
            r#"{"retire-staff":{"staff":"S01"}}"#,
            r#"{"retire-staff":{"staff":"S 01","day":"2025-11-22"}}"#,
            r#"{"retire-staff":{"staff":"S01","day":"2025-11-22"},"publish":{}}"#,
            r#"{"attach":{"to":"agreement","content":[1]}}"#,
            r#"{"note-question":{"asked":["name"]}}"#,
            r#"{"frob":{}}"#,
            r#""publish""#,
            "",
        ] {
            assert!(serde_json::from_str::<Request>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_document_belongs_to_what_takes_one() {
        let document = || Zeroizing::new(b"%PDF-1.7".to_vec());
        let mut attach: Request = serde_json::from_str(r#"{"attach":{"to":"agreement"}}"#).unwrap();
        assert!(attach.take_document(document()));
        assert_eq!(attach.document(), b"%PDF-1.7");
        let mut publish = Request::Publish {};
        assert!(!publish.take_document(document()));
        assert!(publish.take_document(Zeroizing::default()));
    }

    #[test]
    fn a_catalogue_lies_in_the_data_directory() {
        let data = Path::new("/data");
        let file = |name: &str| CatalogueFile {
            name: name.to_owned(),
            digest: [0; 32],
            file_digest: [0; 32],
            rows: 1,
            articles: 1,
            codes: 0,
            barcodes: 0,
            trace_prefixes: 0,
        };
        let built = file("catalogue-0-1.db").built(data).unwrap();
        assert_eq!(built.path, data.join("catalogue-0-1.db"));
        for elsewhere in [
            "",
            "catalogue-/../x",
            "/etc/catalogue-1",
            "../catalogue-1",
            "log.db",
        ] {
            assert!(file(elsewhere).built(data).is_none(), "{elsewhere}");
        }
    }
}
