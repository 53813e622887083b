//! Attempts and what became of them.

use pharmacy_protocol::term::Fen;
use serde::Deserialize;
use utoipa::ToSchema;

use super::parse::{Parsed, parse, text, text_some};
use pharmacy_desk::core::attempt::{AttemptState, Direction, Report, Settled};

/// Announces an attempt before the call leaves, so that a crash in between is not forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptBody {
    /// The message id (`msgid`) of the call.
    pub msgid: String,
    /// For a reversal: the message id of the settlement to be undone.
    pub reverses: Option<String>,
}

impl AttemptBody {
    pub(in crate::api) fn parse(self) -> Parsed<(String, Direction)> {
        Ok((
            text("msgid", &self.msgid)?,
            direction(self.reverses.as_ref())?,
        ))
    }
}

fn direction(reverses: Option<&String>) -> Parsed<Direction> {
    Ok(match text_some("reverses", reverses)? {
        Some(of) => Direction::Reversal { of },
        None => Direction::Settlement,
    })
}

/// Reports what became of an attempt, announced or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeBody {
    /// The message id (`msgid`) of the call.
    pub msgid: String,
    /// For a reversal: the message id of the settlement that was undone.
    pub reverses: Option<String>,
    /// `settled`, `declined`, `in-doubt` (no answer came) or `not-sent`.
    pub result: OutcomeResult,
    /// The platform's settlement id (`setl_id`); required when settled.
    pub settlement: Option<String>,
    /// What the insurance paid, in yuan; required when settled.
    pub insurance: Option<String>,
    /// What was paid in cash, in yuan; required when settled.
    pub cash: Option<String>,
    /// The till's own receipt number, under which an inspector will ask for the sale.
    pub receipt: Option<String>,
}

/// Gives back as cash what was paid in cash.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundBody {
    /// How much, in yuan, above zero.
    pub amount: String,
}

impl RefundBody {
    pub(in crate::api) fn parse(self) -> Parsed<Fen> {
        parse("amount", &self.amount)
    }
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeResult {
    /// The platform said no.
    Declined,
    /// No answer came.
    InDoubt,
    /// It never left.
    NotSent,
    /// The platform said yes.
    Settled,
}

impl OutcomeBody {
    pub(in crate::api) fn parse(self) -> Parsed<(Report, Option<String>)> {
        let receipt = text_some("receipt", self.receipt.as_ref())?;
        let state = match self.result {
            OutcomeResult::Declined => AttemptState::Declined,
            OutcomeResult::InDoubt => AttemptState::InDoubt,
            OutcomeResult::NotSent => AttemptState::NotSent,
            OutcomeResult::Settled => AttemptState::Settled(Settled {
                settlement: text("settlement", &self.settlement.unwrap_or_default())?,
                insurance: parse("insurance", &self.insurance.unwrap_or_default())?,
                cash: parse("cash", &self.cash.unwrap_or_default())?,
            }),
        };
        let direction = direction(self.reverses.as_ref())?;
        let report = Report {
            msgid: text("msgid", &self.msgid)?,
            direction,
            state,
        };
        Ok((report, receipt))
    }
}
