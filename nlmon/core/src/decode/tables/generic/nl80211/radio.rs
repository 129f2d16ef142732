//! What a radio (a wiphy) can do: bands, channels, kinds of interfaces and how many of them.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{
    Flag, Hex, Int, Ip, Limit, List, Mac, Nest, Num, Pad, Struct, Word,
};
use crate::decode::tables::kind::{Bits, Fields, Set, structure};

static DFS_STATES: Table = &[(0, "usable"), (1, "unavailable"), (2, "available")];

static WMM_ATTRS: Set = &[
    (1, "NL80211_WMMR_CW_MIN", Num),
    (2, "NL80211_WMMR_CW_MAX", Num),
    (3, "NL80211_WMMR_AIFSN", Num),
    (4, "NL80211_WMMR_TXOP", Num),
];

pub(super) static FREQUENCY_ATTRS: Set = &[
    (1, "NL80211_FREQUENCY_ATTR_FREQ", Num),
    (2, "NL80211_FREQUENCY_ATTR_DISABLED", Flag),
    (3, "NL80211_FREQUENCY_ATTR_NO_IR", Flag),
    (4, "__NL80211_FREQUENCY_ATTR_NO_IBSS", Flag),
    (5, "NL80211_FREQUENCY_ATTR_RADAR", Flag),
    (6, "NL80211_FREQUENCY_ATTR_MAX_TX_POWER", Num),
    (7, "NL80211_FREQUENCY_ATTR_DFS_STATE", Word(&DFS_STATES)),
    (8, "NL80211_FREQUENCY_ATTR_DFS_TIME", Num),
    (9, "NL80211_FREQUENCY_ATTR_NO_HT40_MINUS", Flag),
    (10, "NL80211_FREQUENCY_ATTR_NO_HT40_PLUS", Flag),
    (11, "NL80211_FREQUENCY_ATTR_NO_80MHZ", Flag),
    (12, "NL80211_FREQUENCY_ATTR_NO_160MHZ", Flag),
    (13, "NL80211_FREQUENCY_ATTR_DFS_CAC_TIME", Num),
    (14, "NL80211_FREQUENCY_ATTR_INDOOR_ONLY", Flag),
    (15, "NL80211_FREQUENCY_ATTR_IR_CONCURRENT", Flag),
    (16, "NL80211_FREQUENCY_ATTR_NO_20MHZ", Flag),
    (17, "NL80211_FREQUENCY_ATTR_NO_10MHZ", Flag),
    (18, "NL80211_FREQUENCY_ATTR_WMM", List(&Nest(&WMM_ATTRS))),
    (19, "NL80211_FREQUENCY_ATTR_NO_HE", Flag),
    (20, "NL80211_FREQUENCY_ATTR_OFFSET", Num),
    (21, "NL80211_FREQUENCY_ATTR_1MHZ", Flag),
    (22, "NL80211_FREQUENCY_ATTR_2MHZ", Flag),
    (23, "NL80211_FREQUENCY_ATTR_4MHZ", Flag),
    (24, "NL80211_FREQUENCY_ATTR_8MHZ", Flag),
    (25, "NL80211_FREQUENCY_ATTR_16MHZ", Flag),
    (26, "NL80211_FREQUENCY_ATTR_NO_320MHZ", Flag),
    (27, "NL80211_FREQUENCY_ATTR_NO_EHT", Flag),
    (28, "NL80211_FREQUENCY_ATTR_PSD", Int),
    (29, "NL80211_FREQUENCY_ATTR_DFS_CONCURRENT", Flag),
    (30, "NL80211_FREQUENCY_ATTR_NO_6GHZ_VLP_CLIENT", Flag),
    (31, "NL80211_FREQUENCY_ATTR_NO_6GHZ_AFC_CLIENT", Flag),
    (32, "NL80211_FREQUENCY_ATTR_CAN_MONITOR", Flag),
    (33, "NL80211_FREQUENCY_ATTR_ALLOW_6GHZ_VLP_AP", Flag),
    (34, "NL80211_FREQUENCY_ATTR_ALLOW_20MHZ_ACTIVITY", Flag),
    (35, "NL80211_FREQUENCY_ATTR_NO_4MHZ", Flag),
    (36, "NL80211_FREQUENCY_ATTR_NO_8MHZ", Flag),
    (37, "NL80211_FREQUENCY_ATTR_NO_16MHZ", Flag),
    (38, "NL80211_FREQUENCY_ATTR_S1G_NO_PRIMARY", Flag),
    (39, "NL80211_FREQUENCY_ATTR_NO_UHR", Flag),
    (40, "NL80211_FREQUENCY_ATTR_CAC_START_TIME", Num),
    (41, "NL80211_FREQUENCY_ATTR_PAD", Pad),
];

