//! The families of generic netlink that the running kernel has: their numbers, which it gave out at
//! run time, their names and the names of their groups, and what specs say of them. A value; who asks
//! the kernel is `crate::subscribe`.

use std::collections::BTreeMap;

use super::attribute::{Attribute, Tree};
use super::names::protocol;
use super::specs::Specs;
use super::{Context, decode_message};
use crate::message::{self, Header};

/// The controller's own number, which is fixed.
const CONTROLLER: u16 = 16;

/// `CTRL_CMD_NEWFAMILY`
const NEWFAMILY: u8 = 1;
/// `GENL_MAX_ID`
const ID_MAX: u16 = 1023;
/// `GENL_NAMSIZ`, with a NUL.
const NAME_BYTES: usize = 16;

/// Families by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Families {
    all: Vec<Family>,
    specs: Specs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Family {
    id: u16,
    name: String,
    groups: Vec<(u32, String)>,
}

impl Family {
    /// Whether a kernel can have it: a capture may say anything, and what it says is kept.
    fn is_possible(&self) -> bool {
        (CONTROLLER + 1..=ID_MAX).contains(&self.id) && self.name.len() < NAME_BYTES
    }
}

impl Default for Families {
    /// What every kernel has.
    fn default() -> Self {
        let groups = vec![(u32::from(CONTROLLER), "notify".to_owned())];
        let all = vec![Family { id: CONTROLLER, name: "nlctrl".to_owned(), groups }];
        Self { all, specs: Specs::default() }
    }
}

impl Families {
    /// The families that `CTRL_CMD_GETFAMILY` answered with, by the payloads of its answers.
    pub fn parse(payloads: &[Vec<u8>]) -> Self {
        let families = payloads.iter().filter_map(|payload| family(payload));
        let mut families: Vec<_> = families.collect();
        families.sort_by_key(|family| family.id);
        families.dedup_by_key(|family| family.id);
        if families.is_empty() {
            return Self::default();
        }
        Self { all: families, specs: Specs::default() }
    }

    /// Adds the families that the controller's answers in a datagram tell of, without their groups.
    /// A number belongs to who had it last.
    pub fn learn(&mut self, datagram: &[u8]) {
        let messages = message::messages(datagram, datagram.len());
        let answers = messages.filter(|message| {
            message.header.message_type == CONTROLLER && message.payload.first() == Some(&NEWFAMILY)
        });
        for found in answers.filter_map(|answer| family(answer.payload)).filter(Family::is_possible)
        {
            self.put(Family { groups: Vec::new(), ..found });
        }
    }

    /// Adds a family that somebody names. Says whether a kernel can have it.
    pub fn insert(&mut self, id: u16, name: &str) -> bool {
        let family = Family { id, name: name.to_owned(), groups: Vec::new() };
        let is_possible = family.is_possible();
        if is_possible {
            self.put(family);
        }
        is_possible
    }

    fn put(&mut self, family: Family) {
        match self.all.binary_search_by_key(&family.id, |known| known.id) {
            Ok(index) => self.all[index] = family,
            Err(index) => self.all.insert(index, family),
        }
    }

    /// Families of these names, whose groups are not known.
    pub fn named(names: &BTreeMap<u16, String>) -> Self {
        let mut families = Self::default();
        for (&id, name) in names.iter().filter(|(id, _)| **id != CONTROLLER) {
            families.all.push(Family { id, name: name.clone(), groups: Vec::new() });
        }
        families.all.sort_by_key(|family| family.id);
        families
    }

    /// The same families, those that nlmon has no tables for as these specs describe them.
    #[must_use]
    pub fn with_specs(self, specs: Specs) -> Self {
        Self { specs, ..self }
    }

    /// What is known by specs.
    pub fn specs(&self) -> Specs {
        self.specs
    }

    /// The name of the family with that number.
    pub fn name(&self, id: u16) -> Option<&str> {
        let index = self.all.binary_search_by_key(&id, |family| family.id).ok()?;
        self.all.get(index).map(|family| family.name.as_str())
    }

    /// A group's family and name: `nl80211/scan`.
    pub fn group(&self, number: u32) -> Option<String> {
        self.all.iter().find_map(|family| {
            let (_, name) = family.groups.iter().find(|group| group.0 == number)?;
            Some(format!("{}/{name}", family.name))
        })
    }

