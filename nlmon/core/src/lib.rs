//! The core of nlmon: what netlink messages are, and how what was seen of them belongs together.
//! [`message`] reads headers, [`record`] names the parts of a record, [`join`] pairs observations
//! with deliveries and requests with answers, [`decode`] turns bytes into attributes and words,
//! [`interfaces`] remembers how network interfaces were called, [`calls`] names system calls,
//! [`findings`] says what is wrong now, [`ledger`] keeps the state of what is configured and who
//! changed it, [`answers`] says what was refused and lost, and why, and [`talkers`] counts who talks
//! most.
//!
//! Invariant: no I/O, no clock, no runtime. Time is an argument and every input is a value, so that
//! each part is tested with plain values and fuzzed alone. `clippy.toml` beside this crate and its
//! list of dependencies keep it so.

pub mod answers;
pub mod calls;
pub mod decode;
pub mod findings;
pub mod interfaces;
pub mod join;
pub mod ledger;
pub mod message;
pub mod record;
pub mod talkers;