static BITRATE_ATTRS: Set =
    &[(1, "NL80211_BITRATE_ATTR_RATE", Num), (2, "NL80211_BITRATE_ATTR_2GHZ_SHORTPREAMBLE", Flag)];

pub(super) static SUPPORTED_IFTYPES: Set = &[
    (1, "NL80211_IFTYPE_ADHOC", Flag),
    (2, "NL80211_IFTYPE_STATION", Flag),
    (3, "NL80211_IFTYPE_AP", Flag),
    (4, "NL80211_IFTYPE_AP_VLAN", Flag),
    (5, "NL80211_IFTYPE_WDS", Flag),
    (6, "NL80211_IFTYPE_MONITOR", Flag),
    (7, "NL80211_IFTYPE_MESH_POINT", Flag),
    (8, "NL80211_IFTYPE_P2P_CLIENT", Flag),
    (9, "NL80211_IFTYPE_P2P_GO", Flag),
    (10, "NL80211_IFTYPE_P2P_DEVICE", Flag),
    (11, "NL80211_IFTYPE_OCB", Flag),
    (12, "NL80211_IFTYPE_NAN", Flag),
    (13, "NL80211_IFTYPE_NAN_DATA", Flag),
    (14, "NL80211_IFTYPE_PD", Flag),
];

static IFTYPE_DATA_ATTRS: Set = &[
    (1, "NL80211_BAND_IFTYPE_ATTR_IFTYPES", Nest(&SUPPORTED_IFTYPES)),
    (2, "NL80211_BAND_IFTYPE_ATTR_HE_CAP_MAC", Hex),
    (3, "NL80211_BAND_IFTYPE_ATTR_HE_CAP_PHY", Hex),
    (4, "NL80211_BAND_IFTYPE_ATTR_HE_CAP_MCS_SET", Hex),
    (5, "NL80211_BAND_IFTYPE_ATTR_HE_CAP_PPE", Hex),
    (6, "NL80211_BAND_IFTYPE_ATTR_HE_6GHZ_CAPA", Hex),
    (7, "NL80211_BAND_IFTYPE_ATTR_VENDOR_ELEMS", Hex),
    (8, "NL80211_BAND_IFTYPE_ATTR_EHT_CAP_MAC", Hex),
    (9, "NL80211_BAND_IFTYPE_ATTR_EHT_CAP_PHY", Hex),
    (10, "NL80211_BAND_IFTYPE_ATTR_EHT_CAP_MCS_SET", Hex),
    (11, "NL80211_BAND_IFTYPE_ATTR_EHT_CAP_PPE", Hex),
    (12, "NL80211_BAND_IFTYPE_ATTR_UHR_CAP_MAC", Hex),
    (13, "NL80211_BAND_IFTYPE_ATTR_UHR_CAP_PHY", Hex),
];

static BAND_ATTRS: Set = &[
    (1, "NL80211_BAND_ATTR_FREQS", List(&Nest(&FREQUENCY_ATTRS))),
    (2, "NL80211_BAND_ATTR_RATES", List(&Nest(&BITRATE_ATTRS))),
    (3, "NL80211_BAND_ATTR_HT_MCS_SET", Hex),
    (4, "NL80211_BAND_ATTR_HT_CAPA", Num),
    (5, "NL80211_BAND_ATTR_HT_AMPDU_FACTOR", Num),
    (6, "NL80211_BAND_ATTR_HT_AMPDU_DENSITY", Num),
    (7, "NL80211_BAND_ATTR_VHT_MCS_SET", Hex),
    (8, "NL80211_BAND_ATTR_VHT_CAPA", Num),
    (9, "NL80211_BAND_ATTR_IFTYPE_DATA", List(&Nest(&IFTYPE_DATA_ATTRS))),
    (10, "NL80211_BAND_ATTR_EDMG_CHANNELS", Num),
    (11, "NL80211_BAND_ATTR_EDMG_BW_CONFIG", Num),
    (12, "NL80211_BAND_ATTR_S1G_MCS_NSS_SET", Hex),
    (13, "NL80211_BAND_ATTR_S1G_CAPA", Hex),
];

