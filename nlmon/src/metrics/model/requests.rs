//! The outcome of requests: how long they took, how they failed, and which process sent them.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{
    budget::{Admission, OTHER, Shares, fold},
    family::Family,
    latency::{Histogram, Histograms},
    ledger::{PROCESSES_MAX, UNNAMED_TYPES_MAX, series_name},
    members::listeners,
    pipeline::SERIES_MAX,
    tallies::{ByKey, DumpTally, RequestTally, Tallies},
};
use crate::{metrics::names, sockets::Scan};
use nlmon_core::{
    decode::{
        Context, Families,
        names::{errno_name, protocol_name},
    },
    findings::Look,
    join::{Requester, Verdict},
};

/// Process, protocol and type, by name.
type Who = (String, String, String);

/// Counters and histograms of requests.
pub(crate) struct RequestMetrics {
    durations: Histograms,
    completions: Histograms,
    dump_durations: Histograms,
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
    types: Shares<(u8, u16)>,
    requesters: Shares<(String, u8, u16)>,
    failing: Shares<String>,
}

impl RequestMetrics {
    pub(crate) fn new() -> Self {
        Self {
            durations: Histograms::new(&names::REQUEST_DURATION),
            completions: Histograms::new(&names::REQUEST_COMPLETION),
            dump_durations: Histograms::new(&names::DUMP_DURATION),
            errors: BTreeMap::new(),
            process_errors: BTreeMap::new(),
            errors_of_process: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            completion_ns: BTreeMap::new(),
            dumps: BTreeMap::new(),
            dump_bytes: BTreeMap::new(),
            dump_messages: BTreeMap::new(),
            families: Arc::default(),
            types: Shares::new(UNNAMED_TYPES_MAX),
            requesters: Shares::new(SERIES_MAX),
            failing: Shares::new(PROCESSES_MAX),
        }
    }

    /// Takes in what was counted of requests.
    pub(crate) fn add(&mut self, tallies: &mut Tallies) {
        for (requester, tally) in tallies.take_requests() {
            self.add_tally(&requester, tally);
        }
    }

    fn add_tally(&mut self, requester: &Requester, tally: RequestTally) {
        let RequestTally { answered, verdicts, completed, refused, dumps } = tally;
        let protocol = protocol_name(requester.protocol);
        if answered.count > 0 {
            let label = self.type_label(requester, requester.message_type, answered.count);
            self.durations.add([&*protocol, &label], answered);
        }
        for ((message_type, errno), count) in refused {
            self.refused(requester, message_type, &errno_name(errno), count);
        }
        self.ended(requester, &verdicts, completed);
        if let Some(dumps) = dumps {
            self.dumped(requester, &dumps);
        }
    }

    fn refused(&mut self, requester: &Requester, message_type: u16, errno: &str, count: u64) {
        let protocol = protocol_name(requester.protocol).into_owned();
        let label = self.type_label(requester, message_type, count).into_owned();
        *self.errors.entry((protocol, label, errno.to_owned())).or_default() += count;
        let who = self.who(requester, message_type, count);
        *self.process_errors.entry((who, errno.to_owned())).or_default() += count;
        let comm = requester.comm.text();
        *self.errors_of((&comm, requester.uid), requester.protocol, count) += count;
    }

    /// Makes counters for the processes of a scan that are in groups.
    pub(crate) fn expect(&mut self, scan: &Scan) {
        for (protocol, process, user) in listeners(scan) {
            self.errors_of((process, user), protocol, 0);
        }
    }

    /// The counter of a user's process, which has failed so many times more.
    fn errors_of(&mut self, (comm, user): (&str, u32), protocol: u8, weight: u64) -> &mut u64 {
        let process = self.failing.label(series_name(comm).to_owned(), user, weight, |folded| {
            fold(&mut self.errors_of_process, |(process, protocol)| {
                (process == folded).then(|| (OTHER.to_owned(), *protocol))
            });
        });
        self.errors_of_process.entry((process, protocol)).or_default()
    }

