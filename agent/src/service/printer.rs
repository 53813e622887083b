//! Carries slips from the desk to the printer.
//!
//! In scope: for every sale that the desk names, its slip, laid out beside the desk, and what became of
//! it; whether the printer prints. Nothing here holds up a settlement: the desk names a sale once its
//! list is recorded, and goes on.

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::config::PrinterConfig;
use crate::failure::Failure;
use pharmacy_base::machine::Machine;
use pharmacy_base::text;
use pharmacy_desk::setup::PrintOn;
use pharmacy_desk::{DeskError, DeskHandle};
use pharmacy_device::address::Address;
use pharmacy_device::paper::{Charset, Content, Paper, layout};
use pharmacy_device::printer::{Cut, Printer, PrinterError, Settings, encode};
use pharmacy_protocol::term::SaleId;

/// Most sales whose slip waits to be laid out; a busy hour's.
const WAITING_SLIPS: usize = 256;

/// How slips are made for a printer.
#[derive(Clone, Copy)]
struct Form {
    paper: Paper,
    charset: Charset,
    cut: Cut,
    copies: u8,
}

/// A printer, and when slips go there.
pub(super) struct SlipPrinter {
    printer: Printer,
    form: Form,
    on: PrintOn,
}

/// Starts the printer's owner; nothing is opened before the first slip.
pub(super) fn open(
    config: &PrinterConfig,
    machine: &Machine,
) -> Result<Option<SlipPrinter>, Failure> {
    let Some(device) = config.device.as_deref().filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let address: Address = device
        .parse()
        .map_err(|error| Failure::of("printer.address", &error))?;
    let printer = Printer::start(Box::new(address), Settings::default(), machine)
        .map_err(|error| Failure::of("agent.runtime", &error))?;
    let form = Form {
        // The configuration was checked: it is one of the two.
        paper: config.paper().unwrap_or_default(),
        charset: config.charset(),
        cut: if config.cut { Cut::Knife } else { Cut::Tear },
        copies: config.copies,
    };
    Ok(Some(SlipPrinter {
        printer,
        form,
        on: config.print,
    }))
}

impl SlipPrinter {
    pub(super) fn serve(
        self,
        desk: DeskHandle,
        tasks: &mut JoinSet<()>,
        stopped: watch::Receiver<bool>,
    ) {
        tasks.spawn(print_slips(self, desk, stopped));
    }
}

/// What became of a sale's slip.
type Ended = (SaleId, Result<(), &'static str>);

async fn print_slips(printer: SlipPrinter, desk: DeskHandle, mut stopped: watch::Receiver<bool>) {
    let (sender, mut sales) = mpsc::channel(WAITING_SLIPS);
    hear(desk.send_slips(sender, printer.on).await);
    let handle = printer.printer.handle();
    let mut changes = handle.changes();
    let mut slips: JoinSet<Ended> = JoinSet::new();
    let mut problem = None;
    loop {
        tokio::select! {
            () = crate::door::stop::told(&mut stopped) => break,
            Ok(()) = changes.changed() => {
                let now = changes.borrow_and_update().problem;
                if now != problem {
                    problem = now;
                    hear(desk.hear_printer(problem).await);
                }
            }
            Some(sale) = sales.recv() => {
                let bytes = prepare(&desk, sale.clone(), printer.form).await;
                let handle = handle.clone();
                // In this order: the owner's queue keeps it.
                let printing = bytes.map(|bytes| handle.print(bytes));
                slips.spawn(async move {
                    let outcome = match printing {
                        Ok(printing) => printing.await.unwrap_or(Err(PrinterError::Stopped)),
                        Err(error) => return (sale, Err(error.code())),
                    };
                    (sale, outcome.map_err(|error| error.code()))
                });
            }
            Some(ended) = slips.join_next() => {
                if let Ok((sale, outcome)) = ended {
                    hear(desk.slip_ended(sale, outcome).await);
                }
            }
        }
    }
}

/// The bytes of a sale's slips.
async fn prepare(desk: &DeskHandle, sale: SaleId, form: Form) -> Result<Vec<u8>, DeskError> {
    let content = desk.slip(sale).await?;
    let bytes = tokio::task::spawn_blocking(move || bytes_of(&content, form)).await;
    bytes.map_err(|_| DeskError::Busy)
}

fn bytes_of(content: &Content, form: Form) -> Vec<u8> {
    let page = layout(content, form.paper, form.charset);
    if page.replaced > 0 {
        tracing::warn!(
            count = page.replaced,
            "characters that the printer lacks were replaced"
        );
    }
    encode(&page, form.charset, form.cut).repeat(form.copies.into())
}

/// The desk may be busy or stopping; the log has it then.
fn hear(told: Result<(), DeskError>) {
    if let Err(error) = told {
        tracing::error!(code = error.code(), "{}", text::chain(&error));
    }
}
