//! The live log: records as a person or a program reads them, and the Unix socket that serves them.
//! These parts are pure: `json` is the published schema, `text` its one-line form with `notes` in
//! brackets, `details` the lines below it, and `pcapng` its form as a capture. `foreign` makes a record of bytes that nlmon
//! did not see sent, and `exchanges` joins such records. `filter` chooses records, `history` says how
//! many old ones, `interfaces` knows the names of interfaces, and `words` reads both from the page's
//! address. `bus` hands each `entry` to every client and never waits for one. `server` does the I/O,
//! `protocol` defines what both ends of the socket say, and `stats` sends numbers in place of
//! records. `file` writes records to a file, and
//! `ledger` keeps the state of what is configured by them. `answers` says what of them went wrong,
//! `talkers` who talks most, and `situation` all of that in short.
//!
//! Invariant: nothing here slows the pipeline down. A record is built when somebody reads it, not
//! for the history. A slow client loses records; it is told how many, and they are counted.

pub mod answers;
pub mod bus;
mod details;
pub mod entry;
mod exchanges;
pub mod file;
pub mod filter;
pub mod foreign;
mod glob;
pub mod history;
pub mod interfaces;
pub mod json;
pub mod ledger;
mod notes;
pub mod pcapng;
mod places;
pub mod protocol;
#[cfg(test)]
mod sample;
pub mod server;
pub mod situation;
pub mod stats;
pub mod talkers;
pub mod text;
pub mod words;

pub use crate::unix_socket::Error;
