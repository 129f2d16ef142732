//! The configuration: a TOML file, every key of which is also a variable of the environment and a flag
//! of `nlmon run`. A flag wins over the environment, and both over the file.
//!
//! Anything wrong in it is an error of one line that says where; nothing is ignored, and nothing
//! is corrected silently.

mod error;
mod file;
mod findings;
mod http;
pub mod keys;
mod ledger;
mod records;
mod setting;
mod source;
mod take;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use nlmon_common::limits::{PROTOCOL_MAX, PROTOCOLS, RING_BYTES, SNAP_DEFAULT, SNAP_MAX};
use serde::{Deserialize, Serialize};

use nlmon_core::decode::names::{parse_group, parse_protocol, protocol, protocol_name};

pub use error::{Error, Place};
pub use findings::Findings;
pub use http::{Http, Listen};
pub use ledger::Ledger;
pub use records::RecordsFile;
pub use source::{Flag, Source, Text};

use crate::{
    live::bus::{Extent, Limits},
    probe::Attach,
    subscribe::Reach,
    thinning::Share,
};

/// Where the configuration is looked for when no `--config` is given.
pub const DEFAULT_PATH: &str = "/etc/nlmon/nlmon.toml";

/// Where the live log is served.
pub const DEFAULT_SOCKET: &str = "/run/nlmon/nlmon.sock";

/// Most connections: beyond, each new one takes long to find its place.
const CONNECTIONS_MAX: usize = 4096;

/// Most clients of the log: far more than a host has descriptors for.
const CLIENTS_MAX: usize = 1 << 20;

/// Least and most bytes of the ring of samples.
const RING_BYTES_MIN: u32 = 65_536;
const RING_BYTES_MAX: u32 = 1 << 30;

/// What `probe.cpu_budget` is without one.
const NO_BUDGET: &str = "off";

/// Most records of history: a client's place in it is looked for one by one.
const HISTORY_MAX: usize = 1 << 20;

/// The whole configuration. Its default is the default of the product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Let payloads that may carry keys into the samples.
    pub capture_secrets: bool,
    /// What the daemon's own log is written as.
    pub log_format: LogFormat,
    /// Which lines the daemon's own log has.
    pub log_level: LogLevel,
    /// Records to a file.
    pub file: RecordsFile,
    /// From when on something is a finding.
    pub findings: Findings,
    /// The HTTP server.
    pub http: Http,
    /// The state of what is configured, and who changed it.
    pub ledger: Ledger,
    /// The live log.
    pub log: Log,
    /// What the metrics tell apart.
    pub metrics: Metrics,
    /// The probes.
    pub probe: Probe,
    /// The statistics of all sockets of the host.
    pub sockets: Sockets,
    /// The daemon's own multicast sockets.
    pub subscribe: Subscribe,
}

/// What the daemon's own log is written as, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Entries of the journal if standard error ends there, or else text.
    #[default]
    Auto,
    /// Lines of text, on standard error.
    Text,
    /// Objects of JSON, a line each, on standard output.
    Json,
    /// Entries of the journal.
    Journald,
}

/// Which lines the daemon's own log has: those of a level, and the more important ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// None.
    Off,
    /// What cannot be done.
    Error,
    /// What is not as it should be.
    Warn,
    /// What happens once.
    #[default]
    Info,
    /// What somebody who looks for a fault wants to know.
    Debug,
    /// All of it.
    Trace,
}

impl LogLevel {
    /// As a filter of the log has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The live log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Unix socket that `nlmon tail` connects to.
    pub socket: PathBuf,
    /// Clients at one time.
    pub clients: usize,
    /// Records that wait for one client; a slower one loses records.
    pub queue: usize,
    /// Most memory of those, in bytes.
    pub queue_bytes: usize,
    /// Records kept for clients to come; 0 for none.
    pub history: usize,
    /// Most memory of those, in bytes.
    pub history_bytes: usize,
    /// YAML specs of generic families, or directories of some.
    pub specs: Vec<PathBuf>,
}

