//! The tables of what corresponds: files in `maps`, a line for each value that a tool shows and the
//! attribute that it is made of.
//!
//! ```text
//! run ip-link                         captures that it holds for, by a pattern with `*`
//! objects *                           where the tool's objects are
//! messages RTM_NEWLINK [PATH]         the messages of which they are made, or parts of them;
//!                                     ` ? ATTRIBUTE=VALUE` behind it takes only some
//! key ifname = IFLA_IFNAME            what tells which message an object is of
//! mtu = IFLA_MTU                      the same value
//! flags.* = ifi_flags : words         after a conversion
//! - link_index                        not compared, with a reason after `:`
//! [info | IFLA_LINKINFO | info.kind=vlan]   what begins the paths below, and for which objects
//! ```
//!
//! `*` in a path is any element; those of both sides are the same element.
//!
//! A conversion is there for one of these reasons. Those of the tools are in iproute2's source.
//!
//! | conversion | why the two differ |
//! |---|---|
//! | `index` | the tool has looked up the interface's name |
//! | `is WORD=VALUE,...` | the tool has its own word for the number of the kernel's header |
//! | `bit`, `nobit`, `has` | the tool prints a bit alone; `nobit` where it prints its absence |
//! | `mask N` | the same of bits that nlmon shows as one number |
//! | `flags`, `members` | lists in another order, or of another form |
//! | `/ 100`, `x 100` | the kernel counts ticks, of which `USER_HZ` has 100 a second |
//! | `x 4294967295`, `rest` | `tc` prints a share of 1 for one of `UINT32_MAX`, or what is left of it |
//! | `x 1000`, `x 1000000000` | the tool prints seconds, the kernel writes ms or ns |
//! | `+ -1` | the kernel stores a weight less one |
//! | `forever` | `ip` prints the largest number, which means no limit |
//! | `prefix`, `len`, `until` | the tool prints an address and the length of its prefix as one |
//! | `before`, `after` | two numbers that nlmon shows as one: the realms of a route |
//! | `bits PLACE COUNT` | the tool prints some bits of a number that nlmon shows as one |
//! | `bridgeid`, `bridgeaddr` | the tool prints priority and address with a dot between |
//! | `root`, `fh`, `hex` | a handle or a number in the form of `tc` |

/// A file.
#[derive(Debug, Default)]
pub(super) struct Map {
    pub(super) runs: Vec<String>,
    pub(super) objects: String,
    pub(super) message: String,
    /// Where in a message that is, which corresponds to an object.
    pub(super) part: String,
    /// An attribute of the message and the value that it must have.
    pub(super) only: Option<(String, String)>,
    pub(super) keys: Vec<Line>,
    pub(super) lines: Vec<Line>,
    /// Values of the tool that have no line, on purpose.
    pub(super) left_out: Vec<String>,
}

/// A line.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) tool: String,
    pub(super) attribute: String,
    pub(super) conversion: String,
    /// A path of the tool's and the value it must have.
    pub(super) condition: Option<(String, String)>,
    /// As it is in the file.
    pub(super) text: String,
}

#[derive(Default)]
struct Section {
    tool: String,
    attribute: String,
    condition: Option<(String, String)>,
}

impl Map {
    /// The maps of a file: each `run` begins one.
    pub(super) fn parse(text: &str) -> Vec<Self> {
        let mut maps: Vec<Self> = Vec::new();
        let mut section = Section::default();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            if let Some(runs) = line.strip_prefix("run ") {
                let runs = runs.split_whitespace().map(str::to_owned).collect();
                maps.push(Self { runs, objects: "*".to_owned(), ..Self::default() });
                section = Section::default();
                continue;
            }
            let map = maps.last_mut().unwrap_or_else(|| panic!("no run before {line}"));
            map.line(line, &mut section);
        }
        maps
    }

    /// Whether a run's output and messages are of this map.
    pub(super) fn is_of(&self, run: &str) -> bool {
        self.runs.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => run.starts_with(start),
            None => pattern == run,
        })
    }

    fn line(&mut self, line: &str, section: &mut Section) {
        if let Some(path) = line.strip_prefix("objects ") {
            path.trim().clone_into(&mut self.objects);
        } else if let Some(message) = line.strip_prefix("messages ") {
            let (message, only) = message.split_once(" ? ").unwrap_or((message, ""));
            let (message, part) = message.trim().split_once(' ').unwrap_or((message.trim(), ""));
            (self.message, self.part) = (message.to_owned(), part.trim().to_owned());
            let only = only.split_once('=');
            self.only = only.map(|(path, value)| (path.to_owned(), value.to_owned()));
        } else if let Some(head) = line.strip_prefix('[') {
            *section = Section::parse(head.trim_end_matches(']'));
        } else if let Some(path) = line.strip_prefix("- ") {
            let path = path.split(" : ").next().unwrap_or_default().trim();
            self.left_out.push(join(&section.tool, path));
        } else if let Some(key) = line.strip_prefix("key ") {
            self.keys.push(section.line(key));
        } else {
            self.lines.push(section.line(line));
        }
    }
}

impl Section {
    fn parse(head: &str) -> Self {
        let mut parts = head.split('|').map(str::trim);
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (tool, attribute, condition) = (part(), part(), part());
        let condition = condition.split_once('=');
        let condition = condition.map(|(path, value)| (path.to_owned(), value.to_owned()));
        Self { tool, attribute, condition }
    }

    fn line(&self, text: &str) -> Line {
        let (tool, rest) = text.split_once(" = ").unwrap_or_else(|| panic!("no ` = `: {text}"));
        let (attribute, conversion) = rest.split_once(" : ").unwrap_or((rest, ""));
        Line {
            tool: join(&self.tool, tool.trim()),
            attribute: join(&self.attribute, attribute.trim()),
            conversion: conversion.trim().to_owned(),
            condition: self.condition.clone(),
            text: format!("{} {text}", self.tool),
        }
    }
}

/// A path below another one.
fn join(above: &str, below: &str) -> String {
    match (above, below) {
        ("", path) | (path, "" | ".") => path.to_owned(),
        _ => format!("{above}.{below}"),
    }
}
