//! How many connections a server keeps, and whose. Owns the bounds that `http` and the log's socket
//! share; neither reads nor writes a byte of a connection.
//!
//! Invariant: whoever connects, another one is always let in. At the bound, the peer with the most
//! connections loses its oldest idle one.

mod limit;
mod peer;
mod refused;

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use nix::errno::Errno;
use tokio::time::sleep;

pub(crate) use limit::{Closing, ConnectionLimit, Permit};
pub use peer::Peer;
pub(crate) use refused::Refusal;
pub use refused::refused;

use crate::throttle::ACCEPT;

/// Pause after a failed accept: a lack of file descriptors is not over at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Connections that a server could not keep.
#[derive(Debug)]
pub struct Turned {
    server: &'static str,
    /// Closed for a connection of a peer with fewer.
    evicted: AtomicU64,
    /// Closed at once: all places were taken by connections with more right to them.
    refused: AtomicU64,
    /// Not accepted, for lack of file descriptors or memory.
    not_accepted: AtomicU64,
}

/// Those of the HTTP server.
pub static HTTP: Turned = Turned::new("http");
/// Those of the log's socket.
pub static LOG: Turned = Turned::new("log");

/// Connections that were turned away since the start: server, reason and how many.
pub fn turned_away() -> impl Iterator<Item = (&'static str, &'static str, u64)> {
    [&HTTP, &LOG].into_iter().flat_map(|turned| {
        [
            ("evicted", &turned.evicted),
            ("refused", &turned.refused),
            ("not_accepted", &turned.not_accepted),
        ]
        .map(|(reason, count)| (turned.server, reason, count.load(Ordering::Relaxed)))
    })
}

impl Turned {
    const fn new(server: &'static str) -> Self {
        let (evicted, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { server, evicted, refused, not_accepted: AtomicU64::new(0) }
    }

    fn evict(&self) {
        self.evicted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that found no place.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Says why a connection could not be accepted, and waits until it may go better. No such error
    /// ends a server.
    pub(crate) async fn accept_failed(&self, error: &io::Error) {
        let server = self.server;
        match error.raw_os_error().map(Errno::from_raw) {
            // The client has gone already: the next one is there to be accepted.
            Some(Errno::ECONNABORTED | Errno::EINTR) => return,
            Some(Errno::EMFILE) => ACCEPT.error(format_args!(
                "{server}: no file descriptor is left for a connection: raise LimitNOFILE"
            )),
            Some(Errno::ENFILE) => ACCEPT.error(format_args!(
                "{server}: the host has no file descriptor left for a connection (fs.file-max)"
            )),
            _ => ACCEPT.warn(format_args!("{server}: cannot accept a connection: {error}")),
        }
        self.not_accepted.fetch_add(1, Ordering::Relaxed);
        sleep(ACCEPT_PAUSE).await;
    }
}
