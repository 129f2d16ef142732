//! What each socket lost, for whoever asks why: handed to the core from scan to scan. No series.

use std::collections::BTreeSet;

use nlmon_core::{
    answers::{Listener, Listeners, Socket},
    decode::names::protocol_name,
    findings::{Look, Queue, Queues, SocketKey},
};

use crate::sockets::{Endpoint, Scan};

/// `NDIAG_FLAG_LISTEN_ALL_NSID` of `include/uapi/linux/netlink_diag.h`.
const LISTEN_ALL_NSID: u32 = 0x10;

/// Losses of all scans.
#[derive(Debug, Default)]
pub(crate) struct SocketLosses {
    listeners: Listeners,
    queues: Option<Queues>,
}

impl SocketLosses {
    /// Takes a scan in, which began and ended at these times.
    pub(crate) fn add(&mut self, scan: &Scan, times_ns: (u64, u64)) {
        let mut sockets = Vec::new();
        for seen in &scan.seen {
            let Ok(netns) = u32::try_from(seen.namespace.inode) else { continue };
            let users = seen.sockets.iter().filter(|socket| !socket.is_kernel());
            sockets.extend(users.map(|endpoint| socket(netns, endpoint)));
        }
        let waiting = sockets.iter().filter(|socket| socket.queue_bytes > 0);
        let queues = waiting.filter_map(queue).collect();
        self.queues = Some(Queues { at_ns: times_ns.0, queues });
        let hidden = scan.gaps.hidden.iter().filter_map(|netns| u32::try_from(*netns).ok());
        self.listeners.look(times_ns, sockets, hidden.collect::<BTreeSet<u32>>());
    }

    /// Adds what findings are made of.
    pub(crate) fn tell(&self, look: &mut Look) {
        look.queues.clone_from(&self.queues);
    }

    /// Those that lost something.
    pub(crate) fn listeners(&self) -> Vec<Listener> {
        self.listeners.iter().cloned().collect()
    }
}

/// What waits in a socket whose buffer and user are known.
fn queue(socket: &Socket) -> Option<(SocketKey, Queue)> {
    let (pid, process) = socket.process.clone()?;
    let queue = Queue {
        protocol: protocol_name(socket.protocol).into_owned(),
        process,
        pid,
        bytes: socket.queue_bytes.into(),
        buffer_bytes: socket.buffer_bytes?.into(),
        drops: socket.drops,
    };
    Some(((socket.netns, socket.protocol, socket.portid, socket.inode), queue))
}

fn socket(netns: u32, endpoint: &Endpoint) -> Socket {
    Socket {
        netns,
        protocol: endpoint.protocol,
        portid: endpoint.portid,
        inode: endpoint.inode,
        groups: endpoint.groups.clone(),
        queue_bytes: endpoint.queue_bytes,
        buffer_bytes: endpoint.buffer_bytes,
        drops: endpoint.drops,
        hears_all: endpoint.flags.is_some_and(|flags| flags.0 & LISTEN_ALL_NSID != 0),
        process: endpoint.owner().map(|owner| (owner.pid, owner.comm.clone())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sockets::{Flags, Gaps, Namespace, Owner, Seen};

    fn scan(drops: u32) -> Scan {
        let owner = Owner { pid: 7, comm: "bird".to_owned(), ..Owner::default() };
        let listener = Endpoint {
            portid: 7,
            groups: vec![1],
            drops,
            flags: Some(Flags(LISTEN_ALL_NSID)),
            owners: vec![Arc::new(owner)],
            ..Endpoint::default()
        };
        // What the kernel's own end lost is none of a listener's.
        let kernel = Endpoint { drops, ..Endpoint::default() };
        let namespace = Namespace::fake(1, "self");
        Scan {
            seen: vec![Seen { namespace, sockets: vec![listener, kernel] }],
            gaps: Gaps::default(),
        }
    }

    #[test]
    fn what_a_listener_lost_between_two_scans_is_handed_over() {
        let mut losses = SocketLosses::default();
        losses.add(&scan(0), (10, 11));
        losses.add(&scan(5), (20, 21));
        let listeners = losses.listeners();
        let [listener] = &*listeners else { panic!("{listeners:?}") };
        assert_eq!(listener.socket.process, Some((7, "bird".to_owned())));
        assert!(listener.socket.hears_all);
        let burst = &listener.bursts[0];
        assert_eq!((burst.from_ns, burst.to_ns, burst.lost), (10, 21, 5));
    }
}
