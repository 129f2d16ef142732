//! Findings that begin and end.

use std::collections::BTreeMap;

use super::{Condition, Finding, Kind, Severity};

/// Findings that are open at one time. A user who makes up names must not fill memory.
pub const OPEN_MAX: usize = 256;

/// What a look changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not so before.
    Began(Finding),
    /// It is so no longer.
    Ended(Finding),
}

/// What is wrong now.
#[derive(Clone, Debug, Default)]
pub struct Board {
    open: BTreeMap<(Kind, String), Finding>,
    refused: u64,
}

impl Board {
    /// Takes in what holds now. What is open and does not hold any more has ended.
    pub fn look(&mut self, at_ns: u64, conditions: Vec<Condition>) -> Vec<Change> {
        let mut before = std::mem::take(&mut self.open);
        let mut changes = Vec::new();
        for condition in conditions {
            let Condition { kind, subject, severity, text, evidence } = condition;
            let key = (kind, subject);
            let first_ns = before.remove(&key).map(|finding| finding.first_ns);
            if first_ns.is_none() && self.open.len() + before.len() >= OPEN_MAX {
                self.refused += 1;
                continue;
            }
            let finding = Finding {
                kind,
                subject: key.1.clone(),
                severity,
                text,
                evidence,
                advice: kind.advice().to_owned(),
                runbook: kind.runbook(),
                first_ns: first_ns.unwrap_or(at_ns),
                last_ns: at_ns,
            };
            if first_ns.is_none() {
                changes.push(Change::Began(finding.clone()));
            }
            self.open.insert(key, finding);
        }
        changes.extend(before.into_values().map(Change::Ended));
        changes
    }

    /// What is open, the worst first, and the oldest first of those.
    pub fn open(&self) -> Vec<Finding> {
        let mut open: Vec<Finding> = self.open.values().cloned().collect();
        open.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.first_ns));
        open
    }

    /// How many are open of each kind and severity that has any.
    pub fn counts(&self) -> BTreeMap<(Kind, Severity), u64> {
        let mut counts = BTreeMap::new();
        for finding in self.open.values() {
            *counts.entry((finding.kind, finding.severity)).or_default() += 1;
        }
        counts
    }

    /// Conditions that found no room, each look anew.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(subject: &str, text: &str) -> Condition {
        Condition {
            kind: Kind::Lost,
            subject: subject.to_owned(),
            severity: Severity::Warning,
            text: text.to_owned(),
            evidence: Vec::new(),
        }
    }

    fn names(changes: &[Change]) -> Vec<(bool, &str)> {
        let mut names = Vec::new();
        for change in changes {
            names.push(match change {
                Change::Began(finding) => (true, &*finding.subject),
                Change::Ended(finding) => (false, &*finding.subject),
            });
        }
        names
    }

    #[test]
    fn begins_once_goes_on_and_ends_once() {
        let mut board = Board::default();
        assert_eq!(names(&board.look(1, vec![condition("a", "1")])), [(true, "a")]);
        let changes = board.look(2, vec![condition("b", "1"), condition("a", "2")]);
        assert_eq!(names(&changes), [(true, "b")]);
        let open = board.open();
        assert_eq!((open[0].first_ns, open[0].last_ns, &*open[0].text), (1, 2, "2"));
        assert_eq!(names(&board.look(3, vec![condition("b", "1")])), [(false, "a")]);
        assert_eq!(names(&board.look(4, Vec::new())), [(false, "b")]);
        assert!(board.open().is_empty());
    }

    #[test]
    fn the_worst_comes_first() {
        let mut board = Board::default();
        let critical = Condition { severity: Severity::Critical, ..condition("c", "") };
        board.look(1, vec![condition("b", "")]);
        board.look(2, vec![condition("a", ""), condition("b", ""), critical]);
        let subjects: Vec<_> = board.open().into_iter().map(|finding| finding.subject).collect();
        assert_eq!(subjects, ["c", "b", "a"]);
        assert_eq!(board.counts()[&(Kind::Lost, Severity::Warning)], 2);
    }

    #[test]
    fn made_up_names_fill_no_memory() {
        let mut board = Board::default();
        let many =
            |from: usize| (from..from + 300).map(|n| condition(&n.to_string(), "")).collect();
        assert_eq!(board.look(1, many(0)).len(), OPEN_MAX);
        assert_eq!((board.open().len(), board.refused()), (OPEN_MAX, 44));
        // Those that are there stay as long as they hold.
        board.look(2, many(0));
        assert_eq!((board.open().len(), board.open()[0].first_ns), (OPEN_MAX, 1));
    }
}
