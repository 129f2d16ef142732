//! Whether each family's commands are those of the kernel's headers, in both directions.

use std::collections::{BTreeMap, BTreeSet};

use super::{all, events};
use crate::decode::names::headers::numbers;

/// The families, their headers, and how their commands begin there.
const FAMILIES: &[(&str, &str, &[&str])] = &[
    ("acpi_event", "internal/event.h", &["ACPI_GENL_CMD_"]),
    ("batadv", "linux/batman_adv.h", &["BATADV_CMD_"]),
    ("devlink", "linux/devlink.h", &["DEVLINK_CMD_"]),
    ("dpll", "linux/dpll.h", &["DPLL_CMD_"]),
    ("ethtool", "linux/ethtool_netlink_generated.h", &["ETHTOOL_MSG_"]),
    ("fou", "linux/fou.h", &["FOU_CMD_"]),
    ("gtp", "linux/gtp.h", &["GTP_CMD_"]),
    ("handshake", "linux/handshake.h", &["HANDSHAKE_CMD_"]),
    ("HSR", "linux/hsr_netlink.h", &["HSR_C_"]),
    ("ila", "linux/ila.h", &["ILA_CMD_"]),
    ("IOAM6", "linux/ioam6_genl.h", &["IOAM6_CMD_", "IOAM6_EVENT_TRACE"]),
    ("IPVS", "linux/ip_vs.h", &["IPVS_CMD_"]),
    ("l2tp", "linux/l2tp.h", &["L2TP_CMD_"]),
    ("lockd", "linux/lockd_netlink.h", &["LOCKD_CMD_"]),
    ("macsec", "linux/if_macsec.h", &["MACSEC_CMD_"]),
    ("mptcp_pm", "linux/mptcp_pm.h", &["MPTCP_PM_CMD_", "MPTCP_EVENT_"]),
    ("nbd", "linux/nbd-netlink.h", &["NBD_CMD_"]),
    ("NCSI", "linux/ncsi.h", &["NCSI_CMD_"]),
    ("net-shaper", "linux/net_shaper.h", &["NET_SHAPER_CMD_"]),
    ("NET_DM", "linux/net_dropmon.h", &["NET_DM_CMD_"]),
    ("netdev", "linux/netdev.h", &["NETDEV_CMD_"]),
    ("nfc", "linux/nfc.h", &["NFC_CMD_", "NFC_EVENT_"]),
    ("nfsd", "linux/nfsd_netlink.h", &["NFSD_CMD_"]),
    ("nl80211", "linux/nl80211.h", &["NL80211_CMD_"]),
    ("NLBL_CALIPSO", "internal/netlabel_calipso.h", &["NLBL_CALIPSO_C_"]),
    ("NLBL_CIPSOv4", "internal/netlabel_cipso_v4.h", &["NLBL_CIPSOV4_C_"]),
    ("NLBL_MGMT", "internal/netlabel_mgmt.h", &["NLBL_MGMT_C_"]),
    ("NLBL_UNLBL", "internal/netlabel_unlabeled.h", &["NLBL_UNLABEL_C_"]),
    ("nlctrl", "linux/genetlink.h", &["CTRL_CMD_"]),
    ("ovpn", "linux/ovpn.h", &["OVPN_CMD_"]),
    ("ovs_ct_limit", "linux/openvswitch.h", &["OVS_CT_LIMIT_CMD_"]),
    ("ovs_datapath", "linux/openvswitch.h", &["OVS_DP_CMD_"]),
    ("ovs_flow", "linux/openvswitch.h", &["OVS_FLOW_CMD_"]),
    ("ovs_meter", "linux/openvswitch.h", &["OVS_METER_CMD_"]),
    ("ovs_packet", "linux/openvswitch.h", &["OVS_PACKET_CMD_"]),
    ("ovs_vport", "linux/openvswitch.h", &["OVS_VPORT_CMD_"]),
    ("psample", "linux/psample.h", &["PSAMPLE_CMD_"]),
    ("psp", "linux/psp.h", &["PSP_CMD_"]),
    ("SEG6", "linux/seg6_genl.h", &["SEG6_CMD_"]),
    ("SMC_GEN_NETLINK", "linux/smc.h", &["SMC_NETLINK_"]),
    (
        "SMC_PNETID",
        "linux/smc.h",
        &["SMC_PNETID_GET", "SMC_PNETID_ADD", "SMC_PNETID_DEL", "SMC_PNETID_FLUSH"],
    ),
    ("sunrpc", "linux/sunrpc_netlink.h", &["SUNRPC_CMD_"]),
    ("TASKSTATS", "linux/taskstats.h", &["TASKSTATS_CMD_"]),
    ("TCM-USER", "linux/target_core_user.h", &["TCMU_CMD_"]),
    ("tcp_metrics", "linux/tcp_metrics.h", &["TCP_METRICS_CMD_"]),
    ("team", "linux/if_team.h", &["TEAM_CMD_"]),
    ("thermal", "linux/thermal.h", &["THERMAL_GENL_CMD_", "THERMAL_GENL_EVENT_"]),
    ("TIPCv2", "linux/tipc_netlink.h", &["TIPC_NL_"]),
    ("vdpa", "linux/vdpa.h", &["VDPA_CMD_"]),
    ("VFS_DQUOT", "linux/quota.h", &["QUOTA_NL_C_"]),
    ("wireguard", "linux/wireguard.h", &["WG_CMD_"]),
];

