//! `struct fib_rule_hdr`: `100: from 198.51.100.0/24 fwmark 0x1 lookup 200`.

use std::net::IpAddr;

use netlink_packet_core::{NlaBuffer, Parseable as _};
use netlink_packet_route::rule::{RuleAttribute, RuleHeader};

use crate::decode::line::Line;
use crate::decode::names::words;
use crate::decode::printable;
use crate::decode::walk::Attributes;

const HEADER_LEN: usize = 12;
const ACTION_LOOKUP: u8 = 1;
const ACTION_GOTO: u8 = 2;
/// `FIB_RULE_INVERT`
const INVERT: u32 = 2;

/// The attributes that the line shows.
#[derive(Default)]
struct Shown {
    priority: Option<u32>,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    mark: Option<u32>,
    mask: Option<u32>,
    input: Option<String>,
    output: Option<String>,
    table: Option<u32>,
    target: Option<u32>,
    l3mdev: bool,
}

pub(super) fn summary(payload: &[u8]) -> Option<String> {
    let header = RuleHeader::parse(payload).ok()?;
    let shown = read(&payload[HEADER_LEN..]);
    let mut line = Line::default();
    line.word(&shown.priority.map_or_else(String::new, |priority| format!("{priority}:")));
    line.word(if header.flags.bits() & INVERT == 0 { "" } else { "not" });
    line.pair("from", prefix(shown.source, header.src_len));
    line.optional("to", shown.destination.map(|ip| prefix(Some(ip), header.dst_len)));
    line.optional("fwmark", shown.mark.map(|mark| firewall_mark(mark, shown.mask)));
    line.optional("iif", shown.input).optional("oif", shown.output);
    let action = u8::from(header.action);
    let table = shown.table.unwrap_or_else(|| u32::from(header.table));
    match action {
        ACTION_LOOKUP if shown.l3mdev => line.word("lookup [l3mdev-table]"),
        ACTION_LOOKUP => line.pair("lookup", words::route_table(table)),
        ACTION_GOTO => line.pair("goto", shown.target.unwrap_or_default()),
        _ => line.word(&words::rule_action(action)),
    };
    Some(line.finish())
}

fn prefix(ip: Option<IpAddr>, len: u8) -> String {
    match ip {
        None => "all".to_owned(),
        Some(ip) if len == if ip.is_ipv4() { 32 } else { 128 } => ip.to_string(),
        Some(ip) => format!("{ip}/{len}"),
    }
}

fn firewall_mark(value: u32, mask: Option<u32>) -> String {
    match mask {
        None | Some(u32::MAX) => format!("{value:#x}"),
        Some(mask) => format!("{value:#x}/{mask:#x}"),
    }
}

fn read(attributes: &[u8]) -> Shown {
    let mut shown = Shown::default();
    for attribute in Attributes::new(attributes) {
        if let Ok(parsed) = RuleAttribute::parse(&NlaBuffer::new(attribute.bytes)) {
            note(&mut shown, parsed);
        }
    }
    shown
}

fn note(shown: &mut Shown, attribute: RuleAttribute) {
    match attribute {
        RuleAttribute::Priority(priority) => shown.priority = Some(priority),
        RuleAttribute::Source(ip) => shown.source = Some(ip),
        RuleAttribute::Destination(ip) => shown.destination = Some(ip),
        RuleAttribute::FwMark(mark) => shown.mark = Some(mark),
        RuleAttribute::FwMask(mask) => shown.mask = Some(mask),
        RuleAttribute::Iifname(name) => shown.input = Some(printable::escape(name.as_bytes())),
        RuleAttribute::Oifname(name) => shown.output = Some(printable::escape(name.as_bytes())),
        RuleAttribute::Table(table) => shown.table = Some(table),
        RuleAttribute::Goto(target) => shown.target = Some(target),
        RuleAttribute::L3MDev(on) => shown.l3mdev = on,
        _ => {}
    }
}
