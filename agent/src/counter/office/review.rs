//! Prescriptions before a pharmacist: what waits, one of them in full, and the decision (R14, R15).
//!
//! At a till and at another PC alike. At another PC only what waits is shown, and what the reviewer
//! decided there.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pharmacy_protocol::term::StaffId;

use super::form::Fields;
use super::shell::{Shell, moment};
use super::visit::{Office, Visit, Visitor};
use crate::counter::form::code_or_name;
use crate::counter::mask::masked;
use crate::counter::notice::{Answered, Notice, not_found};
use pharmacy_desk::{
    Action, BoardLine, Credentials, Done, PrescriptionAction, PrescriptionItem, PrescriptionTold,
    StaffItem,
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
        .route("/counter/reviews/{id}/completions", post(complete))
        .route("/counter/reviews/{id}/doubts", post(doubt))
        .route("/counter/reviews/{id}/doubts/lifted", post(lift))
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
    item.status == "received" && !item.is_doubted
}

/// May somebody review prescriptions?
pub(in crate::counter) fn may_review(staff: &StaffItem) -> bool {
    let mut duties = staff.duties.iter();
    duties.any(|duty| matches!(*duty, "pharmacist" | "remote-pharmacist"))
}

/// The word for a prescription's state.
fn state(shell: &Shell, item: &PrescriptionItem) -> &'static str {
    shell.say(match item.status {
        _ if item.is_doubted => "office.state-doubted",
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
async fn items(visit: &Visit) -> Result<Vec<PrescriptionItem>, Notice> {
    let mut items = visit.counter.prescriptions().await?;
    if let Some(reviewer) = &visit.visitor.reviewer {
        items.retain(|item| is_waiting(item) || item.reviewed_by.as_ref() == Some(reviewer));
    }
    items.sort_by_key(|item| std::cmp::Reverse((item.received_ms, item.prescription)));
    Ok(items)
}

async fn show_all(visit: Visit) -> Answered {
    let items = items(&visit).await?;
    Ok(list_page(&visit, &items, None))
}

fn list_page(visit: &Visit, items: &[PrescriptionItem], done: Option<&Done>) -> Response {
    let (waiting, others) = items.iter().partition(|item| is_waiting(item));
    let shell = Shell::new(visit, "office.reviews", "/counter/reviews");
    Shell::page(&ReviewsPage {
        shell: shell.after(done),
        waiting,
        others,
    })
}

async fn show(visit: Visit, Path(id): Path<u64>) -> Answered {
    let items = items(&visit).await?;
    let item = items.iter().find(|item| item.prescription == id);
    let item = item.ok_or(not_found("office.no-prescription"))?;
    visit.counter.open_review(id).await?;
    page(&visit, item, None).await
}

async fn page(visit: &Visit, item: &PrescriptionItem, done: Option<&Done>) -> Answered {
    let lines = match &item.sale {
        Some(sale) => visit.counter.sale_lines(sale.clone()).await,
        None => Ok(Vec::new()),
    };
    let pharmacists = match &visit.visitor.reviewer {
        Some(staff) => vec![(staff.clone(), staff.to_string())],
        None => pharmacists(visit).await?,
    };
    let path = format!("/counter/reviews/{}", item.prescription);
    let shell = Shell::new(visit, "office.review", path);
    let page = ReviewPage {
        shell: shell.after(done),
        item,
        lines: lines?,
        pharmacists,
        is_mine: visit.visitor.reviewer.is_some(),
    };
    let policy = [(header::CONTENT_SECURITY_POLICY, PAGE_CONTENT)];
    Ok((policy, Shell::page(&page)).into_response())
}

/// Who may review, those on duty first.
async fn pharmacists(visit: &Visit) -> Result<Vec<(StaffId, String)>, Notice> {
    let mut staff = visit.counter.staff().await?;
    staff.retain(may_review);
    staff.sort_by_key(|one| one.on_duty_since_ms.is_none());
    Ok(staff.into_iter().map(|one| (one.staff, one.name)).collect())
}

async fn image(visit: Visit, Path((id, place)): Path<(u64, usize)>) -> Answered {
    let items = items(&visit).await?;
    let item = items.iter().find(|item| item.prescription == id);
    if item.is_none_or(|item| place >= item.images) {
        return Err(not_found("office.no-prescription"));
    }
    let image = visit.counter.image(visit.visitor.caller, id, place).await?;
    // Shown inside our own page and nowhere else; what it is, nobody guesses.
    let headers = [
        (header::CONTENT_TYPE, image.media_type),
        (header::CONTENT_SECURITY_POLICY, IMAGE_CONTENT),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    Ok((headers, image.bytes.to_vec()).into_response())
}

async fn approve(visit: Visit, Path(id): Path<u64>, mut fields: Fields) -> Answered {
    let by = credentials(&visit.visitor, &mut fields)?;
    let items = items(&visit).await?;
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
    decide(&visit, id, action).await
}

async fn reject(visit: Visit, Path(id): Path<u64>, mut fields: Fields) -> Answered {
    let reason = fields.reason("reason")?;
    let action = Action::Prescription(PrescriptionAction::Reject {
        prescription: id,
        reason,
        by: credentials(&visit.visitor, &mut fields)?,
    });
    decide(&visit, id, action).await
}

/// Tells what else stands on one; what is left empty stays as it is.
async fn complete(visit: Visit, Path(id): Path<u64>, mut fields: Fields) -> Answered {
    let (institution_code, institution_name) = code_or_name(fields.take("institution"), 'H', 11);
    let (physician_code, physician_name) = code_or_name(fields.take("physician"), 'D', 12);
    let told = PrescriptionTold {
        number: fields.take("number"),
        institution_code,
        institution_name,
        physician_code,
        physician_name,
        issued: fields.parse("issued", "counter.form")?,
        ..PrescriptionTold::default()
    };
    let action = Action::Prescription(PrescriptionAction::Complete {
        prescription: id,
        told: Box::new(told),
    });
    decide(&visit, id, action).await
}

async fn doubt(visit: Visit, Path(id): Path<u64>) -> Answered {
    let action = Action::Prescription(PrescriptionAction::Doubt { prescription: id });
    decide(&visit, id, action).await
}

async fn lift(visit: Visit, Path(id): Path<u64>, mut fields: Fields) -> Answered {
    let reason = fields.reason("reason")?;
    let action = Action::Prescription(PrescriptionAction::LiftDoubt {
        prescription: id,
        reason,
        by: credentials(&visit.visitor, &mut fields)?,
    });
    decide(&visit, id, action).await
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
async fn decide(visit: &Visit, id: u64, action: Action) -> Answered {
    let done = visit.act(action).await?;
    let items = items(visit).await?;
    match items.iter().find(|item| item.prescription == id) {
        Some(item) => page(visit, item, Some(&done)).await,
        None => Ok(list_page(visit, &items, Some(&done))),
    }
}
