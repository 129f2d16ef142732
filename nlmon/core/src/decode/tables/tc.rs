//! What every object of traffic control has: numbers and names of `include/uapi/linux/rtnetlink.h`
//! and `gen_stats.h`.

use super::kind::Kind::{
    Around, BeWord, Bitfield, Each, Flag, Handle, Headed, Hex, Index, Int, List, Nest, Num, Pad,
    Select, Struct, Text, Word,
};
use super::kind::{Fields, Options, Set, structure};
use super::tc_action::{
    ACT_ATTRS, GNET_STATS_BASIC, GNET_STATS_QUEUE, GNET_STATS_RATE_EST, GNET_STATS_RATE_EST64,
};
use super::tc_filter::{
    BASIC_ATTRS, BPF_ATTRS, CGROUP_ATTRS, FLOW_ATTRS, FLOWER_ATTRS, FW_ATTRS, MATCHALL_ATTRS,
    ROUTE_ATTRS, U32_ATTRS,
};
use super::tc_qdisc::{
    CAKE_ATTRS, CBS_ATTRS, CHOKE_ATTRS, CODEL_ATTRS, DRR_ATTRS, DUALPI2_ATTRS, ETF_ATTRS,
    ETS_ATTRS, FQ_ATTRS, FQ_CODEL_ATTRS, FQ_PIE_ATTRS, GRED_ATTRS, HFSC_CLASS_ATTRS, HHF_ATTRS,
    HTB_ATTRS, MQPRIO_ATTRS, NETEM_ATTRS, PIE_ATTRS, QFQ_ATTRS, RED_ATTRS, TAPRIO_ATTRS,
    TAPRIO_STATS, TBF_ATTRS, TC_FIFO_QOPT, TC_HFSC_QOPT, TC_MQPRIO_QOPT, TC_MULTIQ_QOPT,
    TC_NETEM_QOPT, TC_PLUG_QOPT, TC_PRIO_QOPT, TC_SFQ_QOPT_V1, TCA_SFB,
};
use crate::decode::names::words::{ETHERTYPES, FAMILIES};

static OPTIONS_MSG: Options = &[
    ("basic", Nest(&BASIC_ATTRS)),
    ("bpf", Nest(&BPF_ATTRS)),
    ("bfifo", Struct(&TC_FIFO_QOPT)),
    ("cake", Nest(&CAKE_ATTRS)),
    ("cbs", Nest(&CBS_ATTRS)),
    ("cgroup", Nest(&CGROUP_ATTRS)),
    ("choke", Nest(&CHOKE_ATTRS)),
    ("codel", Nest(&CODEL_ATTRS)),
    ("drr", Nest(&DRR_ATTRS)),
    ("dualpi2", Nest(&DUALPI2_ATTRS)),
    ("etf", Nest(&ETF_ATTRS)),
    ("ets", Nest(&ETS_ATTRS)),
    ("flow", Nest(&FLOW_ATTRS)),
    ("flower", Nest(&FLOWER_ATTRS)),
    ("fq", Nest(&FQ_ATTRS)),
    ("fq_codel", Nest(&FQ_CODEL_ATTRS)),
    ("fq_pie", Nest(&FQ_PIE_ATTRS)),
    ("fw", Nest(&FW_ATTRS)),
    ("gred", Nest(&GRED_ATTRS)),
    ("hfsc", Struct(&TC_HFSC_QOPT)),
    ("hhf", Nest(&HHF_ATTRS)),
    ("htb", Nest(&HTB_ATTRS)),
    ("matchall", Nest(&MATCHALL_ATTRS)),
    ("mqprio", Headed(&TC_MQPRIO_QOPT, &MQPRIO_ATTRS)),
    ("multiq", Struct(&TC_MULTIQ_QOPT)),
    ("netem", Headed(&TC_NETEM_QOPT, &NETEM_ATTRS)),
    ("pfifo", Struct(&TC_FIFO_QOPT)),
    ("pfifo_fast", Struct(&TC_PRIO_QOPT)),
    ("pfifo_head_drop", Struct(&TC_FIFO_QOPT)),
    ("pie", Nest(&PIE_ATTRS)),
    ("plug", Struct(&TC_PLUG_QOPT)),
    ("prio", Struct(&TC_PRIO_QOPT)),
    ("qfq", Nest(&QFQ_ATTRS)),
    ("red", Nest(&RED_ATTRS)),
    ("route", Nest(&ROUTE_ATTRS)),
    ("sfb", Nest(&TCA_SFB)),
    ("sfq", Struct(&TC_SFQ_QOPT_V1)),
    ("taprio", Nest(&TAPRIO_ATTRS)),
    ("tbf", Nest(&TBF_ATTRS)),
    ("u32", Nest(&U32_ATTRS)),
];

