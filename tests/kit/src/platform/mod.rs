//! The insurer's platform, as far as a pharmacy sees it: a server on loopback that speaks the national
//! interface in the manner of a province, keeps books, and goes wrong when it is told to.
//!
//! In scope: 1101, 1901, 2001, 2101(A) to 2103(A), 2204 and 2206 to 2208 (and their A forms), 2601,
//! 3301, 3302, 3501 to 3507 and their A forms, 5203, 5204, 9001, 9002, 9101, 9102; every request and
//! every answer kept byte for byte; the same requests in the same order get the same bytes. Out of
//! scope: what a platform decides about persons and drugs; any other call is answered as one that
//! is not opened here.
//!
//! It has its own reading of every message, on purpose: it shares no parser with the agent.

mod books;
mod call;
mod clock;
mod fault;
mod fee;
mod file;
mod manner;
mod person;
mod record;
mod server;
mod settle;
mod stock;
mod value;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use books::{Settlement, Standing, StockRecord};
pub use clock::{Clock, START_MS, text as time_text};
pub use fault::{Deed, Fault, Hold, Moment, Release, Which};
pub use fee::Sums;
pub use manner::{ACCESS_KEY, Manner, PAAS_ID};
pub use person::{HUSBAND, Insured, RESIDENT, WIFE, everybody};
pub use record::{Exchange, PATIENCE, Record, Stage};
pub use wire::{Arrived, FILE_BLOCK, file_bytes, gzip};

use books::State;
use server::{Server, Shared};

/// A running platform; dropped, it lets everything go and closes.
#[derive(Debug)]
pub struct Platform {
    manner: Manner,
    shared: Arc<Shared>,
    server: Server,
}

impl Platform {
    /// Starts one on a port of its own.
    pub fn start(manner: Manner) -> Self {
        Self::with(manner, everybody())
    }

    /// The same where these persons are insured.
    pub fn with(manner: Manner, persons: Vec<Insured>) -> Self {
        let shared = Arc::new(Shared::new(State::new(manner, persons)));
        let server = Server::start(Arc::clone(&shared));
        Self {
            manner,
            shared,
            server,
        }
    }

    /// How it speaks.
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// What arrived and what was answered.
    pub fn record(&self) -> &Record {
        &self.shared.record
    }

    /// How many connections were ever made to it.
    pub fn connections(&self) -> usize {
        self.shared.connections()
    }

    /// How many bytes of files were handed to the system.
    pub fn file_bytes_sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> usize {
        self.shared.open_connections()
    }

    /// The next calls of this kind go wrong.
    pub fn break_next(&self, which: Which, calls: usize, fault: Fault) {
        let mut script = self.shared.script.lock().unwrap();
        script.add_fault(which, calls, fault);
    }

    /// The next calls of this kind are held where it says until the test lets them go.
    pub fn hold_next(&self, which: Which, calls: usize, moment: Moment) -> Hold {
        let hold = Hold::default();
        let mut script = self.shared.script.lock().unwrap();
        script.add_hold(which, calls, moment, hold.clone());
        hold
    }

    /// The next request is cut off before anything of it is read.
    pub fn cut_next_unread(&self) {
        let hold = self.hold_next(Which::Any, 1, Moment::Unread);
        hold.release(Release::Cut);
    }

    /// Closes the listener and every connection: who connects now is refused.
    pub fn refuse(&mut self) {
        self.server.close();
    }

    /// Listens again where it did.
    pub fn accept(&mut self) {
        self.server.open();
    }

    /// Every settlement and reversal, oldest first, whatever became of it.
    pub fn settlements(&self) -> Vec<Settlement> {
        self.shared.state.lock().unwrap().settlements.clone()
    }

    /// How often something was settled or taken back under a message id.
    pub fn times_settled(&self, msgid: &str) -> usize {
        let settlements = self.settlements();
        let under = settlements
            .iter()
            .filter(|settlement| settlement.msgid == msgid);
        under.count()
    }

    /// Every stock record that was taken and not deleted.
    pub fn stock(&self) -> Vec<StockRecord> {
        self.shared.state.lock().unwrap().stock.clone()
    }

    /// What a person's account holds, in fen.
    pub fn balance(&self, psn_no: &str) -> i64 {
        let state = self.shared.state.lock().unwrap();
        state.insured(psn_no).expect("somebody insured").balance
    }

    /// Keeps a file for 9102 under this number.
    pub fn keep_file(&self, number: &str, size: u64) {
        let mut state = self.shared.state.lock().unwrap();
        state.files.insert(number.to_owned(), size);
    }
}
