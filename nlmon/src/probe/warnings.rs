//! Hands the programs' warnings, which `aya-log` carries, to the daemon's log.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aya::Ebpf;
use aya_log::EbpfLogger;
use tokio::sync::watch;

use crate::shutdown;

/// Warnings are rare: the programs themselves thin them out.
const INTERVAL: Duration = Duration::from_millis(250);

/// The ring of warnings. Clones are the same ring.
#[derive(Clone)]
pub struct Warnings {
    logger: Arc<Mutex<EbpfLogger<&'static dyn log::Log>>>,
}

impl Warnings {
    /// `None` for an object that was built without log statements.
    pub(super) fn new(ebpf: &mut Ebpf) -> Option<Self> {
        EbpfLogger::init(ebpf).ok().map(|logger| Self { logger: Arc::new(Mutex::new(logger)) })
    }

    /// Forwards warnings until `shutdown`. Has a task of its own, because `aya-log` panics on a
    /// record that it cannot parse; that record is gone then, and another call goes on behind it.
    pub async fn forward(self, mut shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
        loop {
            self.logger.lock().unwrap_or_else(PoisonError::into_inner).flush();
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = shutdown::requested(&mut shutdown) => return Ok(()),
            }
        }
    }
}