/// Second names of a command. What begins like a command and is an attribute is left out by `_CMD_ATTR_`.
const ALIASES: &[&str] = &[
    "BATADV_CMD_GET_HARDIFS",
    "BATADV_CMD_GET_MESH_INFO",
    "DEVLINK_CMD_ESWITCH_MODE_GET",
    "DEVLINK_CMD_ESWITCH_MODE_SET",
    "NL80211_CMD_ACTION",
    "NL80211_CMD_ACTION_TX_STATUS",
    "NL80211_CMD_DEL_BEACON",
    "NL80211_CMD_GET_MESH_PARAMS",
    "NL80211_CMD_NEW_BEACON",
    "NL80211_CMD_PROBE_CLIENT",
    "NL80211_CMD_REGISTER_ACTION",
    "NL80211_CMD_SET_MESH_PARAMS",
];

/// The family's numbers by their names.
fn of_headers(header: &str, prefixes: &[&str]) -> BTreeMap<&'static str, u32> {
    let all = prefixes.iter().flat_map(|prefix| numbers(header, prefix));
    all.filter(|(name, _)| !name.contains("_CMD_ATTR_") && !ALIASES.contains(name)).collect()
}

#[test]
fn every_family_is_compared() {
    let compared: BTreeSet<_> = FAMILIES.iter().map(|family| family.0).collect();
    assert_eq!(compared, all().map(|family| family.name).collect());
}

#[test]
fn every_command_has_the_name_that_the_headers_give_it() {
    let mut faults = Vec::new();
    for family in all() {
        let (_, header, prefixes) = FAMILIES.iter().find(|entry| entry.0 == family.name).unwrap();
        let mut expected = of_headers(header, prefixes);
        if family.name == "TASKSTATS" {
            expected.extend(of_headers("linux/cgroupstats.h", &["CGROUPSTATS_CMD_"]));
        }
        let words = [family.requests, family.replies, events(family.name).unwrap_or_default()];
        let known: BTreeSet<_> =
            words.into_iter().flatten().map(|word| (word.1, u32::from(word.0))).collect();
        for (name, number) in &known {
            if expected.get(name) != Some(number) {
                faults.push(format!("{}: {name} is not {number}", family.name));
            }
        }
        for (name, number) in expected {
            if !known.contains(&(name, number)) {
                faults.push(format!("{}: {name}={number} has no name", family.name));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}
