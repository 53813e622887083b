//! Purchase lists: which are confirmed, one as the customer sees it, the pad, the slip (R40).

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use pharmacy_decision::facts::{Fund, Tender};
use pharmacy_protocol::term::SaleId;
use zeroize::Zeroizing;

use super::drawing;
use super::form::Fields;
use super::shell::{Shell, moment};
use super::visit::{Office, Visit};
use crate::counter::mask::masked;
use crate::counter::notice::{Answered, Notice, unprocessable, wrong_form};
use pharmacy_desk::core::correction::Correction;
use pharmacy_desk::core::sale::Masked;
use pharmacy_desk::{
    Action, Confirmed, Done, Image, ListAction, ListItem, PurchaseList, Role, WrongBox,
};

/// Most pages of slips in one go.
const MAX_PAGES: usize = 20;
/// Largest page, in bytes.
const MAX_PAGE: usize = 10 * 1024 * 1024;
/// Largest upload, in bytes.
const MAX_UPLOAD: usize = 48 * 1024 * 1024;
/// The printable page brings its style with it, and nothing else.
const PRINT_CONTENT: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

pub(super) fn routes() -> Router<Office> {
    Router::new()
        .route("/counter/lists", get(show_all))
        .route(
            "/counter/lists/scans",
            post(scan).layer(DefaultBodyLimit::max(MAX_UPLOAD)),
        )
        .route("/counter/lists/{sale}", get(show))
        .route("/counter/lists/{sale}/print", get(print))
        .route(
            "/counter/lists/{sale}/signatures",
            post(sign).layer(DefaultBodyLimit::max(drawing::MAX_FORM)),
        )
        .route("/counter/lists/{sale}/slips", post(print_slip))
        .route("/counter/lists/{sale}/corrections", post(correct))
}

#[derive(Template)]
#[template(path = "office/lists.html")]
struct ListsPage<'a> {
    shell: Shell,
    items: &'a [ListItem],
    open: usize,
}

impl ListsPage<'_> {
    fn open_words(&self) -> String {
        let open = u64::try_from(self.open).unwrap_or(u64::MAX);
        self.shell.fill("office.lists-open", Some(open))
    }
}

#[derive(Template)]
#[template(path = "office/list.html")]
struct ListPage<'a> {
    shell: Shell,
    list: &'a PurchaseList,
    confirmed: Option<Confirmed>,
    corrections: &'a [Correction],
}

impl ListPage<'_> {
    fn is_open(&self) -> bool {
        self.confirmed
            .is_none_or(|confirmed| confirmed == Confirmed::Open)
    }
}

/// How a list was confirmed: class in the style sheet and word.
fn sign_of(shell: &Shell, confirmed: &Confirmed) -> (&'static str, &'static str) {
    let (class, code) = match confirmed {
        Confirmed::Drawn => ("good", "office.confirmed-drawn"),
        Confirmed::OnPaper => ("good", "office.confirmed-paper"),
        Confirmed::Open => ("due", "office.confirmed-open"),
        Confirmed::TakenBack => ("quiet", "office.confirmed-taken-back"),
    };
    (class, shell.say(code))
}

fn fund(shell: &Shell, fund: Fund) -> &'static str {
    shell.say(match fund {
        Fund::Account => "office.fund-account",
        Fund::Chronic => "office.fund-chronic",
        Fund::DualChannel => "office.fund-dual-channel",
        Fund::Pooled => "office.fund-pooled",
    })
}

fn tender(shell: &Shell, tender: Tender) -> &'static str {
    shell.say(match tender {
        Tender::Cash => "office.tender-cash",
        Tender::Insurance => "office.tender-insurance",
    })
}

/// A masked person as one text, starred even if the desk forgot.
fn person(person: &Masked) -> String {
    let parts = [person.name.as_deref(), person.number.as_deref()];
    let parts: Vec<_> = parts.into_iter().flatten().map(masked).collect();
    parts.join(" ")
}

async fn items(visit: &Visit) -> Result<Vec<ListItem>, Notice> {
    let mut items = visit.counter.lists().await?;
    items.sort_by_key(|item| {
        (
            item.confirmed != Confirmed::Open,
            std::cmp::Reverse(item.settled_ms),
        )
    });
    Ok(items)
}

/// Says who looks, and at which list.
async fn look(visit: &Visit, sale: Option<SaleId>) -> Result<(), Notice> {
    let caller = visit.visitor.caller.clone();
    Ok(visit.counter.look(caller, sale).await?)
}

async fn show_all(visit: Visit) -> Answered {
    look(&visit, None).await?;
    all(&visit, None).await
}

