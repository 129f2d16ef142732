//! `struct ifaddrmsg`: `192.0.2.1/24 dev 5 scope global secondary`.

use std::net::IpAddr;

use netlink_packet_core::{NlaBuffer, Parseable as _};
use netlink_packet_route::address::{AddressAttribute, AddressHeader};

use crate::decode::line::Line;
use crate::decode::names::words;
use crate::decode::printable;
use crate::decode::walk::Attributes;

const HEADER_LEN: usize = 8;

/// The attributes that the line shows.
#[derive(Default)]
struct Shown {
    local: Option<IpAddr>,
    address: Option<IpAddr>,
    label: Option<String>,
    broadcast: Option<String>,
    flags: Option<u32>,
}

pub(super) fn summary(payload: &[u8]) -> Option<String> {
    let header = AddressHeader::parse(payload).ok()?;
    let shown = read(&payload[HEADER_LEN..]);
    let mut line = Line::default();
    address(&mut line, &shown, header.prefix_len);
    line.optional("brd", shown.broadcast);
    line.optional("dev", Some(header.index).filter(|&index| index != 0));
    line.pair("scope", words::scope(header.scope.into()));
    // The attribute widens the header's eight bits; a request may have just those.
    let bits = shown.flags.unwrap_or_else(|| u32::from(header.flags.bits()));
    line.word(&words::address_flags(bits)).optional("label", shown.label);
    Some(line.finish())
}

/// On a point-to-point link `IFA_ADDRESS` is the other end, as in `local peer other/32`.
fn address(line: &mut Line, shown: &Shown, prefix_len: u8) {
    match (shown.local, shown.address) {
        (Some(local), Some(peer)) if local != peer => {
            line.word(&local.to_string()).pair("peer", format_args!("{peer}/{prefix_len}"));
        }
        (Some(ip), _) | (None, Some(ip)) => {
            line.word(&format!("{ip}/{prefix_len}"));
        }
        (None, None) => {}
    }
}

fn read(attributes: &[u8]) -> Shown {
    let mut shown = Shown::default();
    for attribute in Attributes::new(attributes) {
        match AddressAttribute::parse(&NlaBuffer::new(attribute.bytes)) {
            Ok(AddressAttribute::Local(ip)) => shown.local = Some(ip),
            Ok(AddressAttribute::Address(ip)) => shown.address = Some(ip),
            Ok(AddressAttribute::Broadcast(ip)) => shown.broadcast = Some(ip.to_string()),
            Ok(AddressAttribute::Flags(flags)) => shown.flags = Some(flags.bits()),
            Ok(AddressAttribute::Label(label)) => {
                shown.label = Some(printable::escape(label.as_bytes()));
            }
            _ => {}
        }
    }
    shown
}
