//! The store's standing with the bureau: agreement, licences, filed facts, staffing, and what is due.
//!
//! In scope: reading and recording the register, filling the facts of a verdict from it, and what the
//! pages and the board show of it. Out of scope: what the register's nouns mean and which dates call
//! for somebody (`core::standing`), who types it in (`cli`).
//!
//! What the register says goes before `[store.standing]`; what neither says is missing, never assumed.

use std::sync::Arc;

use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::Store;
use pharmacy_protocol::record::PAPER;
use pharmacy_protocol::term::EntryIndex;
use zeroize::Zeroizing;

use crate::core::staff::{Member, Staffing};
use crate::core::standing::reminder::{Leads, Line, Outlook, Urgency};
use crate::core::standing::{Change, Document, DocumentType, Paper, PaperSeen, Position, Register};
use crate::setup::StoreConfig;
use crate::staff::members;
use crate::step::{bytes, part};
use crate::{Desk, DeskError, DeskHandle};
use pharmacy_base::clock::day_of;
use pharmacy_journal::store::{RegisterKind, RegisterRow};
use pharmacy_journal::{Draft, DraftPart, Journal, Keys, LogView, RowName, told_register};
use pharmacy_protocol::digest::{hex, sha256};

/// The register is one row: its facts are read together, at every verdict.
const ROW: &str = "store";

/// How that row is bound when it is sealed.
const ROW_NAME: RowName<'static> = RowName::Register(RegisterKind::Standing, ROW);

/// Alarms are looked at again after this long: what they rest on changes with the day, and seldom
/// otherwise.
const ALARMS_MS: i64 = 60_000;

/// The standing as it is on a day.
#[derive(Clone, Debug)]
pub struct Outline {
    pub register: Arc<Register>,
    pub position: Position,
    /// Every fact, the most pressing first.
    pub lines: Vec<Line>,
}

impl Outline {
    /// What register and configuration say on a day.
    pub fn of(view: &LogView, store: &StoreConfig, today: Date) -> Result<Self, DeskError> {
        let members = members(view)?;
        Ok(Self::over(read_standing(view)?, &members, store, today))
    }

    fn over(register: Arc<Register>, members: &[Member], store: &StoreConfig, today: Date) -> Self {
        let calendar = &store.calendar.days;
        let position =
            register.position(told(store, Staffing::of(members, today)), calendar, today);
        let outlook = Outlook {
            register: &register,
            position: &position,
            members,
            calendar,
            leads: leads(store),
            today,
        };
        let lines = outlook.lines();
        Self {
            register,
            position,
            lines,
        }
    }
}

fn leads(store: &StoreConfig) -> Leads {
    Leads {
        agreement_months: store.reminders.agreement_months,
        licence_days: store.reminders.licence_days,
        business_licence_days: store.reminders.business_licence_days,
        contract_days: store.reminders.contract_days,
    }
}

/// What `agent.toml` says; how many people there are, the staff's register once it is kept (R32).
fn told(store: &StoreConfig, staffing: Staffing) -> Position {
    let standing = &store.standing;
    let counted = |count, told| {
        if staffing.is_kept { Some(count) } else { told }
    };
    Position {
        agreement: standing.agreement,
        agreement_until: standing.agreement_until,
        licence_until: standing.licence_until,
        business_licence_until: standing.business_licence_until,
        premises: standing.premises,
        unfiled_change_days: standing.unfiled_change_days,
        insurance_managers: counted(staffing.managers, standing.insurance_managers),
        pharmacists: counted(staffing.pharmacists, standing.pharmacists),
    }
}

fn open_register(keys: &Keys, row: Option<&RegisterRow>) -> Result<Register, DeskError> {
    match row {
        Some(row) => Ok(serde_json::from_slice(
            &keys.open_row(&ROW_NAME, &row.state)?,
        )?),
        None => Ok(Register::default()),
    }
}

/// The register as it stands; empty where nothing was registered.
pub fn read_standing(view: &LogView) -> Result<Arc<Register>, DeskError> {
    let row = view.reader().register(RegisterKind::Standing, ROW)?;
    open_register(view.keys(), row.as_ref()).map(Arc::new)
}

/// Records a change of the register, on what it is by then: another command may have changed it.
/// `about` is the entry of a document, where one comes with it.
pub fn record_standing(
    journal: &mut Journal,
    change: &Change,
    about: Option<EntryIndex>,
    today: Date,
) -> Result<EntryIndex, DeskError> {
    let (rest, named) = change.apart();
    let mut draft = Draft::of(&rest)?;
    if let Some(named) = named {
        draft = draft.with(part(&named)?);
    }
    let draft = draft.resting_on(about);
    let keys = journal.keys().clone();
    let recorded = journal.record(draft, |transaction, index| {
        let row = transaction.register(RegisterKind::Standing, ROW)?;
        let mut register = open_register(&keys, row.as_ref())?;
        register.apply(change.clone(), today)?;
        let state = bytes(&register)?;
        let row = RegisterRow {
            name: ROW.to_owned(),
            state: keys.seal_row(&ROW_NAME, &state)?,
            entry: index,
        };
        let told = told_register(RegisterKind::Standing, &state)?;
        transaction.put_register(RegisterKind::Standing, &row, Some(told))?;
        Ok::<_, DeskError>(())
    })?;
    Ok(recorded.index())
}

