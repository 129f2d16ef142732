//! Bytes into a tree of attributes by the tables, and at the same time the list of the bytes that
//! must not be shown. One walk does both, so that what is withheld and what is shown cannot
//! disagree.
//!
//! Invariant: any bytes end in a tree; nesting is bounded, and each level reads its bytes once. In
//! a strict protocol every byte that no table explains is withheld.

use std::borrow::Cow;
use std::ops::Range;

use super::Interfaces;
use super::attribute::{Attribute, Value};
use super::elements;
use super::leaf;
use super::lengths;
use super::tables::kind::{Fields, Kind, Options, Set, structure};
use super::value;
use super::walk::{ATTRIBUTE_HEADER_LEN, align, u16_at};

/// Nests within nests that are followed; the kernel's own limit is 10 (`MAX_POLICY_RECURSION_DEPTH`).
const DEPTH_MAX: usize = 16;
/// `NLA_TYPE_MASK`: without the nested and byte order bits.
const TYPE_MASK: u16 = 0x3fff;
/// Bytes of an interface's index.
const INDEX_BYTES: usize = 4;
/// `NLA_F_NESTED`
const NESTED: u16 = 0x8000;
/// `NLA_F_NET_BYTEORDER`
const NET_BYTEORDER: u16 = 0x4000;

static NO_NAMES: Set = &[];

/// Bytes of the datagram, and where in it they begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    pub(super) at: usize,
    pub(super) bytes: &'a [u8],
}

impl Span<'_> {
    /// The bytes from `from` to `to`, as far as they are there.
    pub(super) fn part(self, from: usize, to: usize) -> Self {
        let to = to.min(self.bytes.len());
        let from = from.min(to);
        Self { at: self.at + from, bytes: &self.bytes[from..to] }
    }

    pub(super) fn after(self, from: usize) -> Self {
        self.part(from, usize::MAX)
    }
}

/// What to find on the way: the attribute that begins at a place of the datagram.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub(super) at: usize,
    /// Its name, and what is inside of it.
    pub(super) found: Option<(Cow<'static, str>, Set)>,
}

/// The walk.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader<'a> {
    /// Address family of what is being read.
    pub(super) family: u16,
    /// Withhold what no table explains.
    pub(super) strict: bool,
    /// Show what is secret.
    pub(super) show_secrets: bool,
    /// Places of the datagram that are withheld.
    pub(super) secrets: Vec<Range<usize>>,
    pub(super) search: Option<Search>,
    /// All of the message is there, so that what does not fit is the sender's fault.
    pub(super) whole: bool,
    /// What of the message is not as the format has it.
    pub(super) remarks: Vec<String>,
    /// The interfaces of the record.
    pub(super) interfaces: Option<Interfaces<'a>>,
    /// Its indexes are of another namespace: all, or those of the other ends of links.
    pub(super) elsewhere: Elsewhere,
}

/// Which interfaces of a message are in another namespace than the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// None.
    #[default]
    Nothing,
    /// The other ends of links.
    Links,
    /// All.
    All,
}

/// What an attribute holds.
enum Content {
    Value(Option<Value>),
    Interface(Option<Value>, Option<Box<str>>),
    Inside(Vec<Attribute>),
    Withheld(u32),
}

/// The nest that an attribute is in.
#[derive(Clone, Copy)]
struct Nest<'a> {
    set: Set,
    span: Span<'a>,
    place: Nesting<'a>,
    /// The attribute right before, by number and value.
    before: Option<(u16, Span<'a>)>,
}

/// How far in a nest is, and what it is in.
#[derive(Clone, Copy, Default)]
struct Nesting<'a> {
    depth: usize,
    outer: Option<&'a Nest<'a>>,
}

impl Nest<'_> {
    fn inner(&self) -> Nesting<'_> {
        Nesting { depth: self.place.depth + 1, outer: Some(self) }
    }
}

