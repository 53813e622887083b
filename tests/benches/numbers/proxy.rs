//! Floors of the gateway: what its HTTP library takes to pass a call on, and nothing else.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::http::uri::{Authority, Scheme};
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::floor::{Commits, door};

/// Longest message that is passed on between commits.
const MOST: usize = 4 * 1024 * 1024;

/// Passes every call on as it comes, over connections that are kept.
pub async fn pass(upstream: SocketAddr) {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let pool: Client<_, Incoming> = Client::builder(TokioExecutor::new()).build(connector);
    let authority: Authority = upstream.to_string().parse().unwrap();
    let listener = door().await;
    loop {
        let stream = listener.accept().await.unwrap().0;
        stream.set_nodelay(true).unwrap();
        let (pool, authority) = (pool.clone(), authority.clone());
        let service = service_fn(move |request| forward(pool.clone(), authority.clone(), request));
        let connection = builder().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn forward(
    pool: Client<HttpConnector, Incoming>,
    authority: Authority,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, Error> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).unwrap();
    pool.request(request).await
}

/// Passes every call on over a connection of its own, between two commits.
pub async fn settle(upstream: SocketAddr, commits: Arc<Mutex<Commits>>) {
    let listener = door().await;
    loop {
        let stream = listener.accept().await.unwrap().0;
        stream.set_nodelay(true).unwrap();
        let commits = Arc::clone(&commits);
        let service = service_fn(move |request| between(upstream, Arc::clone(&commits), request));
        let connection = builder().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn between(
    upstream: SocketAddr,
    commits: Arc<Mutex<Commits>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MOST).await.unwrap();
    commits.lock().unwrap().commit();
    let stream = TcpStream::connect(upstream).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::from_parts(parts, Body::from(body));
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = to_bytes(Body::new(body), MOST).await.unwrap();
    commits.lock().unwrap().commit();
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn builder() -> server::Builder {
    let mut builder = server::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(75));
    builder
}
