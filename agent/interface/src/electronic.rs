//! 7201, 7203, 7206: an electronic prescription is looked for, fetched and written off at the shop.
//!
//! ```text
//! 7201  out  epc_token, name, certno                                  whose code was scanned
//! 7203  out  hi_rxno, …, rxdrugdetail[], mdtrtinfo{patn_name, certno, …}    the prescription
//! 7206  in   hi_rxno, setl_id                                         it was dispensed
//! ```
//! In scope: these and the national centre's names for the same members (`hiRxno`), wherever in `output`
//! or `input` they stand. Out of scope: the centre's envelope (SM2, SM4), which opens for nobody here; what
//! a prescription means for a sale (the desk).

use jiff::civil::Date;
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::IdentityNumber;
use pharmacy_protocol::term::{InsuranceCode, Quantity};

use super::answer::Answer;
use super::dictionary;
use super::node::{Node, opaque};
use super::request::Request;

/// Most drugs of a prescription that are read.
const MAX_DRUGS: usize = 50;

/// A prescription as the centre handed it out. Full name and number: sealed by whoever keeps it.
#[derive(Clone)]
pub struct Fetched {
    /// `hi_rxno`.
    pub number: String,
    /// `certno`, where it is a number of a known certificate.
    pub patient: Option<IdentityNumber>,
    /// `patn_name`.
    pub patient_name: Option<Secret<String>>,
    /// `fixmedins_code`.
    pub institution_code: Option<String>,
    /// `fixmedins_name`.
    pub institution_name: Option<String>,
    /// `prsc_dr_name`.
    pub physician_name: Option<String>,
    /// `bilg_dr_codg`, where the centre names it.
    pub physician_code: Option<String>,
    /// Day of `prsc_time`.
    pub issued: Option<Date>,
    /// Day of `valid_end_time`.
    pub valid_until: Option<Date>,
    /// How often it may be dispensed (`max_rept_cnt`, where `rept_flag` is 1).
    pub repeats: Option<u32>,
    /// How often it was (`reptd_cnt`).
    pub repeated: u32,
    /// Days between two dispensings at least (`min_inrv_days`).
    pub interval: Option<u32>,
    /// `rxdrugdetail`.
    pub drugs: Vec<FetchedDrug>,
}

/// A drug of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FetchedDrug {
    /// `med_list_codg`.
    pub code: Option<InsuranceCode>,
    /// `drug_genname`, else the product's name.
    pub name: String,
    /// `drug_cnt`.
    pub quantity: Option<Quantity>,
    /// `medc_days`, a part of a day as a whole one.
    pub days: Option<u32>,
}

/// Whose code was scanned at the centre (7201).
#[derive(Clone)]
pub struct Scanned {
    /// `epc_token`: opens that person's prescriptions, and nothing is kept of it but in memory.
    pub token: Secret<String>,
    /// `certno`.
    pub number: Option<IdentityNumber>,
    /// `name`.
    pub name: Option<Secret<String>>,
}

/// A prescription that was reported as dispensed (7206).
#[derive(Clone)]
pub struct WrittenOff {
    /// `hi_rxno`.
    pub number: String,
}

opaque!(Fetched, Scanned, WrittenOff);

/// The member that names a prescription.
const NUMBER: &str = "hi_rxno";

/// The member that holds the token by which prescriptions are asked for.
const TOKEN: &str = "epc_token";

/// The object that has this member: the node itself, or one directly in it.
fn holding(node: &Node, name: &str) -> Option<Node> {
    let mut nodes = std::iter::once(node.clone()).chain(node.all_children());
    nodes.find(|node| node.text(name).is_some())
}

fn number_of(certificate: Option<String>) -> Option<IdentityNumber> {
    Secret::new(certificate?).expose().parse().ok()
}

impl Scanned {
    pub fn read(answer: &Answer) -> Option<Self> {
        let node = holding(&answer.output, TOKEN)?;
        Some(Self {
            token: Secret::new(node.text(TOKEN)?),
            number: number_of(node.text("certno")),
            name: node.first_text(&["name", "psn_name"]).map(Secret::new),
        })
    }

    /// The token by which a request asks for prescriptions.
    pub fn asked(request: &Request) -> Option<Secret<String>> {
        let node = holding(&request.input, TOKEN)?;
        node.text(TOKEN).map(Secret::new)
    }
}

impl Fetched {
    /// Reads an answer that hands a prescription out; none where it names none.
    pub fn read(answer: &Answer) -> Option<Self> {
        let head = holding(&answer.output, NUMBER)?;
        let mut nodes = vec![head.clone(), answer.output.clone()];
        nodes.extend(head.child("mdtrtinfo"));
        nodes.extend(answer.output.child("mdtrtinfo"));
        let drugs = [&head, &answer.output]
            .into_iter()
            .map(|node| node.children("rxdrugdetail"))
            .find(|drugs| !drugs.is_empty())
            .unwrap_or_default();
        let any = |names: &[&str]| nodes.iter().find_map(|node| node.first_text(names));
        let count = |name| any(&[name]).and_then(|text| text.parse::<u32>().ok());
        let is_repeated = any(&["rept_flag"]).as_deref() == Some("1");
        Some(Self {
            number: head.text(NUMBER)?,
            patient: number_of(any(&["certno"])),
            patient_name: any(&["patn_name"]).map(Secret::new),
            institution_code: any(&["fixmedins_code"]),
            institution_name: any(&["fixmedins_name"]),
            physician_name: any(&["prsc_dr_name"]),
            physician_code: any(&["bilg_dr_codg", "prsc_dr_code"]),
            issued: any(&["prsc_time"]).and_then(|text| dictionary::date(&text)),
            valid_until: any(&["valid_end_time", "vali_end_time"])
                .and_then(|text| dictionary::date(&text)),
            repeats: count("max_rept_cnt").filter(|most| is_repeated && *most > 0),
            repeated: count("reptd_cnt").unwrap_or(0),
            interval: count("min_inrv_days").filter(|days| is_repeated && *days > 0),
            drugs: drugs.iter().take(MAX_DRUGS).filter_map(drug).collect(),
        })
    }
}

