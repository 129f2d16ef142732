//! Socket statistics: numbers and names of `include/uapi/linux/inet_diag.h`, `unix_diag.h`,
//! `netlink_diag.h`, `packet_diag.h`, `vm_sockets_diag.h` and `xdp_diag.h`.

use super::kind::Kind::{
    Be, ByLength, Each, Flag, Hex, Index, Int, Limit, LongIp, Mask, Nest, Num, Pad, PaddedMac,
    Secret, Sockaddr, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Kind, Layout, Set, structure};
use crate::decode::names::PROTOCOLS;
use crate::decode::names::Table;
use crate::decode::names::words::{FAMILIES, IP_PROTOCOLS};

static TCP_STATES: Table = &[
    (1, "ESTAB"),
    (2, "SYN-SENT"),
    (3, "SYN-RECV"),
    (4, "FIN-WAIT-1"),
    (5, "FIN-WAIT-2"),
    (6, "TIME-WAIT"),
    (7, "UNCONN"),
    (8, "CLOSE-WAIT"),
    (9, "LAST-ACK"),
    (10, "LISTEN"),
    (11, "CLOSING"),
    (12, "SYN-RECV"),
    (13, "BOUND-INACTIVE"),
];

static SOCKET_TYPES: Table = &[
    (1, "stream"),
    (2, "dgram"),
    (3, "raw"),
    (4, "rdm"),
    (5, "seqpacket"),
    (6, "dccp"),
    (10, "packet"),
];

/// A number that is shown in hexadecimal, as `ss` shows a socket's cookie.
static NUMBER: Bits = &[];

static SOCKET_ID: Fields = structure("inet_diag_sockid").of(&[
    ("idiag_sport", 2, Be),
    ("idiag_dport", 2, Be),
    ("idiag_src", 16, LongIp),
    ("idiag_dst", 16, LongIp),
    ("idiag_if", 4, Index),
    ("idiag_cookie", 8, Mask(&NUMBER)),
]);

static INET_DIAG_REQ: Fields = structure("inet_diag_req_v2").of(&[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Word(&IP_PROTOCOLS)),
    ("idiag_ext", 1, Mask(&INET_EXTENSIONS)),
    ("pad", 1, Pad),
    ("idiag_states", 4, Mask(&TCP_STATE_BITS)),
    ("id", 48, Struct(&SOCKET_ID)),
]);

static INET_DIAG_REQ_V1: Fields = structure("inet_diag_req").of(&[
    ("idiag_family", 1, Word(&FAMILIES)),
    ("idiag_src_len", 1, Num),
    ("idiag_dst_len", 1, Num),
    ("idiag_ext", 1, Mask(&INET_EXTENSIONS)),
    ("id", 48, Struct(&SOCKET_ID)),
    ("idiag_states", 4, Mask(&TCP_STATE_BITS)),
    ("idiag_dbs", 4, Num),
]);

/// `1 << (INET_DIAG_* - 1)`: what else is asked for.
static INET_EXTENSIONS: Bits = &[
    (0x1, "meminfo"),
    (0x2, "info"),
    (0x4, "vegasinfo"),
    (0x8, "cong"),
    (0x10, "tos"),
    (0x20, "tclass"),
    (0x40, "skmeminfo"),
    (0x80, "shutdown"),
];

/// `TCPF_*`: states that are asked for.
static TCP_STATE_BITS: Bits = &[
    (1 << 1, "ESTAB"),
    (1 << 2, "SYN-SENT"),
    (1 << 3, "SYN-RECV"),
    (1 << 4, "FIN-WAIT-1"),
    (1 << 5, "FIN-WAIT-2"),
    (1 << 6, "TIME-WAIT"),
    (1 << 7, "UNCONN"),
    (1 << 8, "CLOSE-WAIT"),
    (1 << 9, "LAST-ACK"),
    (1 << 10, "LISTEN"),
    (1 << 11, "CLOSING"),
    (1 << 12, "NEW-SYN-RECV"),
    (1 << 13, "BOUND-INACTIVE"),
];

/// `IDIAG_TIMER_*`
static TIMERS: Table =
    &[(0, "off"), (1, "on"), (2, "keepalive"), (3, "timewait"), (4, "probe0"), (5, "delack")];

static INET_DIAG_MSG: Fields = structure("inet_diag_msg").of(&[
    ("idiag_family", 1, Word(&FAMILIES)),
    ("idiag_state", 1, Word(&TCP_STATES)),
    ("idiag_timer", 1, Word(&TIMERS)),
    ("idiag_retrans", 1, Num),
    ("id", 48, Struct(&SOCKET_ID)),
    ("idiag_expires", 4, Num),
    ("idiag_rqueue", 4, Num),
    ("idiag_wqueue", 4, Num),
    ("idiag_uid", 4, Num),
    ("idiag_inode", 4, Num),
]);

/// Of an association of SCTP the kernel writes numbers of that protocol (`net/sctp/diag.c`).
static SCTP_ASSOCIATION: Fields = structure("inet_diag_msg").of(&[
    ("idiag_family", 1, Word(&FAMILIES)),
    ("idiag_state", 1, Word(&SCTP_STATES)),
    ("idiag_timer", 1, Word(&SCTP_TIMERS)),
    ("idiag_retrans", 1, Num),
    ("id", 48, Struct(&SOCKET_ID)),
    ("idiag_expires", 4, Num),
    ("idiag_rqueue", 4, Num),
    ("idiag_wqueue", 4, Num),
    ("idiag_uid", 4, Num),
    ("idiag_inode", 4, Num),
]);

