//! A browser as small as it can be: keeps the session's cookie, follows where it is led, sends forms.
//!
//! In scope: the counter page at a till and the listener for reviewers, without script. Out of scope:
//! drawing anything; what only a script does is said where it is done (the pad of a signature).

use std::net::SocketAddr;

use pharmacy_kit::http::{Client, Request, Response};

use super::DemoError;
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
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Browser {
    /// A browser that knows nobody yet.
    pub(super) fn at(address: SocketAddr) -> Self {
        let cookie = None;
        Self { address, cookie }
    }

    /// Opens a page.
    pub(super) fn open(&mut self, path: &str) -> Result<Page, DemoError> {
        self.fetch(Request::new("GET", path))
    }

    /// Sends a form, and hands back the page that comes of it.
    pub(super) fn send(&mut self, form: &Form) -> Result<Page, DemoError> {
        let (kind, body) = form.encode();
        let request = Request::new("POST", &form.action)
            .header("origin", &format!("http://{}", self.address))
            .header("content-type", &kind);
        self.fetch(request.body(body))
    }

    fn fetch(&mut self, request: Request) -> Result<Page, DemoError> {
        let mut response = self.ask(request)?;
        for _ in 0..MAX_LEADS {
            let Some(path) = response.header("location").map(str::to_owned) else {
                break;
            };
            response = self.ask(Request::new("GET", &path))?;
        }
        Ok(Page {
            status: response.status,
            body: response.body,
        })
    }

    fn ask(&mut self, mut request: Request) -> Result<Response, DemoError> {
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = Client::new(self.address).send(&request);
        let response = response.map_err(DemoError::Http)?;
        if let Some(given) = response.header("set-cookie") {
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
