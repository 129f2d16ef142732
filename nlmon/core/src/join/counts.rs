//! What became of everything that went into the join. Counters only ever rise, and account for
//! every observation and every delivery exactly once; what is still undecided is a gauge.

/// Everything that the join counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The multicast join.
    pub multicast: MulticastCounts,
    /// The join of requests and their answers.
    pub request: RequestCounts,
    /// Parts of silent changes.
    pub silent: SilentCounts,
    /// Observations that have nothing to be joined with: user to user.
    pub peer: u64,
    /// Receive buffer overruns that the subscriptions reported.
    pub overruns: u64,
}

/// The multicast join.
///
/// `observations = matched + lost + observations_undecided + observations_evicted + not_joinable +
/// observations_pending` and `deliveries = matched + unobserved + not_sampled +
/// deliveries_undecided + deliveries_evicted + deliveries_pending`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MulticastCounts {
    /// Broadcasts that a probe saw.
    pub observations: u64,
    /// Datagrams that the daemon's sockets received.
    pub deliveries: u64,
    /// Pairs of the two.
    pub matched: u64,
    /// Broadcasts that should have come and did not.
    pub lost: u64,
    /// Broadcasts that no socket of the daemon could receive, or that have no known bytes.
    pub not_joinable: u64,
    /// Deliveries that no probe saw.
    pub unobserved: u64,
    /// Deliveries without a sample, where not every datagram is sampled.
    pub not_sampled: u64,
    /// Broadcasts that waited for their delivery when the join ended.
    pub observations_undecided: u64,
    /// Deliveries that waited for their broadcast when the join ended, or that are too short to be
    /// compared.
    pub deliveries_undecided: u64,
    /// Broadcasts given up because too many waited.
    pub observations_evicted: u64,
    /// Deliveries given up because too many waited.
    pub deliveries_evicted: u64,
    /// Broadcasts that wait for their delivery. A gauge.
    pub observations_pending: u64,
    /// Deliveries that wait for their broadcast. A gauge.
    pub deliveries_pending: u64,
}

/// The join of requests and their answers.
///
/// `requests = answered + unanswered + unasked + requests_not_sampled + requests_undecided +
/// requests_evicted + requests_not_joinable + requests_pending` and `answers = matched + orphaned +
/// answers_not_sampled + answers_undecided + answers_evicted + answers_not_joinable +
/// answers_pending`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Datagrams from user to kernel.
    pub requests: u64,
    /// Datagrams from kernel to user: replies, acknowledgements, errors, parts of dumps.
    pub answers: u64,
    /// Requests with at least one answer.
    pub answered: u64,
    /// Requests that asked for an answer and got none in time.
    pub unanswered: u64,
    /// Requests that asked for none and got none.
    pub unasked: u64,
    /// Requests without a seen answer or end of dump, while not every datagram is sampled.
    pub requests_not_sampled: u64,
    /// Requests that waited for an answer when the join ended.
    pub requests_undecided: u64,
    /// Requests forgotten because too many were open.
    pub requests_evicted: u64,
    /// Requests whose header is unknown.
    pub requests_not_joinable: u64,
    /// Requests that may still be answered. A gauge.
    pub requests_pending: u64,
    /// Answers whose request is known.
    pub matched: u64,
    /// Answers whose request was never seen: the kernel's own unicasts are among them.
    pub orphaned: u64,
    /// Answers whose request was not seen, where not every datagram is sampled.
    pub answers_not_sampled: u64,
    /// Answers that waited for their request when the join ended.
    pub answers_undecided: u64,
    /// Answers given up because too many waited.
    pub answers_evicted: u64,
    /// Answers whose header is unknown.
    pub answers_not_joinable: u64,
    /// Answers that wait for their request. A gauge.
    pub answers_pending: u64,
}

/// Parts of silent changes, which are put together. They are no datagrams, and have rows of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SilentCounts {
    /// Of a change whose end has come.
    pub complete: u64,
    /// Of one whose end did not come.
    pub unfinished: u64,
    /// Not what they should be.
    pub malformed: u64,
    /// Of one whose end may still come. A gauge.
    pub pending: u64,
}

impl SilentCounts {
    /// The counters by outcome, as `nlmon_silent_samples_total` shows them.
    pub fn rows(&self) -> [(&'static str, u64); 3] {
        [
            ("complete", self.complete),
            ("unfinished", self.unfinished),
            ("malformed", self.malformed),
        ]
    }
}

impl Counts {
    /// What is still undecided, by kind, as `nlmon_join_pending` shows it.
    pub fn pending(&self) -> [(&'static str, u64); 4] {
        [
            ("multicast", self.multicast.observations_pending),
            ("delivery", self.multicast.deliveries_pending),
            ("request", self.request.requests_pending),
            ("answer", self.request.answers_pending),
        ]
    }

    /// The counters by kind and outcome, as `nlmon_join_total` shows them.
    pub fn rows(&self) -> [(&'static str, &'static str, u64); 23] {
        let (m, r) = (&self.multicast, &self.request);
        [
            ("multicast", "matched", m.matched),
            ("multicast", "lost", m.lost),
            ("multicast", "not_joinable", m.not_joinable),
            ("multicast", "unobserved", m.unobserved),
            ("multicast", "undecided", m.observations_undecided),
            ("multicast", "evicted", m.observations_evicted),
            ("delivery", "not_sampled", m.not_sampled),
            ("delivery", "undecided", m.deliveries_undecided),
            ("delivery", "evicted", m.deliveries_evicted),
            ("request", "answered", r.answered),
            ("request", "unanswered", r.unanswered),
            ("request", "unasked", r.unasked),
            ("request", "not_sampled", r.requests_not_sampled),
            ("request", "undecided", r.requests_undecided),
            ("request", "evicted", r.requests_evicted),
            ("request", "not_joinable", r.requests_not_joinable),
            ("answer", "matched", r.matched),
            ("answer", "orphaned", r.orphaned),
            ("answer", "not_sampled", r.answers_not_sampled),
            ("answer", "undecided", r.answers_undecided),
            ("answer", "evicted", r.answers_evicted),
            ("answer", "not_joinable", r.answers_not_joinable),
            ("peer", "not_joinable", self.peer),
        ]
    }
}
