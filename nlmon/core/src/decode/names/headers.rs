//! Whether the names are the kernel's: each table is compared with what a C compiler says of the
//! kernel's headers (`cargo xtask numbers` writes it down), in both directions.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The names and numbers of a header that begin so.
pub(in crate::decode) fn numbers(header: &str, prefix: &str) -> BTreeMap<&'static str, u32> {
    let text = include_str!("../../../tests/data/numbers.txt");
    let section = format!("[{header}]");
    let mut lines = text.lines().skip_while(|line| *line != section).skip(1);
    let lines = lines.by_ref().take_while(|line| !line.is_empty());
    let wanted = lines.filter(|line| line.starts_with(prefix));
    let numbers = wanted.filter_map(|line| line.split_once('='));
    let found: BTreeMap<_, _> =
        numbers.filter_map(|(name, number)| Some((name, number.parse().ok()?))).collect();
    assert!(!found.is_empty(), "{header} has no {prefix}*");
    found
}

/// Header, prefix, and the part of the type that the header's numbers leave out.
type Source = (&'static str, &'static str, u32);

fn types(protocol: u8) -> Vec<Source> {
    const NETFILTER: &[Source] = &[
        ("linux/netfilter/nfnetlink_conntrack.h", "IPCTNL_MSG_CT_", 1 << 8),
        ("linux/netfilter/nfnetlink_conntrack.h", "IPCTNL_MSG_EXP_", 2 << 8),
        ("linux/netfilter/nfnetlink_queue.h", "NFQNL_MSG_", 3 << 8),
        ("linux/netfilter/nfnetlink_log.h", "NFULNL_MSG_", 4 << 8),
        ("linux/netfilter/nfnetlink_osf.h", "OSF_MSG_", 5 << 8),
        ("linux/netfilter/ipset/ip_set.h", "IPSET_CMD_", 6 << 8),
        ("linux/netfilter/nfnetlink_acct.h", "NFNL_MSG_ACCT_", 7 << 8),
        ("linux/netfilter/nfnetlink_cttimeout.h", "IPCTNL_MSG_TIMEOUT_", 8 << 8),
        ("linux/netfilter/nfnetlink_cthelper.h", "NFNL_MSG_CTHELPER_", 9 << 8),
        ("linux/netfilter/nf_tables.h", "NFT_MSG_", 10 << 8),
        ("linux/netfilter/nf_tables_compat.h", "NFNL_MSG_COMPAT_", 11 << 8),
        ("linux/netfilter/nfnetlink_hook.h", "NFNL_MSG_HOOK_", 12 << 8),
    ];
    match protocol {
        protocol::ROUTE => vec![("linux/rtnetlink.h", "RTM_", 0)],
        protocol::SOCK_DIAG => vec![
            ("linux/sock_diag.h", "SOCK_D", 0),
            ("linux/inet_diag.h", "TCPDIAG_", 0),
            ("linux/inet_diag.h", "DCCPDIAG_", 0),
        ],
        protocol::XFRM => vec![("linux/xfrm.h", "XFRM_MSG_", 0)],
        protocol::SELINUX => vec![("linux/selinux_netlink.h", "SELNL_MSG_", 0)],
        protocol::ISCSI => {
            vec![("scsi/iscsi_if.h", "ISCSI_UEVENT_", 0), ("scsi/iscsi_if.h", "ISCSI_KEVENT_", 0)]
        }
        protocol::AUDIT => vec![("linux/audit.h", "AUDIT_", 0), ("libaudit.h", "AUDIT_", 0)],
        protocol::NETFILTER => [("linux/netfilter/nfnetlink.h", "NFNL_MSG_BATCH_", 0)]
            .into_iter()
            .chain(NETFILTER.iter().copied())
            .collect(),
        protocol::SCSITRANSPORT => vec![("scsi/scsi_netlink.h", "SCSI_TRANSPORT_", 0)],
        protocol::RDMA => vec![
            ("rdma/rdma_netlink.h", "RDMA_NL_IWPM_", 2 << 10),
            ("rdma/rdma_netlink.h", "RDMA_NL_LS_OP_", 4 << 10),
            ("rdma/rdma_netlink.h", "RDMA_NLDEV_CMD_", 5 << 10),
        ],
        protocol::CRYPTO => vec![("linux/cryptouser.h", "CRYPTO_MSG_", 0)],
        _ => Vec::new(),
    }
}

/// What begins like a type and is none.
fn is_type(name: &str, number: u32) -> bool {
    match name {
        // Counts, what stands for no type, and what the program `ipset` knows as commands and never sends.
        "RTM_NR_MSGTYPES"
        | "RTM_NR_FAMILIES"
        | "ISCSI_UEVENT_UNKNOWN"
        | "IPSET_CMD_RESTORE"
        | "IPSET_CMD_HELP"
        | "IPSET_CMD_VERSION"
        | "IPSET_CMD_QUIT"
        | "IPSET_CMD_COMMIT" => false,
        // Bits of a field.
        _ if name.starts_with("RTM_F_") => false,
        // Audit's header has the numbers of its rules too, and the ends of the ranges of types.
        _ if name.starts_with("AUDIT_") => {
            let bound = name.contains("_FIRST_") || name.contains("_LAST_");
            (1000..3000).contains(&number) && !bound
        }
        _ => true,
    }
}

