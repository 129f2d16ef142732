//! What the tables say, in a form for tests and tools that compare it with the kernel: each set of
//! attributes and each structure once. Decoding itself does not use this.
//!
//! Invariant: what a message can lead to is here; [`Inventory::of_tables`] walks from every message
//! that the tables know.

use std::collections::HashMap;

use super::kind::{self, Kind, Layout};
use super::{generic, sources};
use crate::decode::names::words::ETHERTYPES;

/// Numbers and their names, sorted by number.
pub type Names = &'static [(u32, &'static str)];

/// Everything that the tables hold.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// What [`Form::Nest`] and its like refer to by place.
    pub sets: Vec<Set>,
    /// What [`Form::Structure`] and its like refer to by place.
    pub structures: Vec<Structure>,
    /// Names of the families of generic netlink that have a table.
    pub families: Vec<&'static str>,
}

/// The attributes of one nest or message.
#[derive(Clone, Debug)]
pub struct Set {
    /// Where it was met first: names of a message and of attributes, joined by `/`.
    pub path: String,
    /// Sorted by number.
    pub attributes: Vec<Attribute>,
}

/// An attribute that a table names.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its number, without the bits for nests and byte order.
    pub number: u16,
    /// How the kernel calls it.
    pub name: &'static str,
    /// What its value is.
    pub form: Form,
}

/// A structure that a table lays out.
#[derive(Clone, Debug)]
pub struct Structure {
    /// Where it was met first, as in [`Set::path`].
    pub path: String,
    /// How the kernel calls it, without `struct`; empty where it is no structure of the kernel's
    /// headers: an array whose places have names, or an option of a protocol.
    pub name: &'static str,
    /// In order, gaps included.
    pub members: Vec<Member>,
}

/// A member of a structure.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name in the table: the kernel's, or that without the prefix which all members share.
    pub name: &'static str,
    /// Bytes before it.
    pub offset: usize,
    /// Its bytes; `None` for all that is left.
    pub size: Option<usize>,
    /// What its value is.
    pub form: Form,
}

/// What a number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Itself.
    Plain,
    /// Itself, but for the largest one, which means that there is no limit.
    Limit,
    /// The index of a network interface.
    Interface,
    /// Two parts that tools show apart: a handle of traffic control, realms.
    Parts,
    /// A word each.
    Words(Names),
    /// A name for each bit, or for groups of bits.
    Bits(Names),
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A number, as wide as the value is long.
    Number {
        /// It may be below zero.
        signed: bool,
        /// It is in network byte order, not in the host's.
        big_endian: bool,
        /// What it stands for.
        meaning: Meaning,
    },
    /// A text.
    Text,
    /// It is there or not, and holds nothing.
    Flag,
    /// An IPv4 or IPv6 address.
    Address,
    /// An IPv4 or IPv6 address in sixteen bytes.
    LongAddress,
    /// A `struct sockaddr` of some family.
    SocketAddress,
    /// A link layer address.
    LinkAddress,
    /// Bytes that are shown as such, or that are no C structure.
    Bytes,
    /// Bytes that fill a gap.
    Padding,
    /// Bytes that are not shown.
    Secret,
    /// `struct nla_bitfield32`
    Bitfield,
    /// The attributes of this set.
    Nest(usize),
    /// Attributes whose numbers only count.
    List(Box<Form>),
    /// Items of that many bytes each.
    Items(usize, Box<Form>),
    /// This structure.
    Structure(usize),
    /// This structure, and attributes of this set behind it.
    Headed(usize, usize),
    /// Several of those, each with its length in front.
    Hops(usize, usize),
    /// One of these, as another attribute, the address family or the length says.
    Choice(Vec<Form>),
}

