//! `nlmon explain`: what the running daemon's ledger knows of a route, a link and the like, as
//! sentences: what is so now, who made it so, and what weakens that. `loss` and `error` are about what
//! was lost and refused.

mod error;
mod loss;
mod reach;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;

use super::{Failure, feed, output::print};
use crate::config::DEFAULT_SOCKET;
use crate::live::answers::{About, AnswerRequest};
use crate::live::ledger::{ExplainRequest, text};
use crate::live::protocol::Request;
use nlmon_core::ledger::{Change, Doubt, Explanation, Known, Learnt, Query, Verb, Why};
use nlmon_core::record::Cause;

/// How long the daemon may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Say who made it so: route PREFIX [table TABLE], link NAME, addr ADDRESS, rule PRIORITY, nexthop ID,
/// neigh ADDRESS, nft TABLE [CHAIN]; or why something was lost or refused: loss [PROCESS],
/// error [PROCESS]
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to explain: route default, link eth0, nft filter input, loss, error 'systemd-*', ...
    #[arg(required = true, value_name = "WHAT")]
    pub what: Vec<String>,
    /// Only in the network namespace with this inode number
    #[arg(long, value_name = "INODE")]
    pub netns: Option<u32>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
}

/// What an answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Sentences for a person
    Text,
    /// One JSON object
    Json,
}

/// Asks, and says the answer.
///
/// # Errors
/// `Usage` for a question that is none, `System` where the socket may not be used, `Runtime` where
/// no daemon answers.
pub fn run(args: &Args) -> Result<(), Failure> {
    let words: Vec<&str> = args.what.iter().map(String::as_str).collect();
    if let Some(asked) = asked(&words)? {
        return answer(args, &asked);
    }
    let query = Query::parse(&words).map_err(|error| Failure::Usage(error.into()))?;
    let explain = Some(ExplainRequest { query, netns: args.netns });
    let request = Request { explain, ..Request::new() };
    let line = feed::answer(&args.socket, &request, TIMEOUT)?;
    let line = heard(line)?;
    if args.output == Output::Json {
        return print(line);
    }
    let answer: Explanation = read(&line)?;
    print(sentences(&words.join(" "), &answer, &TimeZone::system()))
}

/// What is asked of the log's history, if these words ask that.
fn asked(words: &[&str]) -> Result<Option<AnswerRequest>, Failure> {
    let (about, rest) = match words {
        ["loss", rest @ ..] => (About::Loss, rest),
        ["error", rest @ ..] => (About::Error, rest),
        _ => return Ok(None),
    };
    let process = match rest {
        [] => None,
        [process] => Some((*process).to_owned()),
        _ => return Err(Failure::Usage(anyhow!("say one process: its name, a pattern or its id"))),
    };
    Ok(Some(AnswerRequest { about, process }))
}

/// Asks it, and says the answer.
fn answer(args: &Args, asked: &AnswerRequest) -> Result<(), Failure> {
    if args.netns.is_some() {
        return Err(Failure::Usage(anyhow!(
            "loss and error are of all namespaces: leave out --netns"
        )));
    }
    let request = Request { answer: Some(asked.clone()), ..Request::new() };
    let line = heard(feed::answer(&args.socket, &request, TIMEOUT)?)?;
    if args.output == Output::Json {
        return print(line);
    }
    let (process, zone) = (asked.process.as_deref(), TimeZone::system());
    print(match asked.about {
        About::Loss => loss::sentences(process, &read(&line)?, &zone),
        About::Error => error::sentences(process, &read(&line)?, &zone),
    })
}

fn heard(line: String) -> Result<String, Failure> {
    if line.is_empty() {
        return Err(Failure::Runtime(anyhow!("the daemon closed the live log before it answered")));
    }
    Ok(line)
}

fn read<T: DeserializeOwned>(line: &str) -> Result<T, Failure> {
    let answer = serde_json::from_str(line);
    answer
        .context("the daemon sent an answer that this nlmon cannot read")
        .map_err(Failure::Runtime)
}

