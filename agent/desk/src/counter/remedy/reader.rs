//! A card reader of the store, enrolled by the person in charge.
//!
//! LAW: R01. A reader that appears overnight proves nothing until somebody answers for it.

use pharmacy_decision::facts::EvidenceKind;
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::record::store::{ReaderKnown, ReaderSeen};
use pharmacy_protocol::term::Transport;

use crate::core::sale::Sale;
use crate::core::staff::Duty;
use crate::memory::Staged;
use crate::note::enrolled_name;
use crate::staff::{Act, Post, SignedAct};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place, RemedyError};
use pharmacy_journal::Draft;

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
        let record = ReaderSeen {
            sam,
            transport,
            known: ReaderKnown::Enrolled,
        };
        let draft = Draft::of(&record)?.with(signed.part).at(&caller.till);
        let _ = self.record(draft, |transaction, index| {
            transaction.put_setting(&name, &index.to_string())?;
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
            what: serde_json::json!({"sam": reader.0, "transport": reader.1}),
            reason: None,
        };
        let at = Post::new(&caller, place);
        let signed = self.sign(at, Duty::InCharge, by, act).await?;
        self.run(move |desk| desk.record_reader(&caller, reader, signed))
            .await
    }
}
