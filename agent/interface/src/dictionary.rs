//! Values of the interface's dictionaries, as far as a verdict turns on them.
//!
//! National values (dictionary 1901). A province's own value is not guessed: it gives none, and the
//! desk then knows that it does not know.

use jiff::civil::Date;
use pharmacy_decision::facts::{Credential, Fund, Insurance};
use pharmacy_protocol::person::Sex;

use super::node::Node;

/// Dictionary values without their leading zeros: some tills write `1` for `01`.
fn bare(value: &str) -> &str {
    match value.trim_start_matches('0') {
        "" => value.get(..1).unwrap_or_default(),
        bare => bare,
    }
}

/// `mdtrt_cert_type` with its national meaning.
///
/// One vendor's middleware reads 04 as a Macau card; such tills do not speak to the platform
/// directly.
pub(super) fn credential(value: &str) -> Option<Credential> {
    match bare(value) {
        "1" => Some(Credential::InsuranceCode),
        "2" => Some(Credential::IdNumber),
        "3" => Some(Credential::SocialCard),
        "4" => Some(Credential::ElectronicSocialCard),
        _ => None,
    }
}

/// `acct_used_flag`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountUse {
    /// 0.
    NotUsed,
    /// 1.
    Used,
}

/// Reads `acct_used_flag`.
pub(super) fn account_use(value: &str) -> Option<AccountUse> {
    match value {
        "0" => Some(AccountUse::NotUsed),
        "1" => Some(AccountUse::Used),
        _ => None,
    }
}

/// Which money is to pay, by `med_type` and `acct_used_flag`.
///
/// | `med_type` | name | fund |
/// |---|---|---|
/// | 11, 13 | 普通门诊, 急诊 (national) | pooled |
/// | 14, 140104, 140201 | 门诊慢特病 (national), 门诊慢病 (Liaoning), 门诊特病 | chronic |
/// | 9929, 9904 | 药店慢特病药, 大病特药 (Hunan) | chronic |
/// | 15, 910202 | 特药 (Jilin), 谈判药 | dual channel |
/// | 41 | 定点药店购药 (national) | account, unless `acct_used_flag` is 0 |
/// | any other | | none |
///
/// 41 without the account has no fund of its own: provinces run cash purchases, and pooled ones, under
/// it. The answer to 2101 tells which; guessing "pooled" here would apply a fund's limits to cash.
/// Hunan's 15 is pooled (门诊统筹); dual channel is the stricter reading.
pub(super) fn fund(med_type: &str, account: Option<AccountUse>) -> Option<Fund> {
    match med_type {
        "11" | "13" => Some(Fund::Pooled),
        "14" | "140104" | "140201" | "9904" | "9929" => Some(Fund::Chronic),
        "15" | "910202" => Some(Fund::DualChannel),
        "41" => match account {
            None | Some(AccountUse::Used) => Some(Fund::Account),
            Some(AccountUse::NotUsed) => None,
        },
        _ => None,
    }
}

/// `recer_sys_code` of the system for work injuries (Inner Mongolia).
const WORK_INJURY_SYSTEM: &str = "GSXT";

/// The kind of insurance, by `insutype` and the system that is called.
///
/// Work injury has no `insutype`: it is told by the system. 391 (城镇居民) is what 390 was before the
/// merger with the rural scheme.
pub(super) fn insurance(insutype: Option<&str>, system: Option<&str>) -> Option<Insurance> {
    if system == Some(WORK_INJURY_SYSTEM) {
        return Some(Insurance::WorkInjury);
    }
    match insutype? {
        "310" => Some(Insurance::Employee),
        "390" | "391" => Some(Insurance::Resident),
        "510" => Some(Insurance::Maternity),
        kind if is_supplement(kind) => Some(Insurance::Other),
        "340" | "350" | "360" | "380" | "399" | "410" => Some(Insurance::Other),
        _ => None,
    }
}

/// Does the insurance only add to another one (公务员补助, 大额补助, 企业补充, 居民大病)?
pub(super) fn is_supplement(insutype: &str) -> bool {
    matches!(insutype, "320" | "330" | "370" | "392")
}

