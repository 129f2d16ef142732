//! What each kind of queueing discipline has: numbers and names of
//! `include/uapi/linux/pkt_sched.h`.

use super::kind::Kind::{
    Bitfield, Each, Flag, Hex, Int, Limit, List, Nest, Num, Pad, Struct, Word,
};
use super::kind::{Fields, Set, structure};
use super::tc_action::TC_RATESPEC;
use crate::decode::names::Table;

pub(in crate::decode) static TC_FIFO_QOPT: Fields =
    structure("tc_fifo_qopt").of(&[("limit", 4, Num)]);

pub(in crate::decode) static CAKE_ATTRS: Set = &[
    (1, "TCA_CAKE_PAD", Num),
    (2, "TCA_CAKE_BASE_RATE64", Num),
    (3, "TCA_CAKE_DIFFSERV_MODE", Num),
    (4, "TCA_CAKE_ATM", Num),
    (5, "TCA_CAKE_FLOW_MODE", Num),
    (6, "TCA_CAKE_OVERHEAD", Int),
    (7, "TCA_CAKE_RTT", Num),
    (8, "TCA_CAKE_TARGET", Num),
    (9, "TCA_CAKE_AUTORATE", Num),
    (10, "TCA_CAKE_MEMORY", Num),
    (11, "TCA_CAKE_NAT", Num),
    (12, "TCA_CAKE_RAW", Num),
    (13, "TCA_CAKE_WASH", Num),
    (14, "TCA_CAKE_MPU", Num),
    (15, "TCA_CAKE_INGRESS", Num),
    (16, "TCA_CAKE_ACK_FILTER", Num),
    (17, "TCA_CAKE_SPLIT_GSO", Num),
    (18, "TCA_CAKE_FWMARK", Num),
];

static TC_CBS_QOPT: Fields = structure("tc_cbs_qopt").of(&[
    ("offload", 1, Num),
    ("pad", 3, Pad),
    ("hicredit", 4, Int),
    ("locredit", 4, Int),
    ("idleslope", 4, Int),
    ("sendslope", 4, Int),
]);

pub(in crate::decode) static CBS_ATTRS: Set = &[(1, "TCA_CBS_PARMS", Struct(&TC_CBS_QOPT))];

static TC_RED_QOPT: Fields = structure("tc_red_qopt").of(&[
    ("limit", 4, Num),
    ("qth_min", 4, Num),
    ("qth_max", 4, Num),
    ("Wlog", 1, Num),
    ("Plog", 1, Num),
    ("Scell_log", 1, Num),
    ("flags", 1, Num),
]);

pub(in crate::decode) static CHOKE_ATTRS: Set = &[
    (1, "TCA_CHOKE_PARMS", Struct(&TC_RED_QOPT)),
    (2, "TCA_CHOKE_STAB", Hex),
    (3, "TCA_CHOKE_MAX_P", Num),
];

pub(in crate::decode) static CODEL_ATTRS: Set = &[
    (1, "TCA_CODEL_TARGET", Num),
    (2, "TCA_CODEL_LIMIT", Num),
    (3, "TCA_CODEL_INTERVAL", Num),
    (4, "TCA_CODEL_ECN", Num),
    (5, "TCA_CODEL_CE_THRESHOLD", Num),
];

pub(in crate::decode) static DRR_ATTRS: Set = &[(1, "TCA_DRR_QUANTUM", Num)];

static DUALPI2_DROP_OVERLOAD: Table = &[(0, "overflow"), (1, "drop")];

static DUALPI2_DROP_EARLY: Table = &[(0, "drop-dequeue"), (1, "drop-enqueue")];

static DUALPI2_ECN_MASK: Table = &[(1, "l4s-ect"), (2, "cla-ect"), (3, "any-ect")];

static DUALPI2_SPLIT_GSO: Table = &[(0, "no-split-gso"), (1, "split-gso")];

