//! Compares the words that the tables have for numbers with the names of the kernel's enumerations.
//! A word is nlmon's or a tool's, so it need not be the kernel's: what counts is that it is not the
//! word for another number, and that it has something in common with the name of its own.

use std::collections::BTreeSet;

use super::btf::Enumeration;
use super::headers::Headers;
use super::layouts;
use super::report::Report;
use super::tables::{Tables, Words};

/// What names of bounds and of several bits have in them.
const BOUNDS: &[&str] = &["_MASK", "_MAX_", "_NUM_", "_NUMPROTO"];

/// Compares every table of words that is like an enumeration.
pub(super) fn compare(tables: &Tables, headers: &Headers, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for words in tables.words.iter().filter(|words| seen.insert((words.bits, &words.names))) {
        match like(words, &headers.enumerations) {
            Some(enumeration) => {
                report.counts.words += words.names.len();
                differences(words, enumeration, report);
            }
            None => report.untold(format!("{}: words like no enumeration", words.of)),
        }
    }
}

/// The enumeration that has most of the words with their numbers: three of them and more than half.
fn like<'a>(words: &Words, enumerations: &'a [Enumeration]) -> Option<&'a Enumeration> {
    let hits = |e: &Enumeration| {
        let fits = |(number, word): &&(i64, String)| at(e, *number).any(|name| is(word, name));
        words.names.iter().filter(fits).count()
    };
    // Of two that have as many, the one with fewer names is more likely meant.
    let best = |e: &&Enumeration| (hits(e), usize::MAX - e.names.len());
    let found = enumerations.iter().max_by_key(best)?;
    let count = hits(found);
    (count >= 3 && count * 2 > words.names.len()).then_some(found)
}

fn differences(words: &Words, enumeration: &Enumeration, report: &mut Report) {
    for (number, word) in &words.names {
        let own: Vec<_> = at(enumeration, *number).collect();
        let about = format!("{}={number}", words.of);
        let elsewhere =
            enumeration.names.iter().find(|(name, other)| other != number && is(word, name));
        match elsewhere {
            _ if own.is_empty() || own.iter().any(|name| is(word, name)) => {}
            Some((name, other)) => {
                report.differs(&about, format!("{word}, which is {other}, {name}"));
            }
            None if own.iter().any(|name| share(word, name)) => {}
            None => {
                report.differs(&about, format!("{word} in the tables, {} in the kernel", own[0]));
            }
        }
    }
    without(words, enumeration, report);
}

/// Numbers that have no word, in a table that has nearly all: one that has few has those that matter.
fn without(words: &Words, enumeration: &Enumeration, report: &mut Report) {
    let known: BTreeSet<_> = words.names.iter().map(|(number, _)| *number).collect();
    let one_bit = |number: i64| u64::try_from(number).is_ok_and(u64::is_power_of_two);
    let counts = |number: i64| number >= 0 && (!words.bits || one_bit(number));
    let bound =
        |name: &str| layouts::is_bound(name) || BOUNDS.iter().any(|part| name.contains(part));
    let names = enumeration.names.iter().filter(|(name, number)| counts(*number) && !bound(name));
    let missing: Vec<_> = names.clone().filter(|(_, number)| !known.contains(number)).collect();
    if missing.len() * 4 > names.count() {
        return;
    }
    for (name, number) in missing {
        report.differs(&format!("{}={number}", words.of), format!("no word for {name}"));
    }
}

fn at(enumeration: &Enumeration, number: i64) -> impl Iterator<Item = &str> {
    let of_number = enumeration.names.iter().filter(move |(_, other)| *other == number);
    of_number.map(|(name, _)| name.as_str())
}

/// Whether a name ends in a word, whatever is between its parts.
fn is(word: &str, name: &str) -> bool {
    let (word, name) = (parts(word).concat(), parts(name).concat());
    !word.is_empty() && name.ends_with(&word)
}

/// Whether a part of one begins as a part of the other does.
fn share(word: &str, name: &str) -> bool {
    const ENOUGH: usize = 3;
    let (word, name) = (parts(word), parts(name));
    let alike = |one: &String, other: &String| {
        one.len() >= ENOUGH && other.starts_with(one.as_str())
            || other.len() >= ENOUGH && one.starts_with(other.as_str())
    };
    word.iter().any(|one| name.iter().any(|other| alike(one, other)))
}

fn parts(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[(i64, &str)], names: &[(&str, i64)]) -> Vec<String> {
        let names = names.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect();
        let enumerations = vec![Enumeration { names }];
        let headers = Headers { enumerations, ..Headers::default() };
        let names = words.iter().map(|(number, word)| (*number, (*word).to_owned())).collect();
        let words = vec![Words { of: "A".to_owned(), bits: false, names }];
        let mut report = Report::default();
        compare(&Tables { words, ..Tables::default() }, &headers, &mut report);
        report.differences().map(|(about, what)| format!("{about}: {what}")).collect()
    }

    const STATES: &[(&str, i64)] =
        &[("S_NEW", 1), ("S_OPEN", 2), ("S_HALF_OPEN", 3), ("S_CLOSED", 4), ("S_MAX", 4)];

    #[test]
    fn a_word_of_another_number_is_wrong() {
        assert!(
            found(&[(1, "new"), (2, "open"), (3, "half-open"), (4, "closed")], STATES).is_empty()
        );
        assert_eq!(
            found(&[(1, "new"), (2, "open"), (3, "half-open"), (4, "cloned")], STATES),
            ["A=4: cloned in the tables, S_CLOSED in the kernel"]
        );
        let swapped = [(1, "new"), (2, "open"), (3, "closed"), (4, "closed")];
        assert_eq!(found(&swapped, STATES), ["A=3: closed, which is 4, S_CLOSED"]);
    }

    #[test]
    fn a_number_without_a_word_is_said() {
        let two = [(1, "new"), (2, "open")];
        let named = [(1, "new"), (2, "open"), (3, "half-open")];
        assert!(found(&two, STATES).is_empty(), "too few to know");
        assert_eq!(found(&named, STATES), ["A=4: no word for S_CLOSED"]);
    }
}
