//! Shares of the maps that unprivileged users could fill: root's daemons keep a part of each, and
//! neither one user nor one process takes all of the rest.
//!
//! The counts of what is taken lie in one array, `SHARES`, that the programs add to and the daemon
//! takes from when it removes keys. Users and processes that meet in an element, at the same low bits,
//! share it.

use crate::limits::{OVERRUN_KEYS_MAX, OWNERS_MAX};

/// Element: sockets in `OWNERS` of users other than root.
pub const OWNERS: u32 = 0;
/// Element: keys in `OVERRUNS` of users other than root.
pub const OVERRUNS: u32 = 1;
/// Element: keys in `OVERRUNS` that are of a process, and not of all processes of a name.
pub const OVERRUNS_OF_PROCESSES: u32 = 2;
/// First of the elements of users: keys in `OVERRUNS`.
const USERS: u32 = 1024;
/// First of the elements of processes: keys in `OVERRUNS`.
const PROCESSES: u32 = 2 * 1024;
/// Elements of the array.
pub const COUNT: u32 = 3 * 1024;

/// What users other than root can take of `OWNERS`.
pub const OWNERS_MAX_OTHERS: u64 = OWNERS_MAX as u64 / 4 * 3;
/// What users other than root can take of `OVERRUNS`.
pub const OVERRUNS_MAX_OTHERS: u64 = OVERRUN_KEYS_MAX as u64 / 4 * 3;
/// What one of them can take of it.
pub const OVERRUNS_MAX_USER: u64 = OVERRUN_KEYS_MAX as u64 / 8;
/// What processes can take of it; the rest is for names alone.
pub const OVERRUNS_MAX_PROCESSES: u64 = OVERRUN_KEYS_MAX as u64 / 4 * 3;
/// Keys by type that a process has; what is of other types has one more.
pub const OVERRUNS_MAX_PROCESS: u64 = 64;

/// Element of a user.
#[inline(always)] // the verifier has to see the mask
pub const fn user(uid: u32) -> u32 {
    USERS + (uid & 1023)
}

/// Element of a process.
#[inline(always)] // the verifier has to see the mask
pub const fn process(tgid: u32) -> u32 {
    PROCESSES + (tgid & 1023)
}
