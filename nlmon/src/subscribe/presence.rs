//! Which protocols exist in this namespace, and who else listens to them, from `/proc/net/netlink`.
//! Reading it has no effect, while opening a socket of an absent protocol makes the kernel load a
//! module, which is not an observer's business.

use super::{
    Error,
    proc_table::{ProcSocket, proc_sockets},
};
use nlmon_core::decode::names::protocol::USERSOCK;

// Of the calling thread, whose namespace may not be that of the process.
const PATH: &str = "/proc/thread-self/net/netlink";

/// The sockets of one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Presence {
    sockets: Vec<ProcSocket>,
}

impl Presence {
    /// Looks at the namespace of the calling thread.
    pub(super) fn read() -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(PATH).map_err(|source| Error::Proc { path: PATH, source })?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        Self { sockets: proc_sockets(text).collect() }
    }

    /// Names the registration of `protocol`, if there is one: a protocol that goes and comes back
    /// has another number.
    pub(super) fn registration(&self, protocol: u8) -> Option<u64> {
        let kernel = self.sockets.iter().find(|row| row.protocol == protocol && row.portid == 0);
        kernel.map(|row| row.inode).or((protocol == USERSOCK).then_some(0))
    }

    /// Whether another socket than `own_portid` listens to one of `groups`.
    pub(super) fn has_listener(&self, protocol: u8, groups: &[u32], own_portid: u32) -> bool {
        let others = self
            .sockets
            .iter()
            .filter(|row| row.protocol == protocol && row.portid != 0 && row.portid != own_portid);
        // What cannot be seen is taken for a listener.
        let listens = |row: &ProcSocket| groups.iter().any(|group| *group > 32 || row.has(*group));
        others.into_iter().any(listens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
000000003ce7b97b 0   0          00000000 0        0        0     2        0        4
00000000e1b69a02 17  0          00000000 0        0        0     2        0        561
000000004e5186d8 17  3220       00000000 0        0        0     2        0        563
0000000007f26e0a 17  4294963151 00000001 0        0        0     2        0        175
";

    #[test]
    fn sees_what_the_kernel_has_registered() {
        let presence = Presence::parse(TEXT);
        assert_eq!(presence.registration(0), Some(4));
        assert_eq!(presence.registration(17), Some(561));
        assert_eq!(presence.registration(4), None);
        assert_eq!(presence.registration(USERSOCK), Some(0));
    }

    #[test]
    fn tells_listeners_from_senders_and_from_itself() {
        let presence = Presence::parse(TEXT);
        assert!(presence.has_listener(17, &[1], 0));
        assert!(!presence.has_listener(17, &[2], 0));
        assert!(!presence.has_listener(17, &[1], 4_294_963_151));
        assert!(presence.has_listener(17, &[33], 0));
        assert!(!presence.has_listener(0, &[1], 0));
    }
}