pub(in crate::decode) static DUALPI2_ATTRS: Set = &[
    (1, "TCA_DUALPI2_LIMIT", Num),
    (2, "TCA_DUALPI2_MEMORY_LIMIT", Num),
    (3, "TCA_DUALPI2_TARGET", Num),
    (4, "TCA_DUALPI2_TUPDATE", Num),
    (5, "TCA_DUALPI2_ALPHA", Num),
    (6, "TCA_DUALPI2_BETA", Num),
    (7, "TCA_DUALPI2_STEP_THRESH_PKTS", Num),
    (8, "TCA_DUALPI2_STEP_THRESH_US", Num),
    (9, "TCA_DUALPI2_MIN_QLEN_STEP", Num),
    (10, "TCA_DUALPI2_COUPLING", Num),
    (11, "TCA_DUALPI2_DROP_OVERLOAD", Word(&DUALPI2_DROP_OVERLOAD)),
    (12, "TCA_DUALPI2_DROP_EARLY", Word(&DUALPI2_DROP_EARLY)),
    (13, "TCA_DUALPI2_C_PROTECTION", Num),
    (14, "TCA_DUALPI2_ECN_MASK", Word(&DUALPI2_ECN_MASK)),
    (15, "TCA_DUALPI2_SPLIT_GSO", Word(&DUALPI2_SPLIT_GSO)),
    (16, "TCA_DUALPI2_PAD", Pad),
];

static TC_ETF_QOPT: Fields =
    structure("tc_etf_qopt").of(&[("delta", 4, Int), ("clockid", 4, Int), ("flags", 4, Num)]);

pub(in crate::decode) static ETF_ATTRS: Set = &[(1, "TCA_ETF_PARMS", Struct(&TC_ETF_QOPT))];

pub(in crate::decode) static ETS_ATTRS: Set = &[
    (1, "TCA_ETS_NBANDS", Num),
    (2, "TCA_ETS_NSTRICT", Num),
    (3, "TCA_ETS_QUANTA", Nest(&ETS_ATTRS)),
    (4, "TCA_ETS_QUANTA_BAND", Num),
    (5, "TCA_ETS_PRIOMAP", Nest(&ETS_ATTRS)),
    (6, "TCA_ETS_PRIOMAP_BAND", Num),
];

pub(in crate::decode) static TC_PRIO_QOPT: Fields =
    structure("tc_prio_qopt").of(&[("bands", 4, Int), ("priomap", 16, Each(1, &Num))]);

pub(in crate::decode) static FQ_ATTRS: Set = &[
    (1, "TCA_FQ_PLIMIT", Num),
    (2, "TCA_FQ_FLOW_PLIMIT", Num),
    (3, "TCA_FQ_QUANTUM", Num),
    (4, "TCA_FQ_INITIAL_QUANTUM", Num),
    (5, "TCA_FQ_RATE_ENABLE", Num),
    (6, "TCA_FQ_FLOW_DEFAULT_RATE", Num),
    (7, "TCA_FQ_FLOW_MAX_RATE", Limit("unlimited")),
    (8, "TCA_FQ_BUCKETS_LOG", Num),
    (9, "TCA_FQ_FLOW_REFILL_DELAY", Num),
    (10, "TCA_FQ_ORPHAN_MASK", Num),
    (11, "TCA_FQ_LOW_RATE_THRESHOLD", Num),
    (12, "TCA_FQ_CE_THRESHOLD", Num),
    (13, "TCA_FQ_TIMER_SLACK", Num),
    (14, "TCA_FQ_HORIZON", Num),
    (15, "TCA_FQ_HORIZON_DROP", Num),
    (16, "TCA_FQ_PRIOMAP", Struct(&TC_PRIO_QOPT)),
    (17, "TCA_FQ_WEIGHTS", Each(4, &Num)),
    (18, "TCA_FQ_OFFLOAD_HORIZON", Num),
];

pub(in crate::decode) static FQ_CODEL_ATTRS: Set = &[
    (1, "TCA_FQ_CODEL_TARGET", Num),
    (2, "TCA_FQ_CODEL_LIMIT", Num),
    (3, "TCA_FQ_CODEL_INTERVAL", Num),
    (4, "TCA_FQ_CODEL_ECN", Num),
    (5, "TCA_FQ_CODEL_FLOWS", Num),
    (6, "TCA_FQ_CODEL_QUANTUM", Num),
    (7, "TCA_FQ_CODEL_CE_THRESHOLD", Num),
    (8, "TCA_FQ_CODEL_DROP_BATCH_SIZE", Num),
    (9, "TCA_FQ_CODEL_MEMORY_LIMIT", Num),
    (10, "TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR", Num),
    (11, "TCA_FQ_CODEL_CE_THRESHOLD_MASK", Num),
];