static TC_STATS: Fields = structure("tc_stats").of(&[
    ("bytes", 8, Num),
    ("packets", 4, Num),
    ("drops", 4, Num),
    ("overlimits", 4, Num),
    ("bps", 4, Num),
    ("pps", 4, Num),
    ("qlen", 4, Num),
    ("backlog", 4, Num),
    ("pad", 4, Pad),
]);

static CAKE_TIN_STATS_ATTRS: Set = &[
    (1, "TCA_CAKE_TIN_STATS_PAD", Num),
    (2, "TCA_CAKE_TIN_STATS_SENT_PACKETS", Num),
    (3, "TCA_CAKE_TIN_STATS_SENT_BYTES64", Num),
    (4, "TCA_CAKE_TIN_STATS_DROPPED_PACKETS", Num),
    (5, "TCA_CAKE_TIN_STATS_DROPPED_BYTES64", Num),
    (6, "TCA_CAKE_TIN_STATS_ACKS_DROPPED_PACKETS", Num),
    (7, "TCA_CAKE_TIN_STATS_ACKS_DROPPED_BYTES64", Num),
    (8, "TCA_CAKE_TIN_STATS_ECN_MARKED_PACKETS", Num),
    (9, "TCA_CAKE_TIN_STATS_ECN_MARKED_BYTES64", Num),
    (10, "TCA_CAKE_TIN_STATS_BACKLOG_PACKETS", Num),
    (11, "TCA_CAKE_TIN_STATS_BACKLOG_BYTES", Num),
    (12, "TCA_CAKE_TIN_STATS_THRESHOLD_RATE64", Num),
    (13, "TCA_CAKE_TIN_STATS_TARGET_US", Num),
    (14, "TCA_CAKE_TIN_STATS_INTERVAL_US", Num),
    (15, "TCA_CAKE_TIN_STATS_WAY_INDIRECT_HITS", Num),
    (16, "TCA_CAKE_TIN_STATS_WAY_MISSES", Num),
    (17, "TCA_CAKE_TIN_STATS_WAY_COLLISIONS", Num),
    (18, "TCA_CAKE_TIN_STATS_PEAK_DELAY_US", Num),
    (19, "TCA_CAKE_TIN_STATS_AVG_DELAY_US", Num),
    (20, "TCA_CAKE_TIN_STATS_BASE_DELAY_US", Num),
    (21, "TCA_CAKE_TIN_STATS_SPARSE_FLOWS", Num),
    (22, "TCA_CAKE_TIN_STATS_BULK_FLOWS", Num),
    (23, "TCA_CAKE_TIN_STATS_UNRESPONSIVE_FLOWS", Num),
    (24, "TCA_CAKE_TIN_STATS_MAX_SKBLEN", Num),
    (25, "TCA_CAKE_TIN_STATS_FLOW_QUANTUM", Num),
];

