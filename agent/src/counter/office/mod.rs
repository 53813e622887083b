//! The pages beside the counter page: reviews, purchase lists, figures, questions, staff, standing.
//!
//! In scope: what these pages show and take. Out of scope: who may open them at a till (the counter
//! page's own session), what an action means (the desk).
//!
//! ```text
//! GET  /counter/reviews                     prescriptions, those that wait first
//! GET  /counter/reviews/{id}                one of them, with images, lines and both decisions
//! GET  /counter/reviews/{id}/images/{n}     an image
//! POST /counter/reviews/{id}/approvals      by pharmacist and PIN
//! POST /counter/reviews/{id}/rejections     the same, with a reason
//! GET  /counter/lists                       purchase lists, those not confirmed first
//! POST /counter/lists/scans                 confirms lists by scanned slips
//! GET  /counter/lists/{sale}                one of them, with a pad to sign on
//! GET  /counter/lists/{sale}/print          the same for paper
//! POST /counter/lists/{sale}/signatures     what was drawn
//! POST /counter/lists/{sale}/slips          prints its slip
//! POST /counter/lists/{sale}/corrections    puts a wrong box right
//! GET  /counter/figures                     today's figures
//! GET  /counter/find                        an inspector's question; POST answers it
//! POST /counter/find/answers.json           the answer as a file
//! GET  /counter/staff                       the register
//! POST /counter/staff/sign-ins, sign-outs   begins and ends a shift
//! GET  /counter/standing                    the store's standing with the bureau
//! GET  /counter/stock                       goods without codes, and what is left of them
//! ```
//!
//! Each page works without script, but for the pad, which has paper as its other way. The script
//! sends forms without leaving the page, and swaps in what changed.

pub(super) mod ask;
mod drawing;
mod figure;
mod find;
pub(super) mod form;
mod list;
pub(super) mod review;
mod shell;
mod staff;
mod standing;
mod stock;
pub(super) mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request};
use axum::middleware::{self, Next};
use axum::response::Response;

use self::visit::{Office, Visitor};
use super::asset;
use super::desk::Counter;
use super::guard::Seat;
use super::switch::switch_language;
use pharmacy_desk::Place;

/// All pages, for tills. Sessions are checked by whoever merges them.
pub(super) fn router<S: Clone + Send + Sync + 'static>(counter: Arc<dyn Counter>) -> Router<S> {
    asset::office()
        .merge(review::routes())
        .merge(list::routes())
        .merge(figure::routes())
        .merge(find::routes())
        .merge(staff::routes())
        .merge(standing::routes())
        .merge(stock::routes())
        .layer(middleware::from_fn(switch_language))
        .layer(middleware::from_fn(sit_down))
        .with_state(Office { counter })
}

/// Whoever has the seat of a till visits from there.
async fn sit_down(Extension(seat): Extension<Seat>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Visitor {
        caller: seat.caller,
        place: Place::Till,
        reviewer: None,
    });
    next.run(request).await
}
