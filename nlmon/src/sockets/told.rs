//! What the iteration over open files tells of sockets. Pure.
//!
//! It reaches into namespaces that cannot be entered. What no process holds it does not see: the
//! kernel's own sockets, and those that wait in another socket to be received.

use std::collections::BTreeMap;

use super::Endpoint;
use crate::probe::Holding;

/// The sockets of each namespace, by its inode number, with a process that holds one.
pub(super) fn by_namespace(holdings: &[Holding]) -> BTreeMap<u64, (u32, Vec<Endpoint>)> {
    let mut namespaces: BTreeMap<u64, (u32, BTreeMap<u64, Endpoint>)> = BTreeMap::new();
    // Others have no port id yet: nothing reaches them, and no other source knows them.
    for holding in holdings.iter().filter(|holding| holding.portid != 0) {
        let of_namespace = namespaces.entry(holding.netns.into());
        let (_, sockets) = of_namespace.or_insert_with(|| (holding.tgid, BTreeMap::new()));
        sockets.entry(holding.inode).or_insert_with(|| endpoint(holding));
    }
    let listed =
        |(pid, sockets): (u32, BTreeMap<u64, Endpoint>)| (pid, sockets.into_values().collect());
    namespaces.into_iter().map(|(inode, found)| (inode, listed(found))).collect()
}

fn endpoint(holding: &Holding) -> Endpoint {
    Endpoint {
        // A field of the kernel's that is wider than its values.
        protocol: u8::try_from(holding.protocol).unwrap_or(u8::MAX),
        portid: holding.portid,
        inode: holding.inode,
        groups: groups(holding),
        queue_bytes: holding.queue_bytes,
        buffer_bytes: Some(holding.buffer_bytes),
        drops: holding.drops,
        ..Endpoint::default()
    }
}

/// Numbers of the bits that are set; bit 0 is group 1.
fn groups(holding: &Holding) -> Vec<u32> {
    let bits =
        holding.groups.iter().flat_map(|word| (0..u64::BITS).map(move |bit| word >> bit & 1));
    (1..=holding.groups_len)
        .zip(bits)
        .filter_map(|(group, bit)| (bit == 1).then_some(group))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::Source;

    fn holding(netns: u32, inode: u64, portid: u32, tgid: u32) -> Holding {
        Holding {
            inode,
            groups: [1 << 63 | 1, 0, 1, 0],
            tgid,
            netns,
            portid,
            queue_bytes: 768,
            buffer_bytes: 4096,
            drops: 3,
            protocol: 16,
            groups_len: 160,
            uid: 0,
            pad: 0,
            comm: [0; 16],
        }
    }

    #[test]
    fn has_each_socket_once_in_its_own_namespace() {
        let held = [holding(1, 5, 9, 9), holding(1, 5, 9, 10), holding(2, 6, 9, 11)];
        let found = by_namespace(&[&held[..], &[holding(2, 7, 0, 12)]].concat());
        let sizes: Vec<_> = found.iter().map(|(inode, (pid, s))| (*inode, *pid, s.len())).collect();
        assert_eq!(sizes, [(1, 9, 1), (2, 11, 1)]);
        let socket = &found[&1].1[0];
        assert_eq!((socket.source(), &socket.groups[..]), (Source::Iteration, &[1, 64, 129][..]));
        assert_eq!((socket.queue_bytes, socket.buffer_bytes, socket.drops), (768, Some(4096), 3));
    }
}
