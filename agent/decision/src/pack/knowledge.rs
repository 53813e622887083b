//! What rules ask of a pack: where it holds, and its knowledge tables, typed and indexed.
//!
//! Out of scope: the rules themselves (`row`) and what they say (`text`).

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use jiff::civil::Date;
use pharmacy_protocol::person::Sex;
use pharmacy_protocol::term::{
    Infno, InsuranceClass, InsuranceCode, Quantity, RegionCode, UnitPrice,
};

use crate::facts::{Arrival, Dispensing, HospitalLevel, Insurance, Relation};
use crate::pack::call::{self, Call};
use crate::pack::double::{self, Doubles, Setting};
use crate::pack::error::PackError;
use crate::pack::evidence::{self, Combination};
use crate::pack::file;
use crate::pack::listing::Listings;
use crate::pack::scope::{Regional, Scope};
use crate::pack::source::PackSource;
use crate::pack::table::{FROM, REGION, Row, Table, UNTIL};
use crate::pack::term::{PrescriptionTerms, Terms};

/// What rules ask of a pack.
#[derive(Clone, Debug)]
pub(crate) struct Knowledge {
    scope: Scope,
    limits: HashMap<InsuranceCode, Vec<Limit>>,
    evidence: Regional<Combination>,
    relations: Regional<Relation>,
    trace: Regional<(InsuranceClass, TraceTerms)>,
    calls: Regional<Call>,
    doubles: Regional<Setting>,
    ephedrine: Words<EphedrineWord>,
    dispensing: Words<Dispensing>,
    quantities: Words<QuantityLimit>,
    pieces: HashMap<String, PieceBar>,
    prices: HashMap<InsuranceCode, Regional<UnitPrice>>,
    listings: Listings,
    terms: Terms,
}

/// One payment limit of the national audit rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limit {
    /// For children.
    Child,
    /// For so many days of one course.
    Course(u32),
    /// For patients in hospital.
    Inpatient,
    /// For one kind of insurance.
    Insurance(Insurance),
    /// Prescribed by a hospital of this level or above.
    Level(HospitalLevel),
    /// For one sex.
    Sex(Sex),
}

/// Whether a class of goods carries trace codes here and today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TraceDuty {
    /// Every pack carries one.
    Code(Arrival),
    /// None is due.
    Exempt,
}

/// What goes with the duty to scan, here and today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TraceTerms {
    /// Is it due?
    pub duty: TraceDuty,
    /// The first day of the duty: what was bought before may have no code.
    pub since: Option<Date>,
    /// Last day on which goods without code may be entered.
    pub enter_until: Option<Date>,
    /// Last day on which they may be sold as such.
    pub use_until: Option<Date>,
    /// How many packs a day a store may sell by a photo of a code that cannot be read; none where it may not.
    pub photos_a_day: u32,
    /// For how many days after a settlement a wrong box may be put right.
    pub correct_days: u32,
}

/// Why a piece is not paid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PieceBar {
    /// Not when it is the only piece.
    Alone,
    /// Neither alone nor in a recipe.
    Never,
}

/// How much of a listed article may be sold at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct QuantityLimit {
    /// Tells articles apart: the row of the table.
    row: usize,
    per_line: Option<Quantity>,
    per_sale: Option<Quantity>,
    is_lifted_by_prescription: bool,
}

impl QuantityLimit {
    /// Most in one line.
    pub fn per_line(&self) -> Option<Quantity> {
        self.per_line
    }

    /// Most in one sale.
    pub fn per_sale(&self) -> Option<Quantity> {
        self.per_sale
    }

    /// Does a prescription lift the limit?
    pub fn is_lifted_by_prescription(&self) -> bool {
        self.is_lifted_by_prescription
    }
}

/// Words to look for in a name, each with what it means.
#[derive(Clone, Debug)]
struct Words<T> {
    search: AhoCorasick,
    meanings: Vec<T>,
}

impl<T> Words<T> {
    fn new(file: &'static str, rows: Vec<(String, T)>) -> Result<Self, PackError> {
        let (words, meanings): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(words)
            .map_err(|_| PackError::Words { file })?;
        Ok(Self { search, meanings })
    }

