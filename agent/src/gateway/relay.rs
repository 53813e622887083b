//! A call in passing: to the platform as it came, and its answer back as it comes.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, Uri, Version};
use pharmacy_protocol::term::Infno;

use super::body::{AnswerBody, CallBody, End, Kept, Progress, Relayed, Tap};
use super::call::{self, Named, Packing, Taken};
use super::departure::Ruled;
use super::gate::Gate;
use super::guard;
use super::path::Paths;
use super::upstream::{SendError, Upstream};
use super::{Background, MAX_CALL, MAX_SEARCHED, header, local};
use crate::door::policy::Policy;
use crate::door::stay::vouch;
use pharmacy_base::text;
use pharmacy_desk::{Caller, WireCall};

/// What tells of a settlement in any answer.
const SETTLEMENT: &[u8] = b"setl_id";

/// The till's connection ends without an answer: so did the platform's, or nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
pub(super) struct Cut;

/// What every call needs.
pub(super) struct Relay<G> {
    pub(super) gate: Arc<G>,
    pub(super) upstream: Upstream,
    pub(super) policy: Policy,
    pub(super) paths: Paths,
    pub(super) answer: Duration,
    pub(super) background: Background,
    pub(super) serial: AtomicU64,
}

/// A call that was let in, apart from its body.
pub(super) struct Head {
    pub(super) caller: Caller,
    pub(super) parts: Parts,
    pub(super) chunked: bool,
}

/// Over what a call leaves.
#[derive(Clone, Copy)]
enum Lane {
    /// A connection of its own.
    Alone,
    /// A connection of the pool.
    Pooled,
}

