//! Bodies that callers send, and their parsing into the desk's inputs.
//!
//! Unknown members are refused; a value that does not parse is named by its member and never
//! repeated in the answer.

use axum::http::StatusCode;
use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    CareSetting, Credential, Document, EvidenceKind, Fund, HospitalLevel, Institution, Insurance,
    Listing, Offered, PrescribedDrug, PrescriptionForm, ProxyReason, Registration, Relation,
    SupplyException, Tender,
};
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::Sex;
use pharmacy_protocol::term::{Fen, Quantity, UnitPrice};
use serde::Deserialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::core::basket::{Basket, BasketLine};
use crate::core::sale::{AttemptState, Direction, Report, Settled};
use crate::desk::{
    BuyerInput, EvidenceInput, OpenSale, PatientInput, PayerInput, PersonInput, PrescriptionInput,
    Role, RolesInput,
};

/// Longest free text of a member.
const MAX_TEXT: usize = 200;

type Parsed<T> = Result<T, Problem>;

fn wrong(field: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body.value").at_field(field)
}

fn parse<T: std::str::FromStr>(field: &str, text: &str) -> Parsed<T> {
    text.parse().map_err(|_| wrong(field))
}

fn parse_some<T: std::str::FromStr>(field: &str, text: Option<&String>) -> Parsed<Option<T>> {
    // Tills send empty strings for what they do not have.
    text.filter(|text| !text.is_empty())
        .map(|text| parse(field, text))
        .transpose()
}

fn text(field: &str, text: &str) -> Parsed<String> {
    let is_text = !text.trim().is_empty()
        && text.chars().count() <= MAX_TEXT
        && !text.chars().any(char::is_control);
    if is_text {
        Ok(text.trim().to_owned())
    } else {
        Err(wrong(field))
    }
}

fn text_some(field: &str, value: Option<&String>) -> Parsed<Option<String>> {
    value
        .filter(|value| !value.is_empty())
        .map(|value| text(field, value))
        .transpose()
}

/// Opens a sale.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenSaleBody {
    /// Who operates the till.
    pub operator: Option<String>,
    /// `account`, `pooled`, `chronic`, `dual-channel`; `account` when absent.
    #[schema(value_type = Option<String>, example = "account")]
    pub fund: Option<Fund>,
    /// `employee`, `resident`, `maternity`, `work-injury`, `other`.
    #[schema(value_type = Option<String>, example = "employee")]
    pub insurance: Option<Insurance>,
    /// The insured, as the platform told (1101).
    pub holder: Option<PersonBody>,
}

/// A person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    /// Certificate number (18 or 15 characters).
    pub number: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// `female`, `male`, `unknown`, `not-stated`; taken from the number when absent.
    #[schema(value_type = Option<String>)]
    pub sex: Option<Sex>,
    /// Date of birth, `YYYY-MM-DD`; taken from the number when absent.
    #[schema(value_type = Option<String>)]
    pub birth: Option<Date>,
}

impl std::fmt::Debug for PersonBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonBody([secret])")
    }
}

impl PersonBody {
    fn parse(self, field: &str) -> Parsed<PersonInput> {
        let number = self.number.filter(|number| !number.is_empty());
        let number = number
            .map(|number| parse(&format!("{field}.number"), &number))
            .transpose()?;
        let name = text_some(&format!("{field}.name"), self.name.as_ref())?.map(Secret::new);
        Ok(PersonInput {
            number,
            name,
            sex: self.sex,
            birth: self.birth,
        })
    }
}

impl OpenSaleBody {
    pub(super) fn parse(self) -> Parsed<OpenSale> {
        Ok(OpenSale {
            operator: text_some("operator", self.operator.as_ref())?,
            fund: self.fund.unwrap_or(Fund::Account),
            insurance: self.insurance,
            holder: self
                .holder
                .map(|holder| holder.parse("holder"))
                .transpose()?,
        })
    }
}

