//! What an attribute or a member of a structure is. Bytes are shown only where a spec says what is in
//! them: a structure, numbers of more than one byte, an address. An array of single bytes is what a
//! key is as well. A value of another length than it should have may be something else altogether, of
//! a module that its spec is too old for.

use super::build::Builder;
use super::schema::{
    Attribute, ByteOrder, Definition, Format, Hint, Member, Name, SubMessage, Type,
};
use super::sets::Numbered;
use super::{Error, Fault, keep, keep_all, names};
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::{Fields, Kind, Options, structure as named};

/// Structures inside of structures.
const STRUCTURES_DEPTH: usize = 8;
/// Nests whose numbers are values; the reader follows no more than 16.
const LEVELS_MAX: usize = 16;
/// Most bytes of a structure.
const WIDTH_MAX: usize = 4096;

/// What is withheld, and shown as no more than a name: bytes that fill a gap.
const PAD: Kind = Kind::Struct(&NO_FIELDS);

/// A number, as an attribute or as a member.
struct Number<'a> {
    name: &'a Name,
    kind: Type,
    big_endian: bool,
    words: Option<&'a Name>,
    as_flags: bool,
    hint: Option<Hint>,
}

impl<'a> Builder<'a> {
    /// What an attribute of the set is.
    pub(super) fn attribute(&mut self, of: &Attribute, set: &[Numbered]) -> Result<Kind, Error> {
        let kind = of.kind.ok_or_else(|| Fault::wrong(&of.name, "has no type"))?;
        Ok(match kind {
            Type::IndexedArray | Type::ArrayNest => {
                let item = of.sub_type.unwrap_or(Type::Nest);
                if item != Type::Nest && names::tells_secret(&of.name.text) {
                    return Ok(Kind::Secret);
                }
                Kind::List(keep(self.item(of, item)?))
            }
            Type::NestTypeValue => {
                let nest = self.item(of, Type::Nest)?;
                of.type_value.iter().take(LEVELS_MAX).fold(nest, |kind, _| Kind::List(keep(kind)))
            }
            Type::SubMessage => self.choice(of, set)?,
            kind => self.item(of, kind)?,
        })
    }

    /// One item of a list, or the only one.
    fn item(&mut self, of: &Attribute, kind: Type) -> Result<Kind, Error> {
        Ok(match kind {
            Type::Pad | Type::Unused => PAD,
            Type::Flag => Kind::Long(&[0], &Kind::Flag),
            Type::String => text(&of.name),
            Type::Bitfield32 => Kind::Bitfield,
            Type::Nest => match &of.nested_attributes {
                Some(set) => self.nest(set)?,
                None => Kind::Secret,
            },
            Type::Binary => self.bytes(of)?,
            Type::IndexedArray | Type::ArrayNest | Type::NestTypeValue | Type::SubMessage => {
                return Err(Fault::wrong(&of.name, "has a sub-type that no item can have"));
            }
            kind => self.number(&Number {
                name: &of.name,
                kind,
                big_endian: of.byte_order == Some(ByteOrder::BigEndian),
                words: of.words.as_ref(),
                as_flags: of.enum_as_flags == Some(true),
                hint: of.display_hint,
            })?,
        })
    }

    fn bytes(&mut self, of: &Attribute) -> Result<Kind, Error> {
        if let Some(structure) = &of.structure {
            return Ok(Kind::Struct(self.structure(structure)?));
        }
        match of.sub_type.and_then(scalar_width) {
            Some(width) if width > 1 && !names::tells_secret(&of.name.text) => {
                let item = self.item(of, of.sub_type.unwrap_or(Type::U32))?;
                Ok(Kind::Each(width, keep(item)))
            }
            _ => Ok(address(of.display_hint).unwrap_or(Kind::Secret)),
        }
    }

    fn number(&self, number: &Number<'_>) -> Result<Kind, Error> {
        let words = number.words.map(|name| self.enumeration(name)).transpose()?;
        let is_long = lens(number.kind).contains(&8);
        if is_long && words.is_none() && names::tells_secret(&number.name.text) {
            return Ok(Kind::Secret);
        }
        let address = address(number.hint).filter(|_| number.big_endian);
        if let (None, Some(address)) = (words, address) {
            return Ok(address);
        }
        let kind = match (words, number.big_endian) {
            (Some(words), false) if words.flags || number.as_flags => Kind::Mask(words.bits),
            (Some(words), true) if words.flags || number.as_flags => Kind::BeMask(words.bits),
            (Some(words), false) => Kind::Word(words.words),
            (Some(words), true) => Kind::BeWord(words.words),
            (None, true) => Kind::Be,
            (None, false) if is_signed(number.kind) => Kind::Int,
            (None, false) => Kind::Num,
        };
        Ok(Kind::Long(lens(number.kind), keep(kind)))
    }

    /// What the attribute beside says; withheld where that is elsewhere.
    fn choice(&mut self, of: &Attribute, set: &[Numbered]) -> Result<Kind, Error> {
        let missing = || Fault::wrong(&of.name, "has no sub-message");
        let message = self.sub_message(of.sub_message.as_ref().ok_or_else(missing)?)?;
        let beside = of.selector.as_ref().and_then(|selector| {
            set.iter().find(|numbered| numbered.attribute.name.text == selector.text)
        });
        let Some(beside) = beside else { return Ok(Kind::Secret) };
        Ok(Kind::Select(beside.number, self.options(message)?))
    }

