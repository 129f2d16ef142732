//! What became of requests: how long they took, how they failed, and whose they were.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use prometheus::{HistogramVec, Registry};

use super::{
    family::{Family, seconds},
    latency,
    ledger::{Budget, OTHER, PROCESSES_MAX, series_name},
    members::listeners,
    pipeline::SERIES_MAX,
};
use crate::{metrics::names, sockets::Scan};
use nlmon_core::{
    decode::{
        Context, Families,
        names::{errno_name, protocol_name},
    },
    join::{RequestEvent, Requester, Verdict},
    record::Dump,
};

/// Process, protocol and type, by name.
type Who = (String, String, String);

/// Counters and histograms of requests.
pub(crate) struct Requests {
    durations: HistogramVec,
    completions: HistogramVec,
    dump_durations: HistogramVec,
    /// Protocol, type and errno.
    errors: BTreeMap<(String, String, String), u64>,
    process_errors: BTreeMap<(Who, String), u64>,
    /// Process and protocol.
    errors_of_process: BTreeMap<(String, u8), u64>,
    verdicts: BTreeMap<(Who, Verdict), u64>,
    completion_ns: BTreeMap<Who, u64>,
    /// Protocol, type and outcome.
    dumps: BTreeMap<(String, String, &'static str), u64>,
    dump_bytes: BTreeMap<(String, String), u64>,
    dump_messages: BTreeMap<(String, String), u64>,
    /// The generic families of the running kernel.
    pub(crate) families: Arc<Families>,
    types: Budget<(u8, u16)>,
    requesters: Budget<(String, u8, u16)>,
    failing: Budget<String>,
}

impl Requests {
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            durations: latency::histogram(registry, &names::REQUEST_DURATION)?,
            completions: latency::histogram(registry, &names::REQUEST_COMPLETION)?,
            dump_durations: latency::histogram(registry, &names::DUMP_DURATION)?,
            errors: BTreeMap::new(),
            process_errors: BTreeMap::new(),
            errors_of_process: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            completion_ns: BTreeMap::new(),
            dumps: BTreeMap::new(),
            dump_bytes: BTreeMap::new(),
            dump_messages: BTreeMap::new(),
            families: Arc::default(),
            types: Budget::default(),
            requesters: Budget::default(),
            failing: Budget::default(),
        })
    }

    pub(crate) fn add(&mut self, event: &RequestEvent) {
        match event {
            RequestEvent::Answered { requester, latency_ns } => {
                let message_type = self.type_label(requester.protocol, requester.message_type);
                let labels = [&*protocol_name(requester.protocol), &message_type];
                self.durations.with_label_values(&labels).observe(seconds(*latency_ns));
            }
            RequestEvent::Refused { requester, message_type, errno } => {
                self.refused(requester, *message_type, &errno_name(*errno));
            }
            RequestEvent::Ended { requester, verdict, completion_ns, dump } => {
                self.ended(requester, *verdict, *completion_ns);
                if let Some(dump) = dump {
                    self.dump(requester, dump, *verdict, *completion_ns);
                }
            }
        }
    }

    fn refused(&mut self, requester: &Requester, message_type: u16, errno: &str) {
        let protocol = protocol_name(requester.protocol).into_owned();
        let label = self.type_label(requester.protocol, message_type).into_owned();
        *self.errors.entry((protocol, label, errno.to_owned())).or_default() += 1;
        let who = self.who(&requester.comm, requester.protocol, message_type);
        *self.process_errors.entry((who, errno.to_owned())).or_default() += 1;
        *self.errors_of(&requester.comm, requester.protocol) += 1;
    }

    /// Makes counters for the processes of a scan that are in groups.
    pub(crate) fn expect(&mut self, scan: &Scan) {
        for (protocol, process) in listeners(scan) {
            self.errors_of(process, protocol);
        }
    }

    fn errors_of(&mut self, comm: &str, protocol: u8) -> &mut u64 {
        let process = series_name(comm);
        let admitted = self.failing.admits(process.to_owned(), PROCESSES_MAX);
        let process = if admitted { process } else { OTHER };
        self.errors_of_process.entry((process.to_owned(), protocol)).or_default()
    }

    fn ended(&mut self, requester: &Requester, verdict: Verdict, completion_ns: Option<u64>) {
        let who = self.who(&requester.comm, requester.protocol, requester.message_type);
        if let Some(ns) = completion_ns {
            let labels = [&*who.1, &*self.type_label(requester.protocol, requester.message_type)];
            self.completions.with_label_values(&labels).observe(seconds(ns));
            *self.completion_ns.entry(who.clone()).or_default() += ns;
        }
        *self.verdicts.entry((who, verdict)).or_default() += 1;
    }

    fn dump(
        &mut self,
        requester: &Requester,
        dump: &Dump,
        verdict: Verdict,
        completion_ns: Option<u64>,
    ) {
        let protocol = protocol_name(requester.protocol).into_owned();
        let message_type = self.type_label(requester.protocol, requester.message_type).into_owned();
        if let Some(ns) = completion_ns {
            let labels = [&*protocol, &*message_type];
            self.dump_durations.with_label_values(&labels).observe(seconds(ns));
        }
        let key = (protocol, message_type);
        *self.dump_bytes.entry(key.clone()).or_default() += dump.bytes;
        *self.dump_messages.entry(key.clone()).or_default() += dump.messages.unwrap_or_default();
        *self.dumps.entry((key.0, key.1, outcome(dump, verdict))).or_default() += 1;
    }

    fn type_label(&mut self, protocol: u8, message_type: u16) -> Cow<'static, str> {
        if self.types.admits((protocol, message_type), SERIES_MAX) {
            self.type_name(protocol, message_type)
        } else {
            Cow::Borrowed(OTHER)
        }
    }

    fn type_name(&self, protocol: u8, message_type: u16) -> Cow<'static, str> {
        Context::new(&self.families).type_name(protocol, message_type)
    }

    fn who(&mut self, comm: &str, protocol: u8, message_type: u16) -> Who {
        let process = series_name(comm);
        let name = protocol_name(protocol).into_owned();
        if self.requesters.admits((process.to_owned(), protocol, message_type), SERIES_MAX) {
            (process.to_owned(), name, self.type_name(protocol, message_type).into_owned())
        } else {
            (OTHER.to_owned(), name, OTHER.to_owned())
        }
    }

    /// Adds the families that the registry does not hold.
    pub(crate) fn families(&self, families: &mut Vec<Family>) {
        let mut errors = Family::new(&names::REQUEST_ERRORS);
        for ((protocol, message_type, errno), count) in &self.errors {
            errors.add(&[protocol, message_type, errno], *count);
        }
        let mut process_errors = Family::new(&names::PROCESS_REQUEST_ERRORS);
        for (((process, protocol, message_type), errno), count) in &self.process_errors {
            process_errors.add(&[process, protocol, message_type, errno], *count);
        }
        let mut of_process = Family::new(&names::PROCESS_ERRORS);
        for ((process, protocol), count) in &self.errors_of_process {
            of_process.add(&[process, &protocol_name(*protocol)], *count);
        }
        let mut requests = Family::new(&names::PROCESS_REQUESTS);
        for (((process, protocol, message_type), verdict), count) in &self.verdicts {
            requests.add(&[process, protocol, message_type, verdict.name()], *count);
        }
        let mut time = Family::new(&names::PROCESS_REQUEST_SECONDS);
        for ((process, protocol, message_type), ns) in &self.completion_ns {
            time.add_seconds(&[process, protocol, message_type], *ns);
        }
        let mut dumps = Family::new(&names::DUMPS);
        for ((protocol, message_type, outcome), count) in &self.dumps {
            dumps.add(&[protocol, message_type, outcome], *count);
        }
        let mut bytes = Family::new(&names::DUMP_BYTES);
        for ((protocol, message_type), count) in &self.dump_bytes {
            bytes.add(&[protocol, message_type], *count);
        }
        let mut messages = Family::new(&names::DUMP_MESSAGES);
        for ((protocol, message_type), count) in &self.dump_messages {
            messages.add(&[protocol, message_type], *count);
        }
        let mut overflow = Family::new(&names::SERIES_OVERFLOW);
        overflow.add(&[names::REQUEST_DURATION.name], self.types.refused);
        overflow.add(&[names::PROCESS_REQUESTS.name], self.requesters.refused);
        families.extend([
            errors,
            process_errors,
            of_process,
            requests,
            time,
            dumps,
            bytes,
            messages,
            overflow,
        ]);
    }
}

