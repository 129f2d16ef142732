//! The words for numbers inside messages, those of `ip` for rtnetlink. Where iproute2 reads a file
//! of the host (`rt_protos`, `rt_tables`), these are the entries it ships; other numbers stay
//! numbers.

use std::borrow::Cow;

use super::{Table, name_or_number};

/// `RTPROT_*` of `include/uapi/linux/rtnetlink.h`
pub(in crate::decode) static ROUTE_PROTOCOLS: Table = &[
    (0, "unspec"),
    (1, "redirect"),
    (2, "kernel"),
    (3, "boot"),
    (4, "static"),
    (8, "gated"),
    (9, "ra"),
    (10, "mrt"),
    (11, "zebra"),
    (12, "bird"),
    (13, "dnrouted"),
    (14, "xorp"),
    (15, "ntk"),
    (16, "dhcp"),
    (17, "mrouted"),
    (18, "keepalived"),
    (42, "babel"),
    (84, "ovn"),
    (99, "openr"),
    (186, "bgp"),
    (187, "isis"),
    (188, "ospf"),
    (189, "rip"),
    (192, "eigrp"),
];

/// `RT_TABLE_*` of `include/uapi/linux/rtnetlink.h`
pub(in crate::decode) static ROUTE_TABLES: Table =
    &[(0, "unspec"), (252, "compat"), (253, "default"), (254, "main"), (255, "local")];

/// `RT_SCOPE_*` of `include/uapi/linux/rtnetlink.h`
pub(in crate::decode) static SCOPES: Table =
    &[(0, "global"), (200, "site"), (253, "link"), (254, "host"), (255, "nowhere")];

/// `RTN_*` of `include/uapi/linux/rtnetlink.h`
pub(in crate::decode) static ROUTE_TYPES: Table = &[
    (0, "unspec"),
    (1, "unicast"),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
    (9, "throw"),
    (10, "nat"),
    (11, "xresolve"),
];