static CAKE_STATS_ATTRS: Set = &[
    (1, "TCA_CAKE_STATS_PAD", Num),
    (2, "TCA_CAKE_STATS_CAPACITY_ESTIMATE64", Num),
    (3, "TCA_CAKE_STATS_MEMORY_LIMIT", Num),
    (4, "TCA_CAKE_STATS_MEMORY_USED", Num),
    (5, "TCA_CAKE_STATS_AVG_NETOFF", Num),
    (6, "TCA_CAKE_STATS_MIN_NETLEN", Num),
    (7, "TCA_CAKE_STATS_MAX_NETLEN", Num),
    (8, "TCA_CAKE_STATS_MIN_ADJLEN", Num),
    (9, "TCA_CAKE_STATS_MAX_ADJLEN", Num),
    (10, "TCA_CAKE_STATS_TIN_STATS", List(&Nest(&CAKE_TIN_STATS_ATTRS))),
    (11, "TCA_CAKE_STATS_DEFICIT", Int),
    (12, "TCA_CAKE_STATS_COBALT_COUNT", Num),
    (13, "TCA_CAKE_STATS_DROPPING", Num),
    (14, "TCA_CAKE_STATS_DROP_NEXT_US", Int),
    (15, "TCA_CAKE_STATS_P_DROP", Num),
    (16, "TCA_CAKE_STATS_BLUE_TIMER_US", Int),
    (17, "TCA_CAKE_STATS_ACTIVE_QUEUES", Num),
];

static TC_CHOKE_XSTATS: Fields = structure("tc_choke_xstats").of(&[
    ("early", 4, Num),
    ("pdrop", 4, Num),
    ("other", 4, Num),
    ("marked", 4, Num),
    ("matched", 4, Num),
]);

static TC_CODEL_XSTATS: Fields = structure("tc_codel_xstats").of(&[
    ("maxpacket", 4, Num),
    ("count", 4, Num),
    ("lastcount", 4, Num),
    ("ldelay", 4, Num),
    ("drop_next", 4, Int),
    ("drop_overlimit", 4, Num),
    ("ecn_mark", 4, Num),
    ("dropping", 4, Num),
    ("ce_mark", 4, Num),
]);

static TC_DUALPI2_XSTATS: Fields = structure("tc_dualpi2_xstats").of(&[
    ("prob", 4, Num),
    ("delay_c", 4, Num),
    ("delay_l", 4, Num),
    ("packets_in_c", 4, Num),
    ("packets_in_l", 4, Num),
    ("maxq", 4, Num),
    ("ecn_mark", 4, Num),
    ("step_marks", 4, Num),
    ("credit", 4, Int),
    ("memory_used", 4, Num),
    ("max_memory_used", 4, Num),
    ("memory_limit", 4, Num),
]);

static TC_FQ_QD_STATS: Fields = structure("tc_fq_qd_stats").of(&[
    ("gc_flows", 8, Num),
    ("highprio_packets", 8, Num),
    ("tcp_retrans", 8, Num),
    ("throttled", 8, Num),
    ("flows_plimit", 8, Num),
    ("pkts_too_long", 8, Num),
    ("allocation_errors", 8, Num),
    ("time_next_delayed_flow", 8, Int),
    ("flows", 4, Num),
    ("inactive_flows", 4, Num),
    ("throttled_flows", 4, Num),
    ("unthrottle_latency_ns", 4, Num),
    ("ce_mark", 8, Num),
    ("horizon_drops", 8, Num),
    ("horizon_caps", 8, Num),
    ("fastpath_packets", 8, Num),
    ("band_drops", 24, Each(8, &Num)),
    ("band_pkt_count", 12, Each(4, &Num)),
    ("pad", 4, Pad),
]);

static TC_FQ_CODEL_XSTATS: Fields = structure("tc_fq_codel_xstats").of(&[
    ("type", 4, Num),
    ("maxpacket", 4, Num),
    ("drop_overlimit", 4, Num),
    ("ecn_mark", 4, Num),
    ("new_flow_count", 4, Num),
    ("new_flows_len", 4, Num),
    ("old_flows_len", 4, Num),
    ("ce_mark", 4, Num),
    ("memory_usage", 4, Num),
    ("drop_overmemory", 4, Num),
]);

