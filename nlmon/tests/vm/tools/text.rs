//! What tools print as JSON, with what of it is none; and as XML, which is made JSON.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// What a tool printed, and the beginnings of the objects that are no JSON.
pub(super) fn parse(output: &str) -> (Value, Vec<String>) {
    if output.trim_start().starts_with('<') {
        return match Document::parse(output) {
            Ok(document) => (element(document.root_element()), Vec::new()),
            Err(error) => (Value::Null, vec![error.to_string()]),
        };
    }
    if !output.trim_start().starts_with(['[', '{']) {
        return (Value::Null, Vec::new());
    }
    match serde_json::from_str(output) {
        Ok(value) => (value, Vec::new()),
        Err(_) => items(output),
    }
}

/// The objects of an array, and those that are no JSON: iproute2 prints some values as text even
/// where it is asked for JSON.
fn items(output: &str) -> (Value, Vec<String>) {
    const BEGINNING: usize = 40;
    let (mut items, mut broken, mut depth, mut start) = (Vec::new(), Vec::new(), 0, 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in output.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => {
                depth += 1;
                if depth == 2 {
                    start = at;
                }
            }
            ']' | '}' if !quoted => {
                depth -= 1;
                if depth == 1 {
                    let item = &output[start..=at];
                    match serde_json::from_str(item) {
                        Ok(item) => items.push(item),
                        Err(_) => broken.push(item.chars().take(BEGINNING).collect()),
                    }
                }
            }
            _ => {}
        }
    }
    if depth != 0 {
        broken.push(format!("the end, after {} objects", items.len()));
    }
    (Value::Array(items), broken)
}

/// An element: its text if there is no more in it, true if there is nothing; or else its attributes
/// and what is inside, by name. Elements of one name are an array.
fn element(node: Node<'_, '_>) -> Value {
    let mut members: Map<String, Value> =
        node.attributes().map(|a| (a.name().to_owned(), Value::from(a.value()))).collect();
    let children: Vec<_> = node.children().filter(Node::is_element).collect();
    if members.is_empty() && children.is_empty() {
        return node.text().map_or(Value::Bool(true), |text| Value::from(text.trim()));
    }
    for child in &children {
        let name = child.tag_name().name();
        let same = children.iter().filter(|other| other.tag_name().name() == name);
        let mut same: Vec<_> = same.map(|child| element(*child)).collect();
        let value = if same.len() == 1 { same.remove(0) } else { Value::Array(same) };
        members.insert(name.to_owned(), value);
    }
    Value::Object(members)
}

#[test]
fn elements_are_members() {
    let xml = "<a><b n=\"1\"><c>2</c><d/></b><b n=\"3\"/><e> f </e></a>";
    let made = r#"{"b":[{"n":"1","c":"2","d":true},{"n":"3"}],"e":"f"}"#;
    assert_eq!(parse(xml).0, serde_json::from_str::<Value>(made).unwrap());
}
