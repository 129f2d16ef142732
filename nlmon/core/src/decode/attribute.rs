//! The tree that a message is decoded to: [`Attribute`]s with a value, with attributes inside, or
//! withheld. The text of `nlmon tail --verbose`, the JSON and the summaries are all made of it.
//! Part of the published schema (`docs/log.md`).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One attribute of a message, or one member of a structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its kernel name (`IFLA_MTU`, `ifi_index`); its number if unknown, or its place in a list.
    pub name: Cow<'static, str>,
    /// Absent if it holds attributes, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The name of the interface of which the value is the index, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ifname: Option<Box<str>>,
    /// Bytes of it that are not shown, because they are or may be secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<u32>,
    /// What is inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// What a single attribute holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// It is there, which is all it says.
    Flag(bool),
    /// A number.
    Number(u64),
    /// A number below zero.
    Negative(i64),
    /// A text, a word for a number, an address, or bytes in hexadecimal. Printable.
    Text(Cow<'static, str>),
}

impl Value {
    /// The same as text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(on) => on.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Negative(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Attributes that can be asked by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree<'a>(pub(crate) &'a [Attribute]);

impl<'a> Tree<'a> {
    /// The first attribute of that name.
    pub(crate) fn get(self, name: &str) -> Option<&'a Attribute> {
        self.0.iter().find(|attribute| attribute.name == name)
    }

    /// What is inside the first of that name; nothing if there is none.
    pub(crate) fn inside(self, name: &str) -> Tree<'a> {
        Tree(self.get(name).map_or(&[], |attribute| &attribute.attributes))
    }

    /// Its value as text; `None` if it has none, or an empty one.
    pub(crate) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        let text = self.get(name)?.value.as_ref()?.text();
        (!text.is_empty()).then_some(text)
    }

    /// Its value, if that is a number of at least 0.
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        match self.get(name)?.value.as_ref()? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The interface of this index: its name, or else its number. 0 and what is below are none.
    pub(super) fn device(self, name: &str) -> Option<Cow<'a, str>> {
        let index = self.number(name).filter(|&index| index != 0)?;
        Some(self.ifname(name).map_or_else(|| index.to_string().into(), Cow::Borrowed))
    }

    /// The name of the interface of this index, where it is known.
    pub(super) fn ifname(self, name: &str) -> Option<&'a str> {
        self.get(name)?.ifname.as_deref()
    }

    /// Whether there is one.
    pub(crate) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All of them.
    pub(crate) fn iter(self) -> std::slice::Iter<'a, Attribute> {
        self.0.iter()
    }
}

impl Attribute {
    /// One with a text.
    pub(super) fn text(name: impl Into<Cow<'static, str>>, text: String) -> Self {
        let value = Some(Value::Text(text.into()));
        Self { name: name.into(), value, ..Self::default() }
    }

    /// One that holds others.
    pub(super) fn nest(name: impl Into<Cow<'static, str>>, attributes: Vec<Self>) -> Self {
        Self { name: name.into(), attributes, ..Self::default() }
    }

    /// What is inside.
    pub(crate) fn tree(&self) -> Tree<'_> {
        Tree(&self.attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_plain_json_and_read_back() {
        let tree = Attribute::nest(
            "IFLA_LINKINFO",
            vec![
                Attribute::text("IFLA_INFO_KIND", "vlan".to_owned()),
                Attribute { value: Some(Value::Number(7)), name: "n".into(), ..<_>::default() },
                Attribute { value: Some(Value::Negative(-7)), name: "m".into(), ..<_>::default() },
                Attribute { value: Some(Value::Flag(true)), name: "f".into(), ..<_>::default() },
                Attribute { withheld: Some(32), name: "k".into(), ..<_>::default() },
            ],
        );
        let json = serde_json::to_string(&tree).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"name":"IFLA_LINKINFO","attributes":[{"name":"IFLA_INFO_KIND","value":"vlan"},"#,
                r#"{"name":"n","value":7},{"name":"m","value":-7},{"name":"f","value":true},"#,
                r#"{"name":"k","withheld":32}]}"#
            )
        );
        assert_eq!(serde_json::from_str::<Attribute>(&json).unwrap(), tree);
    }
}
