//! What is on the air: networks that were found, channels, what the law allows, and how to send.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{
    Each, Elements, Flag, Hex, Index, Int, List, Mac, Mask, Nest, Num, Pad, Struct, Text, Word,
};
use crate::decode::tables::kind::{Bits, Fields, Set, structure};

static BSS_STATES: Table = &[(0, "authenticated"), (1, "associated"), (2, "ibss-joined")];

static BSS_WIDTHS: Table = &[(0, "20"), (1, "10"), (2, "5"), (3, "1"), (4, "2")];

pub(super) static BSS: Set = &[
    (1, "NL80211_BSS_BSSID", Mac),
    (2, "NL80211_BSS_FREQUENCY", Num),
    (3, "NL80211_BSS_TSF", Num),
    (4, "NL80211_BSS_BEACON_INTERVAL", Num),
    (5, "NL80211_BSS_CAPABILITY", Num),
    (6, "NL80211_BSS_INFORMATION_ELEMENTS", Elements),
    (7, "NL80211_BSS_SIGNAL_MBM", Int),
    (8, "NL80211_BSS_SIGNAL_UNSPEC", Num),
    (9, "NL80211_BSS_STATUS", Word(&BSS_STATES)),
    (10, "NL80211_BSS_SEEN_MS_AGO", Num),
    (11, "NL80211_BSS_BEACON_IES", Elements),
    (12, "NL80211_BSS_CHAN_WIDTH", Word(&BSS_WIDTHS)),
    (13, "NL80211_BSS_BEACON_TSF", Num),
    (14, "NL80211_BSS_PRESP_DATA", Flag),
    (15, "NL80211_BSS_LAST_SEEN_BOOTTIME", Num),
    (16, "NL80211_BSS_PAD", Pad),
    (17, "NL80211_BSS_PARENT_TSF", Num),
    (18, "NL80211_BSS_PARENT_BSSID", Mac),
    (19, "NL80211_BSS_CHAIN_SIGNAL", List(&Int)),
    (20, "NL80211_BSS_FREQUENCY_OFFSET", Num),
    (21, "NL80211_BSS_MLO_LINK_ID", Num),
    (22, "NL80211_BSS_MLD_ADDR", Mac),
    (23, "NL80211_BSS_USE_FOR", Num),
    (24, "NL80211_BSS_CANNOT_USE_REASONS", Num),
];

pub(super) static SURVEY: Set = &[
    (1, "NL80211_SURVEY_INFO_FREQUENCY", Num),
    (2, "NL80211_SURVEY_INFO_NOISE", Int),
    (3, "NL80211_SURVEY_INFO_IN_USE", Flag),
    (4, "NL80211_SURVEY_INFO_TIME", Num),
    (5, "NL80211_SURVEY_INFO_TIME_BUSY", Num),
    (6, "NL80211_SURVEY_INFO_TIME_EXT_BUSY", Num),
    (7, "NL80211_SURVEY_INFO_TIME_RX", Num),
    (8, "NL80211_SURVEY_INFO_TIME_TX", Num),
    (9, "NL80211_SURVEY_INFO_TIME_SCAN", Num),
    (10, "NL80211_SURVEY_INFO_PAD", Pad),
    (11, "NL80211_SURVEY_INFO_TIME_BSS_RX", Num),
    (12, "NL80211_SURVEY_INFO_FREQUENCY_OFFSET", Num),
];

static RULE_FLAGS: Bits = &[
    (0x1, "no-ofdm"),
    (0x2, "no-cck"),
    (0x4, "no-indoor"),
    (0x8, "no-outdoor"),
    (0x10, "dfs"),
    (0x20, "ptp-only"),
    (0x40, "ptmp-only"),
    (0x80, "no-ir"),
    (0x800, "auto-bw"),
    (0x1000, "ir-concurrent"),
    (0x2000, "no-ht40minus"),
    (0x4000, "no-ht40plus"),
    (0x8000, "no-80mhz"),
    (0x10000, "no-160mhz"),
    (0x20000, "no-he"),
    (0x40000, "no-320mhz"),
    (0x0008_0000, "no-eht"),
    (0x0010_0000, "psd"),
    (0x0020_0000, "dfs-concurrent"),
    (0x0040_0000, "no-6ghz-vlp-client"),
    (0x0080_0000, "no-6ghz-afc-client"),
    (0x0100_0000, "allow-6ghz-vlp-ap"),
    (0x0200_0000, "allow-20mhz-activity"),
    (0x0400_0000, "no-uhr"),
];

