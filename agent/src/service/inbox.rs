//! The scanner's folder for the counter page: every look at it waits for the disk, beside the tasks.

use std::path::PathBuf;
use std::sync::Arc;

use crate::counter::{Answering, ScanFolder, TakenFile};
use crate::service::folder::{Inbox, InboxError};
use pharmacy_base::text;
use pharmacy_desk::{DeskError, InboxFile};

/// The folder, looked at on threads that may wait.
struct Folder(Arc<Inbox>);

/// Opens a scanner's folder.
pub(super) fn open(folder: PathBuf) -> Arc<dyn ScanFolder> {
    Arc::new(Folder(Arc::new(Inbox::new(folder))))
}

impl Folder {
    async fn beside<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Inbox) -> Result<T, InboxError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let inbox = Arc::clone(&self.0);
        let looked = tokio::task::spawn_blocking(move || look(&inbox)).await;
        let looked = looked.map_err(|_| DeskError::Busy)?;
        looked.map_err(|error| {
            tracing::warn!(code = error.code(), "{}", text::chain(&error));
            DeskError::NoFile
        })
    }
}

impl ScanFolder for Folder {
    fn list(&self) -> Answering<'_, Vec<InboxFile>> {
        Box::pin(self.beside(|inbox| Ok(inbox.list())))
    }

    fn take(&self, name: String) -> Answering<'_, TakenFile> {
        Box::pin(self.beside(move |inbox| {
            let (image, taken) = inbox.take(&name)?;
            let remove = Box::new(move || {
                if let Err(error) = taken.remove() {
                    tracing::warn!(code = error.code(), "{}", text::chain(&error));
                }
            });
            Ok(TakenFile { image, remove })
        }))
    }
}
