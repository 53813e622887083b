//! A command's end: says what it wants to the agent that runs, and waits for the answer.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::frame::{self, GREETING, NAMED};
#[cfg(windows)]
use super::pipe::connect;
use super::request::{Answer, Refusal, Request};
#[cfg(unix)]
use super::socket::connect;

/// How long an agent may take to let us in and to greet. One that is healthy does at once, or as soon as
/// whoever says nothing has been shown out.
const GREETED_WITHIN: Duration = Duration::from_secs(10);

/// How long an agent may take to answer: its disk may be slow, and its tills come first.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// A conversation that came to no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// The door is another account's.
    #[error("the control door is not open to this account")]
    Account(#[source] io::Error),
    /// The request was sent, and no answer came.
    #[error("the request was sent and not answered; it may have been carried out")]
    InDoubt(#[source] io::Error),
    /// Nobody is there: not yet, no longer, or gone before everything was said. Nothing was done.
    #[error("nobody answers at the control door")]
    NotThere(#[source] io::Error),
    /// Nobody greets, though somebody is there. Nothing was done.
    #[error("the agent does not greet; nothing was sent")]
    Silent,
    /// The agent is of another version. Nothing was done.
    #[error("the agent speaks another version; nothing was sent")]
    Version,
}

impl AskError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Account(_) => "control.account",
            Self::InDoubt(_) => "control.in-doubt",
            Self::NotThere(_) => "store.in-use",
            Self::Silent => "control.silent",
            Self::Version => "control.version",
        }
    }
}

/// Asks once. A request that was not sent may be asked again.
pub(super) fn ask(data: &Path, request: &Request) -> Result<Result<Answer, Refusal>, AskError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AskError::NotThere)?;
    runtime.block_on(async {
        let connected = timeout(GREETED_WITHIN, connect(data)).await;
        let mut stream = connected
            .map_err(|_| AskError::Silent)?
            .map_err(unreached)?;
        greeted(&mut stream).await?;
        tell(&mut stream, request).await?;
        let answer = timeout(ANSWERED_WITHIN, heard(&mut stream)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        answer.map_err(AskError::InDoubt)
    })
}

fn unreached(error: io::Error) -> AskError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => AskError::Account(error),
        _ => AskError::NotThere(error),
    }
}

async fn greeted(stream: &mut (impl AsyncRead + Unpin)) -> Result<(), AskError> {
    let mut greeting = [0; GREETING.len()];
    let read = timeout(GREETED_WITHIN, stream.read_exact(&mut greeting)).await;
    let read = read.map_err(|_| AskError::Silent)?;
    read.map_err(AskError::NotThere)?;
    if greeting == *GREETING {
        Ok(())
    } else if greeting.get(..NAMED) == GREETING.get(..NAMED) {
        Err(AskError::Version)
    } else {
        Err(AskError::Silent)
    }
}

/// Whatever breaks here leaves the agent without the whole request.
async fn tell(stream: &mut (impl AsyncWrite + Unpin), request: &Request) -> Result<(), AskError> {
    let json = serde_json::to_vec(request).map(Zeroizing::new);
    let json = json.map_err(|error| AskError::NotThere(error.into()))?;
    let told = timeout(
        ANSWERED_WITHIN,
        frame::write(stream, &json, request.document()),
    )
    .await;
    told.map_err(|_| AskError::Silent)?
        .map_err(AskError::NotThere)
}

async fn heard(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Result<Answer, Refusal>> {
    let message = frame::read(stream).await?;
    serde_json::from_slice(&message.json).map_err(|_| io::ErrorKind::InvalidData.into())
}