/// `enum sctp_state` of `include/net/sctp/constants.h`
static SCTP_STATES: Table = &[
    (0, "CLOSED"),
    (1, "COOKIE-WAIT"),
    (2, "COOKIE-ECHOED"),
    (3, "ESTABLISHED"),
    (4, "SHUTDOWN-PENDING"),
    (5, "SHUTDOWN-SENT"),
    (6, "SHUTDOWN-RECEIVED"),
    (7, "SHUTDOWN-ACK-SENT"),
];

/// Of `enum sctp_event_timeout`, what is written.
static SCTP_TIMERS: Table = &[(0, "off"), (4, "t3-rtx")];

/// `UDIAG_SHOW_*`
static UNIX_SHOWN: Bits = &[
    (0x1, "name"),
    (0x2, "vfs"),
    (0x4, "peer"),
    (0x8, "icons"),
    (0x10, "rqlen"),
    (0x20, "meminfo"),
    (0x40, "uid"),
];

static UNIX_DIAG_REQ: Fields = structure("unix_diag_req").of(&[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("udiag_states", 4, Mask(&TCP_STATE_BITS)),
    ("udiag_ino", 4, Num),
    ("udiag_show", 4, Mask(&UNIX_SHOWN)),
    ("udiag_cookie", 8, Mask(&NUMBER)),
]);

static UNIX_DIAG_MSG: Fields = structure("unix_diag_msg").of(&[
    ("udiag_family", 1, Word(&FAMILIES)),
    ("udiag_type", 1, Word(&SOCKET_TYPES)),
    ("udiag_state", 1, Word(&TCP_STATES)),
    ("pad", 1, Pad),
    ("udiag_ino", 4, Num),
    ("udiag_cookie", 8, Mask(&NUMBER)),
]);

/// `NDIAG_SHOW_*`
static NETLINK_SHOWN: Bits =
    &[(0x1, "meminfo"), (0x2, "groups"), (0x4, "ring-cfg"), (0x8, "flags")];

static NETLINK_DIAG_REQ: Fields = structure("netlink_diag_req").of(&[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("ndiag_ino", 4, Num),
    ("ndiag_show", 4, Mask(&NETLINK_SHOWN)),
    ("ndiag_cookie", 8, Mask(&NUMBER)),
]);

/// `NETLINK_UNCONNECTED` and `NETLINK_CONNECTED`. A socket that was never told to connect has the
/// state that all sockets begin with, `TCP_CLOSE`.
static NETLINK_STATES: Table = &[(0, "unconnected"), (1, "connected"), (7, "UNCONN")];

static NETLINK_DIAG_MSG: Fields = structure("netlink_diag_msg").of(&[
    ("ndiag_family", 1, Word(&FAMILIES)),
    ("ndiag_type", 1, Word(&SOCKET_TYPES)),
    ("ndiag_protocol", 1, Word(&PROTOCOLS)),
    ("ndiag_state", 1, Word(&NETLINK_STATES)),
    ("ndiag_portid", 4, Num),
    ("ndiag_dst_portid", 4, Num),
    ("ndiag_dst_group", 4, Num),
    ("ndiag_ino", 4, Num),
    ("ndiag_cookie", 8, Mask(&NUMBER)),
]);

/// `PACKET_SHOW_*`
static PACKET_SHOWN: Bits = &[
    (0x1, "info"),
    (0x2, "mclist"),
    (0x4, "ring-cfg"),
    (0x8, "fanout"),
    (0x10, "meminfo"),
    (0x20, "filter"),
];

static PACKET_DIAG_REQ: Fields = structure("packet_diag_req").of(&[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("pdiag_ino", 4, Num),
    ("pdiag_show", 4, Mask(&PACKET_SHOWN)),
    ("pdiag_cookie", 8, Mask(&NUMBER)),
]);

static PACKET_DIAG_MSG: Fields = structure("packet_diag_msg").of(&[
    ("pdiag_family", 1, Word(&FAMILIES)),
    ("pdiag_type", 1, Word(&SOCKET_TYPES)),
    ("pdiag_num", 2, Num),
    ("pdiag_ino", 4, Num),
    ("pdiag_cookie", 8, Mask(&NUMBER)),
]);

static VSOCK_DIAG_REQ: Fields = structure("vsock_diag_req").of(&[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("vdiag_states", 4, Mask(&TCP_STATE_BITS)),
    ("vdiag_ino", 4, Num),
    ("vdiag_show", 4, Num),
    ("vdiag_cookie", 8, Mask(&NUMBER)),
]);

static VSOCK_DIAG_MSG: Fields = structure("vsock_diag_msg").of(&[
    ("vdiag_family", 1, Word(&FAMILIES)),
    ("vdiag_type", 1, Word(&SOCKET_TYPES)),
    ("vdiag_state", 1, Word(&TCP_STATES)),
    ("vdiag_shutdown", 1, Mask(&SHUTDOWN)),
    ("vdiag_src_cid", 4, Limit("any")),
    ("vdiag_src_port", 4, Limit("any")),
    ("vdiag_dst_cid", 4, Limit("any")),
    ("vdiag_dst_port", 4, Limit("any")),
    ("vdiag_ino", 4, Num),
    ("vdiag_cookie", 8, Mask(&NUMBER)),
]);

/// `XDP_SHOW_*`
static XDP_SHOWN: Bits =
    &[(0x1, "info"), (0x2, "ring-cfg"), (0x4, "umem"), (0x8, "meminfo"), (0x10, "stats")];

static XDP_DIAG_REQ: Fields = structure("xdp_diag_req").of(&[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("xdiag_ino", 4, Num),
    ("xdiag_show", 4, Mask(&XDP_SHOWN)),
    ("xdiag_cookie", 8, Mask(&NUMBER)),
]);