impl Log {
    /// What it means for the log.
    pub fn limits(&self) -> Limits {
        let Self { clients, queue, queue_bytes, history, history_bytes, .. } = *self;
        Limits {
            clients,
            queue: Extent { records: queue, bytes: queue_bytes },
            history: Extent { records: history, bytes: history_bytes },
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        let Limits { clients, queue, history } = Limits::default();
        Self {
            socket: PathBuf::from(DEFAULT_SOCKET),
            clients,
            queue: queue.records,
            queue_bytes: queue.bytes,
            history: history.records,
            history_bytes: history.bytes,
            specs: Vec::new(),
        }
    }
}

/// What the metrics tell apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Give the counts of messages a label for the network namespace.
    pub netns: bool,
}

/// The probes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Probe {
    /// Which hooks to use.
    pub attach: Attach,
    /// Do not run without probes.
    pub require: bool,
    /// Let the probes outlive the daemon, so that its restart loses no count.
    pub pin: bool,
    /// Look at what is put into receiving sockets' queues, where the parts of dumps are counted too.
    pub deliveries: bool,
    /// Sample one outermost call in this many, with all inside it; 0 for none. Counts are exact all
    /// the same.
    pub sample_every: u32,
    /// Protocols to sample, by name or number; none for all.
    pub sample_protocols: Vec<String>,
    /// Samples per second and processor; 0 for no cap.
    pub sample_rate: u32,
    /// Part of one processor that probes and daemon may take, to be held by fewer samples; `off`.
    pub cpu_budget: String,
    /// Payload bytes of a sample.
    pub snap_length: u16,
    /// Size of the ring of samples in bytes.
    pub ring_bytes: u32,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            attach: Attach::Auto,
            require: false,
            pin: false,
            deliveries: true,
            sample_every: 1,
            sample_protocols: Vec::new(),
            sample_rate: 0,
            cpu_budget: NO_BUDGET.to_owned(),
            snap_length: SNAP_DEFAULT,
            ring_bytes: RING_BYTES,
        }
    }
}

/// The statistics of all sockets of the host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sockets {
    /// How often they are looked at; 0 for never.
    pub interval_seconds: u32,
}

impl Default for Sockets {
    fn default() -> Self {
        Self { interval_seconds: 10 }
    }
}

/// The daemon's own multicast sockets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subscribe {
    /// Receive buffer of each socket in bytes.
    pub receive_buffer: usize,
    /// Listen to the groups of a module's protocol even when nobody else does. The module cannot
    /// be removed then, as long as the daemon runs.
    pub pin_modules: bool,
    /// Network namespaces to listen in.
    pub netns: Netns,
    /// Groups by protocol, both by name or number.
    pub groups: BTreeMap<String, Vec<Group>>,
}

/// Network namespaces as the user wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected \"self\", \"all\" or a list of names")]
pub enum Netns {
    /// One word.
    Word(Scope),
    /// By their names in `/run/netns`; `self` is the daemon's own.
    Names(Vec<String>),
}

/// Network namespaces that need no names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The daemon's own.
    #[serde(rename = "self")]
    Own,
    /// All of the host.
    All,
}

/// The groups of a protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// By number.
    pub numbers: BTreeSet<u32>,
    /// Of generic netlink, by `family/group`.
    pub named: BTreeSet<String>,
}

impl Default for Subscribe {
    fn default() -> Self {
        let route = [
            "link",
            "neigh",
            "ipv4-ifaddr",
            "ipv4-route",
            "ipv4-rule",
            "ipv6-ifaddr",
            "ipv6-route",
            "ipv6-rule",
            "nsid",
            "nexthop",
        ];
        let named = |names: &[&str]| names.iter().map(|name| Group::Name((*name).into())).collect();
        Self {
            receive_buffer: 8 << 20,
            pin_modules: false,
            netns: Netns::Word(Scope::Own),
            groups: BTreeMap::from([
                (
                    "generic".to_owned(),
                    named(&["nlctrl/notify", "devlink/config", "ethtool/monitor"]),
                ),
                ("kobject_uevent".to_owned(), named(&["kernel"])),
                ("netfilter".to_owned(), named(&["nftables"])),
                ("route".to_owned(), named(&route)),
                ("test".to_owned(), named(&["greeting"])),
            ]),
        }
    }
}

/// A group as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected groups by name or number")]
pub enum Group {
    /// By its number.
    Number(u32),
    /// By its name.
    Name(String),
}