/// `FR_ACT_*` of `include/uapi/linux/fib_rules.h`
pub(in crate::decode) static RULE_ACTIONS: Table = &[
    (0, "unspec"),
    (1, "lookup"),
    (2, "goto"),
    (3, "nop"),
    (4, "res3"),
    (5, "res4"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
];

/// `IPPROTO_*` of `include/uapi/linux/in.h`, as far as hosts use them
pub(in crate::decode) static IP_PROTOCOLS: Table = &[
    (1, "icmp"),
    (2, "igmp"),
    (4, "ipip"),
    (6, "tcp"),
    (8, "egp"),
    (12, "pup"),
    (17, "udp"),
    (22, "idp"),
    (29, "tp"),
    (33, "dccp"),
    (41, "ipv6"),
    (46, "rsvp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "icmpv6"),
    (89, "ospf"),
    (92, "mtp"),
    (94, "beetph"),
    (98, "encap"),
    (103, "pim"),
    (108, "comp"),
    (112, "vrrp"),
    (115, "l2tp"),
    (132, "sctp"),
    (136, "udplite"),
    (137, "mpls"),
    (143, "ethernet"),
    (144, "aggfrag"),
    (255, "any"),
    (256, "smc"),
    (262, "mptcp"),
];

/// `NFPROTO_*` of `include/uapi/linux/netfilter.h`, in the words of `nft`
pub(in crate::decode) static NETFILTER_FAMILIES: Table = &[
    (0, "unspec"),
    (1, "inet"),
    (2, "ip"),
    (3, "arp"),
    (5, "netdev"),
    (7, "bridge"),
    (10, "ip6"),
    (12, "decnet"),
];

/// `AF_*` of `include/linux/socket.h`, as far as they appear in rtnetlink
pub(in crate::decode) static FAMILIES: Table = &[
    (0, "unspec"),
    (1, "unix"),
    (2, "inet"),
    (7, "bridge"),
    (10, "inet6"),
    (12, "decnet"),
    (16, "netlink"),
    (17, "packet"),
    (28, "mpls"),
    (30, "tipc"),
    (40, "vsock"),
    (43, "smc"),
    (44, "xdp"),
    (45, "mctp"),
    (128, "ipmr"),
    (129, "ip6mr"),
];

/// `ARPHRD_*` of `include/uapi/linux/if_arp.h`, in the words of `ip`
pub(in crate::decode) static LINK_LAYERS: Table = &[
    (1, "ether"),
    (2, "eether"),
    (3, "ax25"),
    (4, "pronet"),
    (5, "chaos"),
    (6, "ieee802"),
    (7, "arcnet"),
    (8, "atalk"),
    (15, "dlci"),
    (19, "atm"),
    (23, "metricom"),
    (24, "ieee1394"),
    (27, "eui64"),
    (32, "infiniband"),
    (256, "slip"),
    (257, "cslip"),
    (258, "slip6"),
    (259, "cslip6"),
    (260, "rsrvd"),
    (264, "adapt"),
    (270, "rose"),
    (271, "x25"),
    (272, "hwx25"),
    (280, "can"),
    (290, "mctp"),
    (512, "ppp"),
    (513, "hdlc"),
    (516, "lapb"),
    (517, "ddcmp"),
    (518, "rawhdlc"),
    (519, "rawip"),
    (768, "ipip"),
    (769, "tunnel6"),
    (770, "frad"),
    (771, "skip"),
    (772, "loopback"),
    (773, "ltalk"),
    (774, "fddi"),
    (775, "bif"),
    (776, "sit"),
    (777, "ip/ddp"),
    (778, "gre"),
    (779, "pimreg"),
    (780, "hippi"),
    (781, "ash"),
    (782, "econet"),
    (783, "irda"),
    (784, "fcpp"),
    (785, "fcal"),
    (786, "fcpl"),
    (787, "fcfabric"),
    (800, "tr"),
    (801, "ieee802.11"),
    (802, "ieee802.11/prism"),
    (803, "ieee802.11/radiotap"),
    (804, "ieee802.15.4"),
    (805, "ieee802.15.4/monitor"),
    (820, "phonet"),
    (821, "phonet_pipe"),
    (822, "caif"),
    (823, "gre6"),
    (824, "netlink"),
    (825, "6lowpan"),
    (826, "vsockmon"),
    (65534, "none"),
    (65535, "void"),
];

/// `IF_OPER_*` of `include/uapi/linux/if.h`
pub(in crate::decode) static OPER_STATES: Table = &[
    (0, "UNKNOWN"),
    (1, "NOTPRESENT"),
    (2, "DOWN"),
    (3, "LOWERLAYERDOWN"),
    (4, "TESTING"),
    (5, "DORMANT"),
    (6, "UP"),
];

/// `NUD_*` of `include/uapi/linux/neighbour.h`: bits
pub(in crate::decode) static NEIGHBOUR_STATES: &[(u32, &str)] = &[
    (0x01, "INCOMPLETE"),
    (0x02, "REACHABLE"),
    (0x04, "STALE"),
    (0x08, "DELAY"),
    (0x10, "PROBE"),
    (0x20, "FAILED"),
    (0x40, "NOARP"),
    (0x80, "PERMANENT"),
];

/// `NTF_*` of `include/uapi/linux/neighbour.h`: bits
pub(in crate::decode) static NEIGHBOUR_FLAGS: &[(u32, &str)] = &[
    (0x01, "use"),
    (0x02, "self"),
    (0x04, "master"),
    (0x08, "proxy"),
    (0x10, "extern_learn"),
    (0x20, "offload"),
    (0x40, "sticky"),
    (0x80, "router"),
];

/// `IFF_*` of `include/uapi/linux/if.h`: bits, in the order in which `ip` prints them
pub(in crate::decode) static LINK_FLAGS: &[(u32, &str)] = &[
    (1 << 3, "LOOPBACK"),
    (1 << 1, "BROADCAST"),
    (1 << 4, "POINTOPOINT"),
    (1 << 12, "MULTICAST"),
    (1 << 7, "NOARP"),
    (1 << 9, "ALLMULTI"),
    (1 << 8, "PROMISC"),
    (1 << 10, "MASTER"),
    (1 << 11, "SLAVE"),
    (1 << 2, "DEBUG"),
    (1 << 15, "DYNAMIC"),
    (1 << 13, "PORTSEL"),
    (1 << 14, "AUTOMEDIA"),
    (1 << 5, "NOTRAILERS"),
    (1, "UP"),
    (1 << 6, "RUNNING"),
    (1 << 16, "LOWER_UP"),
    (1 << 17, "DORMANT"),
    (1 << 18, "ECHO"),
];

/// `IFA_F_*` of `include/uapi/linux/if_addr.h`: bits
pub(in crate::decode) static ADDRESS_FLAGS: &[(u32, &str)] = &[
    (0x01, "secondary"),
    (0x02, "nodad"),
    (0x04, "optimistic"),
    (0x08, "dadfailed"),
    (0x10, "home"),
    (0x20, "deprecated"),
    (0x40, "tentative"),
    (0x80, "permanent"),
    (0x100, "mngtmpaddr"),
    (0x200, "noprefixroute"),
    (0x400, "autojoin"),
    (0x800, "stable-privacy"),
];

/// The same of IPv6, where `IFA_F_SECONDARY` is `IFA_F_TEMPORARY`
pub(in crate::decode) static ADDRESS_FLAGS_6: &[(u32, &str)] = &[
    (0x01, "temporary"),
    (0x02, "nodad"),
    (0x04, "optimistic"),
    (0x08, "dadfailed"),
    (0x10, "home"),
    (0x20, "deprecated"),
    (0x40, "tentative"),
    (0x80, "permanent"),
    (0x100, "mngtmpaddr"),
    (0x200, "noprefixroute"),
    (0x400, "autojoin"),
    (0x800, "stable-privacy"),
];

/// `ETH_P_*` of `include/uapi/linux/if_ether.h`, in the words of `tc`
pub(in crate::decode) static ETHERTYPES: Table = &[
    (0x0003, "all"),
    (0x0800, "ip"),
    (0x0806, "arp"),
    (0x22f0, "tsn"),
    (0x6558, "teb"),
    (0x8035, "rarp"),
    (0x8100, "802.1Q"),
    (0x86dd, "ipv6"),
    (0x8809, "slow"),
    (0x8847, "mpls_uc"),
    (0x8848, "mpls_mc"),
    (0x8863, "ppp_disc"),
    (0x8864, "ppp_ses"),
    (0x888e, "pae"),
    (0x88a8, "802.1ad"),
    (0x88ca, "tipc"),
    (0x88cc, "lldp"),
    (0x88e5, "macsec"),
    (0x88f7, "ptp"),
    (0x8902, "cfm"),
    (0x8906, "fcoe"),
    (0x8914, "fip"),
    (0x892f, "hsr"),
    (0x894f, "nsh"),
];

/// `CTRL_CMD_*` of `include/uapi/linux/genetlink.h`
const CONTROL_COMMANDS: Table = &[
    (1, "CTRL_CMD_NEWFAMILY"),
    (2, "CTRL_CMD_DELFAMILY"),
    (3, "CTRL_CMD_GETFAMILY"),
    (4, "CTRL_CMD_NEWOPS"),
    (5, "CTRL_CMD_DELOPS"),
    (6, "CTRL_CMD_GETOPS"),
    (7, "CTRL_CMD_NEWMCAST_GRP"),
    (8, "CTRL_CMD_DELMCAST_GRP"),
    (9, "CTRL_CMD_GETMCAST_GRP"),
    (10, "CTRL_CMD_GETPOLICY"),
];

/// A command of the generic netlink controller.
pub fn control_command(value: u8) -> Cow<'static, str> {
    name_or_number(CONTROL_COMMANDS, u32::from(value))
}

/// Who installed a route: `kernel`, `static`, `bird`.
pub fn route_protocol(value: u8) -> Cow<'static, str> {
    name_or_number(ROUTE_PROTOCOLS, u32::from(value))
}

