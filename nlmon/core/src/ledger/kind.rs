//! The kinds of objects that the ledger keeps, which messages tell of each, and how each is asked
//! for: the data that the rest of the ledger, and whoever asks the kernel, goes by.

use serde::{Deserialize, Serialize};

use crate::decode::names::protocol::{NETFILTER, ROUTE};

/// A kind of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A network interface.
    Link,
    /// An address of an interface.
    Address,
    /// A route.
    Route,
    /// A rule of policy routing.
    Rule,
    /// A nexthop object.
    Nexthop,
    /// A permanent neighbour.
    Neighbour,
    /// A static entry of a bridge's forwarding database.
    Fdb,
    /// A VLAN of a bridge or of its port.
    Vlan,
    /// A queueing discipline.
    Qdisc,
    /// A table of nftables.
    NftTable,
    /// A chain of nftables.
    NftChain,
    /// A set of nftables, without its elements.
    NftSet,
    /// A rule of nftables.
    NftRule,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Link,
        Self::Address,
        Self::Route,
        Self::Rule,
        Self::Nexthop,
        Self::Neighbour,
        Self::Fdb,
        Self::Vlan,
        Self::Qdisc,
        Self::NftTable,
        Self::NftChain,
        Self::NftSet,
        Self::NftRule,
    ];

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Address => "address",
            Self::Route => "route",
            Self::Rule => "rule",
            Self::Nexthop => "nexthop",
            Self::Neighbour => "neighbour",
            Self::Fdb => "fdb",
            Self::Vlan => "vlan",
            Self::Qdisc => "qdisc",
            Self::NftTable => "nft table",
            Self::NftChain => "nft chain",
            Self::NftSet => "nft set",
            Self::NftRule => "nft rule",
        }
    }

    /// The name as one word, as a filter and JSON have it.
    pub fn word(self) -> String {
        self.name().replace(' ', "_")
    }

    /// Netlink protocol that tells of it.
    pub fn protocol(self) -> u8 {
        match self {
            Self::NftTable | Self::NftChain | Self::NftSet | Self::NftRule => NETFILTER,
            _ => ROUTE,
        }
    }
}

/// What a message says of its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// They are there.
    There,
    /// They are gone.
    Gone,
}

/// `NFNL_SUBSYS_NFTABLES`, in the upper byte of a type.
const NFTABLES: u16 = 10 << 8;

/// What a message of this type tells of: the NEW and DEL of each kind. A neighbour may turn out to
/// be an entry of a bridge, which has the same types.
pub fn told_by(protocol: u8, message_type: u16) -> Option<(Kind, Tells)> {
    let (kind, is_new) = match (protocol, message_type) {
        (ROUTE, 16 | 17) => (Kind::Link, message_type == 16),
        (ROUTE, 20 | 21) => (Kind::Address, message_type == 20),
        (ROUTE, 24 | 25) => (Kind::Route, message_type == 24),
        (ROUTE, 28 | 29) => (Kind::Neighbour, message_type == 28),
        (ROUTE, 32 | 33) => (Kind::Rule, message_type == 32),
        (ROUTE, 36 | 37) => (Kind::Qdisc, message_type == 36),
        (ROUTE, 104 | 105) => (Kind::Nexthop, message_type == 104),
        (ROUTE, 112 | 113) => (Kind::Vlan, message_type == 112),
        (NETFILTER, _) if message_type & 0xff00 == NFTABLES => match message_type & 0xff {
            number @ (0 | 2) => (Kind::NftTable, number == 0),
            number @ (3 | 5) => (Kind::NftChain, number == 3),
            number @ (6 | 8) => (Kind::NftRule, number == 6),
            number @ (9 | 11) => (Kind::NftSet, number == 9),
            _ => return None,
        },
        _ => return None,
    };
    Some((kind, if is_new { Tells::There } else { Tells::Gone }))
}

/// A request for all objects of a kind, or of a family of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// What it lists.
    pub cover: Cover,
    /// `nlmsg_type` of the request.
    pub message_type: u16,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// Objects that are listed, and told of, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cover {
    /// Their kind.
    pub kind: Kind,
    /// Their address family; empty for all.
    pub family: &'static str,
}

const AF_INET: u8 = 2;
const AF_BRIDGE: u8 = 7;
const AF_INET6: u8 = 10;

