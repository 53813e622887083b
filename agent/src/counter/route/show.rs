//! The page and the board of a till, drawn with what its forms have to know.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};

use crate::counter::guard::Seat;
use crate::counter::language::Language;
use crate::counter::notice::Answered;
use crate::counter::page::{self, Answer, Reload};
use crate::counter::panel::{Scene, Typed};
use crate::counter::site::Site;
use crate::counter::view::View;
use pharmacy_desk::{Board, DeskError, Remedy, today};

/// What a page says beside the board.
pub(super) struct Told {
    /// What came of the last request.
    pub(super) answer: Option<Answer>,
    /// A form that was not carried out.
    pub(super) typed: Option<Typed>,
    /// Does it look again by itself, where there is no script?
    pub(super) reload: Reload,
    pub(super) status: StatusCode,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            answer: None,
            typed: None,
            reload: Reload::Always,
            status: StatusCode::OK,
        }
    }
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Self {
        Self {
            answer: Some(answer),
            ..Self::default()
        }
    }
}

/// The whole page.
pub(super) async fn whole(site: &Site, seat: Seat, lang: Language, told: Told) -> Answered {
    let (answer, reload) = (told.answer.as_ref(), told.reload);
    let draw = |view: &View<'_>| page::whole(lang, view, answer, reload);
    let body = drawn(site, seat, lang, told.typed.as_ref(), draw).await?;
    Ok((told.status, Html(body)).into_response())
}

/// Draws the board of a till, with what its forms have to know.
pub(super) async fn drawn(
    site: &Site,
    seat: Seat,
    lang: Language,
    typed: Option<&Typed>,
    draw: impl FnOnce(&View<'_>) -> String,
) -> Result<String, DeskError> {
    let board = site.counter.board(seat.caller).await?;
    let (mut shelf, mut files) = (Vec::new(), Vec::new());
    if asks_for_prescription(&board) {
        shelf = site.counter.prescriptions().await?;
        files = site.counter.scans().await?;
    }
    let scene = Scene {
        board: &board,
        shelf: &shelf,
        files: &files,
        typed,
        today: today(),
        lang,
    };
    Ok(draw(&View::of(&scene)))
}

/// A plain sale looks for no prescriptions.
fn asks_for_prescription(board: &Board) -> bool {
    let mut reasons = board.sale.iter().flat_map(|sale| &sale.reasons);
    reasons.any(|reason| reason.remedies.contains(&Remedy::Prescription))
}