pub(in crate::decode) static FQ_PIE_ATTRS: Set = &[
    (1, "TCA_FQ_PIE_LIMIT", Num),
    (2, "TCA_FQ_PIE_FLOWS", Num),
    (3, "TCA_FQ_PIE_TARGET", Num),
    (4, "TCA_FQ_PIE_TUPDATE", Num),
    (5, "TCA_FQ_PIE_ALPHA", Num),
    (6, "TCA_FQ_PIE_BETA", Num),
    (7, "TCA_FQ_PIE_QUANTUM", Num),
    (8, "TCA_FQ_PIE_MEMORY_LIMIT", Num),
    (9, "TCA_FQ_PIE_ECN_PROB", Num),
    (10, "TCA_FQ_PIE_ECN", Num),
    (11, "TCA_FQ_PIE_BYTEMODE", Num),
    (12, "TCA_FQ_PIE_DQ_RATE_ESTIMATOR", Num),
];

static TC_GRED_SOPT: Fields = structure("tc_gred_sopt").of(&[
    ("DPs", 4, Num),
    ("def_DP", 4, Num),
    ("grio", 1, Num),
    ("flags", 1, Num),
    ("pad", 2, Pad),
]);

static TCA_GRED_VQ_ENTRY_ATTRS: Set = &[
    (1, "TCA_GRED_VQ_PAD", Num),
    (2, "TCA_GRED_VQ_DP", Num),
    (3, "TCA_GRED_VQ_STAT_BYTES", Num),
    (4, "TCA_GRED_VQ_STAT_PACKETS", Num),
    (5, "TCA_GRED_VQ_STAT_BACKLOG", Num),
    (6, "TCA_GRED_VQ_STAT_PROB_DROP", Num),
    (7, "TCA_GRED_VQ_STAT_PROB_MARK", Num),
    (8, "TCA_GRED_VQ_STAT_FORCED_DROP", Num),
    (9, "TCA_GRED_VQ_STAT_FORCED_MARK", Num),
    (10, "TCA_GRED_VQ_STAT_PDROP", Num),
    (11, "TCA_GRED_VQ_STAT_OTHER", Num),
    (12, "TCA_GRED_VQ_FLAGS", Num),
];

static TCA_GRED_VQ_LIST_ATTRS: Set = &[(1, "TCA_GRED_VQ_ENTRY", Nest(&TCA_GRED_VQ_ENTRY_ATTRS))];

pub(in crate::decode) static GRED_ATTRS: Set = &[
    (1, "TCA_GRED_PARMS", Each(52, &Struct(&TC_GRED_QOPT))),
    (2, "TCA_GRED_STAB", Each(1, &Num)),
    (3, "TCA_GRED_DPS", Struct(&TC_GRED_SOPT)),
    (4, "TCA_GRED_MAX_P", Each(4, &Num)),
    (5, "TCA_GRED_LIMIT", Num),
    (6, "TCA_GRED_VQ_LIST", Nest(&TCA_GRED_VQ_LIST_ATTRS)),
];

pub(in crate::decode) static TC_HFSC_QOPT: Fields =
    structure("tc_hfsc_qopt").of(&[("defcls", 2, Num)]);

static TC_SERVICE_CURVE: Fields =
    structure("tc_service_curve").of(&[("m1", 4, Num), ("d", 4, Num), ("m2", 4, Num)]);

/// A class has these; the qdisc has `struct tc_hfsc_qopt`.
pub(in crate::decode) static HFSC_CLASS_ATTRS: Set = &[
    (1, "TCA_HFSC_RSC", Struct(&TC_SERVICE_CURVE)),
    (2, "TCA_HFSC_FSC", Struct(&TC_SERVICE_CURVE)),
    (3, "TCA_HFSC_USC", Struct(&TC_SERVICE_CURVE)),
];

pub(in crate::decode) static HHF_ATTRS: Set = &[
    (1, "TCA_HHF_BACKLOG_LIMIT", Num),
    (2, "TCA_HHF_QUANTUM", Num),
    (3, "TCA_HHF_HH_FLOWS_LIMIT", Num),
    (4, "TCA_HHF_RESET_TIMEOUT", Num),
    (5, "TCA_HHF_ADMIT_BYTES", Num),
    (6, "TCA_HHF_EVICT_TIMEOUT", Num),
    (7, "TCA_HHF_NON_HH_WEIGHT", Num),
];

static TC_HTB_OPT: Fields = structure("tc_htb_opt").of(&[
    ("rate", 12, Struct(&TC_RATESPEC)),
    ("ceil", 12, Struct(&TC_RATESPEC)),
    ("buffer", 4, Num),
    ("cbuffer", 4, Num),
    ("quantum", 4, Num),
    ("level", 4, Num),
    ("prio", 4, Num),
]);

