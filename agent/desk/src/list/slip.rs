//! Slips: a purchase list on paper, with a proof that it stands in the log; and the paper that comes
//! back signed.
//!
//! ```text
//! settlement recorded ─► channel ─► task (service) ─► slip_content ─► printer ─► slip_ended
//! PrintSlip ─────────────┘                            the desk's part is list and proof: no waiting
//! ConfirmSlips ─► codes of the pages, beside the desk ─► each proof checked ─► confirm_on_paper
//! ```
//! In scope: which list a slip shows, which sale a scanned slip belongs to, what became of slips that
//! were to be printed. Out of scope: layout and codes (`slip`), the printer, how a list is confirmed
//! (`confirm`).
//!
//! What waits for the printer is kept in memory: after a restart a slip is printed again by hand.

use std::path::Path;

use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::slip::SlipProof;
use pharmacy_protocol::term::{EntryIndex, SaleId};
use tokio::sync::mpsc;

use super::{list_page, slip_content};
use crate::error::MAX_PAGES;
use crate::setup::PrintOn;
use crate::{Caller, Desk, DeskError, DeskHandle, Done, Image, PurchaseList, SlipError};
use pharmacy_device::paper::{Codes, Content, read_codes, read_codes_apart};

/// Most slips that one entry confirms; a document with more is recorded once more.
const MAX_SLIPS: usize = 200;

/// What came of a scan of slips.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SlipsRead {
    /// Lists of this log whose slips were seen.
    pub matched: u64,
    /// Those of them that the scan confirmed; the others were taken back.
    pub confirmed: u64,
    /// Codes that are no slip of this log, or not as it was printed.
    pub foreign: u64,
    /// Codes that were seen and could not be read, and pages on which none was seen.
    pub unreadable: u64,
}

impl SlipsRead {
    fn done(self) -> Done {
        let code = match self {
            Self { matched: 0, .. } => "slips.none",
            Self { foreign: 1.., .. } => "slips.some-foreign",
            Self {
                unreadable: 1.., ..
            } => "slips.some-unreadable",
            _ => "slips.confirmed",
        };
        Done::new(code).with(self.confirmed)
    }
}

impl Desk {
    /// The entry that holds a sale's list.
    pub(super) fn list_entry(&self, sale: &SaleId) -> Result<EntryIndex, DeskError> {
        if sale.log() != self.journal.keys().log() {
            return Err(DeskError::UnknownSale);
        }
        // A sale's own row goes after a while; the row of its list stays as long as the list.
        let row = self.journal.reader().newest_list(sale.counter())?;
        if let Some(row) = row {
            return Ok(row.entry);
        }
        let found = self.load_counter(sale.counter())?;
        let found = found.ok_or(DeskError::UnknownSale)?;
        found.list.ok_or(DeskError::NoList)
    }

    /// What the slip of a sale says.
    fn slip_content(&mut self, sale: &SaleId) -> Result<Content, DeskError> {
        let entry = self.list_entry(sale)?;
        let (list, proof) = self.journal.prove_list(entry)?;
        let list: PurchaseList = serde_json::from_slice(&list)?;
        Ok(slip_content(&list, entry, Some(proof.serialize())))
    }

    /// The sale whose list a code proves, if it is a list of this log.
    fn match_slip(&self, text: &str) -> Result<Option<SaleId>, DeskError> {
        let Ok(slip) = SlipProof::parse(text) else {
            return Ok(None);
        };
        if slip.origin() != self.journal.origin() {
            return Ok(None);
        }
        // A proof of another log under our name may point anywhere.
        let Ok(list) = self.journal.open_part(slip.index(), PartClass::List) else {
            return Ok(None);
        };
        if slip.verify(&list, self.journal.verifier()).is_err() {
            return Ok(None);
        }
        let list: PurchaseList = serde_json::from_slice(&list)?;
        Ok(Some(list.sale))
    }

    fn confirm_page(
        &mut self,
        caller: &Caller,
        page: &Image,
        codes: &Codes,
    ) -> Result<SlipsRead, DeskError> {
        let mut read = SlipsRead::default();
        let mut sales = Vec::new();
        for text in &codes.texts {
            match self.match_slip(text)? {
                Some(sale) if !sales.contains(&sale) => sales.push(sale),
                Some(_) => {}
                None => read.foreign += 1,
            }
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let is_empty = codes.texts.is_empty() && codes.unreadable == 0;
        read.unreadable = count(codes.unreadable) + u64::from(is_empty);
        read.matched = count(sales.len());
        for sales in sales.chunks(MAX_SLIPS) {
            read.confirmed += match self.confirm_on_paper(caller, page, sales) {
                // All of them were taken back: there is nothing to confirm.
                Err(DeskError::NoList) => 0,
                confirmed => confirmed?,
            };
        }
        Ok(read)
    }
}

impl DeskHandle {
    /// The exact bytes of a list of any till of the store, for whoever takes it away to verify it.
    pub async fn list_bytes(&self, sale: SaleId) -> Result<Vec<u8>, DeskError> {
        self.run(move |desk| {
            let entry = desk.list_entry(&sale)?;
            Ok(desk.journal.open_part(entry, PartClass::List)?.to_vec())
        })
        .await
    }

