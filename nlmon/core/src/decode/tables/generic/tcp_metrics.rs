//! Attributes of the generic family `tcp_metrics`: numbers and names of `include/uapi/linux/tcp_metrics.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Int, Ip, Nest, Num, Secret};
use crate::decode::tables::kind::{Generic, Set, Words};

static METRICS: Set = &[
    (1, "TCP_METRICS_A_METRICS_RTT", Num),
    (2, "TCP_METRICS_A_METRICS_RTTVAR", Num),
    (3, "TCP_METRICS_A_METRICS_SSTHRESH", Num),
    (4, "TCP_METRICS_A_METRICS_CWND", Num),
    (5, "TCP_METRICS_A_METRICS_REODERING", Num),
    (6, "TCP_METRICS_A_METRICS_RTT_US", Num),
    (7, "TCP_METRICS_A_METRICS_RTTVAR_US", Num),
];

static TCP_METRICS: Set = &[
    (1, "TCP_METRICS_ATTR_ADDR_IPV4", Ip),
    (2, "TCP_METRICS_ATTR_ADDR_IPV6", Ip),
    (3, "TCP_METRICS_ATTR_AGE", Num),
    (4, "TCP_METRICS_ATTR_TW_TSVAL", Num),
    (5, "TCP_METRICS_ATTR_TW_TS_STAMP", Int),
    (6, "TCP_METRICS_ATTR_VALS", Nest(&METRICS)),
    (7, "TCP_METRICS_ATTR_FOPEN_MSS", Num),
    (8, "TCP_METRICS_ATTR_FOPEN_SYN_DROPS", Num),
    (9, "TCP_METRICS_ATTR_FOPEN_SYN_DROP_TS", Num),
    (10, "TCP_METRICS_ATTR_FOPEN_COOKIE", Secret),
    (11, "TCP_METRICS_ATTR_SADDR_IPV4", Ip),
    (12, "TCP_METRICS_ATTR_SADDR_IPV6", Ip),
    (13, "TCP_METRICS_ATTR_PAD", Num),
];

static COMMANDS: Words =
    &[(1, "TCP_METRICS_CMD_GET", &TCP_METRICS), (2, "TCP_METRICS_CMD_DEL", &TCP_METRICS)];

/// The family `tcp_metrics`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "tcp_metrics", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
