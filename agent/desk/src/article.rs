//! Articles: the catalogue in use, and what a line of a basket is in it.

use std::fs::File;
use std::path::Path;

use pharmacy_decision::facts::{Offered, Split};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::store::CatalogueImport;
use pharmacy_protocol::term::{EntryIndex, OwnForm, Sku, TraceCode, TracePrefix};

use crate::core::basket::{BasketLine, Known};
use crate::core::sale::Sale;
use crate::{CATALOGUE_ENTRY_SETTING, CATALOGUE_SETTING, Desk, DeskError};
use pharmacy_catalogue::file::Catalogue;
use pharmacy_catalogue::{Digest, ShopArticle};
use pharmacy_journal::{Draft, JournalError, LogView};

/// The catalogue's file is not the one that was imported.
pub(crate) const CATALOGUE_DIFFERS: &str = "catalogue.differs";

/// Whether a catalogue's file is the one whose digest the entry of its import holds. A setting names the
/// entry; one that names another entry, or none, switches nothing off: the newest import counts.
pub(crate) fn is_as_imported(view: &LogView, path: &Path) -> Result<bool, DeskError> {
    let Ok(mut file) = File::open(path) else {
        // Gone, or held by another program: opening it says what is the matter.
        return Ok(true);
    };
    let named = view.reader().setting(CATALOGUE_ENTRY_SETTING)?;
    let named = named
        .and_then(|text| text.parse().ok())
        .map(EntryIndex::new);
    let import = match named {
        Some(entry) => import_at(view, entry)?,
        None => None,
    };
    let import = match import {
        Some(import) => Some(import),
        None => newest_import(view)?,
    };
    let found = Digest::of_file(&mut file).ok();
    let found = found.map(|digest| digest.to_string());
    Ok(import.is_some_and(|import| found == Some(import.catalogue)))
}

/// What an entry says of an import; none where it is another entry, or not there.
fn import_at(view: &LogView, entry: EntryIndex) -> Result<Option<CatalogueImport>, DeskError> {
    match view.entry(entry) {
        Ok(found) if found.kind == EntryKind::Catalogue => {}
        Ok(_) | Err(JournalError::NoEntry(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    match view.open_part(entry, PartClass::Store) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(JournalError::NoPart { .. } | JournalError::PartDamaged { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The newest import; reads back to it.
fn newest_import(view: &LogView) -> Result<Option<CatalogueImport>, DeskError> {
    for index in (0..view.size()?).rev() {
        if let Some(import) = import_at(view, EntryIndex::new(index))? {
            return Ok(Some(import));
        }
    }
    Ok(None)
}

impl Desk {
    /// Opens the catalogue that the store names now; an import may have switched it.
    pub(crate) fn refresh_catalogue(&mut self) -> Result<(), DeskError> {
        let reader = self.journal.reader();
        let name = reader.setting(CATALOGUE_SETTING)?;
        // The same file imported again is another import.
        let named = (name.clone(), reader.setting(CATALOGUE_ENTRY_SETTING)?);
        if self.catalogue_named.as_ref() == Some(&named) {
            return Ok(());
        }
        self.catalogue = match &name {
            Some(file) => {
                let path = self.setup.data_dir.join(file);
                if is_as_imported(&self.journal, &path)? {
                    self.memory.tampered.remove(CATALOGUE_DIFFERS);
                    Some(Catalogue::open(&path)?)
                } else {
                    self.catalogue_differs()?;
                    None
                }
            }
            None => None,
        };
        self.catalogue_named = Some(named);
        Ok(())
    }

    /// The catalogue's file is not the one that was imported: nothing is read from it until the next import.
    ///
    /// LAW: a catalogue that somebody changes beside the agent is how a toothbrush gets a drug's code.
    pub(crate) fn catalogue_differs(&mut self) -> Result<(), DeskError> {
        self.catalogue = None;
        if self.memory.tampered.insert(CATALOGUE_DIFFERS) {
            tracing::error!(
                code = CATALOGUE_DIFFERS,
                "the catalogue file is not as imported"
            );
            self.note(Draft::of(&Finding::File {
                finding: CATALOGUE_DIFFERS.to_owned(),
            })?)?;
        }
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
        let number = line.offered.sku.as_ref().map(ToString::to_string);
        Ok(self
            .known_line(line)?
            .name
            .or_else(|| line.offered.name.clone())
            .or(number)
            .unwrap_or_default())
    }

    /// A line's name as a cashier knows it; its place where nothing names it.
    pub(crate) fn item_name(&self, sale: &Sale, number: u32) -> Option<String> {
        let mut lines = sale.basket.lines().iter();
        let line = lines.find(|line| line.number == number)?;
        let name = self.line_name(line).ok()?;
        Some(name)
            .filter(|name| !name.is_empty())
            .or_else(|| Some(format!("第{number}行")))
    }

    /// Is a pack one of this article, by the catalogue or by what was learnt?
    pub(crate) fn is_pack_of(
        &self,
        found: &ShopArticle,
        code: &TraceCode,
    ) -> Result<bool, DeskError> {
        let Some(prefix) = code.prefix() else {
            return Ok(!is_known_by_twenty(&found.article.trace_prefixes)
                && self.is_own_code_of(&found.sku, code)?);
        };
        if found.article.trace_prefixes.contains(&prefix) {
            return Ok(true);
        }
        let learnt = self.journal.reader().skus_of_prefix(&prefix)?;
        Ok(learnt.contains(&found.sku))
    }
}

/// Are packs of an article known by codes of twenty digits? Then a maker's own code is none of its.
pub(crate) fn is_known_by_twenty(prefixes: &[TracePrefix]) -> bool {
    prefixes.iter().any(|prefix| prefix.as_str().len() == 7)
}

/// Settings that hold the confirmed forms of makers' own codes, one a line, by article. They are not the
/// catalogue's: its next import leaves them.
const OWN_FORM_SETTING: &str = "own-form.";

/// The setting of an article.
pub(crate) fn own_form_setting(sku: &Sku) -> String {
    format!("{OWN_FORM_SETTING}{sku}")
}

impl Desk {
    /// Is a maker's own code of a form that was confirmed for this article?
    pub(crate) fn is_own_code_of(&self, sku: &Sku, code: &TraceCode) -> Result<bool, DeskError> {
        Ok(self.own_forms(sku)?.iter().any(|form| form.fits(code)))
    }

    /// The forms of makers' own codes that were confirmed for an article.
    pub(crate) fn own_forms(&self, sku: &Sku) -> Result<Vec<OwnForm>, DeskError> {
        let told = self.journal.reader().setting(&own_form_setting(sku))?;
        let told = told.unwrap_or_default();
        Ok(told.lines().filter_map(|line| line.parse().ok()).collect())
    }
}

/// What is kept of an article with a line that means it.
pub(crate) fn known(found: &ShopArticle) -> Known {
    Known {
        sku: Some(found.sku.clone()),
        code: found.article.code.clone(),
        name: Some(found.article.name.clone()),
        spec: found.article.spec.clone(),
        days: found.days,
        is_split: found.article.split == Split::Allowed,
        posted: found.price,
    }
}

impl Desk {
    /// What the catalogue said of a line when it was judged; what it says now of one that was not.
    pub(crate) fn known_line(&self, line: &BasketLine) -> Result<Known, DeskError> {
        match &line.known {
            Some(known) => Ok(known.clone()),
            None => {
                let found = self.find_article(&line.offered)?;
                Ok(found.as_ref().map(known).unwrap_or_default())
            }
        }
    }
}
