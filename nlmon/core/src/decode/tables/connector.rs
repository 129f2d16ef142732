//! The connector, and the process events on it: numbers and names of
//! `include/uapi/linux/connector.h` and `cn_proc.h`.

use super::kind::Kind::{Int, Num, Text, Word};
use super::kind::{Fields, structure};
use crate::decode::names::Table;

pub(in crate::decode) static CN_MSG: Fields = structure("cn_msg").of(&[
    ("idx", 4, Num),
    ("val", 4, Num),
    ("seq", 4, Num),
    ("ack", 4, Num),
    ("len", 2, Num),
    ("flags", 2, Num),
]);

pub(in crate::decode) static PROC_EVENT: Fields = structure("proc_event").of(&[
    ("what", 4, Word(&PROC_EVENTS)),
    ("cpu", 4, Num),
    ("timestamp_ns", 8, Num),
]);

static PROC_EVENTS: Table = &[
    (0, "none"),
    (1, "fork"),
    (2, "exec"),
    (4, "uid"),
    (64, "gid"),
    (128, "sid"),
    (256, "ptrace"),
    (512, "comm"),
    (0x2000_0000, "nonzero-exit"),
    (0x4000_0000, "coredump"),
    (0x8000_0000, "exit"),
];

/// What a listener sends, of which `event_type` is newer.
pub(in crate::decode) static PROC_INPUT: Fields =
    structure("proc_input").of(&[("mcast_op", 4, Word(&LISTENING)), ("event_type", 4, Num)]);

/// `PROC_CN_MCAST_*`
static LISTENING: Table = &[(1, "listen"), (2, "ignore")];

static FORK: Fields = structure("fork_proc_event").of(&[
    ("parent_pid", 4, Int),
    ("parent_tgid", 4, Int),
    ("child_pid", 4, Int),
    ("child_tgid", 4, Int),
]);

static EXEC: Fields =
    structure("exec_proc_event").of(&[("process_pid", 4, Int), ("process_tgid", 4, Int)]);

static IDENTITY: Fields = structure("id_proc_event").of(&[
    ("process_pid", 4, Int),
    ("process_tgid", 4, Int),
    ("real", 4, Num),
    ("effective", 4, Num),
]);

static COMM: Fields = structure("comm_proc_event").of(&[
    ("process_pid", 4, Int),
    ("process_tgid", 4, Int),
    ("comm", 16, Text),
]);

static EXIT: Fields = structure("exit_proc_event").of(&[
    ("process_pid", 4, Int),
    ("process_tgid", 4, Int),
    ("exit_code", 4, Num),
    ("exit_signal", 4, Num),
    ("parent_pid", 4, Int),
    ("parent_tgid", 4, Int),
]);

static PTRACE: Fields = structure("ptrace_proc_event").of(&[
    ("process_pid", 4, Int),
    ("process_tgid", 4, Int),
    ("tracer_pid", 4, Int),
    ("tracer_tgid", 4, Int),
]);

static COREDUMP: Fields = structure("coredump_proc_event").of(&[
    ("process_pid", 4, Int),
    ("process_tgid", 4, Int),
    ("parent_pid", 4, Int),
    ("parent_tgid", 4, Int),
]);

/// What follows the head of a process event.
pub(in crate::decode) fn event(what: u32) -> Option<&'static Fields> {
    Some(match what {
        1 => &FORK,
        2 | 0x80 => &EXEC,
        4 | 0x40 => &IDENTITY,
        0x100 => &PTRACE,
        0x200 => &COMM,
        0x4000_0000 => &COREDUMP,
        0x8000_0000 => &EXIT,
        _ => return None,
    })
}
