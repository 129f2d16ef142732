//! `struct ifinfomsg`: `dummy0 (ifindex 5) <BROADCAST,NOARP,UP> mtu 1500 state UP kind dummy`.

use netlink_packet_core::{NlaBuffer, ParseableParametrized as _};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{LinkAttribute, LinkHeader, LinkInfo};

use crate::decode::flags::Verb;
use crate::decode::line::Line;
use crate::decode::names::words;
use crate::decode::printable;
use crate::decode::walk::Attributes;

const HEADER_LEN: usize = 16;
const IFF_UP: u32 = 1;

/// The attributes that the line shows.
#[derive(Default)]
struct Shown {
    name: Option<String>,
    mtu: Option<u32>,
    master: Option<u32>,
    lower: Option<u32>,
    state: Option<u8>,
    kind: Option<String>,
    address: Option<Vec<u8>>,
    netns: Option<String>,
    alias: Option<String>,
}

pub(super) fn summary(verb: Verb, payload: &[u8]) -> Option<String> {
    let header = LinkHeader::parse(payload).ok()?;
    let shown = read(&header, &payload[HEADER_LEN..]);
    let mut line = Line::default();
    // A bridge reports its ports with the same types: a port that leaves it is no link deleted.
    line.word(if header.interface_family == AddressFamily::Bridge { "bridge port" } else { "" });
    name(&mut line, &shown, header.index);
    if verb == Verb::New {
        flags(&mut line, &header, &shown);
    }
    line.optional("mtu", shown.mtu).optional("master", shown.master);
    line.optional("state", shown.state.map(words::oper_state)).optional("kind", shown.kind);
    if let Some(address) = shown.address.filter(|address| !address.is_empty()) {
        let layer = words::link_layer(header.link_layer_type.into());
        line.pair(&format!("link/{layer}"), printable::link_address(&address));
    }
    line.optional("netns", shown.netns).optional("alias", shown.alias);
    Some(line.finish())
}

/// `veth0@if2` is a link with another, by index, below it or at its other end.
fn name(line: &mut Line, shown: &Shown, index: u32) {
    let lower = shown.lower.filter(|&lower| lower != 0 && lower != index);
    let at = lower.map_or_else(String::new, |lower| format!("@if{lower}"));
    match (&shown.name, index) {
        (Some(name), 0) => line.word(&format!("{name}{at}")),
        (Some(name), index) => line.word(&format!("{name}{at} (ifindex {index})")),
        (None, 0) => line,
        (None, index) => line.pair("ifindex", index),
    };
}

/// A notification lists the flags that are set; a request (which has no state) says `up` or `down`
/// if it changes that.
fn flags(line: &mut Line, header: &LinkHeader, shown: &Shown) {
    let bits = header.flags.bits();
    if shown.state.is_some() {
        line.word(&format!("<{}>", words::link_flags(bits)));
    } else if header.change_mask.bits() & IFF_UP != 0 {
        line.word(if bits & IFF_UP == 0 { "down" } else { "up" });
    }
}

fn read(header: &LinkHeader, attributes: &[u8]) -> Shown {
    let mut shown = Shown::default();
    for attribute in Attributes::new(attributes) {
        let buffer = NlaBuffer::new(attribute.bytes);
        if let Ok(parsed) = LinkAttribute::parse_with_param(&buffer, header.interface_family) {
            note(&mut shown, parsed);
        }
    }
    shown
}

fn note(shown: &mut Shown, attribute: LinkAttribute) {
    match attribute {
        LinkAttribute::IfName(name) => shown.name = Some(printable::escape(name.as_bytes())),
        LinkAttribute::Mtu(mtu) => shown.mtu = Some(mtu),
        LinkAttribute::Controller(index) => shown.master = Some(index),
        LinkAttribute::Link(index) => shown.lower = Some(index),
        LinkAttribute::OperState(state) => shown.state = Some(state.into()),
        LinkAttribute::LinkInfo(infos) => shown.kind = kind(&infos),
        LinkAttribute::Address(address) => shown.address = Some(address),
        LinkAttribute::NetNsPid(pid) => shown.netns = Some(format!("of pid {pid}")),
        LinkAttribute::NetNsFd(fd) => shown.netns = Some(format!("of fd {fd}")),
        LinkAttribute::IfAlias(alias) => shown.alias = Some(printable::quoted(alias.as_bytes())),
        _ => {}
    }
}

fn kind(infos: &[LinkInfo]) -> Option<String> {
    infos.iter().find_map(|info| match info {
        LinkInfo::Kind(kind) => Some(printable::escape(kind.to_string().as_bytes())),
        _ => None,
    })
}
