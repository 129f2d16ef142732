//! `nlmon findings`: what is wrong now, as the running daemon has found it.

use std::{collections::BTreeMap, io::BufRead as _, path::PathBuf, time::Duration};

use anyhow::{Context as _, anyhow};
use nlmon_core::findings::{Finding, Kind};

use super::{
    Failure, feed,
    output::{print, print_to_reader},
};
use crate::{
    config::DEFAULT_SOCKET,
    findings::Told,
    live::protocol::{FindingsRequest, Request},
};

/// How long a daemon may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a finding is known by.
type Key = (Kind, String);

/// Flags of `nlmon findings`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Unix socket of the live log
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    socket: PathBuf,
    /// How to print: for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// Go on, and say what begins and what ends
    #[arg(long)]
    watch: bool,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Runs the subcommand.
///
/// # Errors
/// No daemon answers, or standard output cannot be written.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.watch {
        return watch(args);
    }
    let line = feed::answer(&args.socket, &request(false), TIMEOUT)?;
    print(shown(&parse(&line)?, args.output)?)
}

fn request(watch: bool) -> Request {
    Request { findings: Some(FindingsRequest { watch }), ..Request::new() }
}

/// Prints what is open, and then each that begins or ends, until the daemon does.
fn watch(args: &Args) -> Result<(), Failure> {
    let mut daemon = feed::open(&args.socket, &request(true))?;
    let mut known: Option<BTreeMap<Key, Told>> = None;
    let mut line = String::new();
    loop {
        line.clear();
        let read = daemon.read_line(&mut line).context("cannot read from the daemon");
        if read.map_err(Failure::Runtime)? == 0 {
            return Err(Failure::Runtime(anyhow!("the daemon has ended")));
        }
        let told = parse(&line)?;
        let text = match &known {
            None => shown(&told, args.output)?,
            Some(before) => changes(before, &told, args.output)?,
        };
        // Whoever reads them may have enough.
        if !print_to_reader(&text)? {
            return Ok(());
        }
        known = Some(told.into_iter().map(|told| (key(&told), told)).collect());
    }
}

fn key(told: &Told) -> Key {
    (told.finding.kind, told.finding.subject.clone())
}

fn parse(line: &str) -> Result<Vec<Told>, Failure> {
    let told = serde_json::from_str(line).context("the daemon does not tell its findings");
    told.map_err(Failure::Runtime)
}

fn shown(findings: &[Told], output: Output) -> Result<String, Failure> {
    if findings.is_empty() && output == Output::Text {
        return Ok("Nothing is wrong.\n".to_owned());
    }
    findings.iter().map(|told| one(told, output)).collect()
}

fn one(told: &Told, output: Output) -> Result<String, Failure> {
    match output {
        Output::Text => Ok(paragraph(told)),
        Output::Json => {
            let object = serde_json::to_string(told).context("cannot make JSON of a finding");
            Ok(object.map_err(Failure::Runtime)? + "\n")
        }
    }
}

/// What it is, since when, and what to do.
fn paragraph(told: &Told) -> String {
    let Told { since, seen, finding } = told;
    let first = format!("{} {}: {}\n", finding.severity, finding.kind, finding.text);
    let evidence = finding.evidence.iter().map(|evidence| format!("  {evidence}\n"));
    let times = format!("  Since {since}, last seen {seen}.\n");
    let advice = format!("  {} ({})\n", finding.advice, finding.runbook);
    std::iter::once(first).chain(evidence).chain([times, advice]).collect()
}

/// What has begun and what has ended.
fn changes(before: &BTreeMap<Key, Told>, now: &[Told], output: Output) -> Result<String, Failure> {
    let begun = now.iter().filter(|told| !before.contains_key(&key(told)));
    let is_open = |of: &Key| now.iter().any(|told| key(told) == *of);
    let ended = before.iter().filter(|(of, _)| !is_open(of)).map(|(_, told)| match output {
        Output::Text => {
            let Finding { kind, subject, .. } = &told.finding;
            Ok(format!("no longer so: {kind} of {subject}\n"))
        }
        Output::Json => Ok(format!("{}\n", serde_json::json!({ "ended": told }))),
    });
    begun.map(|told| one(told, output)).chain(ended).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nlmon_core::findings::Severity;

    fn told(subject: &str) -> Told {
        let kind = Kind::Lost;
        let finding = Finding {
            kind,
            subject: subject.to_owned(),
            severity: Severity::Warning,
            text: "bird lost 37 datagrams of route in the last 5 minutes.".to_owned(),
            evidence: vec!["Most notifications of route meanwhile: ip (1000).".to_owned()],
            advice: "Restart it.".to_owned(),
            runbook: kind.runbook(),
            first_ns: 1,
            last_ns: 2,
        };
        Told { since: "A".to_owned(), seen: "B".to_owned(), finding }
    }

    #[test]
    fn a_finding_is_a_paragraph() {
        let expected = "\
warning lost: bird lost 37 datagrams of route in the last 5 minutes.
  Most notifications of route meanwhile: ip (1000).
  Since A, last seen B.
  Restart it. (docs/runbook.md#finding-lost)
";
        assert_eq!(shown(&[told("bird route")], Output::Text).unwrap(), expected);
        assert_eq!(shown(&[], Output::Text).unwrap(), "Nothing is wrong.\n");
        assert_eq!(shown(&[], Output::Json).unwrap(), "");
    }

    #[test]
    fn what_begins_and_what_ends_is_told_once() {
        let before: BTreeMap<Key, Told> =
            [told("a"), told("b")].map(|told| (key(&told), told)).into();
        let now = [told("b"), told("c")];
        let text = changes(&before, &now, Output::Text).unwrap();
        assert!(text.starts_with("warning lost: "), "{text}");
        assert!(text.ends_with("no longer so: lost of a\n"), "{text}");
        let json = changes(&before, &now, Output::Json).unwrap();
        let lines: Vec<_> = json.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains(r#""subject":"c""#) && lines[1].starts_with(r#"{"ended":{"#));
        assert_eq!(changes(&before, &[told("a"), told("b")], Output::Text).unwrap(), "");
    }
}