impl Config {
    /// Reads a file, without the environment.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Source { file: Some(path.to_owned()), ..Source::default() }.read()
    }

    /// Checks what the types do not.
    fn check(&self) -> Result<(), Error> {
        let Probe { snap_length, ring_bytes, .. } = self.probe;
        within("probe.snap_length", usize::from(snap_length), 16, SNAP_MAX)?;
        if !ring_bytes.is_power_of_two() || !(RING_BYTES_MIN..=RING_BYTES_MAX).contains(&ring_bytes)
        {
            let expected = format!("a power of two from {RING_BYTES_MIN} to {RING_BYTES_MAX}");
            return Err(Error::value("probe.ring_bytes", ring_bytes, expected));
        }
        let Log { clients, queue, queue_bytes, history, .. } = self.log;
        within("log.clients", clients, 1, CLIENTS_MAX)?;
        within("log.queue", queue, 1, usize::MAX)?;
        within("log.queue_bytes", queue_bytes, 1, usize::MAX)?;
        within("log.history", history, 0, HISTORY_MAX)?;
        within("http.connections", self.http.connections, 2, CONNECTIONS_MAX)?;
        self.findings.check()?;
        self.file()?;
        self.ledger()?;
        self.reach()?;
        self.sample_protocols()?;
        self.cpu_budget()?;
        self.groups().map(drop)
    }

    /// Groups to subscribe to, by protocol.
    pub fn groups(&self) -> Result<BTreeMap<u8, Groups>, Error> {
        let mut all: BTreeMap<u8, Groups> = BTreeMap::new();
        for (protocol, groups) in &self.subscribe.groups {
            let key = format!("subscribe.groups.{protocol}");
            let number = protocol_number(&key, protocol)?;
            let of_protocol = all.entry(number).or_default();
            for group in groups {
                if let Some(name) = group.family(number) {
                    of_protocol.named.insert(name.to_owned());
                } else {
                    of_protocol.numbers.insert(group.number(&key, number)?);
                }
            }
        }
        Ok(all)
    }

    /// Protocols to sample, a bit for each by its number.
    ///
    /// # Errors
    /// The first name that is none.
    pub fn sample_protocols(&self) -> Result<u32, Error> {
        let protocols = &self.probe.sample_protocols;
        if protocols.is_empty() {
            return Ok(u32::MAX);
        }
        protocols.iter().try_fold(0, |bits, protocol| {
            Ok(bits | 1 << protocol_number("probe.sample_protocols", protocol)?)
        })
    }

    /// What nlmon may take of a processor.
    ///
    /// # Errors
    /// If it is no share.
    pub fn cpu_budget(&self) -> Result<Option<Share>, Error> {
        match &*self.probe.cpu_budget {
            NO_BUDGET => Ok(None),
            text => match Share::parse(text) {
                Some(share) => Ok(Some(share)),
                None => Err(Error::value("probe.cpu_budget", format!("{text:?}"), Share::EXPECTED)),
            },
        }
    }

    /// Network namespaces to subscribe in.
    pub fn reach(&self) -> Result<Reach, Error> {
        let wrong = |found: &[String], expected: &str| {
            Err(Error::value("subscribe.netns", format!("{found:?}"), expected))
        };
        match &self.subscribe.netns {
            Netns::Word(Scope::Own) => Ok(Reach::Own),
            Netns::Word(Scope::All) => Ok(Reach::All),
            Netns::Names(names) if names.is_empty() => wrong(names, "at least one name"),
            Netns::Names(names) if names.iter().any(|name| name.contains('/')) => {
                wrong(names, "names of /run/netns, without a path")
            }
            Netns::Names(names) => Ok(Reach::Named(names.iter().cloned().collect())),
        }
    }

    /// Payload bytes to take by protocol.
    ///
    /// Protocols whose payloads may carry keys give their headers only: the kernel's own
    /// definitions are in docs/security.md. Generic netlink is among them as a whole, because a
    /// family is known by a number that differs from boot to boot.
    pub fn snap(&self) -> [u16; PROTOCOLS] {
        let mut snap = [self.probe.snap_length; PROTOCOLS];
        if !self.capture_secrets {
            for (number, headers) in HEADERS_ONLY {
                snap[usize::from(number)] = headers.min(self.probe.snap_length);
            }
        }
        snap
    }
}

