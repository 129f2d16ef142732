//! What the parts of a packet are called by `nft`, and how it writes their values. Offsets are those
//! of the headers: RFC 791, 8200, 9293, 768, 792, 4443.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::decode::names::{Table, name_or_number};
use crate::decode::tables::{CT_STATES, ICMP_UNREACHABLE, ICMP6_UNREACHABLE};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// An address of IPv4 or IPv6, or as much of one as its prefix has.
    Address,
    /// That of four bytes of which only the first are loaded.
    Address4,
    /// The same of sixteen.
    Address6,
    /// A link layer address.
    Ether,
    /// A number in network byte order.
    Number,
    /// A number in the host's byte order.
    HostNumber,
    /// A mark: in the host's byte order, in hexadecimal.
    Mark,
    /// The name of an interface.
    Name,
    /// `NFPROTO_*`
    NetworkProtocol,
    /// `IPPROTO_*`
    TransportProtocol,
    /// The same in a header.
    Protocol,
    /// Bits of `ct state`.
    State,
    /// Bits of a TCP header.
    TcpFlags,
    IcmpType,
    IcmpCode,
    Icmpv6Type,
    Icmpv6Code,
    /// `ARPHRD_*`
    LinkType,
    PacketType,
    /// Bytes of which nothing is known.
    Bytes,
}

