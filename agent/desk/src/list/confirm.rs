//! Confirming purchase lists (R40): drawn on a screen, or on paper that is scanned.
//!
//! A confirmation is an entry of its own and names the list by the commitment of its part, so that it
//! binds to this list and no other. A list that is signed twice keeps both; the newest counts.
//! Out of scope: finding the slips on a page (`slip`), what a list says (`list`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pharmacy_protocol::part::{Commitment, PartClass};
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::list::{Confirmation, ListRef, MediaType, ScannedPage, Signer};
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId, TillNumber};
use zeroize::Zeroizing;

use crate::core::sale::Masked;
use crate::memory::Staged;
use crate::{Caller, ConfirmError, Desk, DeskError, DeskHandle, Done, Image, PurchaseList, Role};
use pharmacy_base::clock::STORE_OFFSET;
use pharmacy_journal::store::{ListRow, ListState};
use pharmacy_journal::{Draft, JournalError, LogView};

/// Most strokes of a drawing.
pub const MAX_STROKES: usize = 500;

/// Most points of a drawing, all strokes together.
pub const MAX_POINTS: usize = 20_000;

/// The lowest point of a pad, in thousandths of its width: no pad is higher than four times that.
pub const MAX_HEIGHT: u32 = 4_000;

/// The longest a drawing takes, in milliseconds.
pub const MAX_DRAWING_MS: u32 = 10 * 60 * 1000;

/// The largest image of a drawing.
pub const MAX_PNG_BYTES: usize = 512 * 1024;

/// The widest and highest image of a drawing, in points.
pub const MAX_PNG_SIDE: u32 = 4_096;

/// The largest scanned page: with base64 around it, it still fits into a part.
pub const MAX_PAGE_BYTES: usize = 10 * 1024 * 1024;

/// Lists are counted no further than this; a shop with more has another problem than their number.
const MAX_COUNTED: u32 = 10_000;

/// Most lists that the page shows: those not confirmed, and those beside them.
const MAX_SHOWN: u32 = 200;

/// Most lists that one finding or one page names: an entry has no room for more references.
const MAX_NAMED: u32 = 255;

/// The setting that holds the day on which unconfirmed lists were last reported.
const REPORTED_SETTING: &str = "unsigned-reported";

impl Drawing {
    /// Checks strokes and image; takes a while, so not on the desk's thread.
    fn check(&self) -> Result<(), ConfirmError> {
        let points: usize = self.strokes.iter().map(Vec::len).sum();
        let is_within = |point: &[u32; 3]| {
            let [x, y, at_ms] = *point;
            x <= 1_000 && y <= MAX_HEIGHT && at_ms <= MAX_DRAWING_MS
        };
        // A tap is no signature: something has two points, and they differ.
        let is_line = |stroke: &Vec<[u32; 3]>| {
            let place = |point: &[u32; 3]| {
                let [x, y, _] = *point;
                (x, y)
            };
            let mut places = stroke.iter().map(place);
            let first = places.next();
            places.any(|other| Some(other) != first)
        };
        let is_drawing = self.strokes.len() <= MAX_STROKES
            && points <= MAX_POINTS
            && self.strokes.iter().flatten().all(is_within)
            && self.strokes.iter().any(is_line);
        if !is_drawing {
            return Err(ConfirmError::Drawing);
        }
        self.check_png()
    }

    /// By its content, not by its name: the whole image must decode.
    fn check_png(&self) -> Result<(), ConfirmError> {
        if self.png.len() > MAX_PNG_BYTES {
            return Err(ConfirmError::DrawingImage);
        }
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(MAX_PNG_SIDE);
        limits.max_image_height = Some(MAX_PNG_SIDE);
        let bytes = std::io::Cursor::new(self.png.as_slice());
        let mut reader = image::ImageReader::with_format(bytes, image::ImageFormat::Png);
        reader.limits(limits);
        let decoded = reader.decode();
        let _ = decoded.map_err(|_| ConfirmError::DrawingImage)?;
        Ok(())
    }
}

/// What a page is, told from its first bytes.
fn media_type(bytes: &[u8]) -> Option<MediaType> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(MediaType::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(MediaType::Png),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(MediaType::Pdf),
        _ => None,
    }
}

impl Desk {
    /// How many lists wait for a confirmation; counts no further than 10,000.
    pub(crate) fn unsigned_lists(&self) -> Result<u64, DeskError> {
        Ok(self
            .journal
            .reader()
            .count_open_lists(i64::MAX, MAX_COUNTED)?)
    }

