//! Requests that were answered, so that a repeated one gets the same answer and does nothing.

use pharmacy_protocol::history::{Digest, RequestChange};

use super::{Reader, Sealed, StoreError, Transaction, column};

/// What makes a request the same request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestKey<'a> {
    /// Which enrolled client asks.
    pub client: &'a str,
    /// Which sale it belongs to, if it belongs to one.
    pub sale: Option<u64>,
    /// The key that the client chose.
    pub key: &'a str,
}

/// The answer that a request was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// SHA-256 of the request's body: the same key with another body is a mistake of the client.
    pub body_digest: [u8; 32],
    pub status: u16,
    pub response: Sealed,
    /// When it was given.
    pub created_ms: i64,
}

impl RequestKey<'_> {
    /// Sales are numbered from 1, so 0 is free to mean none.
    fn sale_column(&self) -> Result<i64, StoreError> {
        column("sale", self.sale.unwrap_or(0))
    }
}

impl Reader<'_> {
    /// The answer that this request was given before.
    pub fn find_request(&self, key: &RequestKey<'_>) -> Result<Option<Answer>, StoreError> {
        let values = (key.client, key.sale_column()?, key.key);
        self.one(include_str!("query/find_request.sql"), values, |row| {
            Ok(Answer {
                body_digest: row.get(0)?,
                status: row.get(1)?,
                response: Sealed::new(row.get(2)?),
                created_ms: row.get(3)?,
            })
        })
    }
}

impl Transaction<'_> {
    /// Keeps the answer to a request; a second answer to the same request is refused.
    pub fn put_request(&self, key: &RequestKey<'_>, answer: &Answer) -> Result<(), StoreError> {
        let values = (
            key.client,
            key.sale_column()?,
            key.key,
            answer.body_digest,
            answer.status,
            answer.response.as_bytes(),
            answer.created_ms,
        );
        self.change(include_str!("query/put_request.sql"), values)?;
        self.tell(|rows| {
            rows.requests.push(RequestChange::Kept {
                client: key.client.into(),
                sale: key.sale.unwrap_or(0),
                key: key.key.into(),
                body: Digest(answer.body_digest),
                status: answer.status,
                response: answer.response.digest(),
                at: answer.created_ms,
            });
        });
        Ok(())
    }

    /// Forgets answers given before `before_ms`, and counts them.
    pub fn remove_old_requests(&self, before_ms: i64) -> Result<usize, StoreError> {
        let gone = self.change(include_str!("query/remove_old_requests.sql"), [before_ms])?;
        if gone > 0 {
            let before = before_ms;
            self.tell(|rows| rows.requests.push(RequestChange::Gone { before }));
        }
        Ok(gone)
    }
}
