//! Random bytes: where keys, salts, names of sessions and jitter come from.
//!
//! In scope: the operating system's bytes, and the one place where a simulator hands in others. Out
//! of scope: what the TLS library draws for its own handshakes.

use std::sync::OnceLock;

/// Where random bytes come from.
pub trait Source: Send + Sync {
    /// Fills all of it.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandom>;
}

/// There are no random bytes: nothing that needs to be secret or unique may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandom;

/// A source was handed in too late.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("random bytes were drawn before")]
pub struct AlreadyDrawn;

/// Set with the first byte that is drawn, and never again: nothing exchanges the source of a process
/// that has made a key.
static SOURCE: OnceLock<Box<dyn Source>> = OnceLock::new();

struct System;

impl Source for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandom> {
        getrandom::fill(bytes).map_err(|_| NoRandom)
    }
}

/// Fills all of it.
pub fn fill(bytes: &mut [u8]) -> Result<(), NoRandom> {
    SOURCE.get_or_init(|| Box::new(System)).fill(bytes)
}

/// Makes the bytes of this process predictable, so that a run can be repeated from its seed.
pub fn dangerous_replace_for_test(source: Box<dyn Source>) -> Result<(), AlreadyDrawn> {
    SOURCE.set(source).map_err(|_| AlreadyDrawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Source for Zeros {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandom> {
            bytes.fill(0);
            Ok(())
        }
    }

    #[test]
    fn a_source_is_not_exchanged_once_bytes_were_drawn() {
        let (mut one, mut other) = ([0; 32], [0; 32]);
        fill(&mut one).unwrap();
        assert_eq!(
            dangerous_replace_for_test(Box::new(Zeros)),
            Err(AlreadyDrawn)
        );
        fill(&mut other).unwrap();
        assert_ne!(one, other);
    }
}
