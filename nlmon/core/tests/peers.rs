//! The golden datagrams as the decoders of the rust-netlink project read them, value for value. Their
//! crates give a message as Rust values, of which the debug form is a tree with the attributes in the
//! order of the message, as nlmon's has them: so they are paired by place, and members of structures
//! by name. What is compared is what has one form on both sides: numbers, texts and addresses.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

mod captures;
mod rust_debug;

use std::collections::BTreeMap;
use std::fmt::Debug;

use ethtool::EthtoolMessage;
use netlink_packet_audit::AuditMessage;
use netlink_packet_core::{NetlinkDeserializable, NetlinkMessage};
use netlink_packet_generic::GenlMessage;
use netlink_packet_generic::ctrl::GenlCtrl;
use netlink_packet_netfilter::NetfilterMessage;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_xfrm::XfrmMessage;
use nlmon_core::decode::attribute::{Attribute, Value};
use nlmon_core::decode::names::protocol;
use nlmon_core::decode::{Context, Families, Message, decode};
use nlmon_core::message::{HEADER_BYTES, Header};
use rust_debug::Node;
use wl_nl80211::Nl80211Message;

/// Values that have to be compared at least: fewer would mean that the pairing no longer works.
const LEAST: usize = 4200;
/// And so many attributes.
const LEAST_NAMES: usize = 320;

/// What the crates do not read, by what nlmon calls it and their own words, and why that is no fault
/// of nlmon. Where a crate reads a message, it shows no other value.
const REFUSED: [(&str, &str, &str); 13] = [
    ("ETHTOOL_MSG_", "Unsupported ethtool reply command", "has some of the commands, as replies"),
    ("ETHTOOL_MSG_FEATURES_GET_REPLY", "feature message", "takes a bitset for one with names"),
    ("RTM_GETMDB", "Unknown message type", "has no such type"),
    ("RTM_NEWMDB", "Unknown message type", "has no such type"),
    ("RTM_GETNETCONF", "Unknown message type", "has no such type"),
    ("RTM_NEWNETCONF", "Unknown message type", "has no such type"),
    ("RTM_NEWLINKPROP", "Unknown message type", "has no such type"),
    ("RTM_NEWNEXTHOP", "Unknown message type", "has no such type"),
    ("RTM_NEWLINK", "invalid IFLA_MTU value", "the request is wrong: the kernel refused it, too"),
    ("SOCK_DIAG_BY_FAMILY", "Buffer too small: 56", "takes a request for an answer"),
    ("SOCK_DIAG_BY_FAMILY", "invalid AF_UNIX response", "takes a request for an answer"),
    ("SOCK_DIAG_BY_FAMILY", "unknown address family 17", "has no packet sockets"),
    ("XFRM_MSG_GETSA", "invalid length", "expects xfrm_usersa_id, which a dump's request has not"),
];

/// Words of nlmon and what the crates have in their place: a number, or a word of their own. By the
/// kernel's headers each pair is one value.
const WORDS: [(&str, &str); 48] = [
    ("20-noht", "NoHt20"),
    // The crate's name of IFLA_STATS_LINK_XSTATS_SLAVE.
    (
        "link-64,link-xstats,link-xstats-slave,link-offload-xstats,af-spec",
        "Link64 | LinkXstats | LinkXstatsPort | LinkOffloadXstats | AfSpec",
    ),
    ("cmd-cap-do,cmd-cap-haspol,uns-admin-perm", "26"),
    ("admin-perm,cmd-cap-do,cmd-cap-haspol", "11"),
    ("cmd-cap-do,cmd-cap-dump,cmd-cap-haspol", "14"),
    ("cmd-cap-do,cmd-cap-haspol", "10"),
    ("cmd-cap-dump,cmd-cap-haspol", "12"),
    ("cmd-cap-do,cmd-cap-dump,cmd-cap-haspol,uns-admin-perm", "30"),
    ("admin-perm,cmd-cap-dump,cmd-cap-haspol", "13"),
    ("admin-perm,cmd-cap-dump", "5"),
    ("admin-perm,cmd-cap-do,cmd-cap-dump,cmd-cap-haspol", "15"),
    ("cmd-cap-dump,cmd-cap-haspol,uns-admin-perm", "28"),
    ("global", "Universe"),
    ("main", "254"),
    ("local", "255"),
    ("default", "253"),
    ("unspec", "0"),
    ("none", "0"),
    ("ESTAB", "1"),
    ("UNCONN", "7"),
    ("LISTEN", "10"),
    ("forever", "4294967295"),
    ("off", "4294967295"),
    ("0", "Unspec"),
    ("0", "Success"),
    // NL80211_BSS_CHAN_WIDTH_20 is 0.
    ("20", "0"),
    ("lookup", "ToTable"),
    ("ccmp", "1027076"),
    ("ccmp", "Ccmp128"),
    ("gcmp", "Gcmp128"),
    ("aes-cmac", "BipCmac128"),
    ("1", "LocalIn"),
    ("kernel_ll", "LinkLocal"),
    ("kernel_lo", "Loopback"),
    ("send", "2"),
    ("receive", "1"),
    // NUD_NOARP | NUD_PERMANENT
    ("NOARP,PERMANENT", "192"),
    // NTF_MASTER has the name NTF_CONTROLLER in no header, and the same value.
    ("master", "Controller"),
    ("tunnel", "1"),
    ("inet", "2"),
    ("34958", "Pae"),
    ("1041", "Ess | Privacy | ShortSlotTime"),
    ("root", "65535:65535"),
    ("ingress", "65535:65521"),
    ("none", "0:0"),
    ("0", "0:0"),
    ("ffff:", "65535:0"),
    ("1:10", "1:16"),
];