    /// The newest list of a sale of any till.
    fn list_row(&self, sale: &SaleId) -> Result<ListRow, DeskError> {
        list_row(&self.journal, sale)
    }

    /// What a confirmation says of its list.
    fn list_ref(&self, sale: &SaleId, row: &ListRow) -> Result<ListRef, DeskError> {
        Ok(ListRef {
            sale: sale.clone(),
            entry: row.entry,
            digest: commitment(&self.journal, row.entry)?.to_string(),
        })
    }

    fn sign_list(
        &mut self,
        caller: &Caller,
        sale: &SaleId,
        drawing: &Drawing,
        signer: Role,
    ) -> Result<(), DeskError> {
        let row = self.list_row(sale)?;
        if row.taken_back.is_some() {
            return Err(ConfirmError::TakenBack.into());
        }
        let list = open_list(&self.journal, row.entry)?;
        if signer == Role::Proxy && list.buyer.is_none() {
            return Err(ConfirmError::NoProxy.into());
        }
        let record = Confirmation::Drawn {
            list: self.list_ref(sale, &row)?,
            signer: match signer {
                Role::Holder => Signer::Holder,
                Role::Proxy => Signer::Proxy,
            },
            strokes: drawing.strokes.clone(),
            png: STANDARD.encode(drawing.png.as_slice()),
        };
        self.confirm(caller, &record, None, &[row], ListState::Drawn)
    }