impl Reader<'_> {
    /// The attributes of `span`. One whose end is missing is shown as far as what is inside it goes.
    pub(super) fn attributes(&mut self, set: Set, span: Span<'_>) -> Vec<Attribute> {
        self.nest(set, span, Nesting::default())
    }

    /// The members of a structure.
    pub(super) fn fields(&mut self, fields: &'static Fields, span: Span<'_>) -> Vec<Attribute> {
        self.members(fields, span, Nesting::default())
    }

    /// Bytes that no table explains.
    pub(super) fn unknown(&mut self, name: Cow<'static, str>, span: Span<'_>) -> Attribute {
        let content = self.opaque(span);
        attribute(name, content)
    }

    /// Bytes that must not be shown.
    pub(super) fn secret_attribute(&mut self, name: &'static str, span: Span<'_>) -> Attribute {
        let content = self.secret(span);
        attribute(name.into(), content)
    }

    /// One value, which nothing is beside.
    pub(super) fn value(
        &mut self,
        name: Cow<'static, str>,
        kind: &Kind,
        span: Span<'_>,
    ) -> Attribute {
        let place = Nesting::default();
        let nest = Nest { set: NO_NAMES, span, place, before: None };
        let content = self.content(kind, span, nest);
        attribute(name, content)
    }

    fn nest(&mut self, set: Set, span: Span<'_>, place: Nesting<'_>) -> Vec<Attribute> {
        let mut nest = Nest { set, span, place, before: None };
        let mut attributes = Vec::new();
        let mut rest = span;
        while let Some((len, number)) = head(rest.bytes) {
            let value = rest.part(ATTRIBUTE_HEADER_LEN, len);
            self.fits(len, rest);
            let len_said = len - ATTRIBUTE_HEADER_LEN;
            let remarks = self.remarks.len();
            let found = self.attribute(nest, number, rest.at, value, len_said);
            let may_overflow = found.as_ref().is_some_and(|f| f.name == lengths::OVERFLOWING);
            attributes.extend(found);
            nest.before = Some((number & TYPE_MASK, value));
            rest = rest.after(align(len));
            let overflows = || {
                self.remarks.len() > remarks
                    || numbers(rest.bytes).next() == Some(lengths::OVERFLOWING_ENTRY)
            };
            if may_overflow && overflows() {
                let name = lengths::OVERFLOWING;
                self.remark(format!("malformed: {name} is longer than the 64 KiB of nla_len"));
                self.withhold_unexplained(rest);
                return attributes;
            }
        }
        self.left_over(rest);
        attributes
    }

    fn attribute(
        &mut self,
        nest: Nest<'_>,
        number: u16,
        at: usize,
        value: Span<'_>,
        len_said: usize,
    ) -> Option<Attribute> {
        let whole = value.bytes.len() == len_said;
        let kind = number & TYPE_MASK;
        let known = entry(nest.set, kind);
        let name = known.map_or_else(|| Cow::Owned(kind.to_string()), |e| Cow::Borrowed(e.1));
        if let Some(search) = self.search.as_mut().filter(|search| search.at == at) {
            search.found = Some((name.clone(), known.map_or(NO_NAMES, |entry| inside(&entry.2))));
        }
        let known = known.map(|entry| by_flag(by_length(&entry.2, len_said), number));
        let fault = known.filter(|_| whole);
        let fault = fault.and_then(|kind| lengths::fault(&name, kind, len_said, self.family));
        if let Some(fault) = &fault {
            self.remark(format!("malformed: {fault}"));
        }
        let content = match known {
            // What it is, nothing tells, and here it may be a key.
            Some(_) if self.strict && fault.is_some() => self.secret(value),
            Some(kind) if whole || holds_others(kind) => self.reached(kind, value, nest, whole),
            Some(_) => return None,
            None => self.unnamed(number & NESTED != 0, value, nest.inner()),
        };
        Some(attribute(name, content))
    }

    fn content(&mut self, kind: &Kind, span: Span<'_>, nest: Nest<'_>) -> Content {
        let bytes = span.bytes;
        let place = nest.inner();
        if place.depth > DEPTH_MAX {
            return self.opaque(span);
        }
        match kind {
            Kind::Secret => self.secret(span),
            Kind::Index | Kind::BeIndex | Kind::LinkIndex if bytes.len() == INDEX_BYTES => {
                self.interface(kind, bytes)
            }
            Kind::Elsewhere(kind) => {
                let outer = std::mem::replace(&mut self.elsewhere, Elsewhere::All);
                let content = self.content(kind, span, nest);
                self.elsewhere = outer;
                content
            }
            Kind::Long(lens, _) if !lens.contains(&bytes.len()) => self.opaque(span),
            Kind::Long(_, kind) => self.content(kind, span, nest),
            Kind::ByLength(_) => match by_length(kind, bytes.len()) {
                Kind::ByLength(_) => self.opaque(span),
                kind => self.content(kind, span, nest),
            },
            Kind::Bitfield => Content::Inside(self.members(&BITFIELD, span, place)),
            Kind::Nest(_) | Kind::Described(_) => {
                Content::Inside(self.nest(inside(kind), span, place))
            }
            Kind::List(kind) => Content::Inside(self.list(kind, span, place)),
            Kind::Each(width, kind) => Content::Inside(self.each(*width, kind, &[], span, place)),
            Kind::Named(width, kind, names) => {
                Content::Inside(self.each(*width, kind, names, span, place))
            }
            Kind::After(number, options) => {
                let before = nest.before.filter(|before| before.0 == *number);
                let text = before.and_then(|before| said(entry(nest.set, *number)?, before.1));
                self.select(text.as_deref(), options, span, nest)
            }
            Kind::Userdata => Content::Inside(elements::userdata(self, span)),
            Kind::Elements => Content::Inside(elements::read(self, span)),
            Kind::Struct(fields) => Content::Inside(self.members(fields, span, place)),
            Kind::Headed(fields, set) => Content::Inside(self.headed(fields, set, span, place)),
            Kind::Hops(fields, set) => Content::Inside(self.hops(fields, set, span, place)),
            Kind::Select(beside, options) => {
                let text = beside_text(nest, *beside);
                self.select(text.as_deref(), options, span, nest)
            }
            Kind::Around(set, number, options) => {
                let text = around_text(nest, set, *number);
                self.select(text.as_deref(), options, span, nest)
            }
            Kind::Family(families, other) => {
                let of_family = |entry: &&(u8, Kind)| u16::from(entry.0) == self.family;
                let chosen = families.iter().find(of_family).map_or(*other, |entry| &entry.1);
                self.content(chosen, span, Nest { place, ..nest })
            }
            _ if self.strict && !leaf::may_have_len(kind, bytes.len()) => self.secret(span),
            _ => Content::Value(leaf::value(kind, bytes, self.family)),
        }
    }

    /// What there is of a value, whose end may be missing. By its length nothing can be told then.
    fn reached(&mut self, kind: &Kind, span: Span<'_>, nest: Nest<'_>, whole: bool) -> Content {
        match kind {
            Kind::Long(..) | Kind::ByLength(_) if !whole => self.opaque(span),
            _ => self.content(kind, span, nest),
        }
    }

    fn members(
        &mut self,
        fields: &'static Fields,
        span: Span<'_>,
        place: Nesting<'_>,
    ) -> Vec<Attribute> {
        let outer = self.family;
        self.family = family(fields, span.bytes).unwrap_or(outer);
        let mut members = Vec::with_capacity(fields.len());
        let mut at = 0;
        for (name, width, kind) in fields.iter() {
            let end = if *width == 0 { span.bytes.len() } else { at + width };
            let part = span.part(at, end);
            at = end;
            let whole = *width == 0 || part.bytes.len() == *width;
            if matches!(kind, Kind::Pad) || part.bytes.is_empty() || !(whole || holds_others(kind))
            {
                continue;
            }
            let nest = Nest { set: NO_NAMES, span: part, place, before: None };
            let content = self.reached(kind, part, nest, whole);
            members.push(attribute(Cow::Borrowed(name), content));
        }
        self.withhold_unexplained(span.after(at));
        self.family = outer;
        members
    }

    fn headed(
        &mut self,
        fields: &'static Fields,
        set: Set,
        span: Span<'_>,
        place: Nesting<'_>,
    ) -> Vec<Attribute> {
        let width = width(fields);
        let mut inside = self.members(fields, span.part(0, width), place);
        inside.extend(self.nest(set, span.after(align(width)), place));
        inside
    }

    fn hops(
        &mut self,
        fields: &'static Fields,
        set: Set,
        span: Span<'_>,
        place: Nesting<'_>,
    ) -> Vec<Attribute> {
        let mut hops = Vec::new();
        let mut rest = span;
        while let Some(len) = u16_at(rest.bytes, 0).map(usize::from).filter(|len| *len >= 2) {
            let inside = self.headed(fields, set, rest.part(0, len), place);
            hops.push(Attribute::nest(hops.len().to_string(), inside));
            rest = rest.after(align(len));
        }
        self.withhold_unexplained(rest);
        hops
    }

    fn list(&mut self, kind: &Kind, span: Span<'_>, place: Nesting<'_>) -> Vec<Attribute> {
        let nest = Nest { set: NO_NAMES, span, place, before: None };
        let mut items = Vec::new();
        let mut rest = span;
        while let Some((len, number)) = head(rest.bytes) {
            let value = rest.part(ATTRIBUTE_HEADER_LEN, len);
            let whole = self.fits(len, rest);
            if whole || holds_others(kind) {
                let content = self.reached(kind, value, nest, whole);
                items.push(attribute((number & TYPE_MASK).to_string().into(), content));
            }
            rest = rest.after(align(len));
        }
        self.left_over(rest);
        items
    }

    fn each(
        &mut self,
        width: usize,
        kind: &Kind,
        names: &[&'static str],
        span: Span<'_>,
        place: Nesting<'_>,
    ) -> Vec<Attribute> {
        let nest = Nest { set: NO_NAMES, span, place, before: None };
        let count = span.bytes.len().checked_div(width).unwrap_or(0);
        let items = (0..count).map(|index| {
            let part = span.part(index * width, (index + 1) * width);
            let name = names.get(index).filter(|name| !name.is_empty());
            let name = name.map_or_else(|| index.to_string().into(), |&name| Cow::Borrowed(name));
            attribute(name, self.content(kind, part, nest))
        });
        let items = items.collect();
        self.withhold_unexplained(span.after(count * width));
        items
    }

    /// An index, with the name of its interface where that is known.
    fn interface(&self, kind: &Kind, bytes: &[u8]) -> Content {
        let value = match kind {
            Kind::BeIndex => value::unsigned(bytes, true),
            _ => value::signed(bytes, false),
        };
        let here = match self.elsewhere {
            Elsewhere::Nothing => true,
            Elsewhere::Links => !matches!(kind, Kind::LinkIndex),
            Elsewhere::All => false,
        };
        let index = match value {
            Some(Value::Number(index)) if here => u32::try_from(index).ok().filter(|&i| i != 0),
            _ => None,
        };
        let name = index.zip(self.interfaces).and_then(|(index, known)| known.name(index));
        Content::Interface(value, name.as_deref().map(Box::from))
    }

    /// The kind by another attribute's text. A cut datagram may lack that.
    fn select(
        &mut self,
        text: Option<&str>,
        options: Options,
        span: Span<'_>,
        nest: Nest<'_>,
    ) -> Content {
        let place = nest.inner();
        let chosen = options.iter().find(|option| Some(option.0) == text);
        match chosen {
            Some((_, kind)) => self.content(kind, span, Nest { place, ..nest }),
            None => self.unnamed(true, span, place),
        }
    }

    /// An attribute that no table names: attributes if it looks like some, or else bytes.
    fn unnamed(&mut self, nested: bool, span: Span<'_>, place: Nesting<'_>) -> Content {
        if !self.strict && nested && place.depth < DEPTH_MAX && looks_nested(span.bytes) {
            return Content::Inside(self.nest(NO_NAMES, span, place));
        }
        self.opaque(span)
    }

    fn opaque(&mut self, span: Span<'_>) -> Content {
        if self.strict {
            return self.secret(span);
        }
        Content::Value((!span.bytes.is_empty()).then(|| value::hex(span.bytes)))
    }

    fn secret(&mut self, span: Span<'_>) -> Content {
        if self.show_secrets {
            return Content::Value((!span.bytes.is_empty()).then(|| value::hex(span.bytes)));
        }
        self.withhold(span);
        Content::Withheld(u32::try_from(span.bytes.len()).unwrap_or(u32::MAX))
    }

    /// Whether an attribute of that length ends within `rest`.
    fn fits(&mut self, len: usize, rest: Span<'_>) -> bool {
        let fits = len <= rest.bytes.len();
        if !fits {
            let there = lengths::bytes(rest.bytes.len());
            self.remark(format!("malformed: nla_len {len} of {there}"));
        }
        fits
    }

    /// What is behind the last attribute: "bytes leftover after parsing attributes", as the kernel
    /// says of them.
    fn left_over(&mut self, rest: Span<'_>) {
        if !rest.bytes.is_empty() {
            self.remark(format!("malformed: {} left over", lengths::bytes(rest.bytes.len())));
        }
        self.withhold_unexplained(rest);
    }

    /// Says what is malformed, of a message of which nothing is missing. A few tell enough.
    fn remark(&mut self, remark: String) {
        const MAX: usize = 4;
        if self.whole && self.remarks.len() < MAX {
            self.remarks.push(remark);
        }
    }

    fn withhold(&mut self, span: Span<'_>) {
        if !span.bytes.is_empty() {
            self.secrets.push(span.at..span.at + span.bytes.len());
        }
    }

    fn withhold_unexplained(&mut self, span: Span<'_>) {
        if self.strict && !self.show_secrets {
            self.withhold(span);
        }
    }
}

