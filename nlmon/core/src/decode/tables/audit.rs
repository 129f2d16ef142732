//! What audit says in binary: names of `include/uapi/linux/audit.h`.

use super::kind::Kind::{Hex, Num, Text, Word};
use super::kind::{Fields, structure};
use crate::decode::names::Table;

pub(in crate::decode) static AUDIT_STATUS: Fields = structure("audit_status").of(&[
    ("mask", 4, Num),
    ("enabled", 4, Num),
    ("failure", 4, Num),
    ("pid", 4, Num),
    ("rate_limit", 4, Num),
    ("backlog_limit", 4, Num),
    ("lost", 4, Num),
    ("backlog", 4, Num),
    ("feature_bitmap", 4, Num),
    ("backlog_wait_time", 4, Num),
    ("backlog_wait_time_actual", 4, Num),
]);

static FILTERS: Table = &[
    (0, "user"),
    (1, "task"),
    (2, "entry"),
    (3, "watch"),
    (4, "exit"),
    (5, "exclude"),
    (6, "filesystem"),
    (7, "io_uring"),
];

static ACTIONS: Table = &[(0, "never"), (1, "possible"), (2, "always")];

/// `struct audit_rule_data`: bits of system calls, and 64 of each of what is compared, with what and
/// how. The texts behind it (paths, the key that finds the rule's events) have no ends: `audit_rule`
/// reads the conditions.
pub(in crate::decode) static AUDIT_RULE: Fields = structure("audit_rule_data").of(&[
    ("flags", 4, Word(&FILTERS)),
    ("action", 4, Word(&ACTIONS)),
    ("field_count", 4, Num),
    ("mask", 256, Hex),
    ("fields", 256, Hex),
    ("values", 256, Hex),
    ("fieldflags", 256, Hex),
    ("buflen", 4, Num),
    ("buf", 0, Text),
]);

pub(in crate::decode) static AUDIT_FEATURES: Fields = structure("audit_features").of(&[
    ("vers", 4, Num),
    ("mask", 4, Num),
    ("features", 4, Num),
    ("lock", 4, Num),
]);