/// What was found.
#[derive(Debug, Default)]
struct Found {
    compared: usize,
    names: BTreeMap<String, usize>,
    /// Messages that a crate refuses to read, by its own words.
    refused: BTreeMap<String, usize>,
    differences: Vec<String>,
}

fn debug_of<T: NetlinkDeserializable + Debug>(bytes: &[u8]) -> Result<String, String> {
    NetlinkMessage::<T>::deserialize(bytes)
        .map(|message| format!("{message:?}"))
        .map_err(|error| error.to_string())
}

/// What the crate for a message makes of it; `None` where there is none.
fn peer(
    number: u8,
    families: &Families,
    header: &Header,
    bytes: &[u8],
) -> Option<Result<String, String>> {
    let family = families.name(header.message_type);
    Some(match (number, family) {
        (protocol::ROUTE, _) => debug_of::<RouteNetlinkMessage>(bytes),
        (protocol::NETFILTER, _) => debug_of::<NetfilterMessage>(bytes),
        (protocol::SOCK_DIAG, _) => debug_of::<SockDiagMessage>(bytes),
        (protocol::AUDIT, _) => debug_of::<AuditMessage>(bytes),
        (protocol::XFRM, _) => debug_of::<XfrmMessage>(bytes),
        (protocol::GENERIC, Some("nlctrl")) => debug_of::<GenlMessage<GenlCtrl>>(bytes),
        (protocol::GENERIC, Some("nl80211")) => debug_of::<GenlMessage<Nl80211Message>>(bytes),
        (protocol::GENERIC, Some("ethtool")) => debug_of::<GenlMessage<EthtoolMessage>>(bytes),
        _ => return None,
    })
}

/// The list of attributes, wherever in the message it is.
fn attributes(node: &Node) -> Option<&[Node]> {
    match node {
        Node::Struct(_, fields) => {
            let own = fields.iter().find_map(|(name, value)| match (&**name, value) {
                ("attributes" | "nlas", Node::List(list)) => Some(&**list),
                _ => None,
            });
            own.or_else(|| fields.iter().find_map(|(_, value)| attributes(value)))
        }
        Node::Tuple(_, values) => values.iter().find_map(attributes),
        Node::List(_) | Node::Text(_) => None,
    }
}

/// The fixed header, which nlmon has as a structure before the attributes.
fn fixed(node: &Node) -> Option<&Node> {
    match node {
        Node::Struct(_, fields) => {
            let header = fields.iter().find(|(name, _)| name == "header").map(|(_, value)| value);
            let has_list = fields.iter().any(|(name, _)| name == "attributes" || name == "nlas");
            header
                .filter(|_| has_list)
                .or_else(|| fields.iter().find_map(|(_, value)| fixed(value)))
        }
        Node::Tuple(_, values) => values.iter().find_map(fixed),
        Node::List(_) | Node::Text(_) => None,
    }
}

