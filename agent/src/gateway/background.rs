//! Work that goes on when the till has hung up.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;

/// What is under way. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Background(Arc<Mutex<JoinSet<()>>>);

impl Background {
    fn works(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut works = self.works();
        while works.try_join_next().is_some() {}
        works.spawn(work);
    }

    /// Ends what is under way. It holds on to the desk, which could not end otherwise.
    pub(super) async fn shut_down(&self) {
        let mut works = std::mem::take(&mut *self.works());
        works.shutdown().await;
    }

    /// Waits for what is under way, and for what that starts in turn.
    pub(super) async fn drain(&self) {
        while std::future::poll_fn(|cx| self.works().poll_join_next(cx))
            .await
            .is_some()
        {}
    }
}
