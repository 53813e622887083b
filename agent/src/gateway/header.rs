//! Headers of a relayed message: what passes, and how names keep their case.
//!
//! SPEC: RFC 9110 7.6.1: `Connection`, what it names, and the other fields of one hop end here; all
//! else passes, in its order and spelling.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::Extensions;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::body::CallBody;

/// Does a field concern one hop only?
fn is_of_one_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Fields that no `Connection` can take away: without them a message has no end or no addressee.
fn is_essential(name: &str) -> bool {
    matches!(name, "content-length" | "host")
}

/// The names that `Connection` lists.
fn named<'a>(connection: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    connection
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
        .filter(|name| !is_essential(name))
        .collect()
}

/// Is the body sent in chunks?
pub(super) fn is_chunked(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
}

/// The fields that pass. Most messages have no others, and are not built anew.
pub(super) fn end_to_end(headers: HeaderMap) -> HeaderMap {
    if !headers.keys().any(|name| is_of_one_hop(name.as_str())) {
        return headers;
    }
    let connection = headers.get_all(header::CONNECTION);
    let named = named(connection.iter().map(HeaderValue::as_bytes));
    // SPEC: RFC 9112 6.3: where both are sent, Transfer-Encoding overrides Content-Length.
    let is_chunked = is_chunked(&headers);
    let mut passing = HeaderMap::with_capacity(headers.len());
    for (name, value) in &headers {
        let ends_here = is_of_one_hop(name.as_str())
            || named.iter().any(|named| named == name.as_str())
            || (is_chunked && name == header::CONTENT_LENGTH);
        if !ends_here {
            passing.append(name.clone(), value.clone());
        }
    }
    passing
}

/// The fields of a call as they go to the platform at `authority`.
pub(super) fn outbound(headers: HeaderMap, authority: &HeaderValue) -> HeaderMap {
    let is_chunked = is_chunked(&headers);
    let mut passing = end_to_end(headers);
    if passing.contains_key(header::EXPECT) {
        passing = without_waiting(&passing);
    }
    // In its place where the till named a host.
    passing.insert(header::HOST, authority.clone());
    if is_chunked {
        passing.insert(
            header::TRANSFER_ENCODING,
            HeaderValue::from_static("chunked"),
        );
    }
    passing
}

/// The fields without the wish to be asked for the body, which was granted here.
fn without_waiting(headers: &HeaderMap) -> HeaderMap {
    let mut passing = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if name != header::EXPECT || !value.as_bytes().eq_ignore_ascii_case(b"100-continue") {
            passing.append(name.clone(), value.clone());
        }
    }
    passing
}

/// An answer's fields as they are kept: names with their case. `Transfer-Encoding` stays, since it
/// tells how the answer was framed.
pub(super) fn kept(raw: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let connection = raw
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let named = named(connection.map(|(_, value)| value.as_slice()));
    raw.into_iter()
        .filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name == "transfer-encoding" || !(is_of_one_hop(&name) || named.contains(&name))
        })
        .collect()
}

/// The fields of a raw head, its first line apart; none where it cannot be told.
pub(super) fn parse_head(head: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let text = head.strip_suffix(b"\r\n\r\n")?;
    text.split(|byte| *byte == b'\n')
        .skip(1)
        .map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            let name = String::from_utf8(name.to_vec()).ok()?;
            let value = value.strip_prefix(b":")?.trim_ascii();
            Some((name, value.to_vec()))
        })
        .collect()
}

/// Fields ready to be sent, spelt as they are written here.
///
/// The spelling lies in an extension that only the HTTP library's parser makes. So the parser is
/// given the head to read, through a pipe in memory.
pub(super) async fn spell(fields: &[(String, Vec<u8>)]) -> (HeaderMap, Extensions) {
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in fields {
        if HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_bytes(value).is_ok()
        {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
    }
    head.extend_from_slice(b"\r\n");
    parse(&head)
        .await
        .unwrap_or_else(|| (plain(fields), Extensions::new()))
}

async fn parse(head: &[u8]) -> Option<(HeaderMap, Extensions)> {
    let (near, mut far) = tokio::io::duplex(head.len().max(PIPE));
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.preserve_header_case(true);
    let (mut sender, connection) = builder.handshake(TokioIo::new(near)).await.ok()?;
    let request = hyper::Request::new(CallBody::empty());
    let feed = async {
        // The library takes no answer before it has asked.
        let mut asked = [0_u8; PIPE];
        let _ = far.read(&mut asked).await;
        let _ = far.write_all(head).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        response = sender.send_request(request) => {
            let (parts, _) = response.ok()?.into_parts();
            Some((parts.headers, parts.extensions))
        }
        _ = connection => None,
        () = feed => None,
    }
}

/// Room for the question that is never sent.
const PIPE: usize = 256;

/// Fields without their spelling.
fn plain(fields: &[(String, Vec<u8>)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value),
        ) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        headers
    }

    fn list(headers: &HeaderMap) -> Vec<(&str, &str)> {
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn fields_of_one_hop_end_here_and_the_rest_keeps_its_order() {
        let passing = end_to_end(map(&[
            ("a", "1"),
            ("connection", "close, X-Hop,content-length"),
            ("keep-alive", "timeout=5"),
            ("x-hop", "gone"),
            ("proxy-connection", "close"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("b", "2"),
            ("b", "3"),
            ("content-length", "4"),
            ("c", "5"),
        ]));
        let expected = [
            ("a", "1"),
            ("b", "2"),
            ("b", "3"),
            ("content-length", "4"),
            ("c", "5"),
        ];
        assert_eq!(list(&passing), expected);
    }

    #[test]
    fn a_call_goes_out_under_the_platforms_name() {
        let authority = HeaderValue::from_static("platform:8080");
        let outbound = outbound(
            map(&[
                ("x", "1"),
                ("host", "127.0.0.1:7481"),
                ("expect", "100-Continue"),
                ("content-length", "9"),
                ("transfer-encoding", "chunked"),
            ]),
            &authority,
        );
        let expected = [
            ("x", "1"),
            ("host", "platform:8080"),
            ("transfer-encoding", "chunked"),
        ];
        assert_eq!(list(&outbound), expected);
    }

    #[test]
    fn a_raw_head_is_read_with_its_spelling() {
        let head = b"HTTP/1.1 200 OK\r\nX-TiF: a:b \r\nset-COOKIE:1\r\nSet-Cookie: \r\n\r\n";
        let fields = parse_head(head).unwrap();
        let expected = [("X-TiF", "a:b"), ("set-COOKIE", "1"), ("Set-Cookie", "")];
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        assert_eq!(fields, expected);
        assert_eq!(parse_head(b"HTTP/1.1 200 OK\r\nX: 1\r\n"), None);
    }

    #[tokio::test]
    async fn what_cannot_be_spelt_is_left_out_and_does_not_hang() {
        let fields = [
            ("Good".to_owned(), b"1".to_vec()),
            ("Bad Name".to_owned(), b"2".to_vec()),
            ("Bad".to_owned(), b"3\r\nInjected: 4".to_vec()),
            ("Content-Length".to_owned(), b"7".to_vec()),
        ];
        let (headers, _) = spell(&fields).await;
        assert_eq!(list(&headers), [("good", "1"), ("content-length", "7")]);
    }
}
