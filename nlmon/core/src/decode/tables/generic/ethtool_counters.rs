//! Counters and cable measurements that the generic family `ethtool` sends: numbers and names of
//! `include/uapi/linux/ethtool_netlink.h`.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{Int, Nest, Num};
use crate::decode::tables::kind::{Options, Set};

/// `ETHTOOL_STATS_*`
pub(super) static GROUPS: Table =
    &[(0, "eth-phy"), (1, "eth-mac"), (2, "eth-ctrl"), (3, "rmon"), (4, "phydev")];

/// By the group beside.
pub(super) static COUNTERS: Options = &[
    ("eth-phy", Nest(&ETH_PHY)),
    ("eth-mac", Nest(&ETH_MAC)),
    ("eth-ctrl", Nest(&ETH_CTRL)),
    ("rmon", Nest(&RMON)),
    ("phydev", Nest(&PHY)),
];

static ETH_PHY: Set = &[(0, "ETHTOOL_A_STATS_ETH_PHY_5_SYM_ERR", Num)];

static ETH_MAC: Set = &[
    (0, "ETHTOOL_A_STATS_ETH_MAC_2_TX_PKT", Num),
    (1, "ETHTOOL_A_STATS_ETH_MAC_3_SINGLE_COL", Num),
    (2, "ETHTOOL_A_STATS_ETH_MAC_4_MULTI_COL", Num),
    (3, "ETHTOOL_A_STATS_ETH_MAC_5_RX_PKT", Num),
    (4, "ETHTOOL_A_STATS_ETH_MAC_6_FCS_ERR", Num),
    (5, "ETHTOOL_A_STATS_ETH_MAC_7_ALIGN_ERR", Num),
    (6, "ETHTOOL_A_STATS_ETH_MAC_8_TX_BYTES", Num),
    (7, "ETHTOOL_A_STATS_ETH_MAC_9_TX_DEFER", Num),
    (8, "ETHTOOL_A_STATS_ETH_MAC_10_LATE_COL", Num),
    (9, "ETHTOOL_A_STATS_ETH_MAC_11_XS_COL", Num),
    (10, "ETHTOOL_A_STATS_ETH_MAC_12_TX_INT_ERR", Num),
    (11, "ETHTOOL_A_STATS_ETH_MAC_13_CS_ERR", Num),
    (12, "ETHTOOL_A_STATS_ETH_MAC_14_RX_BYTES", Num),
    (13, "ETHTOOL_A_STATS_ETH_MAC_15_RX_INT_ERR", Num),
    (14, "ETHTOOL_A_STATS_ETH_MAC_18_TX_MCAST", Num),
    (15, "ETHTOOL_A_STATS_ETH_MAC_19_TX_BCAST", Num),
    (16, "ETHTOOL_A_STATS_ETH_MAC_20_XS_DEFER", Num),
    (17, "ETHTOOL_A_STATS_ETH_MAC_21_RX_MCAST", Num),
    (18, "ETHTOOL_A_STATS_ETH_MAC_22_RX_BCAST", Num),
    (19, "ETHTOOL_A_STATS_ETH_MAC_23_IR_LEN_ERR", Num),
    (20, "ETHTOOL_A_STATS_ETH_MAC_24_OOR_LEN", Num),
    (21, "ETHTOOL_A_STATS_ETH_MAC_25_TOO_LONG_ERR", Num),
];

static ETH_CTRL: Set = &[
    (0, "ETHTOOL_A_STATS_ETH_CTRL_3_TX", Num),
    (1, "ETHTOOL_A_STATS_ETH_CTRL_4_RX", Num),
    (2, "ETHTOOL_A_STATS_ETH_CTRL_5_RX_UNSUP", Num),
];

static RMON: Set = &[
    (0, "ETHTOOL_A_STATS_RMON_UNDERSIZE", Num),
    (1, "ETHTOOL_A_STATS_RMON_OVERSIZE", Num),
    (2, "ETHTOOL_A_STATS_RMON_FRAG", Num),
    (3, "ETHTOOL_A_STATS_RMON_JABBER", Num),
];

static PHY: Set = &[
    (0, "ETHTOOL_A_STATS_PHY_RX_PKTS", Num),
    (1, "ETHTOOL_A_STATS_PHY_RX_BYTES", Num),
    (2, "ETHTOOL_A_STATS_PHY_RX_ERRORS", Num),
    (3, "ETHTOOL_A_STATS_PHY_TX_PKTS", Num),
    (4, "ETHTOOL_A_STATS_PHY_TX_BYTES", Num),
    (5, "ETHTOOL_A_STATS_PHY_TX_ERRORS", Num),
];

static STEP: Set = &[
    (1, "ETHTOOL_A_CABLE_STEP_FIRST_DISTANCE", Num),
    (2, "ETHTOOL_A_CABLE_STEP_LAST_DISTANCE", Num),
    (3, "ETHTOOL_A_CABLE_STEP_STEP_DISTANCE", Num),
];

static AMPLITUDE: Set =
    &[(1, "ETHTOOL_A_CABLE_AMPLITUDE_PAIR", Num), (2, "ETHTOOL_A_CABLE_AMPLITUDE_mV", Int)];

static PULSE: Set = &[(1, "ETHTOOL_A_CABLE_PULSE_mV", Int)];

/// What time domain reflectometry found.
pub(super) static REFLECTIONS: Set = &[
    (1, "ETHTOOL_A_CABLE_TDR_NEST_STEP", Nest(&STEP)),
    (2, "ETHTOOL_A_CABLE_TDR_NEST_AMPLITUDE", Nest(&AMPLITUDE)),
    (3, "ETHTOOL_A_CABLE_TDR_NEST_PULSE", Nest(&PULSE)),
];