static TC_FQ_PIE_XSTATS: Fields = structure("tc_fq_pie_xstats").of(&[
    ("packets_in", 4, Num),
    ("dropped", 4, Num),
    ("overlimit", 4, Num),
    ("overmemory", 4, Num),
    ("ecn_mark", 4, Num),
    ("new_flow_count", 4, Num),
    ("new_flows_len", 4, Num),
    ("old_flows_len", 4, Num),
    ("memory_usage", 4, Num),
]);

static TC_HHF_XSTATS: Fields = structure("tc_hhf_xstats").of(&[
    ("drop_overlimit", 4, Num),
    ("hh_overlimit", 4, Num),
    ("hh_tot_count", 4, Num),
    ("hh_cur_count", 4, Num),
]);

static TC_PIE_XSTATS: Fields = structure("tc_pie_xstats").of(&[
    ("prob", 8, Num),
    ("delay", 4, Num),
    ("avg_dq_rate", 4, Num),
    ("dq_rate_estimating", 4, Num),
    ("packets_in", 4, Num),
    ("dropped", 4, Num),
    ("overlimit", 4, Num),
    ("maxq", 4, Num),
    ("ecn_mark", 4, Num),
]);

static TC_RED_XSTATS: Fields = structure("tc_red_xstats").of(&[
    ("early", 4, Num),
    ("pdrop", 4, Num),
    ("other", 4, Num),
    ("marked", 4, Num),
]);

static TC_SFB_XSTATS: Fields = structure("tc_sfb_xstats").of(&[
    ("earlydrop", 4, Num),
    ("penaltydrop", 4, Num),
    ("bucketdrop", 4, Num),
    ("queuedrop", 4, Num),
    ("childdrop", 4, Num),
    ("marked", 4, Num),
    ("maxqlen", 4, Num),
    ("maxprob", 4, Num),
    ("avgprob", 4, Num),
]);

static TC_SFQ_XSTATS: Fields = structure("tc_sfq_xstats").of(&[("allot", 4, Int)]);

static TCA_STATS_APP_MSG: Options = &[
    ("cake", Nest(&CAKE_STATS_ATTRS)),
    ("choke", Struct(&TC_CHOKE_XSTATS)),
    ("codel", Struct(&TC_CODEL_XSTATS)),
    ("dualpi2", Struct(&TC_DUALPI2_XSTATS)),
    ("fq", Struct(&TC_FQ_QD_STATS)),
    ("fq_codel", Struct(&TC_FQ_CODEL_XSTATS)),
    ("fq_pie", Struct(&TC_FQ_PIE_XSTATS)),
    ("hhf", Struct(&TC_HHF_XSTATS)),
    ("pie", Struct(&TC_PIE_XSTATS)),
    ("red", Struct(&TC_RED_XSTATS)),
    ("sfb", Struct(&TC_SFB_XSTATS)),
    ("sfq", Struct(&TC_SFQ_XSTATS)),
    ("taprio", Nest(&TAPRIO_STATS)),
];

static GNET_ESTIMATOR: Fields =
    structure("gnet_estimator").of(&[("interval", 1, Int), ("ewma_log", 1, Num)]);

static TC_SIZESPEC: Fields = structure("tc_sizespec").of(&[
    ("cell_log", 1, Num),
    ("size_log", 1, Num),
    ("cell_align", 2, Int),
    ("overhead", 4, Int),
    ("linklayer", 4, Num),
    ("mpu", 4, Num),
    ("mtu", 4, Num),
    ("tsize", 4, Num),
]);

static TCA_STAB_ATTRS: Set =
    &[(1, "TCA_STAB_BASE", Struct(&TC_SIZESPEC)), (2, "TCA_STAB_DATA", Hex)];