    fn ended(
        &mut self,
        requester: &Requester,
        verdicts: &ByKey<Verdict, u64>,
        completed: Histogram,
    ) {
        let ended: u64 = verdicts.values().sum();
        if ended == 0 {
            return;
        }
        let who = self.who(requester, requester.message_type, ended);
        if completed.count > 0 {
            let label = self.type_label(requester, requester.message_type, completed.count);
            self.completions.add([&*who.1, &label], completed);
            *self.completion_ns.entry(who.clone()).or_default() += completed.sum_ns;
        }
        for (verdict, count) in verdicts {
            *self.verdicts.entry((who.clone(), *verdict)).or_default() += count;
        }
    }

    fn dumped(&mut self, requester: &Requester, dumps: &DumpTally) {
        let protocol = protocol_name(requester.protocol).into_owned();
        let count = dumps.outcomes.values().sum();
        let label = self.type_label(requester, requester.message_type, count).into_owned();
        self.dump_durations.add([&*protocol, &*label], dumps.completed);
        let key = (protocol, label);
        *self.dump_bytes.entry(key.clone()).or_default() += dumps.bytes;
        *self.dump_messages.entry(key.clone()).or_default() += dumps.messages;
        for (outcome, count) in &dumps.outcomes {
            let (protocol, label) = key.clone();
            *self.dumps.entry((protocol, label, *outcome)).or_default() += count;
        }
    }

