//! Reads the type format of BPF as the C compiler writes it for a header: its structures and its
//! enumerations. Nothing else of it is of use here.
//!
//! Invariant: anything that is not well-formed is an error with its place; nothing is skipped.

use anyhow::{Context as _, Result, bail};

/// What a header defines.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) structures: Vec<Structure>,
    pub(super) enumerations: Vec<Enumeration>,
}

/// A structure or union, the members of nameless ones inside of it among its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Structure {
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) members: Vec<Member>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) offset: usize,
    pub(super) size: usize,
    /// How its type is written, without `struct`: `__be16`; of an array, that of an item.
    pub(super) kind: String,
    /// It is a number with a sign.
    pub(super) signed: bool,
    /// It is some bits of a number.
    pub(super) bits: bool,
    pub(super) array: bool,
    /// What is in it, with offsets from the start of the outermost structure.
    pub(super) inside: Vec<Member>,
}

/// An enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Enumeration {
    pub(super) names: Vec<(String, i64)>,
}

const MAGIC: u16 = 0xeb9f;
/// Types that stand for another one end somewhere: no header nests them deeper.
const DEPTH_MAX: usize = 32;
const POINTER_BYTES: usize = 8;

#[derive(Debug)]
struct Type {
    name: String,
    kind: u32,
    /// A structure whose members' offsets have the bits of a bit-field in their upper byte.
    flag: bool,
    /// Its size, or the type it stands for.
    size: usize,
    /// Name, type, and offset in bits or number.
    parts: Vec<(String, usize, i64)>,
    /// Of an integer its encoding, of an array its length.
    extra: u32,
}

mod kind {
    pub(super) const INT: u32 = 1;
    pub(super) const POINTER: u32 = 2;
    pub(super) const ARRAY: u32 = 3;
    pub(super) const STRUCT: u32 = 4;
    pub(super) const UNION: u32 = 5;
    pub(super) const ENUM: u32 = 6;
    pub(super) const FORWARD: u32 = 7;
    pub(super) const TYPEDEF: u32 = 8;
    pub(super) const RESTRICT: u32 = 11;
    pub(super) const FUNCTION: u32 = 12;
    pub(super) const PROTOTYPE: u32 = 13;
    pub(super) const VARIABLE: u32 = 14;
    pub(super) const SECTION: u32 = 15;
    pub(super) const FLOAT: u32 = 16;
    pub(super) const TAG: u32 = 17;
    pub(super) const TYPE_TAG: u32 = 18;
    pub(super) const ENUM64: u32 = 19;
}

/// Reads the contents of a section `.BTF`.
pub(super) fn parse(bytes: &[u8]) -> Result<Types> {
    let table = Table { types: Reader::new(bytes)?.types()? };
    let mut found = Types::default();
    for number in 1..table.types.len() {
        let of = &table.types[number];
        match of.kind {
            kind::STRUCT | kind::UNION if !of.name.is_empty() => {
                let members = table.members(number, 0, 0)?;
                found.structures.push(Structure { name: of.name.clone(), size: of.size, members });
            }
            kind::ENUM | kind::ENUM64 => {
                let names = of.parts.iter().map(|part| (part.0.clone(), part.2)).collect();
                found.enumerations.push(Enumeration { names });
            }
            _ => {}
        }
    }
    Ok(found)
}

struct Table {
    types: Vec<Type>,
}

impl Table {
    fn get(&self, number: usize) -> Result<&Type> {
        self.types.get(number).with_context(|| format!("there is no type {number}"))
    }

    fn members(&self, number: usize, base: usize, depth: usize) -> Result<Vec<Member>> {
        let mut members = Vec::new();
        let of = self.get(number)?;
        if depth > DEPTH_MAX {
            bail!("{} is in itself", of.name);
        }
        for (name, kind, place) in &of.parts {
            let place = usize::try_from(*place).context("an offset below 0")?;
            let (at, width) = if of.flag { (place & 0xff_ffff, place >> 24) } else { (place, 0) };
            let offset = base + at / 8;
            let inner = self.get(*kind)?;
            if name.is_empty() && matches!(inner.kind, kind::STRUCT | kind::UNION) {
                members.extend(self.members(*kind, offset, depth + 1)?);
                continue;
            }
            let array = inner.kind == kind::ARRAY;
            let inside = self.inside(*kind, offset, depth + 1)?;
            let item = if array { inner.parts[0].1 } else { *kind };
            let (of_item, signed) = (self.named(item)?, self.is_signed(item)?);
            let member = Member {
                name: name.clone(),
                offset,
                size: self.size(*kind, 0)?,
                kind: of_item,
                signed,
                bits: width > 0,
                array,
                inside,
            };
            members.push(member);
        }
        Ok(members)
    }

    /// The members of a member that is a structure.
    fn inside(&self, number: usize, offset: usize, depth: usize) -> Result<Vec<Member>> {
        match self.get(number)?.kind {
            kind::STRUCT | kind::UNION => self.members(number, offset, depth),
            _ => Ok(Vec::new()),
        }
    }

    /// The first name on the way to what a type stands for.
    fn named(&self, number: usize) -> Result<String> {
        let mut number = number;
        for _ in 0..DEPTH_MAX {
            let of = self.get(number)?;
            if !of.name.is_empty() || number == 0 {
                return Ok(of.name.clone());
            }
            match of.kind {
                kind::TYPEDEF..=kind::RESTRICT | kind::TYPE_TAG => number = of.size,
                kind::ARRAY => number = of.parts[0].1,
                _ => break,
            }
        }
        Ok(String::new())
    }

