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

use hyper::body::{Bytes, Incoming};
use hyper::header::{self as field, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Request, Response, StatusCode, Version};
use tokio::sync::oneshot;

use super::body::{self, AnswerBody, CallBody};
use super::call::{Call, MAX_CALL, Packing};
use super::cors::Own;
use super::gate::{Gate, Ruling};
use super::upstream::SendError;
use super::way::Way;
use super::{header, local};
use pharmacy_base::text;
use pharmacy_desk::{Concluded, DeskError, Fate, PlatformAnswer};

/// What becomes of a gated call, for its till.
pub(super) enum Ruled {
    Answer(Box<Response<AnswerBody>>),
    Pass(Box<Call>),
    /// Nobody knows, so nothing is said.
    Silence,
}

/// What the platform answered. Its head waits here while the desk concludes: the spelling of the names
/// and the words of the status line lie in extensions that nobody else can make.
struct Heard {
    head: Parts,
    body: Bytes,
}

/// A call on its way through the gate.
struct Passage<G> {
    way: Arc<Way<G>>,
    call: Call,
}

/// Takes a call through the gate, whether or not its till waits for the end.
pub(super) async fn depart<G: Gate>(way: Arc<Way<G>>, call: Call) -> Ruled {
    let (tell, told) = oneshot::channel();
    let background = way.background.clone();
    let passage = Passage { way, call };
    background.spawn(async move {
        // The till may have hung up.
        let _ = tell.send(passage.run().await);
    });
    told.await.unwrap_or(Ruled::Silence)
}

impl<G: Gate> Passage<G> {
    async fn run(self) -> Ruled {
        match self.way.gate.gate(self.call.wire.clone()).await {
            Ok(Ruling::Answer(answer)) => Ruled::answer(answer),
            Ok(Ruling::Pass) => Ruled::Pass(Box::new(self.call)),
            Ok(Ruling::Send(proof)) => self.send(proof).await,
            // What cannot be recorded must not move money; what moves none does not wait for that.
            Err(error) if self.call.moves_money() => self.refuse(&error),
            Err(error) => {
                self.log(&error);
                Ruled::Pass(Box::new(self.call))
            }
        }
    }

    /// Sends what was recorded, once, and concludes.
    async fn send(self, proof: G::Proof) -> Ruled {
        let heard = tokio::time::timeout(self.way.answer, self.exchange(&proof)).await;
        if let Ok(Ok(heard)) = &heard {
            let packing = Packing::of(&heard.head.headers);
            if let Some(answer) = packing.unpack(&heard.body).whole() {
                self.way.manners.learn(&answer);
            }
        }
        let (fate, heard) = match heard {
            Ok(Ok(heard)) => (Fate::Answered(heard.for_desk()), Some(heard)),
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
        match (self.way.gate.conclude(proof, fate).await, heard) {
            (Ok(Concluded::AsItCame), Some(heard)) => Ruled::whole(heard.head, heard.body),
            (Ok(Concluded::Warned(body)), Some(heard)) => Ruled::whole(heard.head, body.into()),
            (Ok(Concluded::Instead(answer)), _) => Ruled::answer(answer),
            (Ok(Concluded::Nothing), _) | (Ok(_), None) => Ruled::Silence,
            // The money has moved or it has not: hiding what the platform said undoes nothing, and
            // the attempt stays without outcome in the log until somebody looks.
            (Err(error), Some(heard)) => {
                self.log(&error);
                Ruled::whole(heard.head, heard.body)
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
        let body = CallBody::Whole {
            bytes: self.call.body.clone(),
            chunked: self.call.head.chunked,
        };
        let request = Request::from_parts(self.call.head.parts.clone(), body);
        let upstream = &self.way.upstream;
        let response = if G::departure(proof).moves_money {
            upstream.send_alone(request, &self.way.background).await?
        } else {
            upstream.send_pooled(request).await?
        };
        hear(response).await
    }

    fn refuse(&self, error: &DeskError) -> Ruled {
        self.log(error);
        let refused = local::Refused {
            call: Some(&self.call.table),
            body: &self.call.wire.body,
            manner: self.call.wire.manner.clone(),
            serial: self.way.next_serial(),
        };
        let response = local::refuse(StatusCode::OK, refused, error.code());
        Ruled::Answer(Box::new(response))
    }

    fn log(&self, error: &DeskError) {
        tracing::error!(
            code = error.code(),
            till = self.call.wire.caller.till.as_str(),
            infno = self.call.wire.infno.as_str(),
            "{}",
            text::chain(error)
        );
    }

    fn warn(&self, code: &'static str, cause: &dyn std::error::Error) {
        tracing::warn!(
            code,
            till = self.call.wire.caller.till.as_str(),
            infno = self.call.wire.infno.as_str(),
            "{}",
            text::chain(cause)
        );
    }
}

/// Reads the whole answer.
async fn hear(response: Response<Incoming>) -> Result<Heard, SendError> {
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(data) = body::next(&mut incoming).await {
        let data = data.map_err(|error| SendError::Cut(error.into()))?;
        if body.len() + data.len() > MAX_CALL {
            return Err(SendError::Cut(Box::new(TooLong)));
        }
        body.extend_from_slice(&data);
    }
    let body = body.into();
    Ok(Heard { head, body })
}

/// An answer that is longer than any of the interface.
#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {MAX_CALL} bytes")]
struct TooLong;

impl Heard {
    /// What the desk reads, and keeps for a repetition.
    fn for_desk(&self) -> PlatformAnswer {
        PlatformAnswer {
            status: self.head.status.as_u16(),
            headers: header::kept(&self.head.headers),
            body: self.body.to_vec(),
        }
    }
}

impl Ruled {
    /// An answer of the agent's own, or one that is repeated.
    fn answer(answer: PlatformAnswer) -> Self {
        let (mut head, ()) = Response::new(()).into_parts();
        head.status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
        head.headers = header::of(&answer.headers);
        head.extensions.insert(Own);
        Self::whole(head, answer.body.into())
    }

    /// An answer that is known whole, with the length that its body has.
    fn whole(mut head: Parts, bytes: Bytes) -> Self {
        let chunked = header::is_chunked(&head.headers);
        head.headers = header::end_to_end(head.headers);
        head.version = Version::HTTP_11;
        // An answer that cannot have a body (204) has no length either.
        if !chunked && (!bytes.is_empty() || head.headers.contains_key(field::CONTENT_LENGTH)) {
            let length = HeaderValue::from(bytes.len());
            head.headers.insert(field::CONTENT_LENGTH, length);
        }
        let body = AnswerBody::Whole { bytes, chunked };
        Self::Answer(Box::new(Response::from_parts(head, body)))
    }
}
