//! The rules of a pack: who they are, what they lead to, what they say.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;

use crate::fact::Fact;
use crate::facts::{Fund, Stage, Store, Tender};
use crate::pack::error::PackError;
use crate::pack::table::{FROM, Row, Table, UNTIL};
use crate::pack::text::{Filling, Template};
use crate::rule::Kind;
use crate::stance::Stance;
use crate::verdict::{Outcome, Release, Text};

/// Headings of the table of rules.
pub(crate) const COLUMNS: &[&str] = &[
    "规则编号",
    "种类",
    "参数",
    "立场",
    "账户支付时",
    "统筹支付时",
    "现金时",
    "不明时",
    "可否放行",
    "要求",
    "法律依据",
    "提示(中文)",
    "提示(英文)",
    "补救(中文)",
    "补救(英文)",
    FROM,
    UNTIL,
];

/// One rule of a pack.
#[derive(Clone, Debug)]
pub struct Rule {
    id: String,
    kind: Kind,
    stance: Stance,
    outcomes: Outcomes,
    release: Release,
    /// The same where a pooled fund pays.
    pooled_release: Release,
    requirements: Vec<Requirement>,
    basis: String,
    from: Option<Date>,
    until: Option<Date>,
    pub(crate) message: Template,
    pub(crate) remedy: Template,
}

/// What a rule leads to when it does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Outcomes {
    /// Broken while the personal account pays.
    pub account: Outcome,
    /// Broken while a pooled fund pays.
    pub pooled: Outcome,
    /// Broken while no insurance money pays.
    pub cash: Outcome,
    /// A fact is missing; never graver than the broken rule.
    pub undetermined: Outcome,
}

/// A requirement's number, such as R14.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Requirement(u8);

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('R').filter(|digits| digits.len() == 2)?;
        digits.parse().ok().map(Self)
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "R{:02}", self.0)
    }
}

/// What a rule leads to in one sale, after fund, stance and commissioning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reach {
    pub(crate) stance: Stance,
    pub(crate) broken: Outcome,
    pub(crate) undetermined: Outcome,
    /// The outcome if the line were paid in cash.
    pub(crate) in_cash: Outcome,
}

impl Rule {
    /// Its permanent dotted id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its kind and parameters.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Can the person in charge release it, whatever pays?
    pub fn release(&self) -> Release {
        self.release
    }

    /// Can the person in charge release it with this money?
    pub(crate) fn release_with(&self, tender: Tender, fund: &Fact<Fund>) -> Release {
        match (tender, fund) {
            (Tender::Insurance, Fact::Known(fund)) if fund.is_pooled() => self.pooled_release,
            _ => self.release,
        }
    }

    /// The requirements that it serves.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Its legal basis.
    pub fn basis(&self) -> &str {
        &self.basis
    }

    /// What it says where it does not hold, with its places left open.
    pub fn words(&self) -> Text {
        let open = || Text {
            zh: "…".to_owned(),
            en: "…".to_owned(),
        };
        self.message.fill(&Filling {
            item: open(),
            found: open(),
            allowed: open(),
        })
    }

    pub(crate) fn is_in_force(&self, today: Date) -> bool {
        self.from.is_none_or(|from| from <= today) && self.until.is_none_or(|until| today <= until)
    }

    /// The stance in force at a stage, where a store has set one of its own.
    pub fn stance_at(&self, stage: Stage, own: Option<Stance>) -> Stance {
        match stage {
            // The pack's stance is the least; a store may be stricter.
            Stage::Operating => own.map_or(self.stance, |own| own.max(self.stance)),
            // The recorded start-up period warns, whatever the pack's stance (R07); meanwhile the
            // store tries one rule after the other.
            Stage::Commissioning => own.unwrap_or(self.stance.min(Stance::Advise)),
            // Old facts decide as they did.
            Stage::Degraded => self.stance.min(Stance::Advise),
        }
    }

    pub(crate) fn reach(&self, tender: Tender, fund: &Fact<Fund>, store: &Store) -> Reach {
        let own = store.stances.get(&self.id).copied();
        let stance = self.stance_at(store.stage, own);
        let cap = match stance {
            Stance::Observe => Outcome::Note,
            Stance::Advise => Outcome::Warn,
            Stance::Enforce => Outcome::Refuse,
        };
        let broken = self.outcomes.when_paid(tender, fund).min(cap);
        Reach {
            stance,
            broken,
            undetermined: self.outcomes.undetermined.min(broken),
            in_cash: self.outcomes.cash.min(cap),
        }
    }
}

