//! Attributes of the generic family `TASKSTATS`: numbers and names of `include/uapi/linux/taskstats.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Hex, Nest, Num, Text};
use crate::decode::tables::kind::{Generic, Set};

static REQUEST: Set = &[
    (1, "TASKSTATS_CMD_ATTR_PID", Num),
    (2, "TASKSTATS_CMD_ATTR_TGID", Num),
    (3, "TASKSTATS_CMD_ATTR_REGISTER_CPUMASK", Text),
    (4, "TASKSTATS_CMD_ATTR_DEREGISTER_CPUMASK", Text),
];

static REPLY: Set = &[
    (1, "TASKSTATS_TYPE_PID", Num),
    (2, "TASKSTATS_TYPE_TGID", Num),
    (3, "TASKSTATS_TYPE_STATS", Hex),
    (4, "TASKSTATS_TYPE_AGGR_PID", Nest(&REPLY)),
    (5, "TASKSTATS_TYPE_AGGR_TGID", Nest(&REPLY)),
    (6, "TASKSTATS_TYPE_NULL", Num),
];

static CGROUP_REQUEST: Set = &[(1, "CGROUPSTATS_CMD_ATTR_FD", Num)];

static CGROUP_REPLY: Set = &[(1, "CGROUPSTATS_TYPE_CGROUP_STATS", Hex)];

/// The family `TASKSTATS`.
pub(in crate::decode) static FAMILY: Generic = Generic {
    name: "TASKSTATS",
    header: &NO_FIELDS,
    requests: &[(1, "TASKSTATS_CMD_GET", &REQUEST), (4, "CGROUPSTATS_CMD_GET", &CGROUP_REQUEST)],
    replies: &[(2, "TASKSTATS_CMD_NEW", &REPLY), (5, "CGROUPSTATS_CMD_NEW", &CGROUP_REPLY)],
};
