//! What the audit found, and the reasons for which some of it stays as it is.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::layout;

/// Differences that stay, each with its reason.
const REASONS: &str = "xtask/src/audit/reasons.txt";

/// What the audit found.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) counts: Counts,
    /// What it is about, and what differs.
    differences: Vec<(String, String)>,
    /// What the source does not tell.
    untold: Vec<String>,
}

/// How much was compared.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) numbers: usize,
    pub(super) forms: usize,
    pub(super) structures: usize,
    pub(super) members: usize,
    pub(super) enumerations: usize,
    pub(super) words: usize,
}

impl Report {
    pub(super) fn differs(&mut self, about: &str, what: String) {
        self.differences.push((about.to_owned(), what));
    }

    #[cfg(test)]
    pub(super) fn differences(&self) -> impl Iterator<Item = &(String, String)> {
        self.differences.iter()
    }

    pub(super) fn untold(&mut self, what: String) {
        self.untold.push(what);
    }

    /// Prints everything, and fails if there is a difference without a reason, or a reason without a
    /// difference.
    pub(super) fn finish(mut self, verbose: bool) -> Result<()> {
        let path = layout::root().join(REASONS);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let reasons = Reasons::parse(&text)?;
        self.differences.sort();
        self.differences.dedup();
        let mut used = BTreeSet::new();
        let mut open = 0;
        for (about, what) in &self.differences {
            if let Some((place, reason)) = reasons.find(about) {
                used.insert(place);
                if verbose {
                    println!("stays: {about}: {what} ({reason})");
                }
            } else {
                open += 1;
                println!("differs: {about}: {what}");
            }
        }
        for what in self.untold.iter().filter(|_| verbose) {
            println!("untold: {what}");
        }
        let unused = reasons.unused(&used);
        for about in &unused {
            println!("no longer differs: {about}");
        }
        self.print_counts(self.differences.len() - open);
        if open > 0 || !unused.is_empty() {
            bail!("{open} differences without a reason, {} reasons without one", unused.len());
        }
        Ok(())
    }

    fn print_counts(&self, stay: usize) {
        let counts = &self.counts;
        println!(
            "compared: {} attributes by number, {} by form; {} structures with {} members; {} enumerations; {} words",
            counts.numbers,
            counts.forms,
            counts.structures,
            counts.members,
            counts.enumerations,
            counts.words
        );
        println!("{} untold, {stay} differences with a reason", self.untold.len());
    }
}

/// The file of reasons: a line `what it is about: reason`. It may be about several, with commas
/// between; `*` at the end stands for any end.
struct Reasons<'a> {
    /// Each thing by itself.
    lines: Vec<(&'a str, &'a str)>,
}

impl<'a> Reasons<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (about, reason) =
                line.split_once(": ").with_context(|| format!("no reason: {line}"))?;
            lines.extend(about.split(", ").map(|what| (what, reason)));
        }
        Ok(Self { lines })
    }

    fn find(&self, about: &str) -> Option<(usize, &'a str)> {
        let place = self.lines.iter().position(|(what, _)| match what.strip_suffix('*') {
            Some(start) => about.starts_with(start),
            None => *what == about,
        })?;
        Some((place, self.lines[place].1))
    }

    fn unused(&self, used: &BTreeSet<usize>) -> Vec<&'a str> {
        let lines = self.lines.iter().enumerate();
        lines.filter(|(place, _)| !used.contains(place)).map(|(_, line)| line.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_for_one_name_or_for_a_beginning() {
        let reasons = Reasons::parse("# why\nA_ONE: because\nB_*, C: of old\n").unwrap();
        assert_eq!(reasons.find("A_ONE"), Some((0, "because")));
        assert_eq!(reasons.find("A_ONE_MORE"), None);
        assert_eq!(reasons.find("B_TWO"), Some((1, "of old")));
        assert_eq!(reasons.find("C"), Some((2, "of old")));
        assert_eq!(reasons.unused(&BTreeSet::from([1])), ["A_ONE", "C"]);
        assert!(Reasons::parse("A_ONE").is_err());
    }
}