/// A routing table: `main`, `local`, 100.
pub fn route_table(value: u32) -> Cow<'static, str> {
    name_or_number(ROUTE_TABLES, value)
}

/// The scope of an address or a route: `global`, `link`.
pub fn scope(value: u8) -> Cow<'static, str> {
    name_or_number(SCOPES, u32::from(value))
}

/// The type of a route: `unicast`, `blackhole`.
pub fn route_type(value: u8) -> Cow<'static, str> {
    name_or_number(ROUTE_TYPES, u32::from(value))
}

/// What a rule does: `lookup`, `prohibit`.
pub fn rule_action(value: u8) -> Cow<'static, str> {
    name_or_number(RULE_ACTIONS, u32::from(value))
}

/// An address family: `inet`, `bridge`.
pub fn family(value: u8) -> Cow<'static, str> {
    name_or_number(FAMILIES, u32::from(value))
}

/// A link layer: `ether`, `loopback`.
pub fn link_layer(value: u16) -> Cow<'static, str> {
    name_or_number(LINK_LAYERS, u32::from(value))
}

/// An operational state: `UP`, `LOWERLAYERDOWN`.
pub fn oper_state(value: u8) -> Cow<'static, str> {
    name_or_number(OPER_STATES, u32::from(value))
}

/// The states of a neighbour: `REACHABLE`; `NONE` for none.
pub fn neighbour_state(bits: u16) -> String {
    if bits == 0 { "NONE".to_owned() } else { set_bits(NEIGHBOUR_STATES, u32::from(bits), ",") }
}

/// The flags of a neighbour: `router extern_learn`.
pub fn neighbour_flags(bits: u8) -> String {
    set_bits(NEIGHBOUR_FLAGS, u32::from(bits), " ")
}

/// The flags of a link: `BROADCAST,MULTICAST,UP`.
pub fn link_flags(bits: u32) -> String {
    set_bits(LINK_FLAGS, bits, ",")
}

/// The flags of an address: `secondary tentative`. What is permanent says nothing, as in `ip`.
pub fn address_flags(bits: u32) -> String {
    set_bits(ADDRESS_FLAGS, bits, " ")
}

fn set_bits(table: &[(u32, &str)], bits: u32, separator: &str) -> String {
    // Neither goes for what `ip` says, where the state tells the one and the other is the rule.
    let said = |name: &str| !matches!(name, "permanent" | "RUNNING");
    let set = table.iter().filter(|entry| bits & entry.0 != 0 && said(entry.1));
    set.map(|entry| entry.1).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_ip() {
        assert_eq!(route_protocol(16), "dhcp");
        assert_eq!(route_table(254), "main");
        assert_eq!(route_table(1000), "1000");
        assert_eq!(scope(253), "link");
        assert_eq!(link_layer(772), "loopback");
        assert_eq!(link_flags(0x1_1043), "BROADCAST,MULTICAST,UP,LOWER_UP");
        assert_eq!(neighbour_state(0), "NONE");
        assert_eq!(neighbour_state(2), "REACHABLE");
        assert_eq!(neighbour_flags(0x90), "extern_learn router");
        assert_eq!(address_flags(0x80), "");
    }
}
