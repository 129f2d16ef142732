//! With which rights `nlmon check` makes its check: those of the installed service, because root's
//! would promise hooks that the service is then refused.
//!
//! Capabilities are what decides about probes. What else the unit takes away is not reproduced.

use std::{collections::BTreeSet, fmt, process::Command};

use crate::rights;

/// The service that the check speaks for.
const UNIT: &str = "nlmon.service";

/// Whose rights this process has from now on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// Those of the service.
    Unit(BTreeSet<String>),
    /// Those that it had already, and the reason.
    Caller(String),
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(names) => {
                write!(f, "those of {UNIT}:")?;
                names.iter().try_for_each(|name| write!(f, " {name}"))
            }
            Self::Caller(reason) => write!(f, "the caller's: {reason}"),
        }
    }
}

/// Gives up every right that the installed service does not have, for this thread and those that it
/// starts later.
pub(super) fn take_those_of_the_unit() -> Rights {
    let capabilities = match of_unit() {
        Ok(capabilities) => capabilities,
        Err(reason) => return Rights::Caller(reason),
    };
    match keep(&capabilities) {
        Ok(()) => Rights::Unit(capabilities),
        Err(reason) => Rights::Caller(reason),
    }
}

/// What systemd grants the service, drop-ins included.
fn of_unit() -> Result<BTreeSet<String>, String> {
    let properties = "--property=LoadState,CapabilityBoundingSet";
    let shown = Command::new("systemctl").args(["show", properties, UNIT]).output();
    let shown = shown.map_err(|error| format!("cannot run systemctl: {error}"))?;
    if !shown.status.success() {
        return Err("systemd does not answer".to_owned());
    }
    parse(&String::from_utf8_lossy(&shown.stdout))
}

fn parse(shown: &str) -> Result<BTreeSet<String>, String> {
    let property = |name: &str| {
        let pairs = shown.lines().filter_map(|line| line.split_once('='));
        pairs.filter(|(found, _)| *found == name).map(|(_, value)| value).next()
    };
    if property("LoadState") != Some("loaded") {
        return Err(format!("{UNIT} is not installed"));
    }
    let names = property("CapabilityBoundingSet").unwrap_or_default().split_whitespace();
    // One that is newer than this program's list of them has nothing to do with probes.
    Ok(rights::named(names).iter().map(ToString::to_string).collect())
}

fn keep(capabilities: &BTreeSet<String>) -> Result<(), String> {
    let wanted = rights::named(capabilities.iter().map(String::as_str));
    let permitted = rights::permitted().map_err(|error| error.to_string())?;
    if !wanted.is_subset(&permitted) {
        return Err(format!("it has fewer than {UNIT}"));
    }
    rights::keep_only(&wanted).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_capabilities_are_those_that_systemd_shows() {
        let shown = "CapabilityBoundingSet=cap_net_admin cap_bpf cap_next\nLoadState=loaded\n";
        let expected = ["CAP_NET_ADMIN", "CAP_BPF"].map(str::to_owned);
        assert_eq!(parse(shown), Ok(expected.into()));
    }

    #[test]
    fn a_unit_that_is_not_there_has_no_rights_to_check_with() {
        let shown = "CapabilityBoundingSet=cap_bpf\nLoadState=not-found\n";
        assert_eq!(parse(shown).unwrap_err(), "nlmon.service is not installed");
        assert!(parse("").is_err());
    }
}