    /// What a sub-message can be, made once however often it is used.
    fn options(&mut self, message: &'a SubMessage) -> Result<&'static Options, Error> {
        let name = message.name.text.as_str();
        if let Some(options) = self.options.get(name) {
            return Ok(options);
        }
        let mut options = Vec::with_capacity(message.formats.len());
        for format in &message.formats {
            options.push((self.texts.keep(&format.value.text), self.format(format)?));
        }
        let options: &'static Options = keep(keep_all(options));
        self.options.insert(name, options);
        Ok(options)
    }

    fn format(&mut self, format: &Format) -> Result<Kind, Error> {
        Ok(match (&format.fixed_header, &format.attribute_set) {
            (None, Some(set)) => self.nest(set)?,
            (Some(header), None) => Kind::Struct(self.structure(header)?),
            (None, None) => PAD,
            // No family of generic netlink has one; its attributes are not there yet.
            (Some(_), Some(_)) => Kind::Secret,
        })
    }

    /// The members of a structure.
    pub(super) fn structure(&mut self, name: &Name) -> Result<&'static Fields, Error> {
        self.structure_within(name, &mut Vec::new())
    }

    fn structure_within(
        &mut self,
        name: &Name,
        around: &mut Vec<&'a str>,
    ) -> Result<&'static Fields, Error> {
        if let Some(fields) = self.structures.get(name.text.as_str()) {
            return Ok(fields);
        }
        let found = self.definitions.structure(&name.text);
        let structure = found.ok_or_else(|| Fault::missing("struct", name))?;
        let own = structure.name.text.as_str();
        if around.contains(&own) {
            let name = name.text.clone();
            return Err(Fault::Cycle { name, how: "struct" }.at(structure.name.line));
        }
        if around.len() == STRUCTURES_DEPTH {
            let what = "structures inside of each other";
            return Err(Fault::TooMany { what, most: STRUCTURES_DEPTH }.at(name.line));
        }
        around.push(own);
        let fields = self.fields(structure, around)?;
        around.pop();
        let fields: &'static Fields = keep(named("").of(keep_all(fields)));
        self.structures.insert(own, fields);
        Ok(fields)
    }

    fn fields(
        &mut self,
        of: &'a Definition,
        around: &mut Vec<&'a str>,
    ) -> Result<Vec<(&'static str, usize, Kind)>, Error> {
        let mut fields = Vec::with_capacity(of.members.len());
        let mut total = 0;
        for (index, member) in of.members.iter().enumerate() {
            let (width, kind) = self.member(member, around)?;
            if width == 0 && index + 1 < of.members.len() {
                return Err(Fault::wrong(&member.name, "has no length, and is not the last"));
            }
            total += width;
            if total > WIDTH_MAX {
                return Err(Fault::wrong(&of.name, "has more than 4096 bytes"));
            }
            fields.push((self.texts.keep(&names::lower(&member.name.text)), width, kind));
        }
        Ok(fields)
    }

    /// Bytes of a member, 0 for all that are left, and what it is.
    fn member(
        &mut self,
        of: &'a Member,
        around: &mut Vec<&'a str>,
    ) -> Result<(usize, Kind), Error> {
        if let Some(width) = scalar_width(of.kind) {
            let number = Number {
                name: &of.name,
                kind: of.kind,
                big_endian: of.byte_order == Some(ByteOrder::BigEndian),
                words: of.words.as_ref(),
                as_flags: of.enum_as_flags == Some(true),
                hint: of.display_hint,
            };
            return Ok((width, self.number(&number)?));
        }
        if let (Type::Binary, Some(structure)) = (of.kind, &of.structure) {
            let fields = self.structure_within(structure, around)?;
            return Ok((fields.iter().map(|field| field.1).sum(), Kind::Struct(fields)));
        }
        let width = match &of.len {
            Some(len) => self.definitions.number(len).and_then(|len| usize::try_from(len).ok()),
            None => Some(0),
        };
        let width = width.filter(|&width| width <= WIDTH_MAX);
        let width =
            width.ok_or_else(|| Fault::wrong(&of.name, "has no length that it can have"))?;
        match of.kind {
            Type::Binary => Ok((width, address(of.display_hint).unwrap_or(Kind::Secret))),
            Type::String => Ok((width, text(&of.name))),
            Type::Pad | Type::Unused => Ok((width, PAD)),
            _ => Err(Fault::wrong(&of.name, "has a type that no member of a structure has")),
        }
    }
}

fn text(name: &Name) -> Kind {
    if names::tells_secret(&name.text) { Kind::Secret } else { Kind::Text }
}

/// An address, in network byte order.
fn address(hint: Option<Hint>) -> Option<Kind> {
    match hint? {
        Hint::Ipv4 => Some(Kind::Long(&[4], &Kind::Ip)),
        Hint::Ipv6 => Some(Kind::Long(&[16], &Kind::Ip)),
        Hint::Ipv4OrV6 => Some(Kind::Long(&[4, 16], &Kind::Ip)),
        Hint::Mac => Some(Kind::Long(&[6], &Kind::Mac)),
        Hint::Other => None,
    }
}

fn is_signed(kind: Type) -> bool {
    matches!(kind, Type::S8 | Type::S16 | Type::S32 | Type::S64 | Type::Sint)
}

/// How many bytes a number may have; none for what is no number.
fn lens(kind: Type) -> &'static [usize] {
    match kind {
        Type::U8 | Type::S8 => &[1],
        Type::U16 | Type::S16 => &[2],
        Type::U32 | Type::S32 => &[4],
        Type::U64 | Type::S64 => &[8],
        Type::Uint | Type::Sint => &[4, 8],
        _ => &[],
    }
}

/// Bytes of a number that is always as wide.
fn scalar_width(kind: Type) -> Option<usize> {
    if let [width] = lens(kind) { Some(*width) } else { None }
}
