//! What tools print as JSON, with what of it is none.

use serde_json::Value;

/// What a tool printed, and the beginnings of the objects that are no JSON.
pub(super) fn parse(output: &str) -> (Value, Vec<String>) {
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
