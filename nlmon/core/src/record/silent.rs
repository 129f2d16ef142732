//! A change that the kernel made and told nobody of. When a device goes down or an address goes,
//! the kernel removes the routes that depended on it and sends no `RTM_DELROUTE` for them.

use std::net::IpAddr;

use super::Observation;

/// Routes that were removed from one table, all at once, without a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// Where, when, in which task, inside which request, by which system call: as of a datagram that
    /// was sent then. Its path is [`super::Path::Silent`]; there are no bytes.
    pub observation: Observation,
    /// Which routes.
    pub routes: Vec<RemovedRoute>,
    /// How many were removed, those included that have no name in `routes`; `None` if the end of the
    /// removal was not seen.
    pub removed: Option<u32>,
    /// Number of the routing table: 254 is `main`.
    pub table: u32,
    /// `AF_INET` or `AF_INET6`.
    pub family: u8,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemovedRoute {
    /// Its destination.
    pub address: IpAddr,
    /// Bits of it that count.
    pub prefix_len: u8,
    /// `RTN_*`, 1 for unicast.
    pub kind: u8,
    /// Type of service that it was for, of IPv4; 0 for all.
    pub tos: u8,
    /// `RTA_PRIORITY`.
    pub priority: u32,
    /// Index of the interface that it went out of first; 0 if that is not known, as of a route by a
    /// nexthop object.
    pub interface: u32,
}

impl Silent {
    /// How many were removed: at least those that have names.
    pub fn count(&self) -> u32 {
        let named = u32::try_from(self.routes.len()).unwrap_or(u32::MAX);
        self.removed.unwrap_or_default().max(named)
    }

    /// How many of them have no name here.
    pub fn unnamed(&self) -> u32 {
        self.count() - u32::try_from(self.routes.len()).unwrap_or(u32::MAX)
    }
}