static TC_HTB_GLOB: Fields = structure("tc_htb_glob").of(&[
    ("version", 4, Num),
    ("rate2quantum", 4, Num),
    ("defcls", 4, Num),
    ("debug", 4, Num),
    ("direct_pkts", 4, Num),
]);

pub(in crate::decode) static HTB_ATTRS: Set = &[
    (1, "TCA_HTB_PARMS", Struct(&TC_HTB_OPT)),
    (2, "TCA_HTB_INIT", Struct(&TC_HTB_GLOB)),
    (3, "TCA_HTB_CTAB", Hex),
    (4, "TCA_HTB_RTAB", Hex),
    (5, "TCA_HTB_DIRECT_QLEN", Num),
    (6, "TCA_HTB_RATE64", Num),
    (7, "TCA_HTB_CEIL64", Num),
    (8, "TCA_HTB_PAD", Num),
    (9, "TCA_HTB_OFFLOAD", Flag),
];

pub(in crate::decode) static TC_MQPRIO_QOPT: Fields = structure("tc_mqprio_qopt").of(&[
    ("num_tc", 1, Num),
    ("prio_tc_map", 16, Each(1, &Num)),
    ("hw", 1, Num),
    ("count", 32, Each(2, &Num)),
    ("offset", 32, Each(2, &Num)),
]);

pub(in crate::decode) static TC_MULTIQ_QOPT: Fields =
    structure("tc_multiq_qopt").of(&[("bands", 2, Num), ("max_bands", 2, Num)]);

pub(in crate::decode) static TC_NETEM_QOPT: Fields = structure("tc_netem_qopt").of(&[
    ("latency", 4, Num),
    ("limit", 4, Num),
    ("loss", 4, Num),
    ("gap", 4, Num),
    ("duplicate", 4, Num),
    ("jitter", 4, Num),
]);

static TC_NETEM_CORR: Fields = structure("tc_netem_corr").of(&[
    ("delay_corr", 4, Num),
    ("loss_corr", 4, Num),
    ("dup_corr", 4, Num),
]);

static TC_NETEM_REORDER: Fields =
    structure("tc_netem_reorder").of(&[("probability", 4, Num), ("correlation", 4, Num)]);

static TC_NETEM_CORRUPT: Fields =
    structure("tc_netem_corrupt").of(&[("probability", 4, Num), ("correlation", 4, Num)]);

static TC_NETEM_GIMODEL: Fields = structure("tc_netem_gimodel").of(&[
    ("p13", 4, Num),
    ("p31", 4, Num),
    ("p32", 4, Num),
    ("p14", 4, Num),
    ("p23", 4, Num),
]);

static TC_NETEM_GEMODEL: Fields = structure("tc_netem_gemodel").of(&[
    ("p", 4, Num),
    ("r", 4, Num),
    ("h", 4, Num),
    ("k1", 4, Num),
]);

static NETEM_LOSS_ATTRS: Set = &[
    (1, "NETEM_LOSS_GI", Struct(&TC_NETEM_GIMODEL)),
    (2, "NETEM_LOSS_GE", Struct(&TC_NETEM_GEMODEL)),
];

static TC_NETEM_RATE: Fields = structure("tc_netem_rate").of(&[
    ("rate", 4, Num),
    ("packet_overhead", 4, Int),
    ("cell_size", 4, Num),
    ("cell_overhead", 4, Int),
]);

static TC_NETEM_SLOT: Fields = structure("tc_netem_slot").of(&[
    ("min_delay", 8, Int),
    ("max_delay", 8, Int),
    ("max_packets", 4, Int),
    ("max_bytes", 4, Int),
    ("dist_delay", 8, Int),
    ("dist_jitter", 8, Int),
]);