/// The worst that can be said of a dump.
fn outcome(dump: &Dump, verdict: Verdict) -> &'static str {
    match (dump.end, verdict) {
        (Some(1..), _) => "failed",
        _ if dump.interrupted => "interrupted",
        (Some(_), _) => "complete",
        (None, Verdict::NotSampled | Verdict::Undecided) => verdict.name(),
        (None, _) => "unfinished",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requester(comm: &str, message_type: u16) -> Arc<Requester> {
        Requester { protocol: 0, message_type, pid: 7, comm: comm.to_owned() }.into()
    }

    fn text(requests: &Requests) -> String {
        let mut families = Vec::new();
        requests.families(&mut families);
        let families: Vec<_> = families.into_iter().filter_map(Family::finish).collect();
        prometheus::TextEncoder::new().encode_to_string(&families).unwrap()
    }

    #[test]
    fn a_refusal_is_counted_by_type_and_by_process() {
        let mut requests = Requests::new(&Registry::new()).unwrap();
        let requester = requester("ip", 16);
        requests.add(&RequestEvent::Refused {
            requester: requester.clone(),
            message_type: 24,
            errno: 17,
        });
        let (verdict, completion_ns) = (Verdict::Refused, Some(2_000_000));
        requests.add(&RequestEvent::Ended { requester, verdict, completion_ns, dump: None });
        let text = text(&requests);
        for line in [
            r#"nlmon_request_errors_total{errno="EEXIST",protocol="route",type="RTM_NEWROUTE"} 1"#,
            r#"nlmon_process_request_errors_total{errno="EEXIST",process="ip",protocol="route",type="RTM_NEWROUTE"} 1"#,
            r#"nlmon_process_errors_total{process="ip",protocol="route"} 1"#,
            r#"nlmon_process_requests_total{outcome="refused",process="ip",protocol="route",type="RTM_NEWLINK"} 1"#,
            r#"nlmon_process_request_seconds_total{process="ip",protocol="route",type="RTM_NEWLINK"} 0.002"#,
        ] {
            let sorted = |line: &str| {
                let mut labels: Vec<_> = line.split(['{', ',', '}']).map(str::to_owned).collect();
                labels.sort();
                labels
            };
            assert!(text.lines().any(|found| sorted(found) == sorted(line)), "{line}\n{text}");
        }
    }

    #[test]
    fn a_dump_is_what_is_worst_about_it() {
        let dump = |end, interrupted| {
            outcome(&Dump { interrupted, end, ..Dump::default() }, Verdict::Answered)
        };
        assert_eq!(dump(Some(0), false), "complete");
        assert_eq!(dump(Some(0), true), "interrupted");
        assert_eq!(dump(Some(4), true), "failed");
        assert_eq!(dump(None, false), "unfinished");
    }

    #[test]
    fn a_dump_whose_end_was_not_to_be_seen_is_not_called_unfinished() {
        assert_eq!(outcome(&Dump::default(), Verdict::NotSampled), "not_sampled");
        assert_eq!(outcome(&Dump::default(), Verdict::Undecided), "undecided");
        let ended = Dump { end: Some(0), ..Dump::default() };
        assert_eq!(outcome(&ended, Verdict::Undecided), "complete");
    }

    #[test]
    fn processes_beyond_the_budget_are_other() {
        let mut requests = Requests::new(&Registry::new()).unwrap();
        for number in 0..SERIES_MAX + 2 {
            let requester = requester(&format!("p{number}"), 16);
            let verdict = Verdict::Answered;
            requests.add(&RequestEvent::Ended {
                requester,
                verdict,
                completion_ns: None,
                dump: None,
            });
        }
        let text = text(&requests);
        assert!(text.contains(r#"process="other""#), "{text}");
        assert_eq!(requests.verdicts.len(), SERIES_MAX + 1);
    }
}
