//! The agent's end: greets, takes one request, has it carried out at the desk, answers.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::carry::{RequestError, carry_out};
use super::frame::{self, GREETING, Head, Message};
#[cfg(windows)]
use super::pipe::Listener;
use super::request::{Answer, Refusal, Request};
#[cfg(unix)]
use super::socket::Listener;
use pharmacy_base::clock::SystemClock;
use pharmacy_base::text;
use pharmacy_desk::DeskHandle;

/// Most conversations at once; who comes later waits.
const CONVERSATIONS: usize = 32;

/// How long whoever was greeted may take to begin: on Windows any account can come as far as this, and
/// then must not keep others out.
const BEGUN_WITHIN: Duration = Duration::from_secs(2);

/// How long a command may take to say what it wants, and to hear the answer: it has everything ready.
const HURRY: Duration = Duration::from_secs(3);

/// Where commands ask. Only the one writer opens it, so nobody else's is ever replaced.
pub(crate) struct ControlDoor {
    listener: Listener,
    data: PathBuf,
}

impl ControlDoor {
    /// Opens the door in a data directory; what a killed agent left there is replaced.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        Ok(Self {
            listener: Listener::bind(data)?,
            data: data.to_owned(),
        })
    }

    /// Serves until the agent stops; whoever was greeted by then is still answered.
    pub(crate) async fn serve(self, desk: DeskHandle, mut stopped: watch::Receiver<bool>) {
        let Self { mut listener, data } = self;
        let mut conversations = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = crate::door::stop::told(&mut stopped) => break,
                accepted = listener.accept(), if conversations.len() < CONVERSATIONS => accepted,
                _ = conversations.join_next(), if conversations.len() == CONVERSATIONS => continue,
            };
            match accepted {
                Ok(stream) => {
                    conversations.spawn(converse(stream, desk.clone(), data.clone()));
                }
                Err(error) => {
                    tracing::warn!("nobody was let in at the control door: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            while conversations.try_join_next().is_some() {}
        }
        drop(listener);
        while conversations.join_next().await.is_some() {}
    }
}

/// One command's conversation. Whoever speaks otherwise is not answered.
async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    desk: DeskHandle,
    data: PathBuf,
) {
    let Ok(Ok(head)) = timeout(BEGUN_WITHIN, greet(&mut stream)).await else {
        return;
    };
    let Ok(Ok(message)) = timeout(HURRY, frame::read_body(&mut stream, head)).await else {
        return;
    };
    let answer = answer(message, &desk, data).await;
    let answer = answer.map_err(|error| Refusal {
        code: error.code().to_owned(),
        detail: text::chain(&error),
    });
    let Ok(json) = serde_json::to_vec(&answer) else {
        return;
    };
    let _ = timeout(HURRY, tell(&mut stream, &json)).await;
}

async fn greet(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<Head> {
    stream.write_all(GREETING).await?;
    stream.flush().await?;
    frame::read_head(stream).await
}

async fn tell(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), json: &[u8]) -> io::Result<()> {
    frame::write(stream, json, &[]).await?;
    // Until the command has read it and gone: a pipe that is closed drops what was not read.
    let _ = stream.read_u8().await?;
    Ok(())
}

async fn answer(
    message: Message,
    desk: &DeskHandle,
    data: PathBuf,
) -> Result<Answer, RequestError> {
    // What the parser says repeats what was sent, and that can be a name.
    let request = serde_json::from_slice::<Request>(&message.json);
    let mut request = request.map_err(|_| RequestError::Malformed)?;
    if !request.take_document(message.document) {
        return Err(RequestError::Malformed);
    }
    let name = request.name();
    let carried =
        desk.lend_journal(move |journal| carry_out(journal, &data, &SystemClock, request));
    let carried = carried.await?;
    let code = carried.as_ref().map_or_else(RequestError::code, |_| "done");
    tracing::info!(request = name, outcome = code, "a command asked");
    carried
}