pub(in crate::decode) static NETEM_ATTRS: Set = &[
    (1, "TCA_NETEM_CORR", Struct(&TC_NETEM_CORR)),
    (2, "TCA_NETEM_DELAY_DIST", Each(2, &Int)),
    (3, "TCA_NETEM_REORDER", Struct(&TC_NETEM_REORDER)),
    (4, "TCA_NETEM_CORRUPT", Struct(&TC_NETEM_CORRUPT)),
    (5, "TCA_NETEM_LOSS", Nest(&NETEM_LOSS_ATTRS)),
    (6, "TCA_NETEM_RATE", Struct(&TC_NETEM_RATE)),
    (7, "TCA_NETEM_ECN", Num),
    (8, "TCA_NETEM_RATE64", Num),
    (9, "TCA_NETEM_PAD", Num),
    (10, "TCA_NETEM_LATENCY64", Int),
    (11, "TCA_NETEM_JITTER64", Int),
    (12, "TCA_NETEM_SLOT", Struct(&TC_NETEM_SLOT)),
    (13, "TCA_NETEM_SLOT_DIST", Each(2, &Int)),
    (14, "TCA_NETEM_PRNG_SEED", Num),
];

pub(in crate::decode) static PIE_ATTRS: Set = &[
    (1, "TCA_PIE_TARGET", Num),
    (2, "TCA_PIE_LIMIT", Num),
    (3, "TCA_PIE_TUPDATE", Num),
    (4, "TCA_PIE_ALPHA", Num),
    (5, "TCA_PIE_BETA", Num),
    (6, "TCA_PIE_ECN", Num),
    (7, "TCA_PIE_BYTEMODE", Num),
    (8, "TCA_PIE_DQ_RATE_ESTIMATOR", Num),
];

pub(in crate::decode) static TC_PLUG_QOPT: Fields =
    structure("tc_plug_qopt").of(&[("action", 4, Int), ("limit", 4, Num)]);

pub(in crate::decode) static QFQ_ATTRS: Set =
    &[(1, "TCA_QFQ_WEIGHT", Num), (2, "TCA_QFQ_LMAX", Num)];

pub(in crate::decode) static RED_ATTRS: Set = &[
    (1, "TCA_RED_PARMS", Struct(&TC_RED_QOPT)),
    (2, "TCA_RED_STAB", Hex),
    (3, "TCA_RED_MAX_P", Num),
    (4, "TCA_RED_FLAGS", Bitfield),
    (5, "TCA_RED_EARLY_DROP_BLOCK", Num),
    (6, "TCA_RED_MARK_BLOCK", Num),
];

pub(in crate::decode) static TCA_SFB: Set = &[(1, "TCA_SFB_PARMS", Struct(&TC_SFB_QOPT))];

static TC_SFB_QOPT: Fields = structure("tc_sfb_qopt").of(&[
    ("rehash_interval", 4, Num),
    ("warmup_time", 4, Num),
    ("max", 4, Num),
    ("bin_size", 4, Num),
    ("increment", 4, Num),
    ("decrement", 4, Num),
    ("limit", 4, Num),
    ("penalty_rate", 4, Num),
    ("penalty_burst", 4, Num),
]);

static TC_SFQ_QOPT: Fields = structure("tc_sfq_qopt").of(&[
    ("quantum", 4, Num),
    ("perturb_period", 4, Int),
    ("limit", 4, Num),
    ("divisor", 4, Num),
    ("flows", 4, Num),
]);

static TC_SFQRED_STATS: Fields = structure("tc_sfqred_stats").of(&[
    ("prob_drop", 4, Num),
    ("forced_drop", 4, Num),
    ("prob_mark", 4, Num),
    ("forced_mark", 4, Num),
    ("prob_mark_head", 4, Num),
    ("forced_mark_head", 4, Num),
]);

pub(in crate::decode) static TC_SFQ_QOPT_V1: Fields = structure("tc_sfq_qopt_v1").of(&[
    ("v0", 20, Struct(&TC_SFQ_QOPT)),
    ("depth", 4, Num),
    ("headdrop", 4, Num),
    ("limit", 4, Num),
    ("qth_min", 4, Num),
    ("qth_max", 4, Num),
    ("Wlog", 1, Num),
    ("Plog", 1, Num),
    ("Scell_log", 1, Num),
    ("flags", 1, Num),
    ("max_P", 4, Num),
    ("stats", 24, Struct(&TC_SFQRED_STATS)),
]);

pub(in crate::decode) static TAPRIO_STATS: Set = &[
    (1, "TCA_TAPRIO_OFFLOAD_STATS_PAD", Pad),
    (2, "TCA_TAPRIO_OFFLOAD_STATS_WINDOW_DROPS", Num),
    (3, "TCA_TAPRIO_OFFLOAD_STATS_TX_OVERRUNS", Num),
];

