//! Macros of C that write or read attributes: their calls, written out as the preprocessor would.

use super::scan::{self, Call};

/// Macros that call macros: the kernel's files do so once.
const ROUNDS: usize = 2;

struct Macro<'a> {
    name: &'a str,
    parameters: Vec<&'a str>,
    body: &'a str,
}

/// Cleaned code, and behind it what each of its own macros makes of its calls.
pub(super) fn expand(code: &str) -> String {
    let macros = definitions(code);
    let mut all = code.to_owned();
    let mut newest = code.to_owned();
    for _ in 0..ROUNDS {
        let made: Vec<_> = scan::calls(&newest, |name| macros.iter().any(|m| m.name == name))
            .iter()
            .filter_map(|call| write_out(&macros, call))
            .collect();
        newest = made.join(";\n");
        all.push_str(";\n");
        all.push_str(&newest);
    }
    all
}

/// Macros with parameters whose text has a function of netlink's attributes in it.
fn definitions(code: &str) -> Vec<Macro<'_>> {
    let parts = code.split("#define").skip(1);
    let found = parts.filter_map(|part| {
        let (name, rest) = part.split_once('(')?;
        let name = name.trim_start();
        let (parameters, rest) = rest.split_once(')')?;
        let is_one = !name.is_empty() && scan::words(name).next() == Some(name);
        let body = &rest[..end_of_line(rest)];
        (is_one && body.contains("nla_")).then(|| Macro {
            name,
            parameters: parameters.split(',').map(str::trim).collect(),
            body,
        })
    });
    found.collect()
}

/// Where the line ends that goes on behind each backslash.
fn end_of_line(text: &str) -> usize {
    let mut ends = text.match_indices('\n').map(|(at, _)| at);
    ends.find(|&at| !text[..at].trim_end_matches(['\r', ' ', '\t']).ends_with('\\'))
        .unwrap_or(text.len())
}

/// The macro's text with the call's arguments in it, and words that `##` joins made one.
fn write_out(macros: &[Macro<'_>], call: &Call<'_>) -> Option<String> {
    let of = macros.iter().find(|of| of.name == call.function)?;
    if of.parameters.len() != call.arguments.len() || call.before.trim_end().ends_with("#define") {
        return None;
    }
    let mut text = String::with_capacity(of.body.len());
    let mut rest = of.body;
    while let Some(start) = rest.find(scan::is_word) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !scan::is_word(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        text.push_str(before);
        let place = of.parameters.iter().position(|parameter| *parameter == word);
        text.push_str(place.map_or(word, |place| call.arguments[place]));
        rest = after;
    }
    text.push_str(rest);
    let parts: Vec<_> = text.split("##").map(str::trim).collect();
    Some(parts.join("").replace('\\', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_written_out_with_its_words_joined() {
        let code = "#define PUT(attr, type) do { \\\n\
                    \tnla_put_ ## type(msg, A_ ## attr, info->attr); \\\n} while (0)\n\
                    x(); PUT(ONE, u32);\n#define NOT(a) a\nNOT(b);";
        let expanded = expand(code);
        assert!(expanded.contains("nla_put_u32(msg, A_ONE, info->ONE);"), "{expanded}");
        assert!(!expanded.contains("A_attr"), "{expanded}");
    }

    #[test]
    fn a_macro_ends_at_its_line() {
        let found = definitions("#define A(x) nla_put(x) \\\n more\nother\n");
        assert_eq!(found[0].body.trim(), "nla_put(x) \\\n more");
    }
}
