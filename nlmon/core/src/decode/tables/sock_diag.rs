//! Socket statistics: numbers and names of `include/uapi/linux/inet_diag.h`, `unix_diag.h`,
//! `netlink_diag.h`, `packet_diag.h`, `vm_sockets_diag.h` and `xdp_diag.h`.

use super::kind::Kind::{
    Be, Each, Hex, Index, LongIp, Mask, Nest, Num, Pad, Secret, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Layout, Set};
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

static SOCKET_ID: Fields = &[
    ("idiag_sport", 2, Be),
    ("idiag_dport", 2, Be),
    ("idiag_src", 16, LongIp),
    ("idiag_dst", 16, LongIp),
    ("idiag_if", 4, Index),
    ("idiag_cookie", 8, Hex),
];

static INET_DIAG_REQ: Fields = &[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Word(&IP_PROTOCOLS)),
    ("idiag_ext", 1, Mask(&INET_EXTENSIONS)),
    ("pad", 1, Pad),
    ("idiag_states", 4, Mask(&TCP_STATE_BITS)),
    ("id", 48, Struct(&SOCKET_ID)),
];

static INET_DIAG_REQ_V1: Fields = &[
    ("idiag_family", 1, Word(&FAMILIES)),
    ("idiag_src_len", 1, Num),
    ("idiag_dst_len", 1, Num),
    ("idiag_ext", 1, Mask(&INET_EXTENSIONS)),
    ("id", 48, Struct(&SOCKET_ID)),
    ("idiag_states", 4, Mask(&TCP_STATE_BITS)),
    ("idiag_dbs", 4, Num),
];

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

static INET_DIAG_MSG: Fields = &[
    ("idiag_family", 1, Word(&FAMILIES)),
    ("idiag_state", 1, Word(&TCP_STATES)),
    ("idiag_timer", 1, Num),
    ("idiag_retrans", 1, Num),
    ("id", 48, Struct(&SOCKET_ID)),
    ("idiag_expires", 4, Num),
    ("idiag_rqueue", 4, Num),
    ("idiag_wqueue", 4, Num),
    ("idiag_uid", 4, Num),
    ("idiag_inode", 4, Num),
];

static UNIX_DIAG_REQ: Fields = &[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("udiag_states", 4, Num),
    ("udiag_ino", 4, Num),
    ("udiag_show", 4, Num),
    ("udiag_cookie", 8, Hex),
];

static UNIX_DIAG_MSG: Fields = &[
    ("udiag_family", 1, Word(&FAMILIES)),
    ("udiag_type", 1, Word(&SOCKET_TYPES)),
    ("udiag_state", 1, Word(&TCP_STATES)),
    ("pad", 1, Pad),
    ("udiag_ino", 4, Num),
    ("udiag_cookie", 8, Hex),
];

static NETLINK_DIAG_REQ: Fields = &[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("ndiag_ino", 4, Num),
    ("ndiag_show", 4, Num),
    ("ndiag_cookie", 8, Hex),
];

static NETLINK_DIAG_MSG: Fields = &[
    ("ndiag_family", 1, Word(&FAMILIES)),
    ("ndiag_type", 1, Word(&SOCKET_TYPES)),
    ("ndiag_protocol", 1, Word(&PROTOCOLS)),
    ("ndiag_state", 1, Num),
    ("ndiag_portid", 4, Num),
    ("ndiag_dst_portid", 4, Num),
    ("ndiag_dst_group", 4, Num),
    ("ndiag_ino", 4, Num),
    ("ndiag_cookie", 8, Hex),
];

static PACKET_DIAG_REQ: Fields = &[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("pdiag_ino", 4, Num),
    ("pdiag_show", 4, Num),
    ("pdiag_cookie", 8, Hex),
];

static PACKET_DIAG_MSG: Fields = &[
    ("pdiag_family", 1, Word(&FAMILIES)),
    ("pdiag_type", 1, Word(&SOCKET_TYPES)),
    ("pdiag_num", 2, Num),
    ("pdiag_ino", 4, Num),
    ("pdiag_cookie", 8, Hex),
];

