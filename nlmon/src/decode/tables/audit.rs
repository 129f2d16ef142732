//! What audit says in binary: names of `include/uapi/linux/audit.h`.

use super::kind::Fields;
use super::kind::Kind::Num;

pub(in crate::decode) static AUDIT_STATUS: Fields = &[
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
];

pub(in crate::decode) static AUDIT_FEATURES: Fields =
    &[("vers", 4, Num), ("mask", 4, Num), ("features", 4, Num), ("lock", 4, Num)];
