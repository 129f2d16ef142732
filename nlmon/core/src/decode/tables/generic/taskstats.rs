//! Attributes of the generic family `TASKSTATS`: numbers and names of `include/uapi/linux/taskstats.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Int, Nest, Num, Pad, Struct, Text};
use crate::decode::tables::kind::{Fields, Generic, Set, structure};

static REQUEST: Set = &[
    (1, "TASKSTATS_CMD_ATTR_PID", Num),
    (2, "TASKSTATS_CMD_ATTR_TGID", Num),
    (3, "TASKSTATS_CMD_ATTR_REGISTER_CPUMASK", Text),
    (4, "TASKSTATS_CMD_ATTR_DEREGISTER_CPUMASK", Text),
];

static REPLY: Set = &[
    (1, "TASKSTATS_TYPE_PID", Num),
    (2, "TASKSTATS_TYPE_TGID", Num),
    (3, "TASKSTATS_TYPE_STATS", Struct(&TASKSTATS)),
    (4, "TASKSTATS_TYPE_AGGR_PID", Nest(&REPLY)),
    (5, "TASKSTATS_TYPE_AGGR_TGID", Nest(&REPLY)),
    (6, "TASKSTATS_TYPE_NULL", Num),
];

static CGROUP_REQUEST: Set = &[(1, "CGROUPSTATS_CMD_ATTR_FD", Num)];

static CGROUP_REPLY: Set = &[(1, "CGROUPSTATS_TYPE_CGROUP_STATS", Struct(&CGROUPSTATS))];

/// The family `TASKSTATS`.
pub(in crate::decode) static FAMILY: Generic = Generic {
    name: "TASKSTATS",
    header: &NO_FIELDS,
    requests: &[(1, "TASKSTATS_CMD_GET", &REQUEST), (4, "CGROUPSTATS_CMD_GET", &CGROUP_REQUEST)],
    replies: &[(2, "TASKSTATS_CMD_NEW", &REPLY), (5, "CGROUPSTATS_CMD_NEW", &CGROUP_REPLY)],
};

static CGROUPSTATS: Fields = structure("cgroupstats").of(&[
    ("nr_sleeping", 8, Num),
    ("nr_running", 8, Num),
    ("nr_stopped", 8, Num),
    ("nr_uninterruptible", 8, Num),
    ("nr_io_wait", 8, Num),
]);

static TASKSTATS: Fields = structure("taskstats").of(&[
    ("version", 2, Num),
    ("pad", 2, Pad),
    ("ac_exitcode", 4, Num),
    ("ac_flag", 1, Num),
    ("ac_nice", 1, Num),
    ("pad", 6, Pad),
    ("cpu_count", 8, Num),
    ("cpu_delay_total", 8, Num),
    ("blkio_count", 8, Num),
    ("blkio_delay_total", 8, Num),
    ("swapin_count", 8, Num),
    ("swapin_delay_total", 8, Num),
    ("cpu_run_real_total", 8, Num),
    ("cpu_run_virtual_total", 8, Num),
    ("ac_comm", 32, Text),
    ("ac_sched", 1, Num),
    ("ac_pad", 3, Pad),
    ("pad", 4, Pad),
    ("ac_uid", 4, Num),
    ("ac_gid", 4, Num),
    ("ac_pid", 4, Num),
    ("ac_ppid", 4, Num),
    ("ac_btime", 4, Num),
    ("pad", 4, Pad),
    ("ac_etime", 8, Num),
    ("ac_utime", 8, Num),
    ("ac_stime", 8, Num),
    ("ac_minflt", 8, Num),
    ("ac_majflt", 8, Num),
    ("coremem", 8, Num),
    ("virtmem", 8, Num),
    ("hiwater_rss", 8, Num),
    ("hiwater_vm", 8, Num),
    ("read_char", 8, Num),
    ("write_char", 8, Num),
    ("read_syscalls", 8, Num),
    ("write_syscalls", 8, Num),
    ("read_bytes", 8, Num),
    ("write_bytes", 8, Num),
    ("cancelled_write_bytes", 8, Num),
    ("nvcsw", 8, Num),
    ("nivcsw", 8, Num),
    ("ac_utimescaled", 8, Num),
    ("ac_stimescaled", 8, Num),
    ("cpu_scaled_run_real_total", 8, Num),
    ("freepages_count", 8, Num),
    ("freepages_delay_total", 8, Num),
    ("thrashing_count", 8, Num),
    ("thrashing_delay_total", 8, Num),
    ("ac_btime64", 8, Num),
    ("compact_count", 8, Num),
    ("compact_delay_total", 8, Num),
    ("ac_tgid", 4, Num),
    ("pad", 4, Pad),
    ("ac_tgetime", 8, Num),
    ("ac_exe_dev", 8, Num),
    ("ac_exe_inode", 8, Num),
    ("wpcopy_count", 8, Num),
    ("wpcopy_delay_total", 8, Num),
    ("irq_count", 8, Num),
    ("irq_delay_total", 8, Num),
    ("cpu_delay_max", 8, Num),
    ("cpu_delay_min", 8, Num),
    ("blkio_delay_max", 8, Num),
    ("blkio_delay_min", 8, Num),
    ("swapin_delay_max", 8, Num),
    ("swapin_delay_min", 8, Num),
    ("freepages_delay_max", 8, Num),
    ("freepages_delay_min", 8, Num),
    ("thrashing_delay_max", 8, Num),
    ("thrashing_delay_min", 8, Num),
    ("compact_delay_max", 8, Num),
    ("compact_delay_min", 8, Num),
    ("wpcopy_delay_max", 8, Num),
    ("wpcopy_delay_min", 8, Num),
    ("irq_delay_max", 8, Num),
    ("irq_delay_min", 8, Num),
    ("cpu_delay_max_ts", 16, Struct(&TIMESPEC)),
    ("blkio_delay_max_ts", 16, Struct(&TIMESPEC)),
    ("swapin_delay_max_ts", 16, Struct(&TIMESPEC)),
    ("freepages_delay_max_ts", 16, Struct(&TIMESPEC)),
    ("thrashing_delay_max_ts", 16, Struct(&TIMESPEC)),
    ("compact_delay_max_ts", 16, Struct(&TIMESPEC)),
    ("wpcopy_delay_max_ts", 16, Struct(&TIMESPEC)),
    ("irq_delay_max_ts", 16, Struct(&TIMESPEC)),
]);

static TIMESPEC: Fields = structure("timespec").of(&[("tv_sec", 8, Int), ("tv_nsec", 8, Int)]);
