//! Forms that somebody sends: each becomes one action of the desk. What is not carried out comes
//! back beside the form, with what was typed.

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use pharmacy_protocol::term::SaleId;

use super::show::{Told, whole};
use crate::counter::form::{Fields, FormError, FormKind, MAX_FILES, Upload};
use crate::counter::guard::Seat;
use crate::counter::language::Language;
use crate::counter::notice::{self, Answered, not_found, wrong_form};
use crate::counter::page::{Answer, Reload};
use crate::counter::panel::Typed;
use crate::counter::site::Site;
use pharmacy_desk::{Action, DeskError, Done, Image, Place, PrescriptionAction};

/// A form that was not carried out, and its HTTP status.
type Refused = (StatusCode, Typed);

/// Carries out what a form asks for.
pub(super) async fn act(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    Path(word): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Answered {
    let kind = FormKind::parse(&word).filter(|kind| !kind.is_upload());
    let kind = kind.ok_or(not_found("counter.no-such-page"))?;
    let Form(texts) = form.map_err(|_| wrong_form())?;
    let upload = Upload {
        fields: Fields::new(texts),
        images: Vec::new(),
    };
    let done = perform(&site, &seat, kind, upload).await;
    answer(&site, seat, Language::of(&headers), done).await
}

/// Takes a prescription in, with its images.
pub(super) async fn add_prescription(
    site: State<Site>,
    seat: Extension<Seat>,
    headers: HeaderMap,
    form: Multipart,
) -> Answered {
    take_files(site, seat, headers, form, FormKind::AddPrescription).await
}

/// Takes the photo of a code that cannot be read.
pub(super) async fn photograph_code(
    site: State<Site>,
    seat: Extension<Seat>,
    headers: HeaderMap,
    form: Multipart,
) -> Answered {
    take_files(site, seat, headers, form, FormKind::PhotographCode).await
}

async fn take_files(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
    form: Multipart,
    kind: FormKind,
) -> Answered {
    let done = match Upload::read(form).await {
        Ok(upload) => perform(&site, &seat, kind, upload).await,
        Err((fields, error)) => {
            let status = match error.mistake {
                FormError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            Err((status, Typed::wrong(fields, error)))
        }
    };
    answer(&site, seat, Language::of(&headers), done).await
}

/// The page after a form.
async fn answer(site: &Site, seat: Seat, lang: Language, done: Result<Done, Refused>) -> Answered {
    let told = match done {
        Ok(done) => Answer::good(lang, done.code, done.number).into(),
        Err((status, typed)) => Told {
            answer: Some(Answer::bad(lang, typed.code)),
            typed: Some(typed),
            reload: Reload::Never,
            status,
        },
    };
    whole(site, seat, lang, told).await
}

async fn perform(
    site: &Site,
    seat: &Seat,
    kind: FormKind,
    upload: Upload,
) -> Result<Done, Refused> {
    let Upload { fields, images } = upload;
    let wrong = |error| Err((StatusCode::UNPROCESSABLE_ENTITY, error));
    let action = match kind.action(&fields) {
        Ok(action) => action,
        Err(error) => return wrong(Typed::wrong(fields, error)),
    };
    let acted = carry_out(site, seat, kind, &fields, action, images).await;
    acted.map_err(|failure| match failure {
        Failure::Desk(error) => {
            let code = error.code();
            let field = "";
            let typed = Typed {
                fields,
                field,
                code,
            };
            (notice::status(&error), typed)
        }
        Failure::OtherSale => {
            let error = FormError::OtherSale.at("");
            (StatusCode::CONFLICT, Typed::wrong(fields, error))
        }
        Failure::TooManyFiles => {
            let error = FormError::TooLarge.at("file");
            (StatusCode::PAYLOAD_TOO_LARGE, Typed::wrong(fields, error))
        }
    })
}

/// Why a whole form was not carried out.
enum Failure {
    Desk(DeskError),
    OtherSale,
    TooManyFiles,
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

async fn carry_out(
    site: &Site,
    seat: &Seat,
    kind: FormKind,
    fields: &Fields,
    mut action: Action,
    taken: Vec<Image>,
) -> Result<Done, Failure> {
    let caller = seat.caller.clone();
    if kind.is_of_sale() {
        // The next customer's sale may have begun while this form was filled in.
        let meant: Option<SaleId> = fields.text("sale").and_then(|sale| sale.parse().ok());
        let board = site.counter.board(caller.clone()).await?;
        if meant.is_none() || board.sale.map(|sale| sale.sale) != meant {
            return Err(Failure::OtherSale);
        }
    }
    let mut removals = Vec::new();
    if let Action::Prescription(PrescriptionAction::Add { images, .. })
    | Action::PhotographCode { images, .. } = &mut action
    {
        *images = taken;
        for name in fields.all("file") {
            if images.len() >= MAX_FILES {
                return Err(Failure::TooManyFiles);
            }
            let file = site.counter.take_file(name.to_owned()).await?;
            images.push(file.image);
            removals.push(file.remove);
        }
    }
    let done = site.counter.act(caller, Place::Till, action).await?;
    if !removals.is_empty() {
        // Recorded: from now on the folder's copy is one too many (R44).
        let remove = move || removals.into_iter().for_each(|remove| remove());
        let _ = tokio::task::spawn_blocking(remove).await;
    }
    Ok(done)
}
