//! The ids of what the daemon's own log tells: the table, the lines that have them, and what the
//! journal's catalog says of each, which systemd's own tool has to understand.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

mod directory;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use directory::Directory;
use nlmon::events::ALL;

const CATALOG: &str = "deploy/systemd/nlmon.catalog";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// An entry of the catalog.
struct Entry {
    id: String,
    header: BTreeMap<String, String>,
    body: String,
}

fn catalog() -> Vec<Entry> {
    let catalog = text(CATALOG);
    let entry = |text: &str| {
        let (id, rest) = text.split_once('\n').unwrap();
        let (header, body) = rest.split_once("\n\n").expect("an empty line ends the header");
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header is a name and a value");
            (name.to_owned(), value.to_owned())
        };
        let header = header.lines().map(field).collect();
        Entry { id: id.to_owned(), header, body: body.to_owned() }
    };
    catalog.split("\n-- ").skip(1).map(entry).collect()
}

/// The sources of the daemon but for the table.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut directories = vec![root().join("nlmon/src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if !path.ends_with("src/events.rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn each_id_is_one_of_128_bits_and_no_other() {
    let ids: BTreeSet<_> = ALL.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids.len(), ALL.len());
    for (name, id) in ALL {
        let is_hexadecimal = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        assert!(id.len() == 32 && is_hexadecimal, "{name}");
    }
    assert!((12..=40).contains(&ALL.len()));
}

#[test]
fn each_id_is_used_in_one_place() {
    let sources = sources();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut uses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, text) in &sources {
        for (_, rest) in text.match_indices("events::").map(|(at, _)| text.split_at(at + 8)) {
            let name = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
            if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && !name.is_empty() {
                uses.entry(name).or_default().push(path.display().to_string());
            }
        }
    }
    let known: BTreeSet<_> = ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(uses.keys().copied().collect::<BTreeSet<_>>(), known);
    for (name, places) in uses {
        assert_eq!(places.len(), 1, "{name} is used in {places:?}");
    }
}

#[test]
fn the_catalog_has_an_entry_for_each_that_says_what_to_do() {
    let entries = catalog();
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ALL.iter().map(|(_, id)| *id).collect::<Vec<_>>());
    let runbook = text("docs/runbook.md");
    let headings: Vec<_> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let sources: String = sources().into_iter().map(|(_, text)| text).collect();
    for Entry { id, header, body } in &entries {
        let names: Vec<_> = header.keys().map(String::as_str).collect();
        assert_eq!(names, ["Defined-By", "Documentation", "Subject"], "{id}");
        let paragraphs: Vec<_> = body.trim_end().split("\n\n").collect();
        assert!(paragraphs.len() >= 3, "{id}: what happened, what to do, where to read on");
        let heading = paragraphs.last().unwrap().strip_prefix("Runbook: ");
        let heading = heading.expect("the last paragraph names a heading of the runbook");
        assert!(headings.contains(&heading), "{id}: the runbook has no {heading}");
        assert!(body.lines().all(|line| line.len() <= 80), "{id} is wrapped at 80 columns");
        // What it has a place for is a field of some line.
        for field in body.split('@').skip(1).step_by(2) {
            let field = field.to_lowercase();
            assert!(sources.contains(&format!("{field} = ")), "{id}: no line has {field}");
        }
    }
}

/// Where systemd is not installed there is no tool, and this says so; the test before has read the
/// same file.
#[test]
fn systemd_understands_the_catalog() {
    let directory = Directory::new();
    let place = directory.join("usr/lib/systemd/catalog");
    fs::create_dir_all(&place).unwrap();
    fs::create_dir_all(directory.join("var/lib/systemd/catalog")).unwrap();
    fs::copy(root().join(CATALOG), place.join("nlmon.catalog")).unwrap();
    let run = |action: &str| {
        let mut journalctl = Command::new("journalctl");
        journalctl.arg(action).arg(format!("--root={}", directory.display())).output()
    };
    let Ok(updated) = run("--update-catalog") else {
        // Past the test's own capture of output: nothing is skipped in silence.
        let said = "not run: systemd_understands_the_catalog, there is no journalctl\n";
        io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    assert!(updated.status.success() && updated.stderr.is_empty(), "{updated:?}");
    let listed = String::from_utf8(run("--list-catalog").unwrap().stdout).unwrap();
    let mut found: Vec<_> = listed.lines().collect();
    found.sort_unstable();
    let shown = |entry: Entry| format!("{} nlmon: {}", entry.id, entry.header["Subject"]);
    let mut expected: Vec<_> = catalog().into_iter().map(shown).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
}
