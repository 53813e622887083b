//! Leading holders and drugs of a range (R68): what came to most, what was taken back apart.

use pharmacy_protocol::term::{EntryIndex, Fen};

use crate::DeskError;
use crate::list::PurchaseList;
use crate::list::confirm::{open_list, shown};
use crate::list::record::{article_text, mark};
use pharmacy_journal::LogView;
use pharmacy_journal::store::{MarkKind, Span, TopRow};

/// Most rows of a report.
pub const MAX_TOP: u32 = 100;

/// Whose sum is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Top {
    Drugs,
    Holders,
}

/// A holder, masked, or an article, and what its sales come to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TopItem {
    /// Who or what; none where the newest list was erased.
    pub shown: Option<String>,
    pub count: u64,
    pub amount: Fen,
    /// The entry of the newest of them.
    pub newest: EntryIndex,
}

/// The leading holders or drugs of a range, the largest sum first.
pub fn top(
    view: &LogView,
    top: Top,
    (from_ms, until_ms): (Option<i64>, Option<i64>),
    limit: u32,
) -> Result<Vec<TopItem>, DeskError> {
    let _still = view.snapshot()?;
    let span = Span {
        from_ms: from_ms.unwrap_or(i64::MIN),
        until_ms: until_ms.unwrap_or(i64::MAX),
    };
    let kind = match top {
        Top::Drugs => MarkKind::Article,
        Top::Holders => MarkKind::Holder,
    };
    let rows = view
        .reader()
        .top_marked(kind, span, limit.clamp(1, MAX_TOP))?;
    let items = rows.into_iter().map(|row| {
        let shown = match open_list(view, row.newest.entry) {
            Ok(list) => name(view, top, (&row, &list)),
            Err(DeskError::NoList) => None,
            Err(error) => return Err(error),
        };
        Ok(TopItem {
            shown,
            count: row.count,
            amount: row.amount,
            newest: row.newest.entry,
        })
    });
    items.collect()
}

fn name(view: &LogView, top: Top, (row, list): (&TopRow, &PurchaseList)) -> Option<String> {
    match top {
        Top::Holders => shown(list.holder.as_ref()),
        Top::Drugs => {
            let mut lines = list.lines.iter();
            let line = lines.find(|line| {
                let text = article_text(line);
                mark(view.keys(), MarkKind::Article, &text).digest == row.digest
            })?;
            let number = article_text(line);
            Some(format!("{number} {}", line.name))
        }
    }
}