impl Found {
    fn message(&mut self, message: &Message, node: &Node) {
        let Some(theirs) = attributes(node) else { return };
        let is_header =
            |attribute: &&Attribute| attribute.name.starts_with(|c: char| c.is_lowercase());
        let head: Vec<_> = message.attributes.iter().take_while(is_header).collect();
        if let (Some(Node::Struct(_, fields)), Some(header)) = (fixed(node), head.first()) {
            self.members(message.kind(), header, fields);
        }
        let ours = &message.attributes[head.len()..];
        // wl-nl80211 has a text twice, as bytes and as text.
        let is_raw = |node: &&Node| matches!(node, Node::Tuple(name, _) if name.ends_with("Raw"));
        let theirs: Vec<_> = theirs.iter().filter(|node| !is_raw(node)).collect();
        if ours.len() == theirs.len() {
            for (ours, theirs) in ours.iter().zip(&theirs) {
                self.pair(message.kind(), ours, theirs);
            }
        } else {
            let said =
                format!("{}: {} attributes for {}", message.kind(), theirs.len(), ours.len());
            *self.refused.entry(said).or_default() += 1;
        }
    }

    fn pair(&mut self, within: &str, ours: &Attribute, theirs: &Node) {
        let within = format!("{within}/{}", ours.name);
        let inside = match theirs {
            Node::Tuple(name, _) if name == "Other" => return,
            Node::Tuple(_, values) if values.len() == 1 => &values[0],
            other => other,
        };
        match (&ours.value, inside) {
            (None, Node::List(list)) if list.len() == ours.attributes.len() => {
                for (ours, theirs) in ours.attributes.iter().zip(list) {
                    self.pair(&within, ours, theirs);
                }
            }
            (None, Node::Struct(_, fields)) => self.members(&within, ours, fields),
            (Some(value), theirs) => self.leaf(&within, value, theirs),
            (None, _) => {}
        }
    }

    /// Members with the same name but for their prefix.
    fn members(&mut self, within: &str, ours: &Attribute, fields: &[(String, Node)]) {
        for member in &ours.attributes {
            let same = |name: &String| {
                member.name == *name
                    || member.name.split_once('_').is_some_and(|(_, rest)| rest == name)
            };
            let Some((_, theirs)) = fields.iter().find(|(name, _)| same(name)) else { continue };
            if let Some(value) = &member.value {
                self.leaf(&format!("{within}/{}", member.name), value, theirs);
            }
        }
    }

    fn leaf(&mut self, name: &str, ours: &Value, theirs: &Node) {
        let last = name.rsplit('/').next().unwrap_or(name);
        // What stands in a list has no name, and many words.
        if last.parse::<u16>().is_ok() {
            return;
        }
        let Some(same) = same(name, ours, theirs) else { return };
        self.compared += 1;
        *self.names.entry(last.to_owned()).or_default() += 1;
        if !same {
            self.differences.push(format!("{name}: {ours} here, {theirs:?} there"));
        }
    }
}

/// Whether two values are the same; `None` where they have no form in common.
fn same(name: &str, ours: &Value, theirs: &Node) -> Option<bool> {
    match theirs {
        Node::Tuple(_, values) if values.len() == 1 => same(name, ours, &values[0]),
        Node::Tuple(..) => None,
        Node::List(list) => bytes(list).and_then(|bytes| of_bytes(ours, &bytes)),
        Node::Struct(kind, fields) => match (&**kind, &**fields) {
            ("DefaultNla", [.., (_, Node::List(value))]) => of_attribute(ours, &bytes(value)?),
            ("TcHandle", [(_, Node::Text(major)), (_, Node::Text(minor))]) => {
                let same = ours.to_string() == format!("{major}:").replace(":0", ":");
                Some(same || text(name, &ours.to_string(), &format!("{major}:{minor}")))
            }
            _ => None,
        },
        Node::Text(theirs) => Some(text(name, &ours.to_string(), theirs)),
    }
}

fn bytes(list: &[Node]) -> Option<Vec<u8>> {
    let byte = |node: &Node| if let Node::Text(text) = node { text.parse().ok() } else { None };
    list.iter().map(byte).collect()
}

/// An array of bytes: an address, bytes in hexadecimal, or a text with zeros behind it.
fn of_bytes(ours: &Value, bytes: &[u8]) -> Option<bool> {
    let Value::Text(ours) = ours else { return None };
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let is_hex = ours.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    let c_string = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let is_text = c_string.len() > 4 && c_string.iter().all(u8::is_ascii_graphic);
    match (is_hex, is_text) {
        (true, _) => Some(*ours == hex.join(":") || *ours == hex.concat()),
        (false, true) => Some(ours.as_bytes() == c_string),
        (false, false) => None,
    }
}

