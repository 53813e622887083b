//! A call in passing: to the platform as it came, and its answer back as it comes.

use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, Version};
use pharmacy_decision::pack::Call as InterfaceCall;
use pharmacy_protocol::term::{Infno, TillNumber};

use super::body::{AnswerBody, CallBody, End, Kept, Progress, Relayed, Tap};
use super::call::{self, Call, Head, MAX_CALL, Named, Packing, Searched, Taken};
use super::departure::{self, Ruled};
use super::gate::Gate;
use super::path::Paths;
use super::till::Tills;
use super::upstream::SendError;
use super::way::Way;
use super::{cors, header, local};
use crate::door::policy::Policy;
use crate::door::slow::Slow;
use pharmacy_base::text;
use pharmacy_desk::{Caller, Opaque, OpaqueCall, WireCall};
use pharmacy_interface::Manner;
use pharmacy_interface::answer::names_settlement;
use pharmacy_interface::coding::Unpacked;
use pharmacy_protocol::digest::sha256;

/// How much of an unknown call's answer is searched for a settlement, as it comes over the wire: what
/// comes out of it unpacked is searched up to [`MAX_CALL`].
pub const MAX_SEARCHED: usize = 256 * 1024;

/// The till's connection ends without an answer: so did the platform's, or nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
pub(super) struct Cut;

/// Where a till's calls come in and pass.
pub(super) struct Relay<G> {
    pub(super) way: Arc<Way<G>>,
    pub(super) policy: Policy,
    pub(super) paths: Arc<Paths>,
    pub(super) tills: Tills,
    /// Tills whose software says `sec-fetch-mode`.
    pub(super) fetch_tills: Vec<TillNumber>,
    pub(super) slow: Slow,
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
        let page = cors::page(&self.policy, request.headers());
        let mut response = self.answer(request).await?;
        if let Some(page) = page {
            cors::show(&mut response, page);
        }
        Ok(response)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<AnswerBody>, Cut> {
        let is_question = cors::is_question(&request);
        let (head, body) = match self.admit(request) {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(self.deny(refused).await),
        };
        if is_question {
            return Ok(cors::yes(&head.parts.headers));
        }
        let addressed = Named::in_address(&self.paths, &head.parts.uri);
        let is_addressed =
            addressed.is_some_and(|infno| self.way.gate.interface_call(&infno).is_some());
        let taken = Taken::read(&head.parts, body, is_addressed);
        let taken = taken.await.map_err(|_| Cut)?;
        let came = taken.beginning().clone();
        let unpacked = Packing::of(&head.parts.headers).unpack(&came);
        // What cannot be unpacked is looked at as it is: it may only be labelled wrongly.
        let beginning = unpacked.beginning().unwrap_or(&came);
        let named = Named::find(&*self.way.gate, &self.paths, &head.parts.uri, beginning);
        let label = call::media_type(&head.parts.headers);
        let manner = self.way.manners.of(&head.caller.till, beginning, label);
        let is_question = call::is_empty_question(&head.parts, &taken);
        let (Some(infno), Some(table), false) = (&named.infno, named.role, is_question) else {
            if named.infno.is_none() && call::may_be_encrypted(&head.parts, beginning) {
                return self.pass_opaque(head, taken, manner).await;
            }
            return self.search(head, (named.infno, None), taken, manner).await;
        };
        let is_gated = table.role.is_gated();
        let is_long = matches!(unpacked, Unpacked::TooLong(_));
        match taken {
            Taken::Whole(body) if !(is_gated && is_long) => {
                let wire = WireCall {
                    caller: head.caller.clone(),
                    infno: infno.clone(),
                    body: call::readable(unpacked, &body),
                    wrapping: call::wrapping(&head.parts),
                    path: named.path,
                    manner,
                };
                let call = Call {
                    head,
                    body,
                    wire,
                    table,
                };
                if is_gated {
                    self.rule(call).await
                } else {
                    self.watch(call, Lane::Pooled).await
                }
            }
            long if is_gated => Ok(self.turn_away(&head, infno, &table, manner, long).await),
            long => self.search(head, (named.infno, None), long, manner).await,
        }
    }

    async fn rule(&self, call: Call) -> Result<Response<AnswerBody>, Cut> {
        match departure::depart(Arc::clone(&self.way), call).await {
            Ruled::Answer(response) => Ok(*response),
            Ruled::Pass(call) if call.moves_money() => self.watch(*call, Lane::Alone).await,
            Ruled::Pass(call) => self.watch(*call, Lane::Pooled).await,
            Ruled::Silence => Err(Cut),
        }
    }

    /// Refuses a gated call that is longer than any, as it came or unpacked.
    async fn turn_away(
        &self,
        head: &Head,
        infno: &Infno,
        table: &InterfaceCall,
        manner: Manner,
        taken: Taken,
    ) -> Response<AnswerBody> {
        let code = "gateway.too-large";
        let till = head.caller.till.as_str();
        tracing::warn!(code, till, infno = infno.as_str(), "call refused");
        taken.discard().await;
        let serial = self.way.next_serial();
        let refused = local::Refused {
            call: Some(table),
            body: &[],
            manner,
            serial,
        };
        local::refuse(StatusCode::OK, refused, code)
    }

