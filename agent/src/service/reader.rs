//! Lends the card reader's owner to the edges, as the desk's [`CardReader`].

use std::time::Duration;

use jiff::civil::Date;
use pharmacy_protocol::person::Sex;

use pharmacy_desk::{CardReader, NoCard, ReadCard, Reading};
use pharmacy_device::reader::{Fingerprint, ReadError, ReaderHandle};

/// A reader's owner as the desk knows it.
pub(super) struct Lent(pub(super) ReaderHandle);

impl CardReader for Lent {
    fn read(&self, wait: Duration, today: Date) -> Reading<'_> {
        let pending = self.0.read(Fingerprint::Skip, wait);
        Box::pin(async move {
            // Closed without an answer: the reader's thread has stopped.
            let read = pending.await.unwrap_or(Err(ReadError::Stopped));
            let reading = read.map_err(|error| NoCard::NotRead(error.message().code))?;
            let checked = reading
                .card
                .check(today)
                .map_err(|problem| NoCard::Refused(problem.message().code))?;
            let card = checked.card();
            Ok(ReadCard {
                number: card.number.clone(),
                name: card.name.clone(),
                sex: Some(card.sex).filter(|sex| matches!(sex, Sex::Female | Sex::Male)),
                birth: card.birth,
                sam: reading.reader.sam,
                transport: reading.reader.transport,
            })
        })
    }

    fn state(&self) -> &'static str {
        self.0.snapshot().state.word()
    }
}