pub(in crate::decode) static ATTRS: Set = &[
    (1, "TCA_KIND", Text),
    (2, "TCA_OPTIONS", Select(1, &OPTIONS_MSG)),
    (3, "TCA_STATS", Struct(&TC_STATS)),
    (4, "TCA_XSTATS", Select(1, &TCA_STATS_APP_MSG)),
    (5, "TCA_RATE", Struct(&GNET_ESTIMATOR)),
    (6, "TCA_FCNT", Num),
    (7, "TCA_STATS2", Nest(&QDISC_STATS)),
    (8, "TCA_STAB", Nest(&TCA_STAB_ATTRS)),
    (9, "TCA_PAD", Num),
    (10, "TCA_DUMP_INVISIBLE", Flag),
    (11, "TCA_CHAIN", Num),
    (12, "TCA_HW_OFFLOAD", Num),
    (13, "TCA_INGRESS_BLOCK", Num),
    (14, "TCA_EGRESS_BLOCK", Num),
    (15, "TCA_DUMP_FLAGS", Bitfield),
    (16, "TCA_EXT_WARN_MSG", Text),
];

/// The same of a class: of some kinds, it has other options than the qdisc.
pub(in crate::decode) static CLASS_ATTRS: Set = &[
    (1, "TCA_KIND", Text),
    (2, "TCA_OPTIONS", Select(1, &CLASS_OPTIONS)),
    (3, "TCA_STATS", Struct(&TC_STATS)),
    (4, "TCA_XSTATS", Select(1, &CLASS_STATS_APP)),
    (5, "TCA_RATE", Struct(&GNET_ESTIMATOR)),
    (6, "TCA_FCNT", Num),
    (7, "TCA_STATS2", Nest(&CLASS_STATS)),
    (8, "TCA_STAB", Nest(&TCA_STAB_ATTRS)),
    (9, "TCA_PAD", Num),
    (10, "TCA_DUMP_INVISIBLE", Flag),
    (11, "TCA_CHAIN", Num),
    (12, "TCA_HW_OFFLOAD", Num),
    (13, "TCA_INGRESS_BLOCK", Num),
    (14, "TCA_EGRESS_BLOCK", Num),
    (15, "TCA_DUMP_FLAGS", Bitfield),
    (16, "TCA_EXT_WARN_MSG", Text),
];

static CLASS_OPTIONS: Options = &[
    ("drr", Nest(&DRR_ATTRS)),
    ("ets", Nest(&ETS_ATTRS)),
    ("hfsc", Nest(&HFSC_CLASS_ATTRS)),
    ("htb", Nest(&HTB_ATTRS)),
    ("qfq", Nest(&QFQ_ATTRS)),
];

static CLASS_STATS: Set = &[
    (1, "TCA_STATS_BASIC", Struct(&GNET_STATS_BASIC)),
    (2, "TCA_STATS_RATE_EST", Struct(&GNET_STATS_RATE_EST)),
    (3, "TCA_STATS_QUEUE", Struct(&GNET_STATS_QUEUE)),
    (4, "TCA_STATS_APP", Around(&CLASS_ATTRS, 1, &CLASS_STATS_APP)),
    (5, "TCA_STATS_RATE_EST64", Struct(&GNET_STATS_RATE_EST64)),
    (6, "TCA_STATS_PAD", Pad),
    (7, "TCA_STATS_BASIC_HW", Struct(&GNET_STATS_BASIC)),
    (8, "TCA_STATS_PKT64", Num),
];

static QDISC_STATS: Set = &[
    (1, "TCA_STATS_BASIC", Struct(&GNET_STATS_BASIC)),
    (2, "TCA_STATS_RATE_EST", Struct(&GNET_STATS_RATE_EST)),
    (3, "TCA_STATS_QUEUE", Struct(&GNET_STATS_QUEUE)),
    (4, "TCA_STATS_APP", Around(&ATTRS, 1, &TCA_STATS_APP_MSG)),
    (5, "TCA_STATS_RATE_EST64", Struct(&GNET_STATS_RATE_EST64)),
    (6, "TCA_STATS_PAD", Pad),
    (7, "TCA_STATS_BASIC_HW", Struct(&GNET_STATS_BASIC)),
    (8, "TCA_STATS_PKT64", Num),
];

