//! Entries about the agent itself: start, stop, liveness, configuration; and what a start finds.

mod group;
mod rows;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use pharmacy_decision::facts::Arrival;
use pharmacy_decision::pack::Pack;
use pharmacy_decision::record::sale::Why;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::record::outcome::Outcome;
use pharmacy_protocol::record::store::{
    Alive, CatalogueImport, Effective, PackVersion, Running, Stopped,
};
use tokio::sync::oneshot;

use crate::gate::{EARLY_MS, INSURED_MS};
use crate::kept::Kept;
use crate::knob::{InForce, KNOBS_SETTING, Knobs, Panel};
use crate::memory::{Memory, Staged};
use crate::reopened::REOPENED_SETTING;
use crate::stage::stage_word;
use crate::step::{Step, part};
use crate::{CATALOGUE_ENTRY_SETTING, CATALOGUE_SETTING, Desk, DeskError, DeskHandle, Setup};
use pharmacy_base::clock::Clock;
use pharmacy_base::worker::{Panicked, Worker, Workers};
use pharmacy_catalogue::Built;
use pharmacy_catalogue::file::Catalogue;
use pharmacy_journal::store::SaleRow;
use pharmacy_journal::{Draft, Journal};

/// Records an imported catalogue and switches to it, if it can be opened: the one who built it may have
/// been overtaken by another import. A running agent follows at its next request.
pub fn activate_catalogue(journal: &mut Journal, built: &Built) -> Result<(), DeskError> {
    let name = built
        .path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    drop(Catalogue::open(&built.path)?);
    let counts = &built.counts;
    let record = CatalogueImport {
        source: built.digest.to_string(),
        catalogue: built.file_digest.to_string(),
        rows: counts.rows,
        articles: counts.articles,
        codes: counts.codes,
        barcodes: counts.barcodes,
        trace_prefixes: counts.trace_prefixes,
    };
    let _ = journal.record(Draft::of(&record)?, |transaction, index| {
        transaction.put_setting(CATALOGUE_SETTING, name)?;
        Ok::<_, DeskError>(transaction.put_setting(CATALOGUE_ENTRY_SETTING, &index.to_string())?)
    })?;
    remove_older(&built.path);
    Ok(())
}

