//! Slips: where they go, and which did not get there.

use std::collections::BTreeMap;

use pharmacy_protocol::term::SaleId;
use tokio::sync::mpsc;

use crate::SlipError;
use crate::setup::PrintOn;

/// Where slips go, and which did not get there.
#[derive(Default)]
pub(crate) struct Slips {
    pub(crate) printer: Option<(mpsc::Sender<SaleId>, PrintOn)>,
    /// Why the printer does not print.
    pub(crate) problem: Option<&'static str>,
    /// Sales whose slip was not printed, and why not.
    pub(crate) unprinted: BTreeMap<u64, (SaleId, &'static str)>,
}

impl Slips {
    /// A list was recorded.
    pub(crate) fn settled(&mut self, sale: &SaleId) {
        if let Some((_, PrintOn::Settled)) = self.printer
            && let Err(error) = self.queue(sale)
        {
            self.failed(sale, error.code());
        }
    }

    pub(crate) fn queue(&mut self, sale: &SaleId) -> Result<(), SlipError> {
        let (slips, _) = self.printer.as_ref().ok_or(SlipError::NoPrinter)?;
        slips
            .try_send(sale.clone())
            .map_err(|_| SlipError::QueueFull)
    }

    pub(crate) fn failed(&mut self, sale: &SaleId, code: &'static str) {
        self.unprinted.insert(sale.counter(), (sale.clone(), code));
    }

    /// What the board must not overlook.
    pub(crate) fn alarms(&self) -> impl Iterator<Item = &'static str> {
        let unprinted = (!self.unprinted.is_empty()).then_some("slip.unprinted");
        self.problem.into_iter().chain(unprinted)
    }
}
