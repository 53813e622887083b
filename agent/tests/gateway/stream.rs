//! Large bodies pass at the pace of whoever reads them; nothing piles up in the gateway.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::kit::{Bench, Fake, PATIENCE, SECRET, find};

const MIB: usize = 1024 * 1024;
const SIZE: usize = 200 * MIB;

/// What sockets of the four ends may hold (the kernel grows them to 4 and 6 MiB each), and a
/// generous rest for the gateway.
const IN_FLIGHT: usize = 24 * MIB;

/// What flows, again and again: of a length that no buffer has, so that a lost or doubled block
/// shows.
static FLOW: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..65_521_u32).map(|at| (at / 251 + at) as u8).collect());

/// Are these the bytes from a position on?
fn is_flow(mut position: usize, mut found: &[u8]) -> bool {
    while !found.is_empty() {
        let expected = &FLOW[position % FLOW.len()..];
        let (part, rest) = found.split_at(found.len().min(expected.len()));
        if part != &expected[..part.len()] {
            return false;
        }
        position += part.len();
        found = rest;
    }
    true
}

async fn pour(stream: &mut TcpStream, poured: &watch::Sender<usize>) {
    let mut position = 0;
    while position < SIZE {
        let block = &FLOW[..FLOW.len().min(SIZE - position)];
        stream.write_all(block).await.unwrap();
        position += block.len();
        poured.send_replace(position);
    }
}

/// Waits until nothing has moved for a while, and says how far it got.
async fn standstill(poured: &mut watch::Receiver<usize>) -> usize {
    let quiet = Duration::from_millis(500);
    while let Ok(changed) = tokio::time::timeout(quiet, poured.changed()).await {
        if changed.is_err() {
            break;
        }
    }
    *poured.borrow()
}

async fn drain(stream: &mut TcpStream, mut position: usize) {
    let mut block = vec![0; 256 * 1024];
    while position < SIZE {
        let read = stream.read(&mut block).await.unwrap();
        assert!(read > 0, "ended at {position}");
        assert!(
            is_flow(position, &block[..read]),
            "other bytes from {position}"
        );
        position += read;
    }
    assert_eq!(position, SIZE);
}

/// Reads to the end of a head; says how much of the body came with it.
async fn skip_head(stream: &mut TcpStream) -> usize {
    let mut head = Vec::new();
    loop {
        stream.read_buf(&mut head).await.unwrap();
        if let Some(end) = find(&head, b"\r\n\r\n") {
            let rest = &head[end + 4..];
            assert!(is_flow(0, rest));
            return rest.len();
        }
    }
}

#[tokio::test]
async fn a_download_waits_for_its_till() {
    let platform = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", platform.local_addr().unwrap());
    let bench = Bench::start(&url, "", Fake::passive()).await;
    let (poured, mut progress) = watch::channel(0);
    tokio::spawn(async move {
        let (mut stream, _) = platform.accept().await.unwrap();
        skip_head(&mut stream).await;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {SIZE}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        pour(&mut stream, &poured).await;
        // Open until the till has it all.
        let _ = stream.read(&mut [0]).await;
    });
    let mut till = TcpStream::connect(bench.address).await.unwrap();
    let ask = format!(
        "GET /t/{SECRET}/9102 HTTP/1.1\r\nHost: {}\r\n\r\n",
        bench.address
    );
    till.write_all(ask.as_bytes()).await.unwrap();
    let stuck = standstill(&mut progress).await;
    assert!(stuck > 0 && stuck < IN_FLIGHT, "{stuck} bytes in flight");
    let first = skip_head(&mut till).await;
    tokio::time::timeout(PATIENCE * 3, drain(&mut till, first))
        .await
        .expect("all of it arrives");
}

#[tokio::test]
async fn an_upload_waits_for_its_platform() {
    let platform = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", platform.local_addr().unwrap());
    let bench = Bench::start(&url, "", Fake::passive()).await;
    let mut till = TcpStream::connect(bench.address).await.unwrap();
    let (poured, mut progress) = watch::channel(0);
    let head = format!(
        "POST /t/{SECRET}/9101 HTTP/1.1\r\nHost: {}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {SIZE}\r\n\r\n",
        bench.address
    );
    let sending = tokio::spawn(async move {
        till.write_all(head.as_bytes()).await.unwrap();
        pour(&mut till, &poured).await;
        let mut got = [0; 19];
        till.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"HTTP/1.1 200 Taken\r");
    });
    let (mut stream, _) = platform.accept().await.unwrap();
    let stuck = standstill(&mut progress).await;
    assert!(stuck > 0 && stuck < IN_FLIGHT, "{stuck} bytes in flight");
    let first = skip_head(&mut stream).await;
    tokio::time::timeout(PATIENCE * 3, drain(&mut stream, first))
        .await
        .expect("all of it arrives");
    let taken = b"HTTP/1.1 200 Taken\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(taken).await.unwrap();
    sending.await.unwrap();
}