    fn found<'t, 'n>(&'t self, name: &'n str) -> impl Iterator<Item = &'t T> + use<'t, 'n, T> {
        let found = self.search.find_iter(name);
        found.filter_map(|hit| self.meanings.get(hit.pattern().as_usize()))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum EphedrineWord {
    Contains,
    Excluded,
}

impl Knowledge {
    /// Reads the tables of a pack that is meant for `scope`.
    pub(crate) fn compile(source: &PackSource, scope: Scope) -> Result<Self, PackError> {
        Ok(Self {
            scope,
            limits: limits(source)?,
            evidence: evidence::compile(source)?,
            relations: relations(source)?,
            trace: trace(source)?,
            calls: call::compile(source)?,
            doubles: double::compile(source)?,
            ephedrine: words(
                source,
                file::EPHEDRINE,
                &["词", "含义", "说明"],
                |row| {
                    let meanings = [
                        ("含", EphedrineWord::Contains),
                        ("除外", EphedrineWord::Excluded),
                    ];
                    row.word("含义", "含 or 除外", &meanings)
                },
            )?,
            dispensing: words(
                source,
                file::DISPENSING,
                &["词", "分类", "说明"],
                |row| {
                    let classes = [
                        ("处方药", Dispensing::Prescription),
                        ("非处方药", Dispensing::OverTheCounter),
                        ("双跨", Dispensing::Dual),
                    ];
                    row.word("分类", "处方药, 非处方药 or 双跨", &classes)
                },
            )?,
            quantities: words(source, file::QUANTITIES, QUANTITY_COLUMNS, quantity)?,
            pieces: pieces(source)?,
            prices: prices(source)?,
            listings: Listings::compile(source)?,
            terms: Terms::compile(source)?,
        })
    }

    pub(crate) fn allow_dangerous_demo_evidence(&mut self) {
        for combination in self.evidence.values_mut() {
            combination.allow_dangerous_demo_evidence();
        }
    }

    /// Is the pack meant for this region on this day?
    pub(crate) fn is_in_force(&self, region: &RegionCode, today: Date) -> bool {
        self.scope.reach(region, today).is_some()
    }

    pub(crate) fn limited_codes(&self) -> impl Iterator<Item = &InsuranceCode> {
        self.limits.keys()
    }

