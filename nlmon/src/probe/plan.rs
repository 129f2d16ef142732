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
}

impl Probe {
    /// Every probe.
    pub const ALL: [Self; 2] = [Self::Unicast, Self::Broadcast];

    /// The word used in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Broadcast => "broadcast",
        }
    }
}

/// How a program is attached to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// kprobe and kretprobe.
    Kprobe,
    /// fentry and fexit: a third of the cost, where the kernel has it.
    Fentry,
}

impl Hook {
    /// The word used in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kprobe => "kprobe",
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
#[serde(rename_all = "lowercase")]
pub enum Attach {
    /// The cheapest that works, function by function.
    #[default]
    Auto,
    /// kprobe and kretprobe only.
    Kprobe,
    /// fentry and fexit only.
    Fentry,
}

impl Attach {
    /// Hooks in the order to try.
    fn hooks(self) -> &'static [Hook] {
        match self {
            Self::Auto => &[Hook::Fentry, Hook::Kprobe],
            Self::Kprobe => &[Hook::Kprobe],
            Self::Fentry => &[Hook::Fentry],
        }
    }
}

/// One probe of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is probed.
    pub probe: Probe,
    /// The kernel function.
    pub symbol: &'static str,
    /// Its arguments: fexit finds the return value behind them.
    pub arguments: u32,
    /// Hooks in the order to try.
    pub hooks: &'static [Hook],
}

/// The plan for a kernel.
///
/// Broadcasts pass `netlink_broadcast_filtered` where there is one, most of them without passing
/// `netlink_broadcast`; kernels 5.16 to 6.5 have only the latter. Probing both would count those
/// twice that pass both.
pub fn plan(btf: &Btf<'_>, attach: Attach) -> Result<Vec<Step>, Error> {
    let step = |probe, symbol| {
        Ok(Step { probe, symbol, arguments: btf.arguments(symbol)?, hooks: attach.hooks() })
    };
    let broadcast = step(Probe::Broadcast, "netlink_broadcast_filtered")
        .or_else(|_: Error| step(Probe::Broadcast, "netlink_broadcast"));
    Ok(vec![step(Probe::Unicast, "netlink_unicast")?, broadcast?])
}
