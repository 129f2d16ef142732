//! The documents: the table of docs/metrics.md is made from the table of metrics, and has to be up to
//! date with it (`NLMON_BLESS=1 cargo test --package nlmon --test docs` writes it); and prose is
//! wrapped; and the examples of docs/log.md are what nlmon shows of the captures and cases. What the
//! documents say is for their reader to judge.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../core/tests/captures/mod.rs"]
mod captures;
#[path = "../core/tests/cases/mod.rs"]
#[expect(dead_code, reason = "this test reads messages alone")]
mod cases;

use std::collections::BTreeSet;
use std::fs::{read_dir, read_to_string, write};
use std::path::{Path, PathBuf};

use nlmon::metrics::names::{ALL, Kind, Metric};
use nlmon_core::decode::{Context, Message, decode};

/// What is between these in docs/metrics.md is made; all around it is written by hand.
const BEGIN: &str = "<!-- begin: made from nlmon/src/metrics/names.rs by nlmon/tests/docs.rs -->\n";
const END: &str = "\n<!-- end -->\n";

const COLUMNS: usize = 100;

#[test]
fn the_metrics_page_is_up_to_date() {
    let path = root().join("docs/metrics.md");
    let written = read_to_string(&path).unwrap();
    let (head, rest) = written.split_once(BEGIN).expect("docs/metrics.md has the first mark");
    let (_, tail) = rest.split_once(END).expect("docs/metrics.md has the last mark");
    let rendered = [head, BEGIN, &table(), END, tail].concat();
    if std::env::var_os("NLMON_BLESS").is_some() {
        write(&path, &rendered).unwrap();
        return;
    }
    let differing = rendered.lines().zip(written.lines()).position(|(a, b)| a != b);
    assert!(
        rendered == written,
        "docs/metrics.md is out of date (line {}); write it anew with\n    \
         NLMON_BLESS=1 cargo test --package nlmon --test docs",
        differing.unwrap_or(rendered.lines().count().min(written.lines().count())) + 1
    );
}

fn table() -> String {
    let rows: String = ALL.iter().map(row).collect();
    format!("\n| name | type | labels | meaning |\n|---|---|---|---|\n{rows}")
}

fn row(metric: &Metric) -> String {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let optional = metric.optional.iter().map(|label| format!("({label})"));
    let labels: Vec<_> =
        metric.labels.iter().map(|label| (*label).to_owned()).chain(optional).collect();
    let labels = labels.join(", ");
    format!("| `{}` | {kind} | {labels} | {} |\n", metric.name, metric.help)
}

/// A table's row and an example are as long as they have to be.
#[test]
fn prose_is_wrapped() {
    let mut long = Vec::new();
    for path in documents() {
        let text = read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap_or(&path).display();
        for (number, line) in prose(&text) {
            let columns = line.chars().count();
            if columns > COLUMNS {
                long.push(format!("{name}:{number}: {columns} columns"));
            }
        }
    }
    assert!(long.is_empty(), "wrap these at {COLUMNS} columns:\n{}", long.join("\n"));
}

/// Type, text and remarks of a message, as a line has them.
fn shown(message: &Message) -> String {
    let remarks: String =
        message.remarks.iter().map(|remark| [" (", remark.as_str(), ")"].concat()).collect();
    format!("{}  {}{remarks}", message.kind(), message.summary)
}

#[test]
fn the_ten_lines_are_what_is_shown() {
    let families = captures::families();
    let mut all = BTreeSet::new();
    for (file, protocol) in captures::FILES {
        for (_, bytes) in captures::read(file) {
            let len = u32::try_from(bytes.len()).unwrap();
            let decoded = decode(protocol, &bytes, len, &Context::new(&families));
            all.extend(decoded.messages.iter().map(shown));
        }
    }
    for file in ["lines.txt", "malformed.txt", "nft.txt"] {
        let messages = cases::read(file).iter().flat_map(cases::messages).collect::<Vec<_>>();
        all.extend(messages.iter().map(shown));
    }
    let page = read_to_string(root().join("docs/log.md")).unwrap();
    let (_, section) = page.split_once("## Ten lines").expect("the section is there");
    let (section, _) = section.split_once("\n## ").expect("another one follows");
    let examples: Vec<_> =
        section.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned).collect();
    assert_eq!(examples.len(), 10);
    for example in examples {
        assert!(all.contains(&example), "nothing is shown as\n    {example}");
    }
}

/// Lines outside of tables and of blocks of code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut within_block = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        within_block ^= is_fence;
        let is_code = is_fence || within_block || line.starts_with("    ");
        !is_code && !line.starts_with('|')
    })
}

fn documents() -> Vec<PathBuf> {
    let mut documents: Vec<_> = ["", "docs", "kmod"]
        .iter()
        .flat_map(|directory| read_dir(root().join(directory)).expect("a directory"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.sort();
    assert!(documents.len() >= 10, "few documents found: {documents:?}");
    documents
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
