//! What every page needs, and who looks at it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::FromRequestParts;
use axum::extract::rejection::ExtensionRejection;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use pharmacy_protocol::term::StaffId;

use crate::counter::desk::Counter;
use crate::counter::notice::Notice;
use pharmacy_desk::{Action, Caller, Done, Place};

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

/// A request to a page.
pub(super) struct Visit {
    pub(super) counter: Arc<dyn Counter>,
    pub(super) visitor: Visitor,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<Office> for Visit {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Office,
    ) -> Result<Self, ExtensionRejection> {
        let Extension(visitor) = Extension::from_request_parts(parts, office).await?;
        Ok(Self {
            counter: Arc::clone(&office.counter),
            visitor,
            headers: parts.headers.clone(),
        })
    }
}

impl Visit {
    /// Has something done in the visitor's name.
    pub(super) async fn act(&self, action: Action) -> Result<Done, Notice> {
        let Visitor { caller, place, .. } = self.visitor.clone();
        Ok(self.counter.act(caller, place, action).await?)
    }
}
