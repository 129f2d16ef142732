//! What a line says in brackets of a record: how it went, how long it took, who made the change.

use std::fmt::{self, Display};

use super::json::{LogParent, LogRecord, Process};
use super::text::Ink;
use nlmon_core::decode::printable;
use nlmon_core::record::{Cause, Outcome, Path};

/// One of them.
#[derive(Debug)]
pub(super) struct Note {
    /// Its words, each in its colour.
    pub(super) words: Vec<(Ink, String)>,
    /// It says that something failed, and so is never left out.
    pub(super) is_fault: bool,
}

impl Note {
    fn plain(text: impl Into<String>) -> Self {
        Self::of(Ink::Plain, text)
    }

    fn of(ink: Ink, text: impl Into<String>) -> Self {
        Self { words: vec![(ink, text.into())], is_fault: ink == Ink::Bad }
    }

    fn then(mut self, ink: Ink, text: impl Into<String>) -> Self {
        self.words.push((ink, text.into()));
        self
    }

    /// Columns that it takes.
    pub(super) fn width(&self) -> usize {
        self.words.iter().map(|(_, text)| text.chars().count()).sum()
    }
}

/// What is known of how it went; nothing if nothing is. Without probes nothing is called unobserved.
pub(super) fn notes(record: &LogRecord, probes: bool) -> Vec<Note> {
    let mut notes = Vec::new();
    result(&mut notes, record);
    multicast(&mut notes, record, probes);
    origin(&mut notes, record);
    if record.truncated {
        notes.push(Note::of(Ink::Faint, "cut"));
    }
    if record.redacted {
        notes.push(Note::of(Ink::Odd, "redacted"));
    }
    notes
}

fn result(notes: &mut Vec<Note>, record: &LogRecord) {
    if let Some(result) = record.result.as_deref().filter(|&result| result != "ok") {
        if record.path == Path::Multicast && result == "ESRCH" {
            notes.push(Note::of(Ink::Faint, "no listener"));
        } else {
            notes.push(Note::of(Ink::Bad, result));
        }
    }
    if let (Path::Request, Some(duration_ns)) = (record.path, record.duration_ns) {
        notes.push(Note::plain(format!("took {}", Nanoseconds(duration_ns))));
    }
    let Some(answer) = &record.answer else { return };
    let after = Nanoseconds(answer.latency_ns);
    notes.push(match (record.path, answer.errno.as_deref()) {
        (Path::Request, Some("ok")) => Note::plain(format!("ok after {after}")),
        (Path::Request, Some(errno)) => {
            Note::of(Ink::Bad, errno).then(Ink::Plain, format!(" after {after}"))
        }
        (Path::Request, None) => Note::plain(format!("answered after {after}")),
        _ => {
            let request = answer.about.as_deref().unwrap_or(&answer.request);
            Note::plain(format!("answers {request} after {after}"))
        }
    });
    if let (Path::Request, Some(text)) = (record.path, &answer.text) {
        let is_fault = answer.errno.as_deref().is_some_and(|errno| errno != "ok");
        notes.push(Note { is_fault, ..Note::plain(format!("\"{text}\"")) });
    }
    let Some(dump) = &answer.dump else { return };
    notes.push(Note::plain(format!("dump of {} bytes in {} parts", dump.bytes, dump.parts)));
    if dump.interrupted {
        notes.push(Note::of(Ink::Odd, "interrupted"));
    }
}

fn multicast(notes: &mut Vec<Note>, record: &LogRecord, probes: bool) {
    match (record.outcome, record.delivery_latency_ns) {
        (Some(Outcome::Delivered), Some(latency_ns)) => {
            notes.push(Note::plain(format!("delivered in {}", Nanoseconds(latency_ns))));
        }
        (Some(Outcome::Delivered), None) => notes.push(Note::plain("delivered")),
        (Some(Outcome::Lost), _) => notes.push(Note::of(Ink::Bad, "LOST")),
        (Some(Outcome::Unobserved), _) if !probes => {}
        (Some(Outcome::Unobserved), _) => notes.push(Note::of(Ink::Odd, "unobserved")),
        (Some(Outcome::NotSampled), _) => notes.push(Note::plain("not sampled")),
        (Some(Outcome::Undecided), _) => notes.push(Note::plain("undecided")),
        (None, _) => {}
    }
    let parent = record.parent.as_ref().map_or("", LogParent::name);
    match record.cause {
        Some(Cause::Request) => notes.push(Note::plain(format!("by {parent}"))),
        Some(Cause::Flushed) => notes.push(Note::plain(format!("flushed by {parent}"))),
        Some(Cause::Kernel) => notes.push(Note::plain("by the kernel")),
        Some(Cause::SystemCall) => {
            notes.extend(record.call().map(|call| Note::plain(format!("by {call}"))));
        }
        Some(Cause::Unknown) | None => {}
    }
}

/// Notes who made a change: the name of the program alone is seldom enough.
fn origin(notes: &mut Vec<Note>, record: &LogRecord) {
    let process = record.process.as_ref().filter(|_| record.cause.is_some());
    let unit = process.and_then(|process| process.unit.as_deref());
    let container = process.and_then(|process| process.container.as_deref());
    let pod = process.and_then(pod);
    let named = [
        ("pod ", pod.as_deref()),
        // That of a pod repeats the container's id.
        ("unit ", unit.filter(|_| pod.is_none())),
        ("container ", container.map(short)),
        ("netns ", record.netns_name.as_deref()),
    ];
    for (what, name) in named {
        if let Some(name) = name {
            notes.push(Note::plain(what).then(Ink::Name, printable::escape(name.as_bytes())));
        }
    }
}

/// Namespace and name of the pod that a process is in, or else its UID.
fn pod(process: &Process) -> Option<String> {
    match (&process.namespace, &process.pod) {
        (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
        _ => process.pod_uid.as_deref().map(str::to_owned),
    }
}

/// As runtimes abbreviate ids.
fn short(container: &str) -> &str {
    container.get(..12).unwrap_or(container)
}

/// A duration in the unit that suits it, with three digits.
struct Nanoseconds(u64);

impl Display for Nanoseconds {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            0..1_000 => return write!(f, "{}ns", self.0),
            1_000..1_000_000 => (self.0 as f64 / 1e3, "us"),
            1_000_000..1_000_000_000 => (self.0 as f64 / 1e6, "ms"),
            _ => (self.0 as f64 / 1e9, "s"),
        };
        let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
        write!(f, "{value:.decimals$}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        let shown = |ns| Nanoseconds(ns).to_string();
        assert_eq!(shown(999), "999ns");
        assert_eq!(shown(1_234), "1.23us");
        assert_eq!(shown(35_000), "35.0us");
        assert_eq!(shown(999_400), "999us");
        assert_eq!(shown(12_345_678), "12.3ms");
        assert_eq!(shown(3_210_000_000), "3.21s");
    }
}
