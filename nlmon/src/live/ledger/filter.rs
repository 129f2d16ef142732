//! Which changes a reader wants: the flags of `nlmon changes`, and the request on the socket. Pure.
//!
//! Within one field any value may match; all fields that are given have to.

use serde::{Deserialize, Serialize};

use crate::live::filter::{FilterError, NamespaceFilter, any, cause, is_container, unknown};
use crate::live::glob;
use nlmon_core::ledger::{Change, Kind, Who};

/// A choice of changes. An empty one passes all but those of the table `local`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeFilter {
    /// Kind of object: link, address, route, rule, nexthop, neighbour, fdb, vlan, qdisc, `nft_table`,
    /// `nft_chain`, `nft_set`, `nft_rule`, or a pattern: 'nft*'
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub object: Vec<String>,
    /// Process name, as in ps -o comm: ip, 'systemd-*'
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub process: Vec<String>,
    /// Process id
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pid: Vec<u32>,
    /// Systemd unit that the process is in: 'nginx.service', 'docker-*'
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unit: Vec<String>,
    /// Container that the process is of: its id, the beginning of it, or a pattern
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub container: Vec<String>,
    /// Kubernetes pod that the process is in
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pod: Vec<String>,
    /// What made the kernel do it: request, flushed, kernel, syscall, unknown
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cause: Vec<String>,
    /// Network namespace: its name in /run/netns, or its inode number
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub netns: Vec<NamespaceFilter>,
    /// Text within the object or what changed of it, in either case
    #[arg(long, value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Routes of the table local too, which the kernel keeps for each address
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
}

impl ChangeFilter {
    /// Checks the names.
    ///
    /// # Errors
    /// The first that does not exist, with the nearest one that does.
    pub fn check(&self) -> Result<(), FilterError> {
        let kinds = Kind::ALL.map(Kind::word);
        for name in &self.object {
            if !kinds.iter().any(|kind| glob::matches(name, kind)) {
                return Err(unknown("kind of object", name, kinds.iter().map(String::as_str)));
            }
        }
        self.cause.iter().try_for_each(|name| cause(name).map(drop))
    }

    /// Whether a change passes.
    pub fn passes(&self, change: &Change) -> bool {
        let who = change.process.as_deref();
        let is_called = |names: &[String], name: fn(&Who) -> Option<&str>| {
            any(names, |wanted| who.and_then(name).is_some_and(|name| glob::matches(wanted, name)))
        };
        let kind = change.kind.word();
        let is_local = change.kind == Kind::Route && change.object.contains(" table local");
        (self.all || !is_local)
            && any(&self.object, |wanted| glob::matches(wanted, &kind))
            && is_called(&self.process, |who| Some(&who.comm))
            && is_called(&self.unit, |who| who.unit.as_deref())
            && is_called(&self.pod, |who| who.pod.as_deref())
            && any(&self.pid, |pid| who.is_some_and(|who| who.pid == *pid))
            && any(&self.container, |wanted| {
                let id = who.and_then(|who| who.container.as_deref());
                id.is_some_and(|id| is_container(id, wanted))
            })
            && any(&self.cause, |wanted| {
                change.cause.is_some_and(|cause| cause.name().eq_ignore_ascii_case(wanted))
            })
            && any(&self.netns, |wanted| wanted.is(change.netns, change.netns_name.as_deref()))
            && self.text.as_ref().is_none_or(|text| has_text(change, text))
    }
}

fn has_text(change: &Change, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    has(&change.object)
        || change.differences.iter().any(|difference| {
            let values = [&difference.from, &difference.to].into_iter().flatten();
            has(&difference.field) || values.into_iter().any(|value| has(value))
        })
}
