//! The agent's state, as tills, shop managers and technicians ask for it.

use pharmacy_decision::verdict::PackVersion;
use pharmacy_protocol::term::TillNumber;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::seat::Tally;
use crate::stage::stage_word;
use crate::tally::TALLY_SETTING;
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
}

/// How well settlements of a till can be read.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct GatewayView {
    /// The till.
    #[schema(value_type = String)]
    pub till: TillNumber,
    /// Settlements that could be read and were judged.
    pub readable: u64,
    /// Settlements that could not be read and passed unjudged.
    pub unreadable: u64,
    /// Could all of the newest ones be read, so that rules may refuse at this till?
    pub enforceable: bool,
}

impl GatewayView {
    fn new(till: TillNumber, tally: &Tally) -> Self {
        Self {
            till,
            readable: tally.readable,
            unreadable: tally.unreadable,
            enforceable: !tally.is_degraded(),
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
            views.push(GatewayView::new(till.clone(), &tally));
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
        };
        Reply::json(200, &view)
    }

    fn gateway_views(&self) -> Vec<GatewayView> {
        let till = self.setup.till.clone();
        let mut views = Vec::new();
        for till in std::iter::once(till.number).chain(till.enrolled) {
            let seat = self.memory.seats.find_seat(&till);
            let tally = seat.map(|seat| &seat.tally);
            if let Some(tally) = tally.filter(|tally| tally.readable > 0 || tally.unreadable > 0) {
                views.push(GatewayView::new(till, tally));
            }
        }
        views
    }
}
