//! Everything that `/metrics` shows. The only user of `prometheus`.
//!
//! Two sources: the kernel's exact counters, read at each scrape, and what the daemon counts of
//! the records that pass it. Neither is derived from the other.

mod collect;
mod model;
pub mod names;
mod render;

pub use model::daemon::{DaemonTotals, LedgerTotals};
pub use render::{Series, Snapshot};

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use prometheus::{
    Encoder as _, Registry, TextEncoder, process_collector::ProcessCollector, proto::MetricFamily,
};

use self::{
    collect::{Collected, Collector, CounterSource},
    model::{
        family::Family,
        kernel::{self, Kernel, RingTotals},
        losses::SocketLosses,
        members::Members,
        pipeline::JoinMetrics,
        requests::RequestMetrics,
        sockets::SocketMetrics,
        tallies::Tallies,
    },
};
use nlmon_core::{
    answers::LossState,
    decode::Families,
    findings::Look,
    join::{Counts, RequestEvent},
    record::Record,
};

use crate::{
    connections,
    probe::{Attached, Counters, Probe},
    sockets::Scan,
};

/// Why the metrics cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The registry refused a family.
    #[error("cannot set up the metrics")]
    Setup(#[source] prometheus::Error),
    /// The text could not be made.
    #[error("cannot encode the metrics")]
    Encode(#[source] prometheus::Error),
}

/// The MIME type of the text.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Totals that another part of the daemon keeps, asked for at each scrape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogTotals {
    /// Clients of the live log.
    pub clients: u64,
    /// Records that slow clients did not get.
    pub dropped: u64,
    /// One call in so many is sampled, 0 for none; `None` where there are no probes.
    pub sample_every: Option<u32>,
}

/// All metrics of the daemon.
pub struct Metrics {
    collector: Collector,
    kernel: Mutex<Kernel>,
    /// What the ring gave.
    read: AtomicU64,
    malformed: AtomicU64,
    /// The only lock that the pipeline takes for every batch.
    tallies: Mutex<Tallies>,
    pipeline: Mutex<JoinMetrics>,
    requests: Mutex<RequestMetrics>,
    sockets: Mutex<SocketMetrics>,
    members: Mutex<Members>,
    losses: Mutex<SocketLosses>,
    log: Box<dyn Fn() -> LogTotals + Send + Sync>,
    daemon: Option<Box<dyn Fn() -> DaemonTotals + Send + Sync>>,
    registry: Registry,
}

impl Metrics {
    /// Metrics of these probes; `counters` is `None` where there are none. `by_netns` says whether
    /// they count network namespaces apart.
    pub fn new(
        counters: Option<Counters>,
        attached: Vec<Attached>,
        wanted: Vec<Probe>,
        by_netns: bool,
        log: impl Fn() -> LogTotals + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let source = counters.map(|counters| Box::new(counters) as Box<dyn CounterSource>);
        Self::of(Collector::new(source, by_netns), Kernel::new(attached, wanted), log)
    }

