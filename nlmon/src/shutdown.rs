//! How every task of the daemon learns that it must stop: a flag, or the end of its sender.

use tokio::sync::watch;

/// Returns when `shutdown` is true, or its sender is gone.
pub(crate) async fn requested(shutdown: &mut watch::Receiver<bool>) {
    // `wait_for` returns a lock on the value. It must not live across an await in the caller.
    drop(shutdown.wait_for(|&down| down).await);
}
