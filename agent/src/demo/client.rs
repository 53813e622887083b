//! A till's side of the local API, as small as it can be: one request, one connection.

use std::net::SocketAddr;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Builder;
use axum::http::{Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::DemoError;

/// Largest answer read.
const MAX_ANSWER: usize = 4 << 20;

/// Where to call, and as whom.
pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) token: String,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) text: String,
}

/// A request to an address.
pub(super) fn request(address: SocketAddr, method: Method, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, address.to_string())
}

/// Sends a request on a connection of its own, and waits for the whole answer.
pub(super) async fn send(
    address: SocketAddr,
    request: Request<Body>,
) -> Result<Response<Bytes>, DemoError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(DemoError::Connect)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(DemoError::Http)?;
    let connection = tokio::spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(DemoError::Http)?;
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(Body::new(body), MAX_ANSWER)
        .await
        .map_err(|_| DemoError::Answer("body"))?;
    connection.abort();
    Ok(Response::from_parts(parts, bytes))
}

impl Client {
    /// Sends a request and waits for its answer; `body` null sends none.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Reply, DemoError> {
        let bytes = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = request(self.address, method, path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(bytes))
            .map_err(|_| DemoError::Answer("request"))?;
        let response = send(self.address, request).await?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        Ok(Reply {
            status: response.status().as_u16(),
            body: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
            text,
        })
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
