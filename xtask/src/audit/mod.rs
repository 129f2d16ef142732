//! `cargo xtask audit`: holds nlmon's tables against the source of the newest test kernel. The
//! compiler says which numbers and layouts the headers define, the code says how the kernel writes and
//! reads each value.
//!
//! Invariant: what differs is mended or has its reason in `reasons.txt`; what the source does not tell
//! is counted and never taken as agreement.

mod btf;
mod evidence;
mod families;
mod forms;
mod headers;
pub(crate) mod internal;
mod layouts;
mod macros;
mod report;
mod scan;
pub(crate) mod source;
mod tables;
mod widths;
mod words;
mod wrappers;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::layout;
use crate::progress::step;
use evidence::Evidence;
use headers::Headers;
use report::Report;
use widths::Widths;
use wrappers::Wrappers;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Also print what stays as it is, with its reason, and what the source does not tell
    #[arg(long)]
    verbose: bool,
    /// Write the decoder's list of the lengths of numbers
    #[arg(long)]
    widths: bool,
}

/// Runs the whole comparison; fails if something differs without a reason.
pub(crate) fn run(options: &Options) -> Result<()> {
    let source = source::ensure()?;
    let tables = step("nlmon's tables", tables::read)?;
    let work = layout::target().join("audit");
    let headers = step("headers", || Headers::read(&source, &work))?;
    // What no table has is looked for too.
    let attributes = tables.sets.iter().flat_map(|set| &set.attributes);
    let mut names: BTreeSet<&str> = attributes.map(|attribute| attribute.name.as_str()).collect();
    names.extend(headers.numbers.keys().map(String::as_str));
    let (files, (evidence, widths)) = step("source", || {
        let files = source::files(&source)?;
        let found = gather(&files, &names);
        Ok((files, found))
    })?;
    let mut report = Report::default();
    for refused in &headers.refused {
        report.untold(format!("does not compile: {refused}"));
    }
    families::compare(&source, &files, &tables, &mut report)?;
    layouts::numbers(&tables, &headers, &evidence, &mut report);
    layouts::structures(&tables, &headers, &mut report);
    words::compare(&tables, &headers, &mut report);
    forms::compare(&tables, &headers, &evidence, &mut report);
    widths.keep(&tables, options.widths)?;
    report.finish(options.verbose)
}

/// What all of the source says of these attributes.
fn gather(files: &[(PathBuf, String)], names: &BTreeSet<&str>) -> (Evidence, Widths) {
    /// Functions that call functions that call one that writes.
    const ROUNDS: usize = 2;
    let code: Vec<_> = files.iter().map(|(_, text)| macros::expand(&scan::clean(text))).collect();
    let mut shared = Wrappers::default();
    for _ in 0..ROUNDS {
        for code in &code {
            shared.learn(code, true);
        }
    }
    let mut evidence = Evidence::default();
    let mut widths = Widths::default();
    for code in &code {
        widths.add(code);
        let mut own = shared.clone();
        for _ in 0..ROUNDS {
            own.learn(code, false);
        }
        evidence.add(code, &own, names);
    }
    (evidence, widths)
}