impl<G: Gate> Relay<G> {
    /// Takes a request of a till.
    pub(super) async fn take(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<AnswerBody>, Cut> {
        let (head, body) = match self.admit(request) {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(refused),
        };
        let Ok(taken) = Taken::read(&head.parts, body).await else {
            return Err(Cut);
        };
        if !call::is_readable(&head.parts) {
            let infno = self.paths.infno(head.parts.uri.path());
            return self.search(head, infno, taken).await;
        }
        let named = self.name(&head, &taken);
        match &named.role {
            Some(call) if call.role.is_gated() => self.rule(head, named, taken).await,
            Some(_) => match &taken {
                Taken::Whole(body) => {
                    let body = Arc::clone(body);
                    self.watch(head, named, body, Lane::Pooled).await
                }
                Taken::Stream { .. } => self.search(head, named.infno, taken).await,
            },
            None => self.search(head, named.infno, taken).await,
        }
    }

    /// Which call it is.
    fn name(&self, head: &Head, taken: &Taken) -> Named {
        let packing = Packing::of(&head.parts.headers);
        let view = match taken {
            // What cannot be unpacked is looked at as it is: its path may still tell.
            Taken::Whole(body) => packing.unpack(body),
            Taken::Stream { .. } => None,
        };
        let beginning = view.as_deref().unwrap_or(taken.beginning());
        Named::find(&*self.gate, &self.paths, head.parts.uri.path(), beginning)
    }

    /// Checks who calls, and turns the head into what goes to the platform.
    #[expect(
        clippy::result_large_err,
        reason = "the refusal is sent at once, not passed up"
    )]
    fn admit(&self, request: Request<Incoming>) -> Result<(Head, Incoming), Response<AnswerBody>> {
        let denied = |code| local::problem(StatusCode::FORBIDDEN, code);
        let checked = self.policy.check(&request);
        checked.map_err(|denial| denied(guard::code(denial)))?;
        let unknown = || denied(guard::UNKNOWN_TILL);
        let (mut parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().ok_or_else(unknown)?;
        let (secret, rest) = guard::split(target.as_str()).ok_or_else(unknown)?;
        let caller = self.gate.authenticate(secret.to_owned());
        let caller = caller.map_err(|error| {
            tracing::error!(code = error.code(), "{}", text::chain(&error));
            local::problem(StatusCode::SERVICE_UNAVAILABLE, error.code())
        })?;
        let caller = caller.ok_or_else(unknown)?;
        vouch(&parts.extensions);
        let target = self.upstream.target(rest).ok_or_else(unknown)?;
        let chunked = header::is_chunked(&parts.headers);
        parts.headers = header::outbound(parts.headers, self.upstream.authority());
        parts.uri = Uri::from(target);
        parts.version = Version::HTTP_11;
        let head = Head {
            caller,
            parts,
            chunked,
        };
        Ok((head, body))
    }

    /// A gated call.
    async fn rule(
        self: Arc<Self>,
        head: Head,
        named: Named,
        taken: Taken,
    ) -> Result<Response<AnswerBody>, Cut> {
        let (Some(call), Some(infno)) = (named.role.clone(), named.infno.clone()) else {
            return Err(Cut);
        };
        let body = match taken {
            Taken::Whole(body) => body,
            long @ Taken::Stream { .. } => {
                tracing::warn!(
                    code = "gateway.too-large",
                    till = head.caller.till.as_str(),
                    infno = infno.as_str(),
                    "call refused"
                );
                long.discard().await;
                let code = "gateway.too-large";
                return Ok(local::refuse(
                    StatusCode::OK,
                    Some(&call),
                    &[],
                    self.next_serial(),
                    code,
                ));
            }
        };
        let wire = wire_call(&head, infno, &body);
        match Arc::clone(&self).depart(&head, wire, call.clone()).await {
            Ruled::Answer(response) => Ok(*response),
            Ruled::Pass if call.role.moves_money() => {
                self.watch(head, named, body, Lane::Alone).await
            }
            Ruled::Pass => self.watch(head, named, body, Lane::Pooled).await,
            Ruled::Silence => Err(Cut),
        }
    }

    /// Relays a call that the desk learns from.
    async fn watch(
        &self,
        head: Head,
        named: Named,
        body: Arc<[u8]>,
        lane: Lane,
    ) -> Result<Response<AnswerBody>, Cut> {
        let Some(infno) = named.infno.clone() else {
            return Err(Cut);
        };
        let wire = wire_call(&head, infno, &body);
        let gate = Arc::clone(&self.gate);
        let progress = Progress::new();
        let taken = Taken::Whole(Arc::clone(&body));
        let (caller, message) = head.apart(taken, &progress);
        match self.send(message, lane, &progress).await {
            Ok(response) => {
                let packing = Packing::of(response.headers());
                let tap = Tap::new(MAX_CALL, self.background.clone(), move |kept: Kept| {
                    let whole = kept.is_whole.then_some(kept.bytes);
                    let answer = whole.and_then(|bytes| packing.unpack_owned(bytes));
                    Box::pin(note(gate, wire, answer))
                });
                Ok(self.hand_over(response, Some(tap)).await)
            }
            Err(error) => {
                note(gate, wire, None).await;
                self.fail(&caller, &named, &body, error)
            }
        }
    }

    /// Relays a call that nobody knows, and looks into its answer for a settlement.
    async fn search(
        &self,
        head: Head,
        infno: Option<Infno>,
        taken: Taken,
    ) -> Result<Response<AnswerBody>, Cut> {
        let progress = Progress::new();
        let beginning = match &taken {
            Taken::Whole(body) => Arc::clone(body),
            Taken::Stream { .. } => Arc::default(),
        };
        let (caller, message) = head.apart(taken, &progress);
        match self.send(message, Lane::Pooled, &progress).await {
            Ok(response) => {
                let tap = call::is_text(response.headers()).then(|| {
                    let packing = Packing::of(response.headers());
                    self.search_tap(caller, infno, packing)
                });
                Ok(self.hand_over(response, tap).await)
            }
            Err(error) => {
                let named = Named { infno, role: None };
                self.fail(&caller, &named, &beginning, error)
            }
        }
    }

    fn search_tap(&self, caller: Caller, infno: Option<Infno>, packing: Packing) -> Tap {
        let gate = Arc::clone(&self.gate);
        Tap::new(MAX_SEARCHED, self.background.clone(), move |kept: Kept| {
            let answer = packing.unpack_owned(kept.bytes).unwrap_or_default();
            let settles = tells_of_settlement(&answer);
            Box::pin(async move {
                if !settles {
                    return;
                }
                tracing::warn!(
                    code = "gateway.ungated",
                    till = caller.till.as_str(),
                    infno = infno.as_ref().map(Infno::as_str),
                    "a call that is not gated was answered with a settlement"
                );
                if let Err(error) = gate.report_ungated(caller, infno, answer).await {
                    tracing::error!(code = error.code(), "{}", text::chain(&error));
                }
            })
        })
    }

    /// Sends, and waits for the answer's head: as long as the platform is given, counted from when
    /// the till last sent something.
    async fn send(
        &self,
        request: Request<CallBody>,
        lane: Lane,
        progress: &Progress,
    ) -> Result<Response<Incoming>, Failure> {
        let sending = async {
            match lane {
                Lane::Alone => self.upstream.send_alone(request, &self.background).await,
                Lane::Pooled => self.upstream.send_pooled(request).await,
            }
        };
        tokio::pin!(sending);
        loop {
            let deadline = progress.last() + self.answer;
            match tokio::time::timeout_at(deadline, sending.as_mut()).await {
                Ok(sent) => return sent.map_err(Failure::Send),
                Err(_) if progress.last() + self.answer > deadline => {}
                Err(_) => return Err(Failure::TimedOut),
            }
        }
    }

    /// The platform's answer as it comes.
    async fn hand_over(
        &self,
        response: Response<Incoming>,
        mut tap: Option<Tap>,
    ) -> Response<AnswerBody> {
        let (mut parts, body) = response.into_parts();
        parts.headers = header::end_to_end(parts.headers);
        parts.version = Version::HTTP_11;
        // Nobody asks for the bytes of a body that has none.
        if hyper::body::Body::is_end_stream(&body)
            && let Some(tap) = tap.take()
        {
            tap.tell(End::Complete).await;
        }
        let relayed = Relayed::new(body, tap, self.answer);
        Response::from_parts(parts, AnswerBody::Relayed(Box::new(relayed)))
    }

    /// What the till hears of a call that got no answer.
    fn fail(
        &self,
        caller: &Caller,
        named: &Named,
        body: &[u8],
        failure: Failure,
    ) -> Result<Response<AnswerBody>, Cut> {
        let (status, code) = match &failure {
            Failure::Send(SendError::NotSent(_)) => {
                (StatusCode::BAD_GATEWAY, "gateway.upstream-unreachable")
            }
            Failure::Send(SendError::Cut(_)) => (StatusCode::BAD_GATEWAY, "gateway.upstream-cut"),
            Failure::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "gateway.upstream-silent"),
        };
        tracing::warn!(
            code,
            till = caller.till.as_str(),
            infno = named.infno.as_ref().map(Infno::as_str),
            "{}",
            text::chain(&failure)
        );
        let call = named.role.as_ref();
        let was_sent = !matches!(failure, Failure::Send(SendError::NotSent(_)));
        let may_have_moved = was_sent && call.is_some_and(|call| call.role.moves_money());
        // A refusal could be read as "it did not happen".
        if may_have_moved || matches!(failure, Failure::Send(SendError::Cut(_))) {
            return Err(Cut);
        }
        Ok(local::refuse(status, call, body, self.next_serial(), code))
    }

    /// Tells answers that are made here apart.
    pub(super) fn next_serial(&self) -> u64 {
        // At most ten digits.
        self.serial.fetch_add(1, Ordering::Relaxed) % 10_000_000_000
    }
}

