//! Attributes of the generic family `netdev`: numbers and names of `include/uapi/linux/netdev.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Elsewhere, Index, Int, Mask, Nest, Num, Word};
use crate::decode::tables::kind::{Bits, Generic, Set, Words};

static XDP_ACT: Bits = &[
    (0x1, "basic"),
    (0x2, "redirect"),
    (0x4, "ndo-xmit"),
    (0x8, "xsk-zerocopy"),
    (0x10, "hw-offload"),
    (0x20, "rx-sg"),
    (0x40, "ndo-xmit-sg"),
];

static XDP_RX_METADATA: Bits = &[(0x1, "timestamp"), (0x2, "hash"), (0x4, "vlan-tag")];

static XSK_FLAGS: Bits =
    &[(0x1, "tx-timestamp"), (0x2, "tx-checksum"), (0x4, "tx-launch-time-fifo")];

static DEV: Set = &[
    (1, "NETDEV_A_DEV_IFINDEX", Index),
    (2, "NETDEV_A_DEV_PAD", Num),
    (3, "NETDEV_A_DEV_XDP_FEATURES", Mask(&XDP_ACT)),
    (4, "NETDEV_A_DEV_XDP_ZC_MAX_SEGS", Num),
    (5, "NETDEV_A_DEV_XDP_RX_METADATA_FEATURES", Mask(&XDP_RX_METADATA)),
    (6, "NETDEV_A_DEV_XSK_FEATURES", Mask(&XSK_FLAGS)),
];

static IO_URING_PROVIDER_INFO: Set = &[];

static PAGE_POOL: Set = &[
    (1, "NETDEV_A_PAGE_POOL_ID", Num),
    (2, "NETDEV_A_PAGE_POOL_IFINDEX", Index),
    (3, "NETDEV_A_PAGE_POOL_NAPI_ID", Num),
    (4, "NETDEV_A_PAGE_POOL_INFLIGHT", Num),
    (5, "NETDEV_A_PAGE_POOL_INFLIGHT_MEM", Num),
    (6, "NETDEV_A_PAGE_POOL_DETACH_TIME", Num),
    (7, "NETDEV_A_PAGE_POOL_DMABUF", Num),
    (8, "NETDEV_A_PAGE_POOL_IO_URING", Nest(&IO_URING_PROVIDER_INFO)),
];

static PAGE_POOL_STATS: Set = &[
    (1, "NETDEV_A_PAGE_POOL_STATS_INFO", Nest(&PAGE_POOL)),
    (8, "NETDEV_A_PAGE_POOL_STATS_ALLOC_FAST", Num),
    (9, "NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW", Num),
    (10, "NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW_HIGH_ORDER", Num),
    (11, "NETDEV_A_PAGE_POOL_STATS_ALLOC_EMPTY", Num),
    (12, "NETDEV_A_PAGE_POOL_STATS_ALLOC_REFILL", Num),
    (13, "NETDEV_A_PAGE_POOL_STATS_ALLOC_WAIVE", Num),
    (14, "NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHED", Num),
    (15, "NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHE_FULL", Num),
    (16, "NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING", Num),
    (17, "NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING_FULL", Num),
    (18, "NETDEV_A_PAGE_POOL_STATS_RECYCLE_RELEASED_REFCNT", Num),
];

static QUEUE_TYPE: Table = &[(0, "rx"), (1, "tx")];

static XSK_INFO: Set = &[];

static QUEUE: Set = &[
    (1, "NETDEV_A_QUEUE_ID", Num),
    (2, "NETDEV_A_QUEUE_IFINDEX", Index),
    (3, "NETDEV_A_QUEUE_TYPE", Word(&QUEUE_TYPE)),
    (4, "NETDEV_A_QUEUE_NAPI_ID", Num),
    (5, "NETDEV_A_QUEUE_DMABUF", Num),
    (6, "NETDEV_A_QUEUE_IO_URING", Nest(&IO_URING_PROVIDER_INFO)),
    (7, "NETDEV_A_QUEUE_XSK", Nest(&XSK_INFO)),
    (8, "NETDEV_A_QUEUE_LEASE", Nest(&LEASE)),
];

static NAPI_THREADED: Table = &[(0, "disabled"), (1, "enabled"), (2, "busy-poll")];

static NAPI: Set = &[
    (1, "NETDEV_A_NAPI_IFINDEX", Index),
    (2, "NETDEV_A_NAPI_ID", Num),
    (3, "NETDEV_A_NAPI_IRQ", Num),
    (4, "NETDEV_A_NAPI_PID", Num),
    (5, "NETDEV_A_NAPI_DEFER_HARD_IRQS", Num),
    (6, "NETDEV_A_NAPI_GRO_FLUSH_TIMEOUT", Num),
    (7, "NETDEV_A_NAPI_IRQ_SUSPEND_TIMEOUT", Num),
    (8, "NETDEV_A_NAPI_THREADED", Word(&NAPI_THREADED)),
];

static QSTATS_SCOPE: Bits = &[(0x1, "queue")];

