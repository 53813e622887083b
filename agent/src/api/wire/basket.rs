//! Lines and prescriptions.

use axum::http::StatusCode;
use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    CareSetting, HospitalLevel, Institution, Offered, PrescribedDrug, PrescriptionForm,
    Registration, SupplyException, Tender,
};
use pharmacy_protocol::term::{Fen, NoCode, Quantity, TraceCode, TraceText, UnitPrice};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::parse::{Parsed, each, parse, parse_some, text, text_some, wrong};
use super::person::PersonBody;
use pharmacy_desk::PrescriptionInput;
use pharmacy_desk::core::basket::{Basket, BasketLine};

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
    /// The lot (批号), for the purchase list.
    pub lot: Option<String>,
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

/// Most prescriptions of a sale.
const MAX_PRESCRIPTIONS: usize = 50;

impl AssessBody {
    /// The lines and the prescriptions.
    pub(in crate::api) fn parse(self) -> Parsed<(Option<Basket>, Option<Vec<PrescriptionInput>>)> {
        let basket = self.lines.map(basket).transpose()?;
        let prescriptions = match self.prescriptions {
            Some(list) if list.len() > MAX_PRESCRIPTIONS => return Err(wrong("prescriptions")),
            Some(list) => Some(each(list, PrescriptionBody::parse)?),
            None => None,
        };
        Ok((basket, prescriptions))
    }
}

fn basket(lines: Vec<LineBody>) -> Parsed<Basket> {
    Basket::new(each(lines, LineBody::parse)?).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code()).at_line(error.line())
    })
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
        let packs = each(self.trace_codes, |text| trace_codes("trace_codes", &text))?;
        let packs = packs.into_iter().flatten().collect();
        let offered = Offered {
            sku: parse_some("sku", self.sku.as_ref())?,
            code: parse_some("code", self.code.as_ref())?,
            name: text_some("name", self.name.as_ref())?,
            barcode: parse_some("barcode", self.barcode.as_ref())?,
        };
        Ok(BasketLine {
            tender: self.tender.unwrap_or(Tender::Insurance),
            packs,
            days: self.days.map_or_else(Fact::default, Fact::Known),
            registration: self.registration.map_or_else(Fact::default, Fact::Known),
            exception: self.exception,
            lot: text_some("lot", self.lot.as_ref())?,
            ..BasketLine::new(self.number, offered, (quantity, price, amount))
        })
    }
}

/// The trace codes of a text; the problem says what a scan is that is none.
fn trace_codes(field: &str, text: &str) -> Parsed<Vec<TraceCode>> {
    let read = TraceText::read(text, None);
    match read.others.first() {
        Some(other) => Err(no_code(field, other)),
        None if read.packs.is_empty() => Err(no_scan(field)),
        None => Ok(read.packs.into_iter().map(|pack| pack.code).collect()),
    }
}

/// A text's one trace code.
pub(in crate::api) fn trace_code(field: &str, text: &str) -> Parsed<TraceCode> {
    if text.trim().is_empty() {
        return Err(no_scan(field));
    }
    let one = TraceText::read(text, None).into_one();
    one.map(|pack| pack.code)
        .map_err(|other| no_code(field, &other))
}

fn no_scan(field: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "scan.empty").at_field(field)
}

fn no_code(field: &str, other: &NoCode) -> Problem {
    let code = match other {
        NoCode::Unknown => "scan.malformed",
        other => other.key(),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code).at_field(field)
}

impl PrescriptionBody {
    fn parse(self) -> Parsed<PrescriptionInput> {
        let patient = PersonBody::parse_some("prescriptions.patient", self.patient)?;
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
            drugs: each(self.drugs, DrugBody::parse)?,
        })
    }
}

impl DrugBody {
    pub(super) fn parse(self) -> Parsed<PrescribedDrug> {
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
            matched_by: None,
        })
    }
}
