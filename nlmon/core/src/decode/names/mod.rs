//! The one place of names: protocols, message types, multicast groups, errno values, and the
//! words of `ip` for numbers inside messages. Numbers become names and names become numbers here
//! and nowhere else; metrics, log and filters all ask these functions.
//!
//! Invariant: an unknown number is its decimal text, so that every value has exactly one name and
//! [`parse_protocol`] and its sisters accept whatever the other direction printed.

mod errnos;
mod groups;
#[cfg(test)]
pub(super) mod headers;
mod messages;
pub mod words;

use std::borrow::Cow;

/// Netlink protocol numbers that the code itself has to tell apart.
pub mod protocol {
    /// `NETLINK_ROUTE`
    pub const ROUTE: u8 = 0;
    /// `NETLINK_UNUSED`
    pub const UNUSED: u8 = 1;
    /// `NETLINK_USERSOCK`: always there, without a socket of the kernel, and open to everybody.
    pub const USERSOCK: u8 = 2;
    /// `NETLINK_SOCK_DIAG`
    pub const SOCK_DIAG: u8 = 4;
    /// `NETLINK_XFRM`
    pub const XFRM: u8 = 6;
    /// `NETLINK_SELINUX`
    pub const SELINUX: u8 = 7;
    /// `NETLINK_ISCSI`
    pub const ISCSI: u8 = 8;
    /// `NETLINK_AUDIT`
    pub const AUDIT: u8 = 9;
    /// `NETLINK_FIB_LOOKUP`
    pub const FIB_LOOKUP: u8 = 10;
    /// `NETLINK_CONNECTOR`
    pub const CONNECTOR: u8 = 11;
    /// `NETLINK_NETFILTER`
    pub const NETFILTER: u8 = 12;
    /// `NETLINK_KOBJECT_UEVENT`
    pub const KOBJECT_UEVENT: u8 = 15;
    /// `NETLINK_GENERIC`
    pub const GENERIC: u8 = 16;
    /// The project's own test module, on a number that the kernel leaves unused.
    pub const TEST: u8 = 17;
    /// `NETLINK_SCSITRANSPORT`
    pub const SCSITRANSPORT: u8 = 18;
    /// `NETLINK_RDMA`
    pub const RDMA: u8 = 20;
    /// `NETLINK_CRYPTO`
    pub const CRYPTO: u8 = 21;
}

/// A table of names, sorted by number.
pub(super) type Table = &'static [(u32, &'static str)];

/// `include/uapi/linux/netlink.h`, in lower case without `NETLINK_`; 17 is the test module.
pub(super) static PROTOCOLS: Table = &[
    (0, "route"),
    (1, "unused"),
    (2, "usersock"),
    (3, "firewall"),
    (4, "sock_diag"),
    (5, "nflog"),
    (6, "xfrm"),
    (7, "selinux"),
    (8, "iscsi"),
    (9, "audit"),
    (10, "fib_lookup"),
    (11, "connector"),
    (12, "netfilter"),
    (13, "ip6_fw"),
    (14, "dnrtmsg"),
    (15, "kobject_uevent"),
    (16, "generic"),
    (17, "test"),
    (18, "scsitransport"),
    (19, "ecryptfs"),
    (20, "rdma"),
    (21, "crypto"),
    (22, "smc"),
];

/// The protocol's name: `route`, `sock_diag`, `test`, or its number.
pub fn protocol_name(protocol: u8) -> Cow<'static, str> {
    name_or_number(PROTOCOLS, u32::from(protocol))
}

/// The protocol of a name or number.
pub fn parse_protocol(text: &str) -> Option<u8> {
    parse(PROTOCOLS, text).and_then(|number| u8::try_from(number).ok())
}

/// Every protocol name.
pub fn protocol_names() -> impl Iterator<Item = &'static str> {
    names(PROTOCOLS)
}

/// The message type's name: `RTM_NEWLINK`, `NLMSG_ERROR`, `nlctrl`, or its number.
pub fn message_type_name(protocol: u8, message_type: u16) -> Cow<'static, str> {
    messages::name(protocol, message_type)
        .map_or_else(|| Cow::Owned(message_type.to_string()), Cow::Borrowed)
}

/// Whether the message type has a name.
pub fn is_known_message_type(protocol: u8, message_type: u16) -> bool {
    messages::name(protocol, message_type).is_some()
}

/// The message type of a name or number within a protocol.
pub fn parse_message_type(protocol: u8, text: &str) -> Option<u16> {
    text.parse().ok().or_else(|| messages::number(protocol, text))
}

/// Every message type name of every protocol, some of them more than once.
pub fn message_type_names() -> impl Iterator<Item = &'static str> {
    messages::all()
}

/// The multicast group's name: `link`, `ipv4-route`, `greeting`, or its number.
pub fn group_name(protocol: u8, group: u32) -> Cow<'static, str> {
    name_or_number(groups::table(protocol), group)
}