static CLASS_STATS_APP: Options = &[
    ("cake", Nest(&CAKE_STATS_ATTRS)),
    ("drr", Struct(&TC_DRR_STATS)),
    ("fq_codel", Struct(&TC_FQ_CODEL_CLASS_XSTATS)),
    ("hfsc", Struct(&TC_HFSC_STATS)),
    ("htb", Struct(&TC_HTB_XSTATS)),
    ("qfq", Struct(&TC_QFQ_STATS)),
    ("sfq", Struct(&TC_SFQ_XSTATS)),
];

static TC_DRR_STATS: Fields = structure("tc_drr_stats").of(&[("deficit", 4, Num)]);

static TC_QFQ_STATS: Fields = structure("tc_qfq_stats").of(&[("weight", 4, Num), ("lmax", 4, Num)]);

static TC_HFSC_STATS: Fields = structure("tc_hfsc_stats").of(&[
    ("work", 8, Num),
    ("rtwork", 8, Num),
    ("period", 4, Num),
    ("level", 4, Num),
]);

static TC_HTB_XSTATS: Fields = structure("tc_htb_xstats").of(&[
    ("lends", 4, Num),
    ("borrows", 4, Num),
    ("giants", 4, Num),
    ("tokens", 4, Int),
    ("ctokens", 4, Int),
]);

/// Of `struct tc_fq_codel_xstats` what a class fills.
static TC_FQ_CODEL_CLASS_XSTATS: Fields = structure("tc_fq_codel_xstats").of(&[
    ("type", 4, Num),
    ("deficit", 4, Int),
    ("ldelay", 4, Num),
    ("count", 4, Num),
    ("lastcount", 4, Num),
    ("dropping", 4, Num),
    ("drop_next", 4, Int),
    ("pad", 12, Pad),
]);

pub(in crate::decode) static TCMSG: Fields = structure("tcmsg").of(&[
    ("tcm_family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("tcm_ifindex", 4, Index),
    ("tcm_handle", 4, Handle),
    ("tcm_parent", 4, Handle),
    ("tcm_info", 4, Num),
]);

/// The same of a class, whose `tcm_info` is the qdisc that is attached to it.
pub(in crate::decode) static TCMSG_CLASS: Fields = structure("tcmsg").of(&[
    ("tcm_family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("tcm_ifindex", 4, Index),
    ("tcm_handle", 4, Handle),
    ("tcm_parent", 4, Handle),
    ("tcm_info", 4, Handle),
]);

/// The same of a filter, whose `tcm_info` is two numbers.
pub(in crate::decode) static TCMSG_FILTER: Fields = structure("tcmsg").of(&[
    ("tcm_family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("tcm_ifindex", 4, Index),
    ("tcm_handle", 4, Num),
    ("tcm_parent", 4, Handle),
    ("tcm_info", 4, Struct(&FILTER_INFO)),
]);

/// `TC_H_MAKE(pref << 16, protocol)`, in which the protocol is in network byte order.
#[cfg(target_endian = "little")]
static FILTER_INFO: Fields =
    structure("").of(&[("protocol", 2, BeWord(&ETHERTYPES)), ("pref", 2, Num)]);
#[cfg(target_endian = "big")]
static FILTER_INFO: Fields =
    structure("").of(&[("pref", 2, Num), ("protocol", 2, BeWord(&ETHERTYPES))]);

pub(in crate::decode) static TCAMSG: Fields =
    structure("tcamsg").of(&[("tca_family", 1, Word(&FAMILIES)), ("pad", 3, Pad)]);

pub(in crate::decode) static ACTIONS: Set = &[
    (1, "TCA_ROOT_TAB", List(&Nest(&ACT_ATTRS))),
    (2, "TCA_ROOT_FLAGS", Bitfield),
    (3, "TCA_ROOT_COUNT", Num),
    (4, "TCA_ROOT_TIME_DELTA", Num),
    (5, "TCA_ROOT_EXT_WARN_MSG", Text),
];