static XDP_DIAG_MSG: Fields = structure("xdp_diag_msg").of(&[
    ("xdiag_family", 1, Word(&FAMILIES)),
    ("xdiag_type", 1, Word(&SOCKET_TYPES)),
    ("pad", 2, Pad),
    ("xdiag_ino", 4, Num),
    ("xdiag_cookie", 8, Mask(&NUMBER)),
]);

static BPF_STORAGE_REQUEST: Set = &[(1, "SK_DIAG_BPF_STORAGE_REQ_MAP_FD", Num)];

static INET_REQUEST: Set = &[
    (1, "INET_DIAG_REQ_BYTECODE", Hex),
    (2, "INET_DIAG_REQ_SK_BPF_STORAGES", Nest(&BPF_STORAGE_REQUEST)),
    (3, "INET_DIAG_REQ_PROTOCOL", Word(&IP_PROTOCOLS)),
];

static MEMINFO: Fields = structure("inet_diag_meminfo").of(&[
    ("idiag_rmem", 4, Num),
    ("idiag_wmem", 4, Num),
    ("idiag_fmem", 4, Num),
    ("idiag_tmem", 4, Num),
]);

static SKMEMINFO: Fields = structure("").of(&[
    ("rmem_alloc", 4, Num),
    ("rcvbuf", 4, Num),
    ("wmem_alloc", 4, Num),
    ("sndbuf", 4, Num),
    ("fwd_alloc", 4, Num),
    ("wmem_queued", 4, Num),
    ("optmem", 4, Num),
    ("backlog", 4, Num),
    ("drops", 4, Num),
]);

static BPF_STORAGES: Set = &[(1, "SK_DIAG_BPF_STORAGE", Nest(&BPF_STORAGE))];

/// What some program of BPF keeps for itself beside a socket.
static BPF_STORAGE: Set = &[
    (1, "SK_DIAG_BPF_STORAGE_PAD", Pad),
    (2, "SK_DIAG_BPF_STORAGE_MAP_ID", Num),
    (3, "SK_DIAG_BPF_STORAGE_MAP_VALUE", Secret),
];

static INET: Set = &[
    (1, "INET_DIAG_MEMINFO", Struct(&MEMINFO)),
    (2, "INET_DIAG_INFO", ByLength(SOCKET_INFO)),
    (3, "INET_DIAG_VEGASINFO", Struct(&TCPVEGAS_INFO)),
    (4, "INET_DIAG_CONG", Text),
    (5, "INET_DIAG_TOS", Num),
    (6, "INET_DIAG_TCLASS", Num),
    (7, "INET_DIAG_SKMEMINFO", Struct(&SKMEMINFO)),
    (8, "INET_DIAG_SHUTDOWN", Mask(&SHUTDOWN)),
    (9, "INET_DIAG_DCTCPINFO", Struct(&TCP_DCTCP_INFO)),
    (10, "INET_DIAG_PROTOCOL", Word(&IP_PROTOCOLS)),
    (11, "INET_DIAG_SKV6ONLY", Num),
    (12, "INET_DIAG_LOCALS", Each(128, &Sockaddr)),
    (13, "INET_DIAG_PEERS", Each(128, &Sockaddr)),
    (14, "INET_DIAG_PAD", Num),
    (15, "INET_DIAG_MARK", Num),
    (16, "INET_DIAG_BBRINFO", Struct(&TCP_BBR_INFO)),
    (17, "INET_DIAG_CLASS_ID", Num),
    (18, "INET_DIAG_MD5SIG", Secret),
    (19, "INET_DIAG_ULP_INFO", Nest(&ULP_INFO)),
    (20, "INET_DIAG_SK_BPF_STORAGES", Nest(&BPF_STORAGES)),
    (21, "INET_DIAG_CGROUP_ID", Num),
    (22, "INET_DIAG_SOCKOPT", Mask(&SOCKET_OPTIONS)),
];

/// Each protocol puts a structure of its own into `INET_DIAG_INFO`, and no message says which protocol
/// its socket is of. Their lengths, which grew with the kernels, have none in common. DCCP's is TCP's.
static SOCKET_INFO: &[(&[usize], Kind)] = &[
    (&TCP_INFO_LENGTHS, Struct(&TCP_INFO)),
    (&[40, 48, 80, 96], Struct(&MPTCP_INFO)),
    (&[368], Struct(&SCTP_INFO)),
];

/// Linux 4.0, 4.1, ... 7.3.
static TCP_INFO_LENGTHS: [usize; 14] =
    [104, 120, 136, 144, 160, 168, 192, 200, 216, 224, 232, 240, 248, 280];

static UNIX: Set = &[
    (0, "UNIX_DIAG_NAME", Text),
    (1, "UNIX_DIAG_VFS", Struct(&UNIX_VFS)),
    (2, "UNIX_DIAG_PEER", Num),
    (3, "UNIX_DIAG_ICONS", Each(4, &Num)),
    (4, "UNIX_DIAG_RQLEN", Struct(&UNIX_QUEUE)),
    (5, "UNIX_DIAG_MEMINFO", Struct(&SKMEMINFO)),
    (6, "UNIX_DIAG_SHUTDOWN", Mask(&SHUTDOWN)),
    (7, "UNIX_DIAG_UID", Num),
];

static UNIX_VFS: Fields =
    structure("unix_diag_vfs").of(&[("udiag_vfs_ino", 4, Num), ("udiag_vfs_dev", 4, Num)]);

