//! Hands the programs' warnings, which `aya-log` carries, to the daemon's log.

use std::{
    os::fd::{AsFd as _, OwnedFd},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use aya::Ebpf;
use aya_log::EbpfLogger;
use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::watch,
};

use crate::shutdown;

/// Least time between two looks. Warnings are rare: the programs themselves thin them out.
const PAUSE: Duration = Duration::from_millis(250);

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
        let ring = self.ring().context("cannot watch the ring of warnings")?;
        loop {
            // Before the flush: what comes after it is told again.
            let mut told = tokio::select! {
                told = ring.readable() => told?,
                () = shutdown::requested(&mut shutdown) => return Ok(()),
            };
            told.clear_ready();
            self.logger.lock().unwrap_or_else(PoisonError::into_inner).flush();
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = shutdown::requested(&mut shutdown) => return Ok(()),
            }
        }
    }

    /// The ring, registered with the runtime. It tells at once of what is there already.
    fn ring(&self) -> std::io::Result<AsyncFd<OwnedFd>> {
        let logger = self.logger.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = logger.as_fd().try_clone_to_owned()?;
        // SAFETY: the descriptor is owned, stays open until it is dropped, and is always this one.
        let ring = unsafe { AsyncFd::register_with_interest(ring, Interest::READABLE) };
        ring.map_err(std::io::Error::from)
    }
}