/// As `nft describe` lists them.
const PROTOCOLS: Table = &[
    (1, "icmp"),
    (2, "igmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "ipv6-icmp"),
    (108, "comp"),
    (132, "sctp"),
    (136, "udplite"),
];
const FAMILIES: Table = &[(2, "ipv4"), (10, "ipv6")];
const TCP_FLAGS: Table = &[
    (1, "fin"),
    (2, "syn"),
    (4, "rst"),
    (8, "psh"),
    (0x10, "ack"),
    (0x20, "urg"),
    (0x40, "ecn"),
    (0x80, "cwr"),
];
const ICMP_TYPES: Table = &[
    (0, "echo-reply"),
    (3, "destination-unreachable"),
    (4, "source-quench"),
    (5, "redirect"),
    (8, "echo-request"),
    (9, "router-advertisement"),
    (10, "router-solicitation"),
    (11, "time-exceeded"),
    (12, "parameter-problem"),
    (13, "timestamp-request"),
    (14, "timestamp-reply"),
];
const ICMPV6_TYPES: Table = &[
    (1, "destination-unreachable"),
    (2, "packet-too-big"),
    (3, "time-exceeded"),
    (4, "parameter-problem"),
    (128, "echo-request"),
    (129, "echo-reply"),
    (130, "mld-listener-query"),
    (131, "mld-listener-report"),
    (132, "mld-listener-done"),
    (133, "nd-router-solicit"),
    (134, "nd-router-advert"),
    (135, "nd-neighbor-solicit"),
    (136, "nd-neighbor-advert"),
    (137, "nd-redirect"),
];
const LINK_TYPES: Table = &[(1, "ether")];
const PACKET_TYPES: Table = &[(0, "host"), (1, "broadcast"), (2, "multicast"), (3, "other")];

/// A key of `meta`.
pub(super) fn meta(key: &str) -> (String, Sort) {
    let sort = match key {
        "nfproto" => Sort::NetworkProtocol,
        "len" => return ("meta length".to_owned(), Sort::HostNumber),
        "iftype" => return ("iiftype".to_owned(), Sort::LinkType),
        "l4-proto" => return ("meta l4proto".to_owned(), Sort::TransportProtocol),
        "iifname" | "oifname" => Sort::Name,
        "mark" => Sort::Mark,
        "pkttype" => Sort::PacketType,
        "iif" | "oif" | "iifgroup" | "oifgroup" | "skuid" | "skgid" | "cpu" => Sort::HostNumber,
        _ => Sort::Bytes,
    };
    let alone = ["iif", "oif", "iifname", "oifname", "iifgroup", "oifgroup"].contains(&key);
    (if alone { key.to_owned() } else { format!("meta {key}") }, sort)
}

/// A key of `ct`.
pub(super) fn ct(key: &str) -> (String, Sort) {
    let sort = match key {
        "state" => Sort::State,
        "mark" => Sort::Mark,
        "bytes" | "packets" | "avgpkt" => Sort::HostNumber,
        _ => Sort::Bytes,
    };
    (format!("ct {key}"), sort)
}

/// The name by which the fields of a protocol's header go.
pub(super) fn header(protocol: &str) -> &str {
    match protocol {
        "ipv4" => "ip",
        "ipv6" => "ip6",
        "ipv6-icmp" => "icmpv6",
        other => other,
    }
}

/// A field of a header, of these protocols.
pub(super) fn payload(
    base: &str,
    (network, transport): (&str, &str),
    offset: u64,
    len: u64,
) -> (String, Sort) {
    let field = match base {
        "link-layer-header" => ("ether", link_field(offset, len)),
        "network-header" => (network, network_field(network, offset, len)),
        "transport-header" => (
            if transport.is_empty() { "th" } else { transport },
            transport_field(transport, offset, len),
        ),
        _ => ("", None),
    };
    if let (header, Some((name, sort))) = field {
        return (format!("{header} {name}"), sort);
    }
    let base = match base {
        "link-layer-header" => "ll",
        "network-header" => "nh",
        "transport-header" => "th",
        _ => "ih",
    };
    (format!("@{base},{},{}", offset.saturating_mul(8), len.saturating_mul(8)), Sort::Bytes)
}

type Field = Option<(&'static str, Sort)>;

fn link_field(offset: u64, len: u64) -> Field {
    Some(match (offset, len) {
        (0, 6) => ("daddr", Sort::Ether),
        (6, 6) => ("saddr", Sort::Ether),
        _ => return None,
    })
}

/// Of an address only so many bytes are loaded as its prefix needs.
fn network_field(network: &str, offset: u64, len: u64) -> Field {
    Some(match (network, offset, len) {
        ("ip", 12, 1..=4) => ("saddr", Sort::Address4),
        ("ip", 16, 1..=4) => ("daddr", Sort::Address4),
        ("ip", 9, 1) => ("protocol", Sort::Protocol),
        ("ip", 8, 1) => ("ttl", Sort::Number),
        ("ip", 4, 2) => ("id", Sort::Number),
        ("ip", 2, 2) | ("ip6", 4, 2) => ("length", Sort::Number),
        ("ip6", 8, 1..=16) => ("saddr", Sort::Address6),
        ("ip6", 24, 1..=16) => ("daddr", Sort::Address6),
        ("ip6", 6, 1) => ("nexthdr", Sort::Protocol),
        ("ip6", 7, 1) => ("hoplimit", Sort::Number),
        _ => return None,
    })
}

fn transport_field(transport: &str, offset: u64, len: u64) -> Field {
    let has_ports = matches!(transport, "" | "tcp" | "udp" | "udplite" | "dccp" | "sctp");
    Some(match (transport, offset, len) {
        (_, 0, 2) if has_ports => ("sport", Sort::Number),
        (_, 2, 2) if has_ports => ("dport", Sort::Number),
        ("tcp", 4, 4) => ("sequence", Sort::Number),
        ("tcp", 13, 1) => ("flags", Sort::TcpFlags),
        ("tcp", 14, 2) => ("window", Sort::Number),
        ("udp", 4, 2) => ("length", Sort::Number),
        ("icmp", 0, 1) => ("type", Sort::IcmpType),
        ("icmpv6", 0, 1) => ("type", Sort::Icmpv6Type),
        ("icmp", 1, 1) => ("code", Sort::IcmpCode),
        ("icmpv6", 1, 1) => ("code", Sort::Icmpv6Code),
        ("icmp" | "icmpv6", 4, 2) => ("id", Sort::Number),
        _ => return None,
    })
}

impl Sort {
    /// Bits, of which a rule asks for some.
    pub(super) fn is_bits(self) -> bool {
        matches!(self, Self::State | Self::TcpFlags)
    }

    pub(super) fn is_address(self) -> bool {
        matches!(self, Self::Address | Self::Address4 | Self::Address6)
    }

    /// The value in words; an address with the length of its prefix, if a mask gives one.
    pub(super) fn value(self, bytes: &[u8], mask: Option<&[u8]>) -> Option<String> {
        let named = |names: Table| Some(name_or(names, big(bytes)?));
        match self {
            Self::Address | Self::Address4 | Self::Address6 => self.address(bytes, mask),
            Self::Ether => {
                let parts: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                Some(parts.join(":"))
            }
            Self::Number => big(bytes).map(|number| number.to_string()),
            Self::HostNumber => host(bytes).map(|number| number.to_string()),
            Self::Mark => host(bytes).map(|mark| format!("{mark:#010x}")),
            Self::Name => {
                let end = bytes.iter().position(|&byte| byte == 0);
                // A name that goes to the end of a shorter value is the beginning of one.
                let star = if end.is_none() { "*" } else { "" };
                let name = bytes.get(..end.unwrap_or(bytes.len()))?;
                Some(format!("\"{}{star}\"", name.escape_ascii()))
            }
            Self::NetworkProtocol => named(FAMILIES),
            Self::TransportProtocol | Self::Protocol => named(PROTOCOLS),
            Self::State => Some(bits(CT_STATES, host(bytes)?)),
            Self::TcpFlags => Some(bits(TCP_FLAGS, big(bytes)?)),
            Self::IcmpType => named(ICMP_TYPES),
            Self::IcmpCode => named(ICMP_UNREACHABLE),
            Self::Icmpv6Type => named(ICMPV6_TYPES),
            Self::Icmpv6Code => named(ICMP6_UNREACHABLE),
            Self::LinkType => host(bytes).map(|number| name_or(LINK_TYPES, number)),
            Self::PacketType => named(PACKET_TYPES),
            Self::Bytes => Some(format!("0x{}", hex(bytes))),
        }
    }

    fn address(self, bytes: &[u8], mask: Option<&[u8]>) -> Option<String> {
        let whole = match self {
            Self::Address4 => 4,
            Self::Address6 => 16,
            _ => bytes.len(),
        };
        let mut padded = bytes.to_vec();
        padded.resize(whole, 0);
        let text = if let Ok(v4) = <[u8; 4]>::try_from(padded.as_slice()) {
            Ipv4Addr::from(v4).to_string()
        } else {
            Ipv6Addr::from(<[u8; 16]>::try_from(padded.as_slice()).ok()?).to_string()
        };
        let prefix = match mask {
            Some(mask) => prefix(mask)?,
            None => 8 * bytes.len(),
        };
        Some(if prefix == 8 * whole { text } else { format!("{text}/{prefix}") })
    }
}

/// How many bits a mask has, if they are all in front.
fn prefix(mask: &[u8]) -> Option<usize> {
    let ones: u32 = mask.iter().map(|byte| byte.leading_ones()).sum();
    let set: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let full = mask.iter().take_while(|&&byte| byte == u8::MAX).count();
    let in_front =
        8 * full + usize::try_from(mask.get(full).map_or(0, |b| b.leading_ones())).ok()?;
    (ones == set && in_front == usize::try_from(set).ok()?).then_some(in_front)
}

fn big(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn host(bytes: &[u8]) -> Option<u64> {
    let number = big(bytes)?;
    let swapped = number.swap_bytes() >> (64 - 8 * bytes.len().max(1));
    Some(if cfg!(target_endian = "little") { swapped } else { number })
}

fn name_or(names: Table, number: u64) -> String {
    match u32::try_from(number) {
        Ok(number) => name_or_number(names, number).into_owned(),
        Err(_) => number.to_string(),
    }
}

fn bits(names: Table, number: u64) -> String {
    let known: Vec<_> = names.iter().filter(|e| u64::from(e.0) & number != 0).collect();
    let all = known.iter().fold(0, |all, entry| all | u64::from(entry.0));
    if all != number || number == 0 {
        return format!("{number:#x}");
    }
    known.iter().map(|entry| entry.1).collect::<Vec<_>>().join(",")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_a_prefix_if_its_bits_are_in_front() {
        assert_eq!(prefix(&[255, 255, 240, 0]), Some(20));
        assert_eq!(prefix(&[255, 0, 255, 0]), None);
        assert_eq!(prefix(&[0; 4]), Some(0));
        assert_eq!(prefix(&[255; 16]), Some(128));
    }

    #[test]
    fn what_has_no_name_is_written_as_nft_does() {
        let (words, sort) = payload("network-header", ("", ""), 12, 4);
        assert_eq!((words.as_str(), sort), ("@nh,96,32", Sort::Bytes));
        assert_eq!(sort.value(&[1, 2], None).as_deref(), Some("0x0102"));
        assert_eq!(Sort::HostNumber.value(&[], None).as_deref(), Some("0"));
        assert_eq!(Sort::Number.value(&[0; 9], None), None);
    }
}
