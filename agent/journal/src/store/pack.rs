//! What became of each pack, by the digest of its trace code.
//!
//! ```text
//!            claim              sell whole
//! available ───────▶ claimed ───────────────▶ sold
//!     ▲  ▲             │ │ sell part             │
//!     │  └── release ──┘ └─────────▶ part-sold ◀─┤ return (something still sold)
//!     └───────────────────────────────── return ─┘ (nothing sold any more)
//! ```
//! A part-sold pack can be claimed again and goes back to part-sold on release. What the platform
//! reports as sold is sold even if nobody claimed it here; every event is kept in its order.

use pharmacy_protocol::term::{EntryIndex, Quantity};
use rusqlite::Row;

use super::{Reader, StoreError, Transaction, column, parsed, unsigned, words};

/// The digest of a trace code under the store's key; made by the journal's keys.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PackDigest([u8; 32]);

impl PackDigest {
    /// Takes a digest; only the journal's keys may call this.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    pub(super) fn as_bytes(&self) -> [u8; 32] {
        self.0
    }
}

words! {
    /// What became of a pack.
    PackStatus {
        /// Not sold, or returned since.
        Available = "available",
        /// Held by a sale that is not settled.
        Claimed = "claimed",
        PartSold = "part-sold",
        Sold = "sold",
    }
}

words! {
    /// Something that happened to a pack.
    PackEventKind {
        /// A sale took hold of it.
        Claimed = "claimed",
        /// Part of it was sold.
        PartSold = "part-sold",
        /// A sale let go of it.
        Released = "released",
        /// It came back, whole or in part.
        Returned = "returned",
        Sold = "sold",
    }
}

/// A pack's row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PackRow {
    /// What became of it.
    pub status: PackStatus,
    /// Which sale holds it or last sold it.
    pub sale: Option<u64>,
    /// Which entry said so.
    pub entry: EntryIndex,
    /// How much of it is sold.
    pub quantity: Quantity,
}

/// One event of a pack's history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PackEvent {
    pub kind: PackEventKind,
    pub sale: u64,
    /// Which entry said so.
    pub entry: EntryIndex,
    /// How much it was about.
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

    /// A pack's history, oldest first.
    pub fn pack_events(&self, pack: &PackDigest) -> Result<Vec<PackEvent>, StoreError> {
        self.many(
            include_str!("query/list_pack_events.sql"),
            [pack.0],
            |row| {
                Ok(PackEvent {
                    kind: parsed(row, 0)?,
                    sale: unsigned(row, 1)?,
                    entry: EntryIndex::new(unsigned(row, 2)?),
                    quantity: Quantity::new(row.get(3)?),
                })
            },
        )
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
        let sold = before.map_or(Quantity::default(), |row| row.quantity);
        match before {
            Some(row) if row.status == PackStatus::Claimed && row.sale == Some(sale) => {
                return Ok(PackChange::Done);
            }
            Some(row) if matches!(row.status, PackStatus::Claimed | PackStatus::Sold) => {
                return Ok(PackChange::Refused(row));
            }
            _ => {}
        }
        let after = PackRow {
            status: PackStatus::Claimed,
            sale: Some(sale),
            entry,
            quantity: sold,
        };
        let kind = PackEventKind::Claimed;
        let event = PackEvent {
            kind,
            sale,
            entry,
            quantity: Quantity::default(),
        };
        self.move_pack(pack, &after, &event)
    }

    /// Lets a sale let go of a pack that it holds.
    pub fn release_pack(
        &self,
        pack: &PackDigest,
        sale: u64,
        entry: EntryIndex,
    ) -> Result<PackChange, StoreError> {
        let Some(row) = self.pack(pack)? else {
            return Ok(PackChange::Done);
        };
        if row.status != PackStatus::Claimed || row.sale != Some(sale) {
            return Ok(PackChange::Refused(row));
        }
        let status = if row.quantity.is_positive() {
            PackStatus::PartSold
        } else {
            PackStatus::Available
        };
        let after = PackRow {
            status,
            sale: None,
            entry,
            quantity: row.quantity,
        };
        let kind = PackEventKind::Released;
        let event = PackEvent {
            kind,
            sale,
            entry,
            quantity: Quantity::default(),
        };
        self.move_pack(pack, &after, &event)
    }

    /// Marks a pack as sold, whole or in part, unless it was sold before or another sale holds it.
    ///
    /// `kind` is [`PackEventKind::Sold`] or [`PackEventKind::PartSold`]; others are refused.
    pub fn sell_pack(
        &self,
        pack: &PackDigest,
        event: &PackEvent,
    ) -> Result<PackChange, StoreError> {
        let before = self.pack(pack)?;
        let status = match event.kind {
            PackEventKind::Sold => PackStatus::Sold,
            PackEventKind::PartSold => PackStatus::PartSold,
            PackEventKind::Claimed | PackEventKind::Released | PackEventKind::Returned => {
                return Err(StoreError::OutOfRange { what: "pack event" });
            }
        };
        match before {
            Some(row) if row.status == PackStatus::Sold => return Ok(PackChange::Refused(row)),
            Some(row) if row.status == PackStatus::Claimed && row.sale != Some(event.sale) => {
                return Ok(PackChange::Refused(row));
            }
            _ => {}
        }
        let sold = before.map_or(0, |row| row.quantity.units());
        let quantity = sold
            .checked_add(event.quantity.units())
            .ok_or(StoreError::OutOfRange { what: "quantity" })?;
        let after = PackRow {
            status,
            sale: Some(event.sale),
            entry: event.entry,
            quantity: Quantity::new(quantity),
        };
        self.move_pack(pack, &after, event)
    }

    /// Takes a sold pack back, whole or in part, unless more comes back than was sold.
    pub fn return_pack(
        &self,
        pack: &PackDigest,
        sale: u64,
        entry: EntryIndex,
        quantity: Quantity,
    ) -> Result<PackChange, StoreError> {
        let Some(row) = self.pack(pack)? else {
            let nothing = PackRow {
                status: PackStatus::Available,
                sale: None,
                entry,
                quantity: Quantity::default(),
            };
            return Ok(PackChange::Refused(nothing));
        };
        let left = row
            .quantity
            .units()
            .checked_sub(quantity.units())
            .filter(|left| *left >= 0);
        let (PackStatus::Sold | PackStatus::PartSold, Some(left)) = (row.status, left) else {
            return Ok(PackChange::Refused(row));
        };
        let after = if left == 0 {
            PackRow {
                status: PackStatus::Available,
                sale: None,
                entry,
                quantity: Quantity::new(0),
            }
        } else {
            let quantity = Quantity::new(left);
            PackRow {
                status: PackStatus::PartSold,
                sale: row.sale,
                entry,
                quantity,
            }
        };
        let event = PackEvent {
            kind: PackEventKind::Returned,
            sale,
            entry,
            quantity,
        };
        self.move_pack(pack, &after, &event)
    }

    fn move_pack(
        &self,
        pack: &PackDigest,
        after: &PackRow,
        event: &PackEvent,
    ) -> Result<PackChange, StoreError> {
        self.add_pack_event(pack, event)?;
        self.put_pack(pack, after)?;
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

    fn add_pack_event(&self, pack: &PackDigest, event: &PackEvent) -> Result<(), StoreError> {
        let values = (
            pack.0,
            column("entry", event.entry.value())?,
            event.kind.as_str(),
            column("sale", event.sale)?,
            event.quantity.units(),
        );
        self.change(include_str!("query/add_pack_event.sql"), values)?;
        Ok(())
    }
}
