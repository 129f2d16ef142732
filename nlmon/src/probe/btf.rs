//! A reader of BTF, the kernel's type information, for two questions: at which offset does a
//! structure have a field, and how many arguments does a function take.
//!
//! Pure: bytes in, answers out; any bytes give an answer or an error. Format:
//! Documentation/bpf/btf.rst. `aya` parses BTF too, but keeps members to itself.

use std::collections::HashMap;

/// Kinds that this reader tells apart; `BTF_KIND_*` in include/uapi/linux/btf.h.
mod kind {
    pub(super) const INT: u32 = 1;
    pub(super) const PTR: u32 = 2;
    pub(super) const ARRAY: u32 = 3;
    pub(super) const STRUCT: u32 = 4;
    pub(super) const UNION: u32 = 5;
    pub(super) const ENUM: u32 = 6;
    pub(super) const TYPEDEF: u32 = 8;
    pub(super) const VOLATILE: u32 = 9;
    pub(super) const CONST: u32 = 10;
    pub(super) const RESTRICT: u32 = 11;
    pub(super) const FUNC: u32 = 12;
    pub(super) const FUNC_PROTO: u32 = 13;
    pub(super) const VAR: u32 = 14;
    pub(super) const DATASEC: u32 = 15;
    pub(super) const DECL_TAG: u32 = 17;
    pub(super) const TYPE_TAG: u32 = 18;
    pub(super) const ENUM64: u32 = 19;
}

const MAGIC: u16 = 0xeb9f;
const HEADER_LEN: usize = 24;
const TYPE_LEN: usize = 12;

/// Structures nest a handful deep; a cycle in damaged data has to end.
const DEPTH_MAX: u32 = 16;

/// Why a question has no answer.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// The bytes are no BTF, or are cut.
    #[error("malformed BTF at byte {0}")]
    Malformed(usize),
    /// No structure, union or function of the name.
    #[error("the kernel's BTF has no {0}")]
    Missing(String),
    /// The field is a bitfield, whose offset is not in bytes.
    #[error("{0} is a bitfield")]
    Bitfield(String),
    /// Two fields that have to lie side by side do not.
    #[error("{0} do not lie side by side")]
    Apart(String),
}

/// Where a field lies in its structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// From the start of the structure.
    pub bit_offset: u32,
    /// Width of a bitfield, 0 for others.
    pub bitfield_bits: u32,
    /// Type of the field.
    type_id: u32,
}

/// A parsed BTF blob.
#[derive(Debug)]
pub struct Btf<'a> {
    types: &'a [u8],
    strings: &'a [u8],
    /// Start of each type in `types`; index 0 is `void`.
    starts: Vec<usize>,
    /// Structures, unions and functions by name.
    named: HashMap<(&'a [u8], u32), u32>,
}

impl<'a> Btf<'a> {
    /// Indexes a blob.
    pub fn parse(blob: &'a [u8]) -> Result<Self, Error> {
        let magic = blob.get(..2).ok_or(Error::Malformed(0))?;
        if magic != MAGIC.to_ne_bytes() {
            return Err(Error::Malformed(0));
        }
        let word = |at| read_u32(blob, at).ok_or(Error::Malformed(at));
        let header_len = word(4)? as usize;
        if header_len < HEADER_LEN {
            return Err(Error::Malformed(4));
        }
        let section = |offset: u32, len: u32| {
            let start = header_len.checked_add(offset as usize)?;
            blob.get(start..start.checked_add(len as usize)?)
        };
        let types = section(word(8)?, word(12)?).ok_or(Error::Malformed(8))?;
        let strings = section(word(16)?, word(20)?).ok_or(Error::Malformed(16))?;
        let mut btf = Self { types, strings, starts: vec![0], named: HashMap::new() };
        btf.index()?;
        Ok(btf)
    }

    /// Offset of a field in bytes, by a dotted path through nested structures.
    pub fn offset(&self, structure: &str, path: &str) -> Result<u32, Error> {
        let field = self.field(structure, path)?;
        if field.bitfield_bits != 0 || field.bit_offset % 8 != 0 {
            return Err(Error::Bitfield(format!("{structure}.{path}")));
        }
        Ok(field.bit_offset / 8)
    }

    /// Place of a field, bitfields too. Members of anonymous structures are found by name alone.
    pub fn field(&self, structure: &str, path: &str) -> Result<Field, Error> {
        let missing = || Error::Missing(format!("{structure}.{path}"));
        let mut at = Field { bit_offset: 0, bitfield_bits: 0, type_id: self.structure(structure)? };
        for name in path.split('.') {
            let inner = self.member(at.type_id, name.as_bytes(), 0).ok_or_else(missing)?;
            at = Field { bit_offset: at.bit_offset.wrapping_add(inner.bit_offset), ..inner };
        }
        Ok(at)
    }