    /// The kernel's names are so many and no more; of other types, anybody can make up thousands.
    fn type_label(
        &mut self,
        requester: &Requester,
        message_type: u16,
        count: u64,
    ) -> Cow<'static, str> {
        let protocol = requester.protocol;
        let name = self.type_name(protocol, message_type);
        if name.parse::<u16>().is_err() {
            return name;
        }
        match self.types.admit(&(protocol, message_type), requester.uid, count) {
            Admission::Own => name,
            Admission::Other => Cow::Borrowed(OTHER),
            Admission::InsteadOf((protocol, folded)) => {
                self.fold_type(&protocol_name(protocol), &folded.to_string());
                name
            }
        }
    }

    fn fold_type(&mut self, protocol: &str, folded: &str) {
        let other = |of: &str, message_type: &str| {
            let is_folded = of == protocol && message_type == folded;
            is_folded.then(|| (of.to_owned(), OTHER.to_owned()))
        };
        fold(&mut self.errors, |(of, message_type, errno)| {
            let (of, message_type) = other(of, message_type)?;
            Some((of, message_type, errno.clone()))
        });
        fold(&mut self.dumps, |(of, message_type, outcome)| {
            let (of, message_type) = other(of, message_type)?;
            Some((of, message_type, *outcome))
        });
        fold(&mut self.dump_bytes, |(of, message_type)| other(of, message_type));
        fold(&mut self.dump_messages, |(of, message_type)| other(of, message_type));
        for histograms in [&mut self.durations, &mut self.completions, &mut self.dump_durations] {
            histograms.fold([protocol, folded], [protocol, OTHER]);
        }
    }

    fn type_name(&self, protocol: u8, message_type: u16) -> Cow<'static, str> {
        Context::new(&self.families).type_name(protocol, message_type)
    }

    fn who(&mut self, requester: &Requester, message_type: u16, count: u64) -> Who {
        let process = series_name(&requester.comm.text()).to_owned();
        let protocol = requester.protocol;
        let key = (process, protocol, message_type);
        let admission = self.requesters.admit(&key, requester.uid, count);
        if let Admission::InsteadOf((process, protocol, message_type)) = &admission {
            let folded = self.who_named(process, *protocol, *message_type);
            let other = |who: &Who| (*who == folded).then(|| no_one(&folded.1));
            fold(&mut self.verdicts, |(who, verdict)| Some((other(who)?, *verdict)));
            fold(&mut self.process_errors, |(who, errno)| Some((other(who)?, errno.clone())));
            fold(&mut self.completion_ns, other);
        }
        if admission == Admission::Other {
            return no_one(&protocol_name(protocol));
        }
        self.who_named(&key.0, protocol, message_type)
    }

    fn who_named(&self, process: &str, protocol: u8, message_type: u16) -> Who {
        let message_type = self.type_name(protocol, message_type).into_owned();
        (process.to_owned(), protocol_name(protocol).into_owned(), message_type)
    }

    /// Lets time pass: what is quiet makes room.
    pub(crate) fn age(&mut self) {
        self.types.age();
        self.requesters.age();
        self.failing.age();
    }

    /// Adds what findings are made of.
    pub(crate) fn tell(&self, look: &mut Look) {
        for ((who, verdict), count) in &self.verdicts {
            let (process, protocol, _) = who;
            let of = look.requests.entry((protocol.clone(), process.clone())).or_default();
            of.ended += count;
            if *verdict == Verdict::Refused {
                of.refused += count;
            }
        }
        for (((process, protocol, message_type), errno), count) in &self.process_errors {
            let what = [process, protocol, message_type, errno].map(String::clone);
            look.refusals.insert(what.into(), *count);
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
        overflow.add(&[names::PROCESS_ERRORS.name], self.failing.refused);
        families.extend(
            [&self.durations, &self.completions, &self.dump_durations].map(Histograms::family),
        );
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

/// Who stands for those without a series.
fn no_one(protocol: &str) -> Who {
    (OTHER.to_owned(), protocol.to_owned(), OTHER.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nlmon_core::join::RequestEvent;

    fn requester(comm: &str, message_type: u16) -> Requester {
        Requester { protocol: 0, message_type, uid: 0, comm: comm.into() }
    }

    fn add(requests: &mut RequestMetrics, event: &RequestEvent) {
        let mut tallies = Tallies::default();
        tallies.request_event(event);
        requests.add(&mut tallies);
    }

    fn text(requests: &RequestMetrics) -> String {
        let mut families = Vec::new();
        requests.families(&mut families);
        let families: Vec<_> = families.into_iter().filter_map(Family::finish).collect();
        prometheus::TextEncoder::new().encode_to_string(&families).unwrap()
    }

    #[test]
    fn a_refusal_is_counted_by_type_and_by_process() {
        let mut requests = RequestMetrics::new();
        let requester = requester("ip", 16);
        add(&mut requests, &RequestEvent::Refused { requester, message_type: 24, errno: 17 });
        let (verdict, completion_ns) = (Verdict::Refused, Some(2_000_000));
        let ended = RequestEvent::Ended { requester, verdict, completion_ns, dump: None };
        add(&mut requests, &ended);
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
    fn a_user_whose_programs_fail_takes_no_series_from_root() {
        let mut requests = RequestMetrics::new();
        let mut refused = |comm: &str, uid| {
            let requester = Requester { uid, ..requester(comm, 16) };
            let event = RequestEvent::Refused { requester, message_type: 16, errno: 1 };
            add(&mut requests, &event);
        };
        (0..512).for_each(|number| refused(&format!("x{number}"), 1000));
        refused("networkd", 0);
        refused("networkd", 0);
        let of = |process: &str| requests.errors_of_process.get(&(process.to_owned(), 0)).copied();
        assert_eq!(of("networkd"), Some(2));
        assert_eq!(requests.errors_of_process.values().sum::<u64>(), 512 + 2);
        assert!(requests.errors_of_process.len() <= PROCESSES_MAX + 1);
    }

    #[test]
    fn processes_beyond_the_budget_are_other() {
        let mut requests = RequestMetrics::new();
        for number in 0..SERIES_MAX + 2 {
            let requester = requester(&format!("p{number}"), 16);
            let verdict = Verdict::Answered;
            let event = RequestEvent::Ended { requester, verdict, completion_ns: None, dump: None };
            add(&mut requests, &event);
        }
        let text = text(&requests);
        assert!(text.contains(r#"process="other""#), "{text}");
        assert_eq!(requests.verdicts.len(), SERIES_MAX + 1);
    }
}
