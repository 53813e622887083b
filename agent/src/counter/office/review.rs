//! Prescriptions before a pharmacist: what waits, one of them in full, and the decision (R14, R15).
//!
//! At a till and at another PC alike. At another PC only what waits is shown, and what the reviewer
//! decided there.

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pharmacy_protocol::term::StaffId;

use super::form::Fields;
use super::shell::{Shell, moment};
use super::visit::{Office, Visitor};
use crate::counter::mask::masked;
use crate::counter::notice::{self, Answered, Notice, not_found};
use pharmacy_desk::{
    Action, BoardLine, Credentials, Done, PrescriptionAction, PrescriptionItem, StaffItem,
};

/// A PDF is shown inside the page of its prescription, and an image by it.
const PAGE_CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                            connect-src 'self'; img-src 'self'; object-src 'self'; \
                            frame-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                            base-uri 'none'";
/// What came in from outside runs nothing and loads nothing; the browser's own viewer of PDFs
/// brings its style.
const IMAGE_CONTENT: &str = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; \
                             frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

pub(in crate::counter) fn routes() -> Router<Office> {
    Router::new()
        .route("/counter/reviews", get(show_all))
        .route("/counter/reviews/{id}", get(show))
        .route("/counter/reviews/{id}/images/{place}", get(image))
        .route("/counter/reviews/{id}/approvals", post(approve))
        .route("/counter/reviews/{id}/rejections", post(reject))
}

#[derive(Template)]
#[template(path = "office/reviews.html")]
struct ReviewsPage<'a> {
    shell: Shell,
    waiting: Vec<&'a PrescriptionItem>,
    others: Vec<&'a PrescriptionItem>,
}

#[derive(Template)]
#[template(path = "office/review.html")]
struct ReviewPage<'a> {
    shell: Shell,
    item: &'a PrescriptionItem,
    lines: Vec<BoardLine>,
    /// Who may decide: number and name.
    pharmacists: Vec<(StaffId, String)>,
    is_mine: bool,
}

impl ReviewPage<'_> {
    fn is_waiting(&self) -> bool {
        is_waiting(self.item)
    }

    /// The images as people count them: place, what it is, what opens it.
    fn papers(&self) -> impl Iterator<Item = (usize, String, String)> + '_ {
        (0..self.item.images).zip(1..).map(|(place, ordinal)| {
            let say = |code| self.shell.fill(code, Some(ordinal));
            (place, say("office.image"), say("office.image-open"))
        })
    }

    /// Does a line bear the drug's own name? Then nobody has to match them.
    fn is_named(&self, drug: &str) -> bool {
        self.lines
            .iter()
            .any(|line| line.name.contains(drug.trim()))
    }
}

fn is_waiting(item: &PrescriptionItem) -> bool {
    item.status == "received"
}

/// May somebody review prescriptions?
pub(in crate::counter) fn may_review(staff: &StaffItem) -> bool {
    let mut duties = staff.duties.iter();
    duties.any(|duty| matches!(*duty, "pharmacist" | "remote-pharmacist"))
}

/// The word for a prescription's state.
fn state(shell: &Shell, item: &PrescriptionItem) -> &'static str {
    shell.say(match item.status {
        "received" => "office.state-received",
        "reviewed" => "office.state-reviewed",
        "dispensed" => "office.state-dispensed",
        "archived" => "office.state-archived",
        _ => "office.state-rejected",
    })
}

/// The patient, starred even if the desk forgot.
fn patient(item: &PrescriptionItem) -> String {
    item.patient.as_deref().map(masked).unwrap_or_default()
}

/// What this visitor may see, the newest first.
async fn items(office: &Office, visitor: &Visitor) -> Result<Vec<PrescriptionItem>, Notice> {
    let items = office.counter.prescriptions().await;
    let mut items = items.map_err(|error| notice::fault(&error))?;
    if let Some(reviewer) = &visitor.reviewer {
        items.retain(|item| is_waiting(item) || item.reviewed_by.as_ref() == Some(reviewer));
    }
    items.sort_by_key(|item| std::cmp::Reverse((item.received_ms, item.prescription)));
    Ok(items)
}

