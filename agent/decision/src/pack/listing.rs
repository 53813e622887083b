//! Lists of institutions and physicians, and where a pharmacist may review from afar.
//!
//! In scope: what the pack's dated lists say of a code. Out of scope: what follows from it
//! (`rule::prescription`).
//!
//! ```text
//! a row with a code      says what it says, for stores of its 地区, in its days
//! a row without a code   says that the list of its 地区 is complete in its days: whoever's code
//!                        begins there and who is not on it is not designated, or not suspended
//! ```
//! Without such a row, absence from a list says nothing.

use std::collections::HashMap;

use jiff::civil::Date;
use pharmacy_protocol::term::RegionCode;

use crate::facts::{Institution, Physician};
use crate::pack::error::PackError;
use crate::pack::file;
use crate::pack::scope::{Regional, Scope};
use crate::pack::source::PackSource;
use crate::pack::table::{FROM, REGION, Row, Table, UNTIL};

/// Longest code of the national lists (`fixmedins_code` and `bilg_dr_codg` are char 30).
const MAX_CODE: usize = 30;

/// Both lists, and the regions' word on reviews from afar.
#[derive(Clone, Debug)]
pub(crate) struct Listings {
    institutions: Listing<Institution>,
    physicians: Listing<Physician>,
    reviews: Regional<RemoteReview>,
}

/// May a pharmacist of the chain review from another place?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum RemoteReview {
    Allowed,
    NotAllowed,
}

/// What a list says by code, and where it is complete.
#[derive(Clone, Debug)]
struct Listing<T> {
    rows: HashMap<String, Vec<(Scope, T)>>,
    complete: Vec<Scope>,
}

const INSTITUTION_COLUMNS: &[&str] = &["机构代码", "名称", "状态", "自", "至", REGION, "依据"];
const PHYSICIAN_COLUMNS: &[&str] = &["医师代码", "姓名", "停止处方权自", "至", REGION, "依据"];
const REVIEW_COLUMNS: &[&str] = &[REGION, FROM, UNTIL, "远程审方", "依据"];

impl Listings {
    pub(crate) fn compile(source: &PackSource) -> Result<Self, PackError> {
        Ok(Self {
            institutions: institutions(source)?,
            physicians: physicians(source)?,
            reviews: reviews(source)?,
        })
    }

    /// A blacklist outweighs whatever else is said, then the closest region counts, then the
    /// complete list of the region where the institution lies.
    pub(crate) fn institution(
        &self,
        code: &str,
        region: &RegionCode,
        day: Date,
    ) -> Option<Institution> {
        let said: Vec<_> = self.institutions.said(code, region, day).collect();
        let is_said = |standing| said.iter().any(|(_, is)| *is == standing);
        if is_said(Institution::Blacklisted) {
            return Some(Institution::Blacklisted);
        }
        match said.iter().map(|(reach, _)| *reach).max() {
            // Two rows of one region that disagree: the harder one counts.
            Some(closest) if said.contains(&(closest, Institution::NotDesignated)) => {
                Some(Institution::NotDesignated)
            }
            Some(_) => Some(Institution::Designated),
            None if self.institutions.is_complete(code, day) => Some(Institution::NotDesignated),
            None => None,
        }
    }

    pub(crate) fn physician(
        &self,
        code: &str,
        region: &RegionCode,
        day: Date,
    ) -> Option<Physician> {
        if self.physicians.said(code, region, day).next().is_some() {
            Some(Physician::Suspended)
        } else if self.physicians.is_complete(code, day) {
            Some(Physician::Entitled)
        } else {
            None
        }
    }

    /// A region that says nothing does not allow it.
    pub(crate) fn is_remote_review_allowed(&self, region: &RegionCode, day: Date) -> bool {
        let rows = self.reviews.in_force(region, day, |_| true);
        !rows.is_empty() && rows.iter().all(|row| **row == RemoteReview::Allowed)
    }
}

