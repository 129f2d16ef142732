//! What is so about an object, as names and values in the order of its kind, in one piece of text:
//! a table of a hundred thousand routes has as many of these. Two of them are compared to say what
//! has changed.

use serde::{Deserialize, Serialize};

/// Names and values. A name or a value has neither tabs nor newlines, because decoded text has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Box<str>);

/// One value that has changed. What is absent was not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which value.
    pub field: String,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Room for what most objects have, so that it grows once at most.
const USUAL_BYTES: usize = 128;

/// Facts under construction.
#[derive(Debug)]
pub(super) struct Noting(String);

impl Noting {
    pub(super) fn new() -> Self {
        Self(String::with_capacity(USUAL_BYTES))
    }

    /// Adds a value, if there is one.
    pub(super) fn note(&mut self, name: &str, value: Option<impl AsRef<str>>) -> &mut Self {
        if let Some(value) = value {
            self.add(name, value.as_ref());
        }
        self
    }

    fn add(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        self.0.push_str(name);
        self.0.push('\t');
        if value.bytes().any(|byte| matches!(byte, b'\t' | b'\n')) {
            self.0.push_str(&value.replace(['\t', '\n'], " "));
        } else {
            self.0.push_str(value);
        }
        self.0.push('\n');
    }

    pub(super) fn finish(self) -> Facts {
        Facts(self.0.into())
    }
}

impl Facts {
    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().filter_map(|line| line.split_once('\t'))
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Bytes that they take.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What has changed from these to the others: first in the order of the others.
    pub(super) fn differences(&self, others: &Self) -> Vec<Difference> {
        if self == others {
            return Vec::new();
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let difference = |field: &str, from, to| Difference {
            field: field.to_owned(),
            from: owned(from),
            to: owned(to),
        };
        let now = others.iter().filter_map(|(field, to)| {
            let from = self.get(field);
            (from != Some(to)).then(|| difference(field, from, Some(to)))
        });
        let gone = self.iter().filter(|(field, _)| others.get(field).is_none());
        now.chain(gone.map(|(field, from)| difference(field, Some(from), None))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, &str)]) -> Facts {
        let mut noting = Noting::new();
        for (name, value) in pairs {
            noting.note(name, Some(value));
        }
        noting.finish()
    }

    #[test]
    fn a_difference_is_a_value_that_came_went_or_changed() {
        let before = facts(&[("mtu", "1500"), ("state", "UP"), ("alias", "a")]);
        let after = facts(&[("mtu", "1400"), ("state", "UP"), ("master", "br0")]);
        let found = before.differences(&after);
        let found: Vec<_> = found
            .iter()
            .map(|found| (&*found.field, found.from.as_deref(), found.to.as_deref()))
            .collect();
        let expected = [
            ("mtu", Some("1500"), Some("1400")),
            ("master", None, Some("br0")),
            ("alias", Some("a"), None),
        ];
        assert_eq!(found, expected);
        assert_eq!(before.differences(&before), []);
        assert_eq!((after.get("mtu"), after.get("alias")), (Some("1400"), None));
    }
}
