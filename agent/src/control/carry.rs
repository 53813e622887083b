//! Carrying requests out: what each records, the same at a running desk and without one.
//!
//! Everything here is quick. A running agent does it between two calls of its tills.

use std::path::Path;

use pharmacy_protocol::record::store::TokenChange;
use pharmacy_protocol::term::{EntryIndex, TillNumber};

use super::request::{Answer, Request};
use crate::door::pass::Pass;
use pharmacy_base::clock::Clock;
use pharmacy_desk::{
    DeskError, activate_catalogue, enrol, record_document, record_signed_question,
    record_signed_reader, record_signed_step, record_standing,
};
use pharmacy_journal::store::TokenDigest;
use pharmacy_journal::{Draft, Journal, JournalError};

/// A request that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    /// The desk refused it.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// It cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It is none, or not one of this version.
    #[error("the request is not one of this program's")]
    Malformed,
    /// There is no such token that still counts.
    #[error("there is no such valid token")]
    NoToken,
}

impl RequestError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Desk(error) => error.code(),
            Self::Journal(error) => error.code(),
            Self::Malformed => "control.request",
            Self::NoToken => "token.unknown",
        }
    }
}

/// Records what is asked for, and publishes it: a log put back to before a command must not pass for
/// the whole one.
pub(super) fn carry_out(
    journal: &mut Journal,
    data: &Path,
    clock: &dyn Clock,
    request: Request,
) -> Result<Answer, RequestError> {
    let answer = record(journal, data, clock, request)?;
    if journal.published_size() < journal.size()? {
        journal.publish()?;
    }
    Ok(answer)
}

fn record(
    journal: &mut Journal,
    data: &Path,
    clock: &dyn Clock,
    request: Request,
) -> Result<Answer, RequestError> {
    match request {
        Request::AddStaff {
            member,
            key,
            vouched,
        } => enrol::add(journal, member, key, vouched)?,
        Request::AddToken {
            client,
            till,
            door,
            digest,
        } => return add_token(journal, clock, (&client, &till, door), digest),
        Request::AmendStaff {
            staff,
            amendment,
            vouched,
        } => enrol::amend(journal, &staff, |member| amendment.apply(member), vouched)?,
        Request::Attach { to, content } => {
            let entry = record_document(journal, to, content, clock.today())?;
            return Ok(Answer::Entry(entry));
        }
        Request::ChangeNoCode { step } => return told(record_signed_step(journal, &step)),
        Request::ChangePin { staff, key } => enrol::change_pin(journal, &staff, key)?,
        Request::ChangeStanding { change } => {
            let entry = record_standing(journal, &change, None, clock.today())?;
            return Ok(Answer::Entry(entry));
        }
        Request::CountTry { staff } => {
            let seed = enrol::count_try(journal, &staff, clock.now_ms())?;
            return Ok(Answer::Seed(seed));
        }
        Request::EnrolReader { reader } => return told(record_signed_reader(journal, &reader)),
        Request::NoteQuestion { question } => {
            record_signed_question(journal, question)?;
        }
        Request::Publish {} => {}
        Request::RenewKey {
            staff,
            key,
            vouched,
        } => enrol::renew_key(journal, &staff, key, vouched)?,
        Request::ReportWrongPin { staff } => {
            enrol::report_wrong_pin(journal, &staff, clock.now_ms())?;
        }
        Request::RetireStaff {
            staff,
            day,
            vouched,
        } => enrol::retire(journal, &staff, day, vouched)?,
        Request::RevokeToken { till, id } => revoke_token(journal, clock, &till, id)?,
        Request::SwitchCatalogue { file } => {
            let built = file.built(data).ok_or(RequestError::Malformed)?;
            activate_catalogue(journal, &built)?;
        }
    }
    Ok(Answer::Done)
}

/// The entry that was written, as an answer.
fn told(entry: Result<EntryIndex, DeskError>) -> Result<Answer, RequestError> {
    Ok(Answer::Entry(entry?))
}

/// Every change of who may call is an entry; the token itself is in none.
fn token_draft(till: &TillNumber, record: &TokenChange) -> Result<Draft, DeskError> {
    Ok(Draft::of(record)?.at(till))
}

fn add_token(
    journal: &mut Journal,
    clock: &dyn Clock,
    (client, till, door): (&str, &TillNumber, Pass),
    digest: [u8; 32],
) -> Result<Answer, RequestError> {
    let record = TokenChange::Issued {
        client: client.to_owned(),
        till: till.clone(),
    };
    let (digest, now_ms) = (TokenDigest::new(digest), clock.now_ms());
    let recorded = journal.record(token_draft(till, &record)?, |rows, _| {
        let id = rows.add_token(client, till, &digest, now_ms)?;
        rows.put_setting(&Pass::setting_of(id), door.name())?;
        Ok::<_, JournalError>(id)
    })?;
    Ok(Answer::Token(*recorded.value()))
}

fn revoke_token(
    journal: &mut Journal,
    clock: &dyn Clock,
    till: &TillNumber,
    id: i64,
) -> Result<(), RequestError> {
    let known = journal.reader().tokens().map_err(DeskError::from)?;
    let mut valid = known.iter().filter(|row| row.revoked_ms.is_none());
    if !valid.any(|row| row.id == id) {
        return Err(RequestError::NoToken);
    }
    let (record, now_ms) = (TokenChange::Revoked { id }, clock.now_ms());
    let _ = journal.record(token_draft(till, &record)?, |rows, _| {
        Ok::<_, JournalError>(rows.revoke_token(id, now_ms)?)
    })?;
    Ok(())
}