static UNIX_QUEUE: Fields =
    structure("unix_diag_rqlen").of(&[("udiag_rqueue", 4, Num), ("udiag_wqueue", 4, Num)]);

static NETLINK: Set = &[
    (0, "NETLINK_DIAG_MEMINFO", Struct(&SKMEMINFO)),
    (1, "NETLINK_DIAG_GROUPS", Each(4, &Num)),
    (2, "NETLINK_DIAG_RX_RING", Struct(&NETLINK_DIAG_RING)),
    (3, "NETLINK_DIAG_TX_RING", Struct(&NETLINK_DIAG_RING)),
    (4, "NETLINK_DIAG_FLAGS", Mask(&NETLINK_FLAGS)),
];

static PACKET: Set = &[
    (0, "PACKET_DIAG_INFO", Struct(&PACKET_DIAG_INFO)),
    (1, "PACKET_DIAG_MCLIST", Each(44, &Struct(&PACKET_DIAG_MCLIST))),
    (2, "PACKET_DIAG_RX_RING", Struct(&PACKET_DIAG_RING)),
    (3, "PACKET_DIAG_TX_RING", Struct(&PACKET_DIAG_RING)),
    (4, "PACKET_DIAG_FANOUT", Num),
    (5, "PACKET_DIAG_UID", Num),
    (6, "PACKET_DIAG_MEMINFO", Struct(&SKMEMINFO)),
    (7, "PACKET_DIAG_FILTER", Hex),
];

static NO_FIELDS: Fields = structure("").of(&[]);

static NO_ATTRIBUTES: Set = &[];

static XDP: Set = &[
    (1, "XDP_DIAG_INFO", Struct(&XDP_DIAG_INFO)),
    (2, "XDP_DIAG_UID", Num),
    (3, "XDP_DIAG_RX_RING", Struct(&XDP_DIAG_RING)),
    (4, "XDP_DIAG_TX_RING", Struct(&XDP_DIAG_RING)),
    (5, "XDP_DIAG_UMEM", Struct(&XDP_DIAG_UMEM)),
    (6, "XDP_DIAG_UMEM_FILL_RING", Struct(&XDP_DIAG_RING)),
    (7, "XDP_DIAG_UMEM_COMPLETION_RING", Struct(&XDP_DIAG_RING)),
    (8, "XDP_DIAG_MEMINFO", Struct(&SKMEMINFO)),
    (9, "XDP_DIAG_STATS", Struct(&XDP_DIAG_STATS)),
];

/// The fixed part and the attributes of what asks for, or tells of, sockets of a family.
pub(in crate::decode) fn layout(family: u8, request: bool) -> Option<Layout> {
    let (name, header, attributes) = match (family, request) {
        (1, true) => ("unix_diag_req", &UNIX_DIAG_REQ, &NO_ATTRIBUTES),
        (1, false) => ("unix_diag_msg", &UNIX_DIAG_MSG, &UNIX),
        (2 | 10, true) => ("inet_diag_req_v2", &INET_DIAG_REQ, &INET_REQUEST),
        (2 | 10, false) => ("inet_diag_msg", &INET_DIAG_MSG, &INET),
        (16, true) => ("netlink_diag_req", &NETLINK_DIAG_REQ, &NO_ATTRIBUTES),
        (16, false) => ("netlink_diag_msg", &NETLINK_DIAG_MSG, &NETLINK),
        (17, true) => ("packet_diag_req", &PACKET_DIAG_REQ, &NO_ATTRIBUTES),
        (17, false) => ("packet_diag_msg", &PACKET_DIAG_MSG, &PACKET),
        (30, true) => ("tipc_sock_diag_req", &TIPC_REQ, &NO_ATTRIBUTES),
        (43, true) => ("smc_diag_req", &SMC_DIAG_REQ, &NO_ATTRIBUTES),
        (43, false) => ("smc_diag_msg", &SMC_DIAG_MSG, &SMC),
        (40, true) => ("vsock_diag_req", &VSOCK_DIAG_REQ, &NO_ATTRIBUTES),
        (40, false) => ("vsock_diag_msg", &VSOCK_DIAG_MSG, &NO_ATTRIBUTES),
        (44, true) => ("xdp_diag_req", &XDP_DIAG_REQ, &NO_ATTRIBUTES),
        (44, false) => ("xdp_diag_msg", &XDP_DIAG_MSG, &XDP),
        _ => return None,
    };
    Some(Layout { name, header, attributes })
}

/// What is told of an association of SCTP.
pub(in crate::decode) fn sctp_layout() -> Layout {
    Layout { name: "inet_diag_msg", header: &SCTP_ASSOCIATION, attributes: &INET }
}

/// What asked for sockets of TCP or DCCP before there was more to ask for.
pub(in crate::decode) fn old_layout() -> Layout {
    Layout { name: "inet_diag_req", header: &INET_DIAG_REQ_V1, attributes: &INET_REQUEST }
}

/// `enum tcp_ca_state`
static CONGESTION_STATES: Table =
    &[(0, "open"), (1, "disorder"), (2, "cwr"), (3, "recovery"), (4, "loss")];

/// `TCPI_OPT_*` of `include/uapi/linux/tcp.h`: what the two ends have agreed on.
static TCP_OPTIONS: Bits = &[
    (0x1, "timestamps"),
    (0x2, "sack"),
    (0x4, "wscale"),
    (0x8, "ecn"),
    (0x10, "ecn-seen"),
    (0x20, "syn-data"),
    (0x40, "usec-ts"),
    (0x80, "tfo-child"),
];

/// The lowest bit; the next two are a number, why fast open failed.
static TCP_FLAGS: Bits = &[(0x1, "delivery-rate-app-limited")];