    fn of(
        collector: Collector,
        kernel: Kernel,
        log: impl Fn() -> LogTotals + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self())).map_err(Error::Setup)?;
        Ok(Self {
            collector,
            kernel: Mutex::new(kernel),
            read: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            tallies: Mutex::default(),
            pipeline: Mutex::new(JoinMetrics::new()),
            requests: Mutex::new(RequestMetrics::new()),
            sockets: Mutex::default(),
            members: Mutex::default(),
            losses: Mutex::default(),
            log: Box::new(log),
            daemon: None,
            registry,
        })
    }

    /// The same, with what the daemon says of itself.
    #[must_use]
    pub fn with_daemon(self, daemon: impl Fn() -> DaemonTotals + Send + Sync + 'static) -> Self {
        Self { daemon: Some(Box::new(daemon)), ..self }
    }

    /// Counts what the ring gave.
    pub fn samples_read(&self, read: u64, malformed: u64) {
        self.read.fetch_add(read, Ordering::Relaxed);
        self.malformed.fetch_add(malformed, Ordering::Relaxed);
    }

    /// Counts finished records, what became of requests, and the join's totals.
    pub fn joined(&self, records: &[Box<Record>], request_events: &[RequestEvent], counts: Counts) {
        let mut tallies = lock(&self.tallies);
        for record in records {
            tallies.record(record);
        }
        for event in request_events {
            tallies.request_event(event);
        }
        tallies.join = counts;
        let is_full = tallies.is_full();
        drop(tallies);
        if is_full {
            self.label();
        }
    }

    /// Gives labels to what was counted by numbers.
    fn label(&self) {
        // Before the tally is taken: of two who do this at once, the later one has the later totals.
        let mut pipeline = lock(&self.pipeline);
        let mut counted = lock(&self.tallies).take();
        pipeline.add(&mut counted);
        drop(pipeline);
        lock(&self.requests).add(&mut counted);
    }

    /// Names a group whose number was given out at run time.
    pub fn name_group(&self, protocol: u8, group: u32, name: &str) {
        lock(&self.pipeline).name_group(protocol, group, name);
    }

    /// Names the types of generic netlink, whose numbers were given out at run time: what is counted
    /// from now on has the names of these families.
    pub fn name_families(&self, families: &Arc<Families>) {
        self.label();
        lock(&self.kernel).name_families(Arc::clone(families));
        lock(&self.requests).families = Arc::clone(families);
    }

    /// Counts datagrams that the daemon's own socket lost.
    pub fn overrun(&self, protocol: u8, lost: u64) {
        lock(&self.pipeline).overrun(protocol, lost);
    }

    /// Counts a datagram that was sent to the port id of the daemon's own socket.
    pub fn unicast(&self, protocol: u8) {
        lock(&self.pipeline).unicast(protocol);
    }

    /// Takes in a scan of all sockets, which began and ended at these times.
    pub fn sockets(&self, scan: &Scan, times_ns: (u64, u64)) {
        lock(&self.kernel).expect_overruns(scan);
        lock(&self.requests).expect(scan);
        lock(&self.sockets).add(scan);
        lock(&self.members).add(scan);
        lock(&self.losses).add(scan, times_ns);
    }

    /// Folds the counters of ended processes, and lets label values become quiet; to be called every few
    /// seconds.
    pub fn fold(&self) {
        self.collector.collect_processes(|collected| {
            if let Some(collected) = collected {
                let mut kernel = lock(&self.kernel);
                kernel.add(collected);
                kernel.age();
            }
        });
        self.label();
        lock(&self.requests).age();
        lock(&self.sockets).age();
    }

    /// What findings are made of, as it is after the last folding. What others know is left empty.
    pub fn look(&self, at_ns: u64) -> Look {
        let mut look = Look { at_ns, ..Look::default() };
        lock(&self.kernel).tell(&mut look);
        lock(&self.pipeline).tell(&mut look);
        lock(&self.requests).tell(&mut look);
        lock(&self.sockets).tell(&mut look);
        lock(&self.losses).tell(&mut look);
        look
    }

    /// What was lost, as of the last scan of sockets, and by the kernel's counters of this moment. Makes
    /// many system calls.
    pub fn losses(&self) -> LossState {
        let mut state =
            LossState { listeners: lock(&self.losses).listeners(), ..LossState::default() };
        self.collector.collect_processes(|collected| {
            let mut kernel = lock(&self.kernel);
            if let Some(collected) = collected {
                kernel.add(collected);
            }
            kernel.tell_losses(&mut state);
        });
        state
    }

    /// The text of `/metrics`. Makes many system calls: not for an async task.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.gather(), &mut text).map_err(Error::Encode)?;
        Ok(text)
    }

    /// The metrics of these names as values; `now_ns` is put on them. As costly as the text.
    pub fn snapshot(&self, now_ns: u64, wanted: &[String]) -> Snapshot {
        Snapshot::new(now_ns, &self.gather(), wanted)
    }

    fn gather(&self) -> Vec<MetricFamily> {
        self.label();
        let mut families = self.collector.collect(|collected| self.kernel_families(collected));
        lock(&self.pipeline).families(&mut families);
        lock(&self.requests).families(&mut families);
        families.extend([build_info(), self.log_clients(), self.log_dropped(), turned_away()]);
        families.push(refused());
        families.push(self.sample_every());
        if let Some(totals) = &self.daemon {
            model::daemon::families(&totals(), &mut families);
        }
        families.extend(lock(&self.sockets).families());
        let mut pipeline = lock(&self.pipeline);
        let label = |protocol, group| pipeline.group_label(protocol, group);
        families.push(lock(&self.members).family(label));
        drop(pipeline);
        let mut all = kernel::finish(families);
        all.extend(self.registry.gather());
        all.sort_by(|a, b| a.name().cmp(b.name()));
        // The text has a family once, wherever its series come from.
        all.dedup_by(|next, first| {
            let same = next.name() == first.name();
            if same {
                first.mut_metric().append(next.mut_metric());
            }
            same
        });
        all
    }

    fn kernel_families(&self, collected: Option<&Collected>) -> Vec<Family> {
        let mut kernel = lock(&self.kernel);
        if let Some(collected) = collected {
            kernel.add(collected);
        }
        let [read, malformed] =
            [&self.read, &self.malformed].map(|count| count.load(Ordering::Relaxed));
        kernel.families(collected.map(|c| &c.snapshot), RingTotals { read, malformed })
    }

    fn log_clients(&self) -> Family {
        let mut family = Family::new(&names::LOG_CLIENTS);
        family.add(&[], (self.log)().clients);
        family
    }

    fn log_dropped(&self) -> Family {
        let mut family = Family::new(&names::LOG_DROPPED);
        family.add(&[], (self.log)().dropped);
        family
    }

    fn sample_every(&self) -> Family {
        let mut family = Family::new(&names::SAMPLE_EVERY);
        if let Some(every) = (self.log)().sample_every {
            family.add(&[], every.into());
        }
        family
    }
}