static BITFIELD: Fields =
    structure("nla_bitfield32").of(&[("value", 4, Kind::Num), ("selector", 4, Kind::Num)]);

fn attribute(name: Cow<'static, str>, content: Content) -> Attribute {
    let attribute = Attribute { name, ..Attribute::default() };
    match content {
        Content::Value(value) => Attribute { value, ..attribute },
        Content::Interface(value, ifname) => Attribute { value, ifname, ..attribute },
        Content::Inside(attributes) => Attribute { attributes, ..attribute },
        Content::Withheld(bytes) => Attribute { withheld: Some(bytes), ..attribute },
    }
}

/// Length, header included, and number of the attribute at the start; `None` if that is none.
fn head(bytes: &[u8]) -> Option<(usize, u16)> {
    let len = usize::from(u16_at(bytes, 0)?);
    let number = u16_at(bytes, 2)?;
    (len >= ATTRIBUTE_HEADER_LEN).then_some((len, number))
}

/// The numbers of the attributes in `bytes`.
pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u16> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (len, number) = head(rest)?;
        rest = rest.get(align(len)..).unwrap_or_default();
        Some(number & TYPE_MASK)
    })
}

/// Whether attributes fill `bytes` exactly.
fn looks_nested(mut bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return false;
    }
    while let Some((len, _)) = head(bytes) {
        if len > bytes.len() {
            return false;
        }
        bytes = bytes.get(align(len)..).unwrap_or_default();
    }
    bytes.is_empty()
}