    /// Relays a call that the desk learns from.
    async fn watch(&self, call: Call, lane: Lane) -> Result<Response<AnswerBody>, Cut> {
        let progress = Progress::new();
        let Call {
            head,
            body,
            wire,
            table,
        } = call;
        let gate = Arc::clone(&self.way.gate);
        let (caller, message) = head.apart(Taken::Whole(body), &progress);
        let moves_money = table.role.moves_money();
        match self.send(message, lane, &progress).await {
            // The platform did not take it: what moves money, it did not move.
            Ok(response) if moves_money && was_turned_away(response.status()) => {
                Ok(self.hand_over(response, None).await)
            }
            Ok(response) => {
                let packing = Packing::of(response.headers());
                let manners = self.way.manners.clone();
                let tap = Tap::new(MAX_CALL, self.way.background.clone(), move |kept: Kept| {
                    let is_whole = kept.is_whole;
                    let answer = is_whole.then(|| packing.open(kept));
                    let is_clear = answer.as_ref().is_none_or(|answer| answer.is_clear);
                    let answer = answer.filter(|answer| answer.is_clear);
                    let answer = answer.map(|answer| answer.text);
                    if let Some(answer) = &answer {
                        manners.learn(answer);
                    }
                    Box::pin(async move {
                        if !is_clear {
                            let (caller, infno) = (wire.caller.clone(), wire.infno.clone());
                            unsearched(&*gate, caller, Some(infno)).await;
                        }
                        note(gate, wire, answer).await;
                    })
                });
                Ok(self.hand_over(response, Some(tap)).await)
            }
            Err(error) => {
                let (infno, body) = (wire.infno.clone(), Arc::clone(&wire.body));
                let manner = wire.manner.clone();
                // What never left moved no money.
                if !(moves_money && matches!(error, Failure::Send(SendError::NotSent(_)))) {
                    note(gate, wire, None).await;
                }
                let refused = local::Refused {
                    call: Some(&table),
                    body: &body,
                    manner,
                    serial: self.way.next_serial(),
                };
                self.fail(&caller, Some(&infno), refused, error)
            }
        }
    }

    /// Relays a call that nobody knows, and looks into its answer for a settlement.
    async fn search(
        &self,
        head: Head,
        (infno, opaque): (Option<Infno>, Option<OpaqueCall>),
        taken: Taken,
        manner: Manner,
    ) -> Result<Response<AnswerBody>, Cut> {
        let progress = Progress::new();
        let body = match &taken {
            Taken::Whole(body) => body.clone(),
            Taken::Stream { .. } => Bytes::new(),
        };
        let (caller, message) = head.apart(taken, &progress);
        match self.send(message, Lane::Pooled, &progress).await {
            Ok(response) => {
                let packing = Packing::of(response.headers());
                let tap = self.search_tap(caller, (infno, opaque), packing);
                Ok(self.hand_over(response, Some(tap)).await)
            }
            Err(error) => {
                let refused = local::Refused {
                    call: None,
                    body: &body,
                    manner,
                    serial: self.way.next_serial(),
                };
                self.fail(&caller, infno.as_ref(), refused, error)
            }
        }
    }

    fn search_tap(
        &self,
        caller: Caller,
        (infno, opaque): (Option<Infno>, Option<OpaqueCall>),
        packing: Packing,
    ) -> Tap {
        let gate = Arc::clone(&self.way.gate);
        let manners = self.way.manners.clone();
        Tap::new(
            MAX_SEARCHED,
            self.way.background.clone(),
            move |kept: Kept| {
                let Searched {
                    text: answer,
                    is_clear,
                } = packing.open(kept);
                let settles = names_settlement(&answer);
                manners.learn(&answer);
                Box::pin(async move {
                    if !settles {
                        if !is_clear {
                            unsearched(&*gate, caller, infno).await;
                        }
                        return;
                    }
                    tracing::warn!(
                        code = "gateway.ungated",
                        till = caller.till.as_str(),
                        infno = infno.as_ref().map(Infno::as_str),
                        "a call that is not gated was answered with a settlement"
                    );
                    if let Some(call) = opaque {
                        note_opaque(Arc::clone(&gate), call, Some(answer.clone())).await;
                    }
                    if let Err(error) = gate.report_ungated(caller, infno, answer).await {
                        tracing::error!(code = error.code(), "{}", text::chain(&error));
                    }
                })
            },
        )
    }