static VSOCK_DIAG_REQ: Fields = &[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("vdiag_states", 4, Num),
    ("vdiag_ino", 4, Num),
    ("vdiag_show", 4, Num),
    ("vdiag_cookie", 8, Hex),
];

static VSOCK_DIAG_MSG: Fields = &[
    ("vdiag_family", 1, Word(&FAMILIES)),
    ("vdiag_type", 1, Word(&SOCKET_TYPES)),
    ("vdiag_state", 1, Num),
    ("vdiag_shutdown", 1, Num),
    ("vdiag_src_cid", 4, Num),
    ("vdiag_src_port", 4, Num),
    ("vdiag_dst_cid", 4, Num),
    ("vdiag_dst_port", 4, Num),
    ("vdiag_ino", 4, Num),
    ("vdiag_cookie", 8, Hex),
];

static XDP_DIAG_REQ: Fields = &[
    ("sdiag_family", 1, Word(&FAMILIES)),
    ("sdiag_protocol", 1, Num),
    ("pad", 2, Pad),
    ("xdiag_ino", 4, Num),
    ("xdiag_show", 4, Num),
    ("xdiag_cookie", 8, Hex),
];

static XDP_DIAG_MSG: Fields = &[
    ("xdiag_family", 1, Word(&FAMILIES)),
    ("xdiag_type", 1, Word(&SOCKET_TYPES)),
    ("pad", 2, Pad),
    ("xdiag_ino", 4, Num),
    ("xdiag_cookie", 8, Hex),
];

static BPF_STORAGE_REQUEST: Set = &[(1, "SK_DIAG_BPF_STORAGE_REQ_MAP_FD", Num)];

static INET_REQUEST: Set = &[
    (1, "INET_DIAG_REQ_BYTECODE", Hex),
    (2, "INET_DIAG_REQ_SK_BPF_STORAGES", Nest(&BPF_STORAGE_REQUEST)),
    (3, "INET_DIAG_REQ_PROTOCOL", Num),
];

static MEMINFO: Fields = &[
    ("idiag_rmem", 4, Num),
    ("idiag_wmem", 4, Num),
    ("idiag_fmem", 4, Num),
    ("idiag_tmem", 4, Num),
];

static SKMEMINFO: Fields = &[
    ("rmem_alloc", 4, Num),
    ("rcvbuf", 4, Num),
    ("wmem_alloc", 4, Num),
    ("sndbuf", 4, Num),
    ("fwd_alloc", 4, Num),
    ("wmem_queued", 4, Num),
    ("optmem", 4, Num),
    ("backlog", 4, Num),
    ("drops", 4, Num),
];

static BPF_STORAGES: Set = &[(1, "SK_DIAG_BPF_STORAGE", Nest(&BPF_STORAGE))];

/// What some program of BPF keeps for itself beside a socket.
static BPF_STORAGE: Set = &[
    (1, "SK_DIAG_BPF_STORAGE_PAD", Pad),
    (2, "SK_DIAG_BPF_STORAGE_MAP_ID", Num),
    (3, "SK_DIAG_BPF_STORAGE_MAP_VALUE", Secret),
];

static INET: Set = &[
    (1, "INET_DIAG_MEMINFO", Struct(&MEMINFO)),
    (2, "INET_DIAG_INFO", Hex),
    (3, "INET_DIAG_VEGASINFO", Hex),
    (4, "INET_DIAG_CONG", Text),
    (5, "INET_DIAG_TOS", Num),
    (6, "INET_DIAG_TCLASS", Num),
    (7, "INET_DIAG_SKMEMINFO", Struct(&SKMEMINFO)),
    (8, "INET_DIAG_SHUTDOWN", Num),
    (9, "INET_DIAG_DCTCPINFO", Hex),
    (10, "INET_DIAG_PROTOCOL", Num),
    (11, "INET_DIAG_SKV6ONLY", Num),
    (12, "INET_DIAG_LOCALS", Num),
    (13, "INET_DIAG_PEERS", Num),
    (14, "INET_DIAG_PAD", Num),
    (15, "INET_DIAG_MARK", Num),
    (16, "INET_DIAG_BBRINFO", Hex),
    (17, "INET_DIAG_CLASS_ID", Num),
    (18, "INET_DIAG_MD5SIG", Secret),
    (19, "INET_DIAG_ULP_INFO", Hex),
    (20, "INET_DIAG_SK_BPF_STORAGES", Nest(&BPF_STORAGES)),
    (21, "INET_DIAG_CGROUP_ID", Num),
    (22, "INET_DIAG_SOCKOPT", Num),
];

