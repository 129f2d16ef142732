//! How every task of the daemon is told to stop: a flag, or the end of who would set it.

use tokio::sync::watch;

/// Returns when `shutdown` is true, or its sender is gone.
pub(crate) async fn requested(shutdown: &mut watch::Receiver<bool>) {
    // What it returns is a lock on the value, which must not live across an await elsewhere.
    drop(shutdown.wait_for(|&down| down).await);
}
