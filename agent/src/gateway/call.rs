//! A call as it comes in: how much of it is read, how it can be read, and which call it is.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use pharmacy_decision::pack::Call as InterfaceCall;
use pharmacy_protocol::term::Infno;

use super::body::{self, CallBody, Progress};
use super::gate::Gate;
use super::path::Paths;
use pharmacy_desk::{Caller, WireCall, Wrapping};
use pharmacy_interface::coding::{self, Unpacked};
use pharmacy_interface::infno_of;

/// Longest call that is read before it passes, and longest answer that is kept. No message of the
/// interface is near it (`input` and `output` have 40,000 characters).
pub const MAX_CALL: usize = 4 * 1024 * 1024;

/// A till that stops in the middle of a call is given up after this.
const SILENCE: Duration = Duration::from_secs(60);

/// A call that was let in, apart from its body.
pub(super) struct Head {
    pub(super) caller: Caller,
    pub(super) parts: Parts,
    pub(super) chunked: bool,
}

/// A call of the interface that was read to its end.
pub(super) struct Call {
    pub(super) head: Head,
    /// As it came: these bytes leave.
    pub(super) body: Bytes,
    /// As the desk reads it.
    pub(super) wire: WireCall,
    /// What it is for.
    pub(super) table: InterfaceCall,
}

impl Call {
    pub(super) fn moves_money(&self) -> bool {
        self.table.role.moves_money()
    }
}

/// A body, as far as it was read.
pub(super) enum Taken {
    /// It goes by unread, or is too long to be read first: what was read of it, and the rest.
    Stream {
        prefix: Bytes,
        rest: Incoming,
    },
    Whole(Bytes),
}

/// The till broke off.
pub(super) struct BrokenOff;

impl Taken {
    /// Reads the body if it can be a call of the interface.
    pub(super) async fn read(parts: &Parts, mut body: Incoming) -> Result<Self, BrokenOff> {
        let mut read = Vec::new();
        if is_readable(parts) {
            while read.len() <= MAX_CALL {
                let Some(data) = next(&mut body).await? else {
                    return Ok(Self::Whole(read.into()));
                };
                read.extend_from_slice(&data);
            }
        }
        let prefix = read.into();
        Ok(Self::Stream { prefix, rest: body })
    }

    pub(super) fn beginning(&self) -> &Bytes {
        match self {
            Self::Stream { prefix, .. } => prefix,
            Self::Whole(bytes) => bytes,
        }
    }

    /// The body on its way to the platform.
    pub(super) fn forward(self, chunked: bool, progress: Progress) -> CallBody {
        match self {
            Self::Stream { prefix, rest } => CallBody::Streamed {
                prefix,
                rest,
                progress,
            },
            Self::Whole(bytes) => CallBody::Whole { bytes, chunked },
        }
    }

    /// Reads the rest and lets it go, so that the till comes to hear the answer.
    pub(super) async fn discard(self) {
        if let Self::Stream { mut rest, .. } = self {
            while let Ok(Some(_)) = next(&mut rest).await {}
        }
    }
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, BrokenOff> {
    match tokio::time::timeout(SILENCE, body::next(body)).await {
        Ok(Some(Ok(data))) => Ok(Some(data)),
        Ok(None) => Ok(None),
        Ok(Some(Err(_))) | Err(_) => Err(BrokenOff),
    }
}

/// Files and whatever is not sent as calls are go by unread.
pub(super) fn is_readable(parts: &Parts) -> bool {
    let is_sent = parts.method == Method::POST || parts.method == Method::PUT;
    let kind = media_type(&parts.headers);
    let begins = |prefix: &str| {
        let beginning = kind.get(..prefix.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix))
    };
    is_sent && !begins("multipart/") && !begins("application/octet-stream")
}

/// The media type as written; empty where there is none.
fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok());
    text.unwrap_or_default().trim()
}

/// Is a body text of which something can be told?
pub(super) fn is_text(headers: &HeaderMap) -> bool {
    let kind = media_type(headers).to_ascii_lowercase();
    kind.contains("json") || kind.starts_with("text/")
}

/// How a call looks from outside.
pub(super) fn wrapping(parts: &Parts) -> Wrapping {
    let coding = parts.headers.get(header::CONTENT_ENCODING);
    let coding = coding.and_then(|value| value.to_str().ok());
    let media = media_type(&parts.headers);
    Wrapping::new(parts.uri.path(), media, coding.unwrap_or_default())
}

/// In what a body is packed on the wire.
pub(super) struct Packing(Vec<HeaderValue>);

impl Packing {
    /// As the headers of its message say.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let codings = headers.get_all(header::CONTENT_ENCODING).iter();
        Self(codings.cloned().collect())
    }

    /// The body as it can be read.
    pub(super) fn unpack<'b>(&self, body: &'b [u8]) -> Unpacked<'b> {
        let codings: Vec<&[u8]> = self.0.iter().map(HeaderValue::as_bytes).collect();
        coding::unpack(&codings, body)
    }

    /// The same of a body that is not needed any more; what is not packed is not copied.
    pub(super) fn unpack_owned(&self, body: Vec<u8>) -> Option<Vec<u8>> {
        match self.unpack(&body).whole()? {
            Cow::Owned(unpacked) => Some(unpacked),
            Cow::Borrowed(_) => Some(body),
        }
    }
}

/// A body as the desk reads it: what cannot be unpacked, as it came.
pub(super) fn readable(unpacked: Unpacked<'_>, body: &Bytes) -> Arc<[u8]> {
    match unpacked.whole() {
        Some(Cow::Owned(unpacked)) => unpacked.into(),
        Some(Cow::Borrowed(_)) | None => Arc::from(body.as_ref()),
    }
}

/// Which call it is.
pub(super) struct Named {
    /// Its number, where the body or the path tells.
    pub(super) infno: Option<Infno>,
    /// What it is for, where it concerns the agent.
    pub(super) role: Option<InterfaceCall>,
}

impl Named {
    /// Asks the body, then the path.
    ///
    /// Which of the two a platform obeys is its own affair. Where they differ and one of them is
    /// gated, it is taken for that one: a settlement cannot pass under the name of a query.
    pub(super) fn find<G: Gate>(gate: &G, paths: &Paths, path: &str, body: &[u8]) -> Self {
        let by = |infno: Option<Infno>| {
            let role = infno.as_ref().and_then(|infno| gate.interface_call(infno));
            Self { infno, role }
        };
        let by_body = by(infno_of(body));
        let in_path = paths.infno(path);
        if in_path.is_some() && in_path == by_body.infno {
            return by_body;
        }
        let by_path = by(in_path);
        let is_gated = |named: &Self| named.role.as_ref().is_some_and(|call| call.role.is_gated());
        if is_gated(&by_body) || (by_body.infno.is_some() && !is_gated(&by_path)) {
            by_body
        } else {
            by_path
        }
    }
}
