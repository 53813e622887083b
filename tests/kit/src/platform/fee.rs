//! What a basket costs whom: the line split and the settlement's arithmetic.

use serde_json::{Value, json};

use super::manner::Manner;
use super::value::{divide, fen, scaled, text};

/// One fee line, split.
#[derive(Clone, Debug)]
pub(super) struct Line {
    serial: String,
    count: String,
    price: String,
    /// `chrgitm_lv`.
    level: &'static str,
    /// What the insured pays first of a line, in hundredths.
    first: i64,
    amount: i64,
}

/// A settlement's sums, in fen. A reversal's are negative.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sums {
    /// `medfee_sumamt`.
    pub total: i64,
    /// `fulamt_ownpay_amt`.
    pub outside: i64,
    /// `preselfpay_amt`.
    pub first: i64,
    /// `inscp_scp_amt`.
    pub inside: i64,
    /// `act_pay_dedc`.
    pub deductible: i64,
    /// `hifp_pay`.
    pub pooled: i64,
    /// `acct_pay`.
    pub account: i64,
    /// `psn_cash_pay`.
    pub cash: i64,
}

impl Line {
    /// Reads one; the text says what is wrong with it.
    pub(super) fn read(node: &Value) -> Result<Self, String> {
        let need = |name: &str| text(node, name).ok_or_else(|| format!("{name}不能为空"));
        let (count, price) = (need("cnt")?, need("pric")?);
        let amount = fen(node, "det_item_fee_sumamt").ok_or("det_item_fee_sumamt格式错误")?;
        let scaled_count = scaled(&count, 4).ok_or("cnt格式错误")?;
        let scaled_price = scaled(&price, 6).ok_or("pric格式错误")?;
        let product = scaled_count.checked_mul(scaled_price);
        // Ten to the fourth times ten to the sixth, in hundredths.
        let product = product.map(|product| divide(product, 100_000_000));
        if product != Some(amount) {
            return Err("det_item_fee_sumamt与数量单价不符".into());
        }
        need("medins_list_codg")?;
        let (level, first) = match need("med_list_codg")?.chars().next() {
            Some('X' | 'T') => ("01", 0),
            Some('Z' | 'C') => ("02", 5),
            _ => ("03", 100),
        };
        Ok(Self {
            serial: need("feedetl_sn")?,
            count,
            price,
            level,
            first,
            amount,
        })
    }

    fn first_fen(&self) -> i64 {
        match self.level {
            "03" => 0,
            _ => divide(self.amount * self.first, 100),
        }
    }

    fn outside_fen(&self) -> i64 {
        if self.level == "03" { self.amount } else { 0 }
    }

    /// `detlcutinfo`, or `result` of 2204.
    pub(super) fn split(&self, manner: Manner) -> Value {
        let (first, outside) = (self.first_fen(), self.outside_fen());
        let count = scaled(&self.count, 4).unwrap_or_default();
        let price = scaled(&self.price, 6).unwrap_or_default();
        json!({
            "feedetl_sn": self.serial, "med_chrgitm_type": "09", "chrgitm_lv": self.level,
            "cnt": count as f64 / 1e4, "pric": price as f64 / 1e6,
            "det_item_fee_sumamt": manner.money(self.amount), "pric_uplmt_amt": 999_999,
            "selfpay_prop": self.first as f64 / 100.0, "preselfpay_amt": manner.money(first),
            "overlmt_amt": manner.money(0), "fulamt_ownpay_amt": manner.money(outside),
            "inscp_scp_amt": manner.money(self.amount - first - outside),
            "lmt_used_flag": "0", "bas_medn_flag": "0", "hi_nego_drug_flag": "0",
            "drt_reim_flag": "0", "list_sp_item_flag": null, "chld_medc_flag": null,
            "memo": null, "exp_content": null,
        })
    }
}

/// Which money is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Funds {
    /// The account only; what is inside the policy counts against the deductible.
    Account,
    /// A pooled fund that pays half of what is inside.
    Pooled,
}

impl Funds {
    /// By `med_type`: 41 is a purchase at a pharmacy.
    pub(super) fn of(med_type: &str) -> Self {
        if med_type == "41" {
            Self::Account
        } else {
            Self::Pooled
        }
    }
}

impl Sums {
    /// Who pays what; `available` is what may be taken from the account.
    pub(super) fn of(lines: &[Line], funds: Funds, available: i64) -> Self {
        let total = lines.iter().map(|line| line.amount).sum();
        let outside = lines.iter().map(Line::outside_fen).sum();
        let first = lines.iter().map(Line::first_fen).sum();
        let inside = total - outside - first;
        let (deductible, pooled) = match funds {
            Funds::Account => (inside, 0),
            Funds::Pooled => (0, divide(inside, 2)),
        };
        let account = available.clamp(0, total - pooled);
        let cash = total - pooled - account;
        Self {
            total,
            outside,
            first,
            inside,
            deductible,
            pooled,
            account,
            cash,
        }
    }

