//! Which function each probe goes to, and by which hooks, from what the running kernel offers.
//!
//! Pure: it looks at type information only. Whether a hook works is found out by attaching it;
//! the plan says in which order to try.

use std::fmt;

use super::btf::{Btf, Error};

/// What is probed. Names are those of `nlmon_probe_attached`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Probe {
    /// Unicast datagrams.
    Unicast,
    /// Multicast datagrams.
    Broadcast,
    /// Parts of dumps.
    Dump,
    /// Datagrams put into a receiving socket's queue.
    Delivery,
    /// Datagrams that found no room there.
    Overrun,
    /// Sockets that get a port id.
    Bind,
    /// Sockets that are freed.
    Release,
    /// Removals of IPv4 routes that nobody is told of.
    Flush4,
    /// The routes that such a removal takes.
    Route4,
    /// The same of IPv6.
    Flush6,
    /// The same of IPv6.
    Route6,
}

impl Probe {
    /// Every probe.
    pub const ALL: [Self; 11] = [
        Self::Unicast,
        Self::Broadcast,
        Self::Dump,
        Self::Delivery,
        Self::Overrun,
        Self::Bind,
        Self::Release,
        Self::Flush4,
        Self::Route4,
        Self::Flush6,
        Self::Route6,
    ];

    /// The word used in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Broadcast => "broadcast",
            Self::Dump => "dump",
            Self::Delivery => "delivery",
            Self::Overrun => "overrun",
            Self::Bind => "bind",
            Self::Release => "release",
            Self::Flush4 => "flush4",
            Self::Route4 => "route4",
            Self::Flush6 => "flush6",
            Self::Route6 => "route6",
        }
    }

    /// Those to attach. Without deliveries, the parts of dumps are not seen, which are counted when
    /// they are delivered.
    pub fn wanted(deliveries: bool) -> impl Iterator<Item = Self> {
        let is_wanted =
            move |probe: &Self| deliveries || !matches!(probe, Self::Delivery | Self::Dump);
        Self::ALL.into_iter().filter(is_wanted)
    }

    /// Functions to probe, the first that the kernel has.
    ///
    /// Broadcasts pass `netlink_broadcast_filtered` where there is one, most of them without
    /// passing `netlink_broadcast`; kernels 5.16 to 6.5 have only the latter. Probing both would
    /// count those twice that pass both. `__netlink_sendskb` is inlined on 5.10, where every
    /// delivery calls `netlink_deliver_tap` instead.
    pub(super) fn symbols(self) -> &'static [&'static str] {
        match self {
            Self::Unicast => &["netlink_unicast"],
            Self::Broadcast => &["netlink_broadcast_filtered", "netlink_broadcast"],
            Self::Dump => &["netlink_dump"],
            Self::Delivery => &["__netlink_sendskb", "netlink_deliver_tap"],
            Self::Overrun => &["netlink_overrun"],
            Self::Bind => &["netlink_insert"],
            Self::Release => &["netlink_sock_destruct"],
            Self::Flush4 => &["fib_table_flush"],
            Self::Route4 => &["call_fib4_notifiers"],
            Self::Flush6 => &["fib6_clean_all_skip_notify"],
            Self::Route6 => &["fib6_del"],
        }
    }

    /// Whether it reads routes.
    pub(super) fn reads_routes(self) -> bool {
        matches!(self, Self::Flush4 | Self::Route4 | Self::Flush6 | Self::Route6)
    }

    /// Whether the daemon has no use without it: the join needs both.
    pub fn is_required(self) -> bool {
        matches!(self, Self::Unicast | Self::Broadcast)
    }
}

/// How a program is attached to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// kprobe and kretprobe.
    Kprobe,
    /// The same by links of their own kind, which need no right to open perf events.
    KprobeMulti,
    /// fentry and fexit: a third of the cost, where the kernel has it.
    Fentry,
}

impl Hook {
    /// Every hook.
    pub const ALL: [Self; 3] = [Self::Kprobe, Self::KprobeMulti, Self::Fentry];

    /// The word used in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kprobe => "kprobe",
            Self::KprobeMulti => "kprobe_multi",
            Self::Fentry => "fentry",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which hooks the user allows.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Attach {
    /// The cheapest that works and is exact, function by function.
    #[default]
    Auto,
    /// kprobe and kretprobe only, each by a perf event.
    Kprobe,
    /// kprobe and kretprobe only, by kprobe.multi links.
    KprobeMulti,
    /// fentry and fexit only.
    Fentry,
}

impl Attach {
    /// Hooks in the order to try. Where the kernel may preempt an fentry program, it does not run it
    /// for others meanwhile, and kprobes are what sees every call. Those by links come first: they
    /// need fewer rights, so that a service has the same hooks as root.
    fn hooks(self, preempts: bool) -> &'static [Hook] {
        match self {
            Self::Auto if preempts => &[Hook::KprobeMulti, Hook::Kprobe, Hook::Fentry],
            Self::Auto => &[Hook::Fentry, Hook::KprobeMulti, Hook::Kprobe],
            Self::Kprobe => &[Hook::Kprobe],
            Self::KprobeMulti => &[Hook::KprobeMulti],
            Self::Fentry => &[Hook::Fentry],
        }
    }
}

/// One probe of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedProbe {
    /// What is probed.
    pub probe: Probe,
    /// The kernel function.
    pub symbol: &'static str,
    /// Its arguments: fexit finds the return value behind them.
    pub arguments: u32,
    /// Hooks in the order to try.
    pub hooks: &'static [Hook],
    /// Whether the kernel may preempt an fentry program.
    pub preempts: bool,
}

/// The plan for a kernel, which `preempts` or not, and the probes that it has no function for, with
/// the reason.
pub fn plan(
    btf: &Btf<'_>,
    attach: Attach,
    deliveries: bool,
    preempts: bool,
) -> (Vec<PlannedProbe>, Vec<(Probe, Error)>) {
    let mut steps = Vec::new();
    let mut missing = Vec::new();
    for probe in Probe::wanted(deliveries) {
        match choose(btf, probe) {
            Ok((symbol, arguments)) => {
                let hooks = attach.hooks(preempts);
                steps.push(PlannedProbe { probe, symbol, arguments, hooks, preempts });
            }
            Err(error) => missing.push((probe, error)),
        }
    }
    (steps, missing)
}

fn choose(btf: &Btf<'_>, probe: Probe) -> Result<(&'static str, u32), Error> {
    let mut last = Error::Missing(probe.name().to_owned());
    for symbol in probe.symbols() {
        match btf.arguments(symbol) {
            Ok(arguments) => return Ok((symbol, arguments)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fentry_comes_first_only_where_it_sees_every_call() {
        assert_eq!(Attach::Auto.hooks(false).first(), Some(&Hook::Fentry));
        assert_eq!(Attach::Auto.hooks(true), [Hook::KprobeMulti, Hook::Kprobe, Hook::Fentry]);
        for preempts in [false, true] {
            assert_eq!(Attach::Fentry.hooks(preempts), [Hook::Fentry]);
            assert_eq!(Attach::Kprobe.hooks(preempts), [Hook::Kprobe]);
            assert_eq!(Attach::KprobeMulti.hooks(preempts), [Hook::KprobeMulti]);
        }
    }
}
