//! Names of multicast groups, by protocol: the kernel's constant without its prefix, in lower case,
//! `-` for `_`. Taken from the kernel's UAPI headers, named at each table.

use super::{Table, names, protocol};

/// The groups of a protocol; empty where they have no fixed names.
pub(super) fn table(protocol: u8) -> Table {
    match protocol {
        protocol::ROUTE => ROUTE,
        protocol::SOCK_DIAG => SOCK_DIAG,
        protocol::XFRM => XFRM,
        protocol::SELINUX => SELINUX,
        protocol::ISCSI => ISCSI,
        protocol::AUDIT => AUDIT,
        protocol::CONNECTOR => CONNECTOR,
        protocol::NETFILTER => NETFILTER,
        protocol::KOBJECT_UEVENT => UEVENT,
        protocol::GENERIC => GENERIC,
        protocol::TEST => TEST,
        protocol::SCSITRANSPORT => SCSITRANSPORT,
        protocol::RDMA => RDMA,
        _ => &[],
    }
}

/// Every group name of every protocol.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    (0..=u8::MAX).map(table).flat_map(names)
}

/// `kmod/netlink_test.h` of this repository.
const TEST: Table = &[(1, "greeting")];

/// `include/uapi/linux/audit.h`: `AUDIT_NLGRP_*`
const AUDIT: Table = &[(1, "readlog")];

/// `include/uapi/linux/selinux_netlink.h`: `SELNLGRP_*`
const SELINUX: Table = &[(1, "avc")];

/// `include/scsi/iscsi_if.h`: `ISCSI_NL_GRP_*`
const ISCSI: Table = &[(1, "iscsid"), (2, "uip")];

/// `include/uapi/scsi/scsi_netlink.h`: `SCSI_NL_GRP_*`. The kernel sends to the group of this number,
/// although its header describes it as a mask.
const SCSITRANSPORT: Table = &[(4, "fc-events")];

/// `include/uapi/linux/connector.h`: `CN_*_IDX` and `CN_IDX_*`, which double as groups.
const CONNECTOR: Table = &[
    (1, "proc"),
    (2, "cifs"),
    (3, "w1"),
    (4, "v86d"),
    (5, "bb"),
    (6, "dst"),
    (7, "dm"),
    (8, "drbd"),
    (9, "kvp"),
    (10, "vss"),
];

/// The kernel sends to group 1; systemd's udev sends what it processed to group 2. They have no
/// constants in the kernel; the names are those of `libudev`.
const UEVENT: Table = &[(1, "kernel"), (2, "udev")];

/// `net/netlink/genetlink.c`: the controller's only group has its own id; all others are given at
/// run time.
const GENERIC: Table = &[(16, "notify")];

/// `include/uapi/rdma/rdma_netlink.h`: `RDMA_NL_GROUP_*`
const RDMA: Table = &[(2, "iwpm"), (3, "ls"), (4, "notify")];

/// `include/uapi/linux/rtnetlink.h`: `RTNLGRP_*`
const ROUTE: Table = &[
    (1, "link"),
    (2, "notify"),
    (3, "neigh"),
    (4, "tc"),
    (5, "ipv4-ifaddr"),
    (6, "ipv4-mroute"),
    (7, "ipv4-route"),
    (8, "ipv4-rule"),
    (9, "ipv6-ifaddr"),
    (10, "ipv6-mroute"),
    (11, "ipv6-route"),
    (12, "ipv6-ifinfo"),
    (13, "decnet-ifaddr"),
    (14, "nop2"),
    (15, "decnet-route"),
    (16, "decnet-rule"),
    (17, "nop4"),
    (18, "ipv6-prefix"),
    (19, "ipv6-rule"),
    (20, "nd-useropt"),
    (21, "phonet-ifaddr"),
    (22, "phonet-route"),
    (23, "dcb"),
    (24, "ipv4-netconf"),
    (25, "ipv6-netconf"),
    (26, "mdb"),
    (27, "mpls-route"),
    (28, "nsid"),
    (29, "mpls-netconf"),
    (30, "ipv4-mroute-r"),
    (31, "ipv6-mroute-r"),
    (32, "nexthop"),
    (33, "brvlan"),
    (34, "mctp-ifaddr"),
    (35, "tunnel"),
    (36, "stats"),
    (37, "ipv4-mcaddr"),
    (38, "ipv6-mcaddr"),
    (39, "ipv6-acaddr"),
];

/// `include/uapi/linux/xfrm.h`: `XFRMNLGRP_*`
const XFRM: Table = &[
    (1, "acquire"),
    (2, "expire"),
    (3, "sa"),
    (4, "policy"),
    (5, "aevents"),
    (6, "report"),
    (7, "migrate"),
    (8, "mapping"),
];

/// `include/uapi/linux/netfilter/nfnetlink.h`: `NFNLGRP_*`
const NETFILTER: Table = &[
    (1, "conntrack-new"),
    (2, "conntrack-update"),
    (3, "conntrack-destroy"),
    (4, "conntrack-exp-new"),
    (5, "conntrack-exp-update"),
    (6, "conntrack-exp-destroy"),
    (7, "nftables"),
    (8, "acct-quota"),
    (9, "nftrace"),
];

/// `include/uapi/linux/sock_diag.h`: `SKNLGRP_*`
const SOCK_DIAG: Table = &[
    (1, "inet-tcp-destroy"),
    (2, "inet-udp-destroy"),
    (3, "inet6-tcp-destroy"),
    (4, "inet6-udp-destroy"),
];