    /// Size of a structure or union in bytes.
    pub fn size(&self, structure: &str) -> Result<u32, Error> {
        let start = self.start(self.structure(structure)?).ok_or(Error::Malformed(0))?;
        read_u32(self.types, start + 8).ok_or(Error::Malformed(start))
    }

    /// Number of arguments of a function.
    pub fn arguments(&self, function: &str) -> Result<u32, Error> {
        let missing = || Error::Missing(format!("function {function}"));
        let id = self.named.get(&(function.as_bytes(), kind::FUNC)).ok_or_else(missing)?;
        let prototype = self.referent(*id).ok_or_else(missing)?;
        let (found, vlen, _) = self.info(prototype).ok_or_else(missing)?;
        if found == kind::FUNC_PROTO { Ok(vlen) } else { Err(missing()) }
    }

    fn structure(&self, name: &str) -> Result<u32, Error> {
        let find = |kind| self.named.get(&(name.as_bytes(), kind)).copied();
        find(kind::STRUCT)
            .or_else(|| find(kind::UNION))
            .ok_or_else(|| Error::Missing(format!("struct {name}")))
    }

    /// The member `name` of a structure, looked for in its anonymous members too.
    fn member(&self, type_id: u32, name: &[u8], depth: u32) -> Option<Field> {
        if depth > DEPTH_MAX {
            return None;
        }
        let id = self.resolve(type_id)?;
        let (found, vlen, packed) = self.info(id)?;
        if found != kind::STRUCT && found != kind::UNION {
            return None;
        }
        let start = self.start(id)? + TYPE_LEN;
        (0..vlen as usize).find_map(|index| {
            let at = start + index * 12;
            let offset = read_u32(self.types, at + 8)?;
            let here = Field {
                bit_offset: if packed { offset & 0x00ff_ffff } else { offset },
                bitfield_bits: if packed { offset >> 24 } else { 0 },
                type_id: read_u32(self.types, at + 4)?,
            };
            match self.string(read_u32(self.types, at)?)? {
                found if found == name => Some(here),
                b"" => {
                    let inner = self.member(here.type_id, name, depth + 1)?;
                    let bit_offset = here.bit_offset.wrapping_add(inner.bit_offset);
                    Some(Field { bit_offset, ..inner })
                }
                _ => None,
            }
        })
    }

    /// Follows typedefs and qualifiers.
    fn resolve(&self, mut id: u32) -> Option<u32> {
        for _ in 0..DEPTH_MAX {
            match self.info(id)?.0 {
                kind::TYPEDEF | kind::VOLATILE | kind::CONST | kind::RESTRICT | kind::TYPE_TAG => {
                    id = self.referent(id)?;
                }
                _ => return Some(id),
            }
        }
        None
    }

    /// Kind, number of members, and whether members carry bitfield widths.
    fn info(&self, id: u32) -> Option<(u32, u32, bool)> {
        let info = read_u32(self.types, self.start(id)? + 4)?;
        Some(((info >> 24) & 0x1f, info & 0xffff, info >> 31 == 1))
    }

    fn referent(&self, id: u32) -> Option<u32> {
        read_u32(self.types, self.start(id)? + 8)
    }

    fn start(&self, id: u32) -> Option<usize> {
        if id == 0 { None } else { self.starts.get(id as usize).copied() }
    }

    fn string(&self, offset: u32) -> Option<&'a [u8]> {
        let rest = self.strings.get(offset as usize..)?;
        rest.split(|byte| *byte == 0).next()
    }

    fn index(&mut self) -> Result<(), Error> {
        let mut at = 0;
        while at < self.types.len() {
            let info = read_u32(self.types, at + 4).ok_or(Error::Malformed(at))?;
            let (kind, vlen) = ((info >> 24) & 0x1f, (info & 0xffff) as usize);
            let id = u32::try_from(self.starts.len()).ok().ok_or(Error::Malformed(at))?;
            if matches!(kind, kind::STRUCT | kind::UNION | kind::FUNC) {
                let name = read_u32(self.types, at).and_then(|name| self.string(name));
                self.named.entry((name.ok_or(Error::Malformed(at))?, kind)).or_insert(id);
            }
            self.starts.push(at);
            at += TYPE_LEN + trailer_len(kind, vlen).ok_or(Error::Malformed(at))?;
        }
        Ok(())
    }
}

