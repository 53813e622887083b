//! The agent's state, as tills, shop managers and technicians ask for it.

use pharmacy_decision::verdict::PackVersion;
use pharmacy_protocol::term::{Infno, TillNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::list::budget::{OverBudget, over_budget};
use crate::seat::Tally;
use crate::stage::stage_word;
use crate::tally::TALLY_SETTING;
use crate::understood::{Seen, Understood, setting_of};
use crate::{Desk, DeskError, Reply};
use pharmacy_journal::LogView;

/// The agent's state.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct StatusView {
    /// Program version.
    pub version: String,
    /// The log's origin line.
    pub origin: String,
    /// Entries in the log.
    pub entries: u64,
    /// The rule pack in force.
    #[schema(value_type = Object)]
    pub pack: PackVersion,
    /// `commissioning` or `operating`.
    pub stage: String,
    /// Articles in the catalogue; none when nothing was imported.
    pub articles: Option<u64>,
    /// State of the card reader: `none`, `absent`, `opening`, `ready` or `faulted`.
    pub reader: String,
    /// State of the scanner, likewise, or `yielded` while another program has its port.
    pub scanner: String,
    /// Attempts without outcome.
    pub in_doubt: u64,
    /// How well settlements of each till that calls through the gateway can be read.
    pub gateway: Vec<GatewayView>,
    /// Rules that were released more often this month than the pack foresees.
    #[serde(default)]
    pub released_beyond: Vec<OverBudget>,
}

/// How well settlements of a till can be read.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct GatewayView {
    /// The till.
    #[schema(value_type = String)]
    pub till: TillNumber,
    /// Accepted settlements that could be read and were judged.
    pub readable: u64,
    /// Accepted settlements that could not be read and passed unjudged.
    pub unreadable: u64,
    /// Was the newest one of those?
    pub is_last_unread: bool,
    /// Call numbers that were read often enough: what cannot be read of them is refused while operating.
    #[schema(value_type = Vec<String>)]
    pub must_be_read: Vec<Infno>,
    /// What could not be read, by how it looks from outside.
    pub shapes: Vec<ShapeView>,
}

/// Settlements that could not be read and look alike.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ShapeView {
    /// A short name of the shape, the same at every till.
    pub digest: String,
    /// Call number; none where neither body nor path tells.
    #[schema(value_type = Option<String>)]
    pub infno: Option<Infno>,
    /// Path, without what may name somebody.
    pub path: String,
    /// Media type.
    pub media: String,
    /// Content coding.
    pub coding: String,
    /// Why it cannot be read.
    pub reason: String,
    /// How many were accepted.
    pub count: u64,
}

impl From<&Seen> for ShapeView {
    fn from(seen: &Seen) -> Self {
        let shape = &seen.shape;
        Self {
            digest: shape.digest(),
            infno: shape.infno.clone(),
            path: shape.path.clone(),
            media: shape.media.clone(),
            coding: shape.coding.clone(),
            reason: shape.reason.clone(),
            count: seen.count,
        }
    }
}

impl GatewayView {
    fn new(till: TillNumber, tally: &Tally, understood: &Understood) -> Self {
        Self {
            till,
            readable: tally.readable,
            unreadable: tally.unreadable,
            is_last_unread: tally.is_last_unread,
            must_be_read: understood.known().cloned().collect(),
            shapes: understood.unread().iter().map(ShapeView::from).collect(),
        }
    }

    /// The part of settlements that could be read, in percent; none before the first one.
    pub fn parse_rate(&self) -> Option<f64> {
        let all = self.readable.saturating_add(self.unreadable);
        let precise = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        (all > 0).then(|| precise(self.readable) * 100.0 / precise(all))
    }
}

/// What the last run of the agent, or the running one a few seconds ago, knew of the tills.
pub fn kept_tallies(view: &LogView, tills: &[TillNumber]) -> Result<Vec<GatewayView>, DeskError> {
    let mut views = Vec::new();
    for till in tills {
        let name = format!("{TALLY_SETTING}{till}");
        if let Some(kept) = view.reader().setting(&name)? {
            let tally: Tally = serde_json::from_str(&kept)?;
            let understood = view.reader().setting(&setting_of(till))?;
            let understood = understood.as_deref().map(Understood::parse).transpose()?;
            let understood = understood.unwrap_or_default();
            views.push(GatewayView::new(till.clone(), &tally, &understood));
        }
    }
    Ok(views)
}

impl Desk {
    pub(crate) fn status(
        &mut self,
        reader: &'static str,
        scanner: &'static str,
    ) -> Result<Reply, DeskError> {
        self.refresh_catalogue()?;
        let stage = stage_word(self.stage(self.clock.now_ms()));
        let articles = self.catalogue.as_ref().map(|catalogue| catalogue.count());
        let in_doubt = self.journal.reader().in_doubt_sales()?.len();
        let view = StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: self.journal.origin().to_string(),
            entries: self.journal.size()?,
            pack: self.pack.version().clone(),
            stage: stage.to_owned(),
            articles,
            reader: reader.to_owned(),
            scanner: scanner.to_owned(),
            in_doubt: u64::try_from(in_doubt).unwrap_or(u64::MAX),
            gateway: self.gateway_views(),
            released_beyond: over_budget(&self.journal.reader(), &self.pack, self.clock.today())?,
        };
        Reply::json(200, &view)
    }

    fn gateway_views(&self) -> Vec<GatewayView> {
        let till = self.setup.till.clone();
        let mut views = Vec::new();
        for till in std::iter::once(till.number).chain(till.enrolled) {
            let seat = self.memory.seats.find_seat(&till);
            let seat = seat.filter(|seat| seat.tally.readable > 0 || seat.tally.unreadable > 0);
            if let Some(seat) = seat {
                views.push(GatewayView::new(till, &seat.tally, &seat.understood));
            }
        }
        views
    }
}
