//! `struct rtmsg`: `192.0.2.0/24 via 198.51.100.1 dev 3 proto static metric 100`.

use netlink_packet_core::{NlaBuffer, ParseableParametrized as _};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteLwEnCapType, RouteNextHop, RouteVia,
};

use crate::decode::flags::Verb;
use crate::decode::line::Line;
use crate::decode::names::words;
use crate::decode::printable;
use crate::decode::walk::Attributes;

const HEADER_LEN: usize = 12;
const TABLE_MAIN: u32 = 254;
const TYPE_UNICAST: u8 = 1;

/// The attributes that the line shows, printed.
#[derive(Default)]
struct Shown {
    destination: Option<String>,
    source: Option<String>,
    via: Option<String>,
    dev: Option<u32>,
    table: Option<u32>,
    preferred_source: Option<String>,
    metric: Option<u32>,
    next_hop_id: Option<u32>,
    next_hops: Vec<String>,
}

pub(super) fn summary(verb: Verb, payload: &[u8]) -> Option<String> {
    let header = RouteHeader::parse(payload).ok()?;
    let shown = read(&header, &payload[HEADER_LEN..]);
    let mut line = Line::default();
    let kind = u8::from(header.kind);
    if kind > TYPE_UNICAST {
        line.word(&words::route_type(kind));
    }
    line.word(&destination(&header, shown.destination.as_deref(), verb));
    line.optional("from", shown.source.map(|ip| prefix(&ip, header.source_prefix_length)));
    line.optional("nhid", shown.next_hop_id).optional("via", shown.via).optional("dev", shown.dev);
    let table = shown.table.unwrap_or_else(|| u32::from(header.table));
    line.optional("table", shows_table(table, verb).then(|| words::route_table(table)));
    if verb != Verb::Get {
        line.pair("proto", words::route_protocol(header.protocol.into()));
        let scope = u8::from(header.scope);
        line.optional("scope", (scope != 0).then(|| words::scope(scope)));
    }
    line.optional("src", shown.preferred_source).optional("metric", shown.metric);
    shown.next_hops.iter().for_each(|hop| {
        line.pair("nexthop", hop);
    });
    Some(line.finish())
}

/// `main` goes without saying.
fn shows_table(table: u32, verb: Verb) -> bool {
    table != TABLE_MAIN && !(table == 0 && verb == Verb::Get)
}

/// A route without destination is a default route; `ip -6` prints the same word, so the family is
/// added where nothing else tells.
fn destination(header: &RouteHeader, destination: Option<&str>, verb: Verb) -> String {
    match destination {
        Some(ip) => prefix(ip, header.destination_prefix_length),
        None if verb == Verb::Get => String::new(),
        None if header.address_family == AddressFamily::Inet => "default".to_owned(),
        None => format!("default ({})", words::family(header.address_family.into())),
    }
}

/// A host's address goes without its length.
fn prefix(ip: &str, len: u8) -> String {
    let host = if ip.contains(':') { 128 } else { 32 };
    if len == host { ip.to_owned() } else { format!("{ip}/{len}") }
}

fn read(header: &RouteHeader, attributes: &[u8]) -> Shown {
    let mut shown = Shown::default();
    let param = (header.address_family, header.kind, RouteLwEnCapType::None);
    for attribute in Attributes::new(attributes) {
        let buffer = NlaBuffer::new(attribute.bytes);
        if let Ok(parsed) = RouteAttribute::parse_with_param(&buffer, param) {
            note(&mut shown, parsed);
        }
    }
    shown
}

fn note(shown: &mut Shown, attribute: RouteAttribute) {
    match attribute {
        RouteAttribute::Destination(ip) => shown.destination = Some(address(&ip)),
        RouteAttribute::Source(ip) => shown.source = Some(address(&ip)),
        RouteAttribute::Gateway(ip) => shown.via = Some(address(&ip)),
        RouteAttribute::Via(hop) => shown.via = Some(via(&hop)),
        RouteAttribute::Oif(index) => shown.dev = Some(index),
        RouteAttribute::Table(table) => shown.table = Some(table),
        RouteAttribute::PrefSource(ip) => shown.preferred_source = Some(address(&ip)),
        RouteAttribute::Priority(metric) => shown.metric = Some(metric),
        RouteAttribute::NhId(id) => shown.next_hop_id = Some(id),
        RouteAttribute::MultiPath(hops) => {
            shown.next_hops = hops.into_iter().map(next_hop).collect();
        }
        _ => {}
    }
}

/// `rtnh_hops` is the weight less one.
fn next_hop(hop: RouteNextHop) -> String {
    let mut shown = Shown::default();
    hop.attributes.into_iter().for_each(|attribute| note(&mut shown, attribute));
    let mut line = Line::default();
    line.optional("via", shown.via).pair("dev", hop.interface_index);
    line.pair("weight", u16::from(hop.hops) + 1);
    line.finish()
}

fn address(address: &RouteAddress) -> String {
    match address {
        RouteAddress::Inet(ip) => ip.to_string(),
        RouteAddress::Inet6(ip) => ip.to_string(),
        RouteAddress::Mpls(label) => label.label.to_string(),
        RouteAddress::Other(bytes) => printable::hex(bytes),
        _ => String::new(),
    }
}

fn via(via: &RouteVia) -> String {
    match via {
        RouteVia::Inet(ip) => format!("inet {ip}"),
        RouteVia::Inet6(ip) => format!("inet6 {ip}"),
        RouteVia::Packet(bytes) => printable::link_address(bytes),
        RouteVia::Other((family, bytes)) => {
            format!("{} {}", words::family((*family).into()), printable::hex(bytes))
        }
        _ => String::new(),
    }
}
