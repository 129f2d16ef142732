//! Groups of generic netlink families. Their numbers are given at run time, and again when a
//! module is loaded again, so the controller is asked for them by name.

use std::{collections::BTreeMap, time::Duration};

use super::{Error, families};
use nlmon_core::message::{attributes, c_string};

const ATTRIBUTE_FAMILY_NAME: u16 = 2;
const ATTRIBUTE_MCAST_GROUPS: u16 = 7;
const ATTRIBUTE_GROUP_NAME: u16 = 1;
const ATTRIBUTE_GROUP_ID: u16 = 2;

/// The kernel answers at once; this is for one that does not.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Numbers of the groups there are in the calling thread's namespace, by `family/group`.
pub(super) fn groups() -> Result<BTreeMap<String, u32>, Error> {
    let replies = families(TIMEOUT)?;
    // Behind a `struct genlmsghdr`.
    Ok(replies.iter().filter_map(|reply| family(reply.get(4..)?)).flatten().collect())
}

/// The groups of one family. Malformed ones are passed over.
fn family(bytes: &[u8]) -> Option<Vec<(String, u32)>> {
    let family = c_string(find(bytes, ATTRIBUTE_FAMILY_NAME)?);
    let groups = attributes(find(bytes, ATTRIBUTE_MCAST_GROUPS)?);
    let group = |(_, group): (u16, &[u8])| {
        let name = c_string(find(group, ATTRIBUTE_GROUP_NAME)?);
        let number = u32::from_ne_bytes(find(group, ATTRIBUTE_GROUP_ID)?.try_into().ok()?);
        Some((format!("{family}/{name}"), number))
    };
    Some(groups.filter_map(group).collect())
}

/// The value of the first attribute of this type.
fn find(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    /// `NLA_TYPE_MASK`
    const TYPE: u16 = 0x3fff;
    attributes(bytes).find(|(kind, _)| kind & TYPE == wanted).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let len = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn reads_the_groups_of_a_family() {
        let group = |name: &[u8], number: u32| {
            [attribute(1, name), attribute(2, &number.to_ne_bytes())].concat()
        };
        let groups = [attribute(1, &group(b"config\0", 7)), attribute(2, &group(b"x\0", 40))];
        let bytes = [
            attribute(2, b"devlink\0"),
            attribute(1, &[21, 0]),
            attribute(7 | 0x8000, &groups.concat()),
        ];
        let expected = [("devlink/config".to_owned(), 7), ("devlink/x".to_owned(), 40)];
        assert_eq!(family(&bytes.concat()).unwrap(), expected);
        assert_eq!(family(&attribute(2, b"VFS_DQUOT\0")), None);
    }

    #[test]
    fn the_controller_has_its_own_group_in_every_kernel() {
        assert_eq!(groups().unwrap().get("nlctrl/notify"), Some(&16));
    }
}