/// The number of a protocol that stands under a key.
fn protocol_number(key: &str, name: &str) -> Result<u8, Error> {
    let number = parse_protocol(name).filter(|number| *number <= PROTOCOL_MAX);
    let wrong = || Error::value(key, format!("{name:?}"), "a protocol by its name or number");
    number.ok_or_else(wrong)
}

fn within(key: &str, value: usize, least: usize, most: usize) -> Result<(), Error> {
    let expected = match most {
        usize::MAX => format!("a number from {least}"),
        most => format!("a number from {least} to {most}"),
    };
    let is_within = (least..=most).contains(&value);
    if is_within { Ok(()) } else { Err(Error::value(key, value, expected)) }
}

/// Protocols that may carry keys, passwords or keystrokes, and the bytes before those: the message
/// header, and of what follows the first four bytes, which hold the errno of an acknowledgement and
/// nothing secret of anything else.
const HEADERS_ONLY: [(u8, u16); 6] = [
    // A key, of TCP-MD5, is an attribute; `struct inet_diag_msg` of 72 bytes comes before those.
    (protocol::SOCK_DIAG, 16 + 72),
    (protocol::XFRM, 20),
    (protocol::ISCSI, 20),
    (protocol::AUDIT, 20),
    // Four bytes of `struct genlmsghdr`.
    (protocol::GENERIC, 20),
    (protocol::CRYPTO, 20),
];

impl Group {
    /// `family/group`, a group of generic netlink whose number is given out at run time.
    fn family(&self, protocol: u8) -> Option<&str> {
        match self {
            Self::Name(name) if protocol == protocol::GENERIC => {
                let (family, group) = name.split_once('/')?;
                (!family.is_empty() && !group.is_empty()).then_some(name)
            }
            _ => None,
        }
    }

    fn number(&self, key: &str, protocol: u8) -> Result<u32, Error> {
        let (found, written) = match self {
            Self::Number(number) => (Some(*number), number.to_string()),
            Self::Name(name) => (parse_group(protocol, name), format!("{name:?}")),
        };
        found.filter(|number| *number > 0).ok_or_else(|| {
            let expected = format!("a group of {} by its name or number", protocol_name(protocol));
            Error::value(key, written, expected)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let file = file::File { path: Path::new("f.toml"), text };
        file.settings().and_then(setting::merge).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn protocols_to_sample_are_known_by_name_and_by_number() {
        let bits = |text: &str| parse(text).map(|config| config.sample_protocols().unwrap());
        assert_eq!(bits(""), Ok(u32::MAX));
        let some = "[probe]\nsample_protocols = [\"route\", \"17\", \"generic\"]\n";
        assert_eq!(bits(some), Ok(1 | 1 << 16 | 1 << 17));
    }

    #[test]
    fn groups_are_known_by_name_and_by_number() {
        let config = parse(
            "[subscribe]\ngroups = { route = [\"link\", 33], 17 = [1], generic = [\"a/b\", 20] }\n",
        );
        let groups = config.unwrap().groups().unwrap();
        assert_eq!(groups[&0].numbers, BTreeSet::from([1, 33]));
        assert_eq!(groups[&17].numbers, BTreeSet::from([1]));
        assert_eq!(groups[&16].numbers, BTreeSet::from([20]));
        assert_eq!(groups[&16].named, BTreeSet::from(["a/b".to_owned()]));
        assert!(parse("[subscribe]\ngroups = { generic = [\"/b\"] }\n").is_err());
    }

    #[test]
    fn namespaces_are_one_word_or_a_list_of_names() {
        let reach = |netns: &str| {
            parse(&format!("[subscribe]\nnetns = {netns}\n")).map(|config| config.reach().unwrap())
        };
        assert_eq!(reach("\"self\""), Ok(Reach::Own));
        assert_eq!(reach("\"all\""), Ok(Reach::All));
        let named = BTreeSet::from(["blue".to_owned(), "self".to_owned()]);
        assert_eq!(reach("[\"self\", \"blue\"]"), Ok(Reach::Named(named)));
    }

    #[test]
    fn payloads_that_may_carry_keys_are_cut_to_their_headers() {
        let mut config = Config::default();
        assert_eq!(config.snap()[usize::from(protocol::XFRM)], 20);
        assert_eq!(config.snap()[0], SNAP_DEFAULT);
        config.capture_secrets = true;
        assert_eq!(config.snap()[usize::from(protocol::XFRM)], SNAP_DEFAULT);
    }
}
