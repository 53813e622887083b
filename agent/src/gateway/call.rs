//! A call as it comes in: how much of it is read, how it can be read, and which call it is.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Uri};
use pharmacy_decision::pack::Call as InterfaceCall;
use pharmacy_protocol::term::Infno;

use super::body::{self, CallBody, Kept, Progress};
use super::gate::Gate;
use super::opaque::{begins_as_file, is_ciphertext, is_opaque};
use super::path::Paths;
use pharmacy_desk::{Caller, WireCall, Wrapping};
use pharmacy_interface::coding::{self, Unpacked};
use pharmacy_interface::infnos_of;

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
    /// Reads the body as long as it can be a call of the interface, whatever its label says; where the
    /// address names one, whatever it looks like.
    pub(super) async fn read(
        parts: &Parts,
        mut body: Incoming,
        is_addressed: bool,
    ) -> Result<Self, BrokenOff> {
        let mut read = Vec::new();
        while read.len() <= MAX_CALL {
            let Some(data) = next(&mut body).await? else {
                return Ok(Self::Whole(read.into()));
            };
            let is_first = read.is_empty();
            read.extend_from_slice(&data);
            if is_first && !is_addressed && is_file(&parts.headers, &read) {
                break;
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

/// Is it labelled as a file?
fn is_attachment(headers: &HeaderMap) -> bool {
    let kind = media_type(headers).to_ascii_lowercase();
    let mut labels = ["application/octet-stream", "application/zip", "image/"].iter();
    labels.any(|label| kind.starts_with(label))
}

/// Is it a file, which goes by unread? It is labelled as one, and begins as files do. In a body of several
/// parts a call may stand beside a file.
fn is_file(headers: &HeaderMap, beginning: &[u8]) -> bool {
    let is_packed = headers.contains_key(header::CONTENT_ENCODING);
    is_attachment(headers) && !is_packed && begins_as_file(beginning)
}

/// Can it be a call that somebody encrypted?
pub(super) fn may_be_encrypted(parts: &Parts, beginning: &[u8]) -> bool {
    let is_sent = parts.method == Method::POST || parts.method == Method::PUT;
    let kind = media_type(&parts.headers).to_ascii_lowercase();
    let is_one = match is_attachment(&parts.headers) {
        true => is_ciphertext(beginning),
        false => is_opaque(beginning),
    };
    is_sent && !kind.starts_with("multipart/") && is_one
}

/// Is nothing sent, as by whoever only asks for something?
pub(super) fn is_empty_question(parts: &Parts, taken: &Taken) -> bool {
    let is_sent = parts.method == Method::POST || parts.method == Method::PUT;
    !is_sent && matches!(taken, Taken::Whole(body) if body.is_empty())
}

/// The media type as written; empty where there is none.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok());
    text.unwrap_or_default().trim()
}

/// How a call looks from outside.
pub(super) fn wrapping(parts: &Parts) -> Wrapping {
    let codings = parts.headers.get_all(header::CONTENT_ENCODING).iter();
    let codings: Vec<&str> = codings.filter_map(|value| value.to_str().ok()).collect();
    let media = media_type(&parts.headers);
    Wrapping::new(parts.uri.path(), media, &codings.join(", "))
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
}

/// A body as the desk reads it: what cannot be unpacked, as it came.
pub(super) fn readable(unpacked: Unpacked<'_>, body: &Bytes) -> Arc<[u8]> {
    match unpacked.whole() {
        Some(Cow::Owned(unpacked)) => unpacked.into(),
        Some(Cow::Borrowed(_)) | None => Arc::from(body.as_ref()),
    }
}

/// What of an answer can be searched.
pub(super) struct Searched {
    /// What came out.
    pub(super) text: Vec<u8>,
    /// Nothing stood in the way but its length.
    pub(super) is_clear: bool,
}

impl Packing {
    /// An answer's beginning as it can be searched.
    pub(super) fn open(&self, kept: Kept) -> Searched {
        let unpacked = self.unpack(&kept.bytes);
        match unpacked {
            // A label that packs nothing, such as `UTF-8`.
            Unpacked::Unknown => Searched {
                is_clear: std::str::from_utf8(&kept.bytes).is_ok(),
                text: kept.bytes,
            },
            Unpacked::Damaged(beginning) => Searched {
                text: beginning,
                is_clear: !kept.is_whole,
            },
            Unpacked::TooLong(beginning) => Searched {
                text: beginning,
                is_clear: true,
            },
            Unpacked::Whole(Cow::Owned(text)) => Searched {
                text,
                is_clear: true,
            },
            Unpacked::Whole(Cow::Borrowed(_)) => Searched {
                text: kept.bytes,
                is_clear: true,
            },
        }
    }
}

/// Which call it is.
pub(super) struct Named {
    /// Its number, where the body or the path tells.
    pub(super) infno: Option<Infno>,
    /// What it is for, where it concerns the agent.
    pub(super) role: Option<InterfaceCall>,
    /// The number that its path tells, where that one concerns the agent.
    pub(super) path: Option<Infno>,
}

impl Named {
    /// The number that an address tells.
    pub(super) fn in_address(paths: &Paths, target: &Uri) -> Option<Infno> {
        paths.infno(target.path()).or_else(|| of_query(target))
    }

    /// Asks the body, then the path.
    ///
    /// Which of them a platform obeys is its own affair. Where they differ, or the body names several, and
    /// one of them is gated, it is taken for that one, and the desk refuses it: a settlement cannot pass
    /// under the name of a query.
    pub(super) fn find<G: Gate>(gate: &G, paths: &Paths, target: &Uri, body: &[u8]) -> Self {
        let role = |infno: &Infno| gate.interface_call(infno);
        let in_path = Self::in_address(paths, target);
        let in_body = infnos_of(body);
        // The last one of a body counts, as it does for common parsers.
        let mut named: Vec<(Infno, Option<InterfaceCall>)> = in_body
            .into_iter()
            .rev()
            .chain(in_path.clone())
            .map(|infno| (infno.clone(), role(&infno)))
            .collect();
        let path = in_path.filter(|infno| role(infno).is_some());
        let is_gated =
            |call: &Option<InterfaceCall>| call.as_ref().is_some_and(|call| call.role.is_gated());
        let gated = named.iter().position(|(_, call)| is_gated(call));
        let at = gated.unwrap_or(0);
        let (infno, role) = match at < named.len() {
            true => {
                let (infno, role) = named.swap_remove(at);
                (Some(infno), role)
            }
            false => (None, None),
        };
        Self { infno, role, path }
    }
}

/// The number in a query: `?infno=2102`.
fn of_query(target: &Uri) -> Option<Infno> {
    let pairs = target.query()?.split('&');
    let mut values = pairs.filter_map(|pair| pair.split_once('='));
    let (_, number) = values.find(|(name, _)| name.eq_ignore_ascii_case("infno"))?;
    number.to_ascii_uppercase().parse().ok()
}
