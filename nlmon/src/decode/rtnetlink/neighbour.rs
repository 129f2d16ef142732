//! `struct ndmsg`: `192.0.2.9 dev 3 lladdr 02:00:00:00:00:01 REACHABLE`; for a bridge's forwarding
//! table `02:00:00:00:00:01 dev 3 vlan 10 master 4 PERMANENT`.

use netlink_packet_core::{NlaBuffer, ParseableParametrized as _};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourHeader};

use crate::decode::line::Line;
use crate::decode::names::words;
use crate::decode::printable;
use crate::decode::walk::Attributes;

const HEADER_LEN: usize = 12;

/// The attributes that the line shows, printed.
#[derive(Default)]
struct Shown {
    destination: Option<String>,
    link_address: Option<String>,
    vlan: Option<u16>,
    vni: Option<u32>,
    master: Option<u32>,
}

pub(super) fn summary(payload: &[u8]) -> Option<String> {
    let header = NeighbourHeader::parse(payload).ok()?;
    let mut shown = read(&header, &payload[HEADER_LEN..]);
    let mut line = Line::default();
    if header.family == AddressFamily::Bridge {
        line.word(&shown.link_address.take().unwrap_or_default());
        line.optional("dst", shown.destination);
    } else {
        line.word(&shown.destination.unwrap_or_default());
    }
    line.optional("dev", Some(header.ifindex).filter(|&index| index != 0));
    line.optional("lladdr", shown.link_address).optional("vlan", shown.vlan);
    line.optional("vni", shown.vni).optional("master", shown.master);
    line.word(&words::neighbour_flags(header.flags.bits()));
    line.word(&words::neighbour_state(header.state.into()));
    Some(line.finish())
}

fn read(header: &NeighbourHeader, attributes: &[u8]) -> Shown {
    let mut shown = Shown::default();
    for attribute in Attributes::new(attributes) {
        let buffer = NlaBuffer::new(attribute.bytes);
        match NeighbourAttribute::parse_with_param(&buffer, header.family) {
            Ok(NeighbourAttribute::Destination(ip)) => shown.destination = Some(address(&ip)),
            Ok(NeighbourAttribute::LinkLayerAddress(bytes)) => {
                shown.link_address = Some(printable::link_address(&bytes));
            }
            Ok(NeighbourAttribute::Vlan(vlan)) => shown.vlan = Some(vlan),
            Ok(NeighbourAttribute::Vni(vni)) => shown.vni = Some(vni),
            Ok(NeighbourAttribute::Controller(index)) => shown.master = Some(index),
            _ => {}
        }
    }
    shown
}

/// A bridge's family does not tell the kind of a VXLAN peer's address; its length does.
fn address(address: &NeighbourAddress) -> String {
    match address {
        NeighbourAddress::Inet(ip) => ip.to_string(),
        NeighbourAddress::Inet6(ip) => ip.to_string(),
        NeighbourAddress::Other(bytes) => match (bytes.first_chunk::<16>(), &bytes[..]) {
            (Some(octets), _) => std::net::Ipv6Addr::from(*octets).to_string(),
            (None, [a, b, c, d]) => std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string(),
            (None, other) => printable::hex(other),
        },
        _ => String::new(),
    }
}