/// Removes catalogues that are no longer in use. A running agent may still have one open; where the
/// system refuses to remove an open file, the next import does.
fn remove_older(current: &Path) {
    let Some(folder) = current.parent() else {
        return;
    };
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = file.file_name();
        let name = name.to_string_lossy();
        let is_catalogue = name.starts_with("catalogue-") && name.ends_with(".db");
        if is_catalogue && file.path() != current {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// The setting that holds the digest of the rule pack in force.
const PACK_SETTING: &str = "pack";

/// A sale of the local API that nobody touched for this long is abandoned. Its packs go before, to whoever
/// has them in hand.
const FORGOTTEN_MS: i64 = 4 * 60 * 60 * 1000;

/// The answer to a call that passed is kept for this long, for a till that asks again.
const ANSWERS_MS: i64 = 7 * 24 * 60 * 60 * 1000;

impl Desk {
    /// Records configuration and start; attempts that were under way are in doubt from now on, and what passed
    /// unread is a finding.
    pub fn record_start(&mut self) -> Result<(), DeskError> {
        self.record_configuration()?;
        let start = self.running(None);
        self.note(Draft::new(EntryKind::Start, part(&start)?))?;
        let pack = self.pack.version().clone();
        self.record_pack(&pack)?;
        for row in self.journal.reader().in_doubt_sales()? {
            self.doubt(&row)?;
        }
        self.report_interrupted()
    }

    fn running(&self, effective: Option<Effective>) -> Running {
        Running {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            semantics: pharmacy_decision::SEMANTICS,
            pack: self.pack.version().clone(),
            configuration: self.setup.configured.digest.clone(),
            effective,
        }
    }

    /// What of the configuration is followed from now on.
    fn follow(&mut self) {
        let at = self.moment();
        let panel = Panel {
            setup: &self.setup,
            pack: &self.pack,
            at,
            is_over: self.commissioned_until_ms <= at.now_ms,
        };
        self.in_force = self.knobs.follow(&panel);
    }

    /// Records what the configuration comes to.
    fn record_configuration(&mut self) -> Result<(), DeskError> {
        self.follow();
        let stage = self.stage(self.clock.now_ms());
        let rules = self.pack.rules().iter();
        let stances = rules.map(|rule| {
            let own = self.in_force.stances.get(rule.id()).copied();
            let stance = rule.stance_at(stage, own);
            (rule.id().to_owned(), stance.as_str().to_owned())
        });
        let till = &self.setup.till;
        let arrives = self.setup.trace.arrives.map(|arrives| match arrives {
            Arrival::After => "after",
            Arrival::Before => "before",
            Arrival::Within => "within",
        });
        let effective = Effective {
            stage: stage_word(stage).to_owned(),
            stances: stances.collect(),
            trace_codes: arrives.map(str::to_owned),
            tills: std::iter::once(&till.number)
                .chain(&till.enrolled)
                .cloned()
                .collect(),
            doors: self.setup.configured.doors.clone(),
            devices: self.setup.configured.devices.clone(),
            lowered: self.knobs.told().to_vec(),
        };
        let record = self.running(Some(effective));
        let knobs = self.knobs.serialize()?;
        let draft = Draft::new(EntryKind::Configuration, part(&record)?);
        let _ = self.record(draft, |transaction, _| {
            transaction.put_setting(KNOBS_SETTING, &knobs)?;
            Ok(Staged::new(()))
        })?;
        self.memory.stage_on_record = Some(stage);
        Ok(())
    }

    /// Records stage and stances when they changed while the agent runs: rules refuse from then on.
    fn record_stage(&mut self) -> Result<(), DeskError> {
        let before = self.in_force.clone();
        self.follow();
        let stage = self.stage(self.clock.now_ms());
        let known = self.memory.stage_on_record;
        if known.is_some_and(|known| known != stage || before != self.in_force) {
            self.record_configuration()?;
            self.memory.judge_all_again();
        }
        Ok(())
    }

    /// Records the rule pack when it is not the one of the last start.
    fn record_pack(&mut self, pack: &PackVersion) -> Result<(), DeskError> {
        if self.journal.reader().setting(PACK_SETTING)?.as_deref() == Some(&pack.digest) {
            return Ok(());
        }
        let _ = self.record(Draft::of(pack)?, |transaction, _| {
            transaction.put_setting(PACK_SETTING, &pack.digest)?;
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    /// Records a stop that was asked for.
    pub fn record_stop(&mut self) -> Result<(), DeskError> {
        self.keep_tallies()?;
        self.report_early(0)?;
        self.note(Draft::of(&Stopped {})?)?;
        Ok(())
    }

    /// After a crash nobody knows whether an announced call left.
    fn doubt(&mut self, row: &SaleRow) -> Result<(), DeskError> {
        let (mut sale, _) = self.open_row(row)?;
        if sale.doubt_intended() {
            let record = part(&Outcome::Doubted {
                attempts: sale.attempts.clone(),
            })?;
            let _ = self.record_step(sale, Step::new(EntryKind::Outcome, record))?;
        }
        Ok(())
    }

    /// Abandons sales that nobody touched for hours.
    fn abandon_forgotten(&mut self, now_ms: i64) -> Result<(), DeskError> {
        for row in self.journal.reader().open_sales()? {
            if now_ms.saturating_sub(row.updated_ms) < FORGOTTEN_MS {
                continue;
            }
            let (sale, _) = self.open_row(&row)?;
            self.give_up(sale, Why::Forgotten)?;
        }
        Ok(())
    }

    /// Records that the agent is alive; forgets whom the platform named, and answers that nobody will ask
    /// for again.
    fn record_alive(&mut self) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        let at = self.moment();
        // What is open or lowered for a time ends in time, whatever becomes of the clock until the next start.
        let knobs = self.knobs.pass(at).then(|| self.knobs.serialize());
        let is_open = self.memory.reopened.pass(at, self.pack.unread());
        let reopened = is_open.then(|| self.memory.reopened.serialize());
        let (knobs, reopened) = (knobs.transpose()?, reopened.transpose()?);
        let _ = self.record(Draft::of(&Alive {})?, |transaction, _| {
            if let Some(knobs) = &knobs {
                transaction.put_setting(KNOBS_SETTING, knobs)?;
            }
            if let Some(reopened) = &reopened {
                transaction.put_setting(REOPENED_SETTING, reopened)?;
            }
            transaction.remove_old_insured(now_ms.saturating_sub(INSURED_MS))?;
            transaction.remove_old_relayed_calls(now_ms.saturating_sub(ANSWERS_MS))?;
            Ok(Staged::new(()))
        })?;
        Ok(())
    }
}

impl DeskHandle {
    /// Publishes the checkpoint if the log has grown, and sees to what came due: codes that did not come,
    /// sales that nobody touches, readers of a day that is over.
    pub async fn publish(&self) -> Result<(), DeskError> {
        self.run(|desk| {
            desk.record_stage()?;
            desk.report_overdue()?;
            desk.report_new_readers()?;
            desk.report_early(EARLY_MS)?;
            desk.give_up_idle()?;
            desk.keep_tallies()?;
            if desk.journal.published_size() < desk.journal.size()? {
                desk.journal.publish()?;
            }
            Ok(())
        })
        .await
    }

    /// Records that the agent is alive, abandons forgotten sales, and ends shifts that lapsed.
    pub async fn record_liveness(&self) -> Result<(), DeskError> {
        self.run(|desk| {
            desk.record_alive()?;
            desk.abandon_forgotten(desk.clock.now_ms())?;
            desk.report_incomplete_prescriptions()?;
            let _ = desk.archive_expired_prescriptions()?;
            desk.end_lapsed_shifts()?;
            desk.report_unsigned()
        })
        .await
    }
}

impl Desk {
    /// A desk over an open journal.
    pub fn new(
        journal: Journal,
        pack: Arc<Pack>,
        clock: Arc<dyn Clock>,
        setup: Setup,
    ) -> Result<Self, DeskError> {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let days = i64::from(pack.commissioning_days());
        let created_ms = journal.reader().find_log()?.map_or(0, |log| log.created_ms);
        let commissioned_until_ms = created_ms.saturating_add(days * DAY_MS);
        let mut desk = Self {
            journal,
            catalogue: None,
            catalogue_named: None,
            pack,
            clock,
            setup,
            commissioned_until_ms,
            knobs: Knobs::default(),
            in_force: InForce::default(),
            memory: Memory::default(),
            staff: Kept::default(),
            standing: Kept::default(),
            alarms: RefCell::default(),
        };
        desk.refresh_catalogue()?;
        desk.load_tallies()?;
        desk.load_understood()?;
        desk.load_reopened()?;
        desk.load_new_readers()?;
        if let Some(kept) = desk.journal.reader().setting(KNOBS_SETTING)? {
            desk.knobs = Knobs::parse(&kept)?;
        }
        desk.follow();
        Ok(desk)
    }
}

/// The desk's thread.
pub struct DeskThread {
    worker: Worker,
    desk_back: oneshot::Receiver<Desk>,
}

impl DeskThread {
    /// Waits for its end, and takes the desk.
    pub fn join(mut self) -> Result<Desk, Panicked> {
        self.worker.join()?;
        self.desk_back.try_recv().map_err(|_| Panicked)
    }
}

impl DeskHandle {
    /// Starts the desk's thread. It ends when every handle is dropped, and gives the desk back.
    pub fn start(mut desk: Desk, workers: &dyn Workers) -> std::io::Result<(Self, DeskThread)> {
        let (handle, mut jobs, tell) = Self::to(&desk)?;
        let (give_back, desk_back) = oneshot::channel();
        let work = move || {
            while let Some(job) = jobs.blocking_recv() {
                if desk.run_group(job, &mut jobs) {
                    tell.send_modify(|number| *number = number.wrapping_add(1));
                }
            }
            // Nobody may want it back.
            let _ = give_back.send(desk);
        };
        let thread = DeskThread {
            worker: workers.start("desk", Box::new(work))?,
            desk_back,
        };
        Ok((handle, thread))
    }
}
