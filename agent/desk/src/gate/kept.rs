//! Answers that are kept for a repetition of their call.

use super::call::Arriving;
use crate::{Desk, DeskError, PlatformAnswer};
use pharmacy_journal::RowName;
use pharmacy_journal::store::{NameDigest, Sealed};

/// How the head of an answer is kept: status and headers. Its length, four bytes, stands before it,
/// and the body as it came behind it: written as JSON, a byte would take four.
type KeptHead = (u16, Vec<(String, Vec<u8>)>);

fn pack(answer: &PlatformAnswer) -> Result<Vec<u8>, DeskError> {
    let head = serde_json::to_vec(&(answer.status, &answer.headers))?;
    let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
    Ok([&length.to_be_bytes(), head.as_slice(), &answer.body].concat())
}

fn unpack(kept: &[u8]) -> Result<PlatformAnswer, DeskError> {
    let (length, rest) = kept.split_first_chunk().unwrap_or((&[0; 4], &[]));
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (head, body) = rest.split_at_checked(length).unwrap_or_default();
    let (status, headers): KeptHead = serde_json::from_slice(head)?;
    Ok(PlatformAnswer {
        status,
        headers,
        body: body.to_vec(),
    })
}

impl Desk {
    /// The answer that this message got before where it says the same: a repetition gets the same
    /// bytes although it was judged afresh.
    pub(crate) fn as_before(
        &self,
        arriving: &Arriving,
        answer: PlatformAnswer,
    ) -> Result<PlatformAnswer, DeskError> {
        let row = self.journal.reader().relayed_call(&arriving.key)?;
        let row = row.filter(|row| arriving.is_kept_as(row));
        let Some(sealed) = row.and_then(|row| row.answer) else {
            return Ok(answer);
        };
        let before = self.open_answer(&arriving.key, &sealed)?;
        let is_same = said(&before).is_some() && said(&before) == said(&answer);
        Ok(if is_same { before } else { answer })
    }

    pub(crate) fn seal_answer(
        &self,
        key: &NameDigest,
        answer: &PlatformAnswer,
    ) -> Result<Sealed, DeskError> {
        let kept = pack(answer)?;
        let name = key.as_text();
        Ok(self
            .journal
            .keys()
            .seal_row(&RowName::Other("relayed_call", &name), &kept)?)
    }

    pub(crate) fn open_answer(
        &self,
        key: &NameDigest,
        sealed: &Sealed,
    ) -> Result<PlatformAnswer, DeskError> {
        let name = key.as_text();
        let keys = self.journal.keys();
        let kept = keys.open_row(&RowName::Other("relayed_call", &name), sealed)?;
        unpack(&kept)
    }
}

/// Outcome and words of an envelope, without its times and numbers.
fn said(answer: &PlatformAnswer) -> Option<[serde_json::Value; 3]> {
    let mut envelope: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    let mut member = |name| envelope.get_mut(name).map(serde_json::Value::take);
    Some([member("infcode")?, member("err_msg")?, member("warn_msg")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_byte_for_byte() {
        let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
        for body in [&b""[..], b"{\"infcode\":0}", b"\x1f\x8b\xff\0"] {
            let answer = PlatformAnswer {
                status: 203,
                headers: vec![header("X-TiF", b"a"), header("x-tif", b"\xff")],
                body: body.to_vec(),
            };
            let kept = unpack(&pack(&answer).unwrap()).unwrap();
            assert_eq!(kept.status, answer.status);
            assert_eq!(kept.headers, answer.headers);
            assert_eq!(kept.body, answer.body);
        }
    }

    #[test]
    fn what_was_not_kept_so_is_no_answer() {
        for kept in [&b""[..], b"\0", b"\0\0\0\x09{}", b"\0\0\0\x02{}"] {
            assert!(unpack(kept).is_err());
        }
    }
}