async fn all(visit: &Visit, done: Option<&Done>) -> Answered {
    let items = items(visit).await?;
    let is_open = |item: &&ListItem| item.confirmed == Confirmed::Open;
    let shell = Shell::new(visit, "office.lists", "/counter/lists");
    Ok(Shell::page(&ListsPage {
        shell: shell.after(done),
        open: items.iter().filter(is_open).count(),
        items: &items,
    }))
}

async fn show(visit: Visit, Path(sale): Path<SaleId>) -> Answered {
    look(&visit, Some(sale.clone())).await?;
    page(&visit, sale, None).await
}

async fn page(visit: &Visit, sale: SaleId, done: Option<&Done>) -> Answered {
    let list = visit.counter.list(sale).await?;
    let corrections = visit.counter.corrections(list.sale.clone()).await?;
    let items = items(visit).await?;
    let item = items.iter().find(|item| item.sale == list.sale);
    let path = format!("/counter/lists/{}", list.sale);
    let shell = Shell::new(visit, "office.list", path);
    Ok(Shell::page(&ListPage {
        shell: shell.after(done),
        list: &list,
        confirmed: item.map(|item| item.confirmed),
        corrections: &corrections,
    }))
}

async fn print(visit: Visit, Path(sale): Path<SaleId>) -> Answered {
    look(&visit, Some(sale.clone())).await?;
    let page = visit.counter.list_page(sale).await?;
    let policy = [(header::CONTENT_SECURITY_POLICY, PRINT_CONTENT)];
    Ok((policy, Html(page)).into_response())
}

async fn sign(visit: Visit, Path(sale): Path<SaleId>, mut fields: Fields) -> Answered {
    let signer = match fields.take("signer").as_deref() {
        Some("holder") => Role::Holder,
        Some("proxy") => Role::Proxy,
        _ => return Err(unprocessable("office.signer-needed")),
    };
    let [strokes, png] = ["strokes", "png"].map(|name| fields.take(name).unwrap_or_default());
    if strokes.is_empty() {
        return Err(unprocessable("office.drawing-empty"));
    }
    let action = Action::List(ListAction::Sign {
        sale: sale.clone(),
        drawing: drawing::parse(&strokes, &png)?,
        signer,
    });
    act(&visit, sale, action).await
}

async fn print_slip(visit: Visit, Path(sale): Path<SaleId>, _: Fields) -> Answered {
    let action = Action::List(ListAction::PrintSlip { sale: sale.clone() });
    act(&visit, sale, action).await
}

async fn correct(visit: Visit, Path(sale): Path<SaleId>, mut fields: Fields) -> Answered {
    let mut code = |name| {
        let code = fields.parse(name, "form.trace-code")?;
        code.ok_or(unprocessable("form.trace-code"))
    };
    let what = WrongBox {
        sale: sale.clone(),
        wrong: code("wrong")?,
        right: code("right")?,
    };
    let action = Action::List(ListAction::CorrectBox {
        what: Box::new(what),
        by: fields.credentials()?,
    });
    act(&visit, sale, action).await
}

/// Has it done for a list, and shows the list as it is now.
async fn act(visit: &Visit, sale: SaleId, action: Action) -> Answered {
    let caller = visit.visitor.caller.clone();
    visit.counter.demand_signed_in(caller).await?;
    let done = visit.act(action).await?;
    page(visit, sale, Some(&done)).await
}

async fn scan(visit: Visit, upload: Multipart) -> Answered {
    let pages = pages(upload).await?;
    let caller = visit.visitor.caller.clone();
    visit.counter.demand_signed_in(caller).await?;
    let action = Action::List(ListAction::ConfirmSlips { pages });
    let done = visit.act(action).await?;
    all(&visit, Some(&done)).await
}

/// The pages of an upload; what they are, the desk tells from their bytes.
async fn pages(mut upload: Multipart) -> Result<Vec<Image>, Notice> {
    let mut pages = Vec::new();
    while let Some(field) = upload.next_field().await.map_err(|_| wrong_form())? {
        let bytes = field.bytes().await;
        let bytes = bytes.map_err(|_| unprocessable("office.too-large"))?;
        // A form without a file sends an empty one.
        if bytes.is_empty() {
            continue;
        }
        if bytes.len() > MAX_PAGE || pages.len() == MAX_PAGES {
            return Err(unprocessable("office.too-large"));
        }
        pages.push(Image {
            bytes: Zeroizing::new(bytes.to_vec()),
        });
    }
    match pages.is_empty() {
        true => Err(unprocessable("office.no-pages")),
        false => Ok(pages),
    }
}