impl Outcomes {
    fn when_paid(self, tender: Tender, fund: &Fact<Fund>) -> Outcome {
        match (tender, fund) {
            (Tender::Cash, _) => self.cash,
            (Tender::Insurance, Fact::Known(fund)) if fund.is_pooled() => self.pooled,
            (Tender::Insurance, Fact::Known(_)) => self.account,
            (Tender::Insurance, Fact::Missing(_)) if self.account == self.pooled => self.account,
            // Nobody knows which fund pays: the graver outcome, but no refusal on a guess.
            (Tender::Insurance, Fact::Missing(_)) => {
                self.account.max(self.pooled).min(Outcome::Ask)
            }
        }
    }
}

/// How often the person in charge may release a rule in a month before it is beyond what is usual.
pub(crate) type Budgets = BTreeMap<String, u32>;

/// Reads the table of budgets; each is of a rule that there is.
pub(crate) fn budgets(table: &Table, rules: &[Rule]) -> Result<Budgets, PackError> {
    let mut seen = HashSet::new();
    let mut budgets = Budgets::new();
    for row in table.rows() {
        let rule = row.parse("规则编号", "the id of a rule of this pack", |text| {
            rules.iter().any(|rule| rule.id == text).then_some(text)
        })?;
        row.once(rule, &mut seen)?;
        row.text("依据")?;
        let budget = row.parse("每月次数", "a whole number", |text| text.parse().ok())?;
        budgets.insert(rule.to_owned(), budget);
    }
    Ok(budgets)
}

/// Headings of the table of budgets.
pub(crate) const BUDGET_COLUMNS: &[&str] = &["规则编号", "每月次数", "依据"];

/// Reads the table of rules.
pub(crate) fn compile(table: &Table) -> Result<Vec<Rule>, PackError> {
    let mut seen = HashSet::new();
    table.rows().map(|row| rule(&row, &mut seen)).collect()
}

fn rule(row: &Row<'_>, seen: &mut HashSet<String>) -> Result<Rule, PackError> {
    let id = row.parse(
        "规则编号",
        "a dotted id like `item.not-payable`",
        |text| is_dotted(text).then_some(text),
    )?;
    row.once(id, seen)?;
    let kind = Kind::parse(row.text("种类")?, row.cell("参数")).map_err(|source| {
        PackError::Parameters {
            file: row.file(),
            row: row.number,
            source,
        }
    })?;
    let (from, until) = (row.date(FROM)?, row.date(UNTIL)?);
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        return Err(row.inverted());
    }
    let (release, pooled_release) = row.word("可否放行", "负责人, 账户 or 不可", RELEASES)?;
    Ok(Rule {
        id: id.to_owned(),
        kind,
        stance: row.word("立场", "观察, 提醒 or 拦截", STANCES)?,
        outcomes: outcomes(row)?,
        release,
        pooled_release,
        requirements: requirements(row)?,
        basis: row.text("法律依据")?.to_owned(),
        from,
        until,
        message: Template::read(row, "提示(中文)", "提示(英文)")?,
        remedy: Template::read(row, "补救(中文)", "补救(英文)")?,
    })
}

const STANCES: &[(&str, Stance)] = &[
    ("观察", Stance::Observe),
    ("提醒", Stance::Advise),
    ("拦截", Stance::Enforce),
];

/// With account money, and with pooled money.
const RELEASES: &[(&str, (Release, Release))] = &[
    ("负责人", (Release::PersonInCharge, Release::PersonInCharge)),
    ("账户", (Release::PersonInCharge, Release::Barred)),
    ("不可", (Release::Never, Release::Never)),
];

const OUTCOMES: &[(&str, Outcome)] = &[
    ("不适用", Outcome::NotApplicable),
    ("记录", Outcome::Note),
    ("提醒", Outcome::Warn),
    ("询问", Outcome::Ask),
    ("拒绝", Outcome::Refuse),
];

fn outcomes(row: &Row<'_>) -> Result<Outcomes, PackError> {
    let read = |column| row.word(column, "不适用, 记录, 提醒, 询问 or 拒绝", OUTCOMES);
    // Not knowing is never nothing: 不适用 is no answer here.
    let unknown = OUTCOMES.get(1..).unwrap_or_default();
    Ok(Outcomes {
        account: read("账户支付时")?,
        pooled: read("统筹支付时")?,
        cash: read("现金时")?,
        undetermined: row.word("不明时", "记录, 提醒, 询问 or 拒绝", unknown)?,
    })
}

fn requirements(row: &Row<'_>) -> Result<Vec<Requirement>, PackError> {
    row.parse("要求", "requirements like `R14 R15`", |text| {
        let read: Option<Vec<_>> = text.split_whitespace().map(Requirement::parse).collect();
        read.filter(|requirements| !requirements.is_empty())
    })
}

/// Lower-case words of letters, digits and hyphens, joined by one dot or more.
fn is_dotted(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    text.contains('.') && text.len() <= 64 && text.split('.').all(is_word)
}
