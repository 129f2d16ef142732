//! What the kernel sends over netlink and no header for programs defines: enumerations and structures
//! of its own files, copied out so that the compiler can say their numbers and layouts.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::scan;

/// Where the copies go, below a directory of headers.
pub(crate) const DIRECTORY: &str = "internal";

/// A file of the kernel, and what of it is wanted besides its enumerations.
struct File {
    path: &'static str,
    structures: &'static [&'static str],
    /// Lines that those need: a file, and a word that they have.
    needs: &'static [(&'static str, &'static str)],
}

const fn file(path: &'static str) -> File {
    File { path, structures: &[], needs: &[] }
}

const FILES: &[File] = &[
    File {
        path: "drivers/acpi/event.c",
        structures: &["acpi_genl_event"],
        needs: &[("include/acpi/acpi_bus.h", "MAX_ACPI_CLASS_NAME_LEN")],
    },
    file("net/netlabel/netlabel_calipso.h"),
    file("net/netlabel/netlabel_cipso_v4.h"),
    file("net/netlabel/netlabel_mgmt.h"),
    file("net/netlabel/netlabel_unlabeled.h"),
];

/// Writes a header of each into `internal` below `own`.
pub(crate) fn write(source: &Path, own: &Path) -> Result<()> {
    let dir = own.join(DIRECTORY);
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    for file in FILES {
        let code = scan::clean(&read(&source.join(file.path))?);
        let mut text = "#include <linux/types.h>\ntypedef __u32 u32;\n".to_owned();
        for (path, word) in file.needs {
            let other = scan::clean(&read(&source.join(path))?);
            text.extend(other.lines().filter(|line| line.contains(word)).flat_map(|l| [l, "\n"]));
        }
        let structures = file.structures.iter().map(|name| format!("struct {name}"));
        for start in structures.chain(["enum".to_owned()]) {
            text.extend(blocks(&code, &start).into_iter().flat_map(|block| [block, ";\n"]));
        }
        let name = Path::new(file.path).with_extension("h");
        let path = dir.join(name.file_name().unwrap_or_default());
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The definitions that begin so, each to its closing brace.
fn blocks<'a>(code: &'a str, start: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        let Some((head, rest)) = code[at..].split_once('{') else { continue };
        let begins_line = code[..at].is_empty() || code[..at].ends_with('\n');
        let is_definition = head[start.len()..].chars().all(|c| c.is_whitespace() || is_word(c));
        let Some(end) = rest.find('}') else { continue };
        if begins_line && is_definition {
            found.push(&code[at..=at + head.len() + 1 + end]);
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_what_begins_a_line_and_has_braces() {
        let code =
            "enum {\n A,\n B,\n};\nenum named { C };\nint f(enum named n) {}\nenum named d;\n";
        assert_eq!(blocks(code, "enum"), ["enum {\n A,\n B,\n}", "enum named { C }"]);
        assert_eq!(blocks("struct s {\n int a;\n};", "struct s"), ["struct s {\n int a;\n}"]);
    }
}
