//! The live log: records as a person or a program reads them, and the Unix socket that hands them
//! out. `json` is the published schema, `text` its one-line form with its `details`, `pcapng` its
//! form as a capture, `filter` the choice of records, `history` how far back it begins, `words` both
//! of them as an address has them; these are pure. `bus` fans out each `entry` without ever waiting for a client,
//! `server` does the I/O and `protocol` is what the two ends of the socket say, `stats` that of
//! numbers in place of records.
//!
//! Invariant: nothing here slows the pipeline down. A record is built for who reads it,
//! and not for the history; a slow client loses records, is told how many, and they are counted.

pub mod bus;
mod details;
pub mod entry;
pub mod filter;
mod glob;
pub mod history;
pub mod json;
pub mod pcapng;
pub mod protocol;
#[cfg(test)]
mod sample;
pub mod server;
pub mod stats;
pub mod text;
pub mod words;

use std::io;
use std::path::PathBuf;

/// Why the live log's socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another daemon answers on the socket.
    #[error(
        "another nlmon serves {}: stop it first, or give this one another socket", path.display()
    )]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something that is no socket is in the way; it is not nlmon's to remove.
    #[error("{} exists and is no socket: move it away, or choose another socket", path.display())]
    NotASocket {
        /// What is in the way.
        path: PathBuf,
    },
    /// A system call failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `bind`, `create`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}
