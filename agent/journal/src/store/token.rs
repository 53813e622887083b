//! Tokens of enrolled clients; only their digests are kept.

use pharmacy_protocol::term::TillNumber;
use rusqlite::Row;

use pharmacy_protocol::history::{Digest, TokenChange};

use super::{Reader, StoreError, Transaction, parsed};

/// The digest of a client's token under the store's key; made by the journal's keys.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Takes a digest; only the journal's keys may call this.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest, to be carried to whoever records it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A token's row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenRow {
    /// Its number, by which it is revoked.
    pub id: i64,
    pub client: String,
    /// The till at which the client is enrolled.
    pub till: TillNumber,
    /// When it was given out.
    pub created_ms: i64,
    /// When it was revoked, if it was.
    pub revoked_ms: Option<i64>,
}

fn read_token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: row.get(0)?,
        client: row.get(1)?,
        till: parsed(row, 2)?,
        created_ms: row.get(3)?,
        revoked_ms: row.get(4)?,
    })
}

impl Reader<'_> {
    /// The token with this digest, unless it was revoked.
    pub fn find_token(&self, digest: &TokenDigest) -> Result<Option<TokenRow>, StoreError> {
        self.one(include_str!("query/find_token.sql"), [digest.0], read_token)
    }

    /// All tokens, revoked ones too.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.many(include_str!("query/list_tokens.sql"), [], read_token)
    }
}

impl Transaction<'_> {
    /// Adds a token and returns its number.
    pub fn add_token(
        &self,
        client: &str,
        till: &TillNumber,
        digest: &TokenDigest,
        created_ms: i64,
    ) -> Result<i64, StoreError> {
        let values = (client, till.as_str(), digest.0, created_ms);
        let statement = include_str!("query/add_token.sql");
        let id = self.one(statement, values, |row| row.get(0))?;
        let id = id.ok_or(StoreError::Row(None))?;
        self.tell(|rows| {
            rows.tokens.push(TokenChange::Issued {
                id,
                client: client.into(),
                till: till.clone(),
                token: Digest(digest.0),
                at: created_ms,
            });
        });
        Ok(id)
    }

    /// Revokes a token; says whether it was valid until now.
    pub fn revoke_token(&self, id: i64, revoked_ms: i64) -> Result<bool, StoreError> {
        let was_valid = self.change(include_str!("query/revoke_token.sql"), [id, revoked_ms])? == 1;
        if was_valid {
            let at = revoked_ms;
            self.tell(|rows| rows.tokens.push(TokenChange::Revoked { id, at }));
        }
        Ok(was_valid)
    }
}
