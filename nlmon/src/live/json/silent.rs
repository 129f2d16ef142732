//! The part of a line that tells of a silent change: which routes the kernel removed without a
//! notification.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::live::interfaces::KnownInterfaces;
use crate::live::text::write;
use nlmon_core::decode::InterfaceNames as _;
use nlmon_core::decode::names::words::{route_table, route_type};
use nlmon_core::record::{RemovedRoute, Silent};

/// `AF_INET` in `include/linux/socket.h`.
const AF_INET: u8 = 2;

/// Routes that were removed from a table, and nobody was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSilent {
    /// `inet` or `inet6`.
    pub family: Cow<'static, str>,
    /// The routing table by name (`main`), one without a name by number.
    pub table: Cow<'static, str>,
    /// How many were removed; at least so many if `incomplete`.
    pub removed: u32,
    /// The end of the removal was not seen, so that there may be more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// How many of them are not in `routes`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unnamed: u32,
    /// Which.
    pub routes: Vec<LogRoute>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRoute {
    /// Destination: `10.0.0.0/24`.
    pub dst: String,
    /// What it did: `unicast`, `local`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Index of the interface that it went out of first; absent where that is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ifindex: u32,
    /// Name of that interface at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ifname: Option<String>,
    /// Its metric; absent where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u32,
    /// Type of service that it was for; absent where it is 0.
    #[serde(default, skip_serializing_if = "is_none")]
    pub tos: u8,
}

impl LogSilent {
    pub(super) fn new(silent: &Silent, interfaces: Option<&KnownInterfaces>) -> Self {
        let (netns, at_ns) = (silent.observation.netns, silent.observation.start_ns);
        let name = |index| interfaces?.name(netns, index, at_ns).map(|name| (*name).to_owned());
        let route = |route: &RemovedRoute| LogRoute {
            dst: format!("{}/{}", route.address, route.prefix_len),
            kind: route_type(route.kind),
            ifindex: route.interface,
            ifname: Some(route.interface).filter(|&index| index != 0).and_then(name),
            priority: route.priority,
            tos: route.tos,
        };
        Self {
            family: if silent.family == AF_INET { "inet" } else { "inet6" }.into(),
            table: route_table(silent.table),
            removed: silent.count(),
            incomplete: silent.removed.is_none(),
            unnamed: silent.unnamed(),
            routes: silent.routes.iter().map(route).collect(),
        }
    }

    /// In one line: how many, of which table, and the first of them.
    pub fn summary(&self) -> String {
        let Self { family, table, removed, incomplete, routes, .. } = self;
        let at_least = if *incomplete { "at least " } else { "" };
        let (family, s) = (if family == "inet" { "IPv4" } else { "IPv6" }, plural(*removed));
        let mut text = format!("{at_least}{removed} {family} route{s} of table {table} removed");
        for (index, route) in routes.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { ": " } else { ", " };
            text.push_str(separator);
            text.push_str(&route.text());
        }
        let shown = u32::try_from(routes.len().min(SHOWN)).unwrap_or_default();
        if shown != 0 && *removed > shown {
            write(&mut text, format_args!(" +{} more", removed - shown));
        }
        text
    }
}

/// Routes that a line shows.
const SHOWN: usize = 3;

impl LogRoute {
    /// As `ip route` shows it.
    pub fn text(&self) -> String {
        let mut text = match &*self.kind {
            "unicast" => self.dst.clone(),
            kind => format!("{kind} {}", self.dst),
        };
        if let Some(name) = &self.ifname {
            write(&mut text, format_args!(" dev {name}"));
        } else if self.ifindex != 0 {
            write(&mut text, format_args!(" ifindex {}", self.ifindex));
        }
        if self.tos != 0 {
            write(&mut text, format_args!(" tos {:#x}", self.tos));
        }
        if self.priority != 0 {
            write(&mut text, format_args!(" metric {}", self.priority));
        }
        text
    }
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(value: &u8) -> bool {
    *value == 0
}
