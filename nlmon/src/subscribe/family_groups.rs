//! Groups of generic netlink families. Their numbers are given at run time, and again when a
//! module is loaded again, so the controller is asked for them by name.

use std::{collections::BTreeMap, time::Duration};

use super::{Error, families};
use nlmon_core::decode::Families;

/// The kernel answers at once; this is for one that does not.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Numbers of the groups there are in the calling thread's namespace, by `family/group`.
pub(super) fn groups() -> Result<BTreeMap<String, u32>, Error> {
    Ok(Families::parse(&families(TIMEOUT)?).groups().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controller_has_its_own_group_in_every_kernel() {
        assert_eq!(groups().unwrap().get("nlctrl/notify"), Some(&16));
    }
}
