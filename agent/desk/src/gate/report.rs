//! Findings of the gate: recorded as they are, whoever they speak against.

use pharmacy_decision::pack::CallRole;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::term::{Infno, TillNumber};

use super::WireCall;
use crate::memory::Staged;
use crate::pending::{EarlyNumber, MOST_EARLY};
use crate::{Caller, Desk, DeskError};
use pharmacy_interface::answer::{Search, search};
use pharmacy_interface::{Settled, ViewError};
use pharmacy_journal::store::NameKind;
use pharmacy_protocol::digest::{hex, sha256};

/// An answer that could not be searched for a settlement.
const UNSEARCHED: &str = "gateway.unsearched";

/// A calculation's answer named a settlement that did not follow.
const EARLY: &str = "gateway.early-settlement";

/// How long the settlement of a calculation may take: longer than a sale waits, and a call for its answer.
pub(crate) const EARLY_MS: u64 = 30 * 60 * 1000;

/// Something about a settlement that is known.
pub(super) fn about_settlement(finding: &str, settlement: &str, msgid: Option<&str>) -> Finding {
    Finding::Settlement {
        finding: finding.to_owned(),
        infno: None,
        settlement: settlement.to_owned(),
        msgid: msgid.map(str::to_owned),
    }
}

impl Desk {
    pub(super) fn report_unreadable(
        &mut self,
        call: &WireCall,
        error: ViewError,
    ) -> Result<(), DeskError> {
        let record = Finding::Unreadable {
            finding: "gateway.unreadable".to_owned(),
            infno: call.infno.clone(),
            reason: error.to_string(),
            body: hex(&sha256(&call.body)),
        };
        tracing::warn!(
            code = "gateway.unreadable",
            till = %call.caller.till,
            infno = %call.infno,
            "a call that must be judged cannot be read and passes: {error}"
        );
        self.note_finding(&call.caller.till, &record)?;
        Ok(())
    }

    /// A settlement in an answer to a call that was not judged.
    pub(super) fn report_unjudged(
        &mut self,
        till: &TillNumber,
        infno: Option<&Infno>,
        settled: &Settled,
    ) -> Result<(), DeskError> {
        let Some(settlement) = &settled.settlement else {
            return Ok(());
        };
        let name = self.name(NameKind::Settlement, settlement);
        if self.bearer(NameKind::Settlement, &name)?.is_some() {
            return Ok(());
        }
        tracing::warn!(
            code = "gateway.ungated-settlement",
            till = %till,
            "a settlement passed that the agent did not judge"
        );
        let record = Finding::Settlement {
            finding: "gateway.ungated-settlement".to_owned(),
            infno: infno.cloned(),
            settlement: settlement.clone(),
            msgid: settled.msgid.clone(),
        };
        // Counter 0 is no sale: known, reported, and without a verdict.
        self.record_finding(till, &record, |transaction, _| {
            transaction.put_sale_name(NameKind::Settlement, &name, 0)?;
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    /// Remembers a settlement that the answer to a calculation or to lines tells of. Some platforms number
    /// what may become one.
    pub(super) fn meet_early(
        &mut self,
        till: &TillNumber,
        infno: &Infno,
        settled: Settled,
    ) -> Result<(), DeskError> {
        let Some(settlement) = settled.settlement else {
            return Ok(());
        };
        let name = self.name(NameKind::Settlement, &settlement);
        if self.bearer(NameKind::Settlement, &name)?.is_some() {
            return Ok(());
        }
        let early = &mut self.memory.early;
        if early.len() >= MOST_EARLY {
            let _ = early.pop_front();
        }
        early.push_back(EarlyNumber {
            till: till.clone(),
            infno: infno.clone(),
            settlement,
            msgid: settled.msgid,
            since_mono_ms: self.clock.mono_ms(),
        });
        Ok(())
    }

    /// Reports those of them that are so old and did not become known, once a day for each call of a till.
    pub(crate) fn report_early(&mut self, least_ms: u64) -> Result<(), DeskError> {
        let mono_ms = self.clock.mono_ms();
        loop {
            let first = self.memory.early.front();
            let age_ms = first.map(|early| mono_ms.saturating_sub(early.since_mono_ms));
            if age_ms.is_none_or(|age_ms| age_ms < least_ms) {
                return Ok(());
            }
            let Some(early) = self.memory.early.pop_front() else {
                return Ok(());
            };
            let name = self.name(NameKind::Settlement, &early.settlement);
            if self.bearer(NameKind::Settlement, &name)?.is_some() {
                continue;
            }
            let (till, infno, day) = (&early.till, &early.infno, self.clock.today());
            let mark = format!("{EARLY}/{till}/{infno}/{day}");
            let record = Finding::Settlement {
                finding: EARLY.to_owned(),
                infno: Some(infno.clone()),
                settlement: early.settlement.clone(),
                msgid: early.msgid.clone(),
            };
            self.note_finding_once(till, &mark, &record)?;
        }
    }

    /// Reports about a settlement what a till that asks again would tell again.
    pub(super) fn report_once(
        &mut self,
        till: &TillNumber,
        finding: &'static str,
        settlement: &str,
        msgid: Option<&str>,
    ) -> Result<(), DeskError> {
        let record = about_settlement(finding, settlement, msgid);
        self.note_finding_once(till, &format!("{finding}/{settlement}"), &record)?;
        Ok(())
    }

    pub(super) fn observe_ungated(
        &mut self,
        caller: &Caller,
        infno: Option<&Infno>,
        answer: &[u8],
    ) -> Result<(), DeskError> {
        match search(answer) {
            Search::Nothing => Ok(()),
            Search::Settlement(settled) => self.report_unjudged(&caller.till, infno, &settled),
            Search::Unclear => self.note_unsearched(&caller.till, infno),
        }
    }

    /// An answer that could not be searched: once a day for each call of a till, so that a platform that
    /// packs everything does not fill the log.
    pub(super) fn note_unsearched(
        &mut self,
        till: &TillNumber,
        infno: Option<&Infno>,
    ) -> Result<(), DeskError> {
        let (number, day) = (infno.map_or("", Infno::as_str), self.clock.today());
        let mark = format!("{UNSEARCHED}/{till}/{number}/{day}");
        let record = Finding::Settlement {
            finding: UNSEARCHED.to_owned(),
            infno: infno.cloned(),
            settlement: String::new(),
            msgid: None,
        };
        if self.note_finding_once(till, &mark, &record)? {
            tracing::warn!(
                code = UNSEARCHED,
                till = %till,
                infno = infno.map(Infno::as_str),
                "an answer could not be searched for a settlement"
            );
        }
        Ok(())
    }
}

/// Calls that passed unjudged and whose answer has no business telling of a settlement: an unreadable
/// settlement, or one under the name of another call. A calculation may tell of one that follows.
pub(super) fn tells_of_unjudged(role: CallRole) -> bool {
    match role {
        CallRole::Insured
        | CallRole::Mapping
        | CallRole::Prescription
        | CallRole::Settlement
        | CallRole::SettlementIfLines
        | CallRole::SignIn
        | CallRole::SignOut
        | CallRole::Stock => true,
        CallRole::FeeLines
        | CallRole::PreSettlement
        | CallRole::Query
        | CallRole::Reversal
        | CallRole::Undo => false,
    }
}