/// `trdn_flag`: whether packs are split.
pub(super) fn split(node: &Node) -> Option<bool> {
    match bare(&node.first_text(&["trdn_flag", "TRDN_FLAG", "trdnFlag"])?) {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// `gend`, GB/T 2261.1.
pub(super) fn sex(value: &str) -> Option<Sex> {
    match value {
        "0" => Some(Sex::Unknown),
        "1" => Some(Sex::Male),
        "2" => Some(Sex::Female),
        "9" => Some(Sex::NotStated),
        _ => None,
    }
}

/// Is `psn_cert_type` one whose numbers are known here: resident card, foreigner's residence card,
/// residence permit of Hong Kong, Macau and Taiwan residents?
pub(super) fn is_known_certificate(value: &str) -> bool {
    matches!(bare(value), "1" | "7" | "17")
}

/// A date: `yyyy-MM-dd`, `yyyy/MM/dd` or `yyyyMMdd`, with or without a time behind it.
pub(super) fn date(text: &str) -> Option<Date> {
    let day = text.split([' ', 'T']).next()?;
    let digits = match (day.len(), day.get(4..5)?) {
        (10, separator @ ("-" | "/")) => {
            let parts: Vec<&str> = day.split(separator).collect();
            let is_form =
                matches!(parts.as_slice(), [y, m, d] if [y.len(), m.len(), d.len()] == [4, 2, 2]);
            parts.concat().get(..8).filter(|_| is_form)?.to_owned()
        }
        // `yyyyMMddHHmmss` is a date with its time; other lengths are other numbers.
        (8 | 14, _) => day.get(..8)?.to_owned(),
        _ => return None,
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let year = digits.get(..4).filter(|_| is_number)?.parse().ok()?;
    let month = digits.get(4..6)?.parse().ok()?;
    let day = digits.get(6..8)?.parse().ok()?;
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_fund_follows_from_medical_type_and_account() {
        use AccountUse::{NotUsed, Used};
        for (med_type, account, expected) in [
            ("41", Some(Used), Some(Fund::Account)),
            ("41", None, Some(Fund::Account)),
            ("41", Some(NotUsed), None),
            ("11", Some(Used), Some(Fund::Pooled)),
            ("11", Some(NotUsed), Some(Fund::Pooled)),
            ("13", None, Some(Fund::Pooled)),
            ("14", Some(Used), Some(Fund::Chronic)),
            ("140104", None, Some(Fund::Chronic)),
            ("140201", None, Some(Fund::Chronic)),
            ("9929", None, Some(Fund::Chronic)),
            ("9904", None, Some(Fund::Chronic)),
            ("15", None, Some(Fund::DualChannel)),
            ("910202", None, Some(Fund::DualChannel)),
            ("12", Some(Used), None),
            ("21", Some(Used), None),
            ("", Some(Used), None),
        ] {
            assert_eq!(fund(med_type, account), expected, "{med_type} {account:?}");
        }
    }

    #[test]
    fn credentials_have_their_national_meaning() {
        for (value, expected) in [
            ("01", Some(Credential::InsuranceCode)),
            ("02", Some(Credential::IdNumber)),
            ("03", Some(Credential::SocialCard)),
            ("04", Some(Credential::ElectronicSocialCard)),
            ("1", Some(Credential::InsuranceCode)),
            ("05", None),
            ("0", None),
            ("", None),
            ("10", None),
        ] {
            assert_eq!(credential(value), expected, "{value}");
        }
    }

    #[test]
    fn insurance_is_told_by_kind_and_system() {
        for (insutype, system, expected) in [
            (Some("310"), None, Some(Insurance::Employee)),
            (Some("310"), Some("YBXT"), Some(Insurance::Employee)),
            (Some("390"), None, Some(Insurance::Resident)),
            (Some("391"), None, Some(Insurance::Resident)),
            (Some("510"), None, Some(Insurance::Maternity)),
            (Some("340"), Some("LXXT"), Some(Insurance::Other)),
            (Some("320"), None, Some(Insurance::Other)),
            (Some("310"), Some("GSXT"), Some(Insurance::WorkInjury)),
            (None, Some("GSXT"), Some(Insurance::WorkInjury)),
            (Some("3"), None, None),
            (None, None, None),
        ] {
            assert_eq!(
                insurance(insutype, system),
                expected,
                "{insutype:?} {system:?}"
            );
        }
    }

    #[test]
    fn dates_come_in_many_forms() {
        let day = jiff::civil::date(1949, 12, 31);
        for (text, expected) in [
            ("1949-12-31", Some(day)),
            ("1949/12/31", Some(day)),
            ("19491231", Some(day)),
            ("1949-12-31 00:00:00", Some(day)),
            ("1949-12-31T00:00:00", Some(day)),
            ("19491231000000", Some(day)),
            ("1949-12-32", None),
            ("1949-1-31", None),
            ("1949-12/31", None),
            ("1949年12月31日", None),
            ("194912310", None),
            ("１９４９", None),
            ("-949-12-31", None),
            ("1949", None),
            ("", None),
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_value_or_none(text in "\\PC{0,12}") {
            let _ = (credential(&text), fund(&text, None), insurance(Some(&text), None));
            let _ = (sex(&text), is_known_certificate(&text), account_use(&text));
            if let Some(date) = date(&text) {
                let year = format!("{:04}", date.year());
                prop_assert!(text.starts_with(&year));
            }
        }
    }
}
