//! What became of each pack, by the digest of its trace code; [`PackRow::after`] says what may follow
//! what.

use pharmacy_protocol::history::word::{PackEventKind, PackStatus};
use pharmacy_protocol::history::{self, Digest, PackRow};
use pharmacy_protocol::term::{EntryIndex, Quantity};
use rusqlite::Row;

use super::{Reader, StoreError, Transaction, column, parsed, unsigned};

/// The digest of a trace code under the store's key; made by the journal's keys.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PackDigest([u8; 32]);

impl PackDigest {
    /// Takes a digest; only the journal's keys may call this.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    pub(crate) fn as_bytes(&self) -> [u8; 32] {
        self.0
    }
}

/// Something that is to happen to a pack.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PackEvent {
    pub kind: PackEventKind,
    pub sale: u64,
    /// Which entry says so.
    pub entry: EntryIndex,
    /// How much it is about.
    pub quantity: Quantity,
}

/// Whether a pack changed as asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum PackChange {
    Done,
    /// It did not: this is how it stands.
    Refused(PackRow),
}

fn read_pack(row: &Row<'_>) -> rusqlite::Result<PackRow> {
    let sale: Option<i64> = row.get(1)?;
    Ok(PackRow {
        status: parsed(row, 0)?,
        sale: sale.and_then(|sale| u64::try_from(sale).ok()),
        entry: EntryIndex::new(unsigned(row, 2)?),
        quantity: Quantity::new(row.get(3)?),
    })
}

impl Reader<'_> {
    /// What is known of a pack; nothing is known of one that was never scanned here.
    pub fn pack(&self, pack: &PackDigest) -> Result<Option<PackRow>, StoreError> {
        self.one(include_str!("query/find_pack.sql"), [pack.0], read_pack)
    }
}

impl Transaction<'_> {
    /// Lets a sale take hold of a pack, unless it is sold or another sale holds it.
    pub fn claim_pack(
        &self,
        pack: &PackDigest,
        sale: u64,
        entry: EntryIndex,
    ) -> Result<PackChange, StoreError> {
        let before = self.pack(pack)?;
        let is_held = |row: &PackRow| row.status == PackStatus::Claimed && row.sale == Some(sale);
        if before.as_ref().is_some_and(is_held) {
            return Ok(PackChange::Done);
        }
        self.move_pack(
            pack,
            before,
            &PackEvent {
                kind: PackEventKind::Claimed,
                sale,
                entry,
                quantity: Quantity::default(),
            },
        )
    }

    /// Lets a sale let go of a pack that it holds.
    pub fn release_pack(
        &self,
        pack: &PackDigest,
        sale: u64,
        entry: EntryIndex,
    ) -> Result<PackChange, StoreError> {
        let before = self.pack(pack)?;
        if before.is_none() {
            return Ok(PackChange::Done);
        }
        self.move_pack(
            pack,
            before,
            &PackEvent {
                kind: PackEventKind::Released,
                sale,
                entry,
                quantity: Quantity::default(),
            },
        )
    }

    /// Marks a pack as sold, whole or in part, unless it was sold before or another sale holds it.
    ///
    /// `kind` is [`PackEventKind::Sold`] or [`PackEventKind::PartSold`]; others are refused.
    pub fn sell_pack(
        &self,
        pack: &PackDigest,
        event: &PackEvent,
    ) -> Result<PackChange, StoreError> {
        match event.kind {
            PackEventKind::Sold | PackEventKind::PartSold => {
                self.move_pack(pack, self.pack(pack)?, event)
            }
            PackEventKind::Claimed | PackEventKind::Released | PackEventKind::Returned => {
                Err(StoreError::OutOfRange { what: "pack event" })
            }
        }
    }

    /// Takes a sold pack back, whole or in part, unless more comes back than was sold.
    pub fn return_pack(
        &self,
        pack: &PackDigest,
        sale: u64,
        entry: EntryIndex,
        quantity: Quantity,
    ) -> Result<PackChange, StoreError> {
        self.move_pack(
            pack,
            self.pack(pack)?,
            &PackEvent {
                kind: PackEventKind::Returned,
                sale,
                entry,
                quantity,
            },
        )
    }

    fn move_pack(
        &self,
        pack: &PackDigest,
        before: Option<PackRow>,
        event: &PackEvent,
    ) -> Result<PackChange, StoreError> {
        let PackEvent {
            kind,
            sale,
            entry,
            quantity,
        } = *event;
        let Ok(after) = PackRow::after(before, kind, sale, quantity, entry) else {
            return Ok(PackChange::Refused(before.unwrap_or(PackRow {
                status: PackStatus::Available,
                sale: None,
                entry,
                quantity: Quantity::default(),
            })));
        };
        self.put_pack(pack, &after)?;
        self.tell(|rows| {
            rows.packs.push(history::PackChange {
                pack: Digest(pack.0),
                event: kind,
                sale,
                quantity,
            });
        });
        Ok(PackChange::Done)
    }

    fn put_pack(&self, pack: &PackDigest, row: &PackRow) -> Result<(), StoreError> {
        let sale = row.sale.map(|sale| column("sale", sale)).transpose()?;
        let entry = column("entry", row.entry.value())?;
        let values = (
            pack.0,
            row.status.as_str(),
            sale,
            entry,
            row.quantity.units(),
        );
        self.change(include_str!("query/put_pack.sql"), values)?;
        Ok(())
    }
}