async fn show_all(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Answered {
    let items = items(&office, &visitor).await?;
    Ok(list_page(&visitor, &headers, &items, None))
}

fn list_page(
    visitor: &Visitor,
    headers: &HeaderMap,
    items: &[PrescriptionItem],
    done: Option<&Done>,
) -> Response {
    let (waiting, others) = items.iter().partition(|item| is_waiting(item));
    let shell = Shell::new(visitor, headers, "office.reviews", "/counter/reviews");
    Shell::page(&ReviewsPage {
        shell: shell.after(done),
        waiting,
        others,
    })
}

async fn show(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Answered {
    let items = items(&office, &visitor).await?;
    let item = items.iter().find(|item| item.prescription == id);
    let item = item.ok_or(not_found("office.no-prescription"))?;
    page(&office, &visitor, &headers, item, None).await
}

async fn page(
    office: &Office,
    visitor: &Visitor,
    headers: &HeaderMap,
    item: &PrescriptionItem,
    done: Option<&Done>,
) -> Answered {
    let lines = match &item.sale {
        Some(sale) => office.counter.sale_lines(sale.clone()).await,
        None => Ok(Vec::new()),
    };
    let pharmacists = match &visitor.reviewer {
        Some(staff) => vec![(staff.clone(), staff.to_string())],
        None => pharmacists(office).await?,
    };
    let path = format!("/counter/reviews/{}", item.prescription);
    let shell = Shell::new(visitor, headers, "office.review", path);
    let page = ReviewPage {
        shell: shell.after(done),
        item,
        lines: lines.map_err(|error| notice::fault(&error))?,
        pharmacists,
        is_mine: visitor.reviewer.is_some(),
    };
    let policy = HeaderValue::from_static(PAGE_CONTENT);
    let policy = [(header::CONTENT_SECURITY_POLICY, policy)];
    Ok((policy, Shell::page(&page)).into_response())
}

/// Who may review, those on duty first.
async fn pharmacists(office: &Office) -> Result<Vec<(StaffId, String)>, Notice> {
    let staff = office.counter.staff().await;
    let mut staff = staff.map_err(|error| notice::fault(&error))?;
    staff.retain(may_review);
    staff.sort_by_key(|one| one.on_duty_since_ms.is_none());
    Ok(staff.into_iter().map(|one| (one.staff, one.name)).collect())
}

async fn image(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    Path((id, place)): Path<(u64, usize)>,
) -> Answered {
    let items = items(&office, &visitor).await?;
    let item = items.iter().find(|item| item.prescription == id);
    if item.is_none_or(|item| place >= item.images) {
        return Err(not_found("office.no-prescription"));
    }
    let image = office.counter.image(visitor.caller, id, place).await;
    let image = image.map_err(|error| notice::fault(&error))?;
    // Shown inside our own page and nowhere else; what it is, nobody guesses.
    let headers: [(HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(image.media_type),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(IMAGE_CONTENT),
        ),
        (
            header::X_FRAME_OPTIONS,
            HeaderValue::from_static("SAMEORIGIN"),
        ),
    ];
    Ok((headers, image.bytes.to_vec()).into_response())
}

async fn approve(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Answered {
    let by = credentials(&visitor, &mut fields)?;
    let items = items(&office, &visitor).await?;
    let item = items.iter().find(|item| item.prescription == id);
    let item = item.ok_or(not_found("office.no-prescription"))?;
    let mut matches = Vec::new();
    for place in 0..item.drugs.len() {
        let line = fields.parse::<u32>(&format!("match-{place}"), "counter.form")?;
        matches.extend(line.map(|line| (place, line)));
    }
    let action = Action::Prescription(PrescriptionAction::Approve {
        prescription: id,
        matches,
        by,
    });
    decide(&office, &visitor, &headers, id, action).await
}

async fn reject(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Answered {
    let reason = fields.reason("reason")?;
    let action = Action::Prescription(PrescriptionAction::Reject {
        prescription: id,
        reason,
        by: credentials(&visitor, &mut fields)?,
    });
    decide(&office, &visitor, &headers, id, action).await
}

/// Who decides. At another PC nobody decides in the name of somebody else.
fn credentials(visitor: &Visitor, fields: &mut Fields) -> Result<Credentials, Notice> {
    let by = fields.credentials()?;
    match &visitor.reviewer {
        Some(reviewer) if *reviewer != by.staff => {
            Err(Notice::new(StatusCode::FORBIDDEN, "review.other-staff"))
        }
        _ => Ok(by),
    }
}

/// Has it decided, and shows the prescription as it is now, or the list where it is gone.
async fn decide(
    office: &Office,
    visitor: &Visitor,
    headers: &HeaderMap,
    id: u64,
    action: Action,
) -> Answered {
    let caller = visitor.caller.clone();
    let done = office.counter.act(caller, visitor.place, action).await;
    let done = done.map_err(|error| notice::fault(&error))?;
    let items = items(office, visitor).await?;
    match items.iter().find(|item| item.prescription == id) {
        Some(item) => page(office, visitor, headers, item, Some(&done)).await,
        None => Ok(list_page(visitor, headers, &items, Some(&done))),
    }
}
