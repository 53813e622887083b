//! Who may call: whom the door's policy lets speak, with the token of an enrolled client.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::problem::Problem;
use crate::door::pass::Pass;
use crate::door::policy::Denial;
use crate::door::stay::vouch;
use pharmacy_desk::Caller;

/// Refuses foreign hosts and browsers.
pub(super) async fn check_origin(State(api): State<Api>, request: Request, next: Next) -> Response {
    let code = match api.policy.check(&request) {
        Ok(()) => return next.run(request).await,
        Err(Denial::Host) => "api.host",
        Err(Denial::Origin) => "api.origin",
    };
    Problem::new(StatusCode::FORBIDDEN, code).into_response()
}

/// Finds the caller by token.
pub(super) async fn check_token(
    State(api): State<Api>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned());
    let Some(token) = token else {
        return unauthorised("api.token-missing");
    };
    let found = match Pass::Api.is_for(&token) {
        true => api.desk.authenticate(token),
        false => Ok(None),
    };
    match found {
        Ok(Some(caller)) => {
            vouch(request.extensions());
            request.extensions_mut().insert::<Caller>(caller);
            next.run(request).await
        }
        Ok(None) => {
            api.slow.wait().await;
            unauthorised("api.token-wrong")
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

fn unauthorised(code: &str) -> Response {
    let scheme = [(header::WWW_AUTHENTICATE, "Bearer")];
    (scheme, Problem::new(StatusCode::UNAUTHORIZED, code)).into_response()
}