/// Records a document and attaches it. A scanned licence names persons: its bytes lie in a part of
/// their own, and the register keeps their digest.
pub fn record_document(
    journal: &mut Journal,
    to: Paper,
    content: Zeroizing<Vec<u8>>,
    today: Date,
) -> Result<EntryIndex, DeskError> {
    let media_type = DocumentType::of(&content)?;
    let mut register = Register::clone(&*read_standing(journal)?);
    register.takes(to)?;
    let digest = hex(&sha256(&content));
    let record = PaperSeen {
        to,
        media_type,
        digest: digest.clone(),
        bytes: content.len(),
    };
    let draft = Draft::of(&record)?.with(DraftPart::holding(PAPER, content));
    let entry = journal.note(draft)?.index();
    let document = Document {
        digest,
        entry,
        media_type,
    };
    record_standing(
        journal,
        &Change::Attached { to, document },
        Some(entry),
        today,
    )
}

impl Desk {
    /// The register; empty where nothing was registered.
    fn register(&self) -> Result<Arc<Register>, DeskError> {
        let row = self
            .journal
            .reader()
            .register(RegisterKind::Standing, ROW)?;
        let opened = self
            .standing
            .open(row, |row| open_register(self.journal.keys(), Some(row)))?;
        Ok(opened.into_iter().next().unwrap_or_default())
    }

    fn outline(&self, now_ms: i64) -> Result<Outline, DeskError> {
        let (register, members) = (self.register()?, members(&self.journal)?);
        let today = day_of(now_ms);
        Ok(Outline::over(register, &members, &self.setup.store, today))
    }

    /// Fills what is known of the store's standing today.
    pub(crate) fn fill_standing(&self, store: &mut Store, now_ms: i64) -> Result<(), DeskError> {
        let config = &self.setup.store;
        let (calendar, today) = (&config.calendar.days, day_of(now_ms));
        let told = told(config, self.staffing(today)?);
        let position = self.register()?.position(told, calendar, today);
        store.agreement = Fact::from_option(position.agreement);
        store.agreement_until = Fact::from_option(position.agreement_until);
        store.licence_until = Fact::from_option(position.licence_until);
        store.business_licence_until = Fact::from_option(position.business_licence_until);
        store.premises = Fact::from_option(position.premises);
        store.unfiled_change_days = Fact::from_option(position.unfiled_change_days);
        store.insurance_managers = Fact::from_option(position.insurance_managers);
        store.pharmacists = Fact::from_option(position.pharmacists);
        Ok(())
    }

    /// What of the standing is over or against what must be, as keys of the text catalogue.
    pub(crate) fn standing_alarms(&self, now_ms: i64) -> Result<Vec<&'static str>, DeskError> {
        if let Some((looked_ms, alarms)) = &*self.alarms.borrow()
            && now_ms.abs_diff(*looked_ms) < ALARMS_MS.unsigned_abs()
        {
            return Ok(alarms.clone());
        }
        let lines = self.outline(now_ms)?.lines;
        let over = lines.iter().filter(|line| line.urgency == Urgency::Over);
        let alarms: Vec<_> = over.map(|line| line.what).collect();
        *self.alarms.borrow_mut() = Some((now_ms, alarms.clone()));
        Ok(alarms)
    }

    fn standing_items(&self) -> Result<Vec<StandingItem>, DeskError> {
        let lines = self.outline(self.clock.now_ms())?.lines;
        Ok(lines.into_iter().map(item).collect())
    }
}

fn item(line: Line) -> StandingItem {
    StandingItem {
        what: line.what,
        value: line.value,
        days_left: line.days_left,
        is_due: matches!(line.urgency, Urgency::Over | Urgency::Due),
        is_uncertain: line.is_uncertain,
    }
}

impl DeskHandle {
    /// The standing, as the page shows it, what is due first.
    pub async fn standing(&self) -> Result<Vec<StandingItem>, DeskError> {
        self.run(|desk| desk.standing_items()).await
    }
}

/// A fact of the store's standing with the bureau, as the page shows it.
#[derive(Clone, Debug)]
pub struct StandingItem {
    /// What it is: a key of the text catalogue.
    pub what: &'static str,
    /// Its value or last day, as text.
    pub value: String,
    /// Days that are left, in Chinese working days where the law counts so; negative when over.
    pub days_left: Option<i64>,
    pub is_due: bool,
    /// Is the calendar of a year in between not known?
    pub is_uncertain: bool,
}
