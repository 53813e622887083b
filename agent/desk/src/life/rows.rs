//! Looking after what lies beside the log: rows are compared with it share by share, the catalogue's file
//! with the digest of its import.
//!
//! LAW: R41. A row that somebody changed with other tools is made as the log says, and that it was not is an
//! entry: the counter goes on, the bureau sees it.

use crate::article::is_as_imported;
use crate::{CATALOGUE_SETTING, Desk, DeskError, DeskHandle};
use pharmacy_journal::{Difference, Draft, LogView, Repair};
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::term::EntryIndex;

/// Rows of a share: few megabytes.
const SHARE_ROWS: u64 = 50_000;

/// All shares are compared in so many hours, less than a shop is open.
const HOURS: u32 = 6;

/// A row beside the log was not as the log says.
const ROW_DIFFERS: &str = "row.differs";

/// What an entry says is gone or damaged: rows cannot be compared.
const PART_GONE: &str = "log.part-gone";

/// What was found beside the log.
struct Found {
    /// What makes rows again that differ.
    repair: Option<Repair>,
    /// The entry since which rows cannot be compared.
    gap: Option<EntryIndex>,
    is_catalogue_whole: bool,
    next_share: u32,
}

fn look(
    view: &LogView,
    mut next: u32,
    catalogue: Option<&std::path::Path>,
) -> Result<Found, DeskError> {
    let shares = view.row_shares(SHARE_ROWS)?;
    let mut differences: Vec<Difference> = Vec::new();
    let mut gap = None;
    for _ in 0..shares.div_ceil(HOURS) {
        let which = next.checked_rem(shares).unwrap_or(0);
        let compared = view.compare_rows(which, shares)?;
        differences.extend(compared.differences);
        gap = gap.or(compared.gap);
        next = which.saturating_add(1);
    }
    for row in &differences {
        tracing::error!(
            code = ROW_DIFFERS,
            table = row.table.name(),
            key = %row.key,
            fault = row.fault.as_str(),
            "a row is not as the log says"
        );
    }
    Ok(Found {
        repair: match differences.is_empty() {
            true => None,
            false => Some(view.prepare_repair(differences)?),
        },
        gap,
        is_catalogue_whole: match catalogue {
            Some(path) => is_as_imported(view, path)?,
            None => true,
        },
        next_share: next,
    })
}

impl Desk {
    fn put_right(&mut self, found: Found) -> Result<(), DeskError> {
        self.memory.next_share = found.next_share;
        if let Some(repair) = found.repair {
            self.memory.touch();
            self.memory.tampered.insert(ROW_DIFFERS);
            let _ = self.journal.repair(repair)?;
            self.memory.judge_all_again();
        }
        if let Some(entry) = found.gap
            && self.memory.tampered.insert(PART_GONE)
        {
            tracing::error!(code = PART_GONE, %entry, "rows cannot be compared with the log");
            let finding = PART_GONE.to_owned();
            self.note(Draft::of(&Finding::Part { finding, entry })?)?;
        }
        if !found.is_catalogue_whole {
            self.catalogue_differs()?;
        }
        Ok(())
    }
}

impl DeskHandle {
    /// Compares the next rows beside the log with what the log says, and the catalogue's file with its
    /// import; makes right what can be, and records what was not. Beside the desk's thread.
    pub async fn look_after_rows(&self) -> Result<(), DeskError> {
        let next = self.run(|desk| {
            let name = desk.journal.reader().setting(CATALOGUE_SETTING)?;
            let path = name.map(|name| desk.setup.data_dir.join(name));
            Ok((desk.memory.next_share, path))
        });
        let (share, catalogue) = next.await?;
        let found = self
            .beside(move |view| look(view, share, catalogue.as_deref()))
            .await?;
        self.run_in_turn(move |desk| desk.put_right(found)).await
    }
}