/// Says who is who; members left out stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesBody {
    /// The insured.
    pub holder: Option<PersonBody>,
    /// Who takes the medicine.
    pub patient: Option<PatientBody>,
    /// Who stands at the counter.
    pub buyer: Option<BuyerBody>,
    /// Whose account it is.
    pub payer: Option<PayerBody>,
}

/// Who takes the medicine.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PatientBody {
    /// A family member of the holder.
    Family {
        /// `spouse`, `parent`, `child`, `sibling`, `grandparent`, `grandchild`, `other`.
        #[schema(value_type = String)]
        relation: Relation,
        /// The family member.
        person: PersonBody,
    },
    /// The holder.
    Holder {},
}

/// Who stands at the counter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum BuyerBody {
    /// The holder.
    Holder {},
    /// An institution that shops for many.
    Institution {
        /// `listed` or `not-listed`.
        #[schema(value_type = Option<String>)]
        listed: Option<Listing>,
    },
    /// A proxy.
    Proxy {
        /// The proxy.
        person: PersonBody,
        /// How the holder's document was shown: `read` or `seen`.
        #[schema(value_type = Option<String>)]
        holder_document: Option<Document>,
        /// How the proxy's document was shown: `read` or `seen`.
        #[schema(value_type = Option<String>)]
        proxy_document: Option<Document>,
        /// `age`, `disability`, `illness`, `minor`, `other`.
        #[schema(value_type = Option<String>)]
        reason: Option<ProxyReason>,
    },
}

/// Whose account it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PayerBody {
    /// A family member's, shared with the patient.
    Family {
        /// Relation of the account's owner to the patient.
        #[schema(value_type = String)]
        relation: Relation,
        /// The owner.
        person: PersonBody,
    },
    /// The holder's.
    Holder {},
}

impl RolesBody {
    pub(super) fn parse(self) -> Parsed<RolesInput> {
        let patient = match self.patient {
            None => None,
            Some(PatientBody::Holder {}) => Some(PatientInput::Holder),
            Some(PatientBody::Family { relation, person }) => Some(PatientInput::Family {
                relation,
                person: person.parse("patient.person")?,
            }),
        };
        let buyer = match self.buyer {
            None => None,
            Some(BuyerBody::Holder {}) => Some(BuyerInput::Holder),
            Some(BuyerBody::Institution { listed }) => Some(BuyerInput::Institution { listed }),
            Some(BuyerBody::Proxy {
                person,
                holder_document,
                proxy_document,
                reason,
            }) => {
                let person = person.parse("buyer.person")?;
                Some(BuyerInput::Proxy {
                    person,
                    holder_document,
                    proxy_document,
                    reason,
                })
            }
        };
        let payer = match self.payer {
            None => None,
            Some(PayerBody::Holder {}) => Some(PayerInput::Holder),
            Some(PayerBody::Family { relation, person }) => Some(PayerInput::Family {
                relation,
                person: person.parse("payer.person")?,
            }),
        };
        let holder = self
            .holder
            .map(|holder| holder.parse("holder"))
            .transpose()?;
        Ok(RolesInput {
            holder,
            patient,
            buyer,
            payer,
        })
    }
}

/// Attaches evidence that somebody is here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "source", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvidenceBody {
    /// The till says so; nothing was read.
    Asserted {
        /// `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
    /// The platform accepted a credential (1101) that this till presented.
    Credential {
        /// `insurance-code`, `social-card`, `electronic-social-card`, `id-number`.
        #[schema(value_type = String)]
        credential: Credential,
        /// The person whom the platform named.
        person: Option<PersonBody>,
    },
    /// Staff saw the document.
    Document {
        /// Whose: `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
        /// Who saw it.
        staff: String,
        /// The person on the document.
        person: Option<PersonBody>,
    },
    /// Staff compared face and picture.
    Face {
        /// Whose: `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
        /// Who compared.
        staff: String,
    },
    /// Reads a card now, waiting for it.
    Reader {
        /// Whose card: `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
        /// How long to wait for a card, 1 to 60 seconds; 20 when absent.
        wait_s: Option<u32>,
    },
}

