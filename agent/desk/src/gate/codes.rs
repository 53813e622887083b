//! What a till sends where trace codes should stand: said to the cashier as what it is.
//!
//! Out of scope: whether a code is missing (`trace.missing`), and reading them (`pharmacy-interface`).

use pharmacy_base::text;
use pharmacy_decision::Verdict;
use pharmacy_decision::verdict::TruthKind;
use pharmacy_interface::Settlement;
use pharmacy_interface::refusal::MAX_MESSAGE;
use pharmacy_protocol::term::TillNumber;

use crate::Desk;

/// The rule that misses codes.
const MISSING: &str = "trace.missing";

impl Desk {
    /// Shows at the till what stands instead of a code, or what to change although it could be read.
    pub(super) fn say_of_codes(&mut self, till: &TillNumber, settlement: &Settlement) {
        let lines = settlement.lines.iter();
        let mut keys = lines.filter_map(|line| {
            let instead = line.no_code.as_ref().map(|code| code.key());
            instead.or(line.trace_hint.map(|hint| hint.key()))
        });
        if let Some(key) = keys.next() {
            self.memory.seats.seat(till).scan_problem = Some(key.to_owned());
        }
    }
}

/// A refusal that misses codes, with what stands in the message instead of them.
pub(super) fn explained(words: String, settlement: &Settlement, verdict: &Verdict) -> String {
    let reasons = match verdict {
        Verdict::Allow { .. } => return words,
        Verdict::Ask { questions, .. } => questions,
        Verdict::Refuse { reasons, .. } => reasons,
    };
    let mut missing = reasons
        .iter()
        .filter(|reason| reason.rule == MISSING && reason.truth == TruthKind::Broken);
    let instead = missing.find_map(|reason| {
        let number = reason.line?;
        let mut lines = settlement.lines.iter();
        let line = lines.find(|line| line.number == number)?;
        Some((number, line.no_code.as_ref()?))
    });
    let Some((number, code)) = instead else {
        return words;
    };
    let told = format!("（第{number}行：{}）", text::message(code.key()).zh);
    if words.chars().count().saturating_add(told.chars().count()) > MAX_MESSAGE {
        return words;
    }
    words + &told
}
