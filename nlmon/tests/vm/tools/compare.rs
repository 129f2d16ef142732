//! Compares what a tool printed with what nlmon decodes of the messages that it received, by the
//! lines of a map.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use nlmon_core::decode::attribute::Attribute;
use nlmon_core::decode::{Context, Families, Message, decode};
use serde_json::Value;

use super::convert::{self, Interfaces};
use super::map::{Line, Map};
use super::{path, text, trace};

/// What a comparison came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The lines that were compared with a value, each once.
    pub(super) compared: BTreeSet<String>,
    /// Those of them that at least once had a value other than nothing, zero or false.
    pub(super) telling: BTreeSet<String>,
    /// How many values were.
    pub(super) values: usize,
    pub(super) differences: BTreeMap<String, usize>,
    /// What the tool says and no line has.
    pub(super) unmapped: BTreeSet<String>,
}

/// A run of a tool: what it printed, and what it was told.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) name: String,
    pub(super) printed: Value,
    /// What the tool printed that is no JSON, by its beginning.
    pub(super) unread: Vec<String>,
    pub(super) messages: Vec<Message>,
}

impl Run {
    /// Reads what a run has left in a directory.
    pub(super) fn read(directory: &Path, name: &str) -> Option<Self> {
        let file = |end: &str| directory.join(format!("{name}.{end}"));
        let trace = String::from_utf8_lossy(&fs::read(file("strace")).ok()?).into_owned();
        let output = String::from_utf8_lossy(&fs::read(file("out")).ok()?).into_owned();
        let datagrams = trace::datagrams(&trace);
        let mut families = Families::default();
        for datagram in &datagrams {
            families.learn(&datagram.bytes);
        }
        let context = Context { show_secrets: true, ..Context::new(&families) };
        let received = datagrams.iter().filter(|datagram| datagram.received);
        let messages = received.flat_map(|datagram| {
            let len = u32::try_from(datagram.bytes.len()).unwrap();
            decode(datagram.protocol, &datagram.bytes, len, &context).messages
        });
        let messages = messages.collect();
        let (printed, unread) = text::parse(&output);
        Some(Self { name: name.to_owned(), printed, unread, messages })
    }

    /// Compares by a map.
    pub(super) fn compare(&self, map: &Map, interfaces: &Interfaces, outcome: &mut Outcome) {
        let messages = self
            .messages
            .iter()
            .filter(|m| m.kind() == map.message && is_wanted(map, &m.attributes));
        let mut parts: Vec<&[Attribute]> =
            messages.flat_map(|m| path::parts(&m.attributes, &map.part)).collect();
        for (_, object) in path::json(&self.printed, &map.objects) {
            let is_of = |part: &&[Attribute]| {
                map.keys.iter().all(|key| agrees(key, object, part, interfaces))
            };
            let Some(place) = parts.iter().position(is_of) else {
                let what = format!("{}: no {} for {}", self.name, map.message, short(object));
                *outcome.differences.entry(what).or_default() += 1;
                continue;
            };
            let part = parts.remove(place);
            self.object(map, object, part, interfaces, outcome);
        }
    }

    fn object(
        &self,
        map: &Map,
        object: &Value,
        part: &[Attribute],
        interfaces: &Interfaces,
        outcome: &mut Outcome,
    ) {
        let mut known = BTreeSet::new();
        for line in map.keys.iter().chain(&map.lines) {
            if !line.applies(object) {
                continue;
            }
            for (places, value) in path::json(object, &line.tool) {
                known.insert(line.tool.clone());
                outcome.values += 1;
                let attribute = path::tree(part, &line.attribute, &places);
                let same = attribute
                    .is_some_and(|a| convert::same(&line.conversion, value, a, interfaces));
                if same {
                    let what = format!("{} {}", map.message, line.text);
                    if convert::is_telling(value) {
                        outcome.telling.insert(what.clone());
                    }
                    outcome.compared.insert(what);
                    continue;
                }
                let shown =
                    attribute.map_or("nothing".to_owned(), |a| format!("{:?}", convert::shown(a)));
                let what = format!(
                    "{}: {}: {value} is {shown} of {}",
                    self.name,
                    line.text,
                    short(object)
                );
                *outcome.differences.entry(what).or_default() += 1;
            }
        }
        let mut leaves = Vec::new();
        path::leaves(object, "", &mut leaves);
        let is_left_out = |leaf: &String| {
            map.left_out.iter().any(|left| leaf == left || leaf.starts_with(&format!("{left}.")))
        };
        let kind = object.pointer("/linkinfo/info_kind").or_else(|| object.get("kind"));
        leaves.retain(|leaf| {
            !known.contains(leaf) && !known.contains(&format!("{leaf}.*")) && !is_left_out(leaf)
        });
        let of = kind.and_then(Value::as_str).unwrap_or_default();
        outcome.unmapped.extend(leaves.iter().map(|leaf| format!("{} {of} {leaf}", map.message)));
    }
}

impl Line {
    fn applies(&self, object: &Value) -> bool {
        self.condition.as_ref().is_none_or(|(path, wanted)| {
            path::json(object, path).iter().any(|(_, value)| match value {
                Value::String(text) => wanted.split(',').any(|w| w == text),
                other => wanted.split(',').any(|w| *other == w),
            })
        })
    }
}

fn is_wanted(map: &Map, attributes: &[Attribute]) -> bool {
    map.only.as_ref().is_none_or(|(path, wanted)| {
        path::tree(attributes, path, &[]).is_some_and(|a| convert::shown(a) == *wanted)
    })
}

/// Whether a key that an object has is that of a part.
fn agrees(key: &Line, object: &Value, part: &[Attribute], interfaces: &Interfaces) -> bool {
    !key.applies(object)
        || path::json(object, &key.tool).iter().all(|(places, value)| {
            let attribute = path::tree(part, &key.attribute, places);
            attribute.is_some_and(|a| convert::same(&key.conversion, value, a, interfaces))
        })
}

fn short(object: &Value) -> String {
    object.to_string().chars().take(90).collect()
}