/// What an evidence body asks for.
pub(super) enum EvidenceRequest {
    /// Attach this.
    Attach(EvidenceInput),
    /// Read a card first.
    Read { role: Role, wait_s: u32 },
}

impl EvidenceBody {
    pub(super) fn parse(self) -> Parsed<EvidenceRequest> {
        let input = match self {
            Self::Reader { role, wait_s } => {
                let wait_s = wait_s.unwrap_or(20);
                if !(1..=60).contains(&wait_s) {
                    return Err(wrong("wait_s"));
                }
                return Ok(EvidenceRequest::Read {
                    role: role.unwrap_or_default(),
                    wait_s,
                });
            }
            Self::Asserted { role } => EvidenceInput {
                role: role.unwrap_or_default(),
                kind: EvidenceKind::AssertedByTill,
                person: None,
            },
            Self::Credential { credential, person } => EvidenceInput {
                role: Role::Holder,
                kind: EvidenceKind::CredentialAccepted { credential },
                person: person.map(|person| person.parse("person")).transpose()?,
            },
            Self::Document {
                role,
                staff,
                person,
            } => EvidenceInput {
                role: role.unwrap_or_default(),
                kind: EvidenceKind::DocumentSeen {
                    staff: parse("staff", &staff)?,
                },
                person: person.map(|person| person.parse("person")).transpose()?,
            },
            Self::Face { role, staff } => EvidenceInput {
                role: role.unwrap_or_default(),
                kind: EvidenceKind::FaceConfirmed {
                    staff: parse("staff", &staff)?,
                },
                person: None,
            },
        };
        Ok(EvidenceRequest::Attach(input))
    }
}

/// A code scanned from a pack.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanBody {
    /// The line it belongs to; found by the code's product when absent.
    pub line: Option<u32>,
    /// The code as scanned.
    pub code: String,
}

/// The basket, and what came with it; members left out stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessBody {
    /// The lines.
    pub lines: Option<Vec<LineBody>>,
    /// Prescriptions.
    pub prescriptions: Option<Vec<PrescriptionBody>>,
}

/// One line of the basket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    /// Its number on the till, from 1.
    pub number: u32,
    /// The shop's article number (`medins_list_codg`).
    pub sku: Option<String>,
    /// Insurance code (`med_list_codg`).
    pub code: Option<String>,
    /// Name as the till shows it.
    pub name: Option<String>,
    /// Barcode scanned.
    pub barcode: Option<String>,
    /// `insurance` (default) or `cash`.
    #[schema(value_type = Option<String>, example = "insurance")]
    pub tender: Option<Tender>,
    /// Quantity, decimal text with at most 4 decimals.
    #[schema(example = "2")]
    pub quantity: String,
    /// Unit price in yuan, decimal text with at most 6 decimals.
    #[schema(example = "12.90")]
    pub price: String,
    /// Amount in yuan; quantity × price rounded to fen when absent.
    #[schema(example = "25.80")]
    pub amount: Option<String>,
    /// Trace codes of the packs.
    #[serde(default)]
    pub trace_codes: Vec<String>,
    /// How many days the line lasts.
    pub days: Option<u32>,
    /// `registered` or `refused`, for articles whose buyers are registered.
    #[schema(value_type = Option<String>)]
    pub registration: Option<Registration>,
    /// `age`, `disability`, `long-prescription`, `resettlement`, `travel`.
    #[schema(value_type = Option<String>)]
    pub exception: Option<SupplyException>,
}

