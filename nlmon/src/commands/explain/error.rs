//! `nlmon explain error`: the requests that the kernel refused, in its own words. Pure.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::reach;
use crate::live::ledger::text;
use nlmon_core::answers::{ErrorAnswer, Refused};
use nlmon_core::decode::printable::escape;

/// The answer in sentences, each kind of refusal a paragraph.
pub(super) fn sentences(process: Option<&str>, answer: &ErrorAnswer, zone: &TimeZone) -> String {
    let mut out = String::new();
    let requests: u64 = answer.requests.values().sum();
    if answer.refused.is_empty() {
        let of = process.map_or_else(String::new, |process| format!(" of {}", escaped(process)));
        let probably = reach::probably(&answer.reach);
        let _ok = writeln!(out, "The kernel {probably}refused none of {requests} requests{of}.");
    }
    for refused in &answer.refused {
        paragraph(&mut out, refused, answer, zone);
    }
    if answer.more > 0 {
        let _ok = writeln!(out, "{} refusals of other kinds are left out.", answer.more);
    }
    reach::notes(&mut out, &answer.reach, zone);
    out
}

fn paragraph(out: &mut String, refused: &Refused, answer: &ErrorAnswer, zone: &TimeZone) {
    let who = refused.process.as_ref().map_or_else(|| "somebody".to_owned(), text::name);
    let Refused { request, protocol, errno, count, .. } = refused;
    let _ok =
        writeln!(out, "{who}: {request} of {protocol} refused with {errno}, {}", times(*count));
    let words = match (&refused.text, &refused.attribute) {
        (Some(words), Some(attribute)) => format!("{} ({attribute})", escaped(words)),
        (Some(words), None) => escaped(words),
        (None, Some(attribute)) => format!("the fault is at {attribute}"),
        (None, None) => "nothing but that".to_owned(),
    };
    let _ok = writeln!(out, "  The kernel says: {words}.");
    if !refused.last_about.is_empty() {
        let _ok = writeln!(out, "  The last was about: {}", refused.last_about);
    }
    let at = |time: &str| text::time(time, zone);
    let records: Vec<String> =
        refused.last.iter().map(|evidence| evidence.record.to_string()).collect();
    if let Some(last) = refused.last.last() {
        let first = match *count {
            1 => "At ".to_owned(),
            _ => format!("First at {}, last at ", at(&refused.first.time)),
        };
        let of = if records.len() == 1 { "record" } else { "records" };
        let _ok = writeln!(out, "  {first}{} [{of} {}]", at(&last.time), records.join(", "));
    }
    let name = refused.process.as_ref().map_or("", |who| &who.comm);
    if let Some(requests) = answer.requests.get(name).filter(|requests| **requests > *count) {
        let _ok = writeln!(out, "  {} sent {requests} requests in that time.", escaped(name));
    }
    let _ok = writeln!(
        out,
        "  See: nlmon tail --errors --path request --process '{}' --type {request} --last {}",
        escaped(name),
        records.len()
    );
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn escaped(text: &str) -> String {
    escape(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nlmon_core::answers::{Errors, Evidence, Reach, Refusal};
    use nlmon_core::ledger::Who;

    fn refusal(record: u64, text: Option<&str>) -> Refusal {
        let process = Who { pid: 7, comm: "ip".to_owned(), ..Who::default() };
        Refusal {
            evidence: Evidence { record, time: format!("2026-01-02T11:47:0{record}Z") },
            netns: 1,
            process: Some(process),
            protocol: "route".to_owned(),
            request: "RTM_NEWLINK".to_owned(),
            about: "dummy0 mtu 65536".to_owned(),
            errno: "EINVAL".to_owned(),
            text: text.map(str::to_owned),
            attribute: None,
        }
    }

    #[test]
    fn a_refusal_has_the_kernels_words_its_number_and_its_records() {
        let mut errors = Errors::default();
        for record in 1..=3 {
            errors.request("ip");
            errors.refusal(refusal(record, Some("mtu greater than device maximum")));
        }
        errors.request("ip");
        let text = sentences(None, &errors.answer(Reach::default()), &TimeZone::UTC);
        let expected = "\
ip[7]: RTM_NEWLINK of route refused with EINVAL, 3 times
  The kernel says: mtu greater than device maximum.
  The last was about: dummy0 mtu 65536
  First at 11:47:01.000, last at 11:47:03.000 [records 1, 2, 3]
  ip sent 4 requests in that time.
  See: nlmon tail --errors --path request --process 'ip' --type RTM_NEWLINK --last 3
";
        assert_eq!(text, expected);
    }

    #[test]
    fn without_words_and_without_refusals_that_is_said() {
        let mut errors = Errors::default();
        errors.refusal(refusal(1, None));
        let text = sentences(None, &errors.answer(Reach::default()), &TimeZone::UTC);
        assert!(text.contains("refused with EINVAL, once\n"), "{text}");
        assert!(text.contains("The kernel says: nothing but that.\n"), "{text}");
        let none = sentences(Some("bird"), &ErrorAnswer::default(), &TimeZone::UTC);
        assert_eq!(none, "The kernel refused none of 0 requests of bird.\n");
    }
}
