//! IP security: numbers and names of `include/uapi/linux/xfrm.h`. Keys end their structures.

use super::kind::Kind::{
    Be, Each, Flag, Hex, Index, Limit, LongIp, Mask, Num, Pad, Secret, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Layout, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::{FAMILIES, IP_PROTOCOLS};

static MODES: Table =
    &[(0, "transport"), (1, "tunnel"), (2, "ro"), (3, "in_trigger"), (4, "beet"), (5, "iptfs")];

static DIRECTIONS: Table = &[(0, "in"), (1, "out"), (2, "fwd")];

static ACTIONS: Table = &[(0, "allow"), (1, "block")];

static STATE_FLAGS: Bits = &[
    (1, "noecn"),
    (2, "decap-dscp"),
    (4, "nopmtudisc"),
    (8, "wildrecv"),
    (16, "icmp"),
    (32, "af-unspec"),
    (64, "align4"),
    (128, "esn"),
];
static SELECTOR: Fields = structure("xfrm_selector").of(&[
    ("daddr", 16, LongIp),
    ("saddr", 16, LongIp),
    ("dport", 2, Be),
    ("dport_mask", 2, Be),
    ("sport", 2, Be),
    ("sport_mask", 2, Be),
    ("family", 2, Word(&FAMILIES)),
    ("prefixlen_d", 1, Num),
    ("prefixlen_s", 1, Num),
    ("proto", 1, Word(&IP_PROTOCOLS)),
    ("pad", 3, Pad),
    ("ifindex", 4, Index),
    ("user", 4, Num),
]);

static ID: Fields = structure("xfrm_id").of(&[
    ("daddr", 16, LongIp),
    ("spi", 4, Be),
    ("proto", 1, Word(&IP_PROTOCOLS)),
    ("pad", 3, Pad),
]);

static LIFETIME: Fields = structure("xfrm_lifetime_cfg").of(&[
    ("soft_byte_limit", 8, Limit("INF")),
    ("hard_byte_limit", 8, Limit("INF")),
    ("soft_packet_limit", 8, Limit("INF")),
    ("hard_packet_limit", 8, Limit("INF")),
    ("soft_add_expires_seconds", 8, Num),
    ("hard_add_expires_seconds", 8, Num),
    ("soft_use_expires_seconds", 8, Num),
    ("hard_use_expires_seconds", 8, Num),
]);

static CURRENT: Fields = structure("xfrm_lifetime_cur").of(&[
    ("bytes", 8, Num),
    ("packets", 8, Num),
    ("add_time", 8, Num),
    ("use_time", 8, Num),
]);

static STATS: Fields = structure("xfrm_stats").of(&[
    ("replay_window", 4, Num),
    ("replay", 4, Num),
    ("integrity_failed", 4, Num),
]);

static USERSA_INFO: Fields = structure("xfrm_usersa_info").of(&[
    ("sel", 56, Struct(&SELECTOR)),
    ("id", 24, Struct(&ID)),
    ("saddr", 16, LongIp),
    ("lft", 64, Struct(&LIFETIME)),
    ("curlft", 32, Struct(&CURRENT)),
    ("stats", 12, Struct(&STATS)),
    ("seq", 4, Num),
    ("reqid", 4, Num),
    ("family", 2, Word(&FAMILIES)),
    ("mode", 1, Word(&MODES)),
    ("replay_window", 1, Num),
    ("flags", 1, Mask(&STATE_FLAGS)),
    ("pad", 7, Pad),
]);

static USERSA_ID: Fields = structure("xfrm_usersa_id").of(&[
    ("daddr", 16, LongIp),
    ("spi", 4, Be),
    ("family", 2, Word(&FAMILIES)),
    ("proto", 1, Word(&IP_PROTOCOLS)),
    ("pad", 1, Pad),
]);

static USERSPI_INFO: Fields = structure("xfrm_userspi_info").of(&[
    ("info", 224, Struct(&USERSA_INFO)),
    ("min", 4, Num),
    ("max", 4, Num),
]);

static USERPOLICY_INFO: Fields = structure("xfrm_userpolicy_info").of(&[
    ("sel", 56, Struct(&SELECTOR)),
    ("lft", 64, Struct(&LIFETIME)),
    ("curlft", 32, Struct(&CURRENT)),
    ("priority", 4, Num),
    ("index", 4, Num),
    ("dir", 1, Word(&DIRECTIONS)),
    ("action", 1, Word(&ACTIONS)),
    ("flags", 1, Mask(&POLICY_FLAGS)),
    ("share", 1, Num),
    ("pad", 4, Pad),
]);

static USERPOLICY_ID: Fields = structure("xfrm_userpolicy_id").of(&[
    ("sel", 56, Struct(&SELECTOR)),
    ("index", 4, Num),
    ("dir", 1, Word(&DIRECTIONS)),
    ("pad", 3, Pad),
]);

static USER_ACQUIRE: Fields = structure("xfrm_user_acquire").of(&[
    ("id", 24, Struct(&ID)),
    ("saddr", 16, LongIp),
    ("sel", 56, Struct(&SELECTOR)),
    ("policy", 168, Struct(&USERPOLICY_INFO)),
    ("aalgos", 4, Num),
    ("ealgos", 4, Num),
    ("calgos", 4, Num),
    ("seq", 4, Num),
]);

static USER_EXPIRE: Fields = structure("xfrm_user_expire").of(&[
    ("state", 224, Struct(&USERSA_INFO)),
    ("hard", 1, Word(&HARD)),
    ("pad", 7, Pad),
]);

static USER_POLEXPIRE: Fields = structure("xfrm_user_polexpire").of(&[
    ("pol", 168, Struct(&USERPOLICY_INFO)),
    ("hard", 1, Word(&HARD)),
    ("pad", 7, Pad),
]);

static AEVENT_ID: Fields = structure("xfrm_aevent_id").of(&[
    ("sa_id", 24, Struct(&USERSA_ID)),
    ("saddr", 16, LongIp),
    ("flags", 4, Num),
    ("reqid", 4, Num),
]);

static USER_REPORT: Fields = structure("xfrm_user_report").of(&[
    ("proto", 1, Word(&IP_PROTOCOLS)),
    ("pad", 3, Pad),
    ("sel", 56, Struct(&SELECTOR)),
]);

static USERSA_FLUSH: Fields =
    structure("xfrm_usersa_flush").of(&[("proto", 1, Word(&IP_PROTOCOLS)), ("pad", 3, Pad)]);

static NO_HEADER: Fields = structure("").of(&[]);

static USER_MAPPING: Fields = structure("xfrm_user_mapping").of(&[
    ("id", 24, Struct(&USERSA_ID)),
    ("reqid", 4, Num),
    ("old_saddr", 16, LongIp),
    ("new_saddr", 16, LongIp),
    ("old_sport", 2, Be),
    ("new_sport", 2, Be),
]);

static USERPOLICY_DEFAULT: Fields = structure("xfrm_userpolicy_default").of(&[
    ("in", 1, Word(&DEFAULT_ACTIONS)),
    ("fwd", 1, Word(&DEFAULT_ACTIONS)),
    ("out", 1, Word(&DEFAULT_ACTIONS)),
    ("pad", 1, Pad),
]);

static INFO_FLAGS: Fields = structure("").of(&[("flags", 4, Num)]);

static TEMPLATE: Fields = structure("xfrm_user_tmpl").of(&[
    ("id", 24, Struct(&ID)),
    ("family", 2, Word(&FAMILIES)),
    ("pad", 2, Pad),
    ("saddr", 16, LongIp),
    ("reqid", 4, Num),
    ("mode", 1, Word(&MODES)),
    ("share", 1, Num),
    ("optional", 1, Num),
    ("pad", 1, Pad),
    ("aalgos", 4, Num),
    ("ealgos", 4, Num),
    ("calgos", 4, Num),
]);

static ALGO: Fields = structure("xfrm_algo").of(&[
    ("alg_name", 64, Text),
    ("alg_key_len", 4, Num),
    ("alg_key", 0, Secret),
]);

static ALGO_AUTH: Fields = structure("xfrm_algo_auth").of(&[
    ("alg_name", 64, Text),
    ("alg_key_len", 4, Num),
    ("alg_trunc_len", 4, Num),
    ("alg_key", 0, Secret),
]);

static ALGO_AEAD: Fields = structure("xfrm_algo_aead").of(&[
    ("alg_name", 64, Text),
    ("alg_key_len", 4, Num),
    ("alg_icv_len", 4, Num),
    ("alg_key", 0, Secret),
]);

static ENCAPSULATION: Fields = structure("xfrm_encap_tmpl").of(&[
    ("encap_type", 2, Word(&ENCAPSULATION_TYPES)),
    ("encap_sport", 2, Be),
    ("encap_dport", 2, Be),
    ("pad", 2, Pad),
    ("encap_oa", 16, LongIp),
]);

static ENCAPSULATION_TYPES: Table = &[(1, "espinudp-nonike"), (2, "espinudp"), (7, "espintcp")];

static ADDRESS_FILTER: Fields = structure("xfrm_address_filter").of(&[
    ("saddr", 16, LongIp),
    ("daddr", 16, LongIp),
    ("family", 2, Word(&FAMILIES)),
    ("splen", 1, Num),
    ("dplen", 1, Num),
]);

static MARK: Fields = structure("xfrm_mark").of(&[("v", 4, Num), ("m", 4, Num)]);

static OFFLOAD: Fields = structure("xfrm_user_offload").of(&[
    ("ifindex", 4, Index),
    ("flags", 1, Mask(&OFFLOAD_FLAGS)),
    ("pad", 3, Pad),
]);

pub(in crate::decode) static XFRM: Set = &[
    (1, "XFRMA_ALG_AUTH", Struct(&ALGO)),
    (2, "XFRMA_ALG_CRYPT", Struct(&ALGO)),
    (3, "XFRMA_ALG_COMP", Struct(&ALGO)),
    (4, "XFRMA_ENCAP", Struct(&ENCAPSULATION)),
    (5, "XFRMA_TMPL", Each(64, &Struct(&TEMPLATE))),
    (6, "XFRMA_SA", Struct(&USERSA_INFO)),
    (7, "XFRMA_POLICY", Struct(&USERPOLICY_INFO)),
    (8, "XFRMA_SEC_CTX", Struct(&SEC_CTX)),
    (9, "XFRMA_LTIME_VAL", Struct(&CURRENT)),
    (10, "XFRMA_REPLAY_VAL", Struct(&XFRM_REPLAY_STATE)),
    (11, "XFRMA_REPLAY_THRESH", Num),
    (12, "XFRMA_ETIMER_THRESH", Num),
    (13, "XFRMA_SRCADDR", LongIp),
    (14, "XFRMA_COADDR", LongIp),
    (15, "XFRMA_LASTUSED", Num),
    (16, "XFRMA_POLICY_TYPE", Struct(&POLICY_TYPE)),
    (17, "XFRMA_MIGRATE", Each(76, &Struct(&XFRM_USER_MIGRATE))),
    (18, "XFRMA_ALG_AEAD", Struct(&ALGO_AEAD)),
    (19, "XFRMA_KMADDRESS", Struct(&KMADDRESS)),
    (20, "XFRMA_ALG_AUTH_TRUNC", Struct(&ALGO_AUTH)),
    (21, "XFRMA_MARK", Struct(&MARK)),
    (22, "XFRMA_TFCPAD", Num),
    (23, "XFRMA_REPLAY_ESN_VAL", Struct(&REPLAY_ESN)),
    (24, "XFRMA_SA_EXTRA_FLAGS", Mask(&EXTRA_FLAGS)),
    (25, "XFRMA_PROTO", Word(&IP_PROTOCOLS)),
    (26, "XFRMA_ADDRESS_FILTER", Struct(&ADDRESS_FILTER)),
    (27, "XFRMA_PAD", Num),
    (28, "XFRMA_OFFLOAD_DEV", Struct(&OFFLOAD)),
    (29, "XFRMA_SET_MARK", Num),
    (30, "XFRMA_SET_MARK_MASK", Num),
    (31, "XFRMA_IF_ID", Num),
    (32, "XFRMA_MTIMER_THRESH", Num),
    (33, "XFRMA_SA_DIR", Word(&SA_DIRECTIONS)),
    (34, "XFRMA_NAT_KEEPALIVE_INTERVAL", Num),
    (35, "XFRMA_SA_PCPU", Num),
    (36, "XFRMA_IPTFS_DROP_TIME", Num),
    (37, "XFRMA_IPTFS_REORDER_WINDOW", Num),
    (38, "XFRMA_IPTFS_DONT_FRAG", Flag),
    (39, "XFRMA_IPTFS_INIT_DELAY", Num),
    (40, "XFRMA_IPTFS_MAX_QSIZE", Num),
    (41, "XFRMA_IPTFS_PKT_SIZE", Num),
];

static SAD: Set = &[(1, "XFRMA_SAD_CNT", Num), (2, "XFRMA_SAD_HINFO", Each(4, &Num))];

static SPD: Set = &[
    (1, "XFRMA_SPD_INFO", Each(4, &Num)),
    (2, "XFRMA_SPD_HINFO", Each(4, &Num)),
    (3, "XFRMA_SPD_IPV4_HTHRESH", Struct(&HTHRESH)),
    (4, "XFRMA_SPD_IPV6_HTHRESH", Struct(&HTHRESH)),
];

/// The fixed part and the attributes of a message type.
pub(in crate::decode) fn layout(message_type: u16) -> Option<Layout> {
    let (name, header, attributes) = match message_type {
        16 | 26 => ("xfrm_usersa_info", &USERSA_INFO, &XFRM),
        17 | 18 => ("xfrm_usersa_id", &USERSA_ID, &XFRM),
        19 | 25 => ("xfrm_userpolicy_info", &USERPOLICY_INFO, &XFRM),
        20 | 21 | 33 => ("xfrm_userpolicy_id", &USERPOLICY_ID, &XFRM),
        22 => ("xfrm_userspi_info", &USERSPI_INFO, &XFRM),
        23 => ("xfrm_user_acquire", &USER_ACQUIRE, &XFRM),
        24 => ("xfrm_user_expire", &USER_EXPIRE, &XFRM),
        27 => ("xfrm_user_polexpire", &USER_POLEXPIRE, &XFRM),
        28 => ("xfrm_usersa_flush", &USERSA_FLUSH, &XFRM),
        29 => ("none", &NO_HEADER, &XFRM),
        30 | 31 => ("xfrm_aevent_id", &AEVENT_ID, &XFRM),
        32 => ("xfrm_user_report", &USER_REPORT, &XFRM),
        34 | 35 => ("flags", &INFO_FLAGS, &SAD),
        36 | 37 => ("flags", &INFO_FLAGS, &SPD),
        38 => ("xfrm_user_mapping", &USER_MAPPING, &XFRM),
        39 | 40 => ("xfrm_userpolicy_default", &USERPOLICY_DEFAULT, &XFRM),
        _ => return None,
    };
    Some(Layout { name, header, attributes })
}

static XFRM_REPLAY_STATE: Fields =
    structure("xfrm_replay_state").of(&[("oseq", 4, Num), ("seq", 4, Num), ("bitmap", 4, Num)]);

/// `struct xfrm_replay_state_esn`
static REPLAY_ESN: Fields = structure("xfrm_replay_state_esn").of(&[
    ("bmp_len", 4, Num),
    ("oseq", 4, Num),
    ("seq", 4, Num),
    ("oseq_hi", 4, Num),
    ("seq_hi", 4, Num),
    ("replay_window", 4, Num),
    ("bmp", 0, Each(4, &Hex)),
]);

static POLICY_TYPE: Fields = structure("xfrm_userpolicy_type").of(&[
    ("type", 1, Word(&POLICY_TYPES)),
    ("reserved1", 1, Pad),
    ("reserved2", 4, Pad),
]);

static POLICY_TYPES: Table = &[(0, "main"), (1, "sub"), (255, "any")];

static XFRM_USER_MIGRATE: Fields = structure("xfrm_user_migrate").of(&[
    ("old_daddr", 16, LongIp),
    ("old_saddr", 16, LongIp),
    ("new_daddr", 16, LongIp),
    ("new_saddr", 16, LongIp),
    ("proto", 1, Word(&IP_PROTOCOLS)),
    ("mode", 1, Word(&MODES)),
    ("reserved", 2, Pad),
    ("reqid", 4, Num),
    ("old_family", 2, Word(&FAMILIES)),
    ("new_family", 2, Word(&FAMILIES)),
]);

/// `struct xfrm_user_kmaddress`
static KMADDRESS: Fields = structure("xfrm_user_kmaddress").of(&[
    ("local", 16, LongIp),
    ("remote", 16, LongIp),
    ("reserved", 4, Pad),
    ("family", 2, Word(&FAMILIES)),
    ("pad", 2, Pad),
]);

/// `struct xfrm_user_sec_ctx`
static SEC_CTX: Fields = structure("xfrm_user_sec_ctx").of(&[
    ("len", 2, Num),
    ("exttype", 2, Num),
    ("ctx_alg", 1, Num),
    ("ctx_doi", 1, Num),
    ("ctx_len", 2, Num),
    ("ctx", 0, Text),
]);

static SA_DIRECTIONS: Table = &[(1, "in"), (2, "out")];

static EXTRA_FLAGS: Bits = &[(1, "dont-encap-dscp"), (2, "oseq-may-wrap")];

static OFFLOAD_FLAGS: Bits = &[(1, "ipv6"), (2, "inbound"), (4, "packet")];

static POLICY_FLAGS: Bits = &[(1, "localok"), (2, "icmp")];

static DEFAULT_ACTIONS: Table = &[(0, "unspec"), (1, "block"), (2, "accept")];

static HARD: Table = &[(0, "soft"), (1, "hard")];

static HTHRESH: Fields = structure("xfrmu_spdhthresh").of(&[("lbits", 1, Num), ("rbits", 1, Num)]);
