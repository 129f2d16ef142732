//! `nlmon sockets`: every netlink socket of the host, as a table in the manner of `ss` with the
//! failing ones first, or one JSON object a line. Needs no daemon.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use clap::ValueEnum;
use serde::Serialize;

use super::{
    Failure,
    output::{print, say},
};
use nlmon_core::decode::{
    names::{group_name, parse_protocol, protocol_name},
    printable,
};

use crate::{
    probe::Holdings,
    sockets::{Endpoint, Flags, Owner, Scan, Scanner, Seen, Source},
};

/// Owners of one socket that the table names.
const OWNERS_MAX: usize = 3;

/// Digits of a container's id that the table shows, as its runtime does.
const CONTAINER_DIGITS: usize = 12;

const HEADINGS: [&str; 12] = [
    "DROPS", "QUEUE", "BUFFER", "SOCKETS", "PROTOCOL", "PORTID", "NETNS", "PROCESS", "UNIT",
    "GROUPS", "FLAGS", "INODE",
];

/// How many columns from the left are numbers.
const NUMBERS: usize = 4;

/// Arguments of `nlmon sockets`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Show each socket in a row of its own, also where a process has many of one protocol
    #[arg(long)]
    all: bool,
    /// Only sockets of this protocol, by name or number
    #[arg(long, value_name = "PROTOCOL", value_parser = protocol)]
    protocol: Option<u8>,
    /// Only sockets of processes with this name
    #[arg(long, value_name = "NAME")]
    process: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table
    Text,
    /// One object a line, each socket by itself
    Json,
}

fn protocol(text: &str) -> Result<u8, String> {
    parse_protocol(text).ok_or_else(|| format!("there is no protocol {text}"))
}

/// Lists the sockets. The one that asked for them is left out.
pub fn run(args: &Args) -> Result<(), Failure> {
    // Without the right to load it, `/proc` tells as much as may be seen there.
    let (holdings, refusal) = match Holdings::load() {
        Ok(holdings) => (Some(holdings), None),
        Err(error) => (None, Some(anyhow::Error::from(error))),
    };
    let mut scan = Scanner::new(holdings)
        .with_units()
        .scan()
        .map_err(|error| Failure::System(error.into()))?;
    if let Some(error) = refusal.filter(|_| scan.gaps.processes > 0) {
        say(format_args!("owners are read from /proc: {error:#}"));
    }
    for seen in &mut scan.seen {
        seen.sockets.retain(|socket| args.wants(socket));
    }
    let gaps = scan.gaps.to_string();
    if !gaps.is_empty() {
        say(format_args!("{gaps}"));
    }
    let text = match args.output {
        Output::Text => table(&scan, args.all),
        Output::Json => lines(&scan).map_err(|error| Failure::Runtime(error.into()))?,
    };
    print(text)
}

impl Args {
    fn wants(&self, socket: &Endpoint) -> bool {
        let held_by = |name: &String| socket.owners.iter().any(|owner| owner.comm == *name);
        self.protocol.is_none_or(|protocol| protocol == socket.protocol)
            && self.process.as_ref().is_none_or(held_by)
    }
}

/// One socket as JSON. What the source does not tell is absent.
#[derive(Serialize)]
struct Line<'a> {
    netns: u64,
    netns_name: &'a str,
    source: Source,
    protocol: &'a str,
    portid: u32,
    kernel: bool,
    owners: Vec<&'a Owner>,
    groups: Vec<String>,
    queue_bytes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    buffer_bytes: Option<u32>,
    drops: u32,
    inode: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cookie: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<Flags>,
}

fn lines(scan: &Scan) -> serde_json::Result<String> {
    let mut all: Vec<(&Seen, &Endpoint)> = pairs(scan).collect();
    all.sort_by_key(|(_, socket)| urgency(&Sums::of([*socket])));
    let line = |(seen, socket): (&Seen, &Endpoint)| {
        serde_json::to_string(&Line {
            netns: seen.namespace.inode,
            netns_name: &seen.namespace.name,
            source: socket.source(),
            protocol: &protocol_name(socket.protocol),
            portid: socket.portid,
            kernel: socket.is_kernel(),
            owners: socket.owners.iter().map(AsRef::as_ref).collect(),
            groups: groups([socket]),
            queue_bytes: socket.queue_bytes,
            buffer_bytes: socket.buffer_bytes,
            drops: socket.drops,
            inode: socket.inode,
            cookie: socket.cookie,
            flags: socket.flags,
        })
        .map(|line| line + "\n")
    };
    all.into_iter().map(line).collect()
}