impl Inventory {
    /// All that the tables in code hold; not what specs add at start.
    pub fn of_tables() -> Self {
        let mut visitor = Visitor::default();
        for (name, layout) in sources::messages() {
            visitor.message(&name, &layout);
        }
        for (name, fields) in sources::structures() {
            visitor.structure(name, fields);
        }
        for family in generic::all() {
            visitor.inventory.families.push(family.name);
            visitor.structure(family.name, family.header);
            let events = generic::events(family.name).unwrap_or_default();
            for (_, command, set) in [family.requests, family.replies, events].concat() {
                visitor.set(&format!("{}/{command}", family.name), set);
            }
        }
        visitor.inventory
    }

    /// How many attributes there are.
    pub fn attributes(&self) -> usize {
        self.sets.iter().map(|set| set.attributes.len()).sum()
    }
}

/// The walk: places of what it has met, by address.
#[derive(Debug, Default)]
struct Visitor {
    inventory: Inventory,
    sets: HashMap<usize, usize>,
    structures: HashMap<usize, usize>,
}

impl Visitor {
    fn message(&mut self, name: &str, layout: &Layout) {
        if !layout.header.is_empty() {
            self.structure(&format!("{name}/{}", layout.name), layout.header);
        }
        if !layout.attributes.is_empty() {
            self.set(name, layout.attributes);
        }
    }

    fn set(&mut self, path: &str, set: kind::Set) -> usize {
        if let Some(&place) = self.sets.get(&set.as_ptr().addr()) {
            return place;
        }
        let place = self.inventory.sets.len();
        self.sets.insert(set.as_ptr().addr(), place);
        self.inventory.sets.push(Set { path: path.to_owned(), attributes: Vec::new() });
        let attribute = |(number, name, kind): &(u16, &'static str, Kind)| {
            let form = self.form(&format!("{path}/{name}"), kind);
            Attribute { number: *number, name, form }
        };
        let attributes = set.iter().map(attribute).collect();
        self.inventory.sets[place].attributes = attributes;
        place
    }

    fn structure(&mut self, path: &str, fields: &'static kind::Fields) -> usize {
        if let Some(&place) = self.structures.get(&fields.as_ptr().addr()) {
            return place;
        }
        let place = self.inventory.structures.len();
        self.structures.insert(fields.as_ptr().addr(), place);
        let (path, name) = (path.to_owned(), fields.name);
        let structure = Structure { path: path.clone(), name, members: Vec::new() };
        self.inventory.structures.push(structure);
        let mut offset = 0;
        for (name, width, kind) in fields.iter() {
            let size = (*width > 0).then_some(*width);
            let form = self.form(&format!("{path}/{name}"), kind);
            let members = &mut self.inventory.structures[place].members;
            members.push(Member { name, offset, size, form });
            offset += width;
        }
        place
    }

    fn form(&mut self, path: &str, kind: &Kind) -> Form {
        match kind {
            Kind::Long(_, kind) | Kind::Elsewhere(kind) => self.form(path, kind),
            Kind::Nest(set) => Form::Nest(self.set(path, set)),
            Kind::Described(set) => {
                Form::Nest(self.set(path, set.get().copied().unwrap_or_default()))
            }
            Kind::List(kind) => Form::List(Box::new(self.form(path, kind))),
            Kind::Each(width, kind) | Kind::Named(width, kind, _) => {
                Form::Items(*width, Box::new(self.form(path, kind)))
            }
            Kind::Struct(fields) => Form::Structure(self.structure(path, fields)),
            Kind::Headed(fields, set) => {
                Form::Headed(self.structure(path, fields), self.set(path, set))
            }
            Kind::Hops(fields, set) => {
                Form::Hops(self.structure(path, fields), self.set(path, set))
            }
            Kind::Select(_, options) | Kind::Around(_, _, options) | Kind::After(_, options) => {
                let option = |o: &(&str, Kind)| self.form(&format!("{path}={}", o.0), &o.1);
                Form::Choice(options.iter().map(option).collect())
            }
            Kind::ByLength(options) => {
                Form::Choice(options.iter().map(|option| self.form(path, &option.1)).collect())
            }
            Kind::ByFlag => {
                Form::Choice([&Kind::Be, &Kind::Num].map(|kind| self.form(path, kind)).into())
            }
            Kind::Family(families, other) => {
                let kinds = families.iter().map(|family| &family.1).chain([*other]);
                Form::Choice(kinds.map(|kind| self.form(path, kind)).collect())
            }
            _ => simple(kind),
        }
    }
}

