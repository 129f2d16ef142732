//! What a spec says, as it says it: `Documentation/netlink/genetlink-legacy.yaml` of the kernel, of
//! which the other two schemas of generic netlink are a part. What only documents, checks or makes
//! C code is passed over.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

/// Most bytes of a name.
const NAME_MAX: usize = 128;

/// A name and where it stands. It ends in what people read: only printable ASCII is one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Spanned<String>")]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) line: u64,
}

impl TryFrom<Spanned<String>> for Name {
    type Error = String;

    fn try_from(name: Spanned<String>) -> Result<Self, String> {
        let line = name.referenced.line();
        check(&name.value)?;
        Ok(Self { text: name.value, line })
    }
}

/// Whether it is one.
fn check(name: &str) -> Result<(), String> {
    match name {
        _ if name.is_empty() => Err("a name is empty".to_owned()),
        _ if name.len() > NAME_MAX => Err(format!("a name is longer than {NAME_MAX} bytes")),
        _ if !name.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(format!("{name:?} is no name: it has other characters than printable ASCII"))
        }
        _ => Ok(()),
    }
}

/// A text that becomes part of names.
fn prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let prefix = Option::<String>::deserialize(deserializer)?;
    match prefix.as_deref() {
        None | Some("") => {}
        Some(prefix) => check(prefix).map_err(serde::de::Error::custom)?,
    }
    Ok(prefix)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Family {
    pub(super) name: Name,
    #[serde(default)]
    pub(super) definitions: Vec<Definition>,
    #[serde(default)]
    pub(super) attribute_sets: Vec<AttributeSet>,
    #[serde(default)]
    pub(super) sub_messages: Vec<SubMessage>,
    pub(super) operations: Operations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DefinitionType {
    Const,
    Enum,
    Flags,
    Struct,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Definition {
    pub(super) name: Name,
    #[serde(rename = "type")]
    pub(super) kind: DefinitionType,
    pub(super) value: Option<Constant>,
    pub(super) value_start: Option<Constant>,
    #[serde(default)]
    pub(super) entries: Vec<Entry>,
    #[serde(default)]
    pub(super) members: Vec<Member>,
}

/// A number, or the name of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Constant {
    Number(i64),
    Text(String),
}

/// An entry of an enumeration: its name alone, or with its number.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Option<i64>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an entry: a name, or a mapping with one")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Entry, E> {
        check(name).map_err(E::custom)?;
        Ok(Entry { name: name.to_owned(), value: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        #[derive(Deserialize)]
        struct Full {
            name: Name,
            value: Option<i64>,
        }
        let Full { name, value } = Full::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Entry { name: name.text, value })
    }
}

/// Types of attributes and of members of structures, which have some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Type {
    Unused,
    Pad,
    Flag,
    Binary,
    Bitfield32,
    Uint,
    Sint,
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
    String,
    Nest,
    IndexedArray,
    ArrayNest,
    NestTypeValue,
    SubMessage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ByteOrder {
    LittleEndian,
    BigEndian,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Hint {
    Ipv4,
    Ipv6,
    Ipv4OrV6,
    Mac,
    /// How a number or bytes are written, which does not say that bytes may be shown.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Member {
    pub(super) name: Name,
    #[serde(rename = "type")]
    pub(super) kind: Type,
    pub(super) len: Option<Constant>,
    pub(super) byte_order: Option<ByteOrder>,
    #[serde(rename = "enum")]
    pub(super) words: Option<Name>,
    pub(super) enum_as_flags: Option<bool>,
    pub(super) display_hint: Option<Hint>,
    #[serde(rename = "struct")]
    pub(super) structure: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AttributeSet {
    pub(super) name: Name,
    #[serde(default, deserialize_with = "prefix")]
    pub(super) name_prefix: Option<String>,
    pub(super) subset_of: Option<Name>,
    #[serde(default)]
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Attribute {
    pub(super) name: Name,
    #[serde(default, deserialize_with = "prefix")]
    pub(super) name_prefix: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Type>,
    pub(super) value: Option<u16>,
    #[serde(default)]
    pub(super) type_value: Vec<String>,
    pub(super) byte_order: Option<ByteOrder>,
    pub(super) nested_attributes: Option<Name>,
    #[serde(rename = "enum")]
    pub(super) words: Option<Name>,
    pub(super) enum_as_flags: Option<bool>,
    pub(super) sub_type: Option<Type>,
    pub(super) display_hint: Option<Hint>,
    #[serde(rename = "struct")]
    pub(super) structure: Option<Name>,
    pub(super) sub_message: Option<Name>,
    pub(super) selector: Option<Name>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SubMessage {
    pub(super) name: Name,
    pub(super) formats: Vec<Format>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Format {
    pub(super) value: Name,
    pub(super) fixed_header: Option<Name>,
    pub(super) attribute_set: Option<Name>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Model {
    #[default]
    Unified,
    Directional,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Operations {
    #[serde(default)]
    pub(super) enum_model: Model,
    #[serde(default, deserialize_with = "prefix")]
    pub(super) name_prefix: Option<String>,
    #[serde(default, deserialize_with = "prefix")]
    pub(super) async_prefix: Option<String>,
    pub(super) fixed_header: Option<Name>,
    pub(super) list: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Operation {
    pub(super) name: Name,
    pub(super) value: Option<u16>,
    pub(super) attribute_set: Option<Name>,
    pub(super) fixed_header: Option<Name>,
    #[serde(rename = "do")]
    pub(super) once: Option<Exchange>,
    pub(super) dump: Option<Exchange>,
    pub(super) notify: Option<Name>,
    pub(super) event: Option<serde::de::IgnoredAny>,
}

/// A request and its answer.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Exchange {
    pub(super) request: Option<Half>,
    pub(super) reply: Option<Half>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Half {
    pub(super) value: Option<u16>,
}