/// The answer in sentences, each object a paragraph.
fn sentences(question: &str, answer: &Explanation, zone: &TimeZone) -> String {
    let mut text = String::new();
    if answer.namespaces.is_empty() {
        text += "nlmon does not listen to what would tell of it: subscribe.groups in nlmon.toml \
                 lacks the group.\n";
        return text;
    }
    if answer.objects.is_empty() {
        let _ok =
            writeln!(text, "{question}: there is none, and none was there since nlmon listens.");
    }
    for known in &answer.objects {
        paragraph(&mut text, known, answer.namespaces.len() > 1, zone);
    }
    if answer.more > 0 {
        let _ok = writeln!(text, "{} more objects are left out.", answer.more);
    }
    if answer.not_kept > 0 {
        let _ok = writeln!(
            text,
            "{} objects of this kind had no room in the ledger: it may be among them \
             (ledger.objects, ledger.bytes).",
            answer.not_kept
        );
    }
    text
}

fn paragraph(text: &mut String, known: &Known, shows_netns: bool, zone: &TimeZone) {
    let netns = if shows_netns { format!(" in netns {}", known.netns) } else { String::new() };
    let _ok = writeln!(text, "{} {}{netns}", known.kind.name(), known.object);
    if let Some(since) = &known.there_since_before {
        let _ok =
            writeln!(text, "  It was there before nlmon listened, at {}.", text::time(since, zone));
    }
    if known.forgotten > 0 {
        let _ok = writeln!(text, "  {} earlier changes are forgotten.", known.forgotten);
    }
    for change in &known.changes {
        let _ok = writeln!(text, "  {}", sentence(change, zone));
    }
    let _ok = writeln!(text, "  Now: {}", verdict(known, zone));
    for doubt in &known.doubts {
        let _ok = writeln!(text, "  Note: {}", words(doubt));
    }
}

/// What happened, by whom, with which request and what came of it, and the record that shows it.
fn sentence(change: &Change, zone: &TimeZone) -> String {
    let mut line = text::line(change, zone).trim_end().to_owned();
    if let Some(request) = change.request.as_ref().filter(|_| change.cause == Some(Cause::Request))
    {
        let _ok = write!(line, ", request {request}");
        if let Some(result) = change.result.get() {
            let _ok = write!(line, " ({result})");
        }
    }
    if change.learnt != Learnt::Listed {
        let _ok = write!(line, " [record {}]", change.time_ns);
    }
    line
}

fn verdict(known: &Known, zone: &TimeZone) -> String {
    let is_open = known.doubts.iter().any(|doubt| matches!(doubt, Doubt::NotListedSince(_)));
    let probably = if is_open { "probably " } else { "" };
    let last = known.changes.last();
    let at = |change: &Change| text::time(&change.time, zone);
    match (known.is_there, last) {
        (true, None) => format!("it is {probably}there, as it was."),
        (true, Some(change)) => {
            let verb = change.verb.name();
            format!("it is {probably}there, {verb}{} at {}.", whose(known, change), at(change))
        }
        (false, Some(change)) if change.verb == Verb::Deleted => format!(
            "it is {probably}gone: deleted{} at {}, and nothing has added it since.",
            whose(known, change),
            at(change)
        ),
        (false, _) => format!("it is {probably}gone."),
    }
}

/// By whom the last change was, as far as that is known.
fn whose(known: &Known, change: &Change) -> String {
    if let Some(because) = &change.because {
        return format!(" without a message, probably because {because},");
    }
    if change.learnt == Learnt::Listed {
        return " by somebody unknown, found".to_owned();
    }
    let is_unsure = known.doubts.iter().any(|doubt| matches!(doubt, Doubt::CauseUnknown));
    let by = text::by(change).unwrap_or_else(|| "by somebody unknown".to_owned());
    let probably = if is_unsure && change.process.is_some() { "probably " } else { "" };
    let call = change.call.as_ref().map_or_else(String::new, |call| format!(" by {call}"));
    format!(" {probably}{by}{call}")
}

