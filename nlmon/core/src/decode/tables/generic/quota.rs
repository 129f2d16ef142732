//! Attributes of the generic family `VFS_DQUOT`: numbers and names of `include/uapi/linux/quota.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::Num;
use crate::decode::tables::kind::{Generic, Set, Words};

static QUOTA: Set = &[
    (1, "QUOTA_NL_A_QTYPE", Num),
    (2, "QUOTA_NL_A_EXCESS_ID", Num),
    (3, "QUOTA_NL_A_WARNING", Num),
    (4, "QUOTA_NL_A_DEV_MAJOR", Num),
    (5, "QUOTA_NL_A_DEV_MINOR", Num),
    (6, "QUOTA_NL_A_CAUSED_ID", Num),
    (7, "QUOTA_NL_A_PAD", Num),
];

static COMMANDS: Words = &[(1, "QUOTA_NL_C_WARNING", &QUOTA)];

/// The family `VFS_DQUOT`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "VFS_DQUOT", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