pub(super) static WIPHY_BANDS: Set = &[
    (0, "NL80211_BAND_2GHZ", Nest(&BAND_ATTRS)),
    (1, "NL80211_BAND_5GHZ", Nest(&BAND_ATTRS)),
    (2, "NL80211_BAND_60GHZ", Nest(&BAND_ATTRS)),
    (3, "NL80211_BAND_6GHZ", Nest(&BAND_ATTRS)),
    (4, "NL80211_BAND_S1GHZ", Nest(&BAND_ATTRS)),
    (5, "NL80211_BAND_LC", Nest(&BAND_ATTRS)),
];

pub(super) static WOWLAN_TRIGGERS_ATTRS: Set = &[
    (1, "NL80211_WOWLAN_TRIG_ANY", Flag),
    (2, "NL80211_WOWLAN_TRIG_DISCONNECT", Flag),
    (3, "NL80211_WOWLAN_TRIG_MAGIC_PKT", Flag),
    (4, "NL80211_WOWLAN_TRIG_PKT_PATTERN", Struct(&PATTERN_SUPPORT)),
    (5, "NL80211_WOWLAN_TRIG_GTK_REKEY_SUPPORTED", Flag),
    (6, "NL80211_WOWLAN_TRIG_GTK_REKEY_FAILURE", Flag),
    (7, "NL80211_WOWLAN_TRIG_EAP_IDENT_REQUEST", Flag),
    (8, "NL80211_WOWLAN_TRIG_4WAY_HANDSHAKE", Flag),
    (9, "NL80211_WOWLAN_TRIG_RFKILL_RELEASE", Flag),
    (10, "NL80211_WOWLAN_TRIG_WAKEUP_PKT_80211", Flag),
    (11, "NL80211_WOWLAN_TRIG_WAKEUP_PKT_80211_LEN", Flag),
    (12, "NL80211_WOWLAN_TRIG_WAKEUP_PKT_8023", Flag),
    (13, "NL80211_WOWLAN_TRIG_WAKEUP_PKT_8023_LEN", Flag),
    (14, "NL80211_WOWLAN_TRIG_TCP_CONNECTION", Nest(&WAKE_CONNECTION)),
    (15, "NL80211_WOWLAN_TRIG_WAKEUP_TCP_MATCH", Flag),
    (16, "NL80211_WOWLAN_TRIG_WAKEUP_TCP_CONNLOST", Flag),
    (17, "NL80211_WOWLAN_TRIG_WAKEUP_TCP_NOMORETOKENS", Flag),
    (18, "NL80211_WOWLAN_TRIG_NET_DETECT", Num),
    (19, "NL80211_WOWLAN_TRIG_NET_DETECT_RESULTS", Flag),
    (20, "NL80211_WOWLAN_TRIG_UNPROTECTED_DEAUTH_DISASSOC", Flag),
];

static IFACE_LIMIT_ATTRIBUTES: Set = &[
    (1, "NL80211_IFACE_LIMIT_MAX", Num),
    (2, "NL80211_IFACE_LIMIT_TYPES", Nest(&SUPPORTED_IFTYPES)),
];

pub(super) static IF_COMBINATION_ATTRIBUTES: Set = &[
    (1, "NL80211_IFACE_COMB_LIMITS", List(&Nest(&IFACE_LIMIT_ATTRIBUTES))),
    (2, "NL80211_IFACE_COMB_MAXNUM", Num),
    (3, "NL80211_IFACE_COMB_STA_AP_BI_MATCH", Flag),
    (4, "NL80211_IFACE_COMB_NUM_CHANNELS", Num),
    (5, "NL80211_IFACE_COMB_RADAR_DETECT_WIDTHS", Num),
    (6, "NL80211_IFACE_COMB_RADAR_DETECT_REGIONS", Num),
    (7, "NL80211_IFACE_COMB_BI_MIN_GCD", Num),
];

static RADIO_FREQUENCIES: Set = &[
    (1, "NL80211_WIPHY_RADIO_FREQ_ATTR_START", Num),
    (2, "NL80211_WIPHY_RADIO_FREQ_ATTR_END", Num),
];