static UNIX: Set = &[
    (0, "UNIX_DIAG_NAME", Text),
    (1, "UNIX_DIAG_VFS", Struct(&UNIX_VFS)),
    (2, "UNIX_DIAG_PEER", Num),
    (3, "UNIX_DIAG_ICONS", Each(4, &Num)),
    (4, "UNIX_DIAG_RQLEN", Struct(&UNIX_QUEUE)),
    (5, "UNIX_DIAG_MEMINFO", Struct(&SKMEMINFO)),
    (6, "UNIX_DIAG_SHUTDOWN", Num),
    (7, "UNIX_DIAG_UID", Num),
];

static UNIX_VFS: Fields = &[("udiag_vfs_ino", 4, Num), ("udiag_vfs_dev", 4, Num)];

static UNIX_QUEUE: Fields = &[("udiag_rqueue", 4, Num), ("udiag_wqueue", 4, Num)];

static NETLINK: Set = &[
    (0, "NETLINK_DIAG_MEMINFO", Struct(&SKMEMINFO)),
    (1, "NETLINK_DIAG_GROUPS", Hex),
    (2, "NETLINK_DIAG_RX_RING", Hex),
    (3, "NETLINK_DIAG_TX_RING", Hex),
    (4, "NETLINK_DIAG_FLAGS", Num),
];

static PACKET: Set = &[
    (0, "PACKET_DIAG_INFO", Hex),
    (1, "PACKET_DIAG_MCLIST", Hex),
    (2, "PACKET_DIAG_RX_RING", Hex),
    (3, "PACKET_DIAG_TX_RING", Hex),
    (4, "PACKET_DIAG_FANOUT", Num),
    (5, "PACKET_DIAG_UID", Num),
    (6, "PACKET_DIAG_MEMINFO", Struct(&SKMEMINFO)),
    (7, "PACKET_DIAG_FILTER", Hex),
];

static NO_ATTRIBUTES: Set = &[];

static XDP: Set = &[
    (1, "XDP_DIAG_INFO", Hex),
    (2, "XDP_DIAG_UID", Num),
    (3, "XDP_DIAG_RX_RING", Hex),
    (4, "XDP_DIAG_TX_RING", Hex),
    (5, "XDP_DIAG_UMEM", Hex),
    (6, "XDP_DIAG_UMEM_FILL_RING", Hex),
    (7, "XDP_DIAG_UMEM_COMPLETION_RING", Hex),
    (8, "XDP_DIAG_MEMINFO", Hex),
    (9, "XDP_DIAG_STATS", Hex),
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
        (40, true) => ("vsock_diag_req", &VSOCK_DIAG_REQ, &NO_ATTRIBUTES),
        (40, false) => ("vsock_diag_msg", &VSOCK_DIAG_MSG, &NO_ATTRIBUTES),
        (44, true) => ("xdp_diag_req", &XDP_DIAG_REQ, &NO_ATTRIBUTES),
        (44, false) => ("xdp_diag_msg", &XDP_DIAG_MSG, &XDP),
        _ => return None,
    };
    Some(Layout { name, header, attributes })
}

/// What asked for sockets of TCP or DCCP before there was more to ask for.
pub(in crate::decode) fn old_layout() -> Layout {
    Layout { name: "inet_diag_req", header: &INET_DIAG_REQ_V1, attributes: &INET_REQUEST }
}
