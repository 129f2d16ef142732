//! What the door of the HTTP server refused, by reason.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why nobody was let in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// The web configuration, or a file that it names, or the token's cannot be used.
    Configuration,
    /// A TLS handshake failed, or did not end in time.
    Handshake,
    /// There were too many requests.
    Rate,
    /// Neither a password nor the token was right.
    Unauthorized,
}

static REFUSED: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

impl Refusal {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Configuration, "configuration"),
        (Self::Handshake, "handshake"),
        (Self::Rate, "rate"),
        (Self::Unauthorized, "unauthorized"),
    ];

    /// Counts one.
    pub(crate) fn count(self) {
        if let Some(count) = REFUSED.get(self as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// How many there were since the start, by reason.
pub fn refused() -> impl Iterator<Item = (&'static str, u64)> {
    let counts = REFUSED.iter().map(|count| count.load(Ordering::Relaxed));
    Refusal::ALL.iter().map(|(_, reason)| *reason).zip(counts)
}