fn words(doubt: &Doubt) -> String {
    match doubt {
        Doubt::NotListedSince(why) => {
            format!("{}, and no list has been taken since.", reason(why))
        }
        Doubt::FoundByList => "the last change was seen at the resynchronisation; when it changed \
                               is not known."
            .to_owned(),
        Doubt::CauseUnknown => "what made the kernel do it is not known.".to_owned(),
        Doubt::Flushed => {
            "the kernel told of it while it handled a request that only read.".to_owned()
        }
        Doubt::MissedBefore(why) => {
            format!("{} before that change: there may have been others.", reason(why))
        }
    }
}

fn reason(why: &Why) -> String {
    match why {
        Why::Overrun => "nlmon's own socket lost messages".to_owned(),
        Why::Behind => "the ledger fell behind the log".to_owned(),
        Why::Cut => "of a message only the beginning was seen".to_owned(),
        Why::Silent(what) => what.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Explanation {
        serde_json::from_str(json).unwrap()
    }

    fn shown(answer: &Explanation) -> String {
        sentences("route default", answer, &TimeZone::UTC)
    }

    const ADDED: &str = r#"{"number":1,"time_ns":5,"time":"2026-01-02T09:02:00Z","netns":7,
        "kind":"route","object":"default via 10.0.0.1 dev eth0","verb":"added",
        "process":{"pid":410,"comm":"dhcpcd"},"cause":"request","request":"RTM_NEWROUTE",
        "result":"ok"}"#;
    const DELETED: &str = r#"{"number":2,"time_ns":9,"time":"2026-01-02T11:47:03.120Z","netns":7,
        "kind":"route","object":"default via 10.0.0.1 dev eth0","verb":"deleted",
        "process":{"pid":388,"comm":"systemd-network","unit":"systemd-networkd.service"},
        "cause":"request","request":"RTM_DELROUTE","result":"ok"}"#;

    #[test]
    fn the_history_of_a_route_names_the_culprit_and_what_is_so_now() {
        let answer = answer(&format!(
            r#"{{"namespaces":[7],"objects":[{{"netns":7,"kind":"route","is_there":false,
            "object":"default via 10.0.0.1 dev eth0","facts":[],"changes":[{ADDED},{DELETED}]}}]}}"#
        ));
        assert_eq!(
            shown(&answer),
            "route default via 10.0.0.1 dev eth0\n  \
             09:02:00.000 route default via 10.0.0.1 dev eth0 added by dhcpcd[410], request \
             RTM_NEWROUTE (ok) [record 5]\n  \
             11:47:03.120 route default via 10.0.0.1 dev eth0 deleted by systemd-network[388] \
             (systemd-networkd.service), request RTM_DELROUTE (ok) [record 9]\n  \
             Now: it is gone: deleted by systemd-network[388] (systemd-networkd.service) at \
             11:47:03.120, and nothing has added it since.\n"
        );
    }

    #[test]
    fn what_weakens_an_answer_is_said() {
        let answer = answer(&format!(
            r#"{{"namespaces":[7],"not_kept":3,"objects":[{{"netns":7,"kind":"route",
            "is_there":true,"object":"default via 10.0.0.1 dev eth0","facts":[],
            "there_since_before":"2026-01-02T09:00:00Z","changes":[{ADDED}],
            "doubts":[{{"not_listed_since":"overrun"}}]}}]}}"#
        ));
        let text = shown(&answer);
        assert!(text.contains("It was there before nlmon listened, at 09:00:00.000."), "{text}");
        assert!(text.contains("Now: it is probably there, added by dhcpcd[410]"), "{text}");
        assert!(text.contains("nlmon's own socket lost messages, and no list"), "{text}");
        assert!(text.contains("3 objects of this kind had no room"), "{text}");
    }

    #[test]
    fn nothing_is_said_to_be_gone_that_is_not_listened_to() {
        let none = shown(&answer(r#"{"namespaces":[7],"objects":[]}"#));
        assert_eq!(none, "route default: there is none, and none was there since nlmon listens.\n");
        let deaf = shown(&answer(r#"{"namespaces":[],"objects":[]}"#));
        assert!(deaf.starts_with("nlmon does not listen"), "{deaf}");
    }
}
