//! Shares of the maps that unprivileged users could fill: root's daemons keep a part of each, and
//! neither one user nor one process takes all of the rest.
//!
//! The counts of what is taken lie in one array, `SHARES`, that the programs add to and the daemon
//! takes from when it removes keys. Users and processes that meet in an element, at the same low bits,
//! share it; a user's subordinate ids have one together.

use crate::limits::{OVERRUN_KEYS_MAX, OWNERS_MAX};

/// Element: sockets in `OWNERS` of users other than root.
pub const OWNERS: u32 = 0;
/// Element: keys in `OVERRUNS` of users other than root.
pub const OVERRUNS: u32 = 1;
/// Element: keys in `OVERRUNS` that are of a process, and not of all processes of a name.
pub const OVERRUNS_OF_PROCESSES: u32 = 2;
/// Element: keys in `MESSAGES` of users other than root.
pub const MESSAGES: u32 = 3;
/// First of the elements of users: keys in `OVERRUNS`.
const USERS: u32 = 1024;
/// First of the elements of processes: keys in `OVERRUNS`.
const PROCESSES: u32 = 2 * 1024;
/// The same of keys in `MESSAGES`.
const MESSAGE_USERS: u32 = 3 * 1024;
const MESSAGE_PROCESSES: u32 = 4 * 1024;
/// Elements of the array.
pub const COUNT: u32 = 5 * 1024;

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

/// What users other than root can take of `keys` in `MESSAGES`. In a table that is half full, nearly
/// every new key still finds one of its places free.
pub const fn messages_max_others(keys: u32) -> u64 {
    keys as u64 / 2
}

/// What one of them can take of it.
pub const fn messages_max_user(keys: u32) -> u64 {
    keys as u64 / 8
}

/// Keys by type that a process of theirs has; what is of other types has one more by protocol and
/// path.
pub const fn messages_max_process(keys: u32) -> u64 {
    keys as u64 / 32
}

/// Element of a user.
#[inline(always)] // the verifier has to see the mask
pub const fn user(uid: u32) -> u32 {
    USERS + (group(uid) & 1023)
}

/// Element of a user, of keys in `MESSAGES`.
#[inline(always)] // the verifier has to see the mask
pub const fn message_user(uid: u32) -> u32 {
    MESSAGE_USERS + (group(uid) & 1023)
}

/// Element of a process, of keys in `MESSAGES`. Root's have none: nobody can take what is theirs by
/// having an id with the same low bits.
#[inline(always)] // the verifier has to see the mask
pub const fn message_process(tgid: u32) -> u32 {
    MESSAGE_PROCESSES + (tgid & 1023)
}

/// Users who are one: a user may have 65,536 subordinate ids, from 100,000 on, and use them all.
#[inline(always)] // a compare and a shift
const fn group(uid: u32) -> u32 {
    const FIRST: u32 = 100_000;
    if uid < FIRST { uid } else { FIRST + ((uid - FIRST) >> 16) }
}

/// Element of a process.
#[inline(always)] // the verifier has to see the mask
pub const fn process(tgid: u32) -> u32 {
    PROCESSES + (tgid & 1023)
}