/// The entry of a number.
pub(super) fn entry(set: Set, number: u16) -> Option<&'static (u16, &'static str, Kind)> {
    let index = set.binary_search_by_key(&number, |entry| entry.0).ok()?;
    set.get(index)
}

/// What a cut value still shows. What may be secret is among them: what there is of it is withheld.
fn holds_others(kind: &Kind) -> bool {
    match kind {
        Kind::Elsewhere(kind) => holds_others(kind),
        Kind::Family(families, other) => {
            holds_others(other) || families.iter().any(|entry| holds_others(&entry.1))
        }
        Kind::Long(..)
        | Kind::ByLength(_)
        | Kind::Nest(_)
        | Kind::Described(_)
        | Kind::List(_)
        | Kind::Each(..)
        | Kind::Named(..)
        | Kind::Struct(_)
        | Kind::Headed(..)
        | Kind::Hops(..)
        | Kind::Select(..)
        | Kind::Around(..)
        | Kind::After(..)
        | Kind::Elements
        | Kind::Userdata
        | Kind::Secret => true,
        _ => false,
    }
}

/// What a value is that the sender says is that long: itself where no structure has that length.
fn by_length(kind: &Kind, len: usize) -> &Kind {
    let Kind::ByLength(options) = kind else { return kind };
    options.iter().find(|option| option.0.contains(&len)).map_or(kind, |option| &option.1)
}

