//! How a table says what an attribute's value is: [`Kind`], and what kinds refer to. The tables of
//! this directory are facts of the kernel's headers, written down once; `reader` turns bytes into
//! a tree by them.
//!
//! Invariant: what is a key, or part of one, is [`Kind::Secret`] here and nowhere else.

use std::ops::Deref;
use std::sync::OnceLock;

use crate::decode::names::Table;

/// The attributes of one nest, sorted by number.
pub(in crate::decode) type Set = &'static [(u16, &'static str, Kind)];

/// Members in order, with their bytes; 0 is all that is left.
type Members = &'static [(&'static str, usize, Kind)];

/// The members of a structure.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Fields {
    /// How the kernel calls the structure, without `struct`; empty where it is none of C's.
    pub(in crate::decode) name: &'static str,
    members: Members,
}

impl Deref for Fields {
    type Target = [(&'static str, usize, Kind)];

    fn deref(&self) -> &Self::Target {
        self.members
    }
}

/// A structure's name, before its members: `structure("ifinfomsg").of(&[...])`.
pub(in crate::decode) struct Named(&'static str);

/// Begins a structure.
pub(in crate::decode) const fn structure(name: &'static str) -> Named {
    Named(name)
}

impl Named {
    /// The structure with these members.
    pub(in crate::decode) const fn of(self, members: Members) -> Fields {
        Fields { name: self.0, members }
    }
}

/// Kinds by the text of another attribute beside.
pub(in crate::decode) type Options = &'static [(&'static str, Kind)];

/// Names of bits or of groups of bits.
pub(in crate::decode) type Bits = &'static [(u32, &'static str)];

/// The commands of a generic family, sorted by number, each with the attributes that it carries.
pub(in crate::decode) type Words = &'static [(u16, &'static str, &'static Set)];

/// What a message of one type holds: a structure, and attributes behind it.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Layout {
    /// The structure's name.
    pub(in crate::decode) name: &'static str,
    pub(in crate::decode) header: &'static Fields,
    pub(in crate::decode) attributes: &'static Set,
}

/// A family of generic netlink.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Generic {
    pub(in crate::decode) name: &'static str,
    /// What follows the header that all families share.
    pub(in crate::decode) header: &'static Fields,
    /// What a process sends.
    pub(in crate::decode) requests: Words,
    /// What the kernel sends; the numbers may mean something else than in requests.
    pub(in crate::decode) replies: Words,
}

/// What a value is. Numbers are as wide as the value is long, in the byte order of the host unless
/// their kind begins with `Be`.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) enum Kind {
    /// A number; hexadecimal if it has none of the lengths of one.
    Num,
    /// A number with a sign.
    Int,
    /// A number in network byte order.
    Be,
    /// An interface's index in the namespace of the message.
    Index,
    /// The same in network byte order.
    BeIndex,
    /// An interface's index in the namespace that the message says the other end of a link is in.
    LinkIndex,
    /// What is in another namespace, so that no interface in it has a name here.
    Elsewhere(&'static Kind),
    /// A number that stands for a word.
    Word(&'static Table),
    /// The same in network byte order.
    BeWord(&'static Table),
    /// An `EtherType` in network byte order that says what the addresses of its structure are; 0 for
    /// a link layer address.
    EtherFamily,
    /// A number whose bits have names.
    Mask(&'static Bits),
    /// The same in network byte order.
    BeMask(&'static Bits),
    /// A number with a sign in network byte order.
    BeInt,
    /// A number in network byte order if the attribute's type says so (`NLA_F_NET_BYTEORDER`), else
    /// in the host's.
    ByFlag,
    /// A number whose largest value means that there is no limit: `forever`, `INF`.
    Limit(&'static str),
    /// `struct nla_bitfield32`: bits, and which of them count.
    Bitfield,
    /// An object's handle in traffic control: `1:10`.
    Handle,
    /// A handle of the filter `u32`: `800:1:800`, which are table, bucket and node.
    HashHandle,
    /// Labels of MPLS, one word of the stack each: `100/200`.
    Labels,
    /// Two realms of a route, the source's in the upper half: `10/20`.
    Realms,
    /// A text that ends at its first NUL.
    Text,
    /// An IPv4 or IPv6 address, by its length; in a message of family MPLS a label.
    Ip,
    /// Sixteen bytes that hold an address of the family that the structure around has.
    LongIp,
    /// `struct sockaddr_in` or `sockaddr_in6`.
    Sockaddr,
    /// A link layer address.
    Mac,
    /// A link layer address in a field that is longer, filled with zeros.
    PaddedMac,
    /// It is there, or not.
    Flag,
    /// Bytes, shown in hexadecimal.
    Hex,
    /// Bytes that are no secret and that tools show in base64: a public key.
    Base64,
    /// Bytes that fill a gap.
    Pad,
    /// Bytes that must not be shown: a key, a password, the contents of somebody's packet.
    Secret,
    /// That, if it is as long as one of these; else nothing that the table explains. For a table that
    /// may be of another version than who sends.
    Long(&'static [usize], &'static Kind),
    /// The first that has that many bytes; else bytes that the table does not explain. For an
    /// attribute that holds a structure of the protocol, where no message says which.
    ByLength(&'static [(&'static [usize], Kind)]),
    /// Attributes.
    Nest(&'static Set),
    /// The same of a set that a spec describes. Those may be inside of each other, so that one is
    /// referred to before it is filled.
    Described(&'static OnceLock<Set>),
    /// Attributes whose numbers only count.
    List(&'static Kind),
    /// Items of this many bytes each.
    Each(usize, &'static Kind),
    /// Items of this many bytes each, whose places have names. The names begin at place 0.
    Named(usize, &'static Kind, &'static [&'static str]),
    /// A structure.
    Struct(&'static Fields),
    /// A structure, and attributes behind it.
    Headed(&'static Fields, &'static Set),
    /// Several of those, each beginning with its length in 16 bits.
    Hops(&'static Fields, &'static Set),
    /// Elements of IEEE 802.11, some of which are secret.
    Elements,
    /// What the text of the attribute beside, of this number, says.
    Select(u16, &'static Options),
    /// The same, where that attribute is further out: in the nearest nest of this set that has it.
    Around(&'static Set, u16, &'static Options),
    /// The same, where the attribute of that number that says it is right before: in a nest in which
    /// values follow each other, each behind its type.
    After(u16, &'static Options),
    /// What `nft` keeps with a rule: bytes of a type and of a length, a comment for one.
    Userdata,
    /// What the message's address family says, or else the last.
    Family(&'static [(u8, Kind)], &'static Kind),
}
