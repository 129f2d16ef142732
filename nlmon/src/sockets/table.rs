//! Sockets from `/proc/net/netlink`, the fallback where the kernel cannot be asked. It has the first
//! 32 groups, the queue and the drops, and neither buffers nor flags.

use std::{fs, io, path::Path};

use super::Endpoint;
use crate::subscribe::{ProcSocket, proc_sockets};

/// The sockets in this file.
pub(super) fn read(path: impl AsRef<Path>) -> io::Result<Vec<Endpoint>> {
    Ok(proc_sockets(&fs::read_to_string(path)?).map(Endpoint::from).collect())
}

impl From<ProcSocket> for Endpoint {
    fn from(socket: ProcSocket) -> Self {
        let ProcSocket { protocol, portid, queue_bytes, drops, inode, .. } = socket;
        let groups = socket.groups().collect();
        Self { protocol, portid, inode, groups, queue_bytes, drops, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_over_what_the_file_has() {
        let line = "0000000007f26e0a 17  4294963151 80000001 2304 0 0 2 53 175\n";
        let sockets: Vec<Endpoint> = proc_sockets(line).map(Endpoint::from).collect();
        let expected = Endpoint {
            protocol: 17,
            portid: 4_294_963_151,
            inode: 175,
            groups: vec![1, 32],
            queue_bytes: 2304,
            drops: 53,
            ..Endpoint::default()
        };
        assert_eq!(sockets, [expected]);
    }
}