    pub(crate) fn limits(&self, code: &InsuranceCode) -> &[Limit] {
        self.limits.get(code).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn call(&self, infno: &Infno, region: &RegionCode, today: Date) -> Option<&Call> {
        let rows = self
            .calls
            .in_force(region, today, |call| call.infno == *infno);
        rows.first().copied()
    }

    pub(crate) fn doubles(&self, region: &RegionCode, today: Date) -> Doubles {
        double::in_force(&self.doubles, region, today)
    }

    pub(crate) fn evidence(&self, region: &RegionCode, today: Date) -> Vec<&Combination> {
        self.evidence.in_force(region, today, |_| true)
    }

    pub(crate) fn is_relation_allowed(
        &self,
        relation: Relation,
        region: &RegionCode,
        today: Date,
    ) -> bool {
        self.relations
            .in_force(region, today, |_| true)
            .contains(&&relation)
    }

    pub(crate) fn trace_terms(
        &self,
        class: InsuranceClass,
        region: &RegionCode,
        today: Date,
    ) -> Option<TraceTerms> {
        let rows = self.trace.in_force(region, today, |(of, _)| *of == class);
        rows.first().map(|(_, terms)| *terms)
    }

    pub(crate) fn prescription_terms(&self, region: &RegionCode, day: Date) -> PrescriptionTerms {
        self.terms.of(region, day)
    }

    /// The most that one unit of a code may cost here and today; the lowest where several rows of the
    /// closest region say so.
    pub(crate) fn price_ceiling(
        &self,
        code: &InsuranceCode,
        region: &RegionCode,
        today: Date,
    ) -> Option<UnitPrice> {
        let rows = self.prices.get(code)?;
        let in_force = rows.in_force(region, today, |_| true);
        in_force.into_iter().min().copied()
    }

    pub(crate) fn listings(&self) -> &Listings {
        &self.listings
    }

    pub(crate) fn is_ephedrine(&self, name: &str) -> bool {
        let mut contains = false;
        for word in self.ephedrine.found(name) {
            match word {
                EphedrineWord::Contains => contains = true,
                EphedrineWord::Excluded => return false,
            }
        }
        contains
    }

    pub(crate) fn listed_dispensing(&self, name: &str) -> Option<Dispensing> {
        self.dispensing.found(name).next().copied()
    }

    pub(crate) fn quantity_limit(&self, name: &str) -> Option<&QuantityLimit> {
        self.quantities.found(name).next()
    }

    /// By the whole name, not by a part of it: 珍珠 is not paid, 珍珠母 is.
    pub(crate) fn piece_bar(&self, name: &str) -> Option<PieceBar> {
        let bare = name
            .split(['(', '（', '[', '【', ' '])
            .next()
            .unwrap_or(name)
            .trim();
        self.pieces.get(bare).copied()
    }
}

/// Reads a table of words, each once, with what `read` says of its row.
fn words<T>(
    source: &PackSource,
    file: &'static str,
    columns: &'static [&'static str],
    read: impl Fn(&Row<'_>) -> Result<T, PackError>,
) -> Result<Words<T>, PackError> {
    let table = Table::read(source, file, columns)?;
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for row in table.rows() {
        let word = row.text("词")?;
        row.once(word, &mut seen)?;
        rows.push((word.to_owned(), read(&row)?));
    }
    Words::new(file, rows)
}

/// The headings of the national table are kept as it was tabulated.
const LIMIT_COLUMNS: &[&str] = &[
    "file",
    "generic_name",
    "nhsa_code",
    "limit_type",
    "limit_value",
];

fn limits(source: &PackSource) -> Result<HashMap<InsuranceCode, Vec<Limit>>, PackError> {
    let table = Table::read(source, file::LIMITS, LIMIT_COLUMNS)?;
    let mut limits: HashMap<InsuranceCode, Vec<Limit>> = HashMap::new();
    for row in table.rows() {
        let code = row.parse("nhsa_code", "an insurance code", |text| text.parse().ok())?;
        let kind = row.cell("limit_type");
        let limit = row.parse("limit_value", "a value of the row's limit", |value| {
            read_limit(kind, value)
        })?;
        let of_code: &mut Vec<Limit> = limits.entry(code).or_default();
        if !of_code.contains(&limit) {
            of_code.push(limit);
        }
    }
    Ok(limits)
}

fn read_limit(kind: &str, value: &str) -> Option<Limit> {
    match (kind, value) {
        ("限定性别对象", "女") => Some(Limit::Sex(Sex::Female)),
        ("限定性别对象", "男") => Some(Limit::Sex(Sex::Male)),
        ("限定年龄对象", "儿童") => Some(Limit::Child),
        ("限定就医方式", "住院") => Some(Limit::Inpatient),
        ("限定机构等级", "二级") => Some(Limit::Level(HospitalLevel::Second)),
        ("限定机构等级", "三级") => Some(Limit::Level(HospitalLevel::Third)),
        ("限定保险类型", "工伤") => Some(Limit::Insurance(Insurance::WorkInjury)),
        ("限定保险类型", "生育") => Some(Limit::Insurance(Insurance::Maternity)),
        ("限定支付疗程", days) => days.strip_suffix('天')?.parse().ok().map(Limit::Course),
        _ => None,
    }
}

fn relations(source: &PackSource) -> Result<Regional<Relation>, PackError> {
    let words = [
        ("子女", Relation::Child),
        ("孙子女外孙子女", Relation::Grandchild),
        ("祖父母外祖父母", Relation::Grandparent),
        ("父母", Relation::Parent),
        ("兄弟姐妹", Relation::Sibling),
        ("配偶", Relation::Spouse),
    ];
    let columns = &[REGION, FROM, UNTIL, "关系", "依据"];
    let table = Table::read(source, file::RELATIONS, columns)?;
    let read = |row: Row<'_>| Ok((row.scope()?, row.word("关系", "a relation", &words)?));
    table.regional(read)
}

const TRACE_COLUMNS: &[&str] = &[
    REGION,
    FROM,
    UNTIL,
    "类别",
    "采集",
    "无码登记止",
    "无码使用止",
    "每日照片",
    "更正天数",
    "依据",
];

fn trace(source: &PackSource) -> Result<Regional<(InsuranceClass, TraceTerms)>, PackError> {
    let classes = [
        ("西药", InsuranceClass::WesternDrug),
        ("中成药", InsuranceClass::PatentMedicine),
        ("饮片", InsuranceClass::Piece),
        ("耗材", InsuranceClass::Consumable),
    ];
    let duties = [
        ("免", TraceDuty::Exempt),
        ("结算前", TraceDuty::Code(Arrival::Before)),
        ("结算时", TraceDuty::Code(Arrival::Within)),
        ("结算后", TraceDuty::Code(Arrival::After)),
    ];
    let table = Table::read(source, file::TRACE, TRACE_COLUMNS)?;
    let read = |row: Row<'_>| {
        let class = row.word("类别", "西药, 中成药, 饮片 or 耗材", &classes)?;
        let count = |column| {
            row.parse(column, "a whole number, or nothing", |text| match text {
                "" => Some(0),
                text => text.parse().ok(),
            })
        };
        let terms = TraceTerms {
            duty: row.word("采集", "免, 结算前, 结算时 or 结算后", &duties)?,
            since: row.date(FROM)?,
            enter_until: row.date("无码登记止")?,
            use_until: row.date("无码使用止")?,
            photos_a_day: count("每日照片")?,
            correct_days: count("更正天数")?,
        };
        Ok((row.scope()?, (class, terms)))
    };
    table.regional(read)
}

fn pieces(source: &PackSource) -> Result<HashMap<String, PieceBar>, PackError> {
    let bars = [("单味", PieceBar::Alone), ("均不付", PieceBar::Never)];
    let table = Table::read(source, file::PIECES, &["名称", "范围", "来源"])?;
    let mut seen = HashSet::new();
    let mut pieces = HashMap::new();
    for row in table.rows() {
        let name = row.text("名称")?;
        row.once(name, &mut seen)?;
        pieces.insert(name.to_owned(), row.word("范围", "单味 or 均不付", &bars)?);
    }
    Ok(pieces)
}

const PRICE_COLUMNS: &[&str] = &[REGION, "医保编码", "最高价", FROM, UNTIL, "来源"];

fn prices(source: &PackSource) -> Result<HashMap<InsuranceCode, Regional<UnitPrice>>, PackError> {
    let table = Table::read(source, file::PRICES, PRICE_COLUMNS)?;
    let mut rows: HashMap<InsuranceCode, Vec<(Scope, UnitPrice)>> = HashMap::new();
    for row in table.rows() {
        let code = row.parse("医保编码", "an insurance code", |text| {
            text.parse().ok()
        })?;
        let price = row.parse("最高价", "a price in yuan above zero", |text| {
            let price: UnitPrice = text.parse().ok()?;
            price.is_positive().then_some(price)
        })?;
        // LAW: a ceiling without a source binds nobody.
        row.text("来源")?;
        rows.entry(code).or_default().push((row.scope()?, price));
    }
    let regional = rows.into_iter();
    Ok(regional
        .map(|(code, rows)| (code, Regional::new(rows)))
        .collect())
}

const QUANTITY_COLUMNS: &[&str] = &["词", "每行上限", "每次上限", "处方解除", "依据"];

fn quantity(row: &Row<'_>) -> Result<QuantityLimit, PackError> {
    let read = |column| {
        row.parse(column, "a quantity, or nothing", |text| {
            if text.is_empty() {
                Some(None)
            } else {
                text.parse().ok().map(Some)
            }
        })
    };
    Ok(QuantityLimit {
        row: row.number,
        per_line: read("每行上限")?,
        per_sale: read("每次上限")?,
        is_lifted_by_prescription: row.word(
            "处方解除",
            "是 or 否",
            &[("是", true), ("否", false)],
        )?,
    })
}