static TAPRIO_SCHED_ENTRY: Set = &[
    (1, "TCA_TAPRIO_SCHED_ENTRY_INDEX", Num),
    (2, "TCA_TAPRIO_SCHED_ENTRY_CMD", Num),
    (3, "TCA_TAPRIO_SCHED_ENTRY_GATE_MASK", Num),
    (4, "TCA_TAPRIO_SCHED_ENTRY_INTERVAL", Num),
];

static TAPRIO_SCHED_ENTRY_LIST: Set = &[(1, "TCA_TAPRIO_SCHED_ENTRY", Nest(&TAPRIO_SCHED_ENTRY))];

static TAPRIO_TC_ENTRY_ATTRS: Set = &[
    (1, "TCA_TAPRIO_TC_ENTRY_INDEX", Num),
    (2, "TCA_TAPRIO_TC_ENTRY_MAX_SDU", Num),
    (3, "TCA_TAPRIO_TC_ENTRY_FP", Num),
];

pub(in crate::decode) static TAPRIO_ATTRS: Set = &[
    (1, "TCA_TAPRIO_ATTR_PRIOMAP", Struct(&TC_MQPRIO_QOPT)),
    (2, "TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST", Nest(&TAPRIO_SCHED_ENTRY_LIST)),
    (3, "TCA_TAPRIO_ATTR_SCHED_BASE_TIME", Int),
    (4, "TCA_TAPRIO_ATTR_SCHED_SINGLE_ENTRY", Nest(&TAPRIO_SCHED_ENTRY)),
    (5, "TCA_TAPRIO_ATTR_SCHED_CLOCKID", Int),
    (6, "TCA_TAPRIO_ATTR_PAD", Num),
    (7, "TCA_TAPRIO_ATTR_ADMIN_SCHED", Nest(&TAPRIO_ATTRS)),
    (8, "TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME", Int),
    (9, "TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME_EXTENSION", Int),
    (10, "TCA_TAPRIO_ATTR_FLAGS", Num),
    (11, "TCA_TAPRIO_ATTR_TXTIME_DELAY", Num),
    (12, "TCA_TAPRIO_ATTR_TC_ENTRY", Nest(&TAPRIO_TC_ENTRY_ATTRS)),
];

static TC_TBF_QOPT: Fields = structure("tc_tbf_qopt").of(&[
    ("rate", 12, Struct(&TC_RATESPEC)),
    ("peakrate", 12, Struct(&TC_RATESPEC)),
    ("limit", 4, Num),
    ("buffer", 4, Num),
    ("mtu", 4, Num),
]);

pub(in crate::decode) static TBF_ATTRS: Set = &[
    (1, "TCA_TBF_PARMS", Struct(&TC_TBF_QOPT)),
    (2, "TCA_TBF_RTAB", Hex),
    (3, "TCA_TBF_PTAB", Hex),
    (4, "TCA_TBF_RATE64", Num),
    (5, "TCA_TBF_PRATE64", Num),
    (6, "TCA_TBF_BURST", Num),
    (7, "TCA_TBF_PBURST", Num),
    (8, "TCA_TBF_PAD", Num),
];

pub(in crate::decode) static MQPRIO_ATTRS: Set = &[
    (1, "TCA_MQPRIO_MODE", Num),
    (2, "TCA_MQPRIO_SHAPER", Num),
    (3, "TCA_MQPRIO_MIN_RATE64", List(&Num)),
    (4, "TCA_MQPRIO_MAX_RATE64", List(&Num)),
    (5, "TCA_MQPRIO_TC_ENTRY", Nest(&MQPRIO_TC_ENTRY)),
];

static MQPRIO_TC_ENTRY: Set =
    &[(1, "TCA_MQPRIO_TC_ENTRY_INDEX", Num), (2, "TCA_MQPRIO_TC_ENTRY_FP", Num)];

static TC_GRED_QOPT: Fields = structure("tc_gred_qopt").of(&[
    ("limit", 4, Num),
    ("qth_min", 4, Num),
    ("qth_max", 4, Num),
    ("DP", 4, Num),
    ("backlog", 4, Num),
    ("qave", 4, Num),
    ("forced", 4, Num),
    ("early", 4, Num),
    ("other", 4, Num),
    ("pdrop", 4, Num),
    ("Wlog", 1, Num),
    ("Plog", 1, Num),
    ("Scell_log", 1, Num),
    ("prio", 1, Num),
    ("packets", 4, Num),
    ("bytesin", 4, Num),
]);