    /// The same taken back.
    pub(super) fn negative(self) -> Self {
        Self {
            total: -self.total,
            outside: -self.outside,
            first: -self.first,
            inside: -self.inside,
            deductible: -self.deductible,
            pooled: -self.pooled,
            account: -self.account,
            cash: -self.cash,
        }
    }

    /// The amounts of `setlinfo`.
    pub(super) fn told(self, manner: Manner) -> Value {
        let counted = if manner.counts_account_as_fund() {
            self.account
        } else {
            0
        };
        // A reversal has none, not even zero.
        let mutual = if self.total < 0 {
            Value::Null
        } else {
            manner.money(0)
        };
        let money = |fen| manner.money(fen);
        json!({
            "medfee_sumamt": money(self.total), "fulamt_ownpay_amt": money(self.outside),
            "overlmt_selfpay": money(0), "preselfpay_amt": money(self.first),
            "inscp_scp_amt": money(self.inside), "act_pay_dedc": money(self.deductible),
            "hifp_pay": money(self.pooled), "cvlserv_pay": money(0), "hifes_pay": money(0),
            "pool_prop_selfpay": if self.pooled == 0 { 0.0 } else { 0.5 },
            "hifmi_pay": money(0), "hifob_pay": money(0), "maf_pay": money(0),
            "oth_pay": money(0), "fund_pay_sumamt": money(self.pooled + counted),
            "psn_part_amt": money(self.account + self.cash), "acct_pay": money(self.account),
            "psn_cash_pay": money(self.cash), "acct_mulaid_pay": mutual,
        })
    }

    /// `setldetail`.
    pub(super) fn detail(self, manner: Manner) -> Value {
        let rows = [
            ("310100", "城镇职工基本医疗保险统筹基金", self.pooled),
            ("310200", "城镇职工基本医疗保险个人账户基金", self.account),
        ];
        let rows = rows.into_iter().filter(|(_, _, fen)| *fen != 0);
        let rows = rows.map(|(kind, name, fen)| {
            json!({
                "fund_pay_type": kind, "fund_pay_type_name": name,
                "fund_payamt": manner.money(fen), "inscp_scp_amt": manner.money(self.inside),
                "crt_payb_lmt_amt": null, "setl_proc_info": null,
            })
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Funds, Line, Manner, Sums};

    fn line(code: &str, count: &str, price: &str, amount: &str) -> Result<Line, String> {
        Line::read(&json!({
            "feedetl_sn": "1", "med_list_codg": code, "medins_list_codg": "100057", "cnt": count,
            "pric": price, "det_item_fee_sumamt": amount,
        }))
    }

    #[test]
    fn published_sample_is_split_to_the_fen() {
        let lines = [line("ZA99ZZZ9999010199901", "1.0", "4.52", "4.52").unwrap()];
        let sums = Sums::of(&lines, Funds::Account, 137_363);
        let expected = Sums {
            total: 452,
            outside: 0,
            first: 23,
            inside: 429,
            deductible: 429,
            pooled: 0,
            account: 452,
            cash: 0,
        };
        assert_eq!(sums, expected);
        let split = lines[0].split(Manner::Hubei);
        assert_eq!(
            (&split["preselfpay_amt"], &split["inscp_scp_amt"]),
            (&json!(0.23), &json!(4.29))
        );
        assert_eq!(split["pric_uplmt_amt"], 999_999);
    }

    #[test]
    fn fund_sum_counts_the_account_in_where_the_province_does() {
        let lines = [line("XN02BEA999A001010112345", "2", "10", "20.00").unwrap()];
        let sums = Sums::of(&lines, Funds::Pooled, 300);
        assert_eq!((sums.pooled, sums.account, sums.cash), (1000, 300, 700));
        assert_eq!(sums.told(Manner::Guangdong)["fund_pay_sumamt"], 13.0);
        assert_eq!(sums.told(Manner::Jiangsu)["fund_pay_sumamt"], "10.00");
        let back = sums.negative();
        assert_eq!(back.told(Manner::Jiangsu)["acct_pay"], "-3.00");
        assert!(back.told(Manner::Jiangsu)["acct_mulaid_pay"].is_null());
    }

    #[test]
    fn line_whose_amount_is_not_its_product_is_refused() {
        assert!(line("Z", "9.0", "3.5", "31.5").is_ok());
        assert!(line("Z", "9.0", "3.5", "31.6").is_err());
        assert!(line("Z", "", "3.5", "31.5").is_err());
    }
}
