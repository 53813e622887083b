//! What was learnt about articles: their insurance codes, and what their packs' codes begin with.

use pharmacy_protocol::term::{InsuranceCode, Sku, TracePrefix};

use pharmacy_protocol::history::word::MappingSource;
use pharmacy_protocol::history::{MappingChange, PrefixLearnt};

use super::{Reader, StoreError, Transaction, parsed};

/// The insurance code of an article, as the platform sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MappingRow {
    pub code: InsuranceCode,
    /// From what it was learnt.
    pub source: MappingSource,
}

impl Reader<'_> {
    /// The insurance code to which the platform has mapped an article.
    pub fn mapping(&self, sku: &Sku) -> Result<Option<MappingRow>, StoreError> {
        self.one(
            include_str!("query/find_mapping.sql"),
            [sku.as_str()],
            |row| {
                Ok(MappingRow {
                    code: parsed(row, 0)?,
                    source: parsed(row, 1)?,
                })
            },
        )
    }

    /// The articles whose packs were seen with this prefix.
    pub fn skus_of_prefix(&self, prefix: &TracePrefix) -> Result<Vec<Sku>, StoreError> {
        let values = [prefix.as_str()];
        self.many(
            include_str!("query/list_skus_of_prefix.sql"),
            values,
            |row| parsed(row, 0),
        )
    }

    /// What packs of an article were seen to begin with. Asked where somebody confirms a form, not at a
    /// sale: it looks through all prefixes.
    pub fn prefixes_of_sku(&self, sku: &Sku) -> Result<Vec<TracePrefix>, StoreError> {
        let values = [sku.as_str()];
        self.many(
            include_str!("query/list_prefixes_of_sku.sql"),
            values,
            |row| parsed(row, 0),
        )
    }
}

impl Transaction<'_> {
    /// Learns the insurance code of an article; the newest word counts.
    pub fn put_mapping(&self, sku: &Sku, mapping: &MappingRow) -> Result<(), StoreError> {
        let values = [sku.as_str(), mapping.code.as_str(), mapping.source.as_str()];
        self.change(include_str!("query/put_mapping.sql"), values)?;
        self.tell(|rows| {
            rows.mappings.push(MappingChange::Learnt {
                sku: sku.clone(),
                code: mapping.code.clone(),
                source: mapping.source,
            });
        });
        Ok(())
    }

    /// Forgets the insurance code of an article.
    pub fn remove_mapping(&self, sku: &Sku) -> Result<(), StoreError> {
        self.change(include_str!("query/remove_mapping.sql"), [sku.as_str()])?;
        let sku = sku.clone();
        self.tell(|rows| rows.mappings.push(MappingChange::Forgotten { sku }));
        Ok(())
    }

    /// Learns that packs of an article begin with a prefix.
    pub fn put_trace_prefix(&self, prefix: &TracePrefix, sku: &Sku) -> Result<(), StoreError> {
        let values = [prefix.as_str(), sku.as_str()];
        // What is known is not learnt again.
        if self.change(include_str!("query/put_trace_prefix.sql"), values)? > 0 {
            let (prefix, sku) = (prefix.clone(), sku.clone());
            self.tell(|rows| rows.prefixes.push(PrefixLearnt { prefix, sku }));
        }
        Ok(())
    }
}