/// A prescription.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrescriptionBody {
    /// Its number.
    pub number: Option<String>,
    /// `electronic` or `paper`.
    #[schema(value_type = String)]
    pub form: PrescriptionForm,
    /// For whom it was written.
    pub patient: Option<PersonBody>,
    /// `designated`, `not-designated`, `blacklisted`.
    #[schema(value_type = Option<String>)]
    pub institution: Option<Institution>,
    /// `first`, `second`, `third`.
    #[schema(value_type = Option<String>)]
    pub level: Option<HospitalLevel>,
    /// `outpatient`, `inpatient`.
    #[schema(value_type = Option<String>)]
    pub setting: Option<CareSetting>,
    /// Day of issue.
    #[schema(value_type = Option<String>)]
    pub issued: Option<Date>,
    /// Last day of validity.
    #[schema(value_type = Option<String>)]
    pub valid_until: Option<Date>,
    /// The pharmacist who reviewed it.
    pub reviewed_by: Option<String>,
    /// What it prescribes.
    pub drugs: Vec<DrugBody>,
}

/// One drug of a prescription.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrugBody {
    /// Insurance code.
    pub code: Option<String>,
    /// Name as written.
    pub name: String,
    /// How much in all, in units of sale.
    pub quantity: Option<String>,
    /// How many days it is to last.
    pub days: Option<u32>,
    /// How much was dispensed before.
    pub dispensed: Option<String>,
}

/// Lines and prescriptions, checked.
pub(super) struct AssessRequest {
    pub basket: Option<Basket>,
    pub prescriptions: Option<Vec<PrescriptionInput>>,
}

/// Most prescriptions of a sale.
const MAX_PRESCRIPTIONS: usize = 50;

impl AssessBody {
    pub(super) fn parse(self) -> Parsed<AssessRequest> {
        let basket = match self.lines {
            None => None,
            Some(lines) => {
                let lines = lines
                    .into_iter()
                    .map(LineBody::parse)
                    .collect::<Parsed<_>>()?;
                Some(Basket::new(lines).map_err(|error| {
                    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code())
                        .at_line(error.line())
                })?)
            }
        };
        let prescriptions = match self.prescriptions {
            Some(list) if list.len() > MAX_PRESCRIPTIONS => return Err(wrong("prescriptions")),
            Some(list) => Some(
                list.into_iter()
                    .map(PrescriptionBody::parse)
                    .collect::<Parsed<_>>()?,
            ),
            None => None,
        };
        Ok(AssessRequest {
            basket,
            prescriptions,
        })
    }
}

impl LineBody {
    fn parse(self) -> Parsed<BasketLine> {
        let number = self.number;
        self.parse_members()
            .map_err(|problem| problem.at_line(Some(number)))
    }

    fn parse_members(self) -> Parsed<BasketLine> {
        let quantity: Quantity = parse("quantity", &self.quantity)?;
        let price: UnitPrice = parse("price", &self.price)?;
        let amount: Option<Fen> = parse_some("amount", self.amount.as_ref())?;
        let amount = amount
            .or(price.amount(quantity))
            .ok_or_else(|| wrong("amount"))?;
        let packs = self
            .trace_codes
            .iter()
            .map(|code| {
                code.parse().map_err(|error| {
                    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, trace_code_problem(error))
                        .at_field("trace_codes")
                })
            })
            .collect::<Parsed<_>>()?;
        Ok(BasketLine {
            number: self.number,
            offered: Offered {
                sku: parse_some("sku", self.sku.as_ref())?,
                code: parse_some("code", self.code.as_ref())?,
                name: text_some("name", self.name.as_ref())?,
                barcode: parse_some("barcode", self.barcode.as_ref())?,
            },
            tender: self.tender.unwrap_or(Tender::Insurance),
            quantity,
            price,
            amount,
            packs,
            days: self.days.map_or_else(Fact::default, Fact::Known),
            registration: self.registration.map_or_else(Fact::default, Fact::Known),
            exception: self.exception,
        })
    }
}

