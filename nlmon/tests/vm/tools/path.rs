//! Walks along paths: through the JSON of a tool, and through the tree of a message.

use nlmon_core::decode::attribute::Attribute;
use serde_json::Value;

/// What a path led to, and which elements its `*` stood for.
pub(super) type Found<'a, T> = (Vec<usize>, &'a T);

/// Where a path leads in JSON; `*` is every element of an array, `NAME` a member of an object.
pub(super) fn json<'a>(value: &'a Value, path: &str) -> Vec<Found<'a, Value>> {
    let mut found = vec![(Vec::new(), value)];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let mut next = Vec::new();
        for (places, value) in found {
            match (step, value) {
                ("*", Value::Array(items)) => {
                    next.extend(items.iter().enumerate().map(|(i, item)| {
                        let mut places = places.clone();
                        places.push(i);
                        (places, item)
                    }));
                }
                (name, Value::Object(members)) => {
                    next.extend(members.get(name).map(|value| (places, value)));
                }
                (number, Value::Array(items)) => {
                    let item = number.parse().ok().and_then(|i: usize| items.get(i));
                    next.extend(item.map(|value| (places, value)));
                }
                _ => {}
            }
        }
        found = next;
    }
    found
}

/// Every value that holds no others, with its path; elements of arrays are `*`.
pub(super) fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            for item in items {
                leaves(item, &format!("{path}.*"), found);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                leaves(value, &format!("{path}.{name}"), found);
            }
        }
        _ => found.push(path.trim_start_matches('.').to_owned()),
    }
}

/// Where a path leads in a tree. A step is a name, `*` for one of all children or `NAME*` for one of
/// those with a name; which one, `places` says in turn.
pub(super) fn tree<'a>(
    attributes: &'a [Attribute],
    path: &str,
    places: &[usize],
) -> Option<&'a Attribute> {
    let mut places = places.iter();
    let mut inside = attributes;
    let mut found = None;
    for step in path.split('.') {
        let attribute = match step.strip_suffix('*') {
            Some("") => inside.get(*places.next()?)?,
            Some(name) => inside.iter().filter(|a| a.name == name).nth(*places.next()?)?,
            None => inside.iter().find(|a| a.name == step)?,
        };
        inside = &attribute.attributes;
        found = Some(attribute);
    }
    found
}

/// All parts of a tree to which a path leads, as the attributes that they hold.
pub(super) fn parts<'a>(attributes: &'a [Attribute], path: &str) -> Vec<&'a [Attribute]> {
    let mut found = vec![attributes];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let name = step.trim_end_matches('*');
        let is_wanted = |a: &&Attribute| name.is_empty() || a.name == name;
        let below = |inside: &'a [Attribute]| inside.iter().filter(is_wanted);
        found = found.into_iter().flat_map(below).map(|a| a.attributes.as_slice()).collect();
    }
    found
}
