//! Reads `/proc/net/netlink`, the fallback where the kernel cannot be asked. It has the first 32
//! groups, the queue and the drops, and neither buffers nor flags.

use std::{fs, io, path::Path};

use super::Endpoint;

/// The sockets in this file.
pub(super) fn read(path: impl AsRef<Path>) -> io::Result<Vec<Endpoint>> {
    Ok(parse(&fs::read_to_string(path)?))
}

/// Lines that cannot be read, such as the heading, are passed over.
fn parse(text: &str) -> Vec<Endpoint> {
    text.lines().filter_map(endpoint).collect()
}

/// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`
fn endpoint(line: &str) -> Option<Endpoint> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let groups = u32::from_str_radix(fields.get(3)?, 16).ok()?;
    Some(Endpoint {
        protocol: fields.get(1)?.parse().ok()?,
        portid: fields.get(2)?.parse().ok()?,
        groups: (1..=32).filter(|group| groups >> (group - 1) & 1 == 1).collect(),
        queue_bytes: number(fields.get(4)?)?,
        drops: number(fields.get(8)?)?,
        inode: fields.get(9)?.parse().ok()?,
        ..Endpoint::default()
    })
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
        let sockets = parse(TEXT);
        assert_eq!(sockets.len(), 3);
        assert!(sockets[0].is_kernel());
        let expected = Endpoint {
            protocol: 17,
            portid: 4_294_963_151,
            inode: 175,
            groups: vec![1, 32],
            queue_bytes: 2304,
            drops: 53,
            ..Endpoint::default()
        };
        assert_eq!(sockets[1], expected);
        assert_eq!(sockets[2].drops, u32::MAX);
    }

    #[test]
    fn passes_over_what_it_cannot_read() {
        assert_eq!(parse("sk Eth\n1 2 3\n\nx y z 0 0 0 0 0 0 0\n\u{0} 0 0 0 0"), []);
    }
}