/// The catalogue's code for a scan that is no trace code.
pub(super) fn trace_code_problem(error: pharmacy_protocol::term::TraceCodeError) -> &'static str {
    use pharmacy_protocol::term::TraceCodeError as Wrong;
    match error {
        Wrong::Ambiguous => "scan.ambiguous",
        Wrong::Empty => "scan.empty",
        Wrong::Malformed => "scan.malformed",
        Wrong::NoSerial => "scan.no-serial",
        Wrong::ProductBarcode => "scan.product-barcode",
        Wrong::TooLong => "scan.too-long",
    }
}

impl PrescriptionBody {
    fn parse(self) -> Parsed<PrescriptionInput> {
        let patient = self
            .patient
            .map(|patient| patient.parse("prescriptions.patient"))
            .transpose()?;
        Ok(PrescriptionInput {
            number: text_some("prescriptions.number", self.number.as_ref())?,
            form: self.form,
            patient,
            institution: self.institution,
            level: self.level,
            setting: self.setting,
            issued: self.issued,
            valid_until: self.valid_until,
            reviewed_by: parse_some("prescriptions.reviewed_by", self.reviewed_by.as_ref())?,
            drugs: self
                .drugs
                .into_iter()
                .map(DrugBody::parse)
                .collect::<Parsed<_>>()?,
        })
    }
}

impl DrugBody {
    fn parse(self) -> Parsed<PrescribedDrug> {
        Ok(PrescribedDrug {
            code: parse_some("prescriptions.drugs.code", self.code.as_ref())?,
            name: text("prescriptions.drugs.name", &self.name)?,
            quantity: Fact::from_option(parse_some(
                "prescriptions.drugs.quantity",
                self.quantity.as_ref(),
            )?),
            days: Fact::from_option(self.days),
            dispensed: parse_some("prescriptions.drugs.dispensed", self.dispensed.as_ref())?
                .unwrap_or_default(),
        })
    }
}

/// Announces an attempt before the call leaves, so that a crash in between is not forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptBody {
    /// The message id (`msgid`) of the call.
    pub msgid: String,
    /// For a reversal: the message id of the settlement to be undone.
    pub reverses: Option<String>,
}

impl AttemptBody {
    pub(super) fn parse(self) -> Parsed<(String, Direction)> {
        Ok((
            text("msgid", &self.msgid)?,
            direction(self.reverses.as_ref())?,
        ))
    }
}

fn direction(reverses: Option<&String>) -> Parsed<Direction> {
    Ok(match text_some("reverses", reverses)? {
        Some(of) => Direction::Reversal { of },
        None => Direction::Settlement,
    })
}

/// Reports what became of an attempt, announced or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeBody {
    /// The message id (`msgid`) of the call.
    pub msgid: String,
    /// For a reversal: the message id of the settlement that was undone.
    pub reverses: Option<String>,
    /// `settled`, `declined`, `in-doubt` (no answer came) or `not-sent`.
    pub result: OutcomeResult,
    /// The platform's settlement id (`setl_id`); required when settled.
    pub settlement: Option<String>,
    /// What the insurance paid, in yuan; required when settled.
    pub insurance: Option<String>,
    /// What was paid in cash, in yuan; required when settled.
    pub cash: Option<String>,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeResult {
    /// The platform said no.
    Declined,
    /// No answer came.
    InDoubt,
    /// It never left.
    NotSent,
    /// The platform said yes.
    Settled,
}

impl OutcomeBody {
    pub(super) fn parse(self) -> Parsed<Report> {
        let state = match self.result {
            OutcomeResult::Declined => AttemptState::Declined,
            OutcomeResult::InDoubt => AttemptState::InDoubt,
            OutcomeResult::NotSent => AttemptState::NotSent,
            OutcomeResult::Settled => AttemptState::Settled(Settled {
                settlement: text("settlement", &self.settlement.unwrap_or_default())?,
                insurance: parse("insurance", &self.insurance.unwrap_or_default())?,
                cash: parse("cash", &self.cash.unwrap_or_default())?,
            }),
        };
        let direction = direction(self.reverses.as_ref())?;
        Ok(Report {
            msgid: text("msgid", &self.msgid)?,
            direction,
            state,
        })
    }
}
