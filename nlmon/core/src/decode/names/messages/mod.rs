//! Names of message types, by protocol. Taken from the kernel's UAPI headers, named at each table;
//! `headers` compares them with the headers themselves.

mod audit;
mod netfilter;
mod rdma;
mod route;
mod scsi;

use super::{Table, find, find_number, names, protocol};

/// A protocol whose types are of parts, each with numbers of its own.
struct Subsystems {
    protocol: u8,
    /// The bits below are the number within the part, those from here on are the part's.
    shift: u32,
    tables: &'static [(u16, Table)],
}

const PARTS: &[Subsystems] = &[
    Subsystems { protocol: protocol::NETFILTER, shift: 8, tables: netfilter::SUBSYSTEMS },
    Subsystems { protocol: protocol::RDMA, shift: 10, tables: rdma::CLIENTS },
];

/// The type's name; `None` for an unknown one.
pub(super) fn name(protocol: u8, message_type: u16) -> Option<&'static str> {
    let number = u32::from(message_type);
    find(CONTROL, number).or_else(|| match part(protocol, message_type) {
        Some((table, number)) => find(table, number),
        None => find(table(protocol), number),
    })
}

/// The number of a name within a protocol.
pub(super) fn number(protocol: u8, name: &str) -> Option<u16> {
    let fixed = find_number(CONTROL, name).or_else(|| find_number(table(protocol), name));
    let in_part = |parts: &Subsystems| {
        let numbers = parts.tables.iter().filter_map(|(part, table)| {
            Some((u32::from(*part) << parts.shift) | find_number(table, name)?)
        });
        numbers.min()
    };
    let parts = || PARTS.iter().find(|parts| parts.protocol == protocol).and_then(in_part);
    fixed.or_else(parts).and_then(|number| u16::try_from(number).ok())
}

/// Every name of every protocol.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    tables().flat_map(names)
}

/// Every table.
pub(super) fn tables() -> impl Iterator<Item = Table> {
    let parts = PARTS.iter().flat_map(|parts| parts.tables).map(|entry| entry.1);
    std::iter::once(CONTROL).chain((0..=u8::MAX).map(table)).chain(parts)
}

fn table(protocol: u8) -> Table {
    match protocol {
        protocol::ROUTE => route::ROUTE,
        protocol::SOCK_DIAG => SOCK_DIAG,
        protocol::XFRM => XFRM,
        protocol::SELINUX => SELINUX,
        protocol::ISCSI => scsi::ISCSI,
        protocol::AUDIT => audit::AUDIT,
        protocol::NETFILTER => netfilter::NETFILTER,
        protocol::GENERIC => GENERIC,
        protocol::TEST => TEST,
        protocol::SCSITRANSPORT => scsi::TRANSPORT,
        protocol::CRYPTO => CRYPTO,
        _ => &[],
    }
}

/// The table of the type's part, and its number there.
fn part(protocol: u8, message_type: u16) -> Option<(Table, u32)> {
    let parts = PARTS.iter().find(|parts| parts.protocol == protocol)?;
    let part = message_type >> parts.shift;
    let table = parts.tables.iter().find(|entry| entry.0 == part)?.1;
    Some((table, u32::from(message_type) & ((1 << parts.shift) - 1)))
}

/// `include/uapi/linux/netlink.h`: below `NLMSG_MIN_TYPE`, the same in every protocol.
const CONTROL: Table =
    &[(1, "NLMSG_NOOP"), (2, "NLMSG_ERROR"), (3, "NLMSG_DONE"), (4, "NLMSG_OVERRUN")];

/// `include/uapi/linux/genetlink.h`: the ids that are no family's own choice.
const GENERIC: Table = &[(16, "nlctrl"), (17, "VFS_DQUOT"), (18, "pmcraid")];

/// `include/uapi/linux/sock_diag.h` and `inet_diag.h`
const SOCK_DIAG: Table = &[
    (18, "TCPDIAG_GETSOCK"),
    (19, "DCCPDIAG_GETSOCK"),
    (20, "SOCK_DIAG_BY_FAMILY"),
    (21, "SOCK_DESTROY"),
];

/// `include/uapi/linux/selinux_netlink.h`
const SELINUX: Table = &[(16, "SELNL_MSG_SETENFORCE"), (17, "SELNL_MSG_POLICYLOAD")];

/// `kmod/netlink_test.h` of this repository.
const TEST: Table = &[
    (16, "NLTEST_MSG_ECHO"),
    (17, "NLTEST_MSG_GREET"),
    (18, "NLTEST_MSG_GREETING"),
    (19, "NLTEST_MSG_LOAD"),
    (20, "NLTEST_MSG_DATA"),
];

/// `include/uapi/linux/xfrm.h`
const XFRM: Table = &[
    (16, "XFRM_MSG_NEWSA"),
    (17, "XFRM_MSG_DELSA"),
    (18, "XFRM_MSG_GETSA"),
    (19, "XFRM_MSG_NEWPOLICY"),
    (20, "XFRM_MSG_DELPOLICY"),
    (21, "XFRM_MSG_GETPOLICY"),
    (22, "XFRM_MSG_ALLOCSPI"),
    (23, "XFRM_MSG_ACQUIRE"),
    (24, "XFRM_MSG_EXPIRE"),
    (25, "XFRM_MSG_UPDPOLICY"),
    (26, "XFRM_MSG_UPDSA"),
    (27, "XFRM_MSG_POLEXPIRE"),
    (28, "XFRM_MSG_FLUSHSA"),
    (29, "XFRM_MSG_FLUSHPOLICY"),
    (30, "XFRM_MSG_NEWAE"),
    (31, "XFRM_MSG_GETAE"),
    (32, "XFRM_MSG_REPORT"),
    (33, "XFRM_MSG_MIGRATE"),
    (34, "XFRM_MSG_NEWSADINFO"),
    (35, "XFRM_MSG_GETSADINFO"),
    (36, "XFRM_MSG_NEWSPDINFO"),
    (37, "XFRM_MSG_GETSPDINFO"),
    (38, "XFRM_MSG_MAPPING"),
    (39, "XFRM_MSG_SETDEFAULT"),
    (40, "XFRM_MSG_GETDEFAULT"),
    (41, "XFRM_MSG_MIGRATE_STATE"),
];

/// `include/uapi/linux/cryptouser.h`
const CRYPTO: Table = &[
    (16, "CRYPTO_MSG_NEWALG"),
    (17, "CRYPTO_MSG_DELALG"),
    (18, "CRYPTO_MSG_UPDATEALG"),
    (19, "CRYPTO_MSG_GETALG"),
    (20, "CRYPTO_MSG_DELRNG"),
    (21, "CRYPTO_MSG_GETSTAT"),
];
