//! What every page needs, and who looks at it.

use std::sync::Arc;

use pharmacy_protocol::term::StaffId;

use crate::counter::desk::Counter;
use pharmacy_desk::{Caller, Place};

#[derive(Clone)]
pub(in crate::counter) struct Office {
    pub(in crate::counter) counter: Arc<dyn Counter>,
}

/// Who looks at a page, and from where.
#[derive(Clone)]
pub(in crate::counter) struct Visitor {
    pub(in crate::counter) caller: Caller,
    pub(in crate::counter) place: Place,
    /// Who signed in at another PC; nobody at a till, where whoever acts says so.
    pub(in crate::counter) reviewer: Option<StaffId>,
}