/// Bytes that follow the common part of a type. `None` for a kind that came after this reader: its
/// length is not known, so that nothing behind it can be read.
fn trailer_len(kind: u32, vlen: usize) -> Option<usize> {
    Some(match kind {
        kind::INT | kind::VAR | kind::DECL_TAG => 4,
        kind::ARRAY => 12,
        kind::STRUCT | kind::UNION | kind::DATASEC | kind::ENUM64 => vlen * 12,
        kind::ENUM | kind::FUNC_PROTO => vlen * 8,
        // Forward declarations (7), floats (16) and everything that only refers to another type.
        kind::PTR | kind::FUNC | 7..=11 | 16 | kind::TYPE_TAG => 0,
        _ => return None,
    })
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strings of the sample; a name is the offset at which it stands here.
    const STRINGS: &[u8] = b"\0outer\0inner\0f1\0f2\0f3\0f4\0bits\0func\0";
    const OUTER: u32 = 1;
    const INNER: u32 = 7;
    const F1: u32 = 13;
    const F2: u32 = 16;
    const F3: u32 = 19;
    const F4: u32 = 22;
    const BITS: u32 = 25;
    const FUNC: u32 = 30;

    const fn info(kind: u32, vlen: u32) -> u32 {
        kind << 24 | vlen
    }

    /// `struct outer { u32 f1; struct { u64 f2; struct inner { u32 f4; } f3; }; u32 bits:3; }` and
    /// `func(int, int)`. A line a type, numbered from 1.
    #[rustfmt::skip]
    const TYPES: &[u32] = &[
        0, info(kind::INT, 0), 4, 32,
        0, info(kind::INT, 0), 8, 64,
        INNER, info(kind::STRUCT, 1), 4, F4, 1, 0,
        INNER, info(kind::TYPEDEF, 0), 3,
        0, info(kind::STRUCT, 2), 12, F2, 2, 0, F3, 4, 64,
        OUTER, info(kind::STRUCT, 3) | 1 << 31, 24, F1, 1, 0, 0, 5, 64, BITS, 1, 0x0300_00a1,
        0, info(kind::FUNC_PROTO, 2), 1, 0, 1, 0, 1,
        FUNC, info(kind::FUNC, 0), 7,
    ];

    fn sample() -> Vec<u8> {
        let len = |bytes: usize| u32::try_from(bytes).unwrap();
        let (types, strings) = (len(TYPES.len() * 4), len(STRINGS.len()));
        let head = [24, 0, types, types, strings].map(u32::to_ne_bytes).concat();
        let types: Vec<u8> = TYPES.iter().flat_map(|word| word.to_ne_bytes()).collect();
        [&MAGIC.to_ne_bytes(), &[1, 0][..], &head, &types, STRINGS].concat()
    }

    #[test]
    fn finds_fields_through_anonymous_members_and_typedefs() {
        let blob = sample();
        let btf = Btf::parse(&blob).unwrap();
        assert_eq!(btf.offset("outer", "f1"), Ok(0));
        assert_eq!(btf.offset("outer", "f2"), Ok(8));
        assert_eq!(btf.offset("outer", "f3.f4"), Ok(16));
        assert_eq!(btf.size("outer"), Ok(24));
    }

    #[test]
    fn refuses_the_byte_offset_of_a_bitfield() {
        let blob = sample();
        let btf = Btf::parse(&blob).unwrap();
        assert_eq!(btf.offset("outer", "bits"), Err(Error::Bitfield("outer.bits".into())));
        let field = btf.field("outer", "bits").unwrap();
        assert_eq!((field.bit_offset, field.bitfield_bits), (161, 3));
    }

    #[test]
    fn counts_arguments_and_names_what_is_missing() {
        let blob = sample();
        let btf = Btf::parse(&blob).unwrap();
        assert_eq!(btf.arguments("func"), Ok(2));
        assert_eq!(btf.arguments("g"), Err(Error::Missing("function g".into())));
        assert_eq!(btf.offset("outer", "x.y"), Err(Error::Missing("outer.x.y".into())));
        assert_eq!(btf.offset("absent", "a"), Err(Error::Missing("struct absent".into())));
    }

    #[test]
    fn survives_every_truncation_and_bit_flip() {
        let blob = sample();
        let ask = |bytes: &[u8]| {
            if let Ok(btf) = Btf::parse(bytes) {
                drop(btf.offset("outer", "f3.f4"));
                drop(btf.arguments("func"));
            }
        };
        for len in 0..blob.len() {
            ask(&blob[..len]);
        }
        for bit in 0..blob.len() * 8 {
            let mut damaged = blob.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            ask(&damaged);
        }
    }

    #[test]
    fn reads_the_running_kernel_where_it_has_btf() {
        let Ok(blob) = std::fs::read("/sys/kernel/btf/vmlinux") else { return };
        let btf = Btf::parse(&blob).unwrap();
        assert_eq!(btf.offset("sk_buff", "cb"), Ok(40));
        assert_eq!(btf.arguments("netlink_unicast"), Ok(4));
    }
}
