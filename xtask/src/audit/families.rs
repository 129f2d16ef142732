//! Compares the families of generic netlink that the source registers with those that have a table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::report::Report;
use super::tables::Tables;

/// How a family begins.
const START: &str = "struct genl_family ";

/// Says of each family that has no table that it has none.
pub(super) fn compare(
    source: &Path,
    files: &[(PathBuf, String)],
    tables: &Tables,
    report: &mut Report,
) -> Result<()> {
    let mut macros = BTreeMap::new();
    for (_, text) in files {
        learn(text, &mut macros);
    }
    let mut open = vec![source.join("include")];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
            let path = entry.with_context(|| format!("cannot list {}", dir.display()))?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                learn(&text, &mut macros);
            }
        }
    }
    for value in files.iter().flat_map(|(_, text)| names(text)) {
        match literal(value).or_else(|| macros.get(value).map(String::as_str)) {
            Some(name) if tables.families.contains(name) => {}
            Some(name) => report.differs(&format!("family {name}"), "no table".to_owned()),
            None => report.untold(format!("family {value}: no header says its name")),
        }
    }
    Ok(())
}

/// What each family of a file is called there: a text or the name of one.
fn names(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(START) {
        let Some((head, rest)) = text[at..].split_once('{') else { continue };
        let body = rest.split("\n}").next().unwrap_or_default();
        if !head.trim_end().ends_with('=') || head.contains(';') {
            continue;
        }
        let value = body.split_once(".name").and_then(|(_, rest)| rest.split_once('='));
        found.extend(
            value.and_then(|(_, rest)| rest.split_once(',')).map(|(value, _)| value.trim()),
        );
    }
    found
}

/// The texts that a file gives a name.
fn learn(text: &str, macros: &mut BTreeMap<String, String>) {
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("#define ") else { continue };
        let Some((name, value)) = rest.split_once(char::is_whitespace) else { continue };
        if let Some(value) = literal(value.trim()) {
            macros.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn literal(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_the_name_that_its_definition_gives_it() {
        let text = "static struct genl_family a __ro_after_init = {\n\t.hdrsize = 0,\n\t.name = \"one\",\n};\n\
            extern struct genl_family b;\nstruct genl_family c = {\n\t.name\t\t= TWO_NAME, /* it */\n};\n";
        assert_eq!(names(text), ["\"one\"", "TWO_NAME"]);
        let mut macros = BTreeMap::new();
        learn("#define TWO_NAME\t\"two\"\n#define N 1\n", &mut macros);
        assert_eq!(macros["TWO_NAME"], "two");
        assert_eq!(macros.len(), 1);
    }
}
