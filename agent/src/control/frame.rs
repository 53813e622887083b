//! The bytes of the conversation.
//!
//! ```text
//! agent   ─► greeting, 16 bytes          names the conversation and its version
//! command ─► length of JSON (u32) ‖ length of document (u32) ‖ JSON ‖ document
//! agent   ─► the same, without a document
//! ```
//! Numbers are big endian. The agent speaks first: a command that was not greeted has sent nothing, and
//! knows that nothing was done.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use pharmacy_desk::core::standing::MAX_DOCUMENT;

/// What the agent says first. Another version speaks of other requests.
pub(super) const GREETING: &[u8; 16] = b"pharmacy-ctl 01\n";

/// How much of it names the conversation, whatever the version.
pub(super) const NAMED: usize = 13;

/// The longest request or answer, in bytes, a document not counted.
pub(super) const MAX_JSON: usize = 64 * 1024;

/// What is sent at once.
#[derive(Default)]
pub(super) struct Message {
    pub(super) json: Zeroizing<Vec<u8>>,
    pub(super) document: Zeroizing<Vec<u8>>,
}

/// How long a message is; checked before a byte of it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    json: usize,
    document: usize,
}

/// Reads how long a message will be.
pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Head> {
    Ok(Head {
        json: length(stream.read_u32().await?, MAX_JSON)?,
        document: length(stream.read_u32().await?, MAX_DOCUMENT)?,
    })
}

/// Reads the message.
pub(super) async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    head: Head,
) -> io::Result<Message> {
    let mut message = Message::default();
    message.json.resize(head.json, 0);
    stream.read_exact(&mut message.json).await?;
    message.document.resize(head.document, 0);
    stream.read_exact(&mut message.document).await?;
    Ok(message)
}

/// Reads a whole message.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Message> {
    let head = read_head(stream).await?;
    read_body(stream, head).await
}

fn length(told: u32, longest: usize) -> io::Result<usize> {
    match usize::try_from(told) {
        Ok(length) if length <= longest => Ok(length),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Sends a message.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    json: &[u8],
    document: &[u8],
) -> io::Result<()> {
    let told = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput);
    stream.write_u32(told(json)?).await?;
    stream.write_u32(told(document)?).await?;
    stream.write_all(json).await?;
    stream.write_all(document).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(mut bytes: &[u8]) -> io::Result<Message> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(read(&mut bytes))
    }

    #[test]
    fn what_is_written_is_read_and_what_is_cut_or_too_long_is_not() {
        let mut bytes = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime
            .block_on(write(&mut bytes, b"{}", b"paper"))
            .unwrap();
        let message = read_from(&bytes).unwrap();
        assert_eq!(
            (&message.json[..], &message.document[..]),
            (&b"{}"[..], &b"paper"[..])
        );
        for end in 0..bytes.len() {
            assert!(read_from(&bytes[..end]).is_err(), "cut at {end}");
        }
        let longest = u32::try_from(MAX_JSON).unwrap();
        let lengths =
            |json: u32, document: u32| [json.to_be_bytes(), document.to_be_bytes()].concat();
        for head in [lengths(longest + 1, 0), lengths(0, u32::MAX)] {
            assert_eq!(
                read_from(&head).map(drop).unwrap_err().kind(),
                io::ErrorKind::InvalidData
            );
        }
    }
}