fn drug(node: &Node) -> Option<FetchedDrug> {
    let code = node.text("med_list_codg");
    let name = node.first_text(&["drug_genname", "drug_prodname"]);
    let code: Option<InsuranceCode> = code.and_then(|code| code.parse().ok());
    let days = node.text("medc_days");
    let days: Option<Quantity> = days.and_then(|days| days.parse().ok());
    if code.is_none() && name.is_none() {
        return None;
    }
    Some(FetchedDrug {
        code,
        name: name.unwrap_or_default(),
        quantity: node
            .quantity("drug_cnt")
            .filter(|quantity| quantity.is_positive()),
        days: days.and_then(whole_days),
    })
}

fn whole_days(days: Quantity) -> Option<u32> {
    let one = Quantity::whole(1).units();
    let whole = days
        .units()
        .checked_add(one.checked_sub(1)?)?
        .checked_div(one)?;
    u32::try_from(whole).ok().filter(|days| *days > 0)
}

impl WrittenOff {
    pub fn read(request: &Request) -> Option<Self> {
        let node = holding(&request.input, NUMBER)?;
        Some(Self {
            number: node.text(NUMBER)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(output: &str) -> Answer {
        Answer::parse(format!(r#"{{"infcode":0,"output":{output}}}"#).as_bytes()).unwrap()
    }

    const FETCHED: &str = r#"{"hi_rxno":"R44030020250001","fixmedins_code":"H44030012345",
        "fixmedins_name":"甲医院","prsc_time":"2025-11-22 09:15:00","valid_end_time":"2025-11-24",
        "rept_flag":"1","max_rept_cnt":3,"reptd_cnt":"1","min_inrv_days":"25",
        "rxdrugdetail":[{"med_list_codg":"XN02BEA030A001010100001","drug_genname":"硝苯地平缓释片",
        "drug_cnt":"2.0000","medc_days":"7.50"},{"drug_spec":"1"}],
        "mdtrtinfo":{"patn_name":"测试女","certno":"11010519491231002X","prsc_dr_name":"李大夫"}}"#;

    #[test]
    fn a_prescription_is_read_wherever_the_centre_puts_it() {
        let wrapped = format!(r#"{{"data":{FETCHED}}}"#);
        let text = serde_json::to_string(&FETCHED.replace('\n', " ")).unwrap();
        for output in [FETCHED, &wrapped, &text] {
            let read = Fetched::read(&answer(output)).unwrap();
            assert_eq!(read.number, "R44030020250001");
            assert_eq!(read.institution_code.as_deref(), Some("H44030012345"));
            assert_eq!(read.physician_name.as_deref(), Some("李大夫"));
            assert!(read.patient.is_some() && read.patient_name.is_some());
            let days = (read.issued.unwrap().day(), read.valid_until.unwrap().day());
            assert_eq!(days, (22, 24));
            assert_eq!((read.repeats, read.repeated), (Some(3), 1));
            assert_eq!(read.interval, Some(25));
            assert_eq!(read.drugs.len(), 1);
            assert_eq!(read.drugs[0].quantity, Some(Quantity::whole(2)));
            assert_eq!(read.drugs[0].days, Some(8));
        }
    }

    #[test]
    fn the_national_centres_names_are_read_as_well() {
        let output = r#"{"hiRxno":"R1","prscTime":"2025-11-22 09:15:00","valiEndTime":"2025-11-25 23:59:59",
            "rxdrugdetail":[{"medListCodg":"XN02BEA030A001010100001","drugGenname":"药","drugCnt":1}]}"#;
        let read = Fetched::read(&answer(output)).unwrap();
        assert_eq!((read.number.as_str(), read.drugs.len()), ("R1", 1));
        assert_eq!(read.valid_until.map(|day| day.day()), Some(25));
        assert_eq!((read.repeats, read.interval), (None, None));
    }

    #[test]
    fn what_names_no_prescription_is_none() {
        for output in ["null", "{}", r#"{"hi_rxno":""}"#, r#"[{"rxno":"1"}]"#] {
            assert!(Fetched::read(&answer(output)).is_none(), "{output}");
        }
        let scanned = answer(r#"{"data":{"epc_token":"T1","name":"测试","certno":"x"}}"#);
        let scanned = Scanned::read(&scanned).unwrap();
        assert!(scanned.number.is_none() && scanned.name.is_some());
        let body = r#"{"infno":"7206","input":{"rxinfo":{"hi_rxno":"R1","setl_id":"S1"}}}"#;
        let request = Request::parse(body.as_bytes()).unwrap();
        assert_eq!(WrittenOff::read(&request).unwrap().number, "R1");
        assert!(Scanned::asked(&request).is_none());
    }
}