#[test]
fn every_type_has_the_name_that_the_headers_give_it() {
    for protocol in 0..=u8::MAX {
        let mut named = BTreeSet::new();
        for (header, prefix, part) in types(protocol) {
            for (name, number) in numbers(header, prefix) {
                if is_type(name, number) {
                    let number = u16::try_from(part | number).unwrap();
                    assert_eq!(message_type_name(protocol, number), name, "{number} of {header}");
                    named.insert(number);
                }
            }
        }
        // The control types, and the families with fixed numbers, are compared below.
        for number in (5..=u16::MAX).filter(|number| !named.contains(number)) {
            let known = is_known_message_type(protocol, number);
            let own = matches!(protocol, protocol::TEST | protocol::GENERIC);
            assert!(own || !known, "{} is in no header", message_type_name(protocol, number));
        }
    }
}

#[test]
fn what_is_the_same_everywhere_has_the_names_of_the_headers() {
    for (name, number) in numbers("linux/netlink.h", "NLMSG_") {
        if number < 16 && name != "NLMSG_ALIGNTO" {
            assert_eq!(message_type_name(0, u16::try_from(number).unwrap()), name);
        }
    }
    // A family's own name is a text in its source, not in a header.
    for (name, number) in numbers("linux/genetlink.h", "GENL_ID_") {
        let known = is_known_message_type(protocol::GENERIC, u16::try_from(number).unwrap());
        assert!(known, "{name}");
    }
}

#[test]
fn every_protocol_has_the_name_that_the_headers_give_it() {
    let text = include_str!("../../../tests/data/numbers.txt");
    // They are followed by the numbers of socket options, which begin alike.
    let lines = text.lines().skip_while(|line| *line != "[linux/netlink.h]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with("NETLINK_INET_DIAG"));
    let mut compared = 0;
    for (name, number) in lines.filter_map(|line| line.split_once('=')) {
        let name = name.strip_prefix("NETLINK_").unwrap().to_lowercase();
        assert_eq!(protocol_name(number.parse().unwrap()), name);
        compared += 1;
    }
    assert_eq!(compared + 1, PROTOCOLS.len(), "all but the test module's");
}

#[test]
fn every_group_has_the_name_that_the_headers_give_it() {
    let sources: &[(u8, &str, &str)] = &[
        (protocol::ROUTE, "linux/rtnetlink.h", "RTNLGRP_"),
        (protocol::SOCK_DIAG, "linux/sock_diag.h", "SKNLGRP_"),
        (protocol::XFRM, "linux/xfrm.h", "XFRMNLGRP_"),
        (protocol::SELINUX, "linux/selinux_netlink.h", "SELNLGRP_"),
        (protocol::ISCSI, "scsi/iscsi_if.h", "ISCSI_NL_GRP_"),
        (protocol::AUDIT, "linux/audit.h", "AUDIT_NLGRP_"),
        (protocol::NETFILTER, "linux/netfilter/nfnetlink.h", "NFNLGRP_"),
        (protocol::SCSITRANSPORT, "scsi/scsi_netlink.h", "SCSI_NL_GRP_"),
        (protocol::RDMA, "rdma/rdma_netlink.h", "RDMA_NL_GROUP_"),
    ];
    for (protocol, header, prefix) in sources {
        let found = numbers(header, prefix);
        for (name, number) in &found {
            let name = name.strip_prefix(prefix).unwrap().to_lowercase().replace('_', "-");
            assert_eq!(group_name(*protocol, *number), name, "{header}");
        }
        assert_eq!(groups::table(*protocol).len(), found.len(), "{header}");
    }
    let words = numbers("linux/connector.h", "CN_").into_iter();
    let indices = words.filter_map(|(name, number)| {
        let name = name.strip_prefix("CN_")?;
        let name = name.strip_prefix("IDX_").or_else(|| name.strip_suffix("_IDX"))?;
        Some((name.to_lowercase(), number))
    });
    let indices: Vec<_> = indices.collect();
    assert_eq!(groups::table(protocol::CONNECTOR).len(), indices.len());
    for (name, number) in indices {
        assert_eq!(group_name(protocol::CONNECTOR, number), name);
    }
}

#[test]
fn every_errno_has_the_name_that_the_headers_give_it() {
    // Second names of a number.
    const ALIASES: &[&str] = &["EWOULDBLOCK", "EDEADLOCK", "EFSBADCRC", "EFSCORRUPTED"];
    let headers = ["asm-generic/errno-base.h", "asm-generic/errno.h", "internal/errno.h"];
    let mut named = BTreeSet::new();
    for (name, number) in headers.iter().flat_map(|header| numbers(header, "E")) {
        if !ALIASES.contains(&name) {
            assert_eq!(errno_name(i32::try_from(number).unwrap()), name);
            named.insert(number);
        }
    }
    assert_eq!(errnos::ERRNOS.len(), named.len());
}