pub(super) static RULE: Set = &[
    (1, "NL80211_ATTR_REG_RULE_FLAGS", Mask(&RULE_FLAGS)),
    (2, "NL80211_ATTR_FREQ_RANGE_START", Num),
    (3, "NL80211_ATTR_FREQ_RANGE_END", Num),
    (4, "NL80211_ATTR_FREQ_RANGE_MAX_BW", Num),
    (5, "NL80211_ATTR_POWER_RULE_MAX_ANT_GAIN", Num),
    (6, "NL80211_ATTR_POWER_RULE_MAX_EIRP", Num),
    (7, "NL80211_ATTR_DFS_CAC_TIME", Num),
    (8, "NL80211_ATTR_POWER_RULE_PSD", Int),
];

static SIGNAL_EVENTS: Table =
    &[(0, "threshold-event-low"), (1, "threshold-event-high"), (2, "beacon-loss-event")];

pub(super) static CONNECTION_QUALITY: Set = &[
    (1, "NL80211_ATTR_CQM_RSSI_THOLD", Each(4, &Int)),
    (2, "NL80211_ATTR_CQM_RSSI_HYST", Num),
    (3, "NL80211_ATTR_CQM_RSSI_THRESHOLD_EVENT", Word(&SIGNAL_EVENTS)),
    (4, "NL80211_ATTR_CQM_PKT_LOSS_EVENT", Num),
    (5, "NL80211_ATTR_CQM_TXE_RATE", Num),
    (6, "NL80211_ATTR_CQM_TXE_PKTS", Num),
    (7, "NL80211_ATTR_CQM_TXE_INTVL", Num),
    (8, "NL80211_ATTR_CQM_BEACON_LOSS_EVENT", Flag),
    (9, "NL80211_ATTR_CQM_RSSI_LEVEL", Int),
];

static RATES: Set = &[
    (1, "NL80211_TXRATE_LEGACY", Hex),
    (2, "NL80211_TXRATE_HT", Hex),
    (3, "NL80211_TXRATE_VHT", Hex),
    (4, "NL80211_TXRATE_GI", Num),
    (5, "NL80211_TXRATE_HE", Hex),
    (6, "NL80211_TXRATE_HE_GI", Num),
    (7, "NL80211_TXRATE_HE_LTF", Num),
    (8, "NL80211_TXRATE_EHT", Hex),
    (9, "NL80211_TXRATE_EHT_GI", Num),
    (10, "NL80211_TXRATE_EHT_LTF", Num),
];

pub(super) static BAND_RATES: Set = &[
    (0, "NL80211_BAND_2GHZ", Nest(&RATES)),
    (1, "NL80211_BAND_5GHZ", Nest(&RATES)),
    (2, "NL80211_BAND_60GHZ", Nest(&RATES)),
    (3, "NL80211_BAND_6GHZ", Nest(&RATES)),
    (4, "NL80211_BAND_S1GHZ", Nest(&RATES)),
    (5, "NL80211_BAND_LC", Nest(&RATES)),
];

static QUEUES: Table = &[(0, "vo"), (1, "vi"), (2, "be"), (3, "bk")];

pub(super) static QUEUE: Set = &[
    (1, "NL80211_TXQ_ATTR_AC", Word(&QUEUES)),
    (2, "NL80211_TXQ_ATTR_TXOP", Num),
    (3, "NL80211_TXQ_ATTR_CWMIN", Num),
    (4, "NL80211_TXQ_ATTR_CWMAX", Num),
    (5, "NL80211_TXQ_ATTR_AIFS", Num),
];

pub(super) static SCAN_MATCH: Set = &[
    (1, "NL80211_SCHED_SCAN_MATCH_ATTR_SSID", Text),
    (2, "NL80211_SCHED_SCAN_MATCH_ATTR_RSSI", Int),
    (3, "NL80211_SCHED_SCAN_MATCH_ATTR_RELATIVE_RSSI", Flag),
    (4, "NL80211_SCHED_SCAN_MATCH_ATTR_RSSI_ADJUST", Hex),
    (5, "NL80211_SCHED_SCAN_MATCH_ATTR_BSSID", Mac),
    (6, "NL80211_SCHED_SCAN_MATCH_PER_BAND_RSSI", Hex),
];

pub(super) static SCAN_PLAN: Set =
    &[(1, "NL80211_SCHED_SCAN_PLAN_INTERVAL", Num), (2, "NL80211_SCHED_SCAN_PLAN_ITERATIONS", Num)];

