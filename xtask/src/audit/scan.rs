//! Finds in C what is of interest to the audit: calls with their arguments, and the entries of tables
//! `[NAME] = value`. This is no parser of C: it knows brackets, comments and texts, which is enough for
//! code that all has one style.

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    pub(super) function: &'a str,
    pub(super) arguments: Vec<&'a str>,
    /// What is before it in its statement.
    pub(super) before: &'a str,
}

/// A function, and what is between its braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition<'a> {
    /// Its name, its parameters, and what its type is.
    pub(super) head: Call<'a>,
    pub(super) body: &'a str,
}

/// The longest call and the longest entry that are looked at.
const LONGEST: usize = 2000;
/// The longest function that is.
const LONGEST_FUNCTION: usize = 6000;

/// The source with comments and the contents of texts made blanks.
pub(super) fn clean(source: &str) -> String {
    let mut cleaned = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        let (code, found) = rest.split_at(at);
        cleaned.push_str(code);
        let len = if found.starts_with("/*") {
            found.find("*/").map_or(found.len(), |end| end + 2)
        } else if found.starts_with("//") {
            found.find('\n').unwrap_or(found.len())
        } else if let Some(after) = found.strip_prefix('/') {
            cleaned.push('/');
            rest = after;
            continue;
        } else {
            quoted(found)
        };
        cleaned.push(' ');
        rest = &found[len..];
    }
    cleaned.push_str(rest);
    cleaned
}

/// Bytes of the text or character at the start, its marks included.
fn quoted(text: &str) -> usize {
    let mark = text.as_bytes()[0];
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' => return at,
            _ if byte == mark => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Every call in cleaned code of a function that is wanted.
pub(super) fn calls(code: &str, wanted: impl Fn(&str) -> bool) -> Vec<Call<'_>> {
    let mut found = Vec::new();
    for (open, _) in code.match_indices('(') {
        let before = code[..open].trim_end();
        let start = before.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        let function = &before[start..];
        if function.is_empty() || !wanted(function) {
            continue;
        }
        if let Some(inside) = enclosed(&code[open..], LONGEST) {
            let statement = before[..start].rfind([';', '{', '}']).map_or(0, |at| at + 1);
            let before = &before[statement..start];
            found.push(Call { function, arguments: apart(inside), before });
        }
    }
    found
}

/// Every function that cleaned code defines.
pub(super) fn definitions(code: &str) -> Vec<Definition<'_>> {
    const STATEMENTS: &[&str] = &["for", "if", "switch", "while"];
    let heads = code.match_indices('(').filter_map(|(open, _)| {
        let inside = enclosed(&code[open..], LONGEST)?;
        let after = code[open + inside.len() + 2..].trim_start();
        after.starts_with('{').then_some((open, inside, after))
    });
    let mut found = Vec::new();
    for (open, inside, after) in heads {
        let before = code[..open].trim_end();
        let start = before.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        let function = &before[start..];
        if function.is_empty() || STATEMENTS.contains(&function) {
            continue;
        }
        if let Some(body) = enclosed(after, LONGEST_FUNCTION) {
            let statement = before[..start].rfind([';', '{', '}']).map_or(0, |at| at + 1);
            let before = &before[statement..start];
            found.push(Definition {
                head: Call { function, arguments: apart(inside), before },
                body,
            });
        }
    }
    found
}

/// Every `[NAME] = value` in cleaned code: the name, and the value up to its comma.
pub(super) fn entries(code: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (open, _) in code.match_indices('[') {
        let Some((name, rest)) = code[open + 1..].split_once(']') else { continue };
        let name = name.trim();
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        if name.is_empty() || !name.chars().all(is_word) || value.starts_with('=') {
            continue;
        }
        if let Some(value) = apart(up_to(value, LONGEST)).first() {
            found.push((name, *value));
        }
    }
    found
}

/// The words of an expression.
pub(super) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !is_word(c)).filter(|word| !word.is_empty())
}

/// What is within the brackets at the start, if they end within that many bytes.
pub(super) fn enclosed(code: &str, longest: usize) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, byte) in up_to(code, longest).bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return code.get(1..at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The parts between commas, up to the end of what is around them.
fn apart(code: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0_usize, 0);
    let mut found = Vec::new();
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => {
                found.push(code[start..at].trim());
                return found;
            }
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                found.push(code[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(code[start..].trim());
    found
}

fn up_to(code: &str, len: usize) -> &str {
    let end = (0..=len.min(code.len())).rev().find(|&at| code.is_char_boundary(at));
    &code[..end.unwrap_or(0)]
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_no_code() {
        let source = "a /* b() */ c(\"d(\\\"\", '\"'); // e()\nf / g";
        assert_eq!(clean(source), "a   c( ,  );  \nf / g");
    }

    #[test]
    fn a_call_has_its_arguments_apart() {
        let code = "x; err = nla_put (skb, A ? B : C, sizeof(struct s), f(1, 2)); other(3);";
        let found = calls(code, |name| name.starts_with("nla_"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].arguments, ["skb", "A ? B : C", "sizeof(struct s)", "f(1, 2)"]);
        assert_eq!(found[0].before.trim(), "err =");
    }

    #[test]
    fn an_entry_ends_at_its_comma() {
        let code = "= {\n [A] = { .type = NLA_U8, .len = 2 },\n [B]\t= NLA_POLICY_MIN(NLA_S32, -1),\n\
                    [C] = NLA_X };\n d[E] == 2; f[G]";
        let found = entries(code);
        assert_eq!(
            found,
            [
                ("A", "{ .type = NLA_U8, .len = 2 }"),
                ("B", "NLA_POLICY_MIN(NLA_S32, -1)"),
                ("C", "NLA_X")
            ]
        );
    }

    #[test]
    fn a_function_has_a_head_and_a_body() {
        let code = "static int f(int a, u8 *b)\n{\n\tif (a) { g(b); }\n}\nint h(void);";
        let found = definitions(code);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].head.function, &found[0].head.arguments[..]),
            ("f", &["int a", "u8 *b"][..])
        );
        assert_eq!(found[0].body.trim(), "if (a) { g(b); }");
        assert!(found[0].head.before.contains("static"));
    }

    #[test]
    fn what_does_not_end_is_no_call() {
        assert!(calls("nla_put(a, (b;", |_| true).is_empty());
    }
}
