//! What an answer was made of, and what weakens it, as sentences. Pure.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::live::ledger::text;
use nlmon_core::answers::{Doubt, Reach};

/// `probably `, where the answer may lack something.
pub(super) fn probably(reach: &Reach) -> &'static str {
    let weakens = |doubt: &Doubt| *doubt != Doubt::LogBeginsLater;
    if reach.doubts.iter().any(weakens) { "probably " } else { "" }
}

/// How far the log goes back, and a line for each doubt.
pub(super) fn notes(out: &mut String, reach: &Reach, zone: &TimeZone) {
    if let Some(oldest) = &reach.oldest {
        let at = text::time(&oldest.time, zone);
        let _ok = writeln!(out, "The log has {} records, since {at}.", reach.records);
    }
    for doubt in &reach.doubts {
        let _ok = writeln!(out, "Note: {}", words(doubt));
    }
}

/// What weakens an answer, as a sentence.
pub(super) fn words(doubt: &Doubt) -> String {
    match doubt {
        Doubt::NoProbes => "the daemon has no probes: who sends what, it cannot see.".to_owned(),
        Doubt::Sampled(0) => "no call is sampled: the log lacks what is sent.".to_owned(),
        Doubt::Sampled(every) => {
            format!("one call in {every} is sampled: numbers of records are probably too small.")
        }
        Doubt::SamplesLost(lost) => {
            format!(
                "nlmon lost {lost} samples since it began: numbers of records may be too small."
            )
        }
        Doubt::LogBeginsLater => {
            "older records are not kept any more (log.history): there may have been others."
                .to_owned()
        }
        Doubt::BeganFull => {
            "something waited in its queue already when nlmon looked first.".to_owned()
        }
        Doubt::HearsAllNamespaces => {
            "it hears other namespaces too, whose messages are not counted here.".to_owned()
        }
        Doubt::OwnerUnknown => "which process holds the socket is not known.".to_owned(),
        Doubt::LostBefore(lost) => {
            format!("it had lost {lost} before nlmon looked first, at times that are not known.")
        }
    }
}
