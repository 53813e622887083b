//! Who paid how much of a settlement.
//!
//! ```text
//! T medfee_sumamt   F fund_pay_sumamt   A acct_pay   M acct_mulaid_pay   C psn_cash_pay
//!
//! T = F + A + C       account beside the fund, mutual aid within A        (Hunan)
//! T = F + A + M + C   account beside the fund, mutual aid beside A        (Hunan)
//! T = F + C           account counted into the fund                       (Guangdong)
//! ```
//! The amounts themselves say which province's way it is; no table has to. Where no sum fits (an
//! amount is missing, a hospital bears a part), the amounts stay as named.

use pharmacy_protocol::term::Fen;

use super::node::Node;

/// Who paid how much.
pub(super) struct Amounts {
    pub(super) total: Option<Fen>,
    pub(super) account: Option<Fen>,
    pub(super) fund: Option<Fen>,
    pub(super) cash: Option<Fen>,
    /// Do they make the total, in one province's way or another? None where one is missing.
    pub(super) adds_up: Option<bool>,
}

impl Amounts {
    pub(super) fn read(node: &Node) -> Self {
        let total = node.fen("medfee_sumamt");
        let fund = node.fen("fund_pay_sumamt");
        // The reversal's answer has `cash_payamt` in some provinces.
        let cash = node.fen("psn_cash_pay").or_else(|| node.fen("cash_payamt"));
        let own = node.fen("acct_pay");
        let aid = node.fen("acct_mulaid_pay").unwrap_or(Fen::ZERO);
        let with_aid = own.map_or(Some(aid).filter(|aid| *aid != Fen::ZERO), |own| {
            own.checked_add(aid)
        });
        let sums_to_total = |parts: [Option<Fen>; 3]| {
            let sum: Option<Vec<Fen>> = parts.into_iter().collect();
            total.is_some() && sum.and_then(Fen::checked_sum) == total
        };
        let nothing = Some(Fen::ZERO);
        let is_aid_within = sums_to_total([fund, own, cash]);
        let is_beside = is_aid_within || sums_to_total([fund, with_aid, cash]);
        let account = if is_aid_within { own } else { with_aid };
        // A hospital bears a part itself, in its own trades.
        let borne = node.fen("hosp_part_amt").unwrap_or(Fen::ZERO);
        let cash_and_borne = cash.and_then(|cash| cash.checked_add(borne));
        // What is counted in is a part of it.
        let is_part = fund.zip(account).is_none_or(|(fund, account)| {
            account.units().unsigned_abs() <= fund.units().unsigned_abs()
        });
        let is_counted_in = !is_beside && is_part && sums_to_total([fund, nothing, cash]);
        let fits = is_beside
            || is_counted_in
            || [own, with_aid, nothing.filter(|_| is_part)]
                .into_iter()
                .any(|account| sums_to_total([fund, account, cash_and_borne]));
        let is_told = [total, fund, own, cash].iter().all(Option::is_some);
        let pooled = fund.zip(account).and_then(|(f, a)| f.checked_sub(a));
        Self {
            total,
            account,
            fund: if is_counted_in { pooled.or(fund) } else { fund },
            cash,
            adds_up: (fits || is_told).then_some(fits),
        }
    }

    /// What the tenders of a bill come to, where it names them. A till that fills them with nothing names
    /// none; of one that names some, what can be said is that they are too much already.
    pub(super) fn tenders(&self) -> Option<Fen> {
        let [fund, account, cash] =
            [self.fund, self.account, self.cash].map(Option::unwrap_or_default);
        if [fund, account, cash].iter().all(|part| *part == Fen::ZERO) {
            return None;
        }
        let most = Some(Fen::new(i64::MAX));
        match self.adds_up {
            Some(true) => self.total,
            Some(false) => Fen::checked_sum([fund, account, cash]).or(most),
            None => {
                let least = fund.max(account).checked_add(cash).or(most);
                least.filter(|least| self.total.is_some_and(|total| *least > total))
            }
        }
    }

