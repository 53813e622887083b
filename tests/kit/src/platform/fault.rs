//! What a test tells the platform to do wrong, and to which calls.
//!
//! ```text
//! bytes arrive ─► read ─► [hold: unacted] ─► act ─► [hold: unanswered] ─► answer
//! [hold: unread]                 │ Fault says whether it acts, and how the answer breaks
//! ```

use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use super::record::PATIENCE;

/// Was a call carried out although its answer breaks?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deed {
    /// It was: money moved.
    Done,
    /// It was not.
    Undone,
}

/// How a call goes wrong. Where no [`Deed`] is given the call was carried out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The answer comes twice on the same connection.
    AnswerTwice,
    /// The connection is cut in the middle of the answer.
    CutInAnswer,
    /// The connection is cut without an answer.
    CutUnanswered(Deed),
    /// HTTP 200 with a body that is no message.
    Garbage(Deed),
    /// This HTTP status, with a page of a web server.
    HttpStatus(u16, Deed),
    /// Bytes that are no HTTP, then the end.
    NotHttp(Deed),
    /// A length greater than the body, then the end.
    WrongLength,
}

impl Fault {
    /// Every fault, each deed apart.
    pub const ALL: [Self; 11] = [
        Self::AnswerTwice,
        Self::CutInAnswer,
        Self::CutUnanswered(Deed::Done),
        Self::CutUnanswered(Deed::Undone),
        Self::Garbage(Deed::Done),
        Self::Garbage(Deed::Undone),
        Self::HttpStatus(500, Deed::Done),
        Self::HttpStatus(502, Deed::Undone),
        Self::NotHttp(Deed::Done),
        Self::NotHttp(Deed::Undone),
        Self::WrongLength,
    ];

    /// Whether the call is carried out.
    pub fn deed(self) -> Deed {
        match self {
            Self::AnswerTwice | Self::CutInAnswer | Self::WrongLength => Deed::Done,
            Self::CutUnanswered(deed)
            | Self::Garbage(deed)
            | Self::HttpStatus(_, deed)
            | Self::NotHttp(deed) => deed,
        }
    }
}

/// Which calls are meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Which {
    /// Whichever comes.
    Any,
    /// Calls of this number.
    Infno(String),
    /// The call under this message id.
    Msgid(String),
}

impl Which {
    /// Calls of this number.
    pub fn infno(infno: &str) -> Self {
        Self::Infno(infno.to_owned())
    }

    fn means(&self, infno: Option<&str>, msgid: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Infno(meant) => infno == Some(meant),
            Self::Msgid(meant) => msgid == Some(meant),
        }
    }
}

/// Where a call is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// It was read and not carried out.
    Unacted,
    /// It was carried out and not answered.
    Unanswered,
    /// It has begun to arrive and nothing was read; any call, whatever is asked for.
    Unread,
}

/// What a held call is let go to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Release {
    /// Its connection is cut.
    Cut,
    /// It goes on.
    GoOn,
}

/// A place where calls wait for the test. Clones are the same place.
#[derive(Clone, Debug, Default)]
pub struct Hold(Arc<(Mutex<Held>, Condvar)>);

#[derive(Debug, Default)]
struct Held {
    arrived: usize,
    release: Option<Release>,
}

impl Hold {
    /// Waits until this many calls have come here, or fails the test.
    #[track_caller]
    pub fn wait(&self, calls: usize) {
        let (held, changed) = &*self.0;
        let deadline = Instant::now() + PATIENCE;
        let mut held = held.lock().unwrap();
        while held.arrived < calls {
            let left = deadline.saturating_duration_since(Instant::now());
            let arrived = held.arrived;
            assert!(!left.is_zero(), "{arrived} of {calls} calls arrived");
            held = changed.wait_timeout(held, left).unwrap().0;
        }
    }

    /// How many calls have come here.
    pub fn arrived(&self) -> usize {
        self.0.0.lock().unwrap().arrived
    }

    /// Lets everything that is held go, and what comes later.
    pub fn release(&self, release: Release) {
        let (held, changed) = &*self.0;
        held.lock().unwrap().release = Some(release);
        changed.notify_all();
    }

    /// The call's side: waits for the test, however long.
    pub(super) fn pass(&self) -> Release {
        let (held, changed) = &*self.0;
        let mut held = held.lock().unwrap();
        held.arrived += 1;
        changed.notify_all();
        loop {
            if let Some(release) = held.release {
                return release;
            }
            held = changed.wait(held).unwrap();
        }
    }
}

/// What the platform was told, used up as calls come.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    which: Which,
    left: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    Fault(Fault),
    Hold(Moment, Hold),
}

impl Script {
    pub(super) fn add_fault(&mut self, which: Which, calls: usize, fault: Fault) {
        let (left, what) = (calls, What::Fault(fault));
        self.0.push(Entry { which, left, what });
    }

    pub(super) fn add_hold(&mut self, which: Which, calls: usize, moment: Moment, hold: Hold) {
        let (left, what) = (calls, What::Hold(moment, hold));
        self.0.push(Entry { which, left, what });
    }

    pub(super) fn fault(&mut self, infno: Option<&str>, msgid: Option<&str>) -> Option<Fault> {
        self.take(infno, msgid, |what| match what {
            What::Fault(fault) => Some(*fault),
            What::Hold(..) => None,
        })
    }

    pub(super) fn hold(
        &mut self,
        moment: Moment,
        infno: Option<&str>,
        msgid: Option<&str>,
    ) -> Option<Hold> {
        self.take(infno, msgid, |what| match what {
            What::Hold(meant, hold) if *meant == moment => Some(hold.clone()),
            What::Hold(..) | What::Fault(_) => None,
        })
    }

    fn take<T>(
        &mut self,
        infno: Option<&str>,
        msgid: Option<&str>,
        pick: impl Fn(&What) -> Option<T>,
    ) -> Option<T> {
        let mut entries = self.0.iter_mut();
        let (entry, taken) = entries.find_map(|entry| {
            let is_meant = entry.left > 0 && entry.which.means(infno, msgid);
            let taken = is_meant.then(|| pick(&entry.what)).flatten()?;
            Some((entry, taken))
        })?;
        entry.left -= 1;
        Some(taken)
    }

    /// Lets every held call go to its end.
    pub(super) fn release_all(&self) {
        for entry in &self.0 {
            if let What::Hold(_, hold) = &entry.what {
                hold.release(Release::Cut);
            }
        }
    }
}