fn pairs(scan: &Scan) -> impl Iterator<Item = (&Seen, &Endpoint)> {
    scan.seen.iter().flat_map(|seen| seen.sockets.iter().map(move |socket| (seen, socket)))
}

/// The numbers of a row.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    drops: u64,
    queue: u64,
    buffer: Option<u64>,
    kernel: bool,
}

impl Sums {
    fn of<'a>(sockets: impl IntoIterator<Item = &'a Endpoint>) -> Self {
        let mut sums = Self::default();
        for socket in sockets {
            sums.drops += u64::from(socket.drops);
            sums.queue += u64::from(socket.queue_bytes);
            if let Some(bytes) = socket.buffer_bytes {
                *sums.buffer.get_or_insert(0) += u64::from(bytes);
            }
            sums.kernel |= socket.is_kernel();
        }
        sums
    }
}

/// Most drops first, then the fullest; the kernel's own, in which nothing waits, last.
fn urgency(sums: &Sums) -> impl Ord + use<> {
    let full_permille = 1000 * sums.queue / sums.buffer.unwrap_or(0).max(1);
    (Reverse(sums.drops), sums.kernel, Reverse(full_permille), Reverse(sums.queue))
}

fn table(scan: &Scan, all: bool) -> String {
    // Sockets that share a row: one namespace, one protocol, the same processes, which are known.
    let mut rows: BTreeMap<_, Vec<&Endpoint>> = BTreeMap::new();
    for (index, seen) in scan.seen.iter().enumerate() {
        for (number, socket) in seen.sockets.iter().enumerate() {
            let alone = all || socket.owners.is_empty();
            let processes: Vec<(&str, u32)> =
                socket.owners.iter().map(|owner| (&*owner.comm, owner.pid)).collect();
            let key = (index, socket.protocol, processes, alone.then_some((socket.portid, number)));
            rows.entry(key).or_default().push(socket);
        }
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    // Stable: rows that are alike stay by namespace, protocol, process and port id.
    rows.sort_by_key(|(_, sockets)| urgency(&Sums::of(sockets.iter().copied())));
    let cells = rows.iter().map(|((index, ..), sockets)| row(&scan.seen[*index], sockets));
    aligned(&[HEADINGS.map(str::to_owned)].into_iter().chain(cells).collect::<Vec<_>>())
}

fn aligned(rows: &[[String; HEADINGS.len()]]) -> String {
    let mut widths = [0; HEADINGS.len()];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; HEADINGS.len()]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if column < NUMBERS { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(seen: &Seen, sockets: &[&Endpoint]) -> [String; HEADINGS.len()] {
    let sums = Sums::of(sockets.iter().copied());
    // What differs from socket to socket has no place in a row of several.
    let single = |text: fn(&Endpoint) -> String| match sockets {
        [socket] => text(socket),
        _ => "*".to_owned(),
    };
    let first = sockets.first().copied();
    let flags =
        sockets.iter().filter_map(|socket| socket.flags).fold(0, |all, flags| all | flags.0);
    [
        sums.drops.to_string(),
        sums.queue.to_string(),
        sums.buffer.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string()),
        sockets.len().to_string(),
        first.map(|socket| protocol_name(socket.protocol).into_owned()).unwrap_or_default(),
        single(|socket| socket.portid.to_string()),
        printable::escape(seen.namespace.name.as_bytes()),
        first.map(processes).unwrap_or_default(),
        first.map(unit).unwrap_or_default(),
        list(&groups(sockets.iter().copied())),
        list(&Flags(flags).names().map(str::to_owned).collect::<Vec<_>>()),
        single(|socket| socket.inode.to_string()),
    ]
}

/// `kernel`, or `systemd(1),systemd-udevd(173)`; a `?` marks what is not certain.
fn processes(socket: &Endpoint) -> String {
    if socket.is_kernel() {
        return "kernel".to_owned();
    }
    let name = |owner: &Owner| {
        let (comm, mark) =
            (printable::escape(owner.comm.as_bytes()), if owner.guessed { "?" } else { "" });
        format!("{comm}({}){mark}", owner.pid)
    };
    let mut names: Vec<String> =
        socket.owners.iter().take(OWNERS_MAX).map(|owner| name(owner)).collect();
    if let Some(more) = socket.owners.len().checked_sub(OWNERS_MAX).filter(|more| *more > 0) {
        names.push(format!("+{more}"));
    }
    list(&names)
}

/// The container, or else the unit.
fn unit(socket: &Endpoint) -> String {
    let owner = socket.owner();
    let container = owner.and_then(|owner| owner.container.as_ref()?.get(..CONTAINER_DIGITS));
    let unit = owner.and_then(|owner| owner.unit.as_deref());
    container.or(unit).map_or_else(|| "-".to_owned(), |name| printable::escape(name.as_bytes()))
}

/// Names of the groups that one of the sockets is in, by number.
fn groups<'a>(sockets: impl IntoIterator<Item = &'a Endpoint>) -> Vec<String> {
    let groups =
        sockets.into_iter().flat_map(|s| s.groups.iter().map(|group| (s.protocol, *group)));
    let groups: BTreeSet<(u8, u32)> = groups.collect();
    groups.into_iter().map(|(protocol, group)| group_name(protocol, group).into_owned()).collect()
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sockets::{Gaps, Namespace};

    fn socket(portid: u32, owner: Option<(u32, &str)>) -> Endpoint {
        let owner =
            owner.map(|(pid, comm)| Owner { pid, comm: comm.to_owned(), ..Owner::default() });
        Endpoint {
            portid,
            inode: u64::from(portid) + 1000,
            cookie: Some(7),
            buffer_bytes: Some(212_992),
            flags: Some(Flags(0)),
            owners: owner.map(Arc::new).into_iter().collect(),
            ..Endpoint::default()
        }
    }

    fn look(sockets: Vec<Endpoint>) -> Scan {
        let namespace = Namespace::fake(4_026_531_840, "self");
        let seen = Seen { namespace, sockets };
        Scan { seen: vec![seen], gaps: Gaps::default() }
    }

    fn example() -> Scan {
        let full = Endpoint {
            groups: vec![1, 5],
            queue_bytes: 200_000,
            drops: 53,
            flags: Some(Flags(8)),
            ..socket(99, Some((99, "bi\trd")))
        };
        let leaked = (0..3).map(|n| socket(500 + n, Some((42, "agent"))));
        look([socket(0, None)].into_iter().chain(leaked).chain([full]).collect())
    }

    #[test]
    fn shows_the_failing_first_and_many_of_one_process_as_one() {
        let expected = "\
DROPS   QUEUE  BUFFER  SOCKETS  PROTOCOL  PORTID  NETNS  PROCESS     UNIT  GROUPS            FLAGS       INODE
   53  200000  212992        1  route     99      self   bi\\trd(99)  -     link,ipv4-ifaddr  NO_ENOBUFS  1099
    0       0  638976        3  route     *       self   agent(42)   -     -                 -           *
    0       0  212992        1  route     0       self   kernel      -     -                 -           1000
";
        assert_eq!(table(&example(), false), expected);
        assert_eq!(table(&example(), true).lines().count(), 6);
    }

    #[test]
    fn prints_one_object_a_socket_with_what_is_known() {
        let mut example = example();
        example.seen[0].sockets[1].buffer_bytes = None;
        let text = lines(&example).unwrap();
        let all: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(all.len(), 5);
        assert_eq!(all[0]["owners"][0]["comm"], "bi\trd");
        assert_eq!(all[0]["groups"], serde_json::json!(["link", "ipv4-ifaddr"]));
        assert_eq!(all[0]["flags"], serde_json::json!(["NO_ENOBUFS"]));
        assert_eq!(all[1].get("buffer_bytes"), None);
        assert_eq!((&all[4]["kernel"], &all[4]["source"]), (&true.into(), &"sock_diag".into()));
    }

    #[test]
    fn names_three_owners_and_how_many_more() {
        let owner = |pid| Arc::new(Owner { pid, comm: "w".to_owned(), ..Owner::default() });
        let socket = Endpoint { owners: (1..=5).map(owner).collect(), ..socket(9, None) };
        assert_eq!(processes(&socket), "w(1),w(2),w(3),+2");
    }
}