/// An attribute that a crate leaves as bytes: those of netfilter are in network byte order.
fn of_attribute(ours: &Value, bytes: &[u8]) -> Option<bool> {
    let Value::Number(ours) = ours else { return of_bytes(ours, bytes) };
    let theirs = bytes.iter().fold(0_i128, |all, byte| all << 8 | i128::from(*byte));
    Some(i128::from(*ours) == theirs)
}

/// Texts, numbers and words.
fn text(name: &str, ours: &str, theirs: &str) -> bool {
    if let Some(quoted) = theirs.strip_prefix('"') {
        return ours == quoted.trim_end_matches('"');
    }
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse::<i128>().ok(),
    };
    if let (Some(ours), Some(theirs)) = (number(ours), number(theirs)) {
        return ours == theirs || WORDS.contains(&(&*ours.to_string(), &*theirs.to_string()));
    }
    // A flag is a variant without a value: its name says the same.
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_flag = ours == "true" && words(last).concat().ends_with(&words(theirs).concat());
    let is_boolean = matches!((ours, theirs), ("0", "false") | ("1", "true"));
    is_flag || is_boolean || words(ours) == words(theirs) || WORDS.contains(&(ours, theirs))
}

/// The words of a set in one order and one form.
fn words(text: &str) -> Vec<String> {
    let plain = |word: &str| -> String {
        let kept = word.chars().filter(char::is_ascii_alphanumeric);
        kept.collect::<String>().to_ascii_lowercase()
    };
    let mut words: Vec<_> = text.split([',', '|']).map(plain).collect();
    words.sort();
    words
}

#[test]
fn the_crates_of_rust_netlink_read_the_same_values() {
    let families = captures::families();
    let context = Context::new(&families);
    let mut found = Found::default();
    for (file, protocol) in captures::FILES {
        for (_, datagram) in captures::read(file) {
            if file == "uevent" {
                continue;
            }
            let len = u32::try_from(datagram.len()).unwrap();
            let mut at = 0;
            for message in decode(protocol, &datagram, len, &context).messages {
                let size = usize::try_from(message.len).unwrap();
                let Some(bytes) = datagram.get(at..at + size) else { continue };
                at += size.next_multiple_of(4);
                let Some(header) = Header::parse(bytes).filter(|_| size > HEADER_BYTES) else {
                    continue;
                };
                match peer(protocol, &families, &header, bytes) {
                    Some(Ok(text)) => found.message(&message, &Node::parse(&text)),
                    Some(Err(error)) => {
                        *found
                            .refused
                            .entry(format!("{}: {error}", message.kind()))
                            .or_default() += 1;
                    }
                    None => {}
                }
            }
        }
    }
    println!("{} values of {} attributes are compared", found.compared, found.names.len());
    let unexplained: Vec<_> = found.refused.keys().filter(|said| !is_explained(said)).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    found.differences.sort();
    found.differences.dedup();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    assert!(found.compared >= LEAST && found.names.len() >= LEAST_NAMES, "{:?}", found.names);
}

fn is_explained(said: &str) -> bool {
    REFUSED.iter().any(|(kind, words, _why)| said.starts_with(kind) && said.contains(words))
}

/// What the comparison above is worth.
#[test]
fn other_values_are_seen_as_other() {
    let number = |theirs: &str| same("IFLA_MTU", &Value::Number(1500), &Node::parse(theirs));
    assert_eq!((number("Mtu(1500)"), number("Mtu(1501)")), (Some(true), Some(false)));
    let words =
        |ours: &str, theirs| same("x", &Value::Text(ours.to_owned().into()), &Node::parse(theirs));
    assert_eq!(words("UP,BROADCAST", "Flags(Broadcast | Up)"), Some(true));
    assert_eq!(words("UP", "Flags(Broadcast | Up)"), Some(false));
    assert_eq!(words("lo", "IfName(\"lo\")"), Some(true));
    assert_eq!(words("lo", "IfName(\"l\")"), Some(false));
    assert_eq!(words("00:01", "Address([0, 1])"), Some(true));
    assert_eq!(words("00:01", "Address([0, 2])"), Some(false));
    assert_eq!(words("192.0.2.1", "Address(Inet(192.0.2.1))"), Some(true));
    assert_eq!(words("192.0.2.1", "Address(Inet(192.0.2.2))"), Some(false));
}