    /// Every group as [`group`](Self::group) names it, with its number.
    pub fn groups(&self) -> impl Iterator<Item = (String, u32)> {
        self.all.iter().flat_map(|family| {
            let named =
                |(number, name): &(u32, String)| (format!("{}/{name}", family.name), *number);
            family.groups.iter().map(named)
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Never, because the controller is always there.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

fn family(payload: &[u8]) -> Option<Family> {
    let known = Families::default();
    let len = u32::try_from(payload.len() + message::HEADER_BYTES).ok()?;
    let header = Header { len, message_type: CONTROLLER, flags: 0, seq: 0, portid: 0 };
    let context = Context::new(&known);
    let attributes = decode_message(protocol::GENERIC, &header, payload, &context);
    let tree = Tree(&attributes);
    Some(Family {
        id: u16::try_from(tree.number("CTRL_ATTR_FAMILY_ID")?).ok()?,
        name: tree.text("CTRL_ATTR_FAMILY_NAME")?.into_owned(),
        groups: tree.inside("CTRL_ATTR_MCAST_GROUPS").iter().filter_map(group).collect(),
    })
}

fn group(attribute: &Attribute) -> Option<(u32, String)> {
    let id = attribute.tree().number("CTRL_ATTR_MCAST_GRP_ID")?;
    let name = attribute.tree().text("CTRL_ATTR_MCAST_GRP_NAME")?.into_owned();
    Some((u32::try_from(id).ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the controller answers about a family.
    fn answer(id: u16, name: &str) -> Vec<u8> {
        let mut payload = vec![NEWFAMILY, 2, 0, 0];
        payload.extend([6, 0, 1, 0]);
        payload.extend(id.to_ne_bytes());
        payload.extend([0, 0]);
        payload.extend(u16::try_from(4 + name.len() + 1).unwrap().to_ne_bytes());
        payload.extend([2, 0]);
        payload.extend(name.as_bytes());
        payload.resize((payload.len() + 1).next_multiple_of(4), 0);
        let len = u32::try_from(message::HEADER_BYTES + payload.len()).unwrap();
        let header = Header { len, message_type: CONTROLLER, flags: 0, seq: 0, portid: 0 };
        [&header.to_bytes(), &payload[..]].concat()
    }

    fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
        let len = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [&len.to_ne_bytes()[..], &number.to_ne_bytes(), value].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn reads_the_groups_of_a_family() {
        let group = |name: &[u8], number: u32| {
            [attribute(1, name), attribute(2, &number.to_ne_bytes())].concat()
        };
        let groups = [attribute(1, &group(b"config\0", 7)), attribute(2, &group(b"x\0", 40))];
        let payload = [
            vec![NEWFAMILY, 2, 0, 0],
            attribute(2, b"devlink\0"),
            attribute(1, &[21, 0]),
            attribute(7 | 0x8000, &groups.concat()),
        ];
        let families = Families::parse(&[payload.concat()]);
        let groups: Vec<_> = families.groups().collect();
        assert_eq!(groups, [("devlink/config".to_owned(), 7), ("devlink/x".to_owned(), 40)]);
        assert_eq!(families.group(40).as_deref(), Some("devlink/x"));
    }

    #[test]
    fn learns_every_family_of_a_datagram_and_the_latest_of_a_number() {
        let mut families = Families::default();
        families.learn(&[answer(40, "one"), answer(20, "two")].concat());
        families.learn(&answer(40, "three"));
        assert_eq!((families.name(20), families.name(40)), (Some("two"), Some("three")));
        assert_eq!((families.name(CONTROLLER), families.len()), (Some("nlctrl"), 3));
    }

    #[test]
    fn believes_no_family_that_a_kernel_cannot_have() {
        let mut families = Families::default();
        for (id, name) in [(CONTROLLER, "other"), (ID_MAX + 1, "high"), (20, "sixteen-letters-")] {
            families.learn(&answer(id, name));
        }
        let request = [&answer(20, "two")[..message::HEADER_BYTES], &[3; 16]].concat();
        families.learn(&request);
        assert_eq!(families, Families::default());
    }
}