/// Two windows of four bits each are in `tcpi_wscale`, the receiver's in the upper half.
static TCP_INFO: Fields = structure("tcp_info").of(&[
    ("tcpi_state", 1, Word(&TCP_STATES)),
    ("tcpi_ca_state", 1, Word(&CONGESTION_STATES)),
    ("tcpi_retransmits", 1, Num),
    ("tcpi_probes", 1, Num),
    ("tcpi_backoff", 1, Num),
    ("tcpi_options", 1, Mask(&TCP_OPTIONS)),
    ("tcpi_wscale", 1, Mask(&NUMBER)),
    ("tcpi_flags", 1, Mask(&TCP_FLAGS)),
    ("tcpi_rto", 4, Num),
    ("tcpi_ato", 4, Num),
    ("tcpi_snd_mss", 4, Num),
    ("tcpi_rcv_mss", 4, Num),
    ("tcpi_unacked", 4, Num),
    ("tcpi_sacked", 4, Num),
    ("tcpi_lost", 4, Num),
    ("tcpi_retrans", 4, Num),
    ("tcpi_fackets", 4, Num),
    ("tcpi_last_data_sent", 4, Num),
    ("tcpi_last_ack_sent", 4, Num),
    ("tcpi_last_data_recv", 4, Num),
    ("tcpi_last_ack_recv", 4, Num),
    ("tcpi_pmtu", 4, Num),
    ("tcpi_rcv_ssthresh", 4, Num),
    ("tcpi_rtt", 4, Num),
    ("tcpi_rttvar", 4, Num),
    ("tcpi_snd_ssthresh", 4, Num),
    ("tcpi_snd_cwnd", 4, Num),
    ("tcpi_advmss", 4, Num),
    ("tcpi_reordering", 4, Num),
    ("tcpi_rcv_rtt", 4, Num),
    ("tcpi_rcv_space", 4, Num),
    ("tcpi_total_retrans", 4, Num),
    ("tcpi_pacing_rate", 8, Num),
    ("tcpi_max_pacing_rate", 8, Num),
    ("tcpi_bytes_acked", 8, Num),
    ("tcpi_bytes_received", 8, Num),
    ("tcpi_segs_out", 4, Num),
    ("tcpi_segs_in", 4, Num),
    ("tcpi_notsent_bytes", 4, Num),
    ("tcpi_min_rtt", 4, Num),
    ("tcpi_data_segs_in", 4, Num),
    ("tcpi_data_segs_out", 4, Num),
    ("tcpi_delivery_rate", 8, Num),
    ("tcpi_busy_time", 8, Num),
    ("tcpi_rwnd_limited", 8, Num),
    ("tcpi_sndbuf_limited", 8, Num),
    ("tcpi_delivered", 4, Num),
    ("tcpi_delivered_ce", 4, Num),
    ("tcpi_bytes_sent", 8, Num),
    ("tcpi_bytes_retrans", 8, Num),
    ("tcpi_dsack_dups", 4, Num),
    ("tcpi_reord_seen", 4, Num),
    ("tcpi_rcv_ooopack", 4, Num),
    ("tcpi_snd_wnd", 4, Num),
    ("tcpi_rcv_wnd", 4, Num),
    ("tcpi_rehash", 4, Num),
    ("tcpi_total_rto", 2, Num),
    ("tcpi_total_rto_recoveries", 2, Num),
    ("tcpi_total_rto_time", 4, Num),
    ("tcpi_received_ce", 4, Num),
    ("tcpi_delivered_e1_bytes", 4, Num),
    ("tcpi_delivered_e0_bytes", 4, Num),
    ("tcpi_delivered_ce_bytes", 4, Num),
    ("tcpi_received_e1_bytes", 4, Num),
    ("tcpi_received_e0_bytes", 4, Num),
    ("tcpi_received_ce_bytes", 4, Num),
    ("tcpi_ecn", 4, Mask(&NUMBER)),
]);

/// `struct mptcp_info`
static MPTCP_INFO: Fields = structure("mptcp_info").of(&[
    ("mptcpi_subflows", 1, Num),
    ("mptcpi_add_addr_signal", 1, Num),
    ("mptcpi_add_addr_accepted", 1, Num),
    ("mptcpi_subflows_max", 1, Num),
    ("mptcpi_add_addr_signal_max", 1, Num),
    ("mptcpi_add_addr_accepted_max", 1, Num),
    ("hole1", 2, Pad),
    ("mptcpi_flags", 4, Mask(&MPTCP_FLAGS)),
    ("mptcpi_token", 4, Num),
    ("mptcpi_write_seq", 8, Num),
    ("mptcpi_snd_una", 8, Num),
    ("mptcpi_rcv_nxt", 8, Num),
    ("mptcpi_local_addr_used", 1, Num),
    ("mptcpi_local_addr_max", 1, Num),
    ("mptcpi_csum_enabled", 1, Num),
    ("hole2", 1, Pad),
    ("mptcpi_retransmits", 4, Num),
    ("mptcpi_bytes_retrans", 8, Num),
    ("mptcpi_bytes_sent", 8, Num),
    ("mptcpi_bytes_received", 8, Num),
    ("mptcpi_bytes_acked", 8, Num),
    ("mptcpi_subflows_total", 1, Num),
    ("mptcpi_endp_laminar_max", 1, Num),
    ("mptcpi_endp_fullmesh_max", 1, Num),
    ("reserved", 1, Pad),
    ("mptcpi_last_data_sent", 4, Num),
    ("mptcpi_last_data_recv", 4, Num),
    ("mptcpi_last_ack_recv", 4, Num),
]);

