//! A till's side of the local API, as small as it can be: one request, one connection.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::DemoError;

/// Largest answer read.
const MAX_ANSWER: usize = 4 << 20;

/// Where to call, and as whom.
pub(super) struct Client {
    pub(super) address: std::net::SocketAddr,
    pub(super) token: String,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) text: String,
}

impl Client {
    /// Sends a request and waits for its answer; `body` null sends none.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Reply, DemoError> {
        let stream = TcpStream::connect(self.address)
            .await
            .map_err(DemoError::Connect)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(DemoError::Http)?;
        let connection = tokio::spawn(connection);
        let bytes = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(bytes))
            .map_err(|_| DemoError::Answer("request"))?;
        let response = sender
            .send_request(request)
            .await
            .map_err(DemoError::Http)?;
        let status = response.status().as_u16();
        let bytes = to_bytes(Body::new(response.into_body()), MAX_ANSWER)
            .await
            .map_err(|_| DemoError::Answer("body"))?;
        connection.abort();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Reply { status, body, text })
    }

    /// A request that must succeed.
    pub(super) async fn must(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, DemoError> {
        let reply = self.call(method, path, body).await?;
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
