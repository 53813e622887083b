//! Findings of the gate: recorded as they are, whoever they speak against.

use pharmacy_decision::pack::CallRole;
use pharmacy_protocol::term::{Infno, TillNumber};
use serde::Serialize;

use super::WireCall;
use crate::memory::Staged;
use crate::{Caller, Desk, DeskError};
use pharmacy_interface::{Answer, Settled, ViewError};
use pharmacy_journal::store::NameKind;
use pharmacy_protocol::digest::{hex, sha256};

/// A call that was turned away for a reason that no rule states.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Turned<'a> {
    pub(super) finding: &'a str,
    pub(super) infno: &'a str,
    pub(super) msgid: &'a str,
    /// SHA-256 of the body.
    pub(super) body: String,
}

/// An undo that was answered here: the call had never left.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UndoneHere<'a> {
    pub(super) finding: &'a str,
    pub(super) msgid: &'a str,
    pub(super) undoes: &'a str,
}

/// A call that could not be read and passed.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Unreadable<'a> {
    finding: &'a str,
    infno: &'a str,
    reason: String,
    /// SHA-256 of the body.
    body: String,
}

/// A settlement that the agent did not judge.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Unjudged<'a> {
    finding: &'a str,
    infno: Option<&'a str>,
    settlement: &'a str,
    msgid: Option<&'a str>,
}

/// Something about a settlement that is known.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AboutSettlement<'a> {
    pub(super) finding: &'a str,
    pub(super) settlement: &'a str,
    pub(super) msgid: Option<&'a str>,
}

impl Desk {
    pub(super) fn report_unreadable(
        &mut self,
        call: &WireCall,
        error: ViewError,
    ) -> Result<(), DeskError> {
        let record = Unreadable {
            finding: "gateway.unreadable",
            infno: call.infno.as_str(),
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
        self.keep_tallies()
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
        let record = Unjudged {
            finding: "gateway.ungated-settlement",
            infno: infno.map(Infno::as_str),
            settlement,
            msgid: settled.msgid.as_deref(),
        };
        // Counter 0 is no sale: known, reported, and without a verdict.
        self.record_finding(till, &record, |transaction, _| {
            transaction.put_sale_name(NameKind::Settlement, &name, 0)?;
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    /// Reports about a settlement what a till that asks again would tell again.
    pub(super) fn report_once(
        &mut self,
        till: &TillNumber,
        finding: &'static str,
        settlement: &str,
        msgid: Option<&str>,
    ) -> Result<(), DeskError> {
        let mark = self.name(NameKind::Finding, &format!("{finding}/{settlement}"));
        if self.bearer(NameKind::Finding, &mark)?.is_some() {
            return Ok(());
        }
        let record = AboutSettlement {
            finding,
            settlement,
            msgid,
        };
        self.record_finding(till, &record, |transaction, _| {
            transaction.put_sale_name(NameKind::Finding, &mark, 0)?;
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    pub(super) fn observe_ungated(
        &mut self,
        caller: &Caller,
        infno: Option<&Infno>,
        answer: &[u8],
    ) -> Result<(), DeskError> {
        let Ok(answer) = Answer::parse(answer) else {
            return Ok(());
        };
        match answer.settled().filter(|_| answer.is_success) {
            Some(settled) => self.report_unjudged(&caller.till, infno, &settled),
            None => Ok(()),
        }
    }
}

/// Calls that passed unjudged and whose answer has no business telling of a settlement: an unreadable
/// settlement, or one under the name of another call.
pub(super) fn tells_of_unjudged(role: CallRole) -> bool {
    match role {
        CallRole::Insured
        | CallRole::Mapping
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