/// `MPTCP_INFO_FLAG_*`
static MPTCP_FLAGS: Bits = &[(1, "fallback"), (2, "remote-key-received")];

/// `struct sctp_info`
static SCTP_INFO: Fields = structure("sctp_info").of(&[
    ("sctpi_tag", 4, Num),
    ("sctpi_state", 4, Word(&SCTP_STATES)),
    ("sctpi_rwnd", 4, Num),
    ("sctpi_unackdata", 2, Num),
    ("sctpi_penddata", 2, Num),
    ("sctpi_instrms", 2, Num),
    ("sctpi_outstrms", 2, Num),
    ("sctpi_fragmentation_point", 4, Num),
    ("sctpi_inqueue", 4, Num),
    ("sctpi_outqueue", 4, Num),
    ("sctpi_overall_error", 4, Num),
    ("sctpi_max_burst", 4, Num),
    ("sctpi_maxseg", 4, Num),
    ("sctpi_peer_rwnd", 4, Num),
    ("sctpi_peer_tag", 4, Num),
    ("sctpi_peer_capable", 1, Num),
    ("sctpi_peer_sack", 1, Num),
    ("__reserved1", 2, Pad),
    ("sctpi_isacks", 8, Num),
    ("sctpi_osacks", 8, Num),
    ("sctpi_opackets", 8, Num),
    ("sctpi_ipackets", 8, Num),
    ("sctpi_rtxchunks", 8, Num),
    ("sctpi_outofseqtsns", 8, Num),
    ("sctpi_idupchunks", 8, Num),
    ("sctpi_gapcnt", 8, Num),
    ("sctpi_ouodchunks", 8, Num),
    ("sctpi_iuodchunks", 8, Num),
    ("sctpi_oodchunks", 8, Num),
    ("sctpi_iodchunks", 8, Num),
    ("sctpi_octrlchunks", 8, Num),
    ("sctpi_ictrlchunks", 8, Num),
    ("sctpi_p_address", 128, Sockaddr),
    ("sctpi_p_state", 4, Int),
    ("sctpi_p_cwnd", 4, Num),
    ("sctpi_p_srtt", 4, Num),
    ("sctpi_p_rto", 4, Num),
    ("sctpi_p_hbinterval", 4, Num),
    ("sctpi_p_pathmaxrxt", 4, Num),
    ("sctpi_p_sackdelay", 4, Num),
    ("sctpi_p_sackfreq", 4, Num),
    ("sctpi_p_ssthresh", 4, Num),
    ("sctpi_p_partial_bytes_acked", 4, Num),
    ("sctpi_p_flight_size", 4, Num),
    ("sctpi_p_error", 2, Num),
    ("__reserved2", 2, Pad),
    ("sctpi_s_autoclose", 4, Num),
    ("sctpi_s_adaptation_ind", 4, Num),
    ("sctpi_s_pd_point", 4, Num),
    ("sctpi_s_nodelay", 1, Num),
    ("sctpi_s_disable_fragments", 1, Num),
    ("sctpi_s_v4mapped", 1, Num),
    ("sctpi_s_frag_interleave", 1, Num),
    ("sctpi_s_type", 4, Num),
    ("__reserved3", 4, Pad),
]);

/// `struct inet_diag_sockopt`, in the order of the bits of a little-endian kernel.
static SOCKET_OPTIONS: Bits = &[
    (0x1, "recverr"),
    (0x2, "is_icsk"),
    (0x4, "freebind"),
    (0x8, "hdrincl"),
    (0x10, "mc_loop"),
    (0x20, "transparent"),
    (0x40, "mc_all"),
    (0x80, "nodefrag"),
    (0x100, "bind_address_no_port"),
    (0x200, "recverr_rfc4884"),
    (0x400, "defer_connect"),
];

/// `RCV_SHUTDOWN` and `SEND_SHUTDOWN`
static SHUTDOWN: Bits = &[(1, "receive"), (2, "send")];

static NETLINK_FLAGS: Bits = &[
    (0x1, "cb-running"),
    (0x2, "pktinfo"),
    (0x4, "broadcast-error"),
    (0x8, "no-enobufs"),
    (0x10, "listen-all-nsid"),
    (0x20, "cap-ack"),
    (0x40, "ext-ack"),
    (0x80, "strict-check"),
];

static ULP_INFO: Set = &[
    (1, "INET_ULP_INFO_NAME", Text),
    (2, "INET_ULP_INFO_TLS", Nest(&TLS_INFO)),
    (3, "INET_ULP_INFO_MPTCP", Nest(&MPTCP_SUBFLOW)),
];

/// `TLS_1_*_VERSION` of `include/uapi/linux/tls.h`
static TLS_VERSIONS: Table = &[(0x303, "1.2"), (0x304, "1.3")];

/// `TLS_CIPHER_*`
static TLS_CIPHERS: Table = &[
    (51, "aes-gcm-128"),
    (52, "aes-gcm-256"),
    (53, "aes-ccm-128"),
    (54, "chacha20-poly1305"),
    (55, "sm4-gcm"),
    (56, "sm4-ccm"),
    (57, "aria-gcm-128"),
    (58, "aria-gcm-256"),
];

/// `TLS_CONF_*`
static TLS_CONFIGURATIONS: Table = &[(1, "base"), (2, "sw"), (3, "hw"), (4, "hw-record")];

