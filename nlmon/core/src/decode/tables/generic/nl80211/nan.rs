//! Neighbour awareness networking: what a device can do, its functions, and what they found.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{Elements, Flag, Hex, Int, List, Mac, Nest, Num, Word};
use crate::decode::tables::kind::Set;

static FUNCTION_TYPES: Table = &[(0, "publish"), (1, "subscribe"), (2, "follow-up")];

static TERMINATION: Table = &[(0, "user-request"), (1, "ttl-expired"), (2, "error")];

pub(super) static FUNCTION: Set = &[
    (1, "NL80211_NAN_FUNC_TYPE", Word(&FUNCTION_TYPES)),
    (2, "NL80211_NAN_FUNC_SERVICE_ID", Hex),
    (3, "NL80211_NAN_FUNC_PUBLISH_TYPE", Num),
    (4, "NL80211_NAN_FUNC_PUBLISH_BCAST", Flag),
    (5, "NL80211_NAN_FUNC_SUBSCRIBE_ACTIVE", Flag),
    (6, "NL80211_NAN_FUNC_FOLLOW_UP_ID", Num),
    (7, "NL80211_NAN_FUNC_FOLLOW_UP_REQ_ID", Num),
    (8, "NL80211_NAN_FUNC_FOLLOW_UP_DEST", Mac),
    (9, "NL80211_NAN_FUNC_CLOSE_RANGE", Flag),
    (10, "NL80211_NAN_FUNC_TTL", Num),
    (11, "NL80211_NAN_FUNC_SERVICE_INFO", Hex),
    (12, "NL80211_NAN_FUNC_SRF", Nest(&RESPONSE_FILTER)),
    (13, "NL80211_NAN_FUNC_RX_MATCH_FILTER", List(&Hex)),
    (14, "NL80211_NAN_FUNC_TX_MATCH_FILTER", List(&Hex)),
    (15, "NL80211_NAN_FUNC_INSTANCE_ID", Num),
    (16, "NL80211_NAN_FUNC_TERM_REASON", Word(&TERMINATION)),
];

/// Who may answer.
static RESPONSE_FILTER: Set = &[
    (1, "NL80211_NAN_SRF_INCLUDE", Flag),
    (2, "NL80211_NAN_SRF_BF", Hex),
    (3, "NL80211_NAN_SRF_BF_IDX", Num),
    (4, "NL80211_NAN_SRF_MAC_ADDRS", List(&Mac)),
];

pub(super) static MATCH: Set = &[
    (1, "NL80211_NAN_MATCH_FUNC_LOCAL", Nest(&FUNCTION)),
    (2, "NL80211_NAN_MATCH_FUNC_PEER", Nest(&FUNCTION)),
];

static BAND: Set = &[
    (1, "NL80211_NAN_BAND_CONF_BAND", Num),
    (2, "NL80211_NAN_BAND_CONF_FREQ", Num),
    (3, "NL80211_NAN_BAND_CONF_RSSI_CLOSE", Int),
    (4, "NL80211_NAN_BAND_CONF_RSSI_MIDDLE", Int),
    (5, "NL80211_NAN_BAND_CONF_WAKE_DW", Num),
    (6, "NL80211_NAN_BAND_CONF_DISABLE_SCAN", Flag),
];

pub(super) static CONFIGURATION: Set = &[
    (1, "NL80211_NAN_CONF_CLUSTER_ID", Mac),
    (2, "NL80211_NAN_CONF_EXTRA_ATTRS", Hex),
    (3, "NL80211_NAN_CONF_VENDOR_ELEMS", Elements),
    (4, "NL80211_NAN_CONF_BAND_CONFIGS", List(&Nest(&BAND))),
    (5, "NL80211_NAN_CONF_SCAN_PERIOD", Num),
    (6, "NL80211_NAN_CONF_SCAN_DWELL_TIME", Num),
    (7, "NL80211_NAN_CONF_DISCOVERY_BEACON_INTERVAL", Num),
    (8, "NL80211_NAN_CONF_NOTIFY_DW", Flag),
];

static PHY: Set = &[
    (1, "NL80211_NAN_PHY_CAP_ATTR_HT_MCS_SET", Hex),
    (2, "NL80211_NAN_PHY_CAP_ATTR_HT_CAPA", Num),
    (3, "NL80211_NAN_PHY_CAP_ATTR_HT_AMPDU_FACTOR", Num),
    (4, "NL80211_NAN_PHY_CAP_ATTR_HT_AMPDU_DENSITY", Num),
    (5, "NL80211_NAN_PHY_CAP_ATTR_VHT_MCS_SET", Hex),
    (6, "NL80211_NAN_PHY_CAP_ATTR_VHT_CAPA", Num),
    (7, "NL80211_NAN_PHY_CAP_ATTR_HE_MAC", Hex),
    (8, "NL80211_NAN_PHY_CAP_ATTR_HE_PHY", Hex),
    (9, "NL80211_NAN_PHY_CAP_ATTR_HE_MCS_SET", Hex),
    (10, "NL80211_NAN_PHY_CAP_ATTR_HE_PPE", Hex),
];

pub(super) static CAPABILITIES: Set = &[
    (1, "NL80211_NAN_CAPA_CONFIGURABLE_SYNC", Flag),
    (2, "NL80211_NAN_CAPA_USERSPACE_DE", Flag),
    (3, "NL80211_NAN_CAPA_OP_MODE", Num),
    (4, "NL80211_NAN_CAPA_NUM_ANTENNAS", Num),
    (5, "NL80211_NAN_CAPA_MAX_CHANNEL_SWITCH_TIME", Num),
    (6, "NL80211_NAN_CAPA_CAPABILITIES", Num),
    (7, "NL80211_NAN_CAPA_PHY", Nest(&PHY)),
];

pub(super) static PEER_MAP: Set = &[
    (1, "NL80211_NAN_PEER_MAP_ATTR_MAP_ID", Num),
    (2, "NL80211_NAN_PEER_MAP_ATTR_TIME_SLOTS", Hex),
];
