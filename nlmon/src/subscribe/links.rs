//! This namespace's network devices, from a dump of `RTM_GETLINK`: what `nlmon links` shows.

use std::{io::Cursor, time::Duration};

use neli::{
    FromBytesWithInput as _,
    attr::Attribute as _,
    consts::rtnl::{Ifla, IflaInfo},
    rtnl::Ifinfomsg,
};
use serde::Serialize;

use super::{Error, Socket, dump};
use nlmon_core::decode::names::protocol;

const RTM_GETLINK: u16 = 18;

/// A network device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Interface index.
    pub index: u32,
    /// Name.
    pub name: String,
    /// Operational state (RFC 2863), in lower case.
    pub state: &'static str,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// Hardware address, empty if it has none.
    pub address: String,
    /// Kind of a virtual device, empty for others.
    pub kind: String,
}

/// Lists the devices, by index.
pub fn links(timeout: Duration) -> Result<Vec<Link>, Error> {
    let socket = Socket::open(protocol::ROUTE)?;
    // A bare `struct ifinfomsg`: every device, of every family.
    let replies = dump(&socket, RTM_GETLINK, &[0; 16], timeout)?;
    let links: Option<Vec<Link>> = replies.iter().map(|payload| Link::parse(payload)).collect();
    let mut links = links.ok_or(Error::Malformed { protocol: protocol::ROUTE })?;
    links.sort_by_key(|link| link.index);
    Ok(links)
}

impl Link {
    fn parse(payload: &[u8]) -> Option<Self> {
        let input = payload.len();
        let message = Ifinfomsg::from_bytes_with_input(&mut Cursor::new(payload), input).ok()?;
        let attributes = message.rtattrs().get_attr_handle();
        let bytes = |kind| attributes.get_attribute(kind).map(|found| found.payload().as_ref());
        let kind = attributes.get_nested_attributes::<IflaInfo>(Ifla::Linkinfo).ok();
        let kind = kind.and_then(|info| {
            info.get_attribute(IflaInfo::Kind).map(|found| text(found.payload().as_ref()))
        });
        Some(Self {
            index: u32::try_from(*message.ifi_index()).ok()?,
            name: text(bytes(Ifla::Ifname)?),
            state: state(bytes(Ifla::Operstate).and_then(|state| state.first().copied())),
            mtu: bytes(Ifla::Mtu).and_then(|mtu| mtu.try_into().ok()).map_or(0, u32::from_ne_bytes),
            address: bytes(Ifla::Address).map(address).unwrap_or_default(),
            kind: kind.unwrap_or_default(),
        })
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_suffix(&[0]).unwrap_or(bytes)).into_owned()
}

fn address(bytes: &[u8]) -> String {
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    parts.join(":")
}

/// `IF_OPER_*`, `include/uapi/linux/if.h`.
fn state(value: Option<u8>) -> &'static str {
    match value {
        Some(1) => "notpresent",
        Some(2) => "down",
        Some(3) => "lowerlayerdown",
        Some(4) => "testing",
        Some(5) => "dormant",
        Some(6) => "up",
        _ => "unknown",
    }
}
