//! A day's figures: how many sales, refusals, releases, and on what sum (R07, R66).

use jiff::civil::Date;
use pharmacy_protocol::term::Fen;

use pharmacy_protocol::history::Counted;
use pharmacy_protocol::history::word::FigureKind;

use super::{Reader, StoreError, Transaction, parsed, unsigned};

/// A counter of a day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FigureRow {
    pub kind: FigureKind,
    /// The rule concerned; empty where a whole sale is counted.
    pub rule: String,
    pub count: u64,
    pub amount: Fen,
}

impl Reader<'_> {
    /// The counters of a day.
    pub fn figures(&self, day: Date) -> Result<Vec<FigureRow>, StoreError> {
        let statement = include_str!("query/list_figures.sql");
        self.many(statement, [day.to_string()], |row| {
            Ok(FigureRow {
                kind: parsed(row, 0)?,
                rule: row.get(1)?,
                count: unsigned(row, 2)?,
                amount: Fen::new(row.get(3)?),
            })
        })
    }

    /// What a counter of a rule comes to from one day to another, both included.
    pub fn count_figures(
        &self,
        kind: FigureKind,
        rule: &str,
        (from, until): (Date, Date),
    ) -> Result<u64, StoreError> {
        let statement = include_str!("query/count_figures.sql");
        let values = (from.to_string(), until.to_string(), kind.as_str(), rule);
        let count = self.one(statement, values, |row| unsigned(row, 0))?;
        Ok(count.unwrap_or_default())
    }
}

impl Transaction<'_> {
    /// Counts one more on a day; an empty rule counts the sale as a whole.
    pub fn bump_figure(
        &self,
        day: Date,
        kind: FigureKind,
        rule: &str,
        amount: Fen,
    ) -> Result<(), StoreError> {
        let values = (day.to_string(), kind.as_str(), rule, amount.units());
        self.change(include_str!("query/bump_figure.sql"), values)?;
        let rule = rule.into();
        self.tell(|rows| {
            rows.figures.push(Counted {
                day,
                kind,
                rule,
                amount,
            });
        });
        Ok(())
    }
}