impl<T: Copy> Listing<T> {
    /// What rows say of a code, each with how closely it fits the region.
    fn said(&self, code: &str, region: &RegionCode, day: Date) -> impl Iterator<Item = (usize, T)> {
        let rows = self.rows.get(code.trim()).map(Vec::as_slice);
        rows.unwrap_or_default()
            .iter()
            .filter_map(move |(scope, says)| Some((scope.reach(region, day)?, *says)))
    }

    fn is_complete(&self, code: &str, day: Date) -> bool {
        region_of(code.trim()).is_some_and(|region| {
            self.complete
                .iter()
                .any(|s| s.reach(&region, day).is_some())
        })
    }
}

/// The region that a code was given in.
///
/// SPEC: national codes of institutions and of their staff: one letter (H hospital, P pharmacy,
/// D physician), then the six digits of the region that gave it, then a serial number.
fn region_of(code: &str) -> Option<RegionCode> {
    if !code.starts_with(|first: char| first.is_ascii_uppercase()) {
        return None;
    }
    code.get(1..7)?.parse().ok()
}

fn is_code(text: &str) -> bool {
    matches!(text.len(), 1..=MAX_CODE)
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

const EXPECTED_CODE: &str = "a code of capitals and digits";

/// Puts a row in its place: by its code, or without one among the complete lists.
fn list<T>(
    row: &Row<'_>,
    column: &'static str,
    from: &'static str,
    says: impl FnOnce(&Row<'_>, Listed) -> Result<Option<T>, PackError>,
    into: &mut Listing<T>,
) -> Result<(), PackError> {
    let code = row.parse(column, EXPECTED_CODE, |text| {
        (text.is_empty() || is_code(text)).then_some(text)
    })?;
    row.text("依据")?;
    let scope = row.scope_between(from, "至")?;
    let listed = match code.is_empty() {
        true => Listed::Region,
        false => Listed::Code,
    };
    match says(row, listed)? {
        Some(says) => {
            let rows = into.rows.entry(code.to_owned()).or_default();
            rows.push((scope, says));
        }
        None => into.complete.push(scope),
    }
    Ok(())
}

/// What a row is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Listed {
    Code,
    /// The whole list of a region.
    Region,
}

fn institutions(source: &PackSource) -> Result<Listing<Institution>, PackError> {
    let words = [
        ("定点", Institution::Designated),
        ("非定点", Institution::NotDesignated),
        ("黑名单", Institution::Blacklisted),
    ];
    let table = Table::read(source, file::INSTITUTIONS, INSTITUTION_COLUMNS)?;
    let mut listing = Listing::empty();
    for row in table.rows() {
        let says = |row: &Row<'_>, listed| match listed {
            Listed::Code => row.word("状态", "定点, 非定点 or 黑名单", &words).map(Some),
            Listed::Region => row.word("状态", "名单完整, without a code", &[("名单完整", None)]),
        };
        list(&row, "机构代码", "自", says, &mut listing)?;
    }
    Ok(listing)
}

fn physicians(source: &PackSource) -> Result<Listing<Physician>, PackError> {
    let table = Table::read(source, file::PHYSICIANS, PHYSICIAN_COLUMNS)?;
    let mut listing = Listing::empty();
    for row in table.rows() {
        let says = |_: &Row<'_>, listed| match listed {
            Listed::Code => Ok(Some(Physician::Suspended)),
            Listed::Region => Ok(None),
        };
        list(&row, "医师代码", "停止处方权自", says, &mut listing)?;
    }
    Ok(listing)
}

fn reviews(source: &PackSource) -> Result<Regional<RemoteReview>, PackError> {
    let words = [
        ("允许", RemoteReview::Allowed),
        ("不允许", RemoteReview::NotAllowed),
    ];
    let table = Table::read(source, file::REVIEWS, REVIEW_COLUMNS)?;
    let read = |row: Row<'_>| {
        row.text("依据")?;
        Ok((
            row.scope()?,
            row.word("远程审方", "允许 or 不允许", &words)?,
        ))
    };
    table.regional(read)
}

