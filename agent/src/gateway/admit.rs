//! Who calls: let in with the head of what goes to the platform, or told why not.

use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode, Uri, Version};

use super::body::AnswerBody;
use super::call::Head;
use super::gate::Gate;
use super::relay::Relay;
use super::till::Tills;
use super::{guard, header, local};
use crate::door::policy::Denial;
use crate::door::stay::vouch;
use pharmacy_base::text;

/// What whoever is not let in hears.
pub(super) struct Refused {
    response: Response<AnswerBody>,
    /// Did they show a secret that is none?
    wrong_secret: bool,
}

impl From<Response<AnswerBody>> for Refused {
    fn from(response: Response<AnswerBody>) -> Self {
        Self {
            response,
            wrong_secret: false,
        }
    }
}

impl<G: Gate> Relay<G> {
    /// What whoever is not let in hears; whoever tries secrets hears it late.
    pub(super) async fn deny(&self, refused: Refused) -> Response<AnswerBody> {
        if refused.wrong_secret {
            self.slow.wait().await;
        }
        refused.response
    }

    /// Checks who calls, and turns the head into what goes to the platform.
    #[expect(
        clippy::result_large_err,
        reason = "the refusal is sent at once, not passed up"
    )]
    pub(super) fn admit(&self, request: Request<Incoming>) -> Result<(Head, Incoming), Refused> {
        let denied = |code| local::problem(StatusCode::FORBIDDEN, code);
        let denial = self.policy.check(&request).err();
        // Whoever needs no secret is no program that only sounds like a browser.
        let is_fetch = matches!(self.tills, Tills::BySecret(_))
            && denial == Some(Denial::Origin)
            && guard::is_fetch_of_a_program(request.headers());
        if let Some(denial) = denial.filter(|_| !is_fetch) {
            let code = match (&self.tills, denial) {
                (Tills::One(_), Denial::Origin) => guard::BROWSER_AT_OWN_PORT,
                _ => guard::code(denial),
            };
            return Err(denied(code).into());
        }
        let unknown = || Refused {
            response: denied(guard::UNKNOWN_TILL),
            wrong_secret: true,
        };
        let (mut parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().ok_or_else(unknown)?;
        let (secret, rest) = match &self.tills {
            Tills::BySecret(_) => guard::split(target.as_str()).ok_or_else(unknown)?,
            // An address with a secret was put in at the wrong port; the platform must not see it.
            Tills::One(_) if guard::split(target.as_str()).is_some() => return Err(unknown()),
            Tills::One(_) => ("", target.as_str()),
        };
        let caller = self.tills.find(&*self.way.gate, secret);
        let caller = caller.map_err(|error| {
            tracing::error!(code = error.code(), "{}", text::chain(&error));
            Refused::from(local::problem(
                StatusCode::SERVICE_UNAVAILABLE,
                error.code(),
            ))
        })?;
        let caller = caller.ok_or_else(unknown)?;
        if is_fetch && !self.fetch_tills.contains(&caller.till) {
            return Err(denied(guard::code(Denial::Origin)).into());
        }
        vouch(&parts.extensions);
        let upstream = &self.way.upstream;
        let target = upstream.target(rest).ok_or_else(unknown)?;
        if header::is_coded_for_one_hop(&parts.headers) {
            let code = "gateway.transfer-coding";
            return Err(local::problem(StatusCode::NOT_IMPLEMENTED, code).into());
        }
        let chunked = header::is_chunked(&parts.headers);
        parts.headers = header::outbound(parts.headers, upstream.authority());
        parts.uri = Uri::from(target);
        parts.version = Version::HTTP_11;
        let head = Head {
            caller,
            parts,
            chunked,
        };
        Ok((head, body))
    }
}
