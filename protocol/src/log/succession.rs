//! Succession: a log that goes on where another ended says so in its entry 0.
//!
//! ```text
//! {"old-origin":"440300.P44030000001/01/<log id>","old-checkpoint":"<signed note>","reason":"restored"}
//! ```
//! The record is the part of class `store` of an entry of kind `succession`. A log is never resumed
//! from a backup: what the till recorded after the backup would be denied by a second history.
//! Out of scope: which reasons a bureau accepts, and how it joins the two logs.

use serde::{Deserialize, Serialize};

use super::checkpoint::{self, CheckpointError};
use super::note::{MAX_NOTE_BYTES, VerifierKey};
use super::{Checkpoint, Origin};
use crate::verified::Verified;

/// The longest record: a note, every character escaped, and the rest.
pub const MAX_SUCCESSION_BYTES: usize = 2 * MAX_NOTE_BYTES + 1_024;

/// Why the old log ended.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuccessionReason {
    /// Its file is there and cannot be read.
    Damaged,
    /// Its disk is lost.
    DiskLost,
    /// Its signing key is lost or known to others.
    KeyLost,
    /// The machine was replaced in order.
    Replaced,
    /// A backup was restored, which lacks its last entries.
    Restored,
}

/// Which log this one succeeds.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Succession {
    /// The old log's origin.
    pub old_origin: Origin,
    /// The old log's last checkpoint known, as the signed note; none if none was found.
    #[serde(deserialize_with = "Option::deserialize")]
    pub old_checkpoint: Option<String>,
    /// Why it ended.
    pub reason: SuccessionReason,
}

/// Bytes that are no succession, or one whose checkpoint cannot be believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SuccessionError {
    /// The old log's checkpoint.
    #[error("old checkpoint cannot be believed")]
    Checkpoint(#[source] CheckpointError),
    /// Not the record, or not its only spelling.
    #[error("succession does not have its form")]
    Malformed,
    /// The checkpoint is another log's.
    #[error("old checkpoint is not of the old origin")]
    OtherLog,
    /// Longer than [`MAX_SUCCESSION_BYTES`].
    #[error("succession of {bytes} bytes is too long")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl Succession {
    /// The record's bytes.
    pub fn serialize(&self) -> Vec<u8> {
        // Texts and an enum: serialising does not fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Succession::serialize`] writes, and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, SuccessionError> {
        if bytes.len() > MAX_SUCCESSION_BYTES {
            let bytes = bytes.len();
            return Err(SuccessionError::TooLong { bytes });
        }
        let record: Self = serde_json::from_slice(bytes).map_err(|_| SuccessionError::Malformed)?;
        if record.serialize() == bytes {
            Ok(record)
        } else {
            Err(SuccessionError::Malformed)
        }
    }

    /// Believes the old log's last checkpoint if its key signed it.
    pub fn open_checkpoint(
        &self,
        key: &VerifierKey,
    ) -> Result<Option<Verified<Checkpoint>>, SuccessionError> {
        let Some(note) = &self.old_checkpoint else {
            return Ok(None);
        };
        let checkpoint =
            checkpoint::open(note.as_bytes(), key).map_err(SuccessionError::Checkpoint)?;
        if checkpoint.get().origin == self.old_origin {
            Ok(Some(checkpoint))
        } else {
            Err(SuccessionError::OtherLog)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::log::note::SigningKey;
    use crate::log::tree::empty_root;

    const OLD: &str = "440300.P44030000001/01/0123456789abcdef";

    fn key() -> SigningKey {
        SigningKey::from_seed(OLD, &Secret::new([3; 32])).unwrap()
    }

    fn record() -> Succession {
        let origin: Origin = OLD.parse().unwrap();
        let checkpoint = Checkpoint {
            origin: origin.clone(),
            size: 0,
            root: empty_root(),
        };
        Succession {
            old_origin: origin,
            old_checkpoint: Some(checkpoint.sign(&key()).unwrap()),
            reason: SuccessionReason::DiskLost,
        }
    }

    #[test]
    fn round_trips_with_and_without_a_checkpoint() {
        let known = record();
        let unknown = Succession {
            old_checkpoint: None,
            ..record()
        };
        for record in [known, unknown] {
            assert_eq!(Succession::parse(&record.serialize()), Ok(record));
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        let text = String::from_utf8(record().serialize()).unwrap();
        assert!(text.starts_with(r#"{"old-origin":"440300."#));
        for (from, to) in [
            (r#""disk-lost""#, r#""bored""#),
            (r#""disk-lost"}"#, r#""disk-lost","note":1}"#),
            (r#"{"old"#, r#"{ "old"#),
            ("—", "\\u2014"),
            ("/01/", "/01/01/"),
        ] {
            let bytes = text.replacen(from, to, 1);
            assert_ne!(bytes, text);
            let refused = Succession::parse(bytes.as_bytes());
            assert_eq!(refused, Err(SuccessionError::Malformed), "{to}");
        }
        let absent = format!(r#"{{"old-origin":"{OLD}","reason":"damaged"}}"#);
        let refused = Succession::parse(absent.as_bytes());
        assert_eq!(refused, Err(SuccessionError::Malformed));
        let bytes = MAX_SUCCESSION_BYTES + 1;
        let refused = Succession::parse(&vec![b' '; bytes]);
        assert_eq!(refused, Err(SuccessionError::TooLong { bytes }));
    }

    #[test]
    fn believes_only_a_checkpoint_of_the_old_log() {
        let key = key();
        let opened = record().open_checkpoint(key.verifier_key()).unwrap();
        assert_eq!(opened.unwrap().get().origin, record().old_origin);

        let other = Succession {
            old_origin: OLD.replace("/01/", "/02/").parse().unwrap(),
            ..record()
        };
        let refused = other.open_checkpoint(key.verifier_key());
        assert_eq!(refused, Err(SuccessionError::OtherLog));
        let stranger = SigningKey::from_seed(OLD, &Secret::new([4; 32])).unwrap();
        let refused = record().open_checkpoint(stranger.verifier_key());
        assert!(matches!(refused, Err(SuccessionError::Checkpoint(_))));
    }
}