impl Head {
    /// Who calls, and what goes to the platform.
    fn apart(self, taken: Taken, progress: &Progress) -> (Caller, Request<CallBody>) {
        let body = taken.forward(self.chunked, progress.clone());
        (self.caller, Request::from_parts(self.parts, body))
    }
}

/// Does an answer hold the name under which settlements stand?
fn tells_of_settlement(answer: &[u8]) -> bool {
    let mut rest = answer;
    while let Some(at) = rest
        .iter()
        .position(|byte| SETTLEMENT.first() == Some(byte))
    {
        let (_, found) = rest.split_at(at);
        if found.starts_with(SETTLEMENT) {
            return true;
        }
        rest = found.get(1..).unwrap_or_default();
    }
    false
}

/// A call as the desk reads it.
fn wire_call(head: &Head, infno: Infno, body: &Arc<[u8]>) -> WireCall {
    let view = match Packing::of(&head.parts.headers).unpack(body) {
        Some(Cow::Owned(view)) => view.into(),
        Some(Cow::Borrowed(_)) | None => Arc::clone(body),
    };
    WireCall {
        caller: head.caller.clone(),
        infno,
        body: view,
    }
}

/// Lets the desk take note of a call that passed.
async fn note<G: Gate>(gate: Arc<G>, wire: WireCall, answer: Option<Vec<u8>>) {
    if let Err(error) = gate.observe(wire, answer).await {
        tracing::warn!(code = error.code(), "a call was not taken note of");
    }
}

/// Why a call that passed has no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no answer")]
    Send(#[source] SendError),
    #[error("the platform did not answer in time")]
    TimedOut,
}