static TLS_INFO: Set = &[
    (1, "TLS_INFO_VERSION", Word(&TLS_VERSIONS)),
    (2, "TLS_INFO_CIPHER", Word(&TLS_CIPHERS)),
    (3, "TLS_INFO_TXCONF", Word(&TLS_CONFIGURATIONS)),
    (4, "TLS_INFO_RXCONF", Word(&TLS_CONFIGURATIONS)),
    (5, "TLS_INFO_ZC_RO_TX", Flag),
    (6, "TLS_INFO_RX_NO_PAD", Flag),
    (7, "TLS_INFO_TX_MAX_PAYLOAD_LEN", Num),
];

/// `MPTCP_SUBFLOW_FLAG_*`
static SUBFLOW_FLAGS: Bits = &[
    (0x1, "mcap-rem"),
    (0x2, "mcap-loc"),
    (0x4, "join-rem"),
    (0x8, "join-loc"),
    (0x10, "bkup-rem"),
    (0x20, "bkup-loc"),
    (0x40, "fully-established"),
    (0x80, "connected"),
    (0x100, "mapvalid"),
];

static MPTCP_SUBFLOW: Set = &[
    (1, "MPTCP_SUBFLOW_ATTR_TOKEN_REM", Num),
    (2, "MPTCP_SUBFLOW_ATTR_TOKEN_LOC", Num),
    (3, "MPTCP_SUBFLOW_ATTR_RELWRITE_SEQ", Num),
    (4, "MPTCP_SUBFLOW_ATTR_MAP_SEQ", Num),
    (5, "MPTCP_SUBFLOW_ATTR_MAP_SFSEQ", Num),
    (6, "MPTCP_SUBFLOW_ATTR_SSN_OFFSET", Num),
    (7, "MPTCP_SUBFLOW_ATTR_MAP_DATALEN", Num),
    (8, "MPTCP_SUBFLOW_ATTR_FLAGS", Mask(&SUBFLOW_FLAGS)),
    (9, "MPTCP_SUBFLOW_ATTR_ID_REM", Num),
    (10, "MPTCP_SUBFLOW_ATTR_ID_LOC", Num),
    (11, "MPTCP_SUBFLOW_ATTR_PAD", Pad),
];

static TCPVEGAS_INFO: Fields = structure("tcpvegas_info").of(&[
    ("tcpv_enabled", 4, Num),
    ("tcpv_rttcnt", 4, Num),
    ("tcpv_rtt", 4, Num),
    ("tcpv_minrtt", 4, Num),
]);

static TCP_DCTCP_INFO: Fields = structure("tcp_dctcp_info").of(&[
    ("dctcp_enabled", 2, Num),
    ("dctcp_ce_state", 2, Num),
    ("dctcp_alpha", 4, Num),
    ("dctcp_ab_ecn", 4, Num),
    ("dctcp_ab_tot", 4, Num),
]);

static TCP_BBR_INFO: Fields = structure("tcp_bbr_info").of(&[
    ("bbr_bw_lo", 4, Num),
    ("bbr_bw_hi", 4, Num),
    ("bbr_min_rtt", 4, Num),
    ("bbr_pacing_gain", 4, Num),
    ("bbr_cwnd_gain", 4, Num),
]);

static NETLINK_DIAG_RING: Fields = structure("netlink_diag_ring").of(&[
    ("ndr_block_size", 4, Num),
    ("ndr_block_nr", 4, Num),
    ("ndr_frame_size", 4, Num),
    ("ndr_frame_nr", 4, Num),
]);

/// `enum tpacket_versions` of `include/uapi/linux/if_packet.h`
static RING_VERSIONS: Table = &[(0, "v1"), (1, "v2"), (2, "v3")];

/// `PDI_*`
static PACKET_FLAGS: Bits =
    &[(0x1, "running"), (0x2, "auxdata"), (0x4, "origdev"), (0x8, "vnethdr"), (0x10, "loss")];

/// `PACKET_MR_*` of `include/uapi/linux/if_packet.h`
static PACKET_MEMBERSHIPS: Table =
    &[(0, "multicast"), (1, "promisc"), (2, "allmulti"), (3, "unicast")];

static PACKET_DIAG_INFO: Fields = structure("packet_diag_info").of(&[
    ("pdi_index", 4, Index),
    ("pdi_version", 4, Word(&RING_VERSIONS)),
    ("pdi_reserve", 4, Num),
    ("pdi_copy_thresh", 4, Num),
    ("pdi_tstamp", 4, Num),
    ("pdi_flags", 4, Mask(&PACKET_FLAGS)),
]);

static PACKET_DIAG_RING: Fields = structure("packet_diag_ring").of(&[
    ("pdr_block_size", 4, Num),
    ("pdr_block_nr", 4, Num),
    ("pdr_frame_size", 4, Num),
    ("pdr_frame_nr", 4, Num),
    ("pdr_retire_tmo", 4, Num),
    ("pdr_sizeof_priv", 4, Num),
    ("pdr_features", 4, Num),
]);

static PACKET_DIAG_MCLIST: Fields = structure("packet_diag_mclist").of(&[
    ("pdmc_index", 4, Index),
    ("pdmc_count", 4, Num),
    ("pdmc_type", 2, Word(&PACKET_MEMBERSHIPS)),
    ("pdmc_alen", 2, Num),
    ("pdmc_addr", 32, PaddedMac),
]);

static XDP_DIAG_INFO: Fields =
    structure("xdp_diag_info").of(&[("ifindex", 4, Num), ("queue_id", 4, Num)]);

static XDP_DIAG_UMEM: Fields = structure("xdp_diag_umem").of(&[
    ("size", 8, Num),
    ("id", 4, Num),
    ("num_pages", 4, Num),
    ("chunk_size", 4, Num),
    ("headroom", 4, Num),
    ("ifindex", 4, Num),
    ("queue_id", 4, Num),
    ("flags", 4, Num),
    ("refs", 4, Num),
]);

