//! The stop signal, as every task waits for it.

use tokio::sync::watch;

/// Waits until the stop signal is given, or nobody is left to give it.
pub(crate) async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}
