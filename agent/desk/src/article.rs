//! Articles: the catalogue in use, and what a line of a basket is in it.

use pharmacy_decision::facts::Offered;
use pharmacy_protocol::term::TraceCode;

use crate::core::basket::BasketLine;
use crate::core::sale::Sale;
use crate::{CATALOGUE_SETTING, Desk, DeskError};
use pharmacy_catalogue::ShopArticle;
use pharmacy_catalogue::file::Catalogue;

impl Desk {
    /// Opens the catalogue that the store names now; an import may have switched it.
    pub(crate) fn refresh_catalogue(&mut self) -> Result<(), DeskError> {
        let name = self.journal.reader().setting(CATALOGUE_SETTING)?;
        if name == self.catalogue_name {
            return Ok(());
        }
        self.catalogue = match &name {
            Some(file) => Some(Catalogue::open(&self.setup.data_dir.join(file))?),
            None => None,
        };
        self.catalogue_name = name;
        Ok(())
    }

    /// The article that a line means: by article number, else by barcode when only one has it.
    pub(crate) fn find_article(&self, offered: &Offered) -> Result<Option<ShopArticle>, DeskError> {
        let Some(catalogue) = &self.catalogue else {
            return Ok(None);
        };
        if let Some(sku) = &offered.sku {
            return Ok(catalogue.by_sku(sku)?);
        }
        if let Some(barcode) = &offered.barcode {
            let mut found = catalogue.by_barcode(barcode)?;
            // Two articles under one barcode: which one is meant is not known.
            return Ok(if found.len() == 1 { found.pop() } else { None });
        }
        Ok(None)
    }

    /// A line's name as a cashier knows it; its article number where nobody named it.
    pub(crate) fn line_name(&self, line: &BasketLine) -> Result<String, DeskError> {
        let article = self.find_article(&line.offered)?;
        let named = article.map(|found| found.article.name);
        let number = line.offered.sku.as_ref().map(ToString::to_string);
        Ok(named
            .or_else(|| line.offered.name.clone())
            .or(number)
            .unwrap_or_default())
    }

    /// A line's name as a cashier knows it.
    pub(crate) fn item_name(&self, sale: &Sale, number: u32) -> Option<String> {
        let mut lines = sale.basket.lines().iter();
        let line = lines.find(|line| line.number == number)?;
        let name = self.line_name(line).ok()?;
        Some(name).filter(|name| !name.is_empty())
    }

    /// Is a pack one of this article, by the catalogue or by what was learnt?
    pub(crate) fn is_pack_of(
        &self,
        found: &ShopArticle,
        code: &TraceCode,
    ) -> Result<bool, DeskError> {
        let Some(prefix) = code.prefix() else {
            return Ok(false);
        };
        if found.article.trace_prefixes.contains(&prefix) {
            return Ok(true);
        }
        let learnt = self.journal.reader().skus_of_prefix(&prefix)?;
        Ok(learnt.contains(&found.sku))
    }
}