/// What it is by the flags of the attribute's type.
fn by_flag(kind: &'static Kind, number: u16) -> &'static Kind {
    match kind {
        Kind::ByFlag if number & NET_BYTEORDER != 0 => &Kind::Be,
        Kind::ByFlag => &Kind::Num,
        kind => kind,
    }
}

/// What it is if it is as long as it should be.
fn exactly(kind: &Kind) -> &Kind {
    if let Kind::Long(_, kind) = kind { kind } else { kind }
}

/// The attributes inside, where a kind has some.
fn inside(kind: &Kind) -> Set {
    match kind {
        Kind::Nest(set) | Kind::Headed(_, set) | Kind::Hops(_, set) => set,
        Kind::Described(set) => set.get().copied().unwrap_or_default(),
        Kind::List(kind) | Kind::Elsewhere(kind) => inside(kind),
        _ => NO_NAMES,
    }
}

/// Bytes of a structure.
pub(super) fn width(fields: &Fields) -> usize {
    fields.iter().map(|field| field.1).sum()
}

/// The address family that a structure says it is of.
fn family(fields: &Fields, bytes: &[u8]) -> Option<u16> {
    const AF_PACKET: u16 = 17;
    let mut at = 0;
    for (name, width, kind) in fields.iter() {
        if matches!(kind, Kind::EtherFamily) {
            return match value::number(bytes.get(at..at + width)?, true)? {
                0x0800 => Some(2),
                0x86dd => Some(10),
                0 => Some(AF_PACKET),
                _ => None,
            };
        }
        if name.ends_with("family") {
            let number = value::number(bytes.get(at..at + width)?, false)?;
            return u16::try_from(number).ok().filter(|&family| family != 0);
        }
        at += width;
    }
    None
}

/// The same of an attribute further out, in the nearest nest of that set that has one.
fn around_text(nest: Nest<'_>, set: Set, number: u16) -> Option<String> {
    let mut at = Some(&nest);
    while let Some(nest) = at {
        let text = std::ptr::eq(nest.set, set).then(|| beside_text(*nest, number)).flatten();
        if text.is_some() {
            return text;
        }
        at = nest.place.outer;
    }
    None
}

/// The text of the attribute beside: a name, or the word for a number. It is among the first; to
/// look through all of them for each would take a hostile message too long.
fn beside_text(nest: Nest<'_>, number: u16) -> Option<String> {
    const LOOKED_AT: usize = 32;
    let known = entry(nest.set, number)?;
    let mut rest = nest.span;
    for _ in 0..LOOKED_AT {
        let (len, found) = head(rest.bytes)?;
        if found & TYPE_MASK == number && len <= rest.bytes.len() {
            return said(known, rest.part(ATTRIBUTE_HEADER_LEN, len));
        }
        rest = rest.after(align(len));
    }
    None
}

/// The text of a value that selects: a name, or the word for a number.
fn said(known: &(u16, &'static str, Kind), span: Span<'_>) -> Option<String> {
    let bytes = span.bytes;
    let value = match exactly(&known.2) {
        Kind::Text => Some(value::c_string(bytes)),
        Kind::Word(table) => value::word(table, bytes, false),
        Kind::BeWord(table) => value::word(table, bytes, true),
        Kind::Be => value::unsigned(bytes, true),
        _ => value::unsigned(bytes, false),
    };
    value.map(|value| value.to_string())
}