/// Multicast group, what it tells of, type of the request for all of that, the family in its payload,
/// and how long the payload is: `include/uapi/linux/rtnetlink.h`, `nfnetlink.h` and
/// `netfilter/nf_tables.h`. The family is the first byte of every such payload.
const DUMPS: [(u8, u32, Kind, &str, u16, u8, usize); 17] = [
    (ROUTE, 1, Kind::Link, "", 18, 0, 16),
    (ROUTE, 5, Kind::Address, "inet", 22, AF_INET, 8),
    (ROUTE, 9, Kind::Address, "inet6", 22, AF_INET6, 8),
    (ROUTE, 32, Kind::Nexthop, "", 106, 0, 8),
    (ROUTE, 7, Kind::Route, "inet", 26, AF_INET, 12),
    (ROUTE, 11, Kind::Route, "inet6", 26, AF_INET6, 12),
    (ROUTE, 8, Kind::Rule, "inet", 34, AF_INET, 12),
    (ROUTE, 19, Kind::Rule, "inet6", 34, AF_INET6, 12),
    (ROUTE, 3, Kind::Neighbour, "inet", 30, AF_INET, 12),
    (ROUTE, 3, Kind::Neighbour, "inet6", 30, AF_INET6, 12),
    (ROUTE, 3, Kind::Fdb, "", 30, AF_BRIDGE, 12),
    (ROUTE, 33, Kind::Vlan, "", 114, AF_BRIDGE, 8),
    (ROUTE, 4, Kind::Qdisc, "", 38, 0, 20),
    (NETFILTER, 7, Kind::NftTable, "", NFTABLES + 1, 0, 4),
    (NETFILTER, 7, Kind::NftChain, "", NFTABLES + 4, 0, 4),
    (NETFILTER, 7, Kind::NftSet, "", NFTABLES + 10, 0, 4),
    (NETFILTER, 7, Kind::NftRule, "", NFTABLES + 7, 0, 4),
];

/// `IFLA_EXT_MASK` with `RTEXT_FILTER_SKIP_STATS`: statistics are no state.
const SKIP_STATS: [u8; 8] = {
    let (len, number, mask) = (8_u16.to_ne_bytes(), 29_u16.to_ne_bytes(), 8_u32.to_ne_bytes());
    [len[0], len[1], number[0], number[1], mask[0], mask[1], mask[2], mask[3]]
};

/// What to ask for in a namespace in which a socket is in these groups. What no group tells of is
/// not asked for: what is known of it would be old in a moment.
pub fn dumps(protocol: u8, groups: &[u32]) -> Vec<Dump> {
    let told = DUMPS.iter().filter(|row| row.0 == protocol && groups.contains(&row.1));
    let dump = |&(_, _, kind, family, message_type, number, len): &_| {
        let mut payload = vec![0; len];
        payload[0] = number;
        if kind == Kind::Link {
            payload.extend(SKIP_STATS);
        }
        Dump { cover: Cover { kind, family }, message_type, payload }
    };
    told.map(dump).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::names::{group_name, message_type_name};

    #[test]
    fn the_numbers_are_those_of_the_names() {
        let mut found = Vec::new();
        for protocol in [ROUTE, NETFILTER] {
            for number in 0..=u16::MAX {
                if let Some((kind, tells)) = told_by(protocol, number) {
                    let verb = if tells == Tells::There { "NEW" } else { "DEL" };
                    let name = message_type_name(protocol, number).into_owned();
                    assert!(name.contains(verb), "{name}");
                    assert_eq!(kind.protocol(), protocol);
                    found.push(name);
                }
            }
        }
        assert_eq!(found.len(), 24, "{found:?}");
        let asked = |protocol, group: u32| {
            let dumps = dumps(protocol, &[group]);
            let name = |dump: &Dump| message_type_name(protocol, dump.message_type).into_owned();
            (group_name(protocol, group).into_owned(), dumps.iter().map(name).collect::<Vec<_>>())
        };
        assert_eq!(asked(ROUTE, 1), ("link".into(), vec!["RTM_GETLINK".into()]));
        assert_eq!(asked(ROUTE, 3), ("neigh".into(), vec!["RTM_GETNEIGH".into(); 3]));
        assert_eq!(asked(ROUTE, 4), ("tc".into(), vec!["RTM_GETQDISC".into()]));
        assert_eq!(asked(ROUTE, 5), ("ipv4-ifaddr".into(), vec!["RTM_GETADDR".into()]));
        assert_eq!(asked(ROUTE, 7), ("ipv4-route".into(), vec!["RTM_GETROUTE".into()]));
        assert_eq!(asked(ROUTE, 8), ("ipv4-rule".into(), vec!["RTM_GETRULE".into()]));
        assert_eq!(asked(ROUTE, 9), ("ipv6-ifaddr".into(), vec!["RTM_GETADDR".into()]));
        assert_eq!(asked(ROUTE, 11), ("ipv6-route".into(), vec!["RTM_GETROUTE".into()]));
        assert_eq!(asked(ROUTE, 19), ("ipv6-rule".into(), vec!["RTM_GETRULE".into()]));
        assert_eq!(asked(ROUTE, 32), ("nexthop".into(), vec!["RTM_GETNEXTHOP".into()]));
        assert_eq!(asked(ROUTE, 33), ("brvlan".into(), vec!["RTM_GETVLAN".into()]));
        let nft = ["TABLE", "CHAIN", "SET", "RULE"].map(|name| format!("NFT_MSG_GET{name}"));
        assert_eq!(asked(NETFILTER, 7), ("nftables".into(), nft.into()));
    }
}
