//! Requests of the demo, on a connection each.

use std::net::SocketAddr;

use pharmacy_kit::http::{self, Request};
use serde_json::Value;

use super::DemoError;

/// Where to call, and as whom.
pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) token: String,
    /// The secret of the counter page.
    pub(super) page: String,
    /// The secret of the till's own software.
    pub(super) till: String,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) text: String,
}

impl Client {
    /// Sends a request and waits for its answer; `body` null sends none.
    pub(super) fn call(&self, method: &str, path: &str, body: &Value) -> Result<Reply, DemoError> {
        let mut request =
            Request::new(method, path).header("authorization", &format!("Bearer {}", self.token));
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = http::Client::new(self.address).send(&request);
        let answer = answer.map_err(DemoError::Http)?;
        Ok(Reply {
            status: answer.status,
            body: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(&answer.body).into_owned(),
        })
    }

    /// A request that must succeed.
    pub(super) fn must(&self, method: &str, path: &str, body: &Value) -> Result<Value, DemoError> {
        let reply = self.call(method, path, body)?;
        if reply.status < 300 {
            Ok(reply.body)
        } else {
            Err(DemoError::Refused {
                path: path.to_owned(),
                problem: reply.text,
            })
        }
    }
}
