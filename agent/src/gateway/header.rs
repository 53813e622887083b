//! Headers of a relayed message: what passes. Names keep their case in an extension of the message's
//! head, which passes with it and which only the HTTP library can make.
//!
//! SPEC: RFC 9110 7.6.1: `Connection`, what it names, and the other fields of one hop end here; all
//! else passes, in its order and spelling.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

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
fn named(headers: &HeaderMap) -> Vec<String> {
    let connection = headers.get_all(header::CONNECTION).iter();
    connection
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
        .filter(|name| !is_essential(name))
        .collect()
}

/// Is the body sent in chunks?
pub(super) fn is_chunked(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
}

/// Is the body coded beneath its chunks? Nobody in the field does that, and an answer would have to be
/// asked for it.
pub(super) fn is_coded_for_one_hop(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
}

/// The fields that pass. Most messages have no others, and are not built anew.
pub(super) fn end_to_end(headers: HeaderMap) -> HeaderMap {
    if !headers.keys().any(|name| is_of_one_hop(name.as_str())) {
        return headers;
    }
    let named = named(&headers);
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

/// An answer's fields as they are kept: those that pass, and whether it came in chunks. Names have no
/// case here.
pub(super) fn kept(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let passing = end_to_end(headers.clone());
    let framing = headers.get(header::TRANSFER_ENCODING);
    let framing = framing.map(|value| (&header::TRANSFER_ENCODING, value));
    let fields = passing.iter().chain(framing);
    fields
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// Fields that were kept, or are the agent's own, ready to be sent.
pub(super) fn of(fields: &[(String, Vec<u8>)]) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(fields.len());
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
    fn an_answer_is_kept_without_its_hop_and_sent_again() {
        let answer = map(&[
            ("X-Tif", "a:b"),
            ("set-cookie", "1"),
            ("set-cookie", ""),
            ("connection", "x-hop"),
            ("x-hop", "gone"),
            ("transfer-encoding", "chunked"),
        ]);
        let fields = kept(&answer);
        let expected = [
            ("x-tif", "a:b"),
            ("set-cookie", "1"),
            ("set-cookie", ""),
            ("transfer-encoding", "chunked"),
        ];
        let sent = of(&fields);
        assert_eq!(list(&sent), expected);
        assert_eq!(kept(&sent), fields);
    }

    #[test]
    fn what_cannot_be_a_field_is_left_out() {
        let fields = [
            ("Good".to_owned(), b"1".to_vec()),
            ("Bad Name".to_owned(), b"2".to_vec()),
            ("Bad".to_owned(), b"3\r\nInjected: 4".to_vec()),
            ("Content-Length".to_owned(), b"7".to_vec()),
        ];
        assert_eq!(list(&of(&fields)), [("good", "1"), ("content-length", "7")]);
    }
}
