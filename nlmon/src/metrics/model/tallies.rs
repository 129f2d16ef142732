//! What the pipeline counts, by numbers: labels are made of them when somebody looks. So a record
//! costs no text, and the pipeline shares no lock with whoever makes the text of `/metrics`.
//!
//! Bounded: the pipeline takes a tally away before it has more than [`KEYS_MAX`] keys.

use indexmap::IndexMap;

use super::latency::Histogram;
use nlmon_core::{
    join::{Counts, RequestEvent, Requester, Verdict},
    record::{Dump, Outcome, Record},
};

/// Keys of a tally. A local user can make up as many as it sends requests.
const KEYS_MAX: usize = 4096;

/// A map in the order of arrival, by a hash that is quick on short keys.
pub(super) type ByKey<K, V> = IndexMap<K, V, foldhash::fast::RandomState>;

/// What has been counted and has no labels yet.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    requests: ByKey<Requester, RequestTally>,
    multicasts: ByKey<Broadcast, MulticastTally>,
    /// Routes that were removed silently, by table.
    silent: ByKey<u32, u64>,
    /// The join's totals.
    pub(crate) join: Counts,
}

/// Requests of one kind.
#[derive(Debug, Default)]
pub(super) struct RequestTally {
    pub(super) answered: Histogram,
    pub(super) verdicts: ByKey<Verdict, u64>,
    pub(super) completed: Histogram,
    /// By type of the message at fault, and errno.
    pub(super) refused: ByKey<(u16, i32), u64>,
    pub(super) dumps: Option<Box<DumpTally>>,
}

/// Dumps of one kind.
#[derive(Debug, Default)]
pub(super) struct DumpTally {
    pub(super) completed: Histogram,
    pub(super) outcomes: ByKey<&'static str, u64>,
    pub(super) bytes: u64,
    pub(super) messages: u64,
}

/// Where a broadcast went and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Broadcast {
    pub(super) protocol: u8,
    pub(super) group: u32,
    pub(super) outcome: Outcome,
}

/// Broadcasts of one kind.
#[derive(Debug, Default)]
pub(super) struct MulticastTally {
    pub(super) count: u64,
    /// How long the delivery took, where both sides were seen.
    pub(super) delivered: Histogram,
}

impl Tallies {
    /// Whether there are so many keys that what was counted has to be taken away.
    pub(crate) fn is_full(&self) -> bool {
        self.requests.len() >= KEYS_MAX
            || self.multicasts.len() >= KEYS_MAX
            || self.silent.len() >= KEYS_MAX
    }

    /// Counts a finished record.
    pub(crate) fn record(&mut self, record: &Record) {
        if let Some(silent) = record.silent() {
            *self.silent.entry(silent.table).or_default() += u64::from(silent.count());
        }
        let Some(outcome) = record.outcome() else { return };
        let key = Broadcast { protocol: record.protocol(), group: record.group(), outcome };
        let tally = self.multicasts.entry(key).or_default();
        tally.count += 1;
        if let (Some(sent), Some(received)) = (record.observation(), record.delivery()) {
            tally.delivered.observe(received.received_ns.saturating_sub(sent.start_ns));
        }
    }

    /// Counts what became of a request.
    pub(crate) fn request_event(&mut self, event: &RequestEvent) {
        match *event {
            RequestEvent::Answered { requester, latency_ns } => {
                self.requests.entry(requester).or_default().answered.observe(latency_ns);
            }
            RequestEvent::Refused { requester, message_type, errno } => {
                let tally = self.requests.entry(requester).or_default();
                *tally.refused.entry((message_type, errno)).or_default() += 1;
            }
            RequestEvent::Ended { requester, verdict, completion_ns, dump } => {
                let tally = self.requests.entry(requester).or_default();
                *tally.verdicts.entry(verdict).or_default() += 1;
                if let Some(ns) = completion_ns {
                    tally.completed.observe(ns);
                }
                if let Some(dump) = dump {
                    tally.dumps.get_or_insert_default().add(&dump, verdict, completion_ns);
                }
            }
        }
    }

    /// Takes everything but the totals, which stay.
    pub(crate) fn take(&mut self) -> Self {
        let join = self.join;
        std::mem::replace(self, Self { join, ..Self::default() })
    }

    pub(super) fn take_requests(&mut self) -> ByKey<Requester, RequestTally> {
        std::mem::take(&mut self.requests)
    }

    pub(super) fn take_silent(&mut self) -> ByKey<u32, u64> {
        std::mem::take(&mut self.silent)
    }

    pub(super) fn take_multicasts(&mut self) -> ByKey<Broadcast, MulticastTally> {
        std::mem::take(&mut self.multicasts)
    }
}

impl DumpTally {
    fn add(&mut self, dump: &Dump, verdict: Verdict, completion_ns: Option<u64>) {
        if let Some(ns) = completion_ns {
            self.completed.observe(ns);
        }
        self.bytes += dump.bytes;
        self.messages += dump.messages.unwrap_or_default();
        *self.outcomes.entry(dump_outcome(dump, verdict)).or_default() += 1;
    }
}

/// The worst that can be said of a dump.
fn dump_outcome(dump: &Dump, verdict: Verdict) -> &'static str {
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

    #[test]
    fn a_dump_is_what_is_worst_about_it() {
        let dump = |end, interrupted| {
            dump_outcome(&Dump { interrupted, end, ..Dump::default() }, Verdict::Answered)
        };
        assert_eq!(dump(Some(0), false), "complete");
        assert_eq!(dump(Some(0), true), "interrupted");
        assert_eq!(dump(Some(4), true), "failed");
        assert_eq!(dump(None, false), "unfinished");
    }

    #[test]
    fn a_dump_whose_end_was_not_to_be_seen_is_not_called_unfinished() {
        assert_eq!(dump_outcome(&Dump::default(), Verdict::NotSampled), "not_sampled");
        assert_eq!(dump_outcome(&Dump::default(), Verdict::Undecided), "undecided");
        let ended = Dump { end: Some(0), ..Dump::default() };
        assert_eq!(dump_outcome(&ended, Verdict::Undecided), "complete");
    }

    #[test]
    fn names_made_up_fill_a_tally_and_no_more() {
        let mut tallies = Tallies::default();
        let made_up = |number: usize| Requester {
            protocol: 0,
            message_type: 16,
            uid: 1000,
            comm: (&*format!("x{number}")).into(),
        };
        for number in 0..KEYS_MAX {
            assert!(!tallies.is_full());
            let requester = made_up(number);
            tallies.request_event(&RequestEvent::Answered { requester, latency_ns: 1 });
        }
        assert!(tallies.is_full());
        assert_eq!(tallies.take_requests().len(), KEYS_MAX);
        assert!(!tallies.is_full());
    }
}
