//! Hands the programs' warnings, which `aya-log` carries, to the daemon's log.

use std::time::Duration;

use aya::Ebpf;
use aya_log::EbpfLogger;

/// Warnings are rare: the programs themselves thin them out.
const INTERVAL: Duration = Duration::from_millis(250);

/// The ring of warnings.
pub struct Warnings {
    logger: EbpfLogger<&'static dyn log::Log>,
}

impl Warnings {
    /// `None` for an object that was built without log statements.
    pub(super) fn new(ebpf: &mut Ebpf) -> Option<Self> {
        EbpfLogger::init(ebpf).ok().map(|logger| Self { logger })
    }

    /// Forwards warnings for ever. Has a task of its own, because `aya-log` panics on a record
    /// that it cannot parse.
    pub async fn forward(mut self) {
        loop {
            self.logger.flush();
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