pub(super) static RADIO: Set = &[
    (1, "NL80211_WIPHY_RADIO_ATTR_INDEX", Num),
    (2, "NL80211_WIPHY_RADIO_ATTR_FREQ_RANGE", Nest(&RADIO_FREQUENCIES)),
    (3, "NL80211_WIPHY_RADIO_ATTR_INTERFACE_COMBINATION", Nest(&IF_COMBINATION_ATTRIBUTES)),
    (4, "NL80211_WIPHY_RADIO_ATTR_ANTENNA_MASK", Num),
    (5, "NL80211_WIPHY_RADIO_ATTR_RTS_THRESHOLD", Limit("off")),
];

pub(super) static FEATURE_FLAGS: Bits = &[
    (0x1, "sk-tx-status"),
    (0x2, "ht-ibss"),
    (0x4, "inactivity-timer"),
    (0x8, "cell-base-reg-hints"),
    (0x10, "p2p-device-needs-channel"),
    (0x20, "sae"),
    (0x40, "low-priority-scan"),
    (0x80, "scan-flush"),
    (0x100, "ap-scan"),
    (0x200, "vif-txpower"),
    (0x400, "need-obss-scan"),
    (0x800, "p2p-go-ctwin"),
    (0x1000, "p2p-go-oppps"),
    (0x4000, "advertise-chan-limits"),
    (0x8000, "full-ap-client-state"),
    (0x0001_0000, "userspace-mpm"),
    (0x0002_0000, "active-monitor"),
    (0x0004_0000, "ap-mode-chan-width-change"),
    (0x0008_0000, "ds-param-set-ie-in-probes"),
    (0x0010_0000, "wfa-tpc-ie-in-probes"),
    (0x0020_0000, "quiet"),
    (0x0040_0000, "tx-power-insertion"),
    (0x0080_0000, "ackto-estimation"),
    (0x0100_0000, "static-smps"),
    (0x0200_0000, "dynamic-smps"),
    (0x0400_0000, "supports-wmm-admission"),
    (0x0800_0000, "mac-on-create"),
    (0x1000_0000, "tdls-channel-switch"),
    (0x2000_0000, "scan-random-mac-addr"),
    (0x4000_0000, "sched-scan-random-mac-addr"),
    (0x8000_0000, "nd-random-mac-addr"),
];

pub(super) static PROTOCOL_FEATURES: Bits = &[(0x1, "split-wiphy-dump")];

static SAR_SPECS: Set = &[
    (1, "NL80211_SAR_ATTR_SPECS_POWER", Int),
    (2, "NL80211_SAR_ATTR_SPECS_RANGE_INDEX", Num),
    (3, "NL80211_SAR_ATTR_SPECS_START_FREQ", Num),
    (4, "NL80211_SAR_ATTR_SPECS_END_FREQ", Num),
];

pub(super) static SAR_ATTRIBUTES: Set =
    &[(1, "NL80211_SAR_ATTR_TYPE", Num), (2, "NL80211_SAR_ATTR_SPECS", List(&Nest(&SAR_SPECS)))];

static PATTERN_SUPPORT: Fields = structure("nl80211_pattern_support").of(&[
    ("max_patterns", 4, Num),
    ("min_pattern_len", 4, Num),
    ("max_pattern_len", 4, Num),
    ("max_pkt_offset", 4, Num),
]);

/// What a connection that wakes may have at most.
static WAKE_CONNECTION: Set = &[
    (1, "NL80211_WOWLAN_TCP_SRC_IPV4", Ip),
    (2, "NL80211_WOWLAN_TCP_DST_IPV4", Ip),
    (3, "NL80211_WOWLAN_TCP_DST_MAC", Mac),
    (4, "NL80211_WOWLAN_TCP_SRC_PORT", Num),
    (5, "NL80211_WOWLAN_TCP_DST_PORT", Num),
    (6, "NL80211_WOWLAN_TCP_DATA_PAYLOAD", Num),
    (7, "NL80211_WOWLAN_TCP_DATA_PAYLOAD_SEQ", Flag),
    (8, "NL80211_WOWLAN_TCP_DATA_PAYLOAD_TOKEN", Struct(&TOKEN_SUPPORT)),
    (9, "NL80211_WOWLAN_TCP_DATA_INTERVAL", Num),
    (10, "NL80211_WOWLAN_TCP_WAKE_PAYLOAD", Num),
    (11, "NL80211_WOWLAN_TCP_WAKE_MASK", Hex),
];

static TOKEN_SUPPORT: Fields = structure("nl80211_wowlan_tcp_data_token_feature").of(&[
    ("min_len", 4, Num),
    ("max_len", 4, Num),
    ("bufsize", 4, Num),
]);
