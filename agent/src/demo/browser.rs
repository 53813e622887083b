//! A browser as small as it can be: keeps the session's cookie, follows where it is led, sends forms.
//!
//! In scope: the counter page at a till and the listener for reviewers, without script. Out of scope:
//! drawing anything; what only a script does is said where it is done (the pad of a signature).

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::http::{Method, Response, StatusCode, header};

use super::DemoError;
use super::client::{request, send};
use super::form::{self, Form};

/// How often one request is led elsewhere at most.
const MAX_LEADS: usize = 3;

/// An open browser.
pub(super) struct Browser {
    address: SocketAddr,
    cookie: Option<String>,
}

/// A page, or a file that a page shows.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Browser {
    /// A browser that knows nobody yet.
    pub(super) fn at(address: SocketAddr) -> Self {
        let cookie = None;
        Self { address, cookie }
    }

    /// Opens a page.
    pub(super) async fn open(&mut self, path: &str) -> Result<Page, DemoError> {
        self.fetch(Method::GET, path, None).await
    }

    /// Sends a form, and hands back the page that comes of it.
    pub(super) async fn send(&mut self, form: &Form) -> Result<Page, DemoError> {
        let sent = form.encode();
        self.fetch(Method::POST, &form.action, Some(sent)).await
    }

    async fn fetch(
        &mut self,
        method: Method,
        path: &str,
        form: Option<(String, Vec<u8>)>,
    ) -> Result<Page, DemoError> {
        let mut response = self.ask(method, path, form).await?;
        for _ in 0..MAX_LEADS {
            let lead = response.headers().get(header::LOCATION);
            let Some(path) = lead.and_then(|path| path.to_str().ok()).map(str::to_owned) else {
                break;
            };
            response = self.ask(Method::GET, &path, None).await?;
        }
        Ok(Page {
            status: response.status(),
            body: response.into_body(),
        })
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        form: Option<(String, Vec<u8>)>,
    ) -> Result<Response<Bytes>, DemoError> {
        let mut builder = request(self.address, method, path);
        if let Some(cookie) = &self.cookie {
            builder = builder.header(header::COOKIE, cookie);
        }
        let mut body = Vec::new();
        if let Some((kind, bytes)) = form {
            let origin = format!("http://{}", self.address);
            builder = builder
                .header(header::ORIGIN, origin)
                .header(header::CONTENT_TYPE, kind);
            body = bytes;
        }
        let request = builder.body(Body::from(body));
        let request = request.map_err(|_| DemoError::Answer("request"))?;
        let response = send(self.address, request).await?;
        let given = response.headers().get(header::SET_COOKIE);
        if let Some(given) = given.and_then(|cookie| cookie.to_str().ok()) {
            // What stands behind the semicolon is for browsers that ask several places.
            self.cookie = given.split(';').next().map(str::to_owned);
        }
        Ok(response)
    }
}

impl Page {
    /// Its HTML.
    pub(super) fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What it says of the last form.
    pub(super) fn answer(&self) -> String {
        let html = self.html();
        let answer = html.split("<p class=\"answer answer-").nth(1);
        let text = answer.and_then(|rest| rest.split_once('>'));
        let text = text.and_then(|(_, rest)| rest.split('<').next());
        form::plain(text.unwrap_or_default().trim())
    }

    /// What it is called.
    pub(super) fn title(&self) -> String {
        let html = self.html();
        let title = html.split("<title>").nth(1);
        let title = title.and_then(|rest| rest.split('<').next());
        form::plain(title.unwrap_or_default().trim())
    }

    /// Does it show this text?
    pub(super) fn shows(&self, text: &str) -> bool {
        form::plain(&self.html()).contains(text)
    }

    /// The form that goes somewhere; of several, the one in which these fields stand so.
    pub(super) fn form(&self, action: &str, fields: &[(&str, &str)]) -> Result<Form, DemoError> {
        let action = action.to_owned();
        self.form_to(&action, fields)
            .ok_or(DemoError::NoForm { action })
    }

    /// The same where there may be none.
    pub(super) fn form_to(&self, action: &str, fields: &[(&str, &str)]) -> Option<Form> {
        let fits = |form: &Form| {
            let mut fields = fields.iter();
            form.action == action && fields.all(|(name, value)| form.value(name) == Some(value))
        };
        form::read(&self.html()).into_iter().find(fits)
    }

    /// The first link whose address begins so.
    pub(super) fn link(&self, start: &str) -> Option<String> {
        let html = self.html();
        let (_, rest) = html.split_once(&format!("href=\"{start}"))?;
        let end = rest.split('"').next()?;
        Some(format!("{start}{end}"))
    }
}
