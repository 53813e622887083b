//! What becomes of a pack: one transition for whoever writes its row and whoever makes it anew.
//!
//! ```text
//!            claim              sell whole
//! available ───────▶ claimed ───────────────▶ sold
//!     ▲  ▲             │ │ sell part             │
//!     │  └── release ──┘ └─────────▶ part-sold ◀─┤ return (something still sold)
//!     └───────────────────────────────── return ─┘ (nothing sold any more)
//! ```
//! A part-sold pack can be claimed again and goes back to part-sold on release. What the platform
//! reports as sold is sold even if nobody claimed it here.

use super::word::{PackEventKind, PackStatus};
use crate::term::{EntryIndex, Quantity};

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

/// A pack cannot do that as it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a pack cannot do that as it stands")]
pub struct Refused;

impl PackRow {
    /// The row after an event at an entry; `before` is none for a pack that was never seen.
    pub fn after(
        before: Option<Self>,
        event: PackEventKind,
        sale: u64,
        quantity: Quantity,
        entry: EntryIndex,
    ) -> Result<Self, Refused> {
        let sold = before.map_or(Quantity::default(), |row| row.quantity);
        let status = before.map_or(PackStatus::Available, |row| row.status);
        let held_by = before.and_then(|row| row.sale);
        let is_others = status == PackStatus::Claimed && held_by != Some(sale);
        let row = |status, sale, quantity| Self {
            status,
            sale,
            entry,
            quantity,
        };
        match event {
            PackEventKind::Claimed => match status {
                PackStatus::Claimed | PackStatus::Sold => Err(Refused),
                PackStatus::Available | PackStatus::PartSold => {
                    Ok(row(PackStatus::Claimed, Some(sale), sold))
                }
            },
            PackEventKind::Released if status == PackStatus::Claimed && !is_others => {
                let back = if sold.is_positive() {
                    PackStatus::PartSold
                } else {
                    PackStatus::Available
                };
                Ok(row(back, None, sold))
            }
            PackEventKind::Released => Err(Refused),
            PackEventKind::Sold | PackEventKind::PartSold => {
                if status == PackStatus::Sold || is_others {
                    return Err(Refused);
                }
                let sum = sold.units().checked_add(quantity.units()).ok_or(Refused)?;
                let status = match event {
                    PackEventKind::PartSold => PackStatus::PartSold,
                    _ => PackStatus::Sold,
                };
                Ok(row(status, Some(sale), Quantity::new(sum)))
            }
            PackEventKind::Returned => {
                let left = sold.units().checked_sub(quantity.units());
                match (status, left) {
                    (PackStatus::Sold | PackStatus::PartSold, Some(0)) => {
                        Ok(row(PackStatus::Available, None, Quantity::default()))
                    }
                    (PackStatus::Sold | PackStatus::PartSold, Some(left)) if left > 0 => {
                        Ok(row(PackStatus::PartSold, held_by, Quantity::new(left)))
                    }
                    _ => Err(Refused),
                }
            }
        }
    }
}