static QSTATS: Set = &[
    (1, "NETDEV_A_QSTATS_IFINDEX", Index),
    (2, "NETDEV_A_QSTATS_QUEUE_TYPE", Word(&QUEUE_TYPE)),
    (3, "NETDEV_A_QSTATS_QUEUE_ID", Num),
    (4, "NETDEV_A_QSTATS_SCOPE", Mask(&QSTATS_SCOPE)),
    (8, "NETDEV_A_QSTATS_RX_PACKETS", Num),
    (9, "NETDEV_A_QSTATS_RX_BYTES", Num),
    (10, "NETDEV_A_QSTATS_TX_PACKETS", Num),
    (11, "NETDEV_A_QSTATS_TX_BYTES", Num),
    (12, "NETDEV_A_QSTATS_RX_ALLOC_FAIL", Num),
    (13, "NETDEV_A_QSTATS_RX_HW_DROPS", Num),
    (14, "NETDEV_A_QSTATS_RX_HW_DROP_OVERRUNS", Num),
    (15, "NETDEV_A_QSTATS_RX_CSUM_COMPLETE", Num),
    (16, "NETDEV_A_QSTATS_RX_CSUM_UNNECESSARY", Num),
    (17, "NETDEV_A_QSTATS_RX_CSUM_NONE", Num),
    (18, "NETDEV_A_QSTATS_RX_CSUM_BAD", Num),
    (19, "NETDEV_A_QSTATS_RX_HW_GRO_PACKETS", Num),
    (20, "NETDEV_A_QSTATS_RX_HW_GRO_BYTES", Num),
    (21, "NETDEV_A_QSTATS_RX_HW_GRO_WIRE_PACKETS", Num),
    (22, "NETDEV_A_QSTATS_RX_HW_GRO_WIRE_BYTES", Num),
    (23, "NETDEV_A_QSTATS_RX_HW_DROP_RATELIMITS", Num),
    (24, "NETDEV_A_QSTATS_TX_HW_DROPS", Num),
    (25, "NETDEV_A_QSTATS_TX_HW_DROP_ERRORS", Num),
    (26, "NETDEV_A_QSTATS_TX_CSUM_NONE", Num),
    (27, "NETDEV_A_QSTATS_TX_NEEDS_CSUM", Num),
    (28, "NETDEV_A_QSTATS_TX_HW_GSO_PACKETS", Num),
    (29, "NETDEV_A_QSTATS_TX_HW_GSO_BYTES", Num),
    (30, "NETDEV_A_QSTATS_TX_HW_GSO_WIRE_PACKETS", Num),
    (31, "NETDEV_A_QSTATS_TX_HW_GSO_WIRE_BYTES", Num),
    (32, "NETDEV_A_QSTATS_TX_HW_DROP_RATELIMITS", Num),
    (33, "NETDEV_A_QSTATS_TX_STOP", Num),
    (34, "NETDEV_A_QSTATS_TX_WAKE", Num),
];

static DMABUF: Set = &[
    (1, "NETDEV_A_DMABUF_IFINDEX", Index),
    (2, "NETDEV_A_DMABUF_QUEUES", Nest(&QUEUE)),
    (3, "NETDEV_A_DMABUF_FD", Num),
    (4, "NETDEV_A_DMABUF_ID", Num),
    (5, "NETDEV_A_DMABUF_RX_PAGE_SIZE", Num),
];

static COMMANDS: Words = &[
    (1, "NETDEV_CMD_DEV_GET", &DEV),
    (2, "NETDEV_CMD_DEV_ADD_NTF", &DEV),
    (3, "NETDEV_CMD_DEV_DEL_NTF", &DEV),
    (4, "NETDEV_CMD_DEV_CHANGE_NTF", &DEV),
    (5, "NETDEV_CMD_PAGE_POOL_GET", &PAGE_POOL),
    (6, "NETDEV_CMD_PAGE_POOL_ADD_NTF", &PAGE_POOL),
    (7, "NETDEV_CMD_PAGE_POOL_DEL_NTF", &PAGE_POOL),
    (8, "NETDEV_CMD_PAGE_POOL_CHANGE_NTF", &PAGE_POOL),
    (9, "NETDEV_CMD_PAGE_POOL_STATS_GET", &PAGE_POOL_STATS),
    (10, "NETDEV_CMD_QUEUE_GET", &QUEUE),
    (11, "NETDEV_CMD_NAPI_GET", &NAPI),
    (12, "NETDEV_CMD_QSTATS_GET", &QSTATS),
    (13, "NETDEV_CMD_BIND_RX", &DMABUF),
    (14, "NETDEV_CMD_NAPI_SET", &NAPI),
    (15, "NETDEV_CMD_BIND_TX", &DMABUF),
    (16, "NETDEV_CMD_QUEUE_CREATE", &QUEUE),
];

/// The family `netdev`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "netdev", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };

static LEASE: Set = &[
    (1, "NETDEV_A_LEASE_IFINDEX", Elsewhere(&Index)),
    (2, "NETDEV_A_LEASE_QUEUE", Nest(&QUEUE)),
    (3, "NETDEV_A_LEASE_NETNS_ID", Int),
];