    fn is_signed(&self, number: usize) -> Result<bool> {
        /// `BTF_INT_SIGNED`. The compiler says of characters only that they are some.
        const SIGNED: u32 = 1;
        let mut number = number;
        for _ in 0..DEPTH_MAX {
            let of = self.get(number)?;
            match of.kind {
                kind::INT if of.name == "char" => return Ok(false),
                kind::INT => return Ok(of.extra >> 24 & SIGNED != 0 || of.name == "signed char"),
                kind::TYPEDEF..=kind::RESTRICT | kind::TYPE_TAG => number = of.size,
                _ => break,
            }
        }
        Ok(false)
    }

    fn size(&self, number: usize, depth: usize) -> Result<usize> {
        let of = self.get(number)?;
        if depth > DEPTH_MAX {
            bail!("type {number} stands for itself");
        }
        match of.kind {
            kind::POINTER => Ok(POINTER_BYTES),
            kind::ARRAY => {
                let count = usize::try_from(of.extra)?;
                Ok(count * self.size(of.parts[0].1, depth + 1)?)
            }
            kind::TYPEDEF..=kind::RESTRICT | kind::TYPE_TAG => self.size(of.size, depth + 1),
            kind::INT..=kind::ENUM64 => Ok(of.size),
            _ => Ok(0),
        }
    }
}

struct Reader<'a> {
    types: &'a [u8],
    strings: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self> {
        let mut header = bytes;
        if take_u32(&mut header)? & 0xffff != u32::from(MAGIC) {
            bail!("no type format of BPF");
        }
        let head = usize::try_from(take_u32(&mut header)?)?;
        let mut part = || -> Result<&'a [u8]> {
            let at = head + usize::try_from(take_u32(&mut header)?)?;
            let len = usize::try_from(take_u32(&mut header)?)?;
            bytes.get(at..at + len).context("a part is not in the file")
        };
        Ok(Self { types: part()?, strings: part()? })
    }

    fn text(&self, at: u32) -> Result<String> {
        let rest = self.strings.get(usize::try_from(at)?..).context("a name is not in the file")?;
        let len = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
        Ok(String::from_utf8_lossy(&rest[..len]).into_owned())
    }

    fn types(mut self) -> Result<Vec<Type>> {
        let nothing =
            Type { name: String::new(), kind: 0, flag: false, size: 0, parts: vec![], extra: 0 };
        let mut found = vec![nothing];
        while !self.types.is_empty() {
            let of = self.one().with_context(|| format!("type {}", found.len()))?;
            found.push(of);
        }
        Ok(found)
    }

    fn one(&mut self) -> Result<Type> {
        let name = take_u32(&mut self.types)?;
        let name = self.text(name)?;
        let info = take_u32(&mut self.types)?;
        let size = usize::try_from(take_u32(&mut self.types)?)?;
        let (kind, count) = (info >> 24 & 0x1f, info & 0xffff);
        let mut of = Type { name, kind, flag: info >> 31 == 1, size, parts: vec![], extra: 0 };
        match kind {
            kind::INT | kind::VARIABLE | kind::TAG => of.extra = take_u32(&mut self.types)?,
            kind::ARRAY => {
                let item = usize::try_from(take_u32(&mut self.types)?)?;
                take_u32(&mut self.types)?;
                of.extra = take_u32(&mut self.types)?;
                of.parts.push((String::new(), item, 0));
            }
            kind::STRUCT | kind::UNION => {
                for _ in 0..count {
                    let name = take_u32(&mut self.types)?;
                    let kind = usize::try_from(take_u32(&mut self.types)?)?;
                    let place = take_u32(&mut self.types)?;
                    of.parts.push((self.text(name)?, kind, place.into()));
                }
            }
            kind::ENUM => {
                for _ in 0..count {
                    let name = take_u32(&mut self.types)?;
                    let value = take_u32(&mut self.types)?.cast_signed();
                    of.parts.push((self.text(name)?, 0, value.into()));
                }
            }
            kind::ENUM64 => {
                for _ in 0..count {
                    let name = take_u32(&mut self.types)?;
                    let low = i64::from(take_u32(&mut self.types)?);
                    let high = i64::from(take_u32(&mut self.types)?);
                    of.parts.push((self.text(name)?, 0, high << 32 | low));
                }
            }
            kind::PROTOTYPE => skip(&mut self.types, 8 * count)?,
            kind::SECTION => skip(&mut self.types, 12 * count)?,
            kind::POINTER
            | kind::FORWARD..=kind::RESTRICT
            | kind::FUNCTION
            | kind::FLOAT
            | kind::TYPE_TAG => {}
            _ => bail!("a kind that is not known: {kind}"),
        }
        Ok(of)
    }
}

fn take_u32(bytes: &mut &[u8]) -> Result<u32> {
    let (first, rest) = bytes.split_first_chunk::<4>().context("the end is missing")?;
    *bytes = rest;
    Ok(u32::from_ne_bytes(*first))
}

fn skip(bytes: &mut &[u8], len: u32) -> Result<()> {
    *bytes = bytes.get(usize::try_from(len)?..).context("the end is missing")?;
    Ok(())
}