/// The group of a name or number within a protocol.
pub fn parse_group(protocol: u8, text: &str) -> Option<u32> {
    parse(groups::table(protocol), text)
}

/// Every group name of every protocol, some of them more than once.
pub fn group_names() -> impl Iterator<Item = &'static str> {
    groups::all()
}

/// The errno's name, from its positive or negative value: `ENOENT`, or its number; 0 is `ok`.
pub fn errno_name(errno: i32) -> Cow<'static, str> {
    match errno.unsigned_abs() {
        0 => Cow::Borrowed("ok"),
        value => name_or_number(errnos::ERRNOS, value),
    }
}

/// The positive errno of a name or number.
pub fn parse_errno(text: &str) -> Option<i32> {
    parse(errnos::ERRNOS, text).and_then(|number| i32::try_from(number).ok())
}

/// Every errno name.
pub fn errno_names() -> impl Iterator<Item = &'static str> {
    names(errnos::ERRNOS)
}

fn find(table: Table, number: u32) -> Option<&'static str> {
    let index = table.binary_search_by_key(&number, |entry| entry.0).ok()?;
    table.get(index).map(|entry| entry.1)
}

fn find_number(table: Table, name: &str) -> Option<u32> {
    table.iter().find(|entry| entry.1.eq_ignore_ascii_case(name)).map(|entry| entry.0)
}

pub(super) fn name_or_number(table: Table, number: u32) -> Cow<'static, str> {
    find(table, number).map_or_else(|| Cow::Owned(number.to_string()), Cow::Borrowed)
}

fn parse(table: Table, text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| find_number(table, text))
}

fn names(table: Table) -> impl Iterator<Item = &'static str> {
    table.iter().map(|entry| entry.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_sorted(table: Table) {
        assert!(table.is_sorted_by(|a, b| a.0 < b.0), "{table:?}");
    }

    #[test]
    fn tables_are_sorted_and_free_of_duplicates() {
        assert_sorted(PROTOCOLS);
        assert_sorted(errnos::ERRNOS);
        (0..=u8::MAX).for_each(|protocol| assert_sorted(groups::table(protocol)));
        messages::tables().for_each(assert_sorted);
    }

    #[test]
    fn protocols_have_their_kernel_names() {
        assert_eq!(protocol_name(0), "route");
        assert_eq!(protocol_name(4), "sock_diag");
        assert_eq!(protocol_name(17), "test");
        assert_eq!(protocol_name(31), "31");
    }

    #[test]
    fn every_number_survives_the_way_there_and_back() {
        for protocol in 0..=u8::MAX {
            assert_eq!(parse_protocol(&protocol_name(protocol)), Some(protocol));
            for group in 0..64 {
                assert_eq!(parse_group(protocol, &group_name(protocol, group)), Some(group));
            }
            for message_type in 0..0x2000 {
                let name = message_type_name(protocol, message_type);
                assert_eq!(parse_message_type(protocol, &name), Some(message_type), "{name}");
            }
        }
        for errno in 1..4096 {
            assert_eq!(parse_errno(&errno_name(errno)), Some(errno));
        }
    }

    #[test]
    fn message_types_have_their_kernel_names() {
        assert_eq!(message_type_name(protocol::ROUTE, 16), "RTM_NEWLINK");
        assert_eq!(message_type_name(protocol::TEST, 2), "NLMSG_ERROR");
        assert_eq!(message_type_name(protocol::GENERIC, 16), "nlctrl");
        assert_eq!(message_type_name(protocol::NETFILTER, 0x0a06), "NFT_MSG_NEWRULE");
        assert_eq!(message_type_name(protocol::NETFILTER, 0x0100), "IPCTNL_MSG_CT_NEW");
        assert_eq!(message_type_name(protocol::NETFILTER, 16), "NFNL_MSG_BATCH_BEGIN");
        assert_eq!(message_type_name(protocol::SOCK_DIAG, 20), "SOCK_DIAG_BY_FAMILY");
        assert_eq!(message_type_name(protocol::TEST, 0x12), "NLTEST_MSG_GREETING");
        assert_eq!(message_type_name(protocol::ROUTE, 9999), "9999");
    }

    #[test]
    fn groups_are_named_by_protocol() {
        assert_eq!(group_name(protocol::ROUTE, 1), "link");
        assert_eq!(group_name(protocol::ROUTE, 5), "ipv4-ifaddr");
        assert_eq!(group_name(protocol::TEST, 1), "greeting");
        assert_eq!(group_name(protocol::NETFILTER, 7), "nftables");
        assert_eq!(group_name(protocol::ROUTE, 1_000_000), "1000000");
    }

    #[test]
    fn errnos_are_named_whatever_their_sign() {
        assert_eq!(errno_name(-17), "EEXIST");
        assert_eq!(errno_name(105), "ENOBUFS");
        assert_eq!(errno_name(0), "ok");
        assert_eq!(errno_name(i32::MIN), "2147483648");
        assert_eq!(parse_errno("enobufs"), Some(105));
    }
}
