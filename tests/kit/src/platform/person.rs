//! Who is insured at the platform. Nobody: the certificate numbers are those that standards print as
//! examples.

use serde_json::{Value, json};

use super::manner::Manner;

/// Somebody insured.
#[derive(Clone, Debug)]
pub struct Insured {
    /// `psn_no`.
    pub psn_no: &'static str,
    /// `psn_cert_type`.
    pub certificate: &'static str,
    /// `certno`.
    pub certno: &'static str,
    /// `psn_name`.
    pub name: &'static str,
    /// `gend`.
    pub sex: &'static str,
    /// `brdy`.
    pub birth: &'static str,
    /// `age`, with a decimal as the platform writes it.
    pub age: f64,
    /// `insutype`.
    pub insurance: &'static str,
    /// What the code on a phone decodes to (`mdtrt_cert_type` 01).
    pub token: &'static str,
    /// The number on the social security card (`mdtrt_cert_type` 03).
    pub card: &'static str,
    /// What the account holds, in fen.
    pub balance: i64,
}

/// Holds an employee's account.
pub const WIFE: &str = "PSN-WIFE";
/// Holds an employee's account of little.
pub const HUSBAND: &str = "PSN-HUSBAND";
/// A resident with a foreigner's permanent residence card.
pub const RESIDENT: &str = "PSN-RESIDENT";

/// Everybody.
pub fn everybody() -> Vec<Insured> {
    vec![
        Insured {
            psn_no: WIFE,
            certificate: "01",
            certno: "11010519491231002X",
            name: "样例甲",
            sex: "2",
            birth: "1949-12-31",
            age: 76.5,
            insurance: "310",
            token: "TOKEN-WIFE",
            card: "CARD-WIFE",
            balance: 4_150_900,
        },
        Insured {
            psn_no: HUSBAND,
            certificate: "01",
            certno: "440524188001010014",
            name: "样例·乙",
            sex: "1",
            birth: "1880-01-01",
            age: 146.5,
            insurance: "310",
            token: "TOKEN-HUSBAND",
            card: "CARD-HUSBAND",
            balance: 137_363,
        },
        Insured {
            psn_no: RESIDENT,
            certificate: "07",
            certno: "931586198001010028",
            name: "样例丙",
            sex: "2",
            birth: "1980-01-01",
            age: 46.5,
            insurance: "310",
            token: "TOKEN-RESIDENT",
            card: "CARD-RESIDENT",
            balance: 88_000,
        },
    ]
}

impl Insured {
    /// `baseinfo`.
    pub(super) fn base(&self) -> Value {
        json!({
            "psn_no": self.psn_no, "psn_cert_type": self.certificate, "certno": self.certno,
            "psn_name": self.name, "gend": self.sex, "naty": "99", "brdy": self.birth,
            "age": self.age, "expContent": null,
        })
    }

    /// What 1101 answers.
    pub(super) fn told(&self, manner: Manner) -> Value {
        json!({
            "baseinfo": self.base(),
            "insuinfo": [{
                "balc": manner.money(self.balance), "insutype": self.insurance,
                "psn_type": "116032", "psn_insu_stas": "1", "psn_insu_date": "2015-03-01",
                "paus_insu_date": null, "cvlserv_flag": "0", "insuplc_admdvs": manner.area(),
                "emp_name": "样例单位",
            }],
            "idetinfo": [],
        })
    }
}
