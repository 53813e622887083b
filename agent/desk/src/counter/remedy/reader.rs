//! A card reader of the store, enrolled by the person in charge: at the page, or by a command.
//!
//! LAW: R01. A reader that appears overnight proves nothing until somebody answers for it.

use pharmacy_decision::facts::EvidenceKind;
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::store::{ReaderKnown, ReaderSeen};
use pharmacy_protocol::term::{EntryIndex, Transport};
use serde::{Deserialize, Serialize};

use crate::core::sale::Sale;
use crate::core::staff::Duty;
use crate::memory::Staged;
use crate::note::part;
use crate::reader::{READER_SETTING, enrolled_name, seen_name};
use crate::staff::command::{Meant, SignedBy, Signer};
use crate::staff::{Act, Post, SignedAct};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place, RemedyError};
use pharmacy_journal::{Draft, Journal, JournalError, LogView};

/// A card reader that was seen here.
#[derive(Clone, Debug)]
pub struct ReaderItem {
    /// Its security module, as it reports itself.
    pub sam: String,
    pub transport: Transport,
    /// The entry in which it was first seen.
    pub seen: EntryIndex,
    /// The entry by which it was enrolled; none of one that counts for nothing.
    pub enrolled: Option<EntryIndex>,
}

/// Every card reader that was ever seen here.
pub fn readers(view: &LogView) -> Result<Vec<ReaderItem>, DeskError> {
    let reader = view.reader();
    let index = |text: String| {
        let index = text.parse().map_err(|_| JournalError::RowDamaged)?;
        Ok::<_, DeskError>(EntryIndex::new(index))
    };
    let item = |(sam, seen): (String, String)| {
        let seen = index(seen)?;
        let told = view.open_part(seen, PartClass::Store)?;
        let told: ReaderSeen = serde_json::from_slice(&told)?;
        let enrolled = reader.setting(&enrolled_name(&sam))?;
        Ok(ReaderItem {
            sam,
            transport: told.transport,
            seen,
            enrolled: enrolled.map(index).transpose()?,
        })
    };
    let seen = reader.settings_under(READER_SETTING)?;
    seen.into_iter().map(item).collect()
}

fn told(sam: &str, transport: Transport) -> serde_json::Value {
    serde_json::json!({"sam": sam, "transport": transport})
}

fn enrolled(sam: &str, transport: Transport) -> Result<Draft, DeskError> {
    let record = ReaderSeen {
        sam: sam.to_owned(),
        transport,
        known: ReaderKnown::Enrolled,
    };
    Ok(Draft::of(&record)?)
}

/// A reader, and the act that enrols it, on its way from a command.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignedReader {
    sam: String,
    transport: Transport,
    signed: SignedBy,
}

fn meant(sam: &str, transport: Transport) -> Meant {
    Meant {
        kind: ActKind::EnrolReader,
        what: told(sam, transport),
    }
}

impl SignedReader {
    pub fn sign(signer: &Signer<'_>, item: ReaderItem, now_ms: i64) -> Result<Self, DeskError> {
        let ReaderItem { sam, transport, .. } = item;
        let signed = meant(&sam, transport).sign_at_command(signer, now_ms)?;
        Ok(Self {
            sam,
            transport,
            signed,
        })
    }
}

/// Enrols a reader that was seen here, if the person in charge signed just that.
pub fn record_signed_reader(
    journal: &mut Journal,
    reader: &SignedReader,
) -> Result<EntryIndex, DeskError> {
    let SignedReader {
        sam,
        transport,
        signed,
    } = reader;
    signed.demand(journal, &meant(sam, *transport), Some(Duty::InCharge))?;
    let draft = enrolled(sam, *transport)?.with(part(&signed.act)?);
    let recorded = journal.record(draft, |transaction, index| {
        transaction.put_setting(&enrolled_name(sam), &index.to_string())?;
        Ok::<_, DeskError>(())
    })?;
    Ok(recorded.index())
}

impl Desk {
    /// The reader that read a card for a sale and that nobody enrolled.
    fn unknown_reader(&self, sale: &Sale) -> Result<(String, Transport), DeskError> {
        for held in sale.evidence.iter().rev() {
            let EvidenceKind::CardRead {
                sam: Some(sam),
                transport,
                ..
            } = &held.kind
            else {
                continue;
            };
            if !self.is_enrolled_reader(sam)? {
                return Ok((sam.clone(), *transport));
            }
        }
        Err(RemedyError::NoReason.into())
    }

    fn record_reader(
        &mut self,
        caller: &Caller,
        (sam, transport): (String, Transport),
        signed: SignedAct,
    ) -> Result<Done, DeskError> {
        let name = enrolled_name(&sam);
        let draft = enrolled(&sam, transport)?;
        let draft = draft.with(signed.part).at(&caller.till);
        // Of one that was only counted this entry is the first.
        let seen = seen_name(&sam);
        let is_seen = self.journal.reader().setting(&seen)?.is_some();
        let _ = self.record(draft, |transaction, index| {
            transaction.put_setting(&name, &index.to_string())?;
            if !is_seen {
                transaction.put_setting(&seen, &index.to_string())?;
            }
            Ok(Staged::new(()).then(|memory| memory.judge_all_again()))
        })?;
        Ok(Done::new("counter.reader-enrolled"))
    }
}

impl DeskHandle {
    /// Enrols the reader that read a card for the open sale, signed by the person in charge.
    pub(crate) async fn enrol_reader(
        &self,
        caller: Caller,
        place: Place,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let at = caller.clone();
        let (sale, reader) = self
            .run(move |desk| {
                let sale = desk.seated_sale(&at)?;
                let reader = desk.unknown_reader(&sale)?;
                Ok((sale.id, reader))
            })
            .await?;
        let act = Act {
            kind: ActKind::EnrolReader,
            sale: Some(sale),
            about: Vec::new(),
            what: told(&reader.0, reader.1),
            reason: None,
        };
        let at = Post::new(&caller, place);
        let signed = self.sign(at, Duty::InCharge, by, act).await?;
        self.run(move |desk| desk.record_reader(&caller, reader, signed))
            .await
    }
}
