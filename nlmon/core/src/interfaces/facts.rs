//! What a datagram of rtnetlink tells of interfaces: `RTM_NEWLINK` that one is there and its name,
//! `RTM_DELLINK` that it is gone.

use std::sync::Arc;

use crate::decode::printable;
use crate::message::{Header, messages};

/// `RTM_NEWLINK`, `RTM_DELLINK`
const NEWLINK: u16 = 16;
const DELLINK: u16 = 17;
/// Bytes of `struct ifinfomsg`, and its places.
const IFINFOMSG: usize = 16;
/// `AF_BRIDGE`: a port leaves its bridge, and stays where it is.
const AF_BRIDGE: u8 = 7;
/// `ARPHRD_LOOPBACK`
const LOOPBACK: u16 = 772;
/// `IFNAMSIZ`, with a NUL.
const NAME_BYTES: usize = 16;

const IFLA_IFNAME: u16 = 3;
/// `IFLA_TARGET_NETNSID`: the interface is of another namespace.
const IFLA_TARGET_NETNSID: u16 = 46;

/// One interface's state from some time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) index: u32,
    /// `None`: it is gone.
    pub(super) name: Option<Arc<str>>,
    /// It is the loopback interface that every namespace begins with, just made.
    pub(super) first: bool,
}

impl Fact {
    /// From when on it is so, if it was told at `at_ns`. What says that an interface is gone still
    /// names it.
    pub(super) fn since_ns(&self, at_ns: u64) -> u64 {
        at_ns.saturating_add(u64::from(self.name.is_none()))
    }
}

/// Whether a datagram may have facts: what most datagrams tell at a glance.
pub(super) fn may_have_facts(data: &[u8]) -> bool {
    Header::parse(data).is_some_and(|header| matches!(header.message_type, NEWLINK | DELLINK))
}

/// The facts of a datagram of which `data` is the start.
pub(super) fn facts(data: &[u8], whole: usize) -> impl Iterator<Item = Fact> {
    messages(data, whole).filter_map(|message| match message.header.message_type {
        NEWLINK => listed(message.payload),
        DELLINK => gone(message.payload),
        _ => None,
    })
}

/// What the payload of a `RTM_NEWLINK` says.
pub(super) fn listed(payload: &[u8]) -> Option<Fact> {
    let index = index(payload)?;
    let mut name = None;
    for (number, value) in attributes(payload.get(IFINFOMSG..)?) {
        match number {
            IFLA_TARGET_NETNSID => return None,
            IFLA_IFNAME => name = printable_name(value),
            _ => {}
        }
    }
    let kind = u16::from_ne_bytes(*payload.get(2..)?.first_chunk()?);
    let change = u32::from_ne_bytes(*payload.get(12..)?.first_chunk()?);
    // Only a new device is told with all bits as changed.
    let first = index == 1 && kind == LOOPBACK && change == u32::MAX;
    Some(Fact { index, name: Some(name?), first })
}

fn gone(payload: &[u8]) -> Option<Fact> {
    if *payload.first()? == AF_BRIDGE {
        return None;
    }
    Some(Fact { index: index(payload)?, name: None, first: false })
}

fn index(payload: &[u8]) -> Option<u32> {
    let index = i32::from_ne_bytes(*payload.get(4..)?.first_chunk()?);
    u32::try_from(index).ok().filter(|&index| index != 0)
}

/// As it is shown. One that is longer than the kernel allows is none.
fn printable_name(value: &[u8]) -> Option<Arc<str>> {
    let end = value.iter().position(|&byte| byte == 0)?;
    (1..NAME_BYTES).contains(&end).then(|| printable::escape(&value[..end]).into())
}

/// Number and value of each attribute that is whole.
fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    const HEAD: usize = 4;
    const TYPE_MASK: u16 = 0x3fff;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let len = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
        let number = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?);
        let value = rest.get(HEAD..len)?;
        rest = rest.get(len.next_multiple_of(HEAD)..).unwrap_or_default();
        Some((number & TYPE_MASK, value))
    })
}