impl<T> Listing<T> {
    fn empty() -> Self {
        Self {
            rows: HashMap::new(),
            complete: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use crate::facts::{Institution, Physician};
    use crate::pack::{Pack, with_for_test};
    use crate::rule::testing::pack;

    fn institutions(rows: &'static str) -> Pack {
        with_for_test("institutions.csv", |text| format!("{text}{rows}"))
    }

    const HERE: &str = "440700";
    const DAY: jiff::civil::Date = date(2026, 11, 22);

    #[test]
    fn the_shipped_lists_are_empty_and_claim_nothing() {
        let region = HERE.parse().unwrap();
        assert_eq!(pack().institution("H44070100001", &region, DAY), None);
        assert_eq!(pack().physician("D440701000001", &region, DAY), None);
        assert!(pack().is_remote_review_allowed(&region, DAY));
    }

    #[test]
    fn a_blacklist_outweighs_and_the_closest_region_counts() {
        let pack = institutions(
            "H1,甲医院,定点,,,全国,测试\n\
             H1,甲医院,非定点,,,4407,测试\n\
             H2,乙医院,定点,,,4407,测试\n\
             H2,乙医院,黑名单,2026-01-01,2026-11-22,全国,测试\n\
             H3,丙医院,定点,,,31,测试\n\
             H4,丁医院,定点,,,44,测试\nH4,丁医院,非定点,,,44,测试\n",
        );
        let of = |code, day| pack.institution(code, &HERE.parse().unwrap(), day);
        assert_eq!(of("H1", DAY), Some(Institution::NotDesignated));
        assert_eq!(of(" H2 ", DAY), Some(Institution::Blacklisted));
        let tomorrow = DAY.tomorrow().unwrap();
        assert_eq!(of("H2", tomorrow), Some(Institution::Designated));
        assert_eq!(of("H3", DAY), None);
        assert_eq!(of("H4", DAY), Some(Institution::NotDesignated));
        assert_eq!(of("H5", DAY), None);
        assert_eq!(of("", DAY), None);
    }

    #[test]
    fn absence_counts_only_where_the_list_is_complete() {
        let pack = institutions(
            "H44070100001,甲医院,定点,,,4407,测试\n,,名单完整,2026-06-01,,4407,测试\n",
        );
        let of = |code, day| pack.institution(code, &HERE.parse().unwrap(), day);
        assert_eq!(of("H44070100001", DAY), Some(Institution::Designated));
        assert_eq!(of("H44070100002", DAY), Some(Institution::NotDesignated));
        assert_eq!(of("H44070100002", date(2026, 5, 31)), None);
        // Another region's institutions are on another list; a code of no region on none.
        assert_eq!(of("H44010100002", DAY), None);
        for odd in ["乙", "4407010000", "H4407", "h44070100002", "H4407甲"] {
            assert_eq!(of(odd, DAY), None, "{odd}");
        }
    }

    #[test]
    fn a_suspension_lasts_from_its_first_day_to_its_last() {
        let pack = with_for_test("physicians.csv", |text| {
            format!("{text}D440701000001,,2026-11-01,2026-11-22,4407,测试\n,,2026-01-01,,44,测试\n")
        });
        let of = |code, day| pack.physician(code, &HERE.parse().unwrap(), day);
        for (day, expected) in [
            (date(2026, 10, 31), Physician::Entitled),
            (date(2026, 11, 1), Physician::Suspended),
            (DAY, Physician::Suspended),
            (date(2026, 11, 23), Physician::Entitled),
        ] {
            assert_eq!(of("D440701000001", day), Some(expected), "{day}");
        }
        assert_eq!(of("D310000000001", DAY), None);
        assert_eq!(of("D440701000002", date(2025, 12, 31)), None);
    }

    #[test]
    fn a_region_that_says_nothing_does_not_allow_reviews_from_afar() {
        let pack = with_for_test("reviews.csv", |text| {
            let heading = text.lines().next().unwrap_or_default();
            format!("{heading}\n44,2026-01-01,,允许,测试\n4401,,,不允许,测试\n")
        });
        let allowed =
            |region: &str, day| pack.is_remote_review_allowed(&region.parse().unwrap(), day);
        assert!(allowed(HERE, DAY));
        assert!(!allowed("440100", DAY));
        assert!(!allowed(HERE, date(2025, 12, 31)));
        assert!(!allowed("310100", DAY));
    }
}