    /// Is any of it below zero, as in a reversal?
    pub(super) fn is_negative(&self) -> bool {
        [self.total, self.account, self.fund, self.cash]
            .into_iter()
            .flatten()
            .any(|amount| amount < Fen::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::Json;
    use super::*;

    fn amounts(text: &str) -> [Option<i64>; 4] {
        let node = Node::wrap(Json::parse(text).unwrap()).unwrap();
        let amounts = Amounts::read(&node);
        [amounts.total, amounts.account, amounts.fund, amounts.cash]
            .map(|amount| amount.map(Fen::units))
    }

    #[test]
    fn tells_account_and_fund_apart_in_every_province() {
        let some = |units: [i64; 4]| units.map(Some);
        for (text, expected) in [
            // All from the account, beside the fund.
            (
                r#"{"medfee_sumamt":4.52,"fund_pay_sumamt":0,"acct_pay":4.52,"psn_cash_pay":0,
                    "acct_mulaid_pay":0}"#,
                some([452, 452, 0, 0]),
            ),
            // The same, counted in.
            (
                r#"{"medfee_sumamt":4.52,"fund_pay_sumamt":4.52,"acct_pay":4.52,"psn_cash_pay":0}"#,
                some([452, 452, 0, 0]),
            ),
            // Fund, account and cash, beside and counted in.
            (
                r#"{"medfee_sumamt":"100","fund_pay_sumamt":"60","acct_pay":"30","psn_cash_pay":"10"}"#,
                some([10_000, 3_000, 6_000, 1_000]),
            ),
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":90,"acct_pay":30,"psn_cash_pay":10}"#,
                some([10_000, 3_000, 6_000, 1_000]),
            ),
            // Mutual aid beside the own account, and within it.
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":60,"acct_pay":20,"acct_mulaid_pay":10,
                    "psn_cash_pay":10}"#,
                some([10_000, 3_000, 6_000, 1_000]),
            ),
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":60,"acct_pay":30,"acct_mulaid_pay":10,
                    "psn_cash_pay":10}"#,
                some([10_000, 3_000, 6_000, 1_000]),
            ),
            // A reversal: negative, cash under its other name, nothing of mutual aid.
            (
                r#"{"medfee_sumamt":-4.52,"fund_pay_sumamt":-4.52,"acct_pay":-4.52,"psn_pay":-4.52,
                    "cash_payamt":0,"acct_mulaid_pay":null}"#,
                some([-452, -452, 0, 0]),
            ),
            // No sum fits: as named.
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":1,"acct_pay":2,"psn_cash_pay":3}"#,
                some([10_000, 200, 100, 300]),
            ),
            (r#"{"acct_pay":2}"#, [None, Some(200), None, None]),
            (r#"{"acct_mulaid_pay":2}"#, [None, Some(200), None, None]),
            ("{}", [None; 4]),
        ] {
            assert_eq!(amounts(text), expected, "{text}");
        }
    }

    fn told(text: &str) -> (Option<bool>, Option<i64>) {
        let node = Node::wrap(Json::parse(text).unwrap()).unwrap();
        let amounts = Amounts::read(&node);
        (amounts.adds_up, amounts.tenders().map(Fen::units))
    }

    // R24
    #[test]
    fn sums_that_no_province_would_make_are_told_from_those_that_are_not_named() {
        for (text, expected) in [
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":60,"acct_pay":30,"psn_cash_pay":10}"#,
                (Some(true), Some(10_000)),
            ),
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":90,"acct_pay":30,"psn_cash_pay":10}"#,
                (Some(true), Some(10_000)),
            ),
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":60,"acct_pay":20,"acct_mulaid_pay":10,
                    "psn_cash_pay":10}"#,
                (Some(true), Some(10_000)),
            ),
            // A hospital bears 5.
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":60,"acct_pay":30,"psn_cash_pay":5,
                    "hosp_part_amt":5}"#,
                (Some(true), Some(10_000)),
            ),
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":1,"acct_pay":2,"psn_cash_pay":3}"#,
                (Some(false), Some(600)),
            ),
            // Paid twice over: an account that is no part of the fund is not counted into it.
            (
                r#"{"medfee_sumamt":19.1,"fund_pay_sumamt":0,"acct_pay":19.1,"psn_cash_pay":19.1}"#,
                (Some(false), Some(3_820)),
            ),
            // Filled with nothing, or not all named.
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":0,"acct_pay":0,"psn_cash_pay":0}"#,
                (Some(false), None),
            ),
            (r#"{"medfee_sumamt":100,"acct_pay":30}"#, (None, None)),
            (
                r#"{"medfee_sumamt":100,"acct_pay":101}"#,
                (None, Some(10_100)),
            ),
            // The account may be counted into the fund.
            (
                r#"{"medfee_sumamt":100,"fund_pay_sumamt":90,"acct_pay":30}"#,
                (None, None),
            ),
            (r#"{"acct_pay":2}"#, (None, None)),
            ("{}", (None, None)),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn either_way_of_counting_gives_the_same(
            pooled in 0..1_000_000_i64,
            account in 1..1_000_000_i64,
            cash in 0..1_000_000_i64,
            sign in prop_oneof![Just(1_i64), Just(-1)],
        ) {
            let [pooled, account, cash] = [pooled, account, cash].map(|part| part * sign);
            let total = pooled + account + cash;
            for fund in [pooled, pooled + account] {
                let text = format!(
                    r#"{{"medfee_sumamt":{},"fund_pay_sumamt":"{}","acct_pay":{},"psn_cash_pay":{}}}"#,
                    Fen::new(total), Fen::new(fund), Fen::new(account), Fen::new(cash),
                );
                prop_assert_eq!(amounts(&text), [total, account, pooled, cash].map(Some));
            }
        }

        #[test]
        fn no_amount_overflows(parts in proptest::array::uniform5(any::<i64>())) {
            let [t, f, a, m, c] = parts.map(|units| Fen::new(units.max(-i64::MAX)));
            let text = format!(
                r#"{{"medfee_sumamt":{t},"fund_pay_sumamt":{f},"acct_pay":{a},"acct_mulaid_pay":{m},"psn_cash_pay":{c}}}"#
            );
            prop_assert_eq!(amounts(&text)[0], Some(t.units()));
        }
    }
}
