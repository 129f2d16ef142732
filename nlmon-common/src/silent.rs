//! What the kernel changes and tells nobody: routes removed with the device or address that they
//! depended on. The payload of a sample of [`crate::counter::path::SILENT`] is a [`Head`] and its
//! [`Route`]s. One removal has as many samples as its routes need, all with the same `start_ns` and
//! `tid`.

use crate::limits::SNAP_MAX;

/// How the payload begins.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Number of the routing table.
    pub table: u32,
    /// With `last`: how many routes the whole removal has taken from this table.
    pub removed: u32,
    /// Routes that follow.
    pub routes: u32,
    /// `AF_INET` or `AF_INET6`.
    pub family: u8,
    /// 1 in the last sample of a removal from this table.
    pub last: u8,
    /// Zero.
    pub pad: [u8; 2],
}

/// A removed route.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Destination, as it is on the wire; of IPv4 the first four bytes, and zeros.
    pub address: [u8; 16],
    /// Index of the interface that it went out of first; 0 if that is not known.
    pub interface: u32,
    /// `RTA_PRIORITY`
    pub priority: u32,
    /// Bits of the address that count.
    pub prefix_len: u8,
    /// `RTN_*`
    pub kind: u8,
    /// Type of service, of IPv4.
    pub tos: u8,
    /// Zero.
    pub pad: u8,
}

/// Bytes of [`Head`] and of [`Route`].
pub const HEAD_LEN: usize = size_of::<Head>();
/// See [`HEAD_LEN`].
pub const ROUTE_LEN: usize = size_of::<Route>();

/// Routes that one sample has room for.
pub const ROUTES_MAX: usize = (SNAP_MAX - HEAD_LEN) / ROUTE_LEN;

/// Routes of one removal that get names. Of more, the rest is counted: a table of a million routes
/// would fill the ring.
pub const NAMED_MAX: u32 = 1024;

/// Bytes of the payload that holds so many routes.
#[expect(clippy::cast_possible_truncation, reason = "they are less than a hundred")]
pub const fn payload_len(routes: u32) -> u32 {
    HEAD_LEN as u32 + routes * ROUTE_LEN as u32
}

const _: () = assert!(ROUTES_MAX == 8, "the programs cut an index to it");
const _: () = assert!(HEAD_LEN == 16 && align_of::<Head>() == 4);
const _: () = assert!(ROUTE_LEN == 28 && align_of::<Route>() == 4);
