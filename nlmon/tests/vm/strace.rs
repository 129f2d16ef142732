//! What strace saw of the netlink sockets of a program and of all that it started: each datagram sent
//! or taken off a queue, with its messages.
//!
//! Nothing of nlmon's is used but its names of types that strace leaves as numbers, which it does
//! where it cannot look a socket up: before its first send, and in another namespace.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use nlmon_core::decode::names::{message_type_name, parse_protocol};

use crate::support::run;

/// Longest array and string that strace shows whole: a transaction has hundreds of messages.
const SHOWN: &str = "65536";

/// Messages and their bytes, headers included, by type.
pub(crate) type ByType = BTreeMap<String, (u64, u64)>;

/// A datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The protocol's name.
    pub(crate) protocol: String,
    /// As nlmon has it: `request`, `reply`, `dump` or `multicast`.
    pub(crate) path: &'static str,
    /// 0 for unicast.
    pub(crate) group: u32,
    pub(crate) bytes: u64,
    /// Type and length of each message.
    pub(crate) messages: Vec<(String, u64)>,
}

/// All datagrams of the programs, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace(pub(crate) Vec<Call>);

/// A program that runs under strace.
pub(crate) struct Traced {
    strace: Child,
    path: PathBuf,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Traced {
    pub(crate) fn start(program: &str, args: &[&str]) -> Self {
        let path = PathBuf::from(format!("/root/trace-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let mut strace = Command::new("strace");
        // Else it blocks the signal that ends a program which would run on.
        strace.args(["-I", "waiting", "-f", "-s", SHOWN]);
        strace.args(["-e", "trace=network", "-e", "signal=none", "-o"]);
        let strace = strace.arg(&path).arg(program).args(args).stdout(Stdio::null());
        Self { strace: strace.spawn().unwrap(), path }
    }

    /// Waits for the program, which has to succeed.
    pub(crate) fn wait(mut self) -> Trace {
        let status = self.strace.wait().unwrap();
        assert!(status.success(), "{status}");
        self.trace()
    }

    /// Ends a program that would run on.
    pub(crate) fn end(mut self) -> Trace {
        self.stop();
        self.trace()
    }

    /// strace ends the program with itself.
    fn stop(&mut self) {
        run("kill", &[&self.strace.id().to_string()]);
        self.strace.wait().unwrap();
    }

    fn trace(&self) -> Trace {
        let text = fs::read_to_string(&self.path).unwrap();
        fs::remove_file(&self.path).unwrap();
        Trace::parse(&text)
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        if self.strace.try_wait().unwrap().is_none() {
            self.stop();
        }
    }
}

impl Trace {
    fn parse(text: &str) -> Self {
        let mut sockets: HashMap<(&str, &str), String> = HashMap::new();
        let mut calls = Vec::new();
        for line in text.lines() {
            assert!(!line.contains(" resumed>"), "two programs at once: {line}");
            let Some((name, result)) = line.rsplit_once(" = ") else { continue };
            let (pid, call) = name.split_once(' ').unwrap();
            let (name, arguments) = call.trim_start().split_once('(').unwrap();
            let result = result.split(' ').next().unwrap();
            if let Some(protocol) = arguments.strip_prefix("AF_NETLINK, ") {
                let protocol = protocol.rsplit_once("NETLINK_").unwrap().1.trim_end_matches(')');
                sockets.insert((pid, result), protocol.to_ascii_lowercase());
            }
            let fd = arguments.split(',').next().unwrap();
            let Some(protocol) = sockets.get(&(pid, fd)) else { continue };
            let taken = name.starts_with("recv") && !arguments.contains("MSG_PEEK");
            let bytes = result.parse().unwrap_or(0);
            // Not a failed one.
            if bytes > 0 && (taken || name.starts_with("send")) {
                calls.push(Call::parse(protocol, taken, bytes, arguments));
            }
        }
        Self(calls)
    }

    /// The datagrams of several programs.
    pub(crate) fn merged(traces: impl IntoIterator<Item = Self>) -> Self {
        Self(traces.into_iter().flat_map(|trace| trace.0).collect())
    }

    /// Datagrams of a protocol's path.
    pub(crate) fn of(&self, protocol: &str, path: &str) -> Self {
        let is_wanted = |call: &&Call| call.protocol == protocol && call.path == path;
        Self(self.0.iter().filter(is_wanted).cloned().collect())
    }

    /// Number of datagrams.
    pub(crate) fn datagrams(&self) -> u64 {
        self.0.len() as u64
    }

    /// Number of messages.
    pub(crate) fn messages(&self) -> u64 {
        self.by_type().values().map(|(count, _)| count).sum()
    }

    pub(crate) fn by_type(&self) -> ByType {
        let mut types = ByType::new();
        for (name, bytes) in self.0.iter().flat_map(|call| &call.messages) {
            let sum = types.entry(name.clone()).or_default();
            *sum = (sum.0 + 1, sum.1 + bytes);
        }
        types
    }
}

impl Call {
    fn parse(protocol: &str, received: bool, bytes: u64, arguments: &str) -> Self {
        let messages: Vec<_> = headers(arguments).map(|text| message(protocol, text)).collect();
        let (last, before) = messages.split_last().expect(arguments);
        let before: u64 = before.iter().map(|(_, len)| len.next_multiple_of(4)).sum();
        // Else strace left something out, or the program's buffer was too small.
        let is_whole = before + last.1 == bytes || before + last.1.next_multiple_of(4) == bytes;
        assert!(is_whole, "{bytes} bytes: {arguments}");
        let group = field(arguments, "nl_groups=").map_or(0, |mask| {
            let mask = u32::from_str_radix(mask.trim_start_matches("0x"), 16).unwrap();
            if mask == 0 { 0 } else { mask.trailing_zeros() + 1 }
        });
        let is_part = headers(arguments).any(|text| {
            field(text, "nlmsg_flags=").is_some_and(|flags| flags.contains("NLM_F_MULTI"))
        });
        let path = match (received, group) {
            (false, _) => "request",
            (true, 1..) => "multicast",
            (true, 0) if is_part => "dump",
            (true, 0) => "reply",
        };
        Self { protocol: protocol.to_owned(), path, group, bytes, messages }
    }
}

/// The text of each message from its header on; one that an error quotes is no message.
fn headers(arguments: &str) -> impl Iterator<Item = &str> {
    let is_message = |at: usize| !arguments[..at].trim_end_matches('[').ends_with("msg=");
    arguments
        .match_indices("{nlmsg_len=")
        .filter(move |(at, _)| is_message(*at))
        .map(|(at, _)| &arguments[at..])
}

fn message(protocol: &str, text: &str) -> (String, u64) {
    let name = field(text, "nlmsg_type=").unwrap();
    let name = match name.strip_prefix("0x") {
        Some(number) => {
            let number = u16::from_str_radix(number.split(' ').next().unwrap(), 16).unwrap();
            message_type_name(parse_protocol(protocol).unwrap(), number).into_owned()
        }
        // Netfilter's are `NFNL_SUBSYS_NFTABLES<<8|NFT_MSG_NEWRULE`.
        None => name.rsplit('|').next().unwrap().to_owned(),
    };
    (name, field(text, "nlmsg_len=").unwrap().parse().unwrap())
}

/// The first value with this name.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split_once(name)?.1.split([',', '}']).next()
}