/// What refers to no other table.
fn simple(kind: &Kind) -> Form {
    let number = |signed, big_endian, meaning| Form::Number { signed, big_endian, meaning };
    match kind {
        Kind::Num => number(false, false, Meaning::Plain),
        Kind::Int => number(true, false, Meaning::Plain),
        Kind::Be => number(false, true, Meaning::Plain),
        Kind::BeInt => number(true, true, Meaning::Plain),
        Kind::Index | Kind::LinkIndex => number(true, false, Meaning::Interface),
        Kind::BeIndex => number(false, true, Meaning::Interface),
        Kind::Word(names) => number(false, false, Meaning::Words(names)),
        Kind::BeWord(names) => number(false, true, Meaning::Words(names)),
        Kind::EtherFamily => number(false, true, Meaning::Words(ETHERTYPES)),
        Kind::Mask(names) => number(false, false, Meaning::Bits(names)),
        Kind::BeMask(names) => number(false, true, Meaning::Bits(names)),
        Kind::Limit(_) => number(false, false, Meaning::Limit),
        Kind::Handle | Kind::HashHandle | Kind::Realms => number(false, false, Meaning::Parts),
        Kind::Labels => Form::Items(4, Box::new(number(false, true, Meaning::Parts))),
        Kind::Bitfield => Form::Bitfield,
        Kind::Text => Form::Text,
        Kind::Ip => Form::Address,
        Kind::LongIp => Form::LongAddress,
        Kind::Sockaddr => Form::SocketAddress,
        Kind::Mac | Kind::PaddedMac => Form::LinkAddress,
        Kind::Flag => Form::Flag,
        Kind::Pad => Form::Padding,
        Kind::Secret => Form::Secret,
        _ => Form::Bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_met_once_and_is_sorted() {
        let inventory = Inventory::of_tables();
        assert!(inventory.attributes() > 4000, "{}", inventory.attributes());
        assert!(inventory.structures.len() > 200, "{}", inventory.structures.len());
        for set in &inventory.sets {
            assert!(set.attributes.is_sorted_by(|a, b| a.number < b.number), "{}", set.path);
        }
        let attributes = inventory.sets.iter().flat_map(|set| &set.attributes);
        let members = inventory.structures.iter().flat_map(|structure| &structure.members);
        for form in attributes.map(|a| &a.form).chain(members.map(|m| &m.form)) {
            if let Form::Number { meaning: Meaning::Words(names), .. } = form {
                assert!(names.is_sorted_by(|a, b| a.0 < b.0), "{names:?}");
            }
        }
        for family in generic::all() {
            for words in [family.requests, family.replies] {
                assert!(words.is_sorted_by(|a, b| a.0 < b.0), "{}", family.name);
            }
        }
    }

    #[test]
    fn a_member_is_behind_the_one_before() {
        let inventory = Inventory::of_tables();
        let header = inventory.structures.iter().find(|s| s.name == "ifinfomsg").unwrap();
        let members: Vec<_> = header.members.iter().map(|m| (m.name, m.offset, m.size)).collect();
        assert_eq!(members[2], ("ifi_type", 2, Some(2)));
        assert_eq!(members[3], ("ifi_index", 4, Some(4)));
    }

    /// What is a secret is said to whoever runs nlmon.
    #[test]
    fn every_secret_is_documented() {
        let manual = include_str!("../../../../../docs/security.md");
        let inventory = Inventory::of_tables();
        let attributes = inventory.sets.iter().flat_map(|set| &set.attributes);
        for attribute in attributes.filter(|attribute| attribute.form == Form::Secret) {
            assert!(manual.contains(attribute.name), "{} is not documented", attribute.name);
        }
    }
}