    /// Confirms the lists of these sales by a scanned page that shows their slips; says how many that
    /// were. Sales that are not ours, or were taken back, are left out.
    pub(crate) fn confirm_on_paper(
        &mut self,
        caller: &Caller,
        page: &Image,
        sales: &[SaleId],
    ) -> Result<u64, DeskError> {
        let mut rows: Vec<ListRow> = Vec::new();
        let mut lists = Vec::new();
        for sale in sales {
            let row = match self.list_row(sale) {
                Ok(row) => row,
                Err(DeskError::NoList) => continue,
                Err(error) => return Err(error),
            };
            let is_named = rows.iter().any(|known| known.sale == row.sale);
            let has_room = rows.len() < usize::try_from(MAX_NAMED).unwrap_or(usize::MAX);
            if row.taken_back.is_none() && !is_named && has_room {
                lists.push(self.list_ref(sale, &row)?);
                rows.push(row);
            }
        }
        if rows.is_empty() {
            return Err(DeskError::NoList);
        }
        let document = self.record_page(caller, page)?;
        let record = Confirmation::OnPaper { document, lists };
        self.confirm(caller, &record, Some(document), &rows, ListState::OnPaper)?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Records how lists were confirmed.
    fn confirm(
        &mut self,
        caller: &Caller,
        record: &Confirmation,
        document: Option<EntryIndex>,
        rows: &[ListRow],
        how: ListState,
    ) -> Result<(), DeskError> {
        let entries = rows.iter().map(|row| row.entry);
        let draft = Draft::of(record)?
            .at(&caller.till)
            .resting_on(entries.chain(document));
        let _ = self.record(draft, |transaction, index| {
            for row in rows {
                transaction.confirm_list((row.sale, row.entry), how, index)?;
            }
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    fn record_page(&mut self, caller: &Caller, page: &Image) -> Result<EntryIndex, DeskError> {
        let known = media_type(&page.bytes).filter(|_| page.bytes.len() <= MAX_PAGE_BYTES);
        let record = ScannedPage {
            media_type: known.ok_or(ConfirmError::Page)?,
            page: STANDARD.encode(page.bytes.as_slice()),
        };
        self.note(Draft::of(&record)?.at(&caller.till))
    }

    /// Tells once a day of lists of earlier days that nobody confirmed.
    pub(crate) fn report_unsigned(&mut self) -> Result<(), DeskError> {
        let today = self.clock.today();
        let told = self.journal.reader().setting(REPORTED_SETTING)?;
        if told.as_deref() == Some(&today.to_string()) {
            return Ok(());
        }
        let midnight = today.to_zoned(jiff::tz::TimeZone::fixed(STORE_OFFSET));
        let Ok(midnight) = midnight else {
            // The end of the calendar; no shop lives to see it.
            return Ok(());
        };
        let before_ms = midnight.timestamp().as_millisecond();
        let reader = self.journal.reader();
        let count = reader.count_open_lists(before_ms, MAX_COUNTED)?;
        if count == 0 {
            return Ok(());
        }
        let rows = reader.open_lists(before_ms, MAX_NAMED)?;
        let record = Finding::Lists {
            finding: "list.unsigned".to_owned(),
            count,
        };
        let entries = rows.iter().map(|row| row.entry);
        let draft = Draft::of(&record)?.resting_on(entries);
        let _ = self.record(draft, |transaction, _| {
            transaction.put_setting(REPORTED_SETTING, &today.to_string())?;
            Ok(Staged::new(()))
        })?;
        Ok(())
    }
}

/// The newest list of a sale of any till.
fn list_row(view: &LogView, sale: &SaleId) -> Result<ListRow, DeskError> {
    if sale.log() != view.keys().log() {
        return Err(DeskError::NoList);
    }
    let row = view.reader().newest_list(sale.counter())?;
    row.ok_or(DeskError::NoList)
}

/// The commitment to a list's part: the list's own digest.
fn commitment(view: &LogView, entry: EntryIndex) -> Result<Commitment, DeskError> {
    let parts = view.entry(entry)?.parts;
    let list = parts.iter().find(|part| part.class == PartClass::List);
    list.map(|part| part.commitment).ok_or(DeskError::NoList)
}

/// A list; none once it was erased.
pub(crate) fn open_list(view: &LogView, entry: EntryIndex) -> Result<PurchaseList, DeskError> {
    match view.open_part(entry, PartClass::List) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(JournalError::NoPart { .. }) => Err(DeskError::NoList),
        Err(error) => Err(error.into()),
    }
}

/// A masked person as one text.
pub(crate) fn shown(person: Option<&Masked>) -> Option<String> {
    let Masked { name, number } = person?;
    let parts: Vec<&str> = [name.as_deref(), number.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn list_item(view: &LogView, row: &ListRow) -> Result<Option<ListItem>, DeskError> {
    let list = match open_list(view, row.entry) {
        Ok(list) => list,
        // Erased: there is nothing left that could be confirmed.
        Err(DeskError::NoList) => return Ok(None),
        Err(error) => return Err(error),
    };
    let confirmed = match (row.taken_back, row.state) {
        (Some(_), _) => Confirmed::TakenBack,
        (None, ListState::Drawn) => Confirmed::Drawn,
        (None, ListState::OnPaper) => Confirmed::OnPaper,
        (None, ListState::Open) => Confirmed::Open,
    };
    Ok(Some(ListItem {
        sale: list.sale,
        settled_ms: row.settled_ms,
        till: list.till,
        holder: shown(list.holder.as_ref()),
        total: list.total,
        confirmed,
    }))
}

fn list_items(view: &LogView) -> Result<Vec<ListItem>, DeskError> {
    let _still = view.snapshot()?;
    let reader = view.reader();
    let mut rows = reader.open_lists(i64::MAX, MAX_SHOWN)?;
    let newest = reader.newest_lists(MAX_SHOWN)?;
    let is_open = |row: &ListRow| row.state == ListState::Open && row.taken_back.is_none();
    rows.extend(newest.into_iter().filter(|row| !is_open(row)));
    let items = rows.iter().map(|row| list_item(view, row));
    items.filter_map(Result::transpose).collect()
}

impl DeskHandle {
    /// Confirms a list by what was drawn; `signer` says whether the insured or the proxy drew it.
    pub async fn sign_list(
        &self,
        caller: Caller,
        sale: SaleId,
        drawing: Drawing,
        signer: Role,
    ) -> Result<Done, DeskError> {
        let drawing = tokio::task::spawn_blocking(move || drawing.check().map(|()| drawing))
            .await
            .map_err(|_| DeskError::Busy)??;
        self.run(move |desk| desk.sign_list(&caller, &sale, &drawing, signer))
            .await?;
        Ok(Done::new("list.signed"))
    }

    /// Lists of the store: those not confirmed first, then the newest.
    pub async fn lists(&self) -> Result<Vec<ListItem>, DeskError> {
        self.beside(list_items).await
    }

    /// A list of any till of the store.
    pub async fn list_of(&self, sale: SaleId) -> Result<PurchaseList, DeskError> {
        self.beside(move |view| open_list(view, list_row(view, &sale)?.entry))
            .await
    }
}

/// A purchase list in a list.
#[derive(Clone, Debug)]
pub struct ListItem {
    pub sale: SaleId,
    /// When it was settled, milliseconds since 1970.
    pub settled_ms: i64,
    pub till: TillNumber,
    pub holder: Option<String>,
    pub total: Fen,
    /// How it was confirmed.
    pub confirmed: Confirmed,
}

/// How a purchase list was confirmed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confirmed {
    /// Drawn on a screen or pad.
    Drawn,
    /// Signed on paper, and the paper scanned.
    OnPaper,
    Open,
    /// Taken back: needs none.
    TakenBack,
}

/// What was drawn on a screen or pad.
#[derive(Clone)]
pub struct Drawing {
    /// Strokes of points: x and y in thousandths of the pad's width, and milliseconds from the first.
    pub strokes: Vec<Vec<[u32; 3]>>,
    /// The same as PNG.
    pub png: Zeroizing<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::entry::EntryKind;
    use zeroize::Zeroizing;

    use super::*;

    fn png(side: u32) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = image::GrayImage::new(side, 1);
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn drawing(strokes: Vec<Vec<[u32; 3]>>, png: Vec<u8>) -> Drawing {
        Drawing {
            strokes,
            png: Zeroizing::new(png),
        }
    }

    #[test]
    fn a_drawing_is_a_line_within_the_pad() {
        let line = vec![[10, 10, 0], [900, 300, 40]];
        assert_eq!(drawing(vec![line.clone()], png(300)).check(), Ok(()));
        let wrong = [
            vec![],
            vec![vec![]],
            vec![vec![[10, 10, 0]]],
            vec![vec![[10, 10, 0], [10, 10, 9]]],
            vec![vec![[10, 10, 0], [1_001, 10, 9]]],
            vec![vec![[10, 10, 0], [11, MAX_HEIGHT + 1, 9]]],
            vec![vec![[10, 10, 0], [11, 10, MAX_DRAWING_MS + 1]]],
            vec![line.clone(); MAX_STROKES + 1],
            vec![vec![[1, 2, 3]; MAX_POINTS + 1], line.clone()],
        ];
        for strokes in wrong {
            let refused = drawing(strokes, png(300)).check();
            assert_eq!(refused, Err(ConfirmError::Drawing));
        }
    }

    #[test]
    fn the_image_is_told_by_its_content() {
        let line = || vec![vec![[10, 10, 0], [900, 300, 40]]];
        let mut cut = png(300);
        cut.truncate(cut.len() / 2);
        let long = [png(300), vec![0; MAX_PNG_BYTES]].concat();
        for wrong in [
            Vec::new(),
            b"GIF89a".to_vec(),
            cut,
            png(MAX_PNG_SIDE + 1),
            long,
        ] {
            let refused = drawing(line(), wrong).check();
            assert_eq!(refused, Err(ConfirmError::DrawingImage));
        }
        assert_eq!(media_type(&png(1)), Some(MediaType::Png));
        assert_eq!(media_type(b"%PDF-1.7"), Some(MediaType::Pdf));
        assert_eq!(media_type(b"MZ"), None);
    }

    /// A desk on a log of its own, with a settled list for each of these sales.
    fn desk(folder: &std::path::Path, sales: &[u64]) -> (Desk, Vec<SaleId>) {
        let clock = std::sync::Arc::new(pharmacy_base::clock::TestClock::new(1_763_784_000_000));
        let store: crate::setup::StoreConfig =
            toml::from_str("code = \"P44030000001\"\nname = \"某某大药房\"\nregion = \"440300\"\n")
                .unwrap();
        let identity = pharmacy_journal::Identity {
            region: store.region.clone(),
            store: store.code.clone(),
            till: "01".parse().unwrap(),
        };
        let journal =
            pharmacy_journal::Journal::create(folder, &identity, None, clock.clone()).unwrap();
        let setup = crate::Setup {
            configured: crate::setup::Configured::default(),
            data_dir: folder.to_owned(),
            store,
            till: crate::setup::TillConfig {
                number: "01".parse().unwrap(),
                enrolled: Vec::new(),
            },
            trace: crate::setup::TraceConfig::default(),
            early: crate::setup::Early::Warn,
            rules: std::collections::BTreeMap::new(),
        };
        let pack = std::sync::Arc::new(crate::pack::shipped().unwrap());
        let mut desk = Desk::new(journal, pack, clock, setup).unwrap();
        let ids = sales.iter().map(|sale| settle(&mut desk, *sale)).collect();
        (desk, ids)
    }

    fn settle(desk: &mut Desk, counter: u64) -> SaleId {
        let sale = SaleId::new(desk.journal.keys().log().clone(), counter);
        let part = pharmacy_journal::DraftPart::new(PartClass::List, b"a list".to_vec());
        let draft = Draft::new(EntryKind::Outcome, part);
        let recorded = desk.journal.record(draft, |rows, entry| {
            rows.add_list(&ListRow {
                sale: counter,
                entry,
                settled_ms: 0,
                state: ListState::Open,
                confirmation: None,
                taken_back: None,
            })?;
            Ok::<_, DeskError>(())
        });
        let _ = recorded.unwrap();
        sale
    }

    fn page() -> Image {
        Image {
            bytes: Zeroizing::new(png(8)),
        }
    }

    /// R40: one page, one document, one confirmation for the lists on it.
    #[test]
    fn a_scanned_page_confirms_the_lists_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut desk, mut sales) = desk(folder.path(), &[1, 2, 3]);
        let caller = Caller {
            client: "counter".to_owned(),
            till: "01".parse().unwrap(),
        };
        let taken_back = sales.pop().unwrap();
        let part = pharmacy_journal::DraftPart::new(PartClass::Facts, b"{}".to_vec());
        let draft = Draft::new(EntryKind::Reversal, part);
        let _ = desk
            .journal
            .record(draft, |rows, index| {
                Ok::<_, DeskError>(rows.take_lists_back(3, index)?)
            })
            .unwrap();
        assert_eq!(desk.unsigned_lists().unwrap(), 2);
        let foreign: SaleId = "0000000000000000-1".parse().unwrap();
        let none = desk.confirm_on_paper(&caller, &page(), &[taken_back.clone(), foreign.clone()]);
        assert!(matches!(none, Err(DeskError::NoList)));
        let before = desk.journal.size().unwrap();
        let wrong = Image {
            bytes: Zeroizing::new(b"MZ".to_vec()),
        };
        let refused = desk.confirm_on_paper(&caller, &wrong, &sales);
        assert_eq!(refused.unwrap_err().code(), "list.page");
        assert_eq!(desk.journal.size().unwrap(), before);

        let named = [&sales[..], &sales[..1], &[taken_back, foreign]].concat();
        assert_eq!(desk.confirm_on_paper(&caller, &page(), &named).unwrap(), 2);
        assert_eq!(desk.unsigned_lists().unwrap(), 0);
        let document = EntryIndex::new(before);
        let signature = EntryIndex::new(before + 1);
        assert_eq!(desk.journal.size().unwrap(), before + 2);
        let entry = desk.journal.entry(signature).unwrap();
        assert_eq!(entry.kind, EntryKind::Signature);
        assert!(entry.refs.len() == 3 && entry.refs.contains(&document));
        let kept = desk.journal.open_part(signature, PartClass::List).unwrap();
        let kept: serde_json::Value = serde_json::from_slice(&kept).unwrap();
        let row = desk.journal.reader().newest_list(1).unwrap().unwrap();
        assert_eq!(row.confirmation, Some(signature));
        let digest = commitment(&desk.journal, row.entry).unwrap().to_string();
        assert_eq!(kept["lists"][0]["digest"], digest);
        let scanned = desk.journal.open_part(document, PartClass::List).unwrap();
        let scanned: serde_json::Value = serde_json::from_slice(&scanned).unwrap();
        assert_eq!(scanned["media-type"], "image/png");
        assert_eq!(scanned["page"], STANDARD.encode(png(8)));
    }

    /// R07: releases and wrong refusals are counted by rule, and a settlement will find its release.
    #[test]
    fn releases_and_wrong_refusals_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (mut desk, _) = desk(folder.path(), &[]);
        let log = desk.journal.keys().log().clone();
        let at = ("01".parse().unwrap(), "counter".to_owned());
        let sale = crate::core::sale::Sale::open(&log, at, 0);
        let part = || pharmacy_journal::DraftPart::new(PartClass::Facts, b"facts".to_vec());
        let open = crate::step::Step::new(EntryKind::Sale, part());
        let sale = desk
            .record_with(sale, open, |at| Ok(at.sale.clone()))
            .unwrap()
            .into_value();
        let records = [
            desk.release_records(&sale, "presence.none", None),
            desk.wrong_records(&sale, "presence.none", None),
            desk.wrong_records(&sale, "item.not-payable", Some(1)),
        ];
        let mut entries = Vec::new();
        for records in records {
            let step = crate::step::Step::new(EntryKind::Release, part()).writing(records);
            let recorded = desk.record_step(sale.clone(), step);
            entries.push(recorded.unwrap().index());
        }
        assert_eq!(desk.releases_of(&sale).unwrap(), [entries[0]]);
        let figures = desk.figures().unwrap();
        assert_eq!(
            (figures.releases, figures.wrong, figures.refusals),
            (1, 2, 0)
        );
        let rules: Vec<_> = figures
            .rules
            .iter()
            .map(|rule| (rule.rule.as_str(), rule.releases, rule.wrong))
            .collect();
        assert_eq!(rules, [("item.not-payable", 0, 1), ("presence.none", 1, 1)]);
    }
}