fn turned_away() -> Family {
    let mut family = Family::new(&names::CONNECTIONS_TURNED_AWAY);
    for (server, reason, count) in connections::turned_away() {
        family.add(&[server, reason], count);
    }
    family
}

fn refused() -> Family {
    let mut family = Family::new(&names::HTTP_REFUSED);
    for (reason, count) in connections::refused() {
        family.add(&[reason], count);
    }
    family
}

fn build_info() -> Family {
    let mut family = Family::new(&names::BUILD_INFO);
    family.add(&[env!("CARGO_PKG_VERSION"), env!("NLMON_REVISION")], 1);
    family
}

/// Counters stay usable after a panic elsewhere: no update leaves them half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;

    /// A source that takes as long as the test wants it to.
    struct Slow {
        began: mpsc::Sender<()>,
        finish: mpsc::Receiver<()>,
    }

    impl CounterSource for Slow {
        fn snapshot(&mut self) -> Option<crate::probe::CounterSnapshot> {
            self.began.send(()).unwrap();
            self.finish.recv().unwrap();
            None
        }

        fn processes(&mut self) -> Option<crate::probe::CounterSnapshot> {
            self.snapshot()
        }
    }

    #[test]
    fn the_pipeline_does_not_wait_for_a_scrape() {
        let (began, has_begun) = mpsc::channel();
        let (finish, finished) = mpsc::channel();
        let slow: Box<dyn CounterSource> = Box::new(Slow { began, finish: finished });
        let collector = Collector::new(Some(slow), false);
        let metrics =
            Arc::new(Metrics::of(collector, Kernel::default(), LogTotals::default).unwrap());
        let scraped = Arc::clone(&metrics);
        let scrape = thread::spawn(move || scraped.encode().unwrap());
        has_begun.recv().unwrap();
        let (done, is_done) = mpsc::channel();
        thread::spawn(move || {
            metrics.samples_read(3, 1);
            metrics.joined(&[], &[], Counts::default());
            metrics.name_group(16, 7, "a/b");
            metrics.name_families(&Arc::default());
            metrics.overrun(0, 1);
            metrics.unicast(0);
            done.send(()).unwrap();
        });
        is_done.recv_timeout(Duration::from_secs(20)).expect("none of them waits for the scrape");
        finish.send(()).unwrap();
        let text = String::from_utf8(scrape.join().unwrap()).unwrap();
        assert!(text.contains("nlmon_own_overruns_total{protocol=\"route\"} 1"), "{text}");
    }
}