    /// Relays a call that names no number and cannot be read, if the desk lets it through.
    async fn pass_opaque(
        &self,
        head: Head,
        taken: Taken,
        manner: Manner,
    ) -> Result<Response<AnswerBody>, Cut> {
        let call = OpaqueCall {
            caller: head.caller.clone(),
            wrapping: call::wrapping(&head.parts),
            body: sha256(taken.beginning()),
        };
        match self.way.gate.gate_opaque(call.clone()).await {
            Ok(Opaque::Foreign) => self.search(head, (None, Some(call)), taken, manner).await,
            Ok(Opaque::Pass) => self.watch_opaque(head, call, taken, manner).await,
            Ok(Opaque::Refuse(code)) => {
                taken.discard().await;
                let refused = local::Refused {
                    call: None,
                    body: &[],
                    manner,
                    serial: self.way.next_serial(),
                };
                Ok(local::refuse(StatusCode::OK, refused, code))
            }
            Err(error) => {
                tracing::error!(code = error.code(), "{}", text::chain(&error));
                self.search(head, (None, Some(call)), taken, manner).await
            }
        }
    }

    /// Relays one that may settle.
    async fn watch_opaque(
        &self,
        head: Head,
        call: OpaqueCall,
        taken: Taken,
        manner: Manner,
    ) -> Result<Response<AnswerBody>, Cut> {
        let gate = Arc::clone(&self.way.gate);
        let progress = Progress::new();
        let (caller, message) = head.apart(taken, &progress);
        match self.send(message, Lane::Alone, &progress).await {
            Ok(response) if was_turned_away(response.status()) => {
                Ok(self.hand_over(response, None).await)
            }
            Ok(response) => {
                let packing = Packing::of(response.headers());
                let background = self.way.background.clone();
                let tap = Tap::new(MAX_SEARCHED, background, move |kept: Kept| {
                    let answer = Some(packing.open(kept)).filter(|answer| answer.is_clear);
                    let answer = answer.map(|answer| answer.text);
                    Box::pin(note_opaque(gate, call, answer))
                });
                Ok(self.hand_over(response, Some(tap)).await)
            }
            Err(error) => {
                if !matches!(error, Failure::Send(SendError::NotSent(_))) {
                    note_opaque(gate, call, None).await;
                }
                let refused = local::Refused {
                    call: None,
                    body: &[],
                    manner,
                    serial: self.way.next_serial(),
                };
                self.fail(&caller, None, refused, error)
            }
        }
    }

    /// Sends, and waits for the answer's head: as long as the platform is given, counted from when
    /// the till last sent something.
    async fn send(
        &self,
        request: Request<CallBody>,
        lane: Lane,
        progress: &Progress,
    ) -> Result<Response<Incoming>, Failure> {
        let upstream = &self.way.upstream;
        let sending = async {
            match lane {
                Lane::Alone => upstream.send_alone(request, &self.way.background).await,
                Lane::Pooled => upstream.send_pooled(request).await,
            }
        };
        tokio::pin!(sending);
        loop {
            let deadline = progress.last() + self.way.answer;
            match tokio::time::timeout_at(deadline, sending.as_mut()).await {
                Ok(sent) => return sent.map_err(Failure::Send),
                Err(_) if progress.last() + self.way.answer > deadline => {}
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
        let relayed = Relayed::new(body, tap, self.way.answer);
        Response::from_parts(parts, AnswerBody::Relayed(Box::new(relayed)))
    }

    /// What the till hears of a call that got no answer.
    fn fail(
        &self,
        caller: &Caller,
        infno: Option<&Infno>,
        refused: local::Refused<'_>,
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
            infno = infno.map(Infno::as_str),
            "{}",
            text::chain(&failure)
        );
        let call = refused.call;
        let was_sent = !matches!(failure, Failure::Send(SendError::NotSent(_)));
        let may_have_moved = was_sent && call.is_some_and(|call| call.role.moves_money());
        // A refusal could be read as "it did not happen".
        if may_have_moved || matches!(failure, Failure::Send(SendError::Cut(_))) {
            return Err(Cut);
        }
        Ok(local::refuse(status, refused, code))
    }
}

impl Head {
    /// Who calls, and what goes to the platform.
    fn apart(self, taken: Taken, progress: &Progress) -> (Caller, Request<CallBody>) {
        let body = taken.forward(self.chunked, progress.clone());
        (self.caller, Request::from_parts(self.parts, body))
    }
}

/// Does an answer say that the platform did not take the call? RFC 9110, 15.5; RFC 6585, 4.
fn was_turned_away(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::TOO_MANY_REQUESTS
    )
}

/// Lets the desk take note of an answer that could not be searched.
async fn unsearched<G: Gate>(gate: &G, caller: Caller, infno: Option<Infno>) {
    if let Err(error) = gate.report_unsearched(caller, infno).await {
        tracing::warn!(code = error.code(), "an answer was not taken note of");
    }
}

/// Lets the desk take note of a call that passed.
async fn note<G: Gate>(gate: Arc<G>, wire: WireCall, answer: Option<Vec<u8>>) {
    if let Err(error) = gate.observe(wire, answer).await {
        tracing::warn!(code = error.code(), "a call was not taken note of");
    }
}

async fn note_opaque<G: Gate>(gate: Arc<G>, call: OpaqueCall, answer: Option<Vec<u8>>) {
    if let Err(error) = gate.observe_opaque(call, answer).await {
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