pub(super) static SIGNAL_ADJUSTMENT: Fields =
    structure("nl80211_bss_select_rssi_adjust").of(&[("band", 1, Num), ("delta", 1, Int)]);

pub(super) static BSS_SELECTION: Set = &[
    (1, "NL80211_BSS_SELECT_ATTR_RSSI", Flag),
    (2, "NL80211_BSS_SELECT_ATTR_BAND_PREF", Num),
    (3, "NL80211_BSS_SELECT_ATTR_RSSI_ADJUST", Struct(&SIGNAL_ADJUSTMENT)),
];

pub(super) static COLOR: Set = &[
    (1, "NL80211_HE_BSS_COLOR_ATTR_COLOR", Num),
    (2, "NL80211_HE_BSS_COLOR_ATTR_DISABLED", Flag),
    (3, "NL80211_HE_BSS_COLOR_ATTR_PARTIAL", Flag),
];

pub(super) static SPATIAL_REUSE: Set = &[
    (1, "NL80211_HE_OBSS_PD_ATTR_MIN_OFFSET", Num),
    (2, "NL80211_HE_OBSS_PD_ATTR_MAX_OFFSET", Num),
    (3, "NL80211_HE_OBSS_PD_ATTR_NON_SRG_MAX_OFFSET", Num),
    (4, "NL80211_HE_OBSS_PD_ATTR_BSS_COLOR_BITMAP", Hex),
    (5, "NL80211_HE_OBSS_PD_ATTR_PARTIAL_BSSID_BITMAP", Hex),
    (6, "NL80211_HE_OBSS_PD_ATTR_SR_CTRL", Num),
];

pub(super) static DISCOVERY: Set = &[
    (1, "NL80211_FILS_DISCOVERY_ATTR_INT_MIN", Num),
    (2, "NL80211_FILS_DISCOVERY_ATTR_INT_MAX", Num),
    (3, "NL80211_FILS_DISCOVERY_ATTR_TMPL", Hex),
];

pub(super) static PROBE_RESPONSES: Set = &[
    (1, "NL80211_UNSOL_BCAST_PROBE_RESP_ATTR_INT", Num),
    (2, "NL80211_UNSOL_BCAST_PROBE_RESP_ATTR_TMPL", Hex),
];

pub(super) static MULTIPLE_BSSIDS: Set = &[
    (1, "NL80211_MBSSID_CONFIG_ATTR_MAX_INTERFACES", Num),
    (2, "NL80211_MBSSID_CONFIG_ATTR_MAX_EMA_PROFILE_PERIODICITY", Num),
    (3, "NL80211_MBSSID_CONFIG_ATTR_INDEX", Num),
    (4, "NL80211_MBSSID_CONFIG_ATTR_TX_IFINDEX", Index),
    (5, "NL80211_MBSSID_CONFIG_ATTR_EMA", Flag),
    (6, "NL80211_MBSSID_CONFIG_ATTR_TX_LINK_ID", Num),
];

pub(super) static RANGING: Set = &[
    (1, "NL80211_FTM_RESP_ATTR_ENABLED", Flag),
    (2, "NL80211_FTM_RESP_ATTR_LCI", Hex),
    (3, "NL80211_FTM_RESP_ATTR_CIVICLOC", Hex),
];

pub(super) static RANGING_STATS: Set = &[
    (1, "NL80211_FTM_STATS_SUCCESS_NUM", Num),
    (2, "NL80211_FTM_STATS_PARTIAL_NUM", Num),
    (3, "NL80211_FTM_STATS_FAILED_NUM", Num),
    (4, "NL80211_FTM_STATS_ASAP_NUM", Num),
    (5, "NL80211_FTM_STATS_NON_ASAP_NUM", Num),
    (6, "NL80211_FTM_STATS_TOTAL_DURATION_MSEC", Num),
    (7, "NL80211_FTM_STATS_UNKNOWN_TRIGGERS_NUM", Num),
    (8, "NL80211_FTM_STATS_RESCHEDULE_REQUESTS_NUM", Num),
    (9, "NL80211_FTM_STATS_OUT_OF_WINDOW_TRIGGERS_NUM", Num),
    (10, "NL80211_FTM_STATS_PAD", Pad),
];

pub(super) static SHORT_BEACON: Set = &[
    (1, "NL80211_S1G_SHORT_BEACON_ATTR_HEAD", Hex),
    (2, "NL80211_S1G_SHORT_BEACON_ATTR_TAIL", Elements),
];
