//! Reads `/proc/net/netlink`: the sockets of one namespace, with their first 32 groups, their queues
//! and their drops, and without buffers and flags. The only parser of that file.

/// A socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcSocket {
    /// Netlink protocol number.
    pub protocol: u8,
    /// Port id; 0 is the kernel's end of a protocol.
    pub portid: u32,
    /// Bit 0 is group 1. Groups above 32 are not shown.
    groups: u32,
    /// Bytes in its receive queue.
    pub queue_bytes: u32,
    /// Datagrams that it lost since it was opened; wraps.
    pub drops: u32,
    /// Number of the socket's inode.
    pub inode: u64,
}

/// The sockets in the text of that file. Lines that cannot be read, such as the heading, are passed
/// over.
pub fn proc_sockets(text: &str) -> impl Iterator<Item = ProcSocket> {
    text.lines().filter_map(ProcSocket::parse)
}

impl ProcSocket {
    /// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace().skip(1);
        Some(Self {
            protocol: fields.next()?.parse().ok()?,
            portid: fields.next()?.parse().ok()?,
            groups: u32::from_str_radix(fields.next()?, 16).ok()?,
            queue_bytes: number(fields.next()?)?,
            // Behind `Wmem`, `Dump` and `Locks`.
            drops: number(fields.nth(3)?)?,
            inode: fields.next()?.parse().ok()?,
        })
    }

    /// Whether it is a member of a group, as far as the file says.
    pub fn has(self, group: u32) -> bool {
        let bit = group.checked_sub(1).and_then(|bit| self.groups.checked_shr(bit));
        bit.is_some_and(|bits| bits & 1 == 1)
    }

    /// Its groups, of the first 32.
    pub fn groups(self) -> impl Iterator<Item = u32> {
        (1..=32).filter(move |group| self.has(*group))
    }
}

/// The kernel keeps these as `int`, and its versions differ in whether they print the sign.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse().ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
000000003ce7b97b 0   0          00000000 0        0        0     2        0        4
0000000007f26e0a 17  4294963151 80000001 2304     0        0     2        53       175
0000000007f26e0b 15  173        00000002 0        0        0     2        -1       176
";

    #[test]
    fn reads_every_column_that_counts() {
        let sockets: Vec<_> = proc_sockets(TEXT).collect();
        assert_eq!(sockets.len(), 3);
        let expected = ProcSocket {
            protocol: 17,
            portid: 4_294_963_151,
            groups: 0x8000_0001,
            queue_bytes: 2304,
            drops: 53,
            inode: 175,
        };
        assert_eq!(sockets[1], expected);
        assert_eq!(sockets[1].groups().collect::<Vec<_>>(), [1, 32]);
        assert_eq!(sockets[2].drops, u32::MAX);
    }

    #[test]
    fn a_group_beyond_the_first_32_is_not_shown() {
        let all = ProcSocket { groups: u32::MAX, ..ProcSocket::default() };
        assert!(all.has(1) && all.has(32) && !all.has(0) && !all.has(33));
    }

    #[test]
    fn passes_over_what_it_cannot_read() {
        assert_eq!(proc_sockets("sk Eth\n1 2 3\n\nx y z 0 0 0 0 0 0 0\n\u{0} 0 0 0 0").count(), 0);
    }
}
