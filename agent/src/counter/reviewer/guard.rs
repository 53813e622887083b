//! Who may call from another PC: under a name of ours, from our own page, and signed in.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pharmacy_protocol::term::StaffId;

use super::site::Site;
use crate::counter::guard;
use crate::counter::notice::Notice;
use crate::counter::office::ask::ask;
use crate::counter::office::review::may_review;
use crate::counter::office::visit::Visitor;
use crate::door::stay::vouch;
use pharmacy_desk::{Caller, Place, StaffItem};

/// As what the desk knows whoever calls from here.
const CLIENT: &str = "review";

pub(super) async fn check_origin(
    State(site): State<Site>,
    request: Request,
    next: Next,
) -> Response {
    guard::admit(&site.policy, request, next).await
}

/// Finds out who signed in; everybody else is asked who they are, and told nothing.
pub(super) async fn check_session(
    State(site): State<Site>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(staff) = site.sessions.find(request.headers()) else {
        return ask(request.headers(), StatusCode::UNAUTHORIZED, None);
    };
    match visitor(&site, &staff).await {
        Ok(Some(visitor)) => {
            vouch(request.extensions());
            request.extensions_mut().insert::<Visitor>(visitor);
            next.run(request).await
        }
        Ok(None) => {
            site.sessions.end(request.headers());
            ask(request.headers(), StatusCode::UNAUTHORIZED, None)
        }
        Err(notice) => notice.into_response(),
    }
}

/// Somebody on the register who may review; looked up every time, so that whoever leaves the store
/// is out at once.
pub(super) async fn visitor(site: &Site, staff: &StaffId) -> Result<Option<Visitor>, Notice> {
    let register = site.office.counter.staff().await?;
    let found = register.iter().find(|one| one.staff == *staff);
    Ok(found.filter(|one| may_review(one)).map(|one| Visitor {
        caller: Caller {
            client: CLIENT.to_owned(),
            till: site.till.clone(),
        },
        place: place_of(one),
        reviewer: Some(one.staff.clone()),
    }))
}

/// Where somebody acts who signed in at another PC.
fn place_of(staff: &StaffItem) -> Place {
    // Who is registered for both counts as outside: the stricter of the two.
    match staff.duties.contains(&"remote-pharmacist") {
        true => Place::Remote,
        false => Place::Store,
    }
}
