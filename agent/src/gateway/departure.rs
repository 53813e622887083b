//! A gated call: ruled on, sent once, concluded. What was begun goes on when the till hangs up: a
//! call that was recorded and not sent would stay without outcome.
//!
//! ```text
//! gate ─► Answer ─► till
//!      ─► Pass ───► relay
//!      ─► Send ───► a connection ─► answer in time, whole ─► conclude(Answered) ─► till
//!                       │ none          │ else
//!                       ▼               ▼
//!                 conclude(NotSent)  conclude(InDoubt) ─► the till's connection is closed
//! ```

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::header::{self as field, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use pharmacy_decision::pack::Call as InterfaceCall;
use tokio::sync::oneshot;

use super::body::{self, AnswerBody};
use super::gate::{Gate, Ruling};
use super::relay::{Head, Relay};
use super::upstream::SendError;
use super::wire::Transcript;
use super::{MAX_CALL, call, header, local};
use pharmacy_base::text;
use pharmacy_desk::{DeskError, Fate, PlatformAnswer, WireCall};

/// What becomes of a gated call, for its till.
pub(super) enum Ruled {
    /// This.
    Answer(Box<Response<AnswerBody>>),
    /// It passes unjudged.
    Pass,
    /// Nobody knows, so nothing is said.
    Silence,
}

/// What the platform answered, and in what words its status line said so.
struct Heard {
    answer: PlatformAnswer,
    reason: Option<ReasonPhrase>,
}

/// A call on its way through the gate.
struct Passage<G> {
    relay: Arc<Relay<G>>,
    parts: Parts,
    chunked: bool,
    wire: WireCall,
    call: InterfaceCall,
}

impl<G: Gate> Relay<G> {
    /// Takes a call through the gate, whether or not its till waits for the end.
    pub(super) async fn depart(
        self: Arc<Self>,
        head: &Head,
        wire: WireCall,
        call: InterfaceCall,
    ) -> Ruled {
        let (tell, told) = oneshot::channel();
        let background = self.background.clone();
        let passage = Passage {
            relay: self,
            parts: head.parts.clone(),
            chunked: head.chunked,
            wire,
            call,
        };
        background.spawn(async move {
            // The till may have hung up.
            let _ = tell.send(passage.run().await);
        });
        told.await.unwrap_or(Ruled::Silence)
    }
}

impl<G: Gate> Passage<G> {
    async fn run(self) -> Ruled {
        match self.relay.gate.gate(self.wire.clone()).await {
            Ok(Ruling::Answer(answer)) => Ruled::answer(answer, None).await,
            Ok(Ruling::Pass) => Ruled::Pass,
            Ok(Ruling::Send(proof)) => self.send(proof).await,
            // What cannot be recorded must not move money; what moves none does not wait for that.
            Err(error) if self.call.role.moves_money() => self.refuse(&error),
            Err(error) => {
                self.log(&error);
                Ruled::Pass
            }
        }
    }

    /// Sends what was recorded, once, and concludes.
    async fn send(self, proof: G::Proof) -> Ruled {
        let limit = self.relay.answer;
        let heard = tokio::time::timeout(limit, self.exchange(&proof)).await;
        let (fate, heard) = match heard {
            Ok(Ok(heard)) => (Fate::Answered(heard.answer.clone()), Some(heard)),
            Ok(Err(SendError::NotSent(cause))) => {
                self.warn("gateway.upstream-unreachable", &*cause);
                (Fate::NotSent, None)
            }
            Ok(Err(SendError::Cut(cause))) => {
                self.warn("gateway.upstream-cut", &*cause);
                (Fate::InDoubt, None)
            }
            Err(late) => {
                self.warn("gateway.upstream-silent", &late);
                (Fate::InDoubt, None)
            }
        };
        let was_sent = !matches!(fate, Fate::NotSent);
        match (self.relay.gate.conclude(proof, fate).await, heard) {
            (Ok(Some(answer)), heard) => {
                let reason = heard
                    .filter(|heard| heard.answer.status == answer.status)
                    .and_then(|heard| heard.reason);
                Ruled::answer(answer, reason).await
            }
            (Ok(None), _) => Ruled::Silence,
            // The money has moved or it has not: hiding what the platform said undoes nothing, and
            // the attempt stays without outcome in the log until somebody looks.
            (Err(error), Some(heard)) => {
                self.log(&error);
                Ruled::answer(heard.answer, heard.reason).await
            }
            (Err(error), None) if was_sent => {
                self.log(&error);
                Ruled::Silence
            }
            (Err(error), None) => self.refuse(&error),
        }
    }

    /// The one place where something gated leaves. Takes the proof that it is recorded.
    async fn exchange(&self, proof: &G::Proof) -> Result<Heard, SendError> {
        let body = call::whole(Arc::clone(&self.wire.body), self.chunked);
        let request = Request::from_parts(self.parts.clone(), body);
        let upstream = &self.relay.upstream;
        let response = if G::departure(proof).moves_money {
            upstream.send_alone(request, &self.relay.background).await?
        } else {
            upstream.send_pooled(request).await?
        };
        hear(response).await
    }

    fn refuse(&self, error: &DeskError) -> Ruled {
        self.log(error);
        let serial = self.relay.next_serial();
        let call = Some(&self.call);
        let body = &self.wire.body;
        let response = local::refuse(StatusCode::OK, call, body, serial, error.code());
        Ruled::Answer(Box::new(response))
    }

    fn log(&self, error: &DeskError) {
        tracing::error!(
            code = error.code(),
            till = self.wire.caller.till.as_str(),
            infno = self.wire.infno.as_str(),
            "{}",
            text::chain(error)
        );
    }

    fn warn(&self, code: &'static str, cause: &dyn std::error::Error) {
        tracing::warn!(
            code,
            till = self.wire.caller.till.as_str(),
            infno = self.wire.infno.as_str(),
            "{}",
            text::chain(cause)
        );
    }
}

/// Reads the whole answer.
async fn hear(response: Response<Incoming>) -> Result<Heard, SendError> {
    let (parts, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(data) = body::next(&mut incoming).await {
        let data = data.map_err(|error| SendError::Cut(error.into()))?;
        if body.len() + data.len() > MAX_CALL {
            return Err(SendError::Cut(Box::new(TooLong)));
        }
        body.extend_from_slice(&data);
    }
    let spelt = parts.extensions.get::<Transcript>();
    let fields = spelt.and_then(Transcript::fields).unwrap_or_else(|| {
        let fields = parts.headers.iter();
        fields
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect()
    });
    Ok(Heard {
        answer: PlatformAnswer {
            status: parts.status.as_u16(),
            headers: header::kept(fields),
            body,
        },
        reason: parts.extensions.get::<ReasonPhrase>().cloned(),
    })
}

/// An answer that is longer than any of the interface.
#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {MAX_CALL} bytes")]
struct TooLong;

impl Ruled {
    /// An answer with its fields as they are spelt, and the length that its body has.
    async fn answer(answer: PlatformAnswer, reason: Option<ReasonPhrase>) -> Self {
        let (headers, extensions) = header::spell(&answer.headers).await;
        let chunked = header::is_chunked(&headers);
        let mut headers = header::end_to_end(headers);
        // An answer that cannot have a body (204) has no length either.
        if !chunked && (!answer.body.is_empty() || headers.contains_key(field::CONTENT_LENGTH)) {
            headers.insert(field::CONTENT_LENGTH, HeaderValue::from(answer.body.len()));
        }
        let mut response = Response::new(AnswerBody::Whole {
            bytes: (!answer.body.is_empty()).then(|| answer.body.into()),
            chunked,
        });
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
        *response.headers_mut() = headers;
        *response.extensions_mut() = extensions;
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        Self::Answer(Box::new(response))
    }
}