static XDP_DIAG_STATS: Fields = structure("xdp_diag_stats").of(&[
    ("n_rx_dropped", 8, Num),
    ("n_rx_invalid", 8, Num),
    ("n_rx_full", 8, Num),
    ("n_fill_ring_empty", 8, Num),
    ("n_tx_invalid", 8, Num),
    ("n_tx_ring_empty", 8, Num),
]);

static XDP_DIAG_RING: Fields = structure("xdp_diag_ring").of(&[("entries", 4, Num)]);

static SMC_DIAG_REQ: Fields = structure("smc_diag_req").of(&[
    ("diag_family", 1, Word(&FAMILIES)),
    ("pad", 2, Pad),
    ("diag_ext", 1, Num),
    ("id", 48, Struct(&SOCKET_ID)),
]);

static SMC_DIAG_MSG: Fields = structure("smc_diag_msg").of(&[
    ("diag_family", 1, Word(&FAMILIES)),
    ("diag_state", 1, Word(&SMC_STATES)),
    ("diag_mode", 1, Word(&SMC_MODES)),
    ("diag_shutdown", 1, Num),
    ("id", 48, Struct(&SOCKET_ID)),
    ("diag_uid", 4, Num),
    ("diag_inode", 8, Num),
]);

/// `enum smc_state` of `net/smc/smc.h`
static SMC_STATES: Table = &[
    (1, "ACTIVE"),
    (2, "INIT"),
    (7, "CLOSED"),
    (10, "LISTEN"),
    (20, "PEERCLOSEWAIT1"),
    (21, "PEERCLOSEWAIT2"),
    (22, "APPFINCLOSEWAIT"),
    (23, "APPCLOSEWAIT1"),
    (24, "APPCLOSEWAIT2"),
    (25, "PEERFINCLOSEWAIT"),
    (26, "PEERABORTWAIT"),
    (27, "PROCESSABORT"),
];

static SMC_MODES: Table = &[(0, "SMCR"), (1, "FALLBACK_TCP"), (2, "SMCD")];

static SMC: Set = &[
    (1, "SMC_DIAG_CONNINFO", Struct(&SMC_DIAG_CONNINFO)),
    (2, "SMC_DIAG_LGRINFO", Struct(&SMC_DIAG_LGRINFO)),
    (3, "SMC_DIAG_SHUTDOWN", Num),
    (4, "SMC_DIAG_DMBINFO", Struct(&SMCD_DIAG_DMBINFO)),
    (5, "SMC_DIAG_FALLBACK", Struct(&SMC_DIAG_FALLBACK)),
];

static SMC_DIAG_CURSOR: Fields =
    structure("smc_diag_cursor").of(&[("reserved", 2, Pad), ("wrap", 2, Num), ("count", 4, Num)]);

static SMC_DIAG_CONNINFO: Fields = structure("smc_diag_conninfo").of(&[
    ("token", 4, Num),
    ("sndbuf_size", 4, Num),
    ("rmbe_size", 4, Num),
    ("peer_rmbe_size", 4, Num),
    ("rx_prod", 8, Struct(&SMC_DIAG_CURSOR)),
    ("rx_cons", 8, Struct(&SMC_DIAG_CURSOR)),
    ("tx_prod", 8, Struct(&SMC_DIAG_CURSOR)),
    ("tx_cons", 8, Struct(&SMC_DIAG_CURSOR)),
    ("rx_prod_flags", 1, Num),
    ("rx_conn_state_flags", 1, Num),
    ("tx_prod_flags", 1, Num),
    ("tx_conn_state_flags", 1, Num),
    ("tx_prep", 8, Struct(&SMC_DIAG_CURSOR)),
    ("tx_sent", 8, Struct(&SMC_DIAG_CURSOR)),
    ("tx_fin", 8, Struct(&SMC_DIAG_CURSOR)),
]);

static SMC_DIAG_LINKINFO: Fields = structure("smc_diag_linkinfo").of(&[
    ("link_id", 1, Num),
    ("ibname", 64, Text),
    ("ibport", 1, Num),
    ("gid", 40, Text),
    ("peer_gid", 40, Text),
]);

static SMC_DIAG_LGRINFO: Fields = structure("smc_diag_lgrinfo")
    .of(&[("lnk", 146, Each(146, &Struct(&SMC_DIAG_LINKINFO))), ("role", 1, Word(&SMC_ROLES))]);

/// `enum smc_lgr_role` of `net/smc/smc_core.h`
static SMC_ROLES: Table = &[(0, "CLNT"), (1, "SERV")];

static SMCD_DIAG_DMBINFO: Fields = structure("smcd_diag_dmbinfo").of(&[
    ("linkid", 4, Hex),
    ("pad", 4, Pad),
    ("peer_gid", 8, Num),
    ("my_gid", 8, Num),
    ("token", 8, Num),
    ("peer_token", 8, Num),
    ("peer_gid_ext", 8, Num),
    ("my_gid_ext", 8, Num),
]);

static SMC_DIAG_FALLBACK: Fields =
    structure("smc_diag_fallback").of(&[("reason", 4, Num), ("peer_diagnosis", 4, Num)]);

static TIPC_REQ: Fields = structure("tipc_sock_diag_req").of(&[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("tidiag_states", 4, Mask(&TCP_STATE_BITS)),
]);

/// What is told of a socket of TIPC.
pub(in crate::decode) fn tipc_layout() -> Layout {
    Layout { name: "", header: &NO_FIELDS, attributes: &super::generic::tipc::TIPC }
}