    /// A list of any till of the store as a page that a browser prints.
    pub async fn list_page(&self, sale: SaleId) -> Result<String, DeskError> {
        self.run(move |desk| {
            let entry = desk.list_entry(&sale)?;
            let (list, proof) = desk.journal.prove_list(entry)?;
            let list: PurchaseList = serde_json::from_slice(&list)?;
            Ok(list_page(&list, Some(&proof.serialize())))
        })
        .await
    }

    /// The proof of a list of any till of the store, as a slip's code holds it.
    pub async fn slip_proof(&self, sale: SaleId) -> Result<String, DeskError> {
        self.run(move |desk| {
            let entry = desk.list_entry(&sale)?;
            Ok(desk.journal.prove_list(entry)?.1.serialize())
        })
        .await
    }

    /// What the slip of a sale says.
    pub async fn slip(&self, sale: SaleId) -> Result<Content, DeskError> {
        self.run(move |desk| desk.slip_content(&sale)).await
    }

    /// From now on, names sales whose slips are to be printed.
    pub async fn send_slips(
        &self,
        slips: mpsc::Sender<SaleId>,
        on: PrintOn,
    ) -> Result<(), DeskError> {
        self.run(move |desk| {
            desk.memory.slips.printer = Some((slips, on));
            Ok(())
        })
        .await
    }

    /// Takes in whether the printer prints; a key of the text catalogue says why not.
    pub async fn hear_printer(&self, problem: Option<&'static str>) -> Result<(), DeskError> {
        self.run_in_turn(move |desk| {
            desk.memory.slips.problem = problem;
            desk.memory.touch();
            Ok(())
        })
        .await
    }

    /// Takes in what became of a slip.
    pub async fn slip_ended(
        &self,
        sale: SaleId,
        outcome: Result<(), &'static str>,
    ) -> Result<(), DeskError> {
        self.run_in_turn(move |desk| {
            match outcome {
                Ok(()) => {
                    desk.memory.slips.unprinted.remove(&sale.counter());
                }
                Err(code) => desk.memory.slips.failed(&sale, code),
            }
            desk.memory.touch();
            Ok(())
        })
        .await
    }

    /// Slips that were not printed, and why not.
    pub async fn unprinted_slips(&self) -> Result<Vec<(SaleId, &'static str)>, DeskError> {
        self.run(|desk| Ok(desk.memory.slips.unprinted.values().cloned().collect()))
            .await
    }

    /// Prints the slip of a sale: it joins the queue, and the board tells if it does not come out.
    pub async fn print_slip(&self, caller: Caller, sale: SaleId) -> Result<Done, DeskError> {
        self.run(move |desk| {
            desk.list_entry(&sale)?;
            desk.memory.slips.queue(&sale)?;
            tracing::info!(client = caller.client, "a slip is printed again");
            Ok(Done::new("slip.queued"))
        })
        .await
    }

    /// Confirms the lists whose slips stand on scanned pages.
    pub async fn confirm_slips(
        &self,
        caller: Caller,
        pages: Vec<Image>,
    ) -> Result<Done, DeskError> {
        Ok(self.read_slips(caller, pages).await?.done())
    }

    /// The same with all counts. Decoding a page takes a second: it happens beside the desk, and nothing
    /// is recorded before every page was looked at.
    pub async fn read_slips(
        &self,
        caller: Caller,
        pages: Vec<Image>,
    ) -> Result<SlipsRead, DeskError> {
        if pages.is_empty() || pages.len() > MAX_PAGES {
            return Err(SlipError::Pages.into());
        }
        let reader = self.page_reader.clone();
        let looked = tokio::task::spawn_blocking(move || look_at(pages, reader.as_deref())).await;
        let looked = looked.map_err(|_| DeskError::Busy)?;
        let mut all = SlipsRead::default();
        for (page, codes) in looked? {
            let caller = caller.clone();
            let read = self
                .run_in_turn(move |desk| desk.confirm_page(&caller, &page, &codes))
                .await?;
            all.matched += read.matched;
            all.confirmed += read.confirmed;
            all.foreign += read.foreign;
            all.unreadable += read.unreadable;
        }
        Ok(all)
    }
}

/// Reads every page, in processes of their own where there is a program for it.
fn look_at(pages: Vec<Image>, program: Option<&Path>) -> Result<Vec<(Image, Codes)>, DeskError> {
    let look = |page: Image| {
        let read = match program {
            Some(program) => read_codes_apart(program, &page.bytes),
            None => read_codes(&page.bytes),
        };
        let codes = read.map_err(SlipError::Scan)?;
        Ok((page, codes))
    };
    pages.into_iter().map(look).collect()
}
